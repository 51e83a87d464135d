package mailboxtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// singleTests are about what is read beside listings.
func singleTests() map[string]func(*testing.T, *bench) {
	return map[string]func(*testing.T, *bench){
		"a folder knows its name, parent and rank": eachKind(folderNames),
		"the ids are those of the listing":         eachKind(sameIDs),
		"marked and whole agree":                   eachKind(markedAndWhole),
		"an item alone is as it was listed":        eachKind(itemAlone),
		"an item elsewhere is gone":                eachKind(itemElsewhere),
		"a contact's photo is where it says":       photos,
		"the master categories have names":         categories,
		"the settings are an object":               settings,
		"streams come in the order asked for":      exports,
		"a context that is over reads nothing":     overReads,
	}
}

func folderNames(t *testing.T, b *bench, kind item.Kind) {
	folders := b.folders(t, kind)
	byID := map[string]item.Folder{}
	standard := 0
	for _, f := range folders {
		byID[f.ID] = f
		if f.Default {
			standard++
		}
	}
	if standard != 1 {
		t.Errorf("%d default folders, want one", standard)
	}
	for _, f := range folders {
		want := f.Name
		if f.Parent != "" {
			above, known := byID[f.Parent]
			if !known || kind != item.Contacts {
				t.Errorf("folder %q lies in %q, which is not listed", f.Path, f.Parent)
			}
			want = above.Path + "/" + f.Name
		}
		if f.Name == "" || f.Path != want {
			t.Errorf("folder %q is called %q and would be at %q", f.Path, f.Name, want)
		}
	}
}

func sameIDs(t *testing.T, b *bench, kind item.Kind) {
	for _, folder := range b.folders(t, kind) {
		listed := map[string]bool{}
		err := b.box.List(t.Context(), folder, mailbox.Brief, func(page []item.Item) error {
			for _, it := range page {
				listed[it.ID] = true
			}
			return nil
		})
		ids, counted, again := b.box.IDs(t.Context(), folder)
		if err != nil || again != nil {
			t.Fatalf("%q: %v, %v", folder.Path, err, again)
		}
		if got, want := slices.Sorted(slices.Values(ids)), slices.Sorted(maps.Keys(listed)); !slices.Equal(got, want) {
			t.Errorf("%q has the ids %q, listed are %q", folder.Path, got, want)
		}
		if counted < -1 || counted >= 0 && counted < len(ids) {
			t.Errorf("%q: %d items are counted, %d listed", folder.Path, counted, len(ids))
		}
	}
	for _, id := range []string{"", unknownID} {
		if ids, _, err := b.box.IDs(t.Context(), item.Folder{Kind: kind, ID: id}); err == nil {
			t.Errorf("the folder with id %q has %d ids and gave no error", id, len(ids))
		}
	}
}

func markedAndWhole(t *testing.T, b *bench, kind item.Kind) {
	whole := map[string]item.Item{}
	for _, it := range b.items(t, kind, mailbox.Whole) {
		whole[it.ID] = it
	}
	marked := b.items(t, kind, mailbox.Marked)
	if len(marked) != len(whole) {
		t.Errorf("%d items with marks, %d whole", len(marked), len(whole))
	}
	for _, it := range marked {
		if difference := compare(it, whole[it.ID]); difference != "" {
			t.Errorf("%s %s is another with marks than whole: %s", kind.Singular(), it.ID, difference)
		}
	}
}

// compare says in what two readings of an item differ; the bytes may.
func compare(a, b item.Item) string {
	for _, member := range []struct {
		name string
		same bool
	}{
		{"id", a.ID == b.ID},
		{"kind", a.Kind == b.Kind},
		{"folder", a.Folder == b.Folder},
		{"version", a.Version == b.Version},
		{"categories", slices.Equal(a.Categories, b.Categories)},
		{"title", a.Title == b.Title},
		{"mark", a.Mark == b.Mark},
		{"attachments", a.HasAttachments == b.HasAttachments},
		{"made", a.Created.Equal(b.Created)},
		{"changed", a.Modified.Equal(b.Modified)},
		{"series", a.Event.IsMaster() == b.Event.IsMaster()},
	} {
		if !member.same {
			return member.name
		}
	}
	return ""
}

func itemAlone(t *testing.T, b *bench, kind item.Kind) {
	listed := b.items(t, kind, mailbox.Whole)
	for _, it := range listed[:min(len(listed), 5)] {
		alone, err := b.box.Get(t.Context(), it.Folder, it.ID)
		if err != nil {
			t.Errorf("Get of %s: %v", it.ID, err)
			continue
		}
		if difference := compare(alone, it); difference != "" || alone.HasPhoto != it.HasPhoto {
			t.Errorf("%s %s is another alone than listed: %s, photo %v and %v", kind.Singular(), it.ID, difference, alone.HasPhoto, it.HasPhoto)
		}
		parsed, err := item.Parse(it.Folder, alone.Raw)
		if err != nil || compare(parsed, alone) != "" {
			t.Errorf("the bytes of %s say something else than the item: %v", it.ID, err)
		}
	}
}

func itemElsewhere(t *testing.T, b *bench, kind item.Kind) {
	victim := b.victims(t, kind)[0]
	gone := func(what string, folder item.Folder, id string) {
		t.Helper()
		_, err := b.box.Get(t.Context(), folder, id)
		is(t, what, err, mailbox.ErrGone)
	}
	gone("an unknown item", victim.Folder, unknownID)
	for _, folder := range b.folders(t, kind) {
		if folder.ID != victim.Folder.ID {
			gone(fmt.Sprintf("an item of %q in %q", victim.Folder.Path, folder.Path), folder, victim.ID)
			break
		}
	}
	if _, err := b.box.Get(t.Context(), victim.Folder, ""); err == nil {
		t.Error("an item without an id: no error")
	}
	if err := b.box.Delete(t.Context(), victim); err != nil {
		t.Fatal(err)
	}
	gone("a deleted item", victim.Folder, victim.ID)
}

func photos(t *testing.T, b *bench) {
	if !slices.Contains(b.Kinds, item.Contacts) {
		t.Skip("the harness has no contacts")
	}
	read := 0
	listed := b.items(t, item.Contacts, mailbox.Whole)
	for _, it := range listed[:min(len(listed), 50)] {
		photo, err := b.box.Photo(t.Context(), it)
		if err != nil || (photo != nil) != it.HasPhoto {
			t.Errorf("Photo of %s: %v, %v; the contact has one: %v", it.ID, photo, err, it.HasPhoto)
		}
		if photo == nil {
			continue
		}
		read++
		if len(photo.Bytes) == 0 || !strings.HasPrefix(photo.ContentType, "image/") {
			t.Errorf("the photo of %s has %d bytes of type %q", it.ID, len(photo.Bytes), photo.ContentType)
		}
	}
	t.Logf("%d photos", read)
	_, err := b.box.Photo(t.Context(), b.stranger(t, item.Contacts))
	is(t, "Photo of an unknown contact", err, mailbox.ErrGone)
}

func categories(t *testing.T, b *bench) {
	const name = "Riva-Prep Contract Ä"
	if _, err := b.box.EnsureCategory(t.Context(), name, "preset7"); err != nil {
		t.Fatal(err)
	}
	found, err := b.box.Categories(t.Context())
	if errors.Is(err, mailbox.ErrNotOffered) {
		t.Skipf("no master categories here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	there := 0
	for _, raw := range found {
		var category struct {
			Name  string `json:"displayName"`
			Color string `json:"color"`
		}
		if err := json.Unmarshal(raw, &category); err != nil || category.Name == "" || category.Color == "" {
			t.Errorf("a master category is %s: %v", raw, err)
		}
		if item.SameCategory(category.Name, name) {
			there++
		}
	}
	if there != 1 {
		t.Errorf("%q is there %d times among %d, want once", name, there, len(found))
	}
}

func settings(t *testing.T, b *bench) {
	raw, err := b.box.Settings(t.Context())
	if errors.Is(err, mailbox.ErrNotOffered) {
		t.Skipf("no settings here: %v", err)
	}
	var object map[string]json.RawMessage
	if err != nil || json.Unmarshal(raw, &object) != nil || len(object) == 0 {
		t.Errorf("Settings = %s, %v; want an object", raw, err)
	}
}

func exports(t *testing.T, b *bench) {
	var items []item.Item
	for _, kind := range b.Kinds {
		items = append(items, b.victims(t, kind)[:2]...)
	}
	stranger := items[0]
	stranger.ID = unknownID
	asked := slices.Insert(slices.Clone(items), 1, stranger)
	slices.Reverse(asked)
	streams, err := b.box.Export(t.Context(), asked)
	if errors.Is(err, mailbox.ErrNotOffered) {
		t.Skipf("no export here: %v", err)
	}
	if err != nil || len(streams) != len(asked) {
		t.Fatalf("%d streams of %d items, %v", len(streams), len(asked), err)
	}
	for i, s := range streams {
		failed := s.Err != nil
		if s.ID != asked[i].ID || failed != (asked[i].ID == unknownID) || failed == (len(s.Data) > 0) {
			t.Errorf("stream %d is of %s, has %d bytes and %v; want that of %s", i, s.ID, len(s.Data), s.Err, asked[i].ID)
		}
	}
	if streams, err := b.box.Export(t.Context(), nil); err != nil || len(streams) != 0 {
		t.Errorf("Export of nothing: %d streams, %v", len(streams), err)
	}
	if _, err := b.box.Export(t.Context(), slices.Repeat(items[:1], mailbox.ExportLimit+1)); err == nil {
		t.Errorf("Export of %d items: no error", mailbox.ExportLimit+1)
	}
}

func overReads(t *testing.T, b *bench) {
	it := b.victims(t, b.Kinds[0])[0]
	for what, call := range map[string]func(context.Context) error{
		"IDs":        func(ctx context.Context) error { _, _, err := b.box.IDs(ctx, it.Folder); return err },
		"Get":        func(ctx context.Context) error { _, err := b.box.Get(ctx, it.Folder, it.ID); return err },
		"Categories": func(ctx context.Context) error { _, err := b.box.Categories(ctx); return err },
		"Settings":   func(ctx context.Context) error { _, err := b.box.Settings(ctx); return err },
		"Export":     func(ctx context.Context) error { _, err := b.box.Export(ctx, []item.Item{it}); return err },
		"Photo": func(ctx context.Context) error {
			if it.Kind != item.Contacts {
				return ctx.Err()
			}
			_, err := b.box.Photo(ctx, it)
			return err
		},
	} {
		is(t, what, call(cancelled(t)), context.Canceled)
	}
}
