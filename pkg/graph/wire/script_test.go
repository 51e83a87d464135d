package wire_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/turns"
)

// canary is the token of every request here; nothing may ever show it.
const canary = "Bearer canary-token-5e0c"

// answer is one scripted answer.
type answer struct {
	status int
	header http.Header
	body   string
	err    error // instead of an answer
	tail   error // instead of the end of the body
	slow   time.Duration
}

// script answers request after request; the last answer is repeated.
type script struct {
	mu      sync.Mutex
	answers []answer
	sent    []*http.Request
	bodies  []*body
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	a := s.answers[min(len(s.sent), len(s.answers)-1)]
	s.sent = append(s.sent, req)
	s.mu.Unlock()
	if a.slow > 0 {
		if err := turns.Pause(req.Context(), a.slow); err != nil {
			return nil, err
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	header := a.header.Clone()
	if header == nil {
		header = http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	}
	content := &body{Reader: strings.NewReader(a.body), tail: a.tail}
	s.mu.Lock()
	s.bodies = append(s.bodies, content)
	s.mu.Unlock()
	return &http.Response{StatusCode: a.status, Header: header, Body: content, Request: req}, nil
}

// body remembers whether it was closed.
type body struct {
	*strings.Reader
	tail   error
	closed bool
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF && b.tail != nil {
		err = b.tail
	}
	return n, err
}

func (b *body) Close() error {
	b.closed = true
	return nil
}

// check asserts what holds for every request and every answer.
func (s *script) check(t *testing.T) {
	t.Helper()
	for i, req := range s.sent {
		if prefer := req.Header.Get("Prefer"); !strings.Contains(prefer, `IdType="ImmutableId"`) {
			t.Errorf("request %d has Prefer %q", i+1, prefer)
		}
	}
	for i, b := range s.bodies {
		if !b.closed {
			t.Errorf("the body of answer %d was not closed", i+1)
		}
	}
}

const root = "https://graph.example/v1.0"

func sender(t testing.TB, transport http.RoundTripper) *wire.Sender {
	t.Helper()
	address, err := url.Parse(root)
	if err != nil {
		t.Fatal(err)
	}
	s := wire.New(address, transport)
	s.Random = func() float64 { return 0.5 }
	return s
}

func request(method string) wire.Request {
	return wire.Request{
		Method: method, Path: "users/…/contacts", Gate: pace.New(time.Now), PageSize: 10,
		Sign: func(ctx context.Context) (*http.Request, error) {
			req, err := http.NewRequestWithContext(ctx, method, root+"/users/secret-id/contacts", nil)
			if err == nil {
				req.Header.Set("Authorization", canary)
			}
			return req, err
		},
	}
}

// clean fails the test when an error gives away what it must not.
func clean(t *testing.T, err error) {
	t.Helper()
	for _, hidden := range []string{"canary", "secret-id", "private subject"} {
		if err != nil && strings.Contains(err.Error(), hidden) {
			t.Errorf("the error shows %q: %v", hidden, err)
		}
	}
}
