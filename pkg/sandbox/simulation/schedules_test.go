package simulation_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/draw"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// The road of the pacing tests: a service of 100 ms, half as much more or less,
// and 60 ms on the network, there and back together.
const (
	inService = 100 * time.Millisecond
	oneWay    = 30 * time.Millisecond
	spread    = 0.5
)

var waysFlag = flag.Int("ways", 1, "how many distances to the service each schedule is tried at, 2 at most")

// TestSchedules compares the ways to delete the items of one mailbox. What is
// refused disqualifies: a refusal is work for the service and a wait for us.
func TestSchedules(t *testing.T) {
	const items = 2_000
	chain := func(n, lanes int) func(*yard) { return func(l *yard) { l.side(lanes, n, true) } }
	loose := func(n, lanes int) func(*yard) { return func(l *yard) { l.side(lanes, n, false) } }
	schedules := []struct {
		name    string
		run     func(*yard)
		refused bool // that is, some are
		atMost  float64
	}{
		{"1 single call", loose(1, 1), false, 8},
		{"4 single calls", loose(1, 4), false, 1.8},
		{"5 single calls", loose(1, 5), true, 0},
		{"1 batch of 20, unordered", loose(20, 1), false, 1.4},
		{"2 batches of 20, unordered", loose(20, 2), true, 0},
		{"1 batch of 20, unordered, and 1 single call", func(l *yard) { l.both(20, 1) }, true, 0},
		{"4 batches of 5, in order", chain(5, 4), false, 1.25},
		{"4 batches of 20, in order", chain(20, 4), false, 1.05},
		{"5 batches of 20, in order", chain(20, 5), true, 0},
		{"3 batches of 20, in order, and 1 single call", func(l *yard) { l.mixed(3, 1) }, false, 1.25},
	}
	if len(schedules) < 10 {
		t.Fatal("too few schedules")
	}
	for _, s := range schedules {
		for _, way := range []time.Duration{oneWay, 2 * oneWay}[:*waysFlag] {
			got := timed(t, items, way, s.run)
			t.Logf("%-46s %3d ms there and back: %5.3f × floor, %4d refused, %d in service", s.name, 2*way.Milliseconds(), got.ratio, got.refused, got.most)
			switch {
			case (got.refused > 0) != s.refused:
				t.Errorf("%s: %d refused", s.name, got.refused)
			case got.deleted != items:
				t.Errorf("%s: %d of %d deleted", s.name, got.deleted, items)
			case way == oneWay && !s.refused && got.ratio > s.atMost:
				t.Errorf("%s: %.3f times the floor, want at most %.2f", s.name, got.ratio, s.atMost)
			}
		}
	}
}

// measured is what a schedule came to.
type measured struct {
	ratio                  float64 // of the time to the floor
	refused, most, deleted int
}

// timed deletes the items of one mailbox by a schedule, in virtual time.
func timed(t *testing.T, items int, way time.Duration, run func(*yard)) (got measured) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		model, err := tenant.Load(strings.NewReader(tenantFile(user("ann", entries("k", items, contact), "", ""))))
		if err != nil {
			t.Fatal(err)
		}
		served := sandbox.New(model, sandbox.Options{Limits: true, Latency: inService, Network: way, Spread: spread, Seed: 5, ClientSecret: secret})
		l := &yard{T: t, http: served.Client(), token: token(t, served)}
		for n := range items {
			l.left = append(l.left, fmt.Sprintf("/users/ann/contactFolders/ann-f/contacts/k%d", n))
		}
		start := time.Now()
		run(l)
		counts := served.Counts()
		asked := map[string]int{}
		for path, times := range l.served {
			asked["DELETE /v1.0"+path+"?"] = times
		}
		got = measured{
			ratio:   float64(time.Since(start)) / float64(floor(asked, 5)),
			refused: counts.Refused, most: counts.MaxInService, deleted: counts.ByStatus["204"],
		}
	})
	return got
}

// floor is the least time in which Exchange serves the requests of one mailbox,
// four at a time: a quarter of the sum of the services that are drawn for them.
func floor(asked map[string]int, seed uint64) time.Duration {
	luck, sum := draw.New(seed), time.Duration(0)
	for identity, times := range asked {
		for range times {
			sum += luck.Spread(inService, spread, "service", identity)
		}
	}
	return sum / 4
}

func token(t *testing.T, served *sandbox.Sandbox) string {
	t.Helper()
	resp, err := served.Client().PostForm(host+"/"+served.TenantID()+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {served.ClientID()},
		"client_secret": {secret}, "scope": {"https://graph.microsoft.com/.default"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatalf("no token: %v", err)
	}
	return answer.Token
}

// yard deletes what is left, by hand: no gate, no client.
type yard struct {
	*testing.T
	http  *http.Client
	token string

	mu     sync.Mutex
	left   []string
	served map[string]int
}

// take gives the next n of what is left.
func (l *yard) take(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	n = min(n, len(l.left))
	part := l.left[:n]
	l.left = l.left[n:]
	return part
}

// again puts back what was refused, after the second that the service asks for.
func (l *yard) again(path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = append(l.left, path)
}

func (l *yard) note(path string, status int) (refused bool) {
	switch status {
	case http.StatusNoContent:
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.served == nil {
			l.served = map[string]int{}
		}
		l.served[path]++
	case http.StatusTooManyRequests:
		l.again(path)
		return true
	case http.StatusFailedDependency:
		l.again(path)
	default:
		l.Errorf("DELETE %s: %d", path, status)
	}
	return false
}

// side runs so many lanes of batches of n, which for n of 1 are single calls.
func (l *yard) side(lanes, n int, ordered bool) {
	var all sync.WaitGroup
	for range lanes {
		all.Go(func() { l.drive(n, ordered) })
	}
	all.Wait()
}

func (l *yard) both(n, singles int) {
	var all sync.WaitGroup
	all.Go(func() { l.drive(n, false) })
	all.Go(func() { l.side(singles, 1, false) })
	all.Wait()
}

func (l *yard) mixed(chains, singles int) {
	var all sync.WaitGroup
	all.Go(func() { l.side(chains, 20, true) })
	all.Go(func() { l.side(singles, 1, false) })
	all.Wait()
}

func (l *yard) drive(n int, ordered bool) {
	for {
		part := l.take(n)
		if len(part) == 0 {
			return
		}
		refused := false
		if n == 1 {
			status, _ := l.send(http.MethodDelete, part[0], nil)
			refused = l.note(part[0], status)
		} else {
			for i, status := range l.batch(part, ordered) {
				refused = l.note(part[i], status) || refused
			}
		}
		if refused {
			time.Sleep(time.Second)
		}
	}
}

func (l *yard) batch(paths []string, ordered bool) []int {
	type request struct {
		ID        string   `json:"id"`
		Method    string   `json:"method"`
		URL       string   `json:"url"`
		DependsOn []string `json:"dependsOn,omitempty"`
	}
	var requests []request
	for i, path := range paths {
		r := request{ID: fmt.Sprint(i), Method: http.MethodDelete, URL: path}
		if ordered && i > 0 {
			r.DependsOn = []string{fmt.Sprint(i - 1)}
		}
		requests = append(requests, r)
	}
	body, err := json.Marshal(map[string]any{"requests": requests})
	if err != nil {
		l.Fatal(err)
	}
	_, raw := l.send(http.MethodPost, "/$batch", body)
	var answer struct {
		Responses []struct {
			ID     string `json:"id"`
			Status int    `json:"status"`
		} `json:"responses"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || len(answer.Responses) != len(paths) {
		l.Fatalf("%d answers, %v", len(answer.Responses), err)
	}
	statuses := make([]int, len(paths))
	for _, r := range answer.Responses {
		var n int
		_, _ = fmt.Sscan(r.ID, &n)
		statuses[n] = r.Status
	}
	return statuses
}

func (l *yard) send(method, path string, body []byte) (status int, answer []byte) {
	req, err := http.NewRequestWithContext(l.Context(), method, host+"/v1.0"+path, bytes.NewReader(body))
	if err != nil {
		l.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+l.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := l.http.Do(req)
	if err != nil {
		l.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		l.Fatal(err)
	}
	return resp.StatusCode, answer
}
