package graph

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// CreateFolder is to come.
func (b *box) CreateFolder(context.Context, item.Kind, string, string) (item.Folder, error) {
	return item.Folder{}, errors.ErrUnsupported
}

// Create is to come.
func (b *box) Create(context.Context, item.Folder, json.RawMessage) (item.Item, error) {
	return item.Item{}, errors.ErrUnsupported
}

// Update is to come.
func (b *box) Update(context.Context, item.Item, json.RawMessage) (item.Item, error) {
	return item.Item{}, errors.ErrUnsupported
}

// Attach is to come.
func (b *box) Attach(context.Context, item.Item, json.RawMessage) error { return errors.ErrUnsupported }

// AddChecklistItem is to come.
func (b *box) AddChecklistItem(context.Context, item.Item, json.RawMessage) error {
	return errors.ErrUnsupported
}

// SetPhoto is to come.
func (b *box) SetPhoto(context.Context, item.Item, mailbox.Photo) error { return errors.ErrUnsupported }

// Import is to come.
func (b *box) Import(context.Context, item.Folder, []byte) (item.Item, error) {
	return item.Item{}, errors.ErrUnsupported
}

// Instances is to come.
func (b *box) Instances(context.Context, item.Item, time.Time, time.Time) ([]item.Item, error) {
	return nil, errors.ErrUnsupported
}
