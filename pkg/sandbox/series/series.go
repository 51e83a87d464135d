// Package series knows how a Graph series master stands for its occurrences:
// which dates it has, which of them are cancelled or exceptions, and what the
// body of a plain occurrence is.
//
// It promises what the resource page of event and the example of
// event-list-instances show: an occurrence is the master's body under an id of
// its own, at its own time, with the master's version. A series keeps its time
// of day in the zone that it repeats in, whatever the clocks there do; whole
// days stay whole. It changes nothing.
package series

import (
	"iter"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/recur"
	"github.com/riva-prep/riva-prep/pkg/zone"
)

// wallTime is the form of a dateTimeTimeZone's dateTime: no offset.
const wallTime = "2006-01-02T15:04:05.0000000"

// utcTime is the form of originalStart.
const utcTime = "2006-01-02T15:04:05Z"

// Day is the length of a day where there is no daylight saving.
const Day = 24 * time.Hour

// Wall reads the dateTime of a member of type dateTimeTimeZone as if it were
// UTC; the zero time where it cannot be read.
func Wall(body rawjson.Object, member string) time.Time {
	text := body.Object(member).Text("dateTime")
	at, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(text, "Z"))
	if err != nil {
		return time.Time{}
	}
	return at
}

// Instant is when a member of type dateTimeTimeZone is; the zero time where it
// cannot be read, as if in UTC where its zone is not known.
func Instant(body rawjson.Object, member string) time.Time {
	wall := Wall(body, member)
	if wall.IsZero() {
		return wall
	}
	return inZone(wall, location(body.Object(member).Text("timeZone"))).UTC()
}

// location is the first zone of the names that is known, else UTC.
func location(names ...string) *time.Location {
	for _, name := range names {
		if found, err := zone.Load(name); err == nil && name != "" {
			return found
		}
	}
	return time.UTC
}

// inZone is the same date and time on the clocks of a zone.
func inZone(wall time.Time, in *time.Location) time.Time {
	return time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), in)
}

// Rule is the recurrence of a master; ok is false for other events and for
// recurrences that cannot be read.
func Rule(body rawjson.Object) (rule recur.Rule, ok bool) {
	raw, ok := body.Get("recurrence")
	if !ok || string(raw) == "null" {
		return rule, false
	}
	rule, err := recur.Parse(raw)
	return rule, err == nil
}

// SlotDay is the date of the series that an exception stands for.
func SlotDay(master, exception rawjson.Object) time.Time {
	rule, ok := Rule(master)
	if !ok {
		return time.Time{}
	}
	original, err := time.Parse(time.RFC3339, exception.Text("originalStart"))
	if err != nil {
		original = Instant(exception, "start")
	}
	// Rounding absorbs daylight saving and the distance of the zones.
	days := original.Sub(Instant(master, "start")).Round(Day) / Day
	return rule.Start().AddDate(0, 0, int(days))
}

// gone are the dates of a series that are cancelled or exceptions.
func gone(master rawjson.Object) map[string]bool {
	days := map[string]bool{}
	for _, id := range master.Texts("cancelledOccurrences") {
		days[id[strings.LastIndex(id, ".")+1:]] = true
	}
	for _, exception := range master.Objects("exceptionOccurrences") {
		days[SlotDay(master, exception).Format(time.DateOnly)] = true
	}
	return days
}

// Occurrences yields the dates and bodies of a series' plain occurrences, from
// one date to another, both included.
func Occurrences(master rawjson.Object, from, to time.Time) iter.Seq2[time.Time, rawjson.Object] {
	return func(yield func(time.Time, rawjson.Object) bool) {
		rule, ok := Rule(master)
		if !ok {
			return
		}
		missing := gone(master)
		for day := range rule.Between(from, to) {
			if !missing[day.Format(time.DateOnly)] && !yield(day, occurrence(master, rule, day)) {
				return
			}
		}
	}
}

// occurrence is the master's body as Graph shows it for one date.
func occurrence(master rawjson.Object, rule recur.Rule, day time.Time) rawjson.Object {
	days := int(day.Sub(rule.Start()) / Day)
	at := func(member string) rawjson.Object {
		stored := location(master.Object(member).Text("timeZone"))
		return master.Object(member).Set("dateTime", moved(master, member, days).In(stored).Format(wallTime))
	}
	id := master.Text("id")
	return master.Without("exceptionOccurrences", "cancelledOccurrences", "attachments", "extensions", "immutableId",
		"singleValueExtendedProperties", "multiValueExtendedProperties").
		Merge(rawjson.Of("id", OccurrenceID(id, day), "seriesMasterId", id, "type", "occurrence",
			"start", at("start"), "end", at("end"), "recurrence", nil,
			"originalStart", moved(master, "start", days).UTC().Format(utcTime)))
}

// moved is a time of the master so many days later, on the clocks of the zone
// that the series repeats in.
func moved(master rawjson.Object, member string, days int) time.Time {
	// recurrenceTimeZone is about the dates of the range (Graph docs, recurrencerange).
	own := location(master.Text("originalStartTimeZone"), master.Object(member).Text("timeZone"))
	if master.Bool("isAllDay", false) {
		own = location(master.Object(member).Text("timeZone"))
	}
	return Instant(master, member).In(own).AddDate(0, 0, days)
}

// Window gives the dates on which occurrences that overlap a time can begin.
func Window(master rawjson.Object, from, to time.Time) (first, last time.Time) {
	length := Instant(master, "end").Sub(Instant(master, "start"))
	return from.Add(-length).Truncate(Day).AddDate(0, 0, -1), to.AddDate(0, 0, 1)
}

// Overlaps tells whether an event lies at least in part between from and to.
func Overlaps(body rawjson.Object, from, to time.Time) bool {
	start, end := Instant(body, "start"), Instant(body, "end")
	return start.Before(to) && (end.After(from) || start.Equal(end) && !start.Before(from))
}

// Past tells whether an event, or the whole of a series, ended before now.
func Past(body rawjson.Object, now time.Time) bool {
	end := Instant(body, "end")
	if rule, ok := Rule(body); ok {
		last, ends := rule.End()
		if !ends {
			return false
		}
		end = end.Add(last.Sub(rule.Start()))
		for _, exception := range body.Objects("exceptionOccurrences") {
			if later := Instant(exception, "end"); later.After(end) {
				end = later
			}
		}
	}
	return end.Before(now.UTC())
}
