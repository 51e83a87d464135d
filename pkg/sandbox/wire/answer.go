package wire

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/schema"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// Answer is what goes back.
type Answer struct {
	Status      int
	Header      http.Header
	Body        []byte
	ContentType string
}

const jsonType = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

// Set sets a header.
func (a *Answer) Set(name, value string) {
	if a.Header == nil {
		a.Header = http.Header{}
	}
	a.Header.Set(name, value)
}

// Reply is an answer with a JSON body.
func Reply(status int, body rawjson.Object) (Answer, error) {
	return Answer{Status: status, Body: body, ContentType: jsonType}, nil
}

// Nothing is an answer without a body.
func Nothing(status int) (Answer, error) { return Answer{Status: status}, nil }

// Fail is an error as Graph tells it.
type Fail struct {
	Status        int
	Code, Message string
	// Inner is the code in innerError, To Do's only.
	Inner string
}

func (f *Fail) Error() string { return f.Code + ": " + f.Message }

// BadQuery is a refused query option.
func BadQuery(message string) error { return &Fail{Status: 400, Code: "BadRequest", Message: message} }

// BadBody is a body that cannot be read.
func BadBody(message string) error {
	return &Fail{Status: 400, Code: "BadRequest", Message: "Unable to read JSON request payload. " + message}
}

// NoSegment is a path that does not exist.
func NoSegment(segment string) error {
	return &Fail{Status: 400, Code: "BadRequest", Message: "Resource not found for the segment '" + segment + "'."}
}

// NotAllowed is Graph's answer to a method that the resource does not take.
func NotAllowed(method string) error {
	if method == http.MethodPatch {
		method = "PATCH/MERGE"
	}
	return &Fail{
		Status: 405, Code: "ErrorInvalidRequest",
		Message: "Method '" + method + "' not allowed for 'Microsoft.OData.UriParser.NavigationPropertySegment'",
	}
}

// NoSelect is To Do's answer to any $select (observed in the field).
func NoSelect() error {
	return &Fail{Status: 400, Code: "invalidRequest", Inner: "RequestBroker--ParseUri", Message: "Invalid request"}
}

// NotEmulated is for what Graph has and the sandbox has not.
func NotEmulated(what string) error {
	return &Fail{Status: 501, Code: "NotImplemented", Message: "The sandbox does not emulate " + what + "."}
}

// failOf gives an error of the layers below its Graph form.
func (r *Request) failOf(err error) *Fail {
	if f, ok := errors.AsType[*Fail](err); ok {
		return f
	}
	if q, ok := errors.AsType[*odata.Error](err); ok {
		return &Fail{Status: 400, Code: q.Code, Message: q.Message}
	}
	if s, ok := errors.AsType[*schema.Error](err); ok {
		return r.bodyFail(s)
	}
	for _, known := range []struct {
		err    error
		status int
		code   string
	}{
		{tenant.ErrNotFound, 404, "ErrorItemNotFound"},
		{tenant.ErrFolderNotFound, 404, "ErrorItemNotFound"},
		{tenant.ErrReadOnly, 403, "ErrorAccessDenied"},
		{tenant.ErrStale, 412, "ErrorIrresolvableConflict"},
		{tenant.ErrFolderExists, 409, "ErrorFolderExists"},
		{tenant.ErrCategoryExists, 409, "ErrorCategoryAlreadyExists"},
		{tenant.ErrBuiltIn, 400, "ErrorDeleteDistinguishedFolder"},
		{tenant.ErrUsedID, 400, "ErrorDuplicateTransactionId"},
		{tenant.ErrNotOrganizer, 400, "ErrorInvalidRequest"},
		{tenant.ErrIsOrganizer, 400, "ErrorInvalidRequest"},
	} {
		if errors.Is(err, known.err) {
			return &Fail{Status: known.status, Code: known.code, Message: wording(known.err)}
		}
	}
	return &Fail{Status: 500, Code: "ErrorInternalServerError", Message: err.Error()}
}

// wording is Exchange's sentence for an error of the tenant.
func wording(err error) string {
	switch {
	case errors.Is(err, tenant.ErrNotFound), errors.Is(err, tenant.ErrFolderNotFound):
		return "The specified object was not found in the store."
	case errors.Is(err, tenant.ErrReadOnly):
		return "Access is denied. Check credentials and try again."
	case errors.Is(err, tenant.ErrStale):
		return "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item."
	case errors.Is(err, tenant.ErrNotOrganizer):
		return "Your request can't be completed. You need to be an organizer to cancel a meeting."
	case errors.Is(err, tenant.ErrIsOrganizer):
		return "Your request can't be completed. You can't respond to this meeting because you're the meeting organizer."
	}
	text := err.Error()
	return string(text[0]-'a'+'A') + text[1:] + "."
}

// bodyFail words a refused body. Events are an open type, which is why Exchange
// takes an unknown member for a badly placed extension.
func (r *Request) bodyFail(s *schema.Error) *Fail {
	switch {
	case r.Todo:
		return &Fail{Status: 400, Code: "invalidRequest", Inner: "InvalidModel", Message: "Invalid JSON, " + s.Error()}
	case s.Fault == schema.UnknownMember && r.isEvents():
		return &Fail{Status: 400, Code: "ErrorInvalidRequest", Message: "Requests must contain extension changes exclusively."}
	case s.Path == "transactionId" && s.Fault == schema.ReadOnlyMember:
		return &Fail{Status: 400, Code: "ErrorInvalidRequest", Message: "ClientId/TransactionId is immutable"}
	}
	return &Fail{Status: 400, Code: "BadRequest", Message: "Unable to read JSON request payload. " + s.Error()}
}

// Refuse gives the error as an answer, in the dialect of the resource.
func (r *Request) Refuse(err error) Answer {
	f := r.failOf(err)
	if r.Todo && f.Inner == "" {
		f = todoFail(f)
	}
	inner := rawjson.Empty()
	if f.Inner != "" {
		inner = inner.Set("code", f.Inner)
	}
	client := r.ClientID
	if client == "" {
		client = r.RequestID
	}
	inner = inner.Set("date", r.Now().UTC().Format("2006-01-02T15:04:05")).
		Set("request-id", r.RequestID).Set("client-request-id", client)
	a, _ := Reply(f.Status, rawjson.Of("error", rawjson.Of("code", f.Code, "message", f.Message, "innerError", inner)))
	if f.Status == 401 {
		a.Set("WWW-Authenticate", `Bearer realm="", authorization_uri="`+r.Root[:len(r.Root)-len(Version)]+`common/oauth2/authorize"`)
	}
	return a
}

// todoFail translates into To Do's dialect: lower camel outside, Exchange's own
// code inside (observed in the field).
func todoFail(f *Fail) *Fail {
	code := "invalidRequest"
	switch f.Status {
	case 401:
		return f
	case 403:
		code = "accessDenied"
	case 404:
		code = "itemNotFound"
	case 409, 412:
		code = "conflict"
	case 501:
		code = "notImplemented"
	}
	return &Fail{Status: f.Status, Code: code, Message: f.Message, Inner: f.Code}
}

// Throttled is Exchange's 429, which has no innerError (observed in the field).
func (r *Request) Throttled(limit string, wait time.Duration) Answer {
	a, _ := Reply(429, rawjson.Of("error", rawjson.Of("code", "ApplicationThrottled",
		"message", "Application is over its "+limit+" limit.")))
	a.Set("Retry-After", strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second))))
	return a
}

// isEvents tells whether the body is an event's: it is sent to a list of events
// or to one of them.
func (r *Request) isEvents() bool {
	for _, segment := range r.Path[max(0, len(r.Path)-2):] {
		if strings.EqualFold(segment, "events") || strings.EqualFold(segment, "calendarView") {
			return true
		}
	}
	return false
}
