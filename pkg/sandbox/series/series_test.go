package series_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/series"
)

func at(day string) time.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return t
}

// moment is a dateTimeTimeZone.
func moment(text string) rawjson.Object {
	return rawjson.Of("dateTime", text+".0000000", "timeZone", "UTC")
}

// master is five Tuesdays at 22:00 for three hours, from 2026-03-03; the second
// has moved to a Thursday, the third is cancelled.
func master() rawjson.Object {
	return rawjson.Of("id", "AAm==", "subject", "s", "type", "seriesMaster", "@odata.etag", `W/"v"`,
		"start", moment("2026-03-03T22:00:00"), "end", moment("2026-03-04T01:00:00"),
		"recurrence", rawjson.Of("pattern", rawjson.Of("type", "weekly", "interval", 1, "daysOfWeek", []string{"tuesday"}),
			"range", rawjson.Of("type", "numbered", "startDate", "2026-03-03", "numberOfOccurrences", 5)),
		"attachments", []string{}, "cancelledOccurrences", []string{"OID.AAm==.2026-03-17"},
		"exceptionOccurrences", []rawjson.Object{rawjson.Of("id", "AAx", "originalStart", "2026-03-10T22:00:00Z",
			"start", moment("2026-03-12T08:00:00"), "end", moment("2026-03-12T09:00:00"))})
}

func TestOccurrencesLeaveOutWhatIsCancelledOrMoved(t *testing.T) {
	var days []string
	for day, body := range series.Occurrences(master(), at("2026-01-01"), at("2026-12-31")) {
		days = append(days, day.Format(time.DateOnly))
		date := day.Format(time.DateOnly)
		if got := body.Object("start").Text("dateTime"); got != date+"T22:00:00.0000000" {
			t.Errorf("%s starts %s", date, got)
		}
		if got := body.Object("end").Text("dateTime"); got != day.AddDate(0, 0, 1).Format(time.DateOnly)+"T01:00:00.0000000" {
			t.Errorf("%s ends %s", date, got)
		}
		recurrence, _ := body.Get("recurrence")
		if body.Text("type") != "occurrence" || body.Text("seriesMasterId") != "AAm==" || string(recurrence) != "null" ||
			body.Text("originalStart") != date+"T22:00:00Z" || body.Text("@odata.etag") != `W/"v"` || body.Text("subject") != "s" {
			t.Errorf("%s is %s", date, body)
		}
		for _, own := range []string{"exceptionOccurrences", "cancelledOccurrences", "attachments"} {
			if body.Has(own) {
				t.Errorf("%s has the master's %s", date, own)
			}
		}
	}
	if got := strings.Join(days, " "); got != "2026-03-03 2026-03-24 2026-03-31" {
		t.Errorf("occurrences: %s", got)
	}
	for day := range series.Occurrences(master(), at("2026-03-24"), at("2026-03-24")) {
		if day != at("2026-03-24") {
			t.Errorf("on one day: %s", day)
		}
	}
	for day := range series.Occurrences(rawjson.Of("id", "x", "recurrence", nil), at("2026-01-01"), at("2027-01-01")) {
		t.Errorf("a single event has an occurrence on %s", day)
	}
}

func TestSlotDays(t *testing.T) {
	for original, want := range map[string]string{
		"2026-03-10T22:00:00Z": "2026-03-10",
		"2026-03-10T21:00:00Z": "2026-03-10", // daylight saving came in between
		"2026-03-24T23:00:00Z": "2026-03-24",
		"":                     "2026-03-12", // nothing but its own start to go by
	} {
		exception := rawjson.Of("start", moment("2026-03-12T22:00:00"), "originalStart", original)
		if got := series.SlotDay(master(), exception).Format(time.DateOnly); got != want {
			t.Errorf("%q: %s, want %s", original, got, want)
		}
	}
	if day := series.SlotDay(rawjson.Empty(), rawjson.Empty()); !day.IsZero() {
		t.Errorf("of no series: %s", day)
	}
}

func TestOccurrenceIDs(t *testing.T) {
	id := series.OccurrenceID("AAm==", at("2026-03-03"))
	stem, day, ok := series.SplitOccurrenceID(id)
	if !ok || stem != "AAm" || day != at("2026-03-03") {
		t.Errorf("%s is %s, %s, %t", id, stem, day, ok)
	}
	if other := series.OccurrenceID("AAm==", at("2026-03-10")); other == id {
		t.Error("two dates have one id")
	}
	for _, text := range []string{"", "AAm==", "AAmFRAAgI", "AAmFRAAgI!!AA=", "AAmFRAAgIbm9kYXRlAA="} {
		if stem, day, ok := series.SplitOccurrenceID(text); ok {
			t.Errorf("%q is taken for %s on %s", text, stem, day)
		}
	}
	if got := series.CancelledID("AAm==", at("2026-03-03")); got != "OID.AAm==.2026-03-03" {
		t.Errorf("cancelled: %s", got)
	}
}

func TestOverlaps(t *testing.T) {
	event := func(start, end string) rawjson.Object {
		return rawjson.Of("start", moment(start), "end", moment(end))
	}
	long, empty := event("2026-03-02T22:00:00", "2026-03-04T01:00:00"), event("2026-03-03T00:00:00", "2026-03-03T00:00:00")
	for _, c := range []struct {
		event    rawjson.Object
		from, to string
		want     bool
	}{
		{long, "2026-03-03", "2026-03-04", true},
		{long, "2026-03-01", "2026-03-02", false},
		{long, "2026-03-04", "2026-03-05", true},
		{long, "2026-03-05", "2026-03-06", false},
		{empty, "2026-03-03", "2026-03-04", true},
		{empty, "2026-03-02", "2026-03-03", false},
	} {
		if got := series.Overlaps(c.event, at(c.from), at(c.to)); got != c.want {
			t.Errorf("%s from %s to %s: %t", c.event, c.from, c.to, got)
		}
	}
}

func TestPast(t *testing.T) {
	noEnd := master().Set("recurrence", rawjson.Of("pattern", rawjson.Of("type", "daily", "interval", 1),
		"range", rawjson.Of("type", "noEnd", "startDate", "2026-03-03")))
	moved := master().Set("exceptionOccurrences", []rawjson.Object{rawjson.Of("end", moment("2026-05-05T09:00:00"))})
	single := master().Set("recurrence", nil)
	for _, c := range []struct {
		name  string
		event rawjson.Object
		now   string
		want  bool
	}{
		{"series, before its last day", master(), "2026-03-31", false},
		{"series, after it", master(), "2026-04-02", true},
		{"series without end", noEnd, "2100-01-01", false},
		{"an exception moved behind the end", moved, "2026-05-01", false},
		{"after that too", moved, "2026-05-06", true},
		{"single, running", single, "2026-03-04", false},
		{"single, over", single, "2026-03-05", true},
	} {
		if got := series.Past(c.event, at(c.now)); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

// A window's dates must hold every occurrence that overlaps the time.
func TestWindowMissesNothing(t *testing.T) {
	checked := 0
	for n := range 150 {
		from := at("2026-02-20").Add(time.Duration(7*n) * time.Hour)
		to := from.Add(30 * time.Hour)
		want, got := "", ""
		for day, body := range series.Occurrences(master(), at("2025-01-01"), at("2027-01-01")) {
			if series.Overlaps(body, from, to) {
				want += fmt.Sprint(day)
				checked++
			}
		}
		first, last := series.Window(master(), from, to)
		for day, body := range series.Occurrences(master(), first, last) {
			if series.Overlaps(body, from, to) {
				got += fmt.Sprint(day)
			}
		}
		if got != want {
			t.Errorf("from %s: %s, want %s", from, got, want)
		}
	}
	if checked < 10 {
		t.Errorf("only %d occurrences were looked for", checked)
	}
}

// A series keeps its time of day in its own zone when the clocks change there,
// however its start is stored; a whole day stays one.
func TestOccurrencesAcrossAChangeOfClocks(t *testing.T) {
	weekly := func(zone string) rawjson.Object {
		return rawjson.Of("pattern", rawjson.Of("type", "weekly", "interval", 1, "daysOfWeek", []string{"monday"}),
			"range", rawjson.Of("type", "numbered", "startDate", "2026-03-23", "numberOfOccurrences", 2, "recurrenceTimeZone", zone))
	}
	in := func(text, zone string) rawjson.Object {
		return rawjson.Of("dateTime", text+".0000000", "timeZone", zone)
	}
	const berlin = "W. Europe Standard Time"
	for _, test := range []struct {
		name                     string
		start, end, rule         rawjson.Object
		original                 string // originalStartTimeZone
		allDay                   bool
		wantStart, wantEnd, utc2 string // of the second occurrence; utc2 is its originalStart
	}{
		{"stored in UTC", in("2026-03-23T09:00:00", "UTC"), in("2026-03-23T10:00:00", "UTC"), weekly(berlin), berlin, false, "2026-03-30T08:00:00", "2026-03-30T09:00:00", "2026-03-30T08:00:00Z"},
		{"stored in its own zone", in("2026-03-23T10:00:00", berlin), in("2026-03-23T11:00:00", berlin), weekly(berlin), berlin, false, "2026-03-30T10:00:00", "2026-03-30T11:00:00", "2026-03-30T08:00:00Z"},
		{"stored in another zone", in("2026-03-23T18:00:00", "Asia/Tokyo"), in("2026-03-23T19:00:00", "Asia/Tokyo"), weekly(""), berlin, false, "2026-03-30T17:00:00", "2026-03-30T18:00:00", "2026-03-30T08:00:00Z"},
		{"with another zone for its dates", in("2026-03-23T09:00:00", "UTC"), in("2026-03-23T10:00:00", "UTC"), weekly("UTC"), berlin, false, "2026-03-30T08:00:00", "2026-03-30T09:00:00", "2026-03-30T08:00:00Z"},
		{"of an unknown zone", in("2026-03-23T09:00:00", "UTC"), in("2026-03-23T10:00:00", "UTC"), weekly("tzone://Microsoft/Custom"), "tzone://Microsoft/Custom", false, "2026-03-30T09:00:00", "2026-03-30T10:00:00", "2026-03-30T09:00:00Z"},
		{"whole days", in("2026-03-23T00:00:00", "UTC"), in("2026-03-24T00:00:00", "UTC"), weekly(berlin), berlin, true, "2026-03-30T00:00:00", "2026-03-31T00:00:00", "2026-03-30T00:00:00Z"},
	} {
		body := rawjson.Of("id", "AAm==", "type", "seriesMaster", "originalStartTimeZone", test.original, "isAllDay", test.allDay,
			"start", test.start, "end", test.end, "recurrence", test.rule)
		var second rawjson.Object
		count := 0
		for _, o := range series.Occurrences(body, at("2026-01-01"), at("2026-12-31")) {
			second = o
			count++
		}
		start, end := second.Object("start").Text("dateTime"), second.Object("end").Text("dateTime")
		if count != 2 || start != test.wantStart+".0000000" || end != test.wantEnd+".0000000" || second.Text("originalStart") != test.utc2 {
			t.Errorf("%s: %d occurrences, the second from %s to %s, originally %s", test.name, count, start, end, second.Text("originalStart"))
		}
		if zone := second.Object("start").Text("timeZone"); zone != test.start.Text("timeZone") {
			t.Errorf("%s: in the zone %q", test.name, zone)
		}
	}
}
