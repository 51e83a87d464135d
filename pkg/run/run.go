package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// ErrOtherTenant says that the plan was made for a tenant that the credentials are not of.
var ErrOtherTenant = errors.New("plan is for another tenant")

// ErrNotHere says that this cloud cannot do what the plan says.
var ErrNotHere = errors.New("this cloud deletes nothing for good")

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
	// Locks is the folder in which mailboxes are locked against the runs of other
	// stores; nil for none.
	Locks    *durable.Dir
	Parallel int
	Watcher  Watcher
	// Backup says what is copied of the mailboxes before anything is changed, Rest
	// how that snapshot lies on the disk.
	Backup backup.Options
	Rest   snapshot.Options
	// Keys open encrypted snapshots that the plan makes items of.
	Keys []snapshot.Identity
	// Sources is the store that these snapshots lie in, with the runs that made
	// items of them; nil is the one that carries the plan through.
	Sources *Store
	// Translate, if set, makes of a reader of these snapshots the one that is used.
	Translate func(restore.Reader) restore.Reader

	digest string // of the plan: of millions of steps it takes seconds
}

func (job Job) id() string { return named(job.Plan, job.digest) }

// Report says what became of a job.
type Report struct {
	Run      string
	Folder   string
	Snapshot string
	Result   apply.Result
	// Resumed: an earlier attempt had begun. Finished: it had also ended, and
	// nothing was done now.
	Resumed, Finished bool
	// Begun: the approval is on record, so that the run can go on by its name.
	Begun bool
	// Torn: the journal's last line had been cut off by a crash.
	Torn bool
	// Rehearsal is there if nothing of this was done.
	Rehearsal *Rehearsal
}

// Execute carries the plan through. It may be called again with the same plan
// after any error, interruption or crash.
func (s *Store) Execute(ctx context.Context, job Job) (report Report, err error) {
	if err := job.Plan.Check(); err != nil {
		return Report{}, err
	}
	if job.Plan.Totals().Permanent > 0 && !job.Directory.DeletesPermanently() {
		return Report{}, ErrNotHere
	}
	release, err := s.Lock(job.Holder)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, release()) }()
	job.digest = job.Plan.Digest()
	dir, err := s.folder(job.Plan, job.id())
	if err != nil {
		return Report{}, err
	}
	j, records, torn, err := journal.Open(dir, journalName, job.Now)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	past, err := readHistory(records, job.digest)
	if err != nil {
		return Report{}, err
	}
	report = Report{
		Run: job.id(), Folder: dir.Path(), Snapshot: past.snapshot(),
		Resumed: past.begun, Begun: past.begun, Finished: past.ended, Torn: torn,
	}
	if past.ended {
		report.Result = apply.Past(job.Plan, past.records)
		return report, nil
	}
	source, err := s.from(job, report.Run)
	if err != nil {
		return report, err
	}
	proofs, err := s.vault(ctx, job, j, &past)
	if err != nil {
		return report, err
	}
	report.Snapshot, report.Begun = past.snapshot(), true
	report.Result, err = s.apply(ctx, job, j, past, proofs, source)
	return report, errors.Join(err, writeResult(dir, job.Plan.Tenant, job.digest, past, report.Result))
}

// from is what a run makes items of, and what others have made of it.
type from struct {
	restore.Sources
	*restore.Earlier
}

func (s *Store) from(job Job, id string) (from, error) {
	store := cmp.Or(job.Sources, s)
	sources, err := store.planSources(job.Plan, job.Keys)
	if err != nil {
		return from{}, err
	}
	if job.Translate != nil {
		for i := range sources {
			sources[i].Reader = job.Translate(sources[i].Reader)
		}
	}
	earlier, err := store.Earlier(id)
	return from{sources, earlier}, err
}

func (s *Store) apply(ctx context.Context, job Job, j *journal.Journal, past history, proofs vault, source from) (apply.Result, error) {
	result, err := apply.Run{
		Plan: job.Plan, Vault: proofs, Source: source.Sources, Others: source.Earlier, Journal: j, Past: past.records,
		Open: job.Directory.Open, Claim: job.claim(), Now: job.Now, Parallel: job.Parallel, Note: job.Watcher.Step,
	}.Do(ctx)
	if err == nil && result.Ended() {
		err = j.Append(journal.Record{Type: journal.End})
	}
	return result, err
}

// vault is everything that the run's snapshots prove.
type vault []snapshot.Proof

// Covers implements apply.Vault.
func (v vault) Covers(mailboxID string) bool {
	return slices.ContainsFunc(v, func(p snapshot.Proof) bool { return p.Covers(mailboxID) })
}

// Holds implements apply.Vault.
func (v vault) Holds(mailboxID string, kind item.Kind, itemID, version string) bool {
	return slices.ContainsFunc(v, func(p snapshot.Proof) bool { return p.Holds(mailboxID, kind, itemID, version) })
}

// Restores implements apply.Vault.
func (v vault) Restores(mailboxID string, kind item.Kind, itemID, version string) bool {
	return slices.ContainsFunc(v, func(p snapshot.Proof) bool { return p.Restores(mailboxID, kind, itemID, version) })
}

// lacks are the mailboxes that have a step left whose item is in no snapshot, or
// could not be made again of any; with streams another one may bring that.
func (v vault) lacks(parts []plan.Mailbox, streams backup.Streams) []mailbox.Account {
	var lacking []mailbox.Account
	for _, part := range parts {
		if slices.ContainsFunc(part.Steps, func(s plan.Step) bool {
			suffices := v.Holds
			if s.Action.Deletes() && streams != backup.Off {
				suffices = v.Restores
			}
			return s.Action != plan.Create && !suffices(part.Account.ID, s.Kind, s.ID, s.Version)
		}) {
			lacking = append(lacking, part.Account)
		}
	}
	return lacking
}

// vault reads the snapshots of earlier attempts back anew and takes one of what
// they lack: of every mailbox in the plan at first, later of those that could
// not be copied then.
func (s *Store) vault(ctx context.Context, job Job, j *journal.Journal, past *history) (vault, error) {
	tenant, err := job.Directory.Tenant(ctx)
	if err != nil {
		return nil, err
	}
	if tenant.ID != job.Plan.Tenant.ID {
		return nil, fmt.Errorf("%w: it is for %s, the credentials are of %s", ErrOtherTenant, job.Plan.Tenant.ID, tenant.ID)
	}
	proofs, err := s.prove(past.snapshots, job)
	if err != nil {
		return nil, err
	}
	lacking := proofs.lacks(apply.Open(job.Plan, past.records), job.Backup.Streams)
	if len(past.snapshots) == 0 {
		lacking = accounts(job.Plan)
	}
	if len(lacking) == 0 {
		if past.begun {
			return proofs, nil
		}
		return proofs, j.Append(job.begin("")) // nothing that is there will be touched
	}
	taken, err := s.copyFor(ctx, job, tenant, lacking)
	if err != nil {
		return nil, err
	}
	job.Watcher.Proven(taken.ID, taken.Proof)
	past.snapshots = append(past.snapshots, taken.ID)
	return append(proofs, taken.Proof), j.Append(job.begin(taken.ID))
}

func (job Job) begin(snapshotID string) journal.Record {
	return journal.Record{Type: journal.Begin, Run: job.id(), Digest: job.digest, Snapshot: snapshotID}
}

// accounts are the mailboxes to be backed up at first: all of those in the
// plan, but where a plan that brings back only adds, or does nothing.
func accounts(p plan.Plan) []mailbox.Account {
	var list []mailbox.Account
	for _, part := range p.Mailboxes {
		touches := slices.ContainsFunc(part.Steps, func(s plan.Step) bool { return s.Action != plan.Create })
		if touches || p.Rules.Purpose == plan.Purge || p.Rules.Purpose == plan.TagPersonal {
			list = append(list, part.Account)
		}
	}
	return list
}

func (s *Store) prove(ids []string, job Job) (vault, error) {
	var proofs vault
	for _, id := range ids {
		dir, err := s.Find(id)
		if err != nil {
			return nil, err
		}
		proof, err := snapshot.Verify(dir)
		if err != nil {
			return nil, err
		}
		job.Watcher.Proven(id, proof)
		proofs = append(proofs, proof)
	}
	return proofs, nil
}

// copyFor backs mailboxes up. One that cannot be copied is not in the proof,
// and so none of its steps will be done.
func (s *Store) copyFor(ctx context.Context, job Job, tenant mailbox.Tenant, accounts []mailbox.Account) (Taken, error) {
	return s.Backup(ctx, BackupJob{
		Tenant: tenant, Accounts: accounts, Open: mailbox.ReadOnly(job.Directory).Open, Kinds: job.Plan.Rules.Kinds, Tool: job.Tool, Now: job.Now,
		Parallel: job.Parallel, Options: job.Backup, Rest: job.Rest, Note: job.Watcher.BackedUp,
	})
}

// BackupJob is one snapshot to be taken into a store.
type BackupJob struct {
	Tenant mailbox.Tenant
	// Mailboxes, and Accounts with Open, are as in backup.Job.
	Mailboxes []mailbox.Mailbox
	Accounts  []mailbox.Account
	Open      func(context.Context, mailbox.Account) (mailbox.Mailbox, error)
	Kinds     []item.Kind
	Tool      string
	Now       func() time.Time
	Parallel  int
	Options   backup.Options
	Rest      snapshot.Options
	Note      func(mailbox.Account, snapshot.Mailbox, error)
}

// Taken is a snapshot that was taken and proven.
type Taken struct {
	ID       string
	Folder   string
	Proof    snapshot.Proof
	Failures []backup.Failure
}

// Backup takes a snapshot of the mailboxes and reads it back. durable.ErrFull
// when hardly anything is free, and then nothing was begun.
func (s *Store) Backup(ctx context.Context, job BackupJob) (Taken, error) {
	if err := backup.CheckRoom(s.dir); err != nil {
		return Taken{}, err
	}
	now := job.Now()
	id, dir, err := s.begin(now)
	if err != nil {
		return Taken{}, err
	}
	proof, failures, err := backup.Take(ctx, dir, backup.Job{
		Head:      snapshot.Manifest{ID: id, Tool: job.Tool, Created: now.UTC(), Tenant: job.Tenant, Kinds: job.Kinds, Mailboxes: []snapshot.Mailbox{}},
		Mailboxes: job.Mailboxes, Accounts: job.Accounts, Open: job.Open, Parallel: job.Parallel, Options: job.Options, Rest: job.Rest, Note: job.Note,
	})
	return Taken{id, dir.Path(), proof, failures}, err
}
