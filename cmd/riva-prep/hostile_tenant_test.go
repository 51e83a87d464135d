package main_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/safetext/hostile"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// signed is a text of the corpus with what tells it, and the place where it
// stood, in an output: t is a title, c a category, f a folder, n a name, m what
// the server says, a an argument, x the content of a file.
func signed(place byte, n int) string {
	texts := hostile.Texts()
	n %= len(texts)
	return fmt.Sprintf("%s¤%c%d¤", texts[n], place, n)
}

// some are so many texts in one, from the nth on.
func some(place byte, n, many int) string {
	var out strings.Builder
	for i := range many {
		out.WriteString(signed(place, n+i))
	}
	return out.String()
}

const (
	strangers = 16 // mailboxes
	apart     = 1  // folders of each kind in a mailbox
)

// strangersTenant has every text of the corpus as the title and the category of an
// item, and all of them in the names of folders, of mailboxes and of people.
func strangersTenant(t *testing.T) *tenant.Tenant {
	t.Helper()
	all := len(hostile.Texts())
	each := all/strangers + 1
	var users []object
	for u := range strangers {
		users = append(users, stranger(u, u*each, each))
	}
	group := object{"id": "99999999-0000-4000-8000-00000000000a", "displayName": some('n', 0, 40), "mail": "crm@contoso.example", "members": []string{users[0]["id"].(string)}}
	data, err := json.Marshal(object{"tenantId": "99999999-0000-4000-8000-000000000009", "displayName": some('n', 40, 40), "users": users, "groups": []object{group}})
	if err != nil {
		t.Fatal(err)
	}
	model, err := tenant.Load(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// stranger is a mailbox with the texts from the first on.
func stranger(u, first, many int) object {
	name := some('n', first, many)
	folders := map[string][]object{}
	for f := range apart {
		in := func(kind, item string) object {
			return object{"id": fmt.Sprintf("%s-%d-%d", kind, u, f), item: []object{}}
		}
		label := some('f', first+f*many/apart, many/apart+1)
		contacts, calendar, list := in("folder", "contacts"), in("calendar", "events"), in("list", "tasks")
		contacts["displayName"], list["displayName"], calendar["name"] = label, label, label
		contacts["parentFolderId"], contacts["wellKnownName"] = nil, ""
		list["isOwner"], list["isShared"], list["wellknownListName"] = true, false, "none"
		calendar["canEdit"], calendar["owner"], calendar["isDefaultCalendar"] = true, object{"name": name, "address": address(u)}, f == 0
		if f == 0 {
			contacts["wellKnownName"], list["wellknownListName"] = "contacts", "defaultList"
		} else {
			contacts["parentFolderId"] = fmt.Sprintf("folder-%d-0", u)
		}
		folders["contactFolders"] = append(folders["contactFolders"], contacts)
		folders["calendars"] = append(folders["calendars"], calendar)
		folders["todoLists"] = append(folders["todoLists"], list)
	}
	for i := range many {
		put(folders, u, first+i)
	}
	return object{
		"id": fmt.Sprintf("11111111-0000-4000-8000-%012d", u), "userPrincipalName": address(u), "mail": name, "displayName": name, "userPurpose": "user", "mailbox": true,
		"masterCategories": []object{}, "contactFolders": folders["contactFolders"], "calendars": folders["calendars"], "todoLists": folders["todoLists"],
	}
}

func address(u int) string { return fmt.Sprintf("user%d@contoso.example", u) }

// put adds an item with the nth text: a contact, a meeting that is held, or a task.
func put(folders map[string][]object, u, n int) {
	f := n % apart
	it := object{
		"id": fmt.Sprintf("item-%d-%d", u, n), "@odata.etag": fmt.Sprintf(`W/"v%d"`, n), "changeKey": fmt.Sprintf("v%d", n),
		"createdDateTime": "2026-01-01T00:00:00Z", "lastModifiedDateTime": "2026-01-01T00:00:00Z", "categories": []string{"CRM", signed('c', n)},
	}
	add := func(where, kind string) {
		folder := folders[where][f]
		folder[kind] = append(folder[kind].([]object), it)
	}
	who := object{"emailAddress": object{"name": signed('n', n), "address": signed('n', n)}}
	switch n % 3 {
	case 0:
		it["displayName"] = signed('t', n)
		add("contactFolders", "contacts")
	case 1:
		it["subject"], it["type"], it["isOrganizer"], it["organizer"], it["iCalUId"] = signed('t', n), "singleInstance", true, who, fmt.Sprint("uid", n)
		it["start"] = object{"dateTime": "2099-11-20T09:00:00.0000000", "timeZone": "UTC"}
		it["end"], it["attendees"] = it["start"], []object{who}
		add("calendars", "events")
	default:
		it["title"], it["status"] = signed('t', n), "notStarted"
		add("todoLists", "tasks")
	}
}

// rudeServer is a sandbox whose refusals are made of the corpus.
type rudeServer struct {
	box  *sandbox.Sandbox
	mu   sync.Mutex
	said int
	// how is what becomes of requests: served, refused, …
	how atomic.Pointer[func(*http.Request) bool]
}

// refuses says which requests are refused from now on; none if it is nil.
func (s *rudeServer) refuses(which func(*http.Request) bool) { s.how.Store(&which) }

func (s *rudeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if which := s.how.Load(); which != nil && *which != nil && (*which)(r) {
		s.refuse(w, r)
		return
	}
	s.box.ServeHTTP(w, r)
}

// says are the next texts.
func (s *rudeServer) says() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said += 5
	return some('m', s.said, 5)
}

// refuse answers as Entra and Graph do, with other words.
func (s *rudeServer) refuse(w http.ResponseWriter, r *http.Request) {
	failure := object{"code": s.says(), "message": s.says(), "innerError": object{"code": s.says(), "request-id": s.says(), "date": s.says()}}
	w.Header().Set("Content-Type", "application/json")
	w.Header()["Request-Id"] = []string{s.says()}
	var answer any = object{"error": failure}
	status := []int{http.StatusForbidden, http.StatusBadRequest}[len(r.URL.Path)%2]
	switch {
	case strings.HasSuffix(r.URL.Path, "/token"):
		answer, status = object{"error": s.says(), "error_description": s.says(), "error_codes": []int{7000215}, "trace_id": s.says()}, http.StatusBadRequest
	case strings.HasSuffix(r.URL.Path, "/$batch"):
		answer, status = s.batch(r, failure), http.StatusOK
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

// batch refuses each request of a batch.
func (s *rudeServer) batch(r *http.Request, failure object) object {
	var asked struct{ Requests []struct{ ID string } }
	_ = json.NewDecoder(r.Body).Decode(&asked)
	answers := []object{}
	for _, one := range asked.Requests {
		answers = append(answers, object{"id": one.ID, "status": 403, "headers": object{"request-id": s.says()}, "body": object{"error": failure}})
	}
	return object{"responses": answers}
}

// serveRude is a world with such a server.
func serveRude(t *testing.T, model *tenant.Tenant) (*world, *rudeServer) {
	t.Helper()
	s := &rudeServer{box: sandbox.New(model, sandbox.Options{})}
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	w := &world{t: t, box: s.box, folder: t.TempDir()}
	w.ready = sandbox.Ready{
		Graph: server.URL, Authority: server.URL, TenantID: s.box.TenantID(), ClientID: s.box.ClientID(), ClientSecret: s.box.ClientSecret(),
		CAFile: w.path("ca.pem"), Control: server.URL + "/sandbox/",
	}
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	line, err := json.Marshal(w.ready)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"ca.pem": authority, "ready.json": line} {
		if err := os.WriteFile(w.path(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return w, s
}
