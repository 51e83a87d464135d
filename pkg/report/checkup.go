package report

import (
	"io"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/checkup"
	"github.com/riva-prep/riva-prep/pkg/report/sheet"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

type checkupData struct {
	Well     bool              `json:"well"`
	Findings []checkup.Finding `json:"findings"`
}

// Checkup shows what a checkup found, and below it the lines that put right what
// is not as it should be.
func Checkup(w io.Writer, o Options, findings []checkup.Finding) error {
	d := checkupData{Well: !checkup.Bad(findings), Findings: list(findings)}
	return view{
		document: d.document, data: d, header: []string{"check", "state", "text", "fix"}, rows: d.rows,
	}.write(w, o)
}

func (d checkupData) document(int) *document {
	doc := &document{}
	table := sheet.NewTable(0, sheet.Words("check").AtLeast(12), sheet.Word("state"), sheet.Words("what was found").AtLeast(20))
	bad := 0
	for _, f := range d.Findings {
		if checkup.Bad([]checkup.Finding{f}) {
			bad++
		}
		table.Add(sheet.Text(f.Check), stateTone(f.State).Text(string(f.State)), sheet.Text(f.Text))
	}
	doc.Add(table)
	doc.fixes(d.Findings)
	if bad == 0 {
		doc.Heading("all is well")
	} else {
		doc.Heading(words.Number(bad) + " of " + words.Number(len(d.Findings)) + " are not as they should be")
	}
	return doc
}

// fixes shows each set of lines once, under all that it is for.
func (d *document) fixes(findings []checkup.Finding) {
	for _, f := range findings {
		if len(f.Fix) == 0 {
			continue
		}
		d.Heading("to put right " + f.Check)
		for _, line := range f.Fix {
			d.Keep(" ", line)
		}
	}
}

func stateTone(s checkup.State) sheet.Tone {
	switch s {
	case checkup.Well:
		return sheet.Good
	case checkup.Missing, checkup.Danger, checkup.Unseen:
		return sheet.Bad
	case checkup.Note:
	}
	return sheet.Plain
}

func (d checkupData) rows(yield func([]string) bool) {
	for _, f := range d.Findings {
		if !yield([]string{f.Check, string(f.State), f.Text, strings.Join(f.Fix, "\n")}) {
			return
		}
	}
}
