package report

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/riva-prep/riva-prep/pkg/report/sheet"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// StoredSnapshot is one in a store, as a list shows it.
type StoredSnapshot struct {
	ID       string
	Manifest snapshot.Manifest
	// Problem says why it cannot be used; the manifest is empty then.
	Problem string
}

type snapshotsData struct {
	Store     string        `json:"store"`
	Snapshots []snapshotRow `json:"snapshots"`
}

type snapshotRow struct {
	ID         string    `json:"id"`
	Created    time.Time `json:"created,omitzero"`
	Tenant     string    `json:"tenant"`
	Mailboxes  int       `json:"mailboxes"`
	Items      int       `json:"items"`
	Unreadable int       `json:"unreadable"`
	Bytes      int64     `json:"bytes"`
	Form       string    `json:"form"`
	Problem    string    `json:"problem,omitempty"`
	age        string
}

// Snapshots lists what a store holds. Now tells how old each is.
func Snapshots(w io.Writer, o Options, store string, all []StoredSnapshot, now time.Time) error {
	d := snapshotsData{Store: store, Snapshots: []snapshotRow{}}
	for _, s := range all {
		d.Snapshots = append(d.Snapshots, newSnapshotRow(s, now))
	}
	return view{
		document: d.document, data: d, rows: d.rows,
		header: []string{"snapshot", "created", "tenant", "mailboxes", "items", "unreadable", "bytes", "form", "problem"},
	}.write(w, o)
}

func newSnapshotRow(s StoredSnapshot, now time.Time) snapshotRow {
	m := s.Manifest
	r := snapshotRow{ID: s.ID, Created: m.Created, Tenant: words.Tenant(m.Tenant), Mailboxes: len(m.Mailboxes), Form: m.Form(), Problem: s.Problem}
	r.Items, r.Unreadable, r.Bytes = m.Totals()
	if s.Problem != "" {
		r.Tenant, r.Form = "", ""
		return r
	}
	r.age = words.Age(now.Sub(m.Created))
	return r
}

func (d snapshotsData) document(limit int) *document {
	doc := &document{}
	doc.Heading("snapshots in " + d.Store + ": " + words.Number(len(d.Snapshots)))
	t := sheet.NewTable(limit, sheet.Word("snapshot"), sheet.Word("age"), sheet.Words("tenant"), sheet.Figure("mailboxes"),
		sheet.Figure("items"), sheet.Figure("unreadable"), sheet.Figure("size"), sheet.Words("form"))
	for _, s := range d.Snapshots {
		form := sheet.Text(s.Form)
		if s.Problem != "" {
			form = sheet.Bad.Text(s.Problem)
		}
		t.Add(sheet.Text(s.ID), sheet.Text(s.age), sheet.Text(s.Tenant), sheet.Plain.Number(s.Mailboxes), sheet.Plain.Number(s.Items),
			sheet.Bad.Number(s.Unreadable), sheet.Text(words.Size(s.Bytes)), form)
	}
	doc.Add(t)
	return doc
}

func (d snapshotsData) rows(yield func([]string) bool) {
	for _, s := range d.Snapshots {
		created := ""
		if !s.Created.IsZero() {
			created = s.Created.UTC().Format(time.RFC3339)
		}
		row := []string{
			s.ID, created, s.Tenant, strconv.Itoa(s.Mailboxes), strconv.Itoa(s.Items),
			strconv.Itoa(s.Unreadable), fmt.Sprint(s.Bytes), s.Form, s.Problem,
		}
		if !yield(row) {
			return
		}
	}
}
