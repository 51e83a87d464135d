package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"GET", "/users/nobody@contoso.example", "", 404, "Request_ResourceNotFound"},
		{"GET", "/users/nobody@contoso.example/contacts", "", 404, "ErrorInvalidUser"},
		{"GET", "/users/" + cid + "/contacts", "", 404, "MailboxNotEnabledForRESTAPI"},
		{"GET", annUser + "/contacts?$top=5000", "", 400, "BadRequest"},
		{"GET", annUser + "/contacts?$sellect=id", "", 400, "BadRequest"},
		{"GET", annUser + "/contacts?$search=%22x%22", "", 400, "BadRequest"},
		{"GET", annUser + "/contacts?$select=nonsense", "", 400, "BadRequest"},
		{"GET", annUser + "/contacts?$filter=nonsense", "", 400, "ErrorInvalidUrlQueryFilter"},
		{"GET", annUser + "/contacts?$filter=categories/any(c:startswith(c,'S'))", "", 400, "ErrorInvalidUrlQueryFilter"},
		{"GET", annUser + "/events?$filter=attendees/any(a:a/x%20eq%20'S')", "", 400, "ErrorInvalidUrlQueryFilter"},
		{"GET", annUser + "/contacts?$expand=photo", "", 400, "BadRequest"},
		{"GET", annUser + "/contacts?$expand=singleValueExtendedProperties", "", 400, "ErrorInvalidUrlQueryFilter"},
		{"GET", annUser + "/events?$expand=instances", "", 400, "BadRequest"},
		{"GET", annUser + "/contacts/AAbobcontact", "", 404, "ErrorItemNotFound"},
		{"GET", annUser + "/contacts/not%20an%20id", "", 400, "ErrorInvalidIdMalformed"},
		{"GET", annUser + "/contactFolders/AAchild/contacts/AAcontact1", "", 404, "ErrorItemNotFound"},
		{"GET", annUser + "/nonsense", "", 400, "BadRequest"},
		{"GET", annUser + "/calendarView", "", 400, "ErrorInvalidParameter"},
		{"GET", annUser + "/events/AAseries==/instances?startDateTime=2026-11-01", "", 400, "ErrorInvalidParameter"},
		{"GET", annUser + "/contacts/AAcontact1/photo", "", 404, "ErrorItemNotFound"},
		{"GET", "/me/contacts", "", 400, "BadRequest"},
		{"GET", annUser + "/contacts/delta", "", 501, "NotImplemented"},
		{"PATCH", annUser + "/contacts", `{}`, 405, "ErrorInvalidRequest"},
		{"PATCH", annUser + "/contacts/AAcontact1", `{"nonsense":1}`, 400, "BadRequest"},
		{"PATCH", annUser + "/contacts/AAcontact1", `{"id":"x"}`, 400, "BadRequest"},
		{"PATCH", annUser + "/contacts/AAcontact1", `{"categories":null}`, 400, "BadRequest"},
		{"PATCH", annUser + "/contacts/AAcontact1", `{"categories":"Personal"}`, 400, "BadRequest"},
		{"PATCH", annUser + "/contacts/AAcontact1", `nonsense`, 400, "BadRequest"},
		{"PATCH", annUser + "/events/AAsingle", `{"uid":1}`, 400, "ErrorInvalidRequest"},
		{"PATCH", annUser + "/events/AAsingle", `{"transactionId":"x"}`, 400, "ErrorInvalidRequest"},
		{"PATCH", annUser + "/events/AAsingle", `{"importance":"very"}`, 400, "BadRequest"},
		{"PATCH", annUser + "/events/AAholiday", `{"categories":[]}`, 403, "ErrorAccessDenied"},
		{"DELETE", annUser + "/calendars/AAholidays/events/AAholiday", "", 403, "ErrorAccessDenied"},
		{"POST", annUser + "/calendars/AAholidays/events", `{"subject":"x","start":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"}}`, 403, "ErrorAccessDenied"},
		{"POST", annUser + "/events", `{"subject":"x"}`, 400, "ErrorPropertyValidationFailure"},
		{"POST", annUser + "/events/AAmeeting/forward", `{}`, 501, "NotImplemented"},
		{"POST", annUser + "/contactFolders", `{"displayName":"crm"}`, 409, "ErrorFolderExists"},
		{"POST", annUser + "/outlook/masterCategories", `{"displayName":"sync WITH salesforce"}`, 409, "ErrorCategoryAlreadyExists"},
		{"PATCH", annUser + "/outlook/masterCategories/c1", `{"displayName":"new"}`, 400, "ErrorInvalidRequest"},
		{"GET", annUser + "/todo/lists?$select=id", "", 400, "invalidRequest/RequestBroker--ParseUri"},
		{"GET", annUser + "/todo/lists/AAlist/tasks?$select=title", "", 400, "invalidRequest/RequestBroker--ParseUri"},
		{"GET", annUser + "/todo/lists/AAlist/tasks?$expand=attachments", "", 400, "invalidRequest/BadRequest"},
		{"GET", annUser + "/todo/lists/AAlist/tasks?$filter=categories/any(c:c%20eq%20'x')", "", 400, "invalidRequest/ErrorInvalidUrlQueryFilter"},
		{"GET", annUser + "/todo/lists/AAlist/tasks/AAflag", "", 404, "itemNotFound/ErrorItemNotFound"},
		{"PATCH", annUser + "/todo/lists/AAlist/tasks/AAtask2", `{` + weekly + `}`, 400, "invalidRequest/InvalidModel"},
		{"PATCH", annUser + "/todo/lists/AAlist/tasks/AAtask1", `{"nonsense":1}`, 400, "invalidRequest/InvalidModel"},
		{"DELETE", annUser + "/todo/lists/AAflagged", "", 400, "invalidRequest/ErrorDeleteDistinguishedFolder"},
	} {
		t.Run(c.method+c.path+c.body, func(t *testing.T) {
			w := newWorld(t, small(), sandbox.Options{})
			before := string(w.get(host + "/sandbox/tenant").raw)
			a := w.do(c.method, c.path, c.body, "client-request-id: mine").want(t, c.status, c.code)
			inner := a.json["error"].(map[string]any)["innerError"].(map[string]any)
			if inner["client-request-id"] != "mine" || a.header.Get("client-request-id") != "mine" || a.header.Get("request-id") == "" {
				t.Errorf("ids are not echoed: %s", a.raw)
			}
			if after := string(w.get(host + "/sandbox/tenant").raw); after != before {
				t.Error("a refused request changed the tenant")
			}
			if len(w.box.Outbox()) != 0 {
				t.Error("a refused request sent mail")
			}
		})
	}
}

func TestPagesAreTenByDefaultAndCanBeLarger(t *testing.T) {
	w := newWorld(t, crowd(2500, 0, 0), sandbox.Options{})
	list := annUser + "/contacts"
	for _, c := range []struct {
		query, prefer string
		want          int
	}{
		{"", "", 10},
		{"?$top=7", "", 7},
		{"", "odata.maxpagesize=300", 300},
		{"", "odata.maxpagesize=4000", 1000},
		{"?$top=20", "odata.maxpagesize=5", 5},
		{"?%24top=12", "", 12},
	} {
		a := w.get(list+c.query, "Prefer: "+c.prefer).want(t, 200)
		if len(a.values()) != c.want || a.text("@odata.nextLink") == "" {
			t.Errorf("%+v: %d items", c, len(a.values()))
		}
		if c.prefer != "" && !strings.Contains(a.header.Get("Preference-Applied"), "odata.maxpagesize=") {
			t.Errorf("%+v: Preference-Applied is %q", c, a.header.Get("Preference-Applied"))
		}
	}
	if all := w.all(list, `Prefer: IdType="ImmutableId", odata.maxpagesize=999`); len(all) != 2500 {
		t.Errorf("%d items in all", len(all))
	}
}

func TestPagingSkipsItemsWhenOthersVanish(t *testing.T) {
	w := newWorld(t, crowd(30, 0, 0), sandbox.Options{})
	first := w.get(annUser+"/contacts").want(t, 200)
	for _, id := range first.ids() {
		w.do("DELETE", annUser+"/contacts/"+id, "").want(t, 204)
	}
	second := w.get(first.text("@odata.nextLink")).want(t, 200)
	if got := second.ids(); len(got) != 10 || got[0] != "AAc00020" {
		t.Errorf("the second page is %v", got)
	}
}

func TestContactFolders(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	for path, want := range map[string]string{
		"/contactFolders": "AAchild", "/contactFolders/contacts/childFolders": "AAchild",
		"/contactFolders/AAchild/childFolders": "AAgrandchild", "/contacts": "AAcontact1 AAcontact2 AAcontact3",
		"/contactFolders/contacts/contacts": "AAcontact1 AAcontact2 AAcontact3", "/contactFolders/AAchild/contacts": "AAcontact4",
		"/contactFolders/AAfolder/childFolders/AAchild/contacts": "AAcontact4", "/ContactFolders('AAchild')/Contacts": "AAcontact4",
		"/calendars": "AAcal AAholidays AAbobs", "/calendars/AAbobs/events": "AAbobevent",
		"/events": "AAsingle AAmeeting AApast AAdraft AAseries==", "/calendar/events": "AAsingle AAmeeting AApast AAdraft AAseries==",
		"/todo/lists": "AAlist AAflagged", "/todo/lists/delta": "AAlist AAflagged", "/todo/lists/delta()": "AAlist AAflagged",
		"/todo/lists/AAlist/tasks": "AAtask1 AAtask2", "/todo/lists/AAlist/tasks/delta": "AAtask1 AAtask2",
		"/contacts?$filter=categories/any(c:c+eq+'Don''t+Sync+with+Salesforce')":                                                                "AAcontact2",
		"/events?$filter=categories/any(x:x%20eq%20'Sync%20with%20Salesforce')":                                                                 "AAsingle AAmeeting AApast AAdraft AAseries==",
		"/contacts?$filter=singleValueExtendedProperties/Any(ep:%20ep/id%20eq%20'String%200x3A24'%20and%20ep/value%20eq%20'%2B1%20555%200100')": "AAcontact1",
		"/contacts?$filter=emailAddresses/any(a:a/address%20eq%20'x@fabrikam.example')":                                                         "AAcontact1 AAcontact2 AAcontact3",
		"/contacts?$orderby=displayName%20desc&$top=2":                                                                                          "AAcontact3 AAcontact2",
	} {
		if got := strings.Join(w.get(annUser+path).want(t, 200).ids(), " "); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	folder := w.get(annUser+"/contactFolders/contacts").want(t, 200)
	if folder.text("id") != "AAfolder" || folder.json["wellKnownName"] != nil || folder.json["contacts"] != nil {
		t.Errorf("the default folder is %s", folder.raw)
	}
	made := w.do("POST", annUser+"/contactFolders", `{"displayName":"New"}`).want(t, 201)
	if made.text("parentFolderId") != "AAfolder" {
		t.Errorf("a new folder is %s", made.raw)
	}
	w.do("POST", annUser+"/contactFolders/"+made.text("id")+"/contacts", `{"givenName":"Zoe","surname":"Last","birthday":"1980-02-03"}`).want(t, 201)
	zoe := w.get(annUser+"/contactFolders/"+made.text("id")+"/contacts").want(t, 200).values()[0]
	if zoe["displayName"] != "Zoe Last" || zoe["birthday"] != "1980-02-03T11:59:00Z" || fmt.Sprint(zoe["homeAddress"]) != "map[]" || zoe["title"] != nil {
		t.Errorf("a new contact is %v", zoe)
	}
}

func TestTaskListsBreakOffWithoutTop(t *testing.T) {
	w := newWorld(t, crowd(0, 0, 40), sandbox.Options{})
	a := w.get(annUser+"/todo/lists", "Prefer: odata.maxpagesize=100").want(t, 200)
	if len(a.values()) != 16 || a.text("@odata.nextLink") != "" {
		t.Errorf("%d lists, next %q", len(a.values()), a.text("@odata.nextLink"))
	}
	if n := len(w.all(annUser + "/todo/lists?$top=15")); n != 40 {
		t.Errorf("%d lists with $top", n)
	}
	if n := len(w.get(annUser + "/todo/lists/delta").values()); n != 40 {
		t.Errorf("%d lists by delta", n)
	}
}

func TestWhatMustBeAskedForByName(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	for _, c := range []struct {
		path            string
		present, absent []string
	}{
		{"/contacts/AAcontact1", nil, []string{"singleValueExtendedProperties", "photo"}},
		{"/contacts/AAcontact3", nil, []string{"photo"}},
		{"/contacts/AAcontact1?$expand=singleValueExtendedProperties($filter=id%20eq%20'String%200x3a24')", []string{"singleValueExtendedProperties"}, nil},
		{"/contacts/AAcontact1?$expand=singleValueExtendedProperties($filter=id%20eq%20'String%20{00020329-0000-0000-c000-000000000046}%20Name%20crmid'%20or%20id%20eq%20'String%200x1')", []string{"singleValueExtendedProperties"}, nil},
		{"/contacts/AAcontact1?$expand=singleValueExtendedProperties($filter=id%20eq%20'String%20{00020329-0000-0000-c000-000000000046}%20Name%20CRMID')", nil, []string{"singleValueExtendedProperties"}},
		{"/events/AAsingle", []string{"hasAttachments"}, []string{"attachments", "extensions"}},
		{"/events/AAsingle?$expand=attachments", []string{"attachments"}, []string{"extensions"}},
		{"/events/AAsingle?$expand=extensions($filter=id%20eq%20'Com.Contoso.Deal')", []string{"extensions"}, nil},
		{"/events/AAseries==", []string{"recurrence"}, []string{"exceptionOccurrences", "cancelledOccurrences"}},
		{"/events/AAseries==?$expand=exceptionOccurrences", nil, []string{"exceptionOccurrences", "cancelledOccurrences"}},
		{"/events/AAseries==?$select=subject,exceptionOccurrences,cancelledOccurrences", []string{"subject"}, []string{"exceptionOccurrences", "cancelledOccurrences"}},
		{"/events/AAseries==?$select=subject,exceptionOccurrences,cancelledOccurrences&$expand=exceptionOccurrences", []string{"exceptionOccurrences", "cancelledOccurrences", "id"}, []string{"start"}},
		{"/todo/lists/AAlist/tasks/AAtask1", []string{"linkedResources"}, []string{"checklistItems", "attachments"}},
		{"/todo/lists/AAlist/tasks/AAtask1?$expand=checklistItems,linkedResources", []string{"linkedResources", "checklistItems"}, []string{"attachments"}},
		{"/contacts/AAcontact1?$select=displayName", []string{"id", "@odata.etag", "displayName"}, []string{"categories"}},
	} {
		a := w.get(annUser+c.path).want(t, 200)
		for _, name := range c.present {
			if _, ok := a.json[name]; !ok {
				t.Errorf("%s: %s is absent", c.path, name)
			}
		}
		for _, name := range c.absent {
			if _, ok := a.json[name]; ok {
				t.Errorf("%s: %s is present", c.path, name)
			}
		}
	}
	if a := w.get(annUser+"/contacts/AAcontact3/photo/$value").want(t, 200); string(a.raw) != "GIF89a" || a.header.Get("Content-Type") != "image/gif" {
		t.Errorf("the photo is %q, %q", a.raw, a.header.Get("Content-Type"))
	}
	if a := w.get(annUser+"/events/AAsingle/attachments").want(t, 200); a.values()[0]["contentBytes"] != "YWJj" {
		t.Errorf("an event's attachments are %s", a.raw)
	}
	if a := w.get(annUser+"/todo/lists/AAlist/tasks/AAtask1/attachments").want(t, 200); a.values()[0]["contentBytes"] != nil || a.values()[0]["name"] != "b.txt" {
		t.Errorf("a task's attachments are %s", a.raw)
	}
	if a := w.get(annUser+"/todo/lists/AAlist/tasks/AAtask1/attachments/AAta/$value").want(t, 200); string(a.raw) != "abc" {
		t.Errorf("a task attachment is %q", a.raw)
	}
	w.get(annUser+"/events?$expand=exceptionOccurrences").want(t, 400, "BadRequest")
}

func TestIdsOfBothForms(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	const immutable = `Prefer: IdType="ImmutableId"`
	for _, path := range []string{"/contacts/AAcontact1", "/events/AAsingle", "/events/AAseries=="} {
		a := w.get(annUser+path, immutable).want(t, 200)
		at := path[:strings.LastIndex(path, "/")+1]
		if a.text("id") == path[len(at):] || !strings.Contains(a.header.Get("Preference-Applied"), "ImmutableId") {
			t.Errorf("%s: id is %s", path, a.text("id"))
		}
		if b := w.get(annUser+at+a.text("id")).want(t, 200); annUser+at+b.text("id") != annUser+path {
			t.Errorf("%s: by its immutable id it is %s", path, b.text("id"))
		}
	}
	for _, path := range []string{"/calendars", "/contactFolders", "/todo/lists", "/todo/lists/AAlist/tasks"} {
		if plain, pref := w.get(annUser+path).ids(), w.get(annUser+path, immutable).ids(); len(plain) == 0 || !slices.Equal(plain, pref) {
			t.Errorf("%s: ids differ: %v, %v", path, plain, pref)
		}
	}
	attachment := w.get(annUser+"/events/AAsingle/attachments", immutable).ids()[0]
	if attachment == "AAattachment" {
		t.Error("an attachment has its default id")
	}
	w.get(annUser+"/events/AAsingle/attachments/"+attachment).want(t, 200)
	w.get("/users/"+bob+"/contacts/"+w.get(annUser+"/contacts/AAcontact1", immutable).text("id")).want(t, 404, "ErrorItemNotFound")
}

func TestDirectory(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	for path, want := range map[string]string{
		"/users": ann + " " + bob + " " + cid,
		"/users?$filter=mail%20eq%20'BOB@contoso.example'":              bob,
		"/users?$filter=userPrincipalName%20eq%20'ann@contoso.example'": ann,
		"/groups?$filter=displayName%20eq%20'o''outer'":                 "g2",
		"/groups?$filter=mail%20eq%20'inner@contoso.example'":           "g1",
		"/groups/g2/members":                                         "g1 " + ann,
		"/groups/g2/transitiveMembers":                               "g1 " + bob + " " + ann,
		"/groups/g2/transitiveMembers/microsoft.graph.user?$top=999": bob + " " + ann,
		"/organization":                                              "99999999-0000-4000-8000-000000000009",
	} {
		if got := strings.Join(w.get(path).want(t, 200).ids(), " "); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if n := len(w.all("/users?$top=1")); n != 3 {
		t.Errorf("%d users by pages of one", n)
	}
	user := w.get("/users/BOB@contoso.example").want(t, 200)
	if user.text("id") != bob || user.json["userPurpose"] != nil || user.json["calendars"] != nil || user.json["assignedPlans"] != nil {
		t.Errorf("a user is %s", user.raw)
	}
	if p := w.get("/users('"+bob+"')/mailboxSettings/userPurpose").want(t, 200); p.text("value") != "room" {
		t.Errorf("userPurpose is %s", p.raw)
	}
	if p := w.get("/users/"+bob+"/mailboxSettings").want(t, 200); p.text("userPurpose") != "room" {
		t.Errorf("mailboxSettings is %s", p.raw)
	}
	if c := w.get(annUser+"/outlook/masterCategories?$filter=nonsense&$top=0").want(t, 200); len(c.values()) != 1 {
		t.Errorf("masterCategories are %s", c.raw)
	}
}
