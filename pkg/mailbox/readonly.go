package mailbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// ErrReadOnly is what a mailbox opened for reading answers to a change.
var ErrReadOnly = errors.New("opened for reading only")

// ReadOnly gives the same directory with mailboxes that refuse every change.
// What lists, backs up or rehearses gets this one, so that it cannot write.
func ReadOnly(d Directory) Directory { return readOnlyDirectory{d} }

type readOnlyDirectory struct{ Directory }

func (d readOnlyDirectory) Open(ctx context.Context, account Account) (Mailbox, error) {
	mb, err := d.Directory.Open(ctx, account)
	if err != nil {
		return nil, err
	}
	return readOnly{mb}, nil
}

type readOnly struct{ Mailbox }

func (m readOnly) refuse(what string) error {
	return fmt.Errorf("%s in %s: %w", what, m.Account().Name(), ErrReadOnly)
}

func (m readOnly) Delete(context.Context, item.Item) error { return m.refuse("delete an item") }

func (m readOnly) DeletePermanently(context.Context, item.Item) error {
	return m.refuse("delete an item for good")
}

func (m readOnly) SetCategories(context.Context, item.Item, []string) (string, error) {
	return "", m.refuse("set categories")
}

func (m readOnly) Batch(ctx context.Context, changes []Change) []Changed {
	return OneByOne(ctx, m, changes)
}

func (m readOnly) EnsureCategory(context.Context, string, string) (bool, error) {
	return false, m.refuse("add a master category")
}

func (m readOnly) CreateFolder(context.Context, item.Kind, string, string) (item.Folder, error) {
	return item.Folder{}, m.refuse("make a folder")
}

func (m readOnly) Create(context.Context, item.Folder, json.RawMessage) (item.Item, error) {
	return item.Item{}, m.refuse("create an item")
}

func (m readOnly) Update(context.Context, item.Item, json.RawMessage) (item.Item, error) {
	return item.Item{}, m.refuse("change an item")
}

func (m readOnly) Attach(context.Context, item.Item, json.RawMessage) error {
	return m.refuse("attach something")
}

func (m readOnly) AddChecklistItem(context.Context, item.Item, json.RawMessage) error {
	return m.refuse("add a checklist item")
}

func (m readOnly) SetPhoto(context.Context, item.Item, Photo) error { return m.refuse("set a photo") }

func (m readOnly) Import(context.Context, item.Folder, []byte) (item.Item, error) {
	return item.Item{}, m.refuse("import an item")
}
