package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/profile"
	"github.com/riva-prep/riva-prep/pkg/report/sheet"
)

type profilesData struct {
	Profiles []profile.Profile `json:"profiles"`
}

// Profiles lists profiles: what they know, and what deleting does.
func Profiles(w io.Writer, o Options, all []profile.Profile) error {
	return view{
		document: func(limit int) *document {
			doc := &document{}
			t := sheet.NewTable(limit, sheet.Words("profile"), sheet.Words("product").AtMost(3), sheet.Figure("markers"), sheet.Word("contacts"), sheet.Word("events"), sheet.Word("tasks"))
			for _, p := range all {
				t.Add(sheet.Text(p.Name), sheet.Text(p.Product), sheet.Plain.Number(usable(p)),
					deletes(p.Premise.Contacts), deletes(p.Premise.Events), deletes(p.Premise.Tasks))
			}
			doc.Add(t)
			doc.Say("contacts, events, tasks: whether deleting in Outlook deletes in the CRM while the plug-in is connected")
			return doc
		},
		data:   profilesData{list(all)},
		header: []string{"profile", "product", "markers", "contacts", "events", "tasks", "note"},
		rows: func(yield func([]string) bool) {
			for _, p := range all {
				if !yield([]string{p.Name, p.Product, strconv.Itoa(usable(p)), string(p.Premise.Contacts), string(p.Premise.Events), string(p.Premise.Tasks), p.Note}) {
					return
				}
			}
		},
	}.write(w, o)
}

// usable counts the markers that a purge can go by.
func usable(p profile.Profile) int {
	return len(slices.DeleteFunc(slices.Clone(p.Markers), func(m profile.Marker) bool { return !m.Usable() }))
}

// deletes shows that nobody knows as no better than a yes.
func deletes(d profile.Deletes) sheet.Cell {
	switch d {
	case profile.Yes:
		return sheet.Bad.Text(string(d))
	case profile.No:
		return sheet.Good.Text(string(d))
	case profile.Unknown:
	}
	return sheet.Care.Text(string(profile.Unknown))
}

// Profile shows one profile.
func Profile(w io.Writer, o Options, p profile.Profile) error {
	return view{
		document: func(limit int) *document { return profileDocument(p, limit) },
		data:     p,
		header:   []string{"use", "marker", "name", "values", "on", "confidence", "source", "note"},
		rows: func(yield func([]string) bool) {
			for _, row := range markerRows(p) {
				if !yield(row) {
					return
				}
			}
		},
	}.write(w, o)
}

func profileDocument(p profile.Profile, limit int) *document {
	doc := &document{}
	doc.Heading(p.Name + ": " + p.Product)
	if p.Note != "" {
		doc.Say("%s", p.Note)
	}
	doc.Heading("does deleting in Outlook delete in the CRM, while the plug-in is connected?")
	doc.Say("contacts %s, events %s, tasks %s", p.Premise.Contacts, p.Premise.Events, p.Premise.Tasks)
	for _, more := range []string{p.Premise.Note, source(p.Premise.Source)} {
		if more != "" {
			doc.Say("%s", more)
		}
	}
	doc.Heading(fmt.Sprintf("markers: %d, and %d that protect", len(p.Markers), len(p.Protect)))
	t := sheet.NewTable(limit, sheet.Word("use"), sheet.Words("marker"), sheet.Words("on"), sheet.Word("known"), sheet.Words("source").AtMost(3), sheet.Words("note").AtMost(3))
	for _, row := range markerRows(p) {
		marker := row[1] + " " + row[2]
		if row[3] != "" {
			marker += " = " + row[3]
		}
		t.Add(use(row[0]), sheet.Text(marker), sheet.Text(row[4]), sheet.Text(row[5]), sheet.Text(row[6]), sheet.Text(row[7]))
	}
	doc.Add(t)
	return doc
}

func source(text string) string {
	if text == "" {
		return ""
	}
	return "source: " + text
}

// The uses of a marker.
const (
	usePurge   = "purge"
	useGeneric = "generic"
	useHint    = "hint"
	useNone    = "none"
	useProtect = "protect"
)

func markerRows(p profile.Profile) (rows [][]string) {
	row := func(use string, m profile.Marker) []string {
		on := []string{}
		for _, kind := range m.Kinds {
			on = append(on, string(kind))
		}
		if m.Mails {
			on = append(on, "mails")
		}
		return []string{use, m.Type(), m.Name(), strings.Join(m.Values, "; "), strings.Join(on, ", "), string(m.Confidence), m.Source, m.Note}
	}
	for _, m := range p.Markers {
		use := usePurge
		switch {
		case m.Hint:
			use = useHint
		case !m.Usable():
			use = useNone
		case m.Generic:
			use = useGeneric
		}
		rows = append(rows, row(use, m))
	}
	for _, m := range p.Protect {
		rows = append(rows, row(useProtect, m))
	}
	return rows
}

func use(word string) sheet.Cell {
	switch word {
	case usePurge:
		return sheet.Bad.Text(word)
	case useGeneric:
		return sheet.Care.Text(word)
	case useProtect:
		return sheet.Good.Text(word)
	}
	return sheet.Faint.Text(word)
}
