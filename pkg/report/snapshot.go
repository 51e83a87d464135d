package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/sheet"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// SnapshotView is a backup as it is shown.
type SnapshotView struct {
	// ID names the snapshot, Folder is where it lies.
	ID, Folder string
	Manifest   snapshot.Manifest
	// Failures are mailboxes that are not in it.
	Failures []plan.Skipped
}

type snapshotData struct {
	Snapshot   string            `json:"snapshot"`
	Folder     string            `json:"folder"`
	Items      int               `json:"items"`
	Unreadable int               `json:"unreadable"`
	Incomplete int               `json:"incomplete"`
	Bytes      int64             `json:"bytes"`
	Manifest   snapshot.Manifest `json:"manifest"`
	Failures   []plan.Skipped    `json:"failures"`
}

// Snapshot shows what a backup took, and what it could not take.
func Snapshot(w io.Writer, o Options, v SnapshotView) error {
	data := snapshotData{Snapshot: v.ID, Folder: v.Folder, Manifest: v.Manifest, Failures: list(v.Failures)}
	data.Items, data.Unreadable, data.Bytes = v.Manifest.Totals()
	data.Incomplete = v.Manifest.Incomplete()
	return view{
		document: data.document,
		data:     data,
		header:   []string{"mailbox", "mailboxId", "contacts", "events", "tasks", "unreadable", "bytes", "folder", "failure", "notices"},
		rows:     data.rows,
	}.write(w, o)
}

func (d snapshotData) document(limit int) *document {
	doc := &document{}
	doc.Heading(fmt.Sprintf("backup %s of %s", d.Snapshot, words.Tenant(d.Manifest.Tenant)))
	doc.Add(d.summary(limit))
	if t := d.unreadable(limit); t.Len() > 0 {
		doc.Heading("not in the backup, and not to be deleted: " + words.Items(t.Len()))
		doc.Add(t)
	}
	if t := d.notices(true, limit); t.Len() > 0 {
		doc.Heading("may be incomplete: " + words.Mailboxes(d.Incomplete))
		doc.Add(t)
	}
	if t := d.notices(false, limit); t.Len() > 0 {
		doc.Heading("worth knowing")
		doc.Add(t)
	}
	doc.skipped(d.Failures)
	doc.Heading(fmt.Sprintf("total: %s in %s, %s unreadable, %s", words.Items(d.Items),
		words.Mailboxes(len(d.Manifest.Mailboxes)), words.Number(d.Unreadable), words.Size(d.Bytes)))
	doc.Keep("folder", d.Folder)
	return doc
}

func (d snapshotData) summary(limit int) *sheet.Table {
	columns := []sheet.Column{sheet.Words("mailbox")}
	for _, kind := range item.Kinds() {
		columns = append(columns, sheet.Figure(string(kind)))
	}
	t := sheet.NewTable(limit, append(columns, sheet.Figure("unreadable"), sheet.Figure("size"))...)
	all := map[item.Kind]int{}
	for _, m := range d.Manifest.Mailboxes {
		t.Add(countRow(sheet.Text(m.Account.Name()), m.Counts, len(m.Unreadable), bytesOf(m))...)
		for kind, n := range m.Counts {
			all[kind] += n
		}
	}
	t.Foot(countRow(sheet.Strong.Text("total"), all, d.Unreadable, d.Bytes)...)
	return t
}

func countRow(name sheet.Cell, counts map[item.Kind]int, unreadable int, size int64) []sheet.Cell {
	row := []sheet.Cell{name}
	for _, kind := range item.Kinds() {
		row = append(row, sheet.Plain.Number(counts[kind]))
	}
	return append(row, sheet.Bad.Number(unreadable), sheet.Text(words.Size(size)))
}

func (d snapshotData) unreadable(limit int) *sheet.Table {
	t := sheet.NewTable(limit, sheet.Words("mailbox"), sheet.Word("kind"),
		sheet.Words("title").AtMost(3), sheet.Words("folder"), sheet.Words("error"))
	for _, box := range d.Manifest.Mailboxes {
		for _, u := range box.Unreadable {
			t.Add(sheet.Text(box.Account.Name()), sheet.Text(string(u.Kind)), sheet.Text(u.Title), sheet.Text(u.Folder), sheet.Bad.Text(u.Error))
		}
	}
	return t
}

// notices lists those that make a mailbox incomplete, or those that do not. What
// many mailboxes say alike, such as a permission that the app lacks, is one row.
func (d snapshotData) notices(incomplete bool, limit int) *sheet.Table {
	var order []snapshot.Notice
	names := map[snapshot.Notice][]string{}
	for _, box := range d.Manifest.Mailboxes {
		for _, n := range noticesOf(box) {
			if n.Incomplete != incomplete {
				continue
			}
			if names[n] == nil {
				order = append(order, n)
			}
			names[n] = append(names[n], box.Account.Name())
		}
	}
	tone := sheet.Plain
	if incomplete {
		tone = sheet.Bad
	}
	t := sheet.NewTable(limit, sheet.Words("mailbox"), sheet.Words("where"), sheet.Words("what"))
	for _, n := range order {
		t.Add(sheet.Text(andMore(names[n])), sheet.Text(n.Where()), tone.Text(n.What))
	}
	return t
}

// andMore names the first, and counts the others.
func andMore(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return fmt.Sprintf("%s and %s more", names[0], words.Number(len(names)-1))
}

// noticesOf adds what is known of contact lists, and that the manifest of an
// encrypted snapshot has no sentences.
func noticesOf(box snapshot.Mailbox) []snapshot.Notice {
	all := list(box.Notices)
	for i := range all {
		if all[i].What == "" {
			all[i].What = "what it is stands in mailbox.json, which is encrypted"
		}
	}
	if box.ContactLists == 0 {
		return all
	}
	return append(all, snapshot.Notice{
		What: fmt.Sprintf("%s more contacts are counted than listed: contact lists, most likely, which Graph shows nobody and no backup holds",
			words.Number(box.ContactLists)),
	})
}

func (d snapshotData) rows(yield func([]string) bool) {
	for _, m := range d.Manifest.Mailboxes {
		row := []string{m.Account.Name(), m.Account.ID}
		for _, kind := range item.Kinds() {
			row = append(row, strconv.Itoa(m.Counts[kind]))
		}
		row = append(row, strconv.Itoa(len(m.Unreadable)), strconv.FormatInt(bytesOf(m), 10), m.Folder, "", toldOf(m))
		if !yield(row) {
			return
		}
	}
	for _, f := range d.Failures {
		if !yield([]string{f.Name, "", "", "", "", "", "", "", f.Reason, ""}) {
			return
		}
	}
}

// toldOf puts a mailbox's notices into one cell.
func toldOf(m snapshot.Mailbox) string {
	var told []string
	for _, n := range noticesOf(m) {
		told = append(told, n.Where()+": "+n.What)
	}
	return strings.Join(told, "; ")
}

func bytesOf(m snapshot.Mailbox) (total int64) {
	for _, f := range m.Files {
		total += f.Bytes
	}
	return total
}
