package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/sheet"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

type planData struct {
	Digest  string         `json:"digest"`
	Tool    string         `json:"tool"`
	Created time.Time      `json:"created,omitzero"`
	Tenant  mailbox.Tenant `json:"tenant"`
	Rules   plan.Rules     `json:"rules"`
	Totals  plan.Totals    `json:"totals"`
	// Timeline is of the events to be deleted, if there are any.
	Timeline *ledger.Timeline `json:"timeline,omitempty"`
	// Estimate is of a run of the plan, if there is anything to do.
	Estimate  *estimateData  `json:"estimate,omitempty"`
	Mailboxes []plan.Mailbox `json:"mailboxes"`
	Skipped   []plan.Skipped `json:"skipped"`
}

type estimateData struct {
	Requests int     `json:"requests"`
	Seconds  float64 `json:"seconds"`
	// What is assumed: of each request, of each way, and of the run.
	ServiceSeconds float64 `json:"serviceSeconds"`
	NetworkSeconds float64 `json:"networkSeconds"`
	Parallel       int     `json:"parallel"`
}

func newEstimateData(e ledger.Estimate) *estimateData {
	return &estimateData{
		Requests: e.Requests, Seconds: e.Took.Round(time.Second).Seconds(),
		ServiceSeconds: e.Assumed.Service.Seconds(), NetworkSeconds: e.Assumed.Network.Seconds(), Parallel: e.Assumed.Parallel,
	}
}

// Plan shows what would be done, what is held and why. The digest comes last,
// where an approval looks for it.
func Plan(w io.Writer, o Options, p plan.Plan) error {
	book := ledger.Of(p, nil)
	data := planData{
		Digest: p.Digest(), Tool: p.Tool, Created: p.Created, Tenant: p.Tenant, Rules: p.Rules,
		Totals: p.Totals(), Mailboxes: list(p.Mailboxes), Skipped: list(p.Skipped),
	}
	if t := book.Timeline(); t.Events() > 0 {
		data.Timeline = &t
	}
	if p.Totals().Steps() > 0 {
		data.Estimate = newEstimateData(book.Estimate(ledger.Usual()))
	}
	return view{
		document: func(limit int) *document { return planDocument(book, limit) },
		data:     data,
		header:   ledger.Columns(),
		rows:     book.Rows(),
	}.write(w, o)
}

func planDocument(b *ledger.Book, limit int) *document {
	p, doc := b.Plan, &document{}
	doc.Heading(fmt.Sprintf("plan: %s in %s", p.Rules.Purpose, words.Tenant(p.Tenant)))
	for _, line := range b.Rules() {
		doc.Say("%s", line)
	}
	doc.Heading("per mailbox")
	doc.Add(planSummary(p, limit))
	doc.cautions(b)
	doc.losses(b)
	doc.held(b, limit)
	doc.skipped(p.Skipped)
	doc.Heading("steps: " + words.Number(p.Totals().Steps()))
	doc.Add(stepTable(p, limit))
	if t := b.Timeline(); t.Events() > 0 {
		doc.Say("events to be deleted: %s", timelineLine(t))
	}
	doc.Heading("total: " + totalLine(p))
	if p.Totals().Steps() > 0 {
		doc.Say("a run would send %s; apply --rehearse foretells it from a backup", b.Estimate(ledger.Usual()))
	}
	doc.Keep("digest", p.Digest())
	return doc
}

// kindCount is one mailbox's part of a kind.
type kindCount struct{ deletes, tags, creates, held int }

func (c *kindCount) add(a plan.Action) {
	switch a {
	case plan.Delete, plan.DeletePermanently:
		c.deletes++
	case plan.SetCategories:
		c.tags++
	case plan.Create:
		c.creates++
	}
}

func countKinds(m plan.Mailbox) map[item.Kind]kindCount {
	counts := map[item.Kind]kindCount{}
	for _, s := range m.Steps {
		c := counts[s.Kind]
		c.add(s.Action)
		counts[s.Kind] = c
	}
	for _, h := range m.Held {
		c := counts[h.Kind]
		c.held++
		counts[h.Kind] = c
	}
	return counts
}

// figures are the counts that a plan of the purpose can have.
func figures(r plan.Rules) []sheet.Column {
	columns := []sheet.Column{sheet.Figure("delete"), sheet.Figure("tag")}
	switch r.Purpose {
	case plan.Restore:
		columns = []sheet.Column{sheet.Figure("create")}
	case plan.Undo:
		columns = []sheet.Column{sheet.Figure("create"), sheet.Figure("set categories"), sheet.Figure("delete")}
	case plan.Purge, plan.TagPersonal:
	}
	return append(columns, sheet.Figure("held"))
}

// cells are the counts under figures.
func (c kindCount) cells(r plan.Rules) []sheet.Cell {
	deletes, tags := sheet.Bad.Number(c.deletes), sheet.Good.Number(c.tags)
	creates, held := sheet.Good.Number(c.creates), sheet.Care.Number(c.held)
	switch r.Purpose {
	case plan.Restore:
		return []sheet.Cell{creates, held}
	case plan.Undo:
		return []sheet.Cell{creates, tags, deletes, held}
	case plan.Purge, plan.TagPersonal:
	}
	return []sheet.Cell{deletes, tags, held}
}

func planSummary(p plan.Plan, limit int) *sheet.Table {
	t := sheet.NewTable(limit, append([]sheet.Column{sheet.Words("mailbox"), sheet.Word("kind")}, figures(p.Rules)...)...)
	add := func(name, kind sheet.Cell, c kindCount) {
		t.Add(append([]sheet.Cell{name, kind}, c.cells(p.Rules)...)...)
	}
	for _, m := range p.Mailboxes {
		name, counts := sheet.Text(m.Account.Name()), countKinds(m)
		if len(counts) == 0 {
			add(name, sheet.Faint.Text("nothing to do"), kindCount{})
		}
		for _, kind := range item.Kinds() {
			if c, some := counts[kind]; some {
				add(name, sheet.Text(string(kind)), c)
			}
		}
	}
	all := p.Totals()
	total := kindCount{all.Deletes, all.Tags, all.Creates, all.Held}
	t.Foot(append([]sheet.Cell{sheet.Strong.Text("total"), sheet.Text("")}, total.cells(p.Rules)...)...)
	return t
}

// losses says beforehand what will not come back.
func (d *document) losses(b *ledger.Book) {
	for i, l := range b.Losses() {
		if i == 0 {
			d.Heading("what does not come back")
		}
		d.Tell(sheet.Care, "%s, %s: %s", words.Items(l.Count), l.Name, l.What)
	}
}

// cautions says what the steps themselves could cause.
func (d *document) cautions(b *ledger.Book) {
	for i, c := range b.Cautions() {
		if i == 0 {
			d.Heading("take care")
		}
		d.Tell(sheet.Care, "%s to be changed, %s: %s", words.Items(c.Count), c.Hazard, c.Explain)
	}
}

func stepTable(p plan.Plan, limit int) *sheet.Table {
	t := sheet.NewTable(limit, sheet.Words("mailbox"), sheet.Word("kind"), sheet.Word("action"),
		sheet.Words("title").AtMost(3), sheet.Words("folder"), sheet.Words("categories"))
	for _, m := range p.Mailboxes {
		for _, s := range m.Steps {
			t.Add(sheet.Text(m.Account.Name()), sheet.Text(string(s.Kind)), action(s), sheet.Text(s.Title),
				sheet.Text(s.Folder), sheet.Text(change(s)))
		}
	}
	return t
}

func action(s plan.Step) sheet.Cell {
	switch s.Action {
	case plan.Delete:
		return sheet.Bad.Text("delete")
	case plan.DeletePermanently:
		return sheet.Bad.Text("delete for good")
	case plan.Create:
		return sheet.Good.Text("create by " + string(s.Way))
	case plan.SetCategories:
	}
	if len(s.After) < len(s.Before) {
		return sheet.Good.Text("untag")
	}
	return sheet.Good.Text("tag")
}

// change shows an item's categories, and what they become.
func change(s plan.Step) string {
	switch {
	case s.Action.Deletes():
		return strings.Join(s.Before, "; ")
	case s.Action == plan.Create && slices.Equal(s.Before, s.After):
		return words.Categories(s.After)
	}
	return words.Categories(s.Before) + " → " + words.Categories(s.After)
}

// timelineLine says when the events are that would be deleted.
func timelineLine(t ledger.Timeline) string {
	parts := []string{words.Number(t.Past) + " past", words.Number(t.ToCome) + " still to come", words.Number(t.Series) + " series"}
	if n := len(t.Months); n > 0 {
		parts = append(parts, fmt.Sprintf("from %s to %s", t.Months[0].Name(), t.Months[n-1].Name()))
	}
	if t.Undated > 0 {
		parts = append(parts, words.Number(t.Undated)+" of a date that the plan does not tell")
	}
	return strings.Join(parts, ", ")
}

func totalLine(p plan.Plan) string {
	t := p.Totals()
	changes := []string{words.Number(t.Deletes) + " to delete", words.Number(t.Tags) + " to tag"}
	switch p.Rules.Purpose {
	case plan.Restore:
		changes = []string{words.Number(t.Creates) + " to create"}
	case plan.Undo:
		changes = []string{words.Number(t.Creates) + " to create", words.Number(t.Tags) + " to set categories of", words.Number(t.Deletes) + " to delete"}
	case plan.Purge, plan.TagPersonal:
	}
	parts := slices.Concat(changes, []string{words.Number(t.Held) + " held", words.Number(t.Already) + " already as wanted", words.Mailboxes(t.Mailboxes)})
	if n := len(p.Skipped); n > 0 {
		parts = append(parts, words.Number(n)+" skipped")
	}
	return strings.Join(parts, ", ")
}
