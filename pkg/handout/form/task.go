package form

import (
	"encoding/json"
	"strings"
)

// Task is a To Do task.
type Task struct {
	ID         string      `json:"id"`
	Title      Text        `json:"title"`
	Body       Body        `json:"body"`
	Status     string      `json:"status"`
	Importance string      `json:"importance"`
	Categories []Text      `json:"categories"`
	Start      DateTime    `json:"startDateTime"`
	Due        DateTime    `json:"dueDateTime"`
	Completed  DateTime    `json:"completedDateTime"`
	Reminder   bool        `json:"isReminderOn"`
	RemindAt   DateTime    `json:"reminderDateTime"`
	Recurrence *Recurrence `json:"recurrence"`
	Checklist  []struct {
		Name    Text `json:"displayName"`
		Checked bool `json:"isChecked"`
	} `json:"checklistItems"`
	Links []struct {
		Application Text `json:"applicationName"`
		Name        Text `json:"displayName"`
		URL         Text `json:"webUrl"`
	} `json:"linkedResources"`
}

// ReadTask reads a task.
func ReadTask(raw json.RawMessage) (Task, error) {
	var t Task
	err := read(raw, &t)
	return t, err
}

// Description is the body as text, and below it the checklist and the links,
// for which tasks elsewhere have no place.
func (t Task) Description() string {
	lines := []string{t.Body.Plain(), ""}
	for _, c := range t.Checklist {
		mark := "[ ] "
		if c.Checked {
			mark = "[x] "
		}
		lines = append(lines, mark+oneLine(string(c.Name)))
	}
	for _, l := range t.Links {
		lines = append(lines, oneLine(string(l.Application+": "+l.Name+" "+l.URL)))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
