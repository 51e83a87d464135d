package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/survey"
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
	r, err := settle(o.scope, o.output)
	if err != nil {
		return err
	}
	directory, err := a.directory()
	if err != nil {
		return err
	}
	boxes, skipped, err := a.survey(directory, r).Count(ctx)
	if err != nil {
		return err
	}
	view := a.view(r.format)
	view.Rows = 0
	if err := report.Inventory(a.env.Stdout, view, boxes, skipped); err != nil {
		return err
	}
	return partlyIf(len(skipped) > 0)
}

// survey reads what a request is about, with progress.
func (a *app) survey(directory mailbox.Directory, r request) survey.Survey {
	return survey.Survey{
		Directory: directory, Selection: r.selection, Kinds: r.kinds, Parallel: r.parallel,
		Meter: func(mailboxes int) survey.Meter { return a.console.Progress("reading mailboxes", mailboxes) },
	}
}

// view chooses how much a person is shown at once.
func (a *app) view(format report.Format) report.Options {
	o := report.Options{Format: format, Rows: 12}
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
