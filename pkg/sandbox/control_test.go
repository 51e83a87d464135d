package sandbox_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

func TestRequestLog(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	w.get(annUser+"/contacts").want(t, 200)
	w.do("DELETE", annUser+"/contacts/AAcontact1", "").want(t, 204)
	w.do("PATCH", annUser+"/contacts/AAnone", "{}").want(t, 404)
	a := w.get(host+"/sandbox/requests?last=2").want(t, 200)
	lines := a.json["lines"].([]any)
	if a.json["total"] != 3.0 || a.json["writes"] != 2.0 || len(lines) != 2 || !strings.HasSuffix(lines[0].(string), "DELETE /v1.0"+annUser+"/contacts/AAcontact1 204") {
		t.Errorf("requests: %s", a.raw)
	}
	for _, path := range []string{"/sandbox/requests?last=x", "/sandbox/nonsense"} {
		if a := w.get(host + path); a.status < 400 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestRequestLinesHaveIDsAndNoTokens(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	const secret = "s3cret"
	w.get(annUser+"/contacts/AAcontact1?$select="+secret).want(t, 400)
	w.get(annUser+"/contacts?$filter=displayName%20eq%20'"+secret+"'", "client-request-id: "+secret).want(t, 200)
	w.do("PATCH", annUser+"/contacts/AAcontact2", `{"personalNotes":"`+secret+`"}`).want(t, 200)
	w.do("POST", "/$batch", batch(
		`{"id":"1","method":"GET","url":"`+annUser+`/contacts/AAcontact3?$select=id&access_token=`+secret+`"}`,
		`{"id":"2","method":"GET","url":"`+annUser+`/contacts/AA\n7 DELETE x"}`)).want(t, 200)
	w.do("DELETE", annUser+"/events/AAsingle", "").want(t, 204)
	a := w.get(host+"/sandbox/requests?last=100").want(t, 200)
	for _, hidden := range []string{w.token, w.token[:20], w.box.ClientSecret(), secret, "Bearer"} {
		if strings.Contains(string(a.raw), hidden) {
			t.Errorf("%s is in the request lines: %s", hidden, a.raw)
		}
	}
	lines := a.json["lines"].([]any)
	want := []string{"GET …AAcontact1 400", "GET … 200", "PATCH …AAcontact2 200", "GET …AAcontact3 400", "DELETE …AAsingle 204"}
	if len(lines) != len(want) {
		t.Fatalf("%d lines: %s", len(lines), a.raw)
	}
	for n, line := range lines {
		method, rest, _ := strings.Cut(want[n], " …")
		if text := line.(string); !strings.HasPrefix(text, fmt.Sprintf("%d %s /v1.0%s/", n+1, method, annUser)) || !strings.HasSuffix(text, rest) {
			t.Errorf("line %d is %q, want %q", n, text, want[n])
		}
	}
}

// Whoever reads the tenant sees it between two changes, never within one: each
// meeting is either in its organizer's calendar and not cancelled in the
// attendee's, or in Deleted Items and cancelled there.
func TestTheTenantIsConsistentWhileOthersWrite(t *testing.T) {
	const meetings = 200
	var own, copies []string
	for n := range meetings {
		id := fmt.Sprintf("AAown%d", n)
		own = append(own, event(id, "2026-11-21", meeting))
		copies = append(copies, strings.Replace(event(fmt.Sprintf("AAcopy%d", n), "2026-11-21", copied), fmt.Sprintf("uid-AAcopy%d", n), "uid-"+id, 1))
	}
	file := strings.Replace(small(), event("AApast", "2020-11-21", meeting), strings.Join(own, ","), 1)
	file = strings.Replace(file, `"owner":{"name":"Bob","address":"bob@contoso.example"},"events":[{"@odata.etag":"W/\"ck-AAbobcopy`,
		`"owner":{"name":"Bob","address":"bob@contoso.example"},"events":[`+strings.Join(copies, ",")+`,{"@odata.etag":"W/\"ck-AAbobcopy`, 1)
	// The latency gives the reader time for many looks between the deletes; the
	// second half of them waits for one.
	w := newWorld(t, file, sandbox.Options{Latency: time.Millisecond})
	between, looked := 0, make(chan struct{})
	goOn := sync.OnceFunc(func() { close(looked) })
	defer goOn()
	var all sync.WaitGroup
	for writer := range 4 {
		all.Go(func() {
			for n := writer; n < meetings; n += 4 {
				if n >= meetings/2 {
					<-looked
				}
				w.sent(204, "DELETE", fmt.Sprintf("%s/events/AAown%d", annUser, n), "")
			}
		})
	}
	for seen := -1; seen < meetings && !t.Failed(); {
		gone := w.deletedMeetings(w.get(host+"/sandbox/tenant").want(t, 200).raw, meetings)
		if gone < seen {
			t.Fatalf("%d meetings are deleted after %d were", gone, seen)
		}
		if gone > 0 && gone < meetings {
			between++
			goOn()
		}
		seen = gone
	}
	goOn()
	all.Wait()
	if between == 0 {
		t.Error("nothing was seen between the first delete and the last")
	}
	t.Logf("%d views between the first delete and the last", between)
	if n := len(w.box.Outbox()); n != meetings {
		t.Errorf("%d mails", n)
	}
}

// deletedMeetings counts the deleted meetings in a view of the tenant and checks
// that their copies are cancelled, and no others.
func (w *world) deletedMeetings(view []byte, meetings int) int {
	w.t.Helper()
	doc, err := rawjson.Parse(view)
	if err != nil {
		w.t.Fatal(err)
	}
	deleted, cancelled, listed := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, user := range doc.Objects("users") {
		for _, entry := range user.Objects("deletedItems") {
			deleted[entry.Object("item").Text("iCalUId")] = true
		}
		for _, calendar := range user.Objects("calendars") {
			for _, e := range calendar.Objects("events") {
				if e.Bool("isOrganizer", false) {
					listed[e.Text("iCalUId")] = true
				} else if e.Bool("isCancelled", false) {
					cancelled[e.Text("iCalUId")] = true
				}
			}
		}
	}
	for n := range meetings {
		uid := fmt.Sprintf("uid-AAown%d", n)
		if deleted[uid] != cancelled[uid] || deleted[uid] == listed[uid] {
			w.t.Fatalf("%s: deleted %t, copy cancelled %t, listed %t", uid, deleted[uid], cancelled[uid], listed[uid])
		}
	}
	return len(deleted)
}
