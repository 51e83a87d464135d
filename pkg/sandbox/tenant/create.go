package tenant

import (
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rules"
	"github.com/riva-prep/riva-prep/pkg/sandbox/shape"
	"github.com/riva-prep/riva-prep/pkg/sandbox/store"
)

// Create adds an item made of the members of doc; what doc does not name gets
// Exchange's defaults. Creating a meeting with attendees invites them. An event
// whose transactionId was used before is that event again if it is still there
// and its subject is the same, else ErrUsedID (observed in the field).
func (m *Mailbox) Create(kind Kind, folderID string, doc rawjson.Object) (Item, error) {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	f, err := m.box.Folder(kind, folderID)
	if err != nil {
		return Item{}, err
	}
	if !editable(f) {
		return Item{}, ErrReadOnly
	}
	if used := m.box.Sent(doc.Text("transactionId")); kind == Events && used != nil {
		if used.Deleted || !m.box.Holds(used) || used.Body.Text("subject") != doc.Text("subject") {
			return Item{}, ErrUsedID
		}
		return used.Snapshot(), nil
	}
	e := m.box.NewEntry(kind, f, ids.New(m.ID, string(kind), m.tenant.next()), nil)
	e.Body = m.newBody(e, normal(kind, doc))
	m.tenant.touch(e)
	m.box.Put(e)
	if kind == Events {
		m.tenant.send(rules.OnCreate(m.address(), e.Body))
	}
	return e.Snapshot(), nil
}

func (m *Mailbox) newBody(e *store.Entry, given rawjson.Object) rawjson.Object {
	given = m.withChildren(e.Kind, given)
	stamp := m.tenant.stamp()
	head := rawjson.Of("@odata.etag", "", "id", e.ID, "createdDateTime", stamp, "lastModifiedDateTime", stamp)
	switch e.Kind {
	case Contacts:
		return shape.Contact(head.Set("changeKey", ""), e.Folder.ID, given)
	case Events:
		uid := strings.ReplaceAll(ids.GUID(m.ID, "iCalUId", m.tenant.next()), "-", "")
		return shape.Event(head.Set("changeKey", ""), m.owner(), "040000008200E00074C5B7101A82E008"+strings.ToUpper(uid), given)
	default:
		return shape.Task(head, given)
	}
}

// withChildren gives the elements of a new item's lists their ids.
func (m *Mailbox) withChildren(kind Kind, given rawjson.Object) rawjson.Object {
	for _, member := range []string{"attachments", "linkedResources", "checklistItems", "extensions"} {
		children := given.Objects(member)
		for n, child := range children {
			children[n] = m.newChild(kind, member, child)
		}
		if len(children) > 0 {
			given = given.Set(member, children)
		}
	}
	return given
}

// owner is the mailbox as an emailAddress.
func (m *Mailbox) owner() rawjson.Object {
	return rawjson.Of("name", m.DisplayName, "address", m.address())
}

// Children are the objects in one of an item's lists: attachments,
// checklistItems, linkedResources.
func (m *Mailbox) Children(kind Kind, folderID, id, member string) ([]rawjson.Object, error) {
	found, err := m.Item(kind, folderID, id)
	return found.Body.Objects(member), err
}

// AddChild appends to one of an item's lists. The item gets a new version.
func (m *Mailbox) AddChild(kind Kind, folderID, id, member string, doc rawjson.Object) (rawjson.Object, error) {
	var added rawjson.Object
	err := m.editChildren(kind, folderID, id, member, func(list []rawjson.Object) ([]rawjson.Object, error) {
		added = m.newChild(kind, member, doc)
		return append(list, added), nil
	})
	return added, err
}

// UpdateChild sets the members of patch in an element of one of an item's lists.
func (m *Mailbox) UpdateChild(kind Kind, folderID, id, member, child string, patch rawjson.Object) (rawjson.Object, error) {
	var changed rawjson.Object
	err := m.editChildren(kind, folderID, id, member, func(list []rawjson.Object) ([]rawjson.Object, error) {
		at := slices.IndexFunc(list, func(o rawjson.Object) bool { return o.Text("id") == child })
		if at < 0 {
			return nil, ErrNotFound
		}
		list[at] = list[at].Merge(patch.Without("@odata.type"))
		changed = list[at]
		return list, nil
	})
	return changed, err
}

// DeleteChild removes an element of one of an item's lists for good.
func (m *Mailbox) DeleteChild(kind Kind, folderID, id, member, child string) error {
	return m.editChildren(kind, folderID, id, member, func(list []rawjson.Object) ([]rawjson.Object, error) {
		kept := slices.DeleteFunc(slices.Clone(list), func(o rawjson.Object) bool {
			return o.Text("id") == child || m.ImmutableAttachment(o) == child
		})
		if len(kept) == len(list) {
			return nil, ErrNotFound
		}
		return kept, nil
	})
}

func (m *Mailbox) editChildren(kind Kind, folderID, id, member string, edit func([]rawjson.Object) ([]rawjson.Object, error)) error {
	m.tenant.mu.Lock()
	defer m.tenant.mu.Unlock()
	found, err := m.box.Find(kind, folderID, id)
	if err != nil {
		return err
	}
	if err := writable(found); err != nil {
		return err
	}
	before := found.Content()
	list, err := edit(before.Objects(member))
	if err != nil {
		return err
	}
	body := before.Set(member, list)
	if member == "attachments" {
		body = body.Set("hasAttachments", shape.HasAttachments(list))
	}
	m.replace(found, body, []string{member})
	return nil
}

func (m *Mailbox) newChild(kind Kind, member string, given rawjson.Object) rawjson.Object {
	seq, stamp := m.tenant.next(), m.tenant.stamp()
	switch member {
	case "attachments":
		return shape.Attachment(ids.New(m.ID, "attachment", seq), stamp, kind == Events, given)
	case "extensions":
		return shape.Extension(kind == Tasks, given)
	case "checklistItems":
		return rawjson.Of("id", ids.GUID(m.ID, member, seq), "createdDateTime", stamp, "isChecked", false).Merge(given)
	}
	return rawjson.Of("id", ids.GUID(m.ID, member, seq)).Merge(given)
}

// AttachmentImmutableID is the immutable form of an attachment's default id.
func (m *Mailbox) AttachmentImmutableID(id string) string {
	return ids.Immutable(m.ID, string(Events), id)
}

// ImmutableAttachment is the immutable id of an attachment: its own member
// immutableId, else the one that follows from its default id.
func (m *Mailbox) ImmutableAttachment(attachment rawjson.Object) string {
	if named := attachment.Text("immutableId"); named != "" {
		return named
	}
	return m.AttachmentImmutableID(attachment.Text("id"))
}
