package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/scope"
)

// planOptions are what purge and tag-personal share: make a plan, have it
// approved, carry it through.
type planOptions struct {
	scope   scopeFlags
	output  outputFlags
	store   storeFlag
	dryRun  bool
	planOut string
	approve string
}

func (o *planOptions) add(flags *pflag.FlagSet) {
	o.scope.add(flags)
	o.output.add(flags)
	o.output.addReport(flags)
	o.store.add(flags)
	flags.BoolVar(&o.dryRun, "dry-run", false, "show the plan and stop")
	flags.StringVar(&o.planOut, "plan-out", "", "keep the plan in `FILE` and stop, for apply")
	flags.StringVar(&o.approve, "approve", "", "approve the plan by its `DIGEST`, as a dry run shows it")
}

// planned makes a plan from the rules and goes on with it as the options say.
func (a *app) planned(ctx context.Context, o planOptions, rules plan.Rules) error {
	selection, kinds, err := o.scope.selection()
	if err != nil {
		return err
	}
	rules.Kinds = kinds
	if err := rules.Check(); err != nil {
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
	p, err := a.makePlan(ctx, mailbox.ReadOnly(directory), selection, rules, o.scope.parallel)
	if err != nil {
		return err
	}
	return a.goOn(ctx, o, format, directory, p)
}

func (a *app) makePlan(ctx context.Context, directory mailbox.Directory, selection scope.Selection, rules plan.Rules, parallel int) (plan.Plan, error) {
	var parts []plan.Mailbox
	skipped, err := a.read(ctx, directory, selection, scope.Reading{Kinds: rules.Kinds, Series: rules.WantsSeries, Parallel: parallel}, func(account mailbox.Account, items []item.Item) {
		parts = append(parts, plan.For(rules, account, items))
	})
	if err != nil {
		return plan.Plan{}, err
	}
	tenant, err := directory.Tenant(ctx)
	if err != nil {
		return plan.Plan{}, err
	}
	p := plan.Make(tenant, rules, parts)
	p.Tool, p.Created, p.Skipped = version(), a.env.Now(), skipped
	return p, nil
}

// goOn shows the plan, keeps it, or has it approved and carries it through.
func (a *app) goOn(ctx context.Context, o planOptions, format report.Format, directory mailbox.Directory, p plan.Plan) error {
	if o.approve != "" {
		if err := a.approve(ctx, p, o.approve); err != nil {
			return err
		}
	}
	stop := o.dryRun || o.approve == "" && (o.planOut != "" || p.Totals().Steps() == 0)
	if stop || format == report.Table {
		if err := report.Plan(a.env.Stdout, format, a.view(format), p); err != nil {
			return err
		}
	}
	if o.planOut != "" {
		if err := writeFile(o.planOut, p.Encode()); err != nil {
			return err
		}
		a.console.Say("the plan is kept in %s; apply it with: riva-prep apply %s --approve %s", o.planOut, o.planOut, p.Digest())
	}
	if stop {
		if err := a.writeReport(o.output.html, p, nil); err != nil {
			return err
		}
		return partlyIf(len(p.Skipped) > 0)
	}
	if o.approve == "" {
		if err := a.approve(ctx, p, ""); err != nil {
			return err
		}
	}
	return a.execute(ctx, executeOptions{store: o.store, output: o.output, format: format, parallel: o.scope.parallel}, directory, p)
}

// approve asks for the number of items, or compares the digest given. Nothing
// else is a yes.
func (a *app) approve(ctx context.Context, p plan.Plan, digest string) error {
	if digest != "" {
		if strings.TrimPrefix(digest, "sha256:") == strings.TrimPrefix(p.Digest(), "sha256:") {
			return nil
		}
		return &refusal{
			fmt.Errorf("the plan's digest is %s, which is not the one approved", p.Digest()),
			"something changed since it was approved; look at the plan with --dry-run and approve the new digest",
		}
	}
	if !a.console.InTerminal || !a.console.ErrTerminal {
		return &refusal{
			errors.New("nobody is there to approve the plan, so nothing was done"),
			"look at it with --dry-run, then run the same command with --approve " + p.Digest(),
		}
	}
	return a.ask(ctx, p)
}

func (a *app) ask(ctx context.Context, p plan.Plan) error {
	totals := p.Totals()
	verb := "tag"
	if p.Rules.Purpose == plan.Purge {
		verb = "delete"
	}
	want := strconv.Itoa(totals.Steps())
	answer, err := a.console.Ask(ctx, fmt.Sprintf("this will %s %s of %d items in the mailboxes (%d), after backing them up; type %s to go on: ",
		verb, want, totals.Items, totals.Mailboxes, want))
	if err != nil {
		return err
	}
	if strings.TrimSpace(answer) != want {
		return &refusal{errors.New("not approved, so nothing was done"), ""}
	}
	return nil
}

// writeReport writes the report for people, if one is wanted.
func (a *app) writeReport(name string, p plan.Plan, view *report.RunView) error {
	if name == "" {
		return nil
	}
	var page strings.Builder
	if err := report.HTML(&page, p, view, a.env.Now()); err != nil {
		return err
	}
	if err := writeFile(name, []byte(page.String())); err != nil {
		return err
	}
	a.console.Say("the report is in %s", name)
	return nil
}

// writeFile writes a file that a person named, whole or not at all.
func writeFile(name string, data []byte) (err error) {
	if info, statErr := os.Stat(name); statErr == nil && info.IsDir() {
		return usage(fmt.Errorf("%s is a folder", name), "name a file in it")
	}
	dir, err := durable.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	return dir.WriteFile(filepath.Base(name), data)
}
