package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

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
func (c *copier) describe(ctx context.Context) (err error) {
	c.about.Account = c.mb.Account()
	if c.about.Folders, err = mailbox.FoldersOf(ctx, c.mb, c.kinds); err != nil {
		return err
	}
	var categories []json.RawMessage
	var noCategories, noSettings error
	var reading sync.WaitGroup
	reading.Go(func() { categories, noCategories = c.mb.Categories(ctx) })
	reading.Go(func() { c.about.Settings, noSettings = c.mb.Settings(ctx) })
	if reading.Wait(); noCategories != nil {
		c.without("the category list", noCategories)
	} else {
		// An empty list is not null, which stands for one that was not read.
		c.about.Categories = append([]json.RawMessage{}, categories...)
	}
	if noSettings != nil {
		c.without("the mailbox settings", noSettings)
	}
	return ctx.Err()
}

// without says that something about the mailbox is not in the copy. What the
// app may not read it will not read tomorrow either, so nothing is amiss.
func (c *copier) without(what string, err error) {
	expected := errors.Is(err, mailbox.ErrDenied) || errors.Is(err, mailbox.ErrNotOffered) || errors.Is(err, errors.ErrUnsupported)
	c.notices.say(snapshot.Notice{What: fmt.Sprintf("the backup is without %s: %v", what, err), Incomplete: !expected})
}

// copy goes through all folders twice, and through those that came in
// meanwhile. The second listings come after all the first ones, so that an item
// moved into a folder behind our back is met there.
func (c *copier) copy(ctx context.Context) error {
	open := c.about.Folders
	for range rounds {
		err := c.abreast(ctx, open, c.list)
		if err == nil {
			err = c.abreast(ctx, open, c.check)
		}
		if err != nil {
			return err
		}
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
	folders, err := mailbox.FoldersOf(ctx, c.mb, c.kinds)
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

// list copies folders, whose first pages are read side by side. One that is not
// there is looked for among the folders afterwards.
func (c *copier) list(ctx context.Context, folders []item.Folder) error {
	ctx, stop := context.WithCancel(ctx)
	var begun []*listing
	for _, folder := range folders {
		if !c.listed[keyOf(folder)] {
			begun = append(begun, c.begin(ctx, folder))
		}
	}
	defer func() {
		stop()
		for _, l := range begun {
			l.wait()
		}
	}()
	for _, l := range begun {
		l.next()
	}
	for _, l := range begun {
		if err := c.copyFolder(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// copyFolder copies the folder of a listing, page by page.
func (c *copier) copyFolder(ctx context.Context, l *listing) error {
	for l.more {
		if err := c.page(ctx, l.page); err != nil {
			return err
		}
		l.goOn <- struct{}{}
		l.next()
	}
	err, folder := l.err, l.folder
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
