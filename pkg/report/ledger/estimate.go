package ledger

import (
	"fmt"
	"slices"
	"time"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

// Assumed is what an estimate takes for granted of the service and of the run.
type Assumed struct {
	// Service is how long a request is in service, Network how long it is on its
	// way there, and its answer on the way back.
	Service, Network time.Duration
	// Parallel is how many mailboxes are worked on at a time.
	Parallel int
}

// Usual are the assumptions of a rehearsal, and of a computer with two cores.
func Usual() Assumed {
	return Assumed{Service: 100 * time.Millisecond, Network: 30 * time.Millisecond, Parallel: 16}
}

// Estimate is what a run of a plan would send, and how long that would take.
type Estimate struct {
	Requests int
	Took     time.Duration
	Assumed  Assumed
}

// What Exchange and Graph allow an app (docs/decisions/0002-pacing.md).
const (
	atOnce    = 4      // requests of a mailbox in service
	perWindow = 10_000 // requests of a mailbox in a window
	window    = 10 * time.Minute
	perSecond = 13_000 // requests to all mailboxes
)

// What a run costs beside its changes, as it was counted in rehearsals of ten
// plans: a mailbox with its folders, settings and two readings of them; a page
// of items, twice; attachments, photos and series, for one item in so many.
const (
	perMailbox = 40
	pageSize   = 500
	oneInParts = 8
	abreast    = 2 // requests that read, on the average
	// Where items are made again there is little to be read, and each takes more
	// than the one request that makes it.
	backMailbox = 18
	backExtra   = 0.75
)

// Estimate is worked out from counts alone, and half as much or twice as much
// may come of it. A rehearsal knows better, and needs a backup.
func (b *Book) Estimate(a Assumed) Estimate {
	e := Estimate{Assumed: a}
	workers := make([]time.Duration, max(1, a.Parallel))
	for _, m := range b.Plan.Mailboxes {
		if len(m.Steps) == 0 && b.back() {
			continue
		}
		requests, took := b.one(m, a)
		e.Requests += requests
		first := slices.Index(workers, slices.Min(workers)) // who is free takes the next
		workers[first] += took
	}
	e.Took = max(slices.Max(workers), time.Duration(e.Requests)*time.Second/perSecond)
	return e
}

func (b *Book) back() bool {
	return b.Plan.Rules.Purpose == plan.Restore || b.Plan.Rules.Purpose == plan.Undo
}

// one is the part of one mailbox: what is read of it is asked side by side where
// one thing does not follow from another, and it is changed at the floor, which is
// four requests in service at any time.
func (b *Book) one(m plan.Mailbox, a Assumed) (requests int, took time.Duration) {
	t := m.Totals()
	there := a.Service + 2*a.Network
	reading := perMailbox + 2*((m.Items+pageSize-1)/pageSize) + m.Items/oneInParts
	if b.back() {
		reading = backMailbox
	}
	making := t.Creates + int(backExtra*float64(t.Creates))
	changes := t.Deletes + t.Tags
	took = time.Duration(reading)*there/abreast + time.Duration(changes)*a.Service/atOnce + time.Duration(making)*there/atOnce
	requests = reading + making + changes
	return requests, max(took, time.Duration(requests/perWindow)*window)
}

// Duration is in a unit that does not look exact.
func (e Estimate) Duration() string {
	switch d := e.Took; {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	default:
		return fmt.Sprintf("%.1f h", d.Hours())
	}
}

// String says the estimate, and what it rests on.
func (e Estimate) String() string {
	return fmt.Sprintf("about %s requests in %s, all in all: an estimate from counts, assuming %s in service and %s each way for each request, %s at a time, and nothing that slows the service",
		words.Number(e.rounded()), e.Duration(), e.Assumed.Service, e.Assumed.Network, words.Mailboxes(e.Assumed.Parallel))
}

// rounded keeps two digits.
func (e Estimate) rounded() int {
	scale := 1
	for e.Requests/scale >= 100 {
		scale *= 10
	}
	return (e.Requests + scale/2) / scale * scale
}
