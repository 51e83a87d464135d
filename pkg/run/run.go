package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// ErrOtherTenant says that the plan was made for a tenant that the credentials are not of.
var ErrOtherTenant = errors.New("plan is for another tenant")

// Watcher hears how a run goes on. Its methods may be called from several
// goroutines.
type Watcher interface {
	// BackedUp hears of every mailbox copied, or not.
	BackedUp(mailbox.Account, snapshot.Mailbox, error)
	// Proven hears that the snapshot was read back and is what it should be.
	Proven(id string, proof snapshot.Proof)
	// Step hears every outcome.
	Step(apply.Outcome)
}

// Job is one execution of an approved plan.
type Job struct {
	Plan plan.Plan
	// Directory opens mailboxes for writing.
	Directory mailbox.Directory
	Tool      string
	Now       func() time.Time
	Holder    durable.Holder
	Parallel  int
	Watcher   Watcher
}

// Report says what became of a job.
type Report struct {
	Run      string
	Folder   string
	Snapshot string
	Result   apply.Result
	// Resumed: an earlier attempt had begun. Finished: it had also ended, and
	// nothing was done now.
	Resumed, Finished bool
}

// Execute carries the plan through. It may be called again with the same plan
// after any error, interruption or crash.
func (s *Store) Execute(ctx context.Context, job Job) (report Report, err error) {
	if err := job.Plan.Check(); err != nil {
		return Report{}, err
	}
	release, err := s.Lock(job.Holder)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, release()) }()
	dir, err := s.folder(job.Plan)
	if err != nil {
		return Report{}, err
	}
	j, records, _, err := journal.Open(dir, journalName, job.Now)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	past, err := readHistory(records, job.Plan.Digest())
	if err != nil {
		return Report{}, err
	}
	report = Report{Run: ID(job.Plan), Folder: dir.Path(), Snapshot: past.snapshot, Resumed: past.snapshot != "", Finished: past.ended}
	if past.ended {
		report.Result = apply.Past(job.Plan, past.records)
		return report, nil
	}
	proof, err := s.vault(ctx, job, j, &past)
	if err != nil {
		return report, err
	}
	report.Snapshot = past.snapshot
	report.Result, err = s.apply(ctx, job, j, past, proof)
	return report, errors.Join(err, writeResult(dir, job.Plan.Tenant, job.Plan.Digest(), past, report.Result))
}

func (s *Store) apply(ctx context.Context, job Job, j *journal.Journal, past history, proof snapshot.Proof) (apply.Result, error) {
	result, err := apply.Run{
		Plan: job.Plan, Vault: proof, Journal: j, Past: past.records,
		Open: job.Directory.Open, Parallel: job.Parallel, Note: job.Watcher.Step,
	}.Do(ctx)
	if err == nil && result.Ended() {
		err = j.Append(journal.Record{Type: journal.End})
	}
	return result, err
}

// vault gives the proof of the run's snapshot: the one that an earlier attempt
// began with, read back anew, or one that is taken now.
func (s *Store) vault(ctx context.Context, job Job, j *journal.Journal, past *history) (snapshot.Proof, error) {
	tenant, err := job.Directory.Tenant(ctx)
	if err != nil {
		return snapshot.Proof{}, err
	}
	if tenant.ID != job.Plan.Tenant.ID {
		return snapshot.Proof{}, fmt.Errorf("%w: it is for %s, the credentials are of %s", ErrOtherTenant, job.Plan.Tenant.ID, tenant.ID)
	}
	if past.snapshot != "" {
		return s.prove(past.snapshot, job)
	}
	id, proof, err := s.copyFor(ctx, job, tenant)
	if err != nil {
		return proof, err
	}
	past.snapshot = id
	job.Watcher.Proven(id, proof)
	return proof, j.Append(journal.Record{Type: journal.Begin, Run: ID(job.Plan), Digest: job.Plan.Digest(), Snapshot: id})
}

func (s *Store) prove(id string, job Job) (snapshot.Proof, error) {
	dir, err := s.Find(id)
	if err != nil {
		return snapshot.Proof{}, err
	}
	proof, err := snapshot.Verify(dir)
	if err == nil {
		job.Watcher.Proven(id, proof)
	}
	return proof, err
}

// copyFor backs up every mailbox of the plan. A mailbox that cannot be copied
// is not in the proof, and so none of its steps will be done.
func (s *Store) copyFor(ctx context.Context, job Job, tenant mailbox.Tenant) (string, snapshot.Proof, error) {
	reading := mailbox.ReadOnly(job.Directory)
	var boxes []mailbox.Mailbox
	for _, part := range job.Plan.Mailboxes {
		mb, err := reading.Open(ctx, part.Account)
		if err != nil {
			job.Watcher.BackedUp(part.Account, snapshot.Mailbox{}, err)
			continue
		}
		boxes = append(boxes, mb)
	}
	taken, err := s.Backup(ctx, BackupJob{
		Tenant: tenant, Mailboxes: boxes, Kinds: job.Plan.Rules.Kinds, Tool: job.Tool, Now: job.Now,
		Parallel: job.Parallel, Note: job.Watcher.BackedUp,
	})
	return taken.ID, taken.Proof, err
}

// BackupJob is one snapshot to be taken into a store.
type BackupJob struct {
	Tenant    mailbox.Tenant
	Mailboxes []mailbox.Mailbox
	Kinds     []item.Kind
	Tool      string
	Now       func() time.Time
	Parallel  int
	Note      func(mailbox.Account, snapshot.Mailbox, error)
}

// Taken is a snapshot that was taken and proven.
type Taken struct {
	ID       string
	Folder   string
	Proof    snapshot.Proof
	Failures []backup.Failure
}

// Backup takes a snapshot of the mailboxes and reads it back.
func (s *Store) Backup(ctx context.Context, job BackupJob) (Taken, error) {
	now := job.Now()
	id := NewID(now)
	dir, err := s.Snapshot(id)
	if err != nil {
		return Taken{}, err
	}
	proof, failures, err := backup.Take(ctx, dir, backup.Job{
		Head:      snapshot.Manifest{ID: id, Tool: job.Tool, Created: now.UTC(), Tenant: job.Tenant, Kinds: job.Kinds, Mailboxes: []snapshot.Mailbox{}},
		Mailboxes: job.Mailboxes, Parallel: job.Parallel, Note: job.Note,
	})
	return Taken{id, dir.Path(), proof, failures}, err
}
