package table

import (
	"io"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/handout/form"
)

// Tasks begins a file of tasks. Outlook imports tasks from CSV only.
func Tasks(w io.Writer, home *time.Location) (*Table[form.Task], error) {
	on := func(of func(form.Task) form.DateTime) func(form.Task) string {
		return func(t form.Task) string {
			day, err := of(t).Date()
			return formatted(day, err, time.DateOnly)
		}
	}
	remind := func(layout string) func(form.Task) string {
		return func(t form.Task) string {
			if !t.Reminder {
				return ""
			}
			at, err := t.RemindAt.Instant()
			return formatted(at.In(home), err, layout)
		}
	}
	return start(w, []column[form.Task]{
		{"Subject", func(t form.Task) string { return string(t.Title) }},
		{"Start Date", on(func(t form.Task) form.DateTime { return t.Start })},
		{"Due Date", on(func(t form.Task) form.DateTime { return t.Due })},
		{"Reminder On/Off", func(t form.Task) string { return yes(t.Reminder) }},
		{"Reminder Date", remind(time.DateOnly)},
		{"Reminder Time", remind(time.TimeOnly)},
		{"Date Completed", on(func(t form.Task) form.DateTime { return t.Completed })},
		{"% Complete", func(t form.Task) string { return complete(t.Status) }},
		{"Categories", func(t form.Task) string { return categories(t.Categories) }},
		{"Notes", form.Task.Description},
		{"Priority", func(t form.Task) string { return priority(t.Importance) }},
		{"Status", func(t form.Task) string { return status(t.Status) }},
	})
}

func formatted(t time.Time, err error, layout string) string {
	if err != nil {
		return ""
	}
	return t.Format(layout)
}

func complete(s string) string {
	switch strings.ToLower(s) {
	case "completed":
		return "100"
	case "inprogress":
		return "50"
	}
	return "0"
}

// status is Outlook's word for Graph's.
func status(s string) string {
	switch strings.ToLower(s) {
	case "completed":
		return "Completed"
	case "inprogress":
		return "In Progress"
	case "waitingonothers":
		return "Waiting on someone else"
	case "deferred":
		return "Deferred"
	}
	return "Not Started"
}
