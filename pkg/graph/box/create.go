package box

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	abstractions "github.com/microsoft/kiota-abstractions-go"

	"github.com/riva-prep/riva-prep/pkg/graph/ask"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// open refuses what lies in a folder that is never written.
func open(folder item.Folder) error {
	if folder.Writable() {
		return nil
	}
	return fmt.Errorf("%w: the folder is never written: %s", mailbox.ErrDenied, folder.Closed)
}

// CreateFolder makes a folder; Path is its name alone. After an answer that
// does not say, it may be there all the same (observed in the field): the
// folders tell.
func (b *box) CreateFolder(ctx context.Context, kind item.Kind, parent, name string) (item.Folder, error) {
	made, err := ask.One[struct {
		ID     string `json:"id"`
		Parent string `json:"parentFolderId"`
	}](ctx, b.newFolder(ctx, kind, parent, name))
	switch {
	case err != nil:
		return item.Folder{}, fmt.Errorf("make a folder for %s: %w", kind, err)
	case made.ID == "":
		return item.Folder{}, fmt.Errorf("make a folder for %s: %w: the answer has no id", kind, mailbox.ErrUnclear)
	}
	return item.Folder{Kind: kind, ID: made.ID, Name: name, Path: name, Parent: made.Parent}, nil
}

func (b *box) newFolder(ctx context.Context, kind item.Kind, parent, name string) *ask.Call {
	switch kind {
	case item.Contacts:
		if parent == "" {
			parent = defaultFolder
		}
		below := b.user().ContactFolders().ByContactFolderId(parent).ChildFolders()
		return b.ask(below.ToGetRequestInformation(ctx, nil)).Carrying(abstractions.POST, map[string]string{"displayName": name})
	case item.Events:
		return b.ask(b.user().Calendars().ToGetRequestInformation(ctx, nil)).
			Carrying(abstractions.POST, map[string]string{"name": name})
	case item.Tasks:
		return b.ask(b.user().Todo().Lists().ToGetRequestInformation(ctx, nil)).
			Carrying(abstractions.POST, map[string]string{"displayName": name})
	}
	return ask.Failed(unknownKind(kind))
}

// Create makes an item of the members of body.
func (b *box) Create(ctx context.Context, folder item.Folder, body json.RawMessage) (item.Item, error) {
	if err := open(folder); err != nil {
		return item.Item{}, fmt.Errorf("create an item of %s: %w", folder.Kind, err)
	}
	created, err := made(ctx, folder, b.items(ctx, folder).Carrying(abstractions.POST, body))
	if err != nil {
		return item.Item{}, fmt.Errorf("create an item of %s: %w", folder.Kind, err)
	}
	return created, nil
}

// made does a change whose answer is the item as it is then.
func made(ctx context.Context, folder item.Folder, c *ask.Call) (item.Item, error) {
	raw, err := c.Object(ctx)
	if err != nil {
		return item.Item{}, err
	}
	it, err := item.Parse(folder, raw)
	if err != nil {
		return item.Item{}, fmt.Errorf("%w: the answer is %w", mailbox.ErrUnclear, err)
	}
	return it, nil
}

// Update sets the members of body. An occurrence or exception is addressed by
// its own id, in the calendar of its series.
func (b *box) Update(ctx context.Context, it item.Item, body json.RawMessage) (item.Item, error) {
	if err := open(it.Folder); err != nil {
		return item.Item{}, fmt.Errorf("change an item of %s: %w", it.Kind, err)
	}
	changed, err := made(ctx, it.Folder, b.item(ctx, it).Carrying(abstractions.PATCH, body).IfMatch(it.Version))
	if err != nil {
		return item.Item{}, fmt.Errorf("change an item of %s: %w", it.Kind, err)
	}
	return changed, nil
}

// AddChecklistItem adds one to a task.
func (b *box) AddChecklistItem(ctx context.Context, task item.Item, body json.RawMessage) error {
	if err := open(task.Folder); err != nil {
		return fmt.Errorf("add a checklist item: %w", err)
	}
	of := b.user().Todo().Lists().ByTodoTaskListId(task.Folder.ID).Tasks().ByTodoTaskId(task.ID)
	err := b.ask(of.ChecklistItems().ToGetRequestInformation(ctx, nil)).Carrying(abstractions.POST, body).Discard(ctx)
	if err != nil {
		return fmt.Errorf("add a checklist item: %w", err)
	}
	return nil
}

// SetPhoto gives a contact a picture, which replaces the one it has.
func (b *box) SetPhoto(ctx context.Context, contact item.Item, photo mailbox.Photo) error {
	if err := open(contact.Folder); err != nil {
		return fmt.Errorf("set a photo: %w", err)
	}
	if len(photo.Bytes) == 0 { // that would take the picture away (observed in the field)
		return errors.New("set a photo: it has no content")
	}
	of := b.user().ContactFolders().ByContactFolderId(contact.Folder.ID).Contacts().ByContactId(contact.ID)
	err := b.ask(of.Photo().Content().ToGetRequestInformation(ctx, nil)).
		Sending(abstractions.PUT, photo.ContentType, photo.Bytes).Discard(ctx)
	if err != nil {
		return fmt.Errorf("set a photo: %w", err)
	}
	return nil
}
