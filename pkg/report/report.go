// Package report shows plans, runs, inventories and snapshots to people and to
// programs: as a table, JSON, CSV, Markdown, and as one HTML page.
//
// It promises that every view of the same thing says the same: rows that a
// limit leaves out of a table are counted, held items and skipped mailboxes are
// never left out, and text that others wrote cannot act on a terminal, in a
// spreadsheet or in a browser; JSON alone reads back as the text that it was.
// It decides nothing, and refuses a format that it does not know.
//
// Below it, ledger sets a plan and its run side by side, sheet lays out tables
// and page the HTML, and words writes numbers and names.
package report

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/page"
	"github.com/riva-prep/riva-prep/pkg/report/sheet"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/run"
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

// Page is a page of what is neither a plan nor a run of one. It is no word of
// --output, and always carries everything.
const Page Format = "page"

// Formats returns every format of --output.
func Formats() []Format { return []Format{Table, JSON, CSV, Markdown} }

// ParseFormat reads a format as typed by a person. Case does not matter.
func ParseFormat(s string) (Format, error) {
	f := Format(strings.ToLower(strings.TrimSpace(s)))
	if !slices.Contains(Formats(), f) {
		return "", unknown(s)
	}
	return f, nil
}

func unknown(format string) error {
	return fmt.Errorf("unknown output %q: use table, json, csv or markdown", format)
}

// Options say how a report is written. JSON and CSV always carry everything.
type Options struct {
	Format Format
	// Width is the number of columns of the terminal; 0 is unlimited.
	Width int
	// Color allows escape sequences for colour and weight in a table.
	Color bool
	// Rows is the most rows of one long list in a table or in Markdown; 0 is
	// all. What is left out is counted in a line below it.
	Rows int
	// Now is printed on a page.
	Now time.Time
}

// HTML writes one page for managers and administrators about a plan, or about
// a run of it if r is given. The page is one file: it loads nothing and runs
// nothing. Now is printed as the time of the report.
func HTML(w io.Writer, p plan.Plan, r *run.Report, now time.Time) error {
	return page.Write(w, ledger.Of(p, r), now)
}

// ClosedHTML is HTML of a plan that no list of decisions is taken for.
func ClosedHTML(w io.Writer, p plan.Plan, now time.Time) error {
	b := ledger.Of(p, nil)
	b.Closed = true
	return page.Write(w, b, now)
}

// view is one thing to show, in every format.
type view struct {
	document func(limit int) *document
	data     any
	header   []string
	rows     iter.Seq[[]string]
}

func (v view) write(w io.Writer, o Options) error {
	switch o.Format {
	case Table:
		return v.document(o.Rows).Text(w, sheet.Look{Width: o.Width, Color: o.Color})
	case Markdown:
		return v.document(o.Rows).Markdown(w)
	case JSON:
		return sheet.JSON(w, v.data)
	case CSV:
		return sheet.CSV(w, v.header, v.rows)
	case Page:
		return page.Document(w, pageParts(&v.document(0).Document), o.Now)
	}
	return unknown(string(o.Format))
}

// document is a sheet's document with the sections that several views share.
type document struct{ sheet.Document }

// skipped lists mailboxes that were asked for and could not be read.
func (d *document) skipped(list []plan.Skipped) {
	if len(list) == 0 {
		return
	}
	d.Heading("skipped mailboxes: " + words.Number(len(list)))
	t := sheet.NewTable(0, sheet.Words("mailbox"), sheet.Words("reason"))
	for _, s := range list {
		t.Add(sheet.Text(s.Name), sheet.Bad.Text(s.Reason))
	}
	d.Add(t)
}

// held counts what is held by reason, and shows some of each.
func (d *document) held(b *ledger.Book, limit int) {
	n := b.Plan.Totals().Held
	if n == 0 {
		d.Heading("held back: nothing")
		return
	}
	d.Heading("held back: " + words.Items(n))
	for _, r := range b.Reasons() {
		d.Tell(sheet.Care, "%s, %s: %s", words.Items(r.Count), r.Hazard, r.Explain)
		t := sheet.NewTable(limit, sheet.Words("mailbox"), sheet.Word("kind"),
			sheet.Words("title").AtMost(3), sheet.Words("folder"), sheet.Words("why"))
		for _, h := range r.Items {
			t.Add(sheet.Text(h.Account.Name()), sheet.Text(string(h.Kind)), sheet.Text(h.Title), sheet.Text(h.Folder), sheet.Text(h.Reason))
		}
		d.Add(t)
	}
}

// list makes an absent list an empty one, which JSON tells apart.
func list[T any](s []T) []T { return append([]T{}, s...) }
