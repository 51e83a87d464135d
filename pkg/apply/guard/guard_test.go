package guard_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/apply/guard"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

var (
	contacts = item.Folder{Kind: item.Contacts, ID: "contacts", Path: "Contacts"}
	calendar = item.Folder{Kind: item.Events, ID: "calendar", Path: "Calendar"}
	ann      = mailbox.Account{ID: "ann", UPN: "ann@contoso.example"}
	writes   = []string{"delete", "delete-permanently", "set-categories", "ensure-category", "create-folder", "create", "update", "attach", "add-checklist-item", "set-photo", "import"}
)

// fixture is a mailbox behind a guard.
type fixture struct {
	world  *memory.Tenant
	guard  *guard.Guard
	box    mailbox.Mailbox
	breach error
	over   error
}

func behind(t *testing.T, account mailbox.Account, rules plan.Rules, steps ...plan.Step) *fixture {
	t.Helper()
	f := &fixture{world: memory.New("tenant")}
	f.world.Add(account, contacts, calendar)
	f.world.Put("ann", contacts, map[string]any{"id": "c", "categories": []string{"CRM"}})
	f.world.Put("ann", calendar, map[string]any{"id": "e", "categories": []string{"CRM"}, "isOrganizer": true, "type": "singleInstance"})
	part := plan.Mailbox{Account: account, Steps: steps, Folders: []plan.NewFolder{{Kind: item.Contacts, FormerID: "gone", Names: []string{"Contacts", "Partners"}}}}
	if rules.Purpose != plan.Restore {
		part = plan.For(rules, ann, f.world.Items("ann"))
		part.Account = account
	}
	f.guard = guard.New(guard.Bounds{
		Plan: plan.Make(mailbox.Tenant{ID: "tenant"}, rules, []plan.Mailbox{part}), Open: f.world.Open,
		Mark:   func(_ plan.Mailbox, s plan.Step) string { return "mark of " + s.ID },
		Over:   func() error { return f.over },
		Breach: func(err error) { f.breach = err },
	})
	var err error
	if f.box, err = f.guard.Open(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	return f
}

var purge = plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{"CRM"}, Protect: []string{"VIP"}}

func (f *fixture) item(id string) item.Item {
	all := f.world.Items("ann")
	return all[slices.IndexFunc(all, func(it item.Item) bool { return it.ID == id })]
}

// TestHazardsAreLookedForOnceMore changes an item without its version, as no
// service should, and mailboxes that became rooms since.
func TestHazardsAreLookedForOnceMore(t *testing.T) {
	cases := map[string]struct {
		account mailbox.Account
		id      string
		change  func(*item.Item)
		hazard  bool
	}{
		"nothing has changed":         {ann, "c", func(*item.Item) {}, false},
		"an appointment":              {ann, "e", func(*item.Item) {}, false},
		"it invites now":              {ann, "e", func(it *item.Item) { it.Event.Attendees = []string{"bob@contoso.example"} }, true},
		"it is protected now":         {ann, "c", func(it *item.Item) { it.Categories = []string{"CRM", "vip"} }, true},
		"it is not the plug-in's now": {ann, "c", func(it *item.Item) { it.Categories = nil }, true},
		"its folder is closed now":    {ann, "c", func(it *item.Item) { it.Folder.Closed = "read-only" }, true},
		"it is a room now":            {mailbox.Account{ID: "ann", Purpose: "room"}, "c", func(*item.Item) {}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := behind(t, c.account, purge)
			it := f.item(c.id)
			c.change(&it)
			err := f.box.Delete(t.Context(), it)
			if errors.Is(err, guard.ErrHazard) != c.hazard || (err == nil) == c.hazard {
				t.Errorf("error %v, want a hazard: %v", err, c.hazard)
			}
			if sent := len(f.world.Calls(writes...)); (sent == 0) != c.hazard {
				t.Errorf("%d calls were sent", sent)
			}
			if f.breach != nil {
				t.Errorf("a hazard is no fault of the program: %v", f.breach)
			}
			if f.guard.Changed()[journal.Key{Mailbox: "ann", Item: c.id}] == c.hazard {
				t.Errorf("changed: %v", f.guard.Changed())
			}
		})
	}
	if len(cases) < 7 {
		t.Fatalf("only %d cases", len(cases))
	}
}

func restoring(t *testing.T) *fixture {
	rules := plan.Rules{Purpose: plan.Restore, Kinds: item.Kinds(), Source: &plan.Source{Snapshots: []plan.SourceSnapshot{{ID: "s", Sum: "x"}}}}
	return behind(t, ann, rules,
		plan.Step{Action: plan.Create, Kind: item.Contacts, FolderID: contacts.ID, ID: "was", Version: "v", After: []string{"Friends"}, Way: plan.ByPost})
}

// TestMakingIsConfined: everything that could be added to, changed in or taken
// from a mailbox beside the one item of the plan is a breach, and is not sent.
func TestMakingIsConfined(t *testing.T) {
	ctx := context.Background()
	elsewhere := item.Folder{Kind: item.Contacts, ID: "elsewhere"}
	cases := map[string]func(*fixture) error{
		"another folder": func(f *fixture) error { _, err := f.box.Create(ctx, elsewhere, []byte(`{}`)); return err },
		"a stream":       func(f *fixture) error { _, err := f.box.Import(ctx, elsewhere, nil); return err },
		"people invited": func(f *fixture) error {
			_, err := f.box.Create(ctx, contacts, []byte(`{"attendees":[{}]}`))
			return err
		},
		"a body that nobody can read": func(f *fixture) error { _, err := f.box.Create(ctx, contacts, []byte(`[`)); return err },
		"one item too many": func(f *fixture) error {
			_, first := f.box.Create(ctx, contacts, []byte(`{}`))
			_, err := f.box.Create(ctx, contacts, []byte(`{}`))
			return onlySecond(first, err)
		},
		"a folder":         func(f *fixture) error { _, err := f.box.CreateFolder(ctx, item.Contacts, "", "Secret"); return err },
		"another kind":     func(f *fixture) error { _, err := f.box.CreateFolder(ctx, item.Events, "", "Partners"); return err },
		"what was there":   func(f *fixture) error { _, err := f.box.Update(ctx, f.item("c"), []byte(`{}`)); return err },
		"an attachment":    func(f *fixture) error { return f.box.Attach(ctx, f.item("e"), []byte(`{}`)) },
		"a checklist item": func(f *fixture) error { return f.box.AddChecklistItem(ctx, f.item("c"), []byte(`{}`)) },
		"a photo":          func(f *fixture) error { return f.box.SetPhoto(ctx, f.item("c"), mailbox.Photo{}) },
		"a category":       func(f *fixture) error { _, err := f.box.EnsureCategory(ctx, "Personal", ""); return err },
		"categories":       func(f *fixture) error { _, err := f.box.SetCategories(ctx, f.item("c"), nil); return err },
		"a deletion":       func(f *fixture) error { return f.box.Delete(ctx, f.item("c")) },
		"a date of a series that was there": func(f *fixture) error {
			_, first := f.box.Instances(ctx, f.item("e"), f.item("e").Created, f.item("e").Created)
			return onlySecond(first, f.box.Delete(ctx, f.item("e")))
		},
	}
	for name, act := range cases {
		t.Run(name, func(t *testing.T) {
			f := restoring(t)
			if err := act(f); !errors.Is(err, guard.ErrBroken) || !errors.Is(f.breach, guard.ErrBroken) {
				t.Errorf("error %v, breach %v", err, f.breach)
			}
			sent := slices.DeleteFunc(f.world.Calls(writes...), func(c memory.Call) bool { return c.Verb == "create" && name == "one item too many" })
			if len(sent) != 0 {
				t.Errorf("sent: %v", sent)
			}
		})
	}
	if len(cases) < 15 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// TestWhatIsPlannedPasses, and stops between two calls of one item.
func TestWhatIsPlannedPasses(t *testing.T) {
	f := restoring(t)
	ctx := t.Context()
	folder, err := f.box.CreateFolder(ctx, item.Contacts, "", "Partners")
	if err != nil {
		t.Fatal(err)
	}
	made, err := f.box.Create(ctx, folder, []byte(`{"displayName":"Made"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.box.SetPhoto(ctx, made, mailbox.Photo{Bytes: []byte("x")}); err != nil {
		t.Error(err)
	}
	version, err := f.box.SetCategories(ctx, made, []string{"Friends"})
	if err != nil {
		t.Error(err)
	}
	made.Version = version
	f.over = context.Canceled
	if err := f.box.SetPhoto(ctx, made, mailbox.Photo{Bytes: []byte("y")}); !errors.Is(err, guard.ErrStopped) || !errors.Is(err, context.Canceled) {
		t.Errorf("after an interruption: %v", err)
	}
	f.over = nil
	if _, err := f.box.SetCategories(ctx, made, []string{"Others"}); !errors.Is(err, guard.ErrBroken) {
		t.Errorf("categories that no step gives: %v", err)
	}
	if n := len(f.world.Calls("set-photo")); n != 1 {
		t.Errorf("%d photos were sent", n)
	}
}

// TestABatchPassesChangeByChange: a hazard keeps back its own change, a breach
// all of them.
func TestABatchPassesChangeByChange(t *testing.T) {
	invites := func(it item.Item) item.Item {
		it.Event.Attendees = []string{"bob@contoso.example"}
		return it
	}
	f := behind(t, ann, purge)
	hazard := mailbox.Change{Item: invites(f.item("e")), Verb: mailbox.Delete}
	good := mailbox.Change{Item: f.item("c"), Verb: mailbox.Delete}
	done := f.box.Batch(t.Context(), []mailbox.Change{hazard, good})
	if len(done) != 2 || !errors.Is(done[0].Err, guard.ErrHazard) || done[1].Err != nil || f.breach != nil {
		t.Errorf("%+v, breach %v", done, f.breach)
	}
	if changed := f.guard.Changed(); len(changed) != 1 || !changed[journal.Key{Mailbox: "ann", Item: "c"}] {
		t.Errorf("changed: %v", changed)
	}
	for name, bad := range map[string]mailbox.Change{
		"another change":     {Item: f.item("e"), Verb: mailbox.DeletePermanently},
		"categories":         {Item: f.item("e"), Verb: mailbox.SetCategories},
		"no verb":            {Item: f.item("e")},
		"no step's item":     {Item: item.Item{Kind: item.Contacts, ID: "x", Folder: contacts}, Verb: mailbox.Delete},
		"an earlier version": {Item: item.Item{Kind: item.Events, ID: "e", Folder: calendar, Version: "old"}, Verb: mailbox.Delete},
	} {
		f := behind(t, ann, purge)
		good := mailbox.Change{Item: f.item("c"), Verb: mailbox.Delete}
		done := f.box.Batch(t.Context(), []mailbox.Change{good, bad})
		for i, d := range done {
			if !errors.Is(d.Err, guard.ErrBroken) {
				t.Errorf("%s: change %d: %v", name, i, d.Err)
			}
		}
		if sent := f.world.Calls(writes...); len(done) != 2 || len(sent) != 0 || f.breach == nil {
			t.Errorf("%s: sent %v, breach %v", name, sent, f.breach)
		}
	}
}

// short is a mailbox that tells of fewer changes than it was given.
type short struct{ mailbox.Mailbox }

func (short) Batch(context.Context, []mailbox.Change) []mailbox.Changed {
	return make([]mailbox.Changed, 1)
}

// TestWhatABatchDoesNotTellIsUnclear.
func TestWhatABatchDoesNotTellIsUnclear(t *testing.T) {
	f := behind(t, ann, purge)
	g := guard.New(guard.Bounds{
		Plan: plan.Make(mailbox.Tenant{ID: "tenant"}, purge, []plan.Mailbox{plan.For(purge, ann, f.world.Items("ann"))}),
		Open: func(ctx context.Context, a mailbox.Account) (mailbox.Mailbox, error) {
			mb, err := f.world.Open(ctx, a)
			return short{mb}, err
		},
		Over: func() error { return nil }, Breach: func(error) {},
	})
	box, err := g.Open(t.Context(), ann)
	if err != nil {
		t.Fatal(err)
	}
	done := box.Batch(t.Context(), []mailbox.Change{{Item: f.item("c"), Verb: mailbox.Delete}, {Item: f.item("e"), Verb: mailbox.Delete}})
	for _, d := range done {
		if !errors.Is(d.Err, mailbox.ErrUnclear) {
			t.Errorf("%v, want it unclear", d.Err)
		}
	}
	if len(done) != 2 || len(g.Changed()) != 0 {
		t.Errorf("%d results, changed %v", len(done), g.Changed())
	}
}

// TestEveryMethodIsKnown fails when the port gets a method that the guard lets
// pass without having thought of it.
func TestEveryMethodIsKnown(t *testing.T) {
	known := []string{
		"Account", "Get", "IDs", "Series", "Attachments", "Photo", "Categories", "Settings", "Export", // read only
		"Folders", "List", "Instances", "Delete", "DeletePermanently", "SetCategories", "Batch", "EnsureCategory", "CreateFolder", "Create", "Update", "Attach",
		"AddChecklistItem", "SetPhoto", "Import",
	}
	port := reflect.TypeFor[mailbox.Mailbox]()
	for i := range port.NumMethod() {
		if name := port.Method(i).Name; !slices.Contains(known, name) {
			t.Errorf("the guard does not know %s", name)
		}
	}
	if port.NumMethod() != len(known) {
		t.Errorf("the port has %d methods, %d are known", port.NumMethod(), len(known))
	}
}

// onlySecond is the error of a second call, if the first had none.
func onlySecond(first, second error) error {
	if first == nil {
		return second
	}
	return errors.New("the first call failed, which is another error than the one wanted")
}

// TestMailboxMustBeTheOneAskedFor gives out ann's mailbox for whoever is asked
// for.
func TestMailboxMustBeTheOneAskedFor(t *testing.T) {
	world := memory.New("tenant")
	world.Add(ann, contacts)
	bob := mailbox.Account{ID: "bob"}
	var breach error
	g := guard.New(guard.Bounds{
		Plan:   plan.Make(mailbox.Tenant{ID: "tenant"}, purge, []plan.Mailbox{{Account: ann}, {Account: bob}}),
		Open:   func(ctx context.Context, _ mailbox.Account) (mailbox.Mailbox, error) { return world.Open(ctx, ann) },
		Over:   func() error { return nil },
		Breach: func(err error) { breach = err },
	})
	if _, err := g.Open(t.Context(), ann); err != nil || breach != nil {
		t.Fatal(err, breach)
	}
	if _, err := g.Open(t.Context(), bob); !errors.Is(err, guard.ErrBroken) || breach == nil || g.Broken() == nil {
		t.Errorf("asked for bob and given ann: %v, breach %v", err, breach)
	}
}

func TestCategoriesAreThoseOfTheStep(t *testing.T) {
	tag := plan.Rules{Purpose: plan.TagPersonal, Kinds: item.Kinds(), Tag: "Personal", Colour: "preset0"}
	for _, other := range [][]string{nil, {"Personal"}, {"CRM"}, {"Personal", "CRM"}, {"CRM", "Personal", "VIP"}, {"CRMPersonal"}} {
		f := behind(t, ann, tag)
		if _, err := f.box.SetCategories(t.Context(), f.item("c"), other); !errors.Is(err, guard.ErrBroken) || f.breach == nil {
			t.Errorf("categories %q: %v", other, err)
		}
		if n := len(f.world.Calls(writes...)); n != 0 {
			t.Errorf("categories %q: %d calls went through", other, n)
		}
	}
	f := behind(t, ann, tag)
	if _, err := f.box.SetCategories(t.Context(), f.item("c"), []string{"CRM", "Personal"}); err != nil || f.breach != nil {
		t.Errorf("those of the step: %v, breach %v", err, f.breach)
	}
}
