package rehearsal_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/rehearsal"
)

// nobodyIsLeft compares the number of goroutines at the end with that of now.
func nobodyIsLeft(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for range 1000 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
	})
}

// Waits cost no time, and add up: the longest chain of them is how long it took.
func TestWaitsAddUp(t *testing.T) {
	nobodyIsLeft(t)
	real := time.Now()
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := rehearsal.NewClock(begin)
	clock.Drive(func() {
		var all sync.WaitGroup
		for n := range 20 {
			all.Go(func() {
				for range 100 {
					if err := clock.Sleep(t.Context(), time.Duration(1+n)*time.Minute); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
	if took := clock.Now().Sub(begin); took != 2000*time.Minute {
		t.Errorf("%s passed on the clock", took)
	}
	t.Logf("33 hours in %s", time.Since(real))
}

// While anybody computes, or waits for the disk, the clock stands still.
func TestClockStandsStillWhileSomebodyWorks(t *testing.T) {
	nobodyIsLeft(t)
	begin := time.Now()
	clock := rehearsal.NewClock(begin)
	name := filepath.Join(t.TempDir(), "file")
	clock.Drive(func() {
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { _ = clock.Sleep(t.Context(), time.Hour) })
		}
		for until := time.Now().Add(20 * time.Millisecond); time.Now().Before(until); {
		}
		for range 20 {
			clock.Away(func() {
				if err := os.WriteFile(name, make([]byte, 1<<16), 0o600); err != nil {
					t.Error(err)
				}
			})
		}
		if now := clock.Now(); now != begin {
			t.Errorf("%s passed meanwhile", now.Sub(begin))
		}
		all.Wait()
	})
	if took := clock.Now().Sub(begin); took != time.Hour {
		t.Errorf("%s passed on the clock", took)
	}
}

// Who waits hears of the end of the context, and who does not is waited for.
func TestInterruptedWaits(t *testing.T) {
	nobodyIsLeft(t)
	begin := time.Now()
	clock := rehearsal.NewClock(begin)
	ctx, cancel := context.WithCancel(t.Context())
	clock.Drive(func() {
		go func() { _ = clock.Sleep(context.Background(), 3*time.Hour) }()
		cancel()
		if err := clock.Sleep(ctx, time.Hour); err == nil {
			t.Error("nobody was told of the interruption")
		}
	})
	if took := clock.Now().Sub(begin); took != 3*time.Hour {
		t.Errorf("%s passed on the clock", took)
	}
	if err := clock.Sleep(t.Context(), 0); err != nil {
		t.Errorf("no time at all: %v", err)
	}
}
