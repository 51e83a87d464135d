package sandbox_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/access"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// exchange is the path of a user's mailbox in the export and import API.
func (w *world) exchange(user string) string {
	w.t.Helper()
	return "/admin/exchange/mailboxes/" + w.get(user+"/settings/exchange").want(w.t, 200).text("primaryMailboxId")
}

func quoted(list []string) string {
	text, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// stream exports one item of Ann's.
func (w *world) stream(id string) string {
	w.t.Helper()
	a := w.do("POST", w.exchange(annUser)+"/exportItems", `{"ItemIds":["`+id+`"]}`).want(w.t, 200)
	data, _ := a.values()[0]["data"].(string)
	if data == "" {
		w.t.Fatalf("no stream of %s: %s", id, a.raw)
	}
	return data
}

// importURL opens an import session of a user's.
func (w *world) importURL(user string) string {
	w.t.Helper()
	return w.do("POST", w.exchange(user)+"/createImportSession", "").want(w.t, 200).text("importUrl")
}

// bare sends a body without Graph's token.
func (w *world) bare(method, address, body string, headers ...string) reply {
	w.t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := w.http.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	return read(w.t, res)
}

// folderID is the API's id of one of Ann's folders, by its well-known name.
func (w *world) folderID(name string) string {
	w.t.Helper()
	return w.get(w.exchange(annUser)+"/folders/"+name).want(w.t, 200).text("id")
}

func order(folder, data string, more ...string) string {
	body := rawjson.Of("FolderId", folder, "Mode", "create", "Data", data)
	for n := 0; n < len(more); n += 2 {
		body = body.Set(more[n], more[n+1])
	}
	return string(body)
}

// copyOf exports an item of Ann's and imports it into one of her folders.
func (w *world) copyOf(id, folder string) reply {
	w.t.Helper()
	return w.bare("POST", w.importURL(annUser), order(w.folderID(folder), w.stream(id)))
}

// rich is the small tenant with a series that has all that an event can have.
func rich() string {
	series := `,"type":"seriesMaster","isOrganizer":true,"attendees":[{"type":"required","emailAddress":{"name":"Z","address":"z@out.example"}}],` +
		`"attachments":[{"@odata.type":"#microsoft.graph.fileAttachment","id":"AAfile","name":"a.txt","contentBytes":"YQ=="}],` +
		`"extensions":[{"@odata.type":"#microsoft.graph.openTypeExtension","id":"x","extensionName":"x","n":12345678901234567890}],` +
		`"singleValueExtendedProperties":[{"id":"String {00020329-0000-0000-C000-000000000046} Name crm","value":"1"}],` +
		`"recurrence":{"pattern":{"type":"daily","interval":1},"range":{"type":"numbered","startDate":"2026-11-23","numberOfOccurrences":4}},` +
		`"cancelledOccurrences":["OID.AArich.2026-11-24"],"exceptionOccurrences":[` +
		event("AAmoved", "2026-11-25", `,"type":"exception","seriesMasterId":"AArich","originalStart":"2026-11-25T10:00:00Z"`) + `]`
	before := event("AApast", "2020-11-21", meeting)
	return strings.Replace(small(), before, before+","+event("AArich", "2026-11-23", series), 1)
}

// itemsOf are Ann's items of a kind as the tenant holds them, by id.
func (w *world) itemsOf(kind tenant.Kind) map[string]rawjson.Object {
	w.t.Helper()
	m, _ := w.box.Tenant().Mailbox(ann)
	out := map[string]rawjson.Object{}
	for _, f := range m.Folders(kind) {
		page, _, err := m.Page(kind, f.ID, 0, 1000, nil)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, it := range page {
			out[it.ID] = it.Body
		}
	}
	return out
}

// Everything of an item comes back, under ids of its own.
func TestImportBringsEverythingBack(t *testing.T) {
	w := newWorld(t, rich(), sandbox.Options{Now: clock})
	for kind, c := range map[tenant.Kind][2]string{
		tenant.Contacts: {"AAcontact3", "contacts"}, tenant.Events: {"AArich", "calendar"}, tenant.Tasks: {"AAtask1", "tasks"},
	} {
		before := w.itemsOf(kind)
		made := w.copyOf(c[0], c[1]).want(t, 200)
		after := w.itemsOf(kind)
		id := made.text("itemId")
		if id == c[0] || len(after) != len(before)+1 || after[id] == nil {
			t.Fatalf("%s: %d items after %d, the new one is %q", kind, len(after), len(before), id)
		}
		same(t, string(kind), before[c[0]], after[id])
		if _, err := w.mailbox().Anywhere(id); err != nil || made.text("changeKey") == "" {
			t.Errorf("%s: %v, %s", kind, err, made.raw)
		}
	}
	a := w.get(annUser+"/events?$filter=subject eq 'about AArich'", `Prefer: IdType="ImmutableId"`).want(t, 200)
	if got := a.ids(); len(got) != 2 || got[0] == got[1] {
		t.Errorf("immutable ids %q", got)
	}
}

func (w *world) mailbox() *tenant.Mailbox {
	m, _ := w.box.Tenant().Mailbox(ann)
	return m
}

// named are the members that name an item or its version.
var named = []string{"id", "@odata.etag", "changeKey", "lastModifiedDateTime", "seriesMasterId", "cancelledOccurrences"}

// same compares all members but those that name the item.
func same(t *testing.T, what string, a, b rawjson.Object) {
	t.Helper()
	var members []string
	for name, value := range a.Members() {
		members = append(members, name)
		other, ok := b.Get(name)
		switch {
		case !ok:
			t.Errorf("%s: %s is gone", what, name)
		case slices.Contains(named, name):
		case name == "exceptionOccurrences" || name == "attachments":
			left, right := a.Objects(name), b.Objects(name)
			if len(left) != len(right) || len(left) == 0 {
				t.Fatalf("%s: %d %s, were %d", what, len(right), name, len(left))
			}
			for n := range left {
				same(t, what+"/"+name, left[n], right[n])
				if left[n].Text("id") == right[n].Text("id") {
					t.Errorf("%s: %s have the ids of the original", what, name)
				}
			}
		case string(value) != string(other):
			t.Errorf("%s: %s was %s, is %s", what, name, value, other)
		}
	}
	if len(members) < 4 {
		t.Errorf("%s has only %q", what, members)
	}
}

func TestImportedSeriesKeepsItsDates(t *testing.T) {
	w := newWorld(t, rich(), sandbox.Options{Now: clock})
	id := w.copyOf("AArich", "calendar").want(t, 200).text("itemId")
	dates := func(id string) (out []string) {
		for _, o := range w.all(annUser + "/events/" + id + "/instances?startDateTime=2026-11-01T00:00:00Z&endDateTime=2026-12-01T00:00:00Z") {
			start, _ := o["start"].(map[string]any)
			out = append(out, fmt.Sprint(o["type"], start["dateTime"]))
			if o["seriesMasterId"] != id {
				t.Errorf("an occurrence of %v in %s", o["seriesMasterId"], id)
			}
		}
		return out
	}
	if want, got := dates("AArich"), dates(id); len(want) != 3 || !slices.Equal(want, got) {
		t.Errorf("%q, were %q", got, want)
	}
}

func TestExportAnswersPerItem(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Seed: 1})
	at := w.exchange(annUser) + "/exportItems"
	asked := []string{"AAcontact1", "AAsingle", "AAtask1", "AAmeeting", "AAnothing", "AApast"}
	orders := map[string]bool{}
	for range 8 {
		a := w.do("POST", at, `{"ItemIds":`+quoted(asked)+`}`).want(t, 200)
		var got []string
		for _, v := range a.values() {
			id := fmt.Sprint(v["itemId"])
			got = append(got, id)
			if failed := v["error"] != nil; failed != (id == "AAnothing") || failed == (v["data"] != nil) {
				t.Errorf("%s: %v", id, v)
			}
		}
		orders[strings.Join(got, " ")] = true
		slices.Sort(got)
		if want := slices.Sorted(slices.Values(asked)); !slices.Equal(got, want) {
			t.Errorf("exported %q", got)
		}
	}
	if len(orders) < 2 {
		t.Errorf("the order is always %v", orders)
	}
	many := slices.Repeat([]string{"AAcontact1"}, 21)
	w.do("POST", at, `{"itemIds":`+quoted(many[:20])+`}`).want(t, 200)
	for _, body := range []string{`{"ItemIds":` + quoted(many) + `}`, `{"ItemIds":[]}`, `{}`, `{"ids":["x"]}`, `{"ItemIds":"x"}`} {
		w.do("POST", at, body).want(t, 400)
	}
	w.get(at).want(t, 405)
}

func TestStreamsThatChangedAreRefused(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Now: clock})
	at, folder, data := w.importURL(annUser), w.folderID("contacts"), w.stream("AAcontact1")
	for n := range len(data) {
		flipped := []byte(data)
		if flipped[n] = 'A'; data[n] == 'A' {
			flipped[n] = 'B'
		}
		w.bare("POST", at, order(folder, string(flipped))).want(t, 400, "ErrorCorruptData")
	}
	for _, broken := range []string{data[:len(data)-4], data + "AAAA", data + "\n", "AAAA", "%"} {
		w.bare("POST", at, order(folder, broken)).want(t, 400, "ErrorCorruptData")
	}
	if got := len(w.itemsOf(tenant.Contacts)); got != len(newWorld(t, small(), sandbox.Options{}).itemsOf(tenant.Contacts)) {
		t.Errorf("%d contacts", got)
	}
}

func TestImportModes(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Now: clock})
	at, folder, data := w.importURL(annUser), w.folderID("contacts"), w.stream("AAcontact1")
	update := func(item, key string) string {
		return order(folder, data, "Mode", "update", "ItemId", item, "ChangeKey", key)
	}
	for body, status := range map[string]int{
		order(folder, data, "ItemId", "AAcontact1"):                400,
		order(folder, data, "ChangeKey", "x"):                      400,
		order(folder, data, "Mode", "update"):                      400,
		order(folder, data, "Mode", "move"):                        400,
		order("", data):                                            400,
		order(folder, ""):                                          400,
		`{"folderId":"` + folder + `","mode":"create","data":"x"}`: 400,
		order("AAfolder", data):                                    404,
		order(w.folderID("calendar"), data):                        501,
		update("AAcontact1", "stale"):                              412,
		update("AAsingle", "ck-AAsingle"):                          404,
	} {
		w.bare("POST", at, body).want(t, status)
	}
	w.do("PATCH", annUser+"/contacts/AAcontact1", `{"jobTitle":"new"}`).want(t, 200)
	w.bare("POST", at, update("AAcontact1", "ck-AAcontact1")).want(t, 412)
	key := w.get(annUser + "/contacts/AAcontact1").text("changeKey")
	a := w.bare("POST", at, update("AAcontact1", key)).want(t, 200)
	now := w.get(annUser+"/contacts/AAcontact1").want(t, 200)
	if a.text("itemId") != "AAcontact1" || now.json["jobTitle"] != nil || now.text("changeKey") != a.text("changeKey") || a.text("changeKey") == key {
		t.Errorf("%s, then %s", a.raw, now.raw)
	}
}

func TestImportAddress(t *testing.T) {
	now := clock()
	w := newWorld(t, small(), sandbox.Options{Now: func() time.Time { return now }})
	data, folder := w.stream("AAcontact1"), w.folderID("contacts")
	session := w.do("POST", w.exchange(annUser)+"/createImportSession", "").want(t, 200)
	at := session.text("importUrl")
	u, err := url.Parse(at)
	if err != nil || "https://"+u.Host == host || u.Query().Get("authtoken") == "" || strings.HasPrefix(u.Path, "/v1.0") {
		t.Fatalf("%v %s", err, at)
	}
	body := order(folder, data)
	w.bare("POST", at, body, "Authorization: Bearer "+w.token).want(t, 401)
	w.bare("GET", at, "").want(t, 405)
	w.bare("POST", strings.Replace(at, "https://"+u.Host, host, 1), body).want(t, 400)
	w.bare("POST", strings.Replace(at, "importItem", "importItems", 1), body).want(t, 400)
	w.bare("POST", strings.Split(at, "?")[0], body).want(t, 401)
	w.bare("POST", strings.Replace(at, "authtoken=e", "authtoken=f", 1), body).want(t, 401)
	for range 2 { // one session is for many items
		w.bare("POST", at, body).want(t, 200)
	}
	if lines := w.get(host + "/sandbox/requests"); strings.Contains(string(lines.raw), "authtoken") || !strings.Contains(string(lines.raw), "importItem") {
		t.Errorf("the log has %s", lines.raw)
	}
	ends, err := time.Parse(time.RFC3339, session.text("expirationDateTime"))
	if err != nil || !ends.After(now) {
		t.Fatalf("%v, ends %s", err, ends)
	}
	now = ends
	w.bare("POST", at, body).want(t, 401)
}

// Over TLS the address is another host than Graph's, on the same machine.
func TestImportOverTLS(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	data, folder, path := w.stream("AAcontact1"), w.folderID("contacts"), w.exchange(annUser)+"/createImportSession"
	root, client := serving(t, w.box)
	w.http = client
	_, port, err := net.SplitHostPort(strings.TrimPrefix(root, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string]string{"127.0.0.1": "localhost", "localhost": "127.0.0.1"} {
		at := w.do("POST", "https://"+net.JoinHostPort(name, port)+"/v1.0"+path, "").want(t, 200).text("importUrl")
		if u, err := url.Parse(at); err != nil || u.Host != net.JoinHostPort(other, port) {
			t.Fatalf("%v: %s from %s", err, at, name)
		}
		w.bare("POST", at, order(folder, data)).want(t, 200)
	}
}

func TestTransferNeedsItsOwnRoles(t *testing.T) {
	read := []string{"User.Read.All", "MailboxFolder.Read.All", "MailboxItem.Read.All"}
	for _, c := range []struct {
		roles                                        []string
		settings, folders, items, exported, sessions int
	}{
		{[]string{"Contacts.ReadWrite", "Calendars.ReadWrite"}, 403, 403, 403, 403, 403},
		{read, 200, 200, 200, 403, 403},
		{append([]string{"MailboxItem.Export.All"}, read...), 200, 200, 200, 200, 403},
		{append([]string{"MailboxItem.ImportExport.All"}, read...), 200, 200, 200, 200, 200},
		{[]string{"MailboxItem.Export.All"}, 403, 403, 200, 200, 403},
		{nil, 200, 200, 200, 200, 200}, // all that the sandbox knows
	} {
		w := newWorld(t, small(), sandbox.Options{Roles: c.roles})
		at := newWorld(t, small(), sandbox.Options{}).exchange(annUser)
		w.get(annUser+"/settings/exchange").want(t, c.settings)
		w.get(at+"/folders").want(t, c.folders)
		w.get(at+"/folders/calendar/items").want(t, c.items)
		w.do("POST", at+"/exportItems", `{"ItemIds":["AAsingle"]}`).want(t, c.exported)
		w.do("POST", at+"/createImportSession", "").want(t, c.sessions)
	}
}

func TestTransferIsInTheGlobalCloudOnly(t *testing.T) {
	at := newWorld(t, small(), sandbox.Options{}).exchange(annUser)
	for _, cloud := range access.Clouds() {
		want := 400
		if cloud == access.Global {
			want = 200
		}
		w := newWorld(t, small(), sandbox.Options{Cloud: cloud})
		w.get(annUser+"/settings/exchange").want(t, want)
		w.get(at+"/folders").want(t, want)
		w.do("POST", at+"/createImportSession", "").want(t, want)
	}
}

func TestMailboxFoldersAndItems(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Now: clock})
	at := w.exchange(annUser)
	names := func(list []map[string]any) (out []string) {
		for _, f := range list {
			out = append(out, fmt.Sprint(f["displayName"]))
		}
		return out
	}
	if got := names(w.all(at + "/folders?$filter=type eq 'IPF.Appointment'")); len(got) != 1 {
		t.Errorf("top calendars %q", got)
	}
	if got := names(w.all(at + "/folders?$top=1")); len(got) < 5 {
		t.Errorf("top folders %q", got)
	}
	contacts := w.get(at+"/folders/contacts").want(t, 200)
	if contacts.text("type") != "IPF.Contact" || contacts.text("id") == "AAfolder" {
		t.Errorf("%s", contacts.raw)
	}
	w.get(at+"/folders/AAfolder").want(t, 404) // the rest of Graph has other ids
	children := w.all(at + "/folders/contacts/childFolders")
	if fmt.Sprint(contacts.json["childFolderCount"]) != fmt.Sprint(len(children)) || len(children) == 0 {
		t.Errorf("%v children, %q", contacts.json["childFolderCount"], names(children))
	}
	first := w.get(at+"/folders/calendar/items?$top=2&$count=true&$select=type,size").want(t, 200)
	if len(first.values()) != 2 || first.text("@odata.nextLink") == "" || first.values()[0]["type"] != "IPM.Appointment" || first.values()[0]["changeKey"] != nil {
		t.Errorf("%s", first.raw)
	}
	listed := w.all(at + "/folders/calendar/items")
	if fmt.Sprint(first.json["@odata.count"]) != fmt.Sprint(len(listed)) {
		t.Errorf("%v counted, %d listed", first.json["@odata.count"], len(listed))
	}
	w.get(at+"/folders/calendar/items/AAsingle").want(t, 200)
	w.get(at+"/folders/contacts/items/AAsingle").want(t, 404)
	for _, query := range []string{"$search=x", "$select=subject", "$filter=subject eq 'x'"} {
		w.get(at+"/folders/calendar/items?"+query).want(t, 400)
	}
	for _, path := range []string{"/folders/delta", "/folders/calendar/items/delta", "/folders?$orderby=displayName"} {
		w.get(at+path).want(t, 501)
	}
	w.do("DELETE", at+"/folders/calendar/items/AAsingle", "").want(t, 405)
	w.get("/admin/exchange/mailboxes/MBX:none@none/folders").want(t, 404)
}

func TestDeletedItemsCanBeExportedAndImportedBack(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Now: clock})
	at := w.exchange(annUser)
	for _, path := range []string{"/contacts/AAcontact1", "/events/AAsingle", "/todo/lists/AAlist/tasks/AAtask1"} {
		w.do("DELETE", annUser+path, "").want(t, 204)
	}
	folders := map[string]string{"IPM.Contact": "contacts", "IPM.Appointment": "calendar", "IPM.Task": "tasks"}
	deleted := w.all(at + "/folders/deleteditems/items?$top=2")
	if len(deleted) != len(folders) {
		t.Fatalf("%d deleted items", len(deleted))
	}
	for _, it := range deleted {
		a := w.copyOf(fmt.Sprint(it["id"]), folders[fmt.Sprint(it["type"])]).want(t, 200)
		if a.text("itemId") == it["id"] {
			t.Errorf("%v has the id of the deleted one", it["type"])
		}
	}
	if got := w.all(at + "/folders/deleteditems/items?$filter=type eq 'IPM.Task'"); len(got) != 1 {
		t.Errorf("%d deleted tasks", len(got))
	}
}

// serving lets a sandbox listen until the test ends, and gives its address and
// a client that trusts it.
func serving(t *testing.T, s *sandbox.Sandbox) (root string, client *http.Client) {
	t.Helper()
	server, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	authority, err := os.ReadFile(server.Ready().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(authority)
	client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		cancel()
		if err := errors.Join(<-served, server.Close()); err != nil {
			t.Error(err)
		}
	})
	return server.Ready().Graph, client
}
