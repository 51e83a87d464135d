package marker_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
)

const state = "Double {00020329-0000-0000-C000-000000000046} Name crmLinkState"

func made(t *testing.T, f item.Folder, members map[string]any) item.Item {
	t.Helper()
	members["id"] = "x"
	raw, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	it, err := item.Parse(f, raw)
	if err != nil {
		t.Fatal(err)
	}
	return it
}

func carries(names ...string) map[string]any { return map[string]any{"categories": names} }

func has(id, value string) map[string]any {
	return map[string]any{"singleValueExtendedProperties": []any{map[string]any{"id": id, "value": value}}}
}

func linked(name string) map[string]any {
	return map[string]any{"linkedResources": []any{map[string]any{"applicationName": "Other"}, map[string]any{"applicationName": name}}}
}

// TestMatch is the table of what a marker matches, and of near misses.
func TestMatch(t *testing.T) {
	all, people := item.Kinds(), []item.Kind{item.Contacts}
	top := item.Folder{Kind: item.Contacts, Path: "Kontakte", Name: "Kontakte", Default: true}
	sub := func(kind item.Kind, path, parent string, depth int) item.Folder {
		return item.Folder{Kind: kind, Path: path, Parent: parent, Depth: depth}
	}
	category := marker.Marker{Category: "Don't Call", Kinds: people}
	folder := marker.Marker{Folder: "CRM Contacts", Kinds: all}
	nested := marker.Marker{Folder: "CRM/New", Kinds: people}
	deep := marker.Marker{Folder: "CRM Contacts", Kinds: all, Subfolders: true}
	property := marker.Marker{Property: state, Kinds: []item.Kind{item.Contacts, item.Events}, Values: []string{"1", "2"}}
	anyValue := marker.Marker{Property: state, Kinds: people}
	application := marker.Marker{Application: "Acme CRM", Kinds: []item.Kind{item.Tasks}}
	cases := []struct {
		name   string
		marker marker.Marker
		folder item.Folder
		item   map[string]any
		want   bool
	}{
		{"a category", category, top, carries("Friends", "Don't Call"), true},
		{"in another case, with space around", category, top, carries(" DON'T call\t"), true},
		{"with a typographic apostrophe", category, top, carries("Don\u2019t Call"), true},
		{"a part of a category", category, top, carries("Don't Call Us"), false},
		{"a category that is a part", category, top, carries("Call"), false},
		{"with space within", category, top, carries("Don't  Call"), false},
		{"several names in one", category, top, carries("Friends, Don't Call"), false},
		{"on another kind", category, sub(item.Events, "Calendar", "", 0), carries("Don't Call"), false},
		{"the category's name as a folder", category, sub(item.Contacts, "Kontakte/Don't Call", "up", 1), carries(), false},
		{"the empty category", marker.Marker{Kinds: people}, top, carries(""), false},

		{"a folder below the default one", folder, sub(item.Contacts, "Kontakte/CRM Contacts", "up", 1), carries(), true},
		{"a folder beside the default one", folder, sub(item.Contacts, "crm contacts ", "", 1), carries(), true},
		{"a folder whose level nobody noted", folder, sub(item.Contacts, "Kontakte/CRM Contacts", "up", 0), carries(), true},
		{"a list of that name", folder, sub(item.Tasks, "CRM Contacts", "", 0), carries(), true},
		{"a folder of that name one level down", folder, sub(item.Contacts, "Kontakte/Private/CRM Contacts", "up", 2), carries(), false},
		{"below one beside the default one", folder, sub(item.Contacts, "Private/CRM Contacts", "up", 2), carries(), false},
		{"a folder below it", folder, sub(item.Contacts, "Kontakte/CRM Contacts/Mine", "up", 2), carries(), false},
		{"a longer name", folder, sub(item.Contacts, "Kontakte/CRM Contacts 2", "up", 1), carries(), false},
		{"the folder's name as a category", folder, top, carries("CRM Contacts"), false},
		{"the default folder of that name", marker.Marker{Folder: "Kontakte", Kinds: people}, top, carries(), false},
		{"the default list of that name", folder, item.Folder{Kind: item.Tasks, Path: "CRM Contacts", Default: true}, carries(), false},
		{"a folder of another kind", marker.Marker{Folder: "CRM Contacts", Kinds: people}, sub(item.Tasks, "CRM Contacts", "", 0), carries(), false},
		{"a path", nested, sub(item.Contacts, "Kontakte/CRM/New", "up", 2), carries(), true},
		{"a name with a slash, one level down", nested, sub(item.Contacts, "Kontakte/CRM/New", "up", 1), carries(), false},
		{"half of a path", nested, sub(item.Contacts, "Kontakte/New", "up", 1), carries(), false},
		{"a calendar with a slash in its name", marker.Marker{Folder: "A/B", Kinds: all}, sub(item.Events, "A/B", "", 0), carries(), true},
		{"below, where that is wanted", deep, sub(item.Contacts, "Kontakte/CRM Contacts/Mine/Old", "up", 3), carries(), true},
		{"itself, where below is wanted", deep, sub(item.Contacts, "Kontakte/CRM Contacts", "up", 1), carries(), true},
		{"above, where below is wanted", deep, sub(item.Contacts, "Kontakte/Mine/CRM Contacts", "up", 2), carries(), false},

		{"a property", property, top, has(state, "2"), true},
		{"a property as the service writes doubles", property, top, has(state, "1.0"), true},
		{"its id in another case", property, top, has("Double {00020329-0000-0000-c000-000000000046} Name crmlinkstate", "1"), true},
		{"of another value", property, top, has(state, "0"), false},
		{"of a value that contains it", property, top, has(state, "12"), false},
		{"of no value", property, top, has(state, ""), false},
		{"of any value", anyValue, top, has(state, "0"), true},
		{"a property of another name", anyValue, top, has("Double {00020329-0000-0000-C000-000000000046} Name crmLinkStates", "1"), false},
		{"a property of another type", anyValue, top, has("String {00020329-0000-0000-C000-000000000046} Name crmLinkState", "1"), false},
		{"a property of another set", anyValue, top, has("Double {00020328-0000-0000-C000-000000000046} Name crmLinkState", "1"), false},
		{"no property", anyValue, top, carries(), false},

		{"an application", application, sub(item.Tasks, "Tasks", "", 0), linked("acme CRM "), true},
		{"a part of an application", application, sub(item.Tasks, "Tasks", "", 0), linked("Acme CRM 2"), false},
		{"no link", application, sub(item.Tasks, "Tasks", "", 0), carries(), false},
	}
	for _, c := range cases {
		if got := c.marker.Match(made(t, c.folder, c.item)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if len(cases) < 40 {
		t.Fatalf("only %d cases", len(cases))
	}
}

func TestMarkersThatAreRefused(t *testing.T) {
	kinds := item.Kinds()
	good := []marker.Marker{
		{Category: "A", Kinds: kinds}, {Folder: "A/B", Kinds: kinds, Subfolders: true}, {Property: state, Kinds: kinds, Values: []string{"1"}}, {Application: "A", Kinds: kinds},
	}
	for _, m := range good {
		if err := m.Check(); err != nil {
			t.Errorf("%s: %v", m, err)
		}
	}
	bad := []marker.Marker{
		{},
		{Category: " "},
		{Category: "A", Folder: "B"},
		{Category: "A", Application: " "},
		{Category: "A", Values: []string{"1"}},
		{Category: "A", Subfolders: true},
		{Folder: "/A"},
		{Folder: "A//B"},
		{Property: "crmid"},
		{Property: "String {guid} Name crmid"},
		{Property: item.MarkProperty},
		{Application: "Riva-Prep"},
		{Category: "don\u2019t sync with Salesforce "},
		{Property: "boolean {00020329-0000-0000-c000-000000000046} name shouldnotsyncwithcrm"},
		marker.ProtectedProperties()[0], marker.ProtectedProperties()[1],
	}
	for _, m := range bad {
		if m.Check() == nil {
			t.Errorf("%s was taken", m)
		}
	}
	for _, m := range bad[len(bad)-2:] {
		if err := m.Check(); !errors.Is(err, marker.ErrProtected) {
			t.Errorf("%s: %v", m, err)
		}
	}
	if len(bad) < 16 {
		t.Fatalf("only %d cases", len(bad))
	}
}
