package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

const plugin = "Sync with Salesforce"

var (
	ann      = mailbox.Account{ID: "ann", UPN: "ann@contoso.example"}
	room     = mailbox.Account{ID: "room", UPN: "room@contoso.example", Purpose: "room"}
	tenant   = mailbox.Tenant{ID: "tenant"}
	contacts = item.Folder{Kind: item.Contacts, ID: "contacts", Path: "Contacts"}
	calendar = item.Folder{Kind: item.Events, ID: "calendar", Path: "Calendar"}
	closed   = item.Folder{Kind: item.Events, ID: "holidays", Path: "Holidays", Closed: "read-only calendar"}
	purge    = plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{plugin}, Protect: []string{"Don't Sync with Salesforce"}}
	tag      = plan.Rules{Purpose: plan.TagPersonal, Kinds: item.Kinds(), Tag: "Personal", Categories: []string{plugin}}
)

func parse(t testing.TB, folder item.Folder, members map[string]any) item.Item {
	t.Helper()
	raw, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	it, err := item.Parse(folder, raw)
	if err != nil {
		t.Fatal(err)
	}
	return it
}

func categories(names ...string) map[string]any {
	return map[string]any{"id": "x", "@odata.etag": "v1", "categories": names}
}

func with(m map[string]any, name string, value any) map[string]any {
	m[name] = value
	return m
}

func invited() []any {
	return []any{map[string]any{"emailAddress": map[string]any{"address": "bo@fabrikam.example"}}}
}

// series is a master whose one exception has the given members.
func series(t testing.TB, master, exception map[string]any) item.Item {
	it := parse(t, calendar, with(with(master, "type", "seriesMaster"), "isOrganizer", true))
	raw, err := json.Marshal(map[string]any{"exceptionOccurrences": []any{with(with(exception, "id", "x.1"), "isOrganizer", true)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := it.AddSeries(raw); err != nil {
		t.Fatal(err)
	}
	return it
}

func unread(it item.Item) item.Item {
	it.Event.Unread = true
	return it
}

// TestDecisions is the table of what happens to which item. "step" and
// "nothing" are the outcomes without a hazard.
func TestDecisions(t *testing.T) {
	meeting := with(with(categories(plugin), "isOrganizer", true), "attendees", invited())
	untagged := with(with(categories(), "isOrganizer", true), "attendees", invited())
	cases := []struct {
		name    string
		rules   plan.Rules
		account mailbox.Account
		item    item.Item
		want    string
	}{
		{"the plug-in's contact", purge, ann, parse(t, contacts, categories(plugin)), "step"},
		{"in another case, with space", purge, ann, parse(t, contacts, categories(" sync WITH salesforce ")), "step"},
		{"beside the user's own categories", purge, ann, parse(t, contacts, categories("Friends", plugin)), "step"},
		{"a longer name", purge, ann, parse(t, contacts, categories("Sync with Salesforce 2")), "nothing"},
		{"the user's no", purge, ann, parse(t, contacts, categories("Don't Sync with Salesforce")), "nothing"},
		{"no category", purge, ann, parse(t, contacts, categories()), "nothing"},
		{"the plug-in's and the user's no", purge, ann, parse(t, contacts, categories(plugin, "don’t sync with salesforce")), "protected"},
		{"an appointment", purge, ann, parse(t, calendar, with(categories(plugin), "isOrganizer", true)), "step"},
		{"a meeting of the mailbox", purge, ann, parse(t, calendar, meeting), "mails-attendees"},
		{"a copy of somebody's meeting", purge, ann, parse(t, calendar, with(categories(plugin), "attendees", invited())), "step"},
		{"a read-only calendar", purge, ann, parse(t, closed, categories(plugin)), "closed-folder"},
		{"a room", purge, room, parse(t, calendar, categories(plugin)), "room"},
		{"a mailbox that may be a room", purge, mailbox.Account{ID: "x", Purpose: mailbox.PurposeUnknown}, parse(t, calendar, categories(plugin)), "room"},
		{"a shared mailbox", purge, mailbox.Account{ID: "x", Purpose: "shared"}, parse(t, calendar, categories(plugin)), "step"},
		{"a room that is wanted", withRooms(purge), room, parse(t, calendar, categories(plugin)), "step"},
		{"a series", purge, ann, series(t, categories(plugin), categories()), "step"},
		{"a series with a guest once", purge, ann, series(t, categories(plugin), with(categories(), "attendees", invited())), "mails-attendees"},
		{"a series protected once", purge, ann, series(t, categories(plugin), categories("Don't Sync with Salesforce")), "protected"},
		{"a series the plug-in's once", purge, ann, series(t, categories(), categories(plugin)), "nothing"},
		{"a series that cannot be read", purge, ann, unread(series(t, categories(plugin), categories())), "unreadable"},
		{"a kind not chosen", only(purge, item.Tasks), ann, parse(t, contacts, categories(plugin)), "nothing"},

		{"an untagged contact", tag, ann, parse(t, contacts, categories()), "step"},
		{"a contact tagged already", tag, ann, parse(t, contacts, categories("PERSONAL ")), "already"},
		{"a leftover of the plug-in", tag, ann, parse(t, contacts, categories(plugin)), "still-marked"},
		{"a leftover in an exception", tag, ann, series(t, categories(), categories(plugin)), "still-marked"},
		{"a leftover, without --category", everything(tag), ann, parse(t, contacts, categories(plugin)), "step"},
		{"the user's no", tag, ann, parse(t, contacts, categories("Don't Sync with Salesforce")), "step"},
		{"a meeting of the mailbox", tag, ann, parse(t, calendar, untagged), "mails-attendees"},
		{"a meeting that is wanted", meetings(tag), ann, parse(t, calendar, untagged), "step"},
		{"a series with a guest once", tag, ann, series(t, categories(), with(categories(), "attendees", invited())), "mails-attendees"},
		{"a copy of somebody's meeting", tag, ann, parse(t, calendar, with(categories(), "attendees", invited())), "step"},
		{"a read-only calendar", tag, ann, parse(t, closed, categories()), "closed-folder"},
		{"a room", tag, room, parse(t, calendar, categories()), "room"},
		{"a series that cannot be read", tag, ann, unread(series(t, categories(), categories())), "unreadable"},
	}
	hazards := map[plan.Hazard]bool{}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s/%s", c.rules.Purpose, c.name), func(t *testing.T) {
			part := plan.For(c.rules, c.account, []item.Item{c.item})
			got := "nothing"
			switch {
			case len(part.Steps) == 1:
				got = "step"
			case len(part.Held) == 1:
				got = string(part.Held[0].Hazard)
				hazards[part.Held[0].Hazard] = true
				if part.Held[0].Detail == "" || part.Held[0].Hazard.Explain() == "" {
					t.Error("held without a reason")
				}
			case part.Already == 1:
				got = "already"
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if err := plan.Make(tenant, c.rules, []plan.Mailbox{part}).Check(); err != nil {
				t.Errorf("the plan does not pass its own check: %v", err)
			}
		})
	}
	// Those are of plans that bring something back (pkg/restore.TestDecisions
	// and its tests of undo show them), and of decisions (pkg/plan/decide).
	restores := []plan.Hazard{plan.Changed, plan.InDoubt, plan.TooLarge, plan.FolderGone, plan.Kept}
	for _, h := range plan.Hazards() {
		if !hazards[h] && !slices.Contains(restores, h) {
			t.Errorf("no case shows hazard %s", h)
		}
	}
	if len(cases) < 34 {
		t.Fatalf("only %d cases", len(cases))
	}
}

func withRooms(r plan.Rules) plan.Rules { r.IncludeRooms = true; return r }
func meetings(r plan.Rules) plan.Rules  { r.TagMeetings = true; return r }
func everything(r plan.Rules) plan.Rules {
	r.Categories = nil
	return r
}

func only(r plan.Rules, k item.Kind) plan.Rules { r.Kinds = []item.Kind{k}; return r }

func TestRulesThatAreRefused(t *testing.T) {
	cases := map[string]plan.Rules{
		"purge without a category":   {Purpose: plan.Purge, Kinds: item.Kinds()},
		"purge of an empty category": {Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{"  "}},
		"purge of no kind":           {Purpose: plan.Purge, Categories: []string{plugin}},
		"purge of the protected":     {Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{"dont"}, Protect: []string{"DONT"}},
		"tag without a name":         {Purpose: plan.TagPersonal, Kinds: item.Kinds()},
		"tag that Outlook splits":    {Purpose: plan.TagPersonal, Kinds: item.Kinds(), Tag: "A, B"},
		"tag that is too long":       {Purpose: plan.TagPersonal, Kinds: item.Kinds(), Tag: strings.Repeat("x", 256)},
		"tag with the plug-in's":     {Purpose: plan.TagPersonal, Kinds: item.Kinds(), Tag: plugin, Categories: []string{plugin + " "}},
		"no purpose":                 {Kinds: item.Kinds(), Categories: []string{plugin}},
	}
	for name, rules := range cases {
		if err := rules.Check(); !errors.Is(err, plan.ErrRules) {
			t.Errorf("%s gave %v", name, err)
		}
	}
	if len(cases) < 9 {
		t.Fatalf("only %d cases", len(cases))
	}
}

func TestTagKeepsOwnCategoriesInOrder(t *testing.T) {
	part := plan.For(tag, ann, []item.Item{parse(t, contacts, categories("Zebra", "Apple"))})
	if want := []string{"Zebra", "Apple", "Personal"}; !slices.Equal(part.Steps[0].After, want) {
		t.Errorf("after %q, want %q", part.Steps[0].After, want)
	}
}

func drawPlan(t *rapid.T) (plan.Plan, []plan.Mailbox) {
	rules := rapid.SampledFrom([]plan.Rules{purge, tag}).Draw(t, "rules")
	var parts []plan.Mailbox
	for i := range rapid.IntRange(0, 3).Draw(t, "mailboxes") {
		var items []item.Item
		for n := range rapid.IntRange(0, 6).Draw(t, "items") {
			raw, err := json.Marshal(map[string]any{
				"id": fmt.Sprintf("%d-%d", i, n), "@odata.etag": rapid.String().Draw(t, "version"),
				"displayName": rapid.String().Draw(t, "title"),
				"categories":  rapid.SliceOf(rapid.SampledFrom([]string{plugin, "Personal", "Friends", "Don't Sync with Salesforce"})).Draw(t, "categories"),
			})
			if err != nil {
				t.Fatal(err)
			}
			it, err := item.Parse(contacts, raw)
			if err != nil {
				t.Fatal(err)
			}
			items = append(items, it)
		}
		parts = append(parts, plan.For(rules, mailbox.Account{ID: fmt.Sprint("mailbox-", i)}, items))
	}
	return plan.Make(tenant, rules, parts), parts
}

func TestDigestDependsOnContentOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, parts := drawPlan(t)
		seed := rapid.Uint64().Draw(t, "order")
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		q := plan.Make(tenant, p.Rules, parts)
		q.Tool, q.Created, q.Skipped = "another version", time.Unix(9, 0), []plan.Skipped{{Name: "x"}}
		for i := range q.Mailboxes {
			q.Mailboxes[i].Items++
			q.Mailboxes[i].Already++
		}
		if p.Digest() != q.Digest() {
			t.Fatal("order, time, tool, a skipped mailbox or an item that is left alone changed the digest")
		}
		for i, m := range q.Mailboxes {
			if len(m.Steps) > 0 {
				q.Mailboxes[i].Steps = slices.Clone(m.Steps)
				q.Mailboxes[i].Steps[0].Version += "'"
				if p.Digest() == q.Digest() {
					t.Fatal("another version of an item has the same digest")
				}
			}
		}
	})
}

// TestStepsOfEventsTellTheirStart: events alone have one, a series says that it
// is one, and it is part of what is approved.
func TestStepsOfEventsTellTheirStart(t *testing.T) {
	start := map[string]string{"dateTime": "2031-03-09T08:30:00.0000000", "timeZone": "UTC"}
	dated := with(with(categories(plugin), "start", start), "isOrganizer", true)
	items := []item.Item{
		parse(t, calendar, with(dated, "id", "1")), parse(t, calendar, with(with(dated, "id", "2"), "type", "seriesMaster")),
		parse(t, calendar, with(categories(plugin), "id", "3")), parse(t, contacts, with(dated, "id", "4")),
	}
	part := plan.For(purge, ann, items)
	var got []string
	for _, s := range part.Steps {
		got = append(got, fmt.Sprint(s.ID, " ", s.Start.Format(time.RFC3339), " ", s.Series))
	}
	slices.Sort(got)
	none := time.Time{}.Format(time.RFC3339)
	want := []string{"1 2031-03-09T08:30:00Z false", "2 2031-03-09T08:30:00Z true", "3 " + none + " false", "4 " + none + " false"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	p := plan.Make(tenant, purge, []plan.Mailbox{part})
	before := p.Digest()
	if q := decoded(t, p.Encode()); q.Digest() != before || !slices.EqualFunc(q.Mailboxes[0].Steps, part.Steps, func(a, b plan.Step) bool { return a.Start.Equal(b.Start) }) {
		t.Error("another start came back")
	}
	p.Mailboxes[0].Steps[1].Start = p.Mailboxes[0].Steps[1].Start.Add(time.Hour)
	if p.Digest() == before {
		t.Error("another start has the same digest")
	}
}

func TestFileGivesTheSamePlanBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _ := drawPlan(t)
		p.Tool, p.Created = "v1", time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 123456789)
		data := p.Encode()
		q, err := plan.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(q.Encode(), data) || q.Digest() != p.Digest() {
			t.Fatal("another plan came back")
		}
	})
}

func samplePlan() []byte {
	steps := []plan.Step{{Action: plan.Delete, Kind: item.Contacts, Folder: "Contacts", FolderID: "f", ID: "a", Version: "v", Title: "T", Before: []string{plugin}, Why: "w"}}
	p := plan.Make(tenant, purge, []plan.Mailbox{{Account: ann, Steps: steps, Held: []plan.Held{}, Items: 1}})
	p.Tool = "v1"
	return p.Encode()
}

// TestEditedFileIsRefused changes one byte at a time: whatever byte it is, the
// plan is not the one that was approved.
func TestEditedFileIsRefused(t *testing.T) {
	data := samplePlan()
	for i := range data {
		spoilt := bytes.Clone(data)
		spoilt[i] ^= 1
		if countLine(data, i) {
			continue // what the plan leaves alone is told, not approved
		}
		p, err := plan.Decode(spoilt)
		if err == nil && (p.Digest() != digestOf(data) || bytes.Contains(data[:i], []byte(`"plan"`))) {
			t.Errorf("byte %d (%q): accepted", i, data[max(0, i-20):i+1])
		}
	}
	for n := range data {
		if _, err := plan.Decode(data[:n]); err == nil {
			t.Errorf("the first %d bytes were accepted as a plan", n)
		}
	}
}

// countLine says whether byte i is in a line that counts items left alone.
func countLine(data []byte, i int) bool {
	start := bytes.LastIndexByte(data[:i], '\n') + 1
	line, _, _ := bytes.Cut(data[start:], []byte("\n"))
	return bytes.Contains(line, []byte(`"items":`)) || bytes.Contains(line, []byte(`"already":`))
}

func digestOf(data []byte) string {
	var f struct{ Digest string }
	if err := json.Unmarshal(data, &f); err != nil {
		panic(err)
	}
	return f.Digest
}

func TestRefusalsHaveTheirOwnNames(t *testing.T) {
	data := samplePlan()
	cases := []struct {
		data []byte
		want error
	}{
		{[]byte(`{"format":2,"tool":"v9"}`), plan.ErrNewer},
		{[]byte(`{}`), plan.ErrNotPlan},
		{[]byte(`hello`), plan.ErrNotPlan},
		{nil, plan.ErrNotPlan},
		{[]byte(" \n"), plan.ErrNotPlan},
		{[]byte(`[1,`), plan.ErrNotPlan},
		{data[:20], plan.ErrCut},
		{data[:len(data)/2], plan.ErrCut},
		{data[:len(data)-2], plan.ErrCut},
		{data[:len(data)-1], plan.ErrEdited},
		{append([]byte("\ufeff"), data...), plan.ErrEdited},
		{append([]byte("\xff\xfe"), data...), plan.ErrEdited},
		{append([]byte("\xfe\xff"), data...), plan.ErrEdited},
		{append(bytes.Clone(data), '\n'), plan.ErrEdited},
		{bytes.Replace(data, []byte(`"skipped"`), []byte(`"skippe"`), 1), plan.ErrNotPlan},
		{bytes.Replace(data, []byte(`"id": "a"`), []byte(`"id": "b"`), 1), plan.ErrEdited},
		{bytes.Replace(data, []byte("\n"), []byte("\n\n"), 1), plan.ErrEdited},
	}
	sentences := map[string]bool{}
	for _, c := range cases {
		_, err := plan.Decode(c.data)
		if !errors.Is(err, c.want) {
			t.Errorf("%.40s…: got %v, want %v", c.data, err, c.want)
			continue
		}
		sentences[err.Error()] = true
	}
	if len(sentences) < 8 {
		t.Errorf("only %d sentences: %v", len(sentences), sentences)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(samplePlan())
	f.Add([]byte(`{"format":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := plan.Decode(data); err == nil && !bytes.Equal(p.Encode(), data) {
			t.Fatal("a plan that was accepted encodes to other bytes")
		}
	})
}

// TestPlansThatBringBackAreChecked: each step that the rules of a restore or an
// undo forbid.
func TestPlansThatBringBackAreChecked(t *testing.T) {
	restore := plan.Rules{Purpose: plan.Restore, Kinds: item.Kinds(), Strip: []string{plugin}, Source: &plan.Source{Snapshots: []plan.SourceSnapshot{{ID: "s", Sum: "x"}}}}
	undo := plan.Rules{Purpose: plan.Undo, Kinds: item.Kinds(), Run: "purge-1", Tag: "Personal", Source: restore.Source}
	mails := []plan.Hazard{plan.MailsAttendees}
	create := plan.Step{Action: plan.Create, Kind: item.Events, ID: "a", Version: "v", Way: plan.ByPost, After: []string{"Friends"}}
	untag := plan.Step{Action: plan.SetCategories, Kind: item.Events, ID: "a", Version: "v", Before: []string{"a", "Personal"}, After: []string{"a"}}
	change := func(s plan.Step, edit func(*plan.Step)) plan.Step { edit(&s); return s }
	cases := []struct {
		name  string
		rules plan.Rules
		step  plan.Step
		good  bool
	}{
		{"a create", restore, create, true},
		{"a create by stream", restore, change(create, func(s *plan.Step) { s.Way = plan.ByStream }), true},
		{"a create that does not say how", restore, change(create, func(s *plan.Step) { s.Way = "" }), false},
		{"a create with what is to be stripped", restore, change(create, func(s *plan.Step) { s.After = []string{"sync with SALESFORCE"} }), false},
		{"an import that may mail", restore, change(create, func(s *plan.Step) { s.Way, s.Hazards = plan.ByStream, mails }), false},
		{"the same, asked for", importing(restore), change(create, func(s *plan.Step) { s.Way, s.Hazards = plan.ByStream, mails }), true},
		{"a delete in a restore", restore, change(create, func(s *plan.Step) { s.Action = plan.Delete }), false},
		{"a change of categories in a restore", restore, untag, false},
		{"a create in a purge", purge, create, false},
		{"a create in an undo", undo, create, true},
		{"a create of nothing", sourceless(undo), create, false},
		{"taking the tag away", undo, untag, true},
		{"putting it back", undo, change(untag, func(s *plan.Step) { s.Before, s.After = s.After, s.Before }), true},
		{"taking more away", undo, change(untag, func(s *plan.Step) { s.After = nil }), false},
		{"changing a meeting", undo, change(untag, func(s *plan.Step) { s.Hazards = mails }), false},
		{"the same, asked for", meetings(undo), change(untag, func(s *plan.Step) { s.Hazards = mails }), true},
		{"deleting what was made", undo, plan.Step{Action: plan.Delete, Kind: item.Events, ID: "a", Version: "v"}, true},
		{"deleting a meeting", undo, plan.Step{Action: plan.Delete, Kind: item.Events, ID: "a", Version: "v", Hazards: mails}, false},
	}
	for _, c := range cases {
		p := plan.Make(tenant, c.rules, []plan.Mailbox{{Account: ann, Steps: []plan.Step{c.step}}})
		if err := p.Check(); (err == nil) != c.good {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	folders := plan.Mailbox{Account: ann, Folders: []plan.NewFolder{{Kind: item.Contacts, FormerID: "f", Names: []string{"A"}}}}
	if plan.Make(tenant, purge, []plan.Mailbox{folders}).Check() == nil {
		t.Error("a purge that makes folders passes")
	}
	folders.Folders[0].Names = []string{"A", ""}
	if plan.Make(tenant, restore, []plan.Mailbox{folders}).Check() == nil {
		t.Error("a folder without a name passes")
	}
	for name, rules := range map[string]plan.Rules{"undo of nothing": {Purpose: plan.Undo, Kinds: item.Kinds()}, "restore of nothing": {Purpose: plan.Restore, Kinds: item.Kinds()}} {
		if err := rules.Check(); !errors.Is(err, plan.ErrRules) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func importing(r plan.Rules) plan.Rules  { r.ImportMeetings = true; return r }
func sourceless(r plan.Rules) plan.Rules { r.Source = nil; return r }

// TestForKeepsNoRoom: what grew with the steps of a mailbox is not kept, since a
// fleet has ten thousand of them.
func TestForKeepsNoRoom(t *testing.T) {
	for _, n := range []int{1, 20, 300, 1000} {
		var items []item.Item
		for i := range n {
			items = append(items, parse(t, contacts, with(categories(plugin), "id", fmt.Sprint("c", i))))
		}
		if steps := plan.For(purge, ann, items).Steps; len(steps) != n || cap(steps) > n+n/8+1 {
			t.Errorf("%d steps with room for %d", len(steps), cap(steps))
		}
	}
}
