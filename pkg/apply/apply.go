// Package apply does what a plan says, once, and can be killed at any instant.
//
// It promises, for every step: the item is in the verified backup in the very
// version that the plan saw, and what is deleted can be made again of it; the
// intent is on disk before the call; what is not known afterwards is settled by
// listing the folder again, never by repeating. An item that is made again bears a
// mark, by which it is found after an unclear answer. A run that was stopped goes on
// from its journal to the same end, what was refused is tried again, and a run that
// has ended does nothing more. It refuses to begin when a step breaks the plan's own
// rules, lets no change past package guard that the plan does not justify, and stops
// when its counts do not add up.
package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/riva-prep/riva-prep/pkg/apply/guard"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
	"github.com/riva-prep/riva-prep/pkg/turns"
)

const (
	// rounds bounds how often a mailbox is listed to settle unknown outcomes.
	rounds = 4
	// together bounds the requests under way in one mailbox; Exchange serves four.
	together = 4
	// leastBatch is the fewest changes that are worth a batch.
	leastBatch = 4
	// From more mailboxes than crowd on, what Graph allows the app in all is less
	// than what Exchange would do in each. Then batches are short: until its answer
	// is there, all of a batch counts as just sent.
	crowd, shortBatch = 250, 3
	// grace is what a call in flight is given after an interruption. A batch may
	// take longer; then its outcomes are unknown, and a run that goes on reads them.
	grace = 2 * time.Second
)

// ErrBroken says that a run is not what its plan says, or that its accounts do
// not add up: a fault of this program. Nothing more is done.
var ErrBroken = guard.ErrBroken

// Vault says what is safely backed up.
type Vault interface {
	// Covers says whether the mailbox was backed up at all.
	Covers(mailboxID string) bool
	// Holds says whether this version of the item was.
	Holds(mailboxID string, kind item.Kind, itemID, version string) bool
	// Restores says whether the item could be made again of it.
	Restores(mailboxID string, kind item.Kind, itemID, version string) bool
}

// Recorder makes records durable, in their order. Journals are recorders.
type Recorder interface {
	Append(...journal.Record) error
}

// Run is one execution of a plan.
type Run struct {
	Plan  plan.Plan
	Vault Vault
	// Journal records; Past is what it held when the run was taken up.
	Journal Recorder
	Past    []journal.Record
	// Source holds what creates make items of; nil for a plan without any.
	Source Source
	// Others knows what other runs have made; nil for a plan without creates.
	Others Others
	// Open reaches a mailbox for writing.
	Open func(context.Context, mailbox.Account) (mailbox.Mailbox, error)
	// Claim, if set, keeps other runs out of a mailbox until release. Where it
	// fails, nothing is changed in that mailbox.
	Claim func(mailbox.Account) (release func() error, err error)
	// Now, if set, is the clock by which Result.Window is measured.
	Now func() time.Time
	// Parallel mailboxes are worked on at a time, at least one.
	Parallel int
	// Note, if set, hears every outcome. It may be called from several goroutines.
	Note func(Outcome)

	digest string // of the plan
}

// Do works through the plan and returns what became of every step. The error is
// about the run itself: interrupted, the journal failed, the plan is broken.
// Mailboxes that could not be worked on leave their steps pending.
func (r Run) Do(ctx context.Context) (Result, error) { return r.do(ctx, (*worker).mailbox) }

// do is Do with the work on a mailbox, for tests that plant bugs in it.
func (r Run) do(ctx context.Context, work func(*worker, context.Context) error) (Result, error) {
	if err := r.Plan.Check(); err != nil {
		return Result{}, err
	}
	state := newState(r.Plan, r.Past)
	if err := state.audit(nil); err != nil {
		return Result{}, err
	}
	state.again()
	r.digest = r.Plan.Digest()
	groupCtx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	over, end := context.WithCancel(groupCtx)
	defer end()
	watch := newWatch(r.Open, r.Now)
	r.Open = watch.open
	bounds := guard.New(guard.Bounds{
		Plan: r.Plan, Open: r.Open, Mark: r.mark, Over: over.Err, Breach: stop,
	})
	r.Open = bounds.Open // nobody has another way
	err := turns.Each(groupCtx, r.Parallel, r.Plan.Mailboxes, func(ctx context.Context, part plan.Mailbox) error {
		err := (&worker{run: r, state: state, part: part}).alone(ctx, work)
		if err != nil {
			end() // the others begin nothing more
		}
		return err
	})
	err = errors.Join(err, ctx.Err())
	if broken := bounds.Broken(); broken != nil {
		err = broken // the rest follows from it
	}
	if err == nil {
		err = state.audit(bounds.Changed())
	}
	result := state.result()
	result.Window = watch.window()
	return result, err
}

// worker works on one mailbox.
type worker struct {
	run   Run
	state *state
	part  plan.Mailbox
	mb    mailbox.Mailbox

	// claimed are the items that an import was found to have made.
	claimed map[string]bool
}

// alone does the work on a mailbox that has steps left while no other run can.
func (w *worker) alone(ctx context.Context, work func(*worker, context.Context) error) error {
	if w.run.Claim == nil || !w.state.open(w.part) {
		return work(w, ctx)
	}
	release, err := w.run.Claim(w.part.Account)
	if err != nil {
		w.state.fail(w.part, err)
		return nil
	}
	defer func() {
		if err := release(); err != nil { // the system releases it in the end
			w.state.warn(w.part.Account, err.Error())
		}
	}()
	return work(w, ctx)
}

// mailbox is the loop that changes things: look, settle what is known, do what
// is left, look again.
func (w *worker) mailbox(ctx context.Context) error {
	if !w.state.open(w.part) {
		return nil
	}
	if w.changes() && !w.run.Vault.Covers(w.part.Account.ID) {
		w.state.fail(w.part, errors.New("it could not be backed up, so nothing is changed there"))
		return nil
	}
	for round := range rounds {
		seen, err := w.look(ctx)
		if err != nil {
			w.state.fail(w.part, err)
			return ctx.Err()
		}
		todo, err := w.settle(seen)
		if err != nil || len(todo) == 0 {
			return err
		}
		if round == rounds-1 {
			return w.giveUp(todo)
		}
		if err := w.prepare(ctx); err != nil {
			return err
		}
		if err := w.execute(ctx, todo); err != nil {
			return w.broken(err)
		}
	}
	return nil
}

// changes says whether there are steps that need a backup: those that touch
// what is there.
func (w *worker) changes() bool {
	return slices.ContainsFunc(w.part.Steps, func(s plan.Step) bool { return s.Action != plan.Create })
}

// broken ends the work on a mailbox that can take no more, and lets any other
// error end the run.
func (w *worker) broken(err error) error {
	if errors.Is(err, mailbox.ErrFull) {
		w.state.fail(w.part, errors.New("the mailbox is full, so nothing more was made there; make room and apply the plan again"))
		return nil
	}
	return err
}

// giveUp ends steps whose calls never had an effect, as the last listing shows.
func (w *worker) giveUp(todo []task) error {
	for _, t := range todo {
		detail := fmt.Sprintf("tried %d times and still as it was: %s", rounds-1, w.state.known(w.key(*t.step)).detail)
		if !w.state.intended(w.key(*t.step)) {
			detail = "not begun: another of its name is in doubt"
		}
		if err := w.conclude(*t.step, journal.Refused, detail, t.version()); err != nil {
			return err
		}
	}
	return nil
}

// prepare makes the tag known to the mailbox, for its colour. Items carry their
// categories without it too, so a failure is told and does not stop the run.
func (w *worker) prepare(ctx context.Context) error {
	rules := w.run.Plan.Rules
	if rules.Purpose != plan.TagPersonal {
		return nil
	}
	if _, err := w.mb.EnsureCategory(ctx, rules.Tag, rules.Colour); err != nil {
		w.state.warn(w.part.Account, fmt.Sprintf("category %q has no colour there: %v", rules.Tag, err))
	}
	return ctx.Err()
}

// task is a step with the item as it was just listed; of a create, the item
// that an earlier call made, if there is one.
type task struct {
	step *plan.Step
	item *item.Item // nil where there is none
	// Of creates: what the item is made of, set just before that, what looks like
	// it, and where it may come.
	line    *snapshot.Line
	alike   []string
	folders map[string]item.Folder
}

// folder is where the item of a create comes.
func (t task) folder() item.Folder { return t.folders[t.step.FolderID] }

func (t task) version() string {
	if t.item == nil {
		return ""
	}
	return t.item.Version
}

// execute does the tasks side by side, those that change what is there first.
func (w *worker) execute(ctx context.Context, todo []task) error {
	order.StablyBy(todo, func(a, b task) int { return cmp.Compare(a.makes(), b.makes()) })
	creates := slices.IndexFunc(todo, func(t task) bool { return t.makes() == 1 })
	if creates < 0 {
		creates = len(todo)
	}
	if err := w.change(ctx, todo[:creates]); err != nil || creates == len(todo) {
		return err
	}
	return w.createAll(ctx, todo[creates:])
}

// makes is 1 for a create and 0 for a change.
func (t task) makes() int {
	if t.step.Action == plan.Create {
		return 1
	}
	return 0
}

// change does the tasks in hands, each a batch that is served one by one; a few
// are single calls. Hands grow smaller towards the end, so that none is left with
// much to do when the others are done.
func (w *worker) change(ctx context.Context, todo []task) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for len(todo) > 0 && groupCtx.Err() == nil {
		n := w.hand(len(todo))
		hand := todo[:n]
		todo = todo[n:]
		group.Go(func() error {
			select {
			case <-groupCtx.Done(): // while this one waited for its turn
				return nil
			default:
				return w.steps(ctx, hand)
			}
		})
	}
	return errors.Join(group.Wait(), ctx.Err())
}

// hand is how many of the tasks that are left go into the next request.
func (w *worker) hand(left int) int {
	most := mailbox.BatchLimit
	if w.run.Parallel > crowd {
		most = shortBatch
	}
	if n := min(left/together, most); n >= min(leastBatch, most) {
		return n
	}
	return 1
}

// steps is step for several at once: the intents of all, one batch, the outcomes.
func (w *worker) steps(ctx context.Context, hand []task) error {
	if len(hand) == 1 {
		return w.step(ctx, hand[0])
	}
	before, intents := make([]bool, len(hand)), make([]journal.Record, len(hand))
	changes := make([]mailbox.Change, len(hand))
	for i, t := range hand {
		before[i] = w.state.intended(w.key(*t.step))
		intents[i], changes[i] = w.about(*t.step, intent(t)), t.change()
	}
	if err := w.append(intents...); err != nil {
		return err
	}
	outcomes := make([]journal.Record, len(hand))
	for i, done := range w.batch(ctx, changes) {
		result, detail := judge(done.Err, before[i])
		outcomes[i] = w.about(*hand[i].step, journal.Record{Type: journal.Outcome, Result: result, Detail: detail, Version: done.Version})
	}
	if err := w.append(outcomes...); err != nil {
		return err
	}
	for i, t := range hand {
		w.tell(*t.step, outcomes[i])
	}
	return nil
}

// step is intent, call, outcome, in that order. Only a failing journal is an
// error: nothing may be done that cannot be recorded.
func (w *worker) step(ctx context.Context, t task) error {
	before := w.state.intended(w.key(*t.step))
	if err := w.record(*t.step, intent(t)); err != nil {
		return err
	}
	if t.step.Action == plan.Create {
		return w.create(ctx, t)
	}
	done := w.call(ctx, t)
	result, detail := judge(done.Err, before)
	return w.conclude(*t.step, result, detail, done.Version)
}

func intent(t task) journal.Record {
	return journal.Record{Type: journal.Intent, Version: t.step.Version, Alike: t.alike}
}

// call sends the one request of a step. An interruption leaves it a moment to
// come to its end, since half a call is an unknown outcome.
func (w *worker) call(ctx context.Context, t task) mailbox.Changed {
	ctx, stop := lingering(ctx)
	defer stop()
	return mailbox.Do(ctx, w.mb, t.change())
}

// batch is call for several steps. What the mailbox does not tell of is unknown.
func (w *worker) batch(ctx context.Context, changes []mailbox.Change) []mailbox.Changed {
	ctx, stop := lingering(ctx)
	defer stop()
	return w.mb.Batch(ctx, changes)
}

// change is what a step does to its item.
func (t task) change() mailbox.Change {
	c := mailbox.Change{Item: *t.item, Verb: mailbox.SetCategories, Categories: t.step.After}
	switch t.step.Action {
	case plan.Delete:
		c.Verb = mailbox.Delete
	case plan.DeletePermanently:
		c.Verb = mailbox.DeletePermanently
	case plan.SetCategories, plan.Create: // creates go another way
	}
	return c
}

func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			cancel()
		case <-late.Done():
		}
	})
	return late, func() {
		stop()
		cancel()
	}
}

// judge turns the answer to a call into a result. That the item is gone proves
// this run's doing only if an earlier call of this run was left unknown.
func judge(err error, before bool) (journal.Result, string) {
	switch {
	case err == nil:
		return journal.Done, ""
	case errors.Is(err, mailbox.ErrUnclear), errors.Is(err, mailbox.ErrBusy), errors.Is(err, mailbox.ErrSignIn), errors.Is(err, context.Canceled):
		return journal.Unknown, err.Error()
	case errors.Is(err, mailbox.ErrGone) && before:
		return journal.Done, "gone after an earlier call of this run"
	case errors.Is(err, mailbox.ErrGone):
		return journal.Skipped, "gone: somebody deleted or moved it in the meantime"
	case errors.Is(err, mailbox.ErrChanged):
		return journal.Skipped, "changed since the plan was made"
	}
	return journal.Refused, err.Error()
}

func (w *worker) key(s plan.Step) journal.Key {
	return journal.Key{Mailbox: w.part.Account.ID, Item: s.ID}
}

func (w *worker) conclude(s plan.Step, result journal.Result, detail, version string) error {
	return w.outcome(s, journal.Record{Result: result, Detail: detail, Version: version})
}

func (w *worker) outcome(s plan.Step, r journal.Record) error {
	r.Type = journal.Outcome
	err := w.record(s, r)
	if err == nil {
		w.tell(s, r)
	}
	return err
}

func (w *worker) tell(s plan.Step, r journal.Record) {
	if w.run.Note != nil {
		w.run.Note(Outcome{Account: w.part.Account, Step: s, Result: r.Result, Detail: r.Detail})
	}
}

func (w *worker) record(s plan.Step, r journal.Record) error { return w.append(w.about(s, r)) }

// about completes a record with the step that it is about.
func (w *worker) about(s plan.Step, r journal.Record) journal.Record {
	r.Mailbox, r.Item, r.Action = w.part.Account.ID, s.ID, string(s.Action)
	return r
}

// append makes records durable, and known.
func (w *worker) append(records ...journal.Record) error {
	if err := w.run.Journal.Append(records...); err != nil {
		return fmt.Errorf("the journal cannot be written, so nothing more is done: %w", err)
	}
	for _, r := range records {
		w.state.note(r)
	}
	return nil
}
