package sandbox_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

// refusal is a request that Graph refuses, and how.
type refusal struct {
	method, path, body string
	status             int
	// code has To Do's inner code behind a slash.
	code string
	// says is part of the message, where clients are known to see it.
	says string
}

const (
	annTasks = annUser + "/todo/lists/AAlist/tasks"
	invalid  = "invalidRequest/InvalidModel"
	parse    = "Unable to read JSON request payload."
	when     = `"start":{"dateTime":"2026-12-01T12:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-12-01T14:00:00","timeZone":"UTC"}`
	dated    = `{"recurrence":{"pattern":{"type":"daily","interval":1},"range":{"type":"endDate","startDate":"2026-12-01","endDate":"2026-12-31"}}}`
	only     = "Requests must contain extension changes exclusively."
)

// refusedBodies are bodies with members or values that the resource has not.
var refusedBodies = []refusal{
	{"POST", annUser + "/contacts", `{"nonsense":1}`, 400, "BadRequest", parse},
	{"PATCH", annUser + "/contacts/AAcontact1", `{"DisplayName":"x"}`, 400, "BadRequest", parse},
	{"PATCH", annUser + "/contacts/AAcontact1", `{"homeAddress":{"town":"x"}}`, 400, "BadRequest", parse},
	{"POST", annUser + "/events", `{"uid":"x",` + when + `}`, 400, "ErrorInvalidRequest", only},
	{"PATCH", annUser + "/events/AAsingle", `{"iCalUId_v2":"x"}`, 400, "ErrorInvalidRequest", only},
	{"PATCH", annUser + "/calendars/AAcal/events/AAsingle", `{"uid":"x"}`, 400, "ErrorInvalidRequest", only},
	{"POST", annUser + "/events/AAsingle/attachments", `{"@odata.type":"#microsoft.graph.fileAttachment","name":"a","bytes":"x"}`, 400, "BadRequest", parse},
	{"POST", annTasks, `{"subject":"x"}`, 400, invalid, "Invalid JSON"},
	{"PATCH", annTasks + "/AAtask1", `{"changeKey":"x"}`, 400, invalid, "Invalid JSON"},
	{"POST", annUser + "/todo/lists", `{"name":"x"}`, 400, invalid, ""},
	{"POST", annTasks + "/AAtask1/checklistItems", `{"title":"x"}`, 400, invalid, ""},
	{"PATCH", annTasks + "/AAtask1/linkedResources/l1", `{"url":"x"}`, 400, invalid, ""},
	{"POST", annTasks + "/AAtask1/attachments", `{"name":"x"}`, 400, "invalidRequest/BadRequest", ""},
	{"POST", annUser + "/outlook/masterCategories", `{"displayName":"n","colour":"preset1"}`, 400, "BadRequest", parse},
	{"POST", annUser + "/contactFolders", `{"name":"x"}`, 400, "BadRequest", parse},
	{"POST", annUser + "/calendars", `{"displayName":"x"}`, 400, "BadRequest", parse},
	// Read-only members.
	{"PATCH", annUser + "/contacts/AAcontact1", `{"changeKey":"x"}`, 400, "BadRequest", "read-only"},
	{"PATCH", annUser + "/contacts/AAcontact1", `{"id":"x"}`, 400, "BadRequest", "read-only"},
	{"PATCH", annUser + "/events/AAsingle", `{"isOrganizer":false}`, 400, "BadRequest", "read-only"},
	{"PATCH", annUser + "/events/AAsingle", `{"iCalUId":"x"}`, 400, "BadRequest", "read-only"},
	{"PATCH", annUser + "/events/AAsingle", `{"transactionId":"x"}`, 400, "ErrorInvalidRequest", "ClientId/TransactionId is immutable"},
	{"PATCH", annTasks + "/AAtask1", `{"hasAttachments":true}`, 400, invalid, "read-only"},
	{"PATCH", annUser + "/contactFolders/AAchild", `{"parentFolderId":"x"}`, 400, "BadRequest", "read-only"},
	{"PATCH", annUser + "/calendars/AAcal", `{"owner":{}}`, 400, "BadRequest", "read-only"},
	{"POST", annUser + "/todo/lists", `{"displayName":"x","isOwner":true}`, 400, invalid, "read-only"},
	{"PATCH", annUser + "/outlook/masterCategories/c1", `{"displayName":"x"}`, 400, "ErrorInvalidRequest", ""},
	// Wrong values.
	{"PATCH", annUser + "/contacts/AAcontact1", `{"categories":"x"}`, 400, "BadRequest", parse},
	{"PATCH", annUser + "/contacts/AAcontact1", `{"categories":null}`, 400, "BadRequest", parse},
	{"PATCH", annUser + "/contacts/AAcontact1", `{"categories":[null]}`, 400, "BadRequest", parse},
	{"PATCH", annUser + "/contacts/AAcontact1", `{"birthday":"soon"}`, 400, "BadRequest", parse},
	{"PATCH", annUser + "/events/AAsingle", `{"importance":"very"}`, 400, "BadRequest", parse},
	{"PATCH", annUser + "/events/AAsingle", `{"reminderMinutesBeforeStart":1.5}`, 400, "BadRequest", parse},
	{"PATCH", annUser + "/events/AAsingle", `{"start":"2026-12-01"}`, 400, "BadRequest", parse},
	{"POST", annUser + "/events", `{"subject":"no start"}`, 400, "ErrorPropertyValidationFailure", ""},
	{"POST", annUser + "/events", `{` + when + `,"recurrence":{"pattern":{"type":"daily","interval":1},"range":{"type":"noEnd","startDate":"2026-12-01","recurrenceTimeZone":""}}}`, 400, "ErrorPropertyValidationFailure", ""},
	{"PATCH", annTasks + "/AAtask1", `{"status":"done"}`, 400, invalid, ""},
	{"PATCH", annTasks + "/AAtask1", `{"importance":null}`, 400, invalid, ""},
	{"POST", annUser + "/outlook/masterCategories", `{"displayName":"n","color":"red"}`, 400, "BadRequest", parse},
	{"POST", annUser + "/outlook/masterCategories", `{"displayName":"SYNC with salesforce"}`, 409, "ErrorCategoryAlreadyExists", ""},
	{"POST", annUser + "/contactFolders", `{"displayName":"crm"}`, 409, "ErrorFolderExists", ""},
	// A recurrence with the dates that To Do itself gives.
	{"POST", annTasks, `{"title":"x",` + dated[1:], 400, invalid, "Error converting value \"2026-12-01\" to type 'Microsoft.OData.Edm.Date'. Path 'recurrence.range.startDate'"},
	{"PATCH", annTasks + "/AAtask2", dated, 400, invalid, "to type 'Microsoft.OData.Edm.Date'"},
	{"PATCH", annTasks + "/AAtask2", `{"recurrence":{"range":{"endDate":"0001-01-01"}}}`, 400, invalid, "Path 'recurrence.range.endDate'"},
	// No JSON.
	{"PATCH", annUser + "/contacts/AAcontact1", `{"categories":[}`, 400, "BadRequest", parse},
	{"PATCH", annUser + "/contacts/AAcontact1", `[]`, 400, "BadRequest", parse},
	{"POST", annTasks, `x`, 400, "invalidRequest/BadRequest", ""},
}

// refusedQueries are query options that the resource does not take.
var refusedQueries = []refusal{
	{"GET", annUser + "/contacts?$selct=id", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contacts?top=5", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contacts?$Top=5", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contacts?$top=0", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contacts?$top=1001", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contacts?$top=5&$top=6", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contacts?$skip=-1", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contacts?$count=yes", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contacts?$search=%22x%22", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contacts?$orderby=nonsense", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contacts?$orderby=displayName%20down", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contactFolders?$orderby=nonsense", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contacts?$select=nonsense", "", 400, "BadRequest", "Could not find a property named 'nonsense' on type 'microsoft.graph.contact'."},
	{"GET", annUser + "/contactFolders?$select=totalItemCount", "", 400, "BadRequest", "Could not find a property named 'totalItemCount'"},
	{"GET", annUser + "/calendars/AAcal?$select=displayName", "", 400, "BadRequest", "Could not find a property named 'displayName'"},
	{"GET", annUser + "/contactFolders?$expand=nonsense", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contacts?$expand=photo", "", 400, "BadRequest", ""},
	{"GET", annUser + "/contacts?$expand=singleValueExtendedProperties", "", 400, "ErrorInvalidUrlQueryFilter", ""},
	{"GET", annUser + "/contacts?$filter=nonsense%20eq%20'x'", "", 400, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes."},
	{"GET", annUser + "/contacts?$filter=displayName%20is%20'x'", "", 400, "ErrorInvalidUrlQueryFilter", ""},
	{"GET", annUser + "/contacts?$filter=categories/any(c:c%20ne%20'x')", "", 400, "ErrorInvalidUrlQueryFilter", ""},
	{"GET", annUser + "/contacts?$filter=categories/any(c:startswith(c,'x'))", "", 400, "ErrorInvalidUrlQueryFilter", ""},
	{"GET", annUser + "/contacts?$filter=", "", 400, "ErrorInvalidUrlQueryFilter", ""},
	{"GET", annUser + "/events?$filter=attendees/any(a:a/status/response%20eq%20'none')", "", 400, "ErrorInvalidUrlQueryFilter", ""},
	{"GET", annUser + "/events?$expand=exceptionOccurrences", "", 400, "BadRequest", ""},
	{"GET", annUser + "/events?$expand=instances", "", 400, "BadRequest", ""},
	{"GET", annUser + "/calendarView", "", 400, "ErrorInvalidParameter", "StartDateTime and EndDateTime"},
	{"GET", annUser + "/events/AAseries==/instances?startDateTime=2026-11-01", "", 400, "ErrorInvalidParameter", ""},
	{"GET", annUser + "/calendarView?startDateTime=soon&endDateTime=2026-12-01", "", 400, "ErrorInvalidParameter", ""},
	{"GET", annUser + "/todo/lists?$select=id", "", 400, "invalidRequest/RequestBroker--ParseUri", "Invalid request"},
	{"GET", annUser + "/todo/lists/AAlist?$select=id", "", 400, "invalidRequest/RequestBroker--ParseUri", ""},
	{"GET", annTasks + "?$select=title", "", 400, "invalidRequest/RequestBroker--ParseUri", ""},
	{"GET", annTasks + "/AAtask1?$select=id,title", "", 400, "invalidRequest/RequestBroker--ParseUri", ""},
	{"GET", annTasks + "/AAtask1/checklistItems?$select=id", "", 400, "invalidRequest/RequestBroker--ParseUri", ""},
	{"GET", annTasks + "?$search=x", "", 400, "invalidRequest/BadRequest", ""},
	{"GET", annTasks + "?$expand=attachments", "", 400, "invalidRequest/BadRequest", ""},
	{"GET", annTasks + "?$filter=nonsense%20eq%201", "", 400, "invalidRequest/ErrorInvalidUrlQueryFilter", ""},
	{"GET", "/users?$select=nonsense", "", 400, "BadRequest", ""},
	{"GET", "/users?$top=1000", "", 400, "Request_UnsupportedQuery", ""},
	{"GET", "/users?$filter=nonsense%20eq%201", "", 400, "Request_UnsupportedQuery", ""},
}

// refusedPlaces are ids and paths that are not there or not writable.
var refusedPlaces = []refusal{
	{"POST", annUser + "/calendars/AAholidays/events", `{` + when + `}`, 403, "ErrorAccessDenied", "Access is denied."},
	{"PATCH", annUser + "/events/AAholiday", `{"categories":["x"]}`, 403, "ErrorAccessDenied", ""},
	{"DELETE", annUser + "/events/AAholiday", "", 403, "ErrorAccessDenied", ""},
	{"DELETE", annUser + "/calendars/AAholidays/events/AAholiday", "", 403, "ErrorAccessDenied", ""},
	{"POST", annUser + "/events/AAholiday/permanentDelete", "", 403, "ErrorAccessDenied", ""},
	{"POST", annUser + "/events/AAholiday/attachments", fileBody, 403, "ErrorAccessDenied", ""},
	{"PATCH", annUser + "/todo/lists/AAflagged", `{"displayName":"x"}`, 400, "invalidRequest/ErrorDeleteDistinguishedFolder", ""},
	{"DELETE", annUser + "/todo/lists/AAlist", "", 400, "invalidRequest/ErrorDeleteDistinguishedFolder", ""},
	{"DELETE", annUser + "/contactFolders/contacts", "", 400, "ErrorDeleteDistinguishedFolder", ""},
	// What belongs to somebody or something else.
	{"GET", "/users/" + bob + "/contacts/AAcontact1", "", 404, "ErrorItemNotFound", "The specified object was not found in the store."},
	{"DELETE", "/users/" + bob + "/events/AAsingle", "", 404, "ErrorItemNotFound", ""},
	{"GET", "/users/" + bob + "/contactFolders/AAchild/contacts", "", 404, "ErrorItemNotFound", ""},
	{"GET", "/users/" + bob + "/calendars/AAcal/events", "", 404, "ErrorItemNotFound", ""},
	{"GET", "/users/" + bob + "/todo/lists/AAlist/tasks", "", 404, "itemNotFound/ErrorItemNotFound", ""},
	{"PATCH", annUser + "/todo/lists/AAflagged/tasks/AAtask1", `{"title":"x"}`, 404, "itemNotFound/ErrorItemNotFound", ""},
	{"DELETE", annUser + "/contactFolders/AAchild/contacts/AAcontact1", "", 404, "ErrorItemNotFound", ""},
	{"GET", annUser + "/calendars/AAbobs/events/AAsingle", "", 404, "ErrorItemNotFound", ""},
	{"GET", annUser + "/contactFolders/AAchild/childFolders/AAfolder", "", 404, "ErrorItemNotFound", ""},
	{"GET", annUser + "/events/AAcontact1", "", 404, "ErrorItemNotFound", ""},
	{"GET", annUser + "/events/AAmeeting/attachments/AAattachment", "", 404, "ErrorItemNotFound", ""},
	{"GET", annUser + "/contacts/AAcontact1/photo", "", 404, "ErrorItemNotFound", ""},
	{"GET", annUser + "/outlook/masterCategories/none", "", 404, "ErrorItemNotFound", ""},
	// Ids of a form that no id has.
	{"GET", annUser + "/contacts/no*id", "", 400, "ErrorInvalidIdMalformed", "Id is malformed."},
	{"DELETE", annUser + "/events/no*id", "", 400, "ErrorInvalidIdMalformed", ""},
	{"GET", annUser + "/contactFolders/no*id", "", 400, "ErrorInvalidIdMalformed", ""},
	{"GET", annUser + "/contactFolders/no*id/contacts", "", 400, "ErrorInvalidIdMalformed", ""},
	{"DELETE", annUser + "/calendars/no*id", "", 400, "ErrorInvalidIdMalformed", ""},
	{"PATCH", annUser + "/todo/lists/no*id", `{"displayName":"x"}`, 400, "invalidRequest/ErrorInvalidIdMalformed", ""},
	{"GET", annTasks + "/no*id", "", 400, "invalidRequest/ErrorInvalidIdMalformed", ""},
	// Methods that a collection does not take.
	{"PATCH", annUser + "/contacts", `{}`, 405, "ErrorInvalidRequest", "Method 'PATCH/MERGE' not allowed for 'Microsoft.OData.UriParser.NavigationPropertySegment'"},
	{"DELETE", annUser + "/contacts", "", 405, "ErrorInvalidRequest", "Method 'DELETE' not allowed"},
	{"PATCH", annUser + "/events", `{}`, 405, "ErrorInvalidRequest", ""},
	{"DELETE", annUser + "/contactFolders", "", 405, "ErrorInvalidRequest", ""},
	{"DELETE", annUser + "/calendars", "", 405, "ErrorInvalidRequest", ""},
	{"PATCH", annUser + "/outlook/masterCategories", `{}`, 405, "ErrorInvalidRequest", ""},
	{"DELETE", annTasks, "", 405, "invalidRequest/ErrorInvalidRequest", ""},
	{"PATCH", annUser + "/todo/lists", `{}`, 405, "invalidRequest/ErrorInvalidRequest", ""},
	{"POST", annTasks + "/AAtask1/permanentDelete", "", 405, "invalidRequest/ErrorInvalidRequest", ""},
	{"DELETE", "/users/" + ann, "", 405, "ErrorInvalidRequest", ""},
	// Paths and people that are not there.
	{"GET", annUser + "/contactz", "", 400, "BadRequest", "Resource not found for the segment 'contactz'."},
	{"GET", annUser + "/contacts/AAcontact1/move", "", 400, "BadRequest", "Resource not found for the segment 'move'."},
	{"GET", annUser + "/todo/tasks", "", 400, "invalidRequest/BadRequest", "Resource not found for the segment 'tasks'."},
	{"GET", "/nonsense", "", 400, "BadRequest", "Resource not found for the segment 'nonsense'."},
	{"GET", annUser + "//contacts", "", 400, "BadRequest", ""},
	{"GET", "/me/contacts", "", 400, "BadRequest", "/me request is only valid with delegated authentication flow."},
	{"GET", "/users/nobody@contoso.example/contacts", "", 404, "ErrorInvalidUser", "The requested user 'nobody@contoso.example' is invalid."},
	{"GET", "/users/nobody@contoso.example", "", 404, "Request_ResourceNotFound", ""},
	{"GET", "/groups/none/members", "", 404, "Request_ResourceNotFound", ""},
	{"GET", "/users/" + cid + "/contacts", "", 404, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise."},
}

// refusedBatches are malformed as a whole.
var refusedBatches = []refusal{
	{"GET", "/$batch", "", 405, "ErrorInvalidRequest", ""},
	{"POST", "/$batch", `{"requests":[]}`, 400, "BadRequest", "Invalid batch payload format."},
	{"POST", "/$batch", `{"requests":{}}`, 400, "BadRequest", "Invalid batch payload format."},
	{"POST", "/$batch", `{"requests":`, 400, "BadRequest", ""},
	{"POST", "/$batch", `{"requests":[{"method":"GET","url":"/users"}]}`, 400, "BadRequest", ""},
	{"POST", "/$batch", `{"requests":[{"id":"1","url":"/users"}]}`, 400, "BadRequest", ""},
	{"POST", "/$batch", `{"requests":[{"id":"1","method":"GET"}]}`, 400, "BadRequest", ""},
	{"POST", "/$batch", `{"requests":[{"id":"a","method":"GET","url":"/users"},{"id":"A","method":"GET","url":"/users"}]}`, 400, "BadRequest", ""},
	{"POST", "/$batch", `{"requests":[{"id":"1","method":"GET","url":"/users","dependsOn":["2"]}]}`, 400, "BadRequest", ""},
	{"POST", "/$batch", `{"requests":[` + strings.TrimSuffix(strings.Repeat(`{"id":"1","method":"GET","url":"/users"},`, 21), ",") + `]}`, 400, "MaximumValueExceeded", ""},
}

var (
	exchangeCode = regexp.MustCompile(`^[A-Z]\w+$`)
	todoCode     = regexp.MustCompile(`^[a-z][A-Za-z]+/[A-Z][\w-]+$`)
	guidForm     = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// Each is refused with Graph's own error in its dialect, and none leaves a
// trace in the tenant.
func TestStrictRequests(t *testing.T) {
	cases := 0
	for name, table := range map[string][]refusal{
		"bodies": refusedBodies, "queries": refusedQueries, "places": refusedPlaces, "batches": refusedBatches,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, small(), sandbox.Options{Now: clock})
			before := w.get(host + "/sandbox/tenant").raw
			for n, c := range table {
				cases++
				id := fmt.Sprintf("aaaaaaaa-0000-4000-8000-%012d", n)
				a := w.do(c.method, c.path, c.body, "client-request-id: "+id)
				w.isRefused(c, a, id)
			}
			if after := w.get(host + "/sandbox/tenant").raw; !bytes.Equal(before, after) {
				t.Errorf("a refused request changed the tenant: %s", firstDifference(after, before))
			}
		})
	}
	if cases < 140 {
		t.Errorf("only %d cases", cases)
	}
}

func (w *world) isRefused(c refusal, a reply, client string) {
	w.t.Helper()
	where := fmt.Sprintf("%s %s %.80s", c.method, c.path, c.body)
	if a.status != c.status || a.code() != c.code {
		w.t.Errorf("%s: %d %s, want %d %s: %.300s", where, a.status, a.code(), c.status, c.code, a.raw)
		return
	}
	e, _ := a.json["error"].(map[string]any)
	message, _ := e["message"].(string)
	if message == "" || !strings.Contains(message, c.says) {
		w.t.Errorf("%s: the message is %q, which does not say %q", where, message, c.says)
	}
	dialect := exchangeCode
	if strings.Contains(c.path, "/todo/") {
		dialect = todoCode
	}
	if !dialect.MatchString(a.code()) {
		w.t.Errorf("%s: %s is of the other dialect", where, a.code())
	}
	inner, _ := e["innerError"].(map[string]any)
	date, _ := inner["date"].(string)
	request, _ := inner["request-id"].(string)
	_, err := time.Parse("2006-01-02T15:04:05", date)
	if err != nil || !guidForm.MatchString(request) || request != a.header.Get("request-id") ||
		inner["client-request-id"] != client || a.header.Get("client-request-id") != client {
		w.t.Errorf("%s: innerError is %v, headers %v, %v", where, inner, a.header, err)
	}
}

// What looks as strange and is taken.
func TestStrangeRequestsThatAreTaken(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Now: clock})
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"PATCH", annTasks + "/AAtask1", `{"dueDateTime":{"dateTime":"2026-12-01T00:00:00","timeZone":"UTC"},"recurrence":{"pattern":{"type":"daily","interval":1},"range":{}}}`, 200},
		{"POST", annTasks, `{"title":"x","recurrence":{"pattern":{"type":"daily","interval":1},"range":{}}}`, 201},
		{"GET", annUser + "/outlook/masterCategories?$filter=nonsense", "", 200},
		{"GET", annUser + "/outlook/masterCategories?$selct=x", "", 200},
		{"PATCH", annUser + "/calendars/AAbobs/events/AAbobevent", `{"categories":[]}`, 200},
		{"PATCH", annUser + "/contacts/AAcontact1", `{"birthday":"1974-07-22","homeAddress":{},"mobilePhone":null}`, 200},
		{"GET", annUser + "/contacts/AAcontact1?$select=DISPLAYNAME", "", 200},
		{"GET", annUser + "/contacts?$filter=categories/any(v:v%20eq%20'Don''t%20Sync%20with%20Salesforce')", "", 200},
	} {
		if a := w.do(c.method, c.path, c.body); a.status != c.status {
			t.Errorf("%s %s: %d, want %d: %.300s", c.method, c.path, a.status, c.status, a.raw)
		}
	}
	a := w.do("POST", "/$batch", `{"requests":[{"id":"1","method":"PATCH","url":"`+annUser+`/contacts/AAcontact1","body":{}},`+
		`{"id":"2","method":"GET","url":"`+annUser+`/todo/lists?$select=id"},{"id":"3","method":"GET","url":"ht tp://"}]}`).want(t, 200)
	want := map[string]string{"1": "BadRequest", "2": "invalidRequest/RequestBroker--ParseUri", "3": "BadRequest"}
	for _, r := range a.json["responses"].([]any) {
		one := r.(map[string]any)
		id := one["id"].(string)
		body, _ := one["body"].(map[string]any)
		if code := (reply{json: body}).code(); one["status"] != 400.0 || code != want[id] {
			t.Errorf("item %s of the batch: %v %s", id, one["status"], code)
		}
		delete(want, id)
	}
	if len(want) > 0 {
		t.Errorf("missing in the batch: %v", want)
	}
}

func TestFoldersAreSorted(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Now: clock})
	for query, want := range map[string]string{
		"": "Calendar Holidays Bob", "?$orderby=name": "Bob Calendar Holidays",
		"?$orderby=name%20desc&$top=2": "Holidays Calendar", "?$orderby=name%20asc&$skip=1": "Calendar Holidays",
	} {
		var names []string
		for _, c := range w.get(annUser+"/calendars"+query).want(t, 200).values() {
			names = append(names, c["name"].(string))
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}
