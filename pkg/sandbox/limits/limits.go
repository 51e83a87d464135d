// Package limits keeps Exchange Online's limits per application and mailbox,
// and counts what was asked of the sandbox.
//
// It promises that counting is always on and enforcing only on request. A
// request takes a place while it is in service and gives it back; refused
// requests count towards the quota too (Graph docs, throttling). It refuses
// nothing by itself: the caller turns a [Refusal] into a 429. No lock is held
// while a request is in service.
package limits

import (
	"maps"
	"strconv"
	"sync"
	"time"
)

// The documented limits of Outlook services per application and mailbox.
const (
	Concurrent = 4
	Requests   = 10_000
	Window     = 10 * time.Minute
)

// Refusal says which limit a request met. The zero value is none.
type Refusal string

// The limits.
const (
	OverConcurrency Refusal = "MailboxConcurrency"
	OverRequests    Refusal = "RequestCount"
)

// Counts are the sandbox's figures so far.
type Counts struct {
	Total    int            `json:"total"`
	Writes   int            `json:"writes"`
	ByStatus map[string]int `json:"byStatus"`
	// Refused are the requests turned away by a limit.
	Refused int `json:"refused"`
	// MaxInService is the most requests that were in service at once for any
	// one application and mailbox, refused ones not counted.
	MaxInService int `json:"maxInService"`
}

// Gate counts requests and, if Enforce is set, refuses those over a limit.
type Gate struct {
	Enforce bool
	Now     func() time.Time

	mu     sync.Mutex
	places map[string]*place
	counts Counts
}

// place is what is known of one application and mailbox.
type place struct {
	inService int
	recent    []time.Time // the requests of the last Window, oldest first
}

// Enter takes a place for the application at the mailbox, or says which limit
// forbids it and how long to wait. Every Enter that is not refused needs a Leave.
func (g *Gate) Enter(app, mailbox string) (Refusal, time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.place(app, mailbox)
	now := g.Now()
	for len(p.recent) > 0 && now.Sub(p.recent[0]) >= Window {
		p.recent = p.recent[1:]
	}
	p.recent = append(p.recent, now)
	if g.Enforce && p.inService >= Concurrent {
		g.counts.Refused++
		return OverConcurrency, time.Second
	}
	if g.Enforce && len(p.recent) > Requests {
		g.counts.Refused++
		return OverRequests, Window - now.Sub(p.recent[0])
	}
	p.inService++
	g.counts.MaxInService = max(g.counts.MaxInService, p.inService)
	return "", 0
}

// Leave gives the place back.
func (g *Gate) Leave(app, mailbox string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.place(app, mailbox).inService--
}

func (g *Gate) place(app, mailbox string) *place {
	key := app + "\x00" + mailbox
	if g.places == nil {
		g.places = map[string]*place{}
	}
	if g.places[key] == nil {
		g.places[key] = &place{}
	}
	return g.places[key]
}

// Count notes an answered request.
func (g *Gate) Count(write bool, status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.counts.Total++
	if write {
		g.counts.Writes++
	}
	if g.counts.ByStatus == nil {
		g.counts.ByStatus = map[string]int{}
	}
	g.counts.ByStatus[strconv.Itoa(status)]++
}

// Counts are the figures so far.
func (g *Gate) Counts() Counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := g.counts
	out.ByStatus = maps.Clone(out.ByStatus)
	if out.ByStatus == nil {
		out.ByStatus = map[string]int{}
	}
	return out
}
