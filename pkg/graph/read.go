package graph

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// IDs is to come.
func (b *box) IDs(context.Context, item.Folder) ([]string, int, error) {
	return nil, -1, errors.ErrUnsupported
}

// Get is to come.
func (b *box) Get(context.Context, item.Folder, string) (item.Item, error) {
	return item.Item{}, errors.ErrUnsupported
}

// Photo is to come.
func (b *box) Photo(context.Context, item.Item) (*mailbox.Photo, error) {
	return nil, errors.ErrUnsupported
}

// Categories is to come.
func (b *box) Categories(context.Context) ([]json.RawMessage, error) {
	return nil, errors.ErrUnsupported
}

// Settings is to come.
func (b *box) Settings(context.Context) (json.RawMessage, error) { return nil, errors.ErrUnsupported }

// Export is to come.
func (b *box) Export(context.Context, []item.Item) ([]mailbox.Stream, error) {
	return nil, errors.ErrUnsupported
}
