package graphapi

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
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

func (s *Service) batch(r *request) answer {
	items, err := r.batchItems()
	if err != nil {
		return r.refuse(err)
	}
	answers := make([]answer, len(items))
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
	a, _ := reply(200, rawjson.Of("responses", responses))
	return a
}

func (r *request) batchItems() ([]batchItem, error) {
	if r.method != http.MethodPost {
		return nil, notAllowed(r.method)
	}
	var batch struct {
		Requests []batchItem `json:"requests"`
	}
	if _, err := r.object(); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(r.body, &batch); err != nil {
		return nil, badBody("Invalid batch payload format.")
	}
	if len(batch.Requests) == 0 {
		return nil, badBody("Invalid batch payload format.")
	}
	if len(batch.Requests) > maxBatch {
		return nil, &fail{status: 400, code: "MaximumValueExceeded",
			message: "Number of batch request steps exceeds the maximum value of " + strconv.Itoa(maxBatch) + "."}
	}
	seen := map[string]bool{}
	for _, item := range batch.Requests {
		id := strings.ToLower(item.ID)
		if id == "" || item.Method == "" || item.URL == "" || seen[id] {
			return nil, badBody("Every batch request needs an id of its own, a method and a url.")
		}
		for _, parent := range item.DependsOn {
			if !seen[strings.ToLower(parent)] {
				return nil, badBody("A batch request can depend on earlier ones only.")
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
func (s *Service) dependent(r *request, items []batchItem, answers []answer, n int) answer {
	for _, parent := range items[n].DependsOn {
		for earlier := range n {
			if strings.EqualFold(items[earlier].ID, parent) && answers[earlier].status >= 400 {
				return r.refuse(&fail{status: 424, code: "FailedDependency", message: "Failed Dependency"})
			}
		}
	}
	return s.serveItem(r, items[n])
}

func (s *Service) parallel(r *request, items []batchItem, answers []answer) {
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

func (s *Service) serveItem(outer *request, item batchItem) answer {
	path, query, _ := strings.Cut(item.URL, "?")
	r := &request{
		service: s, app: outer.app, method: strings.ToUpper(item.Method), root: outer.root,
		target: "/" + version + "/" + strings.Trim(path, "/"), rawQuery: query, header: http.Header{},
		requestID: outer.requestID, clientID: outer.clientID,
	}
	for name, value := range item.Headers {
		r.header.Set(name, value)
	}
	r.body = item.Body
	var err error
	if r.path, err = segments(r.target); err == nil && len(item.Body) > 0 && r.header.Get("Content-Type") == "" {
		err = badBody("A batch request with a body needs a Content-Type header.")
	}
	if err != nil {
		return r.refuse(err)
	}
	return s.serve(r)
}

func batchAnswer(id string, a answer) rawjson.Object {
	headers := map[string]string{}
	for name := range a.header {
		headers[name] = a.header.Get(name)
	}
	if len(a.body) > 0 {
		headers["Content-Type"] = a.contentType
	}
	out := rawjson.Of("id", id, "status", a.status, "headers", headers)
	switch {
	case len(a.body) == 0:
		return out
	case strings.HasPrefix(a.contentType, "application/json"):
		return out.Set("body", rawjson.Object(a.body))
	}
	return out.Set("body", base64.StdEncoding.EncodeToString(a.body))
}
