package fault

import (
	"net/http"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// page changes the elements of a page that has some.
func page(change func(t *turn, elements [][]byte) [][]byte) func(*turn, *answer) func() bool {
	return func(t *turn, a *answer) func() bool {
		body, ok := a.object()
		if !ok {
			return nil
		}
		value, _ := body.Get("value")
		elements := slices.Collect(rawjson.Elements(value))
		if len(elements) == 0 {
			return nil
		}
		return func() bool {
			changed := rawjson.Object(list(change(t, elements)))
			return a.with(body.Set("value", changed)).send(t.w)
		}
	}
}

func list(elements [][]byte) []byte {
	out := []byte{'['}
	for i, e := range elements {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, e...)
	}
	return append(out, ']')
}

func wrongElement(t *turn, elements [][]byte) [][]byte {
	wrong := []string{`null`, `42`, `"text"`, `[]`, `{}`, `{"id":null}`, `{"id":7}`, `{"id":""}`}
	at := t.chance.IntN(len(elements))
	return slices.Replace(slices.Clone(elements), at, at+1, []byte(wrong[t.chance.IntN(len(wrong))]))
}

func repeatedItem(t *turn, elements [][]byte) [][]byte {
	return append(slices.Clone(elements), elements[t.chance.IntN(len(elements))])
}

func missingItem(t *turn, elements [][]byte) [][]byte {
	at := t.chance.IntN(len(elements))
	return slices.Delete(slices.Clone(elements), at, at+1)
}

// link gives a page, the last one too, a link to the very request at a host.
func link(host func(*http.Request) string) func(*turn, *answer) func() bool {
	return func(t *turn, a *answer) func() bool {
		body, ok := a.object()
		if !ok || !body.Has("value") {
			return nil
		}
		next := "https://" + host(t.r) + t.r.URL.RequestURI()
		return func() bool { return a.with(body.Set("@odata.nextLink", next)).send(t.w) }
	}
}
