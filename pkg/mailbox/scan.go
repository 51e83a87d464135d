package mailbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// together bounds the goroutines that read one mailbox at once; Exchange
// serves four requests of an app in one mailbox at a time.
const together = 4

// Scan reads every item of the kinds in brief, and the exceptions of those
// series that want names, one request each; nil names none. A listing that
// fails fails the scan; a series that cannot be read is marked as such on its
// master, for a plan to hold.
func Scan(ctx context.Context, mb Mailbox, kinds []item.Kind, want func(item.Item) bool) ([]item.Item, error) {
	folders, err := FoldersOf(ctx, mb, kinds)
	if err != nil {
		return nil, err
	}
	items, err := ListAll(ctx, mb, folders, Brief)
	if err != nil {
		return nil, err
	}
	if want == nil {
		return items, nil
	}
	return items, LoadSeries(ctx, mb, items, want)
}

// FoldersOf reads all folders of the kinds, closed ones included, side by side.
// The error is that of the first kind that has one.
func FoldersOf(ctx context.Context, mb Mailbox, kinds []item.Kind) ([]item.Folder, error) {
	found, errs := make([][]item.Folder, len(kinds)), make([]error, len(kinds))
	var group sync.WaitGroup
	for i, kind := range kinds {
		group.Go(func() { found[i], errs[i] = mb.Folders(ctx, kind) })
	}
	group.Wait()
	if err := cmp.Or(errs...); err != nil {
		return nil, err
	}
	return slices.Concat(found...), nil
}

// ListKind reads all items of a kind in that view.
func ListKind(ctx context.Context, mb Mailbox, kind item.Kind, view View) ([]item.Item, error) {
	folders, err := FoldersOf(ctx, mb, []item.Kind{kind})
	if err != nil {
		return nil, err
	}
	return ListAll(ctx, mb, folders, view)
}

// ListAll reads all items of the folders in that view, folder by folder in the
// order given. The same id twice is ErrIncomplete: the folders moved underneath.
func ListAll(ctx context.Context, mb Mailbox, folders []item.Folder, view View) ([]item.Item, error) {
	return ListSome(ctx, mb, folders, view, func(item.Item) bool { return true })
}

// ListSome is ListAll that returns only the items which keep wants: a mailbox
// may hold 100,000. It is asked about one item at a time.
func ListSome(ctx context.Context, mb Mailbox, folders []item.Folder, view View, keep func(item.Item) bool) ([]item.Item, error) {
	var mu sync.Mutex
	found, seen := make([][]item.Item, len(folders)), map[string]bool{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for i, folder := range folders {
		group.Go(func() error {
			return mb.List(ctx, folder, view, func(page []item.Item) error {
				mu.Lock()
				defer mu.Unlock()
				for _, it := range page {
					if err := once(seen, it); err != nil {
						return err
					}
					if keep(it) {
						found[i] = append(found[i], it)
					}
				}
				return nil
			})
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(found...), nil
}

func once(seen map[string]bool, it item.Item) error {
	key := string(it.Kind) + " " + it.ID
	if seen[key] {
		return fmt.Errorf("%w: a %s stands in two folders, %q is one: it was moved meanwhile; run again",
			ErrIncomplete, it.Kind.Singular(), it.Folder.Path)
	}
	seen[key] = true
	return nil
}

// LoadSeries reads the exceptions of those series that want names, one request
// each, and marks a series that cannot be read on its master.
func LoadSeries(ctx context.Context, mb Mailbox, items []item.Item, want func(item.Item) bool) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for i := range items {
		master := &items[i]
		if !master.Event.IsMaster() || !want(*master) {
			continue
		}
		group.Go(func() error {
			raw, err := mb.Series(groupCtx, *master)
			if err == nil {
				err = master.AddSeries(raw)
			}
			master.Event.Unread = err != nil
			return groupCtx.Err()
		})
	}
	_ = group.Wait()
	return ctx.Err()
}
