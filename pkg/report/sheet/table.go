package sheet

import (
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// narrowest is the least width that a wrapping column is squeezed to.
const narrowest = 6

// Column describes one column. Only columns of Words give way on a narrow
// terminal.
type Column struct {
	head  string
	right bool
	wraps bool
	// lines is the most lines of a cell that wraps; 0 is any number.
	lines int
	// least is the width that it keeps; 0 is narrowest.
	least int
}

// Words is a column of text that may be broken into lines.
func Words(head string) Column { return Column{head: head, wraps: true} }

// Word is a column whose cells are never broken.
func Word(head string) Column { return Column{head: head} }

// Figure is a column of numbers.
func Figure(head string) Column { return Column{head: head, right: true} }

// AtMost limits the lines of a cell; the rest of its text is cut off.
func (c Column) AtMost(lines int) Column {
	c.lines = lines
	return c
}

// AtLeast is the width that the column keeps on the narrowest terminal.
func (c Column) AtLeast(width int) Column {
	c.least = width
	return c
}

// Table collects rows up to a limit and counts the rest.
type Table struct {
	columns []Column
	rows    [][]Cell
	foot    []Cell
	limit   int
	more    int
}

// NewTable makes a table that shows at most limit rows; 0 shows all.
func NewTable(limit int, columns ...Column) *Table {
	return &Table{columns: columns, limit: limit}
}

// Add adds a row, or counts it once the limit is reached.
func (t *Table) Add(cells ...Cell) {
	if t.limit > 0 && len(t.rows) == t.limit {
		t.more++
		return
	}
	t.rows = append(t.rows, cells)
}

// Foot sets the row below all others, such as a total. No limit applies.
func (t *Table) Foot(cells ...Cell) { t.foot = cells }

// Shown is the number of rows within the limit.
func (t *Table) Shown() int { return len(t.rows) }

// Len is the number of rows that were added.
func (t *Table) Len() int { return len(t.rows) + t.more }

// text draws a box that fits the width.
func (t *Table) text(w io.Writer, look Look) error {
	grid := t.safe(safetext.Terminal)
	widths := t.fit(grid, look.Width)
	for _, row := range grid {
		for i, c := range row {
			row[i].text = t.columns[i].fold(c, widths[i], look.Color)
		}
	}
	return t.render(w, grid, tablewriter.WithSymbols(tw.NewSymbols(tw.StyleLight)))
}

func (t *Table) markdown(w io.Writer) error {
	return t.render(w, t.safe(safetext.Markdown), tablewriter.WithRenderer(renderer.NewMarkdown()))
}

// safe gives header, rows and footer with every text made safe.
func (t *Table) safe(clean func(string) string) [][]Cell {
	head := []Cell{}
	for _, c := range t.columns {
		head = append(head, Strong.Text(c.head))
	}
	grid := slices.Concat([][]Cell{head}, t.rows)
	if t.foot != nil {
		grid = append(grid, t.foot)
	}
	for i, row := range grid {
		grid[i] = slices.Clone(row)
		for j := range row {
			grid[i][j].text = clean(row[j].text)
		}
	}
	return grid
}

// fit gives each column its natural width, then takes from the widest columns
// that wrap until the table fits. Zero means no limit.
func (t *Table) fit(grid [][]Cell, width int) []int {
	widths := make([]int, len(t.columns))
	for _, row := range grid {
		for i, c := range row {
			widths[i] = max(widths[i], twwidth.Width(c.text))
		}
	}
	over := 3*len(widths) + 1 - width // borders and spaces
	for _, n := range widths {
		over += n
	}
	for ; width > 0 && over > 0; over-- {
		widest := t.widest(widths)
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

// widest is the column that can best give way, or -1.
func (t *Table) widest(widths []int) int {
	widest := -1
	for i, n := range widths {
		if t.columns[i].wraps && n > max(narrowest, t.columns[i].least) && (widest < 0 || n > widths[widest]) {
			widest = i
		}
	}
	return widest
}

// fold breaks a cell's text into lines of the width that its column has got.
func (c Column) fold(text Cell, width int, color bool) string {
	lines := []string{text.text}
	if c.wraps {
		lines = wrap(text.text, width)
	}
	if c.lines > 0 && len(lines) > c.lines {
		lines = lines[:c.lines]
		lines[c.lines-1] = cut(lines[c.lines-1], width-1) + "…"
	}
	for i, line := range lines {
		lines[i] = text.tone.paint(line, color)
	}
	return strings.Join(lines, "\n")
}

// render hands the grid to tablewriter, which may neither format nor wrap.
func (t *Table) render(w io.Writer, grid [][]Cell, look tablewriter.Option) error {
	section := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
		Alignment:  tw.CellAlignment{Global: tw.AlignLeft, PerColumn: t.alignment()},
	}
	out := tablewriter.NewTable(w, look,
		tablewriter.WithConfig(tablewriter.Config{Header: section, Row: section, Footer: section}))
	out.Header(texts(grid[0]))
	last := len(grid)
	if t.foot != nil {
		last--
	}
	for _, row := range grid[1:last] {
		if err := out.Append(texts(row)); err != nil {
			return err
		}
	}
	if t.foot != nil {
		out.Footer(texts(grid[last]))
	}
	return out.Render()
}

func (t *Table) alignment() []tw.Align {
	align := make([]tw.Align, len(t.columns))
	for i, c := range t.columns {
		align[i] = tw.AlignLeft
		if c.right {
			align[i] = tw.AlignRight
		}
	}
	return align
}

func texts(row []Cell) []string {
	out := make([]string, len(row))
	for i, c := range row {
		out[i] = c.text
	}
	return out
}
