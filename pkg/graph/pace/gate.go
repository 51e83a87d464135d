// Package pace keeps the requests to one mailbox within what Exchange allows
// an app there (Graph docs, throttling limits, Outlook service): four in
// service at once, 10,000 in any ten minutes, and bodies of 150 MB in any five.
//
// It promises never to let more through, and to let everything through that
// the limits leave room for. A request and its body count from before it is
// sent until a window after its answer, because the service counts when it
// arrives, which is somewhere between the two. Who waits for room to upload
// keeps nobody else waiting. It refuses to guess at limits that no document
// names; a refusal that comes all the same closes the one gate until the time
// that the service asked for.
package pace

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// What Exchange allows one app in one mailbox.
const (
	InService    = 4
	Requests     = 10_000
	Window       = 10 * time.Minute
	Upload       = 150_000_000 // bytes
	UploadWindow = 5 * time.Minute
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
	requests window
	uploads  window
	fence    time.Time
}

// New makes an open gate; now is the clock it counts by.
func New(now func() time.Time) *Gate {
	return &Gate{
		now: now, free: make(chan struct{}, InService),
		requests: window{limit: Requests, length: Window}, uploads: window{limit: Upload, length: UploadWindow},
	}
}

// Enter waits until a request with a body of so many bytes may be sent. The
// caller calls leave when the answer is read to its end. It returns the
// context's error, or a *FencedError when the gate stays closed for longer
// than patience.
func (g *Gate) Enter(ctx context.Context, patience time.Duration, upload int) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for {
		select {
		case g.free <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		wait, fenced := g.admit(upload)
		if wait == 0 {
			return sync.OnceFunc(func() { g.leave(upload) }), nil
		}
		<-g.free
		if fenced && wait > patience {
			return nil, &FencedError{Wait: wait}
		}
		if err := Sleep(ctx, wait); err != nil {
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
func (g *Gate) admit(upload int) (wait time.Duration, fenced bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if wait := g.fence.Sub(now); wait > 0 {
		return wait, true
	}
	if wait := max(g.requests.wait(now, 1), g.uploads.wait(now, upload)); wait > 0 {
		return wait, false
	}
	g.requests.begin(1)
	g.uploads.begin(upload)
	return 0, false
}

func (g *Gate) leave(upload int) {
	g.mu.Lock()
	defer func() {
		g.mu.Unlock()
		<-g.free
	}()
	now := g.now()
	g.requests.end(now, 1)
	g.uploads.end(now, upload)
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
