package profile

import (
	"strconv"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// Encode writes the profile as Read takes it.
func (p Profile) Encode() []byte {
	w := &writer{}
	w.text("", "name", p.Name)
	w.text("", "product", p.Product)
	w.text("", "note", p.Note)
	w.WriteString("premise:\n")
	for _, one := range []struct {
		kind    item.Kind
		deletes Deletes
	}{{item.Contacts, p.Premise.Contacts}, {item.Events, p.Premise.Events}, {item.Tasks, p.Premise.Tasks}} {
		w.WriteString("  " + string(one.kind) + ": " + string(one.deletes) + "\n")
	}
	w.text("  ", "note", p.Premise.Note)
	w.text("  ", "source", p.Premise.Source)
	w.markers("markers", p.Markers)
	w.markers("protect", p.Protect)
	return []byte(w.String())
}

// writer writes YAML. Texts are quoted as Go quotes them, which YAML reads: what
// is not printed is an escape in both.
type writer struct{ strings.Builder }

func (w *writer) text(indent, name, text string) {
	if text != "" {
		w.WriteString(indent + name + ": " + strconv.Quote(text) + "\n")
	}
}

func (w *writer) flag(name string, set bool) {
	if set {
		w.WriteString("    " + name + ": true\n")
	}
}

func (w *writer) markers(name string, all []Marker) {
	if len(all) == 0 {
		w.WriteString(name + ": []\n")
		return
	}
	w.WriteString(name + ":\n")
	for _, m := range all {
		w.marker(m)
	}
}

func (w *writer) marker(m Marker) {
	w.WriteString("  - " + m.Type() + ": " + strconv.Quote(m.Name()) + "\n")
	var on []string
	for _, kind := range m.Kinds {
		on = append(on, string(kind))
	}
	if m.Mails {
		on = append(on, "mails")
	}
	w.WriteString("    on: [" + strings.Join(on, ", ") + "]\n")
	if len(m.Values) > 0 {
		var quoted []string
		for _, v := range m.Values {
			quoted = append(quoted, strconv.Quote(v))
		}
		w.WriteString("    values: [" + strings.Join(quoted, ", ") + "]\n")
	}
	w.flag("subfolders", m.Subfolders)
	w.flag("generic", m.Generic)
	w.flag("hint", m.Hint)
	w.WriteString("    confidence: " + string(m.Confidence) + "\n")
	w.text("    ", "source", m.Source)
	w.text("    ", "note", m.Note)
}
