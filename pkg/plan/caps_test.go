package plan_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// deleting is a mailbox of so many items, so many of which are to be deleted,
// beside a step of another action.
func deleting(name string, deletes, items int) plan.Mailbox {
	m := plan.Mailbox{Account: mailbox.Account{ID: name, Address: name + "@contoso.example"}, Items: items}
	for i := range deletes {
		m.Steps = append(m.Steps, plan.Step{Action: plan.Delete, Kind: item.Contacts, ID: fmt.Sprint(i)})
	}
	m.Steps = append(m.Steps, plan.Step{Action: plan.SetCategories, ID: "s"}, plan.Step{Action: plan.Create, ID: "c"})
	return m
}

func TestCaps(t *testing.T) {
	boxes := []plan.Mailbox{deleting("ann", 5, 20), deleting("bo", 8, 40), deleting("cy", 9, 90), deleting("di", 0, 7)}
	p := plan.Plan{Mailboxes: boxes}
	cases := []struct {
		caps plan.Caps
		want string
	}{
		{plan.Caps{}, ""},
		{plan.Caps{Deletes: 22, PerMailbox: 9, Percent: 25}, ""},
		{plan.Caps{Deletes: 21}, "22 items, and the cap is 21"},
		{plan.Caps{Deletes: 1, PerMailbox: 1, Percent: 1}, "22 items, and the cap is 1"},
		{plan.Caps{PerMailbox: 8}, "9 items in cy@contoso.example, and the cap for each mailbox is 8"},
		{plan.Caps{PerMailbox: 7}, "9 items in cy@contoso.example, and the cap for each mailbox is 7; 1 more mailbox is above it"},
		{plan.Caps{PerMailbox: 1}, "9 items in cy@contoso.example, and the cap for each mailbox is 1; 2 more mailboxes are above it"},
		{plan.Caps{Percent: 24.9}, "5 of 20 items in ann@contoso.example, and the cap for each mailbox is 24.9 percent"},
		{plan.Caps{Percent: 10}, "5 of 20 items in ann@contoso.example, and the cap for each mailbox is 10 percent; 1 more mailbox is above it"},
		{plan.Caps{PerMailbox: 8, Percent: 10}, "9 items in cy@contoso.example"},
	}
	for _, c := range cases {
		err := c.caps.Check(p)
		if (err == nil) != (c.want == "") || err != nil && (!errors.Is(err, plan.ErrCap) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, not %q", c.caps, err, c.want)
		}
	}
	if len(cases) < 10 {
		t.Fatalf("only %d cases", len(cases))
	}
	none := plan.Plan{Mailboxes: []plan.Mailbox{deleting("ann", 1, 0)}}
	if err := (plan.Caps{Percent: 100}).Check(none); !errors.Is(err, plan.ErrCap) {
		t.Errorf("a delete of none: %v", err)
	}
	if err := (plan.Caps{Percent: 0.1}).Check(plan.Plan{Mailboxes: []plan.Mailbox{deleting("ann", 0, 0)}}); err != nil {
		t.Errorf("nothing of nothing: %v", err)
	}
}

// TestCapsAreSharp: at its own numbers a plan passes, one below it does not,
// and the digest does not know of caps.
func TestCapsAreSharp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p plan.Plan
		total, most := 0, 0
		for i := range rapid.IntRange(1, 4).Draw(t, "mailboxes") {
			n := rapid.IntRange(0, 6).Draw(t, "deletes")
			total, most = total+n, max(most, n)
			p.Mailboxes = append(p.Mailboxes, deleting(fmt.Sprint(i), n, n+rapid.IntRange(0, 9).Draw(t, "others")))
		}
		if err := (plan.Caps{Deletes: total, PerMailbox: most, Percent: 100}).Check(p); err != nil {
			t.Fatal(err)
		}
		for i, c := range []plan.Caps{{Deletes: total - 1}, {PerMailbox: most - 1}} {
			above := []int{total, most}[i] > 1 // a cap of 0 is none
			if err := c.Check(p); above != errors.Is(err, plan.ErrCap) {
				t.Fatalf("%+v: %v", c, err)
			}
		}
		all := slices.ContainsFunc(p.Mailboxes, func(m plan.Mailbox) bool { n := m.Totals().Deletes; return n > 0 && n == m.Items })
		if err := (plan.Caps{Percent: 99.9}).Check(p); all != errors.Is(err, plan.ErrCap) {
			t.Fatalf("all of a mailbox is %v: %v", all, err)
		}
	})
}
