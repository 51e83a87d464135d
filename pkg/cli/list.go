package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/inventory"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/scope"
)

type listOptions struct {
	scope  scopeFlags
	output outputFlags
}

func (a *app) listCommand() *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Count what lies in mailboxes, by kind and category",
		Long: `List prints, for every mailbox, kind and category, the number of items, their
folders, the oldest and the newest, and a sample. Items without a category are
a row of their own. Nothing is changed.

Exit status: 0 done, 3 a mailbox could not be read.`,
		Example: `  riva-prep list --mailbox ann@contoso.example
  riva-prep list --group crm-wave-1 --kinds contacts --output csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.list(cmd.Context(), o) },
	}
	o.scope.add(cmd.Flags())
	o.output.add(cmd.Flags())
	return cmd
}

func (a *app) list(ctx context.Context, o listOptions) error {
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
	var boxes []inventory.Mailbox
	skipped, err := a.read(ctx, mailbox.ReadOnly(directory), selection, scope.Reading{Kinds: kinds, Parallel: o.scope.parallel}, func(account mailbox.Account, items []item.Item) {
		boxes = append(boxes, inventory.Count(account, items, marker.Protected()))
	})
	if err != nil {
		return err
	}
	sortBoxes(boxes)
	view := a.view(format)
	view.Rows = 0
	if err := report.Inventory(a.env.Stdout, format, view, boxes, skipped); err != nil {
		return err
	}
	return partlyIf(len(skipped) > 0)
}

func sortBoxes(boxes []inventory.Mailbox) {
	slices.SortFunc(boxes, func(x, y inventory.Mailbox) int { return x.Account.Compare(y.Account) })
}

// read resolves a selection and scans its mailboxes, with progress.
func (a *app) read(ctx context.Context, directory mailbox.Directory, selection scope.Selection, reading scope.Reading,
	each func(mailbox.Account, []item.Item),
) ([]plan.Skipped, error) {
	found, err := scope.Resolve(ctx, directory, selection)
	if err != nil {
		return nil, err
	}
	progress := a.console.Progress("reading mailboxes", len(found.Accounts))
	defer progress.Done()
	reading.Quiet = selection.All
	skipped, err := scope.Read(ctx, directory, found.Accounts, reading, func(account mailbox.Account, items []item.Item) {
		progress.Step(1, account.Name())
		each(account, items)
	})
	return slices.Concat(found.Skipped, skipped), err
}

// view chooses how much a person is shown at once.
func (a *app) view(format report.Format) report.Options {
	o := report.Options{Rows: 12}
	if format == report.Table && a.console.OutTerminal {
		o.Width, o.Color = a.console.Width, a.console.Color
	}
	return o
}

// partlyIf ends a command with exit code 3. What was left out has been shown.
func partlyIf(some bool) error {
	if some {
		return &partial{}
	}
	return nil
}
