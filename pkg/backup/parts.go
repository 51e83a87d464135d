package backup

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// parts are what Graph answers apart from an item.
type parts struct {
	snapshot.Parts
	err error
}

// page copies items in groups, so that the parts of a few are held at a time.
func (c *copier) page(ctx context.Context, page []item.Item) error {
	for group := range slices.Chunk(page, mailbox.ExportLimit) {
		if err := c.group(ctx, c.fresh(group)); err != nil {
			return err
		}
	}
	return nil
}

// fresh leaves out what was copied before: a folder may be listed anew after it
// seemed to be gone, and an item may be moved from one folder to the next.
func (c *copier) fresh(items []item.Item) (fresh []item.Item) {
	for _, it := range items {
		key := itemKey{it.Kind, it.ID}
		switch first, ok := c.seen[key]; {
		case !ok:
			c.seen[key] = it.Folder.ID
			fresh = append(fresh, it)
		case first != it.Folder.ID:
			c.notices.count(it.Folder, "%d of its items stood in another folder before, where they were copied", "", false)
		}
	}
	return fresh
}

// group reads the parts of items side by side and writes the items in the order
// in which they were served.
func (c *copier) group(ctx context.Context, items []item.Item) error {
	read := make([]parts, len(items))
	var group errgroup.Group
	group.SetLimit(together)
	var streams []mailbox.Stream
	group.Go(func() (err error) {
		streams, err = c.exports.read(ctx, items)
		return err
	})
	for i, it := range items {
		group.Go(func() error {
			read[i] = c.parts(ctx, it)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	c.note()
	for i, it := range items {
		if streams != nil {
			c.stream(it, &read[i], streams[i])
		}
		if err := c.write(ctx, it, read[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *copier) parts(ctx context.Context, it item.Item) (p parts) {
	if it.Event.IsMaster() {
		if p.err = c.series(ctx, it, &p.Parts); p.err != nil {
			return p
		}
	}
	if it.HasPhoto {
		if p.Photo, p.err = c.mb.Photo(ctx, it); p.err != nil {
			return p
		}
	}
	if it.MayHaveAttachments() {
		p.Attachments, p.err = c.mb.Attachments(ctx, it)
	}
	return p
}

// series reads a master's exceptions, and the attachments that single dates have.
func (c *copier) series(ctx context.Context, master item.Item, p *snapshot.Parts) (err error) {
	if p.Series, err = c.mb.Series(ctx, master); err != nil {
		return err
	}
	if err := master.AddSeries(p.Series); err != nil {
		return err
	}
	for _, x := range master.Event.Exceptions {
		if !x.MayHaveAttachments() {
			continue
		}
		attachments, err := c.mb.Attachments(ctx, x)
		if err != nil {
			return fmt.Errorf("an exception of the series: %w", err)
		}
		if p.Exceptions == nil {
			p.Exceptions = map[string][]json.RawMessage{}
		}
		p.Exceptions[x.ID] = attachments
	}
	return nil
}

func (c *copier) write(ctx context.Context, it item.Item, p parts) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if p.err == nil {
		return disk(c.out.Add(it, p.Parts))
	}
	c.out.Unreadable(it, p.err)
	return nil
}
