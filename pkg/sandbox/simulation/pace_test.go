package simulation_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/draw"
	"github.com/riva-prep/riva-prep/pkg/sandbox/limits"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/transfer"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// fleet is a run over mailboxes of so many contacts, all to be changed, at
// Exchange's limits.
type fleet struct {
	boxes, items, parallel int
	purpose                plan.Purpose
	oneWay                 time.Duration
	// broken plants a bug in how requests are sent.
	broken func(http.RoundTripper) http.RoundTripper
}

// pace is how a run went.
type pace struct {
	whole, changing time.Duration // the changing is from the first change to the last
	// floors are the least times for what was asked: of all, and of the changes.
	floor, changeFloor time.Duration
	done, requests     int
	refused, most      int
}

func (p pace) ratio() float64 { return float64(p.changing) / float64(p.changeFloor) }

func (p pace) String() string {
	return fmt.Sprintf("%d requests, %d refused, at most %d in service; changes in %s, %.3f × %s; all in %s, %.3f × %s",
		p.requests, p.refused, p.most, p.changing.Round(time.Millisecond), p.ratio(), p.changeFloor.Round(time.Millisecond),
		p.whole.Round(time.Millisecond), float64(p.whole)/float64(p.floor), p.floor.Round(time.Millisecond))
}

func (f fleet) rules() plan.Rules {
	if f.purpose == plan.TagPersonal {
		return plan.Rules{Purpose: f.purpose, Kinds: item.Kinds(), Tag: "Personal", Colour: "preset4", Categories: []string{}, Protect: []string{}}
	}
	return plan.Rules{Purpose: f.purpose, Kinds: item.Kinds(), Categories: []string{"CRM"}, Protect: []string{}}
}

// run carries the plan out and measures it.
func (f fleet) run(t *testing.T) (got pace) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		model := f.tenant(t)
		p := f.plan(t, model)
		served := sandbox.New(model, sandbox.Options{Limits: true, Latency: inService, Network: f.oneWay, Spread: spread, Seed: 5, ClientSecret: secret})
		transport := served.Transport()
		if f.broken != nil {
			transport = f.broken(transport)
		}
		count := &counter{
			next: transport, exchange: &transfer.Service{Tenant: model}, luck: draw.New(5), asked: map[string]asked{}, changes: map[string]asked{},
		}
		client := connect(t, served, count)
		defer client.Close()
		start := time.Now()
		report, err := run.NewStore(durable.New(newSpill(t), "store")).Execute(t.Context(), run.Job{
			Plan: p, Directory: client, Tool: "simulation", Now: time.Now, Parallel: f.parallel, Watcher: silent{},
		})
		if err != nil {
			t.Fatal(err)
		}
		counts := served.Counts()
		got = pace{
			whole: time.Since(start), changing: count.last.Sub(count.first), floor: f.least(count.asked), changeFloor: f.least(count.changes),
			done: report.Result.Done, requests: counts.Total, refused: counts.Refused, most: counts.MaxInService,
		}
	})
	return got
}

// tenant makes the mailboxes, one text after the other.
func (f fleet) tenant(t *testing.T) *tenant.Tenant {
	file, end := io.Pipe()
	go func() {
		out := bufio.NewWriter(end)
		begin, rest, _ := strings.Cut(tenantFile("|"), "|")
		_, _ = out.WriteString(begin) // an error is the reader's, too
		for n := range f.boxes {
			name := fmt.Sprintf("u%d", n)
			if n > 0 {
				_, _ = out.WriteString(",")
			}
			_, _ = out.WriteString(user(name, strings.ReplaceAll(entries(name+"-k", f.items, contact), `"Own"`, `"CRM"`), "", ""))
		}
		_, _ = out.WriteString(rest)
		end.CloseWithError(out.Flush())
	}()
	model, err := tenant.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// plan reads without limits.
func (f fleet) plan(t *testing.T, model *tenant.Tenant) plan.Plan {
	calm := sandbox.New(model, sandbox.Options{ClientSecret: secret})
	client := connect(t, calm, calm.Transport())
	defer client.Close()
	var parts []plan.Mailbox
	for n := range f.boxes {
		name := fmt.Sprintf("u%d", n)
		box, err := client.Open(t.Context(), mailbox.Account{ID: name, UPN: name + "@contoso.example"})
		if err != nil {
			t.Fatal(err)
		}
		items, err := mailbox.Scan(t.Context(), box, []item.Kind{item.Contacts}, f.rules().WantsSeries)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, plan.For(f.rules(), box.Account(), items))
	}
	p := plan.Make(mailbox.Tenant{ID: model.ID()}, f.rules(), parts)
	if n := p.Totals().Steps(); n != f.boxes*f.items {
		t.Fatalf("%d steps planned, want %d", n, f.boxes*f.items)
	}
	return p
}

func connect(t *testing.T, served *sandbox.Sandbox, transport http.RoundTripper) *graph.Client {
	t.Helper()
	client, err := graph.New(graph.Config{
		Sandbox: &graph.Sandbox{
			Graph: host, Authority: host, TenantID: served.TenantID(), ClientID: served.ClientID(), ClientSecret: secret,
		},
		Transport: transport, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// silent hears of a run and says nothing.
type silent struct{}

func (silent) BackedUp(mailbox.Account, snapshot.Mailbox, error) {}
func (silent) Proven(string, snapshot.Proof)                     {}
func (silent) Step(apply.Outcome)                                {}

// least is the least time in which all that was asked can be served: the mailboxes
// each by four at a time, as many mailboxes at once as are worked on, and no more
// than 10,000 requests of one in ten minutes, nor 130,000 in all in ten seconds.
func (f fleet) least(asked map[string]asked) time.Duration {
	sum, longest, all := time.Duration(0), time.Duration(0), 0
	for _, a := range asked {
		// The last of each full window can come first when that window is over.
		windows := time.Duration((a.requests-1)/limits.Requests) * limits.Window
		rest := a.service * time.Duration((a.requests-1)%limits.Requests+1) / time.Duration(a.requests)
		sum, longest, all = sum+a.service/4, max(longest, a.service/4, windows+rest/4), all+a.requests
	}
	return max(longest, sum/time.Duration(min(f.parallel, f.boxes)), time.Duration((all-1)/limits.All)*limits.AllWindow)
}

// asked is what was asked of a mailbox, and how long that was in service.
type asked struct {
	requests int
	service  time.Duration
}

// counter notes what is asked of each mailbox, that in batches too, and when the
// changes are made.
type counter struct {
	next     http.RoundTripper
	exchange *transfer.Service // tells whose mailbox is exported

	mu             sync.Mutex
	luck           *draw.Source // the sandbox's own draws the same
	asked, changes map[string]asked
	first, last    time.Time
}

func (c *counter) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(req.URL.Path, "/v1.0/") {
		return c.next.RoundTrip(req)
	}
	changes := false
	inside, err := partsOf(req)
	if err != nil {
		return nil, err
	}
	if inside == nil {
		changes = c.note(req.Method, req.URL.EscapedPath(), req.URL.RawQuery)
	}
	for _, p := range inside {
		changes = c.note(p.Method, "/v1.0"+p.URL, "") || changes
	}
	resp, err := c.next.RoundTrip(req)
	if changes {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.last = time.Now()
	}
	return resp, err
}

// mailboxOf is the mailbox that a path reaches, "" for none.
func (c *counter) mailboxOf(path string) string {
	parts, err := wire.Segments(path)
	if err != nil || len(parts) < 2 {
		return ""
	}
	if m, ok := c.exchange.MailboxOf(parts); ok {
		return m.ID
	}
	if parts[0] == "users" {
		return parts[1]
	}
	return ""
}

// note says whether the request changes an item.
func (c *counter) note(method, path, query string) bool {
	whose := c.mailboxOf(path)
	if whose == "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	change := method == http.MethodDelete || method == http.MethodPatch
	took := c.luck.Spread(inService, spread, "service", method+" "+path+"?"+query)
	add := func(to map[string]asked) {
		so := to[whose]
		to[whose] = asked{so.requests + 1, so.service + took}
	}
	add(c.asked)
	if change {
		if add(c.changes); c.first.IsZero() {
			c.first = time.Now()
		}
	}
	return change
}

// The changes of a run in one mailbox are made nearly as fast as Exchange can, and
// nothing is refused. A way of 120 ms there and back, of which no schedule can fill
// more, costs more than one of 60. The end, where batches are small, weighs more with
// the 1,000 items here than with 4,000: see docs/benchmarks.md.
func TestOneMailboxAtTheLimit(t *testing.T) {
	for _, c := range []struct {
		purpose plan.Purpose
		oneWay  time.Duration
		atMost  float64
	}{{plan.Purge, oneWay, 1.07}, {plan.TagPersonal, oneWay, 1.07}, {plan.Purge, 2 * oneWay, 1.12}} {
		got := fleet{boxes: 1, items: 1000, parallel: 1, purpose: c.purpose, oneWay: c.oneWay}.run(t)
		t.Logf("%s, %s there and back: %s", c.purpose, 2*c.oneWay, got)
		if got.done != 1000 || got.refused != 0 || got.most != limits.Concurrent || got.ratio() > c.atMost {
			t.Errorf("%s: %d done, %s; want at most %.2f times the floor", c.purpose, got.done, got, c.atMost)
		}
	}
}

// A fleet is never refused either.
func TestAFleetIsNotRefused(t *testing.T) {
	got := fleet{boxes: 20, items: 30, parallel: 10, purpose: plan.Purge, oneWay: oneWay}.run(t)
	t.Log(got)
	if got.done != 600 || got.refused != 0 || got.most > limits.Concurrent {
		t.Errorf("%d done, %s", got.done, got)
	}
}

// loose is a bug: what belongs in order is sent without an order, so that Graph
// serves four of each batch at a time.
type loose struct{ next http.RoundTripper }

func (l loose) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.HasSuffix(req.URL.Path, "/$batch") {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		body = regexp.MustCompile(`,"dependsOn":\["\d+"\]`).ReplaceAll(body, nil)
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	return l.next.RoundTrip(req)
}

// The measurement sees a planted bug, and the run comes to its end all the same.
func TestPlantedHasteIsRefused(t *testing.T) {
	got := fleet{
		boxes: 1, items: 200, parallel: 1, purpose: plan.Purge, oneWay: oneWay,
		broken: func(next http.RoundTripper) http.RoundTripper { return loose{next} },
	}.run(t)
	t.Log(got)
	if got.refused == 0 || got.done != 200 {
		t.Errorf("%d refused, %d done: the bug is not seen", got.refused, got.done)
	}
}

var fleetFlag = flag.String("fleet", "", "mailboxes × items × parallel of one more run, as 10000x300x500")

// TestFleetOf runs what the flag says.
func TestFleetOf(t *testing.T) {
	f := fleet{purpose: plan.Purge, oneWay: oneWay}
	if _, err := fmt.Sscanf(*fleetFlag, "%dx%dx%d", &f.boxes, &f.items, &f.parallel); err != nil {
		t.Skip("a fleet of a size of its own takes long: -args -fleet=10000x300x500")
	}
	began := time.Now()
	got := f.run(t)
	t.Logf("%s: %s", *fleetFlag, got)
	t.Logf("%s of real time", time.Since(began).Round(time.Second))
}
