package ledger

import (
	"iter"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// What an entry's status can be beside journal's results and apply.Pending.
const (
	statusPlanned = "planned"
	statusHeld    = "held"
	// statusSkipped is a mailbox, not an item, that could not be read.
	statusSkipped = "mailbox-skipped"
)

// Entry is one item of a plan, or a mailbox that was skipped.
type Entry struct {
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

// Columns are the columns of a CSV file. Scripts rest on them: add at the end,
// never rename.
func Columns() []string {
	return []string{
		"mailbox", "mailboxId", "kind", "folder", "action", "status", "title",
		"categoriesBefore", "categoriesAfter", "hazard", "reason", "id", "version",
	}
}

// row has the entry's Columns.
func (e Entry) row() []string {
	return []string{
		e.Account.Name(), e.Account.ID, string(e.Kind), e.Folder, string(e.Action), e.Status, e.Title,
		strings.Join(e.Before, "; "), strings.Join(e.After, "; "), e.Hazard, e.Reason, e.ID, e.Version,
	}
}

// Steps are the entries of a mailbox's steps.
func (b *Book) Steps(m plan.Mailbox) []Entry {
	var entries []Entry
	for _, s := range m.Steps {
		entries = append(entries, b.step(m.Account, s))
	}
	return entries
}

func (b *Book) step(account mailbox.Account, s plan.Step) Entry {
	hazards := make([]string, len(s.Hazards))
	for i, h := range s.Hazards {
		hazards[i] = string(h)
	}
	status, reason := b.Fate(account, s)
	return Entry{
		Account: account, Kind: s.Kind, Folder: s.Folder, Action: s.Action, Status: status, Title: s.Title,
		Before: s.Before, After: s.After, Hazard: strings.Join(hazards, "; "), Reason: reason, ID: s.ID, Version: s.Version,
	}
}

func heldEntry(account mailbox.Account, h plan.Held) Entry {
	return Entry{
		Account: account, Kind: h.Kind, Folder: h.Folder, Status: statusHeld, Title: h.Title,
		Before: h.Categories, Hazard: string(h.Hazard), Reason: h.Detail, ID: h.ID,
	}
}

// entries are the steps and held items of each mailbox, then the mailboxes
// that were skipped.
func (b *Book) entries(yield func(Entry) bool) {
	for _, m := range b.Plan.Mailboxes {
		for _, s := range m.Steps {
			if !yield(b.step(m.Account, s)) {
				return
			}
		}
		for _, h := range m.Held {
			if !yield(heldEntry(m.Account, h)) {
				return
			}
		}
	}
	for _, s := range b.Plan.Skipped {
		if !yield(Entry{Account: mailbox.Account{Address: s.Name}, Status: statusSkipped, Reason: s.Reason}) {
			return
		}
	}
}

// Items are the steps and held items under Columns.
func (b *Book) Items() iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for e := range b.entries {
			if e.Status != statusSkipped && !yield(e.row()) {
				return
			}
		}
	}
}

// Rows are all entries under Columns.
func (b *Book) Rows() iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for e := range b.entries {
			if !yield(e.row()) {
				return
			}
		}
	}
}

// NotDone are the steps that a run did not do, the least certain first.
func (b *Book) NotDone() []Entry {
	var others []Entry
	for _, m := range b.Plan.Mailboxes {
		for _, s := range m.Steps {
			if e := b.step(m.Account, s); e.Status != string(journal.Done) {
				others = append(others, e)
			}
		}
	}
	sequence := []journal.Result{journal.Unknown, journal.Refused, journal.Skipped, apply.Pending}
	order.StablyBy(others, func(a, b Entry) int {
		return slices.Index(sequence, journal.Result(a.Status)) - slices.Index(sequence, journal.Result(b.Status))
	})
	return others
}

// Lacking are the items that a run made and that are not all that they were.
func (b *Book) Lacking() []Entry {
	if b.Run == nil {
		return nil
	}
	var all []Entry
	for _, m := range b.Run.Result.Mailboxes {
		for _, o := range m.Lacking {
			e := b.step(m.Account, o.Step)
			e.Reason = strings.Join(o.Lost, "; ")
			all = append(all, e)
		}
	}
	return all
}
