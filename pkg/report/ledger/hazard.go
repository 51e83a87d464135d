package ledger

import (
	"slices"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
)

// Reason groups items by hazard.
type Reason struct {
	Hazard  plan.Hazard
	Explain string
	Count   int
	// Items are what is held. Cautions have none.
	Items []Entry
}

// Cautions count the hazards of the steps themselves.
func (b *Book) Cautions() []Reason {
	counts := map[plan.Hazard]int{}
	for _, m := range b.Plan.Mailboxes {
		for _, s := range m.Steps {
			for _, h := range s.Hazards {
				counts[h]++
			}
		}
	}
	var all []Reason
	for _, h := range plan.Hazards() {
		if counts[h] > 0 {
			all = append(all, Reason{Hazard: h, Explain: h.Explain(), Count: counts[h]})
		}
	}
	return all
}

// Reasons group what is held, most serious first; a hazard that this version
// does not know comes last rather than not at all.
func (b *Book) Reasons() []Reason {
	held := map[plan.Hazard][]Entry{}
	for _, m := range b.Plan.Mailboxes {
		for _, h := range m.Held {
			held[h.Hazard] = append(held[h.Hazard], heldEntry(m.Account, h))
		}
	}
	var all []Reason
	for _, h := range ranked(held) {
		all = append(all, Reason{Hazard: h, Explain: h.Explain(), Count: len(held[h]), Items: held[h]})
	}
	return all
}

func ranked(held map[plan.Hazard][]Entry) []plan.Hazard {
	var known, others []plan.Hazard
	for _, h := range plan.Hazards() {
		if len(held[h]) > 0 {
			known = append(known, h)
		}
	}
	for h := range held {
		if !slices.Contains(known, h) {
			others = append(others, h)
		}
	}
	slices.Sort(others)
	return append(known, others...)
}

// Loss counts the items that come back without something.
type Loss struct {
	Name, What string
	Count      int
}

// Losses count what will not come back, in the order of the published list.
func (b *Book) Losses() []Loss {
	counts := map[string]int{}
	for _, m := range b.Plan.Mailboxes {
		for _, s := range m.Steps {
			for _, name := range s.Loses {
				counts[name]++
			}
		}
	}
	var all []Loss
	for _, l := range rebuild.Losses() {
		if counts[l.Name] > 0 {
			all = append(all, Loss{l.Name, l.What, counts[l.Name]})
		}
	}
	return all
}
