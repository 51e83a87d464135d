package ledger

import (
	"cmp"
	"maps"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/words"
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
		boxes = append(boxes, Box{Account: m.Account, Tally: tally(r, len(m.Steps), len(m.Held)), Failure: r.Failure, Warnings: r.Warnings})
	}
	return boxes
}

// tally counts one mailbox.
func tally(m apply.MailboxResult, steps, held int) Tally {
	t := Tally{Done: m.Done, Pending: steps - m.Done, Held: held}
	for _, o := range m.Others {
		t.move(o.Result)
	}
	return t
}

// Category counts what the plan does with the items of one category.
type Category struct {
	Name                         string
	Deletes, Tags, Creates, Held int
}

// Items is how many items have the category.
func (c *Category) Items() int { return c.Deletes + c.Tags + c.Creates + c.Held }

// Categories count steps and held items by the categories that the items have
// before, the most frequent first. An item counts under each of its categories.
func (b *Book) Categories() []*Category {
	counts := map[string]*Category{}
	of := func(name string) *Category {
		if counts[name] == nil {
			counts[name] = &Category{Name: name}
		}
		return counts[name]
	}
	for _, m := range b.Plan.Mailboxes {
		for _, s := range m.Steps {
			for _, name := range orNone(s.Before) {
				of(name).count(s.Action)
			}
		}
		for _, h := range m.Held {
			for _, name := range orNone(h.Categories) {
				of(name).Held++
			}
		}
	}
	all := slices.Collect(maps.Values(counts))
	order.By(all, func(a, b *Category) int { return cmp.Or(b.Items()-a.Items(), cmp.Compare(a.Name, b.Name)) })
	return all
}

func (c *Category) count(a plan.Action) {
	switch a {
	case plan.Delete, plan.DeletePermanently:
		c.Deletes++
	case plan.SetCategories:
		c.Tags++
	case plan.Create:
		c.Creates++
	}
}

func orNone(categories []string) []string {
	if len(categories) == 0 {
		return []string{words.NoCategory}
	}
	return categories
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
