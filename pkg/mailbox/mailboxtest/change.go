package mailboxtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

func changeTests() map[string]func(*testing.T, *bench) {
	return map[string]func(*testing.T, *bench){
		"categories are set and nothing else":    eachKind(setsCategories),
		"categories are cleared":                 eachKind(clearsCategories),
		"a stale version is refused, or known":   eachKind(staleVersion),
		"a deleted item is gone, the others not": eachKind(deletes),
		"a second delete does no harm":           eachKind(deletesTwice),
		"an unknown item is gone":                eachKind(unknownItem),
		"a context that is over changes nothing": eachKind(overBefore),
		"a category is added once, in any case":  ensuresCategory,
		"what is deleted for good is gone":       eachKind(deletesPermanently),
		"a batch does each of its changes":       eachKind(batches),
	}
}

// volatile are the members that any change moves.
func volatile() []string {
	return []string{"@odata.etag", "changeKey", "lastModifiedDateTime", "categories"}
}

// rest are the members that a change of categories leaves alone.
func rest(t *testing.T, it item.Item) map[string]json.RawMessage {
	t.Helper()
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(it.Raw, &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range volatile() {
		delete(members, name)
	}
	return members
}

// unchanged compares what a change of categories leaves alone.
func unchanged(t *testing.T, before, after item.Item) {
	t.Helper()
	a, b := rest(t, before), rest(t, after)
	for name := range maps.Keys(a) {
		if !bytes.Equal(a[name], b[name]) {
			t.Errorf("%s was %s, is %s", name, a[name], b[name])
		}
	}
	if len(b) > len(a) {
		t.Errorf("there are %d members more than before", len(b)-len(a))
	}
}

// set changes the categories and returns the item as it is listed then.
func (b *bench) set(t *testing.T, it item.Item, categories []string) item.Item {
	t.Helper()
	version, err := b.box.SetCategories(t.Context(), it, categories)
	if err != nil {
		t.Fatalf("SetCategories: %v", err)
	}
	after, there := b.find(t, it, mailbox.Whole)
	if !there {
		t.Fatal("the item is not listed any more")
	}
	if after.Version != version || version == it.Version {
		t.Errorf("the version was %q, SetCategories says %q, the listing %q", it.Version, version, after.Version)
	}
	if !slices.Equal(after.Categories, categories) && len(after.Categories)+len(categories) > 0 {
		t.Errorf("categories are %q, want %q", after.Categories, categories)
	}
	return after
}

func setsCategories(t *testing.T, b *bench, kind item.Kind) {
	before := b.items(t, kind, mailbox.Whole)
	victim := b.victims(t, kind)[0]
	added := append(slices.Clone(victim.Categories), "Personal", `O'Brien & "Söhne" <1>, 日本 \u0041`)
	after := b.set(t, victim, added)
	for _, it := range before {
		if it.ID == victim.ID {
			unchanged(t, it, after)
			continue
		}
		now, there := b.find(t, it, mailbox.Whole)
		if !there || !bytes.Equal(now.Raw, it.Raw) {
			t.Errorf("another item, %s, has changed as well", it.ID)
		}
		return // looking every other item up would be too much for a real mailbox
	}
}

func clearsCategories(t *testing.T, b *bench, kind item.Kind) {
	victim := b.victims(t, kind)[0]
	tagged := b.set(t, victim, []string{"One", "Two"})
	cleared := b.set(t, tagged, nil)
	unchanged(t, tagged, cleared)
}

func staleVersion(t *testing.T, b *bench, kind item.Kind) {
	victim := b.victims(t, kind)[0]
	fresh := b.set(t, victim, []string{"Newer"})
	_, err := b.box.SetCategories(t.Context(), victim, []string{"Stale"})
	b.judgeStale(t, "SetCategories", fresh, "Stale", err)
	fresh = b.set(t, b.mustFind(t, victim), []string{"Newest"})
	err = b.box.Delete(t.Context(), victim)
	if now, there := b.find(t, fresh, mailbox.Brief); (err == nil) == there || there && now.Version != fresh.Version {
		t.Errorf("Delete with a stale version: %v, and the item is there: %v", err, there)
	}
	report(t, "Delete", err)
}

func (b *bench) mustFind(t *testing.T, it item.Item) item.Item {
	t.Helper()
	found, there := b.find(t, it, mailbox.Brief)
	if !there {
		t.Fatal("the item is not listed any more")
	}
	return found
}

// judgeStale accepts a refusal that did nothing and a change that was made.
func (b *bench) judgeStale(t *testing.T, what string, fresh item.Item, category string, err error) {
	t.Helper()
	now := b.mustFind(t, fresh)
	if made := slices.Equal(now.Categories, []string{category}); made != (err == nil) {
		t.Errorf("%s with a stale version: error %v, but the change was made: %v", what, err, made)
	}
	report(t, what, err)
}

// report says which of the undocumented ways the service went.
func report(t *testing.T, what string, err error) {
	t.Helper()
	switch {
	case err == nil:
		t.Logf("%s: this service ignores a stale version", what)
	case errors.Is(err, mailbox.ErrChanged):
		t.Logf("%s: this service refuses a stale version", what)
	default:
		t.Errorf("%s with a stale version: %v, want ErrChanged or none", what, err)
	}
}

func deletes(t *testing.T, b *bench, kind item.Kind) {
	before := b.items(t, kind, mailbox.Brief)
	victim := b.victims(t, kind)[1]
	if err := b.box.Delete(t.Context(), victim); err != nil {
		t.Fatal(err)
	}
	after := b.items(t, kind, mailbox.Brief)
	want := slices.DeleteFunc(before, func(it item.Item) bool { return it.ID == victim.ID })
	if len(after) != len(want) {
		t.Fatalf("%d items after one was deleted, want %d", len(after), len(want))
	}
	for i := range want {
		if after[i].ID != want[i].ID || after[i].Version != want[i].Version {
			t.Errorf("%s %s has changed as well", kind.Singular(), want[i].ID)
		}
	}
}

func deletesTwice(t *testing.T, b *bench, kind item.Kind) {
	victim := b.victims(t, kind)[0]
	if err := b.box.Delete(t.Context(), victim); err != nil {
		t.Fatal(err)
	}
	before := len(b.items(t, kind, mailbox.Brief))
	if err := b.box.Delete(t.Context(), victim); err != nil {
		is(t, "a second Delete", err, mailbox.ErrGone)
	} else {
		t.Log("Delete: this service finds an item in Deleted Items by its id, and deletes it from there")
	}
	if after := len(b.items(t, kind, mailbox.Brief)); after != before {
		t.Errorf("%d items, after the second delete %d", before, after)
	}
}

// batches: what fails in a batch keeps nothing else back, wherever it stands.
func batches(t *testing.T, b *bench, kind item.Kind) {
	tagged, victim := b.victims(t, kind)[0], b.victims(t, kind)[1]
	before := len(b.items(t, kind, mailbox.Brief))
	stranger, nameless := b.stranger(t, kind), b.stranger(t, kind)
	nameless.ID = ""
	changes := []mailbox.Change{
		{Item: stranger, Verb: mailbox.Delete},
		{Item: tagged, Verb: mailbox.SetCategories, Categories: []string{"Batch", "<1> & \"2\""}},
		{Item: nameless, Verb: mailbox.Delete},
		{Item: stranger, Verb: mailbox.SetCategories, Categories: []string{"Batch"}},
		{Item: victim, Verb: mailbox.Delete},
	}
	for _, d := range b.box.Batch(cancelled(t), changes) {
		if d.Err == nil || errors.Is(d.Err, mailbox.ErrUnclear) {
			t.Errorf("Batch in a context that is over: %v", d.Err)
		}
	}
	done := b.box.Batch(t.Context(), changes)
	if len(done) != len(changes) {
		t.Fatalf("%d results of %d changes", len(done), len(changes))
	}
	is(t, "Delete", done[0].Err, mailbox.ErrGone)
	if done[2].Err == nil || errors.Is(done[2].Err, mailbox.ErrUnclear) {
		t.Errorf("Delete without an id: %v", done[2].Err)
	}
	is(t, "SetCategories", done[3].Err, mailbox.ErrGone)
	if done[1].Err != nil || done[4].Err != nil {
		t.Fatalf("%v, %v", done[1].Err, done[4].Err)
	}
	now := b.mustFind(t, tagged)
	if now.Version != done[1].Version || !slices.Equal(now.Categories, changes[1].Categories) {
		t.Errorf("the version is %q and the categories %q; Batch says %q", now.Version, now.Categories, done[1].Version)
	}
	if _, there := b.find(t, victim, mailbox.Brief); there || len(b.items(t, kind, mailbox.Brief)) != before-1 {
		t.Errorf("the item is there: %v; %d items, %d before", there, len(b.items(t, kind, mailbox.Brief)), before)
	}
}

// deletesPermanently: tasks are refused, and so is everything in a cloud that
// has not got it.
func deletesPermanently(t *testing.T, b *bench, kind item.Kind) {
	before := b.items(t, kind, mailbox.Brief)
	victim := b.victims(t, kind)[0]
	if err := b.box.DeletePermanently(cancelled(t), victim); !errors.Is(err, context.Canceled) && !errors.Is(err, mailbox.ErrNotOffered) {
		t.Errorf("DeletePermanently in a context that is over: %v", err)
	}
	err := b.box.DeletePermanently(t.Context(), victim)
	if kind == item.Tasks || !b.Directory.DeletesPermanently() {
		is(t, "DeletePermanently", err, mailbox.ErrNotOffered)
		b.mustFind(t, victim)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if after := b.items(t, kind, mailbox.Brief); len(after) != len(before)-1 || slices.ContainsFunc(after, func(it item.Item) bool { return it.ID == victim.ID }) {
		t.Errorf("%d items after one of %d was deleted for good", len(after), len(before))
	}
	is(t, "a second DeletePermanently", b.box.DeletePermanently(t.Context(), victim), mailbox.ErrGone)
}

func unknownItem(t *testing.T, b *bench, kind item.Kind) {
	stranger := b.stranger(t, kind)
	is(t, "Delete", b.box.Delete(t.Context(), stranger), mailbox.ErrGone)
	_, err := b.box.SetCategories(t.Context(), stranger, []string{"Personal"})
	is(t, "SetCategories", err, mailbox.ErrGone)
	stranger.ID = ""
	if err := b.box.Delete(t.Context(), stranger); err == nil || errors.Is(err, mailbox.ErrUnclear) {
		t.Errorf("Delete without an id: %v, want an error that is known to have done nothing", err)
	}
}

func overBefore(t *testing.T, b *bench, kind item.Kind) {
	victim := b.victims(t, kind)[0]
	err := b.box.Delete(cancelled(t), victim)
	is(t, "Delete", err, context.Canceled)
	if errors.Is(err, mailbox.ErrUnclear) {
		t.Errorf("Delete: %v, but nothing was sent", err)
	}
	if now := b.mustFind(t, victim); now.Version != victim.Version {
		t.Error("the item has changed")
	}
}

func ensuresCategory(t *testing.T, b *bench) {
	const name = "Riva-Prep Contract Ä"
	created, err := b.box.EnsureCategory(t.Context(), name, "preset7")
	if err != nil {
		t.Fatal(err)
	}
	if !created {
		t.Log("the category was there already")
	}
	for _, variant := range []string{name, strings.ToUpper(name), strings.ToLower(name), " " + name + " "} {
		if created, err := b.box.EnsureCategory(t.Context(), variant, "preset7"); created || err != nil {
			t.Errorf("EnsureCategory(%q) = %v, %v; want it to be there", variant, created, err)
		}
	}
}
