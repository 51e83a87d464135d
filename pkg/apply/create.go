package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/riva-prep/riva-prep/pkg/apply/maker"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// Source holds the items that creates make again.
type Source interface {
	// Lines reads the backed-up items of a mailbox and kind, each to be used
	// before the next. An item may come in several versions.
	Lines(mailboxID string, kind item.Kind, each func(snapshot.Line) error) error
	// Blob reads what is stored under a name that a line gives.
	Blob(name string) ([]byte, error)
}

// Others knows what other runs have made: an import bears no mark.
type Others interface {
	// Find looks for what is there and was made of the item that has the mark.
	Find(mark string, there func(id string) bool) (id string, found bool)
}

// makes says whether the mailbox's part has creates.
func (w *worker) makes() bool {
	return slices.ContainsFunc(w.part.Steps, func(s plan.Step) bool { return s.Action == plan.Create })
}

// from is the mailbox that the items come from.
func (w *worker) from() string { return from(w.part) }

func from(part plan.Mailbox) string { return cmp.Or(part.From, part.Account.ID) }

func (w *worker) mark(s plan.Step) string { return w.run.mark(w.part, s) }

// mark is what the item made by a step bears. Copies bear one of their own, so
// that an earlier copy is not taken for them.
func (r Run) mark(part plan.Mailbox, s plan.Step) string {
	version := s.Version
	if r.Plan.Rules.Copies {
		version += r.digest
	}
	return rebuild.Mark(from(part), s.Kind, s.ID, version)
}

// considerCreate looks for the item that an earlier call may have made. It is
// completed then, never made twice.
func (w *worker) considerCreate(s *plan.Step, seen sight) (task, journal.Result, string) {
	t := task{step: s, folders: seen.folders}
	folder, there := seen.folders[s.FolderID]
	if !there {
		return t, journal.Refused, "its folder is gone or closed: make the plan again"
	}
	known := w.state.known(w.key(*s))
	made, found := seen.marks[w.mark(*s)]
	switch {
	case found && !known.intended:
		return t, journal.Skipped, "it is there already: an earlier restore made it"
	case found:
		t.item = made
	case !known.intended && w.others(*s, seen):
		return t, journal.Skipped, "it is there already: another run made it"
	case s.Way == plan.ByStream:
		t.alike = alike(*s, folder, seen)
		t.item, found = w.imported(t.alike, known, seen)
		if found && known.intended {
			return t, journal.Done, "the listing shows it"
		}
		t.item = nil
	}
	return t, "", ""
}

// others says whether another run has made the item, and it is still there.
func (w *worker) others(s plan.Step, seen sight) bool {
	if w.run.Others == nil {
		return false
	}
	_, found := w.run.Others.Find(w.mark(s), func(id string) bool { return seen.listed[id] })
	return found
}

// alike are the items that an import of the step could have made.
func alike(s plan.Step, folder item.Folder, seen sight) []string {
	called := name{folder.ID, s.Title}
	ids := slices.DeleteFunc(slices.Clone(seen.named[called]), func(id string) bool {
		it := seen.items[id]
		return it.Kind != s.Kind || nameOf(*it) != called
	})
	slices.Sort(ids)
	return slices.Compact(ids)
}

// imported is an item that looks like the one meant, was not there before this
// run's first call, and is not known to be another step's.
func (w *worker) imported(alike []string, known knowledge, seen sight) (*item.Item, bool) {
	if !known.intended {
		return nil, false
	}
	others := w.state.made(w.part.Account.ID)
	for _, id := range alike {
		if !slices.Contains(known.alike, id) && (!others[id] || id == known.made) && w.claim(id) {
			return seen.items[id], true
		}
	}
	return nil, false
}

// claim gives an item to one step only.
func (w *worker) claim(id string) bool {
	if w.claimed[id] {
		return false
	}
	if w.claimed == nil {
		w.claimed = map[string]bool{}
	}
	w.claimed[id] = true
	return true
}

// createAll makes items in the order in which the source has them, so that
// only those in the making are in memory.
func (w *worker) createAll(ctx context.Context, todo []task) error {
	for _, kind := range w.kinds() {
		wanted := map[string]*task{}
		for i, t := range todo {
			if t.step.Kind == kind {
				wanted[t.step.ID] = &todo[i]
			}
		}
		if len(wanted) == 0 {
			continue
		}
		if err := w.createKind(ctx, kind, wanted); err != nil {
			return err
		}
		for _, t := range wanted { // those that were found are no longer in it
			if err := w.conclude(*t.step, journal.Refused, "the snapshot does not hold this version of it", ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *worker) createKind(ctx context.Context, kind item.Kind, wanted map[string]*task) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	names := twins{}
	err := w.run.Source.Lines(w.from(), kind, func(l snapshot.Line) error {
		found, ok := wanted[l.ID]
		if !ok || l.Version != found.step.Version {
			return nil
		}
		if err := groupCtx.Err(); err != nil {
			return err
		}
		delete(wanted, l.ID)
		t := *found
		t.line = &l
		turn := names.next(*t.step)
		group.Go(func() error { return w.inTurn(ctx, groupCtx, t, turn) })
		return nil
	})
	return errors.Join(group.Wait(), ctx.Err(), ignoring(groupCtx, err))
}

// ignoring drops the error by which the reading was stopped: the group has the
// cause.
func ignoring(stopped context.Context, err error) error {
	if stopped.Err() != nil && errors.Is(err, stopped.Err()) {
		return nil
	}
	return err
}

// create makes the item of a task, or completes it, and records what came of
// it. A mailbox that is full ends the work on it.
func (w *worker) create(ctx context.Context, t task) error {
	ctx, stop := lingering(ctx)
	defer stop()
	made, lost, err := w.make(ctx, t)
	result, detail := judgeCreate(err, made.ID != "")
	r := journal.Record{Result: result, Detail: detail, Version: made.Version, Made: made.ID, Lost: lost}
	if recorded := w.outcome(*t.step, r); recorded != nil {
		return recorded
	}
	if errors.Is(err, mailbox.ErrFull) {
		return err
	}
	return nil
}

// judgeCreate turns the answer to the calls of a create into a result. What was
// begun and could not be finished is refused, so that a later attempt finishes
// it.
func judgeCreate(err error, begun bool) (journal.Result, string) {
	switch {
	case err == nil:
		return journal.Done, ""
	case errors.Is(err, mailbox.ErrUnclear), errors.Is(err, mailbox.ErrBusy), errors.Is(err, mailbox.ErrSignIn), errors.Is(err, context.Canceled):
		return journal.Unknown, err.Error()
	case begun:
		return journal.Refused, "made, but not whole: " + err.Error()
	}
	return journal.Refused, err.Error()
}

// make makes the item by the step's way and says what of it was lost beyond
// what the plan said.
func (w *worker) make(ctx context.Context, t task) (item.Item, []string, error) {
	if t.step.Way == plan.ByStream && t.item == nil {
		made, err := w.importStream(ctx, t)
		return made, nil, err
	}
	recipe, err := rebuild.Of(*t.line, rebuild.Options{
		Mark: w.mark(*t.step), Transaction: rebuild.Mark(w.run.digest, t.step.Kind, t.step.ID, t.step.Version),
		StripCategories: w.run.Plan.Rules.Strip,
	})
	if err != nil {
		return item.Item{}, nil, fmt.Errorf("read it from the snapshot: %w", err)
	}
	m := maker.Maker{Mailbox: w.mb, Source: w.run.Source, Recipe: recipe, Fresh: t.item == nil}
	if !m.Fresh {
		m.Made = *t.item
	}
	if m.Fresh {
		if m.Made, err = w.mb.Create(ctx, t.folder(), recipe.Body); err != nil {
			return item.Item{}, nil, err
		}
	}
	if err = m.Complete(ctx, t.step.After); err == nil {
		m.Compare(*t.line, w.run.Plan.Rules.Strip)
	}
	return m.Made, m.Lost, err
}

func (w *worker) importStream(ctx context.Context, t task) (item.Item, error) {
	stream, err := w.run.Source.Blob(t.line.Stream)
	if err != nil {
		return item.Item{}, err
	}
	made, err := w.mb.Import(ctx, t.folder(), stream)
	if errors.Is(err, mailbox.ErrNotOffered) {
		return made, fmt.Errorf("%w: grant MailboxItem.ImportExport.All, or make the plan again with --streams off", err)
	}
	return made, err
}
