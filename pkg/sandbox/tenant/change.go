package tenant

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rules"
	"github.com/riva-prep/riva-prep/pkg/sandbox/series"
	"github.com/riva-prep/riva-prep/pkg/sandbox/shape"
	"github.com/riva-prep/riva-prep/pkg/sandbox/store"
)

// editable tells whether a container's items can be changed. A calendar that
// somebody else owns can be if it says so: the change happens over there.
func editable(c *store.Container) bool { return c.Kind != Events || c.Doc.Bool("canEdit", true) }

// writable refuses changes where the item lies in a calendar that cannot be
// edited.
func writable(t store.Target) error {
	if !t.Deleted && !editable(t.Folder) {
		return ErrReadOnly
	}
	return nil
}

// fresh checks an If-Match value against the item's version, where that is
// enforced.
func fresh(t store.Target, ifMatch string, enforced bool) error {
	if !enforced || ifMatch == "" || ifMatch == "*" {
		return nil
	}
	if strings.TrimPrefix(ifMatch, "W/") != strings.TrimPrefix(t.Body.Text("@odata.etag"), "W/") {
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
	found, err := m.box.Find(kind, folderID, id)
	if err != nil {
		return Item{}, err
	}
	if err := writable(found); err != nil {
		return Item{}, err
	}
	facts := m.tenant.facts
	enforced := facts.IfMatchOnPatch == Yes
	if kind == Tasks {
		enforced = facts.IfMatchOnTasks == Yes
	}
	if err := fresh(found, ifMatch, enforced); err != nil {
		return Item{}, err
	}
	before := found.Content()
	after, changed := m.applied(kind, before, patch)
	m.replace(found, after, changed)
	return found.Snapshot(), nil
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

// replace gives an item or occurrence another body and a new version, and lets
// follow what follows from the members that changed.
func (m *Mailbox) replace(found store.Target, after rawjson.Object, changed []string) {
	before := found.Content()
	found.Replace(after)
	m.tenant.touch(found.Entry)
	found.Fresh()
	if found.Kind == Tasks {
		m.respawn(found.Entry, before, changed)
	}
	if found.Kind != Events || found.Deleted {
		return
	}
	mailed := m.tenant.send(m.tenant.facts.OnUpdate(m.address(), before, found.Content(), changed))
	if mailed && !found.IsOccurrence() {
		m.tenant.changeCopies(found.Entry, func(attendee rawjson.Object) rawjson.Object {
			return rules.Mirrored(attendee, found.Body, changed)
		})
	}
}

// respawn makes the next task of a recurrence when the one before is completed.
// It also plays a known fault: a new due date on a recurring task leaves the old
// task behind and makes a second one (observed in the field).
func (m *Mailbox) respawn(e *store.Entry, before rawjson.Object, changed []string) {
	recurrence, _ := before.Get("recurrence")
	if len(recurrence) == 0 || string(recurrence) == "null" {
		return
	}
	body := before
	if e.Body.Text("status") == "completed" && before.Text("status") != "completed" {
		var ok bool
		if body, ok = series.NextTask(before); !ok {
			return
		}
	} else if !slices.Contains(changed, "dueDateTime") {
		return
	}
	id := ids.New(m.ID, "task", m.tenant.next())
	again := m.box.NewEntry(Tasks, e.Folder, id, body.Set("id", id))
	m.tenant.touch(again)
	m.box.Put(again)
}

// Delete moves an item to Deleted Items: its default id changes, its immutable
// id stays. An item that is there already is removed for good, and so is any
// item if permanent is set. An occurrence is cancelled within its series.
// Deleting an organizer's meeting mails its attendees and marks their copies as
// cancelled (Graph docs, event-delete).
func (m *Mailbox) Delete(kind Kind, folderID, id, ifMatch string, permanent bool) error {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	found, err := m.box.Find(kind, folderID, id)
	if err != nil {
		return err
	}
	if err := writable(found); err != nil {
		return err
	}
	facts := m.tenant.facts
	enforced := facts.IfMatchOnDelete == Yes && (kind != Tasks || facts.IfMatchOnTasks == Yes)
	if err := fresh(found, ifMatch, enforced); err != nil {
		return err
	}
	m.remove(found, permanent)
	return nil
}

// Move puts an item into another folder of its kind, as people do in Outlook:
// its default id changes, its immutable id stays.
func (m *Mailbox) Move(kind Kind, folderID, id, to string) (Item, error) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	found, err := m.box.Find(kind, folderID, id)
	if err != nil {
		return Item{}, err
	}
	target, err := m.box.Folder(kind, to)
	if err != nil {
		return Item{}, err
	}
	if err := writable(found); err != nil {
		return Item{}, err
	}
	m.box.Move(found.Entry, target, ids.New(m.ID, "moved "+found.ID, m.tenant.next()))
	m.tenant.touch(found.Entry)
	return found.Snapshot(), nil
}

// remove mails what the removal mails and takes the item or occurrence away.
func (m *Mailbox) remove(found store.Target, permanent bool) {
	t, mailed := m.tenant, false
	if found.Kind == Events && !found.Deleted {
		mailed = t.send(t.facts.OnDelete(m.address(), found.Content(), permanent, t.now()))
	}
	m.takeAway(found, permanent)
	if mailed && !found.IsOccurrence() {
		t.changeCopies(found.Entry, cancelled)
	}
}

// SetPhoto gives a contact a photo, or takes it away if there is no data.
func (m *Mailbox) SetPhoto(folderID, id, contentType string, data []byte) error {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	found, err := m.box.Find(Contacts, folderID, id)
	if err != nil {
		return err
	}
	body := found.Content().Without("photo")
	if len(data) > 0 {
		body = body.Set("photo", rawjson.Of("contentType", contentType, "contentBytes", base64.StdEncoding.EncodeToString(data)))
	}
	m.replace(found, body, []string{"photo"})
	return nil
}

// normal gives a client's values the form in which the store keeps them.
func normal(kind Kind, given rawjson.Object) rawjson.Object {
	given = given.Without("@odata.type")
	if kind == Contacts {
		given = shape.Birthday(given)
	}
	return given
}
