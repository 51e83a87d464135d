package profile_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/profile"
)

const named = "{00020329-0000-0000-C000-000000000046} Name "

// row is a line of the catalogue, as it was researched and not as it was built
// in: what a plug-in leaves, and what comes of it.
type row struct {
	profile, kind, name string
	// on are c, e and t for the kinds, m for mails.
	on string
	// use is purge, generic, hint, mails or protect.
	use string
}

func rows() []row {
	all := []row{
		{"salesforce-for-outlook", "category", "Sync with Salesforce", "cet", "purge"},
		{"salesforce-for-outlook", "category", "Don't Sync with Salesforce", "cet", "protect"},
		{"salesforce-for-outlook", "category", "Added to Salesforce", "e", "purge"},
		{"salesforce-lightning-sync", "folder", "Salesforce_Sync", "c", "purge"},
		{"linkpoint", "category", "Salesforce", "cet", "generic"},
		{"linkpoint", "folder", "Salesforce Contacts", "c", "purge"},
		{"linkpoint", "folder", "Salesforce Tasks", "t", "purge"},
		{"linkpoint", "folder", "Salesforce Emails", "", "mails"},
		{"linkpoint", "folder", "SF Contact Sync", "c", "purge"},
		{"copilot-for-sales", "category", "Saved to Salesforce", "", "mails"},
		{"copilot-for-sales", "category", "Tracked to Dynamics 365", "", "mails"},
		{"dynamics-365", "property", "Double " + named + "crmLinkState", "ce", "purge"},
		{"sage-crm", "category", "CRM Contact", "c", "purge"},
		{"sap-crm", "category", "SAP CRM", "cet", "purge"},
		{"sap-cloud-for-customer", "category", "SAP Cloud for Customer", "cet", "purge"},
		{"sap-cloud-for-customer", "folder", "SAP Contacts", "c", "purge"},
		{"sap-sales-cloud", "category", "SAP Sales Cloud", "cet", "purge"},
		{"sap-sales-cloud", "category", "Account", "cet", "generic"},
		{"sap-sales-cloud", "category", "Individual Customer", "cet", "generic"},
		{"sap-sales-cloud", "category", "Error in SAP Sales Cloud", "cet", "hint"},
		{"sap-sales-cloud", "folder", "SAP Contact", "c", "purge"},
		{"sap-sales-cloud", "folder", "SAP Contacts", "c", "purge"},
		{"sap-sales-cloud", "folder", "SAP Accounts", "c", "purge"},
		{"sap-sales-cloud", "folder", "SAP Individual Customer", "c", "purge"},
		{"maximizer", "category", "Maximizer", "c", "purge"},
		{"zoho-crm", "category", "CRM", "cet", "generic"},
		{"zoho-crm", "folder", "Zoho CRM Contacts", "c", "purge"},
		{"netsuite-cloudextend", "category", "Synced by CloudExtend", "", "mails"},
		{"netsuite-cloudextend", "category", "Attached to NetSuite", "", "mails"},
		{"netsuite-cloudextend", "category", "CloudExtend Autopilot", "", "mails"},
		{"netsuite-cloudextend", "category", "Failed to Sync", "", "mails"},
		{"suitecrm", "property", "String " + named + "SEntryID", "ce", "purge"},
		{"suitecrm", "property", "String " + named + "SOModifiedDate", "ce", "hint"},
		{"suitecrm", "property", "String " + named + "SType", "ce", "hint"},
		{"suitecrm", "property", "String " + named + "ShouldNotSyncWithCRM", "ce", "protect"},
		{"suitecrm", "category", "SuiteCRM", "", "mails"},
		{"oracle-crm-on-demand", "property", "String " + named + "iCRMId", "ce", "hint"},
		{"pipeliner", "folder", "Pipeliner", "c", "purge"},
		{"quickbooks", "category", "QB Customer", "c", "purge"},
		{"quickbooks", "category", "QB Vendor", "c", "purge"},
		{"quickbooks", "category", "QB Other", "c", "purge"},
		{"quickbooks", "category", "Personal", "cet", "protect"},
		{"cirasync", "category", "Administrator", "c", "generic"},
		{"riva", "folder", "Lost & Found", "cet", "hint"},
		{"riva", "folder", "Lost and Found", "cet", "hint"},
	}
	for _, name := range []string{
		"Tracked to Dynamics 365", "Tracked to Microsoft Dynamics CRM", "Tracked to Dynamics CRM", "Tracked to Dynamics", "Suivi dans Dynamics 365",
		"Suivi dans Microsoft Dynamics CRM", "Suivi vers Dynamics 365", "Suivi vers Microsoft Dynamics CRM", "Suivi dans Dynamics",
	} {
		all = append(all, row{"dynamics-365", "category", name, "et", "purge"})
	}
	for _, name := range []string{
		"crmid", "crmorgid", "crmEntryID", "crmObjectTypeCode", "crmRegardingObjectId", "crmRegardingObjectTypeCode", "crmxml", "crmpartyinfo",
		"crmSssPromoteTracker", "crmTrackedBySender", "crmAsyncSend", "crmmessageid", "crmOwnerId",
	} {
		all = append(all, row{"dynamics-365", "property", "String " + named + name, "ce", "hint"})
	}
	return all
}

// markerless are the products of which the catalogue knows no marker.
var markerless = []string{
	"netsuite-for-outlook", "sugarcrm", "infor-crm", "act", "goldmine", "hubspot", "pipedrive", "insightly", "insideview", "o365synchronizer",
}

func builtin(t testing.TB) profile.Catalogue {
	t.Helper()
	all, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestKnownIsFindInAll: whichever way a profile is looked up.
func TestKnownIsFindInAll(t *testing.T) {
	all := builtin(t)
	names := []string{"", " ", "../builtin/act", "act.yaml", "salesforce-for-outlok", "nothing like it"}
	for _, p := range all {
		names = append(names, p.Name, " "+strings.ToUpper(p.Name)+" ")
	}
	for _, name := range names {
		want, wrong := all.Find(name)
		got, err := profile.Known(name)
		if !reflect.DeepEqual(got, want) || (err == nil) != (wrong == nil) || err != nil && err.Error() != wrong.Error() {
			t.Errorf("%q: %s, %v; want %s, %v", name, got.Name, err, want.Name, wrong)
		}
	}
	if len(names) < 20 {
		t.Errorf("only %d names", len(names))
	}
}

func find(t testing.TB, name string) profile.Profile {
	t.Helper()
	p, err := builtin(t).Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var letters = map[item.Kind]string{item.Contacts: "c", item.Events: "e", item.Tasks: "t"}

// item makes an item of the kind that bears the row's marker under that name.
func (r row) item(t testing.TB, kind item.Kind, name string) item.Item {
	t.Helper()
	f := item.Folder{Kind: kind, Path: "Default", Default: true}
	members := map[string]any{"id": "x"}
	switch r.kind {
	case "category":
		members["categories"] = []string{"Friends", name}
	case "folder":
		f = item.Folder{Kind: kind, Path: name}
		if kind == item.Contacts {
			f.Path, f.Parent, f.Depth = "Contacts/"+name, "top", 1
		}
	case "property":
		members["singleValueExtendedProperties"] = []any{map[string]any{"id": name, "value": "2"}}
	}
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

// namesakes are what else may be called so and is no marker of the plug-in: a
// folder that has the category's name, and the other way round.
func (r row) namesakes(all []row) (others []row) {
	for _, kind := range []string{"category", "folder"} {
		other := row{profile: r.profile, kind: kind, name: r.name}
		known := func(o row) bool {
			return o.profile == other.profile && o.kind == kind && item.SameCategory(o.name, other.name)
		}
		if r.kind != "property" && !slices.ContainsFunc(all, known) {
			others = append(others, other)
		}
	}
	return others
}

// misses are names that are like the row's and are not it.
func (r row) misses() []string {
	if r.kind == "property" {
		return []string{r.name + "s", strings.Replace(r.name, "00020329", "00020328", 1), strings.Replace(r.name, "Name ", "Name x", 1)}
	}
	all := []string{r.name + " 2", "My " + r.name, r.name + ".", r.name[:len(r.name)-1], r.name[1:], r.name + ", Friends", "x" + r.name, r.name + "; " + r.name}
	for old, other := range map[string][]string{" ": {"  ", "\u00a0", "", "_"}, "'": {"", "`", " "}, "&": {"and ", "+"}} {
		for _, with := range other {
			if strings.Contains(r.name, old) {
				all = append(all, strings.ReplaceAll(r.name, old, with))
			}
		}
	}
	return all
}

// spellings are names that Outlook and people take for the row's.
func (r row) spellings() []string {
	if r.kind == "property" {
		return []string{r.name}
	}
	return []string{r.name, strings.ToUpper(r.name), " " + strings.ToLower(r.name) + " ", strings.ReplaceAll(r.name, "'", "\u2019")}
}

// TestCatalogue: every row has items that it matches, on its kinds and no other,
// and near misses that it does not.
func TestCatalogue(t *testing.T) {
	all := rows()
	checks := 0
	for _, r := range all {
		p := find(t, r.profile)
		set, err := p.Set(nil)
		if err != nil && !errors.Is(err, profile.ErrNothing) {
			t.Fatal(err)
		}
		named, err := p.Set(p.Generic())
		if err != nil && !errors.Is(err, profile.ErrNothing) {
			t.Fatal(err)
		}
		for _, kind := range item.Kinds() {
			mine := strings.Contains(r.on, letters[kind])
			check := func(name string, what string, markers []marker.Marker, want bool) {
				checks++
				if _, got := marker.First(markers, r.item(t, kind, name)); got != want {
					t.Errorf("%s: %s %q on %s, %s: %v", r.profile, r.kind, name, kind, what, got)
				}
			}
			for _, name := range r.spellings() {
				check(name, "purged", set.Markers, mine && r.use == "purge")
				check(name, "purged where generic words are named", named.Markers, mine && (r.use == "purge" || r.use == "generic"))
				check(name, "protected", set.Protect, mine && r.use == "protect")
			}
			for _, o := range r.namesakes(all) {
				checks++
				if m, got := marker.First(slices.Concat(named.Markers, set.Protect), o.item(t, kind, r.name)); got {
					t.Errorf("%s: %s matches a %s of that name on %s", r.profile, m, o.kind, kind)
				}
			}
			if r.kind == "folder" {
				it := r.item(t, kind, r.name)
				for _, f := range []item.Folder{
					{Kind: kind, Path: r.name, Default: true},
					{Kind: kind, Path: "Private " + r.name},
					{Kind: item.Contacts, Path: "Contacts/Private/" + r.name, Parent: "up", Depth: 2},
					{Kind: item.Contacts, Path: "Contacts/" + r.name + "/Mine", Parent: "up", Depth: 2},
				} {
					it.Folder = f
					checks++
					if m, got := marker.First(named.Markers, it); got {
						t.Errorf("%s: %s matches %q of %s", r.profile, m, f.Path, kind)
					}
				}
			}
			for _, name := range r.misses() {
				if other := slices.ContainsFunc(all, func(o row) bool { return o.profile == r.profile && o.kind == r.kind && item.SameCategory(o.name, name) }); !other {
					check(name, "a near miss", slices.Concat(named.Markers, set.Protect), false)
				}
			}
		}
	}
	if len(all) < 67 || checks < 4000 {
		t.Fatalf("%d rows, %d checks", len(all), checks)
	}
}

// TestNothingElseIsBuiltIn: what profiles have beside the catalogue's rows are
// spellings of its properties, whose names are compared with their case.
func TestNothingElseIsBuiltIn(t *testing.T) {
	all, names := rows(), slices.Clone(markerless)
	for _, p := range builtin(t) {
		for _, m := range slices.Concat(p.Markers, p.Protect) {
			same := func(r row) bool {
				return r.profile == p.Name && r.kind == m.Type() && (r.name == m.Name() || m.Property != "" && strings.EqualFold(r.name, m.Name()))
			}
			if !slices.ContainsFunc(all, same) {
				t.Errorf("%s: %s is in no row", p.Name, m)
			}
			if m.Source == "" || m.Confidence == "" {
				t.Errorf("%s: %s has no source", p.Name, m)
			}
		}
		if len(p.Markers) == 0 && (!slices.Contains(markerless, p.Name) || p.Note == "") {
			t.Errorf("%s: no marker, and no word why", p.Name)
		}
		names = append(names, p.Name)
	}
	for _, name := range markerless {
		if _, err := find(t, name).Set(nil); !errors.Is(err, profile.ErrNothing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(markerless) < 10 || len(builtin(t)) < 28 {
		t.Fatalf("%d and %d profiles", len(markerless), len(builtin(t)))
	}
}

// TestPremises are those of the table that was researched.
func TestPremises(t *testing.T) {
	want := map[string]string{
		"dynamics-365": "no yes yes", "salesforce-for-outlook": "yes yes yes", "salesforce-lightning-sync": "no unknown unknown", "sage-crm": "yes yes yes",
		"oracle-crm-on-demand": "no unknown unknown", "riva": "no yes yes",
	}
	for _, p := range builtin(t) {
		got := strings.Join([]string{string(p.Premise.Contacts), string(p.Premise.Events), string(p.Premise.Tasks)}, " ")
		if expected := want[p.Name]; got != expected && (expected != "" || got != "unknown unknown unknown") {
			t.Errorf("%s: %s", p.Name, got)
		}
		if got != "unknown unknown unknown" && p.Premise.Source == "" {
			t.Errorf("%s: %s without a source", p.Name, got)
		}
	}
}

// TestBuiltInFilesFitTheSchema, are named as their profiles, and come back as
// they were when they are written.
func TestBuiltInFilesFitTheSchema(t *testing.T) {
	names, err := filepath.Glob("builtin/*.yaml")
	if err != nil || len(names) != len(builtin(t)) {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fits(t, data, true)
		p := find(t, strings.TrimSuffix(filepath.Base(name), ".yaml"))
		again, err := profile.Read(p.Encode())
		if err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("%s: %v, %+v", name, err, again)
		}
	}
}

func TestFind(t *testing.T) {
	for name, like := range map[string]string{
		"salesforce-for-outlok": "salesforce-for-outlook", "dynamics": "dynamics-365", "Salesforce": "salesforce-for-outlook", "siebel": "oracle-crm-on-demand",
		"zoho": "zoho-crm", "sage": "sage-crm", "maximiser": "maximizer", "qwertz": "", "": "", "x": "",
	} {
		_, err := builtin(t).Find(name)
		if !errors.Is(err, profile.ErrUnknown) || strings.Contains(err.Error(), "did you mean") != (like != "") || !strings.Contains(err.Error(), like) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if p, err := builtin(t).Find(" Zoho-CRM "); err != nil || p.Name != "zoho-crm" {
		t.Errorf("%v, %v", p.Name, err)
	}
}

func TestKnown(t *testing.T) {
	all := builtin(t)
	for name, product := range map[string]string{
		"tracked TO dynamics 365 ": "Dynamics 365, Dynamics CRM for Outlook", "Saved to Salesforce": "Copilot for Sales", "Sync with Salesforce": "Salesforce for Outlook",
		"": "", "Friends": "", "Don't Sync with Salesforce": "", "Sync": "",
	} {
		p, known := all.Known(name)
		if known != (product != "") || p.Product != product {
			t.Errorf("%q: %q", name, p.Product)
		}
	}
}

// TestOwnProfile: what the catalogue can only describe, since its name depends on
// the CRM's address, is written down by whoever knows that.
func TestOwnProfile(t *testing.T) {
	p, err := profile.Read([]byte("name: ours\nproduct: Our SuiteCRM\nmarkers:\n  - property: \"String " + named + "CrmId0123456789ABCDEF0123456789ABCDEF\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := p.Set(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := row{kind: "property"}
	for name, want := range map[string]bool{"CrmId0123456789ABCDEF0123456789ABCDEF": true, "CrmId1123456789ABCDEF0123456789ABCDEF": false, "CrmId": false} {
		if _, got := marker.First(set.Markers, r.item(t, item.Events, "String "+named+name)); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
