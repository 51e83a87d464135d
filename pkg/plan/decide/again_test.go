package decide_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/plan/decide"
)

// said is a list of the plan in which the rows say what is given for their ids.
func said(t rapid.TB, p plan.Plan, decisions map[string]string) decide.List {
	t.Helper()
	all := records(t, written(t, p))
	for _, r := range all[1:] {
		if d := decisions[strings.TrimPrefix(r[11], "'")]; d != "" {
			r[13] = d
		}
	}
	return list(joined(t, all, ','))
}

func decided(t rapid.TB, p plan.Plan, lists ...decide.List) decide.Outcome {
	t.Helper()
	o, err := decide.Decide(p, lists...)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestDecisionsCanBeTakenBack: whatever was kept in one list or in several, one
// more gives back the plan that was there before, to the byte of its digest.
func TestDecisionsCanBeTakenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		keeps, takes := map[string]string{}, map[string]string{}
		for _, m := range p.Mailboxes {
			for _, s := range m.Steps {
				if rapid.Bool().Draw(t, "keep") {
					keeps[s.ID], takes[s.ID] = "keep", "do"
				}
			}
		}
		kept := decided(t, p, said(t, p, keeps))
		fromFile, err := plan.Decode(kept.Plan.Encode())
		if err != nil {
			t.Fatal(err)
		}
		untouched := decided(t, fromFile, said(t, fromFile, nil))
		if untouched.Again != 0 || untouched.Plan.Digest() != fromFile.Digest() {
			t.Fatal("a list that says held took something back")
		}
		back := decided(t, fromFile, said(t, fromFile, takes))
		if back.Plan.Digest() != p.Digest() || back.Again != kept.Kept || back.Kept != 0 {
			t.Fatalf("another plan came back: %d again, %d had been kept", back.Again, kept.Kept)
		}
	})
}

// TestWhoKeepsGoesBeforeWhoTakesBack, and is told.
func TestWhoKeepsGoesBeforeWhoTakesBack(t *testing.T) {
	before := sample()
	before.Mailboxes[0].Sort()
	p := decided(t, before, said(t, before, map[string]string{"-2": "keep"})).Plan
	back, keep, held := said(t, p, map[string]string{"-2": "do"}), said(t, p, map[string]string{"-2": "keep"}), said(t, p, nil)
	back.Name, keep.Name = "back.csv", "keep.csv"
	if o := decided(t, p, back, keep, held); o.Again != 0 || len(o.Disputed) != 1 || o.Disputed[0].ID != "-2" || o.Plan.Digest() != p.Digest() {
		t.Errorf("%d again, disputed %+v", o.Again, o.Disputed)
	}
	if o := decided(t, p, held, back); o.Again != 1 || len(o.Disputed) != 0 || o.Plan.Digest() != before.Digest() {
		t.Errorf("%d again, disputed %+v", o.Again, o.Disputed)
	}
}

// TestNothingButADecisionIsTakenBack: each reason for holding an item, as the
// program makes it, and with a step that somebody put into the file.
func TestNothingButADecisionIsTakenBack(t *testing.T) {
	taken := 0
	for _, purpose := range []plan.Purpose{plan.Purge, plan.TagPersonal} {
		for _, hazard := range append(plan.Hazards(), "of a later version") {
			for _, with := range []bool{false, true} {
				p := heldBy(purpose, hazard, with)
				o, err := decide.Decide(p, said(t, p, map[string]string{"x": "do"}))
				if with && hazard == plan.Kept {
					taken++
					if err != nil || o.Again != 1 || o.Plan.Totals().Steps() != 1 {
						t.Errorf("%s, %s: %v, %d again", purpose, hazard, err, o.Again)
					}
					continue
				}
				answer := hazard.Answer(purpose)
				if hazard == plan.Kept {
					answer = "take the plan before it"
				}
				if with {
					if !errors.Is(err, plan.ErrUnsafe) || !errors.Is(p.Check(), plan.ErrUnsafe) {
						t.Errorf("%s, %s, with a step: %v", purpose, hazard, err)
					}
					continue
				}
				if !errors.Is(err, decide.ErrHeld) || !strings.Contains(fmt.Sprint(err), answer) || !reflect.DeepEqual(o, decide.Outcome{}) {
					t.Errorf("%s, %s: %v does not say %q", purpose, hazard, err, answer)
				}
				if err := p.Check(); err != nil {
					t.Errorf("%s, %s: %v", purpose, hazard, err)
				}
			}
		}
	}
	if taken != 2 {
		t.Errorf("%d decisions were taken back", taken)
	}
}

// heldBy is a plan of one held item.
func heldBy(purpose plan.Purpose, hazard plan.Hazard, with bool) plan.Plan {
	rules, step := purge, remove("x", "Ingrid")
	if purpose == plan.TagPersonal {
		rules = plan.Rules{Purpose: purpose, Kinds: item.Kinds(), Categories: []string{}, Protect: []string{}, Tag: "Personal"}
		step.Action, step.Before, step.After = plan.SetCategories, []string{"A"}, []string{"A", "Personal"}
	}
	held := plan.Held{Kind: step.Kind, Folder: step.Folder, ID: step.ID, Title: step.Title, Categories: step.Before, Hazard: hazard, Detail: "d"}
	if with {
		held.Step = &step
	}
	return plan.Make(mailbox.Tenant{ID: "t"}, rules, []plan.Mailbox{{Account: ann, Items: 1, Steps: []plan.Step{}, Held: []plan.Held{held}}})
}

// TestKeptStepsMustBeTheItemsOwn, and such as the rules allow.
func TestKeptStepsMustBeTheItemsOwn(t *testing.T) {
	for name, change := range map[string]func(*plan.Step){
		"of another item": func(s *plan.Step) { s.ID = "y" }, "of another kind": func(s *plan.Step) { s.Kind = item.Tasks },
		"of a protected item": func(s *plan.Step) { s.Before = append(s.Before, "Don't") }, "of an item without a marker": func(s *plan.Step) { s.Before = nil },
		"that the purpose does not know": func(s *plan.Step) { s.Action = plan.SetCategories }, "that mails": func(s *plan.Step) { s.Hazards = []plan.Hazard{plan.MailsAttendees} },
	} {
		p := heldBy(plan.Purge, plan.Kept, true)
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		change(p.Mailboxes[0].Held[0].Step)
		if err := p.Check(); !errors.Is(err, plan.ErrUnsafe) {
			t.Errorf("a step %s: %v", name, err)
		}
		if _, err := decide.Decide(p, said(t, p, map[string]string{"x": "do"})); err == nil {
			t.Errorf("a step %s was taken back", name)
		}
	}
}

// TestWhatIsMadeAgainIsNotTakenBack: the folder that it would come into may not
// be made any more.
func TestWhatIsMadeAgainIsNotTakenBack(t *testing.T) {
	rules := plan.Rules{Purpose: plan.Restore, Kinds: item.Kinds(), Source: &plan.Source{Snapshots: []plan.SourceSnapshot{{ID: "s", Sum: "x"}}}}
	made := plan.Step{Action: plan.Create, Kind: item.Contacts, FolderID: "f", ID: "x", Title: "x", Before: []string{}, After: []string{}, Way: plan.ByPost}
	p := plan.Make(mailbox.Tenant{}, rules, []plan.Mailbox{{Account: ann, Steps: []plan.Step{made}, Held: []plan.Held{}}})
	kept := decided(t, p, said(t, p, map[string]string{"x": "keep"})).Plan
	if kept.Mailboxes[0].Held[0].Step != nil {
		t.Error("the step is kept")
	}
	if _, err := decide.Decide(kept, said(t, kept, map[string]string{"x": "do"})); !errors.Is(err, decide.ErrHeld) || !strings.Contains(err.Error(), "take the plan before it") {
		t.Errorf("%v", err)
	}
}
