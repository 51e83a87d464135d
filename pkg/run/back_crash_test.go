package run_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/run"
)

// TestPowerFailureWhileBringingBack pulls the plug at one operation of the disk
// after the other while items are restored, a purge or a tag is undone, and what
// a restore made is taken away again, and goes on with what is left on the disk:
// in the end nothing is missing and nothing is there twice, at no time is there
// more than there should be, and the journal can be read and undone.
func TestPowerFailureWhileBringingBack(t *testing.T) {
	points := map[string]int{}
	for name, way := range ways() {
		for seed := range *doseFlag {
			for k := 1; ; k += every {
				points[name]++
				if reached := crashBack(t, name, way, seed, k); !reached {
					break
				}
			}
		}
	}
	total := 0
	for name, n := range points {
		total += n
		if n < 100/every {
			t.Errorf("%s: only %d crash points", name, n)
		}
	}
	t.Logf("%d crash points: %v", total, points)
	if len(points) != 5 || total < 1000/every {
		t.Errorf("only %d crash points", total)
	}
}

// back is a world and a disk on which something was done, and the plan that
// takes it back.
type back struct {
	world *memory.Tenant
	disk  *crash.Disk
	plan  plan.Plan
}

func (b back) store() *run.Store { return run.NewStore(b.disk.Dir()) }

func (b back) titles() []string {
	var all []string
	for _, account := range []mailbox.Account{ann, bob} {
		for _, it := range b.world.Items(account.ID) {
			all = append(all, account.ID+" "+it.Title+fmt.Sprint(it.Categories))
		}
	}
	slices.Sort(all)
	return all
}

// twins gives every mailbox two items of the same name, which an import cannot
// tell apart.
func twins() *memory.Tenant {
	w := memory.New("tenant")
	for _, account := range []mailbox.Account{ann, bob} {
		w.Add(account, contacts)
		for i := range 6 {
			w.Put(account.ID, contacts, map[string]any{
				"id": fmt.Sprint(account.ID, i), "displayName": fmt.Sprint("Name ", i/2), "categories": []string{"CRM", fmt.Sprint("twin ", i%2)},
			})
		}
	}
	return w
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func executed(t *testing.T, b back, p plan.Plan) run.Report {
	t.Helper()
	report := must[run.Report](t)(b.store().Execute(context.Background(), job(b.world, p)))
	if !report.Result.Whole() {
		t.Fatalf("%+v", report.Result)
	}
	return report
}

func (b back) undo(t *testing.T, id string, streams bool) plan.Plan {
	t.Helper()
	past := must[restore.Run](t)(b.store().Past(id, nil))
	earlier := must[*restore.Earlier](t)(b.store().Earlier(""))
	return must[plan.Plan](t)(restore.Undo(context.Background(), restore.UndoRequest{
		Run: past, Earlier: earlier, Directory: b.world, Streams: streams, Parallel: 2,
	}))
}

func (b back) restore(t *testing.T, id string, streams bool) plan.Plan {
	t.Helper()
	source := must[restore.Snapshot](t)(b.store().Source(id, nil))
	earlier := must[*restore.Earlier](t)(b.store().Earlier(""))
	return must[plan.Plan](t)(restore.Plan(context.Background(), restore.Request{
		Snapshot: source, Earlier: earlier, Directory: b.world, Streams: streams, Parallel: 2, Rules: plan.Rules{Kinds: item.Kinds()},
	}))
}

// ways are what is brought back, and how; each leaves its plan to be made.
func ways() map[string]func(*testing.T, *back) {
	purged := func(t *testing.T, b *back) run.Report { return executed(t, *b, planFor(t, b.world)) }
	return map[string]func(*testing.T, *back){
		"restore by post":   func(t *testing.T, b *back) { b.plan = b.restore(t, purged(t, b).Snapshot, false) },
		"restore by stream": func(t *testing.T, b *back) { b.plan = b.restore(t, purged(t, b).Snapshot, true) },
		"undo of a purge":   func(t *testing.T, b *back) { b.plan = b.undo(t, purged(t, b).Run, true) },
		"undo of a restore": func(t *testing.T, b *back) {
			made := executed(t, *b, b.restore(t, purged(t, b).Snapshot, false))
			b.plan = b.undo(t, made.Run, true)
		},
		"undo of a tag": func(t *testing.T, b *back) {
			tags := plan.Rules{Purpose: plan.TagPersonal, Kinds: item.Kinds(), Categories: []string{}, Protect: []string{}, Tag: "Personal", Colour: "preset7"}
			var parts []plan.Mailbox
			for _, account := range []mailbox.Account{ann, bob} {
				parts = append(parts, plan.For(tags, account, b.world.Items(account.ID)))
			}
			tagged := executed(t, *b, plan.Make(mailbox.Tenant{ID: b.world.ID}, tags, parts))
			b.plan = b.undo(t, tagged.Run, true)
		},
	}
}

// crashBack crashes at operation k and again a little later, then finishes. It
// says whether the first run came as far as k.
func crashBack(t *testing.T, name string, way func(*testing.T, *back), seed uint64, k int) (reached bool) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, uint64(k)))
	b := back{world: twins(), disk: crash.NewDisk()}
	want := b.titles()
	way(t, &b)
	if b.plan.Totals().Steps() != 12 {
		t.Fatalf("%s: %+v", name, b.plan.Totals())
	}
	if b.plan.Totals().Deletes > 0 {
		want = nil
	}
	for attempt, at := range []int{k, 1 + rng.IntN(60), 0} {
		dir, hit := failing(b.disk, at)
		_, err := run.NewStore(dir).Execute(context.Background(), job(b.world, b.plan))
		if attempt == 0 {
			reached = hit()
		}
		if !hit() && err != nil {
			t.Fatalf("%s, seed %d, operation %d, attempt %d: %v", name, seed, k, attempt, err)
		}
		if hit() {
			b.disk.Crash(rng)
		}
		if n := len(b.titles()); n > 12 {
			t.Fatalf("%s, seed %d, operation %d, attempt %d: %d items, 12 is all there ever were", name, seed, k, attempt, n)
		}
	}
	if got := b.titles(); !slices.Equal(got, want) {
		t.Fatalf("%s, seed %d, operation %d: in the end\n%q, not\n%q", name, seed, k, got, want)
	}
	b.checkEnd(t, fmt.Sprintf("%s, seed %d, operation %d", name, seed, k))
	return reached
}

// TestDiskThatFillsWhileBringingBack: the disk is full from one write on after
// the other. The run ends with that one name, says what it had done so far, and
// goes on when there is room.
func TestDiskThatFillsWhileBringingBack(t *testing.T) {
	points := 0
	for name, way := range ways() {
		for k := 1; ; k += 3 {
			b := back{world: twins(), disk: crash.NewDisk()}
			way(t, &b)
			var writes atomic.Int64
			full := run.NewStore(b.disk.Dir().Hooked(func(op durable.Op) error {
				if op.Verb == "write" && writes.Add(1) >= int64(k) {
					return syscall.ENOSPC
				}
				return nil
			}))
			report, err := full.Execute(context.Background(), job(b.world, b.plan))
			if err == nil {
				break
			}
			points++
			if !errors.Is(err, durable.ErrFull) {
				t.Fatalf("%s, write %d: %v", name, k, err)
			}
			if n := report.Result.Steps(); n != 0 && n != 12 {
				t.Errorf("%s, write %d: %d of 12 steps are accounted for", name, k, n)
			}
			executed(t, b, b.plan)
			b.checkEnd(t, fmt.Sprintf("%s, write %d", name, k))
		}
	}
	t.Logf("%d full disks", points)
	if points < 40 {
		t.Errorf("only %d full disks", points)
	}
}

// checkEnd looks at marks, journal and plan: none twice, readable, nothing left.
func (b back) checkEnd(t *testing.T, where string) {
	t.Helper()
	marks := map[string]int{}
	for _, account := range []mailbox.Account{ann, bob} {
		for _, it := range b.world.Items(account.ID) {
			marks[it.Mark]++
		}
	}
	for _, part := range b.plan.Mailboxes {
		for _, s := range part.Steps {
			if s.Way == plan.ByPost && marks[rebuild.Mark(part.Account.ID, s.Kind, s.ID, s.Version)] != 1 {
				t.Fatalf("%s: %s was not made exactly once", where, s.ID)
			}
		}
	}
	if undo := b.undo(t, run.ID(b.plan), true); undo.Totals().Steps() != 12 {
		t.Fatalf("%s: its undoing has %+v", where, undo.Totals())
	}
	again := must[run.Report](t)(b.store().Execute(context.Background(), job(b.world, b.plan)))
	if !again.Finished || !again.Result.Whole() {
		t.Fatalf("%s: once more gives %+v", where, again)
	}
}
