package report

import (
	"github.com/riva-prep/riva-prep/pkg/report/page"
	"github.com/riva-prep/riva-prep/pkg/report/sheet"
)

// pageParts are the parts of a document for a page.
func pageParts(d *sheet.Document) (all []page.Part) {
	for p := range d.Parts() {
		part := page.Part{Heading: p.Heading, Line: pageCell(p.Line), Copy: p.Copy}
		if p.Table != nil {
			part.Table = pageTable(p.Table)
		}
		all = append(all, part)
	}
	return all
}

func pageTable(t *sheet.Table) *page.Table {
	table := &page.Table{Foot: pageCells(t.Below())}
	for _, c := range t.Columns() {
		table.Columns = append(table.Columns, page.Column{Head: c.Head(), Number: c.Number()})
	}
	for _, row := range t.Rows() {
		table.Rows = append(table.Rows, pageCells(row))
	}
	return table
}

func pageCells(cells []sheet.Cell) (all []page.Cell) {
	for _, c := range cells {
		all = append(all, pageCell(c))
	}
	return all
}

func pageCell(c sheet.Cell) page.Cell {
	tones := map[sheet.Tone]string{sheet.Good: "good", sheet.Care: "care", sheet.Bad: "bad", sheet.Faint: "faint"}
	return page.Cell{Text: c.Raw(), Tone: tones[c.Tone()]}
}
