package graph_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// host is what in-process sandboxes are addressed as; nothing listens there. The
// port lets them hand out upload addresses on this machine.
const host = "https://localhost:8443"

// clientSecret is a canary: no error, observation or URL may show it.
const clientSecret = "canary-secret-9f31"

// world is a sandbox in this process and a client of it.
type world struct {
	box    *sandbox.Sandbox
	client *graph.Client
	wire   *tap
}

// tap keeps what was sent.
type tap struct {
	next http.RoundTripper
	mu   sync.Mutex
	sent []*http.Request
	// hijack answers a request instead of the sandbox, unless it returns nil.
	hijack func(*http.Request) *http.Response
}

func (p *tap) RoundTrip(req *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.sent = append(p.sent, req)
	p.mu.Unlock()
	if p.hijack != nil {
		if resp := p.hijack(req); resp != nil {
			return resp, nil
		}
	}
	return p.next.RoundTrip(req)
}

// calls are the requests to Graph, sign-in left out.
func (p *tap) calls() []*http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	var calls []*http.Request
	for _, req := range p.sent {
		if strings.HasPrefix(req.URL.Path, "/v1.0/") {
			calls = append(calls, req)
		}
	}
	return calls
}

func newWorld(t *testing.T, file string, options sandbox.Options, change ...func(*graph.Config)) *world {
	t.Helper()
	people, err := tenant.Load(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	options.ClientSecret = clientSecret
	box := sandbox.New(people, options)
	w := &world{box: box, wire: &tap{next: box.Transport()}}
	config := graph.Config{
		Sandbox: &graph.Sandbox{
			Graph: host, Authority: host, TenantID: box.TenantID(), ClientID: box.ClientID(), ClientSecret: clientSecret,
		},
		Transport: w.wire, Now: options.Now,
	}
	for _, c := range change {
		c(&config)
	}
	w.client, err = graph.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// shared finds the real tenants beside the repository, or skips the test.
func shared(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("the shared tenant %s is not beside the repository: %v", name, err)
	}
	return string(text)
}

// contosoFile is a small tenant with what the port's contract is about.
func contosoFile() string {
	return fmt.Sprintf(`{"tenantId":"3f1c2d4e-0000-4000-8000-000000000001","displayName":"Contoso","users":[%s,%s,%s],"groups":[%s]}`,
		ada(), plain("b1", "bob"), strings.Replace(plain("c1", "nobox"), `"mailbox":true`, `"mailbox":false`, 1),
		`{"id":"9a1c2d4e-0000-4000-8000-000000000009","displayName":"Sales","mail":"sales@contoso.example","members":["a1","b1"]},
		 {"id":"9a1c2d4e-0000-4000-8000-00000000000a","displayName":"Twins","mail":"t1@contoso.example","members":["a1"]},
		 {"id":"9a1c2d4e-0000-4000-8000-00000000000b","displayName":"Twins","mail":"t2@contoso.example","members":["b1"]}`)
}

func plain(id, name string) string {
	return fmt.Sprintf(`{"id":%[1]q,"userPrincipalName":"%[2]s@contoso.example","mail":"%[2]s.mail@contoso.example","displayName":%[2]q,
		"userPurpose":"user","mailbox":true,"masterCategories":[],
		"contactFolders":[{"id":"%[1]s-contacts","displayName":"Contacts","wellKnownName":"contacts","parentFolderId":null,"contacts":[]}],
		"calendars":[],"todoLists":[]}`, id, name)
}

func ada() string {
	return `{"id":"a1","userPrincipalName":"ada@contoso.example","mail":"ada@contoso.example","displayName":"Ada","userPurpose":"shared","mailbox":true,
	"masterCategories":[{"id":"m1","displayName":"CRM","color":"preset0"}],
	"contactFolders":[
	 {"id":"f0","displayName":"Contacts","wellKnownName":"contacts","parentFolderId":null,"contacts":[` +
		pictured(contact("k1", "Grace", `"CRM"`)) + `,` + contact("k2", "O'Neil <x>", ``) + `]},
	 {"id":"f1","displayName":"Salesforce_Sync","parentFolderId":"f0","contacts":[` + contact("k3", "Alan", `"CRM","Gold"`) + `]},
	 {"id":"f2","displayName":"Deep","parentFolderId":"f1","contacts":[` + contact("k4", "", ``) + `]}],
	"calendars":[
	 {"id":"c0","name":"Calendar","isDefaultCalendar":true,"canEdit":true,"owner":{"name":"Ada","address":"ada@contoso.example"},"events":[` +
		event("e1", "singleInstance", ``) + `,` + event("e2", "singleInstance", ``) + `,` +
		event("e3", "seriesMaster", `,"recurrence":{"pattern":{"type":"daily","interval":1,"month":0,"dayOfMonth":0,"firstDayOfWeek":"sunday","index":"first"},
		"range":{"type":"numbered","startDate":"2026-03-02","endDate":"0001-01-01","recurrenceTimeZone":"UTC","numberOfOccurrences":5}}`) + `]},
	 {"id":"c1","name":"Holidays","isDefaultCalendar":false,"canEdit":false,"owner":{"name":"Ada","address":"ada@contoso.example"},"events":[` + event("e4", "singleInstance", ``) + `]},
	 {"id":"c2","name":"Bob","isDefaultCalendar":false,"canEdit":true,"owner":{"name":"Bob","address":"bob@contoso.example"},"events":[]},
	 {"id":"c3","name":"Mine too","isDefaultCalendar":false,"canEdit":true,"owner":{"name":"Ada","address":"ADA@contoso.example"},"events":[]}],
	"todoLists":[
	 {"id":"l0","displayName":"Tasks","isOwner":true,"isShared":false,"wellknownListName":"defaultList","@odata.etag":"W/\"l0\"","tasks":[` +
		task("t1") + `,` + task("t2") + `]},
	 {"id":"l1","displayName":"Flagged Emails","isOwner":true,"isShared":false,"wellknownListName":"flaggedEmails","@odata.etag":"W/\"l1\"","tasks":[` + task("t3") + `]},
	 {"id":"l2","displayName":"From Bob","isOwner":false,"isShared":true,"wellknownListName":"none","@odata.etag":"W/\"l2\"","tasks":[]},
	 {"id":"l3","displayName":"To Bob","isOwner":true,"isShared":true,"wellknownListName":"none","@odata.etag":"W/\"l3\"","tasks":[]}]}`
}

func contact(id, name, categories string) string {
	return fmt.Sprintf(`{"@odata.etag":"W/\"ck-%[1]s\"","id":%[1]q,"changeKey":"ck-%[1]s","createdDateTime":"2020-01-01T00:00:00Z",
		"lastModifiedDateTime":"2020-01-01T00:00:00.1234567Z","categories":[%[3]s],"displayName":%[2]q,"givenName":"Given","birthday":null,
		"emailAddresses":[{"name":"x","address":"x@contoso.example"}],"homeAddress":{}}`, id, name, categories)
}

// pictured gives a contact a photo and properties that hide until they are named.
func pictured(contact string) string {
	return strings.TrimSuffix(contact, "}") + `,"photo":{"contentType":"image/gif","contentBytes":"R0lGODlh"},"singleValueExtendedProperties":[
		{"id":"String {00020329-0000-0000-C000-000000000046} Name crmid","value":"42"},{"id":"` + item.MarkProperty + `","value":"run 7"},
		{"id":"String {00020329-0000-0000-C000-000000000046} Name ours","value":"x"}],"extensions":[
		{"@odata.type":"#microsoft.graph.openTypeExtension","id":"Microsoft.OutlookServices.OpenTypeExtension.com.contoso.deal","extensionName":"com.contoso.deal","value":1}]}`
}

func event(id, kind, more string) string {
	return fmt.Sprintf(`{"@odata.etag":"W/\"ck-%[1]s\"","id":%[1]q,"changeKey":"ck-%[1]s","createdDateTime":"2020-01-01T00:00:00Z",
		"lastModifiedDateTime":"2020-01-01T00:00:00Z","categories":["CRM"],"subject":"private subject","type":%[2]q,"isOrganizer":true,
		"isCancelled":false,"isDraft":false,"hasAttachments":%[4]v,"attendees":[],"iCalUId":"uid-%[1]s","body":{"contentType":"html","content":"<p>x</p>"},
		"attachments":[%[5]s],
		"start":{"dateTime":"2026-03-02T09:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-03-02T10:00:00.0000000","timeZone":"UTC"}%[3]s}`,
		id, kind, more, id == "e1", attachmentOf(id == "e1", "fileAttachment"))
}

func task(id string) string {
	return fmt.Sprintf(`{"@odata.etag":"W/\"ck-%[1]s\"","id":%[1]q,"title":"call","status":"notStarted","importance":"normal","isReminderOn":false,
		"hasAttachments":%[2]v,"attachments":[%[3]s],"categories":["CRM"],"createdDateTime":"2020-01-01T00:00:00Z",
		"lastModifiedDateTime":"2020-01-01T00:00:00Z","body":{"content":"","contentType":"text"},"checklistItems":[{"id":"s1","displayName":"dial","isChecked":false,"createdDateTime":"2020-01-01T00:00:00Z"}]}`,
		id, id == "t1", attachmentOf(id == "t1", "taskFileAttachment"))
}

func attachmentOf(wanted bool, kind string) string {
	if !wanted {
		return ""
	}
	return fmt.Sprintf(`{"@odata.type":"#microsoft.graph.%s","id":"att1","name":"a.txt","contentType":"text/plain","size":5,
		"lastModifiedDateTime":"2020-01-01T00:00:00Z","contentBytes":"aGVsbG8="}`, kind)
}
