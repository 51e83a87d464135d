package rebuild

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/zone"
)

// event makes the recipe of a single event or of a series with its dates.
func (m *maker) event(o object) error {
	series, err := m.series(o)
	if err != nil {
		return err
	}
	own := override(o, series, "start", "end", "originalStartTimeZone", "originalEndTimeZone")
	body := m.eventBody(own)
	m.mark(&body)
	if m.options.Transaction != "" {
		body.set("transactionId", value(hashed("transaction", m.options.Transaction, m.line.ID)))
	}
	m.body, m.recipe.Body = body, body.encode()
	m.cancelled(series)
	m.changed(series, body, cmp.Or(own.text("originalStartTimeZone"), decode[moment](own.get("start")).TimeZone))
	return nil
}

// override is the event with members of the series' own answer where it has
// them: there the times are in the zone in which the series repeats.
func override(o, series object, members ...string) object {
	out := append(object{}, o...)
	for _, name := range members {
		if v := series.get(name); v != nil {
			out.set(name, v)
		}
	}
	return out
}

// eventBody is what can be written of an event or an exception. Attendees never
// are: the service would invite them (Graph docs, user-post-events). So they
// stand in the body, and so does a link that the body lacks.
func (m *maker) eventBody(o object) object {
	m.eventLosses(o)
	body := m.writable(eventShape(), o)
	m.times(o, &body)
	if text := notes(o); len(text) > 0 {
		body.set("body", withNotes(body.get("body"), text))
	}
	return body
}

// eventLosses tells what of an event no client can write.
func (m *maker) eventLosses(o object) {
	for name, lost := range map[string]bool{
		Attendees:     len(elements(o.get("attendees"))) > 0,
		Organizer:     foreign(o),
		CancelledFlag: decode[bool](o.get("isCancelled")),
		DraftFlag:     decode[bool](o.get("isDraft")),
		JoinLink:      decode[bool](o.get("isOnlineMeeting")) || o.get("onlineMeeting") != nil || o.text("onlineMeetingUrl") != "",
		LocationID:    hasLocationID(o),
	} {
		if lost {
			m.losses.add(name)
		}
	}
	answer := decode[struct{ Response string }](o.get("responseStatus")).Response
	if !has([]string{"", "none", "organizer", "notResponded"}, answer) {
		m.losses.add(Answer, answer)
	}
}

// foreign says that somebody else organizes the event.
func foreign(o object) bool { return string(o.get("isOrganizer")) == "false" }

func hasLocationID(o object) bool {
	for _, l := range append(objects(o.get("locations")), objects(array([]json.RawMessage{o.get("location")}))...) {
		if l.text("uniqueId") != "" && l.text("uniqueId") != l.text("displayName") {
			return true
		}
	}
	return false
}

// times puts start and end into the zones that the event was made in, so that
// these come back, and lets a recurrence begin where the event does.
func (m *maker) times(o object, body *object) {
	first := o.text("originalStartTimeZone")
	m.time(o, body, "start", first)
	m.time(o, body, "end", cmp.Or(o.text("originalEndTimeZone"), first))
	m.recurrence(body)
}

// time puts one of them into its zone. All-day events stay as they are, if they
// begin at midnight: they are dates and no instants.
func (m *maker) time(o object, body *object, member, own string) {
	if !body.has(member) {
		return
	}
	at := decode[moment](body.get(member))
	now := at.in(own, o.get("recurrence") != nil)
	if decode[bool](o.get("isAllDay")) && strings.Contains(at.DateTime, "T00:00:00") {
		now = at
	}
	if now != at {
		body.set(member, value(now))
	}
	if own != "" && !sameZone(own, now.TimeZone) {
		m.zoneLost(own)
	}
}

func (m *maker) zoneLost(zone string) {
	if custom(zone) {
		m.losses.add(CustomZone)
		return
	}
	m.losses.add(OtherZone, zone)
}

// custom says that the zone is known to nobody but the client that made it,
// and can be in no POST.
func custom(zone string) bool { return strings.HasPrefix(strings.ToLower(zone), "tzone://") }

// recurrence makes what Graph serves into what it takes: no empty zone, and a
// range that begins on the day of the event.
func (m *maker) recurrence(body *object) {
	recurrence, err := parse(body.get("recurrence"))
	if err != nil {
		return
	}
	within, err := parse(recurrence.get("range"))
	if err != nil {
		return
	}
	if zone := within.text("recurrenceTimeZone"); zone == "" || custom(zone) {
		within.remove("recurrenceTimeZone")
	}
	if day := decode[moment](body.get("start")).DateTime; len(day) >= dateLength {
		within.set("startDate", value(day[:dateLength]))
	}
	recurrence.set("range", within.encode())
	body.set("recurrence", recurrence.encode())
}

// moment is Graph's dateTimeTimeZone.
type moment struct {
	DateTime string `json:"dateTime"`
	TimeZone string `json:"timeZone"`
}

// wallTime is how Graph writes a dateTime, which has no offset.
const wallTime = "2006-01-02T15:04:05.0000000"

// when is the instant; ok is false where the time or its zone cannot be read.
func (d moment) when() (at time.Time, ok bool) {
	zone, ok := location(d.TimeZone)
	if !ok {
		return time.Time{}, false
	}
	at, err := time.ParseInLocation("2006-01-02T15:04:05", d.DateTime, zone)
	return at, err == nil
}

// in is the same instant in another zone. It stays as it is where a zone is not
// known, and where the other zone has that time twice, at the end of daylight
// saving, since the text would not say which. A series goes into its zone all
// the same: it repeats by the clock on the wall.
func (d moment) in(zone string, repeats bool) moment {
	at, ok := d.when()
	to, known := location(zone)
	if !ok || !known || sameZone(zone, d.TimeZone) || !repeats && twice(at, to) {
		return d
	}
	text := at.In(to).Format(wallTime)
	if custom(zone) { // one of the names of UTC
		zone = "UTC"
	}
	return moment{text, zone}
}

// twice says that the zone has the time of day of an instant a second time.
func twice(at time.Time, zone *time.Location) bool {
	text := at.In(zone).Format(wallTime)
	for _, apart := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
		if at.Add(apart).In(zone).Format(wallTime) == text || at.Add(-apart).In(zone).Format(wallTime) == text {
			return true
		}
	}
	return false
}

// sameZone compares two names of zones, of which UTC has several.
func sameZone(a, b string) bool {
	zoneA, okA := location(a)
	zoneB, okB := location(b)
	return strings.EqualFold(a, b) || okA && okB && zoneA.String() == zoneB.String()
}

// location finds a zone by its Windows or IANA name; no name is UTC.
func location(name string) (*time.Location, bool) {
	if name == "" {
		return time.UTC, true
	}
	at, err := zone.Load(name)
	return at, err == nil
}
