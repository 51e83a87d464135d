package fault_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/fault"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

func TestCatalogue(t *testing.T) {
	all := fault.All()
	if len(all) < 30 {
		t.Fatalf("only %d faults", len(all))
	}
	for i, f := range all {
		plan, err := fault.Parse(string(f))
		if err != nil || plan.Fault != f || slices.Index(all, f) != i {
			t.Errorf("%s: %+v, %v", f, plan, err)
		}
		fault.New(http.NotFoundHandler(), fault.Options{Plans: []fault.Plan{plan}}) // panics without a behaviour
	}
}

func TestParse(t *testing.T) {
	got, err := fault.Parse("reset, verb=get,path=*/contacts,mailbox=ann,times=always,after=3,chance=0.25,wait=5s")
	want := fault.Plan{
		Fault: fault.Reset, Verb: "GET", Path: "*/contacts", Mailbox: "ann", Times: fault.Always, After: 3, Chance: 0.25, Wait: 5 * time.Second,
	}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for text, hint := range map[string]string{
		"": "the faults are reset,", "resett": "empty-404", "Reset": "looping-link", "reset,": "options are",
		"reset,verb": "options are", "reset,times=0": "least is 1", "reset,times=x": "invalid", "reset,chance=0": "above 0",
		"reset,chance=1.1": "above 0", "reset,chance=NaN": "above 0", "reset,after=-1": "least is 0", "reset,wait=5": "unit",
		"reset,wait=-1s": "negative", "reset,colour=red": "options are",
	} {
		if _, err := fault.Parse(text); !errors.Is(err, fault.ErrPlan) || !strings.Contains(err.Error(), hint) {
			t.Errorf("%q: %v, want ErrPlan with %q", text, err, hint)
		}
	}
}

// played serves requests of the paths through the plans and gives the statuses.
func played(o fault.Options, requests ...string) (statuses []int, p *fault.Player) {
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"value":[{"id":"1"}]}`)) })
	o.Now = func() time.Time { return time.Unix(0, 0) }
	p = fault.New(next, o)
	for _, request := range requests {
		verb, path, _ := strings.Cut(request, " ")
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(verb, "https://localhost/v1.0"+path, nil))
		statuses = append(statuses, w.Code)
	}
	return statuses, p
}

func TestPlansNarrowDown(t *testing.T) {
	requests := []string{"GET /users/ann/contacts", "GET /users/bob/contacts", "DELETE /users/ann/contacts/1", "GET /users/ann/contacts", "GET /users/ann/contacts"}
	for _, test := range []struct {
		options string
		want    []int
	}{
		{"times=always", []int{503, 503, 503, 503, 503}},
		{"", []int{503, 200, 200, 200, 200}},
		{"times=2", []int{503, 503, 200, 200, 200}},
		{"verb=delete", []int{200, 200, 503, 200, 200}},
		{"times=always,mailbox=ANN", []int{503, 200, 503, 503, 503}},
		{"times=always,path=/users/*/contacts", []int{503, 503, 200, 503, 503}},
		{"times=always,path=*/1", []int{200, 200, 503, 200, 200}},
		{"times=always,path=contacts", []int{200, 200, 200, 200, 200}},
		{"times=2,after=2", []int{200, 200, 503, 503, 200}},
	} {
		plan, err := fault.Parse(strings.TrimSuffix("empty-503,"+test.options, ","))
		if err != nil {
			t.Fatal(err)
		}
		got, p := played(fault.Options{Plans: []fault.Plan{plan}}, requests...)
		if !slices.Equal(got, test.want) {
			t.Errorf("%q: %v, want %v", test.options, got, test.want)
		}
		hits := 0
		for _, status := range got {
			if status == 503 {
				hits++
			}
		}
		if p.Hits()[0].Count != hits || (len(p.Unused()) == 1) != (hits == 0) {
			t.Errorf("%q: hits %+v, unused %+v; %d were played", test.options, p.Hits(), p.Unused(), hits)
		}
	}
}

// What is left to chance depends on the seed and the request, not on the order.
func TestChance(t *testing.T) {
	var requests []string
	for n := range 400 {
		requests = append(requests, fmt.Sprintf("GET /users/ann/contacts/%d", n))
	}
	plan := fault.Plan{Fault: fault.Empty503, Times: fault.Always, Chance: 0.25}
	first, p := played(fault.Options{Seed: 7, Plans: []fault.Plan{plan}}, requests...)
	if n := p.Hits()[0].Count; n < 60 || n > 140 {
		t.Errorf("%d of 400 at a chance of 0.25", n)
	}
	back := slices.Clone(requests)
	slices.Reverse(back)
	second, _ := played(fault.Options{Seed: 7, Plans: []fault.Plan{plan}}, back...)
	slices.Reverse(second)
	if !slices.Equal(first, second) {
		t.Error("the order of the requests makes a difference")
	}
	if other, _ := played(fault.Options{Seed: 8, Plans: []fault.Plan{plan}}, requests...); slices.Equal(first, other) {
		t.Error("the seed makes no difference")
	}
}

// A fault is not counted where it finds nothing to change.
func TestNothingToChange(t *testing.T) {
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"value":[]}`)) })
	for _, f := range []fault.Fault{fault.WrongElement, fault.RepeatedItem, fault.MissingItem, fault.DoneThen503, fault.CorruptItem, fault.OtherEdits, fault.BatchMissing} {
		p := fault.New(next, fault.Options{Plans: []fault.Plan{{Fault: f, Times: fault.Always}}, Now: time.Now})
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest("GET", "https://localhost/v1.0/users/ann/contacts", nil))
		if len(p.Unused()) != 1 || w.Body.String() != `{"value":[]}` {
			t.Errorf("%s: hits %+v, body %s", f, p.Hits(), w.Body)
		}
	}
}

// A corrupt item stays corrupt, and the others stay readable.
func TestCorruptItemStays(t *testing.T) {
	got, _ := played(fault.Options{Plans: []fault.Plan{{Fault: fault.CorruptItem}}},
		"GET /users/a/events", "GET /users/a/events/1", "GET /users/a/events/2", "GET /users/a/events/1/attachments", "GET /users/a/calendars/c/events/1")
	if want := []int{200, 500, 200, 500, 500}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestRetryAfterForms(t *testing.T) {
	for f, want := range map[fault.Fault]string{
		fault.ThrottledSeconds: "3", fault.ThrottledFraction: "3.000", fault.ThrottledDate: "Thu, 01 Jan 1970 00:00:03 GMT", fault.ThrottledSilent: "",
	} {
		p := fault.New(http.NotFoundHandler(), fault.Options{
			Plans: []fault.Plan{{Fault: f, Wait: 2500 * time.Millisecond}}, Now: func() time.Time { return time.Unix(0, 0) },
		})
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest("GET", "https://localhost/v1.0/users", nil))
		if _, there := w.Header()["Retry-After"]; w.Code != 429 || w.Header().Get("Retry-After") != want || there != (want != "") {
			t.Errorf("%s: %d, Retry-After %q, want %q", f, w.Code, w.Header().Get("Retry-After"), want)
		}
	}
}

const people = `{"tenantId":"3f1c2d4e-0000-4000-8000-000000000001","displayName":"Contoso","groups":[],"users":[{"id":"a1",
	"userPrincipalName":"ann@contoso.example","mail":"ann@contoso.example","displayName":"Ann","userPurpose":"user","mailbox":true,
	"masterCategories":[],"contactFolders":[],"calendars":[],"todoLists":[]}]}`

func box(t *testing.T, plans ...fault.Plan) *sandbox.Sandbox {
	t.Helper()
	model, err := tenant.Load(strings.NewReader(people))
	if err != nil {
		t.Fatal(err)
	}
	return sandbox.New(model, sandbox.Options{Faults: plans, Now: time.Now})
}

// signedIn gets a token through the client and asks for users.
func signedIn(t *testing.T, s *sandbox.Sandbox, client *http.Client, root string) func(context.Context) (string, error) {
	t.Helper()
	form := "grant_type=client_credentials&scope=" + root + "/.default&client_id=" + s.ClientID() + "&client_secret=" + s.ClientSecret()
	resp, err := client.Post(root+"/"+s.TenantID()+"/oauth2/v2.0/token", "application/x-www-form-urlencoded", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var token struct {
		Text string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil || token.Text == "" {
		t.Fatalf("no token: %v", err)
	}
	return func(ctx context.Context) (string, error) {
		// A POST is never sent twice by net/http, so that a reset is seen.
		req, err := http.NewRequestWithContext(ctx, "POST", root+"/v1.0/$batch", strings.NewReader(`{"requests":[{"id":"1","method":"GET","url":"/users"}]}`))
		if err != nil {
			return "", err
		}
		req.Header = http.Header{"Authorization": {"Bearer " + token.Text}, "Content-Type": {"application/json"}}
		if ctx.Value(useGet{}) != nil {
			req, _ = http.NewRequestWithContext(ctx, "GET", root+"/v1.0/users", nil)
			req.Header.Set("Authorization", "Bearer "+token.Text)
		}
		resp, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}
}

type useGet struct{}

// Connections break in the same way over sockets, with HTTP/1 and HTTP/2, as
// in this process.
func TestBrokenConnections(t *testing.T) {
	for _, way := range []string{"http/1", "http/2", "in process"} {
		t.Run(way, func(t *testing.T) {
			s := box(t, fault.Plan{Fault: fault.Reset, Path: "$batch"}, fault.Plan{Fault: fault.CutBody})
			client, root := s.Client(), "https://localhost"
			if way != "in process" {
				client, root = listening(t, s, way == "http/2")
			}
			ask := signedIn(t, s, client, root)
			if body, err := ask(t.Context()); err == nil {
				t.Errorf("a reset gave %q", body)
			}
			body, err := ask(context.WithValue(t.Context(), useGet{}, true))
			if err == nil || !strings.HasPrefix(body, `{"@odata.context"`) || strings.HasSuffix(body, "}") {
				t.Errorf("a cut body gave %q, %v", body, err)
			}
			if body, err := ask(t.Context()); err != nil || !strings.Contains(body, "ann@contoso.example") {
				t.Errorf("afterwards: %q, %v", body, err)
			}
			for _, hit := range s.Faults() {
				if hit.Count != 1 {
					t.Errorf("%s was played %d times", hit.Plan.Fault, hit.Count)
				}
			}
		})
	}
}

func listening(t *testing.T, s *sandbox.Sandbox, two bool) (*http.Client, string) {
	t.Helper()
	server, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-served, server.Close()); err != nil {
			t.Error(err)
		}
	})
	ca, err := os.ReadFile(server.Ready().CAFile)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(ca) {
		t.Fatal("no certificate", err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: two}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}, server.Ready().Graph
}

// In process, a slow body's head comes at once, its end after the wait, and the
// client can leave before.
func TestSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := box(t, fault.Plan{Fault: fault.SlowBody, Times: 2, Wait: time.Minute})
		ask := signedIn(t, s, s.Client(), "https://localhost")
		ctx := context.WithValue(t.Context(), useGet{}, true)
		begin := time.Now()
		body, err := ask(ctx)
		if took := time.Since(begin); err != nil || took != time.Minute || !strings.HasSuffix(body, "}") {
			t.Errorf("%q after %s, %v", body, took, err)
		}
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		begin = time.Now()
		if body, err := ask(short); !errors.Is(err, context.DeadlineExceeded) || body == "" || time.Since(begin) != time.Second {
			t.Errorf("%q after %s, %v; want half a body and a deadline", body, time.Since(begin), err)
		}
	})
}
