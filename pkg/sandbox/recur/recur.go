// Package recur expands the recurrence of a Graph series master into dates.
//
// It promises the six pattern types and three range types of the resource
// pages recurrencePattern and recurrenceRange, in calendar dates: a slot is the
// date in the series' own zone, which is also what the last part of an
// occurrence id names. Time of day and zones are the caller's business.
// It refuses a pattern it cannot read; such a series has no occurrences.
package recur

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Rule is a patternedRecurrence.
type Rule struct {
	Pattern Pattern `json:"pattern"`
	Range   Range   `json:"range"`
}

// Pattern says on which days a series falls.
type Pattern struct {
	Type           string   `json:"type"`
	Interval       int      `json:"interval"`
	Month          int      `json:"month"`
	DayOfMonth     int      `json:"dayOfMonth"`
	DaysOfWeek     []string `json:"daysOfWeek"`
	FirstDayOfWeek string   `json:"firstDayOfWeek"`
	Index          string   `json:"index"`
}

// Range says from when and until when.
type Range struct {
	Type                string `json:"type"`
	StartDate           string `json:"startDate"`
	EndDate             string `json:"endDate"`
	NumberOfOccurrences int    `json:"numberOfOccurrences"`
}

// Parse reads the raw JSON of a patternedRecurrence and checks it.
func Parse(raw []byte) (Rule, error) {
	var r Rule
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("read recurrence: %w", err)
	}
	if _, err := time.Parse(time.DateOnly, r.Range.StartDate); err != nil {
		return r, fmt.Errorf("read recurrence: range.startDate %q is not a date", r.Range.StartDate)
	}
	known := []string{"daily", "weekly", "absolutemonthly", "relativemonthly", "absoluteyearly", "relativeyearly"}
	if !slices.Contains(known, strings.ToLower(r.Pattern.Type)) {
		return r, fmt.Errorf("read recurrence: pattern.type %q is unknown", r.Pattern.Type)
	}
	return r, nil
}

// Start is the first date of the range.
func (r Rule) Start() time.Time {
	start, _ := time.Parse(time.DateOnly, r.Range.StartDate)
	return start
}

// End is the last date on which an occurrence can fall; false for a series
// without end.
func (r Rule) End() (time.Time, bool) {
	switch strings.ToLower(r.Range.Type) {
	case "enddate":
		end, err := time.Parse(time.DateOnly, r.Range.EndDate)
		return end, err == nil
	case "numbered":
		var last time.Time
		for day := range r.all() {
			last = day
		}
		return last, true
	}
	return time.Time{}, false
}

// Between yields the dates from from to to, both included, in order.
func (r Rule) Between(from, to time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		for day := range r.all() {
			if day.After(to) {
				return
			}
			if !day.Before(from) && !yield(day) {
				return
			}
		}
	}
}

// lastYear bounds a series without end, as Outlook's own calendar does.
const lastYear = 4500

// all yields every date of the range.
func (r Rule) all() iter.Seq[time.Time] {
	start := r.Start()
	limit := time.Date(lastYear, 1, 1, 0, 0, 0, 0, time.UTC)
	if strings.EqualFold(r.Range.Type, "endDate") {
		if end, err := time.Parse(time.DateOnly, r.Range.EndDate); err == nil {
			limit = end
		}
	}
	left := -1
	if strings.EqualFold(r.Range.Type, "numbered") {
		left = r.Range.NumberOfOccurrences
	}
	return func(yield func(time.Time) bool) {
		for day := range r.candidates(start, limit) {
			if left == 0 || !yield(day) {
				return
			}
			left--
		}
	}
}

// candidates yields pattern dates within [start, limit].
func (r Rule) candidates(start, limit time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		for period := 0; ; period++ {
			first, days := r.period(start, period)
			if first.After(limit) {
				return
			}
			for _, day := range days {
				if day.Before(start) {
					continue
				}
				if day.After(limit) || !yield(day) {
					return
				}
			}
		}
	}
}

// period gives the first day of the nth period and the pattern's days in it.
func (r Rule) period(start time.Time, n int) (time.Time, []time.Time) {
	step := n * max(r.Pattern.Interval, 1)
	switch strings.ToLower(r.Pattern.Type) {
	case "daily":
		day := start.AddDate(0, 0, step)
		return day, []time.Time{day}
	case "weekly":
		return r.week(start, step)
	case "absolutemonthly":
		month := firstOfMonth(start).AddDate(0, step, 0)
		return month, []time.Time{onDay(month, r.Pattern.DayOfMonth)}
	case "relativemonthly":
		month := firstOfMonth(start).AddDate(0, step, 0)
		return month, r.relative(month)
	}
	month := time.Date(start.Year()+step, time.Month(max(r.Pattern.Month, 1)), 1, 0, 0, 0, 0, time.UTC)
	if strings.EqualFold(r.Pattern.Type, "absoluteYearly") {
		return month, []time.Time{onDay(month, r.Pattern.DayOfMonth)}
	}
	return month, r.relative(month)
}

func (r Rule) week(start time.Time, weeks int) (time.Time, []time.Time) {
	first := int(weekday(r.Pattern.FirstDayOfWeek))
	back := (int(start.Weekday()) - first + 7) % 7
	monday := start.AddDate(0, 0, 7*weeks-back)
	var days []time.Time
	for i := range 7 {
		day := monday.AddDate(0, 0, i)
		if r.fallsOn(day.Weekday()) {
			days = append(days, day)
		}
	}
	return monday, days
}

// relative gives the first…fourth or last of the pattern's weekdays.
func (r Rule) relative(month time.Time) []time.Time {
	var days []time.Time
	for day := month; day.Month() == month.Month(); day = day.AddDate(0, 0, 1) {
		if r.fallsOn(day.Weekday()) {
			days = append(days, day)
		}
	}
	at := slices.Index([]string{"first", "second", "third", "fourth"}, strings.ToLower(r.Pattern.Index))
	if strings.EqualFold(r.Pattern.Index, "last") {
		at = len(days) - 1
	}
	if at < 0 || at >= len(days) {
		return nil
	}
	return days[at : at+1]
}

func (r Rule) fallsOn(day time.Weekday) bool {
	return slices.ContainsFunc(r.Pattern.DaysOfWeek, func(name string) bool { return weekday(name) == day })
}

func weekday(name string) time.Weekday {
	for day := range time.Weekday(7) {
		if strings.EqualFold(day.String(), name) {
			return day
		}
	}
	return time.Sunday
}

func firstOfMonth(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// onDay is the day of the month, or its last one where it is shorter, as
// Outlook does it.
func onDay(month time.Time, day int) time.Time {
	last := month.AddDate(0, 1, -1).Day()
	return month.AddDate(0, 0, min(max(day, 1), last)-1)
}
