package odata_test

import (
	"errors"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

func TestFilter(t *testing.T) {
	o := rawjson.Object(`{"subject":"O'Neill","isAllDay":false,"n":null,"mail":"Ann@x.example","categories":["a b","c"],` +
		`"start":{"dateTime":"2026-11-02T10:00:00"},"props":[{"id":"1","value":"x"},{"id":"2","value":"y"}],"at":"2026-01-01T00:00:00Z"}`)
	allowed := []string{"subject", "isAllDay", "n", "~mail", "categories/any", "start/dateTime", "props/any", "at"}
	for text, want := range map[string]bool{
		`subject eq 'O''Neill'`: true, `subject ne 'O''Neill'`: false, `isAllDay eq false`: true, `isAllDay eq true`: false,
		`isAllDay eq 'false'`: false, `n eq null`: true, `subject eq null`: false, `mail eq 'ANN@X.example'`: true, `subject eq 'o''neill'`: false,
		`categories/any(c:c eq 'a b')`: true, `categories/any(c:c eq 'a')`: false, `categories/any(c:c eq 'C')`: false,
		`start/dateTime ge '2026-11-01'`: true, `start/dateTime lt '2026-11-01'`: false, `at gt 2025-12-31T10:00:00Z`: true,
		`props/Any(p: p/id eq '1' and p/value eq 'x')`: true, `props/any(p:p/id eq '1' and p/value eq 'y')`: false,
		`isAllDay eq true or (subject eq 'O''Neill' and n eq null)`: true, `(isAllDay eq true or n eq null) and subject eq 'x'`: false,
	} {
		keep, err := odata.ParseFilter(text, allowed)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if keep(o) != want {
			t.Errorf("%s is %t", text, !want)
		}
	}
	for _, text := range []string{
		"", "x", "subject", "subject eq", "subject like 'x'", "other eq 'x'", "subject eq 'x", "subject eq 'x' and", "(subject eq 'x'",
		"categories/any(c:c ne 'x')", "categories/any(c:startswith(c,'x'))", "categories/all(c:c eq 'x')", "categories/any(c:d eq 'x')", "categories/any(c:cc eq 'x')",
		"not subject eq 'x'", "subject eq x", "subject/any(c:c eq 'x')", "subject eq 'x' subject eq 'y'",
	} {
		if _, err := odata.ParseFilter(text, allowed); err == nil {
			t.Errorf("%q is accepted", text)
		} else if e, ok := errors.AsType[*odata.Error](err); !ok || e.Code != odata.InvalidFilter {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestQueries(t *testing.T) {
	q, err := odata.Parse("%24top=5&$select=id,%20subject&$expand=a($filter=id%20eq%20'x,y'%20or%20id%20eq%20'z';$select=b),c&$count=true&startDateTime=2026")
	if err != nil {
		t.Fatal(err)
	}
	a, ok := q.Expands("A")
	ids, idErr := a.IDs()
	if q.Top != 5 || q.Skip != -1 || !q.Count || !q.Selects("Subject") || q.Selects("end") || !ok || idErr != nil ||
		strings.Join(ids, "|") != "x,y|z" || !slices.Equal(a.Select, []string{"b"}) || q.Param["startDateTime"] != "2026" {
		t.Errorf("read as %+v, %v, %v", q, ids, idErr)
	}
	for _, raw := range []string{
		"$top=0", "$top=1001", "$top=x", "$top=-1", "$top=1&$top=2", "top=1", "$Top=1", "$selct=id", "$select=", "$select=a(b)",
		"$expand=a(b", "$expand=", "$expand=a($levels=2)", "$count=yes", "$skip=x", "$filter=", "x=%zz",
	} {
		if q, err := odata.Parse(raw); err == nil {
			t.Errorf("%s is read as %+v", raw, q)
		}
	}
	for _, filter := range []string{"", "id", "id ne 'x'", "name eq 'x'", "id eq x", "id eq 'x' and id eq 'y'", "id eq 'x' or"} {
		if ids, err := (odata.Expansion{Filter: filter}).IDs(); err == nil {
			t.Errorf("%q names %v", filter, ids)
		}
	}
}

// FuzzQuery reads any query string, and what it reads, printed again, is read as
// the same.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"$top=5&$select=id,subject", "$expand=a($filter=id%20eq%20'x';$select=b),c", "$filter=categories/any(c:c eq 'a''b')",
		"$skip=0&$count=true&$orderby=subject desc", "startDateTime=2026-01-01&endDateTime=2026-01-02", "%24top=%zz", "$expand=a(b", "&&=&", "$filter='",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := odata.Parse(raw)
		if err != nil {
			if _, ok := errors.AsType[*odata.Error](err); !ok {
				t.Errorf("%q: an error without a code: %v", raw, err)
			}
			return
		}
		again, err := odata.Parse(encode(raw))
		if err != nil || !reflect.DeepEqual(q, again) {
			t.Errorf("%q is %+v, encoded anew %+v, %v", raw, q, again, err)
		}
		for _, e := range q.Expand {
			// A filter of an expansion may be anything; it must not panic.
			_, _ = e.IDs()
		}
		if q.Top == 0 || q.Top > odata.MaxTop || q.Skip < -1 {
			t.Errorf("%q: a window of %d from %d", raw, q.Top, q.Skip)
		}
	})
}

// encode writes every name and value of a query string with all escapes.
func encode(raw string) string {
	var out []string
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		// Parse has read them before, so they can be unescaped.
		name, _ = url.QueryUnescape(name)
		value, _ = url.QueryUnescape(value)
		out = append(out, url.QueryEscape(name)+"="+url.QueryEscape(value))
	}
	return strings.Join(out, "&")
}

// FuzzFilter reads any filter and applies it to an object; a filter with spaces
// around it is the same filter.
func FuzzFilter(f *testing.F) {
	o := rawjson.Object(`{"subject":"O'Neill","n":null,"t":true,"categories":["a b","c"],"start":{"dateTime":"2026-11-02T10:00:00"},"props":[{"id":"1"}]}`)
	allowed := []string{"~subject", "n", "t", "categories/any", "start/dateTime", "props/any"}
	for _, seed := range []string{
		"subject eq 'O''Neill'", "n eq null and t ne false", "categories/any(c:c eq 'a b')", "props/any(p:p/id eq '1')",
		"(start/dateTime ge '2026' or t eq true)", "categories/any(c:c", "'", "((((", "t eq", "props/any(p:p/id/x eq '1')",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		keep, err := odata.ParseFilter(text, allowed)
		padded, paddedErr := odata.ParseFilter("  "+text+" ", allowed)
		if (err == nil) != (paddedErr == nil) {
			t.Fatalf("%q: %v, with spaces %v", text, err, paddedErr)
		}
		if err == nil && keep(o) != padded(o) {
			t.Errorf("%q is %t, with spaces %t", text, keep(o), padded(o))
		}
	})
}
