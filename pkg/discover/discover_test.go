package discover_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/discover"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/profile"
)

const (
	crmID     = "String {00020329-0000-0000-C000-000000000046} Name crmid"
	linkState = "Double {00020329-0000-0000-C000-000000000046} Name crmLinkState"
)

var (
	top      = item.Folder{Kind: item.Contacts, ID: "c", Path: "Contacts", Default: true}
	synced   = item.Folder{Kind: item.Contacts, ID: "s", Path: "Contacts/Salesforce_Sync", Parent: "c", Depth: 1}
	calendar = item.Folder{Kind: item.Events, ID: "e", Path: "Calendar", Default: true}
	holidays = item.Folder{Kind: item.Events, ID: "h", Path: "Holidays", Closed: "read-only calendar"}
	tasks    = item.Folder{Kind: item.Tasks, ID: "t", Path: "Tasks", Default: true}
	ann      = mailbox.Account{ID: "ann", Address: "ann@contoso.example"}
	bo       = mailbox.Account{ID: "bo", Address: "bo@contoso.example"}
)

func known(t testing.TB) profile.Catalogue {
	t.Helper()
	all, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// made is an item of that title, made so many minutes after a certain one.
func made(t testing.TB, f item.Folder, title string, minute int, members map[string]any) item.Item {
	t.Helper()
	all := map[string]any{
		"id": f.ID + title, "displayName": title, "subject": title, "title": title,
		"createdDateTime": time.Date(2026, 3, 1, 9, minute, len(title)%60, 0, time.UTC).Format(time.RFC3339),
	}
	for name, value := range members {
		all[name] = value
	}
	raw, err := json.Marshal(all)
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

func has(pairs ...string) map[string]any {
	var all []any
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, map[string]any{"id": pairs[i], "value": pairs[i+1]})
	}
	return map[string]any{"singleValueExtendedProperties": all}
}

// sample are two mailboxes with something of everything.
func sample(t testing.TB) map[mailbox.Account][]item.Item {
	t.Helper()
	var anns []item.Item
	for i := range 12 { // made at once, on two kinds
		anns = append(anns, made(t, top, fmt.Sprintf("Bulk %02d", i), 0, carries("FooCRM")))
	}
	anns = append(anns,
		made(t, calendar, "Meeting", 5, carries("foocrm ", "Sync with Salesforce")), made(t, calendar, "Dinner", 6, carries("Don\u2019t sync with Salesforce", "Sync with Salesforce")),
		made(t, calendar, "Lunch", 7, carries("Personal")), made(t, calendar, "Talk", 8, carries("CRM")),
		made(t, synced, "Al", 9, nil), made(t, top, "Cy", 10, has(crmID, "17", linkState, "2")), made(t, top, "Di", 11, has(linkState, "0.0", item.MarkProperty, "run 7")),
		made(t, tasks, "Call", 12, map[string]any{"linkedResources": []any{map[string]any{"applicationName": "Acme"}, map[string]any{"applicationName": "riva-prep", "externalId": "run 7"}}}),
		made(t, holidays, "New Year", 0, carries("FooCRM")),
	)
	return map[mailbox.Account][]item.Item{ann: anns, bo: {made(t, top, "Ed", 13, carries("FOOCRM", "FooCRM")), made(t, top, "Flo", 14, nil)}}
}

func find(t *testing.T, f discover.Found, kind, name string) discover.Trace {
	t.Helper()
	for _, trace := range f.Traces {
		if trace.Marker.Type() == kind && trace.Marker.Name() == name {
			return *trace
		}
	}
	t.Errorf("no %s %q", kind, name)
	return discover.Trace{}
}

func TestFound(t *testing.T) {
	s := discover.New(known(t))
	all := sample(t)
	s.Add(ann, all[ann])
	s.Add(bo, all[bo])
	f := s.Found()
	if f.Mailboxes != 2 || f.Items != 23 || f.Looked != 22 {
		t.Errorf("%d mailboxes, %d items, %d looked at", f.Mailboxes, f.Items, f.Looked)
	}
	foo := find(t, f, "category", "FooCRM")
	if foo.Items != 14 || foo.Mailboxes != 2 || foo.On[item.Contacts] != 13 || foo.On[item.Events] != 1 || foo.InBursts != 12 {
		t.Errorf("FooCRM: %+v", foo)
	}
	if !slices.Equal(foo.Spellings, []string{"FooCRM", "FOOCRM", "foocrm "}) || !slices.Equal(foo.Sample, []string{"Bulk 00", "Bulk 01", "Bulk 02"}) {
		t.Errorf("FooCRM: spellings %q, sample %q", foo.Spellings, foo.Sample)
	}
	if foo.Oldest.Minute() != 0 || foo.Newest.Minute() != 13 || len(foo.Profiles) > 0 {
		t.Errorf("FooCRM: %v to %v, known to %q", foo.Oldest, foo.Newest, foo.Profiles)
	}
	for _, want := range []struct {
		kind, name string
		signs      []string
		standing   string
	}{
		{"category", "FooCRM", []string{"on several kinds", "made in bursts"}, ""},
		{"category", "Sync with Salesforce", []string{"known"}, ""},
		{"category", "Don\u2019t sync with Salesforce", nil, "protected"},
		{"category", "Personal", nil, "protected"},
		{"category", "CRM", []string{"known"}, "generic"},
		{"folder", "Salesforce_Sync", []string{"known"}, ""},
		{"property", linkState, []string{"known", "left by a program"}, ""},
		{"property", crmID, []string{"known", "left by a program"}, "hint"},
		{"application", "Acme", []string{"left by a program"}, ""},
	} {
		trace := find(t, f, want.kind, want.name)
		standing := map[bool]string{true: "protected"}[trace.Protected] + map[bool]string{true: "generic"}[trace.Generic] + map[bool]string{true: "hint"}[trace.Hint]
		if !slices.Equal(trace.Signs, want.signs) || standing != want.standing {
			t.Errorf("%s %q: signs %q, %q", want.kind, want.name, trace.Signs, standing)
		}
	}
	if len(f.Traces) != 9 {
		t.Errorf("%d traces", len(f.Traces))
	}
	if seen := find(t, f, "property", linkState).Seen; !reflect.DeepEqual(seen, map[string]int{"2": 1, "0.0": 1}) {
		t.Errorf("values %v", seen)
	}
	if len(f.Bursts) != 1 || f.Bursts[0].Items != 12 || f.Bursts[0].Mailbox != "ann@contoso.example" || f.Bursts[0].Unmarked != 0 {
		t.Errorf("bursts %+v", f.Bursts)
	}
	profiles(t, f)
}

func profiles(t *testing.T, f discover.Found) {
	t.Helper()
	got := map[string][3]int{}
	for _, p := range f.Profiles {
		got[p.Name] = [3]int{p.Items, p.Generic, p.Protected}
	}
	want := map[string][3]int{"salesforce-for-outlook": {1, 0, 1}, "salesforce-lightning-sync": {1, 0, 0}, "dynamics-365": {1, 0, 0}, "zoho-crm": {0, 1, 0}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("profiles %v, want %v", got, want)
	}
}

// TestOrderDoesNotMatter: neither that of the mailboxes nor that of the items.
func TestOrderDoesNotMatter(t *testing.T) {
	all := sample(t)
	var first []byte
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		s, accounts := discover.New(known(t)), []mailbox.Account{ann, bo}
		r.Shuffle(2, func(i, j int) { accounts[i], accounts[j] = accounts[j], accounts[i] })
		for _, account := range accounts {
			items := slices.Clone(all[account])
			r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
			s.Add(account, items)
		}
		data, err := json.Marshal(s.Found())
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = data
		}
		if string(data) != string(first) {
			t.Fatalf("seed %d: %s\nwant %s", seed, data, first)
		}
	}
}

// TestDraft: what was found becomes a profile that can be read, and by which
// nothing is purged that no profile knows, nor what is generic or a hint.
func TestDraft(t *testing.T) {
	s := discover.New(known(t))
	for account, items := range sample(t) {
		s.Add(account, items)
	}
	p, err := profile.Read(s.Found().Draft("discovered").Encode())
	if err != nil {
		t.Fatal(err)
	}
	set, err := p.Set(nil)
	if err != nil {
		t.Fatal(err)
	}
	names := func(all []marker.Marker) (names []string) {
		for _, m := range all {
			names = append(names, m.Name())
		}
		slices.Sort(names)
		return names
	}
	if got, want := names(set.Markers), []string{linkState, "Salesforce_Sync", "Sync with Salesforce"}; !slices.Equal(got, want) {
		t.Errorf("purged by %q, want %q", got, want)
	}
	if got, want := names(set.Protect), []string{"Don\u2019t sync with Salesforce", "Personal"}; !slices.Equal(got, want) {
		t.Errorf("protected %q, want %q", got, want)
	}
	if got, want := p.Generic(), []string{"FooCRM", "Acme", "CRM"}; !slices.Equal(got, want) {
		t.Errorf("generic %q, want %q", got, want)
	}
	for _, m := range set.Markers {
		if m.Property == linkState && !slices.Equal(m.Values, []string{"1", "2"}) {
			t.Errorf("values %q", m.Values)
		}
	}
}

// TestHostileNames: whatever things are called, a draft of them can be read.
func TestHostileNames(t *testing.T) {
	s := discover.New(known(t))
	var items []item.Item
	for i, name := range []string{"a: b", "- c", "\"", "'", "#", "a\u2028", "\x7f", "\ufeffx", "{}", "[", "&a", "*a", "!b", "%c", "@d", "`", "|", ">", "yes", "null", "1.5", "a\nb", "\x1b[2J", "\u202e", "e\u0301"} {
		items = append(items, made(t, top, fmt.Sprint(i), 0, carries(name)), made(t, calendar, fmt.Sprint("e", i), 0, carries(name)))
		items = append(items, made(t, item.Folder{Kind: item.Tasks, ID: fmt.Sprint("l", i), Path: name}, fmt.Sprint("t", i), 0, carries(name)))
	}
	s.Add(ann, items)
	p, err := profile.Read(s.Found().Draft("discovered").Encode())
	if err != nil || len(p.Markers) < 25 {
		t.Fatalf("%v, %d markers", err, len(p.Markers))
	}
}
