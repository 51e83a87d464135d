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
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/access"
	"github.com/riva-prep/riva-prep/pkg/sandbox/directory"
	"github.com/riva-prep/riva-prep/pkg/sandbox/limits"
	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/outlook"
	"github.com/riva-prep/riva-prep/pkg/sandbox/quirk"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/transfer"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// maxBody is the largest request body, in bytes (Graph docs, known issues of
// request size: 4 MB).
const maxBody = 4 << 20

// Service answers Graph requests for one tenant.
type Service struct {
	Tenant *tenant.Tenant
	Gate   *limits.Gate
	Pace   Pace
	Access *access.Control
	Quirks quirk.Quirks
	// Transfer is the mailbox export and import API.
	Transfer *transfer.Service
	Now      func() time.Time
	// Authenticate gives the application id of a bearer token and its roles.
	Authenticate func(token string) (app string, roles []string, err error)
	// Shuffle gives the order in which a batch of n answers is returned.
	Shuffle func(n int) []int

	mu       sync.Mutex
	begun    int // requests, batches included
	recorded int
	lines    []string
}

// maxLines is how many request lines are kept.
const maxLines = 10_000

// Lines are the last n request lines, oldest first: number, method, path,
// status. A line has neither query nor headers, so never a token.
func (s *Service) Lines(n int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := max(0, len(s.lines)-max(n, 0))
	return append([]string{}, s.lines[from:]...)
}

func (s *Service) record(r *wire.Request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recorded++
	line := fmt.Sprintf("%d %s %s %d", s.recorded, r.Method, r.Target, status)
	if len(s.lines) >= 2*maxLines {
		s.lines = append([]string{}, s.lines[maxLines:]...)
	}
	s.lines = append(s.lines, line)
}

// ServeHTTP answers one request below /v1.0, or to an import address.
func (s *Service) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r := s.begin(req)
	way := identity(r.Method, r.Target, r.RawQuery)
	s.Pace.wait(s.Pace.Network, "way there", way)
	a := s.outer(r, req)
	s.Pace.wait(s.Pace.Network, "way back", way)
	s.write(w, r, a)
}

// write sends an answer with the headers that every one has.
func (s *Service) write(w http.ResponseWriter, r *wire.Request, a wire.Answer) {
	h := w.Header()
	for name, values := range a.Header {
		h[name] = values
	}
	h.Set("request-id", r.RequestID)
	if r.ClientID != "" {
		h.Set("client-request-id", r.ClientID)
	}
	h.Set("Date", s.Now().UTC().Format(http.TimeFormat))
	h.Set("x-ms-ags-diagnostic", `{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"1"}}`)
	if len(a.Body) > 0 {
		h.Set("Content-Type", a.ContentType)
	}
	w.WriteHeader(a.Status)
	// A client that went away has no use for the rest.
	_, _ = w.Write(a.Body)
}

func (s *Service) begin(req *http.Request) *wire.Request {
	s.mu.Lock()
	s.begun++
	id := fmt.Sprintf("00000000-0000-4000-8000-%012x", s.begun)
	s.mu.Unlock()
	return &wire.Request{
		Method: req.Method, Target: req.URL.EscapedPath(), Header: req.Header, Root: root(req), RawQuery: query(req),
		RequestID: id, ClientID: req.Header.Get("client-request-id"), Now: s.Now,
	}
}

// root is the address of the service as the client knows it.
func root(req *http.Request) string {
	scheme := "http"
	if req.TLS != nil || req.URL.Scheme == "https" {
		scheme = "https"
	}
	return scheme + "://" + req.Host + "/" + wire.Version
}

// outer checks what holds for a request as a whole, then serves it or its batch.
func (s *Service) outer(r *wire.Request, req *http.Request) wire.Answer {
	if transfer.IsImport(req.URL.Path) {
		return s.importItem(r, req)
	}
	token, ok := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	if !ok || token == "" {
		return r.Refuse(&wire.Fail{Status: 401, Code: "InvalidAuthenticationToken", Message: "Access token is empty."})
	}
	var err error
	r.App, r.Roles, err = s.Authenticate(token)
	if err != nil {
		return r.Refuse(&wire.Fail{Status: 401, Code: "InvalidAuthenticationToken", Message: err.Error()})
	}
	if r.Body, err = readBody(req); err != nil {
		return r.Refuse(err)
	}
	if r.Path, err = wire.Segments(r.Target); err != nil {
		return r.Refuse(err)
	}
	if len(r.Path) == 1 && strings.EqualFold(r.Path[0], "$batch") {
		return s.batch(r)
	}
	return s.serve(r)
}

func readBody(req *http.Request) ([]byte, error) { return readUpTo(maxBody, req) }

// readUpTo reads a body of up to limit bytes.
func readUpTo(limit int64, req *http.Request) ([]byte, error) {
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
			return nil, wire.BadBody("the gzip stream is broken")
		}
		from = unzip
	default:
		return nil, &wire.Fail{Status: 415, Code: "UnsupportedMediaType", Message: "Content-Encoding '" + encoding + "' is not supported."}
	}
	body, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return nil, wire.BadBody("IO error during request payload read")
	}
	if int64(len(body)) > limit {
		return nil, &wire.Fail{Status: 413, Code: "RequestEntityTooLarge", Message: "The request body is larger than " + strconv.FormatInt(limit>>20, 10) + " MB."}
	}
	return body, nil
}

// serve answers one request, single or of a batch, holding a place at its
// mailbox for as long as it is in service.
func (s *Service) serve(r *wire.Request) wire.Answer {
	a := s.admit(r)
	s.Gate.Count(writes(r), a.Status)
	s.record(r, a.Status)
	return a
}

// writes tells whether a request is one to change something; an export reads,
// although it is a POST.
func writes(r *wire.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && !transfer.Exports(r.Path)
}

// admit lets a request through the limits, serves it, and keeps it in service
// for as long as that takes.
func (s *Service) admit(r *wire.Request) wire.Answer {
	var queryErr error
	r.Query, queryErr = odata.Parse(r.RawQuery)
	headers, leave, refused := s.enter(r)
	if refused != nil {
		return *refused
	}
	defer leave()
	s.Pace.wait(s.Pace.Service, "service", identity(r.Method, r.Target, r.RawQuery))
	a, err := s.reach(r, queryErr)
	if err != nil {
		a = r.Refuse(err)
	} else {
		r.Prefer.Apply(&a)
	}
	add(&a, headers)
	return a
}

// reach serves a request that the limits let through.
func (s *Service) reach(r *wire.Request, queryErr error) (a wire.Answer, err error) {
	r.Todo = len(r.Path) > 2 && strings.EqualFold(r.Path[2], "todo")
	if r.Prefer, err = wire.ParsePrefer(r.Header); err != nil {
		return a, err
	}
	if queryErr != nil && !ignoresQuery(r) {
		return a, queryErr
	}
	if err := s.Access.Check(r); err != nil {
		return a, err
	}
	return s.dispatch(r)
}

// ignoresQuery: master categories take any query and heed none (observed in
// the field).
func ignoresQuery(r *wire.Request) bool {
	return len(r.Path) > 3 && strings.EqualFold(r.Path[3], "masterCategories")
}

// mailboxKey is the mailbox that the request is for, "" for the directory's.
func (s *Service) mailboxKey(r *wire.Request) string {
	if m, ok := s.Transfer.MailboxOf(r.Path); ok {
		return m.ID
	}
	if len(r.Path) < 3 || !strings.EqualFold(r.Path[0], "users") {
		return ""
	}
	if m, ok := s.Tenant.Mailbox(r.Path[1]); ok {
		return m.ID
	}
	return strings.ToLower(r.Path[1])
}

// dispatch serves a request by its first segments.
func (s *Service) dispatch(r *wire.Request) (wire.Answer, error) {
	switch {
	case len(r.Path) == 0:
		return wire.Answer{}, wire.NoSegment("")
	case strings.EqualFold(r.Path[0], "me"):
		return wire.Answer{}, wire.BadQuery("/me request is only valid with delegated authentication flow.")
	case transfer.Handles(r.Path):
		return s.exchange(r)
	case len(r.Path) < 3 || !strings.EqualFold(r.Path[0], "users"):
		return directory.Serve(r, s.Tenant)
	}
	m, found := s.Tenant.Mailbox(r.Path[1])
	if !found {
		return wire.Answer{}, &wire.Fail{Status: 404, Code: "ErrorInvalidUser", Message: "The requested user '" + r.Path[1] + "' is invalid."}
	}
	path := r.Path[2:]
	if err := s.Access.Mailbox(r, m, path); err != nil {
		return wire.Answer{}, err
	}
	if strings.EqualFold(path[0], "settings") {
		return s.Transfer.Settings(r, m, path)
	}
	if err := s.Quirks.Before(r, m, path); err != nil {
		return wire.Answer{}, err
	}
	a, err := outlook.Serve(r, m, path)
	if err == nil {
		s.Quirks.After(r, m, path, &a)
	}
	return a, err
}
