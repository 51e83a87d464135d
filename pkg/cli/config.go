package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/cli/settings"
	"github.com/riva-prep/riva-prep/pkg/report"
)

func (a *app) configCommand() *cobra.Command {
	var output outputFlags
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show which settings there are and where each comes from",
		Long: `Config lists the settings: flags that may also stand in a variable of the
environment or in a file. What is typed goes before the variable, and that
before the file. Flags that choose mailboxes are one choice: who types one of
them gets none of the others from elsewhere. --exclude and --protect add up:
what is typed joins what stands in the variable and in the file.

A file has one setting a line, as  store: D:\riva-prep , and of a flag that may
be repeated the values below it, each after a dash. The variable of --store is
RIVA_PREP_STORE; several values have semicolons between them. Approvals, and
flags that make a command do more than it does by itself, are taken from the
command line only. The sandbox and the demo take no settings.

Exit status: 0 done, 2 a setting makes no sense.`,
		Example: `  riva-prep config
  riva-prep config --config nightly.yaml --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.showConfig(cmd, output) },
	}
	output.add(cmd.Flags())
	return cmd
}

func (a *app) showConfig(cmd *cobra.Command, output outputFlags) error {
	format, err := output.parse()
	if err != nil {
		return err
	}
	values, err := a.readSettings(cmd.Flags(), cmd.Root())
	if err != nil {
		return err
	}
	var rows []report.Setting
	for _, name := range everyFlag(cmd.Root()) {
		if slices.Contains(settings.Typed(), name) {
			continue
		}
		row := report.Setting{Key: name, Variable: settings.Variable(name), Values: []string{}}
		for _, v := range values {
			if v.Key == name {
				row.Add(v.Values, v.From)
			}
		}
		rows = append(rows, row)
	}
	view := a.view(format)
	view.Rows = 0
	return report.Settings(a.env.Stdout, view, rows)
}
