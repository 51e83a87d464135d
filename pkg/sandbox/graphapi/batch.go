package graphapi

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// The documented size of a batch, and how many of its unordered items Graph
// sends to Outlook at a time (Graph docs, json-batching and throttling).
const (
	maxBatch      = 20
	batchParallel = 4
)

// batchItem is one request of a batch.
type batchItem struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

func (s *Service) batch(r *wire.Request) wire.Answer {
	items, err := batchItems(r)
	if err != nil {
		return r.Refuse(err)
	}
	answers := make([]wire.Answer, len(items))
	if ordered(items) {
		for n := range items {
			answers[n] = s.dependent(r, items, answers, n)
		}
	} else {
		s.parallel(r, items, answers)
	}
	responses := make([]rawjson.Object, 0, len(items))
	for _, n := range s.Shuffle(len(items)) {
		responses = append(responses, batchAnswer(items[n].ID, answers[n]))
	}
	a, _ := wire.Reply(200, rawjson.Of("responses", responses))
	return a
}

func batchItems(r *wire.Request) ([]batchItem, error) {
	if r.Method != http.MethodPost {
		return nil, wire.NotAllowed(r.Method)
	}
	var batch struct {
		Requests []batchItem `json:"requests"`
	}
	if _, err := r.Object(); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(r.Body, &batch); err != nil {
		return nil, wire.BadBody("Invalid batch payload format.")
	}
	if len(batch.Requests) == 0 {
		return nil, wire.BadBody("Invalid batch payload format.")
	}
	if len(batch.Requests) > maxBatch {
		return nil, &wire.Fail{
			Status: 400, Code: "MaximumValueExceeded",
			Message: "Number of batch request steps exceeds the maximum value of " + strconv.Itoa(maxBatch) + ".",
		}
	}
	seen := map[string]bool{}
	for _, item := range batch.Requests {
		id := strings.ToLower(item.ID)
		if id == "" || item.Method == "" || item.URL == "" || seen[id] {
			return nil, wire.BadBody("Every batch request needs an id of its own, a method and a url.")
		}
		for _, parent := range item.DependsOn {
			if !seen[strings.ToLower(parent)] {
				return nil, wire.BadBody("A batch request can depend on earlier ones only.")
			}
		}
		seen[id] = true
	}
	return batch.Requests, nil
}

func ordered(items []batchItem) bool {
	for _, item := range items {
		if len(item.DependsOn) > 0 {
			return true
		}
	}
	return false
}

// dependent serves the nth item unless one it depends on failed.
func (s *Service) dependent(r *wire.Request, items []batchItem, answers []wire.Answer, n int) wire.Answer {
	for _, parent := range items[n].DependsOn {
		for earlier := range n {
			if strings.EqualFold(items[earlier].ID, parent) && answers[earlier].Status >= 400 {
				return r.Refuse(&wire.Fail{Status: 424, Code: "FailedDependency", Message: "Failed Dependency"})
			}
		}
	}
	return s.serveItem(r, items[n])
}

func (s *Service) parallel(r *wire.Request, items []batchItem, answers []wire.Answer) {
	var all sync.WaitGroup
	places := make(chan struct{}, batchParallel)
	for n := range items {
		places <- struct{}{}
		all.Go(func() {
			answers[n] = s.serveItem(r, items[n])
			<-places
		})
	}
	all.Wait()
}

func (s *Service) serveItem(outer *wire.Request, item batchItem) wire.Answer {
	r := &wire.Request{
		App: outer.App, Roles: outer.Roles, Method: strings.ToUpper(item.Method), Root: outer.Root, Header: http.Header{}, Body: item.Body,
		RequestID: outer.RequestID, ClientID: outer.ClientID, Now: s.Now,
	}
	for name, value := range item.Headers {
		r.Header.Set(name, value)
	}
	if err := address(r, item.URL); err != nil {
		return r.Refuse(err)
	}
	if len(item.Body) > 0 && r.Header.Get("Content-Type") == "" {
		return r.Refuse(wire.BadBody("A batch request with a body needs a Content-Type header."))
	}
	return s.serve(r)
}

// address gives a request the url of its batch item, which is relative to the
// version, with or without a slash.
func address(r *wire.Request, relative string) error {
	u, err := url.ParseRequestURI("/" + wire.Version + "/" + strings.TrimLeft(relative, "/"))
	if err != nil {
		return wire.BadBody("The url of a batch request is malformed.")
	}
	r.Target, r.RawQuery = u.EscapedPath(), u.RawQuery
	r.Path, err = wire.Segments(r.Target)
	return err
}

func batchAnswer(id string, a wire.Answer) rawjson.Object {
	headers := map[string]string{}
	for name := range a.Header {
		headers[name] = a.Header.Get(name)
	}
	if len(a.Body) > 0 {
		headers["Content-Type"] = a.ContentType
	}
	out := rawjson.Of("id", id, "status", a.Status, "headers", headers)
	switch {
	case len(a.Body) == 0:
		return out
	case strings.HasPrefix(a.ContentType, "application/json"):
		return out.Set("body", rawjson.Object(a.Body))
	}
	return out.Set("body", base64.StdEncoding.EncodeToString(a.Body))
}
