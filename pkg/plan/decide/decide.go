// Package decide hands a plan out as a list that people can edit in a
// spreadsheet, and makes a new plan of the old one and their decisions.
//
// It promises that nothing but decisions is taken out of such a list: what
// comes back must otherwise say, cell by cell, what the plan says, and the
// steps of the new plan are steps of the old one, byte for byte. Decisions take
// steps away, and give back what earlier decisions took. It refuses a list with
// a row too many or too few, and it never makes a step of what a safety rule
// holds.
//
// A list that says of itself which plan it is of and how many rows it has, as
// the pages of a report save it, may be about some of the mailboxes only.
package decide

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// Why lists are refused.
var (
	// ErrList: the file is no list of this plan, or cannot be read as one.
	ErrList = errors.New("not a list of decisions about this plan")
	// ErrHeld: somebody wants done what a safety rule holds.
	ErrHeld = errors.New("decision contradicts a safety rule")
)

// What a row can say under "decision", in lower case.
const (
	do   = "do"
	keep = "keep"
	// held stands in the rows of items that are no steps. Keep says the same there,
	// and goes before a do, which takes a decision of an earlier list back.
	held = "held"
)

// List is a file with somebody's decisions. Name is for messages.
type List struct {
	Name string
	Data []byte
}

// Outcome is what people decided.
type Outcome struct {
	// Plan has those steps that nobody wants kept. If nobody decides anything, it
	// is the one that was handed out.
	Plan plan.Plan
	// Kept counts the steps that became held, Again those kept items that became
	// the steps that they were.
	Kept, Again int
	// Disputed are items that one list keeps and another would not. They are kept.
	Disputed []Disputed
	// Silent counts the mailboxes with steps that no list is about. Their steps
	// stay.
	Silent int
}

// Disputed is an item that lists disagree about, with the names of those lists.
type Disputed struct {
	Account  mailbox.Account
	Kind     item.Kind
	ID       string
	Title    string
	Keep, Do []string
}

// Decide reads the lists, each of which must have every row of the plan or of
// the mailboxes that it is about, and takes out of the plan what anybody keeps.
func Decide(p plan.Plan, lists ...List) (Outcome, error) {
	b, err := newBallot(p)
	if err != nil {
		return Outcome{}, err
	}
	for _, l := range lists {
		rows, err := read(l.Data)
		if err == nil {
			err = b.count(l.Name, rows)
		}
		if err != nil {
			return Outcome{}, fmt.Errorf("%s: %w", l.Name, err)
		}
	}
	return b.outcome()
}

// entry is one row of the plan, and who said what about it.
type entry struct {
	part int
	// step is nil for what a safety rule holds; held is nil for a step.
	step  *plan.Step
	held  *plan.Held
	cells []string
	keep  []string
	do    []string
}

// ballot is a plan while decisions about it come in.
type ballot struct {
	plan    plan.Plan
	digest  string
	entries []*entry
	byKey   map[string]*entry
	// heard are the mailboxes that a list was about, by their place in the plan.
	heard map[int]bool
}

func newBallot(p plan.Plan) (*ballot, error) {
	if err := p.Check(); err != nil { // what is held has a step only where Check allows it
		return nil, err
	}
	b := &ballot{plan: p, digest: p.Digest(), byKey: map[string]*entry{}, heard: map[int]bool{}}
	for i, m := range p.Mailboxes {
		for j := range m.Steps {
			b.entries = append(b.entries, &entry{part: i, step: &m.Steps[j], cells: stepCells(m.Account, m.Steps[j])})
		}
		for j := range m.Held {
			b.entries = append(b.entries, &entry{part: i, step: m.Held[j].Step, held: &m.Held[j], cells: heldCells(m.Account, m.Held[j])})
		}
	}
	for _, e := range b.entries {
		key := keyOf(e.cells)
		if b.byKey[key] != nil {
			return nil, fmt.Errorf("%w: the plan itself has item %s twice", ErrList, e.cells[idColumn])
		}
		b.byKey[key] = e
	}
	return b, nil
}

// count takes the decisions of one list. What is wrong with its rows goes
// before what a safety rule forbids.
func (b *ballot) count(name string, rows []row) error {
	if err := b.ofThisPlan(rows); err != nil {
		return err
	}
	wrong, unsafe := complaints{}, complaints{}
	seen := map[*entry]int{}
	for _, r := range rows {
		e := b.byKey[keyOf(r.cells)]
		switch {
		case e == nil:
			wrong.add("row %d: the plan has no item %s of %s in mailbox %s", r.at, r.cells[idColumn], r.cells[kindColumn], r.cells[mailboxColumn])
		case seen[e] > 0:
			wrong.add("row %d: the item is in row %d already", r.at, seen[e])
		default:
			seen[e] = r.at
			e.take(name, r, b.plan.Rules.Purpose, &wrong, &unsafe)
		}
	}
	if missing := b.unseen(seen, rows); len(missing) > 0 {
		wrong.add("%d of the plan's %d rows are missing, first that of %q in %s; every list must have every row",
			len(missing), len(b.entries), missing[0].cells[titleColumn], missing[0].cells[0])
	}
	return errors.Join(wrong.as(ErrList), unsafe.as(ErrHeld))
}

// ofThisPlan looks at what a list says of itself: a page's list is of this plan
// and has all the rows that it was saved with.
func (b *ballot) ofThisPlan(rows []row) error {
	for _, r := range rows {
		if want := Label(len(rows), b.digest); r.signed && bare(r.label) != want {
			return fmt.Errorf("%w: row %d: under %s it says %q, and as a list of this plan it would say %q; save it anew from a report of this plan",
				ErrList, r.at, LabelColumn, r.label, want)
		}
	}
	return nil
}

// unseen are the entries that the list lacks, of those that it is about: all of
// them, or those of its mailboxes if it is a page's.
func (b *ballot) unseen(seen map[*entry]int, rows []row) (missing []*entry) {
	about := map[int]bool{}
	for e := range seen {
		about[e.part] = true
		b.heard[e.part] = true
	}
	partly := len(rows) > 0 && rows[0].signed
	for _, e := range b.entries {
		if seen[e] == 0 && (about[e.part] || !partly) {
			missing = append(missing, e)
		}
	}
	return missing
}

// take notes what a row decides, after a look whether it is the plan's row.
func (e *entry) take(name string, r row, purpose plan.Purpose, wrong, unsafe *complaints) {
	for i, want := range e.cells {
		if bare(r.cells[i]) != bare(want) {
			wrong.add("row %d: %s is %q, and in the plan it is %q; only the decision may be changed", r.at, Columns()[i], r.cells[i], want)
			return
		}
	}
	said := r.cells[len(e.cells)]
	decision := strings.ToLower(strings.TrimSpace(said))
	switch {
	case e.step != nil && decision == keep:
		e.keep = append(e.keep, name)
	case e.step != nil && decision == do:
		e.do = append(e.do, name)
	case e.held == nil:
		wrong.add("row %d: the decision is %q; it must be do or keep", r.at, said)
	case decision == do:
		unsafe.add("row %d: %q is held (%s), %s", r.at, e.held.Title, e.held.Detail, otherwise(e.held.Hazard, purpose))
	case decision != held && decision != keep:
		wrong.add("row %d: the decision is %q; of a held item it must stay held", r.at, said)
	}
}

func otherwise(h plan.Hazard, purpose plan.Purpose) string {
	if h == plan.Kept {
		return "which an earlier list decided: take the plan before it"
	}
	return "and no list can decide otherwise; what can be done: " + h.Answer(purpose)
}

// complaints are what is wrong with a list, the first ones in words.
type complaints struct {
	first []string
	more  int
}

func (c *complaints) add(format string, args ...any) {
	if len(c.first) == 3 {
		c.more++
		return
	}
	c.first = append(c.first, fmt.Sprintf(format, args...))
}

func (c *complaints) as(sentinel error) error {
	if len(c.first) == 0 {
		return nil
	}
	text := strings.Join(c.first, "; ")
	if c.more > 0 {
		text += fmt.Sprintf("; and %d more", c.more)
	}
	return fmt.Errorf("%w: %s", sentinel, text)
}

// outcome makes the new plan.
func (b *ballot) outcome() (Outcome, error) {
	o := Outcome{Plan: b.plan}
	for i, m := range b.plan.Mailboxes {
		if len(m.Steps) > 0 && !b.heard[i] {
			o.Silent++
		}
	}
	turned := make([]map[string]bool, len(b.plan.Mailboxes))
	for _, e := range b.entries {
		if len(e.do) > 0 && len(e.keep) > 0 {
			o.Disputed = append(o.Disputed, Disputed{
				Account: b.plan.Mailboxes[e.part].Account, Kind: e.step.Kind, ID: e.step.ID, Title: e.step.Title, Keep: e.keep, Do: e.do,
			})
		}
		if !e.turns() {
			continue
		}
		if e.held == nil {
			o.Kept++
		} else {
			o.Again++
		}
		if turned[e.part] == nil {
			turned[e.part] = map[string]bool{}
		}
		turned[e.part][e.step.ID] = true
	}
	o.Plan.Mailboxes = slices.Clone(b.plan.Mailboxes)
	for i, ids := range turned {
		if len(ids) > 0 {
			o.Plan.Mailboxes[i] = turn(b.plan.Mailboxes[i], ids)
		}
	}
	return o, o.Plan.Check()
}

// turns says whether a step becomes held, or what was kept a step again.
func (e *entry) turns() bool {
	if e.held == nil {
		return len(e.keep) > 0
	}
	return len(e.do) > 0 && len(e.keep) == 0
}

// turn holds the steps of those items, and does again what was kept of them.
// Folders that only held steps would have come into are not made.
func turn(m plan.Mailbox, ids map[string]bool) plan.Mailbox {
	steps, held, before, after := []plan.Step{}, []plan.Held{}, map[string]bool{}, map[string]bool{}
	for _, h := range m.Held {
		if ids[h.ID] && h.Step != nil {
			steps = append(steps, *h.Step)
			continue
		}
		held = append(held, h)
	}
	for _, s := range m.Steps {
		before[s.FolderID] = true
		if ids[s.ID] {
			held = append(held, hold(s))
			continue
		}
		after[s.FolderID] = true
		steps = append(steps, s)
	}
	m.Steps, m.Held = steps, held
	m.Folders = slices.DeleteFunc(slices.Clone(m.Folders), func(f plan.NewFolder) bool { return before[f.FormerID] && !after[f.FormerID] })
	m.Sort()
	return m
}

// hold keeps the step, but for one that makes an item: the folder that it would
// come into may not be made any more.
func hold(s plan.Step) plan.Held {
	would := map[plan.Action]string{
		plan.Delete: "deleted", plan.DeletePermanently: "deleted for good", plan.SetCategories: "given other categories", plan.Create: "made again",
	}[s.Action]
	h := plan.Held{
		Kind: s.Kind, Folder: s.Folder, ID: s.ID, Title: s.Title, Categories: append([]string{}, s.Before...),
		Hazard: plan.Kept, Detail: fmt.Sprintf("somebody decided to keep it as it is; it would have been %s (%s)", would, s.Why),
		Profile: s.Profile, Marker: s.Marker,
	}
	if s.Action != plan.Create {
		h.Step = &s
	}
	return h
}
