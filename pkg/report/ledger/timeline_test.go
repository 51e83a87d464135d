package ledger

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

func event(start time.Time, series bool) plan.Step {
	return plan.Step{Action: plan.Delete, Kind: item.Events, Start: start, Series: series}
}

func timelineOf(at time.Time, steps ...plan.Step) Timeline {
	return Of(plan.Plan{Created: at, Mailboxes: []plan.Mailbox{{Steps: steps}}}, nil).Timeline()
}

func TestTimeline(t *testing.T) {
	at := time.Date(2026, 7, 3, 12, 0, 0, 0, time.UTC)
	east := time.FixedZone("", 7200)
	contact, tag, removed := event(at, false), event(at, false), event(at.Add(-time.Nanosecond), false)
	contact.Kind, tag.Action, removed.Action = item.Contacts, plan.SetCategories, plan.DeletePermanently
	got := timelineOf(at, contact, tag, removed,
		event(at, false), event(at.AddDate(5, 0, 0), false), event(at.AddDate(-3, 0, 0), true), event(time.Time{}, false),
		event(time.Date(2026, 8, 1, 1, 0, 0, 0, east), false)) // July in UTC
	want := Timeline{At: at, Past: 1, ToCome: 3, Series: 1, Undated: 1, Months: []Month{
		{Year: 2023, Month: 7, Series: 1}, {Year: 2026, Month: 7, Past: 1, ToCome: 2}, {Year: 2031, Month: 7, ToCome: 1},
	}}
	if !reflect.DeepEqual(got, want) || got.Events() != 6 || got.Months[0].Name() != "July 2023" {
		t.Errorf("%+v", got)
	}
	if got := timelineOf(at); got.Events() != 0 || got.Months == nil {
		t.Errorf("of nothing: %+v", got)
	}
}

// TestTimelineHasEveryEventOnce, in order, whatever their order in the plan.
func TestTimelineHasEveryEventOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var steps []plan.Step
		for range rapid.IntRange(0, 40).Draw(t, "events") {
			start := time.Unix(rapid.Int64Range(-1e9, 9e9).Draw(t, "start"), 0)
			steps = append(steps, event(start, rapid.Bool().Draw(t, "series")))
		}
		got := timelineOf(time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0), steps...)
		var sum Month
		var names []string
		for _, m := range got.Months {
			sum.Past, sum.ToCome, sum.Series = sum.Past+m.Past, sum.ToCome+m.ToCome, sum.Series+m.Series
			names = append(names, fmt.Sprintf("%d-%02d", m.Year, m.Month))
		}
		if got.Events() != len(steps) || sum.Past != got.Past || sum.ToCome != got.ToCome || sum.Series != got.Series {
			t.Fatalf("%d events: %+v", len(steps), got)
		}
		if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
			t.Fatalf("months are %q", names)
		}
	})
}
