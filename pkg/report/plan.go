package report

import (
	"fmt"
	"io"
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
	Digest    string         `json:"digest"`
	Tool      string         `json:"tool"`
	Created   time.Time      `json:"created,omitzero"`
	Tenant    mailbox.Tenant `json:"tenant"`
	Rules     plan.Rules     `json:"rules"`
	Totals    plan.Totals    `json:"totals"`
	Mailboxes []plan.Mailbox `json:"mailboxes"`
	Skipped   []plan.Skipped `json:"skipped"`
}

// Plan shows what would be done, what is held and why. The digest comes last,
// where an approval looks for it.
func Plan(w io.Writer, o Options, p plan.Plan) error {
	book := ledger.Of(p, nil)
	return view{
		document: func(limit int) *document { return planDocument(book, limit) },
		data: planData{
			Digest: p.Digest(), Tool: p.Tool, Created: p.Created, Tenant: p.Tenant, Rules: p.Rules,
			Totals: p.Totals(), Mailboxes: list(p.Mailboxes), Skipped: list(p.Skipped),
		},
		header: ledger.Columns(),
		rows:   book.Rows(),
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
	doc.held(b, limit)
	doc.skipped(p.Skipped)
	doc.Heading("steps: " + words.Number(p.Totals().Steps()))
	doc.Add(stepTable(p, limit))
	doc.Heading("total: " + totalLine(p))
	doc.Keep("digest", p.Digest())
	return doc
}

// kindCount is one mailbox's part of a kind.
type kindCount struct{ deletes, tags, held int }

func countKinds(m plan.Mailbox) map[item.Kind]kindCount {
	counts := map[item.Kind]kindCount{}
	for _, s := range m.Steps {
		c := counts[s.Kind]
		if s.Action == plan.Delete {
			c.deletes++
		} else {
			c.tags++
		}
		counts[s.Kind] = c
	}
	for _, h := range m.Held {
		c := counts[h.Kind]
		c.held++
		counts[h.Kind] = c
	}
	return counts
}

func planSummary(p plan.Plan, limit int) *sheet.Table {
	t := sheet.NewTable(limit, sheet.Words("mailbox"), sheet.Word("kind"), sheet.Figure("delete"), sheet.Figure("tag"), sheet.Figure("held"))
	add := func(name, kind sheet.Cell, c kindCount) {
		t.Add(name, kind, sheet.Bad.Number(c.deletes), sheet.Good.Number(c.tags), sheet.Care.Number(c.held))
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
	t.Foot(sheet.Strong.Text("total"), sheet.Text(""), sheet.Bad.Number(all.Deletes), sheet.Good.Number(all.Tags), sheet.Care.Number(all.Held))
	return t
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
			t.Add(sheet.Text(m.Account.Name()), sheet.Text(string(s.Kind)), action(s.Action), sheet.Text(s.Title),
				sheet.Text(s.Folder), sheet.Text(change(s)))
		}
	}
	return t
}

func action(a plan.Action) sheet.Cell {
	if a == plan.Delete {
		return sheet.Bad.Text("delete")
	}
	return sheet.Good.Text("tag")
}

// change shows an item's categories, and what they become.
func change(s plan.Step) string {
	if s.Action == plan.Delete {
		return strings.Join(s.Before, "; ")
	}
	return words.Categories(s.Before) + " → " + strings.Join(s.After, "; ")
}

func totalLine(p plan.Plan) string {
	t := p.Totals()
	parts := []string{
		words.Number(t.Deletes) + " to delete", words.Number(t.Tags) + " to tag", words.Number(t.Held) + " held",
		words.Number(t.Already) + " already as wanted", words.Mailboxes(t.Mailboxes),
	}
	if n := len(p.Skipped); n > 0 {
		parts = append(parts, words.Number(n)+" skipped")
	}
	return strings.Join(parts, ", ")
}
