package graphapi

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/limits"
	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/schema"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// answer is what goes back.
type answer struct {
	status      int
	header      http.Header
	body        []byte
	contentType string
}

const jsonType = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

func (a *answer) set(name, value string) {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)
}

func reply(status int, body rawjson.Object) (answer, error) {
	return answer{status: status, body: body, contentType: jsonType}, nil
}

func nothing(status int) (answer, error) { return answer{status: status}, nil }

// fail is an error as Graph tells it.
type fail struct {
	status        int
	code, message string
	inner         string // the code in innerError, To Do only
}

func (f *fail) Error() string { return f.code + ": " + f.message }

func badQuery(message string) error { return &fail{status: 400, code: "BadRequest", message: message} }

func badBody(message string) error {
	return &fail{status: 400, code: "BadRequest", message: "Unable to read JSON request payload. " + message}
}

func noSegment(segment string) error {
	return &fail{status: 400, code: "BadRequest", message: "Resource not found for the segment '" + segment + "'."}
}

// notAllowed is Graph's answer to a method that the resource does not take.
func notAllowed(method string) error {
	if method == http.MethodPatch {
		method = "PATCH/MERGE"
	}
	return &fail{status: 405, code: "ErrorInvalidRequest",
		message: "Method '" + method + "' not allowed for 'Microsoft.OData.UriParser.NavigationPropertySegment'"}
}

// notEmulated is for what Graph has and the sandbox has not.
func notEmulated(what string) error {
	return &fail{status: 501, code: "NotImplemented", message: "The sandbox does not emulate " + what + "."}
}

// failOf gives an error of the layers below its Graph form.
func (r *request) failOf(err error) *fail {
	if f, ok := errors.AsType[*fail](err); ok {
		return f
	}
	if q, ok := errors.AsType[*odata.Error](err); ok {
		return &fail{status: 400, code: q.Code, message: q.Message}
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
	} {
		if errors.Is(err, known.err) {
			return &fail{status: known.status, code: known.code, message: wording(known.err)}
		}
	}
	return &fail{status: 500, code: "ErrorInternalServerError", message: err.Error()}
}

// wording is Exchange's sentence for an error of the tenant.
func wording(err error) string {
	switch err {
	case tenant.ErrNotFound, tenant.ErrFolderNotFound:
		return "The specified object was not found in the store."
	case tenant.ErrReadOnly:
		return "Access is denied. Check credentials and try again."
	case tenant.ErrStale:
		return "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item."
	}
	text := err.Error()
	return string(text[0]-'a'+'A') + text[1:] + "."
}

// bodyFail words a refused body. Events are an open type, which is why Exchange
// takes an unknown member for a badly placed extension.
func (r *request) bodyFail(s *schema.Error) *fail {
	switch {
	case r.todo:
		return &fail{status: 400, code: "invalidRequest", inner: "InvalidModel", message: "Invalid JSON, " + s.Error()}
	case s.Fault == schema.UnknownMember && r.isEvents():
		return &fail{status: 400, code: "ErrorInvalidRequest", message: "Requests must contain extension changes exclusively."}
	case s.Path == "transactionId" && s.Fault == schema.ReadOnlyMember:
		return &fail{status: 400, code: "ErrorInvalidRequest", message: "ClientId/TransactionId is immutable"}
	}
	return &fail{status: 400, code: "BadRequest", message: "Unable to read JSON request payload. " + s.Error()}
}

// refuse gives the error as an answer, in the dialect of the resource.
func (r *request) refuse(err error) answer {
	f := r.failOf(err)
	if r.todo && f.inner == "" {
		f = todoFail(f)
	}
	inner := rawjson.Empty()
	if f.inner != "" {
		inner = inner.Set("code", f.inner)
	}
	client := r.clientID
	if client == "" {
		client = r.requestID
	}
	inner = inner.Set("date", r.service.Now().UTC().Format("2006-01-02T15:04:05")).
		Set("request-id", r.requestID).Set("client-request-id", client)
	a, _ := reply(f.status, rawjson.Of("error", rawjson.Of("code", f.code, "message", f.message, "innerError", inner)))
	if f.status == 401 {
		a.set("WWW-Authenticate", `Bearer realm="", authorization_uri="`+r.root[:len(r.root)-len(version)]+`common/oauth2/authorize"`)
	}
	return a
}

// todoFail translates into To Do's dialect: lower camel outside, Exchange's own
// code inside (observed in the field).
func todoFail(f *fail) *fail {
	code := "invalidRequest"
	switch f.status {
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
	return &fail{status: f.status, code: code, message: f.message, inner: f.code}
}

// throttled is Exchange's 429, which has no innerError (observed in the field).
func (r *request) throttled(refusal limits.Refusal, wait time.Duration) answer {
	a, _ := reply(429, rawjson.Of("error", rawjson.Of("code", "ApplicationThrottled",
		"message", "Application is over its "+string(refusal)+" limit.")))
	a.set("Retry-After", strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second))))
	return a
}
