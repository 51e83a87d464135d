package handout_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/handout"
	"github.com/riva-prep/riva-prep/pkg/handout/calendar"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/sandbox/recur"
	"github.com/riva-prep/riva-prep/pkg/zone"
)

// component is a VEVENT or a VTIMEZONE as a reader by the standard sees it.
type component struct {
	kind string
	list []property
	subs []*component
	// onsets are those of an observance, once they were asked for.
	onsets []time.Time
}

func (c *component) find(name string) []property { return find(c.list, name) }

func (c *component) text(name string) string {
	if found := c.find(name); len(found) > 0 {
		return found[0].text()
	}
	return ""
}

// file is a calendar file taken apart.
type calendarFile struct {
	head   []property
	events []*component
	// exceptions are the events with an original date, by the ids of their series.
	exceptions map[string][]*component
	zones      map[string]*component
}

func parse(t interface {
	Helper()
	Fatalf(string, ...any)
}, content string,
) calendarFile {
	t.Helper()
	if _, err := ics.ParseCalendar(strings.NewReader(content)); err != nil {
		t.Fatalf("the library cannot read it: %v", err)
	}
	file := calendarFile{zones: map[string]*component{}, exceptions: map[string][]*component{}}
	var open []*component
	for _, line := range unfold(content) {
		p := propertyOf(line)
		value := p.raw
		switch p.name {
		case "BEGIN":
			open = append(open, &component{kind: value})
		case "END":
			done := open[len(open)-1]
			if done.kind != value {
				t.Fatalf("%s ends as %s", done.kind, value)
			}
			open = open[:len(open)-1]
			switch value {
			case "VCALENDAR":
				file.head = done.list
			case "VEVENT":
				file.events = append(file.events, done)
				if len(done.find("RECURRENCE-ID")) > 0 {
					file.exceptions[done.text("UID")] = append(file.exceptions[done.text("UID")], done)
				}
			case "VTIMEZONE":
				if len(file.events) > 0 {
					t.Fatalf("%s is described after an event", done.text("TZID"))
				}
				file.zones[done.text("TZID")] = done
			default:
				open[len(open)-1].subs = append(open[len(open)-1].subs, done)
			}
		default:
			open[len(open)-1].list = append(open[len(open)-1].list, p)
		}
	}
	return file
}

// wallOf reads a DATE or DATE-TIME as the numbers that it shows.
func wallOf(p property) time.Time {
	for _, layout := range []string{"20060102T150405Z", "20060102T150405", "20060102"} {
		if t, err := time.Parse(layout, p.raw); err == nil {
			return t
		}
	}
	return time.Time{}
}

// instant reads a time with the zone's rules in the file itself.
func (f calendarFile) instant(t interface{ Fatalf(string, ...any) }, p property) time.Time {
	wall := wallOf(p)
	if wall.IsZero() {
		t.Fatalf("no time in %+v", p)
	}
	if strings.HasSuffix(p.raw, "Z") || p.params["VALUE"] != nil {
		return wall
	}
	tz := f.zones[p.params["TZID"][0]]
	if tz == nil {
		t.Fatalf("zone of %+v is not described", p)
	}
	return wall.Add(-offsetAt(t, tz, wall))
}

// offsetAt is what RFC 5545 says: the observance with the latest onset counts.
func offsetAt(t interface{ Fatalf(string, ...any) }, tz *component, wall time.Time) time.Duration {
	var latest time.Time
	var latestOf *component
	for _, o := range tz.subs {
		if o.onsets == nil {
			o.onsets = onsets(t, o)
		}
		for _, at := range o.onsets {
			if !at.After(wall) && at.After(latest) {
				latest, latestOf = at, o
			}
		}
	}
	if latest.IsZero() {
		t.Fatalf("%s has no rule for %s", tz.text("TZID"), wall)
	}
	return offsetOf(latestOf.text("TZOFFSETTO"))
}

func onsets(t interface{ Fatalf(string, ...any) }, o *component) []time.Time {
	first := wallOf(o.find("DTSTART")[0])
	rules := o.find("RRULE")
	if len(rules) == 0 {
		return []time.Time{first}
	}
	return expand(t, rules[0].raw, first).Between(first, first.AddDate(70, 0, 0), true)
}

func offsetOf(s string) time.Duration {
	var sign rune
	var hours, minutes int
	if _, err := fmt.Sscanf(s, "%c%2d%2d", &sign, &hours, &minutes); err != nil {
		return 0
	}
	d := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if sign == '-' {
		return -d
	}
	return d
}

func expand(t interface{ Fatalf(string, ...any) }, rule string, start time.Time) *rrule.RRule {
	option, err := rrule.StrToROption(rule)
	if err != nil {
		t.Fatalf("rule %q: %v", rule, err)
	}
	option.Dtstart = start
	r, err := rrule.NewRRule(*option)
	if err != nil {
		t.Fatalf("rule %q: %v", rule, err)
	}
	return r
}

// meeting is an event as a test reads it, apart from the code under test.
type meeting struct {
	ID, Subject, Type, OriginalStartTimeZone, Sensitivity, ShowAs string
	IsAllDay, IsReminderOn                                        bool
	Start, End                                                    struct{ DateTime, TimeZone string }
	Categories                                                    []string
	Attendees                                                     []struct {
		EmailAddress struct{ Name, Address string }
	}
	Recurrence           json.RawMessage
	ExceptionOccurrences []json.RawMessage
	CancelledOccurrences []string
	Location             struct{ DisplayName string }
	OriginalStart        string
}

func (m meeting) at(t *testing.T, d struct{ DateTime, TimeZone string }) time.Time {
	t.Helper()
	loc, err := zone.Load(d.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02T15:04:05", d.DateTime, loc)
	if err != nil {
		t.Fatal(err)
	}
	if m.IsAllDay {
		return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	}
	return at.UTC()
}

func TestEveryEventComesBack(t *testing.T) {
	if race.Detector {
		t.Skip("takes long under the race detector: scripts/check runs it without")
	}
	events, series, exceptions, cancelled := 0, 0, 0, 0
	for _, name := range []string{"exports.json", "documented.json"} {
		for _, b := range tenant(t, name) {
			dst, result := write(t, b, handout.ICS)
			left := map[string]bool{}
			for _, l := range result.Left {
				left[l.ID] = true
			}
			events -= len(left)
			masters := map[string][]*component{}
			files := map[string]calendarFile{}
			for _, f := range dst.names(".ics") {
				content := dst.files[f].String()
				if strings.Contains(content, "\nATTENDEE") || strings.Contains(content, "\nORGANIZER") {
					t.Errorf("%s names somebody who would get mail", f)
				}
				parsed := parse(t, content)
				folder := find(parsed.head, "X-WR-CALNAME")[0].text()
				files[folder] = parsed
				for _, e := range parsed.events {
					if len(e.find("RECURRENCE-ID")) == 0 {
						masters[folder] = append(masters[folder], e)
					}
				}
			}
			for _, l := range b.lines {
				if l.Kind != item.Events {
					continue
				}
				events++
				if left[l.ID] {
					continue
				}
				var m meeting
				if err := json.Unmarshal(l.Item, &m); err != nil {
					t.Fatal(err)
				}
				got := masters[l.Folder][0]
				masters[l.Folder] = masters[l.Folder][1:]
				wantEvent(t, files[l.Folder], got, m)
				if len(m.Recurrence) > 0 && string(m.Recurrence) != "null" {
					series++
					exceptions += len(m.ExceptionOccurrences)
					cancelled += len(m.CancelledOccurrences)
					wantSeries(t, files[l.Folder], got, m)
				}
			}
		}
	}
	if events < 2165+11 || series < 1421 || exceptions < 9 || cancelled < 39 {
		t.Errorf("only %d events, %d series, %d exceptions, %d cancelled dates", events, series, exceptions, cancelled)
	}
}

func wantEvent(t *testing.T, _ calendarFile, got *component, m meeting) {
	t.Helper()
	start, end := m.at(t, m.Start), m.at(t, m.End)
	if m.IsAllDay && !end.After(start) {
		end = start.AddDate(0, 0, 1)
	}
	// Where a zone had other rules at the time, only the wall is the same.
	loc := time.UTC
	if id := got.find("DTSTART")[0].params["TZID"]; id != nil {
		var err error
		if loc, err = zone.Load(id[0]); err != nil {
			t.Fatal(err)
		}
	}
	for what, want := range map[string]time.Time{"DTSTART": start, "DTEND": end} {
		p := got.find(what)[0]
		wall := wallOf(p)
		at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, loc)
		if !at.Equal(want) {
			t.Errorf("%s of %s: %s, want %s", what, m.ID, at, want)
		}
		if m.IsAllDay != (p.params["VALUE"] != nil) {
			t.Errorf("%s of %s is written as %+v", what, m.ID, p)
		}
	}
	if s := got.text("SUMMARY"); s != clean(m.Subject) {
		t.Errorf("subject %q, want %q", s, m.Subject)
	}
	if s := got.text("LOCATION"); s != clean(m.Location.DisplayName) {
		t.Errorf("location %q, want %q", s, m.Location.DisplayName)
	}
	var categories []string
	for _, c := range got.find("CATEGORIES") {
		categories = append(categories, split(c.raw, ',')...)
	}
	if !slices.Equal(categories, m.Categories) && len(categories)+len(m.Categories) > 0 {
		t.Errorf("categories %q, want %q", categories, m.Categories)
	}
	if private := m.Sensitivity == "private"; private != (got.text("CLASS") == "PRIVATE") {
		t.Errorf("%s has class %q", m.ID, got.text("CLASS"))
	}
	if free := m.ShowAs == "free"; free != (got.text("TRANSP") == "TRANSPARENT") {
		t.Errorf("%s has transparency %q", m.ID, got.text("TRANSP"))
	}
	if m.IsReminderOn != (len(got.subs) == 1) {
		t.Errorf("%s has %d alarms", m.ID, len(got.subs))
	}
	for _, a := range m.Attendees {
		name := strings.Join(strings.Fields(a.EmailAddress.Name), " ")
		if text := got.text("DESCRIPTION"); !strings.Contains(text, name) || !strings.Contains(text, a.EmailAddress.Address) {
			t.Errorf("%s: attendee %+v is not in %q", m.ID, a, text)
		}
	}
}

// dates are the days on which a series takes place by the file, without its
// exceptions, for some years.
func dates(t interface{ Fatalf(string, ...any) }, f calendarFile, master *component, until time.Time) (days []string) {
	var gone []string
	for _, p := range master.find("EXDATE") {
		gone = append(gone, wallOf(p).String())
	}
	for _, e := range f.exceptions[master.text("UID")] {
		gone = append(gone, wallOf(e.find("RECURRENCE-ID")[0]).String())
	}
	rules := master.find("RRULE")
	if len(rules) != 1 {
		t.Fatalf("%d rules", len(rules))
	}
	start := wallOf(master.find("DTSTART")[0])
	for _, at := range expand(t, local(f, rules[0].raw, master, t), start).Between(start, until.Add(-time.Second), true) {
		if !slices.Contains(gone, at.String()) {
			days = append(days, at.Format(time.DateOnly))
		}
	}
	return days
}

// local puts UNTIL, which is in UTC, onto the wall on which the rule is
// expanded.
func local(f calendarFile, rule string, master *component, t interface{ Fatalf(string, ...any) }) string {
	parts := strings.Split(rule, ";")
	for i, p := range parts {
		raw, ok := strings.CutPrefix(p, "UNTIL=")
		id := master.find("DTSTART")[0].params["TZID"]
		if !ok || id == nil {
			continue
		}
		at := wallOf(property{raw: raw})
		parts[i] = "UNTIL=" + at.Add(offsetAt(t, f.zones[id[0]], at)).Format("20060102T150405Z")
	}
	return strings.Join(parts, ";")
}

func wantSeries(t *testing.T, f calendarFile, got *component, m meeting) {
	t.Helper()
	rule, err := recur.Parse(m.Recurrence)
	if err != nil {
		t.Fatal(err)
	}
	var gone []string
	for _, id := range m.CancelledOccurrences {
		gone = append(gone, id[strings.LastIndex(id, ".")+1:])
	}
	for _, raw := range m.ExceptionOccurrences {
		var x meeting
		if err := json.Unmarshal(raw, &x); err != nil {
			t.Fatal(err)
		}
		original, err := time.Parse(time.RFC3339, x.OriginalStart)
		if err != nil {
			t.Fatal(err)
		}
		gone = append(gone, original.Format(time.DateOnly))
		if !slices.ContainsFunc(f.exceptions[got.text("UID")], func(e *component) bool {
			return f.instant(t, e.find("RECURRENCE-ID")[0]).Equal(original) && f.instant(t, e.find("DTSTART")[0]).Equal(x.at(t, x.Start))
		}) {
			t.Errorf("%s: exception of %s is missing", m.ID, x.OriginalStart)
		}
	}
	until := rule.Start().AddDate(2, 0, 0)
	var want []string
	for day := range rule.Between(rule.Start(), until.AddDate(0, 0, -1)) {
		if !slices.Contains(gone, day.Format(time.DateOnly)) {
			want = append(want, day.Format(time.DateOnly))
		}
	}
	if days := dates(t, f, got, until); !slices.Equal(days, want) && len(days)+len(want) > 0 {
		t.Errorf("%s, %s: %v, want %v", m.ID, m.Recurrence, days, want)
	}
}

// seriesOf is a one-hour series at an hour of its zone.
func seriesOf(rule recur.Rule, start time.Time, zoneName string, allDay bool, more string) string {
	rng, err := json.Marshal(map[string]any{
		"type": rule.Range.Type, "startDate": rule.Range.StartDate, "endDate": rule.Range.EndDate,
		"recurrenceTimeZone": zoneName, "numberOfOccurrences": rule.Range.NumberOfOccurrences,
	})
	if err != nil {
		panic(err)
	}
	pattern, err := json.Marshal(rule.Pattern)
	if err != nil {
		panic(err)
	}
	length := time.Hour
	if allDay {
		length = 24 * time.Hour
	}
	const wall = "2006-01-02T15:04:05.0000000"
	return fmt.Sprintf(`{"id":"series","iCalUId":"uid","type":"seriesMaster","subject":"S","isAllDay":%v,"originalStartTimeZone":%q,
		"lastModifiedDateTime":"2026-01-01T00:00:00Z","start":{"dateTime":%q,"timeZone":"UTC"},"end":{"dateTime":%q,"timeZone":"UTC"},
		"recurrence":{"pattern":%s,"range":%s}%s}`,
		allDay, zoneName, start.UTC().Format(wall), start.UTC().Add(length).Format(wall), pattern, rng, more)
}

// calendarOf writes one event and takes its file apart.
func calendarOf(t interface {
	Helper()
	Fatalf(string, ...any)
}, raw string,
) (calendarFile, handout.Result) {
	t.Helper()
	b := newBackup("W. Europe Standard Time")
	b.add(item.Events, "Calendar", raw)
	dst := newFolder()
	result, err := handout.Write(dst, b, b.box, handout.ICS)
	if err != nil || len(result.Left) > 0 {
		t.Fatalf("write: %v, left %+v", err, result.Left)
	}
	return parse(t, dst.files["ann@contoso.example/events/Calendar.ics"].String()), result
}

func TestPatternsMeanWhatGraphMeans(t *testing.T) {
	seen := map[string]int{}
	weekdays := []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
	rapid.Check(t, func(t *rapid.T) {
		rule := recur.Rule{
			Pattern: recur.Pattern{
				Type:           rapid.SampledFrom([]string{"daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"}).Draw(t, "type"),
				Interval:       rapid.IntRange(1, 4).Draw(t, "interval"),
				Month:          rapid.IntRange(1, 12).Draw(t, "month"),
				DayOfMonth:     rapid.IntRange(1, 31).Draw(t, "day"),
				DaysOfWeek:     rapid.SliceOfNDistinct(rapid.SampledFrom(weekdays), 1, 7, rapid.ID[string]).Draw(t, "days"),
				FirstDayOfWeek: rapid.SampledFrom(weekdays).Draw(t, "first"),
				Index:          rapid.SampledFrom([]string{"first", "second", "third", "fourth", "last"}).Draw(t, "index"),
			},
			Range: recur.Range{
				Type:                rapid.SampledFrom([]string{"noEnd", "endDate", "numbered"}).Draw(t, "range"),
				NumberOfOccurrences: rapid.IntRange(1, 50).Draw(t, "number"),
			},
		}
		if rule.Pattern.Type == "absoluteMonthly" && (rule.Pattern.DayOfMonth == 29 || rule.Pattern.DayOfMonth == 30) {
			rule.Pattern.DayOfMonth = 31 // what no rule can say is tested by itself
		}
		from := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 1000).Draw(t, "start"))
		rule.Range.StartDate = from.Format(time.DateOnly)
		rule.Range.EndDate = from.AddDate(0, 0, rapid.IntRange(0, 700).Draw(t, "length")).Format(time.DateOnly)
		zoneName := rapid.SampledFrom([]string{"UTC", "W. Europe Standard Time", "Pacific Standard Time", "New Zealand Standard Time", "India Standard Time"}).Draw(t, "zone")
		allDay := rapid.Bool().Draw(t, "all day")
		start := from
		if !allDay {
			loc, err := zone.Load(zoneName)
			if err != nil {
				t.Fatal(err)
			}
			start = time.Date(from.Year(), from.Month(), from.Day(), rapid.SampledFrom([]int{0, 9, 23}).Draw(t, "hour"), 30, 0, 0, loc)
		}
		f, _ := calendarOf(t, seriesOf(rule, start, zoneName, allDay, ""))
		until := from.AddDate(2, 0, 0)
		var want []string
		for day := range rule.Between(from, until.AddDate(0, 0, -1)) {
			want = append(want, day.Format(time.DateOnly))
		}
		if got := dates(t, f, f.events[0], until); !slices.Equal(got, want) {
			t.Fatalf("%s gives %v, want %v", f.events[0].find("RRULE")[0].raw, got, want)
		}
		seen[rule.Pattern.Type]++
	})
	if len(seen) < 6 {
		t.Errorf("only %v", seen)
	}
}

func TestRules(t *testing.T) {
	mask := func(kind string, interval, month, day int, days []string, first, index string) recur.Pattern {
		return recur.Pattern{Type: kind, Interval: interval, Month: month, DayOfMonth: day, DaysOfWeek: days, FirstDayOfWeek: first, Index: index}
	}
	work := []string{"monday", "tuesday", "wednesday", "thursday", "friday"}
	cases := []struct {
		pattern recur.Pattern
		rng     recur.Range
		want    string
	}{
		{mask("daily", 1, 0, 0, nil, "sunday", "first"), recur.Range{Type: "noEnd", EndDate: "0001-01-01"}, "FREQ=DAILY"},
		{mask("Daily", 3, 0, 0, nil, "", ""), recur.Range{Type: "numbered", NumberOfOccurrences: 5}, "FREQ=DAILY;INTERVAL=3;COUNT=5"},
		{mask("weekly", 2, 0, 0, []string{"Monday", "friday"}, "Monday", "first"), recur.Range{Type: "noEnd"}, "FREQ=WEEKLY;BYDAY=MO,FR;WKST=MO;INTERVAL=2"},
		{mask("weekly", 1, 0, 0, []string{"sunday"}, "", ""), recur.Range{Type: "noEnd"}, "FREQ=WEEKLY;BYDAY=SU;WKST=SU"},
		{mask("absoluteMonthly", 1, 0, 15, nil, "sunday", "first"), recur.Range{Type: "noEnd"}, "FREQ=MONTHLY;BYMONTHDAY=15"},
		{mask("absoluteMonthly", 1, 0, 31, nil, "sunday", "first"), recur.Range{Type: "noEnd"}, "FREQ=MONTHLY;BYMONTHDAY=-1"},
		{mask("absoluteMonthly", 1, 0, 30, nil, "sunday", "first"), recur.Range{Type: "noEnd"}, "FREQ=MONTHLY;BYMONTHDAY=30"},
		{mask("relativeMonthly", 1, 0, 0, []string{"tuesday"}, "sunday", "second"), recur.Range{Type: "noEnd"}, "FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2"},
		{mask("relativeMonthly", 1, 0, 0, work, "sunday", "last"), recur.Range{Type: "noEnd"}, "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"},
		{mask("absoluteYearly", 1, 12, 24, nil, "sunday", "first"), recur.Range{Type: "noEnd"}, "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"},
		{mask("absoluteYearly", 1, 2, 29, nil, "sunday", "first"), recur.Range{Type: "noEnd"}, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"},
		{mask("relativeYearly", 1, 11, 0, []string{"thursday"}, "sunday", "fourth"), recur.Range{Type: "noEnd"}, "FREQ=YEARLY;BYMONTH=11;BYDAY=TH;BYSETPOS=4"},
		// The end of the last day in Berlin, where it is one hour before UTC.
		{mask("daily", 1, 0, 0, nil, "", ""), recur.Range{Type: "endDate", EndDate: "2026-12-31"}, "FREQ=DAILY;UNTIL=20261231T225959Z"},
		{mask("daily", 1, 0, 0, nil, "", ""), recur.Range{Type: "endDate", EndDate: "0001-01-01"}, "FREQ=DAILY"},
	}
	if len(cases) < 14 {
		t.Fatal("too few cases")
	}
	for _, c := range cases {
		c.rng.StartDate = "2026-11-02"
		raw := seriesOf(recur.Rule{Pattern: c.pattern, Range: c.rng}, time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC), "W. Europe Standard Time", false, "")
		f, result := calendarOf(t, raw)
		if got := f.events[0].find("RRULE")[0].raw; got != c.want {
			t.Errorf("%+v %+v: %s, want %s", c.pattern, c.rng, got, c.want)
		}
		if short := c.pattern.DayOfMonth == 30; short != (count(result, calendar.ShortMonth) == 1) {
			t.Errorf("%+v: notes %+v", c.pattern, result.Notes)
		}
	}
	// An all-day series ends with a day.
	rule := recur.Rule{Pattern: recur.Pattern{Type: "daily", Interval: 1}, Range: recur.Range{Type: "endDate", StartDate: "2026-11-02", EndDate: "2026-12-31"}}
	f, _ := calendarOf(t, seriesOf(rule, time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), "W. Europe Standard Time", true, ""))
	if got := f.events[0].find("RRULE")[0].raw; got != "FREQ=DAILY;UNTIL=20261231" || len(f.zones) > 0 {
		t.Error(got, f.zones)
	}
}

func TestUnknownPatternIsASingleEvent(t *testing.T) {
	for _, p := range []recur.Pattern{
		{Type: "hourly"},
		{Type: "weekly"},
		{Type: "weekly", DaysOfWeek: []string{"someday"}},
		{Type: "absoluteMonthly"},
		{Type: "relativeMonthly", DaysOfWeek: []string{"monday"}, Index: "fifth"},
		{Type: "absoluteYearly", DayOfMonth: 3},
		{},
	} {
		rule := recur.Rule{Pattern: p, Range: recur.Range{Type: "noEnd", StartDate: "2026-11-02"}}
		f, result := calendarOf(t, seriesOf(rule, time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC), "UTC", false, ""))
		if len(f.events) != 1 || len(f.events[0].find("RRULE")) != 0 || count(result, calendar.NoRule) != 1 {
			t.Errorf("%+v: %+v, notes %+v", p, f.events[0].list, result.Notes)
		}
	}
}

// A weekly meeting at nine in Berlin is at nine on both sides of both changes,
// for a reader that knows the zone from the file alone.
func TestNineStaysNine(t *testing.T) {
	berlin, err := zone.Load("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"W. Europe Standard Time", "Europe/Berlin"} {
		start := time.Date(2026, 3, 2, 9, 0, 0, 0, berlin)
		rule := recur.Rule{Pattern: recur.Pattern{Type: "weekly", Interval: 1, DaysOfWeek: []string{"monday"}}, Range: recur.Range{Type: "noEnd", StartDate: "2026-03-02"}}
		f, _ := calendarOf(t, seriesOf(rule, start, name, false, ""))
		master := f.events[0]
		p := master.find("DTSTART")[0]
		if id := p.params["TZID"][0]; id != "W. Europe Standard Time" {
			t.Errorf("zone %q", id)
		}
		offsets := map[time.Duration]int{}
		for _, wall := range expand(t, master.find("RRULE")[0].raw, wallOf(p)).Between(wallOf(p), wallOf(p).AddDate(1, 0, 0), true) {
			at := f.instant(t, property{raw: wall.Format("20060102T150405"), params: p.params}).In(berlin)
			if at.Hour() != 9 || at.Minute() != 0 || at.Weekday() != time.Monday {
				t.Errorf("meeting at %s", at)
			}
			offsets[wall.Sub(at.UTC())]++
		}
		if offsets[time.Hour] < 20 || offsets[2*time.Hour] < 28 {
			t.Errorf("offsets %v", offsets)
		}
	}
}

func TestSeriesInDetail(t *testing.T) {
	berlin, err := zone.Load("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rule := recur.Rule{Pattern: recur.Pattern{Type: "weekly", Interval: 1, DaysOfWeek: []string{"monday"}}, Range: recur.Range{Type: "noEnd", StartDate: "2026-03-02"}}
	more := `,"cancelledOccurrences":["OID.series.2026-03-30","OID.series.2026-03-09","OID.nonsense"],"exceptionOccurrences":[
		{"id":"x","subject":"Moved","originalStart":"2026-04-06T07:00:00Z","start":{"dateTime":"2026-04-07T12:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-04-07T13:00:00.0000000","timeZone":"UTC"}},
		{"id":"y","subject":"Lost","start":{"dateTime":"2026-04-07T12:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-04-07T13:00:00.0000000","timeZone":"UTC"}}]`
	f, result := calendarOf(t, seriesOf(rule, time.Date(2026, 3, 2, 9, 0, 0, 0, berlin), "W. Europe Standard Time", false, more))
	var gone []string
	for _, p := range f.events[0].find("EXDATE") {
		gone = append(gone, strings.Join(p.params["TZID"], "")+" "+p.raw)
	}
	if want := []string{"W. Europe Standard Time 20260330T090000", "W. Europe Standard Time 20260309T090000"}; !slices.Equal(gone, want) {
		t.Errorf("cancelled %q", gone)
	}
	if len(f.events) != 2 || f.events[1].text("SUMMARY") != "Moved" || f.events[1].find("RECURRENCE-ID")[0].raw != "20260406T090000" || f.events[1].find("DTSTART")[0].raw != "20260407T140000" {
		t.Errorf("exceptions %+v", f.events[1:])
	}
	if count(result, calendar.NoCancelled) != 1 || count(result, calendar.NoOriginal) != 1 {
		t.Errorf("notes %+v", result.Notes)
	}
}

// Midnight in the zone of an all-day series is the evening before in UTC.
func TestOriginalDayOfAnAllDaySeries(t *testing.T) {
	rule := recur.Rule{Pattern: recur.Pattern{Type: "daily", Interval: 1}, Range: recur.Range{Type: "noEnd", StartDate: "2026-06-01"}}
	for _, c := range []struct{ zone, original string }{
		{"W. Europe Standard Time", "2026-06-09T22:00:00Z"},
		{"W. Europe Standard Time", "2026-06-10T00:00:00Z"},
		{"Pacific Standard Time", "2026-06-10T07:00:00Z"},
		{"Pacific Standard Time", "2026-06-10T00:00:00Z"},
		{"New Zealand Standard Time", "2026-06-09T12:00:00Z"},
		{"New Zealand Standard Time", "2026-06-10T00:00:00Z"},
		{"Tonga Standard Time", "2026-06-09T11:00:00Z"},
		{"UTC", "2026-06-10T00:00:00Z"},
		{"tzone://Microsoft/Custom", "2026-06-09T22:00:00Z"},
	} {
		more := `,"exceptionOccurrences":[{"id":"x","isAllDay":true,"originalStart":"` + c.original + `","start":{"dateTime":"2026-06-11T00:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-06-12T00:00:00","timeZone":"UTC"}}]`
		f, result := calendarOf(t, seriesOf(rule, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), c.zone, true, more))
		if len(f.events) != 2 || f.events[1].find("RECURRENCE-ID")[0].raw != "20260610" {
			t.Errorf("%s in %s: %+v, notes %+v", c.original, c.zone, f.events[1:], result.Notes)
		}
	}
}

func TestUnknownZone(t *testing.T) {
	rule := recur.Rule{Pattern: recur.Pattern{Type: "daily", Interval: 1}, Range: recur.Range{Type: "noEnd", StartDate: "2026-06-01"}}
	f, result := calendarOf(t, seriesOf(rule, time.Date(2026, 6, 1, 7, 0, 0, 0, time.UTC), "tzone://Microsoft/Custom", false, ""))
	if p := f.events[0].find("DTSTART")[0]; p.raw != "20260601T090000" || p.params["TZID"][0] != "W. Europe Standard Time" {
		t.Errorf("start %+v", p)
	}
	if count(result, calendar.NoZone) != 1 {
		t.Errorf("notes %+v", result.Notes)
	}
}

// Without the zone the date of the first start is still known.
func TestUnknownZoneKeepsItsDays(t *testing.T) {
	for _, c := range []struct{ start, date, wall string }{
		{"2026-06-07T23:00:00Z", "2026-06-08", "20260608T010000"}, // home has that date: Berlin
		{"2026-06-07T21:30:00Z", "2026-06-08", "20260608T003000"}, // an hour east of home
		{"2026-06-07T15:00:00Z", "2026-06-08", "20260608T000000"}, // Tokyo
		{"2026-06-09T05:00:00Z", "2026-06-08", "20260608T230000"}, // Denver
	} {
		start, err := time.Parse(time.RFC3339, c.start)
		if err != nil {
			t.Fatal(err)
		}
		rule := recur.Rule{Pattern: recur.Pattern{Type: "weekly", Interval: 1, DaysOfWeek: []string{"monday"}}, Range: recur.Range{Type: "noEnd", StartDate: c.date}}
		f, result := calendarOf(t, seriesOf(rule, start, "tzone://Microsoft/Custom", false, ""))
		p := f.events[0].find("DTSTART")[0]
		if p.raw != c.wall || !f.instant(t, p).Equal(start) || count(result, calendar.NoZone) != 1 {
			t.Errorf("%s: %+v is %s, notes %+v", c.start, p, f.instant(t, p), result.Notes)
		}
	}
}

func TestEventInDetail(t *testing.T) {
	f, result := calendarOf(t, `{"id":"e","iCalUId":"040000","createdDateTime":"2026-01-01T10:00:00Z","lastModifiedDateTime":"2026-01-02T10:00:00.1234567Z","subject":"Plan; A, B",
		"body":{"contentType":"html","content":"<html><head><style>p{}</style></head><body><p>Tom &amp; Ann</p><ul><li>one<li>two</ul>a &lt;b&gt;<br>\r\nc < d</body></html>"},
		"start":{"dateTime":"2026-11-20T10:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-11-20T11:00:00.0000000","timeZone":"UTC"},
		"isReminderOn":true,"reminderMinutesBeforeStart":15,"sensitivity":"confidential","importance":"high","showAs":"oof","location":{"displayName":"Room 1, left"},
		"onlineMeeting":{"joinUrl":"https://teams.example/1"},"categories":["Red, dark","שלום","🎉;"],
		"organizer":{"emailAddress":{"name":"Ann","address":"ann@contoso.example"}},
		"attendees":[{"type":"required","status":{"response":"accepted"},"emailAddress":{"name":"Bo","address":"bo@fabrikam.example"}},
		{"type":"optional","status":{"response":"none"},"emailAddress":{"name":"Cy","address":"/o=ExchangeLabs/cn=cy"}},{"emailAddress":{"name":"Only\na name"}}]}`)
	e := f.events[0]
	wantText := "Tom & Ann\n- one\n- two\na <b>\nc < d\n\nOnline meeting: https://teams.example/1\nOrganizer: Ann <ann@contoso.example>\n" +
		"Required: Bo <bo@fabrikam.example>, accepted\nOptional: Cy </o=ExchangeLabs/cn=cy>\nAttendee: Only a name"
	for name, want := range map[string]string{
		"UID": "040000", "DTSTAMP": "20260102T100000Z", "CREATED": "20260101T100000Z", "LAST-MODIFIED": "20260102T100000Z", "SUMMARY": "Plan; A, B",
		"DTSTART": "20261120T100000Z", "DTEND": "20261120T110000Z", "LOCATION": "Room 1, left", "CLASS": "CONFIDENTIAL", "PRIORITY": "1",
		"TRANSP": "OPAQUE", "X-MICROSOFT-CDO-BUSYSTATUS": "OOF", "DESCRIPTION": wantText,
	} {
		if got := e.text(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := split(e.find("CATEGORIES")[0].raw, ','); !slices.Equal(got, []string{"Red, dark", "שלום", "🎉;"}) {
		t.Errorf("categories %q", got)
	}
	wantBelow := "<p>Organizer: Ann &lt;ann@contoso.example&gt;</p><p>Required: Bo &lt;bo@fabrikam.example&gt;, accepted</p>" +
		"<p>Optional: Cy &lt;/o=ExchangeLabs/cn=cy&gt;</p><p>Attendee: Only a name</p></body></html>"
	if markup := e.text("X-ALT-DESC"); !strings.Contains(markup, "<p>Tom &amp; Ann</p>") || !strings.HasSuffix(markup, wantBelow) {
		t.Errorf("HTML %q", markup)
	}
	if alarm := e.subs[0]; alarm.text("TRIGGER") != "-PT15M" || alarm.text("ACTION") != "DISPLAY" || alarm.text("DESCRIPTION") == "" {
		t.Errorf("alarm %+v", alarm.list)
	}
	if method := find(f.head, "METHOD")[0].raw; method != "PUBLISH" {
		t.Errorf("method %q", method)
	}
	if len(result.Notes) != 0 {
		t.Errorf("notes %+v", result.Notes)
	}
}

func TestAllDayEndsTheDayAfter(t *testing.T) {
	f, _ := calendarOf(t, `{"id":"e","isAllDay":true,"start":{"dateTime":"2026-11-20T00:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-11-22T00:00:00.0000000","timeZone":"UTC"}}`)
	if start, end := f.events[0].find("DTSTART")[0], f.events[0].find("DTEND")[0]; start.raw != "20261120" || end.raw != "20261122" || start.params["VALUE"][0] != "DATE" {
		t.Errorf("%+v to %+v", start, end)
	}
	for _, end := range []string{"2026-11-20T00:00:00", "2026-11-19T00:00:00", ""} {
		f, _ := calendarOf(t, `{"id":"e","isAllDay":true,"start":{"dateTime":"2026-11-20T00:00:00","timeZone":"UTC"},"end":{"dateTime":"`+end+`","timeZone":"UTC"}}`)
		if got := f.events[0].find("DTEND")[0].raw; got != "20261121" {
			t.Errorf("end %q became %s", end, got)
		}
	}
}

func TestSameUIDTwice(t *testing.T) {
	b := newBackup("")
	for _, id := range []string{"a", "b"} {
		b.add(item.Events, "Calendar", `{"id":"`+id+`","iCalUId":"same","start":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"}}`)
	}
	dst, _ := write(t, b, handout.ICS)
	f := parse(t, dst.files["ann@contoso.example/events/Calendar.ics"].String())
	if a, b := f.events[0].text("UID"), f.events[1].text("UID"); a != "same" || b == a || !strings.HasPrefix(b, "same-") {
		t.Errorf("ids %q and %q", a, b)
	}
}

// Every zone that Windows names has, by the file, the offset that it has.
func TestDescribedZonesKeepTheirClocks(t *testing.T) {
	zones := 0
	for _, name := range windowsZones(t) {
		loc, err := zone.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if loc == time.UTC {
			continue
		}
		zones++
		rule := recur.Rule{Pattern: recur.Pattern{Type: "daily", Interval: 1}, Range: recur.Range{Type: "noEnd", StartDate: "2026-01-01"}}
		f, result := calendarOf(t, seriesOf(rule, time.Date(2026, 1, 1, 12, 0, 0, 0, loc), name, false, ""))
		tz := f.zones[name]
		if tz == nil || len(result.Notes) > 0 {
			t.Errorf("%s is not described, notes %+v", name, result.Notes)
			continue
		}
		for _, at := range samples(loc) {
			_, seconds := at.In(loc).Zone()
			wall := at.Add(time.Duration(seconds) * time.Second)
			if got := offsetAt(t, tz, wall); got != time.Duration(seconds)*time.Second {
				t.Errorf("%s at %s: offset %s, want %d s", name, at, got, seconds)
				break
			}
		}
	}
	if zones < 138 {
		t.Errorf("only %d zones", zones)
	}
}

// Outlook follows rules only; of all zones one has none.
func TestZonesHaveRules(t *testing.T) {
	want := map[string][]string{
		"W. Europe Standard Time":    {"STANDARD 19701025T030000 +0200 +0100 CET FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "DAYLIGHT 19700329T020000 +0100 +0200 CEST FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"},
		"Eastern Standard Time":      {"STANDARD 19701101T020000 -0400 -0500 EST FREQ=YEARLY;BYMONTH=11;BYDAY=1SU", "DAYLIGHT 19700308T020000 -0500 -0400 EDT FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"},
		"Pacific SA Standard Time":   {"STANDARD 19700404T235959 -0300 -0400  FREQ=YEARLY;BYMONTH=4;BYDAY=1SA", "DAYLIGHT 19700905T235959 -0400 -0300  FREQ=YEARLY;BYMONTH=9;BYDAY=1SA"},
		"Egypt Standard Time":        {"STANDARD 19701029T235959 +0300 +0200 EET FREQ=YEARLY;BYMONTH=10;BYDAY=-1TH", "DAYLIGHT 19700424T000000 +0200 +0300 EEST FREQ=YEARLY;BYMONTH=4;BYDAY=-1FR"},
		"Israel Standard Time":       {"STANDARD 19701025T020000 +0300 +0200 IST FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "DAYLIGHT 19700327T020000 +0200 +0300 IDT FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=23,24,25,26,27,28,29;BYDAY=FR"},
		"AUS Eastern Standard Time":  {"STANDARD 19700405T030000 +1100 +1000 AEST FREQ=YEARLY;BYMONTH=4;BYDAY=1SU", "DAYLIGHT 19701004T020000 +1000 +1100 AEDT FREQ=YEARLY;BYMONTH=10;BYDAY=1SU"},
		"Lord Howe Standard Time":    {"STANDARD 19700405T020000 +1100 +1030  FREQ=YEARLY;BYMONTH=4;BYDAY=1SU", "DAYLIGHT 19701004T020000 +1030 +1100  FREQ=YEARLY;BYMONTH=10;BYDAY=1SU"},
		"India Standard Time":        {"STANDARD 19700101T000000 +0530 +0530 IST "},
		"Newfoundland Standard Time": {"STANDARD 19701101T020000 -0230 -0330 NST FREQ=YEARLY;BYMONTH=11;BYDAY=1SU", "DAYLIGHT 19700308T020000 -0330 -0230 NDT FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"},
	}
	var irregular []string
	for _, name := range windowsZones(t) {
		loc, err := zone.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if loc == time.UTC {
			continue
		}
		rule := recur.Rule{Pattern: recur.Pattern{Type: "daily", Interval: 1}, Range: recur.Range{Type: "noEnd", StartDate: "2026-01-01"}}
		f, _ := calendarOf(t, seriesOf(rule, time.Date(2026, 1, 1, 12, 0, 0, 0, loc), name, false, ""))
		var got []string
		for _, o := range f.zones[name].subs {
			rule := ""
			if r := o.find("RRULE"); len(r) > 0 {
				rule = r[0].raw
			}
			got = append(got, strings.Join([]string{o.kind, o.text("DTSTART"), o.text("TZOFFSETFROM"), o.text("TZOFFSETTO"), o.text("TZNAME"), rule}, " "))
		}
		if w, ok := want[name]; ok && !slices.Equal(got, w) {
			t.Errorf("%s: %q, want %q", name, got, w)
		}
		if len(got) > 2 {
			irregular = append(irregular, name)
		}
	}
	if want := []string{"Morocco Standard Time"}; !slices.Equal(irregular, want) {
		t.Errorf("without a rule: %q, want %q", irregular, want)
	}
	if len(want) < 9 {
		t.Error("too few zones")
	}
}

// samples are times of three years: all the changes, two hours before and
// after, so that none falls into an hour that comes twice, and days between.
func samples(loc *time.Location) (times []time.Time) {
	from := time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC)
	for t := from; ; {
		_, end := t.In(loc).ZoneBounds()
		if end.IsZero() || end.Year() > 2028 {
			break
		}
		times = append(times, end.UTC().Add(-2*time.Hour), end.UTC().Add(2*time.Hour))
		t = end
	}
	for days := 0; days < 3*365; days += 9 {
		at := from.AddDate(0, 0, days)
		_, before := at.Add(-3 * time.Hour).In(loc).Zone()
		if _, after := at.Add(3 * time.Hour).In(loc).Zone(); before == after {
			times = append(times, at)
		}
	}
	return times
}

// A zone whose rules changed since: times on the wall stay, and it is said.
func TestOldRulesAreSaid(t *testing.T) {
	rule := recur.Rule{Pattern: recur.Pattern{Type: "daily", Interval: 1}, Range: recur.Range{Type: "noEnd", StartDate: "2012-07-01"}}
	loc, err := zone.Load("Turkey Standard Time")
	if err != nil {
		t.Fatal(err)
	}
	for year, notes := range map[int]int{2012: 1, 2020: 0} {
		f, result := calendarOf(t, seriesOf(rule, time.Date(year, 1, 1, 9, 0, 0, 0, loc), "Turkey Standard Time", false, ""))
		if got := f.events[0].find("DTSTART")[0].raw; got != fmt.Sprintf("%d0101T090000", year) {
			t.Errorf("start %s", got)
		}
		if count(result, calendar.OldRules) != notes {
			t.Errorf("%d: notes %+v", year, result.Notes)
		}
	}
}
