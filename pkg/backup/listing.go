package backup

import (
	"context"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// abreast is how many folders are read side by side: one of each kind, in most
// mailboxes. A page of each may be held.
const abreast = 3

// abreast does the work on some of the folders at a time, in their order.
func (c *copier) abreast(ctx context.Context, folders []item.Folder, work func(context.Context, []item.Folder) error) error {
	for some := range slices.Chunk(folders, abreast) {
		if err := work(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// listing reads a folder and waits with each page until it may go on, so that of
// several which are begun together each holds a page, and asks for no other before
// its turn.
type listing struct {
	folder item.Folder
	pages  chan []item.Item
	goOn   chan struct{} // the last page is copied

	page []item.Item // the one that waits
	more bool        // there is one
	err  error       // of the listing, when there is none
}

func (c *copier) begin(ctx context.Context, folder item.Folder) *listing {
	l := &listing{folder: folder, pages: make(chan []item.Item), goOn: make(chan struct{}, 1)}
	go func() {
		defer close(l.pages)
		l.err = c.mb.List(ctx, folder, mailbox.Whole, func(page []item.Item) error { return l.offer(ctx, page) })
	}()
	return l
}

// offer hands a page over.
func (l *listing) offer(ctx context.Context, page []item.Item) error {
	select {
	case l.pages <- page:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-l.goOn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// next waits for the next page, or for the end.
func (l *listing) next() { l.page, l.more = <-l.pages }

// wait is for the end of a listing whose context is over.
func (l *listing) wait() {
	for l.more = true; l.more; {
		l.next()
	}
}
