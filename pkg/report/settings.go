package report

import (
	"io"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/report/sheet"
)

// Setting is one flag and what it is set to elsewhere.
type Setting struct {
	Key      string   `json:"key"`
	Variable string   `json:"variable"`
	Values   []string `json:"values"`
	// From is empty where nothing sets it.
	From string `json:"from"`
}

// Add takes values from a place; what protects may come from several.
func (s *Setting) Add(values []string, from string) {
	s.Values = append(s.Values, values...)
	if s.From != "" {
		from = s.From + "; " + from
	}
	s.From = from
}

type settingsData struct {
	Settings []Setting `json:"settings"`
}

// Settings shows what flags are set to and where.
func Settings(w io.Writer, o Options, all []Setting) error {
	d := settingsData{list(all)}
	return view{document: d.document, data: d, header: []string{"setting", "value", "from", "variable"}, rows: d.rows}.write(w, o)
}

func (d settingsData) document(int) *document {
	doc := &document{}
	t := sheet.NewTable(0, sheet.Word("setting"), sheet.Words("value"), sheet.Words("from"))
	for _, s := range d.Settings {
		from := sheet.Text(s.From)
		if s.From == "" {
			from = sheet.Faint.Text("not set; " + s.Variable)
		}
		t.Add(sheet.Text(s.Key), sheet.Text(strings.Join(s.Values, ", ")), from)
	}
	doc.Add(t)
	return doc
}

func (d settingsData) rows(yield func([]string) bool) {
	for _, s := range d.Settings {
		if !yield([]string{s.Key, strings.Join(s.Values, "; "), s.From, s.Variable}) {
			return
		}
	}
}
