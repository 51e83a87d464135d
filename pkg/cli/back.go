package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// backOptions are what restore and undo share.
type backOptions struct {
	deed     planDeed
	keys     keyFlags
	rest     restFlags
	rules    plan.Rules
	streams  string
	parallel int
}

func (o *backOptions) add(flags *pflag.FlagSet) {
	o.deed.add(flags)
	o.keys.add(flags)
	o.rest.add(flags)
	flags.IntVar(&o.parallel, "parallel", defaultParallel(), "mailboxes worked on at a time")
	flags.StringVar(&o.streams, "streams", "auto", "import Exchange's own streams where the snapshot has them: auto or off")
	flags.StringArrayVar(&o.rules.Strip, "strip-category", nil, "make items without this category, so that a sync that is live does not take them (repeatable)")
	flags.BoolVar(&o.rules.ImportMeetings, "import-meetings", false,
		"import streams of meetings that the mailbox organizes, attendees included; Exchange may mail invitations to all of them")
	flags.BoolVar(&o.rules.IncludeRooms, "include-rooms", false, "write to room and equipment mailboxes too")
}

// check settles what needs no request.
func (o *backOptions) check() error {
	if o.streams != "auto" && o.streams != "off" {
		return exit.Wrong(fmt.Errorf("unknown --streams %q", o.streams), "--streams takes auto or off")
	}
	if err := atLeastOne(o.parallel); err != nil {
		return err
	}
	_, err := o.deed.output.parse()
	return err
}

// planning makes a plan with the tenant as it is now.
type planning func(*graph.Client) (plan.Plan, error)

// bringBack reads what is to be brought back, makes a plan with it, and goes on with
// that. What is not in the store is missed before anybody signs in.
func (a *app) bringBack(ctx context.Context, o backOptions, read func(*run.Store, []snapshot.Identity) (planning, error)) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	keys, err := o.keys.read()
	if err != nil {
		return err
	}
	rest, err := o.rest.options()
	if err != nil {
		return err
	}
	store, err := existingStore(o.deed.store.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	makePlan, err := read(store, keys)
	if err != nil {
		return err
	}
	directory, err := a.directory()
	if err != nil {
		return err
	}
	p, err := makePlan(directory)
	if err != nil {
		return err
	}
	p.Tool, p.Created = version(), a.env.Now()
	format, err := o.deed.output.parse()
	if err != nil {
		return err
	}
	return a.goOn(ctx, o.deed, execution{
		plan: p, directory: directory, store: o.deed.store.path, parallel: o.parallel, format: format, pages: o.deed.output.pages,
		keys: keys, copies: copies{rest: rest},
	})
}

func (a *app) restoreCommand() *cobra.Command {
	var (
		o       backOptions
		chosen  restore.Select
		kinds   []string
		to      string
		missing bool
	)
	cmd := &cobra.Command{
		Use:   "restore SNAPSHOT",
		Short: "Put items of a backup back into mailboxes",
		Long: `Restore makes a plan that makes items of a snapshot again, shows it with what will
not come back, and carries it out once it is approved: on a terminal by typing
the number of items, otherwise by --approve with the plan's digest.

What is still in the mailbox is left alone, and so is what an earlier restore
made. Nobody is mailed: meetings come back without attendees, whose names,
addresses and answers are written into the body. Folders that are gone are made
again. Where the backup holds Exchange's own stream of an item, and the app may
import it, nothing is lost.

Exit status: 0 done, 3 in part, 4 not approved or refused.`,
		Example: `  riva-prep restore 20261123T054518.033Z --mailbox ann@contoso.example --dry-run
  riva-prep restore 20261123T054518.033Z --kinds contacts --strip-category "Sync with Salesforce"
  riva-prep restore 20261123T054518.033Z --mailbox ann@contoso.example --to-mailbox bo@contoso.example`,
		Args: oneSnapshot(),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if o.rules.Kinds, err = parseKinds(kinds); err != nil {
				return exit.Wrong(err, "--kinds contacts,events,tasks chooses all of them")
			}
			o.rules.Copies = !missing
			return a.bringBack(cmd.Context(), o, func(store *run.Store, keys []snapshot.Identity) (planning, error) {
				from, err := source(store, args[0], keys)
				if err != nil {
					return nil, err
				}
				earlier, err := store.Earlier("")
				if err != nil {
					return nil, err
				}
				return func(directory *graph.Client) (plan.Plan, error) {
					return restore.Plan(cmd.Context(), restore.Request{
						Snapshot: from, Earlier: earlier, Directory: directory, Select: chosen, To: to, Rules: o.rules, Streams: o.streams == "auto", Parallel: o.parallel,
					})
				}, nil
			})
		},
	}
	flags := cmd.Flags()
	o.add(flags)
	flags.StringArrayVar(&chosen.Mailboxes, "mailbox", nil, "a mailbox of the snapshot, by address, user principal name or object id (repeatable; default all)")
	flags.StringSliceVar(&kinds, "kinds", nil, "contacts, events, tasks (default all three)")
	flags.StringArrayVar(&chosen.Folders, "folder", nil, "a folder's `PATH` as the backup shows it (repeatable)")
	flags.StringArrayVar(&chosen.Categories, "category", nil, "items with this category (repeatable)")
	flags.StringArrayVar(&chosen.IDs, "item", nil, "an item's `ID` (repeatable)")
	flags.StringVar(&to, "to-mailbox", "", "put the items of one mailbox into `ANOTHER`")
	flags.BoolVar(&missing, "only-missing", true, "leave alone what is still there; =false makes copies of it")
	return cmd
}

func (a *app) undoCommand() *cobra.Command {
	var o backOptions
	cmd := &cobra.Command{
		Use:   "undo RUN",
		Short: "Take back what a run did",
		Long: `Undo makes a plan that takes a run back: what it deleted is made again from the
run's own backup, categories are set to exactly those before, what it made is
deleted. What somebody has changed since is left alone and listed. The plan is
shown and approved as any other, and can itself be undone.

Exit status: 0 done, 3 in part, 4 not approved or refused.`,
		Example: `  riva-prep undo purge-c3ff936f3e98a509 --dry-run`,
		Args:    one("run", "a run's name is that of its folder under runs in the store"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.bringBack(cmd.Context(), o, func(store *run.Store, keys []snapshot.Identity) (planning, error) {
				past, err := store.Past(args[0], keys)
				if err != nil {
					return nil, err
				}
				earlier, err := store.Earlier("")
				if err != nil {
					return nil, err
				}
				return func(directory *graph.Client) (plan.Plan, error) {
					return restore.Undo(cmd.Context(), restore.UndoRequest{
						Run: past, Earlier: earlier, Directory: directory, Rules: o.rules, Streams: o.streams == "auto", Parallel: o.parallel,
					})
				}, nil
			})
		},
	}
	o.add(cmd.Flags())
	o.deed.caps.add(cmd.Flags())
	cmd.Flags().BoolVar(&o.rules.TagMeetings, "tag-meetings", false,
		"set categories of meetings that the mailbox organizes too; Exchange may mail an update to all their attendees")
	return cmd
}
