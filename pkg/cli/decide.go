package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/plan/decide"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/report/words"
)

func (a *app) planCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Have people decide about the items of a plan",
		Long: `Plan hands a plan out as a list for a spreadsheet (export), and makes a new plan
of it and of what people decided there (import). Nothing is sent.

Exit status: 0 done, 2 wrong usage; export and import say theirs.`,
		Example: `  riva-prep plan export wave-1.plan.json --csv wave-1.csv`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return exit.Wrong(errors.New("plan has two commands: export and import"), "see riva-prep plan --help")
		},
	}
	cmd.AddCommand(a.planExportCommand(), a.planImportCommand())
	return cmd
}

func (a *app) planExportCommand() *cobra.Command {
	var (
		csv        string
		semicolons bool
	)
	cmd := &cobra.Command{
		Use:   "export PLAN --csv FILE",
		Short: "Write the steps and the held items of a plan as a list",
		Long: `Export writes a row for each step of a plan and for each item that it holds, as
CSV that Excel opens. Under "decision" steps have "do" and held items "held".
Whoever wants an item left as it is writes "keep" there, and changes nothing else.
Whoever wants one done that an earlier list kept writes "do".

Exit status: 0 done, 1 the list cannot be written, 2 this is no plan.`,
		Example: `  riva-prep plan export wave-1.plan.json --csv wave-1.csv`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			separator := ','
			if semicolons {
				separator = ';'
			}
			return a.planExport(args[0], csv, separator)
		},
	}
	cmd.Flags().StringVar(&csv, "csv", "", "the `FILE` to write; there must be none of that name")
	cmd.Flags().BoolVar(&semicolons, "semicolons", false, "separate cells as Excel expects it where the comma is the decimal sign")
	return cmd
}

func (a *app) planExport(name, csv string, separator rune) error {
	if csv == "" {
		return exit.Wrong(errors.New("no file to write is named"), "name one with --csv FILE")
	}
	p, err := readPlan(name)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(csv); err == nil {
		return exit.Wrong(fmt.Errorf("%s is there already, and may hold somebody's decisions", csv), "name another file with --csv")
	}
	var list bytes.Buffer
	if err := decide.Write(&list, p, separator); err != nil {
		return err
	}
	if err := writeFile(csv, list.Bytes()); err != nil {
		return err
	}
	totals := p.Totals()
	a.console.Say("%s has %d steps to decide about and %d held items; then: riva-prep plan import %s --csv %s --plan-out NEW.json",
		csv, totals.Steps(), totals.Held, name, csv)
	return nil
}

type importOptions struct {
	output  outputFlags
	lists   []string
	planOut string
}

func (a *app) planImportCommand() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import PLAN --csv FILE --plan-out NEW",
		Short: "Make a new plan of a plan and of people's decisions",
		Long: `Import reads the lists that export wrote and people edited, and makes a new plan,
with a digest of its own: what anybody keeps is held in it, with the reason "kept".
Of several lists, each must have every row; keep goes before do, and is told.
"do" in the row of an item that an earlier list kept makes it a step again.
A list that a report's page saved is read like any other, and needs only the rows
of the mailboxes that the page is about.

Lists may be saved with commas, semicolons or tabs, in UTF-8 or Unicode, with rows
and columns in any order and columns beside them. But for the decision, each row
must be as it was written. What a safety rule holds cannot be decided otherwise.

Exit status: 0 done, 2 a list cannot be read, 4 one contradicts a safety rule.`,
		Example: `  riva-prep plan import wave-1.plan.json --csv anna.csv --csv ben.csv --plan-out wave-1b.plan.json`,
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.planImport(args[0], o) },
	}
	o.output.add(cmd.Flags())
	cmd.Flags().StringArrayVar(&o.lists, "csv", nil, "a `FILE` with decisions (repeatable)")
	cmd.Flags().StringVar(&o.planOut, "plan-out", "", "keep the new plan in `FILE`, for apply")
	return cmd
}

func (a *app) planImport(name string, o importOptions) error {
	format, err := o.output.parse()
	if err != nil {
		return err
	}
	lists, err := o.read(name)
	if err != nil {
		return err
	}
	p, err := readPlan(name)
	if err != nil {
		return err
	}
	decided, err := decide.Decide(p, lists...)
	if err != nil {
		return err
	}
	a.tellDisputed(decided.Disputed)
	if decided.Kept+decided.Again > 0 {
		decided.Plan.Tool, decided.Plan.Created = version(), a.env.Now()
	}
	if err := report.Plan(a.env.Stdout, a.view(format), decided.Plan); err != nil {
		return err
	}
	a.tellDecided(decided, p.Totals().Steps())
	return a.keep(o.planOut, decided.Plan)
}

func (a *app) tellDecided(o decide.Outcome, steps int) {
	switch {
	case o.Kept+o.Again == 0:
		a.console.Say("nobody keeps anything: the plan is the same, and so is its digest")
	case o.Kept > 0:
		a.console.Say("%d of %d steps are kept from being done", o.Kept, steps)
	}
	if o.Again > 0 {
		a.console.Say("%s that had been kept: to be done after all", words.Items(o.Again))
	}
	if o.Silent > 0 {
		a.console.Say("nobody said anything about %s: their steps stay", words.Mailboxes(o.Silent))
	}
}

// tellDisputed names the first items that lists disagree about, and counts the rest.
func (a *app) tellDisputed(all []decide.Disputed) {
	const shown = 20
	for i, d := range all {
		if i == shown {
			a.console.Warn("%d more items are kept by one list and not by another", len(all)-shown)
			return
		}
		a.console.Warn("%q in %s is kept: %s keeps it, %s would not", d.Title, d.Account.Name(), strings.Join(d.Keep, ", "), strings.Join(d.Do, ", "))
	}
}

// read settles the options and reads the lists.
func (o importOptions) read(name string) ([]decide.List, error) {
	switch {
	case len(o.lists) == 0:
		return nil, exit.Wrong(errors.New("no list of decisions is named"), "name one with --csv FILE, as riva-prep plan export writes it")
	case o.planOut == "":
		return nil, exit.Wrong(errors.New("no file for the new plan is named"), "name one with --plan-out FILE")
	case sameFile(o.planOut, name):
		return nil, exit.Wrong(errors.New("the new plan would take the old one's place"), "name another file with --plan-out")
	}
	var lists []decide.List
	for _, list := range o.lists {
		if sameFile(o.planOut, list) {
			return nil, exit.Wrong(fmt.Errorf("the new plan would take the place of %s", list), "name another file with --plan-out")
		}
		data, err := os.ReadFile(list)
		if err != nil {
			return nil, exit.Wrong(fmt.Errorf("the list of decisions cannot be read: %w", err), "--csv names a file that riva-prep plan export wrote")
		}
		lists = append(lists, decide.List{Name: list, Data: data})
	}
	return lists, nil
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, errOther := os.Stat(b)
	return err == nil && errOther == nil && os.SameFile(one, other)
}
