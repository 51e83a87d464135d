// Package sheet lays out headings, lines and tables as text for a terminal or
// as Markdown, and writes JSON and CSV.
//
// It takes raw text and promises that what comes out cannot act on a terminal
// or in a spreadsheet, that a table fits its width, and that rows left out by a
// limit are counted. It knows nothing of what it shows.
package sheet

import (
	"bytes"
	"fmt"
	"io"

	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// Document is what a terminal and a Markdown file show in their own ways. Text
// in it is raw; it is made safe when it is written, and nowhere else.
type Document struct{ parts []part }

// Look is how a document appears on a terminal.
type Look struct {
	// Width is the number of columns; 0 is unlimited.
	Width int
	// Color allows escape sequences for colour and weight.
	Color bool
}

// part is a heading, a line or a table.
type part struct {
	heading string
	line    Cell
	// whole lines are never broken: they are to be copied.
	whole bool
	table *Table
}

// Heading begins a section.
func (d *Document) Heading(text string) { d.parts = append(d.parts, part{heading: text}) }

// Say adds a line.
func (d *Document) Say(format string, args ...any) { d.Tell(Plain, format, args...) }

// Tell adds a line with a tone.
func (d *Document) Tell(t Tone, format string, args ...any) {
	d.parts = append(d.parts, part{line: t.Text(fmt.Sprintf(format, args...))})
}

// Keep adds a line for copying, such as a path or a digest, if there is a value.
func (d *Document) Keep(name, value string) {
	if value != "" {
		d.parts = append(d.parts, part{line: Text(name + " " + value), whole: true})
	}
}

// Add adds a table and, if rows were left out, a line that counts them. A table
// without rows is left out itself.
func (d *Document) Add(t *Table) {
	if len(t.rows) == 0 {
		return
	}
	d.parts = append(d.parts, part{table: t})
	if t.more > 0 {
		d.Say("… and %s more (see --output json or --report)", words.Number(t.more))
	}
}

// Text writes the document for a terminal.
func (d *Document) Text(w io.Writer, look Look) error {
	out := &bytes.Buffer{}
	for i, p := range d.parts {
		switch {
		case p.table != nil:
			if err := p.table.text(out, look); err != nil {
				return fmt.Errorf("table: %w", err)
			}
		case p.heading != "":
			if i > 0 {
				fmt.Fprintln(out)
			}
			writeLines(out, Strong.Text(p.heading), look)
		case p.whole:
			fmt.Fprintln(out, safetext.Terminal(p.line.text))
		default:
			writeLines(out, p.line, look)
		}
	}
	_, err := out.WriteTo(w)
	return err
}

func writeLines(out *bytes.Buffer, c Cell, look Look) {
	for _, line := range wrap(safetext.Terminal(c.text), look.Width) {
		fmt.Fprintln(out, c.tone.paint(line, look.Color))
	}
}

// Markdown writes the document as Markdown.
func (d *Document) Markdown(w io.Writer) error {
	out := &bytes.Buffer{}
	for i, p := range d.parts {
		if i > 0 {
			fmt.Fprintln(out)
		}
		switch {
		case p.table != nil:
			if err := p.table.markdown(out); err != nil {
				return fmt.Errorf("table: %w", err)
			}
		case p.heading != "":
			fmt.Fprintln(out, "##", safetext.Markdown(p.heading))
		default:
			fmt.Fprintln(out, safetext.Markdown(p.line.text))
		}
	}
	_, err := out.WriteTo(w)
	return err
}
