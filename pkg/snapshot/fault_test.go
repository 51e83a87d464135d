package snapshot_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var errDisk = errors.New("disk is full")

// TestEveryFailingOperation lets one operation of the disk fail after the
// other, with all that follow, then takes the power: the failure is told, no
// file stays open, and what is left is no snapshot or a whole one.
func TestEveryFailingOperation(t *testing.T) {
	points, whole := 0, 0
	for what, way := range twoWays(t) {
		for k := 1; ; k++ {
			disk := crash.NewDisk()
			count := 0
			dir := disk.Dir().Hooked(func(op durable.Op) error {
				if count++; count >= k && op.Verb != "close" {
					return errDisk
				}
				return nil
			})
			_, err := tryWriting(t, dir, way.options)
			if count < k {
				break
			}
			points++
			if !errors.Is(err, errDisk) {
				t.Errorf("%s, operation %d: %v", what, k, err)
			}
			if n := disk.OpenFiles(); n != 0 {
				t.Errorf("%s, operation %d: %d files left open", what, k, n)
			}
			disk.Crash(rand.New(rand.NewPCG(1, uint64(k))))
			_, err = snapshot.Verify(disk.Dir(), way.keys...)
			if err == nil {
				whole++
				compareSample(t, disk.Dir(), way.keys...)
			} else if !errors.Is(err, snapshot.ErrNoSnapshot) {
				t.Errorf("%s, operation %d: %v", what, k, err)
			}
		}
	}
	t.Logf("%d operations failed, %d whole snapshots", points, whole)
	if points < 200 || whole > 4 {
		t.Errorf("%d operations failed, %d whole snapshots", points, whole)
	}
}

// TestPowerFailureAfterTheEnd takes the power when the snapshot is finished:
// nothing may be missing, and nothing that was given up may come back.
func TestPowerFailureAfterTheEnd(t *testing.T) {
	writers := map[string]func(testing.TB, *durable.Dir, snapshot.Options) snapshot.Manifest{
		"with a mailbox that was given up": writeSample, "all whole": writeWhole,
	}
	for what, way := range ways(t) {
		for how, write := range writers {
			for seed := range uint64(10) {
				disk := crash.NewDisk()
				write(t, disk.Dir(), way.options)
				disk.Crash(rand.New(rand.NewPCG(seed, 1)))
				if _, err := snapshot.Verify(disk.Dir(), way.keys...); err != nil {
					t.Fatalf("%s, %s, seed %d: %v", what, how, seed, err)
				}
			}
		}
	}
}

// TestReadFailuresAreDamage lets each operation of a verification fail.
func TestReadFailuresAreDamage(t *testing.T) {
	way := ways(t)["compressed and encrypted"]
	disk := crash.NewDisk()
	writeSample(t, disk.Dir(), way.options)
	points := 0
	for k := 1; ; k++ {
		count := 0
		dir := disk.Dir().Hooked(func(durable.Op) error {
			if count++; count == k {
				return errDisk
			}
			return nil
		})
		_, err := snapshot.Verify(dir, way.keys...)
		if count < k {
			break
		}
		points++
		if !errors.Is(err, errDisk) || disk.OpenFiles() != 0 {
			t.Errorf("operation %d: %v, %d files open", k, err, disk.OpenFiles())
		}
	}
	if points < 60 {
		t.Fatalf("only %d operations", points)
	}
}
