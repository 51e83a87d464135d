// Package backup copies mailboxes into a snapshot and proves the copy.
//
// It promises that what it returns as proof was read back from the disk and
// hashed, and that an item which could not be read completely is named in the
// snapshot and missing from the proof. One unreadable item, or mailbox, never
// costs the rest. It never writes to a mailbox.
package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// together bounds the parts of items read at once in one mailbox.
const together = 4

// Job is one snapshot to be taken.
type Job struct {
	// Head gives ID, Tool, Created, Tenant and Kinds of the manifest.
	Head snapshot.Manifest
	// Mailboxes to copy; Parallel of them at a time, at least one.
	Mailboxes []mailbox.Mailbox
	Parallel  int
	// Note, if set, hears of every mailbox that is done or has failed. It may
	// be called from several goroutines.
	Note func(mailbox.Account, snapshot.Mailbox, error)
}

// Failure is a mailbox that is not in the snapshot.
type Failure struct {
	Account mailbox.Account
	Err     error
}

// Take writes the snapshot into an empty folder, finishes it, reads it back
// and returns the proof. Mailboxes that could not be read are the failures;
// the error is about the disk, the proof or ctx.
func Take(ctx context.Context, dir *durable.Dir, job Job) (snapshot.Proof, []Failure, error) {
	w := snapshot.NewWriter(dir, job.Head, snapshot.Options{})
	failures, err := copyAll(ctx, w, job)
	if err != nil {
		return snapshot.Proof{}, failures, err
	}
	if _, err := w.Commit(); err != nil {
		return snapshot.Proof{}, failures, err
	}
	proof, err := snapshot.Verify(dir)
	if err != nil {
		return snapshot.Proof{}, failures, fmt.Errorf("read the snapshot back: %w", err)
	}
	return proof, failures, nil
}

func copyAll(ctx context.Context, w *snapshot.Writer, job Job) ([]Failure, error) {
	var (
		mu       sync.Mutex
		failures []Failure
	)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, job.Parallel))
	for _, mb := range job.Mailboxes {
		group.Go(func() error {
			entry, err := Mailbox(ctx, w, mb, job.Head.Kinds)
			if job.Note != nil {
				job.Note(mb.Account(), entry, err)
			}
			var disk *DiskError
			if errors.As(err, &disk) || ctx.Err() != nil {
				return errors.Join(ctx.Err(), err)
			}
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failures = append(failures, Failure{mb.Account(), err})
			}
			return nil
		})
	}
	return failures, group.Wait()
}

// DiskError is a failure of the store, which no other mailbox would survive.
type DiskError struct{ Err error }

func (e *DiskError) Error() string { return "write the snapshot: " + e.Err.Error() }
func (e *DiskError) Unwrap() error { return e.Err }

func disk(err error) error {
	if err == nil {
		return nil
	}
	return &DiskError{err}
}

// Mailbox copies one mailbox: its folders, closed ones included, and every
// item of the kinds.
func Mailbox(ctx context.Context, w *snapshot.Writer, mb mailbox.Mailbox, kinds []item.Kind) (snapshot.Mailbox, error) {
	var folders []item.Folder
	for _, kind := range kinds {
		of, err := mb.Folders(ctx, kind)
		if err != nil {
			return snapshot.Mailbox{}, fmt.Errorf("list the folders of %s: %w", kind, err)
		}
		folders = append(folders, of...)
	}
	out, err := w.Mailbox(snapshot.About{Account: mb.Account(), Folders: folders})
	if err != nil {
		return snapshot.Mailbox{}, disk(err)
	}
	c := &copier{mb: mb, out: out, seen: map[string]bool{}}
	if err := c.folders(ctx, folders); err != nil {
		return snapshot.Mailbox{}, errors.Join(err, disk(out.Close()))
	}
	entry, err := out.Commit(kinds)
	return entry, disk(errors.Join(err, out.Close()))
}

type copier struct {
	mb   mailbox.Mailbox
	out  *snapshot.MailboxWriter
	seen map[string]bool
}

func (c *copier) folders(ctx context.Context, folders []item.Folder) error {
	for _, folder := range folders {
		err := c.mb.List(ctx, folder, mailbox.Whole, func(page []item.Item) error {
			return c.page(ctx, page)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// parts are what Graph answers apart from an item.
type parts struct {
	snapshot.Parts
	err error
}

// page reads the parts of a page's items side by side and writes the items in
// the order in which they were served.
func (c *copier) page(ctx context.Context, page []item.Item) error {
	read := make([]parts, len(page))
	var group errgroup.Group
	group.SetLimit(together)
	for i, it := range page {
		if it.Event.IsMaster() || it.MayHaveAttachments() {
			group.Go(func() error {
				read[i] = c.parts(ctx, it)
				return nil
			})
		}
	}
	_ = group.Wait()
	for i, it := range page {
		if err := c.write(ctx, it, read[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *copier) parts(ctx context.Context, it item.Item) (p parts) {
	if it.Event.IsMaster() {
		if p.Series, p.err = c.mb.Series(ctx, it); p.err != nil {
			return p
		}
		if p.err = it.AddSeries(p.Series); p.err != nil {
			return p
		}
		if p.err = c.exceptions(ctx, it, &p.Parts); p.err != nil {
			return p
		}
	}
	if it.MayHaveAttachments() {
		p.Attachments, p.err = c.mb.Attachments(ctx, it)
	}
	return p
}

// exceptions reads the attachments that single dates of a series have.
func (c *copier) exceptions(ctx context.Context, master item.Item, p *snapshot.Parts) error {
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
	key := string(it.Kind) + " " + it.ID
	if c.seen[key] {
		return fmt.Errorf("%w: a %s stands in two folders, %q is one: it was moved meanwhile; run again",
			mailbox.ErrIncomplete, it.Kind.Singular(), it.Folder.Path)
	}
	c.seen[key] = true
	if p.err == nil {
		return disk(c.out.Add(it, p.Parts))
	}
	c.out.Unreadable(it, p.err)
	return nil
}
