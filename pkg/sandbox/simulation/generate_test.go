package simulation_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/recur"
	"github.com/riva-prep/riva-prep/pkg/sandbox/shape"
	"github.com/riva-prep/riva-prep/pkg/zone"
)

// category marks what is purged.
const category = "CRM"

// maker generates what lies in a mailbox. Titles begin with the item's number,
// by which it is found again under whatever id.
type maker struct {
	*rand.Rand
	owner string
	next  int
	// huge is how many bytes the largest bodies have.
	huge int
}

func pick[T any](m *maker, from ...T) T { return from[m.IntN(len(from))] }

func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

// text is what people and programs write.
func (m *maker) text() string {
	if m.chance(30) {
		return strings.Repeat(pick(m, "word ", "Wort ", "слово ", "كلمة ", "字"), 1+m.IntN(60))
	}
	return pick(m, "Plain", "Łódź & Co. <sales>", "\u202eشركة\u202c \u200fעברית", "👩🏽‍💻🎉", "a\r\nb\tc", `quote " back \ slash`, "\u2028\u2029",
		"<html><body bgcolor=\"x>y\"><p>Hello&nbsp;there</p></body></html>", "cid:image001", "0", "null", "9007199254740993")
}

// maybe is a text, an empty one, or null.
func (m *maker) maybe() any {
	return pick[any](m, nil, "", m.text(), m.text(), m.text())
}

func (m *maker) texts(most int) []string {
	out := []string{}
	for range m.IntN(most + 1) {
		out = append(out, m.text())
	}
	return out
}

// head is what the service sets; given is the plug-in's category, or another.
func (m *maker) head() (head, given rawjson.Object, title string) {
	m.next++
	id := fmt.Sprintf("%s-old-%06d", m.owner, m.next)
	categories := []string{category}
	if m.chance(5) {
		categories = []string{"Own"}
	} else if m.chance(30) {
		categories = append(categories, "Łódź 🎉")
	}
	head = rawjson.Of("@odata.etag", `W/"`+id+`"`, "id", id, "createdDateTime", "2020-01-01T00:00:00Z", "lastModifiedDateTime", "2020-01-01T00:00:00Z")
	return head, rawjson.Of("categories", categories), fmt.Sprintf("#%06d# %s", m.next, m.text())
}

// foreign adds what Graph never documented, with numbers that no float64 has,
// and named properties, one of which nobody asks for.
func (m *maker) foreign(o rawjson.Object, properties bool) rawjson.Object {
	if m.chance(20) {
		o = o.Set("unheardOf", rawjson.Object(`{"id":"x","number":123456789012345678901234567890,"none":null}`))
	}
	if properties && m.chance(30) {
		o = o.Set("singleValueExtendedProperties", []rawjson.Object{
			rawjson.Of("id", "String {00020329-0000-0000-C000-000000000046} Name crmid", "value", m.text()),
			rawjson.Of("id", "String {00020329-0000-0000-C000-000000000046} Name NobodyAsks", "value", m.text()),
		})
	}
	return o
}

func (m *maker) contact(folder string) rawjson.Object {
	head, marked, title := m.head()
	pairs := []any{"changeKey", "old", "displayName", title}
	for name := range strings.FieldsSeq(`fileAs givenName initials middleName nickName surname title yomiGivenName yomiSurname yomiCompanyName
		generation jobTitle companyName department officeLocation profession businessHomePage assistantName manager mobilePhone spouseName`) {
		pairs = append(pairs, name, m.maybe())
	}
	pairs = append(pairs, "personalNotes", pick(m, "", m.text()))
	mails := []rawjson.Object{}
	for i := range m.IntN(4) {
		mails = append(mails, rawjson.Of("name", m.text(), "address", fmt.Sprintf("c%d@contact.example", i)))
	}
	pairs = append(pairs, "imAddresses", m.texts(2), "homePhones", m.texts(2), "businessPhones", m.texts(2), "children", m.texts(2), "emailAddresses", mails)
	for _, name := range []string{"homeAddress", "businessAddress", "otherAddress"} {
		address := rawjson.Empty()
		for part := range strings.FieldsSeq("street city state countryOrRegion postalCode") {
			if m.chance(40) {
				address = address.Set(part, m.text())
			}
		}
		pairs = append(pairs, name, address)
	}
	if m.chance(40) {
		pairs = append(pairs, "birthday", fmt.Sprintf("19%02d-%02d-%02dT11:59:00Z", m.IntN(100), 1+m.IntN(12), 1+m.IntN(28)))
	}
	c := m.foreign(shape.Contact(head, folder, marked.Merge(rawjson.Of(pairs...))), true)
	if m.chance(10) {
		properties := append(c.Objects("singleValueExtendedProperties"), rawjson.Of("id", "Boolean {00062004-0000-0000-C000-000000000046} Id 0x8015", "value", "true"))
		c = c.Set("singleValueExtendedProperties", properties).
			Set("photo", rawjson.Of("contentType", "image/png", "contentBytes", base64.StdEncoding.EncodeToString([]byte(title))))
	}
	return c
}

func (m *maker) body() rawjson.Object {
	content := m.text()
	if m.huge > 0 && m.chance(1) && m.chance(10) {
		content = strings.Repeat("<p>large &amp; long</p>\r\n", m.huge/24)
	}
	return rawjson.Of("contentType", pick(m, "text", "html"), "content", content)
}

func (m *maker) attachments(o rawjson.Object, kind string) rawjson.Object {
	if !m.chance(10) {
		return o
	}
	all := []rawjson.Object{}
	for i := range 1 + m.IntN(2) {
		content := []byte(m.text())
		if m.chance(3) {
			content = make([]byte, 4<<20) // more than one request may carry
		}
		a := rawjson.Of("@odata.type", "#microsoft.graph."+kind, "id", fmt.Sprint("a", i), "lastModifiedDateTime", "2020-01-01T00:00:00Z",
			"name", fmt.Sprintf("%d 📎.txt", i), "contentType", "text/plain")
		if kind == "fileAttachment" {
			a = a.Merge(rawjson.Of("isInline", false, "contentId", nil, "contentLocation", nil))
		}
		encoded := base64.StdEncoding.EncodeToString(content)
		all = append(all, a.Set("contentBytes", encoded).Set("size", len(encoded)*3/4)) // so measures the sandbox
	}
	return o.Set("attachments", all).Set("hasAttachments", true)
}

// moment is a time as Graph serves it when it is asked for UTC.
func moment(at time.Time) rawjson.Object {
	return rawjson.Of("dateTime", at.UTC().Format("2006-01-02T15:04:05.0000000"), "timeZone", "UTC")
}

// day is one on which clocks change somewhere, or another.
func (m *maker) day(in *time.Location) time.Time {
	name := pick(m, "2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01", "2026-04-05", "2026-01-31", "2028-02-29", "2026-07-15")
	day, err := time.ParseInLocation(time.DateOnly, name, in)
	if err != nil {
		panic(err)
	}
	return day
}

// event is a single event or, every fifth time, a series of the next pattern
// and range.
func (m *maker) event() rawjson.Object {
	head, marked, title := m.head()
	name := pick(m, "UTC", "Pacific Standard Time", "W. Europe Standard Time", "Tokyo Standard Time", "AUS Eastern Standard Time", "India Standard Time")
	own, err := zone.Load(name)
	if err != nil {
		panic(err)
	}
	allDay := m.chance(15)
	start, length := m.day(own).Add(time.Duration(16+m.IntN(60))*15*time.Minute), time.Duration(m.IntN(180))*time.Minute
	if allDay {
		own = time.UTC
		start, length = m.day(own), 24*time.Hour
	}
	given := rawjson.Of("changeKey", "old", "subject", title, "body", m.body(), "importance", pick(m, "low", "normal", "high"), "sensitivity", pick(m, "normal", "private"),
		"showAs", pick(m, "free", "busy", "oof", "workingElsewhere"), "reminderMinutesBeforeStart", m.IntN(2880), "isReminderOn", m.chance(50),
		"isAllDay", allDay, "start", moment(start), "end", moment(start.Add(length)), "originalStartTimeZone", name, "originalEndTimeZone", name)
	if m.chance(30) {
		given = given.Set("location", rawjson.Of("displayName", m.text(), "locationType", "default", "uniqueIdType", "unknown",
			"address", rawjson.Empty(), "coordinates", rawjson.Empty())).Set("locations", []rawjson.Object{})
	}
	series := m.next%5 == 0
	if series {
		given = given.Set("recurrence", m.rule(start, name))
	}
	owner := rawjson.Of("name", m.owner, "address", m.owner+"@contoso.example")
	e := m.people(m.foreign(shape.Event(head, owner, "uid-"+head.Text("id"), marked.Merge(given)), true))
	if series {
		return m.dates(e, start, length)
	}
	return m.attachments(e, "fileAttachment")
}

// people make some events meetings, most of them somebody else's.
func (m *maker) people(e rawjson.Object) rawjson.Object {
	if !m.chance(30) {
		return e
	}
	all := []rawjson.Object{}
	for i := range 1 + m.IntN(3) {
		all = append(all, rawjson.Of("type", pick(m, "required", "optional", "resource"), "status", rawjson.Of("response", pick(m, "none", "accepted"), "time", shape.NoTime),
			"emailAddress", rawjson.Of("name", m.text(), "address", fmt.Sprintf("p%d@invited.example", i))))
	}
	e = e.Set("attendees", all)
	if m.chance(70) {
		e = e.Set("isOrganizer", false).Set("organizer", rawjson.Of("emailAddress", rawjson.Of("name", "Boss", "address", "boss@invited.example"))).
			Set("responseStatus", rawjson.Of("response", "accepted", "time", "2026-01-01T00:00:00Z"))
	}
	return e
}

// patterns times ranges are gone through in turn.
func (m *maker) rule(start time.Time, zoneName string) rawjson.Object {
	weekday := strings.ToLower(start.Weekday().String())
	index := []string{"first", "second", "third", "fourth", "last"}[(start.Day()-1)/7]
	turn := m.next / 5
	p := rawjson.Of("type", "daily", "interval", 1+m.IntN(3), "month", 0, "dayOfMonth", 0, "daysOfWeek", []string{}, "firstDayOfWeek", "sunday", "index", "first")
	switch turn % 6 {
	case 1:
		p = p.Set("type", "weekly").Set("daysOfWeek", []string{weekday})
	case 2:
		p = p.Set("type", "absoluteMonthly").Set("dayOfMonth", start.Day())
	case 3:
		p = p.Set("type", "relativeMonthly").Set("daysOfWeek", []string{weekday}).Set("index", index)
	case 4:
		p = p.Set("type", "absoluteYearly").Set("dayOfMonth", start.Day()).Set("month", int(start.Month()))
	case 5:
		p = p.Set("type", "relativeYearly").Set("daysOfWeek", []string{weekday}).Set("index", index).Set("month", int(start.Month()))
	}
	r := rawjson.Of("type", "noEnd", "startDate", start.Format(time.DateOnly), "endDate", "0001-01-01", "recurrenceTimeZone", zoneName, "numberOfOccurrences", 0)
	switch turn / 6 % 3 {
	case 1:
		r = r.Set("type", "endDate").Set("endDate", start.AddDate(9, 0, 0).Format(time.DateOnly))
	case 2:
		r = r.Set("type", "numbered").Set("numberOfOccurrences", 9)
	}
	return rawjson.Of("pattern", p, "range", r)
}

// dates cancels and changes some dates of a series.
func (m *maker) dates(e rawjson.Object, start time.Time, length time.Duration) rawjson.Object {
	rule, err := recur.Parse(e.Object("recurrence"))
	if err != nil {
		panic(err)
	}
	cancelled, exceptions, n := []string{}, []rawjson.Object{}, 0
	from := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, time.UTC)
	for day := range rule.Between(from, from.AddDate(8, 0, 0)) {
		if n++; n > 5 {
			break
		}
		switch m.IntN(5) {
		case 0:
			cancelled = append(cancelled, "OID."+e.Text("id")+"."+day.Format(time.DateOnly))
		case 1:
			slot := time.Date(day.Year(), day.Month(), day.Day(), start.Hour(), start.Minute(), 0, 0, start.Location())
			moved := slot.Add(time.Duration(m.IntN(3)) * time.Hour)
			if e.Bool("isAllDay", false) {
				moved = slot
			}
			x := e.Without("recurrence").Without("singleValueExtendedProperties").Without("unheardOf").Set("id", fmt.Sprintf("%s-x%d", e.Text("id"), n)).Set("type", "exception").
				Set("seriesMasterId", e.Text("id")).Set("recurrence", nil).Set("subject", fmt.Sprintf("#%d# %s", n, m.text())).Set("body", m.body()).
				Set("originalStart", slot.UTC().Format(time.RFC3339)).Set("start", moment(moved)).Set("end", moment(moved.Add(length)))
			exceptions = append(exceptions, x)
		}
	}
	return e.Set("exceptionOccurrences", exceptions).Set("cancelledOccurrences", cancelled)
}

func (m *maker) task() rawjson.Object {
	head, marked, title := m.head()
	given := rawjson.Of("title", title, "status", pick(m, "notStarted", "inProgress", "waitingOnOthers", "deferred"), "importance", pick(m, "low", "normal", "high"),
		"isReminderOn", false, "body", rawjson.Of("content", m.text(), "contentType", "text"), "bodyLastModifiedDateTime", "2020-01-01T00:00:00Z")
	day := m.day(time.UTC)
	for _, name := range []string{"dueDateTime", "startDateTime"} {
		if m.chance(60) {
			given = given.Set(name, moment(day))
		}
	}
	if m.chance(40) {
		given = given.Set("linkedResources", []rawjson.Object{rawjson.Of("id", "l", "webUrl", "https://crm.example/7", "applicationName", "Salesforce", "externalId", "7", "displayName", m.text())})
	}
	steps := []rawjson.Object{}
	for i := range m.IntN(4) {
		steps = append(steps, rawjson.Of("id", fmt.Sprint("s", i), "displayName", fmt.Sprint(i, " ", m.text()), "isChecked", m.chance(50), "createdDateTime", "2020-01-01T00:00:00Z"))
	}
	if len(steps) > 0 {
		given = given.Set("checklistItems", steps)
	}
	return m.attachments(m.foreign(shape.Task(head, marked.Merge(given)), false), "taskFileAttachment")
}

// user is one whose mailbox holds n items: five contacts to three events and
// two tasks, in the folders NAME-f, NAME-c and NAME-l.
func (m *maker) user(n int) string {
	all := map[string][]string{}
	for i := range n {
		switch {
		case i%10 < 5:
			all["f"] = append(all["f"], string(m.contact(m.owner+"-f")))
		case i%10 < 8:
			all["c"] = append(all["c"], string(m.event()))
		default:
			all["l"] = append(all["l"], string(m.task()))
		}
	}
	return user(m.owner, strings.Join(all["f"], ","), strings.Join(all["c"], ","), strings.Join(all["l"], ","))
}
