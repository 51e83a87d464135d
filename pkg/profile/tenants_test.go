package profile_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/profile"
)

// box is one mailbox of a tenant file, whose items are read without a sandbox.
type box struct {
	account mailbox.Account
	items   []item.Item
}

type tenantFile struct {
	Users []struct {
		ID          string         `json:"id"`
		UPN         string         `json:"userPrincipalName"`
		UserPurpose string         `json:"userPurpose"`
		Contacts    []tenantFolder `json:"contactFolders"`
		Calendars   []tenantFolder `json:"calendars"`
		Lists       []tenantFolder `json:"todoLists"`
	} `json:"users"`
}

type tenantFolder struct {
	ID, Name, DisplayName, ParentFolderID, WellKnownName, WellknownListName string
	IsDefaultCalendar                                                       bool
	Contacts, Events, Tasks                                                 []json.RawMessage
}

func load(t *testing.T, name string) []box {
	t.Helper()
	data, err := os.ReadFile("../../../shared/data/" + name)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not there", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	var file tenantFile
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	var all []box
	for _, u := range file.Users {
		b := box{account: mailbox.Account{ID: u.ID, UPN: u.UPN, Purpose: "user"}}
		for _, f := range u.Contacts {
			folder := item.Folder{Kind: item.Contacts, ID: f.ID, Path: f.DisplayName, Name: f.DisplayName, Default: f.WellKnownName == "contacts"}
			if !folder.Default {
				folder.Path, folder.Parent, folder.Depth = "Contacts/"+f.DisplayName, "top", 1
			}
			b.add(t, folder, f.Contacts)
		}
		for _, f := range u.Calendars {
			b.add(t, item.Folder{Kind: item.Events, ID: f.ID, Path: f.Name, Name: f.Name, Default: f.IsDefaultCalendar}, f.Events)
		}
		for _, f := range u.Lists {
			b.add(t, item.Folder{Kind: item.Tasks, ID: f.ID, Path: f.DisplayName, Name: f.DisplayName, Default: f.WellknownListName == "defaultList"}, f.Tasks)
		}
		all = append(all, b)
	}
	return all
}

func (b *box) add(t *testing.T, f item.Folder, raws []json.RawMessage) {
	t.Helper()
	for _, raw := range raws {
		it, err := item.Parse(f, raw)
		if err != nil {
			t.Fatal(err)
		}
		b.items = append(b.items, it)
	}
}

// theirs says, by names written out here, on how many items of exports.json a
// profile's marks are. What is not named has none.
var theirs = map[string]struct {
	categories []string
	folders    []string
	linked     bool
	items      int
}{
	"salesforce-for-outlook":    {categories: []string{"Sync with Salesforce", "sync with salesforce", "Sync with Salesforce ", "Added to Salesforce"}, items: 599},
	"salesforce-lightning-sync": {folders: []string{"Contacts/Salesforce_Sync"}, items: 5},
	"linkpoint":                 {categories: []string{"Salesforce"}, folders: []string{"Contacts/Salesforce Contacts", "Salesforce Tasks"}, items: 45},
	"dynamics-365":              {categories: []string{"Tracked to Dynamics 365", "Tracked To Dynamics 365", "Tracked to Dynamics CRM"}, linked: true, items: 22},
	"sage-crm":                  {categories: []string{"CRM Contact", "crm contact"}, items: 2},
	"sap-crm":                   {categories: []string{"SAP CRM", "sap crm", "SAP Crm"}, items: 43},
	"sap-cloud-for-customer":    {folders: []string{"Contacts/SAP Contacts"}, items: 5},
	"sap-sales-cloud":           {folders: []string{"Contacts/SAP Contacts"}, items: 5},
	"zoho-crm":                  {categories: []string{"CRM"}, items: 56},
}

// TestTrapsStayUntouched: under every profile, generic words named or not, and
// under all of them together, no item of a real tenant is deleted that bears no
// mark of it as written out above, and none that its user protected.
func TestTrapsStayUntouched(t *testing.T) {
	known := builtin(t)
	plans, deleted := 0, 0
	for _, tenant := range []string{"exports.json", "documented.json"} {
		boxes := load(t, tenant)
		for _, p := range known {
			for _, words := range [][]string{nil, p.Generic()} {
				set, err := p.Set(words)
				if errors.Is(err, profile.ErrNothing) {
					continue
				}
				rules := plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Profiles: []marker.Set{set}, Protect: marker.Protected(), IncludeRooms: true}
				if err := rules.Check(); err != nil {
					t.Fatalf("%s: %v", p.Name, err)
				}
				plans++
				n := 0
				for _, b := range boxes {
					part := plan.For(rules, b.account, b.items)
					deleted += len(part.Steps)
					n += len(part.Steps) + len(part.Held)
					for _, s := range part.Steps {
						judge(t, p.Name, s, b.items)
					}
				}
				want := theirs[p.Name].items
				if tenant == "documented.json" {
					want = 0
				}
				if words != nil && n != want || n > want {
					t.Errorf("%s under %s with %q: %d items, want %d", tenant, p.Name, words, n, want)
				}
			}
		}
	}
	t.Logf("%d plans, %d deletions", plans, deleted)
	if plans < 40 || deleted < 1000 {
		t.Fatalf("%d plans, %d deletions", plans, deleted)
	}
}

// judge looks at the bytes of a step's item.
func judge(t *testing.T, name string, s plan.Step, items []item.Item) {
	t.Helper()
	own := theirs[name]
	raw := string(items[slices.IndexFunc(items, func(it item.Item) bool { return it.ID == s.ID && it.Folder.ID == s.FolderID })].Raw)
	carries := slices.ContainsFunc(s.Before, func(c string) bool { return slices.Contains(own.categories, c) })
	linked := strings.Contains(raw, `crmLinkState"`) && (strings.Contains(squeezed(raw), `crmLinkState","value":"1`) || strings.Contains(squeezed(raw), `crmLinkState","value":"2`))
	if !carries && !slices.Contains(own.folders, s.Folder) && (!own.linked || !linked) {
		t.Errorf("%s would delete %q in %q, which carries %q", name, s.Title, s.Folder, s.Before)
	}
	if strings.Contains(strings.ReplaceAll(raw, "\u2019", "'"), "Don't Sync with Salesforce") {
		t.Errorf("%s would delete %q, which is protected", name, s.Title)
	}
}

// squeezed is JSON without the space around its colons and commas.
func squeezed(raw string) string {
	return strings.NewReplacer(`": "`, `":"`, `", "`, `","`).Replace(raw)
}
