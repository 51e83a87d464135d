package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

type backupOptions struct {
	scope  scopeFlags
	output outputFlags
	store  storeFlag
	copies copyFlags
}

func (a *app) backupCommand() *cobra.Command {
	var o backupOptions
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Copy mailboxes into a snapshot and prove the copy",
		Long: `Backup writes every contact, event and task of the mailboxes to the store, with
Graph's own bytes, reads everything back from the disk and compares the hashes.
Attachments, contact photos, the category list and the settings come along, and
where the tenant offers it (permission MailboxItem.Export.All) Exchange's own
export stream of each item, which holds what Graph never shows.

Every folder is listed twice. An item that could not be read is named, and so is
a folder whose listings do not agree. Nothing is changed in the mailboxes.

Exit status: 0 done, 3 a mailbox or an item could not be read, or a mailbox may
be incomplete.`,
		Example: `  riva-prep backup --all --store D:\riva-prep
  riva-prep backup --mailboxes wave-1.csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.backup(cmd.Context(), o) },
	}
	o.scope.add(cmd.Flags())
	o.output.add(cmd.Flags())
	o.output.addPage(cmd.Flags())
	o.store.add(cmd.Flags())
	o.copies.add(cmd.Flags(), &a.conn)
	return cmd
}

func (a *app) backup(ctx context.Context, o backupOptions) error {
	copies, err := o.copies.parse()
	if err != nil {
		return err
	}
	reading, format, err := a.reading(o.scope, o.output)
	if err != nil {
		return err
	}
	boxes, skipped, err := reading.Open(ctx)
	if err != nil {
		return err
	}
	if len(boxes) == 0 {
		a.showSkipped(skipped)
		a.console.Warn("no mailbox could be opened, so there is nothing to back up")
		return exit.ErrPartial
	}
	tenant, err := reading.Directory.Tenant(ctx)
	if err != nil {
		return err
	}
	job := run.BackupJob{
		Tenant: tenant, Mailboxes: boxes, Kinds: reading.Kinds, Tool: version(), Now: a.env.Now,
		Parallel: reading.Parallel, Options: copies.Options, Rest: copies.rest,
	}
	return a.inStore(o.store.path, "backup", func(store *run.Store) error {
		taken, err := a.snapshot(ctx, store, job)
		if err != nil {
			return err
		}
		return a.showSnapshot(taken, skipped, format, o.output.html)
	})
}

// inStore opens and locks a store for as long as work takes.
func (a *app) inStore(path, what string, work func(*run.Store) error) (err error) {
	store, err := run.OpenStore(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	release, err := store.Lock(a.holder(what))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	return work(store)
}

// snapshot takes a snapshot into the store, with progress.
func (a *app) snapshot(ctx context.Context, store *run.Store, job run.BackupJob) (run.Taken, error) {
	progress := a.console.Progress("backing up", len(job.Mailboxes))
	defer progress.Done()
	job.Note = func(account mailbox.Account, _ snapshot.Mailbox, err error) {
		if err != nil {
			progress.Count("failed", 1)
		}
		progress.Step(1, account.Name())
	}
	return store.Backup(ctx, job)
}

func (a *app) showSnapshot(taken run.Taken, skipped []plan.Skipped, format report.Format, page string) error {
	manifest := taken.Proof.Manifest
	view := report.SnapshotView{ID: taken.ID, Folder: taken.Folder, Manifest: manifest, Failures: append(skipped, failures(taken.Failures)...)}
	if err := a.show(a.view(format), page, func(w io.Writer, o report.Options) error { return report.Snapshot(w, o, view) }); err != nil {
		return err
	}
	_, unreadable, _ := manifest.Totals()
	return exit.PartialIf(len(view.Failures) > 0 || unreadable > 0 || manifest.Incomplete() > 0)
}

func failures(list []backup.Failure) []plan.Skipped {
	var skipped []plan.Skipped
	for _, f := range list {
		skipped = append(skipped, plan.Skipped{Name: f.Account.Name(), Reason: f.Err.Error()})
	}
	return skipped
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
