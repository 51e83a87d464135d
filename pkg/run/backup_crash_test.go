package run_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// doseFlag is how many times as many power failures as usual are tried, each with
// other luck.
var doseFlag = flag.Uint64("dose", 1, "how many times the power failures of a plain run are tried; scripts/simulate -power has 5")

// TestPowerFailureWhileBackingUp pulls the plug at one operation of the disk
// after the other while a backup is taken: what is left is no snapshot, or a
// whole one, and the next backup is whole.
func TestPowerFailureWhileBackingUp(t *testing.T) {
	points := 0
	for seed := range 3 * *doseFlag {
		for k := 1; ; k += every {
			points++
			if reached := crashBackup(t, seed, k); !reached {
				break
			}
		}
	}
	t.Logf("%d crash points", points)
	if points < 150/every {
		t.Fatalf("only %d crash points", points)
	}
}

func crashBackup(t *testing.T, seed uint64, k int) (reached bool) {
	t.Helper()
	w, disk := world(), crash.NewDisk()
	failed, hit := failing(disk, k)
	taken, err := run.NewStore(failed).Backup(context.Background(), backupJob(t, w))
	if reached = hit(); reached {
		disk.Crash(rand.New(rand.NewPCG(seed, uint64(k))))
	} else if err != nil {
		t.Fatalf("seed %d, operation %d: %v", seed, k, err)
	}
	for id, proof := range whole(disk) {
		if proof.Items() != 12 {
			t.Fatalf("seed %d, operation %d: %s passes for whole and holds %d items of 12", seed, k, id, proof.Items())
		}
	}
	if _, there := whole(disk)[taken.ID]; err == nil && !there {
		t.Fatalf("seed %d, operation %d: the backup was reported and is not there", seed, k)
	}
	again, err := run.NewStore(disk.Dir()).Backup(context.Background(), backupJob(t, w))
	if err != nil || again.Proof.Items() != 12 {
		t.Fatalf("seed %d, operation %d: the next backup: %v", seed, k, err)
	}
	return reached
}

// whole are the snapshots on a disk that pass.
func whole(disk *crash.Disk) map[string]snapshot.Proof {
	proofs := map[string]snapshot.Proof{}
	entries, _ := disk.Dir().ReadDir("snapshots")
	for _, e := range entries {
		dir, err := run.NewStore(disk.Dir()).Find(e.Name())
		if err != nil {
			continue
		}
		if proof, err := snapshot.Verify(dir); err == nil {
			proofs[e.Name()] = proof
		}
	}
	return proofs
}

func backupJob(t *testing.T, w *memory.Tenant) run.BackupJob {
	t.Helper()
	var boxes []mailbox.Mailbox
	for _, account := range []mailbox.Account{ann, bob} {
		boxes = append(boxes, must[mailbox.Mailbox](t)(w.Open(context.Background(), account)))
	}
	return run.BackupJob{
		Tenant: mailbox.Tenant{ID: w.ID}, Mailboxes: boxes, Kinds: item.Kinds(), Tool: "test", Now: job(w, planFor(t, w)).Now, Parallel: 2,
		Note: (&watcher{}).BackedUp,
	}
}
