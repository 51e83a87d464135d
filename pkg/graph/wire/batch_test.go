package wire_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// counterpart answers batches by what each test says of them, and single calls
// with 204. It notes what it was asked.
type counterpart struct {
	*testing.T

	mu      sync.Mutex
	answer  func(batch int, paths []string) (status int, body string, err error)
	batches [][]string
	singles []string
}

func (c *counterpart) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !strings.HasSuffix(req.URL.Path, "/$batch") {
		c.singles = append(c.singles, req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:])
		return reply(http.StatusNoContent, ""), nil
	}
	status, body, err := c.answer(len(c.batches), c.inside(req))
	if err != nil {
		return nil, err
	}
	return reply(status, body), nil
}

func reply(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
	}
}

// inside checks a batch and gives the last segments of its parts.
func (c *counterpart) inside(req *http.Request) (items []string) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		c.Error(err)
	}
	if bytes.Contains(raw, []byte("canary")) || req.Header.Get("Authorization") != canary {
		c.Errorf("the token belongs on the batch and not into it: %s", raw)
	}
	var batch struct {
		Requests []struct {
			ID, Method, URL string
			Headers         map[string]string
			DependsOn       []string
		}
	}
	if err := json.Unmarshal(raw, &batch); err != nil || len(batch.Requests) < 2 || len(batch.Requests) > 20 {
		c.Errorf("%d parts, %v", len(batch.Requests), err)
	}
	for n, r := range batch.Requests {
		item := r.URL[strings.LastIndex(r.URL, "/")+1:]
		want := "[]"
		if n > 0 {
			want = fmt.Sprint([]string{batch.Requests[n-1].ID})
		}
		if fmt.Sprint(r.DependsOn) != want {
			c.Errorf("part %d depends on %v, want the one before it", n, r.DependsOn)
		}
		if r.Headers["If-Match"] != "version of "+item || !strings.Contains(r.Headers["Prefer"], "ImmutableId") || r.Method != http.MethodDelete || !strings.HasPrefix(r.URL, "/users/") {
			c.Errorf("part %d: %+v", n, r)
		}
		items = append(items, item)
	}
	c.batches = append(c.batches, items)
	return items
}

// responses is the answer of a batch with these statuses, last first; 0 is none.
func responses(statuses ...int) string {
	var all []string
	for n := len(statuses) - 1; n >= 0; n-- {
		body := `{"error":{"code":"Some"}}`
		if statuses[n] < 300 {
			body = "null"
		}
		if statuses[n] != 0 {
			all = append(all, fmt.Sprintf(`{"id":"%d","status":%d,"headers":{"retry-after":"7"},"body":%s}`, n, statuses[n], body))
		}
	}
	return `{"responses":[` + strings.Join(all, ",") + `]}`
}

// served gives n times 204, and then 424.
func served(n, of int) []int {
	statuses := make([]int, of)
	for i := range statuses {
		if statuses[i] = http.StatusNoContent; i >= n {
			statuses[i] = http.StatusFailedDependency
		}
	}
	return statuses
}

func batch(t *testing.T, c *counterpart, n int) []error {
	t.Helper()
	s, gate := sender(t, c), pace.New(time.Now)
	carry := func(method, path string, body []byte) func(context.Context) (*http.Request, error) {
		return func(ctx context.Context) (*http.Request, error) {
			req, err := http.NewRequestWithContext(ctx, method, root+path, bytes.NewReader(body))
			if err == nil {
				req.Header.Set("Authorization", canary)
			}
			if body == nil {
				req.Body = nil
			}
			return req, err
		}
	}
	var parts []wire.Part
	for i := range n {
		item := fmt.Sprint("secret-id-", i)
		parts = append(parts, wire.Part{Read: wire.IntoNothing, Request: wire.Request{
			Method: http.MethodDelete, Path: "users/…/contacts/…", Gate: gate, IfMatch: "version of " + item,
			Sign: carry(http.MethodDelete, "/users/u/contacts/"+item, nil),
		}})
	}
	errs := s.Batch(t.Context(), parts, func(body []byte) wire.Request {
		return wire.Request{Method: http.MethodPost, Path: "$batch", Gate: gate, Upload: len(body), Sign: carry(http.MethodPost, "/$batch", body)}
	})
	if len(errs) != n {
		t.Fatalf("%d results of %d parts", len(errs), n)
	}
	for _, err := range errs {
		clean(t, err)
	}
	return errs
}

// TestBatchAnswers: what each part is told, whatever comes back.
func TestBatchAnswers(t *testing.T) {
	unclear, gone, changed := mailbox.ErrUnclear, mailbox.ErrGone, mailbox.ErrChanged
	whole := func(status int, body string) func(int, []string) (int, string, error) {
		return func(int, []string) (int, string, error) { return status, body, nil }
	}
	first := func(statuses ...int) func(int, []string) (int, string, error) {
		return func(n int, items []string) (int, string, error) {
			if n > 0 {
				return 200, responses(served(len(items), len(items))...), nil
			}
			return 200, responses(statuses...), nil
		}
	}
	cases := map[string]struct {
		answer  func(int, []string) (int, string, error)
		want    []error
		batches int
		singles int
	}{
		"all well":                       {first(204, 204, 204, 204), []error{nil, nil, nil, nil}, 1, 0},
		"one is gone":                    {first(204, 404, 424, 424), []error{nil, gone, nil, nil}, 2, 0},
		"one has changed, one is left":   {first(204, 204, 412, 424), []error{nil, nil, changed, nil}, 1, 1},
		"throttled inside":               {first(204, 429, 424, 424), []error{nil, nil, nil, nil}, 2, 1},
		"not allowed":                    {first(401, 424, 424, 424), []error{mailbox.ErrDenied, nil, nil, nil}, 2, 0},
		"trouble inside":                 {first(204, 503, 424, 424), []error{nil, unclear, nil, nil}, 2, 0},
		"one is missing":                 {first(204, 0, 204, 204), []error{nil, unclear, nil, nil}, 1, 0},
		"missing, so nobody failed":      {first(204, 0, 424, 424), []error{nil, unclear, unclear, unclear}, 1, 0},
		"the last is missing":            {first(204, 204, 204, 0), []error{nil, nil, nil, unclear}, 1, 0},
		"not served, though none failed": {first(204, 424, 204, 204), []error{nil, unclear, nil, nil}, 1, 0},
		"none served":                    {first(424, 424, 424, 424), []error{unclear, unclear, unclear, unclear}, 1, 0},
		"a status that is none":          {first(204, 7, 204, 204), []error{nil, unclear, nil, nil}, 1, 0},
		"nothing inside":                 {whole(200, `{"responses":[]}`), []error{unclear, unclear, unclear, unclear}, 1, 0},
		"an empty object":                {whole(200, `{}`), []error{unclear, unclear, unclear, unclear}, 1, 0},
		"cut off":                        {whole(200, `{"responses":[{"id":"0","status":204}`), []error{unclear, unclear, unclear, unclear}, 1, 0},
		"one twice":                      {whole(200, `{"responses":[{"id":"0","status":204},{"id":"0","status":404}]}`), []error{unclear, unclear, unclear, unclear}, 1, 0},
		"an empty part":                  {whole(200, `{"responses":[null]}`), []error{unclear, unclear, unclear, unclear}, 1, 0},
		"a part that nobody asked for":   {whole(200, strings.Replace(responses(204, 204, 204, 204), `"id":"3"`, `"id":"9"`, 1)), []error{nil, nil, nil, unclear}, 1, 0},
		"trouble":                        {whole(503, ""), []error{unclear, unclear, unclear, unclear}, 1, 0},
		"batches are not let through":    {whole(403, "<html>"), []error{nil, nil, nil, nil}, 1, 4},
		"no answer": {
			func(int, []string) (int, string, error) { return 0, "", io.ErrUnexpectedEOF },
			[]error{unclear, unclear, unclear, unclear},
			1, 0,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				other := &counterpart{T: t, answer: c.answer}
				start := time.Now()
				for i, err := range batch(t, other, 4) {
					if want := c.want[i]; want == nil && err != nil || !errors.Is(err, want) {
						t.Errorf("part %d: %v, want %v", i, err, want)
					}
				}
				if len(other.batches) != c.batches || len(other.singles) != c.singles {
					t.Errorf("%d batches and %v by themselves, want %d and %d", len(other.batches), other.singles, c.batches, c.singles)
				}
				if wait := time.Since(start); (name == "throttled inside") != (wait >= 7*time.Second) {
					t.Errorf("it took %s", wait)
				}
			})
		})
	}
	if len(cases) < 20 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// TestEveryPartIsSentOnce, whichever fail: of twenty, each that fails keeps back
// the rest for one more batch.
func TestEveryPartIsSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fails := map[string]bool{"secret-id-0": true, "secret-id-7": true, "secret-id-8": true, "secret-id-19": true}
		done := map[string]int{}
		c := &counterpart{T: t}
		c.answer = func(_ int, items []string) (int, string, error) {
			statuses := served(len(items), len(items))
			for n, item := range items {
				done[item]++
				if fails[item] {
					statuses = served(n, len(items))
					statuses[n] = http.StatusNotFound
					break
				}
			}
			return 200, responses(statuses...), nil
		}
		errs := batch(t, c, 20)
		for _, item := range c.singles {
			done[item]++
		}
		for i, err := range errs {
			item := fmt.Sprint("secret-id-", i)
			if done[item] != 1 || errors.Is(err, mailbox.ErrGone) != fails[item] {
				t.Errorf("%s was served %d times: %v", item, done[item], err)
			}
		}
		if len(done) != 20 || len(c.batches) != 4 {
			t.Errorf("%d items in %d batches", len(done), len(c.batches))
		}
	})
}
