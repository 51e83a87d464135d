package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rules"
)

func TestContactListsAreCountedAndNotListed(t *testing.T) {
	file := strings.Replace(small(), `"wellKnownName":"contacts",`, `"wellKnownName":"contacts","distributionLists":3,`, 1)
	w := newWorld(t, file, sandbox.Options{})
	const at = annUser + "/contacts?$count=true&$top=2"
	first := w.get(at).want(t, 200)
	if first.json["@odata.count"] != 6.0 || len(first.values()) != 0 || first.text("@odata.nextLink") == "" {
		t.Errorf("the first page is %s", first.raw)
	}
	if all := w.all(at); len(all) != 3 {
		t.Errorf("%d contacts, want 3", len(all))
	}
	if a := w.get(annUser + "/contactFolders/contacts"); a.json["distributionLists"] != nil {
		t.Errorf("the folder shows them: %s", a.raw)
	}
	if a := w.get(annUser + "/contacts?$count=true&$orderby=displayName"); a.json["@odata.count"] != 6.0 || len(a.values()) != 3 {
		t.Errorf("in order: %s", a.raw)
	}
}

func TestACompletedTaskIsFollowedByTheNext(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	const list = annUser + "/todo/lists/AAlist/tasks"
	w.do("PATCH", list+"/AAtask1", `{"status":"completed"}`).want(t, 200)
	w.do("PATCH", list+"/AAtask2", `{"status":"completed"}`).want(t, 200)
	w.do("PATCH", list+"/AAtask2", `{"status":"completed"}`).want(t, 200)
	var open []string
	for _, task := range w.get(list).values() {
		if task["status"] != "completed" {
			open = append(open, fmt.Sprint(task["title"], task["dueDateTime"].(map[string]any)["dateTime"]))
		}
	}
	if want := []string{"AAtask22026-11-23T00:00:00.0000000"}; !slices.Equal(open, want) {
		t.Errorf("open are %q, want %q", open, want)
	}
}

func TestToDoIgnoresTheClientsTimes(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Now: clock})
	a := w.do("POST", annUser+"/todo/lists/AAlist/tasks", `{"title":"x","createdDateTime":"2001-01-01T00:00:00Z"}`).want(t, 201)
	if got := a.text("createdDateTime"); got == "" || strings.HasPrefix(got, "2001") {
		t.Errorf("created at %q", got)
	}
	w.do("POST", annUser+"/contacts", `{"givenName":"x","createdDateTime":"2001-01-01T00:00:00Z"}`).want(t, 400)
}

func TestMissingRecurrences(t *testing.T) {
	const list = annUser + "/todo/lists/AAlist/tasks"
	for on, want := range map[bool]int{false: 2, true: 0} {
		w := newWorld(t, small(), sandbox.Options{Switches: rules.Switches{MissingRecurrences: on}})
		shown := func(path string) (n int) {
			for _, task := range w.get(path).want(t, 200).values() {
				if task["recurrence"] != nil {
					n++
				}
			}
			return n
		}
		if n := shown(list); n != 1 {
			t.Errorf("without completed tasks: %d recurrences", n)
		}
		w.do("PATCH", list+"/AAtask2", `{"status":"completed"}`).want(t, 200)
		if n := shown(list); n != want {
			t.Errorf("switch %t: %d recurrences, want %d", on, n, want)
		}
		if n := shown(list + "?$filter=status%20ne%20'completed'"); n != 1 {
			t.Errorf("switch %t: %d recurrences of open tasks", on, n)
		}
		if a := w.get(list + "/AAtask2"); a.json["recurrence"] == nil {
			t.Errorf("switch %t: a task alone has none", on)
		}
	}
}

func TestDeletedCalendarsListed(t *testing.T) {
	for on, want := range map[bool]int{false: 2, true: 3} {
		w := newWorld(t, small(), sandbox.Options{Switches: rules.Switches{DeletedCalendarsListed: on}})
		w.do("DELETE", annUser+"/calendars/AAbobs", "").want(t, 204)
		if n := len(w.all(annUser + "/calendars")); n != want {
			t.Errorf("switch %t: %d calendars, want %d", on, n, want)
		}
		w.get(annUser+"/calendars/AAbobs/events").want(t, 404)
	}
}

func TestTooManyInstances(t *testing.T) {
	daily := strings.NewReplacer(`"type":"weekly"`, `"type":"daily"`, `"numberOfOccurrences":6`, `"numberOfOccurrences":900`).Replace(small())
	const at = annUser + "/events/AAseries==/instances?startDateTime=2026-11-01&endDateTime="
	for on, status := range map[bool]int{false: 200, true: 503} {
		w := newWorld(t, daily, sandbox.Options{Switches: rules.Switches{TooManyInstances: on}})
		w.get(at+"2026-12-31").want(t, 200)
		if a := w.get(at + "2029-01-01"); a.status != status || on && len(a.raw) > 0 {
			t.Errorf("switch %t: %d with %d bytes", on, a.status, len(a.raw))
		}
	}
}
