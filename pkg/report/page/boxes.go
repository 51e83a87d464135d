package page

import (
	g "maragu.dev/gomponents"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

func mailboxes(c content) g.Node {
	if c.Part {
		return nil
	}
	counts := g.Map(c.Columns, func(name string) g.Node { return el("th", attr("scope", "col"), attr("class", "n"), text(name)) })
	heads := g.Group{columns("Mailbox"), counts, el("th", attr("scope", "col"), attr("class", "share"), text("Share"))}
	total := el("tr", rowHead("Total"), g.Map(c.Totals, count), el("td"))
	return section("mailboxes", counted("Mailboxes", len(c.Boxes)),
		table("mailboxes", heads, el("tbody", rows(c.Boxes, box.node)), newline(), el("tfoot", total)))
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
	case plan.Create:
		return "make again"
	case plan.SetCategories:
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

// categories shows what happens to the items of each, the most frequent first.
func categories(c content) g.Node {
	if c.Run != nil || len(c.Categories) == 0 {
		return nil
	}
	const most = 20
	shown := c.Categories[:min(len(c.Categories), most)]
	row := func(n *ledger.Category) g.Node {
		counts := g.Map(categoryCounts(n, c.back()), count)
		return el("tr", rowHead(n.Name), counts, el("td", attr("class", "share"), categoryBar(n).node()))
	}
	var more g.Node
	if n := len(c.Categories) - len(shown); n > 0 {
		more = el("p", text(words.Number(n)+" more categories are in the list of all items."))
	}
	names := g.Map(categoryColumns(c.back()), func(name string) g.Node { return el("th", attr("scope", "col"), attr("class", "n"), text(name)) })
	heads := g.Group{columns("Category"), names, el("th", attr("scope", "col"), attr("class", "share"), text("Share"))}
	return section("categories", counted("Categories", len(c.Categories)),
		el("p", text("What happens to the items that carry them. An item counts under each of its categories.")),
		table("categories", heads, el("tbody", rows(shown, row))), more)
}

func categoryColumns(back bool) []string {
	names := []string{"delete", "tag", "held"}
	if back {
		return append([]string{"make again"}, names...)
	}
	return names
}

func categoryCounts(n *ledger.Category, back bool) []int {
	counts := []int{n.Deletes, n.Tags, n.Held}
	if back {
		return append([]int{n.Creates}, counts...)
	}
	return counts
}
