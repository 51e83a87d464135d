package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

func TestDeltaTellsWhatChanged(t *testing.T) {
	for _, c := range []struct{ at, one, two, body string }{
		{"/contactFolders/AAfolder/contacts", "AAcontact1", "AAcontact2", `{"givenName":"x"}`},
		{"/todo/lists/AAlist/tasks", "AAtask1", "AAtask2", `{"title":"x"}`},
	} {
		w := newWorld(t, small(), sandbox.Options{})
		all := len(w.all(annUser + c.at))
		seen, link := w.round(annUser + c.at + "/delta")
		if len(strings.Fields(seen)) != all || strings.Contains(seen, "-") {
			t.Errorf("%s: the first round has %q", c.at, seen)
		}
		if seen, _ := w.round(link); seen != "" {
			t.Errorf("%s: nothing changed, and it tells %q", c.at, seen)
		}
		w.do("PATCH", annUser+c.at+"/"+c.one, `{"categories":["New"]}`).want(t, 200)
		w.do("DELETE", annUser+c.at+"/"+c.two, "").want(t, 204)
		made := w.do("POST", annUser+c.at, c.body).want(t, 201).text("id")
		seen, next := w.round(link)
		if want := c.one + " -" + c.two + " " + made; seen != want {
			t.Errorf("%s: it tells %q, want %q", c.at, seen, want)
		}
		if seen, _ := w.round(next); seen != "" {
			t.Errorf("%s: told twice: %q", c.at, seen)
		}
		w.get(annUser+c.at+"/delta?$deltatoken=nonsense").want(t, 410)
		w.get(annUser+c.at+"/delta?$top=5").want(t, 400)
	}
	w := newWorld(t, small(), sandbox.Options{})
	_, link := w.round(annUser + "/contactFolders/AAfolder/contacts/delta")
	w.get(strings.Replace(link, "AAfolder", "AAchild", 1)).want(t, 410, "SyncStateNotFound")
}

// round follows a delta query to its deltaLink: ids in order, those removed
// with a minus.
func (w *world) round(path string) (ids, link string) {
	w.t.Helper()
	var out []string
	for path != "" {
		a := w.get(path).want(w.t, 200)
		for _, v := range a.values() {
			id := fmt.Sprint(v["id"])
			if v["@removed"] != nil {
				id = "-" + id
			}
			out = append(out, id)
		}
		path, link = a.text("@odata.nextLink"), a.text("@odata.deltaLink")
	}
	return strings.Join(out, " "), link
}

func TestDeltaPagesAreOfTwoHundred(t *testing.T) {
	w := newWorld(t, crowd(450, 500, 0), sandbox.Options{})
	at, sizes := annUser+"/contactFolders/AAfolder/contacts/delta", []int{}
	for at != "" {
		a := w.get(at, "Prefer: odata.maxpagesize=999").want(t, 200)
		sizes = append(sizes, len(a.values()))
		at = a.text("@odata.nextLink")
	}
	if fmt.Sprint(sizes) != "[200 200 50]" {
		t.Errorf("pages of %v", sizes)
	}
}
