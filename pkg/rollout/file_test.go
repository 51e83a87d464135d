package rollout_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/rollout"
)

const whole = `name: crm-2026
tenant: 5f0c1a8e-3d4b-4c6f-9b1e-0a2d4c6e8f10
cloud: global
server:
  category: Riva
  kinds: [contacts, events]
plug-in:
  profiles: [salesforce-for-outlook]
  generic: [Account]
  categories: [Acme]
  protect: [Family]
  keeps: [tasks]
tag:
  name: Personal
  colour: preset7
mailboxes:
  names: [ann@contoso.example]
  groups: [crm-users]
  list: users.csv
exclude: [boss@contoso.example]
waves:
  - name: pilot
    count: 5
  - name: second
    percent: 20
  - name: sales
    groups: [sales]
  - name: rest
    rest: true
limits:
  delete: 5000
  delete-per-mailbox: 500
  delete-percent: 80
  parallel: 4
`

func TestRead(t *testing.T) {
	got, err := rollout.Read([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	want := rollout.File{
		Name: "crm-2026", Tenant: "5f0c1a8e-3d4b-4c6f-9b1e-0a2d4c6e8f10", Cloud: "global",
		Server: rollout.Server{Category: "Riva", Kinds: []item.Kind{item.Contacts, item.Events}},
		PlugIn: rollout.PlugIn{
			Profiles: []string{"salesforce-for-outlook"}, Generic: []string{"Account"}, Categories: []string{"Acme"}, Protect: []string{"Family"},
			Keeps: []item.Kind{item.Tasks},
		},
		Tag:       rollout.Tag{Name: "Personal", Colour: "preset7"},
		Mailboxes: rollout.Mailboxes{Names: []string{"ann@contoso.example"}, Groups: []string{"crm-users"}, List: "users.csv"},
		Exclude:   []string{"boss@contoso.example"},
		Waves: []rollout.Wave{
			{Name: "pilot", Count: 5},
			{Name: "second", Percent: 20},
			{Name: "sales", Mailboxes: rollout.Mailboxes{Groups: []string{"sales"}}},
			{Name: "rest", Rest: true},
		},
		Limits: rollout.Limits{Caps: plan.Caps{Deletes: 5000, PerMailbox: 500, Percent: 80}, Parallel: 4},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	fits(t, whole, true)
	for _, rules := range []plan.Rules{got.Purge(nil), got.TagRest(nil)} {
		if err := rules.Check(); err != nil {
			t.Errorf("%s: %v", rules.Purpose, err)
		}
	}
}

// bad are files that are refused, with what is said of them, and what the schema
// says: too refuses as well, not cannot tell, and empty is not asked.
var bad = []struct{ name, old, with, want, schema string }{
	{"a misspelt member", "tenant:", "tennant:", `line 2: a rollout has no member "tennant"`, "too"},
	{"no tenant", "tenant: 5f0c1a8e-3d4b-4c6f-9b1e-0a2d4c6e8f10\n", "", "line 1: a rollout needs a tenant", "too"},
	{"a name with a blank", "name: crm-2026", "name: CRM 2026", `line 1: name "CRM 2026": use small letters`, "too"},
	{"a way out of the store", "name: crm-2026", "name: ../runs", `use small letters`, "too"},
	{"a cloud that is none", "cloud: global", "cloud: mars", "line 3: one of global, usgov, usgovdod, china is wanted", "too"},
	{"a kind that is none", "kinds: [contacts, events]", "kinds: [contacts, mails]", "line 6: one of contacts, events, tasks is wanted", "too"},
	{"a kind twice", "kinds: [contacts, events]", "kinds: [events, events]", "line 6: events stand there twice", "too"},
	{"no kinds", "kinds: [contacts, events]", "kinds: []", "the server synchronises no kind", "too"},
	{"a server without a category", "  category: Riva\n", "", "line 5: server needs a category", "too"},
	{"kinds of both", "keeps: [tasks]", "keeps: [events]", "events are synchronised by the server and kept by the plug-in: both would write the same mailbox, and each would make its own copy", "not"},
	{"no plug-in", "  profiles: [salesforce-for-outlook]\n  generic: [Account]\n  categories: [Acme]\n", "", "plug-in needs profiles or categories", "too"},
	{"the server's category as the tag", "name: Personal", "name: riva", `tag "riva" is the server's own category`, "not"},
	{"the server's category as the plug-in's", "categories: [Acme]", "categories: [RIVA]", `category "RIVA" is the plug-in's and the server's`, "not"},
	{"a colour that is none", "colour: preset7", "colour: green", `line 15: colour "green"`, "too"},
	{"a colour too many", "colour: preset7", "colour: preset25", `colour "preset25"`, "too"},
	{"no mailboxes", "  names: [ann@contoso.example]\n  groups: [crm-users]\n  list: users.csv\n", "  names: []\n", "mailboxes needs names, groups or a list", "too"},
	{"no waves", "waves:\n  - name: pilot\n    count: 5\n  - name: second\n    percent: 20\n  - name: sales\n    groups: [sales]\n  - name: rest\n    rest: true\n", "waves: []\n", "at least one wave", "too"},
	{"a wave of nothing", "    count: 5\n", "", "line 22: wave pilot needs just one of", "too"},
	{"a wave of two things", "    count: 5", "    count: 5\n    percent: 5", "wave pilot needs just one of", "too"},
	{"a wave twice", "name: second", "name: pilot", "wave pilot stands there twice", "not"},
	{"a wave after the rest", "percent: 20", "rest: true", "wave sales comes after wave second, which takes the rest", "not"},
	{"a wave without a name", "- name: pilot\n    count", "- count", "a wave needs a name", "too"},
	{"a rest that is none", "rest: true", "rest: false", "wave rest needs just one of", "too"},
	{"a count of none", "count: 5", "count: 0", "line 23: a whole number from 1 to", "too"},
	{"a count that is a text", "count: 5", "count: many", "line 23: a whole number from 1 to", "too"},
	{"more than all", "percent: 20", "percent: 120", "line 25: a whole number from 1 to 100", "too"},
	{"a limit that is misspelt", "delete-percent", "delete-percents", `limits has no member "delete-percents"`, "too"},
	{"a limit of nothing", "delete: 5000", "delete: 0", "a whole number from 1 to", "too"},
	{"a text for a list", "exclude: [boss@contoso.example]", "exclude: boss@contoso.example", "line 20: exclude is to be a list", "too"},
	{"a member twice", "cloud: global", "name: b", "stands there twice", ""},
	{"two documents", "cloud: global", "---\na: b", "more than one document", ""},
	{"no YAML", "name: crm-2026", "name: 'crm", "line ", ""},
}

func TestFilesThatAreRefused(t *testing.T) {
	for _, c := range bad {
		text := strings.Replace(whole, c.old, c.with, 1)
		if text == whole {
			t.Errorf("%s: nothing was changed", c.name)
		}
		_, err := rollout.Read([]byte(text))
		if !errors.Is(err, rollout.ErrFile) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.schema != "" {
			fits(t, text, c.schema == "not")
		}
	}
	if _, err := rollout.Read(nil); !errors.Is(err, rollout.ErrFile) {
		t.Errorf("nothing: %v", err)
	}
	if len(bad) < 30 {
		t.Fatalf("only %d cases", len(bad))
	}
}

// fits holds a file against the published schema.
func fits(t testing.TB, text string, want bool) {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("../../docs/schema/rollout.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(doc); (err == nil) != want {
		t.Errorf("by the schema: %v\n%s", err, text)
	}
}

func TestProfileOfTheServersCategoryIsRefused(t *testing.T) {
	f, err := rollout.Read([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	for category, want := range map[string]error{"Riva ": rollout.ErrFile, "Riva 2": nil} {
		set := marker.Set{Name: "acme", Markers: []marker.Marker{{Folder: "Acme"}, {Category: category}}}
		if err := f.CheckSets([]marker.Set{set}); !errors.Is(err, want) {
			t.Errorf("%q: %v", category, err)
		}
	}
}

func TestListsAreReadInTheirPlaces(t *testing.T) {
	f := rollout.File{Mailboxes: rollout.Mailboxes{List: "all.csv"}, Waves: []rollout.Wave{{Mailboxes: rollout.Mailboxes{List: "one.csv", Names: []string{"x"}}}, {Count: 1}}}
	var read []string
	err := f.ReadLists(func(name string) ([]string, error) { read = append(read, name); return []string{"in " + name}, nil })
	if err != nil || !reflect.DeepEqual(read, []string{"all.csv", "one.csv"}) {
		t.Fatalf("read %q, %v", read, err)
	}
	if !reflect.DeepEqual(f.Selection().Names, []string{"in all.csv"}) || !reflect.DeepEqual(f.Waves[0].Mailboxes.Names, []string{"in one.csv", "x"}) {
		t.Errorf("got %+v", f)
	}
	if err := f.ReadLists(func(string) ([]string, error) { return nil, errors.ErrUnsupported }); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a list that cannot be read: %v", err)
	}
}
