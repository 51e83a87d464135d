package tenant

import (
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/series"
)

// MailKind says why Exchange sent a mail.
type MailKind string

// The kinds of mail.
const (
	Cancellation MailKind = "cancellation"
	Invitation   MailKind = "invitation"
	Update       MailKind = "update"
	Response     MailKind = "response"
)

// Mail is a message that Exchange would have sent.
type Mail struct {
	Kind    MailKind `json:"kind"`
	From    string   `json:"from"`
	To      []string `json:"to"`
	Subject string   `json:"subject"`
	EventID string   `json:"eventId"`
}

// Outbox are all mails so far, oldest first.
func (t *Tenant) Outbox() []Mail {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return append([]Mail{}, t.outbox...)
}

func (m *Mailbox) send(kind MailKind, to []string, event rawjson.Object) {
	if len(to) == 0 {
		return
	}
	m.tenant.outbox = append(m.tenant.outbox, Mail{
		Kind: kind, From: m.address(), To: to, Subject: event.Text("subject"), EventID: event.Text("id"),
	})
}

// address is what the mailbox sends from.
func (m *Mailbox) address() string {
	if m.Mail != "" {
		return m.Mail
	}
	return m.UPN
}

// guests are the addresses of an event's attendees other than its organizer.
func guests(event rawjson.Object) []string {
	organizer := event.Object("organizer").Object("emailAddress").Text("address")
	var out []string
	for _, attendee := range event.Objects("attendees") {
		address := attendee.Object("emailAddress").Text("address")
		known := slices.ContainsFunc(out, func(other string) bool { return strings.EqualFold(other, address) })
		if address != "" && !known && !strings.EqualFold(address, organizer) {
			out = append(out, address)
		}
	}
	return out
}

// allGuests adds those of a series' exceptions.
func allGuests(event rawjson.Object) []string {
	out := guests(event)
	for _, exception := range event.Objects("exceptionOccurrences") {
		for _, address := range guests(exception) {
			if !slices.Contains(out, address) {
				out = append(out, address)
			}
		}
	}
	return out
}

// mailsOnDelete tells whether deleting the event sends cancellations.
func (m *Mailbox) mailsOnDelete(event rawjson.Object, permanent bool) bool {
	facts := m.tenant.facts
	switch {
	case !event.Bool("isOrganizer", true):
		return false
	case permanent && facts.PermanentDeleteMails == No,
		event.Bool("isDraft", false) && facts.DraftMeetingDeleteMails == No,
		event.Bool("isCancelled", false) && facts.CancelledMeetingDeleteMails == No,
		series.Past(event, m.tenant.now()) && facts.PastMeetingDeleteMails == No:
		return false
	}
	return true
}

// mailUpdate sends what a PATCH of an organizer's meeting sends: nothing for
// categories alone if that fact is no; for attendees alone, to those who were
// added or removed; for anything else, to all, and once more for each modified
// occurrence of a series (Graph docs, event-update).
func (m *Mailbox) mailUpdate(before, after rawjson.Object, changed []string) {
	if !after.Bool("isOrganizer", true) {
		return
	}
	only := func(name string) bool { return len(changed) == 1 && changed[0] == name }
	if only("categories") && m.tenant.facts.CategoriesPatchMails == No {
		return
	}
	was, is := guests(before), guests(after)
	added := without(is, was)
	m.send(Cancellation, without(was, is), after)
	m.send(Invitation, added, after)
	if only("attendees") {
		return
	}
	m.send(Update, without(is, added), after)
	for _, exception := range after.Objects("exceptionOccurrences") {
		m.send(Update, guests(exception), exception)
	}
}

func without(list, less []string) []string {
	var out []string
	for _, one := range list {
		if !slices.Contains(less, one) {
			out = append(out, one)
		}
	}
	return out
}

// mirrored are the members that an organizer's update carries to the attendees.
var mirrored = []string{"subject", "body", "bodyPreview", "start", "end", "isAllDay", "location", "locations", "recurrence", "importance"}

// eachCopy calls do for the attendees' copies of the meeting.
func (t *Tenant) eachCopy(of *item, do func(attendee *item)) {
	for _, other := range t.copies[of.body.Text("iCalUId")] {
		if other.mailbox != of.mailbox && !other.deleted && !other.body.Bool("isOrganizer", true) {
			do(other)
		}
	}
}

func (t *Tenant) cancelCopies(of *item) {
	t.eachCopy(of, func(attendee *item) {
		attendee.body = attendee.body.Set("isCancelled", true)
		attendee.touch()
	})
}

func (t *Tenant) updateCopies(of *item, changed []string) {
	t.eachCopy(of, func(attendee *item) {
		for _, name := range changed {
			if value, ok := of.body.Get(name); ok && slices.Contains(mirrored, name) {
				attendee.body = attendee.body.Set(name, rawjson.Object(value))
			}
		}
		attendee.touch()
	})
}
