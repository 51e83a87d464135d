package quirk

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// tooMany is how many instances are too many for one request.
const tooMany = 500

// After is called with the answer that the mailbox gave, and may change it.
func (q *Quirks) After(r *wire.Request, m *tenant.Mailbox, path []string, a *wire.Answer) {
	if r.Method != http.MethodGet || a.Status != http.StatusOK {
		return
	}
	body, err := rawjson.Parse(a.Body)
	if err != nil {
		return
	}
	switch last := strings.ToLower(path[len(path)-1]); {
	case q.MissingTaskLists && last == "lists" && len(path) == 2:
		a.Body = flaggedOnly(body)
	case q.MissingRecurrences && last == "tasks" && len(path) == 4:
		a.Body = withoutRecurrences(body)
	case q.DeletedCalendarsListed && last == "calendars" && len(path) == 1 && !body.Has("@odata.nextLink"):
		a.Body = body.Set("value", append(body.Objects("value"), m.DeletedCalendars()...))
	case q.TooManyInstances && last == "instances" && body.Has("@odata.nextLink") && instances(r, m, path) > tooMany:
		*a = wire.Answer{Status: http.StatusServiceUnavailable}
	}
}

func flaggedOnly(lists rawjson.Object) rawjson.Object {
	left := slices.DeleteFunc(lists.Objects("value"), func(list rawjson.Object) bool {
		return list.Text("wellknownListName") != "flaggedEmails"
	})
	return lists.Without("@odata.nextLink").Set("value", append([]rawjson.Object{}, left...))
}

// withoutRecurrences leaves a list without completed tasks as it is.
func withoutRecurrences(tasks rawjson.Object) rawjson.Object {
	all := tasks.Objects("value")
	if !slices.ContainsFunc(all, func(task rawjson.Object) bool { return task.Text("status") == "completed" }) {
		return tasks
	}
	for n, task := range all {
		all[n] = task.Without("recurrence")
	}
	return tasks.Set("value", all)
}

// instances counts those in the window that the request is for.
func instances(r *wire.Request, m *tenant.Mailbox, path []string) int {
	window := [2]time.Time{}
	for n, name := range []string{"startDateTime", "endDateTime"} {
		text := r.Query.Param[name]
		for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
			if at, err := time.Parse(form, text); err == nil {
				window[n] = at
			}
		}
	}
	all, err := m.Instances("", path[len(path)-2], window[0], window[1])
	if err != nil {
		return 0
	}
	return len(all)
}
