package store

import (
	"cmp"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/order"
)

// Change is an item of a folder as it now is, or the ids of one that left it.
type Change struct {
	Item
	Removed bool
	// Revision counts the changes of a mailbox, from 1.
	Revision int64
}

// changed gives the item the mailbox's next revision.
func (e *Entry) changed() {
	e.Box.revision++
	e.revision = e.Box.revision
}

// Revision is that of the mailbox's last change.
func (b *Box) Revision() int64 { return b.revision }

// Since is what changed in a folder after a revision, in order of revisions, and
// at most limit of it; more tells whether that is not all. After revision 0
// nothing that left is told: nobody has seen it.
func (c *Container) Since(revision int64, limit int) (changes []Change, more bool) {
	for _, e := range c.items {
		if e.revision > revision {
			changes = append(changes, Change{Item: e.Snapshot(), Revision: e.revision})
		}
	}
	byRevision := func(a, b Change) int { return cmp.Compare(a.Revision, b.Revision) }
	if revision > 0 {
		at, _ := slices.BinarySearchFunc(c.left, Change{Revision: revision + 1}, byRevision)
		changes = append(changes, c.left[at:]...)
	}
	order.By(changes, byRevision)
	if len(changes) > limit {
		changes, more = changes[:limit], true
	}
	return changes, more
}
