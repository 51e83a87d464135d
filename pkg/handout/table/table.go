// Package table writes contacts, events and tasks as CSV under the English
// column names of classic Outlook, whose import maps them by itself.
//
// It promises UTF-8 with a byte order mark and CRLF, so that Outlook and Excel
// read umlauts, and that no cell begins a formula when somebody opens the file
// in a spreadsheet instead. Days and times are written as 2026-03-31 and
// 14:30:00, which Windows reads in every language.
package table

import (
	"encoding/csv"
	"io"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/handout/form"
	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// column is a column's name in Outlook and what of an item stands in it.
type column[T any] struct {
	name string
	cell func(T) string
}

// Table is one file being written.
type Table[T any] struct {
	columns []column[T]
	w       *csv.Writer
	guarded int
}

func start[T any](w io.Writer, columns []column[T]) (*Table[T], error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, err
	}
	t := &Table[T]{columns: columns, w: csv.NewWriter(w)}
	t.w.UseCRLF = true
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return t, t.w.Write(names)
}

// Add writes one item.
func (t *Table[T]) Add(it T) error {
	row := make([]string, len(t.columns))
	guarded := false
	for i, c := range t.columns {
		cell := c.cell(it)
		row[i] = guard(cell)
		guarded = guarded || row[i] != cell
	}
	if guarded {
		t.guarded++
	}
	return t.w.Write(row)
}

// End writes what is left, and says of how many items a cell has an apostrophe
// before it that the item has not.
func (t *Table[T]) End() (guarded int, err error) {
	t.w.Flush()
	return t.guarded, t.w.Error()
}

// guard makes a cell harmless, except for telephone numbers: an apostrophe
// before +49 would make a number of it that nobody can dial, and a sum of
// digits is no danger.
func guard(s string) string {
	if dialled(s) {
		return s
	}
	return safetext.CSV(s)
}

// dialled says whether s is a "+" and a telephone number: no letter, no second
// sign, nothing that a spreadsheet could call.
func dialled(s string) bool {
	number, ok := strings.CutPrefix(s, "+")
	return ok && strings.ContainsAny(number, "0123456789") && strings.Trim(number, "0123456789 ()./-") == ""
}

// at is the value at a place that may not be there.
func at(list []form.Text, n int) string {
	if n >= len(list) {
		return ""
	}
	return string(list[n])
}

// categories are separated as Outlook separates them.
func categories(list []form.Text) string {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = string(c)
	}
	return strings.Join(names, ";")
}

// yes is how Outlook writes what is true or false.
func yes(b bool) string {
	if b {
		return "True"
	}
	return "False"
}

func priority(importance string) string {
	switch strings.ToLower(importance) {
	case "high":
		return "High"
	case "low":
		return "Low"
	}
	return "Normal"
}

func sensitivity(private bool) string {
	if private {
		return "Private"
	}
	return "Normal"
}
