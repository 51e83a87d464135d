// Package pace keeps the requests to one mailbox within what Exchange allows
// an app there (Graph docs, throttling limits, Outlook service): four in
// service at once, and 10,000 in any ten minutes.
//
// It promises never to let more through, and to let everything through that
// the limits leave room for. A request counts from before it is sent until ten
// minutes after its answer, because the service counts when it arrives, which
// is somewhere between the two. It refuses to guess at limits that no document
// names; a refusal that comes all the same closes the one gate until the time
// that the service asked for.
//
// Uploads (150 MB in five minutes) are not counted here: what is sent now are
// categories, a few bytes each.
package pace

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// What Exchange allows one app in one mailbox.
const (
	InService = 4
	Requests  = 10_000
	Window    = 10 * time.Minute
)

// slot is the grain of the count: requests of the same second leave the window
// together, a little late.
const slot = time.Second

// FencedError says that the service asked for a longer wait than the caller
// is ready to make.
type FencedError struct{ Wait time.Duration }

func (e *FencedError) Error() string {
	return fmt.Sprintf("the service asks to wait %s", e.Wait.Round(time.Second))
}

// Gate is the way into one mailbox. The zero value is not usable; see New.
type Gate struct {
	now  func() time.Time
	free chan struct{}

	mu       sync.Mutex
	inside   int
	past     []tally // finished requests, oldest first
	finished int     // their sum
	fence    time.Time
}

// tally counts the requests that ended in one second.
type tally struct {
	end   time.Time
	count int
}

// New makes an open gate; now is the clock it counts by.
func New(now func() time.Time) *Gate {
	return &Gate{now: now, free: make(chan struct{}, InService)}
}

// Enter waits until a request may be sent. The caller calls leave when the
// answer is read to its end. It returns the context's error, or a *FencedError
// when the gate stays closed for longer than patience.
func (g *Gate) Enter(ctx context.Context, patience time.Duration) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case g.free <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for {
		wait, fenced := g.admit()
		if wait == 0 {
			return sync.OnceFunc(g.leave), nil
		}
		if fenced && wait > patience {
			<-g.free
			return nil, &FencedError{Wait: wait}
		}
		if err := Sleep(ctx, wait); err != nil {
			<-g.free
			return nil, err
		}
	}
}

// Close keeps everybody out for the time that the service asked for. It never
// shortens an earlier wait.
func (g *Gate) Close(wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := g.now().Add(wait); until.After(g.fence) {
		g.fence = until
	}
}

// admit counts the request in and returns 0, or says how long to wait.
func (g *Gate) admit() (wait time.Duration, fenced bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if wait := g.fence.Sub(now); wait > 0 {
		return wait, true
	}
	g.forget(now)
	if g.inside+g.finished < Requests {
		g.inside++
		return 0, false
	}
	if len(g.past) == 0 { // cannot be: InService is less than Requests
		return slot, false
	}
	return max(g.past[0].end.Add(Window).Sub(now), time.Nanosecond), false
}

// forget drops the seconds that have left the window.
func (g *Gate) forget(now time.Time) {
	gone := 0
	for gone < len(g.past) && !now.Before(g.past[gone].end.Add(Window)) {
		g.finished -= g.past[gone].count
		gone++
	}
	g.past = append(g.past[:0], g.past[gone:]...)
}

func (g *Gate) leave() {
	g.mu.Lock()
	defer func() {
		g.mu.Unlock()
		<-g.free
	}()
	g.inside--
	g.finished++
	end := g.now().Truncate(slot).Add(slot)
	if last := len(g.past) - 1; last >= 0 && !g.past[last].end.Before(end) {
		g.past[last].count++
		return
	}
	g.past = append(g.past, tally{end: end, count: 1})
}

// Sleep waits for d or for the end of the context.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
