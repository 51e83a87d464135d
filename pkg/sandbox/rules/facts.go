package rules

// Fact is something about Exchange that is yes, no, or not known.
type Fact int8

// The values of a Fact. The zero value is Unknown.
const (
	Unknown Fact = iota
	Yes
	No
)

func (f Fact) String() string {
	switch f {
	case Yes:
		return "yes"
	case No:
		return "no"
	default:
		return "unknown"
	}
}

// Facts are the undocumented behaviours that the model can play either way.
// Unknown is played as the dangerous answer, which each field names, without
// exception.
//
// One is not here yet: that deleting an attendee's copy tells the organizer.
// Graph docs, event-delete, name the organizer's delete as the one that mails,
// and the field knows of no mail for the attendee's; the sandbox sends none.
type Facts struct {
	// CategoriesPatchMails: a PATCH of nothing but categories on an organizer's
	// meeting sends an update to its attendees. Graph docs, event-update, name
	// the mails of some changes and are silent on this one. Dangerous: yes.
	CategoriesPatchMails Fact
	// PastMeetingDeleteMails: deleting an organizer's meeting that is wholly
	// past sends cancellations. Not documented. Dangerous: yes.
	PastMeetingDeleteMails Fact
	// DraftMeetingDeleteMails: deleting a meeting whose isDraft is true sends
	// cancellations, though nobody was invited. Not documented. Dangerous: yes.
	DraftMeetingDeleteMails Fact
	// CancelledMeetingDeleteMails: deleting an organizer's meeting that is
	// already cancelled sends cancellations again. Not documented. Dangerous: yes.
	CancelledMeetingDeleteMails Fact
	// IfMatchOnPatch: a stale If-Match is refused on PATCH of contacts and
	// events. Seen to be so in the field, named on no page. Dangerous: no, the
	// header is ignored.
	IfMatchOnPatch Fact
	// IfMatchOnDelete: a stale If-Match is refused on DELETE. Not documented.
	// Dangerous: no.
	IfMatchOnDelete Fact
	// IfMatchOnTasks: a stale If-Match is refused on To Do tasks at all. Not
	// documented. Dangerous: no.
	IfMatchOnTasks Fact
	// PermanentDeleteMails: permanentDelete of an organizer's meeting sends
	// cancellations. Not documented. Dangerous: yes.
	PermanentDeleteMails Fact
	// ImportMails: importing an organizer's meeting with attendees, through the
	// mailbox import API, sends invitations. Not documented. Dangerous: yes.
	ImportMails Fact
	// DisplayNameRecomputed: a contact PATCH that omits displayName replaces it
	// by one made of the contact's names, company or fileAs. Graph docs,
	// contact-update, warn of it without saying when. Dangerous: yes.
	DisplayNameRecomputed Fact
}
