// Package drift compares a snapshot with the mailboxes as they are now.
//
// It promises to change nothing, and that every item of either side is in the
// result exactly once: the same, changed, missing from the mailbox, or added
// since. It goes by ids and versions; an item that a restore made again counts
// as restored, not as missing.
package drift

import (
	"context"
	"fmt"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// Change says how an item differs.
type Change string

// The changes. Same is counted and not listed.
const (
	Missing  Change = "missing"
	Changed  Change = "changed"
	Added    Change = "added"
	Restored Change = "restored"
)

// Changes returns every change, in the order in which they are shown.
func Changes() []Change { return []Change{Missing, Changed, Added, Restored} }

// Item is one that differs.
type Item struct {
	Change Change    `json:"change"`
	Kind   item.Kind `json:"kind"`
	Folder string    `json:"folder"`
	ID     string    `json:"id"`
	Title  string    `json:"title"`
}

// Mailbox is how one mailbox differs from its snapshot.
type Mailbox struct {
	Account mailbox.Account `json:"account"`
	Same    int             `json:"same"`
	Counts  map[Change]int  `json:"counts"`
	Items   []Item          `json:"items"`
}

// Equal says that the mailbox is as the snapshot has it.
func (m Mailbox) Equal() bool { return len(m.Items) == 0 }

// Reader reads the items of a snapshot. *snapshot.Reader is one.
type Reader interface {
	Lines(snapshot.Mailbox, item.Kind, func(snapshot.Line) error) error
}

// Earlier knows what runs have made of items, since an import bears no mark.
// *restore.Earlier is one.
type Earlier interface {
	Find(mark string, there func(id string) bool) (id string, found bool)
}

// Of compares one mailbox of a snapshot with what is there now.
func Of(ctx context.Context, r Reader, box snapshot.Mailbox, mb mailbox.Mailbox, earlier Earlier) (Mailbox, error) {
	m := Mailbox{Account: box.Account, Counts: map[Change]int{}, Items: []Item{}}
	for _, kind := range item.Kinds() {
		if _, has := box.Counts[kind]; !has {
			continue
		}
		now, err := mailbox.ListKind(ctx, mb, kind, mailbox.Marked)
		if err != nil {
			return m, fmt.Errorf("list %s: %w", kind, err)
		}
		if err := m.kind(r, box, kind, now, earlier); err != nil {
			return m, err
		}
	}
	return m, nil
}

// kind crosses off what the snapshot has; what is left was added.
func (m *Mailbox) kind(r Reader, box snapshot.Mailbox, kind item.Kind, now []item.Item, earlier Earlier) error {
	there, marks := map[string]item.Item{}, map[string]string{}
	for _, it := range now {
		there[it.ID] = it
		if it.Mark != "" {
			marks[it.Mark] = it.ID
		}
	}
	err := r.Lines(box, kind, func(l snapshot.Line) error {
		it, found := there[l.ID]
		mark := rebuild.Mark(box.Account.ID, kind, l.ID, l.Version)
		again, restored := marks[mark]
		if !restored {
			again, restored = earlier.Find(mark, func(id string) bool { _, left := there[id]; return left })
		}
		switch {
		case found && it.Version == l.Version:
			m.Same++
		case found:
			m.add(Changed, it)
		case restored:
			m.add(Restored, there[again])
			delete(there, again)
		default:
			return m.missing(l)
		}
		delete(there, l.ID)
		return nil
	})
	for _, it := range now {
		if _, left := there[it.ID]; left {
			m.add(Added, it)
		}
	}
	return err
}

func (m *Mailbox) missing(l snapshot.Line) error {
	it, err := l.Parse()
	if err != nil {
		return fmt.Errorf("%w: %w", snapshot.ErrDamaged, err)
	}
	m.add(Missing, it)
	return nil
}

func (m *Mailbox) add(change Change, it item.Item) {
	m.Counts[change]++
	m.Items = append(m.Items, Item{change, it.Kind, it.Folder.Path, it.ID, it.Title})
}
