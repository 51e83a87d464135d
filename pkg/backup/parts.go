package backup

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// parts are what Graph answers apart from an item.
type parts struct {
	snapshot.Parts
	err error
}

// Groups of small items are read side by side; small is what the last ones were.
const (
	sideBySide = 4
	smallGroup = 512 << 10 // bytes of all parts of a group
)

// page copies items in groups, so that the parts of a few are held at a time. They
// are written in the order in which they were served.
func (c *copier) page(ctx context.Context, page []item.Item) (err error) {
	var under []*group // way
	for part := range slices.Chunk(page, mailbox.ExportLimit) {
		under = append(under, c.ask(ctx, part))
		for err == nil && len(under) >= c.width {
			err = c.end(ctx, under[0])
			under = under[1:]
		}
		if err != nil {
			break
		}
	}
	for _, g := range under {
		if err != nil {
			<-g.done
			continue
		}
		err = c.end(ctx, g)
	}
	return err
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

// group is as many items as have their streams asked for at once.
type group struct {
	items   []item.Item
	read    []parts
	streams []mailbox.Stream // nil where none were asked for
	done    chan struct{}
	err     error
}

// ask reads the parts of those items that are new.
func (c *copier) ask(ctx context.Context, part []item.Item) *group {
	fresh := c.fresh(part)
	g := &group{items: fresh, read: make([]parts, len(fresh)), done: make(chan struct{})}
	go func() {
		defer close(g.done)
		g.err = c.readGroup(ctx, g)
	}()
	return g
}

// end waits for a group and writes it.
func (c *copier) end(ctx context.Context, g *group) error {
	if <-g.done; g.err != nil {
		return g.err
	}
	c.note()
	if c.width = sideBySide; g.large() {
		c.width = 1
	}
	for i, it := range g.items {
		if g.streams != nil {
			c.stream(it, &g.read[i], g.streams[i])
		}
		if err := c.write(ctx, it, g.read[i]); err != nil {
			return err
		}
	}
	return nil
}

// readGroup reads the parts of items side by side.
func (c *copier) readGroup(ctx context.Context, g *group) error {
	var reading errgroup.Group
	reading.SetLimit(together)
	reading.Go(func() (err error) {
		g.streams, err = c.exports.read(ctx, g.items)
		return err
	})
	for i, it := range g.items {
		reading.Go(func() error {
			g.read[i] = c.parts(ctx, it)
			return nil
		})
	}
	return reading.Wait()
}

// large says that the next groups had better come one by one: this one holds
// much, or Exchange has trouble with it.
func (g *group) large() bool {
	sum := 0
	for _, p := range g.read {
		if p.Photo != nil {
			sum += len(p.Photo.Bytes)
		}
		for _, attachment := range p.Attachments {
			sum += len(attachment)
		}
	}
	for _, s := range g.streams {
		if sum += len(s.Data); s.Err != nil {
			return true
		}
	}
	return sum > smallGroup
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
		c.foresee(it, p.Parts)
		return disk(c.out.Add(it, p.Parts))
	}
	c.out.Unreadable(it, p.err)
	return nil
}

// foresee records that an item could not be made again, so that nobody deletes it.
func (c *copier) foresee(it item.Item, p snapshot.Parts) {
	if p.Stream != nil || !rebuild.NeedsStream(snapshot.Line{Kind: it.Kind, ID: it.ID, Version: it.Version, Series: p.Series, Item: it.Raw}) {
		return
	}
	c.out.NeedsStream(it)
	c.notices.count(it.Folder, "%d of its items have no export stream and are larger than what Graph takes in one request: nothing brings them back, so no purge deletes them; the first one is ", fmt.Sprintf("%q", it.Title), false)
}
