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
	account mailbox.Account
	kind    item.Kind
	folder  string
	action  plan.Action
	status  string
	title   string
	before  []string
	after   []string
	hazard  string
	reason  string
	id      string
	version string
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
		r.account.Name(), r.account.ID, string(r.kind), r.folder, string(r.action), r.status, r.title,
		strings.Join(r.before, "; "), strings.Join(r.after, "; "), r.hazard, r.reason, r.id, r.version,
	}
}

func stepRecord(account mailbox.Account, s plan.Step, status, reason string) record {
	hazards := make([]string, len(s.Hazards))
	for i, h := range s.Hazards {
		hazards[i] = string(h)
	}
	return record{
		account: account, kind: s.Kind, folder: s.Folder, action: s.Action, status: status, title: s.Title,
		before: s.Before, after: s.After, hazard: strings.Join(hazards, "; "), reason: reason, id: s.ID, version: s.Version,
	}
}

func heldRecord(account mailbox.Account, h plan.Held) record {
	return record{
		account: account, kind: h.Kind, folder: h.Folder, status: statusHeld, title: h.Title,
		before: h.Categories, hazard: string(h.Hazard), reason: h.Detail, id: h.ID,
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
			if !yield(record{account: mailbox.Account{Address: s.Name}, status: statusSkipped, reason: s.Reason}) {
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
