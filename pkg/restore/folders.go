package restore

import (
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// target finds the folder that an item goes to: the one it was in, else the
// default one if it was in that, else one of the same path, else one to be made,
// which the plan knows by the id that it had.
func (d *decider) target(was item.Folder) (folder item.Folder, gone bool) {
	same := func(test func(item.Folder) bool) (item.Folder, bool) {
		i := slices.IndexFunc(d.folders, func(f item.Folder) bool { return f.Kind == was.Kind && test(f) })
		if i < 0 {
			return item.Folder{}, false
		}
		return d.folders[i], true
	}
	if f, found := same(func(f item.Folder) bool { return f.ID == was.ID }); found {
		return f, false
	}
	if f, found := same(func(f item.Folder) bool { return was.Default && f.Default }); found {
		return f, false
	}
	if f, found := same(func(f item.Folder) bool { return f.Writable() && strings.EqualFold(f.Path, d.here(was.Path)) }); found {
		return f, false
	}
	return d.newFolder(was), true
}

// here is a path as it is in this mailbox, whose default folder may have
// another name than that of the mailbox the items come from.
func (d *decider) here(path string) string {
	first, rest, nested := strings.Cut(path, "/")
	if !nested {
		return path
	}
	for _, f := range d.about.Folders {
		if f.Kind == item.Contacts && f.Default && f.Path == first {
			for _, own := range d.folders {
				if own.Kind == item.Contacts && own.Default {
					return own.Path + "/" + rest
				}
			}
		}
	}
	return path
}

// newFolder enters a folder to be made, once.
func (d *decider) newFolder(was item.Folder) item.Folder {
	path := d.here(was.Path)
	known := slices.ContainsFunc(d.part.Folders, func(f plan.NewFolder) bool { return f.Kind == was.Kind && f.FormerID == was.ID })
	if !known {
		d.part.Folders = append(d.part.Folders, plan.NewFolder{Kind: was.Kind, FormerID: was.ID, Names: d.names(was, path)})
	}
	return item.Folder{Kind: was.Kind, ID: was.ID, Path: path}
}

// names are those on the way to a folder; calendars and lists do not nest, so
// a slash in one is part of its name.
func (d *decider) names(was item.Folder, path string) []string {
	if was.Kind != item.Contacts {
		return []string{path}
	}
	return strings.Split(path, "/")
}
