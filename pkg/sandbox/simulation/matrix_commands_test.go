package simulation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/drift"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
	"github.com/riva-prep/riva-prep/pkg/survey"
)

// command is what a person starts. Each is put together of the workflows as
// pkg/cli does it, and says what that would say.
type command struct {
	name string
	// before is done in peace, so that there is something to work on.
	before func(*attempt)
	run    func(*attempt)
	// disk: it works in a store.
	disk bool
}

func commands() []command {
	return []command{
		{"list", nil, (*attempt).list, false},
		{"backup", nil, (*attempt).backup, true},
		{"verify", (*attempt).backup, (*attempt).verify, true},
		{"purge", nil, func(a *attempt) { a.change(plan.Rules{Purpose: plan.Purge, Categories: []string{category}}) }, true},
		{"tag-personal", nil, func(a *attempt) {
			a.change(plan.Rules{Purpose: plan.TagPersonal, Categories: []string{category}, Tag: "Personal", Colour: "preset0"})
		}, true},
		{"restore", purgeFirst, (*attempt).restore, true},
		{"undo", purgeFirst, (*attempt).undo, true},
	}
}

func purgeFirst(a *attempt) {
	a.change(plan.Rules{Purpose: plan.Purge, Categories: []string{category}})
}

// attempt is a command being run once: what it said, and how it ended. What is
// known from one attempt to the next is memory.
type attempt struct {
	context.Context
	*inHand
	client *graph.Client
	store  *run.Store

	said bytes.Buffer
	// output is what a reading command found out, to be compared.
	output string
	err    error
}

// inHand is what a person has at hand when the command is started again.
type inHand struct {
	snapshot, purged string
	// plan was approved and is not carried out to its end yet.
	plan *plan.Plan
}

// code is the exit code.
func (a *attempt) code() int { return exit.Code(a, a.err) }

// text is everything that was shown.
func (a *attempt) text() string {
	if a.err == nil || errors.Is(a.err, exit.ErrPartial) {
		return a.said.String()
	}
	return a.said.String() + exit.Sentence(a, a.err)
}

func (a *attempt) end(err error) { a.err = err }

func (a *attempt) survey() survey.Survey {
	return survey.Survey{Directory: a.client, Selection: scope.Selection{All: true}, Kinds: item.Kinds(), Parallel: 2}
}

func (a *attempt) list() {
	boxes, skipped, err := a.survey().Count(a)
	if err != nil {
		a.end(err)
		return
	}
	var out bytes.Buffer
	err = report.Inventory(io.MultiWriter(&out, &a.said), report.Options{Format: report.Table}, boxes, skipped)
	a.output = out.String()
	a.end(errors.Join(err, exit.PartialIf(len(skipped) > 0)))
}

// holder locks the store in every attempt alike.
func holder() durable.Holder { return durable.Holder{Who: "simulation", PID: 1, Host: "here"} }

// locked works in the store as inStore of pkg/cli does.
func (a *attempt) locked(work func() error) error {
	release, err := a.store.Lock(holder())
	if err != nil {
		return err
	}
	err = work()
	return errors.Join(err, release())
}

func (a *attempt) backup() {
	boxes, skipped, err := a.survey().Open(a)
	if err != nil {
		a.end(err)
		return
	}
	for _, s := range skipped {
		fmt.Fprintf(&a.said, "%s is left out: %s\n", s.Name, s.Reason)
	}
	if len(boxes) == 0 {
		a.end(exit.ErrPartial)
		return
	}
	tenant, err := a.client.Tenant(a)
	if err != nil {
		a.end(err)
		return
	}
	a.end(a.locked(func() error {
		taken, err := a.store.Backup(a, run.BackupJob{
			Tenant: tenant, Mailboxes: boxes, Kinds: item.Kinds(), Tool: "simulation", Now: time.Now, Parallel: 2,
			Note: func(mailbox.Account, snapshot.Mailbox, error) {},
		})
		if err != nil {
			return err
		}
		return a.taken(taken, skipped)
	}))
}

// taken shows a snapshot.
func (a *attempt) taken(taken run.Taken, skipped []plan.Skipped) error {
	manifest := taken.Proof.Manifest
	failures := slices.Clone(skipped)
	for _, f := range taken.Failures {
		failures = append(failures, plan.Skipped{Name: f.Account.Name(), Reason: f.Err.Error()})
	}
	view := report.SnapshotView{ID: taken.ID, Folder: taken.Folder, Manifest: manifest, Failures: failures}
	if err := report.Snapshot(&a.said, report.Options{Format: report.Table}, view); err != nil {
		return err
	}
	a.snapshot = taken.ID
	_, unreadable, _ := manifest.Totals()
	var err error
	if a.output, err = a.contents(taken.ID); err != nil {
		return err
	}
	return exit.PartialIf(len(failures) > 0 || unreadable > 0 || manifest.Incomplete() > 0)
}

// contents is all that a snapshot holds, but for its times.
func (a *attempt) contents(id string) (string, error) {
	from, err := a.store.Source(id, nil)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, box := range from.Reader.Manifest().Mailboxes {
		reader, ok := from.Reader.(*snapshot.Reader)
		if !ok {
			return "", errors.New("another reader")
		}
		about, err := reader.About(box)
		if err != nil {
			return "", err
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %d folders", box.Account.ID, about.Categories, about.Settings, len(about.Folders)))
		for kind := range box.Counts {
			err := reader.Lines(box, kind, func(l snapshot.Line) error {
				lines = append(lines, fmt.Sprintf("%s %s %s %s %s %s %v %v %s %v", box.Account.ID, kind, l.ID, l.Version, l.Item, l.Series, l.Attachments, l.ExceptionAttachments, l.Stream, l.Photo != nil))
				return nil
			})
			if err != nil {
				return "", err
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

func (a *attempt) verify() {
	a.end(a.verifyAll())
}

func (a *attempt) verifyAll() error {
	dir, err := a.store.Find(a.snapshot)
	if err != nil {
		return err
	}
	proof, err := snapshot.Verify(dir)
	if err != nil {
		return err
	}
	v := report.Verified{Snapshot: a.snapshot, Items: proof.Items(), Files: proof.Manifest.FileCount()}
	reader, err := snapshot.Open(dir)
	if err != nil {
		return err
	}
	earlier, err := a.store.Earlier("")
	if err != nil {
		return err
	}
	if v.Against, v.Skipped, err = drift.All(a, reader, a.client, earlier, 2, func(mailbox.Account) {}); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := report.Verify(io.MultiWriter(&out, &a.said), report.Options{Format: report.Table}, v); err != nil {
		return err
	}
	a.output = out.String()
	return exit.PartialIf(!v.Equal())
}

// change makes a plan by the rules and carries it out. Started again, it goes on
// with the plan that was approved, and then makes another one.
func (a *attempt) change(rules plan.Rules) {
	a.carry(func() (plan.Plan, error) { return a.survey().Plan(a, rules) })
}

func (a *attempt) restore() {
	a.carry(func() (plan.Plan, error) {
		from, err := a.store.Source(a.snapshot, nil)
		if err != nil {
			return plan.Plan{}, err
		}
		earlier, err := a.store.Earlier("")
		if err != nil {
			return plan.Plan{}, err
		}
		return restore.Plan(a, restore.Request{Snapshot: from, Earlier: earlier, Directory: a.client, Rules: plan.Rules{Kinds: item.Kinds()}, Parallel: 2})
	})
}

func (a *attempt) undo() {
	a.carry(func() (plan.Plan, error) {
		past, err := a.store.Past(a.purged, nil)
		if err != nil {
			return plan.Plan{}, err
		}
		earlier, err := a.store.Earlier("")
		if err != nil {
			return plan.Plan{}, err
		}
		return restore.Undo(a, restore.UndoRequest{Run: past, Earlier: earlier, Directory: a.client, Streams: true, Parallel: 2})
	})
}

// carry makes a plan, unless one is left, and carries it out.
func (a *attempt) carry(make func() (plan.Plan, error)) {
	if a.plan == nil {
		p, err := make()
		if err != nil {
			a.end(err)
			return
		}
		a.plan = &p
	}
	p := *a.plan
	if err := report.Plan(&a.said, report.Options{Format: report.Table}, p); err != nil {
		a.end(err)
		return
	}
	if p.Totals().Steps() == 0 {
		a.plan = nil
		a.end(exit.PartialIf(len(p.Skipped) > 0))
		return
	}
	got, err := a.store.Execute(a, run.Job{
		Plan: p, Directory: a.client, Tool: "simulation", Now: time.Now, Holder: holder(), Parallel: 2, Watcher: loud{&a.said},
	})
	if got.Snapshot != "" && p.Rules.Purpose == plan.Purge {
		a.snapshot, a.purged = got.Snapshot, got.Run
	}
	if got.Run == "" || got.Result.Mailboxes == nil {
		a.end(err)
		return
	}
	err = errors.Join(err, report.Run(&a.said, report.Options{Format: report.Table}, p, got))
	if err == nil && got.Result.Ended() {
		a.plan = nil
	}
	if err == nil {
		err = exit.PartialIf(!got.Result.Whole() || got.Result.Lacking() > 0 || len(p.Skipped) > 0)
	}
	a.end(err)
}

// loud is a watcher that says what the one of pkg/cli says.
type loud struct{ out io.Writer }

func (w loud) BackedUp(account mailbox.Account, box snapshot.Mailbox, err error) {
	if err != nil {
		fmt.Fprintf(w.out, "%s could not be backed up, so nothing is changed there: %v\n", account.Name(), err)
	}
	for _, u := range box.Unreadable {
		fmt.Fprintf(w.out, "items of %s could not be copied, so they are not touched; the first is %q in %s: %s\n", account.Name(), u.Title, u.Folder, u.Error)
		break
	}
	for _, n := range box.Notices {
		if n.Incomplete {
			fmt.Fprintf(w.out, "the backup of %s may be incomplete; what is not in it is not touched. %s: %s\n", account.Name(), n.Where(), n.What)
		}
	}
}

func (loud) Proven(string, snapshot.Proof) {}
func (loud) Step(apply.Outcome)            {}
