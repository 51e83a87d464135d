// Package backup copies mailboxes into a snapshot and proves the copy.
//
// It promises that what it returns as proof was read back from the disk and
// hashed, and that an item which could not be read completely is named in the
// snapshot and missing from the proof. What a folder holds is read in two
// listings; what only the second knows is copied or named. One unreadable item,
// or mailbox, never costs the rest. It never writes to a mailbox.
package backup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// Options say what is copied beside items and what belongs to them.
type Options struct {
	// Streams is Auto if it is empty.
	Streams Streams
}

// Job is one snapshot to be taken.
type Job struct {
	// Head gives ID, Tool, Created, Tenant and Kinds of the manifest.
	Head snapshot.Manifest
	// Mailboxes to copy; Parallel of them at a time, at least one.
	Mailboxes []mailbox.Mailbox
	Parallel  int
	Options   Options
	// Rest says how the snapshot lies on the disk.
	Rest snapshot.Options
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
// and returns the proof; the mailboxes in its manifest have unreadable items and
// notices in full, even where the one on the disk is encrypted. Mailboxes that
// could not be read are the failures; the error is about the disk, the proof or
// ctx.
func Take(ctx context.Context, dir *durable.Dir, job Job) (snapshot.Proof, []Failure, error) {
	w := snapshot.NewWriter(dir, job.Head, job.Rest)
	t := &taking{Job: job, writer: w, entries: []snapshot.Mailbox{}}
	err := t.all(ctx)
	if err == nil {
		_, err = w.Commit()
	}
	if err != nil {
		return snapshot.Proof{}, t.failures, unfinished(dir, err)
	}
	proof, err := snapshot.Verify(dir)
	if err != nil {
		return snapshot.Proof{}, t.failures, fmt.Errorf("read the snapshot back: %w", err)
	}
	slices.SortFunc(t.entries, func(a, b snapshot.Mailbox) int { return a.Account.Compare(b.Account) })
	proof.Manifest.Mailboxes = t.entries
	return proof, t.failures, nil
}

// taking is a job under way.
type taking struct {
	Job
	writer *snapshot.Writer

	mu       sync.Mutex
	entries  []snapshot.Mailbox
	failures []Failure
}

// all copies the mailboxes. The error ends all of them.
func (t *taking) all(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, t.Parallel))
	for _, mb := range t.Mailboxes {
		group.Go(func() error {
			entry, err := copyMailbox(ctx, t.writer, mb, t.Job)
			if t.Note != nil {
				t.Note(mb.Account(), entry, err)
			}
			return t.settle(ctx, mb.Account(), entry, err)
		})
	}
	return group.Wait()
}

// settle enters what became of a mailbox.
func (t *taking) settle(ctx context.Context, account mailbox.Account, entry snapshot.Mailbox, err error) error {
	if _, full := errors.AsType[*DiskError](err); full || ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.failures = append(t.failures, Failure{account, err})
	} else {
		t.entries = append(t.entries, entry)
	}
	return nil
}
