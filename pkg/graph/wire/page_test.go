package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

func good(ids ...string) answer { return answer{status: 200, body: pageOf("", ids...)} }

func pageOf(next string, ids ...string) string {
	elements := make([]string, len(ids))
	for i, id := range ids {
		elements[i] = fmt.Sprintf(`{"id":%q,"subject":"private subject"}`, id)
	}
	link := ""
	if next != "" {
		link = fmt.Sprintf(`"@odata.nextLink":%q,`, next)
	}
	return "{" + link + `"value":[` + strings.Join(elements, ",") + "]}"
}

func typed(kind, body string) answer {
	return answer{status: 200, header: http.Header{"Content-Type": {kind}}, body: body}
}

func TestHostilePages(t *testing.T) {
	next := root + "/users/secret-id/contacts?$skip=2"
	first := answer{status: 200, body: pageOf(next, "a", "b")}
	link := func(to string) []answer { return []answer{{status: 200, body: pageOf(to, "a")}, good("b")} }
	tests := []struct {
		name    string
		answers []answer
		says    string
		is      error
	}{
		{"empty object", []answer{{status: 200, body: `{}`}}, "no value array", nil},
		{"empty object on page two", []answer{first, {status: 200, body: `{}`}}, "no value array", nil},
		{"error with status 200", []answer{first, {status: 200, body: `{"error":{"code":"X","message":"private subject"}}`}}, "error object under status 200", nil},
		{"scalars for elements", []answer{{status: 200, body: `{"value":[1,2,"x"]}`}}, "not an object", nil},
		{"null for an element", []answer{{status: 200, body: `{"value":[null]}`}}, "not an object", nil},
		{"element without id", []answer{{status: 200, body: `{"value":[{"subject":"private subject"}]}`}}, "no id", nil},
		{"element with an empty id", []answer{{status: 200, body: `{"value":[{"id":""}]}`}}, "no id", nil},
		{"element with a number for id", []answer{{status: 200, body: `{"value":[{"id":7}]}`}}, "no id", nil},
		{"id only further down", []answer{{status: 200, body: `{"value":[{"x":{"id":"a"}}]}`}}, "no id", nil},
		{"two ids in one element", []answer{{status: 200, body: `{"value":[{"id":"a","id":"b"}]}`}}, "comes twice", nil},
		{"repeated id in a page", []answer{good("a", "a")}, "id comes twice", nil},
		{"repeated id in two pages", []answer{first, good("b")}, "id comes twice", nil},
		{"looping link", []answer{{status: 200, body: pageOf(next)}}, "leads back", nil},
		{"foreign host", link("https://evil.example/v1.0/users"), "evil.example", wire.ErrForeignHost},
		{"longer host", link("https://graph.example.evil.example/v1.0/users"), "not followed", wire.ErrForeignHost},
		{"other port", link("https://graph.example:8443/v1.0/users"), "not followed", wire.ErrForeignHost},
		{"user in the link", link("https://graph.example@evil.example/v1.0/users"), "not followed", wire.ErrForeignHost},
		{"plain http", link("http://graph.example/v1.0/users"), "scheme", wire.ErrForeignHost},
		{"other version", link("https://graph.example/beta/users"), "outside /v1.0/", wire.ErrForeignHost},
		{"way out of the version", link("https://graph.example/v1.0/../beta/users"), "outside /v1.0/", wire.ErrForeignHost},
		{"link without host", link("/v1.0/users"), "scheme", wire.ErrForeignHost},
		{"link that is no address", link("https://graph.example/%zz"), "not an address", nil},
		{"number for a link", []answer{{status: 200, body: `{"value":[],"@odata.nextLink":1}`}}, "not a text", nil},
		{"empty link", []answer{{status: 200, body: `{"value":[],"@odata.nextLink":""}`}}, "not a text", nil},
		{"cut", []answer{{status: 200, body: pageOf(next, "a", "b")[:60]}}, "cut off", nil},
		{"cut before the end of the object", []answer{{status: 200, body: `{"value":[]`}}, "cut off", nil},
		{"cut by the network", []answer{{status: 200, body: `{"value":[`, tail: io.ErrUnexpectedEOF}}, "cut off", nil},
		{"HTML", []answer{typed("text/html", "<html>private subject</html>")}, "type is", nil},
		{"HTML that claims to be JSON", []answer{typed("application/json", "<html>private subject</html>")}, "malformed", nil},
		{"no content type", []answer{typed("", `{"value":[]}`)}, "type is", nil},
		{"no body", []answer{{status: 200}}, "cut off", nil},
		{"no content", []answer{{status: 204}}, "no page", nil},
		{"null for value", []answer{{status: 200, body: `{"value":null}`}}, "not an array", nil},
		{"object for value", []answer{{status: 200, body: `{"value":{"id":"a"}}`}}, "not an array", nil},
		{"two values", []answer{{status: 200, body: `{"value":[{"id":"a"}],"value":[]}`}}, "comes twice", nil},
		{"array", []answer{{status: 200, body: `[{"id":"a"}]`}}, "not an object", nil},
		{"two pages in one", []answer{{status: 200, body: `{"value":[]}{"value":[]}`}}, "something follows", nil},
		{"compressed", []answer{{status: 200, header: http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, body: "\x1f\x8b"}}, "encoded as gzip", nil},
		{"huge", []answer{{status: 200, body: `{"value":[{"id":"a","x":"` + strings.Repeat("x", maxBody) + `"}]}`}}, "larger than", nil},
		{"redirect", []answer{{status: 302, header: http.Header{"Location": {"https://evil.example/"}}}}, "redirect", nil},
		{"page two gone", []answer{first, {status: 404, body: `{"error":{"code":"ErrorItemNotFound"}}`}}, "404 ErrorItemNotFound", mailbox.ErrGone},
	}
	if len(tests) < 40 {
		t.Fatalf("%d hostile pages, want at least 40", len(tests))
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &script{answers: test.answers}
				s := sender(t, server)
				s.MaxBody = maxBody
				err := s.Pages(t.Context(), request("GET"), func([]wire.Element) error { return nil })
				if err == nil || !strings.Contains(err.Error(), test.says) {
					t.Fatalf("error = %v, want one that says %q", err, test.says)
				}
				if !errors.Is(err, mailbox.ErrIncomplete) && test.name != "redirect" {
					t.Errorf("error = %v, want ErrIncomplete", err)
				}
				if test.is != nil && !errors.Is(err, test.is) {
					t.Errorf("error = %v, want it to be %v", err, test.is)
				}
				for _, req := range server.sent {
					if req.URL.Host != "graph.example" {
						t.Errorf("a request left for %s", req.URL.Host)
					}
				}
				clean(t, err)
				server.check(t)
			})
		})
	}
}

const maxBody = 4 << 10

func TestTooManyPages(t *testing.T) {
	for _, pages := range []int{5, 6} {
		var answers []answer
		for i := range pages {
			next := fmt.Sprintf("%s/users/secret-id/contacts?$skip=%d", root, i+1)
			if i == pages-1 {
				next = ""
			}
			answers = append(answers, answer{status: 200, body: pageOf(next, fmt.Sprint(i))})
		}
		s := sender(t, &script{answers: answers})
		s.MaxPages = 5
		err := s.Pages(t.Context(), request("GET"), func([]wire.Element) error { return nil })
		if failed := err != nil; failed != (pages > 5) {
			t.Errorf("%d pages of at most 5: %v", pages, err)
		}
	}
}

func TestBytesAreKept(t *testing.T) {
	elements := []string{
		`{ "id" : "a", "n": 12345678901234567890, "x": 1.50, "t":"2020-01-01T00:00:00.1234567Z", "nil":null }`,
		"{\"id\":\"\\u0062\",\n\t\"cut\":\"\\ud83d\",\"raw\":\"\xff\",\"html\":\"<&>\"}",
	}
	next := root + "/users/secret-id/contacts?%24skip=2&x=a%2Fb+c"
	server := &script{answers: []answer{
		{status: 200, body: `{"@odata.context":"x","value":[` + strings.Join(elements, " ,\n") + `],"@odata.nextLink":"` + next + `"}`},
		{status: 200, body: `{"value":[],"@odata.nextLink":"` + next + `2"}`},
		{status: 200, body: `{"value":[{"id":"c","@removed":{"reason":"deleted"}}],"@odata.deltaLink":"https://anywhere.example"}`},
	}}
	var got []wire.Element
	var pages int
	r := request("GET")
	r.Pick = func(name []byte) bool { return string(name) != "html" && string(name) != "nil" }
	err := sender(t, server).Pages(t.Context(), r, func(page []wire.Element) error {
		pages++
		got = append(got, page...)
		return nil
	})
	if err != nil || pages != 3 || len(got) != 3 {
		t.Fatalf("%d pages, %d elements, %v; want 3, 3, nil", pages, len(got), err)
	}
	for i, want := range elements {
		if !bytes.Equal(got[i].Raw, []byte(want)) {
			t.Errorf("element %d is\n%s, want\n%s", i, got[i].Raw, want)
		}
	}
	for i, want := range []string{
		`{"id":"a","n":12345678901234567890,"x":1.50,"t":"2020-01-01T00:00:00.1234567Z"}`,
		"{\"id\":\"\\u0062\",\"cut\":\"\\ud83d\",\"raw\":\"\xff\"}", `{"id":"c","@removed":{"reason":"deleted"}}`,
	} {
		if string(got[i].Picked) != want {
			t.Errorf("picked of element %d is %s, want %s", i, got[i].Picked, want)
		}
	}
	if got[1].ID != "b" || !got[2].Removed || got[0].Removed {
		t.Errorf("ids or removals are wrong: %q %v %v", got[1].ID, got[2].Removed, got[0].Removed)
	}
	if sent := server.sent[1].URL.String(); sent != next {
		t.Errorf("page 2 was asked at %s, want the link as it was: %s", sent, next)
	}
	for i, req := range server.sent {
		if prefer := req.Header.Get("Prefer"); prefer != `IdType="ImmutableId", odata.maxpagesize=10` {
			t.Errorf("request %d has Prefer %q", i+1, prefer)
		}
		if req.Header.Get("Authorization") != canary {
			t.Errorf("request %d is not signed", i+1)
		}
	}
}

func TestVisitStopsTheListing(t *testing.T) {
	stop := errors.New("stop")
	server := &script{answers: []answer{{status: 200, body: pageOf(root+"/x?y", "a")}, good("b")}}
	err := sender(t, server).Pages(t.Context(), request("GET"), func([]wire.Element) error { return stop })
	if err != stop || len(server.sent) != 1 { //nolint:errorlint // it must come back as it is
		t.Errorf("%v after %d requests, want the visitor's own error after 1", err, len(server.sent))
	}
}

// shelf serves elements of given sizes in pages as they are asked for.
type shelf struct {
	sizes []int // of the elements
	busy  int   // pages larger than this are 503; 0 means none
	asked []int // page sizes, in order
	sent  int64 // bytes that were read of all answers
}

func (s *shelf) RoundTrip(req *http.Request) (*http.Response, error) {
	_, text, _ := strings.Cut(req.Header.Get("Prefer"), "maxpagesize=")
	size, err := strconv.Atoi(text)
	if err != nil {
		return nil, err
	}
	s.asked = append(s.asked, size)
	header := http.Header{"Content-Type": {"application/json"}}
	if s.busy > 0 && size > s.busy {
		return &http.Response{StatusCode: 503, Header: header, Body: http.NoBody, Request: req}, nil
	}
	from, _ := strconv.Atoi(req.URL.Query().Get("$skip"))
	to := min(from+size, len(s.sizes))
	var b strings.Builder
	fmt.Fprintf(&b, `{"@odata.count":%d,`, len(s.sizes))
	if to < len(s.sizes) {
		fmt.Fprintf(&b, `"@odata.nextLink":"%s/x?$skip=%d",`, root, to)
	}
	b.WriteString(`"value":[`)
	for n := from; n < to; n++ {
		if n > from {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"id":"%d","x":"%s"}`, n, strings.Repeat("x", s.sizes[n]))
	}
	body := io.TeeReader(strings.NewReader(b.String()+"]}"), (*tally)(&s.sent))
	return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(body), Request: req}, nil
}

// tally counts what passes.
type tally int64

func (n *tally) Write(p []byte) (int, error) {
	*n += tally(len(p))
	return len(p), nil
}

// maxPage is a small wire.MaxPage, and drained more than is read of what is left
// of an answer.
const (
	maxPage = 1 << 20
	drained = 1 << 19
)

// Pages grow and shrink with what they hold; one that is too much for the
// service or for this side is asked for in smaller ones, and nothing is lost.
func TestPageSizes(t *testing.T) {
	same := func(n, size int) (sizes []int) { return slices.Repeat([]int{size}, n) }
	tests := []struct {
		name  string
		shelf shelf
		first int
		asked string
	}{
		{"small items", shelf{sizes: same(1500, 1<<6)}, 100, "100 1000 1000"},
		{"small items, a large page at once", shelf{sizes: same(1500, 50)}, 0, "1000 1000"},
		{"middling items", shelf{sizes: same(300, 100<<6)}, 100, "100 81 81 81"},
		{"large items", shelf{sizes: same(40, 1<<16)}, 100, "100 10 10 10 10"},
		{"large items behind small ones", shelf{sizes: append(same(150, 50), same(30, 1<<16)...)}, 100, "100 1000 100 10 20 40 10 20 15 10"},
		{"small items behind large ones", shelf{sizes: append(same(20, 1<<16), same(500, 50)...)}, 100, "100 10 10 10 20 40 80 160 320"},
		{"a slow service", shelf{sizes: same(1500, 50), busy: 700}, 0, "1000 1000 1000 " + strings.TrimSpace(strings.Repeat("100 ", 15))},
		{"a very slow service", shelf{sizes: same(150, 50), busy: 10}, 0, "1000 1000 1000 100 100 100 " + strings.TrimSpace(strings.Repeat("10 ", 15))},
		{"nothing", shelf{}, 100, "100"},
	}
	if len(tests) < 9 {
		t.Fatalf("%d shelves, want at least 9", len(tests))
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := request("GET")
				r.PageSize, r.FirstPage = 1000, test.first
				next := 0
				s := sender(t, &test.shelf)
				s.MaxPage = maxPage
				counted, err := s.Counted(t.Context(), r, func(page []wire.Element) error {
					held := 0
					for _, e := range page {
						if e.ID != strconv.Itoa(next) {
							t.Fatalf("element %q comes where %d should", e.ID, next)
						}
						held += len(e.Raw)
						next++
					}
					if held > maxPage {
						t.Errorf("%d bytes are held at once", held)
					}
					return nil
				})
				if err != nil || next != len(test.shelf.sizes) || counted != next {
					t.Errorf("%d of %d elements, %d counted, %v", next, len(test.shelf.sizes), counted, err)
				}
				if got := strings.Trim(fmt.Sprint(test.shelf.asked), "[]"); got != test.asked {
					t.Errorf("page sizes asked for: %s, want %s", got, test.asked)
				}
			})
		})
	}
}

// A page that is too large is not read further than the bound.
func TestTooLargeAPageIsCutOff(t *testing.T) {
	s := shelf{sizes: slices.Repeat([]int{1 << 16}, 40)}
	r := request("GET")
	r.PageSize = 1000
	small := sender(t, &s)
	small.MaxPage = maxPage
	if err := small.Pages(t.Context(), r, func([]wire.Element) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if bound := int64(2*(maxPage+drained) + 41<<16); s.sent > bound {
		t.Errorf("%d bytes were read, want at most %d", s.sent, bound)
	}
}

// A count is the service's word on the first page that has one.
func TestCounts(t *testing.T) {
	next := root + "/x?y"
	tests := []struct {
		pages []string
		want  int
		says  string
	}{
		{[]string{`{"value":[]}`}, -1, ""},
		{[]string{`{"@odata.count":7,"value":[{"id":"a"}]}`}, 7, ""},
		{[]string{`{"value":[],"@odata.count":0}`}, 0, ""},
		{[]string{`{"@odata.count":3,"value":[],"@odata.nextLink":"` + next + `"}`, `{"@odata.count":9,"value":[]}`}, 3, ""},
		{[]string{`{"@odata.count":"3","value":[]}`}, -1, "not a number"},
		{[]string{`{"@odata.count":null,"value":[]}`}, -1, "not a number"},
		{[]string{`{"@odata.count":-1,"value":[]}`}, -1, "not a number"},
		{[]string{`{"@odata.count":1.5,"value":[]}`}, -1, "not a number"},
		{[]string{`{"@odata.count":[1],"value":[]}`}, -1, "not a number"},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			var answers []answer
			for _, page := range test.pages {
				answers = append(answers, answer{status: 200, body: page})
			}
			got, err := sender(t, &script{answers: answers}).Counted(t.Context(), request("GET"), func([]wire.Element) error { return nil })
			if got != test.want || (err != nil) != (test.says != "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%q: counted %d, %v; want %d and an error that says %q", test.pages, got, err, test.want, test.says)
			}
		})
	}
}

func FuzzPage(f *testing.F) {
	f.Add(`{"value":[{"id":"a"},{"id":"b"}],"@odata.nextLink":"https://graph.example/v1.0/x"}`)
	f.Add(`{"value":[{"id":"a","id":"b"}]}`)
	f.Add(`{"value":[{"x":[[[`)
	f.Fuzz(func(t *testing.T, text string) {
		s := sender(t, &script{answers: []answer{{status: 200, body: text}}})
		s.Patience = 1 // one try
		_ = s.Pages(t.Context(), request("GET"), func(page []wire.Element) error {
			for _, e := range page {
				if e.ID == "" || !strings.Contains(text, string(e.Raw)) {
					t.Errorf("element %q with id %q is not in the page", e.Raw, e.ID)
				}
			}
			return nil
		})
	})
}

func BenchmarkPage(b *testing.B) {
	contact := `{"@odata.etag":"W/\"x\"","id":"%d-AAMkAGRiMTZjYTdiLWYwNzItNDE0My1iYWE2LTg3YTQ1ZmRjMTNkNQ","categories":["CRM"],` +
		`"displayName":"Ada Example","emailAddresses":[{"name":"Ada","address":"ada@example.com"}],"birthday":null,` +
		`"homeAddress":{},"businessPhones":["+1 555 0100"],"personalNotes":"` + strings.Repeat("note ", 130) + `"}`
	elements := make([]string, 1000)
	for i := range elements {
		elements[i] = fmt.Sprintf(contact, i)
	}
	body := `{"value":[` + strings.Join(elements, ",") + `]}`
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		s := sender(b, &script{answers: []answer{{status: 200, body: body}}})
		if err := s.Pages(b.Context(), request("GET"), func([]wire.Element) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
