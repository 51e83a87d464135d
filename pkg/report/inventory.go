package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/inventory"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// noCategory stands for items without one, wherever people read.
const noCategory = "(none)"

type inventoryData struct {
	Mailboxes []inventory.Mailbox `json:"mailboxes"`
	Skipped   []plan.Skipped      `json:"skipped"`
	Items     int                 `json:"items"`
}

// Inventory shows what lies in mailboxes.
func Inventory(w io.Writer, f Format, o Options, boxes []inventory.Mailbox, skipped []plan.Skipped) error {
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
	}.write(w, f, o)
}

// list makes an absent list an empty one, which JSON tells apart.
func list[T any](s []T) []T { return append([]T{}, s...) }

func (d inventoryData) document(limit int) *document {
	doc := &document{}
	shown, hidden := 0, 0
	for _, b := range d.Mailboxes {
		if limit > 0 && shown >= limit {
			hidden++
			continue
		}
		doc.heading(b.Account.Name() + ": " + plural(b.Items, "item", "items"))
		t := inventoryTable(b, max(0, limit-shown))
		doc.table(t)
		shown += len(t.rows)
	}
	if hidden > 0 {
		doc.say("… and %s more (see --output json)", plural(hidden, "mailbox", "mailboxes"))
	}
	doc.addSkipped(d.Skipped)
	doc.heading(fmt.Sprintf("%s in %s", plural(d.Items, "item", "items"), plural(len(d.Mailboxes), "mailbox", "mailboxes")))
	return doc
}

func inventoryTable(b inventory.Mailbox, limit int) *table {
	t := newTable(limit,
		column{head: "kind"}, column{head: "category", wraps: true, least: 10}, column{head: "items", right: true},
		column{head: "folders", wraps: true, lines: 3}, column{head: "oldest – newest", wraps: true, least: 12},
		column{head: "sample", wraps: true, lines: 3}, column{head: "known as", wraps: true})
	for _, r := range b.Rows {
		category := cell{text: r.Category, tone: plain}
		if r.Category == "" {
			category = cell{noCategory, faint}
		}
		t.add(cell{text: string(r.Kind)}, category, cell{text: number(r.Items)}, cell{text: strings.Join(r.Folders, ", ")},
			cell{text: span(r.Oldest, r.Newest)}, cell{text: r.Sample}, knownAs(r))
	}
	return t
}

// knownAs names the product that uses a category. Protected wins.
func knownAs(r inventory.Row) cell {
	switch {
	case r.Protected && r.Product != "":
		return cell{"protected, " + r.Product, good}
	case r.Protected:
		return cell{"protected", good}
	}
	return cell{r.Product, care}
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
			category := r.Category
			if category == "" {
				category = noCategory
			}
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
