package upload_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
	"github.com/riva-prep/riva-prep/pkg/graph/upload"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// address has a canary for its token; nothing may ever show it.
const address = "https://outlook.example/api/v2.0/Users('secret-id')/x?authtoken=canary-5e0c"

// session is the service's side of an upload session.
type session struct {
	mu   sync.Mutex
	sent []*http.Request
	got  []byte
	// answer replaces the usual one, given what the piece added up to; nil, and
	// an answer of nil, is the usual one.
	answer func(from, to, whole int) *http.Response
	err    error
}

func (s *session) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, req)
	piece, err := io.ReadAll(req.Body)
	if err != nil || s.err != nil {
		return nil, errors.Join(err, s.err)
	}
	var from, to, whole int
	if _, err := fmt.Sscanf(req.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &whole); err != nil {
		return reply(400, ""), nil
	}
	if s.answer != nil {
		if resp := s.answer(from, to+1, whole); resp != nil {
			return resp, nil
		}
	}
	if from != len(s.got) || to+1-from != len(piece) {
		return reply(416, ""), nil
	}
	s.got = append(s.got, piece...)
	return s.next(whole), nil
}

func (s *session) next(whole int) *http.Response {
	if len(s.got) == whole {
		return reply(201, "")
	}
	return reply(200, fmt.Sprintf(`{"nextExpectedRanges":["%d-"]}`, len(s.got)))
}

func reply(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
}

func known(u *url.URL) bool { return u.Host == "outlook.example" }

// door is one whose sender belongs to Graph.
func door(t *testing.T, transport http.RoundTripper, seen *[]wire.Exchange) *upload.Door {
	t.Helper()
	root, err := url.Parse("https://graph.example/v1.0")
	if err != nil {
		t.Fatal(err)
	}
	sender := wire.New(root, transport)
	sender.Renew = func(string) { t.Error("Graph's own token was renewed") }
	sender.Observe = func(e wire.Exchange) { *seen = append(*seen, e) }
	return upload.NewDoor(sender, known)
}

// run sends a content to an address and checks that nothing gives it away.
func run(t *testing.T, s http.RoundTripper, address string, content []byte) error {
	t.Helper()
	var seen []wire.Exchange
	through, gate := door(t, s, &seen), pace.New(time.Now)
	err := upload.Pieces(t.Context(), content, func(ctx context.Context, h http.Header, piece []byte, read func(*http.Response) error) error {
		h.Set("Authorization", "Bearer canary")
		return through.Do(ctx, upload.Request{Method: "PUT", Name: "upload address", Address: address, Gate: gate, Header: h, Body: piece}, read)
	})
	for _, text := range []string{fmt.Sprint(err), fmt.Sprint(seen)} {
		if strings.Contains(text, "canary") || strings.Contains(text, "secret-id") {
			t.Errorf("the address shows in %s", text)
		}
	}
	return err
}

func content(size int) []byte {
	some := make([]byte, 997) // a prime, so that no piece is like another
	for i := range some {
		some[i] = byte(i ^ i>>2)
	}
	return bytes.Repeat(some, size/len(some)+1)[:size]
}

func TestPiecesArriveInOrder(t *testing.T) {
	for _, size := range []int{1, upload.Piece - 1, upload.Piece, upload.Piece + 1, 3*upload.Piece + 7} {
		s := &session{}
		want := content(size)
		if err := run(t, s, address, want); err != nil || !bytes.Equal(s.got, want) {
			t.Errorf("%d bytes: %d arrived, %v", size, len(s.got), err)
		}
		if pieces := (size + upload.Piece - 1) / upload.Piece; len(s.sent) != pieces {
			t.Errorf("%d bytes went in %d pieces, want %d", size, len(s.sent), pieces)
		}
		for _, req := range s.sent {
			if req.Header.Get("Authorization") != "" || req.URL.String() != address || req.ContentLength >= 4_000_000 {
				t.Errorf("a piece has Authorization %q and length %d", req.Header.Get("Authorization"), req.ContentLength)
			}
		}
	}
}

// The service may keep less than it was sent, and say so.
func TestTheServiceSaysWhereToGoOn(t *testing.T) {
	s := &session{}
	want := content(2*upload.Piece + 100)
	s.answer = func(from, to, whole int) *http.Response {
		if to-from < 1000 || len(s.sent) > 3 {
			return nil
		}
		s.got = append(s.got, want[from:from+(to-from)/2]...)
		return s.next(whole)
	}
	if err := run(t, s, address, want); err != nil || !bytes.Equal(s.got, want) {
		t.Errorf("%d of %d bytes arrived: %v", len(s.got), len(want), err)
	}
}

func TestAServiceThatTakesTooLittle(t *testing.T) {
	s := &session{}
	s.answer = func(_, _, whole int) *http.Response {
		s.got = append(s.got, 0)
		return s.next(whole)
	}
	if err := run(t, s, address, content(3*upload.Piece)); !errors.Is(err, mailbox.ErrBusy) || len(s.sent) != 8 {
		t.Errorf("after %d requests: %v, want ErrBusy after 8", len(s.sent), err)
	}
}

func TestAnswersThatLeadNowhere(t *testing.T) {
	whole := 3 * upload.Piece
	tests := map[string]func(from int) *http.Response{
		"no ranges":        func(int) *http.Response { return reply(200, `{}`) },
		"empty ranges":     func(int) *http.Response { return reply(200, `{"nextExpectedRanges":[]}`) },
		"no JSON":          func(int) *http.Response { return reply(200, `<html>`) },
		"no number":        func(int) *http.Response { return reply(200, `{"nextExpectedRanges":["x-"]}`) },
		"no progress":      func(from int) *http.Response { return reply(200, fmt.Sprintf(`{"nextExpectedRanges":["%d-"]}`, from)) },
		"back to the top":  func(int) *http.Response { return reply(200, `{"nextExpectedRanges":["0-"]}`) },
		"beyond what went": func(int) *http.Response { return reply(200, fmt.Sprintf(`{"nextExpectedRanges":["%d"]}`, whole-1)) },
		"beyond the end":   func(int) *http.Response { return reply(200, fmt.Sprintf(`{"nextExpectedRanges":["%d"]}`, whole)) },
		"negative":         func(int) *http.Response { return reply(200, `{"nextExpectedRanges":["-5"]}`) },
		"made of a part":   func(int) *http.Response { return reply(201, ``) },
		"busy":             func(int) *http.Response { return reply(503, ``) },
		"a redirect":       func(int) *http.Response { return reply(307, ``) },
	}
	if len(tests) < 12 {
		t.Fatalf("%d answers", len(tests))
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			s := &session{}
			s.answer = func(from, _, _ int) *http.Response {
				if from == 0 {
					return nil
				}
				return answer(from)
			}
			err := run(t, s, address, content(whole))
			if !errors.Is(err, mailbox.ErrUnclear) || len(s.sent) != 2 {
				t.Errorf("after %d requests: %v, want ErrUnclear after 2", len(s.sent), err)
			}
		})
	}
}

func TestABrokenConnectionIsNotTriedAgain(t *testing.T) {
	s := &session{err: io.ErrUnexpectedEOF}
	if err := run(t, s, address, content(10)); !errors.Is(err, mailbox.ErrUnclear) || len(s.sent) != 1 {
		t.Errorf("after %d requests: %v, want ErrUnclear after 1", len(s.sent), err)
	}
}

func TestThrottledPiecesAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &session{}
		s.answer = func(int, int, int) *http.Response {
			if len(s.sent) == 2 {
				resp := reply(429, "")
				resp.Header.Set("Retry-After", "7")
				return resp
			}
			return nil
		}
		start, want := time.Now(), content(upload.Piece+5)
		if err := run(t, s, address, want); err != nil || !bytes.Equal(s.got, want) || time.Since(start) < 7*time.Second {
			t.Errorf("%d bytes arrived after %s: %v", len(s.got), time.Since(start), err)
		}
	})
}

func TestAnAddressThatIsOver(t *testing.T) {
	s := &session{answer: func(int, int, int) *http.Response {
		return reply(401, `{"error":{"code":"InvalidAuthenticationToken","message":"canary"}}`)
	}}
	if err := run(t, s, address, content(10)); !errors.Is(err, upload.ErrOver) || errors.Is(err, mailbox.ErrUnclear) || len(s.sent) != 1 {
		t.Errorf("after %d requests: %v, want ErrOver after 1", len(s.sent), err)
	}
}

func TestNothingLeavesForAnotherHost(t *testing.T) {
	for _, foreign := range []string{
		"", "canary", "/api?authtoken=canary", "https://evil.example/api/v2.0/x?authtoken=canary", "http://outlook.example.evil/?authtoken=canary",
		"https://outlook.example@evil.example/canary", "https://graph.example/v1.0/canary", "https://outlook.example:444/canary",
		"https://outlook.example/%zz?authtoken=canary", "https:outlook.example/canary",
	} {
		s := &session{}
		if err := run(t, s, foreign, content(10)); !errors.Is(err, wire.ErrForeignHost) || len(s.sent) != 0 {
			t.Errorf("%q: %d requests were sent, %v", foreign, len(s.sent), err)
		}
	}
}
