package backup_test

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// effects are what a failed call may lead to, for each call that a backup makes.
var effects = map[string][]string{
	"folders":     {"failure", "incomplete"},
	"list":        {"failure"},
	"ids":         {"incomplete"},
	"get":         {"unreadable"},
	"series":      {"unreadable"},
	"attachments": {"unreadable"},
	"photo":       {"unreadable"},
	"categories":  {"incomplete"},
	"settings":    {"incomplete"},
	"export":      {"notice", "nothing"}, // asked for one by one, all were there
}

// TestEveryFaultIsTold lets each call fail in turn: whatever is then not in the
// snapshot is named, as an item, a notice or a mailbox, and the rest is there.
func TestEveryFaultIsTold(t *testing.T) {
	whole, calls := faultless(t)
	if len(whole) < 2*60 || calls < 70 {
		t.Fatalf("only %d things in %d calls", len(whole), calls)
	}
	met := map[string]bool{}
	for k := range calls {
		got, hit := faultAt(t, k, whole)
		if !slices.Contains(effects[hit.Verb], got) {
			t.Errorf("call %d (%v) led to %s", k, hit, got)
		}
		met[hit.Verb+" "+got] = true
	}
	for verb, possible := range effects {
		for _, effect := range possible {
			if !met[verb+" "+effect] {
				t.Errorf("%s never led to %s", verb, effect)
			}
		}
	}
}

// hiding is the world with an item that the first listing leaves out.
func hiding() *memory.Tenant {
	w := world()
	w.Hide(ann.ID, "c5", 1)
	w.Hide(bob.ID, "e5", 1)
	return w
}

// faultless names what the snapshot holds if no call fails, and counts the calls.
func faultless(t *testing.T) (map[string]bool, int) {
	t.Helper()
	w := hiding()
	dir := crash.NewDisk().Dir()
	proof, failed, err := take(t, w, dir, ann, bob)
	if err != nil || len(failed) != 0 {
		t.Fatal(err, failed)
	}
	return census(t, dir, proof), len(w.Calls()) - len(w.Calls("open"))
}

func faultAt(t *testing.T, k int, whole map[string]bool) (effect string, hit memory.Call) {
	t.Helper()
	w := hiding()
	var n atomic.Int64
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb != "open" && n.Add(1) == int64(k)+1 {
			hit = c
			return errors.New("no connection"), nil
		}
		return nil, nil
	}
	dir := crash.NewDisk().Dir()
	proof, failed, err := take(t, w, dir, ann, bob)
	if err != nil {
		t.Fatal(err)
	}
	checkHeld(t, w, proof, failed)
	here := census(t, dir, proof)
	effect = effectOf(proof, failed)
	for thing := range whole {
		if !here[thing] && effect == "nothing" {
			t.Errorf("call %d (%v): nothing is said of %s", k, hit, thing)
		}
	}
	return effect, hit
}

// checkHeld: an item is in the proof, or it is named, and never both; what is not
// named lies in a mailbox that is said to be incomplete.
func checkHeld(t *testing.T, w *memory.Tenant, proof snapshot.Proof, failed []backup.Failure) {
	t.Helper()
	named, amiss := map[string]bool{}, map[string]bool{}
	for _, box := range proof.Manifest.Mailboxes {
		for _, u := range box.Unreadable {
			named[box.Account.ID+" "+u.ID] = true
		}
		amiss[box.Account.ID] = box.Incomplete()
	}
	for _, f := range failed {
		named[f.Account.ID] = true
	}
	for _, account := range []mailbox.Account{ann, bob} {
		for _, it := range w.Items(account.ID) {
			held := proof.Holds(account.ID, it.Kind, it.ID, it.Version)
			said := named[account.ID] || named[account.ID+" "+it.ID]
			if held && said || !held && !said && !amiss[account.ID] {
				t.Errorf("%s of %s: held %v, named %v", it.ID, account.ID, held, said)
			}
		}
	}
}

func effectOf(proof snapshot.Proof, failed []backup.Failure) string {
	if len(failed) > 0 {
		return "failure"
	}
	for _, box := range proof.Manifest.Mailboxes {
		switch {
		case len(box.Unreadable) > 0:
			return "unreadable"
		case box.Incomplete():
			return "incomplete"
		case len(box.Notices) > 0:
			return "notice"
		}
	}
	return "nothing"
}

// census names every single thing that a snapshot holds.
func census(t *testing.T, dir *durable.Dir, proof snapshot.Proof) map[string]bool {
	t.Helper()
	things := map[string]bool{}
	for _, box := range proof.Manifest.Mailboxes {
		add := func(what string, there bool) {
			if there {
				things[box.Account.ID+" "+what] = true
			}
		}
		about, err := snapshot.ReadAbout(dir, box)
		if err != nil {
			t.Fatal(err)
		}
		add("categories", about.Categories != nil)
		add("settings", len(about.Settings) > len("null"))
		for _, f := range about.Folders {
			add("folder "+f.ID, true)
		}
		for _, l := range read(t, dir, box) {
			add(l.ID, true)
			add(l.ID+" series", l.Series != nil)
			add(l.ID+" photo", l.Photo != nil)
			add(l.ID+" stream", l.Stream != "")
			add(fmt.Sprint(l.ID, " attachments ", l.Attachments, l.ExceptionAttachments), true)
		}
	}
	return things
}
