package graph_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/graph/property"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// open finds and opens a mailbox.
func (w *world) open(t *testing.T, name string) mailbox.Mailbox {
	t.Helper()
	account, err := w.client.Find(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	box, err := w.client.Open(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

func items(t *testing.T, box mailbox.Mailbox, kind item.Kind, view mailbox.View) []item.Item {
	t.Helper()
	folders, err := box.Folders(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	var all []item.Item
	for _, folder := range folders {
		err := box.List(t.Context(), folder, view, func(page []item.Item) error {
			all = append(all, page...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// answer makes an HTTP answer.
func answer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}
}

// TestRequests holds what goes over the wire, request by request.
func TestRequests(t *testing.T) {
	w := newWorld(t, contosoFile(), sandbox.Options{})
	box := w.open(t, "ada@contoso.example")
	for _, kind := range item.Kinds() {
		items(t, box, kind, mailbox.Brief)
	}
	for _, kind := range item.Kinds() {
		items(t, box, kind, mailbox.Whole)
		items(t, box, kind, mailbox.Marked)
	}
	readAll(t, box)
	var got []string
	for _, req := range w.wire.calls() {
		prefer := req.Header.Get("Prefer")
		if !strings.HasPrefix(prefer, `IdType="ImmutableId"`) {
			t.Errorf("%s has Prefer %q", req.URL.Path, prefer)
		}
		if auth := req.Header.Get("Authorization"); !strings.HasPrefix(auth, "Bearer ") {
			t.Errorf("%s is not signed", req.URL.Path)
		}
		_, size, _ := strings.Cut(prefer, "maxpagesize=")
		query, err := queryOf(req)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimSpace(req.Method+" "+strings.TrimPrefix(req.URL.Path, "/v1.0")+query+" "+size))
	}
	const contacts = "$select=id,displayName,categories,createdDateTime,lastModifiedDateTime,parentFolderId,changeKey 1000"
	const events = "$select=id,subject,type,categories,isOrganizer,isCancelled,isDraft,attendees,start,end," +
		"hasAttachments,createdDateTime,lastModifiedDateTime,changeKey,seriesMasterId,iCalUId,originalStartTimeZone 1000"
	const mark = "?$expand=singleValueExtendedProperties($filter=id eq '" + item.MarkProperty + "')&"
	wanted := property.Wanted{}
	whole := map[item.Kind]string{}
	for _, kind := range []item.Kind{item.Contacts, item.Events} {
		whole[kind] = "?$expand=" + strings.Join(wanted.Whole(kind), ",")
	}
	for _, want := range []string{
		"GET /users/ada@contoso.example?$select=id,userPrincipalName,mail,displayName",
		"GET /users/a1/mailboxSettings",
		"GET /users/a1/contactFolders/contacts", "GET /users/a1/contactFolders 100",
		"GET /users/a1/contactFolders/f2/childFolders 100",
		"GET /users/a1/contactFolders/f0/contacts?" + contacts, "GET /users/a1/contactFolders/f2/contacts?" + contacts,
		"GET /users/a1/contactFolders/f0/contacts" + mark + contacts, "GET /users/a1/contactFolders/f0/contacts" + whole[item.Contacts] + " 500",
		"GET /users/a1/contactFolders/f0/contacts?$count=true&$select=id 1000",
		"GET /users/a1/calendars?$select=id,name,canEdit,isDefaultCalendar,owner 100",
		"GET /users/a1/calendars/c0/events?" + events, "GET /users/a1/calendars/c0/events" + mark + events,
		"GET /users/a1/calendars/c0/events" + whole[item.Events] + " 500", "GET /users/a1/calendars/c0/events?$count=true&$select=id 1000",
		"GET /users/a1/todo/lists/delta()", "GET /users/a1/todo/lists?$top=100",
		"GET /users/a1/todo/lists/l0/tasks?$expand=checklistItems&$top=100", "GET /users/a1/todo/lists/l0/tasks?$top=100",
		"GET /users/a1/outlook/masterCategories", "GET /users/a1/settings/exchange",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("missing: %s", want)
		}
	}
	if t.Failed() {
		t.Logf("sent:\n%s", strings.Join(got, "\n"))
	}
}

// readAll calls every other method that reads.
func readAll(t *testing.T, box mailbox.Mailbox) {
	t.Helper()
	for _, kind := range item.Kinds() {
		it := items(t, box, kind, mailbox.Brief)[0]
		if _, _, err := box.IDs(t.Context(), it.Folder); err != nil {
			t.Error(err)
		}
		if _, err := box.Get(t.Context(), it.Folder, it.ID); err != nil {
			t.Error(err)
		}
		if _, err := box.Export(t.Context(), []item.Item{it}); err != nil {
			t.Error(err)
		}
	}
	if _, err := box.Categories(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := box.Settings(t.Context()); err != nil {
		t.Error(err)
	}
}

// queryOf is the query, readable. A space in it is %20: a plus would be one to
// Exchange.
func queryOf(req *http.Request) (string, error) {
	if req.URL.RawQuery == "" {
		return "", nil
	}
	if strings.Contains(req.URL.RawQuery, "+") {
		return "", fmt.Errorf("a plus stands in %s", req.URL.RawQuery)
	}
	plain, err := url.PathUnescape(req.URL.RawQuery)
	return "?" + plain, err
}

// A change sends the categories, for contacts the name as it is, and nothing else.
func TestBodies(t *testing.T) {
	w := newWorld(t, contosoFile(), sandbox.Options{})
	var sent []string
	w.wire.hijack = func(req *http.Request) *http.Response {
		if req.Method == "GET" || !strings.HasPrefix(req.URL.Path, "/v1.0/") {
			return nil
		}
		if guarded := req.Header.Get("If-Match") != ""; guarded != (req.Method != "POST") {
			t.Errorf("%s %s: If-Match is %q", req.Method, req.URL.Path, req.Header.Get("If-Match"))
		}
		if req.Method == "DELETE" {
			return answer(204, "")
		}
		body, err := io.ReadAll(req.Body)
		if err != nil || req.ContentLength != int64(len(body)) || req.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: length %d, type %q, %v", req.URL.Path, req.ContentLength, req.Header.Get("Content-Type"), err)
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		path := strings.Split(strings.TrimPrefix(req.URL.Path, "/v1.0/users/a1/"), "/")
		sent = append(sent, strings.Join(path[:min(len(path), 3)], "/")+" "+string(body))
		return nil
	}
	box := w.open(t, "ada@contoso.example")
	for _, kind := range item.Kinds() {
		for _, it := range items(t, box, kind, mailbox.Brief) {
			if !it.Folder.Writable() {
				continue
			}
			if _, err := box.SetCategories(t.Context(), it, []string{"<A>", "Ä"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := box.Delete(t.Context(), items(t, box, item.Contacts, mailbox.Brief)[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := box.EnsureCategory(t.Context(), "Personal", "preset7"); err != nil {
		t.Fatal(err)
	}
	const bare = `{"categories":["<A>","Ä"]}`
	want := []string{
		`contactFolders/f0/contacts {"categories":["<A>","Ä"],"displayName":"Grace"}`,
		`contactFolders/f0/contacts {"categories":["<A>","Ä"],"displayName":"O'Neil <x>"}`,
		`contactFolders/f1/contacts {"categories":["<A>","Ä"],"displayName":"Alan"}`,
		`contactFolders/f2/contacts {"categories":["<A>","Ä"],"displayName":""}`,
		"calendars/c0/events " + bare, "calendars/c0/events " + bare, "calendars/c0/events " + bare,
		"todo/lists/l0 " + bare, "todo/lists/l0 " + bare,
		`outlook/masterCategories {"displayName":"Personal","color":"preset7"}`,
	}
	if !slices.Equal(sent, want) {
		t.Errorf("sent\n%s\nwant\n%s", strings.Join(sent, "\n"), strings.Join(want, "\n"))
	}
}

// The real tenants come out with every item that their files hold.
func TestRealTenants(t *testing.T) {
	for name, want := range map[string]int{"documented.json": 5 + 14 + 4, "exports.json": 37 + 2165 + 15} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, shared(t, name), sandbox.Options{})
			users, err := w.client.Users(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			found, without := 0, 0
			for _, user := range users {
				box, err := w.client.Open(t.Context(), user)
				if errors.Is(err, mailbox.ErrNoMailbox) {
					without++
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				for _, kind := range item.Kinds() {
					found += len(items(t, box, kind, mailbox.Whole))
				}
			}
			if found != want || len(users) == without {
				t.Errorf("%d items in %d of %d mailboxes, want %d items", found, len(users)-without, len(users), want)
			}
			if counts := w.box.Counts(); counts.Writes != 0 || len(w.box.Outbox()) != 0 {
				t.Errorf("listing wrote %d times and mailed %d times", counts.Writes, len(w.box.Outbox()))
			}
		})
	}
}

// At the limits of Exchange, and never refused because of ourselves.
func TestPacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, contosoFile(), sandbox.Options{Limits: true, Latency: 100 * time.Millisecond, Now: time.Now})
		box := w.open(t, "ada@contoso.example")
		other := w.open(t, "bob.mail@contoso.example")
		folders, err := box.Folders(t.Context(), item.Contacts)
		if err != nil {
			t.Fatal(err)
		}
		const calls = 400
		start := time.Now()
		var group sync.WaitGroup
		for range calls {
			group.Go(func() {
				if err := box.List(t.Context(), folders[0], mailbox.Brief, func([]item.Item) error { return nil }); err != nil {
					t.Error(err)
				}
			})
		}
		if _, err := other.Folders(t.Context(), item.Contacts); err != nil || time.Since(start) > time.Second {
			t.Errorf("another mailbox waited %s: %v", time.Since(start), err)
		}
		group.Wait()
		if took, floor := time.Since(start), calls*100*time.Millisecond/4; took > floor*105/100 {
			t.Errorf("%d calls took %s, more than 1.05 of %s", calls, took, floor)
		}
		if counts := w.box.Counts(); counts.Refused != 0 || counts.MaxInService != 4 {
			t.Errorf("%d refused, %d in service; want 0 and 4", counts.Refused, counts.MaxInService)
		}
	})
}

func TestOpenWithoutMailboxSettings(t *testing.T) {
	denied := `{"error":{"code":"ErrorAccessDenied","message":"Access is denied. Check credentials and try again."}}`
	scope := `{"error":{"code":"ErrorAccessDenied","message":"Access to OData is disabled."}}`
	w := newWorld(t, contosoFile(), sandbox.Options{})
	account, err := w.client.Find(t.Context(), "ada@contoso.example")
	if err != nil {
		t.Fatal(err)
	}
	w.wire.hijack = func(req *http.Request) *http.Response {
		if strings.HasSuffix(req.URL.Path, "/mailboxSettings") {
			return answer(403, denied)
		}
		return nil
	}
	if box, err := w.client.Open(t.Context(), account); err != nil || box.Account().Purpose != mailbox.PurposeUnknown {
		t.Errorf("Open = %v, want a mailbox of unknown purpose", err)
	}
	w.wire.hijack = func(*http.Request) *http.Response { return answer(403, scope) }
	if _, err := w.client.Open(t.Context(), account); !errors.Is(err, mailbox.ErrDenied) || !strings.Contains(err.Error(), "scope") {
		t.Errorf("Open = %v, want ErrDenied that names the scope", err)
	}
	w.wire.hijack = nil
	if box, err := w.client.Open(t.Context(), account); err != nil || box.Account().Purpose != "shared" {
		t.Errorf("Open = %v, want the purpose", err)
	}
}

// To Do has its own faults: lists that one listing leaves out, and a 401 that
// is about a role.
func TestTaskLists(t *testing.T) {
	w := newWorld(t, contosoFile(), sandbox.Options{})
	box := w.open(t, "ada@contoso.example")
	w.wire.hijack = func(req *http.Request) *http.Response {
		switch {
		case strings.HasSuffix(req.URL.Path, "/lists/delta()"):
			return answer(200, `{"value":[{"id":"only-delta","displayName":"A","isOwner":true,"wellknownListName":"none"},
				{"id":"gone","@removed":{"reason":"deleted"}},{"id":"both","displayName":"B","isOwner":false,"wellknownListName":"none"},
				{"id":"too","displayName":"D","isOwner":true,"wellknownListName":"none"}],
				"@odata.deltaLink":"https://localhost/v1.0/x"}`)
		case strings.HasSuffix(req.URL.Path, "/todo/lists"):
			return answer(200, `{"value":[{"id":"both","displayName":"B","isOwner":true,"wellknownListName":"none"},
				{"id":"too","displayName":"D","isOwner":false,"wellknownListName":"none"},
				{"id":"only-list","displayName":"C","isOwner":true,"wellknownListName":"flaggedEmails"}]}`)
		}
		return nil
	}
	folders, err := box.Folders(t.Context(), item.Tasks)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range folders {
		got = append(got, f.Path+"="+f.Closed)
	}
	if want := "A= B=belongs to another user D=belongs to another user C=flagged e-mails"; strings.Join(got, " ") != want {
		t.Errorf("folders = %q, want %q", got, want)
	}
	w.wire.hijack = func(*http.Request) *http.Response {
		return answer(401, `{"error":{"code":"UnknownError","message":""}}`)
	}
	if _, err := box.Folders(t.Context(), item.Tasks); !errors.Is(err, mailbox.ErrDenied) || !strings.Contains(err.Error(), "Tasks.ReadWrite.All") {
		t.Errorf("error = %v, want ErrDenied that names the role", err)
	}
}

// Folders that contain each other, or are listed at two places, come once.
func TestFolderCycle(t *testing.T) {
	w := newWorld(t, contosoFile(), sandbox.Options{})
	box := w.open(t, "ada@contoso.example")
	w.wire.hijack = func(req *http.Request) *http.Response {
		if strings.HasSuffix(req.URL.Path, "/childFolders") {
			return answer(200, `{"value":[{"id":"f0","displayName":"Contacts"},{"id":"loop","displayName":"Loop"}]}`)
		}
		return nil
	}
	folders, err := box.Folders(t.Context(), item.Contacts)
	if err != nil || len(folders) != 3 {
		t.Errorf("%d folders, %v; want 3", len(folders), err)
	}
	deep := 0
	w.wire.hijack = func(req *http.Request) *http.Response {
		if strings.HasSuffix(req.URL.Path, "/childFolders") {
			deep++
			return answer(200, fmt.Sprintf(`{"value":[{"id":"d%d","displayName":"D"}]}`, deep))
		}
		return nil
	}
	if _, err := box.Folders(t.Context(), item.Contacts); !errors.Is(err, mailbox.ErrIncomplete) {
		t.Errorf("folders without a bottom: %v, want ErrIncomplete", err)
	}
}

// An owner that is not known is not the mailbox's.
func TestCalendarOwners(t *testing.T) {
	w := newWorld(t, contosoFile(), sandbox.Options{})
	box, err := w.client.Open(t.Context(), mailbox.Account{ID: "a1", UPN: "ada@contoso.example"}) // it has no address
	if err != nil {
		t.Fatal(err)
	}
	w.wire.hijack = func(*http.Request) *http.Response {
		return answer(200, `{"value":[{"id":"1","name":"own","canEdit":true,"owner":{"address":"Ada@Contoso.example"}},
			{"id":"2","name":"nobody's","canEdit":true},{"id":"3","name":"other","canEdit":false,"owner":{"address":"x@y.example"}}]}`)
	}
	folders, err := box.Folders(t.Context(), item.Events)
	if err != nil || len(folders) != 3 {
		t.Fatalf("%d folders, %v", len(folders), err)
	}
	for i, want := range []string{"", "belongs to another user", "belongs to x@y.example"} {
		if folders[i].Closed != want {
			t.Errorf("%q is closed for %q, want %q", folders[i].Path, folders[i].Closed, want)
		}
	}
}

// A category whose creation is in doubt is looked for again.
func TestCategoryInDoubt(t *testing.T) {
	for _, test := range []struct {
		name    string
		lists   bool // the second listing shows it
		answer  *http.Response
		created bool
		failed  bool
	}{
		{"409 and there", true, answer(409, `{"error":{"code":"ErrorCategoryExists"}}`), false, false},
		{"400 and there", true, answer(400, `{"error":{"code":"ErrorInvalidRequest"}}`), false, false},
		{"500 and there", true, answer(500, ``), true, false},
		{"400 and not there", false, answer(400, `{"error":{"code":"ErrorInvalidRequest"}}`), false, true},
		{"403", true, answer(403, `{"error":{"code":"ErrorAccessDenied"}}`), false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, contosoFile(), sandbox.Options{})
			box := w.open(t, "ada@contoso.example")
			posted := 0
			w.wire.hijack = func(req *http.Request) *http.Response {
				if req.Method == "POST" {
					posted++
					return test.answer
				}
				if posted > 0 && test.lists {
					return answer(200, `{"value":[{"id":"1","displayName":"PERSONAL"}]}`)
				}
				return answer(200, `{"value":[]}`)
			}
			created, err := box.EnsureCategory(t.Context(), "Personal", "preset7")
			if created != test.created || (err != nil) != test.failed || posted != 1 {
				t.Errorf("EnsureCategory = %v, %v after %d creations; want %v, failed %v, 1", created, err, posted, test.created, test.failed)
			}
		})
	}
}

// Attachments that Exchange cannot list are read one by one.
func TestAttachmentsOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, contosoFile(), sandbox.Options{Now: time.Now})
		box := w.open(t, "ada@contoso.example")
		with := slices.DeleteFunc(items(t, box, item.Events, mailbox.Brief), func(it item.Item) bool { return !it.HasAttachments })
		if len(with) != 1 {
			t.Fatalf("%d events with attachments, want 1", len(with))
		}
		w.wire.hijack = func(req *http.Request) *http.Response {
			if strings.HasSuffix(req.URL.Path, "/attachments") && req.URL.RawQuery == "" {
				return answer(503, "")
			}
			return nil
		}
		found, err := box.Attachments(t.Context(), with[0])
		if err != nil || len(found) != 1 || !strings.Contains(string(found[0]), `"contentBytes":"aGVsbG8="`) {
			t.Errorf("Attachments = %s, %v; want the one with its content", found, err)
		}
	})
}

func TestSeriesThatIsNotTheOneAsked(t *testing.T) {
	w := newWorld(t, contosoFile(), sandbox.Options{})
	box := w.open(t, "ada@contoso.example")
	master := items(t, box, item.Events, mailbox.Brief)[2]
	for name, body := range map[string]string{
		"another event": `{"id":"x","exceptionOccurrences":[]}`,
		"more to come":  fmt.Sprintf(`{"id":%q,"exceptionOccurrences":[],"exceptionOccurrences@odata.nextLink":"https://localhost/v1.0/x"}`, master.ID),
	} {
		w.wire.hijack = func(*http.Request) *http.Response { return answer(200, body) }
		if _, err := box.Series(t.Context(), master); !errors.Is(err, mailbox.ErrIncomplete) {
			t.Errorf("%s: %v, want ErrIncomplete", name, err)
		}
	}
	w.wire.hijack = nil
	raw, err := box.Series(t.Context(), master)
	if err != nil || !json.Valid(raw) {
		t.Errorf("Series = %s, %v", raw, err)
	}
	calls := w.wire.calls()
	const want = "?$expand=exceptionOccurrences&$select=id,start,end,originalStartTimeZone,originalEndTimeZone,recurrence," +
		"exceptionOccurrences,cancelledOccurrences"
	if got, err := queryOf(calls[len(calls)-1]); got != want || err != nil {
		t.Errorf("the series was asked for with %s, %v; want %s", got, err, want)
	}
}

func TestNamesOfUsersAndGroups(t *testing.T) {
	w := newWorld(t, contosoFile(), sandbox.Options{})
	found, err := w.client.Find(t.Context(), "bob.mail@contoso.example")
	if err != nil || found.ID != "b1" {
		t.Errorf("Find by address = %+v, %v; want b1", found, err)
	}
	for _, group := range []string{"Sales", "sales@contoso.example", "9a1c2d4e-0000-4000-8000-000000000009"} {
		if members, err := w.client.Members(t.Context(), group); err != nil || len(members) != 2 {
			t.Errorf("Members(%q) = %d, %v; want 2", group, len(members), err)
		}
	}
	if _, err := w.client.Members(t.Context(), "Twins"); err == nil || !strings.Contains(err.Error(), "object id") {
		t.Errorf("Members of two groups with one name: %v, want an error that says to use the object id", err)
	}
}

// Two calls at once never share a token that was refused, and ask for a new
// one once.
func TestTokenIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, contosoFile(), sandbox.Options{Now: time.Now})
		box := w.open(t, "ada@contoso.example")
		old := w.wire.calls()[0].Header.Get("Authorization")
		before := w.signIns()
		time.Sleep(2 * time.Second) // a token is the same within a second
		var late atomic.Int64
		w.wire.hijack = func(req *http.Request) *http.Response {
			if req.Header.Get("Authorization") == old {
				time.Sleep(time.Duration(late.Add(1)) * 100 * time.Millisecond)
				return answer(401, `{"error":{"code":"InvalidAuthenticationToken","message":"Access token has expired."}}`)
			}
			return nil
		}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if _, err := box.Folders(t.Context(), item.Contacts); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if n := w.signIns() - before; n != 1 {
			t.Errorf("%d sign-ins after the token was refused, want 1", n)
		}
		time.Sleep(3 * time.Hour)
		w.wire.hijack = nil
		if _, err := box.Folders(t.Context(), item.Contacts); err != nil {
			t.Error(err)
		}
		if n := w.signIns() - before; n != 2 {
			t.Errorf("%d sign-ins after the token ran out as well, want 2", n)
		}
	})
}

func (w *world) signIns() int {
	w.wire.mu.Lock()
	defer w.wire.mu.Unlock()
	count := 0
	for _, req := range w.wire.sent {
		if strings.HasSuffix(req.URL.Path, "/token") {
			count++
		}
	}
	return count
}

// Nothing that a person or a log may see shows a secret, a token, an id or a
// subject.
func TestNothingLeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, err := tenant.Load(strings.NewReader(contosoFile()))
		if err != nil {
			t.Fatal(err)
		}
		box := sandbox.New(people, sandbox.Options{ClientSecret: clientSecret, Now: time.Now})
		wire := &tap{next: box.Transport()}
		var mu sync.Mutex
		var shown strings.Builder
		config := graph.Config{
			Sandbox:   &graph.Sandbox{Graph: host, Authority: host, TenantID: box.TenantID(), ClientID: box.ClientID(), ClientSecret: clientSecret},
			Transport: wire, Now: time.Now,
			Observe: func(e graph.Exchange) {
				mu.Lock()
				defer mu.Unlock()
				fmt.Fprintf(&shown, "%+v\n", e)
			},
		}
		client, err := graph.New(config)
		if err != nil {
			t.Fatal(err)
		}
		account, err := client.Find(t.Context(), "ada@contoso.example")
		if err != nil {
			t.Fatal(err)
		}
		opened, err := client.Open(t.Context(), account)
		if err != nil {
			t.Fatal(err)
		}
		token := strings.TrimPrefix(wire.calls()[0].Header.Get("Authorization"), "Bearer ")
		body := fmt.Sprintf(`{"error":{"code":"X","message":"private subject %s %s"}}`, clientSecret, token)
		for _, status := range []int{200, 302, 400, 401, 403, 404, 409, 412, 418, 429, 500, 503} {
			wire.hijack = func(*http.Request) *http.Response { return answer(status, body) }
			_, err := opened.Folders(t.Context(), item.Contacts)
			fmt.Fprintf(&shown, "%v %+v\n", err, err)
			err = opened.Delete(t.Context(), item.Item{Kind: item.Contacts, ID: "k1-id", Folder: item.Folder{ID: "f0-id"}, Version: "v1-etag"})
			fmt.Fprintf(&shown, "%v %+v\n", err, err)
		}
		secret, _ := json.Marshal(config.Sandbox)
		fmt.Fprintf(&shown, "%v %+v %#v %s %q %x\n%s\n", config.Sandbox, *config.Sandbox, *config.Sandbox, config.Sandbox.ClientSecret,
			config.Sandbox.ClientSecret, config.Sandbox.ClientSecret, secret)
		for _, hidden := range []string{clientSecret, token, "private", "k1-id", "f0-id", "v1-etag", "/a1/", fmt.Sprintf("%x", clientSecret)} {
			if strings.Contains(shown.String(), hidden) {
				t.Errorf("%q is shown in:\n%s", hidden, shown.String())
			}
		}
		if shown.Len() < 5_000 {
			t.Errorf("only %d characters were shown: the test has lost its subject", shown.Len())
		}
	})
}

// The SDK leaves an empty id out of an address, which names another resource.
func TestEmptyIDsAreNotSent(t *testing.T) {
	w := newWorld(t, contosoFile(), sandbox.Options{})
	box := w.open(t, "ada@contoso.example")
	before := len(w.wire.calls())
	for _, it := range []item.Item{
		{Kind: item.Contacts, Folder: item.Folder{ID: "f0"}},
		{Kind: item.Events, ID: "e1"},
		{Kind: item.Tasks},
		{Kind: "mail", ID: "x", Folder: item.Folder{ID: "y"}},
	} {
		if err := box.Delete(t.Context(), it); err == nil || errors.Is(err, mailbox.ErrUnclear) {
			t.Errorf("Delete of %+v: %v, want an error that is known to have done nothing", it, err)
		}
		if _, err := box.SetCategories(t.Context(), it, nil); err == nil || errors.Is(err, mailbox.ErrUnclear) {
			t.Errorf("SetCategories of %+v: %v, want an error that is known to have done nothing", it, err)
		}
	}
	if _, err := w.client.Open(t.Context(), mailbox.Account{}); err == nil {
		t.Error("Open of an account without an id gave no error")
	}
	if sent := len(w.wire.calls()) - before; sent != 0 {
		t.Errorf("%d requests were sent, want none", sent)
	}
}

// Over TLS on loopback, as a command does it.
func TestOverTLS(t *testing.T) {
	people, err := tenant.Load(strings.NewReader(contosoFile()))
	if err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.New(people, sandbox.Options{}).Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(t.Context()) }()
	defer func() {
		if err := errors.Join(server.Close(), <-done); err != nil {
			t.Error(err)
		}
	}()
	ready := server.Ready()
	client, err := graph.New(graph.Config{Sandbox: &graph.Sandbox{
		Graph: ready.Graph, Authority: ready.Authority, TenantID: ready.TenantID,
		ClientID: ready.ClientID, ClientSecret: graph.Secret(ready.ClientSecret), CAFile: ready.CAFile,
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	w := &world{client: client}
	box := w.open(t, "ada@contoso.example")
	contacts := items(t, box, item.Contacts, mailbox.Brief)
	if len(contacts) != 4 {
		t.Fatalf("%d contacts, want 4", len(contacts))
	}
	if err := box.Delete(t.Context(), contacts[0]); err != nil {
		t.Fatal(err)
	}
	if left := items(t, box, item.Contacts, mailbox.Brief); len(left) != 3 {
		t.Errorf("%d contacts after one was deleted, want 3", len(left))
	}
}
