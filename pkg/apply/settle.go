package apply

import (
	"context"
	"fmt"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// look lists the folders that the mailbox's steps are in. Folders that are gone
// or have been closed since are left out, and so are their items.
func (w *worker) look(ctx context.Context) (map[string]item.Item, error) {
	if w.mb == nil {
		mb, err := w.run.Open(ctx, w.part.Account)
		if err != nil {
			return nil, err
		}
		if mb.Account().ID != w.part.Account.ID {
			return nil, fmt.Errorf("%w: asked for mailbox %s and was given %s", ErrBroken, w.part.Account.ID, mb.Account().ID)
		}
		w.mb = mb
	}
	folders, err := w.folders(ctx)
	if err != nil {
		return nil, err
	}
	items, err := mailbox.ListAll(ctx, w.mb, folders)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]item.Item, len(items))
	for _, it := range items {
		seen[it.ID] = it
	}
	return seen, nil
}

func (w *worker) folders(ctx context.Context) ([]item.Folder, error) {
	wanted := map[string]bool{}
	kinds := map[item.Kind]bool{}
	for _, s := range w.part.Steps {
		wanted[s.FolderID], kinds[s.Kind] = true, true
	}
	var found []item.Folder
	for _, kind := range item.Kinds() {
		if !kinds[kind] {
			continue
		}
		all, err := w.mb.Folders(ctx, kind)
		if err != nil {
			return nil, fmt.Errorf("list the folders of %s: %w", kind, err)
		}
		found = append(found, slices.DeleteFunc(all, func(f item.Folder) bool { return !wanted[f.ID] || !f.Writable() })...)
	}
	return found, nil
}

// settle records every outcome that the listing shows and returns the steps
// that are still to be done.
func (w *worker) settle(seen map[string]item.Item) ([]task, error) {
	var todo []task
	for _, s := range w.part.Steps {
		if w.state.settled(w.key(s)) {
			continue
		}
		it, there := seen[s.ID]
		result, detail := reconcile(s, it, there, w.state.intended(w.key(s)))
		if result == "" && !w.run.Vault.Holds(w.part.Account.ID, s.Kind, s.ID, s.Version) {
			result, detail = journal.Refused, "this version is not in the verified backup"
		}
		if result == "" {
			todo = append(todo, task{s, it})
			continue
		}
		if err := w.conclude(s, result, detail, it.Version); err != nil {
			return nil, err
		}
	}
	return todo, nil
}

// reconcile says what a listing tells about a step: a result, or nothing when
// the item is as the plan saw it. Intended is whether this run has announced
// the step before.
func reconcile(s plan.Step, it item.Item, there, intended bool) (journal.Result, string) {
	switch {
	case !there && intended && s.Action == plan.Delete:
		return journal.Done, "the listing shows that it is deleted"
	case !there:
		return journal.Skipped, "gone: somebody deleted or moved it, or closed its folder"
	case intended && s.Action == plan.SetCategories && slices.Equal(it.Categories, s.After):
		return journal.Done, "the listing shows its new categories"
	case it.Version != s.Version || it.Folder.ID != s.FolderID:
		return journal.Skipped, "changed since the plan was made"
	}
	return "", ""
}
