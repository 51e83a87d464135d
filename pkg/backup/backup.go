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
	w := snapshot.NewWriter(dir, job.Head)
	failures, err := copyAll(ctx, w, job)
	if err == nil {
		_, err = w.Commit()
	}
	if err != nil {
		return snapshot.Proof{}, failures, unfinished(dir, err)
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
			entry, err := copyMailbox(ctx, w, mb, job)
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
