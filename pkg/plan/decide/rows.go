package decide

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// Columns are those of a plan's CSV (pkg/report/ledger), and the decision.
func Columns() []string {
	return []string{
		"mailbox", "mailboxId", "kind", "folder", "action", "status", "title",
		"categoriesBefore", "categoriesAfter", "hazard", "reason", "id", "version", "decision",
	}
}

// LabelColumn is one more column, of the lists that pages save: it has the
// list's Label in every row.
const LabelColumn = "list"

// Label is what a list says of itself, so that a part of it is not taken for
// the whole, and a list of one mailbox not for one of the plan.
func Label(rows int, digest string) string { return fmt.Sprintf("%d rows of %s", rows, digest) }

// The columns that a row is found and told by.
const (
	mailboxColumn = 1
	kindColumn    = 2
	titleColumn   = 6
	idColumn      = 11
)

// keyOf is what a row is known by, whatever its order.
func keyOf(cells []string) string {
	return bare(cells[mailboxColumn]) + "\x00" + bare(cells[kindColumn]) + "\x00" + bare(cells[idColumn])
}

// Write writes the list: a row for each step, to be done, and for each held
// item. It is UTF-8 with a byte order mark and CRLF, for Excel, which takes
// semicolons for separators where the comma is the decimal sign.
func Write(w io.Writer, p plan.Plan, separator rune) error {
	if err := write(w, p, separator); err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	return nil
}

func write(w io.Writer, p plan.Plan, separator rune) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = separator, true
	if err := out.Write(Columns()); err != nil {
		return err
	}
	for _, m := range p.Mailboxes {
		for _, s := range m.Steps {
			if err := out.Write(append(stepCells(m.Account, s), do)); err != nil {
				return err
			}
		}
		for _, h := range m.Held {
			if err := out.Write(append(heldCells(m.Account, h), held)); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// stepCells are the cells of a step, but for the decision.
func stepCells(a mailbox.Account, s plan.Step) []string {
	hazards := make([]string, len(s.Hazards))
	for i, h := range s.Hazards {
		hazards[i] = string(h)
	}
	return cells(a.Name(), a.ID, string(s.Kind), s.Folder, string(s.Action), "planned", s.Title,
		strings.Join(s.Before, "; "), strings.Join(s.After, "; "), strings.Join(hazards, "; "), s.Why, s.ID, s.Version)
}

func heldCells(a mailbox.Account, h plan.Held) []string {
	return cells(a.Name(), a.ID, string(h.Kind), h.Folder, "", held, h.Title,
		strings.Join(h.Categories, "; "), "", string(h.Hazard), h.Detail, h.ID, "")
}

func cells(texts ...string) []string {
	for i, text := range texts {
		texts[i] = Cell(text)
	}
	return texts
}

// Cell makes a text harmless, and safe from a spreadsheet that would save a
// number or a date where "007" or "1/2" was.
func Cell(text string) string {
	safe := safetext.CSV(safetext.Terminal(text))
	if converted(safe) {
		return "'" + safe
	}
	return safe
}

// bare is a cell without the apostrophe before it, which some spreadsheets
// hide and leave out when they save.
func bare(cell string) string { return strings.TrimPrefix(cell, "'") }

// longest is how many bytes a number or a date has at most; object ids are longer.
const longest = 35

// converted says whether a spreadsheet (in English) may take a text for a
// number, an amount, a date, a time or a truth value.
func converted(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > longest {
		return false
	}
	first, _ := utf8.DecodeRuneInString(text)
	lower := strings.ToLower(text)
	return unicode.IsDigit(first) || unicode.Is(unicode.Sc, first) || first == '.' || first == '(' ||
		lower == "true" || lower == "false" || month(lower)
}

// month finds the like of "may 5" and "sept-26".
func month(lower string) bool {
	if len(lower) < 4 || !slices.Contains(strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec"), lower[:3]) {
		return false
	}
	rest := strings.TrimLeftFunc(lower[3:], func(r rune) bool { return unicode.IsLetter(r) || strings.ContainsRune(" .,-/", r) })
	return rest != "" && unicode.IsDigit(rune(rest[0]))
}
