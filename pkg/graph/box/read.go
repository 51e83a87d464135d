package box

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/riva-prep/riva-prep/pkg/graph/ask"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Photo reads a contact's picture. That there is none answers as if the contact
// were not there, so the contact itself is asked for. An empty answer of that
// status says nothing: it comes for what is there, too (observed in the field).
func (b *box) Photo(ctx context.Context, contact item.Item) (*mailbox.Photo, error) {
	if contact.Kind != item.Contacts {
		return nil, fmt.Errorf("%s have no photo", contact.Kind)
	}
	of := b.user().ContactFolders().ByContactFolderId(contact.Folder.ID).Contacts().ByContactId(contact.ID)
	kind, content, err := b.ask(of.Photo().Content().ToGetRequestInformation(ctx, nil)).Bytes(ctx)
	if fault, ok := errors.AsType[*wire.Fault](err); ok && fault.Code != "" && errors.Is(err, mailbox.ErrGone) {
		_, err = b.oneItem(ctx, contact).Selecting("id").Object(ctx)
		if err == nil {
			return nil, nil //nolint:nilnil // the port's word for a contact without one
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read a photo: %w", err)
	}
	return &mailbox.Photo{ContentType: kind, Bytes: content}, nil
}

// Categories reads the master category list.
func (b *box) Categories(ctx context.Context) ([]json.RawMessage, error) {
	if b.Cloud.OutlookOnly() {
		return nil, fmt.Errorf("this cloud serves no master categories: %w", mailbox.ErrNotOffered)
	}
	var found []json.RawMessage
	query := b.ask(b.user().Outlook().MasterCategories().ToGetRequestInformation(ctx, nil))
	err := query.Pages(ctx, func(elements []wire.Element) error {
		for _, e := range elements {
			found = append(found, e.Raw)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the master categories: %w", offered(err))
	}
	return found, nil
}

// Settings reads the mailbox settings.
func (b *box) Settings(ctx context.Context) (json.RawMessage, error) {
	raw, err := b.ask(b.user().MailboxSettings().ToGetRequestInformation(ctx, nil)).Object(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the mailbox settings: %w", offered(err))
	}
	return raw, nil
}

// offered makes ErrNotOffered of a missing permission, for what a backup can do
// without.
func offered(err error) error {
	if ask.Answered(err, http.StatusForbidden) {
		return fmt.Errorf("%w: %w", mailbox.ErrNotOffered, err)
	}
	return err
}
