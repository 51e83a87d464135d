package demo

import (
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// fillEvents makes the appointments without attendees and the series; meetings
// come later, for they are in several mailboxes.
func (p *person) fillEvents(n int) {
	count := 14 + p.rand.IntN(12)
	if p.purpose == "room" {
		count = 0
	}
	for range count {
		subject := pick(p.maker, subjects) + " " + pick(p.maker, companies)
		if p.rand.IntN(4) == 0 {
			subject = pick(p.maker, privateSubjects)
		}
		start := today.AddDate(0, 0, p.rand.IntN(400)-300).Add(time.Duration(8+p.rand.IntN(9)) * time.Hour)
		p.events = append(p.events, p.event(subject, start, time.Hour, p.categories()))
	}
	if n%2 == 0 && p.purpose == "user" {
		p.events = append(p.events, p.series("Pipeline meeting", nil))
	}
	if n == 4 {
		// Attendees on one moved occurrence only: the master looks harmless.
		p.events = append(p.events, p.series("Focus time", guests("Mira Sandvik", "Fabrikam Marine")))
	}
	for range 4 * (n % 2) {
		start := today.AddDate(0, 0, p.rand.IntN(90)).Add(9 * time.Hour)
		p.project = append(p.project, p.event("Project Nordlicht", start, 2*time.Hour, p.categories()))
	}
}

// moment is a dateTimeTimeZone in UTC.
func moment(at time.Time) rawjson.Object {
	return rawjson.Of("dateTime", at.Format("2006-01-02T15:04:05.0000000"), "timeZone", "UTC")
}

// event is an appointment of the person's own.
func (p *person) event(subject string, start time.Time, length time.Duration, categories []string) rawjson.Object {
	event := p.versioned("event", start.AddDate(0, -1, 0))
	id := event.Text("id")
	uid := "040000008200E00074C5B7101A82E008" + strings.ToUpper(strings.ReplaceAll(p.guid("uid"), "-", ""))
	event = with(event,
		"categories", categories, "transactionId", nil, "originalStartTimeZone", "UTC", "originalEndTimeZone", "UTC",
		"iCalUId", uid, "reminderMinutesBeforeStart", 15, "isReminderOn", true, "hasAttachments", false, "subject", subject,
		"bodyPreview", "", "importance", "normal", "sensitivity", "normal", "isAllDay", false, "isCancelled", false,
		"isOrganizer", true, "responseRequested", true, "seriesMasterId", nil, "showAs", "busy", "type", "singleInstance",
		"webLink", "https://outlook.office365.com/owa/?itemid="+strings.ReplaceAll(id, "=", "%3D")+"&exvsurl=1&path=/calendar/item",
		"onlineMeetingUrl", nil, "isOnlineMeeting", false, "onlineMeetingProvider", "unknown", "allowNewTimeProposals", true,
		"isDraft", false, "hideAttendees", false,
		"responseStatus", rawjson.Of("response", "organizer", "time", "0001-01-01T00:00:00Z"),
		"body", rawjson.Of("contentType", "html", "content", ""), "start", moment(start), "end", moment(start.Add(length)))
	event = with(event,
		"location", rawjson.Of("displayName", "", "locationType", "default", "uniqueIdType", "unknown",
			"address", rawjson.Empty(), "coordinates", rawjson.Empty()),
		"locations", []string{}, "recurrence", nil, "attendees", []string{},
		"organizer", rawjson.Of("emailAddress", address(p.name, p.address())), "onlineMeeting", nil)
	if len(categories) > 0 && categories[0] == Dynamics {
		event = event.Set("singleValueExtendedProperties", p.crmLink())
	}
	return event
}

// series is a weekly one with a moved and two cancelled occurrences. Guests are
// those of the moved occurrence alone.
func (p *person) series(subject string, guests []rawjson.Object) rawjson.Object {
	start := today.AddDate(0, 0, -70).Add(8 * time.Hour)
	master := p.event(subject, start, time.Hour, p.categories())
	id := master.Text("id")
	day := strings.ToLower(start.Weekday().String())
	on := func(week int) time.Time { return start.AddDate(0, 0, 7*week) }
	master = with(master, "type", "seriesMaster", "recurrence", rawjson.Of(
		"pattern", rawjson.Of("type", "weekly", "interval", 1, "month", 0, "dayOfMonth", 0, "daysOfWeek", []string{day},
			"firstDayOfWeek", "sunday", "index", "first"),
		"range", rawjson.Of("type", "endDate", "startDate", start.Format(time.DateOnly), "endDate", on(30).Format(time.DateOnly),
			"recurrenceTimeZone", "UTC", "numberOfOccurrences", 0)))
	moved := with(master, "id", p.newID("exception"), "seriesMasterId", id, "type", "exception", "recurrence", nil,
		"subject", subject+" (moved)", "start", moment(on(12).Add(26*time.Hour)), "end", moment(on(12).Add(27*time.Hour)),
		"originalStart", on(12).Format("2006-01-02T15:04:05Z")).Without("singleValueExtendedProperties")
	if guests != nil {
		moved = moved.Set("attendees", guests)
	}
	return with(master,
		"cancelledOccurrences", []string{"OID." + id + "." + on(3).Format(time.DateOnly), "OID." + id + "." + on(14).Format(time.DateOnly)},
		"exceptionOccurrences", []rawjson.Object{moved})
}

// guests are attendees from outside.
func guests(name, company string) []rawjson.Object {
	return []rawjson.Object{attendee(name, mailName(name)+"@"+domain(company), "required", "accepted")}
}

func attendee(name, mail, kind, response string) rawjson.Object {
	return rawjson.Of("type", kind, "status", rawjson.Of("response", response, "time", "2026-10-01T08:00:00Z"),
		"emailAddress", address(name, mail))
}

// meetings puts each meeting into its organizer's and its attendees' mailboxes.
func (m *maker) meetings() {
	room := m.people[11]
	for n, organizer := range m.people[:10] {
		for k := range 3 {
			colleague := m.people[(n+k+1)%10]
			start := today.AddDate(0, 0, 11*k-12+n).Add(time.Duration(9+n%6) * time.Hour)
			invited := append(guests(pick(m, givenNames)+" "+pick(m, surnames), pick(m, companies)),
				attendee(colleague.name, colleague.address(), "required", "accepted"),
				attendee(room.name, room.address(), "resource", "accepted"))
			subject := pick(m, subjects) + " " + pick(m, companies)
			meeting := organizer.event(subject, start, time.Hour, organizer.categories()).Set("attendees", invited)
			organizer.events = append(organizer.events, meeting)
			for _, p := range []*person{colleague, room} {
				p.events = append(p.events, p.copyOf(meeting))
			}
		}
	}
}

// copyOf is the attendee's copy of a meeting.
func (p *person) copyOf(meeting rawjson.Object) rawjson.Object {
	categories := p.categories()
	if p.purpose == "room" {
		categories = []string{}
	}
	created, _ := time.Parse(time.RFC3339, meeting.Text("createdDateTime"))
	copied := meeting.Without("singleValueExtendedProperties")
	return with(copied.Merge(p.versioned("event", created)), "categories", categories, "isOrganizer", false,
		"responseStatus", rawjson.Of("response", "accepted", "time", "2026-10-01T08:00:00Z"))
}

// allCalendars are the default calendar, a project's, one that cannot be edited
// and, for some, a colleague's.
func (p *person) allCalendars() []rawjson.Object {
	own := address(p.name, p.address())
	out := []rawjson.Object{p.calendar("Calendar", own, true, p.events).Set("isDefaultCalendar", true).Set("isRemovable", false)}
	if len(p.project) > 0 {
		out = append(out, p.calendar("Project Nordlicht", own, true, p.project))
	}
	if p.purpose != "user" {
		return out
	}
	var days []rawjson.Object
	for _, holiday := range holidays {
		start, _ := time.Parse(time.DateOnly, holiday.date)
		days = append(days, p.event(holiday.name, start, 24*time.Hour, []string{"Holiday"}).Set("isAllDay", true))
	}
	out = append(out, p.calendar("Holidays in Finland", own, false, days))
	if p.name == staff[1].name || p.name == staff[6].name {
		boss := p.people[0] // the others see the first one's calendar
		shared := []rawjson.Object{
			boss.event("Board preparation", today.AddDate(0, 0, 3).Add(9*time.Hour), time.Hour, []string{Salesforce}),
			boss.event("Anniversary dinner", today.AddDate(0, 0, 9).Add(17*time.Hour), 3*time.Hour, []string{}),
		}
		out = append(out, p.calendar(boss.name, address(boss.name, boss.address()), true, shared))
	}
	return out
}

func (p *person) calendar(name string, owner rawjson.Object, canEdit bool, events []rawjson.Object) rawjson.Object {
	return rawjson.Of("id", p.newID("calendar"), "name", name, "color", "auto", "hexColor", "", "isDefaultCalendar", false,
		"changeKey", p.versioned("calendar", today).Text("changeKey"), "canShare", canEdit, "canViewPrivateItems", true, "canEdit", canEdit,
		"allowedOnlineMeetingProviders", []string{"teamsForBusiness"}, "defaultOnlineMeetingProvider", "teamsForBusiness",
		"isTallyingResponses", true, "isRemovable", true, "owner", owner, "events", events)
}
