package apply_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
)

// TestWindow: a listing takes a second, a deletion two, one of them ten, and the
// one that is refused does not count.
func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world, rules := tenant(11), purge
		rules.Kinds = []item.Kind{item.Contacts}
		p := planFor(world, rules)
		world.Fault = func(c memory.Call) (before, after error) {
			switch {
			case c.Verb == "list":
				time.Sleep(time.Second)
			case c.Verb == "delete" && c.Item == "bob-2":
				time.Sleep(time.Minute)
				return mailbox.ErrDenied, nil
			case c.Verb == "delete" && c.Item == "ann-8":
				time.Sleep(10 * time.Second)
			case c.Verb == "delete":
				time.Sleep(2 * time.Second)
			}
			return nil, nil
		}
		run := runOf(world, p, vaultOf(world), &tape{left: -1})
		run.Now = time.Now
		result, err := run.Do(t.Context())
		if err != nil || result.Done != 7 || result.Refused != 1 {
			t.Fatalf("%+v, %v", result, err)
		}
		want := apply.Window{Median: apply.Span(3 * time.Second), Widest: apply.Span(11 * time.Second)}
		if result.Window == nil || *result.Window != want {
			t.Errorf("window %+v, want %+v", result.Window, want)
		}
	})
}

func TestNoWindowWhereNothingChanged(t *testing.T) {
	world := tenant(3)
	p := planFor(world, purge)
	for _, account := range []mailbox.Account{ann, bob} {
		for _, it := range world.Items(account.ID) {
			world.Edit(account.ID, it.ID, map[string]any{"displayName": "another"})
		}
	}
	run := runOf(world, p, vaultOf(world), &tape{left: -1})
	run.Now = time.Now
	if result, err := run.Do(t.Context()); err != nil || result.Skipped != 4 || result.Window != nil {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestSpanInJSON(t *testing.T) {
	was := apply.Window{Median: apply.Span(1250 * time.Millisecond), Widest: apply.Span(2*time.Minute + 300*time.Microsecond)}
	text, err := json.Marshal(was)
	if err != nil || string(text) != `{"median":"1.25s","widest":"2m0s"}` {
		t.Fatalf("%s, %v", text, err)
	}
	var is apply.Window
	if err := json.Unmarshal(text, &is); err != nil || is.Median != was.Median || is.Widest != apply.Span(2*time.Minute) {
		t.Errorf("%+v, %v", is, err)
	}
	if json.Unmarshal([]byte(`{"median":"soon"}`), &is) == nil {
		t.Error("a span that is none was taken")
	}
}

// TestClaimedMailboxIsLeftAlone: where a mailbox cannot be claimed nothing is
// asked of it, the others go on, and every claim is released.
func TestClaimedMailboxIsLeftAlone(t *testing.T) {
	world := tenant(6)
	p := planFor(world, purge)
	v := vaultOf(world)
	held, before := map[string]bool{}, len(world.Calls())
	run := runOf(world, p, v, &tape{left: -1})
	run.Parallel = 1
	run.Claim = func(account mailbox.Account) (func() error, error) {
		if account.ID == ann.ID {
			return nil, errors.New("somebody else works on it")
		}
		held[account.ID] = true
		return func() error { delete(held, account.ID); return errors.New("cannot let go") }, nil
	}
	result, err := run.Do(t.Context())
	if err != nil || result.Pending != 4 || result.Done != 4 || len(held) != 0 {
		t.Fatalf("%+v, %v, held %v", result, err, held)
	}
	for _, c := range world.Calls()[before:] {
		if c.Mailbox == ann.ID {
			t.Errorf("%s was sent to a mailbox that is claimed", c.Verb)
		}
	}
	for _, box := range result.Mailboxes {
		switch failed := box.Failure != ""; {
		case failed != (box.Account.ID == ann.ID):
			t.Errorf("%s: failure %q", box.Account.ID, box.Failure)
		case !failed && !slices.Equal(box.Warnings, []string{"cannot let go"}):
			t.Errorf("%s: %v", box.Account.ID, box.Warnings)
		}
	}
	run.Claim = func(mailbox.Account) (func() error, error) { return func() error { return nil }, nil }
	if result, err = run.Do(t.Context()); err != nil || result.Done != 4 || result.Skipped != 4 { // bob's, by another journal
		t.Errorf("%+v, %v", result, err)
	}
}
