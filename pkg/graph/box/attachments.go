package box

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/riva-prep/riva-prep/pkg/graph/ask"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/item"
)

// attachment lists the members that decide whether it was served whole.
type attachment struct {
	ID      string  `json:"id"`
	Type    string  `json:"@odata.type"`
	Content *string `json:"contentBytes"`
}

// Attachments reads every attachment of an event or task with its content.
func (b *box) Attachments(ctx context.Context, it item.Item) ([]json.RawMessage, error) {
	var found []json.RawMessage
	err := b.attachmentList(ctx, it, func(e wire.Element) error {
		raw, err := b.wholeAttachment(ctx, it, e)
		found = append(found, raw)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the attachments of an item of %s: %w", it.Kind, err)
	}
	return found, nil
}

// attachmentList lists them; where the service fails over so much content at
// once (observed in the field), it lists their ids.
func (b *box) attachmentList(ctx context.Context, it item.Item, visit func(wire.Element) error) error {
	var all []wire.Element
	gather := func(page []wire.Element) error {
		all = append(all, page...)
		return nil
	}
	err := b.attachments(ctx, it).Pages(ctx, gather)
	if fault, ok := errors.AsType[*wire.Fault](err); ok && fault.Busy() && it.Kind == item.Events {
		all = nil
		err = b.attachments(ctx, it).Selecting("id").Pages(ctx, gather)
	}
	if err != nil {
		return err
	}
	for _, e := range all {
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}

func (b *box) attachments(ctx context.Context, it item.Item) *ask.Call {
	switch it.Kind {
	case item.Events:
		event := b.user().Calendars().ByCalendarId(it.Folder.ID).Events().ByEventId(it.ID)
		return b.ask(event.Attachments().ToGetRequestInformation(ctx, nil))
	case item.Tasks:
		task := b.user().Todo().Lists().ByTodoTaskListId(it.Folder.ID).Tasks().ByTodoTaskId(it.ID)
		return b.ask(task.Attachments().ToGetRequestInformation(ctx, nil))
	default:
		return ask.Failed(fmt.Errorf("%s have no attachments", it.Kind))
	}
}

// wholeAttachment returns it as listed where the content came with it, else
// reads it by itself: To Do lists no contents, and an attached item comes only
// when it is expanded.
func (b *box) wholeAttachment(ctx context.Context, it item.Item, e wire.Element) (json.RawMessage, error) {
	var a attachment
	if err := json.Unmarshal(e.Raw, &a); err != nil {
		return nil, errors.New("an attachment has members of another type")
	}
	if a.Content != nil || a.Type == "#microsoft.graph.referenceAttachment" {
		return e.Raw, nil
	}
	if it.Kind == item.Tasks {
		task := b.user().Todo().Lists().ByTodoTaskListId(it.Folder.ID).Tasks().ByTodoTaskId(it.ID)
		return b.ask(task.Attachments().ByAttachmentBaseId(e.ID).ToGetRequestInformation(ctx, nil)).Object(ctx)
	}
	event := b.user().Calendars().ByCalendarId(it.Folder.ID).Events().ByEventId(it.ID)
	query := b.ask(event.Attachments().ByAttachmentId(e.ID).ToGetRequestInformation(ctx, nil))
	if a.Type == "#microsoft.graph.itemAttachment" {
		query.Expanding("microsoft.graph.itemAttachment/item")
	}
	return query.Object(ctx)
}
