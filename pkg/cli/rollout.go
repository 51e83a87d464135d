package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/profile"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/rollout"
	"github.com/riva-prep/riva-prep/pkg/rollout/gate"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/scope"
)

const rolloutFileHint = "docs/schema/rollout.schema.json describes rollout files, and README.md shows one"

// rolloutOptions are what the commands of a rollout share.
type rolloutOptions struct {
	store  storeFlag
	output outputFlags
	wave   string
	canary int
	// answers are the gates that the person answers now.
	answers map[gate.Name]*bool
	approve string
	copies  copyFlags
	// exclude and protect add to the file's.
	exclude, protect []string
}

func (a *app) rolloutCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rollout",
		Short: "Lead many mailboxes through purge and tag-personal, in waves",
		Long: `Rollout follows a file that says once what is meant: the tenant, the sync server
with its category and kinds, the plug-in, the tag, the mailboxes and their waves. A
wave is a purge and then a tag-personal, each an ordinary plan that is approved by
its digest. It begins only when the wave before it is done and verified.

Before the first item is deleted there are gates: the plug-in must be off, must
not have written lately, the sync server must not be on yet, and somebody must
have looked in the CRM at what became of a few deleted items, the canary.

Exit status: 0 done, 2 the file makes no sense, 3 in part, 4 not approved, a gate
is closed, or the wave has to wait.`,
		Example: `  riva-prep rollout check rollout.yaml
  riva-prep rollout run rollout.yaml --wave pilot --plug-in-off --canary 3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.rolloutCheckCommand(), a.rolloutPlanCommand(), a.rolloutRunCommand(), a.rolloutStatusCommand(), a.rolloutReportCommand())
	return cmd
}

func oneRollout() cobra.PositionalArgs { return one("rollout file", rolloutFileHint) }

func (o *rolloutOptions) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	o.output.add(flags)
	o.store.add(flags)
	flags.StringArrayVar(&o.exclude, "exclude", nil, "a mailbox to leave out, besides those of the file and the settings (repeatable)")
	flags.StringArrayVar(&o.protect, "protect", nil, "a category whose items are never deleted, besides those of the file and the settings (repeatable)")
}

func (o *rolloutOptions) addWave(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.wave, "wave", "", "the `WAVE` of the file that is meant")
	flags.Var(count{&o.canary}, "canary", "only `N` items of each kind, in one mailbox")
}

func (a *app) rolloutCheckCommand() *cobra.Command {
	var o rolloutOptions
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Say what is wrong with a rollout, and which mailbox is in which wave",
		Long: `Check reads the file, every fault with its line, and then looks every mailbox up:
who is in which wave, who is excluded or in none, who has no mailbox, and which are
rooms: those are in no wave, and nothing is changed in them. Check itself changes
nothing either.

Exit status: 0 done, 2 the file makes no sense, 3 a mailbox cannot be worked on or
is in no wave.`,
		Example: `  riva-prep rollout check rollout.yaml
  riva-prep rollout check rollout.yaml --output json`,
		Args: oneRollout(),
		RunE: func(cmd *cobra.Command, args []string) error { return a.rolloutCheck(cmd.Context(), o, args[0]) },
	}
	o.add(cmd)
	return cmd
}

func (a *app) rolloutPlanCommand() *cobra.Command {
	var o rolloutOptions
	o.output.closed = true
	cmd := &cobra.Command{
		Use:   "plan FILE --wave WAVE",
		Short: "Show what comes next in a wave, and the gates before it",
		Long: `Plan makes the plan that rollout run would carry out next in the wave, shows it
with its digest, and says which gates are closed. No mailbox is changed; the store
notes when the first plan was made. To keep an item out of it, protect a category
of the item in the rollout file, or exclude the mailbox.

Exit status: 0 done, 3 a mailbox was skipped, 4 the wave has to wait.`,
		Example: `  riva-prep rollout plan rollout.yaml --wave pilot
  riva-prep rollout plan rollout.yaml --wave pilot --canary 3`,
		Args: oneRollout(),
		RunE: func(cmd *cobra.Command, args []string) error { return a.rolloutPlan(cmd.Context(), o, args[0]) },
	}
	o.addWave(cmd)
	o.add(cmd)
	o.output.addPage(cmd.Flags())
	return cmd
}

func (a *app) rolloutRunCommand() *cobra.Command {
	o := rolloutOptions{answers: map[gate.Name]*bool{}}
	o.output.closed = true
	cmd := &cobra.Command{
		Use:   "run FILE --wave WAVE",
		Short: "Carry out what comes next in a wave",
		Long: `Run carries out what comes next in the wave: the canary if that is asked for, the
purge, the tagging, and at last the verification, for which all mailboxes of the
wave are read again. Each plan is approved on a terminal by the number of items,
otherwise by --approve with the digest that rollout plan shows. A run that was
stopped, by whatever, goes on. Where one command carries out several plans, the
report of each later one has its phase in its name.

A closed gate stops it before anything is deleted, with its reason, what was seen,
and the flag that answers it. Who answered which gate, and when, is kept in the
store. --plug-in-off and --canary-ok are answers for the whole rollout, the others
for this plan.

Exit status: 0 done, 3 in part, 4 not approved, a gate is closed, or the wave has
to wait, 130 interrupted.`,
		Example: `  riva-prep rollout run rollout.yaml --wave pilot --plug-in-off --canary 3
  riva-prep rollout run rollout.yaml --wave pilot --canary-ok --approve sha256:…`,
		Args: oneRollout(),
		RunE: func(cmd *cobra.Command, args []string) error { return a.rolloutRun(cmd.Context(), o, args[0]) },
	}
	o.addWave(cmd)
	o.add(cmd)
	o.output.addPage(cmd.Flags())
	o.copies.add(cmd.Flags(), &a.conn)
	cmd.Flags().StringVar(&o.approve, "approve", "", "approve the plan by its `DIGEST`, as rollout plan shows it")
	for name, usage := range map[gate.Name]string{
		gate.PlugIn: "state that the plug-in is off for all mailboxes of the rollout",
		gate.Recent: "state that the changes of the last 24 hours were not the plug-in's",
		gate.Server: "state that it is known that the sync server is on already",
		gate.Canary: "state that the items of the canary are still in the CRM",
	} {
		o.answers[name] = cmd.Flags().Bool(string(name), false, usage)
	}
	return cmd
}

func (a *app) rolloutStatusCommand() *cobra.Command {
	var o rolloutOptions
	cmd := &cobra.Command{
		Use:   "status FILE",
		Short: "Show how far every mailbox of a rollout has come",
		Long: `Status shows every mailbox with its wave: waiting, backed-up, done, held (done, and
something is held), failed or undone, and what comes next there. It is read from
the journals of the runs. Nothing is changed.

Exit status: 0 shown, 3 a mailbox failed or was not found.`,
		Example: `  riva-prep rollout status rollout.yaml
  riva-prep rollout status rollout.yaml --output json`,
		Args: oneRollout(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.rolloutStatus(cmd.Context(), o, args[0], report.RolloutStatus)
		},
	}
	o.add(cmd)
	o.output.addPage(cmd.Flags())
	return cmd
}

func (a *app) rolloutReportCommand() *cobra.Command {
	var o rolloutOptions
	cmd := &cobra.Command{
		Use:   "report FILE",
		Short: "Tell the story of a rollout: waves, runs, digests, answers",
		Long: `Report shows each wave with its numbers, and everything that was kept of the
rollout in its order: which plan was approved by whom and when, which run it led to,
who answered which gate on what evidence. --report writes it as a page, with every
mailbox. Nothing is changed.

Exit status: 0 shown, 3 a mailbox failed or was not found.`,
		Example: `  riva-prep rollout report rollout.yaml --output markdown
  riva-prep rollout report rollout.yaml --report rollout.html`,
		Args: oneRollout(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.rolloutStatus(cmd.Context(), o, args[0], report.RolloutReport)
		},
	}
	o.add(cmd)
	o.output.addPage(cmd.Flags())
	return cmd
}

// rolling is a rollout as it stands.
type rolling struct {
	rollout.Books

	file      rollout.File
	profiles  profile.Catalogue
	sets      []marker.Set
	directory *graph.Client
	tenant    mailbox.Tenant
	found     scope.Found
	divided   rollout.Divided
	format    report.Format
	parallel  int
}

// readRollout reads a file and all that it names on the disk. Nothing is sent.
func (a *app) readRollout(o rolloutOptions, name string) (*rolling, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, exit.Wrong(fmt.Errorf("the rollout file cannot be read: %w", err), rolloutFileHint)
	}
	r := &rolling{}
	if r.file, err = rollout.Read(data); err != nil {
		return nil, exit.Wrong(fmt.Errorf("%s: %w", filepath.Base(name), err), rolloutFileHint)
	}
	beside := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(filepath.Dir(name), path)
	}
	if err := r.file.ReadLists(func(path string) ([]string, error) { return readList(beside(path), a.env.Stdin) }); err != nil {
		return nil, err
	}
	r.file.PlugIn.Protect = append(r.file.PlugIn.Protect, o.protect...)
	flags := profileFlags{generic: r.file.PlugIn.Generic}
	for _, p := range r.file.PlugIn.Profiles {
		if isFile(p) {
			flags.files = append(flags.files, beside(p))
		} else {
			flags.names = append(flags.names, p)
		}
	}
	if r.profiles, err = flags.read(); err != nil {
		return nil, err
	}
	if r.sets, err = a.sets(flags, plan.TagPersonal); err != nil {
		return nil, err
	}
	if err := errors.Join(r.file.CheckSets(r.sets), r.file.Purge(r.sets).Check(), r.file.TagRest(r.sets).Check()); err != nil {
		return nil, err
	}
	if r.parallel = r.file.Limits.Parallel; r.parallel == 0 {
		r.parallel = defaultParallel()
	}
	r.format, err = o.output.parse()
	return r, err
}

// openRollout reads a rollout, its mailboxes in the directory, and what the store
// knows of it.
func (a *app) openRollout(ctx context.Context, o rolloutOptions, name string) (*rolling, error) {
	r, err := a.readRollout(o, name)
	if err != nil {
		return nil, err
	}
	if r.file.Cloud != "" && a.conn.cloud != "" && a.conn.cloud != r.file.Cloud {
		return nil, exit.Wrong(fmt.Errorf("--cloud is %s, and the rollout is for %s", a.conn.cloud, r.file.Cloud), "leave --cloud out")
	}
	if r.file.Cloud != "" {
		a.conn.cloud = r.file.Cloud
	}
	a.conn.markers = r.file.Purge(r.sets).Properties()
	if r.directory, err = a.directory(); err != nil {
		return nil, err
	}
	if r.tenant, err = r.directory.Tenant(ctx); err != nil {
		return nil, err
	}
	if r.tenant.ID != r.file.Tenant {
		return nil, fmt.Errorf("the rollout's %w: it is for %s, the credentials are of %s", run.ErrOtherTenant, r.file.Tenant, r.tenant.ID)
	}
	if r.found, err = scope.Resolve(ctx, r.directory, r.file.Selection()); err != nil {
		return nil, err
	}
	if err := r.found.Without(ctx, r.directory, o.exclude); err != nil {
		return nil, err
	}
	if err := r.readBooks(o.store.path); err != nil {
		return nil, err
	}
	begun := r.State.Begun()
	if _, err := r.purposes(ctx, func(a mailbox.Account) bool { return !begun[a.ID] }); err != nil {
		return nil, err
	}
	return r, r.divide(ctx)
}

// purposes opens mailboxes, to learn what they are for: rooms are in no wave. It
// returns those that cannot be opened.
func (r *rolling) purposes(ctx context.Context, which func(mailbox.Account) bool) ([]plan.Skipped, error) {
	var ask []mailbox.Account
	for _, a := range r.found.Accounts {
		if a.Purpose == "" && which(a) {
			ask = append(ask, a)
		}
	}
	boxes, skipped, err := scope.OpenAll(ctx, mailbox.ReadOnly(r.directory), ask, r.parallel, false)
	if err != nil {
		return nil, err
	}
	purpose := map[string]string{}
	for _, mb := range boxes {
		purpose[mb.Account().ID] = mb.Account().Purpose
	}
	for i := range r.found.Accounts {
		a := &r.found.Accounts[i]
		a.Purpose = cmp.Or(a.Purpose, purpose[a.ID])
	}
	return skipped, nil
}

// readBooks reads what the store knows; one that is not there yet knows nothing.
func (r *rolling) readBooks(path string) error {
	r.Meant = map[string]bool{}
	for _, account := range r.found.Accounts {
		r.Meant[account.ID] = true
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return withStore(path, func(s *run.Store) (err error) {
		if r.State, err = rollout.Load(s.Dir(), &r.file); err != nil {
			return err
		}
		r.Looks, err = rollout.Looks(s, r.State)
		return err
	})
}

func (r *rolling) divide(ctx context.Context) error {
	named := map[string][]mailbox.Account{}
	for _, w := range r.file.Waves {
		if !w.Named() {
			continue
		}
		found, err := scope.Resolve(ctx, r.directory, scope.Selection{Names: w.Mailboxes.Names, Groups: w.Mailboxes.Groups})
		if err != nil {
			return err
		}
		named[w.Name] = found.Accounts
		r.found.Skipped = append(r.found.Skipped, found.Skipped...)
	}
	var err error
	r.divided, err = rollout.Divide(r.file.Waves, r.found.Accounts, named, r.State.Members())
	return err
}

func (a *app) rolloutCheck(ctx context.Context, o rolloutOptions, name string) error {
	r, err := a.openRollout(ctx, o, name)
	if err != nil {
		return err
	}
	// those that did not open for the division are tried once more
	skipped, err := r.purposes(ctx, func(mailbox.Account) bool { return true })
	if err != nil {
		return err
	}
	check := report.RolloutChecked{Name: r.file.Name, Excluded: slices.Concat(r.file.Exclude, o.exclude), Waves: r.divided.Parts, Rooms: accountNames(r.divided.Rooms)}
	check.Problems = slices.Concat(r.found.Skipped, skipped, r.divided.Outside)
	for _, a := range r.found.Accounts {
		if a.Room() && !slices.Contains(check.Rooms, a.Name()) {
			check.Held = append(check.Held, a.Name())
		}
	}
	if err := report.RolloutCheck(a.env.Stdout, a.all(r.format), check); err != nil {
		return err
	}
	return exit.PartialIf(len(check.Problems) > 0)
}

func accountNames(accounts []mailbox.Account) (names []string) {
	for _, a := range accounts {
		names = append(names, a.Name())
	}
	return names
}

func (a *app) rolloutStatus(ctx context.Context, o rolloutOptions, name string, show func(io.Writer, report.Options, report.RolloutStood) error) error {
	r, err := a.openRollout(ctx, o, name)
	if err != nil {
		return err
	}
	stood := report.RolloutStood{Name: r.file.Name, Tenant: r.tenant, Skipped: append(r.found.Skipped, r.divided.Outside...), Rooms: accountNames(r.divided.Rooms), Records: r.State.Records}
	failed := 0
	for _, part := range r.divided.Parts {
		w := r.Standing(part)
		failed += w.Counts[string(rollout.Failed)]
		stood.Waves = append(stood.Waves, w)
	}
	write := func(w io.Writer, view report.Options) error { return show(w, view, stood) }
	if err := a.show(a.all(r.format), o.output.html, write); err != nil {
		return err
	}
	return exit.PartialIf(failed+len(stood.Skipped) > 0)
}
