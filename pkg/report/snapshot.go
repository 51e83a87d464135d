package report

import (
	"fmt"
	"io"
	"strconv"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/plan"
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
	Bytes      int64             `json:"bytes"`
	Manifest   snapshot.Manifest `json:"manifest"`
	Failures   []plan.Skipped    `json:"failures"`
}

// Snapshot shows what a backup took, and what it could not take.
func Snapshot(w io.Writer, f Format, o Options, v SnapshotView) error {
	data := snapshotData{Snapshot: v.ID, Folder: v.Folder, Manifest: v.Manifest, Failures: list(v.Failures)}
	data.Items, data.Unreadable, data.Bytes = v.Manifest.Totals()
	return view{
		document: data.document,
		data:     data,
		header:   []string{"mailbox", "mailboxId", "contacts", "events", "tasks", "unreadable", "bytes", "folder", "failure"},
		rows:     data.rows,
	}.write(w, f, o)
}

func (d snapshotData) document(limit int) *document {
	doc := &document{}
	doc.heading(fmt.Sprintf("backup %s of %s", d.Snapshot, tenantName(d.Manifest.Tenant)))
	doc.table(d.summary(limit))
	doc.addUnreadable(d.Manifest, limit)
	doc.addSkipped(d.Failures)
	doc.heading(fmt.Sprintf("total: %s in %s, %s unreadable, %s", plural(d.Items, "item", "items"),
		plural(len(d.Manifest.Mailboxes), "mailbox", "mailboxes"), number(d.Unreadable), size(d.Bytes)))
	doc.keep("folder", d.Folder)
	return doc
}

func (d snapshotData) summary(limit int) *table {
	t := newTable(limit, column{head: "mailbox", wraps: true})
	for _, kind := range item.Kinds() {
		t.columns = append(t.columns, column{head: string(kind), right: true})
	}
	t.columns = append(t.columns, column{head: "unreadable", right: true}, column{head: "size", right: true})
	all := map[item.Kind]int{}
	for _, m := range d.Manifest.Mailboxes {
		row := []cell{{text: m.Account.Name()}}
		for _, kind := range item.Kinds() {
			row = append(row, cell{text: number(m.Counts[kind])})
			all[kind] += m.Counts[kind]
		}
		t.add(append(row, count(len(m.Unreadable), bad), cell{text: size(bytesOf(m))})...)
	}
	t.foot = []cell{{"total", strong}}
	for _, kind := range item.Kinds() {
		t.foot = append(t.foot, cell{text: number(all[kind])})
	}
	t.foot = append(t.foot, count(d.Unreadable, bad), cell{text: size(d.Bytes)})
	return t
}

func (d *document) addUnreadable(m snapshot.Manifest, limit int) {
	t := newTable(limit, column{head: "mailbox", wraps: true}, column{head: "kind"},
		column{head: "title", wraps: true, lines: 3}, column{head: "folder", wraps: true}, column{head: "error", wraps: true})
	for _, box := range m.Mailboxes {
		for _, u := range box.Unreadable {
			t.add(cell{text: box.Account.Name()}, cell{text: string(u.Kind)}, cell{text: u.Title}, cell{text: u.Folder}, cell{u.Error, bad})
		}
	}
	if len(t.rows) > 0 {
		d.heading("not in the backup, and not to be deleted: " + plural(len(t.rows)+t.more, "item", "items"))
		d.table(t)
	}
}

func (d snapshotData) rows(yield func([]string) bool) {
	for _, m := range d.Manifest.Mailboxes {
		row := []string{m.Account.Name(), m.Account.ID}
		for _, kind := range item.Kinds() {
			row = append(row, strconv.Itoa(m.Counts[kind]))
		}
		row = append(row, strconv.Itoa(len(m.Unreadable)), strconv.FormatInt(bytesOf(m), 10), m.Folder, "")
		if !yield(row) {
			return
		}
	}
	for _, f := range d.Failures {
		if !yield([]string{f.Name, "", "", "", "", "", "", "", f.Reason}) {
			return
		}
	}
}

func bytesOf(m snapshot.Mailbox) (total int64) {
	for _, f := range m.Files {
		total += f.Bytes
	}
	return total
}

// size writes bytes in the unit that people read, 1 MB being a million bytes.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}
