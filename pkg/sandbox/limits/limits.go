// Package limits keeps the limits of Microsoft Graph: Exchange Online's per
// application and mailbox, the directory's resource units, and what one
// application may ask in all. It also counts what was asked of the sandbox.
//
// It promises that counting is always on and enforcing only on request. A
// request takes a place while it is in service and gives it back; refused
// requests count towards the number of requests too (Graph docs, throttling).
// It refuses nothing by itself: the caller turns a [Refusal] into a 429. No lock
// is held while a request is in service.
package limits

import (
	"maps"
	"strconv"
	"sync"
	"time"
)

// The documented limits of Outlook services per application and mailbox (Graph
// docs, throttling-limits).
const (
	Concurrent   = 4
	Requests     = 10_000
	Window       = 10 * time.Minute
	Upload       = 150_000_000 // bytes of POST, PATCH and PUT
	UploadWindow = 5 * time.Minute
)

// What one application may ask in all (Graph docs, throttling-limits).
const (
	All       = 130_000
	AllWindow = 10 * time.Second
)

// Refusal says which limit a request met. The zero value is none.
type Refusal string

// The limits.
const (
	OverConcurrency Refusal = "MailboxConcurrency"
	OverRequests    Refusal = "RequestCount"
	OverUpload      Refusal = "UploadSize"
	OverAll         Refusal = "Application"
	OverUnits       Refusal = "ResourceUnits"
)

// Outlooks tells whether the limit is one of a mailbox; the others are refused
// by Graph's front door and by the directory, in words of their own.
func (r Refusal) Outlooks() bool { return r != OverAll && r != OverUnits }

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
	// MaxMailboxes is the most mailboxes that had a request in service at once.
	MaxMailboxes int `json:"maxMailboxes"`
}

// Gate counts requests and, if Enforce is set, refuses those over a limit.
type Gate struct {
	Enforce bool
	Now     func() time.Time

	mu     sync.Mutex
	places map[string]*place
	apps   map[string]*caller
	busy   int // places with a request in service
	counts Counts
}

// place is what is known of one application and mailbox.
type place struct {
	inService int
	recent    window // requests
	uploaded  window // bytes
}

// caller is what is known of one application.
type caller struct {
	requests window
	units    window
}

// Enter takes a place for the application at the mailbox for a request that
// uploads so many bytes, or says which limit forbids it and how long to wait.
// Every Enter that is not refused needs a Leave. What a refused request would
// have uploaded does not count.
func (g *Gate) Enter(app, mailbox string, upload int64) (Refusal, time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.place(app, mailbox)
	now := g.Now()
	p.recent.add(now, Window, 1)
	p.uploaded.expire(now, UploadWindow)
	switch {
	case !g.Enforce:
	case p.inService >= Concurrent:
		return g.refuse(OverConcurrency, time.Second)
	case p.recent.total > Requests:
		return g.refuse(OverRequests, p.recent.until(now, Window, Requests-1))
	case upload > 0 && p.uploaded.total+upload > Upload:
		return g.refuse(OverUpload, p.uploaded.until(now, UploadWindow, Upload-upload))
	}
	if upload > 0 {
		p.uploaded.add(now, UploadWindow, upload)
	}
	if p.inService++; p.inService == 1 {
		g.busy++
	}
	g.counts.MaxInService = max(g.counts.MaxInService, p.inService)
	g.counts.MaxMailboxes = max(g.counts.MaxMailboxes, g.busy)
	return "", 0
}

// refuse counts a refusal; the lock must be held.
func (g *Gate) refuse(why Refusal, wait time.Duration) (Refusal, time.Duration) {
	g.counts.Refused++
	return why, wait
}

// Pass lets a request of the application through Graph's front door, or says
// how long to wait.
func (g *Gate) Pass(app string) (Refusal, time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	requests, now := &g.caller(app).requests, g.Now()
	requests.add(now, AllWindow, 1)
	if g.Enforce && requests.total > All {
		return g.refuse(OverAll, requests.until(now, AllWindow, All-1))
	}
	return "", 0
}

// Leave gives the place back.
func (g *Gate) Leave(app, mailbox string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := g.place(app, mailbox)
	if p.inService--; p.inService == 0 {
		g.busy--
	}
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

func (g *Gate) caller(app string) *caller {
	if g.apps == nil {
		g.apps = map[string]*caller{}
	}
	if g.apps[app] == nil {
		g.apps[app] = &caller{}
	}
	return g.apps[app]
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
