package apply_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// once fails the nth call of a verb before or after it has its effect.
func once(verb string, n int64, before, after error) func(memory.Call) (error, error) {
	var calls atomic.Int64
	return func(c memory.Call) (error, error) {
		if c.Verb == verb && calls.Add(1) == n {
			return before, after
		}
		return nil, nil
	}
}

// others says that another run made everything of the same thing.
type others string

func (o others) Find(_ string, there func(string) bool) (string, bool) {
	return string(o), there(string(o))
}

// TestWhatAnotherRunMadeIsNotMadeAgain: imports bear no mark, so the other run
// is asked; what it made and somebody deleted is made again.
func TestWhatAnotherRunMadeIsNotMadeAgain(t *testing.T) {
	for _, way := range []plan.Way{plan.ByStream, plan.ByPost} {
		world, s, p := backedUp(6, way)
		world.Put(ann.ID, contacts, map[string]any{"id": "theirs", "displayName": "Theirs"})
		r := restoreRun(world, s, p, &tape{left: -1})
		r.Others = others("theirs")
		result, err := r.Do(t.Context())
		if err != nil || result.Skipped != 6 || len(world.Items(ann.ID)) != 1 {
			t.Errorf("%s: %+v, %v", way, result, err)
		}
		world.Take(ann.ID, "theirs")
		r.Journal = &tape{left: -1}
		if result, err = r.Do(t.Context()); err != nil || result.Done != 6 {
			t.Errorf("%s, gone since: %+v, %v", way, result, err)
		}
	}
}

// TestCopiesOfAnotherPlanAreCopiedAgain: within a plan copies are made once.
func TestCopiesOfAnotherPlanAreCopiedAgain(t *testing.T) {
	world, s, p := backedUp(6, plan.ByPost)
	p.Rules.Copies = true
	for range 2 { // the same plan, by another run
		if _, err := restoreRun(world, s, p, &tape{left: -1}).Do(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := len(world.Items(ann.ID)); n != 6 {
			t.Fatalf("%d copies of 6", n)
		}
	}
	p.Rules.IncludeRooms = true // any other plan
	if result, err := restoreRun(world, s, p, &tape{left: -1}).Do(t.Context()); err != nil || result.Done != 6 || len(world.Items(ann.ID)) != 12 {
		t.Errorf("%+v, %v, %d items", result, err, len(world.Items(ann.ID)))
	}
}

// TestFolderThatIsMadeMeanwhile: an answer that never came and another who was
// quicker are settled by listing, within the same attempt.
func TestFolderThatIsMadeMeanwhile(t *testing.T) {
	partners := item.Folder{Kind: item.Contacts, ID: "theirs", Path: "Contacts/Partners", Name: "Partners"}
	for name, fault := range map[string]func(*memory.Tenant) func(memory.Call) (error, error){
		"no answer": func(*memory.Tenant) func(memory.Call) (error, error) {
			return once("create-folder", 1, nil, fmt.Errorf("cut off: %w", mailbox.ErrUnclear))
		},
		"another was quicker": func(w *memory.Tenant) func(memory.Call) (error, error) {
			var made atomic.Bool
			return func(c memory.Call) (error, error) {
				if c.Verb == "create-folder" && made.CompareAndSwap(false, true) {
					w.AddFolder(ann.ID, partners)
				}
				return nil, nil
			}
		},
	} {
		world, s, p := backedUp(6, plan.ByPost)
		world.Fault = fault(world)
		result, err := restoreRun(world, s, p, &tape{left: -1}).Do(t.Context())
		if err != nil || !result.Whole() || len(world.Calls("create-folder")) != 1 {
			t.Errorf("%s: %+v, %v, %d folders made", name, result, err, len(world.Calls("create-folder")))
		}
	}
}

// TestPlannedCategoriesAreSet: Exchange sometimes adds one of its own; what the
// plan says counts.
func TestPlannedCategoriesAreSet(t *testing.T) {
	world, s, p := backedUp(3, plan.ByPost)
	tp := &tape{left: -1}
	for i := range p.Mailboxes[0].Steps {
		p.Mailboxes[0].Steps[i].After = []string{"Friends"} // what is posted has two
	}
	if result, err := restoreRun(world, s, p, tp).Do(t.Context()); err != nil || !result.Whole() {
		t.Fatalf("%+v, %v", result, err)
	}
	for _, it := range world.Items(ann.ID) {
		if !slices.Equal(it.Categories, []string{"Friends"}) {
			t.Errorf("%s has %q", it.Title, it.Categories)
		}
		if !slices.ContainsFunc(tp.records, func(r journal.Record) bool { return r.Made == it.ID && r.Version == it.Version }) {
			t.Errorf("no outcome has the version that %s has now", it.Title)
		}
	}
}

// recurring is a task that takes two requests, and a part that can fail.
func recurring() snapshot.Line {
	return snapshot.Line{
		Kind: item.Tasks, Folder: tasks.Path, FolderID: tasks.ID, ID: "old", Version: "v1", Categories: []string{}, Attachments: []string{"file"},
		Item: must(map[string]any{
			"id": "old", "@odata.etag": "v1", "title": "Water the plants", "categories": []string{}, "hasAttachments": true,
			"dueDateTime": map[string]any{"dateTime": "2026-11-02T00:00:00.0000000", "timeZone": "UTC"},
			"recurrence": map[string]any{
				"pattern": map[string]any{"type": "daily", "interval": 1},
				"range":   map[string]any{"type": "noEnd", "startDate": "2026-11-02"},
			},
			"checklistItems": []any{
				map[string]any{"id": "x", "displayName": "one"}, map[string]any{"id": "y", "displayName": "one"}, map[string]any{"id": "z", "displayName": "two"},
			},
		}),
	}
}

func planOf(l snapshot.Line) plan.Plan {
	rules := plan.Rules{Purpose: plan.Restore, Kinds: item.Kinds(), Source: &plan.Source{Snapshots: []plan.SourceSnapshot{{ID: "s", Sum: "x"}}}}
	return plan.Make(mailbox.Tenant{ID: "tenant"}, rules, []plan.Mailbox{{Account: ann, Held: []plan.Held{}, Steps: []plan.Step{{
		Action: plan.Create, Kind: l.Kind, Folder: l.Folder, FolderID: l.FolderID, ID: l.ID, Version: l.Version,
		Before: []string{}, After: []string{}, Way: plan.ByPost,
	}}}})
}

// TestPartsAreCompletedNotDoubled stops the making of a task at each of its
// parts and goes on: a second recurrence would make a second task, and of three
// checklist items two have the same name.
func TestPartsAreCompletedNotDoubled(t *testing.T) {
	_, s, _ := backedUp(1, plan.ByPost)
	s.lines = []snapshot.Line{recurring()}
	denied := fmt.Errorf("no: %w", mailbox.ErrBusy)
	for _, stop := range []struct {
		verb string
		n    int64
	}{{"add-checklist-item", 1}, {"add-checklist-item", 2}, {"add-checklist-item", 3}, {"attach", 1}} {
		world := memory.New("tenant")
		world.Add(ann, contacts, tasks)
		world.Fault = once(stop.verb, stop.n, denied, nil)
		p, tp := planOf(s.lines[0]), &tape{left: -1}
		result, err := restoreRun(world, s, p, tp).Do(t.Context())
		if err != nil || !result.Whole() {
			t.Fatalf("%v: %+v, %v", stop, result, err)
		}
		items := world.Items(ann.ID)
		if len(items) != 1 || len(world.Calls("update")) != 1 {
			t.Fatalf("%v: %d tasks, %d recurrences were set", stop, len(items), len(world.Calls("update")))
		}
		var task struct {
			Checklist []struct {
				Name string `json:"displayName"`
			} `json:"checklistItems"`
		}
		if err := json.Unmarshal(items[0].Raw, &task); err != nil {
			t.Fatal(err)
		}
		names := map[string]int{}
		for _, c := range task.Checklist {
			names[c.Name]++
		}
		if names["one"] != 2 || names["two"] != 1 {
			t.Errorf("%v: checklist %v", stop, names)
		}
	}
}

// TestExceptionIsFoundByItsDay: where the start of an occurrence is another one
// than that of old, its day decides; attachments that it has from the series are
// not added again.
func TestExceptionIsFoundByItsDay(t *testing.T) {
	calendar := item.Folder{Kind: item.Events, ID: "calendar", Path: "Calendar", Default: true}
	at := func(day, hour string) map[string]any {
		return map[string]any{"dateTime": "2026-11-" + day + "T" + hour + ":00:00.0000000", "timeZone": "UTC"}
	}
	exception := map[string]any{
		"id": "x", "@odata.etag": "v1", "type": "exception", "subject": "Moved", "categories": []string{}, "hasAttachments": true,
		"originalStart": "2026-11-04T10:00:00Z", "start": at("04", "15"), "end": at("04", "16"), "isOrganizer": true, "attendees": []any{},
	}
	l := snapshot.Line{
		Kind: item.Events, Folder: calendar.Path, FolderID: calendar.ID, ID: "old", Version: "v1", Categories: []string{},
		ExceptionAttachments: map[string][]string{"x": {"agenda"}},
		Item: must(map[string]any{
			"id": "old", "@odata.etag": "v1", "type": "seriesMaster", "subject": "Daily", "categories": []string{}, "isOrganizer": true, "attendees": []any{},
			"start": at("02", "10"), "end": at("02", "11"), "originalStartTimeZone": "UTC", "originalEndTimeZone": "UTC",
			"recurrence": map[string]any{
				"pattern": map[string]any{"type": "daily", "interval": 1},
				"range":   map[string]any{"type": "numbered", "startDate": "2026-11-02", "numberOfOccurrences": 5, "recurrenceTimeZone": "UTC"},
			},
		}),
		Series: must(map[string]any{"id": "old", "exceptionOccurrences": []any{exception}, "cancelledOccurrences": []string{}}),
	}
	agenda := must(map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "id": "a", "name": "agenda.txt", "contentType": "text/plain", "contentBytes": "YWJj"})
	s := shelf{lines: []snapshot.Line{l}, blobs: map[string][]byte{"agenda": agenda}}
	world := memory.New("tenant")
	world.Add(ann, contacts, tasks, calendar)
	var listed atomic.Bool
	world.Fault = func(c memory.Call) (error, error) {
		if c.Verb != "instances" || !listed.CompareAndSwap(false, true) {
			return nil, nil
		}
		for _, day := range []string{"03", "04", "05"} { // an hour off, on the same days
			world.PutInstances(ann.ID, item.Item{ID: c.Item, Kind: item.Events, Folder: calendar}, map[string]any{
				"id": "day-" + day, "type": "occurrence", "subject": "Daily", "originalStart": "2026-11-" + day + "T09:00:00Z",
				"start": at(day, "09"), "end": at(day, "10"), "isOrganizer": true, "attendees": []any{},
			})
		}
		return nil, nil
	}
	world.PutAttachments(ann.ID, "day-04", agenda)
	result, err := restoreRun(world, s, planOf(l), &tape{left: -1}).Do(t.Context())
	if err != nil || !result.Whole() {
		t.Fatalf("%+v, %v", result, err)
	}
	updates := world.Calls("update")
	if len(updates) != 1 || updates[0].Item != "day-04" {
		t.Errorf("changed %+v", updates)
	}
	if n := len(world.Calls("attach")); n != 0 {
		t.Errorf("%d attachments were added to a date that has them", n)
	}
}
