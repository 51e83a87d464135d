package graph

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Page sizes. Bodies make whole items large, and Exchange fails on pages that
// take it too long.
const (
	briefPage = 500
	wholePage = 100
	taskPage  = 100
)

// What a plan decides on.
func contactFields() []string {
	return []string{"id", "displayName", "categories", "createdDateTime", "lastModifiedDateTime", "parentFolderId", "changeKey"}
}

func eventFields() []string {
	return []string{
		"id", "subject", "type", "categories", "isOrganizer", "isCancelled", "isDraft", "attendees", "start", "end",
		"hasAttachments", "createdDateTime", "lastModifiedDateTime", "changeKey", "seriesMasterId", "iCalUId",
	}
}

// List reads every item of a folder. Tasks are always whole: To Do refuses $select.
func (b *box) List(ctx context.Context, folder item.Folder, view mailbox.View, page func([]item.Item) error) error {
	err := b.listing(ctx, folder, view).pages(ctx, func(elements []wire.Element) error {
		items := make([]item.Item, len(elements))
		for i, e := range elements {
			parsed, err := item.Parse(folder, e.Raw)
			if err != nil {
				return fmt.Errorf("%w: %w", mailbox.ErrIncomplete, err)
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

func (b *box) listing(ctx context.Context, folder item.Folder, view mailbox.View) *call {
	var query *call
	var fields []string
	switch folder.Kind {
	case item.Contacts:
		query = b.ask(b.user().ContactFolders().ByContactFolderId(folder.ID).Contacts().ToGetRequestInformation(ctx, nil))
		fields = contactFields()
	case item.Events:
		query = b.ask(b.user().Calendars().ByCalendarId(folder.ID).Events().ToGetRequestInformation(ctx, nil))
		fields = eventFields()
	case item.Tasks:
		query = b.ask(b.user().Todo().Lists().ByTodoTaskListId(folder.ID).Tasks().ToGetRequestInformation(ctx, nil))
		// Without $top the listing may end early (observed in the field).
		return query.expanding("checklistItems").top(taskPage)
	default:
		return &call{err: unknownKind(folder.Kind)}
	}
	if view == mailbox.Whole {
		return query.paged(wholePage)
	}
	return query.selecting(fields...).paged(briefPage)
}

func unknownKind(kind item.Kind) error { return fmt.Errorf("unknown kind %q", kind) }

// Series asks for the exceptions and cancelled occurrences, which Graph gives
// only when both are selected and the exceptions expanded too.
func (b *box) Series(ctx context.Context, master item.Item) (json.RawMessage, error) {
	event := b.user().Calendars().ByCalendarId(master.Folder.ID).Events().ByEventId(master.ID)
	raw, err := b.ask(event.ToGetRequestInformation(ctx, nil)).
		selecting("id", "exceptionOccurrences", "cancelledOccurrences").expanding("exceptionOccurrences").object(ctx)
	if err != nil {
		return nil, fmt.Errorf("read a series: %w", err)
	}
	var got struct {
		ID   string `json:"id"`
		Next string `json:"exceptionOccurrences@odata.nextLink"`
	}
	if json.Unmarshal(raw, &got) != nil || got.ID != master.ID {
		return nil, fmt.Errorf("read a series: %w: the answer is another event", mailbox.ErrIncomplete)
	}
	if got.Next != "" {
		return nil, fmt.Errorf("read a series: %w: it has more exceptions than Graph serves at once", mailbox.ErrIncomplete)
	}
	return raw, nil
}
