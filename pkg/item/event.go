package item

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Event holds what decides whether deleting or changing an event mails people.
type Event struct {
	// Type is Graph's eventType: singleInstance, seriesMaster, exception or occurrence.
	Type string
	// Organizer is true for meetings that this mailbox organizes, and also
	// for plain appointments, which have no attendees.
	Organizer bool
	// Attendees are the addresses of everybody invited, as served.
	Attendees []string
	Cancelled bool
	Start     time.Time
	// Zone is originalStartTimeZone, in which a series repeats.
	Zone string
	// OriginalStart is when an occurrence or exception would have been.
	OriginalStart time.Time
	// UID is iCalUId, the same in all mailboxes that hold the meeting.
	UID string
	// Exceptions of a series are known only after AddSeries.
	Exceptions []Item
	// Unread is true when the exceptions could not be read: whom the series
	// invites is then unknown.
	Unread bool
}

// event lists the event-only members that are read.
type event struct {
	Type          string     `json:"type"`
	IsOrganizer   bool       `json:"isOrganizer"`
	IsCancelled   bool       `json:"isCancelled"`
	Attendees     []attendee `json:"attendees"`
	Zone          string     `json:"originalStartTimeZone"`
	OriginalStart time.Time  `json:"originalStart"`
	UID           string     `json:"iCalUId"`
	Start         struct {
		DateTime string `json:"dateTime"`
		TimeZone string `json:"timeZone"`
	} `json:"start"`
}

type attendee struct {
	EmailAddress struct {
		Name    string `json:"name"`
		Address string `json:"address"`
	} `json:"emailAddress"`
}

func (w event) parse() *Event {
	e := &Event{Type: w.Type, Organizer: w.IsOrganizer, Cancelled: w.IsCancelled, Start: parseStart(w.Start.DateTime), Zone: w.Zone, OriginalStart: w.OriginalStart, UID: w.UID}
	for _, a := range w.Attendees {
		e.Attendees = append(e.Attendees, strings.TrimSpace(a.EmailAddress.Address+" "+addressless(a)))
	}
	return e
}

// addressless names an attendee that has no address, so that it still counts.
func addressless(a attendee) string {
	if a.EmailAddress.Address != "" {
		return ""
	}
	return a.EmailAddress.Name
}

// parseStart reads Graph's dateTimeTimeZone value, which has no offset. The
// zone asked for is always UTC; an unreadable value is no date.
func parseStart(s string) time.Time {
	t, err := time.Parse("2006-01-02T15:04:05.9999999", s)
	if err != nil {
		return time.Time{}
	}
	return t
}

// IsMaster says whether the event is a series, whose exceptions and cancelled
// occurrences Graph answers apart from it.
func (e *Event) IsMaster() bool { return e != nil && e.Type == "seriesMaster" }

// Invites says whether people other than this mailbox's owner would hear of a
// change: the mailbox organizes it, and somebody is invited to the event or to
// one of its exceptions (Graph docs, event-delete).
func (e *Event) Invites() bool {
	if e == nil {
		return false
	}
	if e.Organizer && len(e.Attendees) > 0 {
		return true
	}
	for _, x := range e.Exceptions {
		if x.Event.Invites() {
			return true
		}
	}
	return false
}

// Invited counts the addresses invited to the event or to any exception.
func (e *Event) Invited() int { return len(e.Guests()) }

// Guests are those addresses, in lower case and sorted.
func (e *Event) Guests() []string {
	seen := map[string]bool{}
	e.collect(seen)
	return slices.Sorted(maps.Keys(seen))
}

func (e *Event) collect(seen map[string]bool) {
	if e == nil {
		return
	}
	for _, a := range e.Attendees {
		seen[strings.ToLower(a)] = true
	}
	for _, x := range e.Exceptions {
		x.Event.collect(seen)
	}
}

// AddSeries reads the exceptions of a series master out of the answer to
// GET event with exceptionOccurrences selected and expanded.
func (it *Item) AddSeries(raw []byte) error {
	var series struct {
		Exceptions []json.RawMessage `json:"exceptionOccurrences"`
	}
	if err := json.Unmarshal(raw, &series); err != nil {
		return fmt.Errorf("%w: series %s: %w", ErrMalformed, it.ID, err)
	}
	it.Event.Exceptions = nil
	for _, x := range series.Exceptions {
		exception, err := Parse(it.Folder, x)
		if err != nil {
			return fmt.Errorf("exception of series %s: %w", it.ID, err)
		}
		it.Event.Exceptions = append(it.Event.Exceptions, exception)
	}
	return nil
}
