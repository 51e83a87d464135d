package snapshot_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// TestNoticesAreKept writes notices in every way a snapshot is kept: they are
// read back, in an encrypted one from mailbox.json only.
func TestNoticesAreKept(t *testing.T) {
	said := []snapshot.Notice{
		{Kind: item.Events, Folder: "Board\xff", What: "the service counts 8 items here and lists 7", Incomplete: true},
		{What: "the category list is missing"},
	}
	want := slices.Clone(said)
	want[0].Folder = "Board\ufffd"
	kept := 0
	for what, way := range ways(t) {
		dir := crash.NewDisk().Dir()
		w := snapshot.NewWriter(dir, head(), way.options)
		box, err := w.Mailbox(snapshot.About{Account: ann})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range said {
			box.Say(n)
		}
		box.AddContactLists(2)
		box.AddContactLists(3)
		box.Describe(snapshot.About{Account: ann, Folders: []item.Folder{contacts}})
		entry, err := box.Commit(item.Kinds())
		if err != nil || !slices.Equal(entry.Notices, want) || !entry.Incomplete() {
			t.Fatalf("%s: %+v, %v", what, entry, err)
		}
		if _, err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		proof, err := snapshot.Verify(dir)
		if err != nil {
			t.Fatal(what, err)
		}
		m := proof.Manifest
		r, err := snapshot.Open(dir, way.keys...)
		if err != nil {
			t.Fatal(err)
		}
		about, err := r.About(m.Mailboxes[0])
		if err != nil || !slices.Equal(about.Folders, []item.Folder{contacts}) {
			t.Errorf("%s: %+v, %v", what, about, err)
		}
		plain, notices := bytes.Contains(files(t, dir)["snapshot.json"], []byte("Board")), m.Mailboxes[0].Notices
		if m.Encrypted() {
			notices = about.Notices
		}
		if plain == m.Encrypted() || !slices.Equal(notices, want) {
			t.Errorf("%s: plain %v, %+v", what, plain, notices)
		}
		if m.Incomplete() != 1 || m.Mailboxes[0].ContactLists != 5 {
			t.Errorf("%s: %+v", what, m.Mailboxes[0])
		}
		kept++
	}
	if kept < 4 {
		t.Errorf("only %d ways", kept)
	}
}

func TestWhere(t *testing.T) {
	for want, n := range map[string]snapshot.Notice{
		"the mailbox":        {},
		"events in Calendar": {Kind: item.Events, Folder: "Calendar"},
	} {
		if got := n.Where(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
