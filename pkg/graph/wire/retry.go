package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/jsonwalk"
	"github.com/riva-prep/riva-prep/pkg/turns"
)

// Waits that the service does not name double from firstWait to longestWait.
const (
	firstWait   = time.Second
	longestWait = time.Minute
)

// retries says how often a call is repeated for a cause. A change is repeated
// only where the service, or the missing connection, says that nothing happened.
func (r Request) retriesFor(why cause) int {
	changes := r.changes()
	switch why {
	case throttled:
		return 10
	case stale:
		return 6 // fewer are not always enough (observed in the field)
	case unreachable:
		return 3
	case busy, cut:
		if changes {
			return 0
		}
		if r.Retries > 0 {
			return r.Retries
		}
		return 6
	case flaky:
		if !changes {
			return 2
		}
	case final, fenced:
	}
	return 0
}

// Do sends the request until an answer stays, and hands that to read, which
// may be called again with another answer when it returned an error.
func (s *Sender) Do(ctx context.Context, r Request, read func(*http.Response) error) error {
	var waited time.Duration
	seen := map[cause]int{}
	for count := 1; ; count++ {
		fault := s.try(ctx, r, count, read)
		if fault == nil {
			return nil
		}
		fault.Tries = count
		seen[fault.why]++
		if fault.stopped != nil || seen[fault.why] > r.retriesFor(fault.why) {
			return fault
		}
		wait := s.waitFor(fault, seen[fault.why])
		if waited += wait; waited > s.Patience {
			fault.hint = fmt.Sprintf("the service asks to wait %s more; run again later", wait.Round(time.Second))
			return fault
		}
		if err := s.pause(ctx, r, fault, wait); err != nil {
			fault.stopped = err
			return fault
		}
	}
}

// pause waits before the next try. A throttled mailbox is closed to everybody
// for that long, so that nobody else runs into the same refusal.
func (s *Sender) pause(ctx context.Context, r Request, f *Fault, wait time.Duration) error {
	if f.why == throttled {
		r.Gate.Close(wait)
	}
	if f.why == stale {
		s.Renew(f.token)
	}
	return turns.Sleep(ctx, wait, s.Sleep)
}

// waitFor is the service's own word with a little added, so that callers do not come
// back all at once, else a doubling wait of which half is left to chance.
func (s *Sender) waitFor(f *Fault, count int) time.Duration {
	own := min(firstWait<<min(count-1, 10), longestWait)
	if f.wait > 0 {
		return f.wait + time.Duration(s.Random()*float64(min(own, f.wait/10)))
	}
	if f.why == stale && count == 1 {
		return 0 // a fresh token usually settles it
	}
	return own/2 + time.Duration(s.Random()*float64(own/2))
}

// retryAfter reads the header as seconds, with or without a fraction, or as a
// date, which is held against the answer's own Date. -1 means absent.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if math.IsNaN(seconds) || seconds < 0 {
			return -1
		}
		return time.Duration(min(seconds, (24*time.Hour).Seconds()) * float64(time.Second))
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return -1
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return max(at.Sub(now), 0)
}

// Object does the request and returns the JSON object that it answers with,
// byte for byte.
func (s *Sender) Object(ctx context.Context, r Request) ([]byte, error) {
	var object []byte
	err := s.Do(ctx, r, IntoObject(&object)) //nolint:bodyclose // Do closes it
	return object, err
}

// IntoObject reads an answer that is one JSON object.
func IntoObject(object *[]byte) func(*http.Response) error {
	return func(resp *http.Response) error {
		if err := wantJSON(resp); err != nil {
			return err
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		s := jsonwalk.Over(body)
		value, err := s.Value()
		if err != nil {
			return fmt.Errorf("the answer is not JSON: %w", syntax(err))
		}
		if _, end := s.Peek(); value[0] != '{' || !errors.Is(end, io.EOF) {
			return errors.New("the answer is not one JSON object")
		}
		*object = value
		return noEntity(value)
	}
}

// noEntity refuses an object that cannot be what was asked for: one without
// members, and an error, of which that is the first member.
func noEntity(object []byte) error {
	s, first, stop := jsonwalk.Over(object), "", errors.New("the first member is enough")
	if c, err := s.Peek(); err != nil {
		return syntax(err)
	} else if c != '{' {
		return errors.New("the answer is not an object")
	}
	err := s.Object(func(name string) error {
		first = name
		return stop
	})
	switch {
	case err == nil:
		return errors.New("the answer is an empty object")
	case !errors.Is(err, stop):
		return syntax(err)
	case first == "error":
		return errors.New("the answer is an error object under a good status")
	}
	return nil
}

// Bytes does the request and returns what it answers with, which is no JSON,
// and its media type.
func (s *Sender) Bytes(ctx context.Context, r Request) (kind string, content []byte, err error) {
	r.accept = "*/*"
	err = s.Do(ctx, r, func(resp *http.Response) error {
		if coding := resp.Header.Get("Content-Encoding"); coding != "" {
			return fmt.Errorf("the answer is encoded as %s", word(coding))
		}
		kind, _, err = mime.ParseMediaType(resp.Header.Get("Content-Type"))
		if err != nil || kind == "application/json" || kind == "text/html" {
			return fmt.Errorf("the answer is something else, its type is %q", word(resp.Header.Get("Content-Type")))
		}
		if content, err = io.ReadAll(resp.Body); err != nil {
			return syntax(err)
		}
		if len(content) == 0 {
			return errors.New("the answer is empty")
		}
		return nil
	})
	if err != nil {
		return "", nil, err
	}
	return kind, content, nil
}

// Discard does the request and has no use for its answer.
func (s *Sender) Discard(ctx context.Context, r Request) error { return s.Do(ctx, r, IntoNothing) }

// IntoNothing wants no answer, but that it must be one of Graph's: nothing, or an
// object that is no error. A proxy's page with a good status does not say that
// anything was done.
func IntoNothing(resp *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, errorLimit))
	if err != nil {
		return syntax(err)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if err := wantJSON(resp); err != nil {
		return err
	}
	return noEntity(body)
}

// wantJSON refuses the pages of proxies and gateways, which come with status
// 200, and compressed bodies, which nobody asked for.
func wantJSON(resp *http.Response) error {
	if kind := resp.Header.Get("Content-Encoding"); kind != "" {
		return fmt.Errorf("the answer is encoded as %s", word(kind))
	}
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return fmt.Errorf("the answer is not JSON, its type is %q", word(resp.Header.Get("Content-Type")))
	}
	return nil
}

// syntax names a fault of the JSON without its text, which is somebody's data.
func syntax(err error) error {
	switch {
	case errors.Is(err, ErrTooLarge):
		return ErrTooLarge
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("it is cut off")
	case errors.Is(err, jsonwalk.ErrTwice):
		return errors.New("a member comes twice")
	case errors.Is(err, jsonwalk.ErrSyntax):
		return errors.New("it is malformed")
	}
	return err
}
