package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/fault"
)

// singleReads are what is read beside listings, each as a text to compare, with
// the path that its faults are for.
var singleReads = []struct {
	name, verb, path string
	read             func(*testing.T, mailbox.Mailbox, item.Item) (string, error)
}{
	{"ids", "GET", "*/contactFolders/f0/contacts", func(t *testing.T, box mailbox.Mailbox, it item.Item) (string, error) {
		ids, counted, err := box.IDs(t.Context(), it.Folder)
		return fmt.Sprint(ids, counted), err
	}},
	{"get", "GET", "*/contactFolders/f0/contacts/*", func(t *testing.T, box mailbox.Mailbox, it item.Item) (string, error) {
		got, err := box.Get(t.Context(), it.Folder, it.ID)
		return string(got.Raw), err
	}},
	{"photo", "GET", "*/photo/*", func(t *testing.T, box mailbox.Mailbox, it item.Item) (string, error) {
		photo, err := box.Photo(t.Context(), it)
		return fmt.Sprint(photo), err
	}},
	{"categories", "GET", "*/masterCategories", func(t *testing.T, box mailbox.Mailbox, _ item.Item) (string, error) {
		raw, err := box.Categories(t.Context())
		return fmt.Sprintf("%s", raw), err
	}},
	{"settings", "GET", "*/mailboxSettings", func(t *testing.T, box mailbox.Mailbox, _ item.Item) (string, error) {
		raw, err := box.Settings(t.Context())
		return string(raw), err
	}},
	{"mailbox id", "GET", "*/settings/exchange", exported},
	{"export", "POST", "*/exportItems", exported},
}

func exported(t *testing.T, box mailbox.Mailbox, it item.Item) (string, error) {
	streams, err := box.Export(t.Context(), []item.Item{it})
	if err == nil {
		err = streams[0].Err
	}
	return fmt.Sprint(streams), err
}

// Whatever goes wrong, a single read gives all that is there or an error; what
// goes wrong for a moment only is got over.
func TestFaultsOfSingleReads(t *testing.T) {
	passing := []fault.Fault{
		fault.Reset, fault.CutBody, fault.SlowBody, fault.Empty503, fault.Persistent401, fault.TokenExpired,
		fault.ThrottledSeconds, fault.ThrottledFraction, fault.ThrottledDate, fault.ThrottledSilent,
	}
	played := map[fault.Fault]int{}
	for _, f := range fault.All() {
		if f == fault.MissingItem || slices.Contains(batchFaults(), f) || strings.HasPrefix(string(f), "other-") {
			continue // shows nothing of itself; not for single requests; changes the truth
		}
		for _, read := range singleReads {
			for _, times := range []int{0, fault.Always} {
				t.Run(fmt.Sprintf("%s/%s/%d", f, read.name, times), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						truth, _, err := readOnce(t, read.read)
						if err != nil {
							t.Fatal(err)
						}
						plan := fault.Plan{Fault: f, Verb: read.verb, Path: read.path, Times: times}
						if read.name == "settings" {
							plan.After = 1 // opening the mailbox reads them too
						}
						got, hits, err := readOnce(t, read.read, plan)
						played[f] += hits
						if err == nil && got != truth {
							t.Errorf("read %s, want %s", got, truth)
						}
						if times == 0 && err != nil && slices.Contains(passing, f) {
							t.Errorf("%v, want it to be got over", err)
						}
					})
				})
			}
		}
	}
	for _, f := range passing {
		if played[f] < len(singleReads) {
			t.Errorf("%s was played %d times, want at least %d", f, played[f], len(singleReads))
		}
	}
}

func readOnce(t *testing.T, read func(*testing.T, mailbox.Mailbox, item.Item) (string, error), plans ...fault.Plan) (got string, hits int, err error) {
	t.Helper()
	w := newWorld(t, contosoFile(), sandbox.Options{Now: time.Now, Seed: 5, Faults: plans})
	// The first listing is not to be played on, so the item is made by hand.
	it := item.Item{Kind: item.Contacts, ID: w.immutable(t), Folder: item.Folder{Kind: item.Contacts, ID: "f0"}}
	got, err = read(t, w.open(t, "ada@contoso.example"), it)
	for _, hit := range w.box.Faults() {
		hits += hit.Count
	}
	return got, hits, err
}

// immutable is the id of the contact with a photo.
func (w *world) immutable(t *testing.T) string {
	t.Helper()
	account, _ := w.box.Tenant().Mailbox("a1")
	it, err := account.Item("contacts", "f0", "k1")
	if err != nil {
		t.Fatal(err)
	}
	return it.ImmutableID
}
