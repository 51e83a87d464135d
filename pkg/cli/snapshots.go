package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/drift"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// existingStore opens a store that is to be read: a misspelt name makes none.
func existingStore(path string) (*run.Store, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return nil, exit.Wrong(fmt.Errorf("there is no store at %s", path), "--store names the folder that backup wrote to")
	}
	dir, err := durable.OpenExisting(path)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	return run.NewStore(dir), nil
}

// find opens the folder of a snapshot that a person named.
func find(s *run.Store, id string) (*durable.Dir, error) {
	dir, err := s.Find(id)
	if errors.Is(err, snapshot.ErrNoSnapshot) {
		return nil, exit.Wrong(err, exit.Hint(err))
	}
	return dir, err
}

// source checks and opens a snapshot that a person named.
func source(s *run.Store, id string, keys []snapshot.Identity) (restore.Snapshot, error) {
	if _, err := find(s, id); err != nil {
		return restore.Snapshot{}, err
	}
	return s.Source(id, keys)
}

// one wants exactly one argument, and says what it is.
func one(what, hint string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return exit.Wrong(fmt.Errorf("no %s is named", what), hint)
		case len(args) > 1:
			return exit.Wrong(fmt.Errorf("one %s at a time, and %q is one more", what, args[1]), hint)
		}
		return nil
	}
}

func oneSnapshot() cobra.PositionalArgs {
	return one("snapshot", "riva-prep snapshots lists the backups in the store")
}

// withStore opens a store for as long as work takes.
func withStore(path string, work func(*run.Store) error) (err error) {
	store, err := existingStore(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return work(store)
}

func (a *app) snapshotsCommand() *cobra.Command {
	var (
		output outputFlags
		store  storeFlag
	)
	cmd := &cobra.Command{
		Use:   "snapshots",
		Short: "List the backups in a store",
		Long: `Snapshots lists the backups in a store with their age, mailboxes, counts and size.
Backups that were never finished are named too: they count for nothing.

Exit status: 0 done.`,
		Example: `  riva-prep snapshots --store D:\riva-prep
  riva-prep snapshots show 20261123T054518.033Z`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			format, err := output.parse()
			if err != nil {
				return err
			}
			return withStore(store.path, func(s *run.Store) error {
				all, err := s.Snapshots()
				if err != nil {
					return err
				}
				view := a.view(format)
				view.Rows = 0
				return report.Snapshots(a.env.Stdout, view, s.Path(), stored(all), a.env.Now())
			})
		},
	}
	output.add(cmd.Flags())
	store.add(cmd.Flags())
	cmd.AddCommand(a.snapshotShowCommand())
	return cmd
}

func stored(all []run.Listed) []report.StoredSnapshot {
	var list []report.StoredSnapshot
	for _, s := range all {
		row := report.StoredSnapshot{ID: s.ID, Manifest: s.Manifest}
		switch {
		case errors.Is(s.Err, snapshot.ErrNoSnapshot):
			row.Problem = "not finished"
		case errors.Is(s.Err, snapshot.ErrNewer):
			row.Problem = "of a newer version"
		case errors.Is(s.Err, snapshot.ErrDamaged):
			row.Problem = "damaged"
		case s.Err != nil:
			row.Problem = s.Err.Error()
		}
		list = append(list, row)
	}
	return list
}

func (a *app) snapshotShowCommand() *cobra.Command {
	var (
		output outputFlags
		store  storeFlag
	)
	cmd := &cobra.Command{
		Use:   "show SNAPSHOT",
		Short: "Show what a backup holds, mailbox by mailbox",
		Long: `Show prints what the manifest of a backup says of each mailbox. It reads nothing
else: verify does.

Exit status: 0 done, 2 there is no such backup, 4 its manifest is damaged.`,
		Example: `  riva-prep snapshots show 20261123T054518.033Z --store D:\riva-prep
  riva-prep snapshots show 20261123T054518.033Z --report backup.html`,
		Args: oneSnapshot(),
		RunE: func(_ *cobra.Command, args []string) error {
			format, err := output.parse()
			if err != nil {
				return err
			}
			return withStore(store.path, func(s *run.Store) error {
				dir, err := find(s, args[0])
				if err != nil {
					return err
				}
				manifest, err := snapshot.Load(dir)
				if err != nil {
					return err
				}
				view := report.SnapshotView{ID: args[0], Folder: dir.Path(), Manifest: manifest}
				return a.show(a.view(format), output.html, func(w io.Writer, o report.Options) error { return report.Snapshot(w, o, view) })
			})
		},
	}
	output.add(cmd.Flags())
	output.addPage(cmd.Flags())
	store.add(cmd.Flags())
	return cmd
}

type verifyOptions struct {
	output   outputFlags
	store    storeFlag
	keys     keyFlags
	against  bool
	parallel int
}

func (a *app) verifyCommand() *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify SNAPSHOT",
		Short: "Check every byte of a backup, and compare it with the mailboxes",
		Long: `Verify reads every file of a backup and compares it with the manifest: hashes,
counts, lines, parts. With --against-mailbox it lists the mailboxes, too, and says
what is missing, was added or changed since, and what a restore has made again.
Nothing is changed.

Exit status: 0 whole (and equal), 3 a mailbox differs or could not be read,
4 damaged.`,
		Example: `  riva-prep verify 20261123T054518.033Z
  riva-prep verify 20261123T054518.033Z --against-mailbox --output csv`,
		Args: oneSnapshot(),
		RunE: func(cmd *cobra.Command, args []string) error { return a.verify(cmd.Context(), o, args[0]) },
	}
	o.output.add(cmd.Flags())
	o.store.add(cmd.Flags())
	o.keys.add(cmd.Flags())
	cmd.Flags().BoolVar(&o.against, "against-mailbox", false, "compare with the mailboxes as they are now")
	cmd.Flags().IntVar(&o.parallel, "parallel", defaultParallel(), "mailboxes worked on at a time")
	return cmd
}

func (a *app) verify(ctx context.Context, o verifyOptions, id string) error {
	format, err := o.output.parse()
	if err != nil {
		return err
	}
	if err := atLeastOne(o.parallel); err != nil {
		return err
	}
	keys, err := o.keys.read()
	if err != nil {
		return err
	}
	return withStore(o.store.path, func(s *run.Store) error {
		dir, err := find(s, id)
		if err != nil {
			return err
		}
		proof, err := snapshot.Verify(dir, keys...)
		if err != nil {
			return err
		}
		v := report.Verified{Snapshot: id, Items: proof.Items(), Files: proof.Manifest.FileCount(), Sealed: proof.Sealed}
		_, _, v.Bytes = proof.Manifest.Totals()
		if o.against {
			reader, err := snapshot.Open(dir, keys...)
			if err := errors.Join(err, reader.NeedsKey()); err != nil {
				return err
			}
			earlier, err := s.Earlier("")
			if err != nil {
				return err
			}
			if v.Against, v.Skipped, err = a.compare(ctx, reader, earlier, o.parallel); err != nil {
				return err
			}
		}
		if err := report.Verify(a.env.Stdout, a.view(format), v); err != nil {
			return err
		}
		return exit.PartialIf(!v.Equal())
	})
}

// compare holds every mailbox of a snapshot against what is there now.
func (a *app) compare(ctx context.Context, reader *snapshot.Reader, earlier *restore.Earlier, parallel int) ([]drift.Mailbox, []plan.Skipped, error) {
	directory, err := a.directory()
	if err != nil {
		return nil, nil, err
	}
	progress := a.console.Progress("comparing mailboxes", len(reader.Manifest().Mailboxes))
	defer progress.Done()
	return drift.All(ctx, reader, directory, earlier, parallel, func(account mailbox.Account) { progress.Step(1, account.Name()) })
}
