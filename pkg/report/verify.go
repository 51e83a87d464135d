package report

import (
	"io"
	"slices"
	"strconv"

	"github.com/riva-prep/riva-prep/pkg/drift"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/sheet"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

// Verified is what looking at a snapshot again has shown.
type Verified struct {
	Snapshot string `json:"snapshot"`
	Items    int    `json:"items"`
	Files    int    `json:"files"`
	Bytes    int64  `json:"bytes"`
	// Sealed: the contents could not be looked at without a key.
	Sealed bool `json:"sealed"`
	// Against is set when the mailboxes were compared too.
	Against []drift.Mailbox `json:"against,omitempty"`
	Skipped []plan.Skipped  `json:"skipped,omitempty"`
}

// Verify shows that a snapshot is whole, and how the mailboxes differ from it.
func Verify(w io.Writer, o Options, v Verified) error {
	return view{
		document: v.document,
		data:     v,
		header:   []string{"mailbox", "mailboxId", "change", "items", "kind", "folder", "title", "id"},
		rows:     v.rows,
	}.write(w, o)
}

func (v Verified) document(limit int) *document {
	doc := &document{}
	doc.Heading("snapshot " + v.Snapshot + " is whole")
	doc.Say("%s in %s files, %s, all read and compared with the manifest", words.Items(v.Items), words.Number(v.Files), words.Size(v.Bytes))
	if v.Sealed {
		doc.Say("it is encrypted: hashes and versions were compared, contents only with --identity")
	}
	if v.Against == nil && v.Skipped == nil {
		return doc
	}
	doc.Heading("against the mailboxes as they are now")
	doc.Add(v.summary(limit))
	if t := v.items(limit); t.Len() > 0 {
		doc.Heading("what differs: " + words.Items(t.Len()))
		doc.Add(t)
	}
	doc.skipped(v.Skipped)
	return doc
}

func (v Verified) summary(limit int) *sheet.Table {
	columns := []sheet.Column{sheet.Words("mailbox"), sheet.Figure("same")}
	for _, c := range drift.Changes() {
		columns = append(columns, sheet.Figure(string(c)))
	}
	t := sheet.NewTable(limit, columns...)
	for _, m := range v.Against {
		row := []sheet.Cell{sheet.Text(m.Account.Name()), sheet.Good.Number(m.Same)}
		for _, c := range drift.Changes() {
			row = append(row, sheet.Care.Number(m.Counts[c]))
		}
		t.Add(row...)
	}
	return t
}

func (v Verified) items(limit int) *sheet.Table {
	t := sheet.NewTable(limit, sheet.Words("mailbox"), sheet.Word("change"), sheet.Word("kind"), sheet.Words("title").AtMost(3), sheet.Words("folder"))
	for _, c := range drift.Changes() {
		for _, m := range v.Against {
			for _, it := range m.Items {
				if it.Change == c {
					t.Add(sheet.Text(m.Account.Name()), sheet.Care.Text(string(c)), sheet.Text(string(it.Kind)), sheet.Text(it.Title), sheet.Text(it.Folder))
				}
			}
		}
	}
	return t
}

func (v Verified) rows(yield func([]string) bool) {
	for _, m := range v.Against {
		name, id := m.Account.Name(), m.Account.ID
		if !yield([]string{name, id, "same", strconv.Itoa(m.Same), "", "", "", ""}) {
			return
		}
		for _, it := range m.Items {
			if !yield([]string{name, id, string(it.Change), "1", string(it.Kind), it.Folder, it.Title, it.ID}) {
				return
			}
		}
	}
	for _, s := range v.Skipped {
		if !yield([]string{s.Name, "", "mailbox-skipped", "", "", "", s.Reason, ""}) {
			return
		}
	}
}

// Equal says that every mailbox that was compared is as the snapshot has it.
func (v Verified) Equal() bool {
	return len(v.Skipped) == 0 && !slices.ContainsFunc(v.Against, func(m drift.Mailbox) bool { return !m.Equal() })
}
