package series

import (
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// NextTask is the open task that follows a recurring one when it is completed:
// due on the next date of the recurrence. ok is false where there is none.
func NextTask(task rawjson.Object) (next rawjson.Object, ok bool) {
	open := task.Without("completedDateTime").Set("status", "notStarted")
	rule, ok := Rule(task)
	due := Wall(task, "dueDateTime")
	if !ok || due.IsZero() {
		return open, true // a recurrence without dates, as To Do takes it
	}
	after := due.Truncate(Day).AddDate(0, 0, 1)
	for day := range rule.Between(after, after.AddDate(100, 0, 0)) {
		at := day.Add(due.Sub(due.Truncate(Day)))
		return open.Set("dueDateTime", task.Object("dueDateTime").Set("dateTime", at.Format(wallTime))), true
	}
	return nil, false
}
