package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// document is what a terminal and a Markdown file show in their own ways. Text
// in it is raw; it is made safe here, at the border, and nowhere else.
type document struct{ parts []part }

// part is a heading, a line or a table.
type part struct {
	heading string
	line    string
	tone    tone
	// whole lines are never broken: they are to be copied.
	whole bool
	table *table
}

func (d *document) heading(text string) { d.parts = append(d.parts, part{heading: text}) }

func (d *document) say(format string, args ...any) {
	d.parts = append(d.parts, part{line: fmt.Sprintf(format, args...)})
}

func (d *document) tell(t tone, format string, args ...any) {
	d.parts = append(d.parts, part{line: fmt.Sprintf(format, args...), tone: t})
}

// keep adds a line for copying, such as a path or a digest.
func (d *document) keep(name, value string) {
	if value != "" {
		d.parts = append(d.parts, part{line: name + " " + value, whole: true})
	}
}

// table adds a table and, if rows were left out, a line that counts them.
func (d *document) table(t *table) {
	if len(t.rows) == 0 {
		return
	}
	d.parts = append(d.parts, part{table: t})
	if t.more > 0 {
		d.say("… and %s more (see --output json or --report)", number(t.more))
	}
}

func (d *document) text(w io.Writer, o Options) error {
	out := &bytes.Buffer{}
	for i, p := range d.parts {
		switch {
		case p.table != nil:
			if err := p.table.text(out, o); err != nil {
				return fmt.Errorf("table: %w", err)
			}
		case p.heading != "":
			if i > 0 {
				fmt.Fprintln(out)
			}
			writeLines(out, cell{p.heading, strong}, o)
		case p.whole:
			fmt.Fprintln(out, safetext.Terminal(p.line))
		default:
			writeLines(out, cell{p.line, p.tone}, o)
		}
	}
	_, err := out.WriteTo(w)
	return err
}

func writeLines(out *bytes.Buffer, c cell, o Options) {
	for _, line := range wrap(safetext.Terminal(c.text), o.Width) {
		fmt.Fprintln(out, c.tone.paint(line, o.Color))
	}
}

func (d *document) markdown(w io.Writer) error {
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
			fmt.Fprintln(out, safetext.Markdown(p.line))
		}
	}
	_, err := out.WriteTo(w)
	return err
}

// tone is the weight or colour of text, where colour is allowed.
type tone int

const (
	plain tone = iota
	strong
	faint
	good
	care
	bad
)

// paint uses the sixteen colours, which a terminal's theme keeps readable.
func (t tone) paint(s string, color bool) string {
	if !color || t == plain || strings.TrimSpace(s) == "" {
		return s
	}
	code := map[tone]string{strong: "1", faint: "2", good: "32", care: "33", bad: "31"}[t]
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
