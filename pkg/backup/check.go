package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// looks bounds how often a folder is listed again. The first look is enough
// unless it contradicts itself or names an item that is not there.
const looks = 2

// look is one second listing of a folder.
type look struct {
	ids     []string
	counted int
	err     error
}

func (c *copier) look(ctx context.Context, folder item.Folder) (l look) {
	l.ids, l.counted, l.err = c.mb.IDs(ctx, folder)
	return l
}

// check lists folders again, by ids, the first time side by side, and copies what
// the first listing lacked. That the second lacks something is fine: it was deleted
// since, and the copy is kept.
func (c *copier) check(ctx context.Context, folders []item.Folder) error {
	first := make([]look, len(folders))
	var looking sync.WaitGroup
	for i, folder := range folders {
		if c.listed[keyOf(folder)] {
			looking.Go(func() { first[i] = c.look(ctx, folder) })
		}
	}
	looking.Wait()
	for i, folder := range folders {
		if !c.listed[keyOf(folder)] {
			continue
		}
		if err := c.checkFolder(ctx, folder, first[i]); err != nil {
			return err
		}
	}
	return nil
}

// checkFolder goes on from the first look at a folder.
func (c *copier) checkFolder(ctx context.Context, folder item.Folder, l look) error {
	known, count := map[string]bool{}, -1
	for n := 1; ; n++ {
		if l.err != nil {
			return c.unchecked(ctx, folder, l.err)
		}
		gone, err := c.fetch(ctx, folder, l.ids)
		if err != nil {
			return err
		}
		if l.counted != count { // something changed: what was known may be gone
			count = l.counted
			clear(known)
		}
		for _, id := range l.ids {
			known[id] = true
		}
		if n == looks || (count < 0 || count == len(known)) && !gone {
			break
		}
		l = c.look(ctx, folder)
	}
	c.checked[keyOf(folder)] = true
	c.compare(folder, count, len(known))
	return nil
}

// unchecked says that the second listing failed. A folder that is gone stays
// open, and is looked for among the folders.
func (c *copier) unchecked(ctx context.Context, folder item.Folder, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, mailbox.ErrGone) {
		return nil
	}
	c.checked[keyOf(folder)] = true
	c.notices.say(snapshot.Notice{
		Kind: folder.Kind, Folder: folder.Path, Incomplete: true,
		What: fmt.Sprintf("the second listing failed, so that nobody knows whether the first was whole: %v", err),
	})
	return nil
}

// compare judges what the service counts in a folder, if it does, against what
// it lists there. Contact lists are counted and never listed (observed in the
// field).
func (c *copier) compare(folder item.Folder, counted, listed int) {
	switch {
	case counted < 0 || counted == listed:
	case folder.Kind == item.Contacts && counted > listed:
		c.out.AddContactLists(counted - listed)
	default:
		c.notices.say(snapshot.Notice{
			Kind: folder.Kind, Folder: folder.Path, Incomplete: true,
			What: fmt.Sprintf("the service counts %d items here and lists %d", counted, listed),
		})
	}
}

// fetch copies the items that no listing has shown so far, and says whether one
// of them was not there.
func (c *copier) fetch(ctx context.Context, folder item.Folder, ids []string) (gone bool, err error) {
	unseen := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, ok := c.seen[itemKey{folder.Kind, id}]
		return ok
	})
	for some := range slices.Chunk(unseen, mailbox.ExportLimit) {
		var found []item.Item
		for i, got := range c.get(ctx, folder, some) {
			switch key := (itemKey{folder.Kind, some[i]}); {
			case got.err == nil:
				found = append(found, got.item)
			case errors.Is(got.err, mailbox.ErrGone) && !c.gone[key]:
				c.gone[key], gone = true, true
			default:
				c.seen[key] = folder.ID
				c.out.Unreadable(item.Item{Kind: folder.Kind, Folder: folder, ID: some[i]}, got.err)
			}
		}
		if err := c.page(ctx, found); err != nil {
			return gone, err
		}
	}
	return gone, ctx.Err()
}

type got struct {
	item item.Item
	err  error
}

func (c *copier) get(ctx context.Context, folder item.Folder, ids []string) []got {
	all := make([]got, len(ids))
	var group errgroup.Group
	group.SetLimit(together)
	for i, id := range ids {
		group.Go(func() error {
			all[i].item, all[i].err = c.mb.Get(ctx, folder, id)
			return nil
		})
	}
	_ = group.Wait()
	return all
}
