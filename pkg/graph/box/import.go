package box

import (
	"context"
	"fmt"

	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/item"
)

// Import makes an item of a stream. The id is the one that listings have, or,
// where the new item cannot be read, the one that the service told.
func (b *box) Import(ctx context.Context, folder item.Folder, stream []byte) (item.Item, error) {
	made, err := b.imported(ctx, folder, stream)
	if err != nil {
		return item.Item{}, fmt.Errorf("import an item of %s: %w", folder.Kind, err)
	}
	return made, nil
}

func (b *box) imported(ctx context.Context, folder item.Folder, stream []byte) (item.Item, error) {
	if err := open(folder); err != nil {
		return item.Item{}, err
	}
	id, version, err := b.imports.Import(ctx, folder, stream)
	if err != nil {
		return item.Item{}, err
	}
	copied := item.Item{Kind: folder.Kind, Folder: folder, ID: id, Version: version}
	if folder.Kind == item.Tasks { // To Do refuses $select, and has no immutable ids
		return copied, nil
	}
	if now, err := made(ctx, folder, b.oneItem(ctx, copied).Selecting("id")); err == nil {
		copied.ID, copied.Version = now.ID, now.Version
	}
	return copied, nil
}

// asker is Graph as package transfer asks it, through the mailbox's gate.
type asker struct{ *box }

func (a asker) Mailbox(ctx context.Context) (string, error) { return a.exchange(ctx) }

func (a asker) Open(ctx context.Context, path string, variables ...string) ([]byte, error) {
	return a.template(path, variables...).Posting().Opening().Object(ctx)
}

func (a asker) List(ctx context.Context, path string, visit func([]wire.Element) error, variables ...string) error {
	return a.template(path, variables...).Top(folderPage).Pages(ctx, visit)
}
