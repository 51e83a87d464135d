package form

import (
	"encoding/json"
	"html"
	"strings"
	"time"
)

// Event is a single event, a series or one of its exceptions.
type Event struct {
	ID             string      `json:"id"`
	UID            Text        `json:"iCalUId"`
	Created        string      `json:"createdDateTime"`
	Modified       string      `json:"lastModifiedDateTime"`
	Subject        Text        `json:"subject"`
	Body           Body        `json:"body"`
	Start          DateTime    `json:"start"`
	End            DateTime    `json:"end"`
	AllDay         bool        `json:"isAllDay"`
	Cancelled      bool        `json:"isCancelled"`
	Zone           string      `json:"originalStartTimeZone"`
	OriginalStart  string      `json:"originalStart"`
	Location       Location    `json:"location"`
	Categories     []Text      `json:"categories"`
	Importance     string      `json:"importance"`
	Sensitivity    string      `json:"sensitivity"`
	ShowAs         string      `json:"showAs"`
	Reminder       bool        `json:"isReminderOn"`
	ReminderBefore int         `json:"reminderMinutesBeforeStart"`
	Attendees      []Attendee  `json:"attendees"`
	Organizer      Attendee    `json:"organizer"`
	Recurrence     *Recurrence `json:"recurrence"`
	Meeting        struct {
		JoinURL Text `json:"joinUrl"`
	} `json:"onlineMeeting"`
	MeetingURL Text `json:"onlineMeetingUrl"`
}

// Location is where an event takes place.
type Location struct {
	Name Text `json:"displayName"`
}

// Attendee is somebody invited.
type Attendee struct {
	Type   Text `json:"type"`
	Mail   Mail `json:"emailAddress"`
	Status struct {
		Response Text `json:"response"`
	} `json:"status"`
}

// Recurrence is Graph's patternedRecurrence.
type Recurrence struct {
	Pattern Pattern `json:"pattern"`
	Range   Range   `json:"range"`
}

// Pattern says on which days a series takes place.
type Pattern struct {
	Type           string   `json:"type"`
	Interval       int      `json:"interval"`
	Month          int      `json:"month"`
	DayOfMonth     int      `json:"dayOfMonth"`
	DaysOfWeek     []string `json:"daysOfWeek"`
	FirstDayOfWeek string   `json:"firstDayOfWeek"`
	Index          string   `json:"index"`
}

// Range says from when to when.
type Range struct {
	Type        string `json:"type"`
	StartDate   string `json:"startDate"`
	EndDate     string `json:"endDate"`
	Zone        string `json:"recurrenceTimeZone"`
	Occurrences int    `json:"numberOfOccurrences"`
}

// Series is what Graph answers apart from a master.
type Series struct {
	Exceptions []Event  `json:"exceptionOccurrences"`
	Cancelled  []string `json:"cancelledOccurrences"`
}

// ReadEvent reads an event and, of a master, its series.
func ReadEvent(raw, series json.RawMessage) (Event, Series, error) {
	var e Event
	var s Series
	if err := read(raw, &e); err != nil {
		return Event{}, Series{}, err
	}
	if len(series) > 0 {
		if err := read(series, &s); err != nil {
			return Event{}, Series{}, err
		}
	}
	return e, s, nil
}

// Days are the cancelled dates: they stand behind the last dot of the ids
// (OID.<master>.2026-04-03).
func (s Series) Days() (days []time.Time, unread int) {
	for _, id := range s.Cancelled {
		day, err := time.Parse(time.DateOnly, id[strings.LastIndex(id, ".")+1:])
		if err != nil {
			unread++
			continue
		}
		days = append(days, day)
	}
	return days, unread
}

// Times are start and end as instants, of an all-day event as midnights UTC of
// the first day and the day after the last.
func (e Event) Times() (start, end time.Time, err error) {
	read := DateTime.Instant
	if e.AllDay {
		read = DateTime.Date
	}
	if start, err = read(e.Start); err != nil {
		return start, end, err
	}
	if end, err = read(e.End); err != nil || end.Before(start) {
		end = start
	}
	if e.AllDay && !end.After(start) {
		end = start.AddDate(0, 0, 1)
	}
	return start, end, nil
}

// EndUnread says whether the end cannot be read: Times then takes the start.
func (e Event) EndUnread() bool {
	_, err := e.End.Instant()
	return err != nil
}

// OriginalDay is the day of an all-day series that an exception stands for:
// its original start is midnight in the zone of the series, told in UTC, which
// may be the evening before.
func (e Event) OriginalDay(loc *time.Location) (time.Time, bool) {
	at := Stamp(e.OriginalStart)
	if at.IsZero() {
		return at, false
	}
	if local := at.In(loc); local.Hour() == 0 && local.Minute() == 0 {
		return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC), true
	}
	return nearestDay(at), true
}

// Private says whether the event is to be hidden from others.
func (e Event) Private() bool {
	return strings.EqualFold(e.Sensitivity, "private") || strings.EqualFold(e.Sensitivity, "personal")
}

// Changed is when the event was last touched; the start of one that does not
// say. It is what stamps are made of, so that the same backup gives the same
// files.
func (e Event) Changed() time.Time {
	for _, s := range []string{e.Modified, e.Created} {
		if t := Stamp(s); !t.IsZero() {
			return t
		}
	}
	start, _, err := e.Times()
	if err != nil {
		return time.Unix(0, 0).UTC()
	}
	return start
}

// Description is the body as text, and below it who was invited: in a field of
// their own they would be mailed by what imports the event.
func (e Event) Description() string {
	return strings.TrimSpace(strings.Join(append([]string{e.Body.Plain(), ""}, e.below()...), "\n"))
}

// HTML is the body as HTML with the same lines below it; empty if it is text.
func (e Event) HTML() string {
	body := e.Body.HTML()
	if body == "" {
		return ""
	}
	var below strings.Builder
	for _, line := range e.below() {
		below.WriteString("<p>" + html.EscapeString(line) + "</p>")
	}
	at := strings.LastIndex(strings.ToLower(body), "</body>")
	if at < 0 {
		at = len(body)
	}
	return body[:at] + below.String() + body[at:]
}

func (e Event) below() (lines []string) {
	if e.Cancelled {
		lines = append(lines, "Cancelled by the organizer.")
	}
	for _, link := range []Text{e.Meeting.JoinURL, e.MeetingURL} {
		if link != "" && !strings.Contains(string(e.Body.Content), string(link)) {
			lines = append(lines, "Online meeting: "+string(link))
			break
		}
	}
	if len(e.Attendees) == 0 {
		return lines
	}
	if e.Organizer.Mail.String() != "" {
		lines = append(lines, "Organizer: "+oneLine(e.Organizer.Mail.String()))
	}
	for _, a := range e.Attendees {
		lines = append(lines, a.line())
	}
	return lines
}

func (a Attendee) line() string {
	role := "Attendee"
	for _, known := range []string{"Required", "Optional", "Resource"} {
		if strings.EqualFold(known, string(a.Type)) {
			role = known
		}
	}
	line := role + ": " + oneLine(a.Mail.String())
	if r := oneLine(string(a.Status.Response)); r != "" && !strings.EqualFold(r, "none") {
		line += ", " + r
	}
	return line
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
