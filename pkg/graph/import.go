package graph

import (
	"context"
	"fmt"

	abstractions "github.com/microsoft/kiota-abstractions-go"

	"github.com/riva-prep/riva-prep/pkg/graph/signin"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
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
	if b.client.cloud != signin.Global {
		return item.Item{}, fmt.Errorf("%w: only the global cloud imports", mailbox.ErrNotOffered)
	}
	id, version, err := b.imports.Import(ctx, folder, stream)
	if err != nil {
		return item.Item{}, err
	}
	made := item.Item{Kind: folder.Kind, Folder: folder, ID: id, Version: version}
	if folder.Kind == item.Tasks { // To Do refuses $select, and has no immutable ids
		return made, nil
	}
	read := b.item(ctx, made)
	if read.err == nil {
		read.info.Method = abstractions.GET
	}
	if now, err := read.selecting("id").made(ctx, folder); err == nil {
		made.ID, made.Version = now.ID, now.Version
	}
	return made, nil
}

// asker is Graph as package transfer asks it, through the mailbox's gate.
type asker struct{ *box }

func (a asker) call(path string, variables []string) *call {
	c := a.client.template(path, variables...)
	c.gate = a.gate
	return c
}

func (a asker) Get(ctx context.Context, path string, variables ...string) ([]byte, error) {
	return a.call(path, variables).object(ctx)
}

func (a asker) Post(ctx context.Context, path string, variables ...string) ([]byte, error) {
	c := a.call(path, variables)
	c.info.Method = abstractions.POST
	return c.object(ctx)
}

func (a asker) List(ctx context.Context, path string, visit func([]wire.Element) error, variables ...string) error {
	return a.call(path, variables).top(folderPage).pages(ctx, visit)
}
