package rebuild

import (
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// Loss is one thing that an item made again does not have as it was.
type Loss struct {
	// Name stays the same from version to version.
	Name string
	// Kinds are those that can lose it.
	Kinds []item.Kind
	// What says it in one sentence, without a full stop.
	What string
	// Always is true for what every item of these kinds loses. It is in no
	// Recipe.Loses.
	Always bool
	// Detail names what of the item it is, such as members; it is empty in the
	// published list. It is remote text.
	Detail string
}

// Names of losses.
const (
	ID              = "id"
	Dates           = "dates"
	Version         = "version"
	Hidden          = "hidden"
	Lists           = "contact-lists"
	UID             = "calendar-uid"
	HTML            = "html"
	UnknownMembers  = "unknown-members"
	NoValue         = "property-value"
	MessageClass    = "message-class"
	BirthdayTime    = "birthday-time"
	DisplayName     = "display-name"
	FolderCategory  = "folder-category"
	Attendees       = "attendees"
	Organizer       = "organizer"
	Answer          = "answer"
	JoinLink        = "join-link"
	CancelledFlag   = "cancelled"
	DraftFlag       = "draft"
	CustomZone      = "custom-zone"
	OtherZone       = "zone"
	LocationID      = "location-id"
	Exceptions      = "exceptions"
	OriginalStart   = "original-start"
	CancelledDate   = "cancelled-date"
	Recurrence      = "recurrence"
	RecurrenceEnd   = "recurrence-end"
	RecurrenceStart = "recurrence-start"
	ChecklistDates  = "checklist-dates"
	Reference       = "reference-attachment"
	NestedParts     = "nested-attachments"
	NestedItem      = "item-attachment"
	Message         = "attached-message"
	NoContent       = "attachment-content"
)

// Losses is the published list: all that making an item again can lose, in
// order. docs/guarantees.md prints exactly this.
func Losses() []Loss {
	all, contacts, events, tasks := item.Kinds(), []item.Kind{item.Contacts}, []item.Kind{item.Events}, []item.Kind{item.Tasks}
	both, parts := []item.Kind{item.Contacts, item.Events}, []item.Kind{item.Events, item.Tasks}
	return []Loss{
		{Name: ID, Kinds: all, Always: true, What: "its id, and with it every link to the item"},
		{Name: Dates, Kinds: all, Always: true, What: "when it was made and last changed"},
		{Name: Version, Kinds: all, Always: true, What: "its change key and its version"},
		{Name: Hidden, Kinds: all, Always: true, What: "what Graph does not show: flags, certificates, properties that nobody asked for by name"},
		{Name: Lists, Kinds: contacts, Always: true, What: "its place in contact lists"},
		{Name: UID, Kinds: events, Always: true, What: "the calendar id that it shares with other mailboxes, its web link and its transaction id"},
		{Name: HTML, Kinds: events, Always: true, What: "the exact HTML of its body: Exchange writes it anew"},
		{Name: UnknownMembers, Kinds: all, What: "members that Graph served and would not take"},
		{Name: NoValue, Kinds: both, What: "a named property without a value"},
		{Name: MessageClass, Kinds: contacts, What: "the custom form that it was made with"},
		{Name: BirthdayTime, Kinds: contacts, What: "the time of day of a birthday; Exchange keeps the date"},
		{Name: DisplayName, Kinds: contacts, What: "that it had no display name: Exchange makes one of its other names"},
		{Name: FolderCategory, Kinds: contacts, What: "that it did not have its folder's name as a category: Exchange sometimes adds that"},
		{Name: Attendees, Kinds: events, What: "its attendees and their answers; their names and addresses are written into the body"},
		{Name: Organizer, Kinds: events, What: "its organizer, who becomes the owner of the mailbox; the name is written into the body"},
		{Name: Answer, Kinds: events, What: "how the owner of the mailbox had answered the invitation"},
		{Name: JoinLink, Kinds: events, What: "the online meeting; its link stays in the body, as text"},
		{Name: CancelledFlag, Kinds: events, What: "that the organizer had cancelled it"},
		{Name: DraftFlag, Kinds: events, What: "that changes had not been sent to the attendees"},
		{Name: CustomZone, Kinds: events, What: "its custom time zone: its times are kept in UTC, and a series may be off by an hour after a clock change, near midnight by a day"},
		{Name: OtherZone, Kinds: events, What: "the time zone that it was made in; its times are the same"},
		{Name: LocationID, Kinds: events, What: "the directory id of a location"},
		{Name: Exceptions, Kinds: events, What: "changed and cancelled dates of a series that are not in the backup"},
		{Name: OriginalStart, Kinds: events, What: "which date of a series a changed one replaced; the nearest to its own is taken"},
		{Name: CancelledDate, Kinds: events, What: "a cancelled date of a series that cannot be read"},
		{Name: Recurrence, Kinds: tasks, What: "its recurrence: without a due date To Do takes none"},
		{Name: RecurrenceEnd, Kinds: tasks, What: "when its recurrence ends"},
		{Name: RecurrenceStart, Kinds: tasks, What: "when its recurrence began; it begins on the due date"},
		{Name: ChecklistDates, Kinds: tasks, What: "when its checklist items were made and checked"},
		{Name: Reference, Kinds: parts, What: "an attachment that is a link to a file; Graph does not tell the link"},
		{Name: NestedParts, Kinds: parts, What: "the attachments of an attached item"},
		{Name: NestedItem, Kinds: parts, What: "an attached item that is not a contact, an event or a message"},
		{Name: Message, Kinds: parts, What: "of an attached message when it came, from where, and its headers"},
		{Name: NoContent, Kinds: parts, What: "an attachment whose content is not in the backup"},
	}
}

// TooLarge is what the published list says of an item that is not made again at
// all.
const TooLarge = "An item that is larger than 4 MB without its attachments and its picture is not made again: Graph takes no larger request. " +
	"Only its stream brings it back; where that is not used, the plan holds it as `too-large`. No run deletes it whose backup lacks its stream."

// losses gathers what one item loses.
type losses map[string][]string

func (l *losses) add(name string, details ...string) {
	if *l == nil {
		*l = losses{}
	}
	(*l)[name] = append((*l)[name], details...)
}

// sorted are the losses in the order of the published list, each once.
func (l losses) sorted() []Loss {
	if len(l) == 0 {
		return nil
	}
	var out []Loss
	for _, one := range Losses() {
		if details, ok := l[one.Name]; ok {
			slices.Sort(details)
			one.Detail = strings.Join(slices.Compact(details), ", ")
			out = append(out, one)
		}
	}
	if len(out) != len(l) {
		panic("rebuild: a loss that is not published")
	}
	return out
}

func (l losses) has(name string) bool {
	_, ok := l[name]
	return ok
}
