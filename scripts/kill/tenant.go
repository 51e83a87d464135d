package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/shape"
)

// plugin is the plug-in's category.
const plugin = "Sync with Salesforce"

// company is a tenant of two mailboxes with 30 items each: of every kind, with
// series, attachments, photos, twins, meetings that are held, and folders below
// folders. The second has 40 contacts more, so that changes go in batches.
func company() []byte {
	users := []rawjson.Object{}
	for n, name := range []string{"ann", "bob"} {
		users = append(users, maker{name: name, id: fmt.Sprintf("66666666-7777-4888-9999-00000000000%d", n), more: 40 * n}.user())
	}
	file := rawjson.Of("tenantId", "3f1c2d4e-0000-4000-8000-000000000002", "displayName", "Kill", "groups", []string{}, "users", users)
	data, err := json.Marshal(json.RawMessage(file))
	if err != nil {
		panic(err)
	}
	return data
}

// maker makes one mailbox.
type maker struct {
	name, id string
	more     int // contacts
}

func (m maker) address() string { return m.name + "@kill.example" }

func (m maker) user() rawjson.Object {
	owner := rawjson.Of("name", m.name, "address", m.address())
	folder := func(id, name string, parent, known any, contacts []rawjson.Object) rawjson.Object {
		return rawjson.Of("id", m.name+id, "displayName", name, "parentFolderId", parent, "wellKnownName", known, "contacts", contacts)
	}
	calendar := rawjson.Of("id", m.name+"-calendar", "name", "Calendar", "isDefaultCalendar", true, "canEdit", true, "owner", owner, "events", m.events(owner))
	list := rawjson.Of("id", m.name+"-tasks", "displayName", "Tasks", "isOwner", true, "isShared", false, "wellknownListName", "defaultList",
		"@odata.etag", `W/"list"`, "tasks", m.tasks())
	return rawjson.Of("id", m.id, "userPrincipalName", m.address(), "mail", m.address(), "displayName", m.name,
		"userPurpose", "user", "mailbox", true, "masterCategories", []string{},
		"contactFolders", []rawjson.Object{
			folder("-contacts", "Contacts", nil, "contacts", append(m.contacts("-contacts", 0, 9), m.contacts("-contacts", 20, 20+m.more)...)),
			folder("-clients", "Clients", m.name+"-contacts", nil, m.contacts("-clients", 9, 14)),
		},
		"calendars", []rawjson.Object{calendar}, "todoLists", []rawjson.Object{list})
}

// head is what the service sets, and the categories: the plug-in's of two of
// three items.
func (m maker) head(kind string, n int) (head, given rawjson.Object) {
	id := fmt.Sprintf("%s-%s-%02d", m.name, kind, n)
	head = rawjson.Of("@odata.etag", `W/"`+id+`"`, "id", id, "createdDateTime", "2020-01-01T00:00:00Z", "lastModifiedDateTime", "2020-01-01T00:00:00Z")
	categories := [][]string{{plugin}, {"Blue", plugin}, {}}[n%3]
	given = rawjson.Of("categories", categories)
	if kind != "task" { // tasks have one id only
		given = given.Set("immutableId", id+"-immutable").Set("changeKey", id)
	}
	return head, given
}

// contacts are those from one number to another; two of them are twins, one has
// a photo.
func (m maker) contacts(folder string, from, to int) (all []rawjson.Object) {
	for n := from; n < to; n++ {
		head, given := m.head("contact", n)
		name := fmt.Sprintf("Contact %d", n/2*2) // so two have one name
		given = given.Set("displayName", name).Set("givenName", name).Set("personalNotes", fmt.Sprint("note ", n)).
			Set("emailAddresses", []rawjson.Object{rawjson.Of("name", name, "address", fmt.Sprintf("c%d@contact.example", n))})
		c := shape.Contact(head, m.name+folder, given)
		if n == 3 || n == 10 {
			c = c.Set("photo", rawjson.Of("contentType", "image/png", "contentBytes", base64.StdEncoding.EncodeToString([]byte(name)))).
				Set("singleValueExtendedProperties", []rawjson.Object{rawjson.Of("id", "Boolean {00062004-0000-0000-C000-000000000046} Id 0x8015", "value", "true")})
		}
		all = append(all, c)
	}
	return all
}

func moment2026(day, hour int) rawjson.Object {
	return rawjson.Of("dateTime", fmt.Sprintf("2026-03-%02dT%02d:00:00.0000000", day, hour), "timeZone", "UTC")
}

// events: a series with an exception and a cancelled date, a meeting of the
// mailbox's own, somebody else's, some with attachments.
func (m maker) events(owner rawjson.Object) (all []rawjson.Object) {
	for n := range 9 {
		head, given := m.head("event", n)
		given = given.Set("subject", fmt.Sprintf("Event %d", n/2*2)).Set("body", rawjson.Of("contentType", "html", "content", fmt.Sprintf("<p>event %d</p>", n))).
			Set("start", moment2026(2+n, 9)).Set("end", moment2026(2+n, 10)).Set("originalStartTimeZone", "UTC").Set("originalEndTimeZone", "UTC")
		if n == 3 {
			given = given.Set("recurrence", weekly)
		}
		e := shape.Event(head, owner, "uid-"+head.Text("id"), given)
		switch n {
		case 0, 4:
			e = m.invite(e, n == 4)
		case 3:
			e = m.dates(e)
		case 6, 7:
			e = m.attach(e, "fileAttachment", 2)
		}
		all = append(all, e)
	}
	return all
}

// weekly is the rule of a series on Thursdays; the first is 2026-03-05.
var weekly = rawjson.Of(
	"pattern", rawjson.Of("type", "weekly", "interval", 1, "month", 0, "dayOfMonth", 0, "daysOfWeek", []string{"thursday"}, "firstDayOfWeek", "sunday", "index", "first"),
	"range", rawjson.Of("type", "numbered", "startDate", "2026-03-05", "endDate", "0001-01-01", "recurrenceTimeZone", "UTC", "numberOfOccurrences", 6),
)

func (m maker) invite(e rawjson.Object, theirs bool) rawjson.Object {
	guest := rawjson.Of("name", "Guest", "address", "guest@invited.example")
	e = e.Set("attendees", []rawjson.Object{rawjson.Of("type", "required", "status", rawjson.Of("response", "none", "time", shape.NoTime), "emailAddress", guest)})
	if theirs {
		e = e.Set("isOrganizer", false).Set("organizer", rawjson.Of("emailAddress", guest)).
			Set("responseStatus", rawjson.Of("response", "accepted", "time", "2026-01-01T00:00:00Z"))
	}
	return e
}

// dates changes one date of a series, and cancels another.
func (m maker) dates(e rawjson.Object) rawjson.Object {
	id := e.Text("id")
	x := e.Without("recurrence").Without("immutableId").Set("id", id+"-x").Set("immutableId", id+"-x-immutable").Set("type", "exception").Set("seriesMasterId", id).
		Set("recurrence", nil).Set("subject", "Another room").Set("originalStart", "2026-03-12T09:00:00Z").Set("start", moment2026(12, 11)).Set("end", moment2026(12, 12))
	return e.Set("exceptionOccurrences", []rawjson.Object{x}).Set("cancelledOccurrences", []string{"OID." + id + ".2026-03-19"})
}

func (m maker) attach(o rawjson.Object, kind string, count int) rawjson.Object {
	var all []rawjson.Object
	for n := range count {
		content := fmt.Sprintf("attachment %d of %s", n, o.Text("id"))
		a := rawjson.Of("@odata.type", "#microsoft.graph."+kind, "id", fmt.Sprint(o.Text("id"), "-a", n), "lastModifiedDateTime", "2020-01-01T00:00:00Z",
			"name", fmt.Sprintf("%d.txt", n), "contentType", "text/plain")
		if kind == "fileAttachment" {
			a = a.Merge(rawjson.Of("isInline", false, "contentId", nil, "contentLocation", nil))
		}
		all = append(all, a.Set("contentBytes", base64.StdEncoding.EncodeToString([]byte(content))).Set("size", len(content)))
	}
	return o.Set("attachments", slices.Clip(all)).Set("hasAttachments", true)
}

// tasks have checklists, links and attachments.
func (m maker) tasks() (all []rawjson.Object) {
	for n := range 7 {
		head, given := m.head("task", n)
		given = given.Set("title", fmt.Sprintf("Task %d", n/2*2)).Set("status", "notStarted").Set("importance", "normal").Set("isReminderOn", false).
			Set("body", rawjson.Of("content", fmt.Sprint("task ", n), "contentType", "text")).Set("dueDateTime", moment2026(2+n, 0))
		if n%2 == 0 {
			given = given.Set("checklistItems", []rawjson.Object{rawjson.Of("id", "step", "displayName", "first step", "isChecked", n == 0, "createdDateTime", "2020-01-01T00:00:00Z")}).
				Set("linkedResources", []rawjson.Object{rawjson.Of("id", "link", "webUrl", "https://crm.example/7", "applicationName", "Salesforce", "externalId", "7", "displayName", "Account")})
		}
		t := shape.Task(head, given)
		if n == 1 || n == 4 {
			t = m.attach(t, "taskFileAttachment", 2)
		}
		all = append(all, t)
	}
	return all
}
