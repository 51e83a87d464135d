package plan_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

func sending(r plan.Rules) plan.Rules   { r.Meetings = plan.SendCancellations; return r }
func permanent(r plan.Rules) plan.Rules { r.Permanent = true; return r }

// TestRemovals is the table of how a purge deletes what, and whom that mails.
func TestRemovals(t *testing.T) {
	todo := item.Folder{Kind: item.Tasks, ID: "todo", Path: "Tasks"}
	guests := func(addresses ...string) map[string]any {
		var all []any
		for _, a := range addresses {
			all = append(all, map[string]any{"emailAddress": map[string]any{"address": a}})
		}
		return map[string]any{"id": "x", "@odata.etag": "v1", "categories": []string{plugin}, "attendees": all}
	}
	contact := parse(t, contacts, categories(plugin))
	task := parse(t, todo, categories(plugin))
	appointment := parse(t, calendar, with(categories(plugin), "isOrganizer", true))
	meeting := parse(t, calendar, with(guests("bo@fabrikam.example", "Al@fabrikam.example", "BO@fabrikam.example"), "isOrganizer", true))
	copied := parse(t, calendar, with(guests("bo@fabrikam.example"), "isOrganizer", false))
	dates := series(t, guests("bo@fabrikam.example"), guests("cy@fabrikam.example"))
	quiet := series(t, categories(plugin), categories(plugin))
	cases := []struct {
		name  string
		rules plan.Rules
		item  item.Item
		want  plan.Action // empty: held
		mails string
	}{
		{"a contact", purge, contact, plan.Delete, ""},
		{"a meeting", purge, meeting, "", ""},
		{"a meeting, mailed", sending(purge), meeting, plan.Delete, "al@fabrikam.example bo@fabrikam.example"},
		{"a series, mailed", sending(purge), dates, plan.Delete, "bo@fabrikam.example cy@fabrikam.example"},
		{"a series of nobody", sending(purge), quiet, plan.Delete, ""},
		{"an unread series is held all the same", sending(purge), unread(series(t, guests("bo@fabrikam.example"), guests())), "", ""},
		{"an attendee's copy mails nobody", sending(purge), copied, plan.Delete, ""},
		{"a contact for good", permanent(purge), contact, plan.DeletePermanently, ""},
		{"an appointment for good", permanent(purge), appointment, plan.DeletePermanently, ""},
		{"an attendee's copy for good", permanent(purge), copied, plan.DeletePermanently, ""},
		{"a task never", permanent(purge), task, plan.Delete, ""},
		{"a meeting never", permanent(purge), meeting, "", ""},
		{"a meeting, mailed, never for good", sending(permanent(purge)), meeting, plan.Delete, "al@fabrikam.example bo@fabrikam.example"},
		{"a series that mails never", permanent(purge), dates, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := plan.Make(tenant, c.rules, []plan.Mailbox{plan.For(c.rules, ann, []item.Item{c.item})})
			if err := p.Check(); err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if p.Totals().HeldBy[plan.MailsAttendees]+p.Totals().HeldBy[plan.Unreadable] != 1 || p.Totals().Steps() != 0 {
					t.Fatalf("%+v", p.Totals())
				}
				return
			}
			s := p.Mailboxes[0].Steps[0]
			if s.Action != c.want || strings.Join(s.Mails, " ") != c.mails || (c.mails != "") != slices.Contains(s.Hazards, plan.MailsAttendees) {
				t.Errorf("%s, mails %q, hazards %q", s.Action, s.Mails, s.Hazards)
			}
			if got := strings.Join(p.Mailed(), " "); got != c.mails {
				t.Errorf("the plan mails %q", got)
			}
			if totals := p.Totals(); totals.Deletes != 1 || (totals.Permanent == 1) != (c.want == plan.DeletePermanently) {
				t.Errorf("%+v", totals)
			}
			if again, err := plan.Decode(p.Encode()); err != nil || again.Digest() != p.Digest() {
				t.Errorf("read back: %v", err)
			}
		})
	}
	if len(cases) < 14 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// TestRemovalsThatAreRefused: what the rules do not allow does not pass the last
// look, whoever wrote it into the plan.
func TestRemovalsThatAreRefused(t *testing.T) {
	mails := plan.Step{
		Action: plan.Delete, Kind: item.Events, ID: "x", Before: []string{plugin}, Hazards: []plan.Hazard{plan.MailsAttendees}, Mails: []string{"bo@fabrikam.example"},
	}
	quiet := plan.Step{Action: plan.Delete, Kind: item.Events, ID: "x", Before: []string{plugin}}
	as := func(s plan.Step, change func(*plan.Step)) plan.Step { change(&s); return s }
	cases := map[string]struct {
		rules plan.Rules
		step  plan.Step
		good  bool
	}{
		"cancellations that were asked for":    {sending(purge), mails, true},
		"nobody asked for them":                {purge, mails, false},
		"it does not say whom":                 {sending(purge), as(mails, func(s *plan.Step) { s.Mails = nil }), false},
		"it says whom, and no hazard":          {sending(purge), as(mails, func(s *plan.Step) { s.Hazards = nil }), false},
		"for good":                             {permanent(purge), as(quiet, func(s *plan.Step) { s.Action = plan.DeletePermanently }), true},
		"for good, nobody asked":               {purge, as(quiet, func(s *plan.Step) { s.Action = plan.DeletePermanently }), false},
		"for good, a task":                     {permanent(purge), as(quiet, func(s *plan.Step) { s.Action, s.Kind = plan.DeletePermanently, item.Tasks }), false},
		"for good, and it mails":               {sending(permanent(purge)), as(mails, func(s *plan.Step) { s.Action = plan.DeletePermanently }), false},
		"for good, not the plug-in's":          {permanent(purge), as(quiet, func(s *plan.Step) { s.Action, s.Before = plan.DeletePermanently, nil }), false},
		"cancellations of a protected meeting": {sending(purge), as(mails, func(s *plan.Step) { s.Before = append(s.Before, "Don't Sync with Salesforce") }), false},
	}
	for name, c := range cases {
		err := plan.Make(tenant, c.rules, []plan.Mailbox{{Account: ann, Steps: []plan.Step{c.step}}}).Check()
		if (err == nil) != c.good || err != nil && !errors.Is(err, plan.ErrUnsafe) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, rules := range map[string]plan.Rules{
		"an unknown way":       {Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{plugin}, Meetings: "ask"},
		"tagging for good":     permanent(tag),
		"tagging with notices": sending(tag),
	} {
		if err := rules.Check(); !errors.Is(err, plan.ErrRules) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(cases) < 10 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// TestRecheckNamesEverybodyMailed: whom the plan does not name is not mailed.
func TestRecheckNamesEverybodyMailed(t *testing.T) {
	meeting := parse(t, calendar, with(with(categories(plugin), "isOrganizer", true), "attendees", invited()))
	rules := sending(purge)
	s := plan.For(rules, ann, []item.Item{meeting}).Steps[0]
	if hazard, detail := rules.Recheck(ann, s, meeting); hazard != "" {
		t.Errorf("as planned: %s, %s", hazard, detail)
	}
	meeting.Event.Attendees = append(meeting.Event.Attendees, "ceo@fabrikam.example")
	if hazard, _ := rules.Recheck(ann, s, meeting); hazard != plan.MailsAttendees {
		t.Errorf("one more attendee: %q", hazard)
	}
	appointment := plan.Step{Action: plan.Delete, Kind: item.Events, ID: "x"}
	if hazard, _ := rules.Recheck(ann, appointment, meeting); hazard != plan.MailsAttendees {
		t.Errorf("an appointment that became a meeting: %q", hazard)
	}
}
