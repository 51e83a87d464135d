package fault

import (
	"bytes"
	"io"
	"net/http"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// responses are the answers in a batch of two at least.
func responses(a *answer) (body rawjson.Object, elements [][]byte) {
	body, ok := a.object()
	if !ok {
		return nil, nil
	}
	value, _ := body.Get("responses")
	if elements = slices.Collect(rawjson.Elements(value)); len(elements) < 2 {
		return nil, nil
	}
	return body, elements
}

func batchMissing(t *turn, a *answer) func() bool {
	body, elements := responses(a)
	if body == nil {
		return nil
	}
	return func() bool {
		fewer := rawjson.Object(list(missingItem(t, elements)))
		return a.with(body.Set("responses", fewer)).send(t.w)
	}
}

func batchShuffled(t *turn, a *answer) func() bool {
	body, elements := responses(a)
	if body == nil {
		return nil
	}
	return func() bool {
		other := slices.Clone(elements)
		order.By(other, func(x, y []byte) int {
			return bytes.Compare([]byte(rawjson.Object(y).Text("id")), []byte(rawjson.Object(x).Text("id")))
		})
		return a.with(body.Set("responses", rawjson.Object(list(other)))).send(t.w)
	}
}

// batchThrottled serves the first, third, … request of a batch and refuses the
// others, which are not carried out.
func batchThrottled(t *turn, _ *answer) func() bool {
	text, err := io.ReadAll(t.r.Body)
	t.r.Body = io.NopCloser(bytes.NewReader(text))
	if err != nil || t.r.Header.Get("Content-Encoding") != "" {
		return nil
	}
	body, err := rawjson.Parse(text)
	if err != nil || len(body.Objects("requests")) < 2 {
		return nil
	}
	var served, refused []rawjson.Object
	for n, request := range body.Objects("requests") {
		if n%2 == 0 {
			served = append(served, request)
		} else {
			refused = append(refused, request)
		}
	}
	return func() bool { return t.serveHalf(body.Set("requests", served), refused) }
}

func (t *turn) serveHalf(batch rawjson.Object, refused []rawjson.Object) bool {
	r := t.r.Clone(t.r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(batch)), int64(len(batch))
	got := &answer{header: http.Header{}, status: http.StatusOK}
	t.player.next.ServeHTTP(got, r)
	body, ok := got.object()
	if !ok {
		return got.send(t.w)
	}
	all := body.Objects("responses")
	for _, request := range refused {
		throttled := new(wire.Request).Throttled("MailboxConcurrency", t.plan.wait())
		headers := rawjson.Of("Retry-After", throttled.Header.Get("Retry-After"), "Content-Type", "application/json")
		all = append(all, rawjson.Of("id", request.Text("id"), "status", throttled.Status, "headers", headers,
			"body", rawjson.Object(throttled.Body)))
	}
	return got.with(body.Set("responses", all)).send(t.w)
}
