package graphapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/draw"
	"github.com/riva-prep/riva-prep/pkg/sandbox/limits"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// RetryForm is the form in which a refusal says when to come back. All of them
// were seen in the field.
type RetryForm string

// The forms. The zero value is Seconds.
const (
	Seconds  RetryForm = "seconds"
	Fraction RetryForm = "fraction"
	Date     RetryForm = "date"
	None     RetryForm = "none"
	// Mixed draws one of the others for each refusal.
	Mixed RetryForm = "mixed"
)

// RetryForms are all forms.
func RetryForms() []RetryForm { return []RetryForm{Seconds, Fraction, Date, None, Mixed} }

// Pace is how long requests take, beside the limits of the Gate.
type Pace struct {
	// Network is how long a request is on its way, and its answer on the way
	// back. Neither holds a place at the mailbox.
	Network time.Duration
	// Service is how long a request is in service, where it holds its place.
	Service time.Duration
	// Spread, 0 to 1, is how far single times lie from those two: each is drawn
	// between (1-Spread) and (1+Spread) times.
	Spread float64
	// RetryAfter is the form of the header in refusals.
	RetryAfter RetryForm
	// Draw decides what is random.
	Draw *draw.Source
	// Sleep waits, by a timer if it is nil.
	Sleep func(time.Duration)
}

// wait waits about as long as d. Exchange goes on when the client hangs up, so
// nothing cuts it short.
func (p *Pace) wait(d time.Duration, purpose, identity string) {
	switch d = p.Draw.Spread(d, p.Spread, purpose, identity); {
	case d <= 0:
	case p.Sleep != nil:
		p.Sleep(d)
	default:
		<-time.NewTimer(d).C
	}
}

// identity is what a request's chances are drawn by.
func identity(method, target, query string) string { return method + " " + target + "?" + query }

// uploads is how many bytes a request brings, as Outlook counts them: those of
// POST, PATCH and PUT (Graph docs, throttling-limits).
func uploads(r *wire.Request) int64 {
	if slices.Contains([]string{http.MethodPost, http.MethodPatch, http.MethodPut}, r.Method) {
		return int64(len(r.Body))
	}
	return 0
}

// refusal is the 429 of a limit. Outlook's has no innerError (observed in the
// field); the others are as in Graph docs, throttling.
func (s *Service) refusal(r *wire.Request, why limits.Refusal, wait time.Duration) wire.Answer {
	a := r.Throttled(string(why), wait)
	if !why.Outlooks() {
		a = s.busy(r)
	}
	if why == limits.OverUnits {
		a.Set("x-ms-throttle-scope", "Tenant_Application/ReadWrite/"+r.App+"/"+s.Tenant.ID())
		a.Set("x-ms-throttle-information", "ResourceUnitLimitExceeded")
	}
	s.comeBack(r, &a, max(wait, time.Millisecond))
	return a
}

// busy is the refusal of all services but Outlook.
func (s *Service) busy(r *wire.Request) wire.Answer {
	a, _ := wire.Reply(http.StatusTooManyRequests, rawjson.Of("error", rawjson.Of(
		"code", "TooManyRequests", "message", "Please retry again later.",
		"innerError", rawjson.Of("code", "429", "status", "429", "message", "Please retry after",
			"date", s.Now().UTC().Format("2006-01-02T15:04:05"), "request-id", r.RequestID))))
	return a
}

// comeBack sets or leaves out Retry-After; whole seconds and dates are rounded up.
func (s *Service) comeBack(r *wire.Request, a *wire.Answer, wait time.Duration) {
	form := s.Pace.RetryAfter
	if form == Mixed {
		forms := RetryForms()[:4]
		form = forms[int(s.Pace.Draw.Number("Retry-After", identity(r.Method, r.Target, r.RawQuery))*float64(len(forms)))]
	}
	whole := (wait + time.Second - 1).Truncate(time.Second)
	switch form {
	case Fraction:
		a.Set("Retry-After", strconv.FormatFloat((wait+time.Millisecond-1).Truncate(time.Millisecond).Seconds(), 'f', 3, 64))
	case Date:
		a.Set("Retry-After", s.Now().Add(wait+time.Second-1).UTC().Truncate(time.Second).Format(http.TimeFormat))
	case None:
		a.Header.Del("Retry-After")
	default:
		a.Set("Retry-After", strconv.Itoa(int(whole/time.Second)))
	}
}

// enter lets a request through the limits, or gives the refusal. The caller
// calls leave when the request is served; headers go with its answer.
func (s *Service) enter(r *wire.Request) (headers http.Header, leave func(), refused *wire.Answer) {
	refuse := func(why limits.Refusal, wait time.Duration) *wire.Answer {
		a := s.refusal(r, why, wait)
		return &a
	}
	leave = func() {}
	if why, wait := s.Gate.Pass(r.App); why != "" {
		return nil, leave, refuse(why, wait)
	}
	mailbox := s.mailboxKey(r)
	if mailbox == "" {
		headers, refused = s.spend(r, refuse)
		return headers, leave, refused
	}
	if why, wait := s.Gate.Enter(r.App, mailbox, uploads(r)); why != "" {
		return nil, leave, refuse(why, wait)
	}
	return nil, func() { s.Gate.Leave(r.App, mailbox) }, nil
}

// loudFrom is the share of the limit from which the directory says how much of
// it is used, and loudTo the most that it says (Graph docs, throttling).
const loudFrom, loudTo = 0.8, 1.8

// spend takes the directory's resource units.
func (s *Service) spend(r *wire.Request, refuse func(limits.Refusal, time.Duration) *wire.Answer) (http.Header, *wire.Answer) {
	cost := limits.Cost(r.Path, r.Query.Names, r.Query.Top)
	why, wait, used := s.Gate.Spend(r.App, len(s.Tenant.Mailboxes()), cost)
	var headers wire.Answer
	headers.Set("x-ms-resource-unit", strconv.FormatInt(cost, 10))
	if used > loudFrom {
		headers.Set("x-ms-throttle-limit-percentage", fmt.Sprintf("%.1f", min(used, loudTo)))
	}
	if why == "" {
		return headers.Header, nil
	}
	a := refuse(why, wait)
	add(a, headers.Header)
	return nil, a
}

// add adds headers to an answer.
func add(a *wire.Answer, headers http.Header) {
	for name, values := range headers {
		a.Set(name, strings.Join(values, ", "))
	}
}
