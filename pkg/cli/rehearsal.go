package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/console"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/rehearsal"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// rehearsalFlags say whether a plan is rehearsed only, on what, and what is
// assumed of the service.
type rehearsalFlags struct {
	wanted           bool
	snapshot         string
	latency, network time.Duration
}

// What is assumed of the service where nobody says otherwise.
const (
	usualLatency = 100 * time.Millisecond
	usualNetwork = 30 * time.Millisecond
)

func (f *rehearsalFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.wanted, "rehearse", false, "carry the plan out on a copy of the mailboxes in memory, and change nothing")
	flags.StringVar(&f.snapshot, "snapshot", "", "rehearse on the backup of this `ID` in the store, and take none")
	flags.DurationVar(&f.latency, "latency", usualLatency, "rehearse as if each request was in service for so long")
	flags.DurationVar(&f.network, "network", usualNetwork, "rehearse as if it was on its way for so long, and its answer on the way back")
}

// checkRehearsal refuses flags that do not go together.
func (o applyOptions) checkRehearsal() error {
	f := o.rehearsal
	switch {
	case !f.wanted && (f.snapshot != "" || f.latency != usualLatency || f.network != usualNetwork):
		return exit.Wrong(errors.New("--snapshot, --latency and --network go with --rehearse"), "leave them out to carry the plan out")
	case !f.wanted:
		return nil
	case o.resume != "":
		return exit.Wrong(errors.New("--rehearse and --resume exclude each other"), "a run that has begun is not rehearsed; its plan was")
	case o.approve != "":
		return exit.Wrong(errors.New("--rehearse and --approve exclude each other"), "a rehearsal changes nothing and needs no approval")
	case f.latency < 0 || f.network < 0:
		return exit.Wrong(errors.New("a time is negative"), "--latency and --network take a duration such as 80ms")
	case f.snapshot == "" && len(o.copies.rest.encryptTo) > 0 && len(o.keys.files) == 0:
		return exit.Wrong(errors.New("the backup would be encrypted, and nothing could be rehearsed on it"), "name the file with its key by --identity")
	}
	return atLeastOne(o.parallel)
}

// rehearsePlan carries a plan out on a copy of its mailboxes.
func (a *app) rehearsePlan(ctx context.Context, o applyOptions, name string) error {
	e, err := o.settle()
	if err != nil {
		return err
	}
	if e.plan, err = readPlan(name); err != nil {
		return err
	}
	if err := o.caps.Check(e.plan); err != nil {
		return err
	}
	id := o.rehearsal.snapshot
	if id == "" {
		if id, err = a.copyOf(ctx, e); err != nil {
			return err
		}
	}
	return withStore(e.store, func(store *run.Store) error { return a.perform(ctx, o, e, store, id) })
}

// copyOf backs up the mailboxes of a plan, and says the snapshot's id.
func (a *app) copyOf(ctx context.Context, e execution) (id string, err error) {
	if e.plan.Rules.Source != nil { // what it makes items of is there already
		if err := withStore(e.store, func(*run.Store) error { return nil }); err != nil {
			return "", err
		}
	}
	directory, err := a.directory()
	if err != nil {
		return "", err
	}
	if e.plan.Totals().Permanent > 0 && !directory.DeletesPermanently() {
		return "", run.ErrNotHere
	}
	reading := mailbox.ReadOnly(directory)
	tenant, err := reading.Tenant(ctx)
	if err != nil {
		return "", err
	}
	if tenant.ID != e.plan.Tenant.ID {
		return "", fmt.Errorf("%w: it is for %s, the credentials are of %s", run.ErrOtherTenant, e.plan.Tenant.ID, tenant.ID)
	}
	job := run.BackupJob{
		Tenant: tenant, Kinds: e.plan.Rules.Kinds, Tool: version(), Now: a.env.Now,
		Parallel: e.parallel, Options: e.copies.Options, Rest: e.copies.rest,
	}
	for _, part := range e.plan.Mailboxes {
		mb, err := reading.Open(ctx, part.Account)
		if err != nil {
			a.showSkipped([]plan.Skipped{{Name: part.Account.Name(), Reason: err.Error()}})
			continue
		}
		job.Mailboxes = append(job.Mailboxes, mb)
	}
	return id, a.inStore(e.store, "rehearse", func(store *run.Store) error {
		taken, err := a.snapshot(ctx, store, job)
		if err != nil {
			return err
		}
		id = taken.ID
		a.showSkipped(failures(taken.Failures))
		a.console.Say("backup %s holds %d items and was read back from the disk", id, taken.Proof.Items())
		return nil
	})
}

// perform rehearses a plan on a snapshot of the store, and shows what would
// become of it.
func (a *app) perform(ctx context.Context, o applyOptions, e execution, store *run.Store, id string) error {
	if _, err := store.Approved(run.ID(e.plan)); err == nil {
		return exit.Wrong(fmt.Errorf("run %s of this plan has begun", run.ID(e.plan)), "go on with it by apply --resume, or name another --store to rehearse the plan from its beginning")
	} else if !errors.Is(err, run.ErrNoRun) && !errors.Is(err, run.ErrNotBegun) {
		return err
	}
	dir, err := find(store, id)
	if err != nil {
		return err
	}
	roomy(a.env)
	stage, manifest, err := rehearsal.Open(dir, e.keys...)
	if err != nil {
		return err
	}
	if err := a.covers(manifest, e.plan, o.rehearsal.snapshot != ""); err != nil {
		return err
	}
	stage.Service, stage.Network = o.rehearsal.latency, o.rehearsal.network
	stage.Properties, stage.Extensions = a.conn.properties, a.conn.extensions
	w := spectator{a.console.Progress("rehearsing", e.plan.Totals().Steps())}
	outcome, err := stage.Perform(ctx, a.env.Now(), run.Job{
		Plan: e.plan, Tool: version(), Holder: a.holder("rehearse"), Parallel: e.parallel, Watcher: w, Keys: e.keys,
		Backup: e.copies.Options, Sources: store,
	})
	w.progress.Done()
	if err != nil {
		return err
	}
	outcome.Snapshot = id
	a.console.Say("this was a rehearsal on backup %s: nothing was changed in the mailboxes", id)
	shown := report.Run(a.env.Stdout, a.view(e.format), e.plan, outcome)
	if err := errors.Join(shown, a.writePages(e.pages, e.plan, &outcome)); err != nil {
		return err
	}
	return exit.PartialIf(!outcome.Result.Whole() || outcome.Result.Lacking() > 0 || len(e.plan.Skipped) > 0)
}

// covers says what of a plan a backup does not hold, and refuses one that
// somebody chose and that does not fit. What could not be read just now will
// not be there for the run either, which says so itself.
func (a *app) covers(m snapshot.Manifest, p plan.Plan, chosen bool) error {
	if _, missing, _ := m.Totals(); missing > 0 {
		a.console.Warn("%d items could not be read when the backup was made; they are missing in the rehearsal", missing)
	}
	const hint = "leave --snapshot out, and one is taken"
	switch {
	case !chosen:
	case m.Tenant.ID != p.Tenant.ID:
		return fmt.Errorf("%w: it is for %s, the backup is of %s", run.ErrOtherTenant, p.Tenant.ID, m.Tenant.ID)
	default:
		for _, part := range p.Mailboxes {
			if !slices.ContainsFunc(m.Mailboxes, func(box snapshot.Mailbox) bool { return box.Account.ID == part.Account.ID }) {
				return exit.Wrong(fmt.Errorf("backup %s does not hold the mailbox of %s", m.ID, part.Account.Name()), hint)
			}
		}
		for _, kind := range p.Rules.Kinds {
			if !slices.Contains(m.Kinds, kind) {
				return exit.Wrong(fmt.Errorf("backup %s does not hold %s", m.ID, kind), hint)
			}
		}
	}
	return nil
}

// spectator watches a rehearsal: it shows how far it has come.
type spectator struct{ progress *console.Progress }

func (spectator) BackedUp(mailbox.Account, snapshot.Mailbox, error) {}
func (spectator) Proven(string, snapshot.Proof)                     {}
func (s spectator) Step(o apply.Outcome)                            { s.progress.Step(1, o.Account.Name()) }
