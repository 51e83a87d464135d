package sheet

import "iter"

// Part is a heading, a line or a table of a document, for those who show it in
// a way of their own. Its text is raw.
type Part struct {
	Heading string
	Line    Cell
	// Copy marks a line that is to be copied, and never broken.
	Copy  bool
	Table *Table
}

// Parts are the parts of the document, in order.
func (d *Document) Parts() iter.Seq[Part] {
	return func(yield func(Part) bool) {
		for _, p := range d.parts {
			if !yield(Part{p.heading, p.line, p.whole, p.table}) {
				return
			}
		}
	}
}

// Raw is the text of the cell.
func (c Cell) Raw() string { return c.text }

// Tone is the tone of the cell.
func (c Cell) Tone() Tone { return c.tone }

// Columns are the columns of the table.
func (t *Table) Columns() []Column { return t.columns }

// Head is what stands above the column, raw.
func (c Column) Head() string { return c.head }

// Number says whether the column is one of numbers.
func (c Column) Number() bool { return c.right }

// Rows are the rows within the limit, raw.
func (t *Table) Rows() [][]Cell { return t.rows }

// Below is the row below all others, or nil.
func (t *Table) Below() []Cell { return t.foot }
