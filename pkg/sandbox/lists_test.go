package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
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
