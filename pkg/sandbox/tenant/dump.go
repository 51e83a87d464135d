package tenant

import (
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// MarshalJSON gives the tenant as it now is, in the form that Load reads: the
// members in the order of the file, unchanged items byte for byte (compact).
// Each user also has deletedItems, a list of {kind, folderId, formerId,
// immutableId, item}: folderId is where the item was, formerId its id there.
func (t *Tenant) MarshalJSON() ([]byte, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	users := make([]rawjson.Object, 0, len(t.users))
	for _, m := range t.users {
		users = append(users, m.dump())
	}
	return t.layout.Set("users", users).Set("groups", t.groups), nil
}

func (m *Mailbox) dump() rawjson.Object {
	out := m.layout.Set("masterCategories", m.categories)
	for _, c := range containers {
		folders := []rawjson.Object{}
		for _, f := range m.box.Folders(c.kind) {
			folders = append(folders, f.Doc.Set(c.content, f.Bodies()))
		}
		out = out.Set(c.member, folders)
	}
	deleted := []rawjson.Object{}
	for _, e := range m.box.Deleted() {
		deleted = append(deleted, rawjson.Of("kind", e.Kind, "folderId", e.Folder.ID,
			"formerId", e.Former, "immutableId", e.Immutable, "item", e.Body))
	}
	return out.Set("deletedItems", deleted)
}
