package ledger

import (
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/run"
)

func step(id string, hazards ...plan.Hazard) plan.Step {
	return plan.Step{Action: plan.Delete, Kind: item.Contacts, ID: id, Title: "title of " + id, Why: "marked", Hazards: hazards}
}

func hold(id string, h plan.Hazard) plan.Held {
	return plan.Held{Kind: item.Events, ID: id, Title: id, Hazard: h, Detail: "because"}
}

// sample is a plan of two mailboxes, and a run that failed in the first and
// did not come to the second.
func sample() (plan.Plan, run.Report) {
	ann, bob := mailbox.Account{ID: "ann", Address: "ann@contoso.example"}, mailbox.Account{ID: "bob", Address: "bob@contoso.example"}
	first := plan.Mailbox{Account: ann, Items: 9, Held: []plan.Held{hold("h1", plan.Protected), hold("h2", "strange"), hold("h3", plan.Protected)}}
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		first.Steps = append(first.Steps, step(id))
	}
	second := plan.Mailbox{Account: bob, Items: 2, Steps: []plan.Step{step("6", plan.MailsAttendees), step("1")}}
	p := plan.Plan{
		Rules: plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{"x"}}, Mailboxes: []plan.Mailbox{first, second},
		Skipped: []plan.Skipped{{Name: "gone", Reason: "no mailbox"}},
	}
	other := func(i int, result journal.Result) apply.Outcome {
		return apply.Outcome{Account: ann, Step: first.Steps[i], Result: result, Detail: "why " + string(result)}
	}
	r := run.Report{Run: "r", Result: apply.Result{Done: 1, Skipped: 1, Refused: 1, Unknown: 1, Pending: 1, Mailboxes: []apply.MailboxResult{{
		Account: ann, Done: 1, Failure: "throttled", Warnings: []string{"no colour"},
		Others: []apply.Outcome{other(1, journal.Skipped), other(2, apply.Pending), other(3, journal.Unknown), other(4, journal.Refused)},
	}}}}
	return p, r
}

func statuses(entries []Entry) string {
	var list []string
	for _, e := range entries {
		list = append(list, e.ID+" "+e.Status)
	}
	return strings.Join(list, ", ")
}

func TestEveryStepHasAFate(t *testing.T) {
	p, r := sample()
	b := Of(p, &r)
	if got, want := statuses(b.Steps(p.Mailboxes[0])), "1 done, 2 skipped, 3 pending, 4 unknown, 5 refused"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	// Item 1 of the second mailbox is not item 1 of the first.
	if got, want := statuses(b.Steps(p.Mailboxes[1])), "6 pending, 1 pending"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	if got, want := statuses(b.NotDone()), "4 unknown, 5 refused, 2 skipped, 3 pending, 6 pending, 1 pending"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	if got, want := statuses(Of(p, nil).Steps(p.Mailboxes[1])), "6 planned, 1 planned"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

func TestTalliesCoverThePlan(t *testing.T) {
	p, r := sample()
	b := Of(p, &r)
	want := Tally{Done: 1, Skipped: 1, Refused: 1, Unknown: 1, Pending: 3, Held: 3}
	if got := b.Tally(); got != want || got.NotDone() != len(b.NotDone()) {
		t.Errorf("%+v, not %+v", got, want)
	}
	sum := make([]int, len(Results()))
	for _, box := range b.Boxes() {
		for i, n := range box.Counts() {
			sum[i] += n
		}
	}
	if !slices.Equal(sum, want.Counts()) {
		t.Errorf("mailboxes have %d of %q, the run has %d", sum, Results(), want.Counts())
	}
	if got := Of(p, nil).Tally(); got != (Tally{Pending: 7, Held: 3}) {
		t.Errorf("a plan alone has %+v", got)
	}
	if got := Of(p, &run.Report{}).Tally(); got != (Tally{Pending: 7, Held: 3}) {
		t.Errorf("a run that broke off at once has %+v", got)
	}
}

func TestTroublesComeFromMailboxes(t *testing.T) {
	p, r := sample()
	troubles := Of(p, &r).Troubles()
	if len(troubles) != 2 || troubles[0].Text != "throttled" || !troubles[0].Failed || troubles[1].Text != "no colour" || troubles[1].Failed {
		t.Errorf("%+v", troubles)
	}
}

func TestRowsAreStepsThenHeldThenSkipped(t *testing.T) {
	p, r := sample()
	var got []string
	for row := range Of(p, &r).Rows() {
		if len(row) != len(Columns()) {
			t.Fatalf("%d cells under %d columns", len(row), len(Columns()))
		}
		got = append(got, row[slices.Index(Columns(), "status")])
	}
	if want := "done skipped pending unknown refused held held held pending pending mailbox-skipped"; strings.Join(got, " ") != want {
		t.Errorf("%s, not %s", got, want)
	}
	for range Of(p, &r).Rows() {
		break // must not go on
	}
}

func TestUnknownHazardComesLast(t *testing.T) {
	p, _ := sample()
	reasons := Of(p, nil).Reasons()
	if len(reasons) != 2 || reasons[0].Hazard != plan.Protected || reasons[0].Count != 2 || reasons[1].Hazard != "strange" || len(reasons[1].Items) != 1 {
		t.Errorf("%+v", reasons)
	}
	cautions := Of(p, nil).Cautions()
	if len(cautions) != 1 || cautions[0].Hazard != plan.MailsAttendees || cautions[0].Count != 1 {
		t.Errorf("%+v", cautions)
	}
}
