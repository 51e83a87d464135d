package profile_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/profile"
)

const whole = `name: acme
product: Acme CRM
note: 'It has "quotes", a colon: and an apostrophe’.'
premise:
  contacts: yes
  events: no
  source: acme.example
markers:
  - category: Acme
    on: [contacts, mails]
    confidence: high
    generic: true
  - folder: Acme/New
    subfolders: true
  - property: "Double {00020329-0000-0000-C000-000000000046} Name acme"
    values: [1, "2"]
    hint: true
  - application: Acme CRM
protect:
  - category: Don't Acme
  - property: "String {00020329-0000-0000-C000-000000000046} Name ShouldNotSyncWithCRM"
`

func TestRead(t *testing.T) {
	got, err := profile.Read([]byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	items := []item.Kind{item.Contacts, item.Events}
	want := profile.Profile{
		Name: "acme", Product: "Acme CRM", Note: "It has \"quotes\", a colon: and an apostrophe\u2019.",
		Premise: profile.Premise{Contacts: profile.Yes, Events: profile.No, Tasks: profile.Unknown, Source: "acme.example"},
		Markers: []profile.Marker{
			{Marker: marker.Marker{Category: "Acme", Kinds: items[:1]}, Mails: true, Confidence: profile.High, Generic: true},
			{Marker: marker.Marker{Folder: "Acme/New", Kinds: item.Kinds(), Subfolders: true}, Confidence: profile.Low},
			{Marker: marker.Marker{Property: "Double {00020329-0000-0000-C000-000000000046} Name acme", Kinds: items, Values: []string{"1", "2"}}, Confidence: profile.Low, Hint: true},
			{Marker: marker.Marker{Application: "Acme CRM", Kinds: []item.Kind{item.Tasks}}, Confidence: profile.Low},
		},
		Protect: []profile.Marker{
			{Marker: marker.Marker{Category: "Don't Acme", Kinds: item.Kinds()}, Confidence: profile.Low},
			{Marker: marker.Marker{Property: "String {00020329-0000-0000-C000-000000000046} Name ShouldNotSyncWithCRM", Kinds: items}, Confidence: profile.Low},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	fits(t, []byte(whole), true)
}

// bad are files that are refused, with what is said of them. Those that the
// schema cannot tell from good ones say so.
var bad = []struct{ name, old, with, want, schema string }{
	{"a member that is misspelt", "  - category: Acme", "  - catgory: Acme", `line 9: a marker has no member "catgory"`, "too"},
	{"a member of the profile", "product: ", "produce: ", `line 2: a profile has no member "produce"`, "too"},
	{"a member twice", "premise:", "name: b\npremise:", "line 4: \"name\" stands there twice", ""},
	{"no name", "name: acme", "note: x", "a profile needs a name", "too"},
	{"a name with a blank", "name: acme", "name: My CRM", `name "My CRM": use small letters`, "too"},
	{"an empty text", "product: Acme CRM", "product:", "line 2: a text is missing", "too"},
	{"a blank text", "product: Acme CRM", `product: " "`, "line 2: a text is missing", "too"},
	{"a list for a text", "product: Acme CRM", "product: [a]", "line 2: a text is missing", "too"},
	{"a text for a list", "on: [contacts, mails]", "on: contacts", "line 10: on is to be a list", "too"},
	{"a kind that is none", "on: [contacts, mails]", "on: [contacts, people]", "line 10: one of contacts, events, tasks, mails is wanted", "too"},
	{"a kind twice", "on: [contacts, mails]", "on: [contacts, contacts]", "line 10: contacts stand there twice", "too"},
	{"on nothing", "on: [contacts, mails]", "on: []", `is on nothing`, "too"},
	{"a flag that is none", "generic: true", "generic: maybe", "line 12: true or false is wanted", "too"},
	{"a confidence that is none", "confidence: high", "confidence: sure", "line 11: one of high, medium, low is wanted", "too"},
	{"a premise that is none", "contacts: yes", "contacts: maybe", "line 5: one of yes, no, unknown is wanted", "too"},
	{"a premise of mails", "events: no", "mails: no", `line 6: premise has no member "mails"`, "too"},
	{"a marker of two things", "category: Acme\n", "category: Acme\n    folder: Acme\n", "name one of category, folder, property and application", "too"},
	{"a marker of nothing", "  - application: Acme CRM", "  - confidence: low", "name one of category, folder, property and application", "too"},
	{"a marker that is a text", "  - application: Acme CRM", "  - Acme", "a marker is to have members", "too"},
	{"a protected category", "category: Acme", "category: Don’t sync with Salesforce", "it is always protected", "not"},
	{"a protected property", "Name acme", "Name ShouldNotSyncWithCRM", "it is always protected", "not"},
	{"a property that is none", "Double {00020329-0000-0000-C000-000000000046} Name acme", "crmid", `property "crmid"; write it as`, "too"},
	{"riva-prep's own mark", "application: Acme CRM", "application: riva-prep", "what riva-prep leaves", "not"},
	{"a property of tasks", "    hint: true", "    on: [tasks]", "cannot be on tasks", "not"},
	{"an application of contacts", "- application: Acme CRM", "- application: Acme CRM\n    on: [contacts]", "cannot be on contacts", "not"},
	{"values of a category", "    generic: true", "    values: [1]", "only a property has values", "too"},
	{"below a category", "    generic: true", "    subfolders: true", "only a folder has subfolders", "too"},
	{"a generic word that protects", "- category: Don't Acme", "- category: Don't Acme\n    generic: true", `a marker has no member "generic"`, "too"},
	{"a marker twice", "  - application: Acme CRM", "  - category: Acme", "stands there twice", "not"},
	{"a marker that is protected", "Don't Acme", "acme ", "is a marker and protected", "not"},
	{"an alias", "product: Acme CRM\nnote: 'It has \"quotes\", a colon: and an apostrophe’.'", "product: &a Acme CRM\nnote: *a", "*a is an alias", "not"},
	{"no YAML", "name: acme", "name: 'acme", "line ", ""},
	{"two documents", "name: acme", "name: acme\n---\nname: b", "more than one document", ""},
	{"a list", "name: acme\n", "", "", ""},
}

func TestFilesThatAreRefused(t *testing.T) {
	for _, c := range bad {
		text := strings.Replace(whole, c.old, c.with, 1)
		if c.name == "a list" {
			text, c.want = "- a\n", "line 1: a profile is to have members"
		}
		if text == whole {
			t.Errorf("%s: nothing was changed", c.name)
		}
		_, err := profile.Read([]byte(text))
		if !errors.Is(err, profile.ErrFile) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.schema != "" {
			fits(t, []byte(text), c.schema == "not")
		}
	}
	for _, text := range []string{"", "# nothing", strings.Repeat("# x\n", 1<<19)} {
		if _, err := profile.Read([]byte(text)); !errors.Is(err, profile.ErrFile) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if len(bad) < 30 {
		t.Fatalf("only %d cases", len(bad))
	}
}

// TestEveryFaultIsNamed in one go, each with its line.
func TestEveryFaultIsNamed(t *testing.T) {
	text := strings.NewReplacer("confidence: high", "confidence: sure", "contacts: yes", "contacts: perhaps", "hint: true", "hint: 1").Replace(whole)
	_, err := profile.Read([]byte(text))
	for _, want := range []string{"line 5: ", "line 11: ", "line 17: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("../../docs/schema/profile.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fits holds a file against the published schema.
func fits(t testing.TB, data []byte, want bool) {
	t.Helper()
	var doc any
	if err := yaml.Unmarshal(data, &doc); err != nil {
		if want {
			t.Errorf("%v\n%s", err, data)
		}
		return
	}
	if err := schema(t).Validate(doc); (err == nil) != want {
		t.Errorf("by the schema: %v\n%s", err, data)
	}
}

// TestWhatIsWrittenIsRead, for any texts, and fits the schema.
func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := draw(t)
		data := p.Encode()
		got, err := profile.Read(data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if !reflect.DeepEqual(got, p) {
			t.Fatalf("got %+v\nwant %+v\n%s", got, p, data)
		}
	})
}

// draw makes a profile that makes sense, with texts that need not.
func draw(t *rapid.T) profile.Profile {
	text := rapid.String().Filter(func(s string) bool { return strings.TrimSpace(s) != "" })
	maybe := rapid.OneOf(rapid.Just(""), text)
	deletes := rapid.SampledFrom([]profile.Deletes{profile.Yes, profile.No, profile.Unknown})
	p := profile.Profile{
		Name: rapid.StringMatching(`[a-z0-9]+(-[a-z0-9]+)?`).Draw(t, "name"), Product: text.Draw(t, "product"), Note: maybe.Draw(t, "note"),
		Premise: profile.Premise{Contacts: deletes.Draw(t, "contacts"), Events: deletes.Draw(t, "events"), Tasks: deletes.Draw(t, "tasks"), Source: maybe.Draw(t, "source")},
		Markers: []profile.Marker{}, Protect: []profile.Marker{},
	}
	seen := map[string]bool{}
	for range rapid.IntRange(0, 4).Draw(t, "markers") {
		m := drawMarker(t, text)
		if key := m.Type() + item.CategoryKey(m.Name()); !seen[key] && m.Check() == nil {
			seen[key] = true
			p.Markers = append(p.Markers, m)
		}
	}
	return p
}

func drawMarker(t *rapid.T, text *rapid.Generator[string]) profile.Marker {
	m := profile.Marker{Confidence: profile.Medium, Note: text.Draw(t, "note"), Generic: rapid.Bool().Draw(t, "generic"), Mails: rapid.Bool().Draw(t, "mails")}
	switch rapid.IntRange(0, 3).Draw(t, "type") {
	case 0:
		m.Category = text.Draw(t, "category")
	case 1:
		m.Folder, m.Subfolders = text.Draw(t, "folder"), true
	case 2:
		m.Property, m.Values = "String {00020329-0000-0000-C000-000000000046} Name x"+rapid.StringMatching(`[a-z' "]*`).Draw(t, "property"), []string{text.Draw(t, "value")}
	case 3:
		m.Application = text.Draw(t, "application")
	}
	m.Kinds = m.CanBeOn()
	return m
}

// FuzzRead: nothing panics, and what is taken can be written and read again.
func FuzzRead(f *testing.F) {
	f.Add([]byte(whole))
	names, err := filepath.Glob("builtin/*.yaml")
	if err != nil || len(names) < 20 {
		f.Fatalf("%d profiles, %v", len(names), err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := profile.Read(data)
		if err != nil {
			return
		}
		again, err := profile.Read(p.Encode())
		if err != nil {
			t.Fatalf("%v\n%s", err, p.Encode())
		}
		if !bytes.Equal(again.Encode(), p.Encode()) {
			t.Fatalf("%s\nbecomes\n%s", p.Encode(), again.Encode())
		}
	})
}
