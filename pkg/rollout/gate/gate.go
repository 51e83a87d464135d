// Package gate knows what has to be answered before the first item of a rollout
// is deleted: is the plug-in off, is it really, is the sync server on already, and
// did a few deleted items stay in the CRM.
//
// It is pure: evidence in, closed gates out. It promises that each closed gate
// says its reason, its evidence and the one flag that answers it. It refuses to
// take the unknown for harmless.
package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/profile"
)

// Name names a gate; it is the flag that answers it, too.
type Name string

// The gates, in the order in which they are shown.
const (
	// PlugIn: while it is connected, the plug-in deletes in the CRM what is deleted
	// in Outlook, or nobody knows that it does not.
	PlugIn Name = "plug-in-off"
	// Recent: marked items were made or changed not long ago.
	Recent Name = "recent-changes-ok"
	// Server: the sync server writes already.
	Server Name = "server-active-ok"
	// Canary: nobody has looked yet what a few deletions do in the CRM.
	Canary Name = "canary-ok"
)

// Names lists all gates.
func Names() []Name { return []Name{PlugIn, Recent, Server, Canary} }

// Lasting says whether one answer is for the whole rollout. The others are about
// what was seen in the mailboxes, and are asked again with every plan.
func (n Name) Lasting() bool { return n == PlugIn || n == Canary }

// Closed is a gate that nobody has answered.
type Closed struct {
	Name     Name   `json:"name"`
	Reason   string `json:"reason"`
	Evidence string `json:"evidence"`
}

// Flag is what answers it.
func (c Closed) Flag() string { return "--" + string(c.Name) }

// Fresh is how long ago something is recent.
const Fresh = 24 * time.Hour

// Watch looks at items while a plan is made.
type Watch struct {
	// Rules are those of the purge.
	Rules plan.Rules
	// Category is the sync server's, empty for none.
	Category string
	// Now is when the plan is made. Planned is when the first plan of the rollout
	// was made, zero before.
	Now, Planned time.Time

	recent, newer sightings
	bears         map[item.Kind]int
}

// sightings counts items and keeps the newest.
type sightings struct {
	n    int
	at   time.Time
	what string
}

func (s *sightings) add(at time.Time, account mailbox.Account, it item.Item) {
	s.n++
	if s.n == 1 || at.After(s.at) {
		s.at, s.what = at, fmt.Sprintf("%s %q of %s", it.Kind.Singular(), it.Title, account.Name())
	}
}

func (s sightings) String() string {
	items := fmt.Sprintf("%d items", s.n)
	if s.n == 1 {
		items = "1 item"
	}
	return fmt.Sprintf("%s, the newest is the %s (%s)", items, s.what, s.at.UTC().Format(time.RFC3339))
}

// Look takes the items of one mailbox into account.
func (w *Watch) Look(account mailbox.Account, items []item.Item) {
	began := w.Now.Add(-Fresh)
	for _, it := range items {
		if at := latest(it.Created, it.Modified); w.Rules.Marked(it) && at.After(began) {
			w.recent.add(at, account, it)
		}
		if _, bears := item.MatchCategory(it.Categories, []string{w.Category}); w.Category == "" || !bears {
			continue
		}
		if w.bears == nil {
			w.bears = map[item.Kind]int{}
		}
		w.bears[it.Kind]++
		if it.Created.After(w.since()) {
			w.newer.add(it.Created, account, it)
		}
	}
}

// since is from when on an item with the server's category shows that the server
// is at work: the first plan, and no later than a day ago.
func (w *Watch) since() time.Time {
	began := w.Now.Add(-Fresh)
	if !w.Planned.IsZero() && w.Planned.Before(began) {
		return w.Planned
	}
	return began
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// LostAndFound counts the items that the server's first sync would move away,
// since they bear its category.
func (w *Watch) LostAndFound() (n int) {
	for _, kind := range item.Kinds() {
		n += w.bears[kind]
	}
	return n
}

// Recent says which marked items were made or changed lately; empty if none.
func (w *Watch) Recent() string {
	if w.recent.n == 0 {
		return ""
	}
	return w.recent.String()
}

// Question is what decides which gates are closed.
type Question struct {
	// Plan is the purge that is about to be carried out, or the canary of it.
	Plan plan.Plan
	// Profiles are the plug-in's; a category beside them has no premise.
	Profiles []profile.Profile
	Watch    *Watch
	// Deleted are the items of the last canary, NoCanary says that there was none.
	// A plan that is a canary itself needs none.
	Deleted  []string
	NoCanary bool
	IsCanary bool
}

// Closed are the gates that stand before the plan, but for those answered. A plan
// that deletes nothing passes them all.
func (q *Question) Closed(answered func(Name) bool) (closed []Closed) {
	if q.Plan.Totals().Deletes == 0 {
		return nil
	}
	for _, one := range []*Closed{q.premise(), q.recent(), q.server(), q.canary()} {
		if one != nil && !answered(one.Name) {
			closed = append(closed, *one)
		}
	}
	return closed
}

func (q *Question) premise() *Closed {
	var evidence []string
	known := map[string]profile.Profile{}
	for _, p := range q.Profiles {
		known[p.Name] = p
	}
	for _, kind := range q.Plan.Rules.Kinds {
		for _, name := range q.deletedBy(kind) {
			p, found := known[name]
			deletes := p.Premise.Of(kind)
			switch {
			case !found:
				evidence = append(evidence, fmt.Sprintf("%s by category: unknown", kind))
			case deletes != profile.No:
				evidence = append(evidence, fmt.Sprintf("%s of %s: %s", kind, p.Product, deletes))
			}
		}
	}
	if len(evidence) == 0 {
		return nil
	}
	return &Closed{
		Name: PlugIn, Reason: "while the plug-in is connected, deleting in Outlook may delete in the CRM; the flag states that it is off for these mailboxes",
		Evidence: "does it? " + strings.Join(evidence, ", "),
	}
}

// deletedBy are the profiles by which items of a kind are deleted; "" stands for
// a category of the rules' own.
func (q *Question) deletedBy(kind item.Kind) []string {
	var names []string
	for _, m := range q.Plan.Mailboxes {
		for _, s := range m.Steps {
			if s.Kind == kind && s.Action.Deletes() && !slices.Contains(names, s.Profile) {
				names = append(names, s.Profile)
			}
		}
	}
	return names
}

func (q *Question) recent() *Closed {
	if q.Watch == nil || q.Watch.recent.n == 0 {
		return nil
	}
	return &Closed{
		Name: Recent, Reason: "the plug-in's items were made or changed in the last 24 hours, so the plug-in may still write; the flag states that it was not the plug-in",
		Evidence: q.Watch.recent.String(),
	}
}

func (q *Question) server() *Closed {
	if q.Watch == nil || q.Watch.newer.n == 0 {
		return nil
	}
	return &Closed{
		Name: Server, Reason: "the sync server seems to be on already: mailboxes are to be prepared before it is; the flag states that this is known",
		Evidence: fmt.Sprintf("made with its category %q: %s; its first sync would move %d items to Lost & Found", q.Watch.Category, q.Watch.newer, q.Watch.LostAndFound()),
	}
}

func (q *Question) canary() *Closed {
	switch {
	case q.IsCanary:
		return nil
	case q.NoCanary:
		return &Closed{
			Name: Canary, Reason: "nobody has seen yet what a deletion does in the CRM: begin with --canary 3, which deletes three items of each kind in one mailbox",
			Evidence: "no canary was deleted",
		}
	}
	return &Closed{
		Name: Canary, Reason: "look whether these are still in the CRM; the flag states that they are",
		Evidence: "the canary deleted " + strings.Join(q.Deleted, ", "),
	}
}
