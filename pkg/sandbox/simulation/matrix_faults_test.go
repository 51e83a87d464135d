package simulation_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/riva-prep/riva-prep/pkg/durable"
)

// fails is a fault of the road: it answers instead of the service, or spoils
// the service's answer. The words are those by which a message speaks of it.
type fails struct {
	name  string
	play  func(*http.Request, http.RoundTripper) (*http.Response, error)
	words []string
}

func answered(status int, kind, body string, more ...string) func(*http.Request, http.RoundTripper) (*http.Response, error) {
	return func(req *http.Request, _ http.RoundTripper) (*http.Response, error) {
		header := http.Header{"Content-Type": {kind}}
		for i := 0; i < len(more); i += 2 {
			header.Set(more[i], more[i+1])
		}
		return &http.Response{
			Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: req,
		}, nil
	}
}

func refusal(code string) string {
	return fmt.Sprintf(`{"error":{"code":%q,"message":"m","innerError":{"request-id":"r-1"}}}`, code)
}

var errReset = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}

// roadFaults are all that a request can meet.
func roadFaults() []fails {
	const json = "application/json"
	return []fails{
		{"reset-before", func(*http.Request, http.RoundTripper) (*http.Response, error) { return nil, errReset }, []string{"reset"}},
		{"reset-after", func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
			resp, err := next.RoundTrip(req)
			if err == nil {
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
			return nil, errReset
		}, []string{"reset"}},
		{"429", answered(429, json, refusal("ApplicationThrottled"), "Retry-After", "17"), []string{"429", "throttling", "asks to wait"}},
		{"503", answered(503, json, refusal("ErrorServerBusy")), []string{"503"}},
		{"500", answered(500, json, refusal("ErrorInternalServerError")), []string{"500"}},
		{"401", answered(401, json, refusal("InvalidAuthenticationToken")), []string{"401", "no longer valid"}},
		{"403", answered(403, json, refusal("ErrorAccessDenied")), []string{"403", "grant MailboxSettings.Read"}},
		{"cut", cut, []string{"cut off", "unexpected EOF", "connection broke"}},
		{"empty", answered(200, json, `{}`), []string{"empty object", "no value array", "the answer has no", "the answer is"}},
		{"html", answered(200, "text/html", "<html><body>Sign in to the Wi-Fi</body></html>"), []string{"not JSON", "something else", "its type is", "the answer is", "the answer has no"}},
		{"hang", func(req *http.Request, _ http.RoundTripper) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}, []string{"no whole answer", "no token within"}},
	}
}

// cut breaks the connection in the middle of the body; an answer without one
// is not cut.
func cut(req *http.Request, next http.RoundTripper) (*http.Response, error) {
	resp, err := next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	whole := io.Reader(bytes.NewReader(body))
	if len(body) > 1 {
		whole = io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{})
	}
	resp.Body = io.NopCloser(whole)
	return resp, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// call is one request, or one operation of the disk.
type call struct {
	what string // method and path, or verb and name
	body int    // of its answer
}

// street counts requests, gives each its own time, and plays a fault on the nth;
// if it stays, on every later one that asks for the same, too.
type street struct {
	next  http.RoundTripper
	seed  uint64
	fault *fails
	nth   int
	stays bool

	mu    sync.Mutex
	calls []call
	times map[string]uint64
	same  string // what the nth asked for
	hits  int
}

func (s *street) RoundTrip(req *http.Request) (*http.Response, error) {
	what := req.Method + " " + req.URL.Path
	there, back := s.delays(req.Method + " " + req.URL.RequestURI())
	if err := pause(req.Context(), there); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.calls = append(s.calls, call{what: what})
	number := len(s.calls)
	hit := s.fault != nil && (number == s.nth || s.stays && number > s.nth && what == s.same)
	if hit {
		s.hits++
		s.same = what
	}
	s.mu.Unlock()
	resp, err := s.answer(req, hit, number)
	if err != nil {
		return nil, err
	}
	if err := pause(req.Context(), back); err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

func (s *street) answer(req *http.Request, hit bool, number int) (*http.Response, error) {
	if hit {
		if req.Body != nil {
			body, err := io.ReadAll(req.Body)
			if err != nil {
				return nil, err
			}
			_ = req.Body.Close()
			req.Body = io.NopCloser(bytes.NewReader(body))
		}
		return s.fault.play(req, s.next)
	}
	resp, err := s.next.RoundTrip(req)
	if err == nil && resp.ContentLength >= 0 {
		s.mu.Lock()
		s.calls[number-1].body = int(resp.ContentLength)
		s.mu.Unlock()
	}
	return resp, err
}

// delays follow from the seed, from what is asked for, and how often it was.
func (s *street) delays(key string) (there, back time.Duration) {
	s.mu.Lock()
	s.times[key]++
	ordinal := s.times[key]
	s.mu.Unlock()
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	random := rand.New(rand.NewPCG(s.seed^h.Sum64(), ordinal))
	return time.Duration(5e6 + random.IntN(150e6)), time.Duration(5e6 + random.IntN(300e6))
}

// wears is a fault of the disk.
type wears struct {
	name  string
	err   error
	verbs string // the operations that it suits, all if empty
	// lasts: no later operation succeeds either.
	lasts bool
	// half: the write is half done, and says so.
	half bool
	// dark: the power fails after it, so that what was not synced is lost.
	dark  bool
	words []string
}

var errDark = errors.New("power is gone")

// diskFaults are all that an operation of the disk can meet.
func diskFaults() []wears {
	const changes = "create write sync mkdir rename syncdir truncate"
	full := []string{"no space left", "disk of the store is full", "disk is full"}
	return []wears{
		{name: "EIO", err: syscall.EIO, words: []string{"input/output error"}},
		{name: "ENOSPC", err: syscall.ENOSPC, verbs: changes, words: full},
		{name: "full from then on", err: syscall.ENOSPC, verbs: changes, lasts: true, words: full},
		{name: "short write", err: syscall.ENOSPC, verbs: "write", half: true, words: full},
		{name: "failed sync, then dark", err: syscall.EIO, verbs: "sync syncdir", dark: true, words: []string{"input/output error"}},
		{name: "failed rename, then dark", err: syscall.EIO, verbs: "rename", dark: true, words: []string{"input/output error"}},
		{name: "crash", err: errDark, lasts: true, dark: true, words: []string{"power is gone"}},
	}
}

func (w wears) suits(verb string) bool {
	return w.verbs == "" || slices.Contains(strings.Fields(w.verbs), verb)
}

// wear counts operations of a disk and plays a fault on the nth.
type wear struct {
	durable.FS
	fault *wears
	nth   int

	mu    sync.Mutex
	calls []call
	hits  int
	half  bool // the next write is half done
}

// dir is the disk's top folder, with its faults.
func (w *wear) dir() *durable.Dir { return durable.New(w, "disk").Hooked(w.meet) }

// meet counts an operation and says what it meets.
func (w *wear) meet(op durable.Op) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, call{what: op.String()})
	n := len(w.calls)
	if w.fault == nil || n != w.nth && (!w.fault.lasts || n < w.nth || !w.fault.suits(op.Verb)) {
		return nil
	}
	w.hits++
	if w.fault.half {
		w.half = true
		return nil
	}
	return w.fault.err
}

// OpenFile implements durable.FS.
func (w *wear) OpenFile(name string, flag int) (durable.Handle, error) {
	h, err := w.FS.OpenFile(name, flag)
	if err != nil {
		return nil, err
	}
	return &halfway{h, w}, nil
}

// halfway is a file whose write may end in the middle.
type halfway struct {
	durable.Handle
	wear *wear
}

func (h *halfway) Write(p []byte) (int, error) {
	h.wear.mu.Lock()
	half := h.wear.half
	h.wear.half = false
	h.wear.mu.Unlock()
	if !half {
		return h.Handle.Write(p)
	}
	n, err := h.Handle.Write(p[:len(p)/2])
	return n, errors.Join(err, h.wear.fault.err)
}
