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
		folders := make([]rawjson.Object, 0, len(m.folders[c.kind]))
		for _, f := range m.folders[c.kind] {
			folders = append(folders, f.doc.Set(c.content, bodies(f.items)))
		}
		out = out.Set(c.member, folders)
	}
	deleted := make([]rawjson.Object, 0, len(m.deleted))
	for _, it := range m.deleted {
		deleted = append(deleted, rawjson.Of("kind", it.kind, "folderId", it.folder.id,
			"formerId", it.former, "immutableId", it.immutable, "item", it.body))
	}
	return out.Set("deletedItems", deleted)
}

func bodies(items []*item) []rawjson.Object {
	out := make([]rawjson.Object, len(items))
	for i, it := range items {
		out[i] = it.body
	}
	return out
}
