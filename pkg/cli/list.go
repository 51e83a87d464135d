package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/profile"
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
	reading, format, err := a.reading(o.scope, o.output)
	if err != nil {
		return err
	}
	boxes, skipped, err := reading.Count(ctx)
	if err != nil {
		return err
	}
	view := a.view(format)
	view.Rows = 0
	if err := report.Inventory(a.env.Stdout, view, boxes, skipped); err != nil {
		return err
	}
	return exit.PartialIf(len(skipped) > 0)
}

// reading is the survey of a command that changes nothing, and its format.
func (a *app) reading(f scopeFlags, o outputFlags) (survey.Survey, report.Format, error) {
	f.stdin, f.lasting = a.env.Stdin, a.lasting
	r, err := settle(f, o)
	if err != nil {
		return survey.Survey{}, "", err
	}
	directory, err := a.directory()
	if err != nil {
		return survey.Survey{}, "", err
	}
	s := a.survey(directory, r)
	s.Known, err = profile.Builtin()
	return s, r.format, err
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
