package restore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// part plans one mailbox.
func (r Request) part(ctx context.Context, mb mailbox.Mailbox, box snapshot.Mailbox) (plan.Mailbox, error) {
	d, err := newDecider(ctx, mb, r.Rules, box)
	if err != nil {
		return plan.Mailbox{}, err
	}
	d.streams, d.blob, d.earlier = r.Streams, r.Snapshot.Reader.Blob, r.Earlier
	if d.about, err = r.Snapshot.Reader.About(box); err != nil {
		return plan.Mailbox{}, err
	}
	for _, kind := range r.Rules.Kinds {
		if _, has := box.Counts[kind]; !has {
			continue
		}
		err := r.Snapshot.Reader.Lines(box, kind, func(l snapshot.Line) error {
			if !r.Select.wants(l) {
				return nil
			}
			return d.line(l)
		})
		if err != nil {
			return plan.Mailbox{}, err
		}
	}
	d.part.Sort()
	return d.part, nil
}

// decider decides about the items of one mailbox.
type decider struct {
	rules   plan.Rules
	streams bool
	source  string // object id of the mailbox that the items were in
	about   snapshot.About
	blob    func(name string) ([]byte, error)
	earlier *Earlier

	folders []item.Folder
	lists   map[string][]string // categories, as once gave them out
	there   map[string]bool     // kind and id of what is there
	marks   map[string]bool
	part    plan.Mailbox
}

func newDecider(ctx context.Context, mb mailbox.Mailbox, rules plan.Rules, box snapshot.Mailbox) (*decider, error) {
	d := &decider{
		rules: rules, source: box.Account.ID, lists: map[string][]string{}, there: map[string]bool{}, marks: map[string]bool{},
		part: plan.Mailbox{Account: mb.Account(), Steps: []plan.Step{}, Held: []plan.Held{}},
	}
	if d.source != d.part.Account.ID {
		d.part.From = d.source
	}
	var err error
	if d.folders, err = mailbox.FoldersOf(ctx, mb, rules.Kinds); err != nil {
		return nil, err
	}
	_, err = mailbox.ListSome(ctx, mb, d.folders, mailbox.Marked, func(it item.Item) bool {
		d.there[key(it.Kind, it.ID)] = true
		d.marks[it.Mark] = true
		return false
	})
	return d, err
}

func key(kind item.Kind, id string) string { return string(kind) + " " + id }

// line decides about one item of the snapshot.
func (d *decider) line(l snapshot.Line) error {
	d.part.Items++
	was, it, err := d.parse(l)
	if err != nil {
		return err
	}
	if !d.rules.Copies {
		mark := rebuild.Mark(d.source, l.Kind, l.ID, l.Version)
		if d.back(l, mark) {
			d.part.Already++
			return nil
		}
		if run := d.earlier.doubtful(mark); run != "" {
			d.hold(it, plan.InDoubt, fmt.Sprintf("run %s was stopped while it imported it, and may have made it: go on with that run first", run))
			return nil
		}
	}
	if hazard, detail := d.held(was); hazard != "" {
		d.hold(it, hazard, detail)
		return nil
	}
	step, err := d.step(l, it)
	if large, ok := errors.AsType[tooLarge](err); ok {
		d.hold(it, plan.TooLarge, large.Error())
		return nil
	}
	if err != nil {
		return err
	}
	folder, gone := d.target(was)
	if !folder.Writable() {
		d.hold(it, plan.ClosedFolder, folder.Closed)
		return nil
	}
	step.Folder, step.FolderID = folder.Path, folder.ID
	if gone {
		step.Hazards = append(step.Hazards, plan.FolderGone)
	}
	d.part.Steps = append(d.part.Steps, step)
	return nil
}

// back says whether the item is there, or what an earlier run made of it.
func (d *decider) back(l snapshot.Line, mark string) bool {
	_, found := d.earlier.Find(mark, func(id string) bool { return d.there[key(l.Kind, id)] })
	return found || d.there[key(l.Kind, l.ID)] || d.marks[mark]
}

// parse reads the line's item, in the folder that it was in.
func (d *decider) parse(l snapshot.Line) (item.Folder, item.Item, error) {
	was := item.Folder{Kind: l.Kind, ID: l.FolderID, Path: l.Folder}
	i := slices.IndexFunc(d.about.Folders, func(f item.Folder) bool { return f.Kind == l.Kind && f.ID == l.FolderID })
	if i >= 0 {
		was = d.about.Folders[i]
	}
	it, err := l.ParseIn(was)
	if err == nil && l.Series != nil {
		err = it.AddSeries(l.Series)
	}
	if err != nil {
		return was, it, fmt.Errorf("%w: %w", snapshot.ErrDamaged, err)
	}
	return was, it, nil
}

// held says why nothing like the item may be made here at all.
func (d *decider) held(was item.Folder) (plan.Hazard, string) {
	switch {
	case d.part.Account.Room() && !d.rules.IncludeRooms:
		return plan.Room, plan.RoomDetail(d.part.Account)
	case !was.Writable():
		return plan.ClosedFolder, "it was in a folder that is never written to: " + was.Closed
	}
	return "", ""
}

func (d *decider) hold(it item.Item, hazard plan.Hazard, detail string) {
	d.part.Held = append(d.part.Held, plan.Held{
		Kind: it.Kind, Folder: it.Folder.Path, ID: it.ID, Title: it.Title,
		Categories: append([]string{}, it.Categories...), Hazard: hazard, Detail: detail,
	})
}

// step chooses the way: a stream where there is one, unless it would bring
// back attendees who may be mailed, or a category that is to be stripped.
func (d *decider) step(l snapshot.Line, it item.Item) (plan.Step, error) {
	after := without(it.Categories, d.rules.Strip)
	s := plan.Step{
		Action: plan.Create, Kind: it.Kind, ID: l.ID, Version: l.Version, Title: it.Title,
		Before: d.once(it.Categories), After: d.once(after), Way: plan.ByPost, Why: "is in the snapshot and not in the mailbox",
	}
	if d.rules.Copies {
		s.Why = "is in the snapshot; copies were asked for"
	} else if n := d.earlier.times(rebuild.Mark(d.source, l.Kind, l.ID, l.Version)); n > 0 {
		// The reason makes this another plan than the one that was carried out then.
		s.Why += fmt.Sprintf("; what was made of it before is gone again (%d)", n)
	}
	strips := len(after) != len(it.Categories) || anyStripped(it, d.rules.Strip)
	if d.streams && l.Stream != "" && !strips && (!it.Event.Invites() || d.rules.ImportMeetings) {
		s.Way = plan.ByStream
		if it.Event.Invites() {
			s.Hazards = append(s.Hazards, plan.MailsAttendees)
		}
		return s, nil
	}
	recipe, err := rebuild.Of(l, rebuild.Options{StripCategories: d.rules.Strip})
	if err != nil {
		return s, err
	}
	if size := recipe.Request(); size > rebuild.MaxRequest {
		return s, tooLarge{size, l.Stream != ""}
	}
	s.Loses, err = d.losses(recipe)
	return s, err
}

// once is a copy of a list, and the same one for all that are alike: most of
// 50,000 items have the same few.
func (d *decider) once(list []string) []string {
	key := strings.Join(list, "\n")
	known, found := d.lists[key]
	if !found || !slices.Equal(known, list) {
		known = slices.Clip(append([]string{}, list...))
		d.lists[key] = known
	}
	return known
}

// tooLarge says that an item cannot be sent, and how it could come back.
type tooLarge struct {
	size   int // of the request
	stream bool
}

func (t tooLarge) Error() string {
	how := "back it up with its stream (--streams)"
	if t.stream {
		how = "its stream in the backup would bring it back, but is not used here"
	}
	return fmt.Sprintf("it has %.1f MB without its attachments, and Graph takes up to %d MB in one request: %s", float64(t.size)/(1<<20), rebuild.MaxRequest>>20, how)
}

// losses are the names of all that will not come back, what attachments lose
// included, in the order of the published list.
func (d *decider) losses(recipe rebuild.Recipe) ([]string, error) {
	lost := map[string]bool{}
	note := func(losses []rebuild.Loss) {
		for _, l := range losses {
			lost[l.Name] = true
		}
	}
	note(recipe.Loses)
	blobs := slices.Clone(recipe.Attachments)
	for _, x := range recipe.Exceptions {
		blobs = append(blobs, x.Attachments...)
	}
	for _, name := range blobs {
		raw, err := d.blob(name)
		if err != nil {
			return nil, err
		}
		_, losses, err := rebuild.Attachment(raw)
		if err != nil {
			return nil, fmt.Errorf("%w: attachment %s: %w", snapshot.ErrDamaged, name, err)
		}
		note(losses)
	}
	if len(lost) == 0 {
		return nil, nil
	}
	var names []string
	for _, l := range rebuild.Losses() {
		if lost[l.Name] {
			names = append(names, l.Name)
		}
	}
	return names, nil
}

func anyStripped(it item.Item, names []string) bool {
	return it.Event != nil && slices.ContainsFunc(it.Event.Exceptions, func(x item.Item) bool {
		_, found := item.MatchCategory(x.Categories, names)
		return found
	})
}

func without(categories, names []string) []string {
	return slices.DeleteFunc(append([]string{}, categories...), func(c string) bool {
		_, found := item.MatchCategory([]string{c}, names)
		return found
	})
}
