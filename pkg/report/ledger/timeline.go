package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// Timeline says when the events begin that a plan deletes, by the moment at
// which the plan was made. A series counts as such, in the month of its first
// date: its dates may go on for years.
type Timeline struct {
	// At tells past events from those to come.
	At     time.Time `json:"at"`
	Past   int       `json:"past"`
	ToCome int       `json:"toCome"`
	Series int       `json:"series"`
	// Undated events are of no date, or of a plan that an earlier version made.
	Undated int `json:"undated"`
	// Months are those in which an event begins, in order.
	Months []Month `json:"months"`
}

// Month is a month of UTC with the events that begin in it.
type Month struct {
	Year   int        `json:"year"`
	Month  time.Month `json:"month"`
	Past   int        `json:"past"`
	ToCome int        `json:"toCome"`
	Series int        `json:"series"`
}

// Name is the month's, as people write it.
func (m Month) Name() string { return fmt.Sprintf("%s %d", m.Month, m.Year) }

// Events is how many events the timeline is about.
func (t Timeline) Events() int { return t.Past + t.ToCome + t.Series + t.Undated }

// Timeline counts the events to be deleted.
func (b *Book) Timeline() Timeline {
	t := Timeline{At: b.Plan.Created.UTC(), Months: []Month{}}
	for _, m := range b.Plan.Mailboxes {
		for _, s := range m.Steps {
			if s.Action.Deletes() && s.Kind == item.Events {
				t.add(s)
			}
		}
	}
	return t
}

func (t *Timeline) add(s plan.Step) {
	if s.Start.IsZero() {
		t.Undated++
		return
	}
	month := t.month(s.Start.UTC())
	switch {
	case s.Series:
		t.Series++
		month.Series++
	case s.Start.Before(t.At):
		t.Past++
		month.Past++
	default:
		t.ToCome++
		month.ToCome++
	}
}

// month finds the month of a day, or makes a place for it.
func (t *Timeline) month(day time.Time) *Month {
	at, found := slices.BinarySearchFunc(t.Months, day, func(m Month, day time.Time) int {
		return cmp.Or(cmp.Compare(m.Year, day.Year()), cmp.Compare(m.Month, day.Month()))
	})
	if !found {
		t.Months = slices.Insert(t.Months, at, Month{Year: day.Year(), Month: day.Month()})
	}
	return &t.Months[at]
}
