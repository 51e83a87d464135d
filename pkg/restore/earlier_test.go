package restore_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// parcels is a shelf whose items all have streams.
type parcels struct{ shelf }

func (p parcels) Blob(name string) ([]byte, error) {
	for _, l := range p.lines {
		if l.Stream == name {
			return json.Marshal(map[string]any{"kind": l.Kind, "item": l.Item})
		}
	}
	return p.shelf.Blob(name)
}

// TestImportsAreKnownByTheirJournals: what was imported bears no mark. It is not
// made again as long as it is there, nor what was made of it in turn; once it is
// gone, it comes back by another plan.
func TestImportsAreKnownByTheirJournals(t *testing.T) {
	a, b := line(contacts, "a", nil), line(contacts, "b", nil)
	a.Stream, b.Stream = "stream-a", "stream-b"
	world, r := fixture()
	s := parcels{r.Snapshot.Reader.(shelf)}
	s.lines = []snapshot.Line{a, b}
	r.Snapshot.Reader = s
	r.Earlier = &restore.Earlier{}
	sources := restore.Sources{r.Snapshot}

	p := made(t, r)
	if p.Totals().Creates != 2 || p.Mailboxes[0].Steps[0].Way != plan.ByStream {
		t.Fatalf("%+v", p.Mailboxes[0])
	}
	first := carryOut(t, world, p, sources)
	if got := made(t, r); got.Digest() != p.Digest() {
		t.Error("imported items bear a mark, and this test shows nothing")
	}
	r.Earlier.Add(first)
	if totals := made(t, r).Totals(); totals.Steps() != 0 || totals.Already != 2 {
		t.Errorf("imported already: %+v", totals)
	}

	copying := r
	copying.Rules.Copies = true
	if totals := made(t, copying).Totals(); totals.Creates != 2 {
		t.Errorf("copies were asked for: %+v", totals)
	}

	for _, it := range world.Items("ann") {
		world.Take("ann", it.ID)
	}
	again := made(t, r)
	if again.Totals().Creates != 2 || again.Digest() == p.Digest() || !strings.Contains(again.Mailboxes[0].Steps[0].Why, "1 earlier runs") {
		t.Errorf("gone once more: %+v", again.Mailboxes[0].Steps)
	}
}

// TestWhatWasMadeOfWhatWasMadeCounts follows an item through an undo and its undoing.
func TestWhatWasMadeOfWhatWasMadeCounts(t *testing.T) {
	var e restore.Earlier
	step := func(id string) plan.Plan {
		return plan.Make(office, plan.Rules{Purpose: plan.Undo}, []plan.Mailbox{{Account: ann, Steps: []plan.Step{
			{Action: plan.Create, Kind: item.Contacts, ID: id, Version: "v1", Way: plan.ByStream},
		}}})
	}
	outcome := func(id, made string) []journal.Record {
		return []journal.Record{
			{Type: journal.Intent, Mailbox: "ann", Item: id},
			{Type: journal.Outcome, Mailbox: "ann", Item: id, Result: journal.Done, Made: made},
		}
	}
	e.Add(restore.Run{ID: "one", Plan: step("a"), Records: outcome("a", "b")})
	e.Add(restore.Run{ID: "two", Plan: step("b"), Records: outcome("b", "c")})
	e.Add(restore.Run{ID: "round", Plan: step("c"), Records: outcome("c", "b")}) // no id comes back, and no loop follows from it
	for there, want := range map[string]string{"b": "b", "c": "c", "d": ""} {
		if got, found := e.Find(markOf("a"), func(id string) bool { return id == there }); got != want || found != (want != "") {
			t.Errorf("%s is there: found %q, %v", there, got, found)
		}
	}
	if _, found := e.Find(markOf("x"), func(string) bool { return true }); found {
		t.Error("found what nobody made")
	}
}

func markOf(id string) string { return rebuild.Mark("ann", item.Contacts, id, "v1") }

// TestWhatCountsAsMade: copies do not, and what came into another mailbox does.
func TestWhatCountsAsMade(t *testing.T) {
	_, r := fixture(line(contacts, "a", nil))
	anywhere := func(string) bool { return true }
	for _, c := range []struct {
		edit func(*restore.Request)
		want bool
	}{
		{func(*restore.Request) {}, true},
		{func(r *restore.Request) { r.Rules.Copies = true }, false},
		{func(r *restore.Request) { r.To = "bob@contoso.example" }, true},
	} {
		request := r
		c.edit(&request)
		p := made(t, request)
		var e restore.Earlier
		e.Add(restore.Run{ID: "run", Plan: p, Records: []journal.Record{
			{Type: journal.Outcome, Mailbox: p.Mailboxes[0].Account.ID, Item: "a", Result: journal.Done, Made: "new"},
		}})
		if _, found := e.Find(markOf("a"), anywhere); found != c.want {
			t.Errorf("%+v: found %v", request.Rules, found)
		}
	}
}

// TestImportInDoubtIsHeld: a run that was stopped in the middle of an import has
// to be gone on with first.
func TestImportInDoubtIsHeld(t *testing.T) {
	for _, c := range []struct {
		way    plan.Way
		result journal.Record
		want   string
	}{
		{plan.ByStream, journal.Record{Type: journal.Intent}, "in-doubt"},
		{plan.ByStream, journal.Record{Type: journal.Outcome, Result: journal.Unknown}, "in-doubt"},
		{plan.ByStream, journal.Record{Type: journal.Outcome, Result: journal.Refused}, "stream"},
		{plan.ByPost, journal.Record{Type: journal.Intent}, "stream"}, // what it made would bear a mark
	} {
		a := line(contacts, "a", nil)
		a.Stream = "stream"
		_, r := fixture(a)
		p := made(t, r)
		p.Mailboxes[0].Steps[0].Way = c.way
		c.result.Mailbox, c.result.Item = "ann", "a"
		r.Earlier = &restore.Earlier{}
		r.Earlier.Add(restore.Run{ID: "stopped", Plan: p, Records: []journal.Record{c.result}})
		got := made(t, r)
		if verdict(got) != c.want {
			t.Errorf("%s, %+v: %q, want %q", c.way, c.result, verdict(got), c.want)
		}
		if c.want == "in-doubt" && !strings.Contains(got.Mailboxes[0].Held[0].Detail, "stopped") {
			t.Errorf("held without the run: %+v", got.Mailboxes[0].Held)
		}
	}
}
