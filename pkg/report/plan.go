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
func Plan(w io.Writer, f Format, o Options, p plan.Plan) error {
	return view{
		document: func(limit int) *document { return planDocument(p, limit) },
		data: planData{
			Digest: p.Digest(), Tool: p.Tool, Created: p.Created, Tenant: p.Tenant, Rules: p.Rules,
			Totals: p.Totals(), Mailboxes: list(p.Mailboxes), Skipped: list(p.Skipped),
		},
		header: recordColumns(),
		rows:   rowsOf(p, nil),
	}.write(w, f, o)
}

func planDocument(p plan.Plan, limit int) *document {
	doc := &document{}
	doc.heading(fmt.Sprintf("plan: %s in %s", p.Rules.Purpose, tenantName(p.Tenant)))
	for _, line := range describe(p.Rules) {
		doc.say("%s", line)
	}
	doc.heading("per mailbox")
	doc.table(summaryTable(p, limit))
	doc.addHazards(p)
	doc.addHeld(p, limit)
	doc.addSkipped(p.Skipped)
	doc.addSteps(p, limit)
	doc.heading("total: " + totalLine(p))
	doc.keep("digest", p.Digest())
	return doc
}

// describe says what the rules mean, in sentences.
func describe(r plan.Rules) []string {
	kinds := make([]string, len(r.Kinds))
	for i, k := range r.Kinds {
		kinds[i] = string(k)
	}
	among := strings.Join(kinds, ", ")
	lines := []string{}
	switch {
	case r.Purpose == plan.Purge:
		lines = append(lines, "deletes "+among+" with category "+quoted(r.Categories))
	case len(r.Categories) == 0:
		lines = append(lines, fmt.Sprintf("tags everything that remains of %s with %q, since no category of the plug-in was named", among, r.Tag))
	default:
		lines = append(lines, fmt.Sprintf("tags %s with %q, but for items that carry %s", among, r.Tag, quoted(r.Categories)))
	}
	if len(r.Protect) > 0 {
		lines = append(lines, "protects items with category "+quoted(r.Protect))
	}
	return lines
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

func summaryTable(p plan.Plan, limit int) *table {
	t := newTable(limit, column{head: "mailbox", wraps: true}, column{head: "kind"},
		column{head: "delete", right: true}, column{head: "tag", right: true}, column{head: "held", right: true})
	for _, m := range p.Mailboxes {
		counts := countKinds(m)
		if len(counts) == 0 {
			t.add(cell{text: m.Account.Name()}, cell{text: "nothing to do", tone: faint}, cell{text: "0"}, cell{text: "0"}, cell{text: "0"})
		}
		for _, kind := range item.Kinds() {
			if c, some := counts[kind]; some {
				t.add(cell{text: m.Account.Name()}, cell{text: string(kind)}, count(c.deletes, bad), count(c.tags, good), count(c.held, care))
			}
		}
	}
	all := p.Totals()
	t.foot = []cell{{"total", strong}, {"", plain}, count(all.Deletes, bad), count(all.Tags, good), count(all.Held, care)}
	return t
}

// count colours a number that is not zero.
func count(n int, t tone) cell {
	if n == 0 {
		t = plain
	}
	return cell{number(n), t}
}

// addHazards says what the steps themselves could cause.
func (d *document) addHazards(p plan.Plan) {
	for i, c := range cautions(p) {
		if i == 0 {
			d.heading("take care")
		}
		d.tell(care, "%s to be changed, %s: %s", plural(c.Count, "item", "items"), c.Hazard, c.Explain)
	}
}

// addHeld counts what is held by reason, and shows some of each.
func (d *document) addHeld(p plan.Plan, limit int) {
	totals := p.Totals()
	if totals.Held == 0 {
		d.heading("held back: nothing")
		return
	}
	d.heading("held back: " + plural(totals.Held, "item", "items"))
	for _, r := range reasons(p) {
		d.tell(care, "%s, %s: %s", plural(r.Count, "item", "items"), r.Hazard, r.Explain)
		t := newTable(limit, column{head: "mailbox", wraps: true}, column{head: "kind"},
			column{head: "title", wraps: true, lines: 3}, column{head: "folder", wraps: true}, column{head: "why", wraps: true})
		for _, h := range r.Items {
			t.add(cell{text: h.Account.Name()}, cell{text: string(h.Kind)}, cell{text: h.Title}, cell{text: h.Folder}, cell{text: h.Reason})
		}
		d.table(t)
	}
}

// heldReasons are the hazards that hold something, most serious first; one that
// this version does not know comes last rather than not at all.
func heldReasons(t plan.Totals) []plan.Hazard {
	var reasons []plan.Hazard
	for _, h := range plan.Hazards() {
		if t.HeldBy[h] > 0 {
			reasons = append(reasons, h)
		}
	}
	var others []plan.Hazard
	for h := range t.HeldBy {
		if !slices.Contains(reasons, h) {
			others = append(others, h)
		}
	}
	slices.Sort(others)
	return append(reasons, others...)
}

func (d *document) addSteps(p plan.Plan, limit int) {
	t := newTable(limit, column{head: "mailbox", wraps: true}, column{head: "kind"}, column{head: "action"},
		column{head: "title", wraps: true, lines: 3}, column{head: "folder", wraps: true}, column{head: "categories", wraps: true})
	for _, m := range p.Mailboxes {
		for _, s := range m.Steps {
			t.add(cell{text: m.Account.Name()}, cell{text: string(s.Kind)}, action(s.Action), cell{text: s.Title},
				cell{text: s.Folder}, cell{text: change(s)})
		}
	}
	d.heading("steps: " + number(p.Totals().Steps()))
	d.table(t)
}

func action(a plan.Action) cell {
	if a == plan.Delete {
		return cell{"delete", bad}
	}
	return cell{"tag", good}
}

// change shows an item's categories, and what they become.
func change(s plan.Step) string {
	before := strings.Join(s.Before, "; ")
	if s.Action == plan.Delete {
		return before
	}
	if before == "" {
		before = noCategory
	}
	return before + " → " + strings.Join(s.After, "; ")
}

func totalLine(p plan.Plan) string {
	t := p.Totals()
	parts := []string{
		number(t.Deletes) + " to delete", number(t.Tags) + " to tag", number(t.Held) + " held",
		number(t.Already) + " already as wanted", plural(t.Mailboxes, "mailbox", "mailboxes"),
	}
	if n := len(p.Skipped); n > 0 {
		parts = append(parts, number(n)+" skipped")
	}
	return strings.Join(parts, ", ")
}
