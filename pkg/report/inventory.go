package report

import (
	"cmp"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/inventory"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/sheet"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

type inventoryData struct {
	Mailboxes []inventory.Mailbox `json:"mailboxes"`
	Skipped   []plan.Skipped      `json:"skipped"`
	Items     int                 `json:"items"`
}

// Inventory shows what lies in mailboxes.
func Inventory(w io.Writer, o Options, boxes []inventory.Mailbox, skipped []plan.Skipped) error {
	data := inventoryData{Mailboxes: list(boxes), Skipped: list(skipped)}
	for _, b := range boxes {
		data.Items += b.Items
	}
	return view{
		document: data.document,
		data:     data,
		header: []string{
			"mailbox", "mailboxId", "kind", "category", "items", "folders", "oldest", "newest", "sample", "product", "protected", "skipped",
		},
		rows: data.rows,
	}.write(w, o)
}

func (d inventoryData) document(limit int) *document {
	doc := &document{}
	shown, hidden := 0, 0
	for _, b := range d.Mailboxes {
		if limit > 0 && shown >= limit {
			hidden++
			continue
		}
		doc.Heading(b.Account.Name() + ": " + words.Items(b.Items))
		t := inventoryTable(b, max(0, limit-shown))
		doc.Add(t)
		shown += t.Shown()
	}
	if hidden > 0 {
		doc.Say("… and %s more (see --output json)", words.Mailboxes(hidden))
	}
	doc.skipped(d.Skipped)
	doc.Heading(words.Items(d.Items) + " in " + words.Mailboxes(len(d.Mailboxes)))
	return doc
}

func inventoryTable(b inventory.Mailbox, limit int) *sheet.Table {
	t := sheet.NewTable(limit,
		sheet.Word("kind"), sheet.Words("category").AtLeast(10), sheet.Figure("items"),
		sheet.Words("folders").AtMost(3), sheet.Words("oldest – newest").AtLeast(12),
		sheet.Words("sample").AtMost(3), sheet.Words("known as"))
	for _, r := range b.Rows {
		category := sheet.Text(r.Category)
		if r.Category == "" {
			category = sheet.Faint.Text(words.NoCategory)
		}
		t.Add(sheet.Text(string(r.Kind)), category, sheet.Plain.Number(r.Items), sheet.Text(strings.Join(r.Folders, ", ")),
			sheet.Text(span(r.Oldest, r.Newest)), sheet.Text(r.Sample), knownAs(r))
	}
	return t
}

// knownAs names the product that uses a category. Protected wins.
func knownAs(r inventory.Row) sheet.Cell {
	switch {
	case r.Protected && r.Product != "":
		return sheet.Good.Text("protected, " + r.Product)
	case r.Protected:
		return sheet.Good.Text("protected")
	}
	return sheet.Care.Text(r.Product)
}

// span wraps after its dash in a narrow column.
func span(oldest, newest time.Time) string {
	if day(oldest) == day(newest) {
		return day(oldest)
	}
	return day(oldest) + " – " + day(newest)
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func (d inventoryData) rows(yield func([]string) bool) {
	for _, b := range d.Mailboxes {
		for _, r := range b.Rows {
			category := cmp.Or(r.Category, words.NoCategory)
			row := []string{
				b.Account.Name(), b.Account.ID, string(r.Kind), category, strconv.Itoa(r.Items), strings.Join(r.Folders, "; "),
				day(r.Oldest), day(r.Newest), r.Sample, r.Product, yes(r.Protected), "",
			}
			if !yield(row) {
				return
			}
		}
	}
	for _, s := range d.Skipped {
		if !yield([]string{s.Name, "", "", "", "", "", "", "", "", "", "", s.Reason}) {
			return
		}
	}
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}
