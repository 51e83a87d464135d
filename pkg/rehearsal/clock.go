package rehearsal

import (
	"context"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Clock is a clock that stands still while this process works, and leaps to the
// next moment that somebody waits for when there is nothing left to do. So the
// waits of a run cost no time, and add up to what they would have been.
//
// What is left to do is read off the runtime's count of goroutines, which is
// exact but for those that come back from the system, so who goes there says so
// by Away, and for those that the garbage collector makes wait. An error there
// makes a moment come early, and changes nothing else.
type Clock struct {
	// left and back count those who went away, and came back.
	left, back atomic.Int64

	mu    sync.Mutex
	now   time.Time
	waits []wait // the earliest first
}

// NewClock makes a clock that shows this moment.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Now is the moment that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep waits until so much time has passed on the clock, or for the end of the
// context.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-c.in(d):
	case <-ctx.Done():
	}
	return ctx.Err()
}

func (c *Clock) in(d time.Duration) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := wait{until: c.now.Add(d), over: make(chan struct{})}
	at, _ := slices.BinarySearchFunc(c.waits, w, func(a, b wait) int { return a.until.Compare(b.until) })
	c.waits = slices.Insert(c.waits, at, w)
	return w.over
}

// Away keeps the clock still while work waits for the disk or a terminal.
func (c *Clock) Away(work func()) {
	c.left.Add(1)
	defer c.back.Add(1)
	work()
}

// Drive keeps the clock going until work has returned, and nobody waits any more.
func (c *Clock) Drive(work func()) {
	var over atomic.Bool
	go func() {
		defer over.Store(true)
		work()
	}()
	idle := newIdleness()
	for {
		ended := over.Load()
		switch {
		case !c.idle(idle):
			<-time.After(short)
		case c.leap():
		case ended:
			return
		default:
			<-time.After(short)
		}
	}
}

// idle says whether there is nothing left to do, and nobody was away while that
// was found out.
func (c *Clock) idle(i *idleness) bool {
	back := c.back.Load()
	return c.left.Load() == back && i.now() && c.left.Load() == back
}

// short is a moment of real time, in which others get on with their work.
const short = 20 * time.Microsecond

// leap goes to the next moment that somebody waits for, if there is one.
func (c *Clock) leap() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waits) == 0 {
		return false
	}
	c.now = c.waits[0].until
	for len(c.waits) > 0 && !c.waits[0].until.After(c.now) {
		close(c.waits[0].over)
		c.waits = c.waits[1:]
	}
	return true
}

// wait is somebody who waits.
type wait struct {
	until time.Time
	over  chan struct{}
}

// idleness tells whether all goroutines but the one that asks wait for
// something.
type idleness struct {
	samples []metrics.Sample
	// outside are the goroutines that are never in Go, such as the one that waits
	// for signals.
	outside uint64
}

const (
	running = iota
	runnable
	outside
)

func newIdleness() *idleness {
	i := &idleness{samples: make([]metrics.Sample, 3), outside: 1 << 20}
	i.samples[running].Name = "/sched/goroutines/running:goroutines"
	i.samples[runnable].Name = "/sched/goroutines/runnable:goroutines"
	i.samples[outside].Name = "/sched/goroutines/not-in-go:goroutines"
	return i
}

// looks bounds how often one question is asked: a thread that looks for work
// counts as running, and gives up soon.
const looks = 100

func (i *idleness) now() bool {
	for range looks {
		metrics.Read(i.samples)
		away := i.samples[outside].Value.Uint64()
		i.outside = min(i.outside, away)
		switch {
		case i.samples[runnable].Value.Uint64() > 0 || away > i.outside:
			return false
		case i.samples[running].Value.Uint64() <= 1:
			return true
		}
	}
	return false
}
