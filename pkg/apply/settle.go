package apply

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// sight is what a mailbox holds just now, as far as the plan is about it.
type sight struct {
	items map[string]*item.Item // by id, those that matter to the steps
	marks map[string]*item.Item // by the mark of a restore
	// named are the ids of items by their names, for imports; nil without any.
	named map[name][]string
	// listed are the ids of all.
	listed map[string]bool
	// folders of the steps by id, those that may be written, and the others.
	folders, closed map[string]item.Folder
	// doubts are about items that are neither listed nor gone.
	doubts map[string]error
}

// look lists the folders that the mailbox's steps are in, and asks once more for
// what is missing. Folders that are gone or have been closed since are left out.
func (w *worker) look(ctx context.Context) (sight, error) {
	if err := w.enter(ctx); err != nil {
		return sight{}, err
	}
	folders, closed, err := w.folders(ctx)
	if err != nil {
		return sight{}, err
	}
	view := mailbox.Brief
	if w.makes() {
		view = mailbox.Marked
	}
	seen := sight{
		items: map[string]*item.Item{}, marks: map[string]*item.Item{}, listed: map[string]bool{},
		folders: folders, closed: closed, doubts: map[string]error{},
	}
	minds, names := w.minds(), w.names(folders)
	if len(names) > 0 {
		seen.named = map[name][]string{}
	}
	var open []item.Folder
	for _, id := range inOrder(folders) {
		open = append(open, folders[id])
	}
	_, err = mailbox.ListSome(ctx, w.mb, open, view, func(it item.Item) bool {
		seen.listed[it.ID] = true
		switch {
		case minds(it):
			seen.add(it)
		case names[nameOf(it)]:
			it.Raw = nil // nothing is done to it
			seen.add(it)
		}
		return false
	})
	if err != nil {
		return sight{}, err
	}
	return seen, w.confirm(ctx, &seen)
}

// inOrder gives the keys in an order that is always the same: what is asked follows from
// what is known, and from nothing else.
func inOrder[T any](by map[string]T) []string {
	keys := slices.Collect(maps.Keys(by))
	order.By(keys, strings.Compare)
	return keys
}

func (s *sight) add(it item.Item) {
	if was, known := s.items[it.ID]; s.named != nil && (!known || nameOf(*was) != nameOf(it)) {
		s.named[nameOf(it)] = append(s.named[nameOf(it)], it.ID)
	}
	s.items[it.ID], s.listed[it.ID] = &it, true
	if it.Mark != "" {
		s.marks[it.Mark] = &it
	}
}

// minds says whether an item matters to a step that is not settled, by its id or
// by its mark.
func (w *worker) minds() func(item.Item) bool {
	ids, marks := map[string]bool{}, map[string]bool{}
	for _, s := range w.part.Steps {
		switch {
		case w.state.settled(w.key(s)):
		case s.Action == plan.Create:
			marks[w.mark(s)] = true
		default:
			ids[s.ID] = true
		}
	}
	return func(it item.Item) bool { return ids[it.ID] || it.Mark != "" && marks[it.Mark] }
}

// names are those of the imports that are not settled: an item that has one may
// be what such a step made.
func (w *worker) names(folders map[string]item.Folder) map[name]bool {
	names := map[name]bool{}
	for _, s := range w.part.Steps {
		if s.Way == plan.ByStream && !w.state.settled(w.key(s)) {
			names[name{folders[s.FolderID].ID, s.Title}] = true
		}
	}
	return names
}

// enter opens the mailbox once.
func (w *worker) enter(ctx context.Context) error {
	if w.mb != nil {
		return nil
	}
	mb, err := w.run.Open(ctx, w.part.Account)
	if err != nil {
		return err
	}
	w.mb = mb
	return nil
}

// folders finds the folders of the steps, by the ids that the steps name, and
// makes those that the plan makes.
func (w *worker) folders(ctx context.Context) (open, closed map[string]item.Folder, err error) {
	wanted := map[string]bool{}
	for _, s := range w.part.Steps {
		wanted[s.FolderID] = true
	}
	all, err := mailbox.FoldersOf(ctx, w.mb, w.kinds())
	if err != nil {
		return nil, nil, err
	}
	open, closed = map[string]item.Folder{}, map[string]item.Folder{}
	for _, f := range all {
		switch {
		case !wanted[f.ID]:
		case f.Writable():
			open[f.ID] = f
		default:
			closed[f.ID] = f
		}
	}
	return open, closed, w.newFolders(ctx, all, open)
}

func (w *worker) kinds() []item.Kind {
	return slices.DeleteFunc(item.Kinds(), func(kind item.Kind) bool {
		return !slices.ContainsFunc(w.part.Steps, func(s plan.Step) bool { return s.Kind == kind })
	})
}

// settle records every outcome that the listing shows and returns the steps
// that are still to be done.
func (w *worker) settle(seen sight) ([]task, error) {
	var todo []task
	for _, i := range w.unsettled() {
		s := w.part.Steps[i]
		t, result, detail := w.consider(&w.part.Steps[i], seen)
		if result == "" {
			todo = append(todo, t)
			continue
		}
		r := journal.Record{Result: result, Detail: detail, Version: t.version()}
		if s.Action == plan.Create && result == journal.Done {
			r.Made = t.item.ID
		}
		if err := w.outcome(s, r); err != nil {
			return nil, err
		}
	}
	return todo, nil
}

// unsettled are the open steps, those in doubt first: what the listing shows is
// theirs before it is that of one which was refused and is of the same name.
func (w *worker) unsettled() (doubtful []int) {
	var others []int
	for i, s := range w.part.Steps {
		switch result := w.state.known(w.key(s)).result; {
		case result == journal.Unknown:
			doubtful = append(doubtful, i)
		case !w.state.settled(w.key(s)):
			others = append(others, i)
		}
	}
	return append(doubtful, others...)
}

// consider says what a listing tells about a step: its result, or the task
// that is left.
func (w *worker) consider(s *plan.Step, seen sight) (task, journal.Result, string) {
	if s.Action == plan.Create {
		return w.considerCreate(s, seen)
	}
	it, there := seen.items[s.ID]
	if doubt := seen.doubts[s.ID]; doubt != nil {
		result, detail := doubtful(doubt, w.state.intended(w.key(*s)))
		return task{step: s}, result, detail
	}
	result, detail := reconcile(*s, it, there, w.state.intended(w.key(*s)))
	if result == "" {
		result, detail = w.backedUp(*s)
	}
	return task{step: s, item: it}, result, detail
}

// backedUp refuses a step whose item the backup does not hold, or would not bring
// back.
func (w *worker) backedUp(s plan.Step) (journal.Result, string) {
	switch mailboxID := w.part.Account.ID; {
	case !w.run.Vault.Holds(mailboxID, s.Kind, s.ID, s.Version):
		return journal.Refused, "this version is not in the verified backup"
	case s.Action.Deletes() && !w.run.Vault.Restores(mailboxID, s.Kind, s.ID, s.Version):
		return journal.Refused, "nothing would bring it back: it is larger than what Graph takes in one request, and not in the backup as an export stream; try again with --streams auto and MailboxItem.Export.All"
	}
	return "", ""
}

// reconcile says what a listing tells about a step: a result, or nothing when
// the item is as the plan saw it. Intended is whether this run has announced
// the step before.
func reconcile(s plan.Step, it *item.Item, there, intended bool) (journal.Result, string) {
	switch {
	case !there && intended && s.Action.Deletes():
		return journal.Done, "two readings show that it is deleted"
	case !there:
		return journal.Skipped, "gone: somebody deleted or moved it"
	case !it.Folder.Writable():
		return journal.Skipped, "its folder was closed: " + it.Folder.Closed
	case intended && s.Action == plan.SetCategories && slices.Equal(it.Categories, s.After):
		return journal.Done, "the listing shows its new categories"
	case it.Version != s.Version || it.Folder.ID != s.FolderID:
		return journal.Skipped, "changed since the plan was made"
	}
	return "", ""
}
