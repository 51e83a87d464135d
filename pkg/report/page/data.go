package page

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	g "maragu.dev/gomponents"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/plan/decide"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// dataHead is what the script knows before it has seen a row.
type dataHead struct {
	Rows int `json:"rows"`
	// Header, Label and File are of the list of decisions, for a plan only.
	Header []string `json:"header,omitempty"`
	Label  string   `json:"label,omitempty"`
	File   string   `json:"file,omitempty"`
	// Again are the rows whose decision can be taken back, Answers say what else
	// can be done about what is held, by hazard.
	Again   []int                  `json:"again,omitempty"`
	Answers map[plan.Hazard]string `json:"answers,omitempty"`
}

// column is one column of all items. A text that many rows share stands there
// once; what is another in each row is without the beginning that it has in
// common with the row before, since ids of one folder differ in their ends.
type column struct {
	Texts  []string `json:"texts"`
	At     []int    `json:"at,omitempty"`
	Shared []int    `json:"shared,omitempty"`
	// Guarded texts have an apostrophe before them in a list for a spreadsheet.
	Guarded []int `json:"guarded,omitempty"`

	places map[string]int
	last   string
}

// Columns of ledger that are another text in each row.
const (
	idColumn      = 11
	versionColumn = 12
)

// add adds the text of one more row.
func (c *column) add(raw string) {
	at, known := c.places[raw]
	if !known {
		at = len(c.Texts)
		c.places[raw] = at
		c.append(safetext.Terminal(raw), raw)
	}
	c.At = append(c.At, at)
}

// addAlone adds the text of one more row, which no other row is likely to have.
func (c *column) addAlone(raw string) {
	text := safetext.Terminal(raw)
	n := common(c.last, text)
	c.last = text
	c.Shared = append(c.Shared, n)
	c.append(text[n:], raw)
}

func (c *column) append(text, raw string) {
	if decide.Cell(raw) != safetext.Terminal(raw) {
		c.Guarded = append(c.Guarded, len(c.Texts))
	}
	c.Texts = append(c.Texts, text)
}

// common is how many characters two texts begin with in common, as far as
// those are a byte each, here and in the script.
func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] && a[n] < 0x80 {
		n++
	}
	return n
}

// data are all items, one JSON document a line: what the script knows first,
// then each column of ledger. Characters that could end the element, or a line
// for the script, are escapes in it.
func data(c content, file string) g.Node {
	b := c.Book
	return g.NodeFunc(func(w io.Writer) error {
		head, columns := items(b)
		if b.Open() {
			head.Header = append(decide.Columns(), decide.LabelColumn)
			head.Label, head.File = decide.Label(head.Rows, b.Digest()), file
			head.Again, head.Answers = again(b.Plan), c.answers()
		}
		out := json.NewEncoder(w) // it escapes <, > and &
		if err := out.Encode(head); err != nil {
			return fmt.Errorf("items: %w", err)
		}
		for _, c := range columns {
			if err := out.Encode(c); err != nil {
				return fmt.Errorf("items: %w", err)
			}
		}
		return nil
	})
}

// again are the rows of those items that somebody decided to keep, and that can
// be decided about once more.
func again(p plan.Plan) (at []int) {
	row := 0
	for _, m := range p.Mailboxes {
		row += len(m.Steps)
		for i, h := range m.Held {
			if h.Step != nil {
				at = append(at, row+i)
			}
		}
		row += len(m.Held)
	}
	return at
}

// answers are those to the hazards that hold something. What this version does
// not know has none, and users are told of decisions only: they make no plans.
func (c content) answers() map[plan.Hazard]string {
	all := map[plan.Hazard]string{}
	for h := range c.Plan.Totals().HeldBy {
		if slices.Contains(plan.Hazards(), h) && (!c.Part || h == plan.Kept) {
			all[h] = h.Answer(c.Plan.Rules.Purpose)
		}
	}
	return all
}

func items(b *ledger.Book) (head dataHead, columns []*column) {
	for range ledger.Columns() {
		columns = append(columns, &column{Texts: []string{}, places: map[string]int{}})
	}
	for row := range b.Items() {
		head.Rows++
		for i, raw := range row {
			switch {
			case !slices.Contains([]int{idColumn, versionColumn}, i):
				columns[i].add(raw)
			case b.Open(): // only decisions need them
				columns[i].addAlone(raw)
			}
		}
	}
	return head, columns
}
