// Package shape gives new items and containers the members that Exchange gives
// them, in the service's order and with its null shapes: null for an absent
// scalar, [] for a collection, {} for an address (as the examples of the Graph
// reference show), and derives what Exchange derives: names, previews, types.
//
// It knows nothing of ids and versions, which the tenant sets.
package shape

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// NoTime is how Graph writes that there is no time.
const NoTime = "0001-01-01T00:00:00Z"

// Contact is a new contact in a folder.
func Contact(head rawjson.Object, folderID string, given rawjson.Object) rawjson.Object {
	body := head.Merge(rawjson.Of("categories", []string{}, "parentFolderId", folderID))
	blank := []any{}
	add := func(names string, value any) {
		for name := range strings.FieldsSeq(names) {
			blank = append(blank, name, value)
		}
	}
	add("birthday fileAs displayName givenName initials middleName nickName surname title yomiGivenName yomiSurname "+
		"yomiCompanyName generation", nil)
	add("imAddresses", []string{})
	add("jobTitle companyName department officeLocation profession businessHomePage assistantName manager", nil)
	add("homePhones", []string{})
	add("mobilePhone", nil)
	add("businessPhones", []string{})
	add("spouseName", nil)
	add("personalNotes", "")
	add("children emailAddresses", []string{})
	add("homeAddress businessAddress otherAddress", rawjson.Empty())
	body = body.Merge(rawjson.Of(blank...)).Set("fileAs", fileAs(given)).Merge(given)
	if body.Text("displayName") == "" {
		body = Renamed(body.Set("displayName", ""))
	}
	return body
}

func fileAs(contact rawjson.Object) string {
	var parts []string
	for _, name := range []string{"surname", "givenName"} {
		if part := contact.Text(name); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// Renamed gives a contact the displayName that Exchange makes of what else it
// is called: its names, or else its company, or else its fileAs. One that has
// none of these keeps its own.
func Renamed(contact rawjson.Object) rawjson.Object {
	var parts []string
	for _, name := range []string{"givenName", "middleName", "surname"} {
		if part := contact.Text(name); part != "" {
			parts = append(parts, part)
		}
	}
	for _, name := range []string{strings.Join(parts, " "), contact.Text("companyName"), contact.Text("fileAs")} {
		if name != "" {
			return contact.Set("displayName", name)
		}
	}
	return contact
}

// Event is a new event of which owner (an emailAddress) is the organizer.
func Event(head, owner rawjson.Object, uid string, given rawjson.Object) rawjson.Object {
	zone := func(member string) string { return given.Object(member).Text("timeZone") }
	body := head.Merge(rawjson.Of(
		"categories", []string{}, "transactionId", nil,
		"originalStartTimeZone", zone("start"), "originalEndTimeZone", zone("end"), "iCalUId", uid,
		"reminderMinutesBeforeStart", 15, "isReminderOn", true, "hasAttachments", false,
		"subject", "", "bodyPreview", "", "importance", "normal", "sensitivity", "normal",
		"isAllDay", false, "isCancelled", false, "isOrganizer", true, "responseRequested", true,
		"seriesMasterId", nil, "showAs", "busy", "type", "singleInstance", "webLink", "https://outlook.office365.com/owa/",
		"onlineMeetingUrl", nil, "isOnlineMeeting", false, "onlineMeetingProvider", "unknown",
		"allowNewTimeProposals", true, "isDraft", false, "hideAttendees", false,
		"responseStatus", rawjson.Of("response", "organizer", "time", NoTime),
		"body", rawjson.Of("contentType", "html", "content", ""), "start", nil, "end", nil,
		"location", rawjson.Of("displayName", "", "locationType", "default", "uniqueIdType", "unknown",
			"address", rawjson.Empty(), "coordinates", rawjson.Empty()),
		"locations", []string{}, "recurrence", nil, "attendees", []string{},
		"organizer", rawjson.Of("emailAddress", owner), "onlineMeeting", nil,
	)).Merge(given)
	if raw, _ := body.Get("recurrence"); string(raw) != "null" {
		body = body.Set("type", "seriesMaster")
	}
	attendees := body.Objects("attendees")
	for n, attendee := range attendees {
		attendees[n] = attendee.Set("status", rawjson.Of("response", "none", "time", NoTime))
	}
	return body.Set("attendees", attendees).Set("bodyPreview", Preview(body.Object("body"))).
		Set("hasAttachments", HasAttachments(body.Objects("attachments")))
}

// Task is a new To Do task.
func Task(head, given rawjson.Object) rawjson.Object {
	return head.Merge(rawjson.Of("importance", "normal", "isReminderOn", false, "status", "notStarted", "title", "",
		"hasAttachments", false, "categories", []string{}, "body", rawjson.Of("content", "", "contentType", "text"))).Merge(given)
}

// Calendar is a new calendar of the owner (an emailAddress).
func Calendar(id, changeKey, name string, owner rawjson.Object) rawjson.Object {
	return rawjson.Of("id", id, "name", name, "color", "auto", "hexColor", "", "isDefaultCalendar", false,
		"changeKey", changeKey, "canShare", true, "canViewPrivateItems", true, "canEdit", true,
		"allowedOnlineMeetingProviders", []string{"teamsForBusiness"}, "defaultOnlineMeetingProvider", "teamsForBusiness",
		"isTallyingResponses", false, "isRemovable", true, "owner", owner, "events", []string{})
}

// Attachment is a new attachment; inline members are those of events alone.
func Attachment(id, stamp string, ofEvent bool, given rawjson.Object) rawjson.Object {
	head := rawjson.Of("@odata.type", given.Text("@odata.type"), "id", id, "lastModifiedDateTime", stamp)
	if ofEvent {
		head = head.Merge(rawjson.Of("isInline", false, "contentId", nil, "contentLocation", nil))
	}
	size := len(given.Text("contentBytes")) * 3 / 4
	if given.Has("item") {
		size = len(given.Object("item"))
	}
	return head.Merge(given).Set("size", size)
}

// HasAttachments is an item's hasAttachments, which counts no inline ones
// (Graph docs, event).
func HasAttachments(all []rawjson.Object) bool {
	return slices.ContainsFunc(all, func(a rawjson.Object) bool { return !a.Bool("isInline", false) })
}

// Extension is a new open extension. Outlook's id of it has a prefix (Graph
// docs, opentypeextension-get), To Do's is the name.
func Extension(ofTask bool, given rawjson.Object) rawjson.Object {
	id := given.Text("extensionName")
	if !ofTask {
		id = "Microsoft.OutlookServices.OpenTypeExtension." + id
	}
	return rawjson.Of("@odata.type", "#microsoft.graph.openTypeExtension", "id", id).Merge(given.Without("@odata.type"))
}

// Merged lays named properties over those an item has.
func Merged(have, patch []rawjson.Object) []rawjson.Object {
	for _, property := range patch {
		same := func(o rawjson.Object) bool { return SameProperty(o, property.Text("id")) }
		if at := slices.IndexFunc(have, same); at >= 0 {
			have[at] = property
		} else {
			have = append(have, property)
		}
	}
	return have
}

// SameProperty tells whether an id names a property, compared as Exchange does:
// type and GUID without regard to case, the name with it. An extension may be
// named in short.
func SameProperty(property rawjson.Object, id string) bool {
	have := property.Text("id")
	if have == id || property.Text("extensionName") == id {
		return true
	}
	head, name, named := strings.Cut(have, " Name ")
	wantHead, wantName, _ := strings.Cut(id, " Name ")
	if named {
		return name == wantName && strings.EqualFold(head, wantHead)
	}
	return sameNumber(have, id)
}

// sameNumber compares ids that end in a property number: 0x001A is 0x1A.
func sameNumber(a, b string) bool {
	cut := func(id string) (string, string) {
		head, number, _ := strings.Cut(strings.ToLower(id), "0x")
		return head, strings.TrimLeft(number, "0")
	}
	headA, numberA := cut(a)
	headB, numberB := cut(b)
	return headA == headB && numberA == numberB && numberA != ""
}

// Birthday keeps the date of a birthday only, at the time Exchange gives it
// (observed in the field).
func Birthday(contact rawjson.Object) rawjson.Object {
	if day := contact.Text("birthday"); len(day) >= len(time.DateOnly) {
		return contact.Set("birthday", day[:len(time.DateOnly)]+"T11:59:00Z")
	}
	return contact
}

// maxPreview is how many characters of a body its preview shows.
const maxPreview = 255

var tag = regexp.MustCompile(`<[^>]*>`)

// Preview is the beginning of a body's text.
func Preview(body rawjson.Object) string {
	text := body.Text("content")
	if strings.EqualFold(body.Text("contentType"), "html") {
		text = html.UnescapeString(tag.ReplaceAllString(text, ""))
	}
	runes := []rune(strings.TrimSpace(text))
	return string(runes[:min(len(runes), maxPreview)])
}
