package drift_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/drift"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var (
	contacts = item.Folder{Kind: item.Contacts, ID: "contacts", Path: "Contacts", Default: true}
	calendar = item.Folder{Kind: item.Events, ID: "calendar", Path: "Calendar", Default: true}
	ann      = mailbox.Account{ID: "ann", UPN: "ann@contoso.example"}
	bob      = mailbox.Account{ID: "bob", UPN: "bob@contoso.example"}
	gone     = mailbox.Account{ID: "gone", UPN: "gone@contoso.example"}
)

// shelf is a snapshot in memory.
type shelf struct {
	tenant string
	boxes  []snapshot.Mailbox
	lines  map[string][]snapshot.Line // by the mailbox's id
}

func (s shelf) Manifest() snapshot.Manifest {
	return snapshot.Manifest{ID: "snap", Tenant: mailbox.Tenant{ID: s.tenant}, Mailboxes: s.boxes}
}

func (s shelf) Lines(box snapshot.Mailbox, kind item.Kind, each func(snapshot.Line) error) error {
	for _, l := range s.lines[box.Account.ID] {
		if l.Kind == kind {
			if err := each(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// shelve copies what a mailbox holds now.
func (s *shelf) shelve(world *memory.Tenant, account mailbox.Account, kinds ...item.Kind) {
	counts := map[item.Kind]int{}
	for _, kind := range kinds {
		counts[kind] = 0
	}
	if s.lines == nil {
		s.lines = map[string][]snapshot.Line{}
	}
	for _, it := range world.Items(account.ID) {
		if _, wanted := counts[it.Kind]; !wanted {
			continue
		}
		counts[it.Kind]++
		s.lines[account.ID] = append(s.lines[account.ID], snapshot.Line{
			Kind: it.Kind, Folder: it.Folder.Path, FolderID: it.Folder.ID, ID: it.ID, Version: it.Version, Categories: it.Categories, Item: it.Raw,
		})
	}
	s.boxes = append(s.boxes, snapshot.Mailbox{Account: account, Counts: counts})
}

func put(world *memory.Tenant, account mailbox.Account, folder item.Folder, id string, members map[string]any) {
	all := map[string]any{"id": id, "displayName": "Name of " + id, "subject": "Name of " + id}
	for name, value := range members {
		all[name] = value
	}
	world.Put(account.ID, folder, all)
}

func marked(of string, kind item.Kind, version string) map[string]any {
	return map[string]any{"singleValueExtendedProperties": []any{
		map[string]any{"id": item.MarkProperty, "value": rebuild.Mark("ann", kind, of, version)},
	}}
}

// told is what a comparison says, an item a word.
func told(m drift.Mailbox) string {
	var words []string
	for _, it := range m.Items {
		words = append(words, fmt.Sprintf("%s:%s", it.Change, it.ID))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// made says what earlier runs made of an item in a version.
type made struct{ of, version, id string }

func (m made) Find(mark string, there func(string) bool) (string, bool) {
	return m.id, m.id != "" && rebuild.Mark("ann", item.Contacts, m.of, m.version) == mark && there(m.id)
}

// TestEveryItemIsInOneOfThem is the table of what becomes of one item.
func TestEveryItemIsInOneOfThem(t *testing.T) {
	cases := []struct {
		name string
		edit func(world *memory.Tenant, version string)
		runs string // what a run made of a
		same int
		want string
	}{
		{"nothing happened", func(*memory.Tenant, string) {}, "", 2, ""},
		{"deleted", func(w *memory.Tenant, _ string) { w.Take("ann", "a") }, "", 1, "missing:a"},
		{"changed", func(w *memory.Tenant, _ string) { w.Edit("ann", "a", map[string]any{"note": "x"}) }, "", 1, "changed:a"},
		{"another one added", func(w *memory.Tenant, _ string) { put(w, ann, contacts, "c", nil) }, "", 2, "added:c"},
		{"one of another kind added", func(w *memory.Tenant, _ string) { put(w, ann, calendar, "e", nil) }, "", 2, ""},
		{"deleted and made again by post", func(w *memory.Tenant, version string) {
			w.Take("ann", "a")
			put(w, ann, contacts, "again", marked("a", item.Contacts, version))
		}, "", 1, "restored:again"},
		{"made again of another version", func(w *memory.Tenant, _ string) {
			w.Take("ann", "a")
			put(w, ann, contacts, "again", marked("a", item.Contacts, "older"))
		}, "", 1, "added:again missing:a"},
		{"copied, and still there", func(w *memory.Tenant, version string) {
			put(w, ann, contacts, "copy", marked("a", item.Contacts, version))
		}, "", 2, "added:copy"},
		{"imported by a run", func(w *memory.Tenant, _ string) {
			w.Take("ann", "a")
			put(w, ann, contacts, "import", nil)
		}, "import", 1, "restored:import"},
		{"imported by a run and gone again", func(w *memory.Tenant, _ string) { w.Take("ann", "a") }, "import", 1, "missing:a"},
		{"all at once", func(w *memory.Tenant, version string) {
			w.Take("ann", "a")
			w.Edit("ann", "b", map[string]any{"note": "x"})
			put(w, ann, contacts, "c", nil)
			put(w, ann, contacts, "d", marked("a", item.Contacts, version))
		}, "", 0, "added:c changed:b restored:d"},
		{"everything gone", func(w *memory.Tenant, _ string) { w.Take("ann", "a"); w.Take("ann", "b") }, "", 0, "missing:a missing:b"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			world := memory.New("tenant")
			world.Add(ann, contacts, calendar)
			put(world, ann, contacts, "a", nil)
			put(world, ann, contacts, "b", nil)
			s := shelf{tenant: "tenant"}
			s.shelve(world, ann, item.Contacts)
			version := s.lines["ann"][0].Version
			c.edit(world, version)
			mb, err := world.Open(t.Context(), ann)
			if err != nil {
				t.Fatal(err)
			}
			m, err := drift.Of(t.Context(), s, s.boxes[0], mb, made{"a", version, c.runs})
			if err != nil {
				t.Fatal(err)
			}
			if got := told(m); got != c.want || m.Same != c.same || m.Equal() != (c.want == "") {
				t.Errorf("%d same, %q; want %d, %q", m.Same, got, c.same, c.want)
			}
			checkCounts(t, m)
		})
	}
	if len(cases) < 12 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// checkCounts compares the counts with the items, which all have kind, folder
// and title.
func checkCounts(t *testing.T, m drift.Mailbox) {
	t.Helper()
	counted := map[drift.Change]int{}
	for _, it := range m.Items {
		counted[it.Change]++
		if it.Kind != item.Contacts || it.Folder != "Contacts" || it.Title == "" {
			t.Errorf("%+v", it)
		}
	}
	for _, c := range drift.Changes() {
		if m.Counts[c] != counted[c] {
			t.Errorf("%s is counted %d times and listed %d times", c, m.Counts[c], counted[c])
		}
	}
}

// TestAll compares mailboxes side by side: those that cannot be read are named,
// and nothing is written.
func TestAll(t *testing.T) {
	world := memory.New("tenant")
	world.Add(ann, contacts, calendar)
	world.Add(bob, contacts, calendar)
	world.Add(gone, contacts)
	put(world, ann, contacts, "a", nil)
	put(world, bob, contacts, "b", nil)
	s := shelf{tenant: "tenant"}
	s.shelve(world, bob, item.Contacts, item.Events)
	s.shelve(world, gone, item.Contacts)
	s.shelve(world, ann, item.Contacts, item.Events)
	world.Take("bob", "b")
	world.Add(gone) // no mailbox any more
	var mu sync.Mutex
	var heard []string
	all, skipped, err := drift.All(t.Context(), s, world, (*restore.Earlier)(nil), 2, func(a mailbox.Account) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, a.ID)
	})
	if err != nil || len(all) != 2 || all[0].Account.ID != "ann" || !all[0].Equal() || told(all[1]) != "missing:b" {
		t.Fatalf("%+v, %v", all, err)
	}
	if len(skipped) != 1 || skipped[0].Name != gone.UPN || skipped[0].Reason == "" || len(heard) != 3 {
		t.Errorf("skipped %+v, heard %q", skipped, heard)
	}
	if n := len(world.Calls("create", "update", "delete", "set-categories", "ensure-category", "create-folder", "import")); n != 0 {
		t.Errorf("%d writes", n)
	}
}

func TestAnotherTenantIsRefused(t *testing.T) {
	world := memory.New("other")
	_, _, err := drift.All(t.Context(), shelf{tenant: "tenant"}, world, (*restore.Earlier)(nil), 1, func(mailbox.Account) {})
	if !errors.Is(err, restore.ErrTenant) {
		t.Errorf("%v", err)
	}
}

// TestInterruptionEndsIt: what was not compared is not called skipped.
func TestInterruptionEndsIt(t *testing.T) {
	world := memory.New("tenant")
	world.Add(ann, contacts)
	s := shelf{tenant: "tenant"}
	s.shelve(world, ann, item.Contacts)
	ctx, stop := context.WithCancel(t.Context())
	world.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "list" {
			stop()
			return ctx.Err(), nil
		}
		return nil, nil
	}
	if _, skipped, err := drift.All(ctx, s, world, (*restore.Earlier)(nil), 1, func(mailbox.Account) {}); !errors.Is(err, context.Canceled) || len(skipped) != 0 {
		t.Errorf("skipped %v, %v", skipped, err)
	}
}

// TestListingThatBreaksOffIsNoDifference: the mailbox is skipped, not half compared.
func TestListingThatBreaksOffIsNoDifference(t *testing.T) {
	world := memory.New("tenant")
	world.Add(ann, contacts)
	put(world, ann, contacts, "a", nil)
	s := shelf{tenant: "tenant"}
	s.shelve(world, ann, item.Contacts)
	world.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "list" {
			return fmt.Errorf("list: %w", mailbox.ErrIncomplete), nil
		}
		return nil, nil
	}
	all, skipped, err := drift.All(t.Context(), s, world, (*restore.Earlier)(nil), 1, func(mailbox.Account) {})
	if err != nil || len(all) != 0 || len(skipped) != 1 || !strings.Contains(skipped[0].Reason, "incomplete") {
		t.Errorf("%+v, %+v, %v", all, skipped, err)
	}
}
