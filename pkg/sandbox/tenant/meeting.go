package tenant

import (
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rules"
	"github.com/riva-prep/riva-prep/pkg/sandbox/store"
)

// Answer is what an attendee says to a meeting, in the words of responseType.
type Answer string

// The answers.
const (
	Accepted  Answer = "accepted"
	Tentative Answer = "tentativelyAccepted"
	Declined  Answer = "declined"
)

// Cancel mails a cancellation to a meeting's attendees and moves the meeting to
// Deleted Items; an occurrence is cancelled within its series. Only the
// organizer can (Graph docs, event-cancel).
func (m *Mailbox) Cancel(folderID, id string) error {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	found, err := m.meeting(folderID, id)
	if err != nil {
		return err
	}
	if !organizes(found) {
		return ErrNotOrganizer
	}
	m.tenant.send(rules.OnCancel(m.address(), found.Content()))
	m.takeAway(found, false)
	if !found.IsOccurrence() {
		m.tenant.changeCopies(found.Entry, cancelled)
	}
	return nil
}

// Respond answers a meeting as its attendee and, if send is set, mails the
// answer to the organizer, whose list of attendees then shows it. A declined
// meeting moves to Deleted Items (Graph docs, event-decline).
func (m *Mailbox) Respond(folderID, id string, answer Answer, send bool) error {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	found, err := m.meeting(folderID, id)
	if err != nil {
		return err
	}
	if organizes(found) {
		return ErrIsOrganizer
	}
	status := rawjson.Of("response", answer, "time", m.tenant.stamp())
	if send && m.tenant.send(rules.OnResponse(m.address(), found.Content())) && !found.IsOccurrence() {
		m.tellOrganizer(found.Entry, status)
	}
	if answer == Declined {
		m.takeAway(found, false)
		return nil
	}
	m.replace(found, found.Content().Set("responseStatus", status), []string{"responseStatus"})
	return nil
}

// meeting finds an event that can be answered or cancelled.
func (m *Mailbox) meeting(folderID, id string) (store.Target, error) {
	found, err := m.box.Find(Events, folderID, id)
	if err == nil {
		err = writable(found)
	}
	return found, err
}

func organizes(t store.Target) bool { return t.Content().Bool("isOrganizer", true) }

// tellOrganizer notes an attendee's answer on the organizer's meeting.
func (m *Mailbox) tellOrganizer(of *store.Entry, status rawjson.Object) {
	for _, other := range m.tenant.copies[of.Body.Text("iCalUId")] {
		if other.Box == of.Box || other.Deleted || !other.Body.Bool("isOrganizer", true) {
			continue
		}
		attendees := other.Body.Objects("attendees")
		for n, attendee := range attendees {
			if strings.EqualFold(attendee.Object("emailAddress").Text("address"), m.address()) {
				attendees[n] = attendee.Set("status", status)
			}
		}
		other.Body = other.Body.Set("attendees", attendees)
		m.tenant.touch(other)
	}
}

// takeAway moves an item to Deleted Items, or removes it for good if it is
// there or permanent is set; an occurrence is cancelled within its series.
func (m *Mailbox) takeAway(found store.Target, permanent bool) {
	switch {
	case found.IsOccurrence():
		found.CancelOccurrence()
		m.tenant.touch(found.Entry)
	case found.Deleted || permanent:
		m.box.Remove(found.Entry)
	default:
		m.box.Discard(found.Entry, ids.New(m.ID, "moved "+found.ID, m.tenant.next()))
		m.tenant.touch(found.Entry)
	}
}
