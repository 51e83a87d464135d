package sandbox_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// stored is the item with the id in the tenant as it now is, and whether it is
// in Deleted Items.
func (w *world) stored(id string) (item rawjson.Object, deleted bool) {
	w.t.Helper()
	doc, err := rawjson.Parse(w.get(host + "/sandbox/tenant").raw)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, user := range doc.Objects("users") {
		for container, content := range map[string]string{"contactFolders": "contacts", "calendars": "events", "todoLists": "tasks"} {
			for _, folder := range user.Objects(container) {
				for _, o := range folder.Objects(content) {
					if o.Text("id") == id {
						return o, false
					}
				}
			}
		}
		for _, entry := range user.Objects("deletedItems") {
			if entry.Text("formerId") == id {
				return entry.Object("item"), true
			}
		}
	}
	return nil, false
}

func mails(list []tenant.Mail) string {
	var out []string
	for _, m := range list {
		out = append(out, fmt.Sprintf("%s to %s about %s", m.Kind, strings.Join(m.To, "+"), m.Subject))
	}
	return strings.Join(out, "; ")
}

func TestPatchChangesWhatItNamesAndTheVersion(t *testing.T) {
	for path, id := range map[string]string{
		annUser + "/contacts/AAcontact1": "AAcontact1", annUser + "/events/AAsingle": "AAsingle",
		annUser + "/todo/lists/AAlist/tasks/AAtask1": "AAtask1", annUser + "/calendars/AAbobs/events/AAbobevent": "AAbobevent",
	} {
		t.Run(id, func(t *testing.T) {
			w := newWorld(t, small(), sandbox.Options{Facts: tenant.Facts{DisplayNameRecomputed: tenant.No}})
			before, _ := w.stored(id)
			a := w.do("PATCH", path, `{"categories":["Personal","Ä <&> ü"]}`).want(t, 200)
			after, _ := w.stored(id)
			if got := after.Texts("categories"); !slices.Equal(got, []string{"Personal", "Ä <&> ü"}) {
				t.Errorf("categories are %q", got)
			}
			moving := []string{"categories", "@odata.etag", "changeKey", "lastModifiedDateTime"}
			if !bytes.Equal(after.Without(moving...), before.Without(moving...)) {
				t.Errorf("more has changed:\n%s\n%s", before, after)
			}
			if after.Text("@odata.etag") == before.Text("@odata.etag") || a.text("@odata.etag") != after.Text("@odata.etag") {
				t.Error("the version is the old one, or not the one that was answered")
			}
			if key := after.Text("changeKey"); before.Has("changeKey") && after.Text("@odata.etag") != `W/"`+key+`"` {
				t.Errorf("etag %s, changeKey %s", after.Text("@odata.etag"), key)
			}
			if got := mails(w.box.Outbox()); got != "" {
				t.Errorf("mail: %s", got)
			}
		})
	}
}

func TestDeleteMovesToDeletedItems(t *testing.T) {
	for path, id := range map[string]string{"/contacts/AAcontact1": "AAcontact1", "/events/AAsingle": "AAsingle"} {
		t.Run(id, func(t *testing.T) {
			w := newWorld(t, small(), sandbox.Options{})
			immutable := w.get(annUser+path, `Prefer: IdType="ImmutableId"`).text("id")
			at := annUser + path[:strings.LastIndex(path, "/")+1]
			w.do("DELETE", annUser+path, "").want(t, 204)
			item, deleted := w.stored(id)
			if !deleted || item.Text("id") == id || item.Text("subject")+item.Text("givenName") == "" {
				t.Fatalf("Deleted Items has %s", item)
			}
			w.do("DELETE", annUser+path, "").want(t, 404, "ErrorItemNotFound")
			w.get(annUser+path).want(t, 404, "ErrorItemNotFound")
			a := w.get(at+immutable).want(t, 200)
			if a.text("id") != item.Text("id") || item.Has("parentFolderId") && a.text("parentFolderId") == "AAfolder" {
				t.Errorf("by its immutable id it is %s", a.raw)
			}
			if slices.Contains(w.get(strings.TrimSuffix(at, "/")).ids(), item.Text("id")) {
				t.Error("it is still listed")
			}
			w.do("DELETE", at+immutable, "").want(t, 204)
			w.get(at+immutable).want(t, 404, "ErrorItemNotFound")
			if item, _ := w.stored(id); item != nil {
				t.Error("the second DELETE left it in Deleted Items")
			}
		})
	}
	w := newWorld(t, small(), sandbox.Options{})
	w.do("DELETE", annUser+"/todo/lists/AAlist/tasks/AAtask1", "").want(t, 204)
	if item, deleted := w.stored("AAtask1"); !deleted || item.Text("title") != "AAtask1" {
		t.Errorf("the task is %s", item)
	}
	w.do("POST", annUser+"/contacts/AAcontact2/permanentDelete", "").want(t, 204)
	if item, _ := w.stored("AAcontact2"); item != nil {
		t.Error("permanentDelete left the contact somewhere")
	}
	dump := w.get(host + "/sandbox/tenant").raw
	again, err := tenant.Load(bytes.NewReader(dump))
	if err != nil {
		t.Fatal(err)
	}
	if second, err := again.MarshalJSON(); err != nil || !bytes.Equal(second, dump) {
		t.Errorf("a tenant with deleted items is another one when loaded again: %v", err)
	}
}

func TestOutbox(t *testing.T) {
	all := "out@fabrikam.example+bob@contoso.example"
	for _, c := range []struct {
		name, method, path, body string
		facts                    tenant.Facts
		want                     string
	}{
		{"delete of an appointment", "DELETE", "/events/AAsingle", "", tenant.Facts{}, ""},
		{"delete of a meeting", "DELETE", "/events/AAmeeting", "", tenant.Facts{}, "cancellation to " + all + " about about AAmeeting"},
		{"permanent delete", "POST", "/events/AAmeeting/permanentDelete", "", tenant.Facts{}, "cancellation to " + all + " about about AAmeeting"},
		{"permanent delete, silent", "POST", "/events/AAmeeting/permanentDelete", "", tenant.Facts{PermanentDeleteMails: tenant.No}, ""},
		{"delete of a past meeting", "DELETE", "/events/AApast", "", tenant.Facts{}, "cancellation to " + all + " about about AApast"},
		{"delete of a past meeting, silent", "DELETE", "/events/AApast", "", tenant.Facts{PastMeetingDeleteMails: tenant.No}, ""},
		{"delete of a future meeting where past ones are silent", "DELETE", "/events/AAmeeting", "", tenant.Facts{PastMeetingDeleteMails: tenant.No}, "cancellation to " + all + " about about AAmeeting"},
		{"delete of a draft", "DELETE", "/events/AAdraft", "", tenant.Facts{}, "cancellation to " + all + " about about AAdraft"},
		{"delete of a draft, silent", "DELETE", "/events/AAdraft", "", tenant.Facts{DraftMeetingDeleteMails: tenant.No}, ""},
		{"delete of a series with guests on an exception only", "DELETE", "/events/AAseries==", "", tenant.Facts{}, "cancellation to " + all + " about about AAseries=="},
		{"delete of that exception", "DELETE", "/events/AAexception", "", tenant.Facts{}, "cancellation to " + all + " about about AAexception"},
		{"categories of a meeting, unknown", "PATCH", "/events/AAmeeting", `{"categories":[]}`, tenant.Facts{}, "update to " + all + " about about AAmeeting"},
		{"categories of a meeting, yes", "PATCH", "/events/AAmeeting", `{"categories":[]}`, tenant.Facts{CategoriesPatchMails: tenant.Yes}, "update to " + all + " about about AAmeeting"},
		{"categories of a meeting, no", "PATCH", "/events/AAmeeting", `{"categories":[]}`, tenant.Facts{CategoriesPatchMails: tenant.No}, ""},
		{"categories of a series, unknown", "PATCH", "/events/AAseries==", `{"categories":[]}`, tenant.Facts{}, "update to " + all + " about about AAexception"},
		{"subject of a meeting", "PATCH", "/events/AAmeeting", `{"subject":"new"}`, tenant.Facts{CategoriesPatchMails: tenant.No}, "update to " + all + " about new"},
		{
			"attendees of a meeting", "PATCH", "/events/AAmeeting", `{"attendees":[{"emailAddress":{"address":"bob@contoso.example"}},{"emailAddress":{"address":"new@fabrikam.example"}}]}`,
			tenant.Facts{},
			"cancellation to out@fabrikam.example about about AAmeeting; invitation to new@fabrikam.example about about AAmeeting",
		},
		{"subject of an appointment", "PATCH", "/events/AAsingle", `{"subject":"new"}`, tenant.Facts{}, ""},
		{"a new appointment", "POST", "/events", `{"subject":"s","start":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-20T11:00:00","timeZone":"UTC"}}`, tenant.Facts{}, ""},
		{
			"a new meeting", "POST", "/calendar/events", `{"subject":"s","start":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-20T11:00:00","timeZone":"UTC"},"attendees":[{"emailAddress":{"address":"z@fabrikam.example"}}]}`,
			tenant.Facts{},
			"invitation to z@fabrikam.example about s",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, small(), sandbox.Options{Facts: c.facts, Now: clock})
			if a := w.do(c.method, annUser+c.path, c.body); a.status >= 300 {
				t.Fatalf("%d %s", a.status, a.raw)
			}
			if got := mails(w.box.Outbox()); got != c.want {
				t.Errorf("outbox: %s\nwant:   %s", got, c.want)
			}
			for _, m := range w.box.Outbox() {
				if m.From != "ann@contoso.example" || m.EventID == "" {
					t.Errorf("mail is %+v", m)
				}
			}
		})
	}
	w := newWorld(t, small(), sandbox.Options{})
	w.do("DELETE", "/users/"+bob+"/events/AAbobcopy", "").want(t, 204)
	w.do("PATCH", annUser+"/events/AAsingle", `{"categories":[]}`).want(t, 200)
	if a := w.get(host+"/sandbox/outbox").want(t, 200); string(a.raw) != "[]" {
		t.Errorf("an attendee's delete mailed: %s", a.raw)
	}
}

func TestOrganizersDeleteCancelsTheCopies(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	before, _ := w.stored("AAbobcopy")
	w.do("DELETE", annUser+"/events/AAmeeting", "").want(t, 204)
	after, _ := w.stored("AAbobcopy")
	if !after.Bool("isCancelled", false) || after.Text("@odata.etag") == before.Text("@odata.etag") {
		t.Errorf("the attendee's copy is %s", after)
	}
	if other, _ := w.stored("AAdraft"); other.Bool("isCancelled", true) {
		t.Error("another meeting is cancelled")
	}
}

func TestIfMatch(t *testing.T) {
	const stale, path = `If-Match: W/"old"`, annUser + "/contacts/AAcontact1"
	for _, c := range []struct {
		name, method, path string
		facts              tenant.Facts
		status             int
	}{
		{"patch, unknown", "PATCH", path, tenant.Facts{}, 200},
		{"patch, enforced", "PATCH", path, tenant.Facts{IfMatchOnPatch: tenant.Yes}, 412},
		{"patch of an event", "PATCH", annUser + "/events/AAsingle", tenant.Facts{IfMatchOnPatch: tenant.Yes}, 412},
		{"delete, unknown", "DELETE", path, tenant.Facts{}, 204},
		{"delete, enforced", "DELETE", path, tenant.Facts{IfMatchOnDelete: tenant.Yes}, 412},
		{"task, unknown", "PATCH", annUser + "/todo/lists/AAlist/tasks/AAtask1", tenant.Facts{}, 200},
		{"task, enforced", "PATCH", annUser + "/todo/lists/AAlist/tasks/AAtask1", tenant.Facts{IfMatchOnTasks: tenant.Yes}, 412},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, small(), sandbox.Options{Facts: c.facts})
			body := ""
			if c.method == "PATCH" {
				body = `{"categories":[]}`
			}
			a := w.do(c.method, c.path, body, stale).want(t, c.status)
			if c.status == 412 && !strings.Contains(a.code(), "ErrorIrresolvableConflict") && !strings.Contains(a.code(), "conflict") {
				t.Errorf("code is %s", a.code())
			}
			if c.status == 412 {
				etag := w.get(c.path).text("@odata.etag")
				if a := w.do(c.method, c.path, body, "If-Match: "+etag); a.status >= 300 {
					t.Errorf("with the version itself: %d %s", a.status, a.raw)
				}
			}
		})
	}
}

const window = "/instances?startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-12-31T00:00:00Z&$top=100"

func starts(items []map[string]any) string {
	var out []string
	for _, it := range items {
		at := it["start"].(map[string]any)["dateTime"].(string)
		out = append(out, at[:10]+" "+it["type"].(string))
	}
	return strings.Join(out, ", ")
}

func TestSeries(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Facts: tenant.Facts{CategoriesPatchMails: tenant.No}})
	series := annUser + "/events/AAseries=="
	got := w.get(series+window).want(t, 200).values()
	want := "2026-11-02 occurrence, 2026-11-09 occurrence, 2026-11-17 exception, 2026-11-30 occurrence, 2026-12-07 occurrence"
	if starts(got) != want {
		t.Fatalf("instances: %s", starts(got))
	}
	for _, it := range got {
		if it["@odata.etag"] != got[0]["@odata.etag"] && it["type"] == "occurrence" || it["seriesMasterId"] != "AAseries==" || it["recurrence"] != nil {
			t.Errorf("an instance is %v", it)
		}
	}
	second := annUser + "/events/" + got[1]["id"].(string)
	changed := w.do("PATCH", second, `{"categories":["Personal"]}`).want(t, 200)
	if changed.text("type") != "exception" || changed.text("id") != got[1]["id"] {
		t.Errorf("a changed occurrence is %s", changed.raw)
	}
	etag := w.get(series).text("@odata.etag")
	for _, it := range w.get(series + window).values() {
		if it["@odata.etag"] != etag {
			t.Errorf("%s has version %v, the series %s", it["id"], it["@odata.etag"], etag)
		}
	}
	byImmutable := w.get(second, `Prefer: IdType="ImmutableId"`).want(t, 200).text("id")
	if it := w.get(annUser+"/events/"+byImmutable).want(t, 200); it.text("id") != got[1]["id"] {
		t.Errorf("by its immutable id the exception is %s", it.raw)
	}
	w.do("DELETE", annUser+"/events/"+got[0]["id"].(string), "").want(t, 204)
	w.do("DELETE", second, "").want(t, 204)
	w.get(second).want(t, 404, "ErrorItemNotFound")
	a := w.get(series+"?$select=exceptionOccurrences,cancelledOccurrences&$expand=exceptionOccurrences").want(t, 200)
	cancelled := fmt.Sprint(a.json["cancelledOccurrences"])
	if cancelled != "[OID.AAseries==.2026-11-23 OID.AAseries==.2026-11-02 OID.AAseries==.2026-11-09]" || len(a.json["exceptionOccurrences"].([]any)) != 1 {
		t.Errorf("the series is %s", a.raw)
	}
	if left := starts(w.get(series + window).values()); left != "2026-11-17 exception, 2026-11-30 occurrence, 2026-12-07 occurrence" {
		t.Errorf("left: %s", left)
	}
	if w.get(series).text("@odata.etag") == etag {
		t.Error("a deleted occurrence left the series at its version")
	}
	view := w.get(annUser+"/calendarView?startDateTime=2026-11-17&endDateTime=2026-11-21T12:00:00&$top=50").want(t, 200)
	if got := starts(view.values()); got != "2026-11-17 exception, 2026-11-20 singleInstance, 2026-11-21 singleInstance" {
		t.Errorf("calendarView: %s", got)
	}
	immutable := w.get(series, `Prefer: IdType="ImmutableId"`).text("id")
	for _, it := range w.get(annUser+"/events/"+immutable+window, `Prefer: IdType="ImmutableId"`).want(t, 200).values() {
		if it["seriesMasterId"] != immutable {
			t.Errorf("seriesMasterId is %v", it["seriesMasterId"])
		}
		w.get(annUser+"/events/"+it["id"].(string)).want(t, 200)
	}
}

func TestTransactionIDs(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	body := `{"subject":"%s","transactionId":"t1","start":{"dateTime":"2026-11-20T10:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-20T11:00:00","timeZone":"UTC"}}`
	first := w.do("POST", annUser+"/events", fmt.Sprintf(body, "a")).want(t, 201)
	again := w.do("POST", annUser+"/events", fmt.Sprintf(body, "a")).want(t, 201)
	if first.text("id") != again.text("id") || first.text("id") == "" {
		t.Error("the same transaction made two events")
	}
	w.do("POST", annUser+"/events", fmt.Sprintf(body, "b")).want(t, 400, "ErrorDuplicateTransactionId")
}

func TestNewDueDateOnARecurringTaskMakesASecondTask(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	list := annUser + "/todo/lists/AAlist/tasks"
	w.do("PATCH", list+"/AAtask2", `{"categories":["Personal"]}`).want(t, 200)
	if n := len(w.get(list).values()); n != 2 {
		t.Fatalf("%d tasks after tagging", n)
	}
	w.do("PATCH", list+"/AAtask2", `{"dueDateTime":{"dateTime":"2026-12-20T00:00:00","timeZone":"UTC"}}`).want(t, 200)
	if n := len(w.get(list).values()); n != 3 {
		t.Errorf("%d tasks after a new due date", n)
	}
}

func TestChildrenOfTasksAndEvents(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	at := annUser + "/todo/lists/AAlist/tasks/AAtask1"
	step := w.do("POST", at+"/checklistItems", `{"displayName":"new"}`).want(t, 201)
	w.do("PATCH", at+"/checklistItems/"+step.text("id"), `{"isChecked":true}`).want(t, 200)
	if n := len(w.get(at + "/checklistItems").values()); n != 2 {
		t.Errorf("%d steps", n)
	}
	w.do("DELETE", at+"/checklistItems/"+step.text("id"), "").want(t, 204)
	w.do("DELETE", at+"/checklistItems/"+step.text("id"), "").want(t, 404, "itemNotFound/ErrorItemNotFound")
	w.do("POST", at+"/linkedResources", `{"applicationName":"CRM"}`).want(t, 201)
	if got := w.get(at).json["linkedResources"].([]any); len(got) != 2 {
		t.Errorf("links are %v", got)
	}
	event := annUser + "/events/AAmeeting"
	w.do("POST", event+"/attachments", `{"@odata.type":"#microsoft.graph.fileAttachment","name":"c.txt","contentBytes":"YWJj"}`).want(t, 201)
	if a := w.get(event); a.json["hasAttachments"] != true {
		t.Errorf("the event is %s", a.raw)
	}
	if got := mails(w.box.Outbox()); !strings.HasPrefix(got, "update to") {
		t.Errorf("a new attachment of a meeting mailed: %q", got)
	}
}

func TestMasterCategories(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	at := annUser + "/outlook/masterCategories"
	made := w.do("POST", at, `{"displayName":"Personal","color":"preset7"}`).want(t, 201)
	w.do("PATCH", at+"/"+made.text("id"), `{"color":"preset1"}`).want(t, 200)
	if a := w.get(at+"/"+made.text("id")).want(t, 200); a.text("color") != "preset1" || a.text("displayName") != "Personal" {
		t.Errorf("the category is %s", a.raw)
	}
	w.do("DELETE", at+"/c1", "").want(t, 204)
	if c, _ := w.stored("AAcontact1"); !slices.Equal(c.Texts("categories"), []string{"Sync with Salesforce"}) {
		t.Errorf("the item's categories are %v", c.Texts("categories"))
	}
}
