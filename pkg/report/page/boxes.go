package page

import (
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

func mailboxes(c content) g.Node {
	counts := g.Map(c.Columns, func(name string) g.Node { return el("th", attr("scope", "col"), attr("class", "n"), text(name)) })
	heads := g.Group{columns("Mailbox"), counts, el("th", attr("scope", "col"), attr("class", "share"), text("Share"))}
	total := el("tr", rowHead("Total"), g.Map(c.Totals, count), el("td"))
	return section("mailboxes", counted("Mailboxes", len(c.Boxes)),
		table("mailboxes", heads, el("tbody", rows(c.Boxes, box.node)), newline(), h.TFoot(total)))
}

func (b box) node() g.Node {
	name := g.Group{text(b.Name)}
	if b.Display != "" {
		name = append(name, text(" "), el("small", attr("dir", "auto"), text(b.Display)))
	}
	return el("tr", el("th", attr("scope", "row"), name), g.Map(b.Counts, count), el("td", attr("class", "share"), b.Bar.node()))
}

// count is a cell, paler for none.
func count(n int) g.Node {
	class := "n"
	if n == 0 {
		class = "n zero"
	}
	return el("td", attr("class", class), number(n))
}

func steps(c content) g.Node {
	last, cell := "Why", reasonCell
	if c.Run != nil {
		last, cell = "Result", resultCell
	}
	var all []g.Node
	for i, b := range c.Boxes {
		if len(b.Steps) > 0 {
			all = append(all, b.steps("steps-"+strconv.Itoa(i), last, cell))
		}
	}
	return section("steps", counted("All steps", c.Plan.Totals().Steps()), all...)
}

// steps lists a mailbox's steps; cell makes what stands below last.
func (b box) steps(id, last string, cell func(ledger.Entry) g.Node) g.Node {
	row := func(e ledger.Entry) g.Node {
		return el("tr", classCell("k", string(e.Kind)), titleCell(e.Title), foreignCell(e.Folder), el("td", text(verb(e.Action))), foreignCell(change(e)),
			el("td", attr("dir", "auto"), cell(e), hazard(e)))
	}
	return el("details", el("summary", el("h3", attr("id", id), text(b.Name+" "), el("small", number(len(b.Steps))))), newline(),
		table(id, columns("Kind", "Title", "Folder", "Step", "Categories", last), el("tbody", rows(b.Steps, row))))
}

func reasonCell(e ledger.Entry) g.Node { return text(e.Reason) }

func resultCell(e ledger.Entry) g.Node { return status(e) }

func hazard(e ledger.Entry) g.Node {
	if e.Hazard == "" {
		return nil
	}
	return g.Group{text(" "), el("span", attr("class", "status"), text(e.Hazard))}
}

func verb(a plan.Action) string {
	switch a {
	case plan.Delete:
		return "delete"
	case plan.DeletePermanently:
		return "delete for good"
	case plan.SetCategories, plan.Create:
	}
	return "tag"
}

// change is what a step makes of the categories.
func change(e ledger.Entry) string {
	if len(e.After) == 0 {
		return words.Categories(e.Before)
	}
	return words.Categories(e.Before) + " → " + words.Categories(e.After)
}
