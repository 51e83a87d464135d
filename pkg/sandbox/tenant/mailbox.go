package tenant

import (
	"cmp"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/series"
)

// Mailbox is an account and, unless Enabled is false, its mailbox.
type Mailbox struct {
	ID, UPN, Mail, DisplayName string
	// Purpose is Graph's userPurpose: user, shared, room, …
	Purpose string
	// Enabled is false for an account without a mailbox.
	Enabled bool

	tenant     *Tenant
	layout     rawjson.Object // the file's members in order, with places for the rest
	categories []rawjson.Object
	folders    map[Kind][]*folder
	items      map[Kind]map[string]*item // contacts and events by either id; no tasks
	stems      map[string]*item          // series masters by id without padding
	exceptions map[string]*item          // exception id → its master
	sent       map[string]*item          // transactionId → the event it made
	deleted    []*item                   // Deleted Items, oldest first
	deletedID  string                    // the id of Deleted Items
	places     int64                     // the next item's place
}

// folder is a contact folder, a calendar or a task list.
type folder struct {
	kind  Kind
	id    string
	doc   rawjson.Object // without the items
	items []*item        // by place
	tasks map[string]*item
}

// item is a contact, an event or a task. Its body is replaced, never changed.
type item struct {
	kind      Kind
	place     int64
	id        string
	immutable string
	former    string // the id before the move to Deleted Items
	folder    *folder
	mailbox   *Mailbox
	deleted   bool
	body      rawjson.Object
}

// Folder is a snapshot of a contact folder, calendar or task list.
type Folder struct {
	Kind Kind
	ID   string
	// Doc has the folder's own members, without its items.
	Doc rawjson.Object
	// Items counts them.
	Items int
}

// Item is a snapshot of an item.
type Item struct {
	Kind Kind
	// ID is the default id, ImmutableID the one that survives moves. Tasks have
	// only the default one.
	ID, ImmutableID string
	// FolderID is where it is; for a deleted item the id of Deleted Items.
	FolderID string
	// Body has every member as loaded or last changed.
	Body    rawjson.Object
	Deleted bool
	// MasterID and MasterImmutableID name the series an occurrence belongs to.
	MasterID, MasterImmutableID string
}

func (f *folder) snapshot() Folder {
	return Folder{Kind: f.kind, ID: f.id, Doc: f.doc, Items: len(f.items)}
}

func (i *item) snapshot() Item {
	out := Item{Kind: i.kind, ID: i.id, ImmutableID: i.immutable, FolderID: i.folder.id, Body: i.body, Deleted: i.deleted}
	if i.deleted {
		out.FolderID = i.mailbox.deletedID
	}
	return out
}

// DeletedItemsID is the id of the mailbox's Deleted Items folder.
func (m *Mailbox) DeletedItemsID() string { return m.deletedID }

// Doc has the account's own members as in the tenant file.
func (m *Mailbox) Doc() rawjson.Object {
	return m.layout.Without("mailbox", "masterCategories", "contactFolders", "calendars", "todoLists", "deletedItems")
}

// Folders are the mailbox's containers of a kind, in file order.
func (m *Mailbox) Folders(kind Kind) []Folder {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	var out []Folder
	for _, f := range m.folders[kind] {
		out = append(out, f.snapshot())
	}
	return out
}

// Folder finds a container by id, or by the well-known name contacts.
func (m *Mailbox) Folder(kind Kind, id string) (Folder, error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	f, err := m.folder(kind, id)
	if err != nil {
		return Folder{}, err
	}
	return f.snapshot(), nil
}

// Default is the mailbox's default container of a kind.
func (m *Mailbox) Default(kind Kind) (Folder, error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	f := m.defaultFolder(kind)
	if f == nil {
		return Folder{}, ErrFolderNotFound
	}
	return f.snapshot(), nil
}

func (m *Mailbox) folder(kind Kind, id string) (*folder, error) {
	for _, f := range m.folders[kind] {
		if f.id == id {
			return f, nil
		}
	}
	if kind == Contacts && strings.EqualFold(id, "contacts") {
		if f := m.defaultFolder(kind); f != nil {
			return f, nil
		}
	}
	return nil, ErrFolderNotFound
}

func (m *Mailbox) defaultFolder(kind Kind) *folder {
	is := func(f *folder) bool {
		switch kind {
		case Contacts:
			return strings.EqualFold(f.doc.Text("wellKnownName"), "contacts")
		case Events:
			return f.doc.Bool("isDefaultCalendar", false)
		}
		return f.doc.Text("wellknownListName") == "defaultList"
	}
	if at := slices.IndexFunc(m.folders[kind], is); at >= 0 {
		return m.folders[kind][at]
	}
	return nil
}

// Page gives up to top items of a folder from offset skip on, of those that
// keep allows (all if nil), and how many there are in all. It looks at no more
// items than it must.
func (m *Mailbox) Page(kind Kind, folderID string, skip, top int, keep func(rawjson.Object) bool) (page []Item, total int, err error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	f, err := m.folder(kind, folderID)
	if err != nil {
		return nil, 0, err
	}
	if keep == nil {
		from := min(skip, len(f.items))
		for _, it := range f.items[from:min(from+top, len(f.items))] {
			page = append(page, it.snapshot())
		}
		return page, len(f.items), nil
	}
	for _, it := range f.items {
		if !keep(it.body) {
			continue
		}
		if total >= skip && len(page) < top {
			page = append(page, it.snapshot())
		}
		total++
	}
	return page, total, nil
}

// Item finds an item by either id. A folderID other than "" must be the folder
// it lies in; tasks need one.
func (m *Mailbox) Item(kind Kind, folderID, id string) (Item, error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	found, err := m.find(kind, folderID, id)
	if err != nil {
		return Item{}, err
	}
	return found.snapshot(), nil
}

// target is an item, or one occurrence of the series that the item is.
type target struct {
	*item
	slot *slot
}

func (t target) snapshot() Item {
	if t.slot == nil {
		return t.item.snapshot()
	}
	return t.slot.snapshot(t.item)
}

func (m *Mailbox) find(kind Kind, folderID, id string) (target, error) {
	var in *folder
	if folderID != "" {
		var err error
		if in, err = m.folder(kind, folderID); err != nil {
			return target{}, err
		}
	}
	found, ok := m.lookUp(kind, in, id)
	if !ok || in != nil && (found.folder != in || found.deleted) {
		return target{}, ErrNotFound
	}
	return found, nil
}

func (m *Mailbox) lookUp(kind Kind, in *folder, id string) (target, bool) {
	if kind == Tasks {
		if in == nil {
			return target{}, false
		}
		it, ok := in.tasks[id]
		return target{item: it}, ok
	}
	if it, ok := m.items[kind][id]; ok {
		return target{item: it}, true
	}
	if kind == Events {
		return m.findOccurrence(id)
	}
	return target{}, false
}

// put adds the item to its folder and the indexes.
func (m *Mailbox) put(it *item) {
	m.places++
	it.place = m.places
	it.folder.items = append(it.folder.items, it)
	m.index(it)
}

func (m *Mailbox) index(it *item) {
	if it.kind == Tasks {
		it.folder.tasks[it.id] = it
		return
	}
	m.items[it.kind][it.id] = it
	m.items[it.kind][it.immutable] = it
	if it.kind == Events {
		m.indexEvent(it)
	}
}

func (m *Mailbox) indexEvent(it *item) {
	if it.body.Text("type") == "seriesMaster" {
		m.stems[series.Stem(it.id)] = it
		m.stems[series.Stem(it.immutable)] = it
		m.indexExceptions(it)
	}
	if id := it.body.Text("transactionId"); id != "" {
		m.sent[id] = it
	}
	if uid := it.body.Text("iCalUId"); uid != "" {
		m.tenant.copies[uid] = append(m.tenant.copies[uid], it)
	}
}

func (m *Mailbox) indexExceptions(it *item) {
	for _, exception := range it.body.Objects("exceptionOccurrences") {
		id := exception.Text("id")
		m.exceptions[id] = it
		m.exceptions[it.slotImmutable(id)] = it
	}
}

// unlist takes the item out of its folder's list.
func (m *Mailbox) unlist(it *item) {
	f := it.folder
	at, ok := slices.BinarySearchFunc(f.items, it.place, func(other *item, place int64) int {
		return cmp.Compare(other.place, place)
	})
	if ok {
		f.items = slices.Delete(f.items, at, at+1)
	}
	if it.kind == Tasks {
		delete(f.tasks, it.id)
	}
}

// forget takes the item's ids out of the indexes.
func (m *Mailbox) forget(it *item) {
	delete(m.items[it.kind], it.id)
	delete(m.items[it.kind], it.immutable)
	delete(m.stems, series.Stem(it.id))
	delete(m.stems, series.Stem(it.immutable))
	for _, exception := range it.body.Objects("exceptionOccurrences") {
		id := exception.Text("id")
		delete(m.exceptions, id)
		delete(m.exceptions, it.slotImmutable(id))
	}
	uid := it.body.Text("iCalUId")
	copies := slices.DeleteFunc(m.tenant.copies[uid], func(other *item) bool { return other == it })
	if m.tenant.copies[uid] = copies; len(copies) == 0 {
		delete(m.tenant.copies, uid)
	}
}
