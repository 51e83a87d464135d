package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/store"
)

// box has a default calendar and another one with n events.
func box(n int) (*store.Box, *store.Container) {
	b := store.New("owner", store.Copies{})
	b.AddFolder(store.Events, rawjson.Of("id", "default", "isDefaultCalendar", true))
	c := b.AddFolder(store.Events, rawjson.Of("id", "other"))
	for i := range n {
		id := fmt.Sprintf("AAe%d", i)
		b.Put(b.NewEntry(store.Events, c, id, rawjson.Of("id", id)))
	}
	return b, c
}

func entry(t *testing.T, b *store.Box, id string) *store.Entry {
	t.Helper()
	found, err := b.Find(store.Events, "", id)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return found.Entry
}

func TestPagesByOffset(t *testing.T) {
	b, c := box(7)
	b.Discard(entry(t, b, "AAe2"), "AAmoved")
	odd := func(o rawjson.Object) bool { id := o.Text("id"); return (id[len(id)-1]-'0')%2 == 1 }
	for _, p := range []struct {
		skip, top int
		keep      func(rawjson.Object) bool
		want      string
		total     int
	}{
		{0, 3, nil, "AAe0 AAe1 AAe3 ", 6},
		{3, 3, nil, "AAe4 AAe5 AAe6 ", 6},
		{5, 3, nil, "AAe6 ", 6},
		{9, 3, nil, "", 6},
		{0, 2, odd, "AAe1 AAe3 ", 3},
		{2, 2, odd, "AAe5 ", 3},
	} {
		page, total := c.Page(p.skip, p.top, p.keep)
		got := ""
		for _, it := range page {
			got += it.ID + " "
		}
		if got != p.want || total != p.total {
			t.Errorf("%d from %d: %q of %d", p.top, p.skip, got, total)
		}
	}
}

func TestDiscardedItemsHaveAnotherIDAndKeepTheImmutableOne(t *testing.T) {
	b, _ := box(1)
	e := entry(t, b, "AAe0")
	before := e.Snapshot()
	b.Discard(e, "AAmoved")
	if _, err := b.Find(store.Events, "", "AAe0"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("by its old id: %v", err)
	}
	for _, id := range []string{"AAmoved", before.ImmutableID} {
		it := entry(t, b, id).Snapshot()
		if !it.Deleted || it.FolderID != b.DeletedID || it.ID != "AAmoved" || it.ImmutableID != before.ImmutableID {
			t.Errorf("by %s: %+v", id, it)
		}
	}
	if _, err := b.Find(store.Events, "other", "AAmoved"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("in its old calendar: %v", err)
	}
	b.Remove(e)
	if _, err := b.Find(store.Events, "", before.ImmutableID); !errors.Is(err, store.ErrNotFound) || len(b.Deleted()) != 0 {
		t.Errorf("after its removal: %v, %d left", err, len(b.Deleted()))
	}
}

func TestWhatWasDeletedOutlivesItsFolder(t *testing.T) {
	b, c := box(2)
	gone := entry(t, b, "AAe0")
	b.Discard(gone, "AAmoved")
	b.RemoveFolder(c)
	if _, err := b.Folder(store.Events, "other"); !errors.Is(err, store.ErrFolderNotFound) {
		t.Errorf("the folder: %v", err)
	}
	if _, err := b.Find(store.Events, "", "AAe1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an item in it: %v", err)
	}
	if entry(t, b, "AAmoved").Folder.ID != "default" {
		t.Errorf("a deleted item was in %s, which is gone", gone.Folder.ID)
	}
}

func TestASecondItemOfTheSameIDIsRefused(t *testing.T) {
	b, c := box(1)
	for id, want := range map[string]bool{"AAe0": false, "": false, "AAnew": true} {
		if err := b.Check(b.NewEntry(store.Events, c, id, rawjson.Of("id", id))); (err == nil) != want {
			t.Errorf("%q: %v", id, err)
		}
	}
}
