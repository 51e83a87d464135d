package snapshot_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var errDisk = errors.New("disk is full")

// TestEveryFailingOperation lets one operation of the disk fail after the
// other, with all that follow, then takes the power: the failure is told, no
// file stays open, and what is left is no snapshot or a whole one, which there is
// only when the manifest has got its name.
func TestEveryFailingOperation(t *testing.T) {
	points, whole := 0, 0
	for what, way := range twoWays(t) {
		for k := 1; ; k++ {
			disk := crash.NewDisk()
			count, failed, named := 0, false, false
			dir := disk.Dir().Hooked(func(op durable.Op) error {
				if count++; count >= k && op.Verb != "close" {
					failed = true
					return errDisk
				}
				named = named || op.String() == "rename snapshot.json"
				return nil
			})
			_, err := tryWriting(t, dir, way.options)
			if count < k {
				break
			}
			points++
			if failed != errors.Is(err, errDisk) {
				t.Errorf("%s, operation %d: %v", what, k, err)
			}
			if n := disk.OpenFiles(); n != 0 {
				t.Errorf("%s, operation %d: %d files left open", what, k, n)
			}
			disk.Crash(rand.New(rand.NewPCG(1, uint64(k))))
			_, err = snapshot.Verify(disk.Dir(), way.keys...)
			if err == nil {
				if whole++; !named {
					t.Errorf("%s, operation %d: a snapshot without its name", what, k)
				}
				compareSample(t, disk.Dir(), way.keys...)
			} else if !errors.Is(err, snapshot.ErrNoSnapshot) {
				t.Errorf("%s, operation %d: %v", what, k, err)
			}
		}
	}
	t.Logf("%d operations failed, %d whole snapshots", points, whole)
	if points < 200 || whole == 0 || whole > 30 {
		t.Errorf("%d operations failed, %d whole snapshots", points, whole)
	}
}

// TestWhatComesBackOtherwise changes one byte of what is read while a snapshot is
// finished, in each file: it is no snapshot, or not taken for one.
func TestWhatComesBackOtherwise(t *testing.T) {
	changed := 0
	for what, way := range twoWays(t) {
		whole := crash.NewDisk().Dir()
		writeSample(t, whole, way.options)
		for name, data := range files(t, whole) {
			if len(data) == 0 {
				continue
			}
			for _, at := range []int{0, len(data) / 2, len(data) * 9 / 10} { // sealed, the sizes vary
				disk := otherwise{crash.NewDisk(), name, int64(at)}
				_, err := tryWriting(t, durable.New(disk, "disk"), way.options)
				if !errors.Is(err, snapshot.ErrDamaged) {
					t.Errorf("%s, %s, byte %d: %v", what, name, at, err)
				}
				changed++
			}
		}
	}
	if changed < 60 {
		t.Fatalf("only %d bytes changed", changed)
	}
}

// otherwise is a disk that changes one byte of a file whenever it is read; of blobs,
// whose names may be others each time, of all.
type otherwise struct {
	durable.FS
	name string
	at   int64
}

func (o otherwise) OpenFile(name string, flag int) (durable.Handle, error) {
	h, err := o.FS.OpenFile(name, flag)
	blobs := path.Dir(o.name) == "blobs" && path.Dir(name) == "blobs"
	if err == nil && flag == os.O_RDONLY && (blobs || name == o.name) {
		h = &changed{h, o.at}
	}
	return h, err
}

type changed struct {
	durable.Handle
	left int64 // up to the byte
}

func (c *changed) Read(p []byte) (int, error) {
	n, err := c.Handle.Read(p)
	if 0 <= c.left && c.left < int64(n) {
		p[c.left] ^= 1
	}
	c.left -= int64(n)
	return n, err
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
