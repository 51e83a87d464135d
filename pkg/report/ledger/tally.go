package ledger

import (
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Tally counts the steps of a run by their result, and what is held. Steps that
// the result does not mention, since the run broke off before them, are pending.
type Tally struct {
	Done    int `json:"done"`
	Skipped int `json:"skipped"`
	Refused int `json:"refused"`
	Unknown int `json:"unknown"`
	Pending int `json:"pending"`
	Held    int `json:"held"`
}

// Results name the numbers of Counts.
func Results() []string { return []string{"done", "skipped", "refused", "unknown", "pending", "held"} }

// Counts are the numbers in the order of Results.
func (t Tally) Counts() []int {
	return []int{t.Done, t.Skipped, t.Refused, t.Unknown, t.Pending, t.Held}
}

// NotDone is the number of steps that were not done.
func (t Tally) NotDone() int { return t.Skipped + t.Refused + t.Unknown + t.Pending }

// move takes a step out of those pending.
func (t *Tally) move(result journal.Result) {
	to := map[journal.Result]*int{journal.Skipped: &t.Skipped, journal.Refused: &t.Refused, journal.Unknown: &t.Unknown}[result]
	if to != nil {
		t.Pending--
		*to++
	}
}

// Box is one mailbox of a run, as JSON shows it too.
type Box struct {
	Account mailbox.Account `json:"account"`
	Tally
	Failure  string   `json:"failure,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// Tally counts the whole run. A plan alone has everything pending.
func (b *Book) Tally() Tally {
	all := b.Plan.Totals()
	t := Tally{Pending: all.Steps(), Held: all.Held}
	if b.Run != nil {
		r := b.Run.Result
		t.Done, t.Skipped, t.Refused, t.Unknown = r.Done, r.Skipped, r.Refused, r.Unknown
		t.Pending -= r.Done + r.Skipped + r.Refused + r.Unknown
	}
	return t
}

// Boxes are the mailboxes of the plan, with what became of each.
func (b *Book) Boxes() []Box {
	var boxes []Box
	for _, m := range b.Plan.Mailboxes {
		r := b.results[m.Account.ID]
		box := Box{Account: m.Account, Failure: r.Failure, Warnings: r.Warnings}
		box.Tally = Tally{Done: r.Done, Pending: len(m.Steps) - r.Done, Held: len(m.Held)}
		for _, o := range r.Others {
			box.move(o.Result)
		}
		boxes = append(boxes, box)
	}
	return boxes
}

// Trouble is what went wrong with a whole mailbox.
type Trouble struct {
	Account mailbox.Account
	Text    string
	// Failed: the mailbox was given up. Otherwise it is a warning.
	Failed bool
}

// Troubles are the failures and warnings of every mailbox.
func (b *Book) Troubles() []Trouble {
	var all []Trouble
	for _, box := range b.Boxes() {
		if box.Failure != "" {
			all = append(all, Trouble{box.Account, box.Failure, true})
		}
		for _, warning := range box.Warnings {
			all = append(all, Trouble{box.Account, warning, false})
		}
	}
	return all
}
