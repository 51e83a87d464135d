package simulation_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/fault"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

const (
	host   = "https://localhost"
	secret = "simulated-secret"
)

// owners are the mailboxes of the tenant.
func owners() []string { return []string{"ann", "bob"} }

// company is a tenant file: per mailbox 12 contacts, 9 events and 6 tasks, two
// of three with the plug-in's category, and one meeting that would mail.
func company() string {
	var users []string
	for _, name := range owners() {
		users = append(users, small(name))
	}
	return tenantFile(users...)
}

// manyContacts are so many that what is to be deleted goes in batches.
const manyContacts = 90

// largeCompany is company with many contacts.
func largeCompany() string {
	var users []string
	for _, name := range owners() {
		users = append(users, user(name, entries(name+"-k", manyContacts, contact), entries(name+"-e", 9, event), entries(name+"-t", 6, task)))
	}
	return tenantFile(users...)
}

// small is a user with a mailbox of 27 items.
func small(name string) string {
	return user(name, entries(name+"-k", 12, contact), entries(name+"-e", 9, event), entries(name+"-t", 6, task))
}

// user is one with a folder of each kind: NAME-f, NAME-c and NAME-l.
func user(name, contacts, events, tasks string) string {
	return fmt.Sprintf(`{"id":%[1]q,"userPrincipalName":"%[1]s@contoso.example","mail":"%[1]s@contoso.example",
		"displayName":%[1]q,"userPurpose":"user","mailbox":true,"masterCategories":[],
		"contactFolders":[{"id":"%[1]s-f","displayName":"Contacts","wellKnownName":"contacts","parentFolderId":null,"contacts":[%[2]s]}],
		"calendars":[{"id":"%[1]s-c","name":"Calendar","isDefaultCalendar":true,"canEdit":true,
			"owner":{"name":%[1]q,"address":"%[1]s@contoso.example"},"events":[%[3]s]}],
		"todoLists":[{"id":"%[1]s-l","displayName":"Tasks","isOwner":true,"isShared":false,"wellknownListName":"defaultList",
			"@odata.etag":"W/\"l\"","tasks":[%[4]s]}]}`, name, contacts, events, tasks)
}

func tenantFile(users ...string) string {
	return `{"tenantId":"3f1c2d4e-0000-4000-8000-000000000001","displayName":"Contoso","groups":[],"users":[` + strings.Join(users, ",") + `]}`
}

func entries(prefix string, count int, make func(n int) string) string {
	var all []string
	for n := range count {
		category := `"CRM"`
		if n%3 == 2 {
			category = `"Own"`
		}
		all = append(all, fmt.Sprintf(`{"@odata.etag":"W/\"v-%[1]s%[2]d\"","id":"%[1]s%[2]d","createdDateTime":"2020-01-01T00:00:00Z",
			"lastModifiedDateTime":"2020-01-01T00:00:00Z","categories":[%[3]s],%[4]s}`, prefix, n, category, make(n)))
	}
	return strings.Join(all, ",")
}

func contact(n int) string {
	return fmt.Sprintf(`"changeKey":"v","displayName":"Contact %d","givenName":"Given"`, n)
}

func event(n int) string {
	attendees := ""
	if n == 0 {
		attendees = `{"type":"required","status":{"response":"none","time":"0001-01-01T00:00:00Z"},"emailAddress":{"name":"x","address":"x@other.example"}}`
	}
	return fmt.Sprintf(`"changeKey":"v","subject":"Event %d","type":"singleInstance","isOrganizer":true,"isCancelled":false,"isDraft":false,
		"hasAttachments":false,"attendees":[%s],"iCalUId":"uid-%d","body":{"contentType":"text","content":""},
		"start":{"dateTime":"2026-03-02T09:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-03-02T10:00:00.0000000","timeZone":"UTC"}`, n, attendees, n)
}

func task(n int) string {
	return fmt.Sprintf(`"title":"Task %d","status":"notStarted","importance":"normal","isReminderOn":false,"hasAttachments":false,
		"body":{"content":"","contentType":"text"},"checklistItems":[]`, n)
}

// world is one tenant, served with faults and without, and the road to it.
type world struct {
	*testing.T
	seed   uint64
	random *rand.Rand
	model  *tenant.Tenant
	rough  *sandbox.Sandbox
	calm   *sandbox.Sandbox
	start  time.Time
	plan   plan.Plan
	// before, meets and after, if set, see every request just before it is served,
	// when all that is before it is over, and with its answer.
	before, meets func(method, path string)
	after         func(method, path string, status int)
	steps         int // that it should have

	mu     sync.Mutex
	log    []string
	asked  map[uint64]uint64            // requests so far, by a hash of what they ask for
	listed map[string]map[string]string // folder → item → version, when it was last listed
	proofs []snapshot.Proof
	broken []string // promises
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	file, steps := company(), 34 // 8 contacts, 5 events and 4 tasks each
	if seed%4 == 0 {
		file, steps = largeCompany(), 34+2*(manyContacts*2/3-8)
	}
	model, err := tenant.Load(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		T: t, steps: steps, seed: seed, random: rand.New(rand.NewPCG(seed, 1)), model: model, start: time.Now(),
		asked: map[uint64]uint64{}, listed: map[string]map[string]string{},
	}
	answers := []tenant.Fact{tenant.Yes, tenant.No}
	pick := func() tenant.Fact { return answers[w.random.IntN(2)] }
	options := sandbox.Options{
		Limits: true, Now: time.Now, Seed: seed, ClientSecret: secret,
		Facts: tenant.Facts{IfMatchOnDelete: pick(), IfMatchOnPatch: pick(), IfMatchOnTasks: pick()},
	}
	w.calm = sandbox.New(model, options)
	options.Faults = w.trouble()
	w.rough = sandbox.New(model, options)
	return w
}

// trouble draws what goes wrong: some faults, each with a small chance on every
// request, and people who never rest.
func (w *world) trouble() []fault.Plan {
	plans := []fault.Plan{
		{Fault: fault.OtherEdits, Times: fault.Always, Chance: 0.04},
		{Fault: fault.OtherDeletes, Times: fault.Always, Chance: 0.02},
		{Fault: fault.OtherCreates, Times: fault.Always, Chance: 0.02},
	}
	all := fault.All()
	for range 3 + w.random.IntN(5) {
		f := all[w.random.IntN(len(all))]
		plans = append(plans, fault.Plan{
			Fault: f, Times: fault.Always, Chance: 0.01 + 0.1*w.random.Float64(), Wait: time.Duration(1+w.random.IntN(60)) * time.Second,
		})
	}
	return plans
}

// client reaches the tenant over the road.
func (w *world) client(box *sandbox.Sandbox) *graph.Client {
	client, err := graph.New(graph.Config{
		Sandbox: &graph.Sandbox{
			Graph: host, Authority: host, TenantID: box.TenantID(), ClientID: box.ClientID(), ClientSecret: secret,
		},
		Transport: &road{w, box.Transport()}, Now: time.Now, Random: func() float64 { return 0.5 },
	})
	if err != nil {
		w.Fatal(err)
	}
	return client
}

// road takes every request its own time, notes it, and holds the promises
// against it.
type road struct {
	*world
	next http.RoundTripper
}

func (r *road) RoundTrip(req *http.Request) (*http.Response, error) {
	there, back, err := r.delays(req)
	if err != nil {
		return nil, err
	}
	if err := pause(req.Context(), there); err != nil {
		return nil, err
	}
	at := time.Since(r.start)
	inside, err := partsOf(req)
	if err != nil {
		return nil, err
	}
	r.begins(req, inside)
	resp, err := r.next.RoundTrip(req)
	outcome := "no answer"
	if err == nil {
		outcome = fmt.Sprint(resp.StatusCode)
		r.noteListing(req, resp.StatusCode)
		if r.after != nil {
			r.after(req.Method, req.URL.Path, resp.StatusCode)
		}
	}
	answered := statuses(resp, inside)
	for id, status := range answered {
		if r.after != nil {
			r.after(inside[id].Method, inside[id].path(), status)
		}
	}
	r.mu.Lock()
	r.log = append(r.log, fmt.Sprintf("%020d %s %s %s", at, req.Method, req.URL.RequestURI(), outcome))
	for id, status := range answered {
		r.log = append(r.log, fmt.Sprintf("%020d %s /v1.0%s %d", at, inside[id].Method, inside[id].URL, status))
	}
	r.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if err := pause(req.Context(), back); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// begins tells of a request, or of those in a batch, that they are about to be
// served: first all of before, so that what meets sees is what the service meets.
func (r *road) begins(req *http.Request, inside map[string]batchPart) {
	parts := slices.Collect(maps.Values(inside))
	if inside == nil {
		parts = []batchPart{{Method: req.Method, whole: req.URL.Path, Headers: map[string]string{"If-Match": req.Header.Get("If-Match")}}}
	}
	for _, p := range parts {
		if r.before != nil {
			r.before(p.Method, p.path())
		}
	}
	for _, p := range parts {
		if r.meets != nil {
			r.meets(p.Method, p.path())
		}
		r.watch(p.Method, p.path(), p.Headers["If-Match"])
	}
}

// batchPart is a request in a batch.
type batchPart struct {
	ID, Method, URL string
	Headers         map[string]string
	Body            json.RawMessage

	whole string // the path of what is in no batch
}

// path is that of the request by itself.
func (p batchPart) path() string {
	if p.whole != "" {
		return p.whole
	}
	path, err := url.PathUnescape(p.URL)
	if err != nil {
		return p.URL
	}
	return "/v1.0" + path
}

// partsOf are the requests of a batch, by id; nil of anything else.
func partsOf(req *http.Request) (map[string]batchPart, error) {
	if req.URL.Path != "/v1.0/$batch" {
		return nil, nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	var batch struct{ Requests []batchPart }
	if err := json.Unmarshal(body, &batch); err != nil {
		return nil, err
	}
	parts := map[string]batchPart{}
	for _, p := range batch.Requests {
		parts[p.ID] = p
	}
	return parts, nil
}

// statuses are those of a batch's parts that are answered, by id.
func statuses(resp *http.Response, inside map[string]batchPart) map[string]int {
	if resp == nil || inside == nil || resp.StatusCode != http.StatusOK {
		return nil
	}
	body, broken := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{broken}))
	var answer struct {
		Responses []struct {
			ID     string
			Status int
		}
	}
	_ = json.Unmarshal(body, &answer) // a fault may have spoilt it
	out := map[string]int{}
	for _, r := range answer.Responses {
		if _, known := inside[r.ID]; known {
			out[r.ID] = r.Status
		}
	}
	return out
}

// failing is the end of a body.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, cmp.Or(f.err, io.EOF) }

// delays follow from the seed and what is asked for, the body included, and from
// how often it was asked before; not from what else is on the road.
func (w *world) delays(req *http.Request) (there, back time.Duration, err error) {
	h := fnv.New64a()
	fmt.Fprint(h, req.Method, " ", req.URL.RequestURI(), " ")
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return 0, 0, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		_, _ = h.Write(body)
	}
	key := h.Sum64()
	w.mu.Lock()
	w.asked[key]++
	ordinal := w.asked[key]
	w.mu.Unlock()
	random := rand.New(rand.NewPCG(w.seed^key, ordinal))
	return time.Duration(5e6 + random.IntN(150e6)), time.Duration(5e6 + random.IntN(300e6)), nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// requests is the log, by time and then by content.
func (w *world) requests() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	lines := slices.Clone(w.log)
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// breach notes that a promise was broken.
func (w *world) breach(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
}

// Watcher of the run.

func (w *world) BackedUp(mailbox.Account, snapshot.Mailbox, error) {}
func (w *world) Step(apply.Outcome)                                {}

func (w *world) Proven(_ string, proof snapshot.Proof) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.proofs = append(w.proofs, proof)
}

// step finds the planned step that a DELETE is for.
func (w *world) step(path string) (account string, step plan.Step, found bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/") // v1.0 users ID …
	for _, part := range w.plan.Mailboxes {
		for _, s := range part.Steps {
			if len(parts) > 3 && part.Account.ID == parts[2] && s.ID == parts[len(parts)-1] && s.FolderID == parts[len(parts)-3] {
				return part.Account.ID, s, true
			}
		}
	}
	return "", plan.Step{}, false
}

// watch holds a request against what the program promises.
func (w *world) watch(method, path, ifMatch string) {
	path = strings.TrimPrefix(path, "/")
	if !strings.HasPrefix(path, "v1.0/") || method == http.MethodGet || strings.HasSuffix(path, "/exportItems") { // which reads
		return
	}
	if method != http.MethodDelete {
		w.breach("%s %s: a purge does nothing but delete", method, path)
		return
	}
	account, step, planned := w.step(path)
	if !planned {
		w.breach("DELETE %s is not in the plan", path)
		return
	}
	w.mu.Lock()
	held := slices.ContainsFunc(w.proofs, func(p snapshot.Proof) bool { return p.Holds(account, step.Kind, step.ID, step.Version) })
	version := w.listed[account+" "+step.FolderID][step.ID]
	w.mu.Unlock()
	if !held {
		w.breach("DELETE %s: this version is in no proven snapshot", path)
	}
	if version != step.Version || ifMatch != step.Version {
		w.breach("DELETE %s: If-Match is %s, planned was %s, and the last reading showed %q", path, ifMatch, step.Version, version)
	}
}

// noteListing remembers what the folder held when it was listed.
func (w *world) noteListing(req *http.Request, status int) {
	parts := strings.Split(strings.Trim(req.URL.Path, "/"), "/")
	last := parts[len(parts)-1]
	if req.Method != http.MethodGet || status != http.StatusOK || len(parts) < 6 || !slices.Contains([]string{"contacts", "events", "tasks"}, last) {
		return
	}
	account, folder := parts[2], parts[len(parts)-2]
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listed[account+" "+folder] = w.held(account, item.Kind(last), folder)
}

func (w *world) held(account string, kind item.Kind, folder string) map[string]string {
	return held(w.model, account, kind, folder)
}

// held are the items of a folder with their versions.
func held(model *tenant.Tenant, account string, kind item.Kind, folder string) map[string]string {
	out := map[string]string{}
	box, _ := model.Mailbox(account)
	page, _, err := box.Page(tenant.Kind(kind), folder, 0, 1000, nil)
	if err != nil {
		return out
	}
	for _, it := range page {
		id := it.ImmutableID
		if kind == item.Tasks {
			id = it.ID
		}
		out[id] = it.Body.Text("@odata.etag")
	}
	return out
}
