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
	if len(whole) < 2*60 || len(calls) != len(effects) {
		t.Fatalf("only %d things, calls %v", len(whole), calls)
	}
	met, faults := map[string]bool{}, 0
	for verb, n := range calls {
		for k := range n {
			got := faultAt(t, verb, k, whole)
			if !slices.Contains(effects[verb], got) {
				t.Errorf("%s %d led to %s", verb, k, got)
			}
			met[verb+" "+got] = true
			faults++
		}
	}
	for verb, possible := range effects {
		for _, effect := range possible {
			if !met[verb+" "+effect] {
				t.Errorf("%s never led to %s", verb, effect)
			}
		}
	}
	if faults < 70 {
		t.Errorf("only %d calls failed", faults)
	}
}

// hiding is the world with an item that the first listing leaves out.
func hiding() *memory.Tenant {
	w := world()
	w.Hide(ann.ID, "c5", 1)
	w.Hide(bob.ID, "e5", 1)
	return w
}

// inOrder backs the world up, one mailbox after the other.
func inOrder(t *testing.T, w *memory.Tenant) (*durable.Dir, snapshot.Proof, []backup.Failure) {
	t.Helper()
	dir := crash.NewDisk().Dir()
	j := job(opened(t, w, ann, bob))
	j.Parallel = 1
	proof, failed, err := backup.Take(t.Context(), dir, j)
	if err != nil {
		t.Fatal(err)
	}
	return dir, proof, failed
}

// faultless names what the snapshot holds if no call fails, and counts the calls.
func faultless(t *testing.T) (things map[string]bool, calls map[string]int) {
	t.Helper()
	w := hiding()
	dir, proof, failed := inOrder(t, w)
	if effect := effectOf(proof, failed); effect != "nothing" {
		t.Fatal(effect)
	}
	calls = map[string]int{}
	for _, c := range w.Calls() {
		if c.Verb != "open" {
			calls[c.Verb]++
		}
	}
	return census(t, dir, proof), calls
}

// faultAt lets the kth call of a verb fail.
func faultAt(t *testing.T, verb string, k int, whole map[string]bool) (effect string) {
	t.Helper()
	w := hiding()
	var n atomic.Int64
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb == verb && n.Add(1) == int64(k)+1 {
			return errors.New("no connection"), nil
		}
		return nil, nil
	}
	dir, proof, failed := inOrder(t, w)
	checkHeld(t, w, proof, failed)
	here := census(t, dir, proof)
	effect = effectOf(proof, failed)
	for thing := range whole {
		if !here[thing] && effect == "nothing" {
			t.Errorf("%s %d: nothing is said of %s", verb, k, thing)
		}
	}
	return effect
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
		about := aboutOf(t, dir, box)
		add("categories", about.Categories != nil)
		add("settings", about.Settings != nil)
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
