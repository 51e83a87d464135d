package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/discover"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/sheet"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

type discoveryData struct {
	discover.Found

	Skipped []plan.Skipped `json:"skipped"`
}

// Discovery shows what plug-ins may have left in mailboxes.
func Discovery(w io.Writer, o Options, f discover.Found, skipped []plan.Skipped) error {
	d := discoveryData{f, list(skipped)}
	return view{
		document: d.document,
		data:     d,
		header: []string{
			"marker", "name", "items", "contacts", "events", "tasks", "mailboxes", "oldest", "newest", "inBursts", "profiles", "standing", "signs", "sample", "skipped",
		},
		rows: d.rows,
	}.write(w, o)
}

func (d discoveryData) document(limit int) *document {
	doc := &document{}
	doc.Heading("profiles that know some of it: " + words.Number(len(d.Profiles)))
	doc.Add(d.profiles())
	doc.Heading("what items have in common: " + words.Number(len(d.Traces)))
	doc.Add(d.traces(limit))
	doc.Heading("minutes in which many items were made: " + words.Number(len(d.Bursts)))
	doc.Add(d.bursts(limit))
	doc.skipped(d.Skipped)
	total := words.Items(d.Items) + " in " + words.Mailboxes(d.Mailboxes)
	if n := d.Items - d.Looked; n > 0 {
		total += ", " + words.Number(n) + " of them in folders that are never written to, and not looked at"
	}
	doc.Heading(total)
	return doc
}

func (d discoveryData) profiles() *sheet.Table {
	t := sheet.NewTable(0, sheet.Words("profile"), sheet.Figure("items"), sheet.Words("kinds"), sheet.Figure("mailboxes"),
		sheet.Figure("generic"), sheet.Figure("protected"))
	for _, p := range d.Profiles {
		t.Add(sheet.Text(p.Name), sheet.Plain.Number(p.Items), sheet.Text(kinds(p.On)), sheet.Plain.Number(p.Mailboxes),
			sheet.Care.Number(p.Generic), sheet.Good.Number(p.Protected))
	}
	return t
}

func (d discoveryData) traces(limit int) *sheet.Table {
	t := sheet.NewTable(limit, sheet.Words("marker"), sheet.Figure("items"), sheet.Words("kinds"), sheet.Figure("mailboxes"),
		sheet.Words("made"), sheet.Words("known to").AtMost(3), sheet.Words("signs"), sheet.Words("sample").AtMost(3))
	for _, r := range d.Traces {
		t.Add(sheet.Text(r.Marker.Type()+" "+name(r)), sheet.Plain.Number(r.Items), sheet.Text(kinds(r.On)), sheet.Plain.Number(r.Mailboxes),
			sheet.Text(span(r.Oldest, r.Newest)), sheet.Text(strings.Join(r.Profiles, ", ")), signs(r), sheet.Text(first(r.Sample)))
	}
	return t
}

// name is a trace's, with the few values that a property has.
func name(t *discover.Trace) string {
	if len(t.Seen) == 0 {
		return t.Marker.Name()
	}
	var seen []string
	for _, value := range slices.Sorted(maps.Keys(t.Seen)) {
		seen = append(seen, fmt.Sprintf("%s: %d", value, t.Seen[value]))
	}
	return t.Marker.Name() + " (" + strings.Join(seen, ", ") + ")"
}

func signs(t *discover.Trace) sheet.Cell {
	switch standing := standing(t); {
	case t.Protected:
		return sheet.Good.Text(standing)
	case standing != "":
		return sheet.Care.Text(strings.Join(append([]string{standing}, t.Signs...), ", "))
	}
	return sheet.Care.Text(strings.Join(t.Signs, ", "))
}

// standing is what profiles say of a trace.
func standing(t *discover.Trace) string {
	switch {
	case t.Protected:
		return useProtect + "ed"
	case t.Hint:
		return useHint
	case t.Generic:
		return useGeneric
	}
	return ""
}

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}

// kinds counts by kind, as "12 contacts, 3 events".
func kinds(on map[item.Kind]int) string {
	var parts []string
	for _, kind := range item.Kinds() {
		if n := on[kind]; n > 0 {
			parts = append(parts, words.Number(n)+" "+string(kind))
		}
	}
	return strings.Join(parts, ", ")
}

func (d discoveryData) bursts(limit int) *sheet.Table {
	t := sheet.NewTable(limit, sheet.Words("mailbox"), sheet.Words("minute"), sheet.Figure("items"), sheet.Words("kinds"), sheet.Figure("unmarked"), sheet.Words("sample").AtMost(3))
	for _, b := range d.Bursts {
		t.Add(sheet.Text(b.Mailbox), sheet.Text(b.Minute.Format("2006-01-02 15:04")), sheet.Plain.Number(b.Items), sheet.Text(kinds(b.Kinds)),
			sheet.Plain.Number(b.Unmarked), sheet.Text(first(b.Sample)))
	}
	return t
}

func (d discoveryData) rows(yield func([]string) bool) {
	for _, t := range d.Traces {
		row := []string{t.Marker.Type(), t.Marker.Name(), strconv.Itoa(t.Items)}
		for _, kind := range item.Kinds() {
			row = append(row, strconv.Itoa(t.On[kind]))
		}
		row = append(row, strconv.Itoa(t.Mailboxes), day(t.Oldest), day(t.Newest), strconv.Itoa(t.InBursts), strings.Join(t.Profiles, "; "),
			standing(t), strings.Join(t.Signs, "; "), strings.Join(t.Sample, "; "), "")
		if !yield(row) {
			return
		}
	}
	for _, b := range d.Bursts {
		row := []string{"burst", b.Mailbox, strconv.Itoa(b.Items)}
		for _, kind := range item.Kinds() {
			row = append(row, strconv.Itoa(b.Kinds[kind]))
		}
		minute := b.Minute.Format(time.RFC3339)
		if !yield(append(row, "1", minute, minute, strconv.Itoa(b.Items), "", "", "", strings.Join(b.Sample, "; "), "")) {
			return
		}
	}
	for _, s := range d.Skipped {
		row := make([]string, 15)
		row[1], row[14] = s.Name, s.Reason
		if !yield(row) {
			return
		}
	}
}
