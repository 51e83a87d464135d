package report

import (
	"iter"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// What a record says of an item beside journal's results.
const (
	statusPlanned = "planned"
	statusHeld    = "held"
	// statusSkipped is a mailbox, not an item, that could not be read.
	statusSkipped = "mailbox-skipped"
)

// record is one item of a plan or of a run.
type record struct {
	Account mailbox.Account
	Kind    item.Kind
	Folder  string
	Action  plan.Action
	Status  string
	Title   string
	Before  []string
	After   []string
	Hazard  string
	Reason  string
	ID      string
	Version string
}

// recordColumns are the columns of a CSV file. Scripts rest on them: add at the
// end, never rename.
func recordColumns() []string {
	return []string{
		"mailbox", "mailboxId", "kind", "folder", "action", "status", "title",
		"categoriesBefore", "categoriesAfter", "hazard", "reason", "id", "version",
	}
}

// row joins categories by semicolons, which no category's name can hold.
func (r record) row() []string {
	return []string{
		r.Account.Name(), r.Account.ID, string(r.Kind), r.Folder, string(r.Action), r.Status, r.Title,
		strings.Join(r.Before, "; "), strings.Join(r.After, "; "), r.Hazard, r.Reason, r.ID, r.Version,
	}
}

func stepRecord(account mailbox.Account, s plan.Step, status, reason string) record {
	hazards := make([]string, len(s.Hazards))
	for i, h := range s.Hazards {
		hazards[i] = string(h)
	}
	return record{
		Account: account, Kind: s.Kind, Folder: s.Folder, Action: s.Action, Status: status, Title: s.Title,
		Before: s.Before, After: s.After, Hazard: strings.Join(hazards, "; "), Reason: reason, ID: s.ID, Version: s.Version,
	}
}

func heldRecord(account mailbox.Account, h plan.Held) record {
	return record{
		Account: account, Kind: h.Kind, Folder: h.Folder, Status: statusHeld, Title: h.Title,
		Before: h.Categories, Hazard: string(h.Hazard), Reason: h.Detail, ID: h.ID,
	}
}

// outcomes tells what became of each step: by the run, or planned without one.
type outcomes struct {
	began  map[string]bool
	others map[journal.Key]apply.Outcome
}

// newOutcomes indexes a run. Of steps it keeps those that were not done.
func newOutcomes(r *RunView) *outcomes {
	if r == nil {
		return nil
	}
	o := &outcomes{began: map[string]bool{}, others: map[journal.Key]apply.Outcome{}}
	for _, m := range r.Result.Mailboxes {
		o.began[m.Account.ID] = true
		for _, other := range m.Others {
			o.others[journal.Key{Mailbox: m.Account.ID, Item: other.Step.ID}] = other
		}
	}
	return o
}

func (o *outcomes) of(account mailbox.Account, s plan.Step) (status, reason string) {
	if o == nil {
		return statusPlanned, s.Why
	}
	if other, ok := o.others[journal.Key{Mailbox: account.ID, Item: s.ID}]; ok {
		return string(other.Result), other.Detail
	}
	if !o.began[account.ID] {
		return string(apply.Pending), "the run did not reach this mailbox"
	}
	return string(journal.Done), s.Why
}

// records goes through a plan: the steps and held items of each mailbox, then
// the mailboxes that were skipped.
func records(p plan.Plan, o *outcomes) iter.Seq[record] {
	return func(yield func(record) bool) {
		for _, m := range p.Mailboxes {
			for _, s := range m.Steps {
				status, reason := o.of(m.Account, s)
				if !yield(stepRecord(m.Account, s, status, reason)) {
					return
				}
			}
			for _, h := range m.Held {
				if !yield(heldRecord(m.Account, h)) {
					return
				}
			}
		}
		for _, s := range p.Skipped {
			if !yield(record{Account: mailbox.Account{Address: s.Name}, Status: statusSkipped, Reason: s.Reason}) {
				return
			}
		}
	}
}

func rowsOf(p plan.Plan, o *outcomes) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		for r := range records(p, o) {
			if !yield(r.row()) {
				return
			}
		}
	}
}
