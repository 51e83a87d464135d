package restore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// Run is one that is to be undone.
type Run struct {
	ID      string
	Plan    plan.Plan
	Records []journal.Record
	// Sources are the run's own snapshots, the latest first.
	Sources Sources
}

// UndoRequest says which run is undone, and how.
type UndoRequest struct {
	Run       Run
	Directory mailbox.Directory
	// Earlier is what runs of the store have made, for what bears no mark.
	Earlier *Earlier
	// Rules are Strip, TagMeetings, ImportMeetings and IncludeRooms; the rest
	// is filled in.
	Rules    plan.Rules
	Streams  bool
	Parallel int
}

// Undo makes the plan that takes back what a run did: items that it deleted are
// made again, categories are set to those before, what it made is deleted. What
// others have changed since is held.
func Undo(ctx context.Context, r UndoRequest) (plan.Plan, error) {
	tenant, err := sameTenant(ctx, r.Directory, r.Run.Plan.Tenant, "run "+r.Run.ID)
	if err != nil {
		return plan.Plan{}, err
	}
	was := r.Run.Plan.Rules
	r.Rules.Purpose, r.Rules.Run, r.Rules.Kinds, r.Rules.Tag = plan.Undo, r.Run.ID, was.Kinds, was.Tag
	r.Rules.Source = r.Run.Sources.rule()
	if err := r.Rules.Check(); err != nil {
		return plan.Plan{}, err
	}
	done := outcomes(r.Run)
	reading := mailbox.ReadOnly(r.Directory)
	open, skipped, err := scope.OpenAll(ctx, reading, accounts(r.Run.Plan), r.Parallel, false)
	if err != nil {
		return plan.Plan{}, err
	}
	if n := len(r.Run.Sources); n > 0 {
		skipped = explain(skipped, fmt.Sprintf("; what was deleted there can come back in another one: riva-prep restore %s --to-mailbox", r.Run.Sources[n-1].ID))
	}
	var parts []plan.Mailbox
	for _, mb := range open {
		part, err := r.part(ctx, mb, done[mb.Account().ID])
		if fatal(ctx, err) {
			return plan.Plan{}, err
		}
		if err != nil {
			skipped = append(skipped, plan.Skipped{Name: mb.Account().Name(), Reason: err.Error()})
			continue
		}
		parts = append(parts, part)
	}
	p := plan.Make(tenant, r.Rules, parts)
	p.Skipped = skipped
	return p, nil
}

func accounts(p plan.Plan) []mailbox.Account {
	list := make([]mailbox.Account, len(p.Mailboxes))
	for i, part := range p.Mailboxes {
		list[i] = part.Account
	}
	return list
}

// deed is a step that the run did, or may have done.
type deed struct {
	step plan.Step
	from string
	// made and version are of what a create made.
	made, version string
}

// outcomes are the run's deeds by mailbox. A step whose outcome is unknown is
// among them: what is there now decides.
func outcomes(r Run) map[string][]deed {
	last := results(r.Records)
	deeds := map[string][]deed{}
	for _, part := range r.Plan.Mailboxes {
		for _, s := range part.Steps {
			record := last[journal.Key{Mailbox: part.Account.ID, Item: s.ID}]
			begun := record.Result == journal.Done || record.Result == journal.Unknown || record.Made != ""
			if begun {
				deeds[part.Account.ID] = append(deeds[part.Account.ID], deed{s, part.From, record.Made, record.Version})
			}
		}
	}
	return deeds
}

// results are the last word on every step; what was announced and not answered
// is unknown. An item that was once made stays so.
func results(records []journal.Record) map[journal.Key]journal.Record {
	last := map[journal.Key]journal.Record{}
	for _, record := range records {
		if record.Type != journal.Outcome && record.Type != journal.Intent {
			continue
		}
		before := last[record.Key()]
		if record.Made == "" {
			record.Made = before.Made
		}
		if record.Type == journal.Intent {
			record.Result, record.Version = journal.Unknown, before.Version
		}
		last[record.Key()] = record
	}
	return last
}

var _ apply.Source = Sources(nil)

// part plans the undoing of one mailbox's deeds.
func (r UndoRequest) part(ctx context.Context, mb mailbox.Mailbox, deeds []deed) (plan.Mailbox, error) {
	u := &undoer{request: r, items: map[string]item.Item{}, gone: map[string]deed{}}
	box := snapshot.Mailbox{Account: mb.Account()}
	var err error
	if u.decider, err = newDecider(ctx, mb, r.Rules, box); err != nil {
		return plan.Mailbox{}, err
	}
	u.streams, u.blob, u.earlier = r.Streams, r.Run.Sources.Blob, r.Earlier
	if err := u.read(ctx, mb, deeds); err != nil {
		return plan.Mailbox{}, err
	}
	for _, d := range deeds {
		u.part.Items++
		u.deed(d)
	}
	if err := u.again(); err != nil {
		return plan.Mailbox{}, err
	}
	u.part.Sort()
	return u.part, nil
}

// undoer is a decider about deeds.
type undoer struct {
	*decider
	request UndoRequest
	items   map[string]item.Item // what is there now, by id
	gone    map[string]deed      // deleted items, by kind and id
}

// read lists what is there, with the exceptions of those series that the run
// touched.
func (u *undoer) read(ctx context.Context, mb mailbox.Mailbox, deeds []deed) error {
	touched := map[string]bool{}
	for _, d := range deeds {
		touched[d.step.ID], touched[d.made] = true, true
	}
	items, err := mailbox.ListSome(ctx, mb, u.folders, mailbox.Marked, func(it item.Item) bool { return touched[it.ID] })
	if err != nil {
		return err
	}
	if err := mailbox.LoadSeries(ctx, mb, items, func(item.Item) bool { return true }); err != nil {
		return err
	}
	for _, it := range items {
		u.items[it.ID] = it
	}
	return nil
}

func (u *undoer) deed(d deed) {
	switch d.step.Action {
	case plan.Delete, plan.DeletePermanently:
		if _, there := u.items[d.step.ID]; there {
			u.part.Already++
			return
		}
		u.gone[key(d.step.Kind, d.step.ID)] = d
	case plan.SetCategories:
		u.untag(d.step)
	case plan.Create:
		u.unmake(d)
	}
}

// untag sets the categories back to exactly those before.
func (u *undoer) untag(s plan.Step) {
	it, there := u.items[s.ID]
	switch {
	case !there:
		u.holdStep(s, "it is gone since")
	case slices.Equal(it.Categories, s.Before):
		u.part.Already++
	case !slices.Equal(it.Categories, s.After):
		u.hold(it, plan.Changed, "its categories are other ones now: "+strings.Join(it.Categories, "; "))
	default:
		if hazard, detail := u.careful(it); hazard != "" {
			u.hold(it, hazard, detail)
			return
		}
		step := plan.StepFor(it, plan.SetCategories, "the run had set its categories")
		step.After = append([]string{}, s.Before...)
		u.part.Steps = append(u.part.Steps, step)
	}
}

// unmake deletes what the run made, unless somebody has changed it since.
func (u *undoer) unmake(d deed) {
	it, there := u.items[d.made]
	switch {
	case !there:
		u.part.Already++
	case it.Version != d.version:
		u.hold(it, plan.Changed, "it was changed since the run made it")
	case it.Event.Invites():
		u.hold(it, plan.MailsAttendees, fmt.Sprintf("deleting it would mail cancellations to %d people", it.Event.Invited()))
	default:
		if hazard, detail := u.careful(it); hazard != "" {
			u.hold(it, hazard, detail)
			return
		}
		u.part.Steps = append(u.part.Steps, plan.StepFor(it, plan.Delete, "the run had made it"))
	}
}

// careful says why an item that is there is left as it is.
func (u *undoer) careful(it item.Item) (plan.Hazard, string) {
	switch {
	case !it.Folder.Writable():
		return plan.ClosedFolder, it.Folder.Closed
	case it.Event != nil && it.Event.Unread:
		return plan.Unreadable, "the exceptions of the series cannot be read"
	case it.Event.Invites() && !u.rules.TagMeetings:
		return plan.MailsAttendees, fmt.Sprintf("nobody documents whether changing its categories mails its %d attendees; --tag-meetings does it all the same", it.Event.Invited())
	}
	return u.held(item.Folder{})
}

// holdStep holds an item that is known by the run's step only.
func (u *undoer) holdStep(s plan.Step, detail string) {
	u.part.Held = append(u.part.Held, plan.Held{
		Kind: s.Kind, Folder: s.Folder, ID: s.ID, Title: s.Title,
		Categories: append([]string{}, s.Before...), Hazard: plan.Changed, Detail: detail,
	})
}

// again plans the making of what the run deleted. What no snapshot of the run
// holds in that version is held: there is nothing to make it of.
func (u *undoer) again() error {
	mailboxID := u.part.Account.ID
	for _, from := range u.request.Run.Sources {
		for _, box := range from.Reader.Manifest().Mailboxes {
			if box.Account.ID != mailboxID || len(u.gone) == 0 {
				continue
			}
			if err := u.from(from.Reader, box); err != nil {
				return err
			}
		}
	}
	for _, d := range u.gone {
		u.holdStep(d.step, "no snapshot of the run holds it")
	}
	return nil
}

func (u *undoer) from(r Reader, box snapshot.Mailbox) (err error) {
	if u.about, err = r.About(box); err != nil {
		return err
	}
	for _, kind := range u.rules.Kinds {
		if _, has := box.Counts[kind]; !has {
			continue
		}
		err := r.Lines(box, kind, func(l snapshot.Line) error {
			d, wanted := u.gone[key(l.Kind, l.ID)]
			if !wanted || d.step.Version != l.Version {
				return nil
			}
			delete(u.gone, key(l.Kind, l.ID))
			u.part.Items-- // line counts it once more
			return u.line(l)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
