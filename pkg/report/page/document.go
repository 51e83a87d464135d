package page

import (
	"io"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
)

// Part is a heading, a line or a table of a document. Its text is raw.
type Part struct {
	Heading string
	Line    Cell
	// Copy marks a line that is to be copied.
	Copy  bool
	Table *Table
}

// Table has a row below all others in Foot, or none.
type Table struct {
	Columns []Column
	Rows    [][]Cell
	Foot    []Cell
}

// Column is one of text or of numbers.
type Column struct {
	Head   string
	Number bool
}

// Cell is a text with its tone, which is a class of the style or empty.
type Cell struct{ Text, Tone string }

// Document writes a document as a page: what is neither a plan nor a run of one.
// There is nothing in it to search or to decide, and so no script.
func Document(w io.Writer, parts []Part, now time.Time) error {
	return render(w, documentPage(parts, now))
}

// chapter is a heading with what follows it.
type chapter struct {
	title string
	parts []Part
}

// chapters divide a document at its headings.
func chapters(parts []Part) (all []chapter) {
	for _, p := range parts {
		switch {
		case p.Heading != "":
			all = append(all, chapter{title: p.Heading})
		case len(all) == 0:
			all = append(all, chapter{parts: []Part{p}})
		default:
			last := &all[len(all)-1]
			last.parts = append(last.parts, p)
		}
	}
	return all
}

func documentPage(parts []Part, now time.Time) g.Node {
	all := chapters(parts)
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
func partNode(p Part, title string) g.Node {
	switch {
	case p.Table != nil:
		return tableNode(p.Table, title)
	case p.Copy:
		return el("p", el("code", text(p.Line.Text)))
	}
	return el("p", attr("class", toneClass(p.Line.Tone)), attr("dir", "auto"), text(p.Line.Text))
}

func tableNode(t *Table, title string) g.Node {
	heads := g.Map(t.Columns, func(c Column) g.Node {
		return el("th", attr("scope", "col"), g.If(c.Number, attr("class", "n")), text(c.Head))
	})
	row := func(cells []Cell) g.Node { return rowNode(t.Columns, cells) }
	body := el("tbody", rows(t.Rows, row))
	if t.Foot == nil {
		return table(title, heads, body)
	}
	return table(title, heads, body, newline(), el("tfoot", row(t.Foot)))
}

// rowNode is named by its first cell.
func rowNode(columns []Column, cells []Cell) g.Node {
	var nodes g.Group
	for i, c := range cells {
		class := toneClass(c.Tone)
		switch {
		case i == 0:
			nodes = append(nodes, titleCell(c.Text))
		case columns[i].Number:
			nodes = append(nodes, el("td", attr("class", strings.TrimSpace("n "+class)), text(c.Text)))
		default:
			nodes = append(nodes, el("td", attr("class", class), attr("dir", "auto"), text(c.Text)))
		}
	}
	return el("tr", nodes)
}

// toneClass is the class of the style for a tone.
func toneClass(tone string) string {
	if tone == "" {
		return ""
	}
	return "tone " + tone
}
