package mailboxtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

func readingTests() map[string]func(*testing.T, *bench) {
	return map[string]func(*testing.T, *bench){
		"every folder is listed once":             eachKind(foldersOnce),
		"every item is listed once, with bytes":   eachKind(itemsOnce),
		"two listings are the same":               eachKind(sameTwice),
		"brief and whole agree":                   eachKind(briefAndWhole),
		"a visitor's error ends the listing":      eachKind(visitorStops),
		"a context that is over ends the listing": eachKind(contextEnds),
		"an unknown folder is an error":           eachKind(unknownFolder),
		"a series gives its exceptions":           series,
		"attachments come with their content":     attachments,
	}
}

func foldersOnce(t *testing.T, b *bench, kind item.Kind) {
	folders := b.folders(t, kind)
	seen := map[string]bool{}
	for _, f := range folders {
		if f.Kind != kind || f.ID == "" || f.Path == "" || seen[f.ID] {
			t.Errorf("folder %+v is of another kind, nameless, or there twice", f)
		}
		seen[f.ID] = true
		if want, closed := b.Closed[f.Path]; closed && f.Closed != want {
			t.Errorf("folder %q is closed for %q, want %q", f.Path, f.Closed, want)
		}
	}
	if !slices.ContainsFunc(folders, item.Folder.Writable) {
		t.Errorf("none of %d folders of %s can be written", len(folders), kind)
	}
}

func itemsOnce(t *testing.T, b *bench, kind item.Kind) {
	seen := map[string]bool{}
	for _, view := range []mailbox.View{mailbox.Brief, mailbox.Whole} {
		clear(seen)
		for _, it := range b.items(t, kind, view) {
			if seen[it.ID] {
				t.Errorf("%s %s is listed twice", kind.Singular(), it.ID)
			}
			seen[it.ID] = true
			parsed, err := item.Parse(it.Folder, it.Raw)
			if err != nil || parsed.ID != it.ID || parsed.Version != it.Version || !slices.Equal(parsed.Categories, it.Categories) {
				t.Errorf("the bytes of %s %s say something else than the item: %v", kind.Singular(), it.ID, err)
			}
			if it.Kind != kind || it.Version == "" {
				t.Errorf("%s %s has kind %q and version %q", kind.Singular(), it.ID, it.Kind, it.Version)
			}
		}
	}
	if len(seen) < 2 {
		t.Errorf("%d items of %s, want at least 2", len(seen), kind)
	}
}

func sameTwice(t *testing.T, b *bench, kind item.Kind) {
	first, second := b.items(t, kind, mailbox.Whole), b.items(t, kind, mailbox.Whole)
	if len(first) != len(second) {
		t.Fatalf("%d items, then %d", len(first), len(second))
	}
	for i := range first {
		if !bytes.Equal(first[i].Raw, second[i].Raw) {
			t.Errorf("%s %s has other bytes the second time", kind.Singular(), first[i].ID)
		}
	}
}

func briefAndWhole(t *testing.T, b *bench, kind item.Kind) {
	whole := map[string]item.Item{}
	for _, it := range b.items(t, kind, mailbox.Whole) {
		whole[it.ID] = it
	}
	brief := b.items(t, kind, mailbox.Brief)
	if len(brief) != len(whole) {
		t.Errorf("%d items in brief, %d whole", len(brief), len(whole))
	}
	for _, it := range brief {
		other := whole[it.ID]
		same := it.Version == other.Version && slices.Equal(it.Categories, other.Categories) && it.Title == other.Title &&
			it.Created.Equal(other.Created) && it.Modified.Equal(other.Modified) && it.HasAttachments == other.HasAttachments &&
			it.Event.Invites() == other.Event.Invites() && it.Event.IsMaster() == other.Event.IsMaster() && it.Date().Equal(other.Date())
		if !same {
			t.Errorf("%s %s is another in brief than whole", kind.Singular(), it.ID)
		}
	}
}

func visitorStops(t *testing.T, b *bench, kind item.Kind) {
	stop := errors.New("stop here")
	calls := 0
	err := b.box.List(t.Context(), b.victims(t, kind)[0].Folder, mailbox.Brief, func([]item.Item) error {
		calls++
		return stop
	})
	is(t, "List", err, stop)
	if calls != 1 {
		t.Errorf("the visitor was called %d times, want once", calls)
	}
}

func contextEnds(t *testing.T, b *bench, kind item.Kind) {
	folder := b.victims(t, kind)[0].Folder
	over := cancelled(t)
	err := b.box.List(over, folder, mailbox.Brief, func([]item.Item) error { return nil })
	is(t, "List", err, context.Canceled)
	_, err = b.box.Folders(over, kind)
	is(t, "Folders", err, context.Canceled)
}

func unknownFolder(t *testing.T, b *bench, kind item.Kind) {
	for _, id := range []string{"", unknownID} {
		folder := item.Folder{Kind: kind, ID: id, Path: "Nowhere"}
		err := b.box.List(t.Context(), folder, mailbox.Brief, func([]item.Item) error { return nil })
		if err == nil {
			t.Errorf("List of the folder with id %q gave no error", id)
		}
	}
}

// unknownID has the shape of an id that Exchange gives.
const unknownID = "AAMkAGUyODZkZTYxLWRlYWQtZGVhZC1kZWFkLWRlYWRkZWFkZGVhZABGAAAAAADUuTJK1K9aTpCdqXop-4NaBwCdead0eadAAAAAAENAADeadAAA="

func series(t *testing.T, b *bench) {
	if !slices.Contains(b.Kinds, item.Events) {
		t.Skip("the harness has no events")
	}
	masters := 0
	for _, it := range b.items(t, item.Events, mailbox.Brief) {
		if !it.Event.IsMaster() {
			continue
		}
		masters++
		raw, err := b.box.Series(t.Context(), it)
		if err != nil {
			t.Errorf("Series of %s: %v", it.ID, err)
			continue
		}
		if err := it.AddSeries(raw); err != nil {
			t.Errorf("AddSeries of %s: %v", it.ID, err)
		}
	}
	t.Logf("%d series masters", masters)
	_, err := b.box.Series(t.Context(), b.stranger(t, item.Events))
	is(t, "Series of an unknown event", err, mailbox.ErrGone)
}

// stranger is an item that is not there.
func (b *bench) stranger(t *testing.T, kind item.Kind) item.Item {
	t.Helper()
	it := b.victims(t, kind)[0]
	it.ID = unknownID
	return it
}

func attachments(t *testing.T, b *bench) {
	read := 0
	for _, kind := range b.Kinds {
		if kind == item.Contacts {
			continue
		}
		for _, it := range b.items(t, kind, mailbox.Brief) {
			if !it.HasAttachments {
				continue
			}
			read += b.attached(t, it)
		}
	}
	t.Logf("%d attachments", read)
}

// attached checks the attachments of one item and counts them.
func (b *bench) attached(t *testing.T, it item.Item) int {
	t.Helper()
	found, err := b.box.Attachments(t.Context(), it)
	if err != nil || len(found) == 0 {
		t.Errorf("Attachments of %s: %d, %v; want some", it.ID, len(found), err)
	}
	for _, raw := range found {
		var a struct {
			ID      string `json:"id"`
			Type    string `json:"@odata.type"`
			Content string `json:"contentBytes"`
		}
		if err := json.Unmarshal(raw, &a); err != nil || a.ID == "" {
			t.Errorf("an attachment of %s is not one: %v", it.ID, err)
		}
		if a.Type != "#microsoft.graph.referenceAttachment" && a.Type != "#microsoft.graph.itemAttachment" && a.Content == "" {
			t.Errorf("attachment %s of %s has no content", a.ID, it.ID)
		}
	}
	return len(found)
}
