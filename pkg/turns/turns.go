// Package turns works on many things, so many at a time, and lets another one
// in while one waits.
//
// It promises that work begins in order, that no more than the given number is
// worked on at once, and that what waits for long gives its turn away until it
// goes on: so a few mailboxes that the service holds back hold nobody else. No
// more than the same number again may wait like that, since a service that holds
// everybody back does not want to hear from ever more.
package turns

import (
	"context"
	"sync"
	"time"
)

// brief waits are not worth giving a turn away.
const brief = 5 * time.Second

// Each does the work on all, most of them at a time, at least one. The first
// error ends the context of the others, begins no more, and is returned; so is that
// of the context, if not everything was begun.
func Each[T any](ctx context.Context, most int, all []T, work func(context.Context, T) error) error {
	most = max(1, most)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var (
		group sync.WaitGroup
		once  sync.Once
		first error
		cut   bool
	)
	s := stand{taken: make(chan struct{}, most), away: make(chan struct{}, most)}
	for _, one := range all {
		if !s.take(ctx) {
			cut = true
			break
		}
		group.Go(func() {
			t := &turn{stand: s, holds: true}
			defer t.end()
			if err := work(context.WithValue(ctx, key{}, t), one); err != nil {
				once.Do(func() { first = err })
				stop() // before the turn is free, and after it is known why
			}
		})
	}
	if group.Wait(); first == nil && cut {
		return ctx.Err()
	}
	return first
}

// stand is where turns are had.
type stand struct{ taken, away chan struct{} }

func (s stand) take(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case s.taken <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

type key struct{}

// turn is the turn of one piece of work, which may have several goroutines.
type turn struct {
	stand stand

	mu      sync.Mutex
	waiting int  // goroutines
	holds   bool // else it is away
}

// Sleep waits for d by pause, which is Pause or stands for it. The turn that the
// context is of, if any, is another's meanwhile.
func Sleep(ctx context.Context, d time.Duration, pause func(context.Context, time.Duration) error) error {
	t, _ := ctx.Value(key{}).(*turn)
	if t == nil || d < brief {
		return pause(ctx, d)
	}
	t.leave()
	err := pause(ctx, d)
	t.comeBack(ctx)
	return err
}

// Pause waits for d or for the end of the context.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave gives the turn away, unless too many are away.
func (t *turn) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting++
	if !t.holds {
		return
	}
	select {
	case t.stand.away <- struct{}{}:
		t.holds = false
		<-t.stand.taken
	default:
	}
}

// comeBack waits for a turn again, when nobody of this one is waiting any more.
func (t *turn) comeBack(ctx context.Context) {
	t.mu.Lock()
	t.waiting--
	done := t.holds || t.waiting > 0
	t.mu.Unlock()
	if done || !t.stand.take(ctx) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.holds { // another goroutine was quicker
		<-t.stand.taken
		return
	}
	t.holds = true
	<-t.stand.away
}

func (t *turn) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.holds {
		<-t.stand.taken
	} else {
		<-t.stand.away
	}
}
