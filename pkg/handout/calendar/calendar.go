// Package calendar writes events as an iCalendar file (RFC 5545) that Outlook
// imports (MS-OXCICAL).
//
// It promises that importing the file mails nobody: it names no organizer and
// no attendee in fields of their own. Who was invited stands in the text. It
// promises that a series keeps its hour across daylight saving, and lines of
// at most 75 octets that end with CRLF. The same events give the same bytes.
package calendar

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/riva-prep/riva-prep/pkg/handout/form"
	"github.com/riva-prep/riva-prep/pkg/item"
)

// What this format cannot carry, as it is counted.
const (
	NoZone      = "repeat in a time zone without a known name: written in the mailbox's own or one near it, their hour may shift when clocks change"
	OldRules    = "began when their time zone had other rules: dates of that time may be an hour off"
	NoCancelled = "have cancelled dates that cannot be read, which are back in the file"
	NoOriginal  = "have an exception without its original date, which is left out"
	NoRule      = "repeat by a rule that no calendar knows: written on the first date only"
	ShortMonth  = "repeat on the 29th or 30th: Outlook moves that to the last day of a shorter month, other calendars leave the month out"
)

// comma stands for a comma between values: the library escapes every other.
const comma = "\x1f"

const (
	utcTime  = "20060102T150405Z"
	wallTime = "20060102T150405"
	dateOnly = "20060102"
)

// Calendar is one file being written.
type Calendar struct {
	w     io.Writer
	zones *Zones
	notes form.Notes
	uids  map[string]bool
}

// Begin writes what comes before the events.
func Begin(w io.Writer, name form.Text, zones *Zones, notes form.Notes) (*Calendar, error) {
	file := ics.NewCalendar()
	file.SetProductId("-//riva-prep//handout//EN")
	file.SetMethod(ics.MethodPublish)
	file.SetXWRCalName(string(name))
	for _, d := range zones.list {
		file.AddVTimezone(d.component())
	}
	c := &Calendar{w: w, zones: zones, notes: notes, uids: map[string]bool{}}
	return c, c.write(strings.TrimSuffix(file.Serialize(ics.WithNewLineWindows), end))
}

const end = "END:VCALENDAR\r\n"

// End writes what comes after the events.
func (c *Calendar) End() error { return c.write(end) }

func (c *Calendar) write(s string) error {
	_, err := io.WriteString(c.w, strings.ReplaceAll(s, comma, ","))
	return err
}

func (c *Calendar) event(v *ics.VEvent) error {
	const octets = 75
	return c.write(v.Serialize(&ics.SerializationConfiguration{MaxLength: octets, PropertyMaxLength: octets, NewLine: string(ics.WithNewLineWindows)}))
}

// Add writes an event with its exceptions. An error that is ErrUnusable means
// that nothing was written.
func (c *Calendar) Add(e form.Event, series form.Series) error {
	start, end, err := e.Times()
	if err != nil {
		return err
	}
	v := ics.NewEvent(c.uid(e))
	describe(v, e)
	if e.Recurrence == nil {
		span{}.set(v, e.AllDay, start, end)
		return c.event(v)
	}
	s := c.span(e, start)
	s.set(v, e.AllDay, start, end)
	rule, ok := c.rule(e, s.loc)
	if !ok {
		c.notes.Add(item.Events, NoRule)
		return c.event(v)
	}
	v.AddRrule(rule)
	c.cancelled(v, e, series, s, start)
	if err := c.event(v); err != nil {
		return err
	}
	return c.exceptions(v.Id(), e, series, s)
}

// uid is the id that the event has in all mailboxes. Calendars hold two events
// with the same one for the same event, so the second gets an id of its own.
func (c *Calendar) uid(e form.Event) string {
	uid := strings.Join(strings.Fields(string(e.UID)), " ")
	if uid == "" || c.uids[uid] {
		sum := sha256.Sum256([]byte(e.ID))
		uid = strings.TrimPrefix(uid+"-"+hex.EncodeToString(sum[:8]), "-")
	}
	c.uids[uid] = true
	return uid
}

// span is how the times of an event are written: UTC for a single event, the
// wall of a zone for a series.
type span struct {
	id  string
	loc *time.Location
}

// span is that of a series; it says what will be off in it.
func (c *Calendar) span(e form.Event, start time.Time) span {
	s, named := c.zones.of(e)
	if e.AllDay || s.loc == time.UTC {
		return span{loc: s.loc}
	}
	if !named {
		c.notes.Add(item.Events, NoZone)
	}
	if d := c.zones.need(s); !d.holds(start) {
		c.notes.Add(item.Events, OldRules)
	}
	return s
}

// set writes start and end.
func (s span) set(v *ics.VEvent, allDay bool, start, end time.Time) {
	s.put(v, ics.ComponentPropertyDtStart, allDay, start)
	s.put(v, ics.ComponentPropertyDtEnd, allDay, end)
}

// put adds a date, or a time as it is in the zone.
func (s span) put(v *ics.VEvent, property ics.ComponentProperty, allDay bool, t time.Time) {
	switch {
	case allDay:
		v.AddProperty(property, t.Format(dateOnly), ics.WithValue("DATE"))
	case s.id == "":
		v.AddProperty(property, t.UTC().Format(utcTime))
	default:
		v.AddProperty(property, t.In(s.loc).Format(wallTime), ics.WithTZID(s.id))
	}
}

// cancelled takes the dates out on which the series does not take place.
func (c *Calendar) cancelled(v *ics.VEvent, e form.Event, series form.Series, s span, start time.Time) {
	days, unread := series.Days()
	if unread > 0 {
		c.notes.Add(item.Events, NoCancelled)
	}
	for _, day := range days {
		if !e.AllDay {
			local := start.In(s.loc)
			day = time.Date(day.Year(), day.Month(), day.Day(), local.Hour(), local.Minute(), local.Second(), 0, s.loc)
		}
		s.put(v, ics.ComponentPropertyExdate, e.AllDay, day)
	}
}

// exceptions are events of their own with the id of the series and the date
// that they stand for.
func (c *Calendar) exceptions(uid string, master form.Event, series form.Series, s span) error {
	for _, x := range series.Exceptions {
		start, end, err := x.Times()
		original, ok := form.Stamp(x.OriginalStart), true
		if master.AllDay {
			original, ok = x.OriginalDay(s.loc)
		}
		if err != nil || !ok || original.IsZero() {
			c.notes.Add(item.Events, NoOriginal)
			continue
		}
		v := ics.NewEvent(uid)
		describe(v, x)
		s.put(v, ics.ComponentPropertyRecurrenceId, master.AllDay, original)
		s.set(v, x.AllDay, start, end)
		if err := c.event(v); err != nil {
			return err
		}
	}
	return nil
}

// describe writes all but the times.
func describe(v *ics.VEvent, e form.Event) {
	v.SetDtStampTime(e.Changed())
	if created := form.Stamp(e.Created); !created.IsZero() {
		v.SetCreatedTime(created)
	}
	v.SetModifiedAt(e.Changed())
	v.SetSummary(string(e.Subject))
	if e.Location.Name != "" {
		v.SetLocation(string(e.Location.Name))
	}
	if text := e.Description(); text != "" {
		v.SetDescription(text)
	}
	if markup := e.HTML(); markup != "" {
		v.AddProperty("X-ALT-DESC", markup, ics.WithFmtType("text/html"))
	}
	if len(e.Categories) > 0 {
		v.AddProperty(ics.ComponentPropertyCategories, categories(e.Categories))
	}
	show(v, e)
	if e.Reminder {
		alarm := v.AddAlarm()
		alarm.SetAction(ics.ActionDisplay)
		alarm.SetTrigger(fmt.Sprintf("-PT%dM", max(e.ReminderBefore, 0)))
		alarm.SetProperty(ics.ComponentPropertyDescription, "Reminder")
	}
}

// categories are one value each; Outlook writes them into one line.
func categories(list []form.Text) string {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = string(c)
	}
	return strings.Join(names, comma)
}

func show(v *ics.VEvent, e form.Event) {
	switch strings.ToLower(e.Sensitivity) {
	case "private", "personal":
		v.SetClass(ics.ClassificationPrivate)
	case "confidential":
		v.SetClass(ics.ClassificationConfidential)
	}
	switch strings.ToLower(e.Importance) {
	case "high":
		v.SetPriority(1)
	case "low":
		v.SetPriority(9)
	}
	transparency, busy := ics.TransparencyOpaque, "BUSY"
	switch strings.ToLower(e.ShowAs) {
	case "free":
		transparency, busy = ics.TransparencyTransparent, "FREE"
	case "tentative":
		busy = "TENTATIVE"
	case "oof":
		busy = "OOF"
	case "workingelsewhere":
		busy = "WORKINGELSEWHERE"
	}
	v.SetTimeTransparency(transparency)
	v.AddProperty("X-MICROSOFT-CDO-BUSYSTATUS", busy)
}
