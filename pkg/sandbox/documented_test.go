package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/schema"
)

// documented is one payload of the reference: what it is and where its like is
// created.
type documented struct {
	typeName, collection string
	doc                  rawjson.Object
}

// payloads are the reference's payloads, each with a collection of the user in
// which it can be made again.
func payloads(t *testing.T, data []byte, user, list string) []documented {
	t.Helper()
	file, err := rawjson.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	var out []documented
	add := func(typeName, collection string, docs []rawjson.Object) {
		for _, doc := range docs {
			out = append(out, documented{typeName, "/users/" + user + "/" + collection, doc})
		}
	}
	for _, u := range file.Objects("users") {
		add("outlookCategory", "outlook/masterCategories", u.Objects("masterCategories"))
		for _, f := range u.Objects("contactFolders") {
			add("contact", "contacts", f.Objects("contacts"))
			add("contactFolder", "contactFolders", []rawjson.Object{f.Without("contacts", "wellKnownName")})
		}
		for _, c := range u.Objects("calendars") {
			add("event", "events", c.Objects("events"))
			for _, e := range c.Objects("events") {
				add("fileAttachment", "events/{event}/attachments", e.Objects("attachments"))
			}
			add("calendar", "calendars", []rawjson.Object{c.Without("events")})
		}
		for _, l := range u.Objects("todoLists") {
			tasks := "todo/lists/" + list + "/tasks"
			add("todoTask", tasks, l.Objects("tasks"))
			for _, task := range l.Objects("tasks") {
				add("checklistItem", tasks+"/{task}/checklistItems", task.Objects("checklistItems"))
				add("linkedResource", tasks+"/{task}/linkedResources", task.Objects("linkedResources"))
				add("taskFileAttachment", tasks+"/{task}/attachments", task.Objects("attachments"))
			}
			add("todoTaskList", "todo/lists", []rawjson.Object{l.Without("tasks")})
		}
	}
	return out
}

// remade is what of a payload a client can send: the members that the type
// takes.
func (d documented) remade(n int) rawjson.Object {
	body := rawjson.Empty()
	if strings.HasSuffix(d.typeName, "ttachment") {
		body = body.Set("@odata.type", "#microsoft.graph."+d.typeName)
	}
	for name, value := range d.doc.Members() {
		one := rawjson.Empty().Set(name, rawjson.Object(value))
		zone := strings.Contains(string(value), `"recurrenceTimeZone":""`) // Graph gives it and does not take it
		if !strings.Contains(name, "@") && !zone && name != "id" && schema.Of(d.typeName).Check(one) == nil {
			body = body.Set(name, rawjson.Object(value))
		}
	}
	if links := d.doc.Objects("linkedResources"); len(links) > 0 {
		for n := range links {
			links[n] = links[n].Without("id")
		}
		body = body.Set("linkedResources", links)
	}
	for _, name := range []string{"displayName", "name"} {
		// Folders, calendars and categories of one mailbox differ by name.
		if body.Has(name) && slices.Contains([]string{"contactFolder", "calendar", "outlookCategory"}, d.typeName) {
			body = body.Set(name, fmt.Sprint(body.Text(name), " ", n))
		}
	}
	return body
}

// changes are the members that the service gives another value than it was sent
// (Graph docs: a birthday's time, attendees' answers, ids of children, sizes).
var changes = []string{"birthday", "attendees", "linkedResources", "size"}

// unshown are the members that come by name only, or in the answers of other
// requests than these.
var unshown = append([]string{
	"occurrenceId", "calendar@odata.associationLink", "calendar@odata.navigationLink", "@odata.id", "@odata.etag", "@odata.type",
}, hiddenMembers...)

// What the reference shows is what the sandbox makes of the same request: the
// members, their forms and the status codes.
func TestDocumentedPayloadsAreMadeAgain(t *testing.T) {
	tn, data := loadShared(t, "data/documented.json")
	w := worldOf(t, tn, sandbox.Options{Now: clock})
	user := tn.Mailboxes()[0].ID
	root := "/users/" + user
	list := w.do("POST", root+"/todo/lists", `{"displayName":"x"}`).want(t, 201).text("id")
	event := w.do("POST", root+"/events", `{`+when+`}`).want(t, 201).text("id")
	task := w.do("POST", root+"/todo/lists/"+list+"/tasks", `{"title":"x"}`).want(t, 201).text("id")
	made := map[string]int{}
	for n, d := range payloads(t, data, user, list) {
		d.collection = strings.NewReplacer("{event}", event, "{task}", task).Replace(d.collection)
		body := d.remade(n)
		a := w.do("POST", d.collection, string(body))
		if a.status != 201 {
			if d.typeName == "event" && (!body.Has("start") || !body.Has("end")) {
				continue // a placeholder's times are no times
			}
			t.Errorf("POST %s %.300s: %d %.300s", d.collection, body, a.status, a.raw)
			continue
		}
		made[d.typeName]++
		w.comparesWith(d, body, a)
		w.lives(d, a)
	}
	for typeName, least := range map[string]int{
		"contact": 5, "event": 12, "todoTask": 4, "todoTaskList": 10, "checklistItem": 3, "linkedResource": 2, "fileAttachment": 1,
		"taskFileAttachment": 3, "outlookCategory": 7, "calendar": 11, "contactFolder": 11,
	} {
		if made[typeName] < least {
			t.Errorf("%d payloads of %s, want %d", made[typeName], typeName, least)
		}
	}
	t.Logf("made again: %v", made)
}

// comparesWith holds an answer against the documented payload and what was sent.
func (w *world) comparesWith(d documented, body rawjson.Object, a reply) {
	w.t.Helper()
	var doc, sent map[string]any
	if err := json.Unmarshal(d.doc, &doc); err != nil {
		w.t.Fatal(err)
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		w.t.Fatal(err)
	}
	for name, want := range doc {
		got, shown := a.json[name]
		value, was := sent[name]
		switch {
		case was && !shown && !slices.Contains(hiddenMembers, name):
			w.t.Errorf("%s: %s was sent and is not shown", d.typeName, name)
		case was && shown && !slices.Contains(changes, name) && !reflect.DeepEqual(value, got):
			w.t.Errorf("%s: %s was sent as %v and is %v", d.typeName, name, value, got)
		case !was && !shown && !slices.Contains(unshown, name):
			w.t.Errorf("%s: %s is documented and not shown", d.typeName, name)
		case shown && want != nil && got != nil && reflect.TypeOf(want) != reflect.TypeOf(got):
			w.t.Errorf("%s: %s is documented as %v and is %v", d.typeName, name, want, got)
		}
	}
}

// lives reads, changes and deletes what was made.
func (w *world) lives(d documented, a reply) {
	w.t.Helper()
	at := d.collection + "/" + url.PathEscape(a.text("id"))
	w.get(at).want(w.t, 200)
	patch := map[string]string{
		"contact": `{"categories":["Personal"]}`, "event": `{"categories":["Personal"]}`, "todoTask": `{"categories":["Personal"]}`,
		"contactFolder": `{"displayName":"Renamed"}`, "calendar": `{"name":"Renamed"}`, "todoTaskList": `{"displayName":"Renamed"}`,
		"checklistItem": `{"isChecked":true}`, "linkedResource": `{"displayName":"Renamed"}`, "outlookCategory": `{"color":"preset1"}`,
	}[d.typeName]
	if patch != "" {
		changed := w.do("PATCH", at, patch).want(w.t, 200)
		if changed.text("id") != a.text("id") {
			w.t.Errorf("%s: the PATCH answers with %.200s", d.typeName, changed.raw)
		}
	}
	w.do("DELETE", at, "").want(w.t, 204)
	w.get(at).want(w.t, 404)
}
