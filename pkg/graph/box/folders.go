package box

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/graph/ask"
	"github.com/riva-prep/riva-prep/pkg/graph/folder"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

const (
	// defaultFolder is the well-known name of the default contacts folder.
	defaultFolder = "contacts"
	// folderPage is small: mailboxes have few folders.
	folderPage = 100
)

// Folders reads all folders of a kind. ErrNotOffered for tasks where the cloud
// has no To Do.
func (b *box) Folders(ctx context.Context, kind item.Kind) (folders []item.Folder, err error) {
	switch kind {
	case item.Contacts:
		folders, err = b.contactFolders(ctx)
	case item.Events:
		folders, err = b.calendars(ctx)
	case item.Tasks:
		folders, err = b.taskLists(ctx)
	default:
		err = unknownKind(kind)
	}
	if err != nil {
		return nil, fmt.Errorf("list the folders of %s: %w", kind, err)
	}
	return folders, nil
}

// contactFolders walks from the default folder, which v1.0's listing leaves
// out, and from those listed, to the bottom.
func (b *box) contactFolders(ctx context.Context) ([]item.Folder, error) {
	builder := b.user().ContactFolders()
	root, listed, err := b.topFolders(ctx)
	if err != nil {
		return nil, err
	}
	walk := folder.NewWalk(root, listed)
	for {
		parent, more, err := walk.Next()
		if err != nil || !more {
			return walk.Folders(), err
		}
		children := builder.ByContactFolderId(parent.ID).ChildFolders()
		below, err := ask.Collect[folder.Contact](ctx, b.ask(children.ToGetRequestInformation(ctx, nil)).Paged(folderPage))
		if err != nil {
			return nil, err
		}
		walk.Below(parent, below)
	}
}

// topFolders asks for the default folder and for those listed, side by side.
func (b *box) topFolders(ctx context.Context) (root folder.Contact, listed []folder.Contact, err error) {
	builder := b.user().ContactFolders()
	var failed error
	var asking sync.WaitGroup
	asking.Go(func() {
		listed, failed = ask.Collect[folder.Contact](ctx, b.ask(builder.ToGetRequestInformation(ctx, nil)).Paged(folderPage))
	})
	root, err = ask.One[folder.Contact](ctx, b.ask(builder.ByContactFolderId(defaultFolder).ToGetRequestInformation(ctx, nil)))
	asking.Wait()
	return root, listed, cmp.Or(err, failed)
}

func (b *box) calendars(ctx context.Context) ([]item.Folder, error) {
	query := b.ask(b.user().Calendars().ToGetRequestInformation(ctx, nil)).Paged(folderPage)
	calendars, err := ask.Collect[folder.Calendar](ctx, query.Selecting("id", "name", "canEdit", "isDefaultCalendar", "owner"))
	if err != nil {
		return nil, err
	}
	return folder.Calendars(calendars, b.account.Address, b.account.UPN), nil
}

// taskLists unites two listings: either one leaves lists out for some users
// (observed in the field), and $select breaks both. A mailbox over its quota
// has no delta, for which Exchange would have to remember something.
func (b *box) taskLists(ctx context.Context) ([]item.Folder, error) {
	if b.Cloud.OutlookOnly() {
		return nil, fmt.Errorf("this cloud serves no To Do: %w", mailbox.ErrNotOffered)
	}
	builder := b.user().Todo().Lists()
	changed, err := ask.Collect[folder.List](ctx, b.ask(builder.Delta().ToGetRequestInformation(ctx, nil)))
	if err != nil && !errors.Is(err, mailbox.ErrFull) {
		return nil, err
	}
	listed, err := ask.Collect[folder.List](ctx, b.ask(builder.ToGetRequestInformation(ctx, nil)).Top(folderPage))
	if err != nil {
		return nil, err
	}
	return folder.Lists(changed, listed), nil
}
