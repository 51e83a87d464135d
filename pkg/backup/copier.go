package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

const (
	// together bounds the requests at once in one mailbox, as Exchange does.
	together = 4
	// rounds bounds how often folders that came in meanwhile are copied too.
	rounds = 3
)

// copier copies one mailbox. Its methods are for one goroutine.
type copier struct {
	mb      mailbox.Mailbox
	kinds   []item.Kind
	out     *snapshot.MailboxWriter
	about   snapshot.About
	exports exporter
	width   int // groups of items that are read side by side
	notices notices
	// seen is the folder in which an item was met first; gone are items that
	// were listed and then not there.
	seen map[itemKey]string
	gone map[itemKey]bool
	// listed folders were read to their end, checked ones were listed again.
	listed, checked map[folderKey]bool
}

type (
	itemKey struct {
		kind item.Kind
		id   string
	}
	folderKey itemKey
)

func keyOf(f item.Folder) folderKey { return folderKey{f.Kind, f.ID} }

// copyMailbox copies one mailbox: its folders, closed ones included, and every
// item of the kinds.
func copyMailbox(ctx context.Context, w *snapshot.Writer, mb mailbox.Mailbox, job Job) (snapshot.Mailbox, error) {
	c := &copier{
		mb: mb, kinds: job.Head.Kinds, exports: exporter{mb: mb, mode: job.Options.Streams}, width: 1,
		seen: map[itemKey]string{}, gone: map[itemKey]bool{},
		listed: map[folderKey]bool{}, checked: map[folderKey]bool{},
	}
	if err := c.describe(ctx); err != nil {
		return snapshot.Mailbox{}, err
	}
	out, err := w.Mailbox(c.about)
	if err != nil {
		return snapshot.Mailbox{}, disk(err)
	}
	c.out = out
	if err := c.copy(ctx); err != nil {
		return snapshot.Mailbox{}, errors.Join(err, disk(out.Close()))
	}
	entry, err := c.finish()
	return entry, disk(errors.Join(err, out.Close()))
}

// describe reads what is about the mailbox.
func (c *copier) describe(ctx context.Context) error {
	c.about.Account = c.mb.Account()
	folders, err := c.folders(ctx)
	if err != nil {
		return err
	}
	c.about.Folders = folders
	if categories, err := c.mb.Categories(ctx); err != nil {
		c.without("the category list", err)
	} else {
		// An empty list is not null, which stands for one that was not read.
		c.about.Categories = append([]json.RawMessage{}, categories...)
	}
	if settings, err := c.mb.Settings(ctx); err != nil {
		c.without("the mailbox settings", err)
	} else {
		c.about.Settings = settings
	}
	return ctx.Err()
}

// without says that something about the mailbox is not in the copy. What the
// app may not read it will not read tomorrow either, so nothing is amiss.
func (c *copier) without(what string, err error) {
	expected := errors.Is(err, mailbox.ErrDenied) || errors.Is(err, mailbox.ErrNotOffered) || errors.Is(err, errors.ErrUnsupported)
	c.notices.say(snapshot.Notice{What: fmt.Sprintf("the backup is without %s: %v", what, err), Incomplete: !expected})
}

func (c *copier) folders(ctx context.Context) (all []item.Folder, err error) {
	for _, kind := range c.kinds {
		of, err := c.mb.Folders(ctx, kind)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	return all, nil
}

// copy goes through all folders twice, and through those that came in
// meanwhile. The second listings come after all the first ones, so that an item
// moved into a folder behind our back is met there.
func (c *copier) copy(ctx context.Context) error {
	open := c.about.Folders
	for range rounds {
		for _, folder := range open {
			if err := c.list(ctx, folder); err != nil {
				return err
			}
		}
		for _, folder := range open {
			if err := c.check(ctx, folder); err != nil {
				return err
			}
		}
		var err error
		if open, err = c.open(ctx); err != nil {
			return err
		}
		if len(open) == 0 {
			return nil
		}
	}
	for _, folder := range open {
		c.notices.say(snapshot.Notice{
			Kind: folder.Kind, Folder: folder.Path, Incomplete: true,
			What: "the folder is listed, but it came in or could not be found while the copy was made; run again",
		})
	}
	return nil
}

// open reads the folder lists again and gives the folders that are not done. A
// folder that is not listed any more is none of them: what it held was moved,
// and met elsewhere, or deleted.
func (c *copier) open(ctx context.Context) ([]item.Folder, error) {
	folders, err := c.folders(ctx)
	if err != nil {
		c.notices.say(snapshot.Notice{What: fmt.Sprintf("whether folders came in meanwhile is not known: %v", err), Incomplete: true})
		return nil, ctx.Err()
	}
	for _, f := range folders {
		if !slices.ContainsFunc(c.about.Folders, func(old item.Folder) bool { return keyOf(old) == keyOf(f) }) {
			c.about.Folders = append(c.about.Folders, f)
		}
	}
	return slices.DeleteFunc(folders, func(f item.Folder) bool { return c.checked[keyOf(f)] }), nil
}

// list copies a folder. One that is not there is looked for among the folders
// afterwards.
func (c *copier) list(ctx context.Context, folder item.Folder) error {
	if c.listed[keyOf(folder)] {
		return nil
	}
	err := c.mb.List(ctx, folder, mailbox.Whole, func(page []item.Item) error { return c.page(ctx, page) })
	if errors.Is(err, mailbox.ErrGone) {
		return nil
	}
	c.listed[keyOf(folder)] = err == nil
	return err
}

func (c *copier) finish() (snapshot.Mailbox, error) {
	for _, n := range c.notices.all() {
		c.out.Say(n)
	}
	c.out.Describe(c.about)
	return c.out.Commit(c.kinds)
}
