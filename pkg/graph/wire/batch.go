package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Part is one request of a batch, and what reads its answer.
type Part struct {
	Request

	Read func(*http.Response) error
}

// Batch sends requests for one mailbox together, each depending on the one before
// it: so Graph serves them in order, one at a time, and the batch takes one of the
// mailbox's four places (Graph docs, throttling limits). whole makes the request
// that carries them.
//
// What failed keeps the rest from being served, which Graph says of each; the
// rest is sent again. What is missing in the answer, or not to be had without one,
// is unclear. What is throttled is sent again by itself, with Do's patience.
func (s *Sender) Batch(ctx context.Context, parts []Part, whole func(body []byte) Request) []error {
	errs, left := make([]error, len(parts)), make([]int, len(parts))
	for i := range left {
		left[i] = i
	}
	for len(left) > 1 {
		left = s.round(ctx, parts, left, whole, errs)
	}
	for _, i := range left {
		errs[i] = s.Do(ctx, parts[i].Request, parts[i].Read)
	}
	return errs
}

// round sends what is left once and returns what was not served. The first part
// is always settled.
func (s *Sender) round(ctx context.Context, parts []Part, left []int, whole func([]byte) Request, errs []error) (again []int) {
	body, left, err := s.envelope(ctx, parts, left, errs)
	if err != nil {
		fail(parts, left, errs, s.unsent(Request{}, err))
		return nil
	}
	if len(left) < 2 {
		return left
	}
	request, answers := whole(body), map[string]*partAnswer(nil)
	request.Holds = len(left)
	err = s.Do(ctx, request, func(resp *http.Response) (err error) {
		answers, err = partAnswers(resp)
		return err
	})
	fault, failed := errors.AsType[*Fault](err)
	switch {
	case failed && fault.batchRefused():
		for _, i := range left { // whoever stands between takes no batches
			errs[i] = s.Do(ctx, parts[i].Request, parts[i].Read)
		}
		return nil
	case failed:
		fail(parts, left, errs, fault)
		return nil
	}
	return s.settleAll(ctx, parts, left, answers, errs)
}

// settleAll looks at the answers in the order of the parts. A part was not served
// if Graph says so, and if the one before it failed; else it is unclear.
func (s *Sender) settleAll(ctx context.Context, parts []Part, left []int, answers map[string]*partAnswer, errs []error) (again []int) {
	before := http.StatusOK
	for n, i := range left {
		a := answers[strconv.Itoa(n)]
		if a != nil && a.Status == http.StatusFailedDependency && before >= http.StatusBadRequest {
			again = append(again, i)
			continue
		}
		errs[i] = s.settle(ctx, parts[i], a)
		if before = 0; a != nil && a.Status != http.StatusFailedDependency {
			before = a.Status
		}
	}
	return again
}

// batchRefused says that the batch as a whole was turned away.
func (f *Fault) batchRefused() bool {
	return f.why == final && f.stopped == nil && f.Status/100 == 4 && f.Status != http.StatusRequestTimeout
}

// fail gives every part that is left the fault of the whole, in its own name.
func fail(parts []Part, left []int, errs []error, f *Fault) {
	for _, i := range left {
		own := *f
		own.Method, own.Path = parts[i].Method, parts[i].Path
		errs[i] = &own
	}
}

// settle makes an error of what a part was answered.
func (s *Sender) settle(ctx context.Context, p Part, a *partAnswer) error {
	if a == nil || a.Status == http.StatusFailedDependency {
		return &Fault{
			Method: p.Method, Path: p.Path, Tries: 1, writes: p.changes(), meaning: mailbox.ErrUnclear, wait: -1,
			err: errors.New("the batch's answer does not say what became of it"), hint: readFirst,
		}
	}
	fault := s.receive(p.Request, a.response(), p.Read) //nolint:bodyclose // it is bytes
	if fault == nil {
		return nil
	}
	switch fault.Tries = 1; fault.why {
	case throttled:
		p.Gate.Close(s.waitFor(fault, 1))
	case stale:
	default:
		return fault
	}
	return s.Do(ctx, p.Request, p.Read) // it did nothing
}

// part is a request as a batch has it.
type part struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body,omitempty"`
	DependsOn []string          `json:"dependsOn,omitempty"`
}

// envelope is the body of a batch, and what is in it: what cannot be asked fails
// alone. The error is about all. The parts carry no token.
func (s *Sender) envelope(ctx context.Context, parts []Part, left []int, errs []error) (body []byte, inside []int, err error) {
	var batch struct {
		Requests []part `json:"requests"`
	}
	for _, i := range left {
		p, err := s.part(ctx, parts[i].Request)
		switch {
		case err != nil && (ctx.Err() != nil || errors.Is(err, mailbox.ErrSignIn)):
			return nil, left, err
		case err != nil:
			errs[i] = s.unsent(parts[i].Request, err)
			continue
		}
		n := len(inside)
		if p.ID = strconv.Itoa(n); n > 0 {
			p.DependsOn = []string{strconv.Itoa(n - 1)}
		}
		batch.Requests, inside = append(batch.Requests, p), append(inside, i)
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(batch)
	return content.Bytes(), inside, err
}

// part is the request as a batch has it.
func (s *Sender) part(ctx context.Context, r Request) (part, error) {
	req, err := s.prepare(ctx, r)
	if err != nil {
		return part{}, err
	}
	p := part{
		Method: req.Method, Headers: map[string]string{},
		URL: strings.TrimPrefix(req.URL.RequestURI(), strings.TrimSuffix(s.Root.Path, "/")),
	}
	for name := range req.Header {
		if name != "Authorization" {
			p.Headers[name] = req.Header.Get(name)
		}
	}
	if req.Body != nil {
		p.Body, err = io.ReadAll(req.Body)
	}
	return p, err
}

// partAnswer is what one part was answered.
type partAnswer struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

// partAnswers reads the answer of a batch, in whatever order it comes.
func partAnswers(resp *http.Response) (map[string]*partAnswer, error) {
	if err := wantJSON(resp); err != nil {
		return nil, err
	}
	var answer struct {
		Responses []*partAnswer `json:"responses"`
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil, errors.New("the answer is not one of a batch")
	}
	answers := map[string]*partAnswer{}
	for _, a := range answer.Responses {
		if a == nil || answers[a.ID] != nil {
			return nil, errors.New("the answer has a part twice, or an empty one")
		}
		answers[a.ID] = a
	}
	return answers, nil
}

// response is the answer as if it had come by itself.
func (a *partAnswer) response() *http.Response {
	header := http.Header{}
	if string(a.Body) == "null" {
		a.Body = nil
	}
	if len(a.Body) > 0 {
		header.Set("Content-Type", "application/json")
	}
	for name, value := range a.Headers {
		header.Set(name, value)
	}
	return &http.Response{StatusCode: a.Status, Header: header, Body: io.NopCloser(bytes.NewReader(a.Body))}
}
