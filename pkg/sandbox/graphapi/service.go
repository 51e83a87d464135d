// Package graphapi is the HTTP surface of the sandbox: the slice of Microsoft
// Graph v1.0 that concerns people, groups, contacts, calendars and To Do.
//
// It promises Graph's own shapes: paging by offset, Prefer, both error dialects
// (Exchange's and To Do's), ids of either form, batches, and what Graph leaves
// out unless it is asked for by name. It serves what the documentation and field
// reports describe, kindness included nowhere: To Do refuses $select, lists of
// To Do lists break off, nextLinks skip items when others vanish.
//
// It refuses requests without a valid token, query options and members that
// Graph does not know, and every path it does not emulate, with an error and
// never with an empty success. The rules of the data are in package tenant.
package graphapi

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/limits"
	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// maxBody is the largest request body, in bytes (Graph docs, known issues of
// request size: 4 MB).
const maxBody = 4 << 20

// Service answers Graph requests for one tenant.
type Service struct {
	Tenant *tenant.Tenant
	Gate   *limits.Gate
	// Latency is how long each request is in service.
	Latency time.Duration
	Now     func() time.Time
	// Authenticate gives the application id of a bearer token.
	Authenticate func(token string) (app string, err error)
	// Shuffle gives the order in which a batch of n answers is returned.
	Shuffle func(n int) []int

	mu    sync.Mutex
	count int
	lines []string
}

// maxLines is how many request lines are kept.
const maxLines = 10_000

// Lines are the last n request lines, oldest first: method, path, status.
func (s *Service) Lines(n int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := max(0, len(s.lines)-max(n, 0))
	return append([]string{}, s.lines[from:]...)
}

func (s *Service) record(r *request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	line := fmt.Sprintf("%d %s %s %d", s.count, r.method, r.target, status)
	if len(s.lines) >= 2*maxLines {
		s.lines = append([]string{}, s.lines[maxLines:]...)
	}
	s.lines = append(s.lines, line)
}

// ServeHTTP answers one request below /v1.0.
func (s *Service) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r := s.begin(req)
	a := s.outer(r, req)
	h := w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	h.Set("request-id", r.requestID)
	if r.clientID != "" {
		h.Set("client-request-id", r.clientID)
	}
	h.Set("Date", s.Now().UTC().Format(http.TimeFormat))
	h.Set("x-ms-ags-diagnostic", `{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"1"}}`)
	if len(a.body) > 0 {
		h.Set("Content-Type", a.contentType)
	}
	w.WriteHeader(a.status)
	// A client that went away has no use for the rest.
	_, _ = w.Write(a.body)
}

func (s *Service) begin(req *http.Request) *request {
	s.mu.Lock()
	s.count++
	id := fmt.Sprintf("00000000-0000-4000-8000-%012x", s.count)
	s.mu.Unlock()
	return &request{
		service: s, method: req.Method, target: req.URL.EscapedPath(), header: req.Header,
		root: root(req), rawQuery: req.URL.RawQuery,
		requestID: id, clientID: req.Header.Get("client-request-id"),
	}
}

// root is the address of the service as the client knows it.
func root(req *http.Request) string {
	scheme := "http"
	if req.TLS != nil || req.URL.Scheme == "https" {
		scheme = "https"
	}
	return scheme + "://" + req.Host + "/v1.0"
}

// outer checks what holds for a request as a whole, then serves it or its batch.
func (s *Service) outer(r *request, req *http.Request) answer {
	token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" {
		return r.refuse(&fail{status: 401, code: "InvalidAuthenticationToken", message: "Access token is empty."})
	}
	app, err := s.Authenticate(token)
	if err != nil {
		return r.refuse(&fail{status: 401, code: "InvalidAuthenticationToken", message: err.Error()})
	}
	r.app = app
	if r.body, err = readBody(req); err != nil {
		return r.refuse(err)
	}
	if r.path, err = segments(r.target); err != nil {
		return r.refuse(err)
	}
	if len(r.path) == 1 && strings.EqualFold(r.path[0], "$batch") {
		return s.batch(r)
	}
	return s.serve(r)
}

func readBody(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	var from io.Reader = req.Body
	switch encoding := req.Header.Get("Content-Encoding"); strings.ToLower(encoding) {
	case "", "identity":
	case "gzip":
		unzip, err := gzip.NewReader(req.Body)
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, badBody("the gzip stream is broken")
		}
		from = unzip
	default:
		return nil, &fail{status: 415, code: "UnsupportedMediaType", message: "Content-Encoding '" + encoding + "' is not supported."}
	}
	body, err := io.ReadAll(io.LimitReader(from, maxBody+1))
	if err != nil {
		return nil, badBody("IO error during request payload read")
	}
	if len(body) > maxBody {
		return nil, &fail{status: 413, code: "RequestEntityTooLarge", message: "The request body is larger than 4 MB."}
	}
	return body, nil
}

// serve answers one request, single or of a batch, holding a place at its
// mailbox for as long as it is in service.
func (s *Service) serve(r *request) answer {
	a := s.admit(r)
	s.Gate.Count(r.method != http.MethodGet && r.method != http.MethodHead, a.status)
	s.record(r, a.status)
	return a
}

func (s *Service) admit(r *request) answer {
	if mailbox := r.mailboxKey(); mailbox != "" {
		if refusal, wait := s.Gate.Enter(r.app, mailbox); refusal != "" {
			return r.throttled(refusal, wait)
		}
		defer s.Gate.Leave(r.app, mailbox)
	}
	if s.Latency > 0 {
		// Exchange goes on when the client hangs up, so nothing cuts this short.
		<-time.NewTimer(s.Latency).C
	}
	var err error
	r.todo = len(r.path) > 2 && strings.EqualFold(r.path[2], "todo")
	if r.prefer, err = parsePrefer(r.header); err != nil {
		return r.refuse(err)
	}
	if r.query, err = odata.Parse(r.rawQuery); err != nil && !r.ignoresQuery() {
		return r.refuse(err)
	}
	a, err := r.dispatch()
	if err != nil {
		return r.refuse(err)
	}
	r.prefer.apply(&a)
	return a
}

// ignoresQuery: master categories take any query and heed none (observed in
// the field).
func (r *request) ignoresQuery() bool {
	return len(r.path) > 3 && strings.EqualFold(r.path[3], "masterCategories")
}

// mailboxKey is the mailbox that the request is for, "" for the directory's.
func (r *request) mailboxKey() string {
	if len(r.path) < 3 || !strings.EqualFold(r.path[0], "users") {
		return ""
	}
	if m, ok := r.service.Tenant.Mailbox(r.path[1]); ok {
		return m.ID
	}
	return strings.ToLower(r.path[1])
}
