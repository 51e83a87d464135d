package gate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/profile"
	"github.com/riva-prep/riva-prep/pkg/rollout/gate"
)

var (
	now = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	old = now.Add(-48 * time.Hour)
	ann = mailbox.Account{ID: "ann", Address: "ann@contoso.example"}
	set = marker.Set{Name: "acme", Markers: []marker.Marker{{Folder: "Acme", Kinds: item.Kinds()}}}
)

func rules() plan.Rules {
	return plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{"Acme"}, Profiles: []marker.Set{set}}
}

func contact(title string, created, modified time.Time, categories ...string) item.Item {
	return item.Item{Kind: item.Contacts, ID: title, Title: title, Created: created, Modified: modified, Categories: categories}
}

// deleting is a plan with one step of each kind, known by that profile.
func deleting(by string, kinds ...item.Kind) plan.Plan {
	part := plan.Mailbox{Account: ann}
	for _, kind := range kinds {
		part.Steps = append(part.Steps, plan.Step{Action: plan.Delete, Kind: kind, ID: string(kind), Profile: by})
	}
	return plan.Plan{Rules: rules(), Mailboxes: []plan.Mailbox{part}}
}

func watch(planned time.Time, items ...item.Item) *gate.Watch {
	w := &gate.Watch{Rules: rules(), Category: "Riva", Now: now, Planned: planned}
	w.Look(ann, items)
	return w
}

func acme(contacts, events, tasks profile.Deletes) []profile.Profile {
	return []profile.Profile{{Name: "acme", Product: "Acme CRM", Premise: profile.Premise{Contacts: contacts, Events: events, Tasks: tasks}}}
}

func TestGates(t *testing.T) {
	harmless := acme(profile.No, profile.No, profile.No)
	cases := []struct {
		name     string
		question gate.Question
		want     string
		evidence string
	}{
		{"nothing stands in the way", gate.Question{Plan: deleting("acme", item.Contacts), Profiles: harmless, Watch: watch(old), IsCanary: true}, "", ""},
		{"nothing is deleted", gate.Question{Plan: deleting("acme"), Profiles: acme(profile.Yes, profile.Yes, profile.Yes), Watch: watch(old, contact("x", now, now, "Acme", "Riva")), NoCanary: true}, "", ""},
		{"it deletes in the CRM", gate.Question{Plan: deleting("acme", item.Contacts, item.Events), Profiles: acme(profile.Yes, profile.No, profile.Yes), IsCanary: true}, "plug-in-off", "contacts of Acme CRM: yes"},
		{"nobody knows", gate.Question{Plan: deleting("acme", item.Tasks), Profiles: acme(profile.No, profile.No, profile.Unknown), IsCanary: true}, "plug-in-off", "tasks of Acme CRM: unknown"},
		{"it deletes what is not touched", gate.Question{Plan: deleting("acme", item.Contacts), Profiles: acme(profile.No, profile.Yes, profile.Yes), IsCanary: true}, "", ""},
		{"a category tells nothing", gate.Question{Plan: deleting("", item.Contacts), Profiles: harmless, IsCanary: true}, "plug-in-off", "contacts by category: unknown"},
		{"a marked item was made", gate.Question{Plan: deleting("acme", item.Contacts), Profiles: harmless, Watch: watch(old, contact("new", now.Add(-23*time.Hour), old, "acme ")), IsCanary: true}, "recent-changes-ok", `1 item, the newest is the contact "new" of ann@contoso.example`},
		{"a marked item was changed", gate.Question{Plan: deleting("acme", item.Contacts), Profiles: harmless, Watch: watch(old, contact("old", old, now, "Acme"), contact("older", old, now.Add(-time.Hour), "Acme")), IsCanary: true}, "recent-changes-ok", `2 items, the newest is the contact "old"`},
		{"a day ago", gate.Question{Plan: deleting("acme", item.Contacts), Profiles: harmless, Watch: watch(old, contact("old", old, now.Add(-gate.Fresh), "Acme")), IsCanary: true}, "", ""},
		{"somebody's own item", gate.Question{Plan: deleting("acme", item.Contacts), Profiles: harmless, Watch: watch(old, contact("own", now, now, "Acme 2")), IsCanary: true}, "", ""},
		{"the server is on", gate.Question{Plan: deleting("acme", item.Contacts), Profiles: harmless, Watch: watch(old, contact("made", now, now, "riva"), contact("there", old.Add(-1), now, "Riva")), IsCanary: true}, "server-active-ok", "1 item, the newest is the contact \"made\" of ann@contoso.example (2026-03-10T12:00:00Z); its first sync would move 2 items to Lost & Found"},
		{"the server is on since the first plan", gate.Question{Plan: deleting("acme", item.Contacts), Profiles: harmless, Watch: watch(old, contact("made", old.Add(time.Hour), old, "Riva")), IsCanary: true}, "server-active-ok", "made"},
		{"its category was there before", gate.Question{Plan: deleting("acme", item.Contacts), Profiles: harmless, Watch: watch(now, contact("made", old, now, "Riva")), IsCanary: true}, "", ""},
		{"no canary yet", gate.Question{Plan: deleting("acme", item.Contacts), Profiles: harmless, NoCanary: true}, "canary-ok", "no canary was deleted"},
		{"a canary that nobody looked at", gate.Question{Plan: deleting("acme", item.Contacts), Profiles: harmless, Deleted: []string{"contact A", "task B"}}, "canary-ok", "the canary deleted contact A, task B"},
		{"everything at once", gate.Question{
			Plan: deleting("acme", item.Contacts), Profiles: acme(profile.Yes, profile.No, profile.No), NoCanary: true, Watch: watch(time.Time{}, contact("x", now, now, "Acme", "Riva")),
		}, "plug-in-off recent-changes-ok server-active-ok canary-ok", ""},
	}
	for _, c := range cases {
		var names []string
		evidence := ""
		for _, closed := range c.question.Closed(func(gate.Name) bool { return false }) {
			names, evidence = append(names, string(closed.Name)), evidence+closed.Evidence
			if closed.Reason == "" || closed.Evidence == "" || closed.Flag() != "--"+string(closed.Name) {
				t.Errorf("%s: %+v", c.name, closed)
			}
		}
		if strings.Join(names, " ") != c.want || !strings.Contains(evidence, c.evidence) {
			t.Errorf("%s: %q closed by %q", c.name, names, evidence)
		}
	}
	if len(cases) < 16 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// TestEachFlagOpensItsOwnGate, and no other.
func TestEachFlagOpensItsOwnGate(t *testing.T) {
	all := gate.Question{
		Plan: deleting("acme", item.Contacts), Profiles: acme(profile.Yes, profile.No, profile.No), NoCanary: true,
		Watch: watch(time.Time{}, contact("x", now, now, "Acme", "Riva")),
	}
	for _, flag := range gate.Names() {
		var left []gate.Name
		for _, closed := range all.Closed(func(name gate.Name) bool { return name == flag }) {
			left = append(left, closed.Name)
		}
		if len(left) != len(gate.Names())-1 || slices.Contains(left, flag) {
			t.Errorf("%s leaves %q", flag, left)
		}
	}
	if len(gate.Names()) != 4 {
		t.Errorf("%d gates", len(gate.Names()))
	}
}
