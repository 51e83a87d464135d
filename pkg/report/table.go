package report

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

// column describes one column. Only columns that wrap give way on a narrow
// terminal.
type column struct {
	head  string
	right bool
	wraps bool
	// lines is the most lines of a cell that wraps; 0 is any number.
	lines int
	// least is the width that it keeps; 0 is narrowest.
	least int
}

// cell is raw text with its tone.
type cell struct {
	text string
	tone tone
}

// table collects rows up to a limit and counts the rest.
type table struct {
	columns []column
	rows    [][]cell
	foot    []cell
	limit   int
	more    int
}

func newTable(limit int, columns ...column) *table {
	return &table{columns: columns, limit: limit}
}

func (t *table) add(cells ...cell) {
	if t.limit > 0 && len(t.rows) == t.limit {
		t.more++
		return
	}
	t.rows = append(t.rows, cells)
}

// text draws a box that fits the width.
func (t *table) text(w io.Writer, o Options) error {
	grid := t.safe(safetext.Terminal)
	widths := t.fit(grid, o.Width)
	for _, row := range grid {
		for i, c := range row {
			row[i].text = t.fold(c, widths[i], i, o.Color)
		}
	}
	return t.render(w, grid, tablewriter.WithSymbols(tw.NewSymbols(tw.StyleLight)))
}

func (t *table) markdown(w io.Writer) error {
	return t.render(w, t.safe(safetext.Markdown), tablewriter.WithRenderer(renderer.NewMarkdown()))
}

// safe gives header, rows and footer with every text made safe.
func (t *table) safe(make func(string) string) [][]cell {
	head := []cell{}
	for _, c := range t.columns {
		head = append(head, cell{c.head, strong})
	}
	grid := slices.Concat([][]cell{head}, t.rows)
	if t.foot != nil {
		grid = append(grid, t.foot)
	}
	for i, row := range grid {
		grid[i] = slices.Clone(row)
		for j := range row {
			grid[i][j].text = make(row[j].text)
		}
	}
	return grid
}

// fit gives each column its natural width, then takes from the widest columns
// that wrap until the table fits. Zero means no limit.
func (t *table) fit(grid [][]cell, width int) []int {
	widths := make([]int, len(t.columns))
	room := width - 3*len(widths) - 1
	for _, row := range grid {
		for i, c := range row {
			widths[i] = max(widths[i], twwidth.Width(c.text))
		}
	}
	for total := sum(widths); width > 0 && total > room; total-- {
		widest := -1
		for i, n := range widths {
			if t.columns[i].wraps && n > max(narrowest, t.columns[i].least) && (widest < 0 || n > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

// fold breaks a cell's text into lines of the column's width.
func (t *table) fold(c cell, width, i int, color bool) string {
	lines := []string{c.text}
	if t.columns[i].wraps {
		lines = wrap(c.text, width)
	}
	if most := t.columns[i].lines; most > 0 && len(lines) > most {
		lines = lines[:most]
		lines[most-1] = cut(lines[most-1], width-1) + "…"
	}
	for j, line := range lines {
		lines[j] = c.tone.paint(line, color)
	}
	return strings.Join(lines, "\n")
}

// render hands the grid to tablewriter, which may neither format nor wrap.
func (t *table) render(w io.Writer, grid [][]cell, look tablewriter.Option) error {
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

func (t *table) alignment() []tw.Align {
	align := make([]tw.Align, len(t.columns))
	for i, c := range t.columns {
		align[i] = tw.AlignLeft
		if c.right {
			align[i] = tw.AlignRight
		}
	}
	return align
}

func texts(row []cell) []string {
	out := make([]string, len(row))
	for i, c := range row {
		out[i] = c.text
	}
	return out
}

func sum(ns []int) (total int) {
	for _, n := range ns {
		total += n
	}
	return total
}

// wrap breaks text at spaces, and words that are longer than a line where an
// address or a path has its parts, or else anywhere.
func wrap(s string, width int) []string {
	if width <= 0 || twwidth.Width(s) <= width {
		return []string{s}
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && twwidth.Width(line)+1+twwidth.Width(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for line = word; twwidth.Width(line) > width; {
			head := cut(line, width)
			if at := strings.LastIndexAny(head, "@/.-:_"); at >= len(head)/2 {
				head = head[:at+1]
			}
			lines, line = append(lines, head), line[len(head):]
		}
	}
	return append(lines, line)
}

// cut returns the longest beginning of s that fits the width, but at least one
// rune. Marks are no wider than what they stand on, so they stay with it.
func cut(s string, width int) string {
	used := 0
	for i, r := range s {
		used += runeWidth(r)
		if used > width && i > 0 {
			return s[:i]
		}
	}
	return s
}

func runeWidth(r rune) int {
	if r == '\uFE0F' { // asks for the wide form of the rune before it
		return 1
	}
	return twwidth.Width(string(r))
}
