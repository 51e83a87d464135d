package sheet

import (
	"strings"

	"github.com/riva-prep/riva-prep/pkg/report/words"
)

// Cell is raw text with its tone.
type Cell struct {
	text string
	tone Tone
}

// Text is a cell without colour.
func Text(s string) Cell { return Plain.Text(s) }

// Tone is the weight or colour of text, where colour is allowed.
type Tone int

// The tones, from calm to alarming.
const (
	Plain Tone = iota
	Strong
	Faint
	Good
	Care
	Bad
)

// Text is a cell of this tone.
func (t Tone) Text(s string) Cell { return Cell{s, t} }

// Number is a cell with a count, of this tone unless it is zero.
func (t Tone) Number(n int) Cell {
	if n == 0 {
		t = Plain
	}
	return Cell{words.Number(n), t}
}

// paint uses the sixteen colours, which a terminal's theme keeps readable.
func (t Tone) paint(s string, color bool) string {
	if !color || t == Plain || strings.TrimSpace(s) == "" {
		return s
	}
	code := map[Tone]string{Strong: "1", Faint: "2", Good: "32", Care: "33", Bad: "31"}[t]
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
