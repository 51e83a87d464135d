package apply

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// few is up to how many items of a folder are asked for one by one: more than a
// run that was killed can have had under way. Where more are missing, somebody
// has cleared up: the folder is listed once more first.
const few = together*mailbox.BatchLimit + 20

// confirm looks again for what a listing does not show and a step rests on,
// since a page can leave an item out and nothing tells: an item that is there
// after all joins the sight.
func (w *worker) confirm(ctx context.Context, seen *sight) error {
	missing := w.missing(*seen)
	for _, folderID := range inOrder(missing) {
		steps := missing[folderID]
		folder, listed := seen.folders[folderID]
		if !listed {
			folder, listed = seen.closed[folderID]
		}
		if !listed { // all that is known of it
			folder = item.Folder{Kind: steps[0].Kind, ID: folderID}
		}
		if len(steps) > few {
			var err error
			if steps, err = w.listedAgain(ctx, folder, steps); err != nil {
				return err
			}
		}
		if err := w.get(ctx, folder, steps, seen); err != nil {
			return err
		}
		for _, s := range steps {
			if _, there := seen.items[s.ID]; there && !listed {
				seen.doubts[s.ID] = errors.New("it is there, but its folder is not listed")
			}
		}
	}
	return w.lookForMade(ctx, seen)
}

// missing are the open steps on items that the listing lacks, by folder.
func (w *worker) missing(seen sight) map[string][]plan.Step {
	found := map[string][]plan.Step{}
	for _, s := range w.part.Steps {
		if s.Action == plan.Create || w.state.settled(w.key(s)) {
			continue
		}
		if _, there := seen.items[s.ID]; !there {
			found[s.FolderID] = append(found[s.FolderID], s)
		}
	}
	return found
}

// listedAgain are those of the steps whose items a second listing shows: none of
// a folder that is gone.
func (w *worker) listedAgain(ctx context.Context, folder item.Folder, steps []plan.Step) ([]plan.Step, error) {
	ids, _, err := w.mb.IDs(ctx, folder)
	if err != nil && !errors.Is(err, mailbox.ErrGone) {
		return nil, err
	}
	there := make(map[string]bool, len(ids))
	for _, id := range ids {
		there[id] = true
	}
	var left []plan.Step
	for _, s := range steps {
		if there[s.ID] {
			left = append(left, s)
		}
	}
	return left, nil
}

// get asks for items by their ids. Only the answer that one is gone confirms it,
// given twice; one that cannot be read leaves a doubt.
func (w *worker) get(ctx context.Context, folder item.Folder, steps []plan.Step, seen *sight) error {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for _, s := range steps {
		group.Go(func() error {
			it, err := w.mb.Get(ctx, folder, s.ID)
			if errors.Is(err, mailbox.ErrGone) {
				it, err = w.mb.Get(ctx, folder, s.ID)
			}
			if errors.Is(err, mailbox.ErrGone) {
				return nil
			}
			if ctx.Err() != nil || errors.Is(err, mailbox.ErrBusy) || errors.Is(err, mailbox.ErrSignIn) {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				seen.doubts[s.ID] = err
				return nil
			}
			seen.add(it)
			return nil
		})
	}
	return group.Wait()
}

// doubtful is the result of a step whose item is neither listed nor gone.
func doubtful(err error, intended bool) (journal.Result, string) {
	result := journal.Refused
	if intended {
		result = journal.Unknown
	}
	return result, "the listing lacks it; asked for alone: " + err.Error()
}

// lookForMade lists those folders once more in which an earlier call of a
// create may have left an item that the listing does not show: it would be made
// twice.
func (w *worker) lookForMade(ctx context.Context, seen *sight) error {
	again := map[string]item.Folder{}
	for _, s := range w.part.Steps {
		known := w.state.known(w.key(s))
		folder, open := seen.folders[s.FolderID]
		if s.Action != plan.Create || !known.intended || !open || w.state.settled(w.key(s)) {
			continue
		}
		if _, found := seen.marks[w.mark(s)]; !found {
			again[folder.ID] = folder
		}
	}
	for _, id := range inOrder(again) {
		err := w.mb.List(ctx, again[id], mailbox.Marked, func(page []item.Item) error {
			for _, it := range page {
				seen.add(it)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
