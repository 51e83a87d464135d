// Package pace keeps the requests to one mailbox within what Exchange allows
// an app there (Graph docs, throttling limits, Outlook service): four in
// service at once, 10,000 in any ten minutes, and bodies of 150 MB in any five;
// and those to all mailboxes within what Graph allows an app: 130,000 in any ten
// seconds. A batch whose requests are served one after the other has one place
// among the four, and counts as what is in it.
//
// It promises never to let more through, and to let everything through that
// the limits leave room for. A request and its body count from before it is
// sent until a window after its answer, because the service counts when it
// arrives, which is somewhere between the two. Who waits for room to upload
// keeps nobody else waiting. Of those that wait for the app's limit, the mailbox
// that was begun first goes first: so mailboxes that began together do not all
// list together and all end together. It refuses to guess at limits that no
// document names; a refusal that comes all the same closes the one gate until the
// time that the service asked for.
package pace

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/turns"
)

// What Exchange allows one app in one mailbox.
const (
	InService    = 4
	Requests     = 10_000
	Window       = 10 * time.Minute
	Upload       = 150_000_000 // bytes
	UploadWindow = 5 * time.Minute
)

// What Graph allows one app in all.
const (
	All       = 130_000
	AllWindow = 10 * time.Second
)

// The grain of the counts: what ends within one leaves the window together, a
// little late.
const (
	slot    = 200 * time.Millisecond
	allSlot = 20 * time.Millisecond
)

// FencedError says that the service asked for a longer wait than the caller
// is ready to make.
type FencedError struct{ Wait time.Duration }

func (e *FencedError) Error() string {
	return fmt.Sprintf("the service asks to wait %s", e.Wait.Round(time.Second))
}

// App is what the gates of one app share. The zero value is not usable; see NewApp.
type App struct {
	now func() time.Time

	mu       sync.Mutex
	requests window
	gates    int // made so far
	queue    queue
}

// NewApp makes an app that has sent nothing yet; now is the clock it counts by.
func NewApp(now func() time.Time) *App {
	return &App{now: now, requests: window{limit: All, length: AllWindow, slot: allSlot}}
}

// admit counts a call in and returns 0, or lets it wait in the queue and says how
// long: until there is room for what waits at older gates, too.
func (a *App) admit(now time.Time, t *ticket) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if wait := a.requests.wait(now, t.requests+a.queue.before(t.gate)); wait > 0 {
		a.queue.join(t)
		return wait
	}
	a.queue.leave(t)
	a.requests.begin(t.requests)
	return 0
}

func (a *App) leave(now time.Time, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests.end(now, n)
}

// drop takes a call out of the queue.
func (a *App) drop(t *ticket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queue.leave(t)
}

// Load is what a call brings.
type Load struct {
	Requests int // more than one in a batch
	Upload   int // bytes
}

// Gate is the way into one mailbox. The zero value is not usable; see New.
type Gate struct {
	// Sleep waits; it may be replaced before the first use.
	Sleep func(context.Context, time.Duration) error

	now  func() time.Time
	app  *App
	age  int // among the app's gates
	free chan struct{}

	mu       sync.Mutex
	requests window
	uploads  window
	fence    time.Time
}

// New makes an open gate of an app of its own; now is the clock it counts by.
func New(now func() time.Time) *Gate { return NewApp(now).Gate() }

// Gate makes an open gate for one of the app's mailboxes.
func (a *App) Gate() *Gate {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gates++
	return &Gate{
		Sleep: turns.Pause, now: a.now, app: a, age: a.gates, free: make(chan struct{}, InService),
		requests: window{limit: Requests, length: Window, slot: slot}, uploads: window{limit: Upload, length: UploadWindow, slot: slot},
	}
}

// Enter waits until a call of that load may be sent. The caller calls leave when
// the answer is read to its end. It returns the context's error, or a
// *FencedError when the gate stays closed for longer than patience.
func (g *Gate) Enter(ctx context.Context, patience time.Duration, l Load) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := &ticket{gate: g.age, requests: l.Requests}
	defer g.app.drop(t)
	for {
		if err := g.take(ctx, t); err != nil {
			return nil, err
		}
		wait, fenced := g.admit(l, t)
		if wait == 0 {
			return sync.OnceFunc(func() { g.leave(l) }), nil
		}
		<-g.free
		if fenced && wait > patience {
			return nil, &FencedError{Wait: wait}
		}
		if err := turns.Sleep(ctx, wait, g.Sleep); err != nil {
			return nil, err
		}
	}
}

// take waits for one of the places in the mailbox. Who has to keeps nobody else
// from the room that the app has left.
func (g *Gate) take(ctx context.Context, t *ticket) error {
	select {
	case g.free <- struct{}{}:
		return nil
	default:
		g.app.drop(t)
	}
	select {
	case g.free <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
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

// admit counts the call in and returns 0, or says how long to wait.
func (g *Gate) admit(l Load, t *ticket) (wait time.Duration, fenced bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if wait := g.fence.Sub(now); wait > 0 {
		g.app.drop(t)
		return wait, true
	}
	if wait := max(g.requests.wait(now, l.Requests), g.uploads.wait(now, l.Upload)); wait > 0 {
		g.app.drop(t)
		return wait, false
	}
	if wait := g.app.admit(now, t); wait > 0 {
		return wait, false
	}
	g.requests.begin(l.Requests)
	g.uploads.begin(l.Upload)
	return 0, false
}

func (g *Gate) leave(l Load) {
	g.mu.Lock()
	defer func() {
		g.mu.Unlock()
		<-g.free
	}()
	now := g.now()
	g.requests.end(now, l.Requests)
	g.uploads.end(now, l.Upload)
	g.app.leave(now, l.Requests)
}
