package report

import (
	"fmt"
	"io"
	"slices"
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
	tenants, unreadable := d.tenants(), d.unreadable()
	if len(tenants) == 1 {
		doc.Say("all of %s", tenants[0])
	}
	columns := []sheet.Column{sheet.Word("snapshot"), sheet.Word("age"), sheet.Figure("mailboxes"), sheet.Figure("items"), sheet.Figure("size"), sheet.Words("form")}
	if unreadable {
		columns = append(columns, sheet.Figure("unreadable"))
	}
	if len(tenants) > 1 {
		columns = append(columns, sheet.Words("tenant"))
	}
	t := sheet.NewTable(limit, columns...)
	for _, s := range d.Snapshots {
		t.Add(s.cells(unreadable, len(tenants) > 1)...)
	}
	doc.Add(t)
	return doc
}

// cells leave out what is the same of all, so that a line fits a terminal.
func (s snapshotRow) cells(unreadable, tenant bool) []sheet.Cell {
	if s.Problem != "" {
		cells := []sheet.Cell{sheet.Text(s.ID), sheet.Text(""), sheet.Text(""), sheet.Text(""), sheet.Text(""), sheet.Bad.Text(s.Problem)}
		return append(cells, slices.Repeat([]sheet.Cell{sheet.Text("")}, count(unreadable)+count(tenant))...)
	}
	cells := []sheet.Cell{
		sheet.Text(s.ID), sheet.Text(s.age), sheet.Plain.Number(s.Mailboxes), sheet.Plain.Number(s.Items),
		sheet.Text(words.Size(s.Bytes)), sheet.Text(s.Form),
	}
	if unreadable {
		cells = append(cells, sheet.Bad.Number(s.Unreadable))
	}
	if tenant {
		cells = append(cells, sheet.Text(s.Tenant))
	}
	return cells
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// tenants are those of all snapshots that can be used.
func (d snapshotsData) tenants() []string {
	var all []string
	for _, s := range d.Snapshots {
		if s.Problem == "" && !slices.Contains(all, s.Tenant) {
			all = append(all, s.Tenant)
		}
	}
	return all
}

func (d snapshotsData) unreadable() bool {
	return slices.ContainsFunc(d.Snapshots, func(s snapshotRow) bool { return s.Unreadable > 0 })
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
