package report

import (
	"fmt"
	"io"
	"iter"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/sheet"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/run"
)

type runData struct {
	Run      string         `json:"run"`
	Digest   string         `json:"digest"`
	Snapshot string         `json:"snapshot"`
	Folder   string         `json:"folder"`
	Tenant   mailbox.Tenant `json:"tenant"`
	Purpose  plan.Purpose   `json:"purpose"`
	ledger.Tally
	Resumed  bool `json:"resumed"`
	Finished bool `json:"finished"`
	// Window is missing when nothing that was there was changed now.
	Window *apply.Window `json:"window,omitempty"`
	// Rehearsal is there if nothing of this was done.
	Rehearsal *rehearsalData `json:"rehearsal,omitempty"`

	Mailboxes []ledger.Box            `json:"mailboxes"`
	Others    iter.Seq[apply.Outcome] `json:"others"`
	DoneSteps iter.Seq[apply.Outcome] `json:"doneSteps"`
	Lacking   []apply.Outcome         `json:"lacking"`
	HeldItems iter.Seq[heldItem]      `json:"heldItems"`
	// SkippedMailboxes is not Skipped, which counts steps.
	SkippedMailboxes []plan.Skipped `json:"skippedMailboxes"`
}

type heldItem struct {
	Account mailbox.Account `json:"account"`
	plan.Held
}

// Run shows what became of a plan.
func Run(w io.Writer, o Options, p plan.Plan, r run.Report) error {
	book := ledger.Of(p, &r)
	return view{
		document: func(limit int) *document { return runDocument(book, limit) },
		data:     newRunData(book),
		header:   ledger.Columns(),
		rows:     book.Rows(),
	}.write(w, o)
}

func newRunData(b *ledger.Book) runData {
	p, r := b.Plan, b.Run
	d := runData{
		Run: r.Run, Digest: p.Digest(), Snapshot: r.Snapshot, Folder: r.Folder, Tenant: p.Tenant, Purpose: p.Rules.Purpose,
		Tally: b.Tally(), Resumed: r.Resumed, Finished: r.Finished, Window: r.Result.Window, Rehearsal: newRehearsalData(r.Rehearsal), Mailboxes: list(b.Boxes()),
		Others: outcomes(b, false), DoneSteps: outcomes(b, true), Lacking: []apply.Outcome{}, HeldItems: heldItems(p), SkippedMailboxes: list(p.Skipped),
	}
	for _, m := range r.Result.Mailboxes {
		d.Lacking = append(d.Lacking, m.Lacking...)
	}
	return d
}

// outcomes are the steps that were done, or the others, made as they are
// written: with all that they say of their mailboxes they are larger than the
// plan.
func outcomes(b *ledger.Book, done bool) iter.Seq[apply.Outcome] {
	return func(yield func(apply.Outcome) bool) {
		for _, m := range b.Plan.Mailboxes {
			for _, s := range m.Steps {
				status, reason := b.Fate(m.Account, s)
				o := apply.Outcome{Account: m.Account, Step: s, Result: journal.Result(status), Detail: reason}
				if o.Result == journal.Done {
					o.Detail = ""
				}
				if done == (o.Result == journal.Done) && !yield(o) {
					return
				}
			}
		}
	}
}

func heldItems(p plan.Plan) iter.Seq[heldItem] {
	return func(yield func(heldItem) bool) {
		for _, m := range p.Mailboxes {
			for _, h := range m.Held {
				if !yield(heldItem{m.Account, h}) {
					return
				}
			}
		}
	}
}

func runDocument(b *ledger.Book, limit int) *document {
	p, r, doc := b.Plan, b.Run, &document{}
	what := "run"
	if r.Rehearsal != nil {
		what = "rehearsal of run"
	}
	doc.Heading(fmt.Sprintf("%s %s: %s in %s", what, r.Run, p.Rules.Purpose, words.Tenant(p.Tenant)))
	for _, line := range b.Rules() {
		doc.Say("%s", line)
	}
	doc.history(*r)
	doc.rehearsed(r.Rehearsal, limit)
	doc.Heading("per mailbox")
	doc.Add(runSummary(b, limit))
	doc.troubles(b)
	doc.notDone(b, limit)
	doc.lacking(b, limit)
	doc.held(b, limit)
	doc.skipped(p.Skipped)
	t := b.Tally()
	doc.Heading(fmt.Sprintf("total: %s done, %s skipped, %s refused, %s unknown, %s pending, %s held",
		words.Number(t.Done), words.Number(t.Skipped), words.Number(t.Refused), words.Number(t.Unknown), words.Number(t.Pending), words.Number(t.Held)))
	if window := r.Result.Window; window != nil {
		doc.Say("from listing an item to the answer of its change: %s in the median, %s at most", window.Median, window.Widest)
	}
	doc.Keep("backup", r.Snapshot)
	doc.Keep("folder", r.Folder)
	doc.Keep("digest", p.Digest())
	return doc
}

func (d *document) history(r run.Report) {
	switch {
	case r.Finished:
		d.Say("this run had ended before; nothing was done now")
	case r.Resumed:
		d.Say("an earlier attempt was taken up where it had stopped")
	}
}

func runSummary(b *ledger.Book, limit int) *sheet.Table {
	columns := []sheet.Column{sheet.Words("mailbox")}
	for _, head := range ledger.Results() {
		columns = append(columns, sheet.Figure(head))
	}
	t := sheet.NewTable(limit, columns...)
	for _, box := range b.Boxes() {
		t.Add(tallyRow(sheet.Text(box.Account.Name()), box.Tally)...)
	}
	t.Foot(tallyRow(sheet.Strong.Text("total"), b.Tally())...)
	return t
}

func tallyRow(name sheet.Cell, t ledger.Tally) []sheet.Cell {
	return []sheet.Cell{
		name, sheet.Good.Number(t.Done), sheet.Care.Number(t.Skipped), sheet.Bad.Number(t.Refused),
		sheet.Bad.Number(t.Unknown), sheet.Care.Number(t.Pending), sheet.Care.Number(t.Held),
	}
}

// troubles says what went wrong with whole mailboxes. No limit applies.
func (d *document) troubles(b *ledger.Book) {
	t := sheet.NewTable(0, sheet.Words("mailbox"), sheet.Words("what"))
	for _, trouble := range b.Troubles() {
		tone := sheet.Care
		if trouble.Failed {
			tone = sheet.Bad
		}
		t.Add(sheet.Text(trouble.Account.Name()), tone.Text(trouble.Text))
	}
	if t.Len() > 0 {
		d.Heading("trouble")
		d.Add(t)
	}
}

// notDone lists every step that was not done.
func (d *document) notDone(b *ledger.Book, limit int) {
	others := b.NotDone()
	if len(others) == 0 {
		d.Heading("not done: nothing")
		return
	}
	t := sheet.NewTable(limit, sheet.Words("mailbox"), sheet.Word("kind"), sheet.Words("title").AtMost(3), sheet.Word("result"), sheet.Words("why"))
	for _, o := range others {
		t.Add(sheet.Text(o.Account.Name()), sheet.Text(string(o.Kind)), sheet.Text(o.Title),
			resultTone(journal.Result(o.Status)).Text(o.Status), sheet.Text(o.Reason))
	}
	d.Heading("not done: " + words.Items(len(others)))
	d.Add(t)
}

// lacking lists items that were made and lack something that the plan did not
// say they would.
func (d *document) lacking(b *ledger.Book, limit int) {
	lacking := b.Lacking()
	if len(lacking) == 0 {
		return
	}
	t := sheet.NewTable(limit, sheet.Words("mailbox"), sheet.Word("kind"), sheet.Words("title").AtMost(3), sheet.Words("what"))
	for _, e := range lacking {
		t.Add(sheet.Text(e.Account.Name()), sheet.Text(string(e.Kind)), sheet.Text(e.Title), sheet.Care.Text(e.Reason))
	}
	d.Heading("made, but not all that they were: " + words.Items(len(lacking)))
	d.Add(t)
}

// resultTone is alarming where nobody knows yet, or somebody said no.
func resultTone(r journal.Result) sheet.Tone {
	if r == journal.Unknown || r == journal.Refused {
		return sheet.Bad
	}
	return sheet.Care
}
