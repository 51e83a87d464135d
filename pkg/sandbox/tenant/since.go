package tenant

import "github.com/riva-prep/riva-prep/pkg/sandbox/store"

// Change is an item as it now is, or the ids of one that left its folder.
type Change = store.Change

// Since is what changed in a folder after a revision, oldest first, at most limit
// of it, whether there is more, and the revision of the mailbox's last change. A
// revision that is yet to come gives ErrNotFound.
func (m *Mailbox) Since(kind Kind, folderID string, revision int64, limit int) (changes []Change, more bool, last int64, err error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	f, err := m.box.Folder(kind, folderID)
	if err != nil {
		return nil, false, 0, err
	}
	last = m.box.Revision()
	if revision > last {
		return nil, false, last, ErrNotFound
	}
	changes, more = f.Since(revision, limit)
	return changes, more, last, nil
}
