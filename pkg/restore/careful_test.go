package restore_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// series is a daily one with an exception of the categories given.
func series(categories ...string) snapshot.Line {
	at := func(day string) map[string]any {
		return map[string]any{"dateTime": "2026-11-" + day + "T10:00:00.0000000", "timeZone": "UTC"}
	}
	l := line(calendar, "a", event(map[string]any{
		"type": "seriesMaster", "originalStartTimeZone": "UTC", "originalEndTimeZone": "UTC", "categories": []string{}, "attendees": []any{},
		"recurrence": map[string]any{
			"pattern": map[string]any{"type": "daily", "interval": 1},
			"range":   map[string]any{"type": "numbered", "startDate": "2026-11-02", "numberOfOccurrences": 5, "recurrenceTimeZone": "UTC"},
		},
	}))
	l.Series = encoded(map[string]any{"id": "a", "cancelledOccurrences": []string{}, "exceptionOccurrences": []any{map[string]any{
		"id": "x", "@odata.etag": "v1", "type": "exception", "subject": "Moved", "categories": categories, "isOrganizer": true, "attendees": []any{},
		"originalStart": "2026-11-04T10:00:00Z", "start": at("04"), "end": at("05"),
	}}})
	return l
}

// TestSeriesAndClosedPlaces are decisions that need more than one line of the
// table.
func TestSeriesAndClosedPlaces(t *testing.T) {
	with := func(l snapshot.Line, change func(*snapshot.Line)) snapshot.Line { change(&l); return l }
	stream := func(l *snapshot.Line) { l.Stream = "stream" }
	closed := func(f item.Folder) item.Folder { f.Closed = "read-only"; return f }
	room := func(w *memory.Tenant, _ *restore.Request) {
		account := ann
		account.Purpose = "room"
		w.Add(account, contacts, calendar, holidays)
	}
	cases := []struct {
		name string
		line snapshot.Line
		edit func(*memory.Tenant, *restore.Request)
		want string
	}{
		{"a series with a stream", with(series("Friends"), stream), strip, "stream"},
		{"one of whose dates has the category to strip", with(series(plugin), stream), strip, "post"},
		{"a link on a single date", with(series(), func(l *snapshot.Line) { l.ExceptionAttachments = map[string][]string{"x": {"link"}} }), nil, "post reference-attachment"},
		{"a room", line(contacts, "a", nil), room, "room"},
		{"a room that is meant", line(contacts, "a", nil), both(room, func(_ *memory.Tenant, r *restore.Request) { r.Rules.IncludeRooms = true }), "post"},
		{"a folder that is closed now", line(contacts, "a", nil), func(w *memory.Tenant, _ *restore.Request) { w.Add(ann, closed(contacts), calendar) }, "closed-folder"},
		{"a closed folder of the same name", line(partners, "a", nil), func(w *memory.Tenant, _ *restore.Request) {
			w.Add(ann, contacts, closed(item.Folder{Kind: item.Contacts, ID: "theirs", Path: partners.Path}))
		}, "post folder-gone"},
		{"an open folder of the same name", line(partners, "a", nil), func(w *memory.Tenant, _ *restore.Request) {
			w.Add(ann, contacts, item.Folder{Kind: item.Contacts, ID: "theirs", Path: "contacts/PARTNERS"})
		}, "post"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			world, r := fixture(c.line)
			if c.edit != nil {
				c.edit(world, &r)
			}
			if got := verdict(made(t, r)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if len(cases) < 8 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// TestSlashInACalendarsNameIsNoPath: only contact folders nest.
func TestSlashInACalendarsNameIsNoPath(t *testing.T) {
	odd := item.Folder{Kind: item.Events, ID: "odd", Path: "A/B"}
	_, r := fixture(line(odd, "a", event(nil)), line(partners, "b", nil))
	want := map[string][]string{"odd": {"A/B"}, "partners": {"Contacts", "Partners"}}
	for _, f := range made(t, r).Mailboxes[0].Folders {
		if !slices.Equal(f.Names, want[f.FormerID]) {
			t.Errorf("%s is made as %q", f.FormerID, f.Names)
		}
		delete(want, f.FormerID)
	}
	if len(want) > 0 {
		t.Errorf("not made: %v", want)
	}
}

func createRun(records ...journal.Record) restore.Run {
	for i := range records {
		records[i].Mailbox, records[i].Item = "ann", "old"
	}
	rules := plan.Rules{Purpose: plan.Restore, Kinds: item.Kinds()}
	return restore.Run{ID: "run", Records: records, Plan: plan.Make(office, rules, []plan.Mailbox{{Account: ann, Steps: []plan.Step{
		{Action: plan.Create, Kind: item.Events, Folder: "Calendar", FolderID: "calendar", ID: "old", Version: "v0", Way: plan.ByPost},
	}}})}
}

// TestMeetingThatWasImportedIsNotDeleted: no option makes undo mail cancellations.
func TestMeetingThatWasImportedIsNotDeleted(t *testing.T) {
	world, _ := fixture()
	it := world.Put("ann", calendar, event(map[string]any{"id": "made", "attendees": invited()}))
	run := createRun(journal.Record{Type: journal.Outcome, Result: journal.Done, Made: it.ID, Version: it.Version})
	totals := undone(t, world, run, plan.Rules{TagMeetings: true, ImportMeetings: true}).Totals()
	if totals.Steps() != 0 || totals.HeldBy[plan.MailsAttendees] != 1 {
		t.Errorf("%+v", totals)
	}
}

// TestHalfMadeItemIsTakenBack: it was made, completing it was announced, and the
// version that counts is the one it got.
func TestHalfMadeItemIsTakenBack(t *testing.T) {
	world, _ := fixture()
	it := world.Put("ann", calendar, event(map[string]any{"id": "made"}))
	half := journal.Record{Type: journal.Outcome, Result: journal.Refused, Made: it.ID, Version: it.Version}
	again := journal.Record{Type: journal.Intent, Version: "v0"}
	for _, records := range [][]journal.Record{{half}, {half, again}} {
		if totals := undone(t, world, createRun(records...), plan.Rules{}).Totals(); totals.Deletes != 1 || totals.Steps() != 1 {
			t.Errorf("%d records: %+v", len(records), totals)
		}
	}
}

// TestSeriesThatCannotBeReadIsHeld: nobody knows whom its dates invite.
func TestSeriesThatCannotBeReadIsHeld(t *testing.T) {
	world, _ := fixture()
	it := world.Put("ann", calendar, event(map[string]any{"id": "s", "type": "seriesMaster", "categories": []string{}}))
	rules := plan.Rules{Purpose: plan.TagPersonal, Kinds: item.Kinds(), Tag: "Personal", Colour: "preset4"}
	p := plan.Make(office, rules, []plan.Mailbox{{Account: ann, Steps: []plan.Step{{
		Action: plan.SetCategories, Kind: item.Events, Folder: "Calendar", FolderID: "calendar", ID: it.ID, Before: []string{}, After: []string{"Personal"},
	}}}})
	world.Edit("ann", it.ID, map[string]any{"categories": []string{"Personal"}})
	run := restore.Run{ID: "run", Plan: p, Records: []journal.Record{{Type: journal.Outcome, Mailbox: "ann", Item: it.ID, Result: journal.Done}}}
	world.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "series" {
			return fmt.Errorf("series: %w", mailbox.ErrDenied), nil
		}
		return nil, nil
	}
	if totals := undone(t, world, run, plan.Rules{}).Totals(); totals.Steps() != 0 || totals.HeldBy[plan.Unreadable] != 1 {
		t.Errorf("%+v", totals)
	}
}

func encoded(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}
