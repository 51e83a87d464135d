package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/inventory"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	tenants "github.com/riva-prep/riva-prep/pkg/sandbox/demo"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// demoCategory is what the demo tenant's plug-in, Salesforce for Outlook, puts
// on its items.
const demoCategory = "Sync with Salesforce"

func (a *app) demoCommand() *cobra.Command {
	var store storeFlag
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See the whole procedure on a tenant that exists only in this process",
		Long: `Demo starts a sandbox tenant inside the process and does with it what an
administrator would do before switching on the sync server: list, back up, dry
run, purge, tag, verify. It needs no account and no network, and leaves a folder
with the backup and the reports to look at.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), store.path) },
	}
	cmd.Flags().StringVar(&store.path, "store", "", "the `DIR` for backup and reports (default a new temporary one)")
	return cmd
}

// story is the state of one demonstration.
type story struct {
	*app
	ctx       context.Context
	sandbox   *sandbox.Sandbox
	directory *graph.Client
	store     *run.Store
	accounts  []mailbox.Account
	held      []plan.Mailbox
	done      int
}

func (a *app) demo(ctx context.Context, path string) (err error) {
	if path == "" {
		if path, err = os.MkdirTemp("", "riva-prep-demo-*"); err != nil {
			return fmt.Errorf("make a folder for the demo: %w", err)
		}
	}
	store, err := run.OpenStore(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	box := sandbox.New(tenants.Tenant(), sandbox.Options{Limits: true, Now: a.env.Now})
	server, err := box.Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- server.Serve(serving) }()
	defer func() {
		stop()
		err = errors.Join(err, <-served, server.Close())
	}()
	directory, err := a.demoDirectory(server.Ready())
	if err != nil {
		return err
	}
	defer directory.Close()
	d := &story{app: a, ctx: ctx, sandbox: box, directory: directory, store: store}
	return d.play()
}

func (a *app) demoDirectory(ready sandbox.Ready) (*graph.Client, error) {
	return graph.New(graph.Config{Now: a.env.Now, Sandbox: &graph.Sandbox{
		Graph: ready.Graph, Authority: ready.Authority, TenantID: ready.TenantID, ClientID: ready.ClientID,
		ClientSecret: graph.Secret(ready.ClientSecret), CAFile: ready.CAFile, Control: ready.Control,
	}})
}

func (d *story) play() error {
	purge := plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{demoCategory}, Protect: marker.Protected()}
	tag := plan.Rules{Purpose: plan.TagPersonal, Kinds: item.Kinds(), Categories: []string{demoCategory}, Tag: "Personal", Colour: personalColour}
	for _, step := range []struct {
		title string
		play  func() error
	}{
		{"list: what lies in the mailboxes", d.list},
		{"backup: copy everything and read it back", d.backup},
		{"purge --dry-run: what would be deleted, and what is held", func() error { return d.dryRun(purge) }},
		{"purge: after approval by the plan's digest", func() error { return d.carryOut(purge) }},
		{"tag-personal: mark what remains", func() error { return d.carryOut(tag) }},
		{"verify: look again", d.verify},
	} {
		d.say("\n── %s", step.title)
		if err := step.play(); err != nil {
			return err
		}
	}
	return nil
}

func (d *story) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.env.Stdout, format+"\n", args...)
}

func (d *story) list() error {
	found, err := scope.Resolve(d.ctx, d.directory, scope.Selection{All: true})
	if err != nil {
		return err
	}
	d.accounts = found.Accounts
	boxes, err := d.count()
	if err != nil {
		return err
	}
	d.say("A tenant of %d mailboxes runs in this process; %s filled them for years.", len(boxes), "Salesforce for Outlook")
	d.say("One of them, as riva-prep list shows it:")
	return report.Inventory(d.env.Stdout, report.Table, d.view(report.Table), boxes[:1], nil)
}

func (d *story) count() ([]inventory.Mailbox, error) {
	var boxes []inventory.Mailbox
	_, err := scope.Read(d.ctx, mailbox.ReadOnly(d.directory), d.accounts, scope.Reading{Kinds: item.Kinds(), Parallel: 4, Quiet: true}, func(account mailbox.Account, items []item.Item) {
		boxes = append(boxes, inventory.Count(account, items, marker.Protected()))
	})
	sortBoxes(boxes)
	return boxes, err
}

func (d *story) backup() error {
	boxes, _, err := scope.OpenAll(d.ctx, mailbox.ReadOnly(d.directory), d.accounts, 4, true)
	if err != nil {
		return err
	}
	tenant, err := d.directory.Tenant(d.ctx)
	if err != nil {
		return err
	}
	taken, err := d.store.Backup(d.ctx, run.BackupJob{Tenant: tenant, Mailboxes: boxes, Kinds: item.Kinds(), Tool: version(), Now: d.env.Now, Parallel: 4})
	if err != nil {
		return err
	}
	d.say("%d items of %d mailboxes were written, read back and compared by hash:", taken.Proof.Items(), len(boxes))
	d.say("%s", taken.Folder)
	return nil
}

func (d *story) plan(rules plan.Rules) (plan.Plan, error) {
	return d.makePlan(d.ctx, mailbox.ReadOnly(d.directory), scope.Selection{All: true}, rules, 4)
}

func (d *story) dryRun(rules plan.Rules) error {
	p, err := d.plan(rules)
	if err != nil {
		return err
	}
	t := p.Totals()
	d.say("%d of %d items carry %q and would be deleted; %d more are held:", t.Deletes, t.Items, demoCategory, t.Held)
	d.reasons(t)
	d.say("%s", p.Digest())
	return nil
}

func (d *story) reasons(t plan.Totals) {
	for _, hazard := range plan.Hazards() {
		if n := t.HeldBy[hazard]; n > 0 {
			d.say("  %4d  %s", n, hazard.Explain())
		}
	}
}

func (d *story) carryOut(rules plan.Rules) error {
	p, err := d.plan(rules)
	if err != nil {
		return err
	}
	if err := d.approve(d.ctx, p, p.Digest()); err != nil {
		return err
	}
	outcome, err := d.store.Execute(d.ctx, run.Job{
		Plan: p, Directory: d.directory, Tool: version(), Now: d.env.Now,
		Holder: d.holder("demo"), Parallel: 4, Watcher: quiet{},
	})
	if err != nil {
		return err
	}
	t := p.Totals()
	d.say("%d of %d steps done, %d skipped, %d refused; %d items held, %d needed nothing.",
		outcome.Result.Done, t.Steps(), outcome.Result.Skipped, outcome.Result.Refused, t.Held, t.Already)
	if rules.Purpose == plan.TagPersonal {
		d.reasons(t)
	}
	d.held = append(d.held, p.Mailboxes...)
	d.done += outcome.Result.Done
	return d.page(p, outcome)
}

func (d *story) page(p plan.Plan, outcome run.Report) error {
	name := filepath.Join(d.store.Path(), string(p.Rules.Purpose)+".html")
	view := runView(p, outcome)
	var page strings.Builder
	if err := report.HTML(&page, p, &view, d.env.Now()); err != nil {
		return err
	}
	d.say("report: %s", name)
	return writeFile(name, []byte(page.String()))
}

// verify counts again: what is left of the plug-in must be exactly what is held.
func (d *story) verify() error {
	boxes, err := d.count()
	if err != nil {
		return err
	}
	left, items := 0, 0
	for _, box := range boxes {
		items += box.Items
		for _, row := range box.Rows {
			if item.SameCategory(row.Category, demoCategory) {
				left += row.Items
			}
		}
	}
	held := d.heldByPurge()
	d.say("%d changes were made. %d items remain, %d of them still carry %q: the %d that are held.", d.done, items, left, demoCategory, held)
	mails := d.sandbox.Outbox()
	d.say("Mails that Exchange would have sent because of all this: %d.", len(mails))
	d.say("Backup, plans, journals and reports: %s", d.store.Path())
	if left != held || len(mails) != 0 {
		return fmt.Errorf("the demo went wrong: %d items left, %d held, %d mails", left, held, len(mails))
	}
	return nil
}

// heldByPurge counts held items by their category, once for both plans.
func (d *story) heldByPurge() int {
	held := map[string]bool{}
	for _, part := range d.held {
		for _, h := range part.Held {
			if _, marked := item.MatchCategory(h.Categories, []string{demoCategory}); marked {
				held[part.Account.ID+" "+h.ID] = true
			}
		}
	}
	return len(held)
}

// quiet is a watcher that shows nothing: the demo tells the story itself.
type quiet struct{}

func (quiet) BackedUp(mailbox.Account, snapshot.Mailbox, error) {}
func (quiet) Proven(string, snapshot.Proof)                     {}
func (quiet) Step(apply.Outcome)                                {}
