// Package ledger sets a plan and a run of it side by side: every item with what
// became of it, counted by mailbox, by result and by the reason it is held.
//
// It promises that all counts cover the whole plan: a step that the run never
// reached is pending, not absent. It knows nothing of how it is shown.
package ledger

import (
	"fmt"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/run"
)

// Book is a plan, and what became of it.
type Book struct {
	Plan plan.Plan
	// Run is nil for a plan alone: all of its steps are planned.
	Run *run.Report
	// Closed: nobody can decide about the items any more.
	Closed bool

	digest  string
	results map[string]apply.MailboxResult
	// others are the steps that were begun and not done.
	others map[journal.Key]apply.Outcome
}

// Of makes the book of a plan and its run, which is nil if there was none.
func Of(p plan.Plan, r *run.Report) *Book {
	b := &Book{Plan: p, Run: r, results: map[string]apply.MailboxResult{}, others: map[journal.Key]apply.Outcome{}}
	if r == nil {
		return b
	}
	for _, m := range r.Result.Mailboxes {
		b.results[m.Account.ID] = m
		for _, other := range m.Others {
			b.others[journal.Key{Mailbox: m.Account.ID, Item: other.Step.ID}] = other
		}
	}
	return b
}

// Open says whether people can decide about the items.
func (b *Book) Open() bool { return b.Run == nil && !b.Closed }

// Digest is the plan's, also in a book that has a part of it only.
func (b *Book) Digest() string {
	if b.digest == "" {
		b.digest = b.Plan.Digest()
	}
	return b.digest
}

// Only is what the book has of one mailbox.
func (b *Book) Only(m plan.Mailbox) *Book {
	p := b.Plan
	p.Mailboxes, p.Skipped = []plan.Mailbox{m}, nil
	one := Of(p, nil)
	one.Closed = b.Closed
	if b.Run != nil {
		r := *b.Run
		r.Result = resultOf(b.results[m.Account.ID], len(m.Steps), len(m.Held))
		if _, reached := b.results[m.Account.ID]; !reached {
			r.Result.Mailboxes = nil
		}
		one = Of(p, &r)
	}
	one.digest = b.Digest()
	return one
}

// resultOf counts one mailbox as a result of its own.
func resultOf(m apply.MailboxResult, steps, held int) apply.Result {
	t := tally(m, steps, held)
	return apply.Result{
		Done: t.Done, Skipped: t.Skipped, Refused: t.Refused, Unknown: t.Unknown, Pending: t.Pending, Held: t.Held,
		Mailboxes: []apply.MailboxResult{m},
	}
}

// Fate tells what became of a step, and why.
func (b *Book) Fate(account mailbox.Account, s plan.Step) (status, reason string) {
	if b.Run == nil {
		return statusPlanned, s.Why
	}
	if other, ok := b.others[journal.Key{Mailbox: account.ID, Item: s.ID}]; ok {
		return string(other.Result), other.Detail
	}
	if _, reached := b.results[account.ID]; !reached {
		return string(apply.Pending), "the run did not reach this mailbox"
	}
	return string(journal.Done), s.Why
}

// Rules says what the plan's rules mean, in sentences.
func (b *Book) Rules() []string {
	r := b.Plan.Rules
	kinds := make([]string, len(r.Kinds))
	for i, k := range r.Kinds {
		kinds[i] = string(k)
	}
	among := strings.Join(kinds, ", ")
	if r.Purpose == plan.Restore || r.Purpose == plan.Undo {
		return b.backRules(among)
	}
	lines := []string{}
	switch {
	case r.Purpose == plan.Purge:
		lines = append(lines, "deletes "+among+" "+marked(r))
		lines = append(lines, b.removals()...)
	case len(r.Categories)+len(r.Profiles) == 0:
		lines = append(lines, fmt.Sprintf("tags everything that remains of %s with %q, since no category of the plug-in was named", among, r.Tag))
	case len(r.Profiles) == 0:
		lines = append(lines, fmt.Sprintf("tags %s with %q, but for items that carry %s", among, r.Tag, words.Quoted(r.Categories)))
	default:
		lines = append(lines, fmt.Sprintf("tags %s with %q, but for items %s", among, r.Tag, marked(r)))
	}
	lines = append(lines, b.profiles()...)
	if len(r.Protect) > 0 {
		lines = append(lines, "protects items with category "+words.Quoted(r.Protect))
	}
	return lines
}

// marked says by what the rules know an item as the plug-in's.
func marked(r plan.Rules) string {
	var parts []string
	if len(r.Categories) > 0 {
		parts = append(parts, "with category "+words.Quoted(r.Categories))
	}
	for _, set := range r.Profiles {
		parts = append(parts, "with a marker of profile "+set.Name)
	}
	return strings.Join(parts, " or ")
}

// profiles say what each profile goes by, and on how many steps that is why.
func (b *Book) profiles() []string {
	steps := map[[2]string]int{}
	for _, m := range b.Plan.Mailboxes {
		for _, s := range m.Steps {
			steps[[2]string{s.Profile, s.Marker}]++
		}
	}
	var lines []string
	for _, set := range b.Plan.Rules.Profiles {
		var parts []string
		for _, m := range set.Markers {
			part := m.String()
			if n := steps[[2]string{set.Name, part}]; n > 0 {
				part += " (" + words.Items(n) + ")"
			}
			parts = append(parts, part)
		}
		lines = append(lines, "profile "+set.Name+" goes by "+strings.Join(parts, ", "))
	}
	return lines
}

// removals say how a purge deletes, where that is not into Deleted Items and
// without a word.
func (b *Book) removals() []string {
	var lines []string
	if b.Plan.Rules.Meetings == plan.SendCancellations {
		lines = append(lines, "deletes meetings that a mailbox organizes, too: Exchange mails cancellations to their attendees, to "+
			words.People(len(b.Plan.Mailed()))+" in this plan")
	}
	if b.Plan.Rules.Permanent {
		lines = append(lines, "deletes contacts and events for good, "+words.Items(b.Plan.Totals().Permanent)+
			" in this plan: users cannot get them back from Deleted Items; tasks, and meetings that mail, are moved there as always")
	}
	return lines
}

// backRules are those of plans that bring something back.
func (b *Book) backRules(among string) []string {
	r := b.Plan.Rules
	line := "undoes what run " + r.Run + " did with " + among
	if r.Purpose == plan.Restore {
		line = "makes " + among + " again that are in snapshot " + r.Source.Snapshots[0].ID + " and not in the mailbox"
		if r.Copies {
			line = "makes copies of " + among + " in snapshot " + r.Source.Snapshots[0].ID
		}
	}
	lines := []string{line}
	if len(r.Strip) > 0 {
		lines = append(lines, "without category "+words.Quoted(r.Strip))
	}
	for _, m := range b.Plan.Mailboxes {
		for _, f := range m.Folders {
			lines = append(lines, fmt.Sprintf("makes folder %q of %s again in %s", f.Path(), f.Kind, m.Account.Name()))
		}
	}
	return lines
}
