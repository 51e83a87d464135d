package wire_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

func refused(status int, code string) answer {
	return answer{status: status, body: fmt.Sprintf(`{"error":{"code":%q,"message":"private subject"}}`, code)}
}

func inner(status int, code, inner string) answer {
	return answer{status: status, body: fmt.Sprintf(`{"error":{"code":%q,"innerError":{"code":%q,"request-id":"r-1"}}}`, code, inner)}
}

// TestRetries holds how often each verb is sent when an answer does not change.
func TestRetries(t *testing.T) {
	reset := errors.New("connection reset by peer")
	refusedDial := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	tests := []struct {
		name   string
		answer answer
		get    int // requests sent in all
		change int // the same for PATCH, DELETE and POST
		is     error
		unsure bool // a change is unclear
	}{
		{"429", refused(429, "ApplicationThrottled"), 11, 11, mailbox.ErrBusy, false},
		{"429 without a body", answer{status: 429}, 11, 11, mailbox.ErrBusy, false},
		{"500", refused(500, "ErrorInternalServerError"), 7, 1, nil, true},
		{"500 for ever", refused(500, "ErrorCorruptData"), 1, 1, nil, true},
		{"502", answer{status: 502}, 7, 1, nil, true},
		{"503", refused(503, "ErrorServerBusy"), 7, 1, nil, true},
		{"503 without a body", answer{status: 503}, 7, 1, nil, true},
		{"504", answer{status: 504}, 7, 1, nil, true},
		{"500 with a telling code", refused(500, "ErrorIrresolvableConflict"), 7, 1, nil, true},
		{"507", refused(507, "ErrorQuotaExceeded"), 1, 1, mailbox.ErrFull, false},
		{"507 otherwise", refused(507, "insufficientStorage"), 1, 1, nil, true},
		{"reset", answer{err: reset}, 7, 1, nil, true},
		{"end of file", answer{err: io.EOF}, 7, 1, nil, true},
		{"no connection", answer{err: refusedDial}, 4, 4, mailbox.ErrBusy, false},
		{"no such host", answer{err: &net.DNSError{Err: "no such host", Name: "graph.example"}}, 4, 4, mailbox.ErrBusy, false},
		{"wrong certificate", answer{err: &tls.CertificateVerificationError{Err: errors.New("unknown authority")}}, 4, 4, mailbox.ErrBusy, false},
		{"no answer", answer{slow: time.Hour}, 7, 1, nil, true},
		{"token refused", refused(401, "InvalidAuthenticationToken"), 7, 7, mailbox.ErrSignIn, false},
		{"401 otherwise", refused(401, "AuthenticationError"), 1, 1, mailbox.ErrDenied, false},
		{"404", refused(404, "ErrorItemNotFound"), 1, 1, mailbox.ErrGone, false},
		{"404 without a body", answer{status: 404}, 3, 1, nil, true},
		{"no mailbox", refused(404, "MailboxNotEnabledForRESTAPI"), 1, 1, mailbox.ErrNoMailbox, false},
		{"no mailbox in another case", refused(404, "mailboxNotEnabledForRestApi"), 1, 1, mailbox.ErrNoMailbox, false},
		{"no address", refused(400, "ErrorMissingEmailAddress"), 1, 1, mailbox.ErrNoMailbox, false},
		{"400", refused(400, "ErrorInvalidRequest"), 1, 1, nil, false},
		{"400 invalidRequest", refused(400, "invalidRequest"), 3, 1, nil, false},
		{"400 with an inner code", inner(400, "invalidRequest", "InvalidModel"), 1, 1, nil, false},
		{"inner not found", inner(404, "invalidRequest", "ErrorItemNotFound"), 1, 1, mailbox.ErrGone, false},
		{"403", refused(403, "ErrorAccessDenied"), 1, 1, mailbox.ErrDenied, false},
		{"403 quota", refused(403, "ErrorQuotaExceeded"), 1, 1, mailbox.ErrFull, false},
		{"409 folder", refused(409, "ErrorFolderExists"), 1, 1, mailbox.ErrExists, false},
		{"400 used id", refused(400, "ErrorDuplicateTransactionId"), 1, 1, mailbox.ErrExists, false},
		{"503 folder", refused(503, "ErrorFolderExists"), 7, 1, nil, true},
		{"409", refused(409, "ErrorIrresolvableConflict"), 1, 1, mailbox.ErrChanged, false},
		{"412", refused(412, "ErrorIrresolvableConflict"), 1, 1, mailbox.ErrChanged, false},
		{"403 quota, To Do", inner(403, "accessDenied", "ErrorQuotaExceeded"), 1, 1, mailbox.ErrFull, false},
		{"no such segment", answer{status: 400, body: `{"error":{"code":"BadRequest","message":"Resource not found for the segment 'todo'."}}`}, 1, 1, mailbox.ErrNotOffered, false},
		{"408", answer{status: 408}, 1, 1, nil, true},
		{"redirect", answer{status: 307, header: http.Header{"Location": {"https://evil.example/"}}}, 1, 1, nil, true},
	}
	if len(tests) < 30 {
		t.Fatalf("%d answers, want at least 30", len(tests))
	}
	for _, test := range tests {
		for _, method := range []string{"GET", "DELETE", "PATCH", "POST"} {
			t.Run(test.name+" to "+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := &script{answers: []answer{test.answer}}
					err := sender(t, server).Discard(t.Context(), request(method))
					want := test.get
					if method != "GET" {
						want = test.change
					}
					if len(server.sent) != want {
						t.Errorf("%d requests were sent, want %d", len(server.sent), want)
					}
					if err == nil {
						t.Fatal("no error")
					}
					if test.is != nil && !errors.Is(err, test.is) {
						t.Errorf("error = %v, want %v", err, test.is)
					}
					unsure := test.unsure && method != "GET"
					if errors.Is(err, mailbox.ErrUnclear) != unsure {
						t.Errorf("error = %v; is it unclear? want %v", err, unsure)
					}
					if errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("error = %v, which looks like the caller's own deadline", err)
					}
					clean(t, err)
					server.check(t)
				})
			})
		}
	}
}

func TestRetryAfter(t *testing.T) {
	// The service's clock is five hours ahead of ours.
	wait := func(value string) http.Header {
		return http.Header{"Retry-After": {value}, "Date": {"Sat, 01 Jan 2000 05:00:00 GMT"}}
	}
	tests := []struct {
		name     string
		header   http.Header
		min, max time.Duration
	}{
		{"seconds", wait("7"), 7 * time.Second, 8 * time.Second},
		{"fraction", wait("0.5"), 500 * time.Millisecond, 600 * time.Millisecond},
		{"date", wait("Sat, 01 Jan 2000 05:01:41 GMT"), 101 * time.Second, 103 * time.Second},
		{"date gone by", wait("Fri, 31 Dec 1999 00:00:00 GMT"), 500 * time.Millisecond, time.Second},
		{"zero", wait("0"), 500 * time.Millisecond, time.Second},
		{"absent", http.Header{}, 500 * time.Millisecond, time.Second},
		{"garbage", wait("soon"), 500 * time.Millisecond, time.Second},
		{"negative", wait("-5"), 500 * time.Millisecond, time.Second},
		{"no number", wait("NaN"), 500 * time.Millisecond, time.Second},
		{"beyond the old limit of the SDK", wait("101"), 101 * time.Second, 103 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &script{answers: []answer{{status: 429, header: test.header}, {status: 204}}}
				start := time.Now()
				if err := sender(t, server).Discard(t.Context(), request("DELETE")); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took < test.min || took > test.max {
					t.Errorf("waited %s, want %s to %s", took, test.min, test.max)
				}
			})
		})
	}
}

func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &script{answers: []answer{{status: 429, header: http.Header{"Retry-After": {"86400"}}}}}
		start := time.Now()
		err := sender(t, server).Discard(t.Context(), request("DELETE"))
		if err == nil || time.Since(start) != 0 || len(server.sent) != 1 || !strings.Contains(err.Error(), "24h") {
			t.Errorf("%v after %s and %d requests, want an error that names the wait, at once", err, time.Since(start), len(server.sent))
		}
		if errors.Is(err, mailbox.ErrUnclear) {
			t.Errorf("%v: a throttled call is known to have done nothing", err)
		}
	})
}

func TestCancelling(t *testing.T) {
	for _, method := range []string{"GET", "DELETE"} {
		synctest.Test(t, func(t *testing.T) {
			before, cancel := context.WithCancel(t.Context())
			cancel()
			server := &script{answers: []answer{{slow: time.Minute}}}
			err := sender(t, server).Discard(before, request(method))
			if !errors.Is(err, context.Canceled) || errors.Is(err, mailbox.ErrUnclear) || len(server.sent) != 0 {
				t.Errorf("%s, cancelled before: %v after %d requests", method, err, len(server.sent))
			}
			during, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err = sender(t, server).Discard(during, request(method))
			unclear := errors.Is(err, mailbox.ErrUnclear)
			if !errors.Is(err, context.DeadlineExceeded) || unclear != (method == "DELETE") || len(server.sent) != 1 {
				t.Errorf("%s, cancelled in service: %v after %d requests", method, err, len(server.sent))
			}
		})
	}
}

func TestRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &script{answers: []answer{
			{err: errors.New("connection reset by peer")},
			{status: 503},
			refused(401, "InvalidAuthenticationToken"),
			{status: 200, body: `{"id":"a"`, tail: io.ErrUnexpectedEOF},
			{status: 404},
			{status: 200, body: " {\"id\": \"a\"}\r\n"},
		}}
		var renewed []string
		var seen []wire.Exchange
		s := sender(t, server)
		s.Renew = func(token string) { renewed = append(renewed, token) }
		s.Observe = func(e wire.Exchange) { seen = append(seen, e) }
		got, err := s.Object(t.Context(), request("GET"))
		if err != nil || string(got) != `{"id": "a"}` {
			t.Fatalf("Object = %q, %v", got, err)
		}
		if len(renewed) != 1 || renewed[0] != canary {
			t.Errorf("%d tokens renewed, want the one that was refused", len(renewed))
		}
		if len(seen) != 6 || seen[1].Status != 503 || seen[5].Try != 6 || seen[5].Failed || !seen[3].Failed {
			t.Errorf("observed %+v", seen)
		}
		if text := fmt.Sprintf("%+v", seen); strings.Contains(text, "canary") || strings.Contains(text, "secret-id") {
			t.Errorf("an observation shows a token or an id: %s", text)
		}
		server.check(t)
	})
}

func TestAMailboxIsFencedForEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := request("GET")
		server := &script{answers: []answer{{status: 429, header: http.Header{"Retry-After": {"30"}}}, {status: 204}}}
		s, start := sender(t, server), time.Now()
		done := make(chan error)
		go func() { done <- s.Discard(t.Context(), shared) }()
		synctest.Wait()
		if err := s.Discard(t.Context(), shared); err != nil || time.Since(start) < 30*time.Second {
			t.Errorf("a call to the fenced mailbox: %v after %s, want it to wait 30s", err, time.Since(start))
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if len(server.sent) != 3 {
			t.Errorf("%d requests, want 3: nobody else runs into the refusal", len(server.sent))
		}
	})
}

func TestObjectRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"array": `[]`, "two objects": `{}{}`, "text": `"x"`, "nothing": ``, "cut": `{"id":`, "malformed": `{"id":private subject}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			server := &script{answers: []answer{{status: 200, body: body}}}
			_, err := sender(t, server).Object(t.Context(), request("GET"))
			if !errors.Is(err, mailbox.ErrIncomplete) || len(server.sent) != 3 {
				t.Errorf("%s: %v after %d requests, want ErrIncomplete after 3", name, err, len(server.sent))
			}
			clean(t, err)
			_, err = sender(t, server).Object(t.Context(), request("PATCH"))
			if !errors.Is(err, mailbox.ErrUnclear) || len(server.sent) != 4 {
				t.Errorf("%s to PATCH: %v after %d requests, want ErrUnclear after one more", name, err, len(server.sent))
			}
		})
	}
}

func TestForeignHostIsNeverAsked(t *testing.T) {
	server := &script{answers: []answer{{status: 200, body: "{}"}}}
	r := request("DELETE")
	r.Sign = func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, "DELETE", "https://evil.example/v1.0/x", nil)
	}
	err := sender(t, server).Discard(t.Context(), r)
	if !errors.Is(err, wire.ErrForeignHost) || errors.Is(err, mailbox.ErrUnclear) || len(server.sent) != 0 {
		t.Errorf("%v after %d requests, want ErrForeignHost and none", err, len(server.sent))
	}
}

func TestIfMatch(t *testing.T) {
	server := &script{answers: []answer{{status: 204}}}
	r := request("DELETE")
	r.IfMatch = `W/"abc"`
	if err := sender(t, server).Discard(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got := server.sent[0].Header.Get("If-Match"); got != `W/"abc"` {
		t.Errorf("If-Match is %q", got)
	}
}

func TestMessage(t *testing.T) {
	answers := answer{
		status: 403, header: http.Header{"Request-Id": {"0a1b\x1b[31m"}},
		body: `{"error":{"code":"ErrorAccess\u001bDenied","message":"Access to OData is disabled. private subject"}}`,
	}
	err := sender(t, &script{answers: []answer{answers}}).Discard(t.Context(), request("GET"))
	const want = "GET users/…/contacts: access denied: status 403 ErrorAccessDenied (request-id 0a1b31m); " +
		"the mailbox is outside the app's scope: add it to the scope's group and wait up to two hours"
	if err == nil || err.Error() != want {
		t.Errorf("error = %v\nwant    %s", err, want)
	}
	todo := request("GET")
	todo.Path = "users/…/todo/lists"
	err = sender(t, &script{answers: []answer{refused(401, "UnknownError")}}).Discard(t.Context(), todo)
	if !errors.Is(err, mailbox.ErrDenied) || !strings.Contains(err.Error(), "Tasks.ReadWrite.All") {
		t.Errorf("error = %v, want ErrDenied that names the role", err)
	}
}

// Bytes are taken as they come, and nothing else is taken for them.
func TestBytes(t *testing.T) {
	image := func(kind, body string) answer {
		return answer{status: 200, header: http.Header{"Content-Type": {kind}}, body: body}
	}
	tests := []struct {
		name   string
		answer answer
		want   string
		is     error
	}{
		{"an image", image("image/jpeg", "\xff\xd8{"), "image/jpeg \xff\xd8{", nil},
		{"with a parameter", image("image/png; x=y", "p"), "image/png p", nil},
		{"nothing", image("image/jpeg", ""), "", mailbox.ErrIncomplete},
		{"cut", answer{status: 200, header: http.Header{"Content-Type": {"image/jpeg"}}, body: "x", tail: io.ErrUnexpectedEOF}, "", mailbox.ErrIncomplete},
		{"an error as JSON", image("application/json", `{"error":{}}`), "", mailbox.ErrIncomplete},
		{"a page of a gateway", image("text/html", "<html>"), "", mailbox.ErrIncomplete},
		{"no type", image("", "x"), "", mailbox.ErrIncomplete},
		{"compressed", answer{status: 200, header: http.Header{"Content-Type": {"image/jpeg"}, "Content-Encoding": {"gzip"}}, body: "x"}, "", mailbox.ErrIncomplete},
		{"not there", refused(404, "ErrorItemNotFound"), "", mailbox.ErrGone},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &script{answers: []answer{test.answer}}
				kind, content, err := sender(t, server).Bytes(t.Context(), request("GET"))
				if got := strings.TrimSpace(kind + " " + string(content)); got != test.want || !errors.Is(err, test.is) {
					t.Errorf("Bytes = %q, %v; want %q, %v", got, err, test.want, test.is)
				}
				if accept := server.sent[0].Header.Get("Accept"); accept != "*/*" {
					t.Errorf("Accept is %q", accept)
				}
				clean(t, err)
				server.check(t)
			})
		})
	}
}

// A POST that only reads is repeated like a GET and never unclear.
func TestReadingByPost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &script{answers: []answer{{status: 503}, {err: io.EOF}, {status: 200, body: `{"a":1}`}}}
		r := request("POST")
		r.Reads, r.Prefer = true, []string{`outlook.timezone="UTC"`}
		if got, err := sender(t, server).Object(t.Context(), r); err != nil || string(got) != `{"a":1}` {
			t.Errorf("Object = %s, %v", got, err)
		}
		if prefer := server.sent[0].Header.Get("Prefer"); prefer != `IdType="ImmutableId", outlook.timezone="UTC", odata.maxpagesize=10` {
			t.Errorf("Prefer is %q", prefer)
		}
		server = &script{answers: []answer{{status: 503}}}
		r.Retries = 2
		if _, err := sender(t, server).Object(t.Context(), r); errors.Is(err, mailbox.ErrUnclear) || !errors.Is(err, mailbox.ErrBusy) || len(server.sent) != 3 {
			t.Errorf("%v after %d requests, want ErrBusy after 3", err, len(server.sent))
		}
		server = &script{answers: []answer{{status: 200, body: `{"a":"` + strings.Repeat("x", 200) + `"}`}}}
		r.MaxBody = 100
		if _, err := sender(t, server).Object(t.Context(), r); !errors.Is(err, wire.ErrTooLarge) || len(server.sent) != 1 {
			t.Errorf("%v after %d requests, want ErrTooLarge after 1", err, len(server.sent))
		}
	})
}

// An object is taken as it is; what is no entity is not.
func TestObjects(t *testing.T) {
	tests := []struct{ body, says string }{
		{`{"id":"a"}`, ""},
		{" {\n\"id\" : \"a\", \"error\": null } \n", ""},
		{`{}`, "empty object"},
		{` { } `, "empty object"},
		{`{"error":{"code":"X","message":"private subject"}}`, "error object"},
		{`[]`, "not one JSON object"},
		{`{"id":"a"}{}`, "not one JSON object"},
		{`{"id":"a"`, "cut off"},
		{`{"id":"a","id":"b"}`, "comes twice"},
		{``, "cut off"},
		{`null`, "not one JSON object"},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			got, err := sender(t, &script{answers: []answer{{status: 200, body: test.body}}}).Object(t.Context(), request("GET"))
			switch {
			case test.says == "" && (err != nil || string(got) != strings.TrimSpace(test.body)):
				t.Errorf("%q: %q, %v", test.body, got, err)
			case test.says != "" && (!errors.Is(err, mailbox.ErrIncomplete) || !strings.Contains(err.Error(), test.says)):
				t.Errorf("%q: %v, want ErrIncomplete that says %q", test.body, err, test.says)
			}
			clean(t, err)
		})
	}
}

// TestAnswersThatSayNothing: a good status alone does not say that a change was
// made, since proxies have it for pages of their own.
func TestAnswersThatSayNothing(t *testing.T) {
	page := http.Header{"Content-Type": {"text/html"}}
	tests := []struct {
		name   string
		answer answer
		done   bool
	}{
		{"nothing", answer{status: 204, header: http.Header{}}, true},
		{"nothing under 200", answer{status: 200, header: http.Header{}}, true},
		{"an object", answer{status: 201, body: `{"@odata.context":"x","id":"a"}`}, true},
		{"a large object", answer{status: 201, body: `{"id":"a","contentBytes":"` + strings.Repeat("A", 1<<20) + `"}`}, true},
		{"an empty object", answer{status: 200, body: `{}`}, false},
		{"an error", answer{status: 200, body: `{"error":{"code":"private"}}`}, false},
		{"a list", answer{status: 200, body: `[]`}, false},
		{"a text", answer{status: 200, body: `OK`}, false},
		{"half an object", answer{status: 200, body: `{"i`}, false},
		{"a cut body", answer{status: 200, body: `{"id":"a"`, tail: io.ErrUnexpectedEOF}, false},
		{"a page", answer{status: 200, header: page, body: `<html>Sign in</html>`}, false},
		{"an object that is said to be a page", answer{status: 200, header: page, body: `{"id":"a"}`}, false},
	}
	for _, test := range tests {
		for _, method := range []string{"DELETE", "PATCH", "POST", "PUT"} {
			server := &script{answers: []answer{test.answer}}
			err := sender(t, server).Discard(t.Context(), request(method))
			if test.done != (err == nil) || !test.done && !errors.Is(err, mailbox.ErrUnclear) || len(server.sent) != 1 {
				t.Errorf("%s to %s: %v after %d requests, want done %v", test.name, method, err, len(server.sent), test.done)
			}
			clean(t, err)
		}
	}
}

// TestSignInThatNeverEnds is told as what it is, not as a deadline that somebody
// set.
func TestSignInThatNeverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, server := request("GET"), &script{answers: []answer{{status: 204}}}
		r.Sign = func(ctx context.Context) (*http.Request, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		err := sender(t, server).Discard(t.Context(), r)
		if !errors.Is(err, mailbox.ErrSignIn) || errors.Is(err, context.DeadlineExceeded) || len(server.sent) != 0 {
			t.Errorf("%v after %d requests", err, len(server.sent))
		}
	})
}
