package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// RunView is a run as it is shown.
type RunView struct {
	// Run and Snapshot are ids, Folder is where the run's files lie.
	Run, Folder, Snapshot string
	Digest                string
	Plan                  plan.Plan
	Result                apply.Result
	// Resumed: an earlier attempt had begun. Finished: it had also ended.
	Resumed, Finished bool
}

// tally counts every step of the plan. Steps that the result does not mention,
// since the run broke off before them, are pending.
type tally struct {
	Done    int `json:"done"`
	Skipped int `json:"skipped"`
	Refused int `json:"refused"`
	Unknown int `json:"unknown"`
	Pending int `json:"pending"`
	Held    int `json:"held"`
}

func (r RunView) tally() tally {
	all, res := r.Plan.Totals(), r.Result
	return tally{
		Done: res.Done, Skipped: res.Skipped, Refused: res.Refused, Unknown: res.Unknown,
		Pending: all.Steps() - res.Done - res.Skipped - res.Refused - res.Unknown, Held: all.Held,
	}
}

// boxes gives every mailbox of the plan, with what became of it.
func (r RunView) boxes() []runMailbox {
	results := map[string]apply.MailboxResult{}
	for _, m := range r.Result.Mailboxes {
		results[m.Account.ID] = m
	}
	var boxes []runMailbox
	for _, m := range r.Plan.Mailboxes {
		res := results[m.Account.ID]
		box := runMailbox{Account: m.Account, Failure: res.Failure, Warnings: res.Warnings}
		box.tally = tally{Done: res.Done, Pending: len(m.Steps) - res.Done, Held: len(m.Held)}
		for _, o := range res.Others {
			box.move(o.Result)
		}
		boxes = append(boxes, box)
	}
	return boxes
}

// move takes a step out of those pending.
func (t *tally) move(result journal.Result) {
	to := map[journal.Result]*int{journal.Skipped: &t.Skipped, journal.Refused: &t.Refused, journal.Unknown: &t.Unknown}[result]
	if to != nil {
		t.Pending--
		*to++
	}
}

type runMailbox struct {
	Account mailbox.Account `json:"account"`
	tally
	Failure  string   `json:"failure,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

type heldItem struct {
	Account mailbox.Account `json:"account"`
	plan.Held
}

type runData struct {
	Run      string         `json:"run"`
	Digest   string         `json:"digest"`
	Snapshot string         `json:"snapshot"`
	Folder   string         `json:"folder"`
	Tenant   mailbox.Tenant `json:"tenant"`
	Purpose  plan.Purpose   `json:"purpose"`
	tally
	Resumed  bool `json:"resumed"`
	Finished bool `json:"finished"`

	Mailboxes []runMailbox    `json:"mailboxes"`
	Others    []apply.Outcome `json:"others"`
	DoneSteps []apply.Outcome `json:"doneSteps"`
	HeldItems []heldItem      `json:"heldItems"`
	// SkippedMailboxes is not Skipped, which counts steps.
	SkippedMailboxes []plan.Skipped `json:"skippedMailboxes"`
}

// Run shows what became of a plan.
func Run(w io.Writer, f Format, o Options, r RunView) error {
	return view{
		document: r.document,
		data:     r.data(),
		header:   recordColumns(),
		rows:     rowsOf(r.Plan, newOutcomes(&r)),
	}.write(w, f, o)
}

func (r RunView) data() runData {
	d := runData{
		Run: r.Run, Digest: r.Digest, Snapshot: r.Snapshot, Folder: r.Folder, Tenant: r.Plan.Tenant, Purpose: r.Plan.Rules.Purpose,
		tally: r.tally(), Resumed: r.Resumed, Finished: r.Finished, Mailboxes: list(r.boxes()),
		Others: []apply.Outcome{}, DoneSteps: []apply.Outcome{}, HeldItems: []heldItem{}, SkippedMailboxes: list(r.Plan.Skipped),
	}
	known := newOutcomes(&r)
	for _, m := range r.Plan.Mailboxes {
		for _, s := range m.Steps {
			status, reason := known.of(m.Account, s)
			o := apply.Outcome{Account: m.Account, Step: s, Result: journal.Result(status), Detail: reason}
			if o.Result == journal.Done {
				o.Detail = ""
				d.DoneSteps = append(d.DoneSteps, o)
				continue
			}
			d.Others = append(d.Others, o)
		}
		for _, h := range m.Held {
			d.HeldItems = append(d.HeldItems, heldItem{m.Account, h})
		}
	}
	return d
}

func (r RunView) document(limit int) *document {
	doc := &document{}
	doc.heading(fmt.Sprintf("run %s: %s in %s", r.Run, r.Plan.Rules.Purpose, tenantName(r.Plan.Tenant)))
	for _, line := range describe(r.Plan.Rules) {
		doc.say("%s", line)
	}
	doc.history(r)
	doc.heading("per mailbox")
	doc.table(r.summary(limit))
	doc.addTrouble(r)
	doc.addOthers(r, limit)
	doc.addHeld(r.Plan, limit)
	doc.addSkipped(r.Plan.Skipped)
	t := r.tally()
	doc.heading(fmt.Sprintf("total: %s done, %s skipped, %s refused, %s unknown, %s pending, %s held",
		number(t.Done), number(t.Skipped), number(t.Refused), number(t.Unknown), number(t.Pending), number(t.Held)))
	doc.keep("backup", r.Snapshot)
	doc.keep("folder", r.Folder)
	doc.keep("digest", r.Digest)
	return doc
}

func (d *document) history(r RunView) {
	switch {
	case r.Finished:
		d.say("this run had ended before; nothing was done now")
	case r.Resumed:
		d.say("an earlier attempt was taken up where it had stopped")
	}
}

func (r RunView) summary(limit int) *table {
	t := newTable(limit, column{head: "mailbox", wraps: true})
	for _, head := range []string{"done", "skipped", "refused", "unknown", "pending", "held"} {
		t.columns = append(t.columns, column{head: head, right: true})
	}
	for _, b := range r.boxes() {
		t.add(append([]cell{{text: b.Account.Name()}}, b.cells()...)...)
	}
	t.foot = append([]cell{{"total", strong}}, r.tally().cells()...)
	return t
}

func (t tally) cells() []cell {
	return []cell{
		count(t.Done, good), count(t.Skipped, care), count(t.Refused, bad), count(t.Unknown, bad), count(t.Pending, care), count(t.Held, care),
	}
}

// addTrouble says what went wrong with whole mailboxes. No limit applies.
func (d *document) addTrouble(r RunView) {
	t := newTable(0, column{head: "mailbox", wraps: true}, column{head: "what", wraps: true})
	for _, b := range r.boxes() {
		if b.Failure != "" {
			t.add(cell{text: b.Account.Name()}, cell{b.Failure, bad})
		}
		for _, warning := range b.Warnings {
			t.add(cell{text: b.Account.Name()}, cell{warning, care})
		}
	}
	if len(t.rows) > 0 {
		d.heading("trouble")
		d.table(t)
	}
}

// notDone are the steps that were not done, the least certain first.
func (r RunView) notDone() []record {
	var others []record
	known := newOutcomes(&r)
	for _, m := range r.Plan.Mailboxes {
		for _, s := range m.Steps {
			if status, why := known.of(m.Account, s); status != string(journal.Done) {
				others = append(others, stepRecord(m.Account, s, status, why))
			}
		}
	}
	order := []journal.Result{journal.Unknown, journal.Refused, journal.Skipped, apply.Pending}
	slices.SortStableFunc(others, func(a, b record) int {
		return slices.Index(order, journal.Result(a.Status)) - slices.Index(order, journal.Result(b.Status))
	})
	return others
}

// addOthers lists every step that was not done.
func (d *document) addOthers(r RunView, limit int) {
	others := r.notDone()
	if len(others) == 0 {
		d.heading("not done: nothing")
		return
	}
	t := newTable(limit, column{head: "mailbox", wraps: true}, column{head: "kind"}, column{head: "title", wraps: true, lines: 3},
		column{head: "result"}, column{head: "why", wraps: true})
	for _, o := range others {
		t.add(cell{text: o.Account.Name()}, cell{text: string(o.Kind)}, cell{text: o.Title},
			cell{o.Status, resultTone(journal.Result(o.Status))}, cell{text: o.Reason})
	}
	d.heading("not done: " + plural(len(others), "item", "items"))
	d.table(t)
}

func resultTone(r journal.Result) tone {
	switch r {
	case journal.Done:
		return good
	case journal.Unknown, journal.Refused:
		return bad
	case journal.Skipped, apply.Pending:
	}
	return care
}
