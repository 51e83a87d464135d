package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/series"
)

// Kind is one of the three kinds of items.
type Kind string

// The kinds, as they are named in tenant files.
const (
	Contacts Kind = "contacts"
	Events   Kind = "events"
	Tasks    Kind = "tasks"
)

// What is not there.
var (
	ErrNotFound       = errors.New("the specified object was not found in the store")
	ErrFolderNotFound = errors.New("the specified folder could not be found in the store")
)

// Copies finds events of all mailboxes by their iCalUId.
type Copies map[string][]*Entry

// Box is the content of one mailbox.
type Box struct {
	// Owner is the object id of the mailbox's account.
	Owner string
	// DeletedID is the id of Deleted Items.
	DeletedID string

	copies     Copies
	folders    map[Kind][]*Container
	items      map[Kind]map[string]*Entry // contacts and events by either id; no tasks
	stems      map[string]*Entry          // series masters by id without padding
	exceptions map[string]*Entry          // exception id → its master
	sent       map[string]*Entry          // transactionId → the event it made
	deleted    []*Entry                   // Deleted Items, oldest first
	places     int64                      // the last item's place
	revision   int64                      // the last change's
}

// New makes an empty mailbox. Its events are found in copies too.
func New(owner string, copies Copies) *Box {
	return &Box{
		Owner: owner, DeletedID: ids.New(owner, "deleteditems", 0), copies: copies,
		folders: map[Kind][]*Container{}, items: map[Kind]map[string]*Entry{Contacts: {}, Events: {}},
		stems: map[string]*Entry{}, exceptions: map[string]*Entry{}, sent: map[string]*Entry{},
	}
}

// Entry is a contact, an event or a task.
type Entry struct {
	Kind Kind
	// ID is the default id, Immutable the one that survives moves, Former the id
	// before the move to Deleted Items.
	ID, Immutable, Former string
	// Folder is where it is, or was before it was deleted.
	Folder  *Container
	Box     *Box
	Deleted bool
	// Body has every member. It is replaced, never changed.
	Body rawjson.Object

	place    int64
	revision int64 // of the last change
}

// NewEntry is an item that is not yet in its folder. Its immutable id is the
// member immutableId of its body, else it follows from its default one.
func (b *Box) NewEntry(kind Kind, in *Container, id string, body rawjson.Object) *Entry {
	e := &Entry{Kind: kind, ID: id, Immutable: body.Text("immutableId"), Folder: in, Box: b, Body: body}
	if e.Immutable == "" {
		e.Immutable = ids.Immutable(b.Owner, string(kind), id)
	}
	return e
}

// Check refuses an item without an id, or with one that is taken.
func (b *Box) Check(e *Entry) error {
	if e.ID == "" {
		return errors.New("id is missing")
	}
	_, taken := b.items[e.Kind][e.ID]
	if e.Kind == Tasks {
		_, taken = e.Folder.tasks[e.ID]
	}
	if taken {
		return fmt.Errorf("id %q is there twice", e.ID)
	}
	return nil
}

// Put adds the item to its folder.
func (b *Box) Put(e *Entry) {
	b.places++
	e.place = b.places
	e.changed()
	e.Folder.items = append(e.Folder.items, e)
	b.index(e)
}

// PutDeleted adds the item to Deleted Items.
func (b *Box) PutDeleted(e *Entry) {
	e.Deleted = true
	b.deleted = append(b.deleted, e)
	if e.Kind != Tasks { // nothing in Graph finds a deleted task
		b.index(e)
	}
}

// Discard moves the item to Deleted Items under another default id.
func (b *Box) Discard(e *Entry, id string) {
	b.unlist(e)
	b.forget(e)
	e.Former = e.ID
	e.rename(id)
	b.PutDeleted(e)
}

// Move puts the item into another folder, under another default id.
func (b *Box) Move(e *Entry, to *Container, id string) {
	b.unlist(e)
	b.forget(e)
	e.rename(id)
	e.Folder = to
	if e.Kind == Contacts {
		e.Body = e.Body.Set("parentFolderId", to.ID)
	}
	b.Put(e)
}

// Remove takes the item out of its folder, or out of Deleted Items, for good.
func (b *Box) Remove(e *Entry) {
	if e.Deleted {
		b.deleted = slices.DeleteFunc(b.deleted, func(other *Entry) bool { return other == e })
	} else {
		b.unlist(e)
	}
	b.forget(e)
}

// Rewrite gives an item another body under the same id.
func (b *Box) Rewrite(e *Entry, body rawjson.Object) {
	b.forget(e)
	e.Body = body
	b.index(e)
}

// Deleted are the items in Deleted Items, oldest first.
func (b *Box) Deleted() []*Entry { return b.deleted }

// Sent is the event that was made with a transactionId, nil if none was.
func (b *Box) Sent(transactionID string) *Entry { return b.sent[transactionID] }

// Holds tells whether a contact or event is in the mailbox, deleted or not.
func (b *Box) Holds(e *Entry) bool { return b.items[e.Kind][e.ID] == e }

func (b *Box) index(e *Entry) {
	if e.Kind == Tasks {
		e.Folder.tasks[e.ID] = e
		return
	}
	b.items[e.Kind][e.ID] = e
	b.items[e.Kind][e.Immutable] = e
	if e.Kind == Events {
		b.indexEvent(e)
	}
}

func (b *Box) indexEvent(e *Entry) {
	if e.Body.Text("type") == "seriesMaster" {
		b.stems[series.Stem(e.ID)] = e
		b.stems[series.Stem(e.Immutable)] = e
		b.indexExceptions(e)
	}
	if id := e.Body.Text("transactionId"); id != "" {
		b.sent[id] = e
	}
	if uid := e.Body.Text("iCalUId"); uid != "" {
		b.copies[uid] = append(b.copies[uid], e)
	}
}

func (b *Box) indexExceptions(e *Entry) {
	for _, exception := range e.Body.Objects("exceptionOccurrences") {
		b.exceptions[exception.Text("id")] = e
		b.exceptions[e.slotImmutable(exception)] = e
	}
}

func (b *Box) forgetException(e *Entry, exception rawjson.Object) {
	delete(b.exceptions, exception.Text("id"))
	delete(b.exceptions, e.slotImmutable(exception))
}

// unlist takes the item out of its folder's list.
func (b *Box) unlist(e *Entry) {
	f := e.Folder
	at, ok := slices.BinarySearchFunc(f.items, e.place, func(other *Entry, place int64) int {
		return cmp.Compare(other.place, place)
	})
	if ok {
		f.items = slices.Delete(f.items, at, at+1)
		b.revision++
		f.left = append(f.left, Change{Item: Item{Kind: e.Kind, ID: e.ID, ImmutableID: e.Immutable}, Removed: true, Revision: b.revision})
	}
	if e.Kind == Tasks {
		delete(f.tasks, e.ID)
	}
}

// forget takes the item's ids out of the indexes.
func (b *Box) forget(e *Entry) {
	delete(b.items[e.Kind], e.ID)
	delete(b.items[e.Kind], e.Immutable)
	if e.Kind != Events {
		return
	}
	delete(b.stems, series.Stem(e.ID))
	delete(b.stems, series.Stem(e.Immutable))
	for _, exception := range e.Body.Objects("exceptionOccurrences") {
		b.forgetException(e, exception)
	}
	uid := e.Body.Text("iCalUId")
	copies := slices.DeleteFunc(b.copies[uid], func(other *Entry) bool { return other == e })
	if b.copies[uid] = copies; len(copies) == 0 {
		delete(b.copies, uid)
	}
}
