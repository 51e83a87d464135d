package tenant

import (
	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/shape"
	"github.com/riva-prep/riva-prep/pkg/sandbox/store"
)

// DeletedItems are the items in Deleted Items, oldest first, tasks included.
func (m *Mailbox) DeletedItems() []Item {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	out := make([]Item, 0, len(m.box.Deleted()))
	for _, e := range m.box.Deleted() {
		out = append(out, e.Snapshot())
	}
	return out
}

// Anywhere finds an item of any kind by either id, deleted ones too.
// Occurrences and exceptions are no items of their own.
func (m *Mailbox) Anywhere(id string) (Item, error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	found, err := m.anywhere(id)
	if err != nil {
		return Item{}, err
	}
	return found.Snapshot(), nil
}

func (m *Mailbox) anywhere(id string) (store.Target, error) {
	for _, kind := range []Kind{Contacts, Events} {
		if found, err := m.box.Find(kind, "", id); err == nil && !found.IsOccurrence() {
			return found, nil
		}
	}
	for _, list := range m.box.Folders(Tasks) {
		if found, err := m.box.Find(Tasks, list.ID, id); err == nil {
			return found, nil
		}
	}
	for _, e := range m.box.Deleted() {
		if e.Kind == Tasks && e.ID == id {
			return e.Whole(), nil
		}
	}
	return store.Target{}, ErrNotFound
}

// Import adds an item with every member of body, as a copy under ids and a
// version of its own. Facts decide whether an organizer's meeting invites.
func (m *Mailbox) Import(kind Kind, folderID string, body rawjson.Object) (Item, error) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	f, err := m.box.Folder(kind, folderID)
	if err != nil {
		return Item{}, err
	}
	if !editable(f) {
		return Item{}, ErrReadOnly
	}
	id := ids.New(m.ID, "imported "+string(kind), m.tenant.next())
	e := m.box.NewEntry(kind, f, id, m.under(id, f, body))
	m.tenant.touch(e)
	m.box.Put(e)
	m.mailImport(e)
	return e.Snapshot(), nil
}

// ImportOver replaces an item of a folder by body; it keeps its ids and gets a
// new version. ErrStale where changeKey is not its own.
func (m *Mailbox) ImportOver(kind Kind, folderID, id, changeKey string, body rawjson.Object) (Item, error) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	found, err := m.box.Find(kind, folderID, id)
	switch {
	case err != nil:
		return Item{}, err
	case found.IsOccurrence():
		return Item{}, ErrNotFound
	}
	if err := writable(found); err != nil {
		return Item{}, err
	}
	if err := fresh(found, ids.Etag(changeKey), true); err != nil {
		return Item{}, err
	}
	m.box.Rewrite(found.Entry, m.under(found.ID, found.Folder, body))
	m.tenant.touch(found.Entry)
	m.mailImport(found.Entry)
	return found.Snapshot(), nil
}

func (m *Mailbox) mailImport(e *store.Entry) {
	if e.Kind == Events {
		m.tenant.send(m.tenant.facts.OnImport(m.address(), e.Body))
	}
}

// under is a body as that of an item of the mailbox with the id.
func (m *Mailbox) under(id string, in *store.Container, body rawjson.Object) rawjson.Object {
	if in.Kind == Contacts {
		body = body.Set("parentFolderId", in.ID)
	}
	return shape.Copied(body, id, func(purpose string) string { return ids.New(m.ID, purpose, m.tenant.next()) })
}
