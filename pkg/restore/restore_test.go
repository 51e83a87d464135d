package restore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

const plugin = "Sync with Salesforce"

var (
	contacts = item.Folder{Kind: item.Contacts, ID: "contacts", Path: "Contacts", Default: true}
	partners = item.Folder{Kind: item.Contacts, ID: "partners", Path: "Contacts/Partners"}
	calendar = item.Folder{Kind: item.Events, ID: "calendar", Path: "Calendar", Default: true}
	holidays = item.Folder{Kind: item.Events, ID: "holidays", Path: "Holidays", Closed: "read-only calendar"}
	ann      = mailbox.Account{ID: "ann", UPN: "ann@contoso.example"}
	bob      = mailbox.Account{ID: "bob", UPN: "bob@contoso.example"}
	office   = mailbox.Tenant{ID: "tenant"}
)

// shelf is a snapshot in memory, of one mailbox.
type shelf struct {
	tenant mailbox.Tenant
	about  snapshot.About
	lines  []snapshot.Line
}

func (s shelf) Manifest() snapshot.Manifest {
	counts := map[item.Kind]int{item.Contacts: 0, item.Events: 0}
	for _, l := range s.lines {
		counts[l.Kind]++
	}
	return snapshot.Manifest{ID: "snap", Tenant: s.tenant, Mailboxes: []snapshot.Mailbox{{Account: s.about.Account, Counts: counts}}}
}

func (s shelf) About(snapshot.Mailbox) (snapshot.About, error) { return s.about, nil }

func (s shelf) Lines(_ snapshot.Mailbox, kind item.Kind, each func(snapshot.Line) error) error {
	for _, l := range s.lines {
		if l.Kind == kind {
			if err := each(l); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s shelf) Blob(name string) ([]byte, error) {
	return []byte(`{"@odata.type":"#microsoft.graph.referenceAttachment","id":"r","name":"` + name + `"}`), nil
}

func line(folder item.Folder, id string, members map[string]any) snapshot.Line {
	all := map[string]any{"id": id, "@odata.etag": "v1", "categories": []string{plugin}, "displayName": "Name of " + id, "subject": "Subject of " + id}
	for name, value := range members {
		all[name] = value
	}
	raw, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	it, err := item.Parse(folder, raw)
	if err != nil {
		panic(err)
	}
	return snapshot.Line{Kind: folder.Kind, Folder: folder.Path, FolderID: folder.ID, ID: id, Version: "v1", Categories: it.Categories, Item: raw}
}

func event(members map[string]any) map[string]any {
	all := map[string]any{
		"type": "singleInstance", "isOrganizer": true, "start": map[string]any{"dateTime": "2026-11-02T10:00:00.0000000", "timeZone": "UTC"},
		"end": map[string]any{"dateTime": "2026-11-02T11:00:00.0000000", "timeZone": "UTC"},
	}
	for name, value := range members {
		all[name] = value
	}
	return all
}

func invited() []any {
	return []any{map[string]any{"type": "required", "emailAddress": map[string]any{"name": "Bo", "address": "bo@fabrikam.example"}}}
}

// fixture is a tenant in which Ann's mailbox lacks most of a snapshot.
func fixture(lines ...snapshot.Line) (*memory.Tenant, restore.Request) {
	world := memory.New("tenant")
	world.Add(ann, contacts, calendar, holidays)
	world.Add(bob, item.Folder{Kind: item.Contacts, ID: "bobs", Path: "Kontakte", Default: true}, item.Folder{Kind: item.Events, ID: "bobs-calendar", Path: "Kalender", Default: true})
	s := shelf{office, snapshot.About{Account: ann, Folders: []item.Folder{contacts, partners, calendar, holidays}}, lines}
	return world, restore.Request{
		Snapshot: restore.Snapshot{ID: "snap", Sum: "sum", Reader: s}, Directory: world, Streams: true,
		Rules: plan.Rules{Kinds: []item.Kind{item.Contacts, item.Events}},
	}
}

func made(t *testing.T, r restore.Request) plan.Plan {
	t.Helper()
	p, err := restore.Plan(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Check(); err != nil {
		t.Fatalf("the plan breaks its own rules: %v", err)
	}
	if again, err := plan.Decode(p.Encode()); err != nil || again.Digest() != p.Digest() {
		t.Fatalf("the plan cannot be kept: %v", err)
	}
	return p
}

// TestDecisions is the table of what happens to which item of a snapshot.
func TestDecisions(t *testing.T) {
	with := func(l snapshot.Line, change func(*snapshot.Line)) snapshot.Line { change(&l); return l }
	stream := func(l *snapshot.Line) { l.Stream = "stream" }
	meeting := event(map[string]any{"attendees": invited()})
	cases := []struct {
		name string
		line snapshot.Line
		edit func(*memory.Tenant, *restore.Request)
		want string
	}{
		{"a contact that is gone", line(contacts, "a", nil), nil, "post"},
		{"one that is there", line(contacts, "a", nil), put("a", nil), "already"},
		{"one that is there and was changed", line(contacts, "a", nil), put("a", map[string]any{"note": "x"}), "already"},
		{"one that is there, and copies are wanted", line(contacts, "a", nil), both(put("a", nil), copies), "post"},
		{"one that an earlier restore made", line(contacts, "a", nil), put("b", map[string]any{"singleValueExtendedProperties": []any{
			map[string]any{"id": item.MarkProperty, "value": rebuild.Mark("ann", item.Contacts, "a", "v1")},
		}}), "already"},
		{"one with the mark of another version", line(contacts, "a", nil), put("b", map[string]any{"singleValueExtendedProperties": []any{
			map[string]any{"id": item.MarkProperty, "value": rebuild.Mark("ann", item.Contacts, "a", "v0")},
		}}), "post"},
		{"a contact with a stream", with(line(contacts, "a", nil), stream), nil, "stream"},
		{"the same with --streams off", with(line(contacts, "a", nil), stream), func(_ *memory.Tenant, r *restore.Request) { r.Streams = false }, "post"},
		{"a stream with a category to strip", with(line(contacts, "a", nil), stream), strip, "post"},
		{"a stream with another category", with(line(contacts, "a", map[string]any{"categories": []string{"Friends"}}), stream), strip, "stream"},
		{"a meeting", line(calendar, "a", meeting), nil, "post attendees"},
		{"a meeting with a stream", with(line(calendar, "a", meeting), stream), nil, "post attendees"},
		{"the same, to be imported", with(line(calendar, "a", meeting), stream), func(_ *memory.Tenant, r *restore.Request) { r.Rules.ImportMeetings = true }, "stream mails-attendees"},
		{"somebody else's meeting with a stream", with(line(calendar, "a", event(map[string]any{"isOrganizer": false, "attendees": invited()})), stream), nil, "stream"},
		{"an event of a closed calendar", line(holidays, "a", event(nil)), nil, "closed-folder"},
		{"a contact of a folder that is gone", line(partners, "a", nil), nil, "post folder-gone"},
		{"a link that Graph does not tell", with(line(calendar, "a", event(nil)), func(l *snapshot.Line) { l.Attachments = []string{"link"} }), nil, "post reference-attachment"},
		{"a kind not chosen", line(calendar, "a", event(nil)), func(_ *memory.Tenant, r *restore.Request) { r.Rules.Kinds = []item.Kind{item.Contacts} }, "nothing"},
		{"a category chosen in another case", line(contacts, "a", nil), choose(restore.Select{Categories: []string{" sync WITH salesforce"}}), "post"},
		{"a folder not chosen", line(contacts, "a", nil), choose(restore.Select{Folders: []string{"Contacts/Partners"}}), "nothing"},
		{"a folder chosen", line(partners, "a", nil), choose(restore.Select{Folders: []string{"/contacts/partners"}}), "post folder-gone"},
		{"an item chosen", line(contacts, "a", nil), choose(restore.Select{IDs: []string{"a"}}), "post"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			world, r := fixture(c.line)
			if c.edit != nil {
				c.edit(world, &r)
			}
			p := made(t, r)
			if got := verdict(p); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if len(cases) < 20 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// TestItemBeyondARequestIsHeld: what Graph does not take is said beforehand; a
// stream brings it back, and attachments do not count.
func TestItemBeyondARequestIsHeld(t *testing.T) {
	text := func(n int) map[string]any { return map[string]any{"personalNotes": strings.Repeat("x", n)} }
	body := func(n int) map[string]any {
		return event(map[string]any{"body": map[string]any{"contentType": "text", "content": strings.Repeat("x", n)}})
	}
	series := line(calendar, "a", body(10))
	series.Series = []byte(`{"exceptionOccurrences":[{"id":"x","type":"exception","originalStart":"2026-11-02T10:00:00Z","subject":"` + strings.Repeat("x", rebuild.MaxRequest) + `"}]}`)
	off := func(_ *memory.Tenant, r *restore.Request) { r.Streams = false }
	for _, c := range []struct {
		name, stream string
		line         snapshot.Line
		edit         func(*memory.Tenant, *restore.Request)
		want, says   string
	}{
		{"just below", "", line(contacts, "a", text(rebuild.MaxRequest-2000)), nil, "post", ""},
		{"a mark more", "", line(contacts, "a", text(rebuild.MaxRequest-1000)), nil, "too-large", "--streams"},
		{"far above", "", line(calendar, "a", body(rebuild.MaxRequest*2)), nil, "too-large", "8.0 MB"},
		{"a changed date", "", series, nil, "too-large", "4 MB in one request"},
		{"with a stream", "s", line(contacts, "a", text(rebuild.MaxRequest)), nil, "stream", ""},
		{"a stream not used", "s", line(contacts, "a", text(rebuild.MaxRequest)), off, "too-large", "not used here"},
		{"one that is there", "", line(contacts, "a", text(rebuild.MaxRequest)), put("a", nil), "already", ""},
	} {
		c.line.Stream = c.stream
		world, r := fixture(c.line)
		if c.edit != nil {
			c.edit(world, &r)
		}
		p := made(t, r)
		if got := verdict(p); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
			continue
		}
		if held := p.Mailboxes[0].Held; c.says != "" && !strings.Contains(held[0].Detail, c.says) {
			t.Errorf("%s: held with %q, want %q", c.name, held[0].Detail, c.says)
		}
	}
}

func put(id string, members map[string]any) func(*memory.Tenant, *restore.Request) {
	return func(w *memory.Tenant, _ *restore.Request) {
		all := map[string]any{"id": id, "displayName": "there"}
		for name, value := range members {
			all[name] = value
		}
		w.Put("ann", contacts, all)
	}
}

func copies(_ *memory.Tenant, r *restore.Request) { r.Rules.Copies = true }
func strip(_ *memory.Tenant, r *restore.Request)  { r.Rules.Strip = []string{" SYNC with salesforce"} }

func choose(s restore.Select) func(*memory.Tenant, *restore.Request) {
	return func(_ *memory.Tenant, r *restore.Request) { r.Select = s }
}

func both(a, b func(*memory.Tenant, *restore.Request)) func(*memory.Tenant, *restore.Request) {
	return func(w *memory.Tenant, r *restore.Request) { a(w, r); b(w, r) }
}

// verdict is what a plan does with its one item: the way, hazards and losses,
// but for the loss that every test item has.
func verdict(p plan.Plan) string {
	m := p.Mailboxes[0]
	switch {
	case len(m.Held) == 1:
		return string(m.Held[0].Hazard)
	case m.Already == 1:
		return "already"
	case len(m.Steps) == 0:
		return "nothing"
	}
	words := []string{string(m.Steps[0].Way)}
	for _, h := range m.Steps[0].Hazards {
		words = append(words, string(h))
	}
	for _, name := range m.Steps[0].Loses {
		if slices.Contains([]string{rebuild.Attendees, rebuild.Reference}, name) {
			words = append(words, name)
		}
	}
	return strings.Join(words, " ")
}

func TestStrippedCategoryDoesNotComeBack(t *testing.T) {
	_, r := fixture(line(contacts, "a", map[string]any{"categories": []string{"Friends", plugin}}))
	strip(nil, &r)
	s := made(t, r).Mailboxes[0].Steps[0]
	if !slices.Equal(s.After, []string{"Friends"}) || !slices.Equal(s.Before, []string{"Friends", plugin}) {
		t.Errorf("before %q, after %q", s.Before, s.After)
	}
}

func TestFoldersThatAreGoneAreMadeOnce(t *testing.T) {
	_, r := fixture(line(partners, "a", nil), line(partners, "b", nil), line(contacts, "c", nil))
	m := made(t, r).Mailboxes[0]
	if len(m.Folders) != 1 || m.Folders[0].Path() != "Contacts/Partners" || m.Folders[0].FormerID != "partners" {
		t.Errorf("folders %+v", m.Folders)
	}
}

// TestToAnotherMailbox: default folders fit each other whatever their names.
func TestToAnotherMailbox(t *testing.T) {
	_, r := fixture(line(contacts, "a", nil), line(partners, "b", nil), line(calendar, "c", event(nil)))
	r.To = "bob@contoso.example"
	m := made(t, r).Mailboxes[0]
	if m.Account.ID != "bob" || m.From != "ann" || len(m.Steps) != 3 {
		t.Fatalf("%+v", m)
	}
	folders := map[string]string{}
	for _, s := range m.Steps {
		folders[s.ID] = s.FolderID + " " + s.Folder
	}
	want := map[string]string{"a": "bobs Kontakte", "b": "partners Kontakte/Partners", "c": "bobs-calendar Kalender"}
	for id, folder := range want {
		if folders[id] != folder {
			t.Errorf("%s goes to %q, want %q", id, folders[id], folder)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	_, r := fixture(line(contacts, "a", nil))
	cases := map[string]struct {
		edit func(*restore.Request)
		want error
	}{
		"another tenant":                     {func(r *restore.Request) { s := r.Snapshot.Reader.(shelf); s.tenant.ID = "other"; r.Snapshot.Reader = s }, restore.ErrTenant},
		"a mailbox that is not in it":        {func(r *restore.Request) { r.Select.Mailboxes = []string{"eve@contoso.example"} }, restore.ErrSelect},
		"a mailbox to go to that is no more": {func(r *restore.Request) { r.To = "eve@contoso.example" }, mailbox.ErrNotFound},
		"an empty category to strip":         {func(r *restore.Request) { r.Rules.Strip = []string{" "} }, plan.ErrRules},
		"no kind":                            {func(r *restore.Request) { r.Rules.Kinds = nil }, plan.ErrRules},
		"a kind that was not backed up":      {func(r *restore.Request) { r.Rules.Kinds = []item.Kind{item.Tasks} }, restore.ErrSelect},
		"a folder that is not in it":         {func(r *restore.Request) { r.Select.Folders = []string{"Contacts", "Contacts/Partner"} }, restore.ErrSelect},
		"a folder of a kind not chosen": {func(r *restore.Request) {
			r.Select.Folders, r.Rules.Kinds = []string{"Calendar"}, []item.Kind{item.Contacts}
		}, restore.ErrSelect},
		"a category that nothing carries": {func(r *restore.Request) { r.Select.Categories = []string{plugin, "Friends"} }, restore.ErrSelect},
		"an item that is not in it":       {func(r *restore.Request) { r.Select.IDs = []string{"a", "b"} }, restore.ErrSelect},
	}
	for name, c := range cases {
		changed := r
		c.edit(&changed)
		if _, err := restore.Plan(t.Context(), changed); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestOnlyWhatIsChosenComesBack: names are looked for in the whole selection, an
// empty folder is one too, and all conditions must hold.
func TestOnlyWhatIsChosenComesBack(t *testing.T) {
	lines := []snapshot.Line{
		line(contacts, "a", nil), line(contacts, "b", map[string]any{"categories": []string{"Friends"}}), line(calendar, "c", event(nil)),
	}
	for _, c := range []struct {
		choice restore.Select
		want   string
	}{
		{restore.Select{}, "a b c"},
		{restore.Select{Categories: []string{"friends"}}, "b"},
		{restore.Select{Categories: []string{"Friends", plugin}}, "a b c"},
		{restore.Select{IDs: []string{"c", "a"}}, "a c"},
		{restore.Select{Folders: []string{"Calendar"}}, "c"},
		{restore.Select{Folders: []string{"Contacts/Partners"}}, ""},
		{restore.Select{Folders: []string{"Calendar"}, Categories: []string{"Friends"}}, ""},
		{restore.Select{Mailboxes: []string{" ANN@contoso.example"}, IDs: []string{"b"}}, "b"},
		{restore.Select{Mailboxes: []string{"ann", "ann@contoso.example"}, IDs: []string{"b"}}, "b"},
	} {
		_, r := fixture(lines...)
		r.Select = c.choice
		var got []string
		for _, m := range made(t, r).Mailboxes {
			for _, s := range m.Steps {
				got = append(got, s.ID)
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %q, want %q", c.choice, got, c.want)
		}
	}
}

// TestWrongChoiceAsksNobody: what the snapshot shows needs no request.
func TestWrongChoiceAsksNobody(t *testing.T) {
	_, r := fixture(line(contacts, "a", nil))
	r.Directory = nil
	for _, s := range []restore.Select{{Mailboxes: []string{"eve"}}, {Folders: []string{"x"}}, {Categories: []string{"x"}}, {IDs: []string{"x"}}} {
		r.Select = s
		if _, err := restore.Plan(t.Context(), r); !errors.Is(err, restore.ErrSelect) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

func TestMailboxThatIsGoneIsSkippedWithAWayOut(t *testing.T) {
	world, r := fixture(line(contacts, "a", nil))
	world.Add(ann) // no folders, no mailbox
	p := made(t, r)
	if len(p.Skipped) != 1 || !strings.Contains(p.Skipped[0].Reason, "--to-mailbox") {
		t.Errorf("skipped %+v", p.Skipped)
	}
}

func TestPlanningSendsNoWrite(t *testing.T) {
	world, r := fixture(line(contacts, "a", nil), line(partners, "b", nil), line(calendar, "c", event(nil)))
	made(t, r)
	for _, c := range world.Calls() {
		if !slices.Contains([]string{"open", "folders", "list", "series", "ids"}, c.Verb) {
			t.Errorf("planning called %s", c.Verb)
		}
	}
}

// tape records a run.
type tape struct {
	mu      sync.Mutex
	records []journal.Record
}

func (t *tape) Append(r ...journal.Record) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.records = append(t.records, r...)
	return nil
}

type everything struct{}

func (everything) Covers(string) bool                                     { return true }
func (everything) Holds(_ string, _ item.Kind, _, version string) bool    { return version != "" }
func (everything) Restores(_ string, _ item.Kind, _, version string) bool { return version != "" }

// carryOut carries a plan out and gives the run, to be undone.
func carryOut(t *testing.T, world *memory.Tenant, p plan.Plan, sources restore.Sources) restore.Run {
	t.Helper()
	tp := &tape{}
	result, err := apply.Run{Plan: p, Vault: everything{}, Source: sources, Journal: tp, Open: world.Open}.Do(context.Background())
	if err != nil || !result.Whole() {
		t.Fatalf("%+v, %v", result, err)
	}
	return restore.Run{ID: "run", Plan: p, Records: tp.records, Sources: sources}
}

func scan(t *testing.T, world *memory.Tenant, account mailbox.Account) []item.Item {
	t.Helper()
	mb, err := world.Open(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	items, err := mailbox.Scan(t.Context(), mb, []item.Kind{item.Contacts, item.Events}, func(item.Item) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func undone(t *testing.T, world *memory.Tenant, run restore.Run, rules plan.Rules) plan.Plan {
	t.Helper()
	p, err := restore.Undo(t.Context(), restore.UndoRequest{Run: run, Directory: world, Rules: rules, Streams: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Check(); err != nil {
		t.Fatalf("the plan breaks its own rules: %v", err)
	}
	return p
}

// TestUndoOfPurge: deleted items come back, once, from the run's own snapshot;
// undoing the undoing takes them away again.
func TestUndoOfPurge(t *testing.T) {
	world, r := fixture()
	var lines []snapshot.Line
	for i := range 5 {
		it := world.Put("ann", contacts, map[string]any{"id": fmt.Sprint("c", i), "displayName": fmt.Sprint("Contact ", i), "categories": []string{plugin}})
		lines = append(lines, snapshot.Line{Kind: it.Kind, Folder: it.Folder.Path, FolderID: it.Folder.ID, ID: it.ID, Version: it.Version, Categories: it.Categories, Item: it.Raw})
	}
	s := r.Snapshot.Reader.(shelf)
	s.lines = lines
	sources := restore.Sources{{ID: "snap", Sum: "sum", Reader: s}}
	rules := plan.Rules{Purpose: plan.Purge, Kinds: []item.Kind{item.Contacts, item.Events}, Categories: []string{plugin}}
	run := carryOut(t, world, plan.Make(office, rules, []plan.Mailbox{plan.For(rules, ann, scan(t, world, ann))}), sources)
	if len(world.Items("ann")) != 0 {
		t.Fatal("nothing was purged")
	}

	p := undone(t, world, run, plan.Rules{})
	if totals := p.Totals(); totals.Creates != 5 || totals.Steps() != 5 {
		t.Fatalf("%+v", totals)
	}
	older := s
	older.lines = slices.Clone(lines)
	for i := range older.lines {
		older.lines[i].Version = "older"
	}
	with := run
	with.Sources = restore.Sources{{ID: "older", Sum: "older", Reader: older}, sources[0]}
	for _, s := range undone(t, world, with, plan.Rules{}).Mailboxes[0].Steps {
		if s.Version == "older" {
			t.Errorf("%s would come back in a version that the run did not delete", s.ID)
		}
	}
	second := carryOut(t, world, p, sources)
	if n := len(world.Items("ann")); n != 5 {
		t.Fatalf("%d items came back", n)
	}
	if totals := undone(t, world, run, plan.Rules{}).Totals(); totals.Steps() != 0 || totals.Already != 5 {
		t.Errorf("undone twice: %+v", totals)
	}

	back := undone(t, world, second, plan.Rules{})
	if totals := back.Totals(); totals.Deletes != 5 || totals.Steps() != 5 {
		t.Fatalf("undoing the undoing: %+v", totals)
	}
	world.Edit("ann", world.Items("ann")[0].ID, map[string]any{"note": "mine now"})
	if totals := undone(t, world, second, plan.Rules{}).Totals(); totals.Deletes != 4 || totals.HeldBy[plan.Changed] != 1 {
		t.Errorf("what a user changed since: %+v", totals)
	}
}

// TestUndoOfTags sets exactly the categories before, unless they are others now.
func TestUndoOfTags(t *testing.T) {
	world, _ := fixture()
	world.Put("ann", contacts, map[string]any{"id": "none", "categories": []string{}})
	world.Put("ann", contacts, map[string]any{"id": "own", "categories": []string{"Friends", "b"}})
	world.Put("ann", contacts, map[string]any{"id": "edited", "categories": []string{"x"}})
	world.Put("ann", contacts, map[string]any{"id": "gone", "categories": []string{}})
	world.Put("ann", calendar, map[string]any{"id": "meeting", "isOrganizer": true, "attendees": invited()})
	rules := plan.Rules{Purpose: plan.TagPersonal, Kinds: []item.Kind{item.Contacts, item.Events}, Tag: "Personal", Colour: "preset4", TagMeetings: true}
	run := carryOut(t, world, plan.Make(office, rules, []plan.Mailbox{plan.For(rules, ann, scan(t, world, ann))}), nil)
	world.Edit("ann", "edited", map[string]any{"categories": []string{"x", "Personal", "more"}})
	world.Take("ann", "gone")

	p := undone(t, world, run, plan.Rules{})
	totals := p.Totals()
	if totals.Tags != 2 || totals.HeldBy[plan.Changed] != 2 || totals.HeldBy[plan.MailsAttendees] != 1 {
		t.Fatalf("%+v", totals)
	}
	if totals := undone(t, world, run, plan.Rules{TagMeetings: true}).Totals(); totals.Tags != 3 || totals.HeldBy[plan.MailsAttendees] != 0 {
		t.Errorf("with meetings: %+v", totals)
	}
	second := carryOut(t, world, p, nil)
	for _, it := range world.Items("ann") {
		want := map[string][]string{"none": {}, "own": {"Friends", "b"}, "edited": {"x", "Personal", "more"}, "meeting": {"Personal"}}[it.ID]
		if !slices.Equal(it.Categories, want) {
			t.Errorf("%s has %q, want %q", it.ID, it.Categories, want)
		}
	}
	if totals := undone(t, world, second, plan.Rules{}).Totals(); totals.Tags != 2 {
		t.Errorf("undoing the undoing: %+v", totals)
	}
}

// TestUndoOfWhatWasUnknown looks at what is there now.
func TestUndoOfWhatWasUnknown(t *testing.T) {
	world, r := fixture()
	l := line(contacts, "a", nil)
	s := r.Snapshot.Reader.(shelf)
	s.lines = []snapshot.Line{l}
	step := plan.Step{Action: plan.Delete, Kind: item.Contacts, Folder: "Contacts", FolderID: "contacts", ID: "a", Version: "v1", Before: []string{plugin}}
	rules := plan.Rules{Purpose: plan.Purge, Kinds: []item.Kind{item.Contacts}, Categories: []string{plugin}}
	run := restore.Run{
		ID: "run", Plan: plan.Make(office, rules, []plan.Mailbox{{Account: ann, Steps: []plan.Step{step}}}),
		Records: []journal.Record{{Type: journal.Intent, Mailbox: "ann", Item: "a", Action: "delete", Version: "v1"}},
		Sources: restore.Sources{{ID: "snap", Sum: "sum", Reader: s}},
	}
	if totals := undone(t, world, run, plan.Rules{}).Totals(); totals.Creates != 1 {
		t.Errorf("gone: %+v", totals)
	}
	world.Put("ann", contacts, map[string]any{"id": "a"})
	if totals := undone(t, world, run, plan.Rules{}).Totals(); totals.Creates != 0 || totals.Already != 1 {
		t.Errorf("still there: %+v", totals)
	}
	run.Records = nil
	world.Take("ann", "a")
	if totals := undone(t, world, run, plan.Rules{}).Totals(); totals.Steps() != 0 {
		t.Errorf("somebody else's deletion: %+v", totals)
	}
}

// TestUndoWithoutTheBytesHolds: there is nothing to make the item of.
func TestUndoWithoutTheBytesHolds(t *testing.T) {
	world, r := fixture()
	step := plan.Step{Action: plan.Delete, Kind: item.Contacts, Folder: "Contacts", FolderID: "contacts", ID: "a", Version: "v1", Before: []string{plugin}}
	rules := plan.Rules{Purpose: plan.Purge, Kinds: []item.Kind{item.Contacts}, Categories: []string{plugin}}
	run := restore.Run{
		ID: "run", Plan: plan.Make(office, rules, []plan.Mailbox{{Account: ann, Steps: []plan.Step{step}}}),
		Records: []journal.Record{{Type: journal.Outcome, Mailbox: "ann", Item: "a", Action: "delete", Result: journal.Done}},
		Sources: restore.Sources{r.Snapshot},
	}
	if totals := undone(t, world, run, plan.Rules{}).Totals(); totals.Steps() != 0 || totals.HeldBy[plan.Changed] != 1 {
		t.Errorf("%+v", totals)
	}
}
