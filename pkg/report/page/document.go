package page

import (
	"io"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"

	"github.com/riva-prep/riva-prep/pkg/report/sheet"
)

// Document writes a document as a page: what is neither a plan nor a run of one.
// There is nothing in it to search or to decide, and so no script.
func Document(w io.Writer, d *sheet.Document, now time.Time) error {
	return render(w, documentPage(d, now))
}

// chapter is a heading with what follows it.
type chapter struct {
	title string
	parts []sheet.Part
}

// chapters divide a document at its headings.
func chapters(d *sheet.Document) (all []chapter) {
	for p := range d.Parts() {
		switch {
		case p.Heading != "":
			all = append(all, chapter{title: p.Heading})
		case len(all) == 0:
			all = append(all, chapter{parts: []sheet.Part{p}})
		default:
			last := &all[len(all)-1]
			last.parts = append(last.parts, p)
		}
	}
	return all
}

func documentPage(d *sheet.Document, now time.Time) g.Node {
	all := chapters(d)
	title := "Report"
	if len(all) > 0 && all[0].title != "" {
		title = all[0].title
	}
	var sections []g.Node
	for i, c := range all {
		sections = append(sections, c.section("part-"+strconv.Itoa(i), i == 0))
	}
	top := el("header", lines(
		el("p", attr("class", "brand"), text("riva-prep "), el("span", text("report of "+clockTime(now)))),
		el("h1", text(title)),
	))
	return pageOf(head(title, policy("style-src "+hash(style))), top, el("main", lines(sections...)), footer())
}

// section shows a chapter. The title of the first is that of the page.
func (c chapter) section(id string, first bool) g.Node {
	title := text(c.title)
	if first {
		title = text("At a glance")
	}
	var nodes []g.Node
	for _, p := range c.parts {
		nodes = append(nodes, partNode(p, id))
	}
	return section(id, title, nodes...)
}

// partNode is a line, or a table that the chapter's title names.
func partNode(p sheet.Part, title string) g.Node {
	switch {
	case p.Table != nil:
		return tableNode(p.Table, title)
	case p.Copy:
		return el("p", el("code", text(p.Line.Raw())))
	}
	return el("p", attr("class", toneClass(p.Line.Tone())), attr("dir", "auto"), text(p.Line.Raw()))
}

func tableNode(t *sheet.Table, title string) g.Node {
	heads := g.Map(t.Columns(), func(c sheet.Column) g.Node {
		return el("th", attr("scope", "col"), g.If(c.Number(), attr("class", "n")), text(c.Head()))
	})
	row := func(cells []sheet.Cell) g.Node { return rowNode(t.Columns(), cells) }
	body := el("tbody", rows(t.Rows(), row))
	if t.Below() == nil {
		return table(title, heads, body)
	}
	return table(title, heads, body, newline(), el("tfoot", row(t.Below())))
}

// rowNode is named by its first cell.
func rowNode(columns []sheet.Column, cells []sheet.Cell) g.Node {
	var nodes g.Group
	for i, c := range cells {
		class := toneClass(c.Tone())
		switch {
		case i == 0:
			nodes = append(nodes, titleCell(c.Raw()))
		case columns[i].Number():
			nodes = append(nodes, el("td", attr("class", strings.TrimSpace("n "+class)), text(c.Raw())))
		default:
			nodes = append(nodes, el("td", attr("class", class), attr("dir", "auto"), text(c.Raw())))
		}
	}
	return el("tr", nodes)
}

// toneClass is the class of the style for a tone.
func toneClass(t sheet.Tone) string {
	return map[sheet.Tone]string{sheet.Good: "tone good", sheet.Care: "tone care", sheet.Bad: "tone bad", sheet.Faint: "tone faint"}[t]
}
