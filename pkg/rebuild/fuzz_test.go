package rebuild_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
)

// FuzzOf gives the recipe bytes that no service would: it refuses them or makes
// JSON of them, and an item is always like itself.
func FuzzOf(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `{"attendees":5,"recurrence":"x","start":[],"body":7,"location":[1,null,[]],"extensions":[1,{}]}`,
		`{"type":"seriesMaster","recurrence":{"pattern":7,"range":{"type":1,"startDate":[]}},"start":{"dateTime":"2026-11-03","timeZone":"Local"}}`,
		`{"attendees":[null,1,{"type":7,"emailAddress":[]}],"body":{"content":"<BODY a='>","contentType":"html"},"originalStartTimeZone":"UTC"}`,
		`{"displayName":"\ud800","singleValueExtendedProperties":[{"id":7},null],"birthday":"x","emailAddresses":{"name":[null]}}`,
		`{"dueDateTime":{"dateTime":""},"recurrence":{"pattern":{"daysOfWeek":"monday"}},"checklistItems":[[],{"displayName":null}],"linkedResources":"x"}`,
		`{"exceptionOccurrences":[{},{"originalStart":"x","start":{}}],"cancelledOccurrences":["",".","OID.x.2026-13-01",7]}`,
		`{"@odata.type":"#microsoft.graph.itemAttachment","item":{"@odata.type":"#microsoft.graph.event","attendees":[{}]}}`,
	} {
		f.Add(seed, seed)
		f.Add(`{"type":"seriesMaster"}`, seed)
	}
	f.Fuzz(func(t *testing.T, raw, series string) {
		for _, kind := range item.Kinds() {
			c := rebuild.Copy{Line: line(kind, raw, series), Attachments: []json.RawMessage{json.RawMessage(raw)}}
			r, err := rebuild.Of(c.Line, rebuild.Options{Mark: "m", Transaction: "t"})
			if err != nil {
				if !errors.Is(err, item.ErrMalformed) {
					t.Fatal(err)
				}
				continue
			}
			for body := range bodies(kind, r) {
				if !json.Valid([]byte(body)) {
					t.Errorf("no JSON: %q", body)
				}
			}
			if found := rebuild.Differences(c, c); len(found) != 0 {
				t.Errorf("it differs from itself: %+v", found)
			}
		}
		if body, _, err := rebuild.Attachment(json.RawMessage(raw)); err == nil && body != nil && !json.Valid(body) {
			t.Errorf("no JSON: %q", body)
		}
	})
}
