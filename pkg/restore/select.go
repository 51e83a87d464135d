package restore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// Select chooses what comes back. What is empty chooses everything.
type Select struct {
	// Mailboxes are object ids, user principal names or addresses.
	Mailboxes []string
	// Folders are paths, Categories names; both without regard to case.
	Folders, Categories []string
	// IDs are those of items.
	IDs []string
}

// Boxes are the mailboxes of a snapshot that are chosen. ErrSelect names one that
// is not in it.
func (s Select) Boxes(m snapshot.Manifest) ([]snapshot.Mailbox, error) {
	if len(s.Mailboxes) == 0 {
		return m.Mailboxes, nil
	}
	var chosen []snapshot.Mailbox
	for _, name := range s.Mailboxes {
		i := slices.IndexFunc(m.Mailboxes, func(b snapshot.Mailbox) bool { return goesBy(b.Account, name) })
		if i < 0 {
			return nil, fmt.Errorf("mailbox %q %w %s", name, ErrSelect, m.ID)
		}
		if !slices.ContainsFunc(chosen, func(b snapshot.Mailbox) bool { return b.Account.ID == m.Mailboxes[i].Account.ID }) {
			chosen = append(chosen, m.Mailboxes[i])
		}
	}
	return chosen, nil
}

func goesBy(a mailbox.Account, name string) bool {
	name = strings.TrimSpace(name)
	return strings.EqualFold(a.ID, name) || strings.EqualFold(a.UPN, name) || a.Address != "" && strings.EqualFold(a.Address, name)
}

// wants says whether a line is chosen.
func (s Select) wants(l snapshot.Line) bool {
	in := func(list []string, same func(string) bool) bool {
		return len(list) == 0 || slices.ContainsFunc(list, same)
	}
	_, marked := item.MatchCategory(l.Categories, s.Categories)
	return in(s.IDs, func(id string) bool { return id == l.ID }) &&
		in(s.Folders, func(name string) bool { return sameFolder(name, l.Folder) }) &&
		(len(s.Categories) == 0 || marked)
}

func sameFolder(name, path string) bool { return strings.EqualFold(strings.Trim(name, "/"), path) }

// chosen looks whether everything that was named is in the boxes: a name that
// chooses nothing is misspelt, and not a wish for nothing.
func (r Request) chosen(boxes []snapshot.Mailbox) error {
	if !slices.ContainsFunc(boxes, r.has) {
		return fmt.Errorf("what --kinds names %w %s", ErrSelect, r.Snapshot.ID)
	}
	if len(r.Select.Folders)+len(r.Select.Categories)+len(r.Select.IDs) == 0 {
		return nil
	}
	left := r.Select
	for _, box := range boxes {
		if err := r.strike(&left, box); err != nil {
			return err
		}
	}
	return left.missing(r.Snapshot.ID)
}

// missing names the first of what is left, if anything is.
func (s Select) missing(snapshotID string) error {
	for _, one := range []struct {
		what  string
		names []string
	}{{"folder", s.Folders}, {"category", s.Categories}, {"item", s.IDs}} {
		if len(one.names) > 0 {
			return fmt.Errorf("%s %q %w %s, in the mailboxes and kinds chosen", one.what, one.names[0], ErrSelect, snapshotID)
		}
	}
	return nil
}

// has says whether a mailbox was backed up with one of the kinds chosen.
func (r Request) has(box snapshot.Mailbox) bool {
	return slices.ContainsFunc(r.Rules.Kinds, func(kind item.Kind) bool { _, has := box.Counts[kind]; return has })
}

// strike takes from what is left what the mailbox has.
func (r Request) strike(left *Select, box snapshot.Mailbox) error {
	about, err := r.Snapshot.Reader.About(box)
	if err != nil {
		return err
	}
	for _, f := range about.Folders {
		if slices.Contains(r.Rules.Kinds, f.Kind) {
			left.Folders = less(left.Folders, func(name string) bool { return sameFolder(name, f.Path) })
		}
	}
	for _, kind := range r.Rules.Kinds {
		if _, has := box.Counts[kind]; !has {
			continue
		}
		err := r.Snapshot.Reader.Lines(box, kind, func(l snapshot.Line) error {
			left.IDs = less(left.IDs, func(id string) bool { return id == l.ID })
			left.Categories = less(left.Categories, func(name string) bool {
				_, marked := item.MatchCategory(l.Categories, []string{name})
				return marked
			})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// less is a list without the names that were found.
func less(names []string, found func(string) bool) []string {
	if !slices.ContainsFunc(names, found) {
		return names
	}
	return slices.DeleteFunc(slices.Clone(names), found)
}
