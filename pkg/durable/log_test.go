package durable_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
)

func openLog(t *testing.T, dir *durable.Dir) *durable.Log {
	t.Helper()
	l, err := dir.OpenLog("journal.jsonl")
	must(t, err)
	return l
}

func TestLogKeepsLinesAcrossRuns(t *testing.T) {
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		for i := range 3 {
			l := openLog(t, dir)
			must(t, l.Append(fmt.Appendf(nil, "append %d", i)))
			must(t, l.AppendSync(fmt.Appendf(nil, "sync %d", i)))
			must(t, l.Sync())
			if want := int64(16 * (i + 1)); l.Size() != want {
				t.Errorf("Size = %d, want %d", l.Size(), want)
			}
			must(t, l.Close())
			must(t, l.Close())
			if err := l.AppendSync(nil); !errors.Is(err, fs.ErrClosed) {
				t.Errorf("append to a closed log: %v", err)
			}
		}
		wantFile(t, dir, "journal.jsonl", "append 0\nsync 0\nappend 1\nsync 1\nappend 2\nsync 2\n")
	})
}

func TestLogRefusesLineBreaks(t *testing.T) {
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		l := openLog(t, dir)
		for _, line := range []string{"a\nb", "a\n", "\n", "a\r"} {
			if err := l.Append([]byte(line)); !errors.Is(err, durable.ErrLine) {
				t.Errorf("Append(%q) = %v", line, err)
			}
		}
		must(t, l.AppendSync([]byte("good")))
		must(t, l.Close())
		wantFile(t, dir, "journal.jsonl", "good\n")
	})
}

func TestTornLogMustBeCutFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		must(t, dir.WriteFile("journal.jsonl", []byte("whole\nto")))
		if _, err := dir.OpenLog("journal.jsonl"); !errors.Is(err, durable.ErrTorn) {
			t.Fatalf("OpenLog of a torn log: %v", err)
		}
		must(t, dir.Truncate("journal.jsonl", 6))
		l := openLog(t, dir)
		must(t, l.AppendSync([]byte("next")))
		must(t, l.Close())
		wantFile(t, dir, "journal.jsonl", "whole\nnext\n")
	})
}

// What the log answers after a failed write or sync must not change.
func TestLogStaysBroken(t *testing.T) {
	for _, verb := range []string{"write", "sync"} {
		onBoth(t, func(t *testing.T, dir *durable.Dir) {
			var broken atomic.Bool
			l := openLog(t, dir.Hooked(func(op durable.Op) error {
				if broken.Load() && op.Verb == verb {
					return errPlanned
				}
				return nil
			}))
			must(t, l.AppendSync([]byte("safe")))
			broken.Store(true)
			first := l.AppendSync([]byte("lost"))
			broken.Store(false) // the disk is well again; the log is not
			for i, err := range []error{first, l.Append(nil), l.AppendSync(nil)} {
				if !errors.Is(err, errPlanned) {
					t.Errorf("%s failed: call %d gave %v", verb, i, err)
				}
			}
			_ = l.Close() // frees the file; the error was reported above
		})
	}
}

// stingy is a disk that writes half of what it is given and calls that done.
type stingy struct{ durable.FS }

type stingyHandle struct{ durable.Handle }

func (f stingy) OpenFile(name string, flag int) (durable.Handle, error) {
	h, err := f.FS.OpenFile(name, flag)
	return stingyHandle{h}, err
}

func (h stingyHandle) Write(p []byte) (int, error) { return h.Handle.Write(p[:len(p)/2]) }

func TestHalfALineIsNotALine(t *testing.T) {
	l := openLog(t, durable.New(stingy{crash.NewDisk()}, "disk"))
	for range 2 {
		if err := l.AppendSync([]byte("a line of some length")); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("half a line was written: %v", err)
		}
	}
	_ = l.Close() // frees the file; the error was reported above
}

func TestCloseReportsLostLines(t *testing.T) {
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		syncs := 0
		l := openLog(t, dir.Hooked(func(op durable.Op) error {
			if op.Verb == "sync" {
				if syncs++; syncs > 1 {
					return errPlanned
				}
			}
			return nil
		}))
		must(t, l.Append([]byte("not yet durable")))
		if err := l.Close(); !errors.Is(err, errPlanned) {
			t.Errorf("Close = %v", err)
		}
	})
}

// A sync takes 10 ms here, so that a thousand writers can share it: one sync
// for the first, one for all who came meanwhile.
func TestWritersShareSyncs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const writers = 1000
		syncs := 0 // only the leader is in the hook
		dir := crash.NewDisk().Dir().Hooked(func(op durable.Op) error {
			if op.Verb == "sync" {
				syncs++
				time.Sleep(10 * time.Millisecond)
			}
			return nil
		})
		l := openLog(t, dir)
		begin := time.Now()
		syncs = 0
		var all sync.WaitGroup
		for i := range writers {
			all.Go(func() {
				if err := l.AppendSync(fmt.Appendf(nil, "%d", i)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if took := time.Since(begin); syncs > 2 || took > 20*time.Millisecond {
			t.Errorf("%d syncs in %v for %d writers", syncs, took, writers)
		}
		must(t, l.Close())
		data, err := dir.ReadFile("journal.jsonl")
		if lines := strings.Count(string(data), "\n"); err != nil || lines != writers {
			t.Errorf("%d lines, %v", lines, err)
		}
	})
}

// A line may be said to be durable only by a sync that began after its write.
func TestWriterWaitsForALaterSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := crash.NewDisk().Dir().Hooked(func(op durable.Op) error {
			if op.Verb == "sync" {
				time.Sleep(10 * time.Millisecond)
			}
			return nil
		})
		l := openLog(t, dir)
		begin := time.Now()
		var all sync.WaitGroup
		all.Go(func() { must(t, l.AppendSync([]byte("first"))) })
		time.Sleep(5 * time.Millisecond) // in the middle of the first sync
		must(t, l.AppendSync([]byte("second")))
		if took := time.Since(begin); took != 20*time.Millisecond {
			t.Errorf("the second line was called durable after %v", took)
		}
		all.Wait()
		must(t, l.Close())
	})
}

func TestFailedSyncReachesEveryWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broken bool
		dir := crash.NewDisk().Dir().Hooked(func(op durable.Op) error {
			if op.Verb == "sync" && broken {
				time.Sleep(time.Millisecond)
				return errPlanned
			}
			return nil
		})
		l := openLog(t, dir)
		broken = true
		var failed atomic.Int32
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if errors.Is(l.AppendSync([]byte("x")), errPlanned) {
					failed.Add(1)
				}
			})
		}
		all.Wait()
		if failed.Load() != 50 {
			t.Errorf("%d of 50 writers heard of it", failed.Load())
		}
		_ = l.Close()
	})
}

// After a crash at any operation the log holds every line that was called
// durable, in order, and perhaps more; a torn end is noticed.
func TestLogCrashAtEachOperation(t *testing.T) {
	const seeds = 72
	points, torn := 0, 0
	for n, last := 0, false; !last; n++ {
		for seed := range uint64(seeds) {
			disk := crash.NewDisk()
			var seen []durable.Op
			durableLines := writeLog(disk.Dir().Hooked(failing(n, true, &seen)))
			last = n >= len(seen)
			disk.Crash(rand.New(rand.NewPCG(seed, uint64(n))))
			points++
			if checkLog(t, disk.Dir(), durableLines) {
				torn++
			}
			if t.Failed() {
				t.Fatalf("crash at operation %d, seed %d", n, seed)
			}
		}
	}
	if points < 1000 || torn == 0 {
		t.Errorf("%d crashes, %d torn ends: too friendly", points, torn)
	}
}

const logLines = 6

func logLine(i int) string { return strings.Repeat(fmt.Sprint(i), 300) }

// writeLog writes until something fails; every second line is left unsynced.
func writeLog(dir *durable.Dir) (durableLines int) {
	l, err := dir.OpenLog("log")
	if err != nil {
		return 0
	}
	for i := range logLines {
		add := l.Append
		if i%2 == 1 {
			add = l.AppendSync
		}
		if add([]byte(logLine(i))) != nil {
			break
		}
		if i%2 == 1 {
			durableLines = i + 1
		}
	}
	_ = l.Close()
	return durableLines
}

func checkLog(t *testing.T, dir *durable.Dir, durableLines int) (torn bool) {
	t.Helper()
	text, err := content(dir, "log")
	must(t, err)
	lines := strings.SplitAfter(text, "\n")
	rest := lines[len(lines)-1]
	lines = lines[:len(lines)-1]
	want := []string{}
	for i := range durableLines {
		want = append(want, logLine(i)+"\n")
	}
	if len(lines) < len(want) || !slices.Equal(lines[:len(want)], want) {
		t.Errorf("%d lines were durable; the log has %d", durableLines, len(lines))
	}
	l, err := dir.OpenLog("log")
	if torn = rest != ""; torn != errors.Is(err, durable.ErrTorn) {
		t.Errorf("torn end %q, but OpenLog gave %v", rest, err)
	}
	if err == nil {
		must(t, l.Close())
	}
	return torn
}
