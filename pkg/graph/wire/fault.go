package wire

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Fault is a call that failed. Its text holds the method, the path without
// ids, the status, the service's code and request id, and what to do next. It
// unwraps to a sentinel of package mailbox where one applies, and to the cause.
type Fault struct {
	Method string
	Path   string
	Status int    // 0: no answer
	Code   string // as ErrorItemNotFound; To Do's is the same as its status in words
	Inner  string // the code of the inner error, which for To Do is the telling one
	// RequestID is what Microsoft's support asks for.
	RequestID string
	Tries     int

	why     cause
	wait    time.Duration // what the service asked for; negative: nothing
	meaning error         // a sentinel, or nil
	hint    string
	err     error  // the cause, free of addresses
	writes  bool   // the call would have changed something
	absent  bool   // the service knows no such path
	token   string // the Authorization header of the try; for Renew only
	stopped error  // the caller's context was done
}

// cause groups the faults by what can be done about them.
type cause int

const (
	final       cause = iota // the service has decided
	throttled                // refused for the rate: nothing was done
	stale                    // the token was refused: nothing was done
	unreachable              // nothing was sent
	busy                     // 5xx: something may have been done
	cut                      // the connection broke: something may have been done
	flaky                    // answers that are known to be wrong now and then
	fenced                   // the gate stays closed for too long
)

func (f *Fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: ", f.Method, f.Path)
	if f.meaning != nil {
		fmt.Fprintf(&b, "%v: ", f.meaning)
	}
	if f.Status != 0 {
		fmt.Fprintf(&b, "status %d", f.Status)
		for _, code := range []string{f.Code, f.Inner} {
			if code != "" {
				b.WriteString(" " + code)
			}
		}
		if f.RequestID != "" {
			fmt.Fprintf(&b, " (request-id %s)", f.RequestID)
		}
	}
	if f.err != nil {
		if f.Status != 0 {
			b.WriteString(": ")
		}
		b.WriteString(f.err.Error())
	}
	if f.Tries > 1 {
		fmt.Fprintf(&b, ", %d tries", f.Tries)
	}
	if f.hint != "" {
		b.WriteString("; " + f.hint)
	}
	return b.String()
}

// Unwrap gives the sentinel and the cause.
func (f *Fault) Unwrap() []error {
	return slices.DeleteFunc([]error{f.meaning, f.err, f.stopped}, func(err error) bool { return err == nil })
}

// Has says whether one of the service's two codes is among those given. Codes
// differ in case between the service's own data centres.
func (f *Fault) Has(codes ...string) bool {
	return slices.ContainsFunc(codes, func(code string) bool {
		return strings.EqualFold(code, f.Code) || strings.EqualFold(code, f.Inner)
	})
}

// Busy says whether the service failed to serve the call, as it does when too
// much was asked for at once.
func (f *Fault) Busy() bool { return f.why == busy }

// changes says whether the call would have changed something.
func (f *Fault) changes() bool { return f.writes }

// unsent is a call that never left.
func (s *Sender) unsent(r Request, err error) *Fault {
	f := &Fault{Method: r.Method, Path: r.Path, err: err, wait: -1}
	if closed, ok := errors.AsType[*pace.FencedError](err); ok {
		f.why, f.wait, f.meaning, f.hint = fenced, closed.Wait, mailbox.ErrBusy, "run again after that time"
	}
	return f
}

// broken is a call without an answer. The address is taken out of the error:
// it holds ids.
func broken(r Request, err error) *Fault {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	f := &Fault{Method: r.Method, Path: r.Path, writes: r.changes(), why: cut, err: err, wait: -1}
	switch {
	case unsentError(err):
		f.why, f.meaning, f.hint = unreachable, mailbox.ErrBusy, "check the network, the proxy and the name of the cloud"
	case f.changes():
		f.meaning, f.hint = mailbox.ErrUnclear, readFirst
	default:
		f.meaning, f.hint = mailbox.ErrBusy, "run again later"
	}
	return f
}

// readFirst is the advice after a change whose fate nobody knows.
const readFirst = "read the item before anything else is done to it"

// unsentError says whether the connection failed before a request could leave.
func unsentError(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	_, name := errors.AsType[*net.DNSError](err)
	_, cert := errors.AsType[*tls.CertificateVerificationError](err)
	return name || cert
}

// unreadable is a good status with a body that is not what was asked for.
func unreadable(r Request, resp *http.Response, err error, broke bool) *Fault {
	f := &Fault{
		Method: r.Method, Path: r.Path, writes: r.changes(), Status: resp.StatusCode, RequestID: word(resp.Header.Get("request-id")),
		why: flaky, err: err, wait: -1, meaning: mailbox.ErrIncomplete,
	}
	switch {
	case f.changes():
		f.why, f.meaning, f.hint = final, mailbox.ErrUnclear, readFirst
	case errors.Is(err, ErrTooLarge):
		f.why = final
	case broke:
		f.why = cut
	}
	return f
}

// refused reads an answer with another status than 2xx.
func (s *Sender) refused(r Request, resp *http.Response) *Fault {
	f := &Fault{
		Method: r.Method, Path: r.Path, writes: r.changes(), Status: resp.StatusCode, RequestID: word(resp.Header.Get("request-id")),
		wait: retryAfter(resp.Header, s.Now()),
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, errorLimit))
	scope := f.parse(body)
	empty := len(bytes.TrimSpace(body)) == 0
	f.why = f.judge(empty)
	f.hint, f.meaning = f.means(scope, empty)
	return f
}

// errorLimit is how much of an error body is looked at.
const errorLimit = 64 << 10

// parse reads the codes of an error body and says whether its message is the
// one for a mailbox outside the app's scope. Contacts and events have the
// telling code at the top, To Do in the inner error.
func (f *Fault) parse(body []byte) (scope bool) {
	var answer struct {
		Error struct {
			Code       string `json:"code"`
			Message    string `json:"message"`
			InnerError struct {
				Code      string `json:"code"`
				RequestID string `json:"request-id"`
			} `json:"innerError"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return false
	}
	f.Code, f.Inner = word(answer.Error.Code), word(answer.Error.InnerError.Code)
	if f.RequestID == "" {
		f.RequestID = word(answer.Error.InnerError.RequestID)
	}
	f.absent = strings.HasPrefix(answer.Error.Message, "Resource not found for the segment")
	return strings.Contains(answer.Error.Message, "Access to OData is disabled") ||
		strings.Contains(answer.Error.Message, "AccessPolicy")
}

// judge says what can be done about the status.
func (f *Fault) judge(empty bool) cause {
	switch f.Status {
	case http.StatusTooManyRequests:
		return throttled
	case http.StatusUnauthorized:
		if f.Has("InvalidAuthenticationToken") {
			return stale
		}
	case http.StatusInternalServerError:
		if f.Has("ErrorCorruptData") { // for ever (observed in the field)
			return final
		}
		return busy
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return busy
	case http.StatusNotFound:
		if empty && !f.changes() { // of items that are there (observed in the field)
			return flaky
		}
	case http.StatusBadRequest:
		if f.Has("invalidRequest") && f.Inner == "" && !f.changes() {
			return flaky
		}
	}
	return final
}

// means finds the sentinel and the advice for an answer that stays. empty says
// that it had no body, which only gateways send.
func (f *Fault) means(scope, empty bool) (hint string, meaning error) {
	refused := f.Status >= 400 && f.Status < 500 && f.Status != http.StatusRequestTimeout
	switch {
	case f.Has("ErrorQuotaExceeded") && (f.Status == http.StatusForbidden || f.Status == http.StatusInsufficientStorage):
		return "make room in the mailbox, or raise its quota", mailbox.ErrFull
	case refused && f.Has("ErrorFolderExists", "ErrorDuplicateTransactionId"):
		return "", mailbox.ErrExists
	case f.changes() && (!refused || empty && f.Status == http.StatusNotFound):
		return readFirst, mailbox.ErrUnclear
	case f.Has("MailboxNotEnabledForRESTAPI", "MailboxNotHostedInExchangeOnline", "ResourceNotFound",
		"ErrorInvalidUser", "Request_ResourceNotFound", "ErrorMissingEmailAddress"):
		return "leave the account out, or give it a mailbox in Exchange Online", mailbox.ErrNoMailbox
	case f.absent:
		return "this cloud does not have it", mailbox.ErrNotOffered
	case f.Status == http.StatusForbidden && scope:
		return "the mailbox is outside the app's scope: add it to the scope's group and wait up to two hours", mailbox.ErrDenied
	case f.Status == http.StatusForbidden:
		return "grant the app the permission and an administrator's consent", mailbox.ErrDenied
	case f.Status == http.StatusUnauthorized:
		return f.meansUnauthorized()
	case f.Status == http.StatusNotFound, f.Has("ErrorInvalidIdMalformed"): // no item has such an id
		return "", mailbox.ErrGone
	case f.Status == http.StatusPreconditionFailed, f.Status == http.StatusConflict, f.Has("ErrorIrresolvableConflict"):
		return "list again and decide anew", mailbox.ErrChanged
	case f.why == throttled:
		return "it is throttling the app; run again later", mailbox.ErrBusy
	case f.why == busy:
		return "run again later", mailbox.ErrBusy
	case f.Status/100 == 3:
		return "a redirect, which is not followed: check the proxy and the name of the cloud", nil
	}
	return "", nil
}

// meansUnauthorized tells a refused token from a missing role, which To Do
// answers with the same status (observed in the field).
func (f *Fault) meansUnauthorized() (hint string, meaning error) {
	switch {
	case f.why == stale:
		return "Graph refuses the token: check the app, the tenant, the cloud and this machine's clock", mailbox.ErrSignIn
	case strings.Contains(f.Path, "/todo"):
		return "the app role Tasks.ReadWrite.All (or Tasks.Read.All to read) is missing", mailbox.ErrDenied
	}
	return "check the app's permissions and the mailbox's licence", mailbox.ErrDenied
}
