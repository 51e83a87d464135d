package tenant

import (
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// Create adds an item made of the members of doc; what doc does not name gets
// Exchange's defaults. Creating a meeting with attendees invites them. An event
// whose transactionId was used before is that event again if its subject is the
// same, else ErrUsedID.
func (m *Mailbox) Create(kind Kind, folderID string, doc rawjson.Object) (Item, error) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	f, err := m.folder(kind, folderID)
	if err != nil {
		return Item{}, err
	}
	it := &item{kind: kind, folder: f, mailbox: m}
	if err := (target{item: it}).writable(); err != nil {
		return Item{}, err
	}
	if used := m.sent[doc.Text("transactionId")]; kind == Events && used != nil {
		if used.body.Text("subject") != doc.Text("subject") {
			return Item{}, ErrUsedID
		}
		return used.snapshot(), nil
	}
	it.id = newID(m.ID, string(kind), m.tenant.next())
	it.immutable = immutableID(m.ID, kind, it.id)
	it.body = m.newBody(it, normal(kind, doc))
	it.touch()
	m.put(it)
	if kind == Events {
		m.send(Invitation, guests(it.body), it.body)
	}
	return it.snapshot(), nil
}

func (m *Mailbox) newBody(it *item, doc rawjson.Object) rawjson.Object {
	stamp := m.tenant.stamp()
	body := rawjson.Of("@odata.etag", "", "id", it.id, "createdDateTime", stamp, "lastModifiedDateTime", stamp)
	switch it.kind {
	case Contacts:
		body = m.contactDefaults(body.Set("changeKey", ""), it, doc)
	case Events:
		body = m.eventDefaults(body.Set("changeKey", ""), doc)
	case Tasks:
		for name, value := range rawjson.Of("importance", "normal", "isReminderOn", false, "status", "notStarted",
			"title", "", "hasAttachments", false, "categories", []string{}, "body", rawjson.Of("content", "", "contentType", "text")).Members() {
			body = body.Set(name, rawjson.Object(value))
		}
	}
	for name, value := range doc.Members() {
		body = body.Set(name, rawjson.Object(value))
	}
	return m.finish(it, body)
}

// finish fills in what Exchange derives from what was given.
func (m *Mailbox) finish(it *item, body rawjson.Object) rawjson.Object {
	switch it.kind {
	case Contacts:
		if body.Text("displayName") == "" {
			body = body.Set("displayName", fullName(body))
		}
	case Events:
		body = body.Set("bodyPreview", preview(body.Object("body")))
		if raw, _ := body.Get("recurrence"); string(raw) != "null" {
			body = body.Set("type", "seriesMaster")
		}
		attendees := body.Objects("attendees")
		for n, attendee := range attendees {
			attendees[n] = attendee.Set("status", rawjson.Of("response", "none", "time", noTime))
		}
		body = body.Set("attendees", attendees)
	}
	for _, member := range []string{"attachments", "linkedResources", "checklistItems"} {
		if children := body.Objects(member); len(children) > 0 {
			for n, child := range children {
				children[n] = m.newChild(it.kind, member, child)
			}
			body = body.Set(member, children)
		}
	}
	return body.Set("hasAttachments", len(body.Objects("attachments")) > 0).Where(func(name string) bool {
		return it.kind != Contacts || name != "hasAttachments"
	})
}

// noTime is how Graph writes that there is no time.
const noTime = "0001-01-01T00:00:00Z"

func (m *Mailbox) contactDefaults(body rawjson.Object, it *item, doc rawjson.Object) rawjson.Object {
	body = body.Set("categories", []string{}).Set("parentFolderId", it.folder.id)
	for _, name := range strings.Fields("birthday fileAs displayName givenName initials middleName nickName surname title " +
		"yomiGivenName yomiSurname yomiCompanyName generation jobTitle companyName department officeLocation profession " +
		"businessHomePage assistantName manager mobilePhone spouseName") {
		body = body.Set(name, nil)
	}
	for _, name := range strings.Fields("imAddresses homePhones businessPhones children emailAddresses") {
		body = body.Set(name, []string{})
	}
	for _, name := range strings.Fields("homeAddress businessAddress otherAddress") {
		body = body.Set(name, rawjson.Empty())
	}
	fileAs := doc.Text("surname")
	if given := doc.Text("givenName"); given != "" {
		fileAs = strings.TrimPrefix(fileAs+", "+given, ", ")
	}
	return body.Set("fileAs", fileAs).Set("personalNotes", "")
}

func (m *Mailbox) eventDefaults(body, doc rawjson.Object) rawjson.Object {
	owner := rawjson.Of("emailAddress", rawjson.Of("name", m.DisplayName, "address", m.address()))
	zone := func(member string) string { return doc.Object(member).Text("timeZone") }
	defaults := rawjson.Of(
		"categories", []string{}, "transactionId", nil,
		"originalStartTimeZone", zone("start"), "originalEndTimeZone", zone("end"),
		"iCalUId", "040000008200E00074C5B7101A82E008"+strings.ToUpper(strings.ReplaceAll(newGUID(m.ID, "iCalUId", m.tenant.next()), "-", "")),
		"reminderMinutesBeforeStart", 15, "isReminderOn", true, "hasAttachments", false,
		"subject", "", "bodyPreview", "", "importance", "normal", "sensitivity", "normal",
		"isAllDay", false, "isCancelled", false, "isOrganizer", true, "responseRequested", true,
		"seriesMasterId", nil, "showAs", "busy", "type", "singleInstance", "webLink", "https://outlook.office365.com/owa/",
		"onlineMeetingUrl", nil, "isOnlineMeeting", false, "onlineMeetingProvider", "unknown",
		"allowNewTimeProposals", true, "isDraft", false, "hideAttendees", false,
		"responseStatus", rawjson.Of("response", "organizer", "time", noTime),
		"body", rawjson.Of("contentType", "html", "content", ""),
		"start", nil, "end", nil,
		"location", rawjson.Of("displayName", "", "locationType", "default", "uniqueIdType", "unknown", "address", rawjson.Empty(), "coordinates", rawjson.Empty()),
		"locations", []string{}, "recurrence", nil, "attendees", []string{}, "organizer", owner, "onlineMeeting", nil,
	)
	for name, value := range defaults.Members() {
		body = body.Set(name, rawjson.Object(value))
	}
	return body
}

func fullName(contact rawjson.Object) string {
	var parts []string
	for _, name := range []string{"givenName", "middleName", "surname"} {
		if part := contact.Text(name); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}

var tag = regexp.MustCompile(`<[^>]*>`)

// preview is the first 255 characters of a body's text.
func preview(body rawjson.Object) string {
	text := body.Text("content")
	if strings.EqualFold(body.Text("contentType"), "html") {
		text = html.UnescapeString(tag.ReplaceAllString(text, ""))
	}
	runes := []rune(strings.TrimSpace(text))
	return string(runes[:min(len(runes), 255)])
}

// Children are the objects in one of an item's lists: attachments,
// checklistItems, linkedResources.
func (m *Mailbox) Children(kind Kind, folderID, id, member string) ([]rawjson.Object, error) {
	found, err := m.Item(kind, folderID, id)
	return found.Body.Objects(member), err
}

// AddChild appends to one of an item's lists. The item gets a new version.
func (m *Mailbox) AddChild(kind Kind, folderID, id, member string, doc rawjson.Object) (rawjson.Object, error) {
	var added rawjson.Object
	err := m.editChildren(kind, folderID, id, member, func(list []rawjson.Object) ([]rawjson.Object, error) {
		added = m.newChild(kind, member, doc)
		return append(list, added), nil
	})
	return added, err
}

// UpdateChild sets the members of patch in an element of one of an item's lists.
func (m *Mailbox) UpdateChild(kind Kind, folderID, id, member, child string, patch rawjson.Object) (rawjson.Object, error) {
	var changed rawjson.Object
	err := m.editChildren(kind, folderID, id, member, func(list []rawjson.Object) ([]rawjson.Object, error) {
		at := slices.IndexFunc(list, func(o rawjson.Object) bool { return o.Text("id") == child })
		if at < 0 {
			return nil, ErrNotFound
		}
		for name, value := range patch.Without("@odata.type").Members() {
			list[at] = list[at].Set(name, rawjson.Object(value))
		}
		changed = list[at]
		return list, nil
	})
	return changed, err
}

// DeleteChild removes an element of one of an item's lists for good.
func (m *Mailbox) DeleteChild(kind Kind, folderID, id, member, child string) error {
	return m.editChildren(kind, folderID, id, member, func(list []rawjson.Object) ([]rawjson.Object, error) {
		kept := slices.DeleteFunc(slices.Clone(list), func(o rawjson.Object) bool {
			return o.Text("id") == child || immutableID(m.ID, kind, o.Text("id")) == child
		})
		if len(kept) == len(list) {
			return nil, ErrNotFound
		}
		return kept, nil
	})
}

func (m *Mailbox) editChildren(kind Kind, folderID, id, member string, edit func([]rawjson.Object) ([]rawjson.Object, error)) error {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	found, err := m.find(kind, folderID, id)
	if err != nil {
		return err
	}
	if err := found.writable(); err != nil {
		return err
	}
	before := found.body()
	list, err := edit(before.Objects(member))
	if err != nil {
		return err
	}
	body := before.Set(member, list)
	if member == "attachments" {
		body = body.Set("hasAttachments", len(list) > 0)
	}
	found.store(body)
	found.touch()
	m.afterUpdate(found, before, []string{member})
	return nil
}

func (m *Mailbox) newChild(kind Kind, member string, doc rawjson.Object) rawjson.Object {
	seq, stamp := m.tenant.next(), m.tenant.stamp()
	if member == "attachments" {
		head := rawjson.Of("@odata.type", doc.Text("@odata.type"), "id", newID(m.ID, "attachment", seq), "lastModifiedDateTime", stamp)
		if kind == Events {
			head = head.Set("isInline", false).Set("contentId", nil).Set("contentLocation", nil)
		}
		for name, value := range doc.Members() {
			head = head.Set(name, rawjson.Object(value))
		}
		return head.Set("size", len(doc.Text("contentBytes"))*3/4)
	}
	child := rawjson.Of("id", newGUID(m.ID, member, seq))
	if member == "checklistItems" {
		child = child.Set("createdDateTime", stamp).Set("isChecked", false)
	}
	for name, value := range doc.Members() {
		child = child.Set(name, rawjson.Object(value))
	}
	return child
}

// AttachmentImmutableID is the immutable form of an attachment's default id.
func (m *Mailbox) AttachmentImmutableID(id string) string { return immutableID(m.ID, Events, id) }
