package tenant

import (
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/shape"
	"github.com/riva-prep/riva-prep/pkg/sandbox/store"
)

// CreateFolder adds a contact folder below parentID ("" is the default folder),
// a calendar or a task list. Two contact folders beside each other, and two
// calendars, cannot have the same name.
func (m *Mailbox) CreateFolder(kind Kind, parentID, name string) (Folder, error) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	var doc rawjson.Object
	id := ids.New(m.ID, "folder", m.tenant.next())
	switch kind {
	case Contacts:
		if parentID == "" {
			parentID = "contacts"
		}
		parent, err := m.box.Folder(kind, parentID)
		if err != nil {
			return Folder{}, err
		}
		doc = rawjson.Of("id", id, "displayName", name, "parentFolderId", parent.ID, "contacts", []string{})
	case Events:
		doc = shape.Calendar(id, ids.ChangeKey(m.ID, false, m.tenant.next()), name, m.owner())
	case Tasks:
		doc = rawjson.Of("@odata.etag", ids.Etag(ids.ChangeKey(m.ID, false, m.tenant.next())), "id", id, "displayName", name,
			"isOwner", true, "isShared", false, "wellknownListName", "none", "tasks", []string{})
	}
	if m.nameTaken(kind, doc) {
		return Folder{}, ErrFolderExists
	}
	return m.box.AddFolder(kind, doc).Snapshot(), nil
}

func (m *Mailbox) nameTaken(kind Kind, doc rawjson.Object) bool {
	name := "displayName"
	if kind == Events {
		name = "name"
	}
	return kind != Tasks && slices.ContainsFunc(m.box.Folders(kind), func(f *store.Container) bool {
		return strings.EqualFold(f.Doc.Text(name), doc.Text(name)) &&
			f.Doc.Text("parentFolderId") == doc.Text("parentFolderId")
	})
}

// UpdateFolder sets members of a container's own. Built-in task lists refuse
// it, as Graph docs, todoTaskList, say.
func (m *Mailbox) UpdateFolder(kind Kind, id string, patch rawjson.Object) (Folder, error) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	f, err := m.box.Folder(kind, id)
	if err != nil {
		return Folder{}, err
	}
	if kind == Tasks && f.Doc.Text("wellknownListName") != "none" {
		return Folder{}, ErrBuiltIn
	}
	f.Doc = f.Doc.Merge(patch.Without("@odata.type"))
	return f.Snapshot(), nil
}

// DeleteFolder removes a container and its items, unless it is a built-in one.
// Its items do not come to lie in Deleted Items one by one and nobody is mailed:
// Exchange moves or removes the folder as a whole.
func (m *Mailbox) DeleteFolder(kind Kind, id string) error {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	f, err := m.box.Folder(kind, id)
	if err != nil {
		return err
	}
	if f == m.box.Default(kind) || kind == Tasks && f.Doc.Text("wellknownListName") != "none" {
		return ErrBuiltIn
	}
	m.box.RemoveFolder(f)
	if kind == Events {
		m.gone = append(m.gone, f.Doc.Without("events"))
	}
	return nil
}

// DeletedCalendars are the calendars that were deleted, oldest first.
func (m *Mailbox) DeletedCalendars() []rawjson.Object {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	return slices.Clone(m.gone)
}

// Categories is the mailbox's master category list.
func (m *Mailbox) Categories() []rawjson.Object {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	return slices.Clone(m.categories)
}

// AddCategory adds to the master list. Names are unique without regard to case.
func (m *Mailbox) AddCategory(name, color string) (rawjson.Object, error) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	for _, c := range m.categories {
		if strings.EqualFold(c.Text("displayName"), name) {
			return nil, ErrCategoryExists
		}
	}
	if color == "" {
		color = "none"
	}
	c := rawjson.Of("id", ids.GUID(m.ID, "category", m.tenant.next()), "displayName", name, "color", color)
	m.categories = append(m.categories, c)
	return c, nil
}

// ColorCategory changes a category's colour, the only thing that can change.
func (m *Mailbox) ColorCategory(id, color string) (rawjson.Object, error) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	for n, c := range m.categories {
		if c.Text("id") == id {
			m.categories[n] = c.Set("color", color)
			return m.categories[n], nil
		}
	}
	return nil, ErrNotFound
}

// DeleteCategory removes a category from the master list. Items keep its name.
func (m *Mailbox) DeleteCategory(id string) error {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	before := len(m.categories)
	m.categories = slices.DeleteFunc(m.categories, func(c rawjson.Object) bool { return c.Text("id") == id })
	if len(m.categories) == before {
		return ErrNotFound
	}
	return nil
}
