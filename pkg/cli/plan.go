package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/run"
)

// planOptions are what purge and tag-personal share: which mailboxes, and what
// is done with the plan.
type planOptions struct {
	scope    scopeFlags
	profiles profileFlags
	copies   copyFlags
	planDeed
}

func (o *planOptions) add(flags *pflag.FlagSet, conn *connection) {
	o.scope.add(flags)
	o.profiles.add(flags)
	o.profiles.addGeneric(flags)
	o.copies.add(flags, conn)
	o.planDeed.add(flags)
}

// planDeed says what is done with a plan: shown, kept, approved, carried through.
type planDeed struct {
	output  outputFlags
	store   storeFlag
	dryRun  bool
	planOut string
	approve string
	// caps have flags only where something may be deleted.
	caps capFlags
}

func (o *planDeed) add(flags *pflag.FlagSet) {
	o.output.add(flags)
	o.output.addReport(flags)
	o.store.add(flags)
	flags.BoolVar(&o.dryRun, "dry-run", false, "show the plan and stop")
	flags.StringVar(&o.planOut, "plan-out", "", "keep the plan in `FILE` and stop, for apply")
	flags.StringVar(&o.approve, "approve", "", "approve the plan by its `DIGEST`, as a dry run shows it")
}

// planned makes a plan from the rules and goes on with it as the options say.
func (a *app) planned(ctx context.Context, o planOptions, rules plan.Rules) error {
	o.scope.stdin, o.scope.lasting = a.env.Stdin, a.lasting
	r, err := settle(o.scope, o.output)
	if err != nil {
		return err
	}
	rules.Kinds = r.kinds
	if rules.Profiles, err = a.sets(o.profiles, rules.Purpose); err != nil {
		return err
	}
	if err := rules.Check(); err != nil {
		return err
	}
	copies, err := o.copies.parse()
	if err != nil {
		return err
	}
	a.conn.markers = rules.Properties()
	directory, err := a.directory()
	if err != nil {
		return err
	}
	if rules.Permanent && !directory.DeletesPermanently() {
		return run.ErrNotHere
	}
	s, recent := a.survey(directory, r), a.liveness(rules)
	s.Look = recent.Look
	p, err := s.Plan(ctx, rules)
	if err != nil {
		return err
	}
	a.warnRecent(recent)
	p.Tool, p.Created = version(), a.env.Now()
	return a.goOn(ctx, o.planDeed, execution{
		plan: p, directory: directory, store: o.store.path, parallel: r.parallel, format: r.format, pages: o.output.pages,
		copies: copies,
	})
}

// goOn shows the plan, keeps it, or has it approved and carries it through. A
// digest that was given is compared before anything is shown or kept. A plan
// above a cap is shown and kept as any other, and then refused, so that a dry
// run ends as the run would.
func (a *app) goOn(ctx context.Context, o planDeed, e execution) error {
	if o.approve != "" {
		if err := a.approve(ctx, e.plan, o.approve); err != nil {
			return err
		}
	}
	stop := o.dryRun || o.approve == "" && (o.planOut != "" || e.plan.Totals().Steps() == 0)
	if stop || e.format == report.Table {
		if err := report.Plan(a.env.Stdout, a.view(e.format), e.plan); err != nil {
			return err
		}
	}
	if err := a.keep(o.planOut, e.plan); err != nil {
		return err
	}
	if stop {
		if err := errors.Join(a.writePages(e.pages, e.plan, nil), o.caps.Check(e.plan)); err != nil {
			return err
		}
		return exit.PartialIf(len(e.plan.Skipped) > 0)
	}
	if err := o.caps.Check(e.plan); err != nil {
		return err
	}
	if o.approve == "" {
		if err := a.approve(ctx, e.plan, ""); err != nil {
			return err
		}
	}
	return a.execute(ctx, e)
}

// keep writes the plan for apply, if that is wanted.
func (a *app) keep(name string, p plan.Plan) error {
	if name == "" {
		return nil
	}
	if err := writeFile(name, p.Encode()); err != nil {
		return err
	}
	a.console.Say("the plan is kept in %s; apply it with: riva-prep apply %s --approve %s", name, name, p.Digest())
	return nil
}

// approve asks for the number of items, or compares the digest given. Nothing
// else is a yes.
func (a *app) approve(ctx context.Context, p plan.Plan, digest string) error {
	if digest != "" {
		if strings.TrimPrefix(digest, "sha256:") == strings.TrimPrefix(p.Digest(), "sha256:") {
			return nil
		}
		return exit.Refusal(
			fmt.Errorf("the plan's digest is %s, which is not the one approved", p.Digest()),
			"something changed since it was approved; look at the plan with --dry-run and approve the new digest",
		)
	}
	if !a.console.InTerminal || !a.console.ErrTerminal {
		return exit.Refusal(
			errors.New("nobody is there to approve the plan, so nothing was done"),
			"look at it with --dry-run, then run the same command with --approve "+p.Digest(),
		)
	}
	return a.ask(ctx, p)
}

func (a *app) ask(ctx context.Context, p plan.Plan) error {
	want := strconv.Itoa(p.Totals().Steps())
	answer, err := a.console.Ask(ctx, "this will "+does(p)+gravely(p)+"; type "+want+" to go on: ")
	if err != nil {
		return err
	}
	if strings.TrimSpace(answer) != want {
		return exit.Refusal(errors.New("not approved, so nothing was done"), "")
	}
	return nil
}

// gravely says what of a plan cannot be taken back.
func gravely(p plan.Plan) string {
	said := ""
	if n := p.Totals().Permanent; n > 0 {
		said += fmt.Sprintf("; %d of them for good, not into Deleted Items", n)
	}
	if n := len(p.Mailed()); n > 0 {
		said += fmt.Sprintf("; Exchange will mail cancellations to %d people", n)
	}
	return said
}

// does says in a few words what a plan changes.
func does(p plan.Plan) string {
	t := p.Totals()
	where, backup := " in "+words.Mailboxes(t.Mailboxes), ", after backing everything up"
	switch p.Rules.Purpose {
	case plan.Purge:
		return fmt.Sprintf("delete %d of %s", t.Deletes, words.Items(t.Items)) + where + backup
	case plan.TagPersonal:
		return fmt.Sprintf("tag %d of %s", t.Tags, words.Items(t.Items)) + where + backup
	case plan.Restore, plan.Undo: // may do several things
	}
	var all []string
	if t.Creates > 0 {
		all = append(all, "make "+words.Items(t.Creates)+" again")
	}
	if t.Tags > 0 {
		all = append(all, "set the categories of "+words.Items(t.Tags))
	}
	if t.Deletes > 0 {
		all = append(all, "delete "+words.Items(t.Deletes))
	}
	if t.Creates == t.Steps() { // nothing that is there is touched
		backup = ""
	}
	return strings.Join(all, " and ") + where + backup
}

// writePages writes what is wanted for people.
func (a *app) writePages(to pages, p plan.Plan, r *run.Report) error {
	write := func(w io.Writer) error { return report.HTML(w, p, r, a.env.Now()) }
	if to.closed && r == nil {
		write = func(w io.Writer) error { return report.ClosedHTML(w, p, a.env.Now()) }
	}
	return errors.Join(a.writePage(to.html, write), a.writeSheets(to.sheets, p, r))
}

// writeSheets writes a report for the user of each mailbox, if that is wanted.
func (a *app) writeSheets(name string, p plan.Plan, r *run.Report) (err error) {
	if name == "" {
		return nil
	}
	dir, err := durable.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	n, err := report.Sheets(p, r, a.env.Now(), dir.WriteFile)
	if err != nil {
		return err
	}
	a.console.Say("reports for the users of %s are in %s; %s says whose is which", words.Mailboxes(n), name, report.SheetsIndex)
	return nil
}

// show writes a result to standard output, and once more as a page, if that is
// wanted.
func (a *app) show(view report.Options, page string, write func(io.Writer, report.Options) error) error {
	if err := write(a.env.Stdout, view); err != nil {
		return err
	}
	return a.writePage(page, func(w io.Writer) error { return write(w, report.Options{Format: report.Page, Now: a.env.Now()}) })
}

// writePage writes the report for people, if one is wanted.
func (a *app) writePage(name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	var page bytes.Buffer
	if err := write(&page); err != nil {
		return err
	}
	if err := writeFile(name, page.Bytes()); err != nil {
		return err
	}
	a.console.Say("the report is in %s", name)
	return nil
}

// writeFile writes a file that a person named, whole or not at all.
func writeFile(name string, data []byte) (err error) {
	if info, statErr := os.Stat(name); statErr == nil && info.IsDir() {
		return exit.Wrong(fmt.Errorf("%s is a folder", name), "name a file in it")
	}
	dir, err := durable.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	return dir.WriteFile(filepath.Base(name), data)
}
