package plan

import (
	"fmt"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// Meetings is what a purge does with meetings that the mailbox organizes.
type Meetings string

// The ways. Names are those of the plan file, and of --meetings.
const (
	// HoldMeetings leaves them as they are; plans say nothing of it.
	HoldMeetings Meetings = ""
	// SendCancellations deletes them, and Exchange mails their attendees.
	SendCancellations Meetings = "send-cancellations"
)

// removal is how a purge deletes an item. Meetings that mail are never deleted
// for good: nobody documents whether that tells the attendees, and a meeting
// that its organizer lost without a word stays in their calendars.
func (r Rules) removal(it item.Item) Action {
	if r.Permanent && it.Kind != item.Tasks && !it.Event.Invites() {
		return DeletePermanently
	}
	return Delete
}

// moreMail finds people who would be mailed and whom the plan does not name.
func (s Step) moreMail(it item.Item) (Hazard, string) {
	if !it.Event.Invites() {
		return "", ""
	}
	for _, guest := range it.Event.Guests() {
		if !slices.Contains(s.Mails, guest) {
			return MailsAttendees, fmt.Sprintf("it invites %d people, and the plan names %d of them", it.Event.Invited(), len(s.Mails))
		}
	}
	return "", ""
}

// Mailed are the addresses that Exchange mails when the plan is carried out,
// each once.
func (p Plan) Mailed() []string {
	var all []string
	for _, m := range p.Mailboxes {
		for _, s := range m.Steps {
			all = append(all, s.Mails...)
		}
	}
	return sortedSet(all)
}
