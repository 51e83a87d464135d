package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/journal"
)

const name = "journal.jsonl"

func clock() time.Time { return time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC) }

func folder(t testing.TB) *durable.Dir {
	t.Helper()
	dir, err := durable.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	return dir
}

func records(n int) []journal.Record {
	list := []journal.Record{{Type: journal.Begin, Run: "purge-1", Digest: "sha256:abc", Snapshot: "s1"}}
	for i := range n {
		list = append(list,
			journal.Record{Type: journal.Intent, Mailbox: "ann", Item: fmt.Sprint("item ", i), Action: "delete", Version: `W/"<1>"`},
			journal.Record{Type: journal.Outcome, Mailbox: "ann", Item: fmt.Sprint("item ", i), Action: "delete", Result: journal.Done, Detail: "\"sum\":\"\u2028"})
	}
	return append(list, journal.Record{Type: journal.End})
}

// written gives the bytes of a journal and the records as they stand in it.
func written(t testing.TB, list []journal.Record) ([]byte, []journal.Record) {
	t.Helper()
	dir := folder(t)
	j, past, _, err := journal.Open(dir, name, clock)
	if err != nil || len(past) != 0 {
		t.Fatal(err, past)
	}
	for i, r := range list {
		if err := j.Append(r); err != nil {
			t.Fatal(err)
		}
		list[i].Seq, list[i].Time, list[i].Safe = i+1, clock(), i
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := dir.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data, list
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	data, want := written(t, records(5))
	got, err := journal.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGoesOnAfterAnInterruption(t *testing.T) {
	dir := folder(t)
	list := records(4)
	for i, r := range list {
		j, past, torn, err := journal.Open(dir, name, clock)
		if err != nil || torn || len(past) != i {
			t.Fatalf("attempt %d: %d records, torn %v, %v", i, len(past), torn, err)
		}
		if err := errors.Join(j.Append(r), j.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryBitFlipIsNoticed flips each bit of a journal: the record is refused,
// or the last line lost its end and is cut as torn.
func TestEveryBitFlipIsNoticed(t *testing.T) {
	data, want := written(t, records(2))
	lastLine := bytes.LastIndexByte(data[:len(data)-1], '\n') + 1
	for i := range data {
		for bit := range 8 {
			spoilt := bytes.Clone(data)
			spoilt[i] ^= 1 << bit
			got, err := journal.Read(spoilt)
			torn := i == len(data)-1 && len(got) == len(want)-1
			if err == nil && !torn {
				t.Fatalf("bit %d of byte %d (line start %v) went unnoticed: %d records", bit, i, i == lastLine, len(got))
			}
			if err != nil && !errors.Is(err, journal.ErrDamaged) {
				t.Fatal(err)
			}
		}
	}
}

func TestLinesCannotBeMovedOrTakenOut(t *testing.T) {
	data, _ := written(t, records(3))
	lines := bytes.SplitAfter(data, []byte("\n"))
	lines = lines[:len(lines)-1]
	for i := range len(lines) - 1 {
		without := bytes.Join(append(append([][]byte{}, lines[:i]...), lines[i+1:]...), nil)
		swapped := append([][]byte{}, lines...)
		swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
		for what, spoilt := range map[string][]byte{"removed": without, "swapped": bytes.Join(swapped, nil)} {
			if _, err := journal.Read(spoilt); !errors.Is(err, journal.ErrDamaged) {
				t.Errorf("line %d %s: %v", i, what, err)
			}
		}
	}
	if _, err := journal.Read(append(bytes.Clone(data), lines[2]...)); !errors.Is(err, journal.ErrDamaged) {
		t.Errorf("a repeated line: %v", err)
	}
}

// TestLinesOfAnotherRunDoNotFit puts a line of one journal into another, where
// one with the same number stood.
func TestLinesOfAnotherRunDoNotFit(t *testing.T) {
	data, _ := written(t, records(3))
	other := records(3)
	other[0].Run = "another run"
	foreign, _ := written(t, other)
	lines, strange := bytes.SplitAfter(data, []byte("\n")), bytes.SplitAfter(foreign, []byte("\n"))
	for i := range len(lines) - 1 {
		mixed := bytes.Join(append(append(append([][]byte{}, lines[:i]...), strange[i]), lines[i+1:]...), nil)
		if _, err := journal.Read(mixed); !errors.Is(err, journal.ErrDamaged) {
			t.Errorf("line %d of another run: %v", i, err)
		}
	}
}

func TestTornLastLineIsCutAndTold(t *testing.T) {
	data, want := written(t, records(2))
	last := bytes.LastIndexByte(data[:len(data)-1], '\n') + 1
	for size := last + 1; size < len(data); size++ {
		dir := crash.NewDisk().Dir()
		if err := dir.WriteFile(name, data[:size]); err != nil {
			t.Fatal(err)
		}
		j, past, torn, err := journal.Open(dir, name, clock)
		if err != nil || !torn || len(past) != len(want)-1 {
			t.Fatalf("cut at %d: torn %v, %d records, %v", size, torn, len(past), err)
		}
		if err := errors.Join(j.Append(journal.Record{Type: journal.End}), j.Close()); err != nil {
			t.Fatal(err)
		}
		whole, err := dir.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := journal.Read(whole); err != nil || len(again) != len(want) {
			t.Fatalf("after the cut at %d: %d records, %v", size, len(again), err)
		}
	}
}

// TestLostSectorsAtTheEndAreCutAndTold: of lines that were under way when the
// power went, a disk may keep the later and lose the earlier. Zeros where a
// later record knows better are damage.
func TestLostSectorsAtTheEndAreCutAndTold(t *testing.T) {
	safe, _ := written(t, records(1))
	lines := bytes.SplitAfter(safe, []byte("\n"))
	lines = lines[:len(lines)-1]
	if len(lines) != 4 {
		t.Fatalf("%d lines", len(lines))
	}
	zeros := func(line int, from, to int) []byte {
		all := bytes.Clone(safe)
		at := len(bytes.Join(lines[:line], nil))
		if to <= 0 {
			to += len(lines[line])
		}
		clear(all[at+from : at+to])
		return all
	}
	for what, c := range map[string]struct {
		data []byte
		left int // records that are left; -1 is damage
	}{
		"the last line":                        {zeros(3, 0, -1), 3},
		"its end, with its line break":         {zeros(3, 20, 0), 3},
		"its beginning":                        {zeros(3, 0, 5), 3},
		"one before, that is known as durable": {zeros(2, 0, 5), -1},
		"the first":                            {zeros(0, 10, 20), -1},
	} {
		dir := folder(t)
		if err := dir.WriteFile(name, c.data); err != nil {
			t.Fatal(err)
		}
		read, err := journal.Read(c.data)
		if c.left < 0 {
			if !errors.Is(err, journal.ErrDamaged) {
				t.Errorf("%s: %d records, %v", what, len(read), err)
			}
			continue
		}
		j, got, torn, openErr := journal.Open(dir, name, clock)
		if err != nil || openErr != nil || len(read) != c.left || len(got) != c.left || !torn {
			t.Errorf("%s: %d and %d records, torn %v, %v, %v", what, len(read), len(got), torn, err, openErr)
			continue
		}
		if err := errors.Join(j.Append(journal.Record{Type: journal.End}), j.Close()); err != nil {
			t.Fatal(err)
		}
		data, err := dir.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := journal.Read(data); err != nil || len(again) != c.left+1 {
			t.Errorf("%s: %d records after going on, %v", what, len(again), err)
		}
	}
}

// TestPowerFailureWhileManyAppend: whatever sectors get lost, the journal can be
// read, and holds what Append returned for.
func TestPowerFailureWhileManyAppend(t *testing.T) {
	torn := 0
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 1))
		disk := crash.NewDisk()
		var ops atomic.Int64
		limit := int64(10 + rng.IntN(60))
		j, _, _, err := journal.Open(disk.Dir().Hooked(func(op durable.Op) error {
			if op.Verb == "sync" {
				time.Sleep(50 * time.Microsecond) // so that others append meanwhile
			}
			if ops.Add(1) > limit {
				return errors.New("power is gone")
			}
			return nil
		}), name, clock)
		if err != nil {
			continue
		}
		var safe atomic.Int64
		var all sync.WaitGroup
		for writer := range 6 {
			all.Go(func() {
				for n := range 10 {
					r := journal.Record{Type: journal.Intent, Mailbox: "ann", Item: fmt.Sprint(writer, n), Detail: strings.Repeat("x", 200)}
					if j.Append(r) != nil {
						return
					}
					safe.Add(1)
				}
			})
		}
		all.Wait()
		disk.Crash(rng)
		_, got, cut, err := journal.Open(disk.Dir(), name, clock)
		if err != nil || int64(len(got)) < safe.Load() {
			t.Fatalf("seed %d: %d records of %d, %v", seed, len(got), safe.Load(), err)
		}
		if cut {
			torn++
		}
	}
	if torn < 20 {
		t.Errorf("only %d of 400 journals were torn", torn)
	}
}

func TestManyAppendAtOnce(t *testing.T) {
	dir := folder(t)
	j, _, _, err := journal.Open(dir, name, clock)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 200 {
		wait.Go(func() {
			if err := j.Append(journal.Record{Type: journal.Intent, Item: "x"}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := dir.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := journal.Read(data); err != nil || len(got) != 200 {
		t.Fatalf("%d records, %v", len(got), err)
	}
}

// TestAppendedIsDurable pulls the plug at every disk operation: what Append
// said is there must be there afterwards, and nothing else may be in doubt.
func TestAppendedIsDurable(t *testing.T) {
	const seeds = 8
	points := 0
	for seed := range uint64(seeds) {
		for k := 1; ; k++ {
			disk := crash.NewDisk()
			confirmed, ended := appendUntilCrash(disk, k)
			points++
			disk.Crash(rand.New(rand.NewPCG(seed, uint64(k))))
			j, past, _, err := journal.Open(durable.New(disk, "disk"), name, clock)
			if err != nil {
				t.Fatalf("seed %d, crash at operation %d: %v", seed, k, err)
			}
			if len(past) < confirmed {
				t.Fatalf("seed %d, crash at operation %d: %d records confirmed, %d left", seed, k, confirmed, len(past))
			}
			if err := errors.Join(j.Append(journal.Record{Type: journal.End}), j.Close()); err != nil {
				t.Fatal(err)
			}
			if ended {
				break
			}
		}
	}
	if points < 100 {
		t.Fatalf("only %d crash points", points)
	}
}

// appendUntilCrash appends records until operation k of the disk fails and all
// after it, and says how many were confirmed and whether k was never reached.
func appendUntilCrash(disk *crash.Disk, k int) (confirmed int, ended bool) {
	n := 0
	dir := durable.New(disk, "disk").Hooked(func(durable.Op) error {
		if n++; n >= k {
			return errors.New("power is gone")
		}
		return nil
	})
	j, _, _, err := journal.Open(dir, name, clock)
	if err != nil {
		return 0, false
	}
	for _, r := range records(3) {
		if j.Append(r) != nil {
			return confirmed, false
		}
		confirmed++
	}
	return confirmed, j.Close() == nil
}

func FuzzRead(f *testing.F) {
	data, _ := written(f, records(2))
	f.Add(data)
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"seq":1,"sum":"00"}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := journal.Read(data)
		if err == nil && bytes.Count(data, []byte("\n")) != len(list) {
			t.Fatal("lines were left out")
		}
	})
}
