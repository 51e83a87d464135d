package cli

import (
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/handout"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

type exportOptions struct {
	output    outputFlags
	store     storeFlag
	keys      keyFlags
	format    string
	out       string
	mailboxes []string
}

func (a *app) exportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export SNAPSHOT --format vcard|ics|csv --out DIR",
		Short: "Hand the items of a backup out as files that Outlook imports",
		Long: `Export writes the items of a backup as files that Outlook and other programs
import: contacts as vCards and a table (vcard), calendars as iCalendar (ics), or
everything as tables (csv), in a folder for each mailbox. Attendees are text in
these files, so importing them mails nobody. What a format cannot carry is counted.

Exit status: 0 done, 3 an item is in no file, 4 the backup is damaged.`,
		Example: `  riva-prep export 20261123T054518.033Z --format vcard --out D:\contacts
  riva-prep export 20261123T054518.033Z --format ics --mailbox ann@contoso.example --out D:\ann`,
		Args: oneSnapshot(),
		RunE: func(_ *cobra.Command, args []string) error { return a.export(o, args[0]) },
	}
	o.output.add(cmd.Flags())
	o.store.add(cmd.Flags())
	o.keys.add(cmd.Flags())
	cmd.Flags().StringVar(&o.format, "format", "", "vcard, ics or csv")
	cmd.Flags().StringVar(&o.out, "out", "", "the `DIR` to write to; it is made if it is missing")
	cmd.Flags().StringArrayVar(&o.mailboxes, "mailbox", nil, "a mailbox of the snapshot, by address, user principal name or object id (repeatable; default all)")
	return cmd
}

func (a *app) export(o exportOptions, id string) error {
	shown, err := o.output.parse()
	if err != nil {
		return err
	}
	format, err := handout.ParseFormat(o.format)
	if err != nil {
		return exit.Wrong(err, "--format takes vcard, ics or csv")
	}
	if o.out == "" {
		return exit.Wrong(errors.New("no folder to write to is named"), "name one with --out DIR")
	}
	keys, err := o.keys.read()
	if err != nil {
		return err
	}
	return withStore(o.store.path, func(s *run.Store) error {
		from, err := source(s, id, keys)
		if err != nil {
			return err
		}
		boxes, err := restore.Select{Mailboxes: o.mailboxes}.Boxes(from.Reader.Manifest())
		if err != nil {
			return err
		}
		view, err := a.handOut(o.out, from.Reader, boxes, format)
		if err != nil {
			return err
		}
		view.Snapshot, view.Format = id, string(format)
		if err := report.Export(a.env.Stdout, a.view(shown), view); err != nil {
			return err
		}
		return exit.PartialIf(view.LeftOut() > 0)
	})
}

// handOut writes the files of every mailbox.
func (a *app) handOut(out string, reader restore.Reader, boxes []snapshot.Mailbox, format handout.Format) (v report.Exported, err error) {
	dir, err := durable.Open(out)
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	v.Folder = dir.Path()
	if there, err := dir.ReadDir("."); err != nil || len(there) > 0 {
		return v, errors.Join(err, exit.Wrong(fmt.Errorf("the folder %s is not empty", out), "--out names a folder that is empty, or one that is to be made"))
	}
	progress := a.console.Progress("exporting mailboxes", len(boxes))
	defer progress.Done()
	for _, box := range boxes {
		about, err := reader.About(box)
		if err != nil {
			return v, err
		}
		target := handout.Box{Account: box.Account, Zone: handout.ZoneOf(about.Settings), At: reader.Manifest().Created}
		result, err := handout.Write(outFolder{dir}, boxReader{reader, box}, target, format)
		if err != nil {
			return v, fmt.Errorf("export the items of %s: %w", box.Account.Name(), err)
		}
		v.Mailboxes = append(v.Mailboxes, report.ExportedMailbox{Account: box.Account, Result: result})
		progress.Step(1, box.Account.Name())
	}
	return v, nil
}

// boxReader is one mailbox of a snapshot.
type boxReader struct {
	restore.Reader
	box snapshot.Mailbox
}

// Lines implements handout.Source.
func (r boxReader) Lines(kind item.Kind, each func(snapshot.Line) error) error {
	if _, has := r.box.Counts[kind]; !has {
		return nil
	}
	return r.Reader.Lines(r.box, kind, each)
}

// outFolder makes files below a folder that a person named.
type outFolder struct{ dir *durable.Dir }

// Create implements handout.Target.
func (f outFolder) Create(name string) (io.WriteCloser, error) {
	if _, err := f.dir.Sub(path.Dir(name)); err != nil {
		return nil, err
	}
	file, err := f.dir.Create(name)
	if err != nil {
		return nil, err
	}
	return committed{file}, nil
}

// committed makes a file durable when it is closed.
type committed struct{ *durable.File }

// Close implements io.Closer.
func (c committed) Close() error { return errors.Join(c.Commit(), c.File.Close()) }
