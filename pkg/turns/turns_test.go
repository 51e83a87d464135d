package turns_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/turns"
)

func numbers(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

// TestWhoWaitsHoldsNobody: three that are told to wait for an hour, of which two
// give their turns away, and a hundred that are quick.
func TestWhoWaitsHoldsNobody(t *testing.T) {
	for slow, want := range map[int]time.Duration{0: 51 * time.Second, 2: 51 * time.Second, 3: 100 * time.Second, 4: time.Hour + 50*time.Second} {
		synctest.Test(t, func(t *testing.T) {
			start, last := time.Now(), time.Duration(0)
			var mu sync.Mutex
			err := turns.Each(t.Context(), 2, numbers(100), func(ctx context.Context, n int) error {
				if n < slow {
					return turns.Sleep(ctx, time.Hour, turns.Pause)
				}
				time.Sleep(time.Second)
				mu.Lock()
				defer mu.Unlock()
				last = time.Since(start)
				return nil
			})
			if err != nil || last > want || last < want*9/10 {
				t.Errorf("%d wait: the others were done after %s, want %s; %v", slow, last, want, err)
			}
		})
	}
}

// highest is the highest number that was seen.
type highest struct {
	mu   sync.Mutex
	seen int32
}

func (h *highest) see(n int32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = max(h.seen, n)
}

// TestNeverTooManyAtOnce: work of four goroutines that wait at random.
func TestNeverTooManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 3
		var active, done atomic.Int32
		var peak highest
		err := turns.Each(t.Context(), most, numbers(200), func(ctx context.Context, n int) error {
			var all sync.WaitGroup
			for lane := range 4 {
				all.Go(func() {
					if err := turns.Sleep(ctx, time.Duration((n*7+lane*13)%11)*time.Second, turns.Pause); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			peak.see(active.Add(1))
			time.Sleep(30 * time.Second) // long, so that as many as may meet
			active.Add(-1)
			done.Add(1)
			return nil
		})
		if err != nil || done.Load() != 200 || peak.seen != most {
			t.Errorf("%d done, %d at once, %v", done.Load(), peak.seen, err)
		}
	})
}

func TestWorkBeginsInOrderAndEndsWithAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun []int
		broken := errors.New("broken")
		err := turns.Each(t.Context(), 0, numbers(100), func(ctx context.Context, n int) error {
			if begun = append(begun, n); n == 9 {
				return broken
			}
			return ctx.Err()
		})
		if !errors.Is(err, broken) || !slices.Equal(begun, numbers(10)) {
			t.Errorf("%v after %v", err, begun)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err = turns.Each(ctx, 2, numbers(100), func(ctx context.Context, _ int) error { return turns.Sleep(ctx, time.Hour, turns.Pause) })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v when the time was over", err)
		}
	})
}
