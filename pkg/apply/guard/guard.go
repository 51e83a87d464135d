// Package guard is the one way by which a run reaches mailboxes: every change of
// a run passes through it, and it lets through what the approved plan justifies.
//
// It promises that no call reaches a mailbox outside the plan, an item that no
// step names, or an item in another version, folder or way than its step says,
// and that the plan's hazards are looked for once more on the item as it was
// just listed. A call that the plan does not justify is a fault of this program:
// it is not sent, and the run is stopped. It refuses to begin a change once the
// run is being stopped, whoever stops it.
package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

var (
	// ErrBroken says that a run does, or has done, what its plan does not say: a
	// fault of this program. Nothing more is done.
	ErrBroken = errors.New("this run is not what its plan says, nothing more is done")
	// ErrStopped says that a change was not begun since the run is being stopped.
	ErrStopped error = stopped{}
	// ErrHazard says that a step's item is one that its plan would hold.
	ErrHazard = errors.New("its plan would hold it now")
)

// stopped is a kind of context.Canceled.
type stopped struct{}

func (stopped) Error() string { return "the run was stopped before this was sent" }
func (stopped) Unwrap() error { return context.Canceled }

// Bounds say what a run may do.
type Bounds struct {
	Plan plan.Plan
	// Open reaches a mailbox for writing.
	Open func(context.Context, mailbox.Account) (mailbox.Mailbox, error)
	// Mark is what the item that a create makes bears.
	Mark func(plan.Mailbox, plan.Step) string
	// Over is not nil once the run is being stopped.
	Over func() error
	// Breach hears of a call that the plan does not justify, and stops the run.
	Breach func(error)
}

// Guard stands before the mailboxes of one run.
type Guard struct {
	bounds Bounds
	parts  map[string]plan.Mailbox // by object id

	mu      sync.Mutex
	changed map[journal.Key]bool
	broken  error
}

// New makes a guard.
func New(b Bounds) *Guard {
	g := &Guard{bounds: b, parts: make(map[string]plan.Mailbox, len(b.Plan.Mailboxes)), changed: map[journal.Key]bool{}}
	for _, part := range b.Plan.Mailboxes {
		g.parts[part.Account.ID] = part
	}
	return g
}

// Open reaches a mailbox of the plan, within the plan's bounds. ErrBroken for
// any other, and when another one is opened than was asked for.
func (g *Guard) Open(ctx context.Context, account mailbox.Account) (mailbox.Mailbox, error) {
	part, named := g.parts[account.ID]
	if !named {
		return nil, g.breach("mailbox %s is not in it", account.ID)
	}
	mb, err := g.bounds.Open(ctx, account)
	if err != nil {
		return nil, err
	}
	if mb.Account().ID != account.ID {
		return nil, g.breach("asked for mailbox %s and was given %s", account.ID, mb.Account().ID)
	}
	return newBox(g, mb, part), nil
}

// Changed are the items whose change or deletion was answered as done.
func (g *Guard) Changed() map[journal.Key]bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make(map[journal.Key]bool, len(g.changed))
	for key := range g.changed {
		all[key] = true
	}
	return all
}

func (g *Guard) breach(format string, args ...any) error {
	err := fmt.Errorf("%w: %s", ErrBroken, fmt.Sprintf(format, args...))
	g.mu.Lock()
	g.broken = cmp.Or(g.broken, err)
	g.mu.Unlock()
	g.bounds.Breach(err)
	return err
}

// Broken is the first breach, nil as it should be. After it no change passes.
func (g *Guard) Broken() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.broken
}

// begin refuses what would begin while the run is being stopped. A step of one
// call has asked before its intent; one of several is stopped between them.
func (g *Guard) begin() error {
	if err := g.Broken(); err != nil {
		return err
	}
	if err := g.bounds.Over(); err != nil {
		return ErrStopped
	}
	return nil
}

// box is one mailbox of the plan, within its bounds.
type box struct {
	mailbox.Mailbox
	guard *Guard
	// steps are copies of the plan's; all creates are one, of which the guard
	// needs no more.
	steps map[string]*plan.Step
	// afters are the categories that creates give, joined.
	afters map[string]bool
	marks  map[string]bool
	part   plan.Mailbox

	mu sync.Mutex
	// left is how many items may still be made.
	left int
	// folders are those that items may come into, made the items that this run
	// made, dates the occurrences of those that are series.
	folders, made, dates map[string]bool
}

func newBox(g *Guard, mb mailbox.Mailbox, part plan.Mailbox) *box {
	b := &box{
		Mailbox: mb, guard: g, part: part, steps: make(map[string]*plan.Step, len(part.Steps)), afters: map[string]bool{}, marks: map[string]bool{},
		folders: map[string]bool{}, made: map[string]bool{}, dates: map[string]bool{},
	}
	create := &plan.Step{Action: plan.Create}
	for _, s := range part.Steps {
		if s.Action != plan.Create {
			b.steps[s.ID] = &s
		} else {
			b.steps[s.ID] = create
			b.afters[joined(s.After)] = true
			b.marks[g.bounds.Mark(part, s)] = true
			b.folders[s.FolderID] = true
			b.left++
		}
	}
	return b
}

func joined(categories []string) string { return strings.Join(categories, "\x00") }

// Delete lets a step's item through, and occurrences of a series that this run
// made.
func (b *box) Delete(ctx context.Context, it item.Item) error {
	return b.pass(ctx, mailbox.Change{Item: it, Verb: mailbox.Delete}).Err
}

// DeletePermanently implements mailbox.Mailbox, as Delete.
func (b *box) DeletePermanently(ctx context.Context, it item.Item) error {
	return b.pass(ctx, mailbox.Change{Item: it, Verb: mailbox.DeletePermanently}).Err
}

// SetCategories lets through what a step says, letter by letter, and the repair
// of an item that this run made.
func (b *box) SetCategories(ctx context.Context, it item.Item, categories []string) (string, error) {
	done := b.pass(ctx, mailbox.Change{Item: it, Verb: mailbox.SetCategories, Categories: categories})
	return done.Version, done.Err
}

func (b *box) pass(ctx context.Context, c mailbox.Change) mailbox.Changed {
	if err := b.justify(c); err != nil {
		return mailbox.Changed{Err: err}
	}
	done := mailbox.Do(ctx, b.Mailbox, c)
	b.note(c, done)
	return done
}

// Batch lets each change through that would pass by itself. A breach among them
// keeps all of them back.
func (b *box) Batch(ctx context.Context, changes []mailbox.Change) []mailbox.Changed {
	results := make([]mailbox.Changed, len(changes))
	var passed []mailbox.Change
	var places []int
	for i, c := range changes {
		if results[i].Err = b.justify(c); results[i].Err == nil {
			passed, places = append(passed, c), append(places, i)
		}
	}
	if err := b.guard.Broken(); err != nil {
		for _, i := range places {
			results[i].Err = err
		}
		return results
	}
	if len(passed) == 0 {
		return results
	}
	answers := b.Mailbox.Batch(ctx, passed)
	for n, i := range places {
		if results[i].Err = mailbox.ErrUnclear; len(answers) == len(passed) {
			results[i] = answers[n]
		}
		b.note(passed[n], results[i])
	}
	return results
}

// justify says why a change may not pass; nil lets it through.
func (b *box) justify(c mailbox.Change) error {
	switch {
	case c.Verb == mailbox.Delete && b.in(b.dates, c.Item.ID):
		return b.guard.begin()
	case c.Verb == mailbox.SetCategories && b.in(b.made, c.Item.ID):
		if !b.afters[joined(c.Categories)] {
			return b.guard.breach("the categories of a new item %s are none of a step's", c.Item.ID)
		}
		return b.guard.begin()
	}
	s, err := b.step(c.Item, verbs()[c.Verb])
	if err == nil && c.Verb == mailbox.SetCategories && joined(s.After) != joined(c.Categories) {
		return b.guard.breach("item %s would get other categories than its step says", c.Item.ID)
	}
	return err
}

// verbs are the actions that the changes stand for.
func verbs() map[mailbox.Verb]plan.Action {
	return map[mailbox.Verb]plan.Action{
		mailbox.Delete: plan.Delete, mailbox.DeletePermanently: plan.DeletePermanently, mailbox.SetCategories: plan.SetCategories,
	}
}

// note notes a step's change that was answered as made.
func (b *box) note(c mailbox.Change, done mailbox.Changed) {
	if _, named := b.steps[c.Item.ID]; !named || done.Err != nil {
		return // occurrences and new items are no steps
	}
	b.guard.mu.Lock()
	defer b.guard.mu.Unlock()
	b.guard.changed[journal.Key{Mailbox: b.part.Account.ID, Item: c.Item.ID}] = true
}

// step finds the step that justifies a change of an item as it was listed.
func (b *box) step(it item.Item, action plan.Action) (*plan.Step, error) {
	s, named := b.steps[it.ID]
	switch {
	case !named:
		return s, b.guard.breach("no step names item %s of mailbox %s", it.ID, b.part.Account.ID)
	case s.Action != action:
		return s, b.guard.breach("the step of item %s is %s, not %s", it.ID, s.Action, action)
	case s.Kind != it.Kind || s.FolderID != it.Folder.ID || s.Version != it.Version:
		return s, b.guard.breach("item %s is not the one that its step saw", it.ID)
	}
	if err := b.guard.Broken(); err != nil {
		return s, err
	}
	if hazard, detail := b.guard.bounds.Plan.Rules.Recheck(b.Account(), *s, it); hazard != "" {
		return s, fmt.Errorf("%w: %s: %s", ErrHazard, hazard, detail)
	}
	return s, nil
}

// EnsureCategory lets the tag of a plan through that tags.
func (b *box) EnsureCategory(ctx context.Context, name, colour string) (bool, error) {
	rules := b.guard.bounds.Plan.Rules
	if rules.Purpose != plan.TagPersonal || name != rules.Tag {
		return false, b.guard.breach("category %q is not its tag", name)
	}
	if err := b.guard.begin(); err != nil {
		return false, err
	}
	return b.Mailbox.EnsureCategory(ctx, name, colour)
}

func (b *box) in(set map[string]bool, id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return set[id]
}

func (b *box) add(set map[string]bool, id string) {
	if id == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	set[id] = true
}
