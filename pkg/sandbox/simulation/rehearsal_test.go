package simulation_test

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/durable/memory"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/rehearsal"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/survey"
)

// What is assumed of the service in a rehearsal, and true of it in the deed.
const (
	service = 100 * time.Millisecond
	network = 60 * time.Millisecond
)

// premiere is a plan for a tenant that is rehearsed, and carried out.
type premiere struct {
	name     string
	boxes    int
	users    func(name string, n int) string
	purpose  plan.Purpose
	streams  backup.Streams
	parallel int
	least    int // requests
}

func premieres() []premiere {
	simple := func(name string, _ int) string { return small(name) }
	rich := func(name string, n int) string {
		m := &maker{Rand: rand.New(rand.NewPCG(7, uint64(n))), owner: name}
		return m.user(80)
	}
	large := func(name string, _ int) string { return user(name, entries(name+"-k", 15_300, contact), "", "") }
	return []premiere{
		{"purge one", 1, rich, plan.Purge, backup.Require, 4, 100},
		{"purge many", 12, simple, plan.Purge, backup.Auto, 4, 300},
		{"purge one by one", 3, rich, plan.Purge, backup.Off, 1, 300},
		{"purge beyond ten minutes", 1, large, plan.Purge, backup.Off, 4, 10_100},
		{"tag one", 1, rich, plan.TagPersonal, backup.Off, 4, 30},
		{"tag many", 12, simple, plan.TagPersonal, backup.Require, 4, 250},
		{"undo posted", 2, rich, plan.Undo, backup.Off, 4, 300},
		{"undo of streams", 3, rich, plan.Undo, backup.Require, 2, 300},
		{"restore posted", 12, simple, plan.Restore, backup.Off, 4, 300},
		{"restore streams", 1, rich, plan.Restore, backup.Require, 4, 100},
	}
}

// A rehearsal sends what the deed sends, and foretells how long that takes.
func TestRehearsalEqualsTheDeed(t *testing.T) {
	all := premieres()
	if len(all) < 10 {
		t.Fatalf("%d plans", len(all))
	}
	for n, p := range all {
		if race.Detector && n%3 != 0 { // all go without, in the short dose of scripts/simulate
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			if p.least > 10_000 && *windowsFlag == 0 {
				t.Skip("10,000 requests take seconds: scripts/simulate, or -args -windows=1")
			}
			p.compare(t)
		})
	}
}

func (p premiere) compare(t *testing.T) {
	t.Helper()
	h := &house{T: t, premiere: p, store: run.NewStore(memory.New("store")), service: service}
	var deed performance
	synctest.Test(t, func(t *testing.T) {
		h.T = t
		h.open()
		deed = h.deed()
	})
	h.T = t
	began := time.Now()
	rehearsed := h.rehearse()
	t.Logf("deed %d requests, %s; rehearsal %d, %s, in %s", len(deed.log), deed.took, len(rehearsed.log), rehearsed.took, time.Since(began).Round(time.Millisecond))
	p.estimated(t, h.plan, deed)
	if len(deed.log) < p.least {
		t.Errorf("only %d requests", len(deed.log))
	}
	if off := off(rehearsed, deed); off > 0.1 {
		t.Errorf("%s were foretold, and it took %s", rehearsed.took, deed.took)
	}
	sameLog(t, deed.log, rehearsed.log)
	if d, r := deed.result(), rehearsed.result(); d != r || deed.report.Result.Done == 0 {
		t.Errorf("the deed ended as %.2000s, the rehearsal as %.2000s", d, r)
	}
}

// estimated holds what a report tells of a plan, from counts alone, against the
// deed: neither the requests nor the time may be half as much again, or two
// thirds.
func (p premiere) estimated(t *testing.T, plan plan.Plan, deed performance) {
	t.Helper()
	told := ledger.Of(plan, nil).Estimate(ledger.Assumed{Service: service, Network: network, Parallel: p.parallel})
	requests, took := float64(told.Requests)/float64(len(deed.log)), told.Took.Seconds()/deed.took.Seconds()
	t.Logf("estimate: %.2f of the requests, %.2f of the time", requests, took)
	const most = 1.5
	if max(requests, took) > most || min(requests, took) < 1/most {
		t.Errorf("%d requests and %s were estimated, and it took %d and %s", told.Requests, told.Took, len(deed.log), deed.took)
	}
}

// off is the share by which a forecast misses.
func off(rehearsed, deed performance) float64 {
	return math.Abs(float64(rehearsed.took-deed.took)) / float64(deed.took)
}

// sameLog compares the requests, whatever their order: four are under way in a mailbox.
func sameLog(t *testing.T, deed, rehearsed []string) {
	t.Helper()
	if difference := differing(deed, rehearsed); difference != "" {
		t.Error(difference)
	}
}

// differing shows the first request of one log that the other does not have.
func differing(deed, rehearsed []string) string {
	deed, rehearsed = slices.Sorted(slices.Values(deed)), slices.Sorted(slices.Values(rehearsed))
	for i := range max(len(deed), len(rehearsed)) {
		if at(deed, i) != at(rehearsed, i) {
			return fmt.Sprintf("request %d of %d and %d:\n%.600s\n%.600s", i, len(deed), len(rehearsed), at(deed, i), at(rehearsed, i))
		}
	}
	return ""
}

// Another service, another width and another plan are told from the deed's.
func TestRehearsalIsHeldAgainstTheDeed(t *testing.T) {
	p := premieres()[4]
	h := &house{T: t, premiere: p, store: run.NewStore(memory.New("store")), service: service}
	var deed performance
	synctest.Test(t, func(t *testing.T) {
		h.T = t
		h.open()
		deed = h.deed()
	})
	h.T = t
	h.service = 140 * time.Millisecond
	slow := h.rehearse()
	if off := off(slow, deed); off < 0.1 || differing(deed.log, slow.log) != "" {
		t.Errorf("a slower service: %.2f", off)
	}
	h.service, h.plan.Mailboxes[0].Steps = service, h.plan.Mailboxes[0].Steps[1:]
	if differing(deed.log, h.rehearse().log) == "" {
		t.Error("a step less is not told")
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "none"
}

// performance is a run with its requests.
type performance struct {
	report run.Report
	took   time.Duration
	log    []string
}

// result is what became of the run, but for how long items were out of sight.
func (p performance) result() string {
	r := p.report.Result
	r.Window = nil
	return fmt.Sprintf("%+v", r)
}

// house is the tenant and the store of one premiere.
type house struct {
	*testing.T
	premiere
	store    *run.Store
	client   *graph.Client
	log      *scribe
	plan     plan.Plan
	snapshot string
	// service is what the rehearsal assumes.
	service time.Duration
}

// open makes the plan, and the backup for its rehearsal.
func (h *house) open() {
	var users []string
	for n := range h.boxes {
		users = append(users, h.users(fmt.Sprintf("u%02d", n), n))
	}
	model, err := tenant.Load(strings.NewReader(tenantFile(users...)))
	h.must(err)
	box := sandbox.New(model, sandbox.Options{Limits: true, Latency: service, Network: network, ClientSecret: secret, Now: time.Now})
	h.log = &scribe{next: box.Transport()}
	h.client, err = graph.New(graph.Config{
		Sandbox: &graph.Sandbox{
			Graph: host + ":8443", Authority: host + ":8443", TenantID: box.TenantID(), ClientID: box.ClientID(), ClientSecret: secret,
		},
		Transport: h.log, Now: time.Now,
	})
	h.must(err)
	h.plan = h.planned(h.purpose)
	var boxes []mailbox.Mailbox
	for _, part := range h.plan.Mailboxes {
		mb, err := h.client.Open(h.Context(), part.Account)
		h.must(err)
		boxes = append(boxes, mb)
	}
	taken, err := h.store.Backup(h.Context(), run.BackupJob{
		Tenant: h.plan.Tenant, Mailboxes: boxes, Kinds: h.plan.Rules.Kinds, Now: time.Now, Parallel: h.parallel, Options: backup.Options{Streams: h.streams},
	})
	h.must(err)
	if len(taken.Failures) > 0 {
		h.Fatal(taken.Failures)
	}
	h.snapshot = taken.ID
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// planned makes a plan; what is brought back is purged before.
func (h *house) planned(purpose plan.Purpose) (p plan.Plan) {
	rules := plan.Rules{Purpose: purpose, Kinds: item.Kinds(), Categories: []string{category}, Protect: []string{}}
	if purpose == plan.TagPersonal {
		rules.Tag, rules.Colour = "Personal", "preset0"
	}
	if purpose == plan.Purge || purpose == plan.TagPersonal {
		p, err := survey.Survey{Directory: h.client, Selection: scope.Selection{All: true}, Kinds: item.Kinds(), Parallel: h.parallel}.Plan(h.Context(), rules)
		h.must(err)
		return p
	}
	purged := h.execute(h.planned(plan.Purge)).report
	var err error
	if purpose == plan.Undo {
		past, pastErr := h.store.Past(purged.Run, nil)
		h.must(pastErr)
		p, err = restore.Undo(h.Context(), restore.UndoRequest{Run: past, Directory: h.client, Streams: h.streams != backup.Off, Parallel: 4})
	} else {
		from, sourceErr := h.store.Source(purged.Snapshot, nil)
		h.must(sourceErr)
		p, err = restore.Plan(h.Context(), restore.Request{
			Snapshot: from, Directory: h.client, Rules: plan.Rules{Kinds: item.Kinds()}, Streams: h.streams != backup.Off, Parallel: 4,
		})
	}
	h.must(err)
	return p
}

func (h *house) job(p plan.Plan) run.Job {
	return run.Job{
		Plan: p, Tool: "simulation", Parallel: h.parallel, Watcher: unwatched{}, Backup: backup.Options{Streams: h.streams},
	}
}

func (h *house) execute(p plan.Plan) performance {
	h.log.clear()
	began, job := time.Now(), h.job(p)
	job.Directory, job.Now = h.client, time.Now
	report, err := h.store.Execute(h.Context(), job)
	h.must(err)
	return performance{report, time.Since(began), h.log.clear()}
}

func (h *house) deed() performance { return h.execute(h.plan) }

func (h *house) rehearse() performance {
	dir, err := h.store.Find(h.snapshot)
	h.must(err)
	stage, _, err := rehearsal.Open(dir)
	h.must(err)
	log := &scribe{}
	stage.Service, stage.Network = h.service, network
	stage.Through = func(next http.RoundTripper) http.RoundTripper { log.next = next; return log }
	job := h.job(h.plan)
	job.Sources = h.store
	report, err := stage.Perform(h.Context(), time.Now(), job)
	h.must(err)
	if told := report.Rehearsal.Requests; told != len(log.lines) {
		h.Errorf("%d requests are told, and there were %d", told, len(log.lines))
	}
	return performance{report, report.Rehearsal.Took, log.clear()}
}

// scribe writes down what is asked of Graph and of Exchange, but for host, token
// and time. What was made has ids that nobody can foretell, and is named after
// the request that made it.
type scribe struct {
	next http.RoundTripper

	mu    sync.Mutex
	lines []string
	made  map[string]string // id → name
}

// RoundTrip implements http.RoundTripper.
func (s *scribe) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(req.URL.Path, "/v1.0/") && !strings.HasPrefix(req.URL.Path, "/api/") {
		return s.next.RoundTrip(req)
	}
	body, err := reread(&req.Body)
	if err != nil {
		return nil, err
	}
	inside, err := partsOf(req)
	if err != nil {
		return nil, err
	}
	for _, p := range inside { // a batch is its parts, however they are put together
		s.write(p.Method, p.path(), "", p.Headers["If-Match"], p.Headers["Prefer"], string(p.Body))
	}
	if inside != nil {
		return s.next.RoundTrip(req)
	}
	line, of := s.write(req.Method, req.URL.Path, req.URL.RawQuery, req.Header.Get("If-Match"), req.Header.Get("Prefer"), string(body))
	resp, err := s.next.RoundTrip(req)
	if err != nil || req.Method != http.MethodPost && of == "" {
		return resp, err
	}
	answer, err := reread(&resp.Body)
	var got struct{ ID, ItemID string }
	if err == nil && json.Unmarshal(answer, &got) == nil && cmp.Or(got.ItemID, got.ID) != "" {
		s.name(cmp.Or(got.ItemID, got.ID), cmp.Or(of, fmt.Sprintf("made-by-%x", sha256.Sum256([]byte(line)))))
	}
	return resp, err
}

// reread reads a body, and puts one like it in its place.
func reread(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(*body)
	*body = io.NopCloser(bytes.NewReader(data))
	return data, err
}

// write writes a request down, and says whether it ends in something that was made.
func (s *scribe) write(method, address, query, match, prefer, body string) (line, of string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := strings.Split(address, "/")
	for i, part := range path {
		if of = s.made[part]; of != "" {
			path[i] = of
		}
	}
	if strings.HasPrefix(query, "authtoken=") {
		query = ""
	}
	line = strings.Join([]string{
		method, strings.Join(path, "/"), query, cmp.Or(match, "any"), prefer, body,
	}, " ")
	s.lines = append(s.lines, line)
	return line, of
}

func (s *scribe) name(id, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made == nil {
		s.made = map[string]string{}
	}
	s.made[id] = name
}

// clear gives the lines and forgets them.
func (s *scribe) clear() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := s.lines
	s.lines = nil
	return lines
}
