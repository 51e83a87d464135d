package box

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/riva-prep/riva-prep/pkg/graph/ask"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/jsonwalk"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Page sizes.
const (
	// largestPage is the largest that Outlook serves.
	largestPage = 1000
	// firstWhole is for the first page of whole items, whose size nobody knows;
	// the pages after it follow from it (package wire). With half as many, most
	// mailboxes cost one request more for each folder; a page that is too large
	// is cut off and asked for again in small.
	firstWhole = 500
	taskPage   = 100
)

// What a plan decides on.
func contactFields() []string {
	return []string{"id", "displayName", "categories", "createdDateTime", "lastModifiedDateTime", "parentFolderId", "changeKey"}
}

func eventFields() []string {
	return []string{
		"id", "subject", "type", "categories", "isOrganizer", "isCancelled", "isDraft", "attendees", "start", "end",
		"hasAttachments", "createdDateTime", "lastModifiedDateTime", "changeKey", "seriesMasterId", "iCalUId",
		"originalStartTimeZone",
	}
}

// List reads every item of a folder.
func (b *box) List(ctx context.Context, folder item.Folder, view mailbox.View, page func([]item.Item) error) error {
	err := b.listing(ctx, folder, view).Picking(item.Wanted).Pages(ctx, func(elements []wire.Element) error {
		items := make([]item.Item, len(elements))
		for i, e := range elements {
			parsed, err := item.ParsePicked(folder, e.Raw, e.Picked)
			if err != nil {
				return fmt.Errorf("%w: %w", mailbox.ErrIncomplete, err)
			}
			if view != mailbox.Whole && folder.Kind == item.Tasks {
				parsed.Raw = bodiless(parsed.Raw)
			}
			items[i] = parsed
		}
		return page(items)
	})
	if err != nil {
		return fmt.Errorf("list %s: %w", folder.Kind, err)
	}
	return nil
}

// bodiless makes a whole task a brief one, which is worth it where thousands are
// kept: To Do refuses $select.
func bodiless(raw []byte) []byte {
	var brief jsonwalk.Object
	_ = jsonwalk.Members(raw, func(name, value []byte) error { // it was read as an object
		if string(name) != "body" {
			brief.Add(name, value)
		}
		return nil
	})
	return brief.Bytes()
}

func (b *box) listing(ctx context.Context, folder item.Folder, view mailbox.View) *ask.Call {
	query := b.items(ctx, folder)
	if folder.Kind == item.Tasks {
		// Without $top the listing may end early (observed in the field). The
		// links, and with them the mark, are inline.
		return query.Expanding("checklistItems").Top(taskPage)
	}
	query.Paged(largestPage)
	if view == mailbox.Whole {
		return query.Expanding(b.Wanted.Whole(folder.Kind)...).Growing(firstWhole)
	}
	if terms := b.Wanted.Brief(folder.Kind, view == mailbox.Marked); len(terms) > 0 {
		query.Expanding(terms...)
	}
	if folder.Kind == item.Contacts {
		return query.Selecting(contactFields()...)
	}
	return query.Selecting(eventFields()...)
}

// items begins a call to the items of a folder.
func (b *box) items(ctx context.Context, folder item.Folder) *ask.Call {
	switch folder.Kind {
	case item.Contacts:
		return b.ask(b.user().ContactFolders().ByContactFolderId(folder.ID).Contacts().ToGetRequestInformation(ctx, nil))
	case item.Events:
		return b.ask(b.user().Calendars().ByCalendarId(folder.ID).Events().ToGetRequestInformation(ctx, nil))
	case item.Tasks:
		return b.ask(b.user().Todo().Lists().ByTodoTaskListId(folder.ID).Tasks().ToGetRequestInformation(ctx, nil))
	}
	return ask.Failed(unknownKind(folder.Kind))
}

func unknownKind(kind item.Kind) error { return fmt.Errorf("unknown kind %q", kind) }

// IDs reads the ids alone, and for contacts and events the folder's count, in
// which contact lists are that no listing has (observed in the field). To Do
// refuses $select and counts nothing.
func (b *box) IDs(ctx context.Context, folder item.Folder) (ids []string, counted int, err error) {
	query := b.items(ctx, folder)
	if folder.Kind == item.Tasks {
		query.Top(taskPage)
	} else {
		query.Selecting("id").Option("count", true).Paged(largestPage)
	}
	counted, err = query.Counted(ctx, func(elements []wire.Element) error {
		for _, e := range elements {
			ids = append(ids, e.ID)
		}
		return nil
	})
	if err != nil {
		return nil, -1, fmt.Errorf("list the ids of %s: %w", folder.Kind, err)
	}
	if folder.Kind == item.Tasks {
		counted = -1
	}
	return ids, counted, nil
}

// Get reads one item as a whole listing has it.
func (b *box) Get(ctx context.Context, folder item.Folder, id string) (item.Item, error) {
	query := b.oneItem(ctx, item.Item{Kind: folder.Kind, Folder: folder, ID: id})
	if folder.Kind == item.Tasks {
		query.Expanding("checklistItems")
	} else {
		query.Expanding(b.Wanted.Whole(folder.Kind)...)
	}
	raw, err := query.Object(ctx)
	if err != nil {
		return item.Item{}, fmt.Errorf("read an item of %s: %w", folder.Kind, err)
	}
	it, err := item.Parse(folder, raw)
	if err != nil || it.ID != id {
		return item.Item{}, fmt.Errorf("read an item of %s: %w: the answer is another item", folder.Kind, mailbox.ErrIncomplete)
	}
	if elsewhere(folder, raw) {
		return item.Item{}, fmt.Errorf("read an item of %s: %w: it lies in another folder", folder.Kind, mailbox.ErrGone)
	}
	return it, nil
}

// oneItem addresses an item through its folder.
func (b *box) oneItem(ctx context.Context, it item.Item) *ask.Call {
	switch it.Kind {
	case item.Contacts:
		contact := b.user().ContactFolders().ByContactFolderId(it.Folder.ID).Contacts().ByContactId(it.ID)
		return b.ask(contact.ToGetRequestInformation(ctx, nil))
	case item.Events:
		event := b.user().Calendars().ByCalendarId(it.Folder.ID).Events().ByEventId(it.ID)
		return b.ask(event.ToGetRequestInformation(ctx, nil))
	case item.Tasks:
		task := b.user().Todo().Lists().ByTodoTaskListId(it.Folder.ID).Tasks().ByTodoTaskId(it.ID)
		return b.ask(task.ToGetRequestInformation(ctx, nil))
	}
	return ask.Failed(unknownKind(it.Kind))
}

// elsewhere says whether a contact itself names another folder: any folder's
// address serves it by its id (observed in the field), Deleted Items' too.
func elsewhere(folder item.Folder, raw []byte) bool {
	var contact struct {
		Parent string `json:"parentFolderId"`
	}
	err := json.Unmarshal(raw, &contact)
	return folder.Kind == item.Contacts && err == nil && contact.Parent != "" && contact.Parent != folder.ID
}
