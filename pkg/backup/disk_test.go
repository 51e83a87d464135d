package backup_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

func TestFailingDiskEndsTheBackup(t *testing.T) {
	broken := errors.New("broken")
	for _, verb := range []string{"write", "sync", "rename", "syncdir", "create", "mkdir"} {
		var n atomic.Int64
		disk := crash.NewDisk()
		dir := disk.Dir().Hooked(func(op durable.Op) error {
			if op.Verb == verb && n.Add(1) > 2 {
				return broken
			}
			return nil
		})
		_, _, err := take(t, world(), dir, ann, bob)
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), "counts for nothing") {
			t.Errorf("%s: %v", verb, err)
		}
		if _, err := snapshot.Load(disk.Dir()); !errors.Is(err, snapshot.ErrNoSnapshot) {
			t.Errorf("%s: the snapshot seems to exist: %v", verb, err)
		}
	}
}

// TestFullDiskEndsTheBackup gives the disk room for more and more of a backup:
// it ends with one sentence and no snapshot, until it is whole.
func TestFullDiskEndsTheBackup(t *testing.T) {
	ends := 0
	for limit := int64(0); ; limit += 257 {
		disk := crash.NewDisk()
		disk.Limit(limit)
		proof, _, err := take(t, world(), disk.Dir(), ann, bob)
		if err == nil {
			if proof.Items() != 36 {
				t.Errorf("%d items", proof.Items())
			}
			break
		}
		ends++
		if _, load := snapshot.Load(disk.Dir()); !errors.Is(load, snapshot.ErrNoSnapshot) {
			t.Fatalf("with %d bytes the snapshot seems to exist: %v", limit, load)
		}
		sentence := err.Error()
		if !errors.Is(err, durable.ErrFull) || !strings.HasPrefix(sentence, "the disk of the store is full, 0.0 MB are free; the unfinished backup lies in disk,") || strings.Contains(sentence, "\n") {
			t.Fatalf("with %d bytes: %v", limit, err)
		}
	}
	if ends < 50 {
		t.Errorf("the disk was full only %d times", ends)
	}
}

func TestNoBackupIsBegunOnAFullDisk(t *testing.T) {
	for limit, full := range map[int64]bool{-1: false, 64_000_000: false, 64_000_000 - 1: true, 0: true} {
		disk := crash.NewDisk()
		disk.Limit(limit)
		if err := backup.CheckRoom(disk.Dir()); errors.Is(err, durable.ErrFull) != full || !full && err != nil {
			t.Errorf("%d bytes: %v", limit, err)
		}
	}
}
