package rules

import (
	"slices"
	"strings"
	"time"

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

// mails is the mail about an event to some people, none to nobody.
func mails(kind MailKind, from string, to []string, event rawjson.Object) []Mail {
	if len(to) == 0 {
		return nil
	}
	return []Mail{{Kind: kind, From: from, To: to, Subject: event.Text("subject"), EventID: event.Text("id")}}
}

// Guests are the addresses of an event's attendees other than its organizer.
func Guests(event rawjson.Object) []string {
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
	out := Guests(event)
	for _, exception := range event.Objects("exceptionOccurrences") {
		for _, address := range Guests(exception) {
			if !slices.Contains(out, address) {
				out = append(out, address)
			}
		}
	}
	return out
}

// OnCreate is what a new event sends: invitations.
func OnCreate(from string, event rawjson.Object) []Mail {
	return mails(Invitation, from, Guests(event), event)
}

// OnImport is what an imported event sends: if an organizer's, invitations, to
// those invited to an exception only too.
func (f Facts) OnImport(from string, event rawjson.Object) []Mail {
	if f.ImportMails == No || !event.Bool("isOrganizer", true) {
		return nil
	}
	return mails(Invitation, from, allGuests(event), event)
}

// OnDelete is what deleting an event sends at the time now: an organizer's
// meeting cancels itself, for those invited to an exception only too (Graph
// docs, event-delete).
func (f Facts) OnDelete(from string, event rawjson.Object, permanent bool, now time.Time) []Mail {
	switch {
	case !event.Bool("isOrganizer", true),
		permanent && f.PermanentDeleteMails == No,
		event.Bool("isDraft", false) && f.DraftMeetingDeleteMails == No,
		event.Bool("isCancelled", false) && f.CancelledMeetingDeleteMails == No,
		series.Past(event, now) && f.PastMeetingDeleteMails == No:
		return nil
	}
	return mails(Cancellation, from, allGuests(event), event)
}

// OnCancel is what cancelling an organizer's meeting sends, past, draft or not:
// it is what the action is for (Graph docs, event-cancel).
func OnCancel(from string, event rawjson.Object) []Mail {
	return mails(Cancellation, from, allGuests(event), event)
}

// OnResponse is an attendee's answer to the organizer.
func OnResponse(from string, event rawjson.Object) []Mail {
	organizer := event.Object("organizer").Object("emailAddress").Text("address")
	if organizer == "" {
		return nil
	}
	return mails(Response, from, []string{organizer}, event)
}

// OnUpdate is what a PATCH of an organizer's meeting sends: nothing for
// categories alone if that fact is no; for attendees alone, to those who were
// added or removed; for anything else, to all, and once more for each modified
// occurrence of a series (Graph docs, event-update). changed are the members
// that the PATCH names.
func (f Facts) OnUpdate(from string, before, after rawjson.Object, changed []string) []Mail {
	if !after.Bool("isOrganizer", true) {
		return nil
	}
	only := func(name string) bool { return len(changed) == 1 && changed[0] == name }
	if only("categories") && f.CategoriesPatchMails == No {
		return nil
	}
	was, is := Guests(before), Guests(after)
	added := without(is, was)
	out := append(mails(Cancellation, from, without(was, is), after), mails(Invitation, from, added, after)...)
	if only("attendees") {
		return out
	}
	out = append(out, mails(Update, from, without(is, added), after)...)
	for _, exception := range after.Objects("exceptionOccurrences") {
		out = append(out, mails(Update, from, Guests(exception), exception)...)
	}
	return out
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

// Mirrored lays the members that changed over an attendee's copy, as far as an
// organizer's update carries them.
func Mirrored(attendee, organizer rawjson.Object, changed []string) rawjson.Object {
	for _, name := range changed {
		if value, ok := organizer.Get(name); ok && slices.Contains(mirrored, name) {
			attendee = attendee.Set(name, rawjson.Object(value))
		}
	}
	return attendee
}
