package store

import (
	"slices"
	"strconv"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// Container is a contact folder, a calendar or a task list.
type Container struct {
	Kind Kind
	ID   string
	// Doc has its own members, without the items.
	Doc rawjson.Object

	items []*Entry // by place
	left  []Change // what was taken out, oldest first
	tasks map[string]*Entry
}

// Bodies are those of the container's items, in order.
func (c *Container) Bodies() []rawjson.Object {
	out := make([]rawjson.Object, len(c.items))
	for i, e := range c.items {
		out[i] = e.Body
	}
	return out
}

// AddFolder adds a container behind the others of its kind.
func (b *Box) AddFolder(kind Kind, doc rawjson.Object) *Container {
	c := &Container{Kind: kind, ID: doc.Text("id"), Doc: doc, tasks: map[string]*Entry{}}
	b.folders[kind] = append(b.folders[kind], c)
	return c
}

// RemoveFolder removes a container and its items. What was deleted from it
// counts as deleted from the default one.
func (b *Box) RemoveFolder(c *Container) {
	for _, e := range c.items {
		b.forget(e)
	}
	for _, e := range b.deleted {
		if e.Folder == c {
			e.Folder = b.Default(c.Kind)
		}
	}
	b.folders[c.Kind] = slices.DeleteFunc(b.folders[c.Kind], func(other *Container) bool { return other == c })
}

// Folders are the containers of a kind, oldest first.
func (b *Box) Folders(kind Kind) []*Container { return b.folders[kind] }

// Folder finds a container by id, or by the well-known name contacts.
func (b *Box) Folder(kind Kind, id string) (*Container, error) {
	for _, c := range b.folders[kind] {
		if c.ID == id {
			return c, nil
		}
	}
	if kind == Contacts && strings.EqualFold(id, "contacts") {
		if c := b.Default(kind); c != nil {
			return c, nil
		}
	}
	return nil, ErrFolderNotFound
}

// Default is the default container of a kind, nil if there is none.
func (b *Box) Default(kind Kind) *Container {
	is := func(c *Container) bool {
		switch kind {
		case Contacts:
			return strings.EqualFold(c.Doc.Text("wellKnownName"), "contacts")
		case Events:
			return c.Doc.Bool("isDefaultCalendar", false)
		default:
			return c.Doc.Text("wellknownListName") == "defaultList"
		}
	}
	if at := slices.IndexFunc(b.folders[kind], is); at >= 0 {
		return b.folders[kind][at]
	}
	return nil
}

// contactLists is how many contact lists (IPM.DistList) a tenant file gives the
// folder.
func (c *Container) contactLists() int {
	raw, _ := c.Doc.Get("distributionLists")
	n, err := strconv.Atoi(string(raw))
	if err != nil {
		return 0
	}
	return max(n, 0)
}

// Folder is a snapshot of a contact folder, calendar or task list.
type Folder struct {
	Kind Kind
	ID   string
	// Doc has the folder's own members, without its items.
	Doc rawjson.Object
	// Items counts them, and the contact lists.
	Items int
}

// Snapshot is the container as it now is.
func (c *Container) Snapshot() Folder {
	return Folder{Kind: c.Kind, ID: c.ID, Doc: c.Doc, Items: len(c.items) + c.contactLists()}
}

// Page gives up to top items of a folder from offset skip on, of those that
// keep allows (all if nil), and how many there are in all. It looks at no more
// items than it must. Contact lists, which nothing lists, are counted and take
// the first places (observed in the field); no filter finds them.
func (c *Container) Page(skip, top int, keep func(rawjson.Object) bool) (page []Item, total int) {
	if keep == nil {
		hidden := c.contactLists()
		from, to := max(skip-hidden, 0), max(skip+top-hidden, 0)
		from = min(from, len(c.items))
		for _, e := range c.items[from:max(from, min(to, len(c.items)))] {
			page = append(page, e.Snapshot())
		}
		return page, hidden + len(c.items)
	}
	for _, e := range c.items {
		if !keep(e.Body) {
			continue
		}
		if total >= skip && len(page) < top {
			page = append(page, e.Snapshot())
		}
		total++
	}
	return page, total
}
