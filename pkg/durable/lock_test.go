package durable_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/durable"
)

// holdEnv tells a second process, which is this test binary once more, to
// take the lock in the folder that it names and to keep it.
const holdEnv = "RIVA_PREP_TEST_HOLD"

var holder = durable.Holder{Who: "purge", PID: 4711, Host: "desk", Since: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)}

func TestMain(m *testing.M) {
	if at := os.Getenv(holdEnv); at != "" {
		hold(at)
	}
	os.Exit(m.Run())
}

func hold(at string) {
	dir, err := durable.Open(at)
	if err == nil {
		_, err = dir.Lock("store.lock", holder)
	}
	fmt.Println("lock:", err)
	time.Sleep(time.Minute) // the test ends this process long before
	os.Exit(1)
}

func TestLockExcludes(t *testing.T) {
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		release, err := dir.Lock("store.lock", holder)
		must(t, err)
		_, err = dir.Lock("store.lock", durable.Holder{Who: "backup"})
		wantLocked(t, err)
		must(t, release())
		must(t, release())
		release, err = dir.Lock("store.lock", durable.Holder{Who: "backup"})
		must(t, err)
		must(t, release())
		if got := names(t, dir, "."); len(got) != 1 {
			t.Errorf("left behind: %q", got)
		}
	})
}

func wantLocked(t *testing.T, err error) {
	t.Helper()
	locked, ok := errors.AsType[*durable.LockedError](err)
	if !ok || !errors.Is(err, durable.ErrLocked) {
		t.Fatalf("second lock: %v", err)
	}
	if locked.Holder != holder {
		t.Errorf("holder = %+v", locked.Holder)
	}
	for _, word := range []string{"store.lock", "purge", "4711", "desk", "2026-03-01T09:30:00Z"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %s", err, word)
		}
	}
}

func TestLockWithoutNote(t *testing.T) {
	for _, note := range []string{"", "{", "[]"} {
		onBoth(t, func(t *testing.T, dir *durable.Dir) {
			release, err := dir.Lock("store.lock", holder)
			must(t, err)
			must(t, dir.WriteFile("store.lock.holder", []byte(note)))
			_, err = dir.Lock("store.lock", holder)
			if !errors.Is(err, durable.ErrLocked) || !strings.Contains(err.Error(), "another process") {
				t.Errorf("with note %q: %v", note, err)
			}
			must(t, release())
		})
	}
}

func TestLockOfAnotherProcessEndsWithIt(t *testing.T) {
	dir := openTemp(t)
	other := exec.Command(os.Args[0], "-test.run=^$")
	other.Env = append(os.Environ(), holdEnv+"="+dir.Path())
	out, err := other.StdoutPipe()
	must(t, err)
	must(t, other.Start())
	t.Cleanup(func() { _ = other.Process.Kill() }) // for when the test stops half way
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "lock: <nil>\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	_, err = dir.Lock("store.lock", durable.Holder{Who: "backup"})
	wantLocked(t, err)

	must(t, other.Process.Kill())
	_ = other.Wait() // "killed" is what it should say
	release, err := dir.Lock("store.lock", durable.Holder{Who: "backup"})
	must(t, err)
	must(t, release())
}

func TestLockHasOneWinner(t *testing.T) {
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		for range 20 {
			var winners atomic.Int32
			var all sync.WaitGroup
			releases := make(chan func() error, 8)
			for range 8 {
				all.Go(func() {
					release, err := dir.Lock("lock", holder)
					switch {
					case err == nil:
						winners.Add(1)
						releases <- release
					case !errors.Is(err, durable.ErrLocked):
						t.Error(err)
					}
				})
			}
			all.Wait()
			if winners.Load() != 1 {
				t.Fatalf("%d winners", winners.Load())
			}
			must(t, (<-releases)())
		}
	})
}
