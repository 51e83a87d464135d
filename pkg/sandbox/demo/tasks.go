package demo

import (
	"fmt"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// fillTasks makes the task lists: one's own, that of flagged mails, and for some
// a list that somebody else shares.
func (p *person) fillTasks(n int) {
	p.lists = []rawjson.Object{
		p.list("Tasks", "defaultList", true, false, p.tasks(p.taskCount())),
		p.list("Flagged Emails", "flaggedEmails", true, false, p.tasks(min(p.taskCount(), 2))),
	}
	if n%4 == 1 {
		p.lists = append(p.lists, p.list("Office move", "none", false, true, p.tasks(3)))
	}
	if n%5 == 2 {
		p.lists = append(p.lists, p.list("CRM Follow-up", "none", true, false, p.tasks(5)))
	}
}

func (p *person) taskCount() int {
	if p.purpose == "room" {
		return 0
	}
	return 6 + p.rand.IntN(7)
}

func (p *person) list(name, wellKnown string, owner, shared bool, tasks []rawjson.Object) rawjson.Object {
	return rawjson.Of("@odata.etag", p.versioned("list", today).Text("@odata.etag"), "id", p.newID("list"), "displayName", name,
		"isOwner", owner, "isShared", shared, "wellknownListName", wellKnown, "tasks", tasks)
}

func (p *person) tasks(count int) []rawjson.Object {
	out := make([]rawjson.Object, 0, count)
	for range count {
		out = append(out, p.task())
	}
	return out
}

func (p *person) task() rawjson.Object {
	company := pick(p.maker, companies)
	due := today.AddDate(0, 0, p.rand.IntN(120)-60)
	task := with(p.versioned("task", due.AddDate(0, -1, 0)).Without("changeKey"),
		"importance", pick(p.maker, []string{"low", "normal", "normal", "high"}), "isReminderOn", false,
		"status", pick(p.maker, []string{"notStarted", "notStarted", "inProgress", "completed"}),
		"title", pick(p.maker, taskTitles)+" "+company, "hasAttachments", false, "categories", p.categories(),
		"body", rawjson.Of("content", "", "contentType", "text"), "dueDateTime", moment(due))
	if p.rand.IntN(4) == 0 {
		task = task.Set("linkedResources", []rawjson.Object{rawjson.Of("id", p.guid("link"), "applicationName", "Salesforce",
			"displayName", company, "externalId", fmt.Sprintf("00T%06d", p.rand.IntN(1e6)), "webUrl", "https://crm.contoso.example/")})
	}
	if p.rand.IntN(5) == 0 {
		task = task.Set("checklistItems", []rawjson.Object{rawjson.Of("displayName", "Ask for the order number",
			"createdDateTime", due.Format("2006-01-02T15:04:05Z"), "isChecked", false, "id", p.guid("step"))})
	}
	return task
}
