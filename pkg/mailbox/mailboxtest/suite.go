// Package mailboxtest is the contract of package mailbox as tests. Every
// implementation passes it: the sandbox through the real client, the tenant in
// memory, and by hand a scratch mailbox of a live tenant.
//
// It uses the port alone, so what it asserts is what the workflows rely on.
// Where Microsoft does not document which way a service goes (is a stale
// version refused?) it accepts both and says which it met. It refuses to pass
// over a mailbox that is too empty to show anything.
package mailboxtest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Harness is what the suite runs over.
type Harness struct {
	Directory mailbox.Directory
	// Account names a mailbox with at least two writable items of each kind in
	// Kinds. The suite tags, deletes and creates there.
	Account string
	Kinds   []item.Kind
	// NoMailbox names an account without a mailbox; empty leaves that test out.
	NoMailbox string
	// Group names a group that Account is in; empty leaves that test out.
	Group string
	// Closed are the folders of Account that must be closed, with the reason.
	Closed map[string]string
}

// minimum is how many subtests a complete harness runs.
const minimum = 50

// Suite runs the contract. open makes a fresh harness for each subtest, or the
// same one where nothing else is to be had.
func Suite(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	count := 0
	run := func(name string, test func(*testing.T, *bench)) {
		count++
		t.Run(name, func(t *testing.T) { test(t, begin(t, open(t))) })
	}
	for _, set := range []map[string]func(*testing.T, *bench){
		directoryTests(), readingTests(), singleTests(), changeTests(), writingTests(),
	} {
		for name, test := range set {
			run(name, test)
		}
	}
	if count < minimum {
		t.Errorf("the suite ran %d tests, want at least %d", count, minimum)
	}
}

// bench is an opened harness.
type bench struct {
	Harness
	account mailbox.Account
	box     mailbox.Mailbox
}

func begin(t *testing.T, h Harness) *bench {
	t.Helper()
	if len(h.Kinds) == 0 {
		t.Fatal("the harness names no kinds")
	}
	account, err := h.Directory.Find(t.Context(), h.Account)
	if err != nil {
		t.Fatalf("Find(%q): %v", h.Account, err)
	}
	box, err := h.Directory.Open(t.Context(), account)
	if err != nil {
		t.Fatalf("Open(%q): %v", h.Account, err)
	}
	return &bench{Harness: h, account: account, box: box}
}

// folders reads all folders of a kind.
func (b *bench) folders(t *testing.T, kind item.Kind) []item.Folder {
	t.Helper()
	folders, err := b.box.Folders(t.Context(), kind)
	if err != nil {
		t.Fatalf("Folders(%s): %v", kind, err)
	}
	return folders
}

// items reads all items of a kind.
func (b *bench) items(t *testing.T, kind item.Kind, view mailbox.View) []item.Item {
	t.Helper()
	var all []item.Item
	for _, folder := range b.folders(t, kind) {
		err := b.box.List(t.Context(), folder, view, func(page []item.Item) error {
			all = append(all, page...)
			return nil
		})
		if err != nil {
			t.Fatalf("List(%q): %v", folder.Path, err)
		}
	}
	return all
}

// victims are the items that the suite may change: those nobody is mailed about.
func (b *bench) victims(t *testing.T, kind item.Kind) []item.Item {
	t.Helper()
	found := slices.DeleteFunc(b.items(t, kind, mailbox.Brief), func(it item.Item) bool {
		return !it.Folder.Writable() || it.Event.Invites() || it.Event.IsMaster()
	})
	if len(found) < 2 {
		t.Fatalf("%d writable items of %s, want at least 2 to try the changes on", len(found), kind)
	}
	return found
}

// find looks an item up in a fresh listing.
func (b *bench) find(t *testing.T, it item.Item, view mailbox.View) (item.Item, bool) {
	t.Helper()
	for _, other := range b.items(t, it.Kind, view) {
		if other.ID == it.ID {
			return other, true
		}
	}
	return item.Item{}, false
}

// eachKind runs the test for every kind of the harness.
func eachKind(test func(*testing.T, *bench, item.Kind)) func(*testing.T, *bench) {
	return func(t *testing.T, b *bench) {
		for _, kind := range b.Kinds {
			t.Run(string(kind), func(t *testing.T) { test(t, b, kind) })
		}
	}
}

// is fails the test unless the error wraps the sentinel.
func is(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error = %v, want %v", what, err, want)
	}
}

// cancelled is a context that is over.
func cancelled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
