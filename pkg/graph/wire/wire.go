// Package wire sends signed requests to one Graph host and reads the answers:
// retries by verb, pages to their end, and errors with a meaning. It knows
// HTTP and OData; it knows neither the SDK nor what the requests are for.
//
// It promises that a listing that ends without an error was complete, that a
// change is sent at most once unless the service said that it did nothing, and
// that no request leaves for another host, scheme or version than the root's.
// It refuses to follow redirects, to take anything but a JSON object for an
// answer, and to put a token, a body, an id or a query into an error.
package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/turns"
)

// Bounds of a Sender made by New.
const (
	// AttemptTimeout is for one try, the reading of its answer included. The
	// service's own gateway gives up earlier.
	AttemptTimeout = 3 * time.Minute
	// Patience is for all the waits of one request together.
	Patience = 15 * time.Minute
	// MaxBody is for one answer; the largest attachment is 150 MB.
	MaxBody = 256 << 20
	// MaxPage is for one page of a listing, unless it was asked for in small.
	MaxPage = 16 << 20
	// MaxPages is for one listing.
	MaxPages = 100_000
)

// ErrForeignHost says that a request or a link was about to leave for
// something other than the configured Graph root. Nothing was sent.
var ErrForeignHost = errors.New("not the configured Graph host")

// Request is one call to Graph.
type Request struct {
	Method string
	// Path names the call in messages; it holds no ids.
	Path string
	// Gate is the way into the mailbox that the call is for.
	Gate *pace.Gate
	// Sign makes the request with a token that is valid now. It is called
	// for each try.
	Sign func(ctx context.Context) (*http.Request, error)
	// PageSize asks for so many elements a page; 0 leaves it to the service.
	PageSize int
	// Upload is how many bytes the body has.
	Upload int
	// Holds is how many requests a batch has; 0 is no batch.
	Holds int
	// FirstPage is how many the first page is asked for, if fewer.
	FirstPage int
	// Pick says which members of an element are picked out of it, by their names as
	// they are written; nil picks none.
	Pick func(name []byte) bool
	// IfMatch is the version that a change is meant for; empty means any.
	IfMatch string
	// Prefer are preferences beside those that every request states.
	Prefer []string
	// Reads says that the request changes nothing although it is a POST.
	Reads bool
	// Retries bounds those of a busy service, and MaxBody the answer; 0 is the
	// default of each.
	Retries int
	MaxBody int64

	link   *url.URL // replaces the address that Sign gives
	accept string   // the media type wanted; empty is JSON
}

// changes says whether the request may change something.
func (r Request) changes() bool { return r.Method != http.MethodGet && !r.Reads }

// Exchange is what an observer learns of one try.
type Exchange struct {
	Method    string
	Path      string // without ids
	Status    int    // 0: no answer
	Try       int    // 1 is the first
	Duration  time.Duration
	RequestID string // the service's own, for Microsoft's support
	// RetryAfter is how long the service asked to wait, 0 where it did not.
	RetryAfter time.Duration
	Failed     bool
}

// Sender sends requests to the Graph root. Its fields are set before its first
// use; it may be used by several goroutines.
type Sender struct {
	Root     *url.URL // as https://graph.microsoft.com/v1.0
	Client   *http.Client
	Renew    func(rejected string) // told an Authorization header that was refused
	Observe  func(Exchange)
	Now      func() time.Time
	Sleep    func(context.Context, time.Duration) error
	Random   func() float64 // in [0,1), for jitter
	Patience time.Duration
	Timeout  time.Duration
	MaxBody  int64
	MaxPage  int64
	MaxPages int

	streams *sync.Pool // of those that have read a page
}

// New makes a Sender that sends through the transport.
func New(root *url.URL, transport http.RoundTripper) *Sender {
	return &Sender{
		Root: root,
		Client: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		Renew:    func(string) {},
		Observe:  func(Exchange) {},
		Now:      time.Now,
		Sleep:    turns.Pause,
		Random:   rand.Float64,
		Patience: Patience,
		Timeout:  AttemptTimeout,
		MaxBody:  MaxBody,
		MaxPage:  MaxPage,
		MaxPages: MaxPages,
		streams:  &sync.Pool{},
	}
}

// Allowed says whether a request may leave for the address: same scheme, host
// and version prefix as the root.
func (s *Sender) Allowed(u *url.URL) error {
	prefix := strings.TrimSuffix(s.Root.Path, "/") + "/"
	switch {
	case u.Scheme != "https":
		return fmt.Errorf("%w: the scheme is %s", ErrForeignHost, word(u.Scheme))
	case u.User != nil || !strings.EqualFold(u.Host, s.Root.Host):
		return fmt.Errorf("%w: the host is %s", ErrForeignHost, word(u.Hostname()))
	case !strings.HasPrefix(u.Path, prefix) || strings.Contains(u.Path+"/", "/../"):
		return fmt.Errorf("%w: the path is outside %s", ErrForeignHost, prefix)
	}
	return nil
}

// try sends the request once and hands the body of a good answer to read. The
// returned *Fault says what was wrong; nil means that read returned nil.
func (s *Sender) try(ctx context.Context, r Request, count int, read func(*http.Response) error) *Fault {
	leave, err := r.Gate.Enter(ctx, s.Patience, pace.Load{Requests: max(1, r.Holds), Upload: r.Upload})
	if err != nil {
		return s.unsent(r, err)
	}
	defer leave()
	attempt, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	req, err := s.prepare(attempt, r)
	if attempt.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w: no token within %s; check the network, the proxy and the name of the cloud", mailbox.ErrSignIn, s.Timeout)
	}
	if err != nil {
		return s.unsent(r, err)
	}
	began := s.Now()
	seen := Exchange{Method: r.Method, Path: r.Path, Try: count}
	fault := s.exchange(req, r, &seen, read)
	seen.Duration, seen.Failed = s.Now().Sub(began), fault != nil
	if fault != nil {
		seen.RetryAfter = max(fault.wait, 0)
	}
	s.Observe(seen)
	if fault == nil {
		return nil
	}
	fault.token, fault.stopped = req.Header.Get("Authorization"), ctx.Err()
	if attempt.Err() != nil && fault.stopped == nil {
		fault.err = fmt.Errorf("no whole answer within %s", s.Timeout)
	}
	return fault
}

// prepare signs the request and sets the headers that every call carries.
func (s *Sender) prepare(ctx context.Context, r Request) (*http.Request, error) {
	req, err := r.Sign(ctx)
	if err != nil {
		return nil, err
	}
	if r.link != nil {
		req.URL, req.Host = r.link, ""
	}
	if err := s.Allowed(req.URL); err != nil {
		return nil, err
	}
	prefer := append([]string{`IdType="ImmutableId"`}, r.Prefer...)
	if r.PageSize > 0 {
		prefer = append(prefer, fmt.Sprintf("odata.maxpagesize=%d", r.PageSize))
	}
	req.Header.Set("Prefer", strings.Join(prefer, ", "))
	req.Header.Set("Accept", cmp.Or(r.accept, "application/json"))
	if r.IfMatch != "" {
		req.Header.Set("If-Match", r.IfMatch)
	}
	return req, nil
}

// exchange does the round trip and notes what the answer's head says.
func (s *Sender) exchange(req *http.Request, r Request, seen *Exchange, read func(*http.Response) error) *Fault {
	resp, err := s.Client.Do(req)
	if err != nil {
		return broken(r, err)
	}
	defer func() {
		// What is left is read, so that the connection can be used again.
		_, _ = io.CopyN(io.Discard, resp.Body, drainLimit)
		_ = resp.Body.Close()
	}()
	seen.Status, seen.RequestID = resp.StatusCode, word(resp.Header.Get("request-id"))
	return s.receive(r, resp, read)
}

// receive judges an answer and hands a good one to read.
func (s *Sender) receive(r Request, resp *http.Response, read func(*http.Response) error) *Fault {
	body := &bounded{ReadCloser: resp.Body, left: s.MaxBody}
	if r.MaxBody > 0 {
		body.left = min(body.left, r.MaxBody)
	}
	resp.Body = body
	if resp.StatusCode/100 != 2 {
		return s.refused(r, resp)
	}
	if err := read(resp); err != nil {
		return unreadable(r, resp, err, body.broke)
	}
	return nil
}

// drainLimit is how much of a leftover body is worth reading.
const drainLimit = 256 << 10

// ErrTooLarge ends the reading of an answer beyond the bound.
var ErrTooLarge = errors.New("the answer is larger than was bargained for")

// bounded reads so many bytes and then fails. It remembers whether the
// connection broke.
type bounded struct {
	io.ReadCloser
	left  int64
	broke bool
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.broke = b.broke || err != nil && err != io.EOF
	if b.left -= int64(n); b.left < 0 {
		return n, ErrTooLarge
	}
	return n, err
}

// word makes remote text fit for a message: a code, an id or a host name, and
// nothing that could be a sentence or a control sequence.
func word(s string) string {
	clean := func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-_./+:", r):
			return r
		}
		return -1
	}
	const longest = 80
	s = strings.Map(clean, s[:min(len(s), 4*longest)])
	return s[:min(len(s), longest)]
}
