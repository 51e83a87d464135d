package plan_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

const (
	linkState = "Double {00020329-0000-0000-C000-000000000046} Name crmLinkState"
	keepOut   = "String {00020329-0000-0000-C000-000000000046} Name ShouldNotSyncWithCRM"
)

var (
	people = []item.Kind{item.Contacts}
	// sfo is a profile with a marker of each type.
	sfo = marker.Set{
		Name: "sfo",
		Markers: []marker.Marker{
			{Category: plugin, Kinds: []item.Kind{item.Contacts, item.Events}},
			{Folder: "Salesforce_Sync", Kinds: people},
			{Property: linkState, Kinds: []item.Kind{item.Contacts, item.Events}, Values: []string{"1", "2"}},
			{Application: "Acme CRM", Kinds: []item.Kind{item.Tasks}},
		},
		Protect: []marker.Marker{{Category: "Family", Kinds: item.Kinds()}, {Property: "String {00020329-0000-0000-C000-000000000046} Name mine", Kinds: people}},
	}
	byMarkers = plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Profiles: []marker.Set{sfo}}
	list      = item.Folder{Kind: item.Tasks, ID: "tasks", Path: "Tasks", Default: true}
)

// below is a contact folder so many levels down.
func below(name string, depth int) item.Folder {
	path := "Contacts" + strings.Repeat("/Private", depth-1) + "/" + name
	return item.Folder{Kind: item.Contacts, ID: "sub", Path: path, Name: name, Parent: "up", Depth: depth}
}

func properties(m map[string]any, pairs ...string) map[string]any {
	var all []any
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, map[string]any{"id": pairs[i], "value": pairs[i+1]})
	}
	return with(m, "singleValueExtendedProperties", all)
}

// TestDecisionsByProfile is the table of what happens to which item by profile.
func TestDecisionsByProfile(t *testing.T) {
	tagging := tag
	tagging.Categories, tagging.Profiles = nil, []marker.Set{sfo}
	cases := []struct {
		name  string
		rules plan.Rules
		item  item.Item
		// want is the marker of a step, a hazard, tag or nothing.
		want string
	}{
		{"a category", byMarkers, parse(t, contacts, categories("sync with Salesforce ")), `category "Sync with Salesforce"`},
		{"on a kind that was not named", byMarkers, parse(t, list, categories(plugin)), ""},
		{"a folder", byMarkers, parse(t, below("salesforce_sync", 1), categories()), `folder "Salesforce_Sync"`},
		{"a folder deeper down", byMarkers, parse(t, below("Salesforce_Sync", 2), categories()), ""},
		{"a property", byMarkers, parse(t, contacts, properties(categories(), linkState, "2.0")), `property "` + linkState + `" = 1 or 2`},
		{"a property of another value", byMarkers, parse(t, contacts, properties(categories(), linkState, "0")), ""},
		{"an application", byMarkers, parse(t, list, with(categories(), "linkedResources", []any{map[string]any{"applicationName": "acme crm"}})), `application "Acme CRM"`},
		{"another application", byMarkers, parse(t, list, with(categories(), "linkedResources", []any{map[string]any{"applicationName": "Acme"}})), ""},
		{"nothing", byMarkers, parse(t, contacts, categories("Friends")), ""},
		{"protected by its profile", byMarkers, parse(t, contacts, categories(plugin, "family")), "protected"},
		{"protected by its profile's property", byMarkers, parse(t, contacts, properties(categories(plugin), "String {00020329-0000-0000-C000-000000000046} Name mine", "")), "protected"},
		{"kept from any CRM", byMarkers, parse(t, contacts, properties(categories(plugin), keepOut, "1")), "protected"},
		{"kept from any CRM, and purged by category", purge, parse(t, contacts, properties(categories(plugin), keepOut, "1")), "protected"},
		{"tagged", tagging, parse(t, contacts, categories()), "tag"},
		{"left since it is in the folder", tagging, parse(t, below("Salesforce_Sync", 1), categories()), "still-marked"},
		{"left since it is linked", tagging, parse(t, contacts, properties(categories(), linkState, "1")), "still-marked"},
		{"left since a date is marked", tagging, series(t, categories(), categories(plugin)), "still-marked"},
		{"a meeting", byMarkers, parse(t, calendar, with(with(properties(categories(), linkState, "2"), "isOrganizer", true), "attendees", invited())), "mails-attendees"},
	}
	for _, c := range cases {
		part := plan.For(c.rules, ann, []item.Item{c.item})
		if got := outcomeOf(part); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if err := plan.Make(tenant, c.rules, []plan.Mailbox{part}).Check(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, s := range part.Steps {
			if hazard, detail := c.rules.Recheck(ann, s, c.item); hazard != "" {
				t.Errorf("%s: rechecked %s, %s", c.name, hazard, detail)
			}
		}
	}
	if len(cases) < 18 {
		t.Fatalf("only %d cases", len(cases))
	}
}

func outcomeOf(m plan.Mailbox) string {
	switch {
	case len(m.Steps) > 0 && m.Steps[0].Action == plan.SetCategories:
		return "tag"
	case len(m.Steps) > 0:
		return m.Steps[0].Marker
	case len(m.Held) > 0:
		return string(m.Held[0].Hazard)
	}
	return ""
}

// TestRecheckNeedsTheMarker: what has lost its marker meanwhile is left alone.
func TestRecheckNeedsTheMarker(t *testing.T) {
	marked := parse(t, contacts, properties(categories(), linkState, "2"))
	step := plan.For(byMarkers, ann, []item.Item{marked}).Steps[0]
	if step.Profile != "sfo" || !strings.Contains(step.Why, "by profile sfo") {
		t.Errorf("the step says %+v", step)
	}
	bare := parse(t, contacts, categories())
	if hazard, _ := byMarkers.Recheck(ann, step, bare); hazard != plan.Changed {
		t.Errorf("an item without the marker: %q", hazard)
	}
}

// TestStepsNameTheirMarker: a plan that was made up is refused.
func TestStepsNameTheirMarker(t *testing.T) {
	good := func() plan.Plan {
		items := []item.Item{parse(t, contacts, categories(plugin)), parse(t, below("Salesforce_Sync", 1), with(categories(), "id", "y"))}
		return plan.Make(tenant, byMarkers, []plan.Mailbox{plan.For(byMarkers, ann, items)})
	}
	if p := good(); p.Check() != nil || len(p.Mailboxes[0].Steps) != 2 {
		t.Fatalf("%v, %+v", p.Check(), p.Mailboxes)
	}
	for name, change := range map[string]func(*plan.Step){
		"no marker":                         func(s *plan.Step) { s.Profile, s.Marker = "", "" },
		"a marker of no profile":            func(s *plan.Step) { s.Profile = "other" },
		"a marker that the profile has not": func(s *plan.Step) { s.Marker = `folder "Contacts"` },
		"a marker of another kind":          func(s *plan.Step) { s.Marker = `application "Acme CRM"` },
		"a category that it does not carry": func(s *plan.Step) { s.Marker, s.Before = `category "Sync with Salesforce"`, []string{"Friends"} },
		"a category that is protected":      func(s *plan.Step) { s.Before = append(s.Before, "FAMILY") },
	} {
		for i := range 2 {
			p := good()
			change(&p.Mailboxes[0].Steps[i])
			if err := p.Check(); !errors.Is(err, plan.ErrUnsafe) {
				t.Errorf("%s, step %d: %v", name, i, err)
			}
		}
	}
	tagging := tag
	tagging.Profiles = []marker.Set{sfo}
	p := plan.Make(tenant, tagging, []plan.Mailbox{plan.For(tagging, ann, []item.Item{parse(t, contacts, categories())})})
	p.Mailboxes[0].Steps[0].Before, p.Mailboxes[0].Steps[0].After = []string{plugin}, []string{plugin, "Personal"}
	if err := p.Check(); !errors.Is(err, plan.ErrUnsafe) {
		t.Errorf("a marked item to be tagged: %v", err)
	}
}

func TestProfilesThatAreRefused(t *testing.T) {
	change := func(f func(*plan.Rules, *marker.Set)) plan.Rules {
		r, set := byMarkers, sfo
		set.Markers, set.Protect = slices.Clone(sfo.Markers), slices.Clone(sfo.Protect)
		f(&r, &set)
		if r.Profiles != nil {
			r.Profiles = append([]marker.Set{set}, r.Profiles[1:]...)
		}
		return r
	}
	if err := change(func(*plan.Rules, *marker.Set) {}).Check(); err != nil {
		t.Fatal(err)
	}
	cases := map[string]plan.Rules{
		"nothing":             change(func(r *plan.Rules, _ *marker.Set) { r.Profiles = nil }),
		"no name":             change(func(_ *plan.Rules, s *marker.Set) { s.Name = " " }),
		"no markers":          change(func(_ *plan.Rules, s *marker.Set) { s.Markers = nil }),
		"the same twice":      change(func(r *plan.Rules, _ *marker.Set) { r.Profiles = []marker.Set{sfo, sfo} }),
		"a marker of nothing": change(func(_ *plan.Rules, s *marker.Set) { s.Markers[0].Category = "" }),
		"a protected category": change(func(_ *plan.Rules, s *marker.Set) {
			s.Markers[0].Category = "don\u2019t sync with salesforce"
		}),
		"a protected property":                            change(func(_ *plan.Rules, s *marker.Set) { s.Markers[2] = marker.Marker{Property: keepOut, Kinds: people} }),
		"a category that its own protects":                change(func(_ *plan.Rules, s *marker.Set) { s.Protect[0].Category = "sync with salesforce" }),
		"a category that the flag protects":               change(func(r *plan.Rules, _ *marker.Set) { r.Protect = []string{plugin} }),
		"a category of the rules that a profile protects": change(func(r *plan.Rules, _ *marker.Set) { r.Categories = []string{"Family"} }),
		"the tag": change(func(r *plan.Rules, _ *marker.Set) { r.Purpose, r.Tag = plan.TagPersonal, "SYNC with Salesforce" }),
		"an undo": change(func(r *plan.Rules, _ *marker.Set) { r.Purpose, r.Run = plan.Undo, "purge-1" }),
	}
	for name, r := range cases {
		if err := r.Check(); !errors.Is(err, plan.ErrRules) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOrderOfProfilesDoesNotMatter: neither for the digest, nor for which one is
// named.
func TestOrderOfProfilesDoesNotMatter(t *testing.T) {
	other := marker.Set{Name: "another", Markers: []marker.Marker{{Category: plugin, Kinds: people}}}
	var digests []string
	for _, sets := range [][]marker.Set{{sfo, other}, {other, sfo}} {
		r := byMarkers
		r.Profiles = sets
		p := plan.Make(tenant, r, []plan.Mailbox{plan.For(r, ann, []item.Item{parse(t, contacts, categories(plugin))})})
		if got := p.Mailboxes[0].Steps[0].Profile; got != "another" {
			t.Errorf("the step names %s", got)
		}
		digests = append(digests, p.Digest())
	}
	if digests[0] != digests[1] {
		t.Errorf("digests %q", digests)
	}
}

// TestProperties names what must be read: without it a rule would see nothing.
func TestProperties(t *testing.T) {
	for _, c := range []struct {
		rules plan.Rules
		want  []string
	}{
		{byMarkers, []string{keepOut, linkState, "String {00020329-0000-0000-C000-000000000046} Name mine"}},
		{purge, []string{keepOut}},
		{tag, nil},
	} {
		got := c.rules.Properties()
		for _, id := range c.want {
			if !slices.Contains(got, id) {
				t.Errorf("%s: %q lacks %s", c.rules.Purpose, got, id)
			}
		}
		if c.want == nil && len(got) > 0 {
			t.Errorf("%s: %q", c.rules.Purpose, got)
		}
	}
}
