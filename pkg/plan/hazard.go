package plan

import (
	"fmt"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Hazard is a reason for care: why an item is held, or what the person who
// approves a step should know.
type Hazard string

// The hazards. Names are those of the plan file and of reports.
const (
	// MailsAttendees: the mailbox organizes the meeting; others would be mailed.
	MailsAttendees Hazard = "mails-attendees"
	// Protected: the user marked the item as not the plug-in's business.
	Protected Hazard = "protected"
	// ClosedFolder: the folder is read-only or somebody else's.
	ClosedFolder Hazard = "closed-folder"
	// Room: the mailbox books a resource, which others rely on.
	Room Hazard = "room"
	// StillMarked: the item is still marked by the plug-in.
	StillMarked Hazard = "still-marked"
	// Unreadable: a part of the item cannot be read, so it cannot be judged.
	Unreadable Hazard = "unreadable"
	// Changed: the item is not as the run that is undone left it.
	Changed Hazard = "changed"
	// InDoubt: an earlier run may have made the item, and nobody knows.
	InDoubt Hazard = "in-doubt"
	// TooLarge: the item is more than can be sent at once.
	TooLarge Hazard = "too-large"
	// FolderGone: the item's folder is gone and will be made again.
	FolderGone Hazard = "folder-gone"
	// Kept: a person decided against the step (pkg/plan/decide).
	Kept Hazard = "kept"
)

// Hazards returns every hazard, most serious first, for tables and tests.
func Hazards() []Hazard {
	return []Hazard{MailsAttendees, Protected, StillMarked, Room, ClosedFolder, Unreadable, Changed, InDoubt, TooLarge, FolderGone, Kept}
}

// Explain says in a few words what the hazard means for the items held by it.
func (h Hazard) Explain() string {
	return map[Hazard]string{
		MailsAttendees: "a meeting of this mailbox: its attendees would get mail",
		Protected:      "carries a protected category",
		ClosedFolder:   "in a folder that is read-only or belongs to somebody else",
		Room:           "in a room or equipment mailbox",
		StillMarked:    "still marked by the plug-in",
		Unreadable:     "could not be read completely",
		Changed:        "changed since the run that is undone",
		InDoubt:        "may have been made by an earlier run that was stopped",
		TooLarge:       "larger than what Graph takes in one request",
		FolderGone:     "its folder is gone and will be made again",
		Kept:           "somebody decided to keep it",
	}[h]
}

// Answer says what can be done about an item that is held by the hazard, in a
// plan of that purpose. A list of decisions takes back what a person decided,
// and nothing else: every other hazard stands for others, or for what nobody
// knows.
func (h Hazard) Answer(purpose Purpose) string {
	tagging := purpose == TagPersonal || purpose == Undo
	switch h {
	case MailsAttendees:
		if tagging {
			return "make the plan again with --tag-meetings, and Exchange may mail the attendees"
		}
		return "make the plan again with --meetings " + string(SendCancellations) + ", and Exchange mails the attendees"
	case Protected:
		return "take the protection off the item itself, or make the plan again without the --protect that names it"
	case StillMarked:
		return "purge what the plug-in left first"
	case Room:
		return "make the plan again with --include-rooms"
	case ClosedFolder:
		return "nothing: it belongs to somebody else, or nobody may write there"
	case Unreadable:
		return "make the plan again when it can be read"
	case Changed:
		return "nothing: what somebody has changed since is theirs"
	case InDoubt:
		return "go on with the run that was stopped, which settles it"
	case TooLarge:
		return "nothing through Graph: only its stream, of a backup that has one, brings it back, or the export of the snapshot by hand"
	case FolderGone:
		return "nothing needs to be done: the folder is made again"
	case Kept:
		return "take the decision back in a list of this plan, or take the plan before it"
	}
	return "nothing that this version knows of"
}

// common are the hazards that no option of either job lifts, but for rooms.
func (r Rules) common(account mailbox.Account, it item.Item) (Hazard, string) {
	switch {
	case !it.Folder.Writable():
		return ClosedFolder, it.Folder.Closed
	case account.Room() && !r.IncludeRooms:
		return Room, RoomDetail(account)
	case it.Event != nil && it.Event.Unread:
		return Unreadable, "the exceptions of the series cannot be read"
	}
	return "", ""
}

// RoomDetail says why a mailbox counts as a room, and what can be done about it.
func RoomDetail(account mailbox.Account) string {
	const anyway = "; --include-rooms writes to it all the same"
	if account.Purpose == mailbox.PurposeUnknown {
		return "the mailbox may be a room: grant MailboxSettings.Read to tell" + anyway
	}
	return "the mailbox is a room or equipment (" + account.Purpose + ")" + anyway
}

func (r Rules) purgeHazard(account mailbox.Account, it item.Item) (Hazard, string) {
	if hazard, detail := r.common(account, it); hazard != "" {
		return hazard, detail
	}
	if detail, protected := r.protected(it); protected {
		return Protected, detail
	}
	if it.Event.Invites() && r.Meetings != SendCancellations {
		return MailsAttendees, fmt.Sprintf("deleting it would mail cancellations to %d people", it.Event.Invited())
	}
	return "", ""
}

func (r Rules) tagHazard(account mailbox.Account, it item.Item) (Hazard, string) {
	if hazard, detail := r.common(account, it); hazard != "" {
		return hazard, detail
	}
	if detail, marked := r.stillMarked(it); marked {
		return StillMarked, detail
	}
	if it.Event.Invites() && !r.TagMeetings {
		return MailsAttendees, fmt.Sprintf("nobody documents whether tagging it mails its %d attendees; --tag-meetings tags it all the same", it.Event.Invited())
	}
	return "", ""
}

// Recheck looks for hazards on a step's item as it is just before the step is
// done, in the mailbox as it was opened for it. Exceptions of a series need not
// be loaded: a series has one version for all of them.
func (r Rules) Recheck(account mailbox.Account, s Step, it item.Item) (Hazard, string) {
	switch r.Purpose {
	case Purge:
		if _, marked := r.mark(it); !marked {
			return Changed, "it is not marked by the plug-in"
		}
		if hazard, detail := r.purgeHazard(account, it); hazard != "" {
			return hazard, detail
		}
		return s.moreMail(it)
	case TagPersonal:
		return r.tagHazard(account, it)
	case Restore, Undo: // what follows is about the step, not about a category
	}
	if hazard, detail := r.common(account, it); hazard != "" {
		return hazard, detail
	}
	if it.Event.Invites() && (s.Action.Deletes() || !r.TagMeetings) {
		return MailsAttendees, fmt.Sprintf("it invites %d people", it.Event.Invited())
	}
	return "", ""
}

// anyCategory looks for the names on the item and on the exceptions of a series.
func anyCategory(it item.Item, names []string) (string, bool) {
	if category, found := item.MatchCategory(it.Categories, names); found {
		return category, true
	}
	if it.Event == nil {
		return "", false
	}
	i := slices.IndexFunc(it.Event.Exceptions, func(x item.Item) bool {
		_, found := item.MatchCategory(x.Categories, names)
		return found
	})
	if i < 0 {
		return "", false
	}
	return item.MatchCategory(it.Event.Exceptions[i].Categories, names)
}
