package tenant

import (
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/series"
	"github.com/riva-prep/riva-prep/pkg/sandbox/shape"
)

// touch gives the item, and with it every exception of a series, a new version.
func (i *item) touch() {
	t := i.mailbox.tenant
	key := ids.ChangeKey(i.mailbox.ID, i.kind == Contacts, t.next())
	version := func(body rawjson.Object) rawjson.Object {
		if i.kind != Tasks {
			body = body.Set("changeKey", key)
		}
		return body.Set("@odata.etag", ids.Etag(key))
	}
	i.body = version(i.body).Set("lastModifiedDateTime", t.stamp())
	if exceptions := i.body.Objects("exceptionOccurrences"); len(exceptions) > 0 {
		for n, exception := range exceptions {
			exceptions[n] = version(exception)
		}
		i.body = i.body.Set("exceptionOccurrences", exceptions)
	}
}

func (t target) body() rawjson.Object {
	if t.slot != nil {
		return t.slot.body
	}
	return t.item.body
}

// writable tells whether the item lies where it can be changed. A calendar that
// somebody else owns is writable if it says so: the change happens over there.
func (t target) writable() error {
	if t.kind == Events && !t.item.deleted && !t.folder.doc.Bool("canEdit", true) {
		return ErrReadOnly
	}
	return nil
}

// fresh checks an If-Match value against the item's version.
func (t target) fresh(ifMatch string, enforced bool) error {
	if !enforced || ifMatch == "" || ifMatch == "*" {
		return nil
	}
	if strings.TrimPrefix(ifMatch, "W/") != strings.TrimPrefix(t.item.body.Text("@odata.etag"), "W/") {
		return ErrStale
	}
	return nil
}

// Update sets the members of patch in an item and gives it a new version; an
// occurrence becomes an exception of its series. It mails as Exchange does.
// ifMatch is the request's If-Match, "" if absent.
func (m *Mailbox) Update(kind Kind, folderID, id string, patch rawjson.Object, ifMatch string) (Item, error) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	found, err := m.find(kind, folderID, id)
	if err != nil {
		return Item{}, err
	}
	if err := found.writable(); err != nil {
		return Item{}, err
	}
	facts := m.tenant.facts
	enforced := facts.IfMatchOnPatch == Yes
	if kind == Tasks {
		enforced = facts.IfMatchOnTasks == Yes
	}
	if err := found.fresh(ifMatch, enforced); err != nil {
		return Item{}, err
	}
	before := found.body()
	after, changed := m.applied(kind, before, patch)
	found.store(after)
	found.touch()
	m.afterUpdate(found, before, changed)
	return found.snapshot(), nil
}

// applied is the body with the patch's members, and the names of these.
func (m *Mailbox) applied(kind Kind, body, patch rawjson.Object) (rawjson.Object, []string) {
	var changed []string
	for name, value := range normal(kind, patch).Members() {
		switch name {
		case "singleValueExtendedProperties", "multiValueExtendedProperties":
			body = body.Set(name, shape.Merged(body.Objects(name), patch.Objects(name)))
		default:
			body = body.Set(name, rawjson.Object(value))
		}
		changed = append(changed, name)
	}
	if kind == Events && patch.Has("body") {
		body = body.Set("bodyPreview", shape.Preview(body.Object("body")))
	}
	if kind == Contacts && !patch.Has("displayName") && m.tenant.facts.DisplayNameRecomputed != No {
		body = shape.Renamed(body)
	}
	return body, changed
}

// store puts a changed body in place; a plain occurrence turns into an
// exception that keeps its id.
func (t target) store(body rawjson.Object) {
	if t.slot == nil {
		t.item.body = body
		return
	}
	exceptions := t.item.body.Objects("exceptionOccurrences")
	if t.slot.plain {
		body = body.Set("type", "exception")
		exceptions = append(exceptions, body)
		t.slot.plain = false
	}
	for n := range exceptions {
		if exceptions[n].Text("id") == body.Text("id") {
			exceptions[n] = body
		}
	}
	t.slot.body = body
	t.item.body = t.item.body.Set("exceptionOccurrences", exceptions)
	t.mailbox.indexExceptions(t.item)
}

func (m *Mailbox) afterUpdate(t target, before rawjson.Object, changed []string) {
	if t.slot != nil {
		for _, exception := range t.item.body.Objects("exceptionOccurrences") {
			if exception.Text("id") == t.slot.body.Text("id") {
				t.slot.body = exception // with the version that touch gave it
			}
		}
	}
	if t.kind == Tasks {
		m.respawn(t.item, before, changed)
	}
	if t.kind != Events || t.item.deleted {
		return
	}
	sent := len(m.tenant.outbox)
	m.mailUpdate(before, t.body(), changed)
	if len(m.tenant.outbox) > sent && t.slot == nil {
		m.tenant.updateCopies(t.item, changed)
	}
}

// respawn plays a known fault: a new due date on a recurring task leaves the
// old task behind and makes a second one (observed in the field).
func (m *Mailbox) respawn(it *item, before rawjson.Object, changed []string) {
	recurrence, _ := before.Get("recurrence")
	if !slices.Contains(changed, "dueDateTime") || len(recurrence) == 0 || string(recurrence) == "null" {
		return
	}
	id := ids.New(m.ID, "task", m.tenant.next())
	again := &item{kind: Tasks, id: id, folder: it.folder, mailbox: m, body: before.Set("id", id)}
	again.touch()
	m.put(again)
}

// Delete moves an item to Deleted Items: its default id changes, its immutable
// id stays. An item that is there already is removed for good, and so is any
// item if permanent is set. An occurrence is cancelled within its series.
// Deleting an organizer's meeting mails its attendees and marks their copies as
// cancelled (Graph docs, event-delete).
func (m *Mailbox) Delete(kind Kind, folderID, id, ifMatch string, permanent bool) error {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	found, err := m.find(kind, folderID, id)
	if err != nil {
		return err
	}
	if err := found.writable(); err != nil {
		return err
	}
	facts := m.tenant.facts
	enforced := facts.IfMatchOnDelete == Yes && (kind != Tasks || facts.IfMatchOnTasks == Yes)
	if err := found.fresh(ifMatch, enforced); err != nil {
		return err
	}
	if found.slot != nil {
		m.deleteOccurrence(found, permanent)
		return nil
	}
	m.remove(found.item, permanent)
	return nil
}

func (m *Mailbox) deleteOccurrence(t target, permanent bool) {
	if !t.item.deleted && m.mailsOnDelete(t.slot.body, permanent) {
		m.send(Cancellation, guests(t.slot.body), t.slot.body)
	}
	body := t.item.body
	if !t.slot.plain {
		kept := slices.DeleteFunc(body.Objects("exceptionOccurrences"), func(o rawjson.Object) bool {
			return o.Text("id") == t.slot.body.Text("id")
		})
		body = body.Set("exceptionOccurrences", kept)
		delete(m.exceptions, t.slot.body.Text("id"))
		delete(m.exceptions, t.item.slotImmutable(t.slot.body.Text("id")))
	}
	cancelled := append(body.Texts("cancelledOccurrences"), series.CancelledID(t.item.id, t.slot.day))
	t.item.body = body.Set("cancelledOccurrences", cancelled)
	t.item.touch()
}

func (m *Mailbox) remove(it *item, permanent bool) {
	if it.deleted {
		m.forget(it)
		m.deleted = slices.DeleteFunc(m.deleted, func(other *item) bool { return other == it })
		return
	}
	if it.kind == Events && m.mailsOnDelete(it.body, permanent) {
		if to := allGuests(it.body); len(to) > 0 {
			m.send(Cancellation, to, it.body)
			m.tenant.cancelCopies(it)
		}
	}
	m.unlist(it)
	m.forget(it)
	if permanent {
		return
	}
	it.former, it.deleted = it.id, true
	it.rename(ids.New(m.ID, "moved "+it.id, m.tenant.next()))
	it.touch()
	m.deleted = append(m.deleted, it)
	if it.kind != Tasks {
		m.index(it)
	}
}

// rename gives the item another default id, wherever it is named.
func (i *item) rename(id string) {
	old := i.id
	i.id, i.body = id, i.body.Set("id", id)
	if i.kind == Contacts {
		i.body = i.body.Set("parentFolderId", i.mailbox.deletedID)
	}
	if exceptions := i.body.Objects("exceptionOccurrences"); len(exceptions) > 0 {
		for n, exception := range exceptions {
			exceptions[n] = exception.Set("seriesMasterId", id)
		}
		i.body = i.body.Set("exceptionOccurrences", exceptions)
	}
	if cancelled := i.body.Texts("cancelledOccurrences"); len(cancelled) > 0 {
		for n := range cancelled {
			cancelled[n] = strings.Replace(cancelled[n], old, id, 1)
		}
		i.body = i.body.Set("cancelledOccurrences", cancelled)
	}
}

// normal gives a client's values the form in which the store keeps them.
func normal(kind Kind, given rawjson.Object) rawjson.Object {
	given = given.Without("@odata.type")
	if kind == Contacts {
		given = shape.Birthday(given)
	}
	return given
}
