package tenant

import (
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/store"
	"github.com/riva-prep/riva-prep/pkg/sandbox/upload"
)

// The kinds and snapshots of what lies in a mailbox.
type (
	// Kind is one of the three kinds of items.
	Kind = store.Kind
	// Folder is a snapshot of a contact folder, calendar or task list.
	Folder = store.Folder
	// Item is a snapshot of an item.
	Item = store.Item
)

// The kinds, as they are named in tenant files.
const (
	Contacts = store.Contacts
	Events   = store.Events
	Tasks    = store.Tasks
)

// Mailbox is an account and, unless Enabled is false, its mailbox.
type Mailbox struct {
	ID, UPN, Mail, DisplayName string
	// Purpose is Graph's userPurpose: user, shared, room, …
	Purpose string
	// Enabled is false for an account without a mailbox.
	Enabled bool

	state      State
	moves      time.Duration // how long, if it is Moving
	tenant     *Tenant
	layout     rawjson.Object // the file's members in order, with places for the rest
	categories []rawjson.Object
	box        *store.Box
	uploads    upload.Sessions
	gone       []rawjson.Object // deleted calendars
}

// DeletedItemsID is the id of the mailbox's Deleted Items folder.
func (m *Mailbox) DeletedItemsID() string { return m.box.DeletedID }

// Doc has the account's own members as in the tenant file.
func (m *Mailbox) Doc() rawjson.Object {
	return m.layout.Without("mailbox", "state", "masterCategories", "contactFolders", "calendars", "todoLists", "deletedItems")
}

// Folders are the mailbox's containers of a kind, in file order.
func (m *Mailbox) Folders(kind Kind) []Folder {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	var out []Folder
	for _, f := range m.box.Folders(kind) {
		out = append(out, f.Snapshot())
	}
	return out
}

// Folder finds a container by id, or by the well-known name contacts.
func (m *Mailbox) Folder(kind Kind, id string) (Folder, error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	f, err := m.box.Folder(kind, id)
	if err != nil {
		return Folder{}, err
	}
	return f.Snapshot(), nil
}

// Default is the mailbox's default container of a kind.
func (m *Mailbox) Default(kind Kind) (Folder, error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	f := m.box.Default(kind)
	if f == nil {
		return Folder{}, ErrFolderNotFound
	}
	return f.Snapshot(), nil
}

// Page gives up to top items of a folder from offset skip on, of those that
// keep allows (all if nil), and how many there are in all.
func (m *Mailbox) Page(kind Kind, folderID string, skip, top int, keep func(rawjson.Object) bool) (page []Item, total int, err error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	f, err := m.box.Folder(kind, folderID)
	if err != nil {
		return nil, 0, err
	}
	page, total = f.Page(skip, top, keep)
	return page, total, nil
}

// Item finds an item by either id. A folderID other than "" must be the folder
// it lies in; tasks need one.
func (m *Mailbox) Item(kind Kind, folderID, id string) (Item, error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	found, err := m.box.Find(kind, folderID, id)
	if err != nil {
		return Item{}, err
	}
	return found.Snapshot(), nil
}

// Instances are the occurrences and exceptions of a series that overlap the
// time from from to to, by start. It is empty for an event that is no series.
func (m *Mailbox) Instances(folderID, id string, from, to time.Time) ([]Item, error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	found, err := m.box.Find(Events, folderID, id)
	if err != nil {
		return nil, err
	}
	return found.Instances(from, to), nil
}

// CalendarView is everything in a calendar that overlaps the time from from to
// to: single events, occurrences and exceptions, by start.
func (m *Mailbox) CalendarView(folderID string, from, to time.Time) ([]Item, error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	f, err := m.box.Folder(Events, folderID)
	if err != nil {
		return nil, err
	}
	return f.View(from, to), nil
}
