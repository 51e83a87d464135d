package sandbox_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rules"
)

// switchCases say of every switch what is seen by it, and what without it.
func switchCases() map[string]struct {
	seen    func(w *world) string
	on, off string
} {
	type row = struct {
		seen    func(w *world) string
		on, off string
	}
	return map[string]row{
		"FolderNameInCategories": {func(w *world) string {
			named := 0
			for n := range 40 {
				a := w.do("POST", annUser+"/contactFolders/AAchild/contacts", fmt.Sprintf(`{"givenName":"N%d","categories":["Mine"]}`, n)).want(w.t, 201)
				again := w.get(annUser+"/contacts/"+a.text("id")).want(w.t, 200)
				switch categories := fmt.Sprint(again.json["categories"]); categories {
				case "[Mine CRM]":
					named++
				case "[Mine]":
				default:
					w.t.Errorf("categories are %s", categories)
				}
			}
			return share(named, 40)
		}, "some", "none"},
		"TransientConflicts": {func(w *world) string {
			refused := map[int]int{}
			for n := range 60 {
				at := fmt.Sprintf("%s/contacts/AAcontact%d", annUser, n%4+1)
				a := w.do("PATCH", at, `{"categories":["`+fmt.Sprint(n)+`"]}`)
				if refused[a.status]++; a.status != 200 && a.code() != "ErrorIrresolvableConflict" {
					w.t.Errorf("%d %s", a.status, a.raw)
				}
				if now := fmt.Sprint(w.get(at).want(w.t, 200).json["categories"]) == fmt.Sprintf("[%d]", n); now != (a.status == 200) {
					w.t.Errorf("answered %d, changed %t", a.status, now)
				}
			}
			if refused[409] > 0 != (refused[412] > 0) {
				w.t.Errorf("one status only: %v", refused)
			}
			return share(refused[409]+refused[412], 60)
		}, "some", "none"},
		"MissingTaskLists": {func(w *world) string {
			delta := w.get(annUser+"/todo/lists/delta").want(w.t, 200).ids()
			if len(delta) != 2 {
				w.t.Errorf("delta lists %q", delta)
			}
			return strings.Join(w.get(annUser+"/todo/lists?$top=100").want(w.t, 200).ids(), " ")
		}, "AAflagged", "AAlist AAflagged"},
		"MissingRecurrences": {func(w *world) string {
			const list = annUser + "/todo/lists/AAlist/tasks"
			w.do("PATCH", list+"/AAtask2", `{"status":"completed"}`).want(w.t, 200)
			if open := w.recurring(list + "?$filter=status%20ne%20'completed'"); open != 1 {
				w.t.Errorf("%d recurrences of open tasks", open)
			}
			if a := w.get(list + "/AAtask2"); a.json["recurrence"] == nil {
				w.t.Errorf("a task alone has none: %s", a.raw)
			}
			return fmt.Sprint(w.recurring(list))
		}, "0", "2"},
		"DeletedCalendarsListed": {func(w *world) string {
			w.do("DELETE", annUser+"/calendars/AAbobs", "").want(w.t, 204)
			w.get(annUser+"/calendars/AAbobs/events").want(w.t, 404)
			return strings.Join(w.get(annUser+"/calendars").want(w.t, 200).ids(), " ")
		}, "AAcal AAholidays AAbobs", "AAcal AAholidays"},
		"TooManyInstances": {func(w *world) string {
			daily := strings.NewReplacer("weekly", "daily", `"numberOfOccurrences":6`, `"numberOfOccurrences":900`).Replace(weekly)
			id := w.do("POST", annUser+"/events", `{"start":{"dateTime":"2026-11-02T10:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-11-02T11:00:00","timeZone":"UTC"},`+daily+`}`).want(w.t, 201).text("id")
			at := annUser + "/events/" + id + "/instances?startDateTime=2026-11-01&endDateTime="
			w.get(at+"2026-12-31").want(w.t, 200)
			a := w.get(at + "2029-01-01")
			return fmt.Sprint(a.status, " ", len(a.raw) > 0)
		}, "503 false", "200 true"},
	}
}

// recurring counts the tasks of a list that show a recurrence.
func (w *world) recurring(path string) (n int) {
	w.t.Helper()
	for _, task := range w.get(path).want(w.t, 200).values() {
		if task["recurrence"] != nil {
			n++
		}
	}
	return n
}

func share(n, of int) string {
	switch n {
	case 0:
		return "none"
	case of:
		return "all"
	}
	return "some"
}

func TestEverySwitchBites(t *testing.T) {
	cases := switchCases()
	fields := reflect.TypeFor[rules.Switches]()
	for n := range fields.NumField() {
		name := fields.Field(n).Name
		c, ok := cases[name]
		if !ok {
			t.Errorf("%s has no case that shows it biting", name)
			continue
		}
		delete(cases, name)
		for on, want := range map[bool]string{true: c.on, false: c.off} {
			t.Run(fmt.Sprintf("%s/%t", name, on), func(t *testing.T) {
				var s rules.Switches
				reflect.ValueOf(&s).Elem().Field(n).SetBool(on)
				if got := c.seen(newWorld(t, small(), sandbox.Options{Switches: s, Seed: 5})); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			})
		}
	}
	for name := range cases {
		t.Errorf("%s is no switch", name)
	}
}

// To Do tells a conflict in its own dialect, and a folder is never in conflict.
func TestConflictsAreOfItems(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Switches: rules.Switches{TransientConflicts: true}, Seed: 5})
	for n := range 200 {
		w.do("PATCH", annUser+"/contactFolders/AAchild", fmt.Sprintf(`{"displayName":"CRM %d"}`, n)).want(t, 200)
		if a := w.do("PATCH", annUser+"/todo/lists/AAlist/tasks/AAtask1", `{"categories":[]}`); a.status != 200 {
			if a.code() != "conflict/ErrorIrresolvableConflict" {
				t.Errorf("%d %s", a.status, a.raw)
			}
			return
		}
	}
	t.Error("no task was ever in conflict")
}
