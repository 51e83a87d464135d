// Package report shows plans, runs, inventories and snapshots to people and to
// programs: as a table, JSON, CSV, Markdown, and as one HTML page.
//
// It promises that every view of the same thing says the same: rows that a
// limit leaves out of a table are counted, held items and skipped mailboxes are
// never left out, and text that others wrote cannot act on a terminal, in a
// spreadsheet or in a browser; JSON alone reads back as the text that it was.
// It decides nothing, and refuses a format that it does not know.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// Format is a way to write a report, by the word of --output.
type Format string

// The formats.
const (
	Table    Format = "table"
	JSON     Format = "json"
	CSV      Format = "csv"
	Markdown Format = "markdown"
)

// Formats returns every format.
func Formats() []Format { return []Format{Table, JSON, CSV, Markdown} }

// ParseFormat reads a format as typed by a person. Case does not matter.
func ParseFormat(s string) (Format, error) {
	f := Format(strings.ToLower(strings.TrimSpace(s)))
	if !slices.Contains(Formats(), f) {
		return "", fmt.Errorf("unknown output %q: use table, json, csv or markdown", s)
	}
	return f, nil
}

// Options say how a table looks. The other formats always carry everything,
// but for Rows, which Markdown honours too.
type Options struct {
	// Width is the number of columns of the terminal; 0 is unlimited.
	Width int
	// Color allows escape sequences for colour and weight.
	Color bool
	// Rows is the most rows of one long list; 0 is all. What is left out is
	// counted in a line below it.
	Rows int
}

// view is one thing to show, in every format.
type view struct {
	document func(limit int) *document
	data     any
	header   []string
	rows     func(yield func([]string) bool)
}

func (v view) write(w io.Writer, f Format, o Options) error {
	switch f {
	case Table:
		return v.document(o.Rows).text(w, o)
	case Markdown:
		return v.document(o.Rows).markdown(w)
	case JSON:
		return writeJSON(w, v.data)
	case CSV:
		return writeCSV(w, v.header, v.rows)
	}
	return fmt.Errorf("unknown output %q: use table, json, csv or markdown", string(f))
}

// addSkipped lists mailboxes that were asked for and could not be read.
func (d *document) addSkipped(skipped []plan.Skipped) {
	if len(skipped) == 0 {
		return
	}
	d.heading("skipped mailboxes: " + number(len(skipped)))
	t := newTable(0, column{head: "mailbox", wraps: true}, column{head: "reason", wraps: true})
	for _, s := range skipped {
		t.add(cell{text: s.Name}, cell{text: s.Reason, tone: bad})
	}
	d.table(t)
}

// tenantName names a tenant for people.
func tenantName(t mailbox.Tenant) string {
	if t.DisplayName == "" {
		return "tenant " + t.ID
	}
	return fmt.Sprintf("%s (tenant %s)", t.DisplayName, t.ID)
}

// number writes a count with a comma between thousands.
func number(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural counts things: "1 item", "2,000 items".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// quoted puts names in quotation marks, for lists that people read.
func quoted(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = `"` + n + `"`
	}
	return strings.Join(out, ", ")
}
