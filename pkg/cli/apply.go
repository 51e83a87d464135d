package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/console"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

type applyOptions struct {
	store    storeFlag
	output   outputFlags
	parallel int
	approve  string
	resume   string
	keys     keyFlags
	copies   copyFlags
	caps     capFlags

	rehearsal rehearsalFlags
}

func (a *app) applyCommand() *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use:   "apply PLAN | apply --resume RUN",
		Short: "Carry out a plan that was kept",
		Long: `Apply carries out a plan that was kept with --plan-out: exactly
its steps, on exactly the versions it saw. What changed since is skipped and
listed. Everything of the plan's kinds in its mailboxes is backed up and proven first.

A run that was stopped, by whatever, goes on with --resume and its name, which is
that of its folder in the store. Its plan was approved when it was begun, and its
journal has the digest: it is shown, and not asked for again. A run that has ended
does nothing more.

With --rehearse nothing is changed: the mailboxes are backed up, or a backup is
named with --snapshot, and the plan is carried out on a copy of them in memory,
with Exchange's limits, as fast as this machine can. What is shown is what the run
would do: its outcome, the mails that would go out if every fact that Microsoft
does not document is at its worst, its requests, and how long they would take at
the times that --latency and --network assume. Nobody can foresee what others do
in the mailboxes meanwhile, what fails, and how busy the service is. It needs no
approval, and as much memory as the mailboxes.

Exit status: 0 done, 3 in part, 4 not approved or refused, 130 interrupted.`,
		Example: `  riva-prep apply wave-1.plan.json --approve sha256:…
  riva-prep apply wave-1.plan.json --rehearse
  riva-prep apply --resume purge-c3ff936f3e98a509`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := o.checkRehearsal(); err != nil {
				return err
			}
			if o.resume != "" && len(args) > 0 {
				return errors.New("a plan file or --resume, not both")
			}
			if o.resume != "" {
				return nil
			}
			return one("plan file", "make one with purge, tag-personal, restore or undo and --plan-out")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.resume != "" {
				return a.resume(cmd.Context(), o)
			}
			if o.rehearsal.wanted {
				return a.rehearsePlan(cmd.Context(), o, args[0])
			}
			return a.apply(cmd.Context(), o, args[0])
		},
	}
	o.output.add(cmd.Flags())
	o.output.addReport(cmd.Flags())
	o.store.add(cmd.Flags())
	cmd.Flags().StringVar(&o.approve, "approve", "", "approve the plan by its `DIGEST`")
	cmd.Flags().StringVar(&o.resume, "resume", "", "go on with the `RUN` of this name in the store")
	o.keys.add(cmd.Flags())
	o.copies.add(cmd.Flags(), &a.conn)
	o.caps.add(cmd.Flags())
	o.rehearsal.add(cmd.Flags())
	cmd.Flags().IntVar(&o.parallel, "parallel", defaultParallel(), "mailboxes worked on at a time")
	return cmd
}

// settle reads all flags that need no plan.
func (o applyOptions) settle() (execution, error) {
	format, err := o.output.parse()
	if err != nil {
		return execution{}, err
	}
	copies, err := o.copies.parse()
	if err != nil {
		return execution{}, err
	}
	if err := atLeastOne(o.parallel); err != nil {
		return execution{}, err
	}
	keys, err := o.keys.read()
	return execution{store: o.store.path, parallel: o.parallel, format: format, pages: o.output.pages, keys: keys, copies: copies}, err
}

// resume goes on with a run by its name.
func (a *app) resume(ctx context.Context, o applyOptions) error {
	e, err := o.settle()
	if err != nil {
		return err
	}
	err = withStore(o.store.path, func(s *run.Store) (err error) {
		e.plan, err = s.Approved(o.resume)
		return err
	})
	if err != nil {
		return err
	}
	if o.approve != "" {
		if err := a.approve(ctx, e.plan, o.approve); err != nil {
			return err
		}
	}
	a.console.Say("going on with run %s, approved by its digest %s", o.resume, e.plan.Digest())
	return a.carry(ctx, o, e)
}

func (a *app) apply(ctx context.Context, o applyOptions, name string) error {
	e, err := o.settle()
	if err != nil {
		return err
	}
	if e.plan, err = readPlan(name); err != nil {
		return err
	}
	if e.plan.Rules.Source != nil { // what it makes items of is there already
		if err := withStore(o.store.path, func(*run.Store) error { return nil }); err != nil {
			return err
		}
	}
	if o.approve == "" && e.format == report.Table {
		if err := report.Plan(a.env.Stdout, a.view(e.format), e.plan); err != nil {
			return err
		}
	}
	if err := o.caps.Check(e.plan); err != nil { // before anybody is asked
		return err
	}
	if err := a.approve(ctx, e.plan, o.approve); err != nil {
		return err
	}
	return a.carry(ctx, o, e)
}

// carry carries an approved plan out.
func (a *app) carry(ctx context.Context, o applyOptions, e execution) (err error) {
	if err := o.caps.Check(e.plan); err != nil {
		return err
	}
	a.conn.markers = e.plan.Rules.Properties()
	if e.directory, err = a.directory(); err != nil {
		return err
	}
	return a.execute(ctx, e)
}

func readPlan(name string) (plan.Plan, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return plan.Plan{}, exit.Wrong(fmt.Errorf("there is no plan %s", name), "make one with purge, tag-personal, restore or undo and --plan-out")
	}
	if err != nil {
		return plan.Plan{}, exit.Wrong(fmt.Errorf("the plan cannot be read: %w", err), "a plan is a file that --plan-out keeps")
	}
	p, err := plan.Decode(data)
	if err != nil {
		return plan.Plan{}, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

// execution is an approved plan, with all that carrying it through needs.
type execution struct {
	plan      plan.Plan
	directory mailbox.Directory
	store     string
	parallel  int
	format    report.Format
	pages     pages
	keys      []snapshot.Identity
	copies    copies
}

// execute carries a plan through and shows what became of it.
func (a *app) execute(ctx context.Context, e execution) (err error) {
	store, err := run.OpenStore(e.store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	locks, unlocked := a.locks()
	defer unlocked()
	w := a.watch(e.plan)
	outcome, err := store.Execute(ctx, run.Job{
		Plan: e.plan, Directory: e.directory, Tool: version(), Now: a.env.Now,
		Holder: a.holder(string(e.plan.Rules.Purpose)), Locks: locks, Parallel: e.parallel, Watcher: w, Keys: e.keys,
		Backup: e.copies.Options, Rest: e.copies.rest,
	})
	w.stop()
	if outcome.Torn {
		a.console.Warn("the last line of the run's journal was cut off by a crash; what it said was found out anew")
	}
	a.logRun(outcome.Run)
	resume := howToGoOn(outcome, e.plan)
	if outcome.Run == "" || outcome.Result.Mailboxes == nil {
		return exit.Next(err, resume)
	}
	shown := report.Run(a.env.Stdout, a.view(e.format), e.plan, outcome)
	if err := errors.Join(err, shown, a.writePages(e.pages, e.plan, &outcome)); err != nil {
		return exit.Next(err, resume)
	}
	return exit.Next(exit.PartialIf(!outcome.Result.Whole() || outcome.Result.Lacking() > 0 || len(e.plan.Skipped) > 0), resume)
}

// howToGoOn is the command that goes on with a run that has something left to do.
func howToGoOn(r run.Report, p plan.Plan) string {
	if r.Run == "" || r.Result.Ended() {
		return ""
	}
	store := quoted(filepath.Dir(filepath.Dir(r.Folder)))
	if r.Begun {
		return fmt.Sprintf("go on with it: riva-prep apply --resume %s --store %s", r.Run, store)
	}
	return fmt.Sprintf("go on with it: riva-prep apply %s --approve %s --store %s",
		quoted(filepath.Join(r.Folder, "plan.json")), p.Digest(), store)
}

// quoted keeps a path with blanks together, in every shell.
func quoted(path string) string {
	if strings.ContainsAny(path, " \t") {
		return `"` + path + `"`
	}
	return path
}

// watcher shows a run's progress. It counts nothing that matters.
type watcher struct {
	app     *app
	copying *console.Progress
	// doing begins with the first step, after what has to be backed up.
	doing func() *console.Progress
}

func (a *app) watch(p plan.Plan) *watcher {
	t := p.Totals()
	w := &watcher{app: a, copying: a.console.Progress("backing up", t.Mailboxes)}
	w.doing = sync.OnceValue(func() *console.Progress {
		w.copying.Done()
		return a.doing(p)
	})
	if t.Creates == t.Steps() { // nothing that is there is touched, so nothing is backed up
		w.doing()
	}
	return w
}

func (w *watcher) BackedUp(account mailbox.Account, box snapshot.Mailbox, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		w.app.console.Warn("%s could not be backed up, so nothing is changed there: %v", account.Name(), err)
	}
	for _, n := range box.Notices {
		if n.Incomplete {
			w.app.console.Warn("the backup of %s may be incomplete; what is not in it is not touched. %s: %s", account.Name(), n.Where(), n.What)
		}
	}
	if n := len(box.Unreadable); n > 0 {
		first := box.Unreadable[0]
		w.app.console.Warn("%s of %s could not be copied, and what is not copied is not touched; the first is %q in %s: %s",
			words.Items(n), account.Name(), first.Title, first.Folder, first.Error)
	}
	if err != nil {
		w.copying.Count("failed", 1)
	}
	w.copying.Step(1, account.Name())
}

func (w *watcher) Proven(id string, proof snapshot.Proof) {
	w.copying.Done()
	w.app.console.Say("backup %s holds %d items and was read back from the disk", id, proof.Items())
}

func (w *watcher) Step(o apply.Outcome) {
	if o.Result != journal.Unknown {
		if o.Result != journal.Done {
			w.doing().Count(string(o.Result), 1)
		}
		w.doing().Step(1, o.Account.Name())
	}
}

func (w *watcher) stop() {
	w.copying.Done()
	w.doing().Done()
}
