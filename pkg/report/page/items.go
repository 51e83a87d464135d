package page

import (
	"strconv"

	g "maragu.dev/gomponents"

	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

// unscripted is how many steps a page shows where scripts do not run.
const unscripted = 1000

// all is the list of all items, which the script fills, and what stands there
// without it.
func all(c content) g.Node {
	return section("items", counted("All items", c.Plan.Totals().Steps()+c.Plan.Totals().Held),
		el("noscript", lines(el("p", text(left(c))), steps(c))),
		el("div", attr("id", "list"), g.Attr("hidden"), lines(decideHint(c), tools(c), summary(), list(c), detail())),
	)
}

// left says what is not in the page without a script.
func left(c content) string {
	s := "Searching, sorting and deciding need a browser that runs the page’s script."
	if n := c.Plan.Totals().Steps() - unscripted; n > 0 {
		s += " The first " + words.Number(unscripted) + " steps are below, and " + words.Number(n) + " more are in --output csv."
	}
	return s
}

func decideHint(c content) g.Node {
	if !c.decides() {
		return nil
	}
	hint := "Tick what is to be left as it is, save your decisions, and send the file to whoever sent you this page. " +
		"Nothing is changed by ticking, and what is held back stays as it is."
	if len(again(c.Plan)) > 0 {
		hint += " What somebody had decided to keep is ticked: untick it to have it done after all."
	}
	return el("p", text(hint))
}

// tools find, and decide about what was found.
func tools(c content) g.Node {
	nodes := []g.Node{
		el("label", text("Search "), el("input", attr("id", "search"), attr("type", "search"), attr("autocomplete", "off"), attr("spellcheck", "false"))),
	}
	if !c.Part {
		nodes = append(nodes, choice("by-mailbox", "Mailbox"))
	}
	nodes = append(nodes, choice("by-kind", "Kind"), choice("by-step", "What"), choice("by-category", "Category"))
	if c.decides() {
		nodes = append(nodes, button("keep-all", "Keep all shown"), button("keep-none", "Untick all shown"), button("save", "Save decisions"))
	}
	return el("div", attr("class", "tools"), attr("role", "search"), lines(nodes...))
}

func choice(id, label string) g.Node {
	return el("label", text(label+" "), el("select", attr("id", id), el("option", attr("value", ""), text("all"))))
}

func button(id, label string) g.Node {
	return el("button", attr("type", "button"), attr("id", id), text(label))
}

// summary says what is shown, also to those who do not see it.
func summary() g.Node {
	return el("p", attr("id", "summary"), attr("role", "status"), text(" "))
}

// list is the table. Its rows are there while they are in sight.
func list(c content) g.Node {
	var heads g.Group
	for _, name := range c.listColumns() {
		if name == "Keep" {
			heads = append(heads, el("th", attr("scope", "col"), attr("role", "columnheader"), attr("class", "keep"), text(name)))
			continue
		}
		class := "c-" + name
		heads = append(heads, el("th", attr("scope", "col"), attr("role", "columnheader"), attr("class", class), attr("aria-sort", "none"), button("sort-"+name, name)))
	}
	return el("div", attr("id", "rows"), attr("class", "rows"), attr("role", "region"), attr("aria-labelledby", "items"), attr("tabindex", "0"),
		el("table", attr("role", "table"), attr("aria-labelledby", "items"), newline(),
			el("thead", attr("role", "rowgroup"), el("tr", attr("role", "row"), heads)), newline(),
			el("tbody", attr("id", "body"), attr("role", "rowgroup"))))
}

// listColumns are the list's own words, by which the script knows them too.
func (c content) listColumns() []string {
	columns := []string{"Title", "Mailbox", "Kind", "Folder", "Step", "Categories", "Why"}
	if c.Part {
		columns = append(columns[:1], columns[2:]...)
	}
	if c.decides() {
		return append([]string{"Keep"}, columns...)
	}
	return append(columns[:len(columns)-2], "Result", "Why") // categories are in the detail
}

// detail shows one item whole.
func detail() g.Node {
	return el("div", attr("id", "detail"), attr("class", "detail"), attr("role", "region"), attr("aria-label", "Chosen item"), attr("aria-live", "polite"),
		el("p", text("Choose a title to see all of an item.")))
}

// steps are listed by mailbox, as many as fit a page without a script.
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
	return lines(all...)
}

// steps lists a mailbox's steps; cell makes what stands below last.
func (b box) steps(id, last string, cell func(ledger.Entry) g.Node) g.Node {
	row := func(e ledger.Entry) g.Node {
		return el("tr", classCell("k", string(e.Kind)), titleCell(e.Title), foreignCell(e.Folder), el("td", text(verb(e.Action))), foreignCell(change(e)),
			el("td", attr("dir", "auto"), cell(e), hazard(e)))
	}
	return el("details", el("summary", el("h3", attr("id", id), text(b.Name+" "), el("small", number(b.All)))), newline(),
		table(id, columns("Kind", "Title", "Folder", "Step", "Categories", last), el("tbody", rows(b.Steps, row))))
}
