package report

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/page"
	"github.com/riva-prep/riva-prep/pkg/report/sheet"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// SheetsIndex is the file in which Sheets says whose sheet is which.
const SheetsIndex = "mailboxes.csv"

// Sheets writes a page for the user of each mailbox that has a step or a held
// item, with nothing of other mailboxes in it, and SheetsIndex with a row for
// every mailbox, so that a mail merge can send them. It gives the number of pages.
func Sheets(p plan.Plan, r *run.Report, now time.Time, write func(name string, data []byte) error) (int, error) {
	book := ledger.Of(p, r)
	var index [][]string
	taken, pages := map[string]bool{SheetsIndex: true}, 0
	for _, m := range p.Mailboxes {
		name := ""
		if len(m.Steps)+len(m.Held) > 0 {
			name = sheetName(m, taken)
			var out bytes.Buffer
			if err := page.Sheet(&out, book.Only(m), now); err != nil {
				return pages, err
			}
			if err := write(name, out.Bytes()); err != nil {
				return pages, err
			}
			pages++
		}
		index = append(index, sheetRow(m, name))
	}
	return pages, writeIndex(index, write)
}

// sheetName is by the address, and unlike any before it on every file system.
func sheetName(m plan.Mailbox, taken map[string]bool) string {
	base := safetext.FileName(m.Account.Name())
	for n := 1; ; n++ {
		name := base + ".html"
		if n > 1 {
			name = fmt.Sprintf("%s (%d).html", base, n)
		}
		if key := strings.ToLower(name); !taken[key] {
			taken[key] = true
			return name
		}
	}
}

// sheetColumns head SheetsIndex. Scripts rest on them: add at the end, never
// rename.
func sheetColumns() []string {
	return []string{"mailbox", "mailboxId", "name", "file", "delete", "tag", "create", "held", "already", "items"}
}

func sheetRow(m plan.Mailbox, file string) []string {
	t := m.Totals()
	row := []string{m.Account.Name(), m.Account.ID, m.Account.DisplayName, file}
	for _, n := range []int{t.Deletes, t.Tags, t.Creates, t.Held, t.Already, t.Items} {
		row = append(row, strconv.Itoa(n))
	}
	return row
}

func writeIndex(index [][]string, write func(name string, data []byte) error) error {
	var out bytes.Buffer
	if err := sheet.CSV(&out, sheetColumns(), slices.Values(index)); err != nil {
		return err
	}
	return write(SheetsIndex, out.Bytes())
}
