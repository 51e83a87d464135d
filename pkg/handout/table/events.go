package table

import (
	"io"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/handout/form"
)

// Events begins a file of events. The times are those on the wall of home,
// since Outlook takes them for the zone of the machine that imports them. Add
// an event only if its Times can be read.
func Events(w io.Writer, home *time.Location) (*Table[form.Event], error) {
	startsAt := func(layout string) func(form.Event) string {
		return func(e form.Event) string { from, _ := local(e, home); return from.Format(layout) }
	}
	endsAt := func(layout string) func(form.Event) string {
		return func(e form.Event) string { _, to := local(e, home); return to.Format(layout) }
	}
	remind := func(layout string) func(form.Event) string {
		return func(e form.Event) string {
			if !e.Reminder {
				return ""
			}
			from, _ := local(e, home)
			return from.Add(-time.Duration(e.ReminderBefore) * time.Minute).Format(layout)
		}
	}
	return start(w, []column[form.Event]{
		{"Subject", func(e form.Event) string { return string(e.Subject) }},
		{"Start Date", startsAt(time.DateOnly)},
		{"Start Time", startsAt(time.TimeOnly)},
		{"End Date", endsAt(time.DateOnly)},
		{"End Time", endsAt(time.TimeOnly)},
		{"All day event", func(e form.Event) string { return yes(e.AllDay) }},
		{"Reminder on/off", func(e form.Event) string { return yes(e.Reminder) }},
		{"Reminder Date", remind(time.DateOnly)},
		{"Reminder Time", remind(time.TimeOnly)},
		{"Categories", func(e form.Event) string { return categories(e.Categories) }},
		{"Description", form.Event.Description},
		{"Location", func(e form.Event) string { return string(e.Location.Name) }},
		{"Priority", func(e form.Event) string { return priority(e.Importance) }},
		{"Private", func(e form.Event) string { return yes(e.Private()) }},
		{"Sensitivity", func(e form.Event) string { return sensitivity(e.Private()) }},
		{"Show time as", func(e form.Event) string { return showAs(e.ShowAs) }},
	})
}

// local gives the times on the wall; days are the same on every wall.
func local(e form.Event, home *time.Location) (start, end time.Time) {
	start, end, _ = e.Times()
	if e.AllDay {
		return start, end
	}
	return start.In(home), end.In(home)
}

// showAs is the number that Outlook writes in its own exports.
func showAs(s string) string {
	switch strings.ToLower(s) {
	case "tentative":
		return "1"
	case "free":
		return "3"
	case "oof":
		return "4"
	}
	return "2"
}
