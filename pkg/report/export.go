package report

import (
	"fmt"
	"io"
	"strconv"

	"github.com/riva-prep/riva-prep/pkg/handout"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/report/sheet"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

// Exported is what an export wrote.
type Exported struct {
	Snapshot  string            `json:"snapshot"`
	Format    string            `json:"format"`
	Folder    string            `json:"folder"`
	Mailboxes []ExportedMailbox `json:"mailboxes"`
}

// ExportedMailbox is what was written for one mailbox.
type ExportedMailbox struct {
	Account mailbox.Account `json:"account"`
	handout.Result
}

// LeftOut counts the items that are in no file.
func (v Exported) LeftOut() (n int) {
	for _, m := range v.Mailboxes {
		n += len(m.Left)
	}
	return n
}

// Export shows what an export wrote, and what the format could not carry.
func Export(w io.Writer, o Options, v Exported) error {
	v.Mailboxes = list(v.Mailboxes)
	return view{
		document: v.document, data: v, rows: v.rows,
		header: []string{"mailbox", "mailboxId", "what", "kind", "items", "detail"},
	}.write(w, o)
}

func (v Exported) document(limit int) *document {
	doc := &document{}
	doc.Heading(fmt.Sprintf("export of snapshot %s as %s", v.Snapshot, v.Format))
	t := sheet.NewTable(limit, sheet.Words("mailbox"), sheet.Figure("contacts"), sheet.Figure("events"), sheet.Figure("tasks"), sheet.Figure("files"), sheet.Figure("left out"))
	items := 0
	for _, m := range v.Mailboxes {
		row := []sheet.Cell{sheet.Text(m.Account.Name())}
		for _, kind := range item.Kinds() {
			row = append(row, sheet.Good.Number(m.Items[kind]))
			items += m.Items[kind]
		}
		t.Add(append(row, sheet.Plain.Number(len(m.Files)), sheet.Bad.Number(len(m.Left)))...)
	}
	doc.Add(t)
	v.notes(doc, limit)
	doc.Heading(fmt.Sprintf("total: %s of %s, %s left out", words.Items(items), words.Mailboxes(len(v.Mailboxes)), words.Number(v.LeftOut())))
	doc.Keep("folder", v.Folder)
	return doc
}

// notes adds up what the format could not carry, and lists what is in no file.
func (v Exported) notes(doc *document, limit int) {
	counts, order := map[string]int{}, []string{}
	left := sheet.NewTable(limit, sheet.Words("mailbox"), sheet.Word("kind"), sheet.Words("folder"), sheet.Words("why"))
	for _, m := range v.Mailboxes {
		for _, n := range m.Notes {
			if counts[n.What] == 0 {
				order = append(order, n.What)
			}
			counts[n.What] += n.Items
		}
		for _, l := range m.Left {
			left.Add(sheet.Text(m.Account.Name()), sheet.Text(string(l.Kind)), sheet.Text(l.Folder), sheet.Bad.Text(l.Why))
		}
	}
	for i, what := range order {
		if i == 0 {
			doc.Heading("what the format does not carry")
		}
		doc.Tell(sheet.Care, "%s: %s", words.Items(counts[what]), what)
	}
	if left.Len() > 0 {
		doc.Heading("in no file: " + words.Items(left.Len()))
		doc.Add(left)
	}
}

func (v Exported) rows(yield func([]string) bool) {
	for _, m := range v.Mailboxes {
		name, id := m.Account.Name(), m.Account.ID
		for _, file := range m.Files {
			if !yield([]string{name, id, "file", "", "", file}) {
				return
			}
		}
		for _, n := range m.Notes {
			if !yield([]string{name, id, "note", string(n.Kind), strconv.Itoa(n.Items), n.What}) {
				return
			}
		}
		for _, l := range m.Left {
			if !yield([]string{name, id, "left-out", string(l.Kind), "1", l.Folder + ": " + l.Why}) {
				return
			}
		}
	}
}
