package backup

import (
	"fmt"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// notices are gathered while a mailbox is copied. What happens to many items of
// a folder is counted there, so that no mailbox ends with a notice an item.
type notices struct {
	list    []snapshot.Notice
	tallies []*tally
}

// tally counts items of a folder that share a fate.
type tally struct {
	folder item.Folder
	what   string
	items  int
	first  string
	amiss  bool
}

func (n *notices) say(notice snapshot.Notice) { n.list = append(n.list, notice) }

// count adds an item; what goes on with the number of items in it, and detail is
// kept of the first. Incomplete: another try may bring more.
func (n *notices) count(folder item.Folder, what, detail string, incomplete bool) {
	for _, t := range n.tallies {
		if keyOf(t.folder) == keyOf(folder) && t.what == what {
			t.items++
			t.amiss = t.amiss || incomplete
			return
		}
	}
	n.tallies = append(n.tallies, &tally{folder, what, 1, detail, incomplete})
}

func (n *notices) all() []snapshot.Notice {
	all := n.list
	for _, t := range n.tallies {
		all = append(all, snapshot.Notice{
			Kind: t.folder.Kind, Folder: t.folder.Path, What: fmt.Sprintf(t.what, t.items) + t.first, Incomplete: t.amiss,
		})
	}
	return all
}
