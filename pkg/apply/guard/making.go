package guard

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// Folders notes those that the plan makes.
func (b *box) Folders(ctx context.Context, kind item.Kind) ([]item.Folder, error) {
	folders, err := b.Mailbox.Folders(ctx, kind)
	for _, f := range folders {
		if slices.ContainsFunc(b.part.Folders, func(n plan.NewFolder) bool { return n.Kind == f.Kind && strings.EqualFold(n.Path(), f.Path) }) {
			b.add(b.folders, f.ID)
		}
	}
	return folders, err
}

// List notes the items that an earlier call of a create made: only those bear a
// mark of the plan's.
func (b *box) List(ctx context.Context, folder item.Folder, view mailbox.View, page func([]item.Item) error) error {
	return b.Mailbox.List(ctx, folder, view, func(items []item.Item) error {
		for _, it := range items {
			if it.Mark != "" && b.marks[it.Mark] {
				b.add(b.made, it.ID)
			}
		}
		return page(items)
	})
}

// Instances notes the occurrences of a series that this run made.
func (b *box) Instances(ctx context.Context, master item.Item, from, to time.Time) ([]item.Item, error) {
	found, err := b.Mailbox.Instances(ctx, master, from, to)
	if b.in(b.made, master.ID) {
		for _, it := range found {
			b.add(b.dates, it.ID)
		}
	}
	return found, err
}

// CreateFolder lets the names through that the plan's new folders have.
func (b *box) CreateFolder(ctx context.Context, kind item.Kind, parent, name string) (item.Folder, error) {
	wanted := func(n plan.NewFolder) bool { return n.Kind == kind && slices.Contains(n.Names, name) }
	if !slices.ContainsFunc(b.part.Folders, wanted) {
		return item.Folder{}, b.guard.breach("it makes no folder %q", name)
	}
	if err := b.guard.begin(); err != nil {
		return item.Folder{}, err
	}
	f, err := b.Mailbox.CreateFolder(ctx, kind, parent, name)
	b.add(b.folders, f.ID)
	return f, err
}

// Create lets as many items through as there are creates, into their folders.
func (b *box) Create(ctx context.Context, folder item.Folder, body json.RawMessage) (item.Item, error) {
	if err := b.into(folder); err != nil {
		return item.Item{}, err
	}
	if err := b.quiet(body); err != nil {
		return item.Item{}, err
	}
	made, err := b.Mailbox.Create(ctx, folder, body)
	return made, b.born(made, err)
}

// Import is as Create; what is in the stream, nobody can see.
func (b *box) Import(ctx context.Context, folder item.Folder, stream []byte) (item.Item, error) {
	if err := b.into(folder); err != nil {
		return item.Item{}, err
	}
	made, err := b.Mailbox.Import(ctx, folder, stream)
	return made, b.born(made, err)
}

// into says whether an item may come into the folder.
func (b *box) into(folder item.Folder) error {
	switch {
	case !b.in(b.folders, folder.ID):
		return b.guard.breach("no create names folder %s of mailbox %s", folder.ID, b.part.Account.ID)
	case b.remaining() == 0:
		return b.guard.breach("mailbox %s has all the items that it makes", b.part.Account.ID)
	}
	if err := b.guard.begin(); err != nil {
		return err
	}
	rules := b.guard.bounds.Plan.Rules
	switch {
	case !folder.Writable():
		return fmt.Errorf("%w: %s: %s", ErrHazard, plan.ClosedFolder, folder.Closed)
	case b.Account().Room() && !rules.IncludeRooms:
		return fmt.Errorf("%w: %s: %s", ErrHazard, plan.Room, plan.RoomDetail(b.Account()))
	}
	return nil
}

func (b *box) remaining() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.left
}

// born notes an item that was made.
func (b *box) born(made item.Item, err error) error {
	if err == nil {
		b.mu.Lock()
		b.left--
		b.mu.Unlock()
		b.add(b.made, made.ID)
	}
	return err
}

// quiet refuses a body that names attendees: they would be mailed (Graph docs,
// user-post-events and event-update).
func (b *box) quiet(body json.RawMessage) error {
	var members struct {
		Attendees []json.RawMessage `json:"attendees"`
	}
	if err := json.Unmarshal(body, &members); err != nil || len(members.Attendees) > 0 {
		return b.guard.breach("a new item of mailbox %s would invite people", b.part.Account.ID)
	}
	return nil
}

// Update lets through what completes an item that this run made.
func (b *box) Update(ctx context.Context, it item.Item, body json.RawMessage) (item.Item, error) {
	if err := b.completes(it); err != nil {
		return item.Item{}, err
	}
	if err := b.quiet(body); err != nil {
		return item.Item{}, err
	}
	changed, err := b.Mailbox.Update(ctx, it, body)
	if b.in(b.dates, it.ID) {
		b.add(b.dates, changed.ID) // an occurrence becomes an exception, with another id perhaps
	}
	return changed, err
}

// Attach implements mailbox.Mailbox, as Update.
func (b *box) Attach(ctx context.Context, it item.Item, attachment json.RawMessage) error {
	if err := b.completes(it); err != nil {
		return err
	}
	return b.Mailbox.Attach(ctx, it, attachment)
}

// AddChecklistItem implements mailbox.Mailbox, as Update.
func (b *box) AddChecklistItem(ctx context.Context, task item.Item, body json.RawMessage) error {
	if err := b.completes(task); err != nil {
		return err
	}
	return b.Mailbox.AddChecklistItem(ctx, task, body)
}

// SetPhoto implements mailbox.Mailbox, as Update.
func (b *box) SetPhoto(ctx context.Context, contact item.Item, photo mailbox.Photo) error {
	if err := b.completes(contact); err != nil {
		return err
	}
	return b.Mailbox.SetPhoto(ctx, contact, photo)
}

// completes says whether an item is one that this run made, or a date of one.
func (b *box) completes(it item.Item) error {
	if !b.in(b.made, it.ID) && !b.in(b.dates, it.ID) {
		return b.guard.breach("this run did not make item %s of mailbox %s", it.ID, b.part.Account.ID)
	}
	return b.guard.begin()
}
