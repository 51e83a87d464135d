package fault

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// stage says when a fault is played.
type stage int

const (
	instead stage = iota // the request is not served
	before               // something happens, then it is served
	after                // it is served, and the answer is changed
)

// behaviour is how a fault is played.
type behaviour struct {
	stage stage
	suits func(*http.Request) bool
	// prepare looks whether the fault fits the request, and its answer if the
	// stage is after, and returns what plays it: nil if it does not fit. That
	// returns false if nothing came of it.
	prepare func(t *turn, a *answer) func() bool
	// times is the usual number of times; 0 is 1.
	times int
	// sticks names what keeps the fault once it had it; nil for none.
	sticks func(*http.Request) string
}

// behaviours has every fault of the catalogue.
func behaviours() map[Fault]behaviour {
	return map[Fault]behaviour{
		Reset:    {suits: isAny, prepare: reset},
		CutBody:  {stage: after, suits: isGet, prepare: cutBody},
		SlowBody: {stage: after, suits: isGet, prepare: slowBody},

		Empty404:      {suits: isGet, prepare: status(http.StatusNotFound)},
		Empty503:      {suits: isAny, prepare: status(http.StatusServiceUnavailable)},
		Transient400:  {suits: isGet, prepare: refusal(wire.Fail{Status: 400, Code: "invalidRequest", Message: "Invalid request"})},
		Persistent401: {suits: isAny, times: 4, prepare: refusal(badToken("Access token validation failure. Invalid audience."))},
		TokenExpired:  {suits: isAny, prepare: refusal(badToken("Lifetime validation failed, the token is expired.")), sticks: tokenOf},
		CorruptItem: {suits: isRead, sticks: itemOf, prepare: refusal(wire.Fail{
			Status: 500, Code: "ErrorCorruptData", Message: "Data is corrupt., Invalid global object ID: some ID",
		})},

		ErrorIn200:   {suits: func(r *http.Request) bool { return !isBatch(r) }, prepare: errorIn200},
		EmptyObject:  {suits: isGet, prepare: fixed(rawjson.Empty())},
		WrongElement: {stage: after, suits: isGet, prepare: page(wrongElement)},
		RepeatedItem: {stage: after, suits: isGet, prepare: page(repeatedItem)},
		MissingItem:  {stage: after, suits: isGet, prepare: page(missingItem)},
		LoopingLink:  {stage: after, suits: isGet, prepare: link(func(r *http.Request) string { return r.Host })},
		ForeignLink:  {stage: after, suits: isGet, prepare: link(func(*http.Request) string { return "graph.contoso.example" })},

		DoneThen503:   {stage: after, suits: isChange, prepare: doneThen503},
		DoneThenReset: {stage: after, suits: isChange, prepare: doneThenReset},
		Lost503:       {suits: isChange, prepare: status(http.StatusServiceUnavailable)},
		LostReset:     {suits: isChange, prepare: reset},

		BatchMissing:   {stage: after, suits: isBatch, prepare: batchMissing},
		BatchShuffled:  {stage: after, suits: isBatch, prepare: batchShuffled},
		BatchThrottled: {suits: isBatch, prepare: batchThrottled},

		ThrottledSeconds: {suits: isAny, prepare: throttled(func(_ *turn, wait time.Duration) string {
			return strconv.Itoa(int((wait + time.Second - 1) / time.Second))
		})},
		ThrottledFraction: {suits: isAny, prepare: throttled(func(_ *turn, wait time.Duration) string {
			return strconv.FormatFloat(wait.Seconds()+0.5, 'f', 3, 64)
		})},
		ThrottledDate: {suits: isAny, prepare: throttled(func(t *turn, wait time.Duration) string {
			return t.player.now().Add(wait + time.Second - 1).UTC().Format(http.TimeFormat)
		})},
		ThrottledSilent: {suits: isAny, prepare: throttled(func(*turn, time.Duration) string { return "" })},

		OtherEdits:   {stage: before, suits: isAny, prepare: otherEdits},
		OtherDeletes: {stage: before, suits: isAny, prepare: otherDeletes},
		OtherCreates: {stage: before, suits: isAny, prepare: otherCreates},
	}
}

func badToken(message string) wire.Fail {
	return wire.Fail{Status: http.StatusUnauthorized, Code: "InvalidAuthenticationToken", Message: message}
}

func tokenOf(r *http.Request) string { return r.Header.Get("Authorization") }

func reset(t *turn, _ *answer) func() bool {
	return func() bool {
		t.drain()
		abort(t.w)
		return true
	}
}

// status answers without a body.
func status(code int) func(*turn, *answer) func() bool {
	return func(t *turn, _ *answer) func() bool {
		return func() bool { return t.answerWith(wire.Answer{Status: code}) }
	}
}

func refusal(fail wire.Fail) func(*turn, *answer) func() bool {
	return func(t *turn, _ *answer) func() bool {
		return func() bool { return t.refuse(fail, false) }
	}
}

// fixed answers 200 with the object.
func fixed(body rawjson.Object) func(*turn, *answer) func() bool {
	return func(t *turn, _ *answer) func() bool {
		return func() bool {
			a, _ := wire.Reply(http.StatusOK, body) // it never fails
			return t.answerWith(a)
		}
	}
}

func errorIn200(t *turn, a *answer) func() bool {
	problem := rawjson.Of("code", "ErrorInternalServerError", "message", "An internal server error occurred. The operation failed.")
	return fixed(rawjson.Of("error", problem))(t, a)
}

func cutBody(t *turn, a *answer) func() bool {
	if a.body.Len() < 2 {
		return nil
	}
	return func() bool {
		a.half(t.w)
		panic(http.ErrAbortHandler) // so says net/http
	}
}

func slowBody(t *turn, a *answer) func() bool {
	if a.body.Len() < 2 {
		return nil
	}
	return func() bool {
		rest := a.half(t.w)
		t.pause(t.plan.wait())
		_, _ = t.w.Write(rest)
		return true
	}
}

// throttled is a 429 that tells the wait in the form given, "" for not at all.
func throttled(form func(*turn, time.Duration) string) func(*turn, *answer) func() bool {
	return func(t *turn, _ *answer) func() bool {
		return func() bool {
			a := new(wire.Request).Throttled("MailboxConcurrency", t.plan.wait())
			a.Header.Del("Retry-After")
			if value := form(t, t.plan.wait()); value != "" {
				a.Set("Retry-After", value)
			}
			return t.answerWith(a)
		}
	}
}

func doneThen503(t *turn, a *answer) func() bool {
	if !a.good() {
		return nil
	}
	return func() bool { return t.answerWith(wire.Answer{Status: http.StatusServiceUnavailable}) }
}

func doneThenReset(t *turn, a *answer) func() bool {
	if !a.good() {
		return nil
	}
	return reset(t, a)
}

// isRead tells the GETs of a single item and of what lies below one.
func isRead(r *http.Request) bool { return isGet(r) && itemOf(r) != "" }

// itemOf is the path of the item that a request reads, "" for other requests.
func itemOf(r *http.Request) string {
	path, err := wire.Segments(r.URL.EscapedPath())
	if err != nil {
		return ""
	}
	if at := placeIn(path); at.item != "" {
		return strings.Join([]string{path[1], string(at.kind), at.item}, "/")
	}
	return ""
}
