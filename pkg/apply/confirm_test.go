package apply_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// TestItemThatAListingLeavesOutIsNotGone: it is deleted as any other.
func TestItemThatAListingLeavesOutIsNotGone(t *testing.T) {
	for _, n := range []int{12, 330} { // some are asked for, many listed again
		for _, rules := range []plan.Rules{purge, tag} {
			world := tenant(n)
			p := planFor(world, rules)
			hidden := 0
			for _, s := range p.Mailboxes[0].Steps {
				if hidden++; n > 100 || hidden < 4 {
					world.Hide("ann", s.ID, 1)
				}
			}
			result, err := runOf(world, p, vaultOf(world), &tape{left: -1}).Do(t.Context())
			if err != nil || !result.Whole() {
				t.Errorf("%d items, %s: %+v, %v", n, rules.Purpose, result, err)
			}
			if lists := len(world.Calls("ids")); (n > 100) != (lists > 0) {
				t.Errorf("%d items: %d second listings", n, lists)
			}
		}
	}
}

// TestDeletionThatDidNotHappenIsNotDone: its answer was lost, and the listing
// that should tell leaves the item out.
func TestDeletionThatDidNotHappenIsNotDone(t *testing.T) {
	world := tenant(12)
	p := planFor(world, purge)
	victim := p.Mailboxes[0].Steps[0].ID
	var tries atomic.Int64
	world.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "delete" && c.Item == victim && tries.Add(1) == 1 {
			world.Hide("ann", victim, 1)
			return fmt.Errorf("cut off: %w", mailbox.ErrUnclear), nil
		}
		return nil, nil
	}
	result, err := runOf(world, p, vaultOf(world), &tape{left: -1}).Do(t.Context())
	if err != nil || !result.Whole() || tries.Load() != 2 || versionOf(world, "ann", victim) != "" {
		t.Fatalf("%d tries, %+v, %v", tries.Load(), result, err)
	}
}

// TestOneAnswerDoesNotMakeAnItemGone: the listing leaves it out, and asked for
// alone it is denied once. Whoever believes that leaves it where it is, or calls
// it deleted.
func TestOneAnswerDoesNotMakeAnItemGone(t *testing.T) {
	for name, intended := range map[string]bool{"before its call": false, "after its call": true} {
		t.Run(name, func(t *testing.T) {
			world, p, victim, tp := hiding(intended, 1)
			var denied atomic.Int64
			world.Fault = func(c memory.Call) (error, error) {
				if c.Verb == "get" && c.Item == victim && denied.Add(1) == 1 {
					return mailbox.ErrGone, nil
				}
				return nil, nil
			}
			result, err := runOf(world, p, vaultOf(world), tp).Do(t.Context())
			if err != nil || !result.Whole() || denied.Load() != 2 || versionOf(world, "ann", victim) != "" {
				t.Errorf("asked %d times: %+v, %v", denied.Load(), result, err)
			}
		})
	}
}

// TestMissingItemThatCannotBeReadIsInDoubt: it is neither done nor gone, and
// the others go on.
func TestMissingItemThatCannotBeReadIsInDoubt(t *testing.T) {
	for name, intended := range map[string]bool{"before its call": false, "after its call": true} {
		t.Run(name, func(t *testing.T) {
			world, p, victim, tp := hiding(intended, 100)
			world.Fault = func(c memory.Call) (error, error) {
				if c.Verb == "get" && c.Item == victim {
					return errors.New("data is corrupt"), nil
				}
				return nil, nil
			}
			result, err := runOf(world, p, vaultOf(world), tp).Do(t.Context())
			want := inDoubt(intended)
			if err != nil || result.Done != result.Steps()-1 || result.Mailboxes[0].Others[0].Result != want {
				t.Fatalf("want one %s: %+v, %v", want, result, err)
			}
			world.Fault = nil
			result, err = runOf(world, p, vaultOf(world), tp).Do(t.Context())
			if err != nil || !result.Whole() {
				t.Errorf("once it can be read: %+v, %v", result, err)
			}
		})
	}
}

// hiding is a purge one of whose items so many listings leave out, with its journal
// before the run or after it had meant to delete that item.
func hiding(intended bool, listings int) (*memory.Tenant, plan.Plan, string, *tape) {
	world, tp := tenant(12), &tape{left: -1}
	p := planFor(world, purge)
	victim := p.Mailboxes[0].Steps[0].ID
	world.Hide("ann", victim, listings)
	if intended {
		tp.records = append(tp.records, journal.Record{Type: journal.Intent, Mailbox: "ann", Item: victim, Action: "delete"})
	}
	return world, p, victim, tp
}

func inDoubt(intended bool) journal.Result {
	if intended {
		return journal.Unknown
	}
	return journal.Refused
}

// TestMadeItemThatAListingLeavesOutIsNotMadeTwice.
func TestMadeItemThatAListingLeavesOutIsNotMadeTwice(t *testing.T) {
	for _, way := range []plan.Way{plan.ByPost, plan.ByStream} {
		world, s, p := backedUp(1, way)
		var made atomic.Bool
		hidden := false
		world.Fault = func(c memory.Call) (error, error) {
			switch {
			case (c.Verb == "create" || c.Verb == "import") && made.CompareAndSwap(false, true):
				return nil, fmt.Errorf("cut off: %w", mailbox.ErrUnclear)
			case c.Verb == "folders" && made.Load() && !hidden:
				hidden = true
				world.Hide("ann", world.Items("ann")[0].ID, 1)
			}
			return nil, nil
		}
		result, err := restoreRun(world, s, p, &tape{left: -1}).Do(t.Context())
		if err != nil || !result.Whole() || len(world.Calls("create", "import")) != 1 || len(world.Items("ann")) != 1 || !hidden {
			t.Errorf("%s: %d made, %+v, %v", way, len(world.Items("ann")), result, err)
		}
	}
}

// TestItemInAFolderThatIsNotListedIsInDoubt: the folder may have been left out
// as an item may, so nothing final is said of what is in it.
func TestItemInAFolderThatIsNotListedIsInDoubt(t *testing.T) {
	world := tenant(12)
	p := planFor(world, purge)
	blind := runOf(world, p, vaultOf(world), &tape{left: -1})
	blind.Open = func(ctx context.Context, account mailbox.Account) (mailbox.Mailbox, error) {
		mb, err := world.Open(ctx, account)
		return withoutTasks{mb}, err
	}
	result, err := blind.Do(t.Context())
	if err != nil || result.Refused == 0 || result.Skipped != 0 || result.Done == 0 || result.Done+result.Refused != result.Steps() {
		t.Fatalf("%+v, %v", result, err)
	}
}

// withoutTasks lists no folder of tasks.
type withoutTasks struct{ mailbox.Mailbox }

func (m withoutTasks) Folders(ctx context.Context, kind item.Kind) ([]item.Folder, error) {
	if kind == item.Tasks {
		return nil, nil
	}
	return m.Mailbox.Folders(ctx, kind)
}

// TestFolderThatIsGoneIsAskedForOnce, not item by item.
func TestFolderThatIsGoneIsAskedForOnce(t *testing.T) {
	world := tenant(330)
	p := planFor(world, purge)
	v := vaultOf(world)
	world.TakeFolder("ann", tasks)
	result, err := runOf(world, p, v, &tape{left: -1}).Do(t.Context())
	if err != nil || result.Skipped < 30 || result.Done+result.Skipped != result.Steps() {
		t.Fatalf("%+v, %v", result, err)
	}
	if gets := len(world.Calls("get")); gets != 0 {
		t.Errorf("%d items were asked for", gets)
	}
}
