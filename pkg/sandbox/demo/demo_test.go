package demo_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox/demo"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

func TestSameEveryTime(t *testing.T) {
	if !bytes.Equal(demo.File(), demo.File()) {
		t.Error("two files differ")
	}
}

// tally counts what a careless purge would trip over.
type tally map[string]int

func (c tally) event(calendar, event rawjson.Object) {
	inside := len(event.Objects("attendees")) > 0
	switch {
	case inside && event.Bool("isOrganizer", false):
		c["organizer's meeting"]++
	case inside:
		c["attendee's copy"]++
	}
	if event.Text("type") == "seriesMaster" {
		c["series"]++
		c["cancelled"] += len(event.Texts("cancelledOccurrences"))
		for _, exception := range event.Objects("exceptionOccurrences") {
			c["exception"]++
			if len(exception.Objects("attendees")) > 0 && !inside {
				c["guests on an exception only"]++
			}
		}
	}
	if !calendar.Bool("canEdit", true) {
		c["read-only event"]++
	}
	c.categories(event)
}

func (c tally) categories(item rawjson.Object) {
	names := item.Texts("categories")
	for _, name := range names {
		c["category "+name]++
	}
	if len(names) == 0 {
		c["no category"]++
	}
	if strings.Contains(strings.Join(names, "|"), demo.Salesforce+"|"+demo.Opposite) {
		c["both categories"]++
	}
}

func TestDemoHasOneOfEverything(t *testing.T) {
	doc, err := rawjson.Parse(demo.File())
	if err != nil {
		t.Fatal(err)
	}
	c := tally{}
	for _, user := range doc.Objects("users") {
		c["user "+user.Text("userPurpose")]++
		if !user.Bool("mailbox", true) {
			c["no mailbox"]++
		}
		items := 0
		for _, folder := range user.Objects("contactFolders") {
			for _, contact := range folder.Objects("contacts") {
				c.categories(contact)
				items++
			}
		}
		for _, calendar := range user.Objects("calendars") {
			if owner := calendar.Object("owner").Text("address"); owner != user.Text("mail") {
				c["another owner's calendar"]++
			}
			for _, event := range calendar.Objects("events") {
				c.event(calendar, event)
				items++
			}
		}
		for _, list := range user.Objects("todoLists") {
			c["list "+list.Text("wellknownListName")]++
			if !list.Bool("isOwner", true) {
				c["list not owned"]++
			}
			items += len(list.Objects("tasks"))
		}
		if user.Text("userPurpose") == "user" && user.Bool("mailbox", true) && (items < 40 || items > 130) {
			t.Errorf("%s has %d items", user.Text("displayName"), items)
		}
	}
	for what, least := range map[string]int{
		"user user": 10, "user shared": 1, "user room": 1, "no mailbox": 1, "organizer's meeting": 20, "attendee's copy": 20, "series": 4,
		"cancelled": 8, "exception": 4, "guests on an exception only": 1, "read-only event": 8, "another owner's calendar": 2,
		"list flaggedEmails": 10, "list not owned": 2, "both categories": 3, "no category": 50,
		"category " + demo.Salesforce: 100, "category " + strings.ToLower(demo.Salesforce): 5, "category " + demo.Salesforce + " ": 5,
		"category " + demo.Opposite: 10, "category " + demo.Dynamics: 20, "category " + demo.Personal: 10,
	} {
		if c[what] < least {
			t.Errorf("%s: %d, want %d or more", what, c[what], least)
		}
	}
}

func TestTenantLoads(t *testing.T) {
	tn := demo.Tenant()
	if len(tn.Mailboxes()) != 13 || len(tn.Groups()) != 2 {
		t.Errorf("%d users, %d groups", len(tn.Mailboxes()), len(tn.Groups()))
	}
	folders := tn.Mailboxes()[0].Folders(tenant.Contacts)
	if len(folders) != 3 || folders[2].Doc.Text("parentFolderId") != folders[1].ID {
		t.Error("no folder lies two deep")
	}
}
