package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

type backupOptions struct {
	scope  scopeFlags
	output outputFlags
	store  storeFlag
}

func (a *app) backupCommand() *cobra.Command {
	var o backupOptions
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Copy mailboxes into a snapshot and prove the copy",
		Long: `Backup writes every contact, event and task of the mailboxes to the store, with
Graph's own bytes, reads everything back from the disk and compares the hashes.
An item that could not be read is named. Nothing is changed in the mailboxes.

Exit status: 0 done, 3 a mailbox or an item could not be read.`,
		Example: `  riva-prep backup --all --store D:\riva-prep
  riva-prep backup --mailboxes wave-1.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.backup(cmd.Context(), o) },
	}
	o.scope.add(cmd.Flags())
	o.output.add(cmd.Flags())
	o.store.add(cmd.Flags())
	return cmd
}

func (a *app) backup(ctx context.Context, o backupOptions) error {
	selection, kinds, err := o.scope.selection()
	if err != nil {
		return err
	}
	format, err := o.output.parse()
	if err != nil {
		return err
	}
	directory, err := a.directory()
	if err != nil {
		return err
	}
	boxes, skipped, err := a.open(ctx, mailbox.ReadOnly(directory), selection, o.scope.parallel)
	if err != nil {
		return err
	}
	if len(boxes) == 0 {
		a.showSkipped(skipped)
		a.console.Warn("no mailbox could be opened, so there is nothing to back up")
		return &partial{}
	}
	tenant, err := directory.Tenant(ctx)
	if err != nil {
		return err
	}
	return a.snapshot(ctx, o.store.path, format, skipped, run.BackupJob{
		Tenant: tenant, Mailboxes: boxes, Kinds: kinds, Tool: version(), Now: a.env.Now, Parallel: o.scope.parallel,
	})
}

// snapshot takes a snapshot into the store and shows what it holds.
func (a *app) snapshot(ctx context.Context, path string, format report.Format, skipped []plan.Skipped, job run.BackupJob) (err error) {
	store, err := run.OpenStore(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	release, err := store.Lock(a.holder("backup"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	progress := a.console.Progress("backing up", len(job.Mailboxes))
	job.Note = func(account mailbox.Account, _ snapshot.Mailbox, _ error) { progress.Step(1, account.Name()) }
	taken, err := store.Backup(ctx, job)
	progress.Done()
	if err != nil {
		return err
	}
	skipped = append(skipped, failures(taken.Failures)...)
	view := report.SnapshotView{ID: taken.ID, Folder: taken.Folder, Manifest: taken.Proof.Manifest, Failures: skipped}
	if err := report.Snapshot(a.env.Stdout, format, a.view(format), view); err != nil {
		return err
	}
	_, unreadable, _ := taken.Proof.Manifest.Totals()
	return partlyIf(len(skipped) > 0 || unreadable > 0)
}

func failures(list []backup.Failure) []plan.Skipped {
	var skipped []plan.Skipped
	for _, f := range list {
		skipped = append(skipped, plan.Skipped{Name: f.Account.Name(), Reason: f.Err.Error()})
	}
	return skipped
}

// open resolves a selection and opens its mailboxes.
func (a *app) open(ctx context.Context, directory mailbox.Directory, selection scope.Selection, parallel int) ([]mailbox.Mailbox, []plan.Skipped, error) {
	found, err := scope.Resolve(ctx, directory, selection)
	if err != nil {
		return nil, nil, err
	}
	boxes, skipped, err := scope.OpenAll(ctx, directory, found.Accounts, parallel, selection.All)
	return boxes, append(found.Skipped, skipped...), err
}

func (a *app) showSkipped(skipped []plan.Skipped) {
	for _, s := range skipped {
		a.console.Warn("%s is left out: %s", s.Name, s.Reason)
	}
}

// holder says who locks a store.
func (a *app) holder(what string) durable.Holder {
	return durable.Holder{Who: fmt.Sprintf("riva-prep %s", what), PID: a.env.PID, Host: a.env.Host, Since: a.env.Now().UTC()}
}
