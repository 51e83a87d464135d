package apply

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

type everything struct{}

func (everything) Covers(string) bool                              { return true }
func (everything) Holds(string, item.Kind, string, string) bool    { return true }
func (everything) Restores(string, item.Kind, string, string) bool { return true }

type notes struct {
	mu      sync.Mutex
	records []journal.Record
}

func (n *notes) Append(r ...journal.Record) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.records = append(n.records, r...)
	return nil
}

// plantedWorld has two mailboxes, of which the plan names one, with an item to
// be deleted, one that is held and one that is nobody's business.
func plantedWorld(t *testing.T) (*memory.Tenant, Run) {
	t.Helper()
	folder := item.Folder{Kind: item.Contacts, ID: "contacts", Path: "Contacts"}
	ann, bob := mailbox.Account{ID: "ann", UPN: "ann@contoso.example"}, mailbox.Account{ID: "bob", UPN: "bob@contoso.example"}
	world := memory.New("tenant")
	for _, account := range []mailbox.Account{ann, bob} {
		world.Add(account, folder)
		world.Put(account.ID, folder, map[string]any{"id": "marked", "categories": []string{"CRM"}})
		world.Put(account.ID, folder, map[string]any{"id": "second", "categories": []string{"CRM"}})
		world.Put(account.ID, folder, map[string]any{"id": "kept", "categories": []string{"CRM", "VIP"}})
		world.Put(account.ID, folder, map[string]any{"id": "other"})
	}
	rules := plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{"CRM"}, Protect: []string{"VIP"}}
	p := plan.Make(mailbox.Tenant{ID: "tenant"}, rules, []plan.Mailbox{plan.For(rules, ann, world.Items("ann"))})
	if totals := p.Totals(); totals.Deletes != 2 || totals.Held != 1 {
		t.Fatalf("plan of %+v", totals)
	}
	return world, Run{Plan: p, Vault: everything{}, Journal: &notes{}, Open: world.Open}
}

// on does a step of the plan's first item after a bug has changed it.
func on(change func(*worker, *task)) func(*worker, context.Context) error {
	return func(w *worker, ctx context.Context) error {
		seen, err := w.look(ctx)
		if err != nil {
			return err
		}
		s := w.part.Steps[0]
		t := task{step: &s, item: seen.items[s.ID]}
		change(w, &t)
		return w.step(ctx, t)
	}
}

// TestPlantedBugsStopTheRun plants faults in the work on a mailbox. Each must be
// told as what it is, and change nothing that the plan does not name.
func TestPlantedBugsStopTheRun(t *testing.T) {
	named := func(id string) func(*worker, *task) {
		return func(_ *worker, t *task) { t.item.ID = id }
	}
	cases := map[string]struct {
		work func(*worker, context.Context) error
		says string
	}{
		"an item that no step names": {on(named("other")), "no step names item other"},
		"an item that is held":       {on(named("kept")), "no step names item kept"},
		"another step's item":        {on(named("second")), "is not the one that its step saw"},
		"another version":            {on(func(_ *worker, t *task) { t.item.Version = "newer" }), "is not the one that its step saw"},
		"another folder":             {on(func(_ *worker, t *task) { t.item.Folder.ID = "elsewhere" }), "is not the one that its step saw"},
		"another kind":               {on(func(_ *worker, t *task) { t.item.Kind = item.Tasks }), "is not the one that its step saw"},
		"another change":             {on(func(_ *worker, t *task) { t.step.Action = plan.SetCategories }), "is delete, not set-categories"},
		"another mailbox": {func(w *worker, ctx context.Context) error {
			_, err := w.run.Open(ctx, mailbox.Account{ID: "bob"})
			return err
		}, "mailbox bob is not in it"},
		"another mailbox, the error dropped": {func(w *worker, ctx context.Context) error {
			w.run.Open(ctx, mailbox.Account{ID: "bob"})
			return nil
		}, "mailbox bob is not in it"},
		"a change that is not recorded": {func(w *worker, ctx context.Context) error {
			seen, err := w.look(ctx)
			if err != nil {
				return err
			}
			return w.mb.Delete(ctx, *seen.items["marked"])
		}, "was changed and is recorded as"},
		"a record about a held item": {func(w *worker, _ context.Context) error {
			return w.conclude(plan.Step{ID: "kept"}, journal.Done, "", "")
		}, "2 and 0 accounted for"},
		"a record about no item of the plan": {func(w *worker, _ context.Context) error {
			return w.conclude(plan.Step{ID: "other"}, journal.Done, "", "")
		}, "its journal is about item other"},
		"a result that nobody knows": {func(w *worker, _ context.Context) error {
			return w.conclude(w.part.Steps[0], "somehow", "", "")
		}, "1 and 1 accounted for"},
		"an item made in a purge": {func(w *worker, ctx context.Context) error {
			if _, err := w.look(ctx); err != nil {
				return err
			}
			_, err := w.mb.Create(ctx, item.Folder{Kind: item.Contacts, ID: "contacts"}, []byte(`{}`))
			return err
		}, "no create names folder contacts"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			world, run := plantedWorld(t)
			_, err := run.do(t.Context(), c.work)
			if !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v, want %q", err, c.says)
			}
			for _, call := range world.Calls("delete", "set-categories", "ensure-category", "create") {
				if call != (memory.Call{Mailbox: "ann", Verb: "delete", Item: "marked"}) {
					t.Errorf("%+v went through", call)
				}
			}
			if n := len(world.Items("bob")); n != 4 {
				t.Errorf("%d items are left in the other mailbox", n)
			}
		})
	}
	if len(cases) < 14 {
		t.Fatalf("only %d bugs", len(cases))
	}
}

// TestAfterABreachNothingMoreIsDone: what other workers are about to do is not
// done either.
func TestAfterABreachNothingMoreIsDone(t *testing.T) {
	world, run := plantedWorld(t)
	_, err := run.do(t.Context(), func(w *worker, ctx context.Context) error {
		seen, err := w.look(ctx)
		if err != nil {
			return err
		}
		other := *seen.items["marked"]
		other.ID = "other"
		if err := w.mb.Delete(ctx, other); !errors.Is(err, ErrBroken) {
			t.Errorf("the bug was let through: %v", err)
		}
		if err := w.mb.Delete(ctx, *seen.items["marked"]); !errors.Is(err, ErrBroken) {
			t.Errorf("after it, a good step: %v", err)
		}
		if ctx.Err() == nil {
			t.Error("the run is not being stopped")
		}
		return nil
	})
	if !errors.Is(err, ErrBroken) || len(world.Calls("delete")) != 0 {
		t.Errorf("error %v, calls %v", err, world.Calls("delete"))
	}
}

// TestJournalOfAnotherPlanIsNotTakenUp: records about items that no step names
// end the run before a mailbox is opened.
func TestJournalOfAnotherPlanIsNotTakenUp(t *testing.T) {
	world, run := plantedWorld(t)
	run.Past = []journal.Record{{Type: journal.Intent, Mailbox: "bob", Item: "marked", Action: "delete"}}
	if _, err := run.Do(t.Context()); !errors.Is(err, ErrBroken) || len(world.Calls()) != 0 {
		t.Errorf("error %v, calls %v", err, world.Calls())
	}
}

// TestWhatAListingTells: an item is the one that was meant only in its version
// and in its folder, whoever moved it without giving it another version.
func TestWhatAListingTells(t *testing.T) {
	folder, closed := item.Folder{ID: "contacts"}, item.Folder{ID: "contacts", Closed: "read-only"}
	as := func(version string, f item.Folder, categories ...string) *item.Item {
		return &item.Item{ID: "a", Version: version, Folder: f, Categories: categories}
	}
	tests := []struct {
		name     string
		action   plan.Action
		item     *item.Item
		intended bool
		want     journal.Result // empty: it is left to do
	}{
		{"as planned", plan.Delete, as("1", folder), false, ""},
		{"as planned, tried before", plan.Delete, as("1", folder), true, ""},
		{"another version", plan.Delete, as("2", folder), false, journal.Skipped},
		{"another folder", plan.Delete, as("1", item.Folder{ID: "elsewhere"}), false, journal.Skipped},
		{"another folder, tried before", plan.SetCategories, as("1", item.Folder{ID: "elsewhere"}), true, journal.Skipped},
		{"its folder was closed", plan.Delete, as("1", closed), false, journal.Skipped},
		{"gone", plan.Delete, nil, false, journal.Skipped},
		{"gone, tried before", plan.Delete, nil, true, journal.Done},
		{"gone, to be tagged, tried before", plan.SetCategories, nil, true, journal.Skipped},
		{"tagged by somebody", plan.SetCategories, as("2", folder, "CRM", "Personal"), false, journal.Skipped},
		{"tagged, tried before", plan.SetCategories, as("2", folder, "CRM", "Personal"), true, journal.Done},
	}
	for _, test := range tests {
		s := plan.Step{Action: test.action, ID: "a", Version: "1", FolderID: "contacts", After: []string{"CRM", "Personal"}}
		if got, detail := reconcile(s, test.item, test.item != nil, test.intended); got != test.want {
			t.Errorf("%s: %q (%s), want %q", test.name, got, detail, test.want)
		}
	}
}
