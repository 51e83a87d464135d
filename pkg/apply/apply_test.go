package apply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

const plugin = "Sync with Salesforce"

var (
	contacts = item.Folder{Kind: item.Contacts, ID: "folder-contacts", Path: "Contacts"}
	tasks    = item.Folder{Kind: item.Tasks, ID: "folder-tasks", Path: "Tasks"}
	ann      = mailbox.Account{ID: "ann", UPN: "ann@contoso.example"}
	bob      = mailbox.Account{ID: "bob", UPN: "bob@contoso.example"}
	purge    = plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{plugin}, Protect: []string{}}
	tag      = plan.Rules{Purpose: plan.TagPersonal, Kinds: item.Kinds(), Tag: "Personal", Colour: "preset4", Categories: []string{}, Protect: []string{}}
)

// many items are changed in batches, a dozen one by one.
const many = 120

// tenant has two mailboxes with n items each, two of three the plug-in's.
func tenant(n int) *memory.Tenant {
	t := memory.New("tenant")
	for _, account := range []mailbox.Account{ann, bob} {
		t.Add(account, contacts, tasks)
		for i := range n {
			folder, members := contacts, map[string]any{"id": fmt.Sprintf("%s-%d", account.ID, i), "displayName": fmt.Sprint("Contact ", i)}
			if i%2 == 1 {
				folder, members = tasks, map[string]any{"id": fmt.Sprintf("%s-%d", account.ID, i), "title": fmt.Sprint("Task ", i)}
			}
			members["categories"] = []string{"Friends"}
			if i%3 != 0 {
				members["categories"] = []string{plugin}
			}
			t.Put(account.ID, folder, members)
		}
	}
	return t
}

func planFor(t *memory.Tenant, rules plan.Rules) plan.Plan {
	ctx := context.Background()
	var parts []plan.Mailbox
	for _, account := range []mailbox.Account{ann, bob} {
		mb, err := t.Open(ctx, account)
		if err != nil {
			panic(err)
		}
		items, err := mailbox.Scan(ctx, mb, item.Kinds(), rules.WantsSeries)
		if err != nil {
			panic(err)
		}
		parts = append(parts, plan.For(rules, account, items))
	}
	return plan.Make(mailbox.Tenant{ID: t.ID}, rules, parts)
}

// purgeForGood deletes contacts for good, and tasks as ever.
func purgeForGood() plan.Rules {
	rules := purge
	rules.Permanent = true
	return rules
}

// vault holds the versions that were there when it was filled.
type vault map[string]string

func vaultOf(t *memory.Tenant) vault {
	v := vault{}
	for _, account := range []mailbox.Account{ann, bob} {
		for _, it := range t.Items(account.ID) {
			v[account.ID+" "+it.ID] = it.Version
		}
	}
	return v
}

func (v vault) Covers(string) bool { return true }

func (v vault) Holds(mailboxID string, _ item.Kind, id, version string) bool {
	return version != "" && v[mailboxID+" "+id] == version
}

func (v vault) Restores(mailboxID string, kind item.Kind, id, version string) bool {
	return v.Holds(mailboxID, kind, id, version)
}

// tape is a journal in memory that a crash can end: after that many records
// every Append fails, and what was recorded stays.
type tape struct {
	mu      sync.Mutex
	records []journal.Record
	left    int
	before  func(journal.Record)
}

var errCrash = errors.New("crash")

func (t *tape) Append(records ...journal.Record) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range records {
		if t.before != nil {
			t.before(r)
		}
		if t.left == 0 {
			return errCrash
		}
		t.left--
		t.records = append(t.records, r)
	}
	return nil
}

func runOf(t *memory.Tenant, p plan.Plan, v apply.Vault, tp *tape) apply.Run {
	return apply.Run{Plan: p, Vault: v, Journal: tp, Past: slices.Clone(tp.records), Open: t.Open, Parallel: 2}
}

func TestDoesExactlyThePlan(t *testing.T) {
	for _, rules := range []plan.Rules{purge, tag} {
		t.Run(string(rules.Purpose), func(t *testing.T) {
			world := tenant(30)
			p := planFor(world, rules)
			before := map[string]item.Item{}
			for _, it := range append(world.Items("ann"), world.Items("bob")...) {
				before[it.ID] = it
			}
			result, err := runOf(world, p, vaultOf(world), &tape{left: -1}).Do(t.Context())
			if err != nil || !result.Whole() || result.Steps() == 0 {
				t.Fatalf("result %+v, error %v", result, err)
			}
			steps := map[string]plan.Step{}
			for _, m := range p.Mailboxes {
				for _, s := range m.Steps {
					steps[s.ID] = s
				}
			}
			for _, it := range append(world.Items("ann"), world.Items("bob")...) {
				step, planned := steps[it.ID]
				switch {
				case planned && step.Action == plan.Delete:
					t.Errorf("%s should be deleted", it.ID)
				case planned && !slices.Equal(it.Categories, step.After):
					t.Errorf("%s has categories %q, want %q", it.ID, it.Categories, step.After)
				case !planned && it.Version != before[it.ID].Version:
					t.Errorf("%s was changed and is not in the plan", it.ID)
				}
				delete(before, it.ID)
			}
			for id := range before {
				if steps[id].Action != plan.Delete {
					t.Errorf("%s is gone and should not be", id)
				}
			}
		})
	}
}

func TestIntentIsRecordedBeforeTheCall(t *testing.T) {
	world := tenant(many)
	p := planFor(world, purge)
	recorded := map[string]bool{}
	tp := &tape{left: -1, before: func(r journal.Record) {
		// An outcome that is on record before its call would be believed after a crash.
		recorded[r.Item] = r.Type == journal.Intent
	}}
	var early []string
	world.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "delete" {
			tp.mu.Lock()
			defer tp.mu.Unlock()
			if !recorded[c.Item] {
				early = append(early, c.Item)
			}
		}
		return nil, nil
	}
	if _, err := runOf(world, p, vaultOf(world), tp).Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(early) > 0 || len(world.Calls("delete")) == 0 {
		t.Fatalf("deleted before the intent was durable, or after the outcome was: %q of %d", early, len(world.Calls("delete")))
	}
}

// uncovered is a vault without ann's mailbox, whatever else it says.
type uncovered struct{ vault }

func (uncovered) Covers(mailboxID string) bool { return mailboxID != "ann" }

func TestMailboxThatIsNotCoveredIsNotTouched(t *testing.T) {
	world := tenant(12)
	p := planFor(world, purge)
	result, err := runOf(world, p, uncovered{vaultOf(world)}, &tape{left: -1}).Do(t.Context())
	if err != nil || result.Pending != len(p.Mailboxes[0].Steps) || result.Done != len(p.Mailboxes[1].Steps) {
		t.Fatalf("result %+v, error %v", result, err)
	}
	if says := result.Mailboxes[0].Failure; !strings.Contains(says, "could not be backed up") {
		t.Errorf("the failure says %q", says)
	}
	for _, c := range world.Calls() {
		if c.Mailbox == "ann" && c.Verb == "delete" {
			t.Errorf("%s was deleted", c.Item)
		}
	}
}

// forGood is a vault of which nothing can be made again.
type forGood struct{ vault }

func (forGood) Restores(string, item.Kind, string, string) bool { return false }

// TestNothingIsDeletedForGood: what the backup holds and would not bring back is
// not deleted; tags can be taken off it.
func TestNothingIsDeletedForGood(t *testing.T) {
	for name, c := range map[string]struct {
		rules plan.Rules
		stays bool
	}{"purge": {purge, true}, "for good": {purgeForGood(), true}, "tag": {tag, false}} {
		world := tenant(12)
		p := planFor(world, c.rules)
		result, err := runOf(world, p, forGood{vaultOf(world)}, &tape{left: -1}).Do(t.Context())
		steps := len(p.Mailboxes[0].Steps) + len(p.Mailboxes[1].Steps)
		if err != nil || steps == 0 || c.stays && result.Refused != steps || !c.stays && result.Done != steps {
			t.Errorf("%s: %+v of %d steps, %v", name, result, steps, err)
		}
		if n := len(world.Calls("delete", "delete-permanently")); n != 0 {
			t.Errorf("%s: %d were deleted", name, n)
		}
	}
}

// TestNothingIsChangedThatIsNotInTheBackup also where the vault says, wrongly, that
// it could make everything again.
func TestNothingIsChangedThatIsNotInTheBackup(t *testing.T) {
	for _, rules := range []plan.Rules{purge, purgeForGood(), tag} {
		world := tenant(many)
		p := planFor(world, rules)
		v := vaultOf(world)
		missing := p.Mailboxes[0].Steps[0].ID
		delete(v, "ann "+missing)
		older := p.Mailboxes[1].Steps[0].ID
		v["bob "+older] = `W/"an older version"`
		result, err := runOf(world, p, boastful{v}, &tape{left: -1}).Do(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range world.Calls("delete", "delete-permanently", "set-categories") {
			if c.Item == missing || c.Item == older {
				t.Errorf("%s was changed without a backup of that version: %s", c.Item, c.Verb)
			}
		}
		if result.Refused != 2 || result.Done != result.Steps()-2 {
			t.Errorf("refused %d, done %d of %d", result.Refused, result.Done, result.Steps())
		}
	}
}

type boastful struct{ vault }

func (boastful) Restores(string, item.Kind, string, string) bool { return true }

func TestChangedItemsAreSkipped(t *testing.T) {
	for _, rules := range []plan.Rules{purge, tag} {
		world := tenant(many)
		p := planFor(world, rules)
		edited, gone := p.Mailboxes[0].Steps[0].ID, p.Mailboxes[1].Steps[0].ID
		world.Edit("ann", edited, map[string]any{"displayName": "edited meanwhile"})
		world.Take("bob", gone)
		result, err := runOf(world, p, vaultOf(world), &tape{left: -1}).Do(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if result.Skipped != 2 || result.Done != result.Steps()-2 {
			t.Errorf("%s: skipped %d, done %d of %d", rules.Purpose, result.Skipped, result.Done, result.Steps())
		}
		for _, c := range world.Calls("delete", "set-categories") {
			if c.Item == edited || c.Item == gone {
				t.Errorf("%s: %s was written although it had changed", rules.Purpose, c.Item)
			}
		}
	}
}

func TestItemThatVanishesBeforeTheCallIsNotOurDoing(t *testing.T) {
	world := tenant(many)
	p := planFor(world, purge)
	victim := p.Mailboxes[0].Steps[0].ID
	world.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "delete" && c.Item == victim {
			world.Take("ann", victim)
		}
		return nil, nil
	}
	result, err := runOf(world, p, vaultOf(world), &tape{left: -1}).Do(t.Context())
	if err != nil || result.Skipped != 1 || result.Mailboxes[0].Others[0].Step.ID != victim {
		t.Fatalf("result %+v, error %v", result, err)
	}
}

func TestStepThatNeverHappensIsGivenUp(t *testing.T) {
	world := tenant(many)
	p := planFor(world, purge)
	victim := p.Mailboxes[0].Steps[0].ID
	world.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "delete" && c.Item == victim {
			return fmt.Errorf("cut off: %w", mailbox.ErrUnclear), nil
		}
		return nil, nil
	}
	result, err := runOf(world, p, vaultOf(world), &tape{left: -1}).Do(t.Context())
	if err != nil || result.Refused != 1 || result.Ended() || result.Mailboxes[0].Others[0].Step.ID != victim {
		t.Fatalf("result %+v, error %v", result, err)
	}
}

func TestSomebodyElsesTagIsNotOurDoing(t *testing.T) {
	world := tenant(many)
	p := planFor(world, tag)
	s := p.Mailboxes[0].Steps[0]
	world.Edit("ann", s.ID, map[string]any{"categories": s.After})
	result, err := runOf(world, p, vaultOf(world), &tape{left: -1}).Do(t.Context())
	if err != nil || result.Skipped != 1 {
		t.Fatalf("result %+v, error %v", result, err)
	}
}

func TestClosedFolderIsNotWritten(t *testing.T) {
	world := memory.New("tenant")
	world.Add(ann, contacts)
	world.Put("ann", contacts, map[string]any{"id": "x", "categories": []string{plugin}})
	world.Add(bob, contacts)
	p := planFor(world, purge)
	closed := contacts
	closed.Closed = "read-only"
	shut := memory.New("tenant")
	shut.Add(ann, closed)
	shut.Put("ann", closed, map[string]any{"id": "x", "categories": []string{plugin}})
	shut.Add(bob, contacts)
	result, err := runOf(shut, p, vaultOf(shut), &tape{left: -1}).Do(t.Context())
	if err != nil || result.Skipped != 1 || len(shut.Calls("delete")) != 0 {
		t.Fatalf("result %+v, error %v", result, err)
	}
}

func TestPlanThatBreaksItsRulesIsNotBegun(t *testing.T) {
	cases := map[string]func(*plan.Plan){
		"a step without the category": func(p *plan.Plan) { p.Mailboxes[0].Steps[0].Before = []string{"Friends"} },
		"a protected item": func(p *plan.Plan) {
			p.Rules.Protect = []string{"vip"}
			p.Mailboxes[0].Steps[0].Before = []string{plugin, "VIP"}
		},
		"a meeting":                    func(p *plan.Plan) { p.Mailboxes[0].Steps[0].Hazards = []plan.Hazard{plan.MailsAttendees} },
		"another action":               func(p *plan.Plan) { p.Mailboxes[0].Steps[0].Action = plan.SetCategories },
		"the same item twice":          func(p *plan.Plan) { p.Mailboxes[0].Steps[1] = p.Mailboxes[0].Steps[0] },
		"no category at all":           func(p *plan.Plan) { p.Rules.Categories = nil },
		"a mailbox twice":              func(p *plan.Plan) { p.Mailboxes[1] = p.Mailboxes[0] },
		"a room":                       func(p *plan.Plan) { p.Mailboxes[0].Account.Purpose = "room" },
		"a kind that was not chosen":   func(p *plan.Plan) { p.Rules.Kinds = []item.Kind{item.Events} },
		"an item that is held as well": func(p *plan.Plan) { p.Mailboxes[0].Held = []plan.Held{{ID: p.Mailboxes[0].Steps[0].ID}} },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			world := tenant(12)
			p := planFor(world, purge)
			if err := p.Check(); err != nil {
				t.Fatal(err)
			}
			spoil(&p)
			_, err := runOf(world, p, vaultOf(world), &tape{left: -1}).Do(t.Context())
			if err == nil || len(world.Calls("delete", "set-categories", "open")) != 2 {
				t.Fatalf("error %v, calls %v", err, world.Calls("delete", "open"))
			}
		})
	}
	if len(cases) < 10 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// TestInterruptedAndResumed runs a plan against faults, kills and other
// people's edits until it ends, and compares the world with what the plan and
// the edits allow.
func TestInterruptedAndResumed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rules := rapid.SampledFrom([]plan.Rules{purge, purgeForGood(), tag}).Draw(rt, "rules")
		size := rapid.IntRange(1, 14).Draw(rt, "items")
		if rapid.IntRange(0, 4).Draw(rt, "many") == 0 {
			size = 60 + size // so that there are batches
		}
		world := tenant(size)
		p := planFor(world, rules)
		v := vaultOf(world)
		edits := map[string]string{}
		for _, m := range p.Mailboxes {
			for _, s := range m.Steps {
				switch rapid.IntRange(0, 9).Draw(rt, "other people") {
				case 0:
					world.Edit(m.Account.ID, s.ID, map[string]any{"note": "edited"})
					edits[s.ID] = versionOf(world, m.Account.ID, s.ID)
				case 1:
					world.Take(m.Account.ID, s.ID)
					edits[s.ID] = ""
				case 2, 3:
					world.Hide(m.Account.ID, s.ID, rapid.IntRange(1, 3).Draw(rt, "listings that leave it out"))
				}
			}
		}
		var mu sync.Mutex
		faults := rapid.SliceOfN(rapid.IntRange(0, 7), 0, 60).Draw(rt, "faults")
		world.Fault = func(c memory.Call) (error, error) {
			mu.Lock()
			defer mu.Unlock()
			if len(faults) == 0 {
				return nil, nil
			}
			next := faults[0]
			faults = faults[1:]
			return fault(c, next)
		}
		tp := &tape{}
		var result apply.Result
		for attempt := 0; ; attempt++ {
			tp.left = rapid.IntRange(0, 25+2*size).Draw(rt, "records until the crash")
			if attempt > 20 {
				tp.left = -1
			}
			var err error
			result, err = runOf(world, p, v, tp).Do(context.Background())
			if err == nil && result.Ended() {
				break
			}
			if err != nil && !errors.Is(err, errCrash) || attempt > 60 {
				rt.Fatalf("attempt %d: %v, %+v", attempt, err, result)
			}
		}
		checkWorld(rt, world, p, result, edits)
		writes := len(world.Calls("delete", "delete-permanently", "set-categories", "ensure-category"))
		if _, err := runOf(world, p, v, &tape{left: -1, records: tp.records}).Do(context.Background()); err != nil {
			rt.Fatal(err)
		}
		if again := len(world.Calls("delete", "delete-permanently", "set-categories", "ensure-category")); again != writes {
			rt.Fatalf("the ended run wrote %d times more", again-writes)
		}
	})
}

// fault makes some calls fail before they happen and some after.
func fault(c memory.Call, n int) (before, after error) {
	write := c.Verb == "delete" || c.Verb == "delete-permanently" || c.Verb == "set-categories"
	switch {
	case n == 0 && write:
		return nil, fmt.Errorf("cut off: %w", mailbox.ErrUnclear)
	case n == 1 && write:
		return fmt.Errorf("cut off: %w", mailbox.ErrUnclear), nil
	case n == 2 && write:
		return fmt.Errorf("full: %w", mailbox.ErrBusy), nil
	case n == 3 && !write:
		return errors.New("no connection"), nil
	}
	return nil, nil
}

func checkWorld(t *rapid.T, world *memory.Tenant, p plan.Plan, result apply.Result, edits map[string]string) {
	others := map[string]apply.Outcome{}
	for _, m := range result.Mailboxes {
		for _, o := range m.Others {
			others[o.Step.ID] = o
		}
	}
	for _, m := range p.Mailboxes {
		now := map[string]item.Item{}
		for _, it := range world.Items(m.Account.ID) {
			now[it.ID] = it
		}
		for _, s := range m.Steps {
			it, there := now[s.ID]
			other, notDone := others[s.ID]
			left, edited := edits[s.ID]
			switch {
			case edited && !notDone:
				t.Fatalf("%s was changed by somebody else and is reported as done", s.ID)
			case edited && versionOf(world, m.Account.ID, s.ID) != left:
				t.Fatalf("%s was changed by somebody else and then written", s.ID)
			case edited:
			case notDone && other.Result != journal.Refused:
				t.Fatalf("%s ended as %s: %s", s.ID, other.Result, other.Detail)
			case !notDone && s.Action.Deletes() && there:
				t.Fatalf("%s is reported deleted and is there", s.ID)
			case !notDone && s.Action == plan.SetCategories && !slices.Equal(it.Categories, s.After):
				t.Fatalf("%s is reported tagged and has %q", s.ID, it.Categories)
			case notDone && !there:
				t.Fatalf("%s is reported as not done and is gone", s.ID)
			}
		}
	}
}

// versionOf is the version of an item now, or empty when it is gone.
func versionOf(world *memory.Tenant, account, id string) string {
	for _, it := range world.Items(account) {
		if it.ID == id {
			return it.Version
		}
	}
	return ""
}

// batched notes of what batches a mailbox is told.
type batched struct {
	mailbox.Mailbox
	note func([]mailbox.Change)
}

func (b batched) Batch(ctx context.Context, changes []mailbox.Change) []mailbox.Changed {
	b.note(changes)
	return b.Mailbox.Batch(ctx, changes)
}

// TestBatchesAreRecordedWhole: all intents are there before a batch is sent, no
// item is in two, the last batches are small, and over a crowd of mailboxes all are.
func TestBatchesAreRecordedWhole(t *testing.T) {
	for parallel, longest := range map[int]int{1: mailbox.BatchLimit, 500: 3} {
		world, tp, seen, sizes := tenant(600), &tape{left: -1}, map[string]bool{}, []int{}
		r := runOf(world, planFor(world, purge), vaultOf(world), tp)
		r.Parallel = parallel
		r.Open = func(ctx context.Context, a mailbox.Account) (mailbox.Mailbox, error) {
			mb, err := world.Open(ctx, a)
			return batched{mb, func(changes []mailbox.Change) {
				tp.mu.Lock()
				defer tp.mu.Unlock()
				sizes = append(sizes, len(changes))
				for _, c := range changes {
					intended := slices.ContainsFunc(tp.records, func(r journal.Record) bool { return r.Type == journal.Intent && r.Item == c.Item.ID })
					if !intended || seen[c.Item.ID] {
						t.Errorf("%s: its intent is recorded: %v; it was in a batch before: %v", c.Item.ID, intended, seen[c.Item.ID])
					}
					seen[c.Item.ID] = true
				}
			}}, err
		}
		result, err := r.Do(t.Context())
		if err != nil || !result.Whole() || len(seen) < 700 || len(seen) >= result.Steps() {
			t.Errorf("%d mailboxes: %d of %d steps in batches, %v", parallel, len(seen), result.Steps(), err)
		}
		if slices.Max(sizes) != longest || slices.Min(sizes) < min(4, longest) || slices.Min(sizes) > 5 {
			t.Errorf("%d mailboxes: batches of %v, want the longest of %d", parallel, sizes, longest)
		}
	}
}

// TestBatchesAreInterrupted: those under way end, the others are not begun.
func TestBatchesAreInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := tenant(600)
		ctx, cancel := context.WithCancel(t.Context())
		r := runOf(world, planFor(world, purge), vaultOf(world), &tape{left: -1})
		r.Parallel = 1
		r.Open = func(ctx context.Context, a mailbox.Account) (mailbox.Mailbox, error) {
			mb, err := world.Open(ctx, a)
			return batched{mb, func([]mailbox.Change) {
				cancel()
				time.Sleep(1500 * time.Millisecond)
			}}, err
		}
		result, err := r.Do(ctx)
		if !errors.Is(err, context.Canceled) || result.Unknown != 0 || result.Done == 0 || result.Done > 4*mailbox.BatchLimit || result.Pending == 0 {
			t.Errorf("done %d, unknown %d, pending %d, %v", result.Done, result.Unknown, result.Pending, err)
		}
	})
}

func TestInterruptionLetsCallsInFlightEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := tenant(12)
		p := planFor(world, purge)
		ctx, cancel := context.WithCancel(t.Context())
		world.Fault = func(c memory.Call) (error, error) {
			if c.Verb == "delete" {
				cancel()
				time.Sleep(time.Second)
			}
			return nil, nil
		}
		start := time.Now()
		tp := &tape{left: -1}
		result, err := runOf(world, p, vaultOf(world), tp).Do(ctx)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("took %s to stop", took)
		}
		if result.Unknown != 0 || result.Done == 0 || result.Pending == 0 {
			t.Errorf("done %d, unknown %d, pending %d", result.Done, result.Unknown, result.Pending)
		}
	})
}

// TestForGoodIsForContactsAndEvents: tasks of the same plan go to Deleted Items.
func TestForGoodIsForContactsAndEvents(t *testing.T) {
	world := tenant(12)
	p := planFor(world, purgeForGood())
	result, err := runOf(world, p, vaultOf(world), &tape{left: -1}).Do(t.Context())
	if err != nil || !result.Whole() {
		t.Fatalf("%+v, %v", result, err)
	}
	kinds := map[string]item.Kind{}
	for _, m := range p.Mailboxes {
		for _, s := range m.Steps {
			kinds[s.ID] = s.Kind
		}
	}
	good, moved := world.Calls("delete-permanently"), world.Calls("delete")
	for _, c := range good {
		if kinds[c.Item] != item.Contacts {
			t.Errorf("%s was deleted for good", c.Item)
		}
	}
	for _, c := range moved {
		if kinds[c.Item] != item.Tasks {
			t.Errorf("%s was moved", c.Item)
		}
	}
	if len(good) == 0 || len(moved) == 0 || len(good) != p.Totals().Permanent || len(good)+len(moved) != p.Totals().Deletes {
		t.Errorf("%d for good, %d moved, %+v", len(good), len(moved), p.Totals())
	}
}
