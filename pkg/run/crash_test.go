package run_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var errPower = errors.New("power is gone")

// TestPowerFailureAtEveryDiskOperation runs the plan, pulls the plug at one
// operation of the disk after the other, starts again on what is left, and
// looks: at no time is an item gone that no proven snapshot holds, and in the
// end all of the plan is done, each item deleted once.
func TestPowerFailureAtEveryDiskOperation(t *testing.T) {
	points := 0
	for seed := range 3 * *doseFlag {
		for k := 1; ; k += every {
			points++
			if reached := crashAt(t, seed, k); !reached {
				break
			}
		}
	}
	t.Logf("%d crash points", points)
	if points < 300/every {
		t.Fatalf("only %d crash points", points)
	}
}

// crashAt crashes at operation k and again a little later, then finishes. It
// says whether the first run came as far as k.
func crashAt(t *testing.T, seed uint64, k int) (reached bool) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, uint64(k)))
	w := world()
	all := len(w.Items("ann")) + len(w.Items("bob"))
	p := planFor(t, w)
	disk := crash.NewDisk()
	for attempt, at := range []int{k, 1 + rng.IntN(60), 0} {
		dir, hit := failing(disk, at)
		_, err := run.NewStore(dir).Execute(context.Background(), job(w, p))
		if attempt == 0 {
			reached = hit()
		}
		if !hit() && err != nil {
			t.Fatalf("seed %d, operation %d, attempt %d: %v", seed, k, attempt, err)
		}
		if hit() {
			disk.Crash(rng)
		}
		if lost := unproven(disk, w, p, all); lost != 0 {
			t.Fatalf("seed %d, operation %d, attempt %d: %d items are gone that no snapshot holds", seed, k, attempt, lost)
		}
	}
	if left := len(w.Items("ann")) + len(w.Items("bob")); left != 0 {
		t.Fatalf("seed %d, operation %d: %d items are left", seed, k, left)
	}
	return reached
}

// failing gives the disk with every operation failing from the nth on; 0 is never.
func failing(disk *crash.Disk, n int) (*durable.Dir, func() bool) {
	var count atomic.Int64
	dir := disk.Dir().Hooked(func(durable.Op) error {
		if c := count.Add(1); n > 0 && c >= int64(n) {
			return errPower
		}
		return nil
	})
	return dir, func() bool { return n > 0 && count.Load() >= int64(n) }
}

// unproven counts deleted items that no snapshot on the disk proves to hold.
func unproven(disk *crash.Disk, w *memory.Tenant, p plan.Plan, all int) int {
	gone := all - len(w.Items("ann")) - len(w.Items("bob"))
	if gone == 0 {
		return 0
	}
	there := map[string]bool{}
	for _, account := range []string{"ann", "bob"} {
		for _, it := range w.Items(account) {
			there[it.ID] = true
		}
	}
	var proofs []snapshot.Proof
	entries, _ := disk.Dir().ReadDir("snapshots")
	for _, e := range entries {
		dir, err := run.NewStore(disk.Dir()).Find(e.Name())
		if err != nil {
			continue
		}
		if proof, err := snapshot.Verify(dir); err == nil {
			proofs = append(proofs, proof)
		}
	}
	lost := 0
	for _, m := range p.Mailboxes {
		for _, s := range m.Steps {
			held := false
			for _, proof := range proofs {
				held = held || proof.Holds(m.Account.ID, s.Kind, s.ID, s.Version)
			}
			if !there[s.ID] && !held {
				lost++
			}
		}
	}
	return lost
}
