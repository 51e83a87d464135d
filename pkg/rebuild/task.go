package rebuild

import (
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// task makes a task's recipe: checklist items and the recurrence go apart.
func (m *maker) task(o object) {
	body := m.writable(taskShape(), o)
	m.links(&body)
	m.checklist(o)
	recurrence, err := parse(body.get("recurrence"))
	body.remove("recurrence")
	m.body, m.recipe.Body = body, body.encode()
	if err == nil {
		m.repeat(recurrence, body)
	}
}

// links leaves out marks of old, and adds this one.
func (m *maker) links(body *object) {
	links := slices.DeleteFunc(objects(body.get("linkedResources")), func(l object) bool {
		return l.text("applicationName") == item.MarkApplication
	})
	if m.options.Mark != "" {
		links = append(links, object{
			{"applicationName", value(item.MarkApplication)},
			{"displayName", value("Restored by riva-prep")},
			{"externalId", value(m.options.Mark)},
		})
	}
	body.replace("linkedResources", links)
}

func (m *maker) checklist(o object) {
	s := names("displayName isChecked")
	for _, c := range objects(o.get("checklistItems")) {
		clean := s.clean(c, "checklistItems.", func(path string) {
			if !has([]string{"id", "createdDateTime", "checkedDateTime"}, strings.TrimPrefix(path, "checklistItems.")) {
				m.losses.add(UnknownMembers, path)
			}
		})
		m.losses.add(ChecklistDates)
		m.recipe.Checklist = append(m.recipe.Checklist, clean.encode())
	}
}

// repeat makes the recurrence a PATCH with the due date and an empty range, the
// only form that To Do was seen to take; it counts the range from the due date.
func (m *maker) repeat(recurrence, body object) {
	due, err := parse(body.get("dueDateTime"))
	pattern := recurrence.get("pattern")
	if err != nil || pattern == nil {
		m.losses.add(Recurrence)
		return
	}
	within, _ := parse(recurrence.get("range"))
	if kind := within.text("type"); kind == "endDate" || kind == "numbered" {
		m.losses.add(RecurrenceEnd)
	}
	if !begins(within.text("startDate"), due) {
		m.losses.add(RecurrenceStart)
	}
	patch := object{
		{"dueDateTime", due.encode()},
		{"recurrence", object{{"pattern", pattern}, {"range", value(struct{}{})}}.encode()},
	}
	m.recipe.Then = append(m.recipe.Then, patch.encode())
}

// begins says that a recurrence starts on the due date, which is a midnight in
// the user's zone, but given in UTC.
func begins(from string, due object) bool {
	day, err := time.Parse(time.DateOnly, from)
	at, ok := decode[moment](due.encode()).when()
	if err != nil || !ok {
		return from == ""
	}
	return at.After(day.Add(-15*time.Hour)) && at.Before(day.Add(24*time.Hour))
}
