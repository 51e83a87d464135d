package plan_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
)

const schemaFile = "../../docs/schema/plan.schema.json"

// required must not be missing, wherever they stand; beside them each purpose
// and each action has its own.
var required = []string{
	"format", "tool", "created", "digest", "skipped", "plan", "name", "reason", "tenant", "rules", "mailboxes", "kinds", "categories", "protect",
	"snapshots", "sum", "account", "userPrincipalName", "steps", "held", "items", "already", "formerId", "names", "action", "kind", "folder", "folderId",
	"id", "version", "title", "before", "why", "hazard", "detail", "markers",
}

func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func value(t rapid.TB, data []byte) map[string]any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}

// plansOfEveryPurpose are written as the program writes them.
func plansOfEveryPurpose(t *testing.T) map[string]plan.Plan {
	meeting := with(with(categories(plugin), "isOrganizer", true), "attendees", invited())
	rules := withRooms(purge)
	purged := plan.Make(tenant, rules, []plan.Mailbox{plan.For(rules, ann, []item.Item{parse(t, contacts, categories(plugin)), parse(t, calendar, with(meeting, "id", "y"))})})
	rules = meetings(tag)
	rules.Colour = "preset1"
	tagged := plan.Make(tenant, rules, []plan.Mailbox{plan.For(rules, ann, []item.Item{parse(t, contacts, categories("A")), parse(t, calendar, with(with(meeting, "id", "y"), "categories", []string{}))})})
	undone := backPlan()
	restored := backPlan()
	restored.Rules = plan.Rules{Purpose: plan.Restore, Kinds: item.Kinds(), Categories: []string{}, Protect: []string{}, Source: source}
	restored.Mailboxes[0].Steps = restored.Mailboxes[0].Steps[:1]
	nothing := plan.Make(tenant, tag, nil)
	kept := plan.Make(tenant, purge, []plan.Mailbox{plan.For(purge, ann, []item.Item{parse(t, contacts, categories(plugin))})})
	against := kept.Mailboxes[0].Steps[0]
	kept.Mailboxes[0].Steps, kept.Mailboxes[0].Held = []plan.Step{}, []plan.Held{{
		Kind: against.Kind, Folder: against.Folder, ID: against.ID, Title: against.Title, Categories: against.Before, Hazard: plan.Kept, Detail: "d", Step: &against,
	}}
	byProfile := plan.Make(tenant, byMarkers, []plan.Mailbox{plan.For(byMarkers, ann, []item.Item{
		parse(t, below("Salesforce_Sync", 1), categories()), parse(t, calendar, with(with(with(categories(plugin), "id", "y"), "isOrganizer", true), "attendees", invited())),
	})})
	return map[string]plan.Plan{"purge with a kept item": kept, "purge by profile": byProfile, "purge": purged, "tag-personal": tagged, "undo": undone, "restore": restored, "of no mailbox": nothing}
}

// TestPlansFitTheSchema validates plans of every purpose, and refuses every
// mutant of them: a member missing, of another type, too many.
func TestPlansFitTheSchema(t *testing.T) {
	s := schema(t)
	mutants := 0
	for name, p := range plansOfEveryPurpose(t) {
		if err := p.Check(); name != "restore" && name != "undo" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		doc := value(t, p.Encode())
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v\n%s", name, err, p.Encode())
		}
		mutate(doc, func(what string) {
			mutants++
			if s.Validate(doc) == nil {
				t.Errorf("%s: %s was taken", name, what)
			}
		})
	}
	t.Logf("%d mutants", mutants)
	if mutants < 1500 {
		t.Errorf("only %d mutants", mutants)
	}
}

func TestAnyTextFitsTheSchema(t *testing.T) {
	s := schema(t)
	rapid.Check(t, func(t *rapid.T) {
		p, _ := drawPlan(t)
		p.Created = time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 1)
		if err := s.Validate(any(value(t, p.Encode()))); err != nil {
			t.Fatalf("%v\n%s", err, p.Encode())
		}
	})
}

// mutate makes one change after the other to a document, tells of it, and takes
// it back.
func mutate(doc any, tell func(what string)) {
	switch v := doc.(type) {
	case []any:
		for _, e := range v {
			mutate(e, tell)
		}
	case map[string]any:
		for name, was := range v {
			own := name == "purpose" && v["kinds"] != nil || name == "tag" && v["purpose"] == "tag-personal" || name == "source" && v["purpose"] == "restore" ||
				name == "run" && v["purpose"] == "undo" || name == "way"
			if slices.Contains(required, name) || own {
				delete(v, name)
				tell("without " + name)
			}
			for _, other := range []any{nil, true, json.Number("1.5"), json.Number("-1"), []any{json.Number("7")}, map[string]any{"\x00": json.Number("7")}} {
				if reflect.DeepEqual(was, other) || name == "mailboxes" && other == nil {
					continue
				}
				v[name] = other
				tell(name + " of another type")
			}
			v[name] = was
		}
		v["extra"] = "x"
		tell("with a member too many")
		delete(v, "extra")
		for _, below := range v {
			mutate(below, tell)
		}
	}
}

// TestSchemaKnowsPurposes: what has the right form and says what no plan says.
func TestSchemaKnowsPurposes(t *testing.T) {
	s := schema(t)
	of := plansOfEveryPurpose(t)
	edit := func(p plan.Plan, change func(*plan.Plan)) plan.Plan { p = decoded(t, p.Encode()); change(&p); return p }
	step := func(change func(*plan.Step)) func(*plan.Plan) {
		return func(p *plan.Plan) { change(&p.Mailboxes[0].Steps[0]) }
	}
	cases := map[string]plan.Plan{
		"a purge that tags":                 edit(of["purge"], step(func(s *plan.Step) { s.Action = plan.SetCategories })),
		"a delete with categories after":    edit(of["purge"], step(func(s *plan.Step) { s.After = []string{"A"} })),
		"a delete with a way":               edit(of["purge"], step(func(s *plan.Step) { s.Way = plan.ByPost })),
		"a safety rule with a step":         edit(of["purge with a kept item"], func(p *plan.Plan) { p.Mailboxes[0].Held[0].Hazard = plan.Protected }),
		"a contact with a start":            edit(of["purge"], step(func(s *plan.Step) { s.Kind, s.Start = item.Contacts, time.Unix(1e9, 0) })),
		"a task that is a series":           edit(of["purge"], step(func(s *plan.Step) { s.Kind, s.Series = item.Tasks, true })),
		"a purge of no category":            edit(of["purge"], func(p *plan.Plan) { p.Rules.Categories = []string{} }),
		"a profile without markers":         edit(of["purge by profile"], func(p *plan.Plan) { p.Rules.Profiles[0].Markers = []marker.Marker{} }),
		"a marker of two things":            edit(of["purge by profile"], func(p *plan.Plan) { p.Rules.Profiles[0].Markers[0].Folder = "F" }),
		"a marker of nothing":               edit(of["purge by profile"], func(p *plan.Plan) { p.Rules.Profiles[0].Markers[0].Category = "" }),
		"a category below":                  edit(of["purge by profile"], func(p *plan.Plan) { p.Rules.Profiles[0].Markers[0].Subfolders = true }),
		"values of a category":              edit(of["purge by profile"], func(p *plan.Plan) { p.Rules.Profiles[0].Markers[0].Values = []string{"1"} }),
		"an undo by profile":                edit(of["undo"], func(p *plan.Plan) { p.Rules.Profiles = []marker.Set{sfo} }),
		"a purge of an empty category":      edit(of["purge"], func(p *plan.Plan) { p.Rules.Categories = []string{""} }),
		"a purge that makes folders":        edit(of["purge"], func(p *plan.Plan) { p.Mailboxes[0].Folders = backPlan().Mailboxes[0].Folders }),
		"a purge of another mailbox":        edit(of["purge"], func(p *plan.Plan) { p.Mailboxes[0].From = "bo" }),
		"a mailbox without an id":           edit(of["purge"], func(p *plan.Plan) { p.Mailboxes[0].Account.ID = "" }),
		"an item without an id":             edit(of["purge"], step(func(s *plan.Step) { s.ID = "" })),
		"a hazard that nobody knows":        edit(of["purge"], func(p *plan.Plan) { p.Mailboxes[0].Held[0].Hazard = "odd" }),
		"no kinds":                          edit(of["purge"], func(p *plan.Plan) { p.Rules.Kinds = []item.Kind{} }),
		"mails":                             edit(of["purge"], func(p *plan.Plan) { p.Rules.Kinds = []item.Kind{"mails"} }),
		"a purpose that nobody knows":       edit(of["purge"], func(p *plan.Plan) { p.Rules.Purpose = "tidy" }),
		"a tagging that deletes":            edit(of["tag-personal"], step(func(s *plan.Step) { s.Action, s.After = plan.Delete, nil })),
		"a tagging that loses":              edit(of["tag-personal"], step(func(s *plan.Step) { s.Loses = []string{"attendees"} })),
		"a restore that deletes":            edit(of["restore"], step(func(s *plan.Step) { s.Action, s.Way, s.Loses, s.After = plan.Delete, "", nil, nil })),
		"a restore of two snapshots":        edit(of["restore"], func(p *plan.Plan) { p.Rules.Source.Snapshots = append(p.Rules.Source.Snapshots, source.Snapshots[0]) }),
		"a way that nobody knows":           edit(of["restore"], step(func(s *plan.Step) { s.Way = "wish" })),
		"a folder without a name":           edit(of["restore"], func(p *plan.Plan) { p.Mailboxes[0].Folders[0].Names = []string{""} }),
		"a loss that is a sentence":         edit(of["undo"], func(p *plan.Plan) { p.Mailboxes[0].Steps[0].Loses = []string{"All attendees"} }),
		"an undo with a step of no meaning": edit(of["undo"], step(func(s *plan.Step) { s.Action = "move" })),
	}
	for name, p := range cases {
		if s.Validate(any(value(t, p.Encode()))) == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if len(cases) < 20 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range [][2]string{{`"format": 1`, `"format": 2`}, {`"digest": "sha256:`, `"digest": "sha256:A`}, {`"created": "0`, `"created": "x0`}} {
		data := bytes.Replace(of["purge"].Encode(), []byte(c[0]), []byte(c[1]), 1)
		if bytes.Equal(data, of["purge"].Encode()) || s.Validate(any(value(t, data))) == nil {
			t.Errorf("%s was taken", c[1])
		}
	}
}

// TestSchemaNamesEveryMember that a plan file can have, and no other.
func TestSchemaNamesEveryMember(t *testing.T) {
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	for where, v := range map[string]any{
		"": wholeFile{}, "$defs.plan": plan.Plan{}, "$defs.plan.properties.tenant": tenant, "$defs.rules": plan.Rules{}, "$defs.rules.properties.source": plan.Source{},
		"$defs.rules.properties.source.properties.snapshots.items": plan.SourceSnapshot{}, "$defs.mailbox": plan.Mailbox{}, "$defs.mailbox.properties.account": ann,
		"$defs.mailbox.properties.folders.items": plan.NewFolder{}, "$defs.step": plan.Step{}, "$defs.held": plan.Held{}, "$defs.marker": marker.Marker{}, "$defs.rules.properties.profiles.items": marker.Set{}, "properties.skipped.items": plan.Skipped{},
	} {
		at := doc
		for name := range strings.FieldsFuncSeq(where, func(r rune) bool { return r == '.' }) {
			at = at[name].(map[string]any)
		}
		var got, want []string
		for name := range at["properties"].(map[string]any) {
			got = append(got, name)
		}
		for i := range reflect.TypeOf(v).NumField() {
			if name, _, _ := strings.Cut(reflect.TypeOf(v).Field(i).Tag.Get("json"), ","); name != "-" {
				want = append(want, name)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%T: the schema has %q, the program %q", v, got, want)
		}
	}
}

// TestSchemaNamesEveryHazard, and only such losses as the program knows.
func TestSchemaNamesEveryHazard(t *testing.T) {
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Defs struct {
			Hazard struct{ Enum []plan.Hazard } `json:"hazard"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	got, want := slices.Sorted(slices.Values(doc.Defs.Hazard.Enum)), slices.Sorted(slices.Values(plan.Hazards()))
	if !slices.Equal(got, want) || len(want) < 9 {
		t.Errorf("the schema names %q, the program %q", got, want)
	}
	for _, l := range rebuild.Losses() {
		if strings.Trim(l.Name, "abcdefghijklmnopqrstuvwxyz-") != "" || l.Name[0] == '-' {
			t.Errorf("loss %q is no name by the schema", l.Name)
		}
	}
}
