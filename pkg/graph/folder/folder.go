// Package folder makes folders of what Graph serves of them: where they lie,
// which is the default one, and which are never written.
//
// It promises each folder once, whatever the service repeats, and that a folder
// whose owner is not known to be the mailbox is closed. It sends nothing.
package folder

import (
	"fmt"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Why a folder is never written.
const (
	closedReadOnly = "read-only calendar"
	closedFlagged  = "flagged e-mails"
	closedForeign  = "belongs to another user"
)

// deepest is how far contact folders may be nested: Exchange allows 300.
const deepest = 300

// Contact lists the members of a contactFolder that are read.
type Contact struct {
	ID     string `json:"id"`
	Name   string `json:"displayName"`
	Parent string `json:"parentFolderId"`
	path   string
	depth  int
}

// Walk goes through the contact folders of a mailbox, from the default folder
// to the bottom.
type Walk struct {
	found []Contact
	known map[string]Contact // by id
	next  int
}

// NewWalk begins with the default folder and those listed beside it.
func NewWalk(root Contact, listed []Contact) *Walk {
	w := &Walk{known: map[string]Contact{}}
	root.Parent = "" // what lies above it is no contact folder
	w.add(root, Contact{depth: -1})
	for _, f := range listed {
		above, known := w.known[f.Parent]
		if !known {
			f.Parent = ""
		}
		w.add(f, above)
	}
	return w
}

// Next gives the folder whose children are to be found next; more is false when
// all have been.
func (w *Walk) Next() (parent Contact, more bool, err error) {
	if w.next == len(w.found) {
		return Contact{}, false, nil
	}
	parent = w.found[w.next]
	w.next++
	if parent.depth > deepest {
		return Contact{}, false, fmt.Errorf("%w: folders are nested more than %d deep", mailbox.ErrIncomplete, deepest)
	}
	return parent, true, nil
}

// Below adds the children of a folder.
func (w *Walk) Below(parent Contact, children []Contact) {
	for _, f := range children {
		f.Parent = parent.ID
		w.add(f, parent)
	}
}

func (w *Walk) add(f, above Contact) {
	if _, known := w.known[f.ID]; known {
		return
	}
	f.path, f.depth = f.Name, above.depth+1
	if above.path != "" {
		f.path = above.path + "/" + f.Name
	}
	w.known[f.ID] = f
	w.found = append(w.found, f)
}

// Folders are those found, in the order in which they were met.
func (w *Walk) Folders() []item.Folder {
	folders := make([]item.Folder, len(w.found))
	for i, f := range w.found {
		folders[i] = item.Folder{Kind: item.Contacts, ID: f.ID, Path: f.path, Name: f.Name, Parent: f.Parent, Default: i == 0, Depth: f.depth}
	}
	return folders
}

// Calendar lists the members of a calendar that are read.
type Calendar struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	CanEdit bool   `json:"canEdit"`
	Default bool   `json:"isDefaultCalendar"`
	Owner   struct {
		Address string `json:"address"`
	} `json:"owner"`
}

// Calendars makes folders of all that a user sees: the user's own, those
// subscribed to, and those that other people share, where a deletion would be
// in their mailbox. addresses are the user's, where no calendar tells.
func Calendars(calendars []Calendar, addresses ...string) []item.Folder {
	for _, c := range calendars {
		if c.Default && c.Owner.Address != "" {
			addresses = []string{c.Owner.Address}
		}
	}
	folders := make([]item.Folder, len(calendars))
	for i, c := range calendars {
		folders[i] = item.Folder{Kind: item.Events, ID: c.ID, Path: c.Name, Name: c.Name, Default: c.Default, Closed: c.closed(addresses)}
	}
	return folders
}

// closed says why the calendar is never written. The owner goes first: it is
// the more telling reason.
func (c Calendar) closed(own []string) string {
	for _, address := range own {
		if c.Default || address != "" && strings.EqualFold(c.Owner.Address, address) {
			if c.CanEdit {
				return ""
			}
			return closedReadOnly
		}
	}
	if c.Owner.Address == "" {
		return closedForeign
	}
	return "belongs to " + c.Owner.Address
}

// List lists the members of a todoTaskList that are read.
type List struct {
	ID        string `json:"id"`
	Name      string `json:"displayName"`
	Owner     bool   `json:"isOwner"`
	WellKnown string `json:"wellknownListName"`
}

// Lists makes folders of several listings of the task lists; each may leave
// some out, and a list is closed if any of them says so.
func Lists(listings ...[]List) []item.Folder {
	var folders []item.Folder
	at := map[string]int{}
	for _, listing := range listings {
		for _, list := range listing {
			f := item.Folder{
				Kind: item.Tasks, ID: list.ID, Path: list.Name, Name: list.Name,
				Default: strings.EqualFold(list.WellKnown, "defaultList"), Closed: list.closed(),
			}
			if i, known := at[list.ID]; known {
				folders[i].Closed = max(folders[i].Closed, f.Closed)
				continue
			}
			at[list.ID] = len(folders)
			folders = append(folders, f)
		}
	}
	return folders
}

func (l List) closed() string {
	switch {
	case strings.EqualFold(l.WellKnown, "flaggedEmails"):
		return closedFlagged
	case !l.Owner:
		return closedForeign
	}
	return ""
}
