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
	"sync"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
	"github.com/riva-prep/riva-prep/pkg/turns"
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
	// Mailboxes to copy, and Accounts, whose mailboxes Open opens when it is their
	// turn; Parallel of them at a time, at least one.
	Mailboxes []mailbox.Mailbox
	Accounts  []mailbox.Account
	Open      func(context.Context, mailbox.Account) (mailbox.Mailbox, error)
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

// Take writes the snapshot into an empty folder, reads it back, finishes it and
// returns the proof; the mailboxes in its manifest have unreadable items and
// notices in full, even where the one on the disk is encrypted. Mailboxes that
// could not be read are the failures; the error is about the disk, the proof or
// ctx.
func Take(ctx context.Context, dir *durable.Dir, job Job) (snapshot.Proof, []Failure, error) {
	w := snapshot.NewWriter(dir, job.Head, job.Rest)
	t := &taking{Job: job, writer: w, entries: []snapshot.Mailbox{}}
	if err := t.all(ctx); err != nil {
		return snapshot.Proof{}, t.failures, unfinished(dir, err)
	}
	proof, err := w.Commit()
	if err != nil {
		return snapshot.Proof{}, t.failures, unfinished(dir, err)
	}
	order.By(t.entries, func(a, b snapshot.Mailbox) int { return a.Account.Compare(b.Account) })
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
	var sources []source
	for _, mb := range t.Mailboxes {
		sources = append(sources, source{mb.Account(), mb})
	}
	for _, account := range t.Accounts {
		sources = append(sources, source{account, nil})
	}
	return turns.Each(ctx, t.Parallel, sources, func(ctx context.Context, from source) error {
		entry, err := t.one(ctx, from)
		if t.Note != nil {
			t.Note(from.account, entry, err)
		}
		return t.settle(ctx, from.account, entry, err)
	})
}

// source is a mailbox, which may have to be opened.
type source struct {
	account mailbox.Account
	mb      mailbox.Mailbox
}

func (t *taking) one(ctx context.Context, from source) (_ snapshot.Mailbox, err error) {
	if from.mb == nil {
		if from.mb, err = t.Open(ctx, from.account); err != nil {
			return snapshot.Mailbox{}, err
		}
	}
	return copyMailbox(ctx, t.writer, from.mb, t.Job)
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
