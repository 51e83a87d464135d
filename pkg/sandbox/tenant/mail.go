package tenant

import (
	"slices"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rules"
	"github.com/riva-prep/riva-prep/pkg/sandbox/store"
)

// What Microsoft does not document, and the mails that follow from it.
type (
	// Fact is something about Exchange that is yes, no, or not known.
	Fact = rules.Fact
	// Facts are the undocumented behaviours that the model can play either way.
	Facts = rules.Facts
	// Mail is a message that Exchange would have sent.
	Mail = rules.Mail
)

// The values of a Fact. The zero value is Unknown.
const (
	Unknown = rules.Unknown
	Yes     = rules.Yes
	No      = rules.No
)

// Outbox are all mails so far, oldest first.
func (t *Tenant) Outbox() []Mail {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return append([]Mail{}, t.outbox...)
}

// send puts mails into the outbox and tells whether there were any.
func (t *Tenant) send(mails []Mail) bool {
	t.outbox = append(t.outbox, mails...)
	return len(mails) > 0
}

// address is what the mailbox sends from.
func (m *Mailbox) address() string {
	if m.Mail != "" {
		return m.Mail
	}
	return m.UPN
}

// changeCopies changes the attendees' copies of the meeting.
func (t *Tenant) changeCopies(of *store.Entry, change func(attendee rawjson.Object) rawjson.Object) {
	for _, other := range slices.Clone(t.copies[of.Body.Text("iCalUId")]) {
		if other.Box != of.Box && !other.Deleted && !other.Body.Bool("isOrganizer", true) {
			other.Body = change(other.Body)
			t.touch(other)
		}
	}
}

func cancelled(event rawjson.Object) rawjson.Object { return event.Set("isCancelled", true) }
