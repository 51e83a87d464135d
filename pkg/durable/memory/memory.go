// Package memory is a disk in memory, for work that is to leave nothing behind.
//
// It promises what package durable asks of a folder while the process lives,
// and nothing beyond that: what is synced is as lost at its end as the rest. It
// refuses to rename folders, which package durable never does.
package memory

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/order"
)

// disk is a durable.FS.
type disk struct {
	mu    sync.Mutex
	nodes map[string]*node
}

// node is a file, a folder, or a lock.
type node struct {
	folder, locked bool
	data           []byte
	inside         map[string]bool // what is in a folder: a store holds hundreds of thousands
}

// New makes an empty folder; path is its name in messages.
func New(path string) *durable.Dir { return durable.New(NewFS(), path) }

// NewFS makes the disk below it.
func NewFS() durable.FS {
	return &disk{nodes: map[string]*node{".": {folder: true}}}
}

// add enters a node under a new name.
func (d *disk) add(op, name string, n *node) error {
	switch parent := d.nodes[path.Dir(name)]; {
	case d.nodes[name] != nil:
		return fail(op, name, fs.ErrExist)
	case parent == nil || !parent.folder:
		return fail(op, name, fs.ErrNotExist)
	}
	d.put(name, n)
	return nil
}

// put gives a node a name in a folder that is there.
func (d *disk) put(name string, n *node) {
	d.nodes[name] = n
	parent := d.nodes[path.Dir(name)]
	if parent.inside == nil {
		parent.inside = map[string]bool{}
	}
	parent.inside[name] = true
}

// drop takes a name away.
func (d *disk) drop(name string) {
	delete(d.nodes, name)
	delete(d.nodes[path.Dir(name)].inside, name)
}

// Mkdir makes a folder.
func (d *disk) Mkdir(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.add("mkdir", name, &node{folder: true})
}

// Rename moves a file.
func (d *disk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, parent, old := d.nodes[from], d.nodes[path.Dir(to)], d.nodes[to]
	switch {
	case n == nil || parent == nil || !parent.folder:
		return fail("rename", from, fs.ErrNotExist)
	case n.folder || old != nil && old.folder:
		return fail("rename", from, errors.ErrUnsupported)
	}
	d.drop(from)
	d.put(to, n)
	return nil
}

// Remove removes a file or an empty folder.
func (d *disk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch n := d.nodes[name]; {
	case n == nil:
		return fail("remove", name, fs.ErrNotExist)
	case len(n.inside) > 0:
		return fail("remove", name, errors.New("the folder is not empty"))
	}
	d.drop(name)
	return nil
}

// Stat describes a file or folder.
func (d *disk) Stat(name string) (fs.FileInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.nodes[name]
	if n == nil {
		return nil, fail("stat", name, fs.ErrNotExist)
	}
	return n.info(name), nil
}

// ReadDir lists a folder.
func (d *disk) ReadDir(name string) ([]fs.DirEntry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := d.nodes[name]; n == nil || !n.folder {
		return nil, fail("readdir", name, fs.ErrNotExist)
	}
	var entries []fs.DirEntry
	children := slices.Collect(maps.Keys(d.nodes[name].inside))
	order.By(children, strings.Compare)
	for _, child := range children {
		entries = append(entries, fs.FileInfoToDirEntry(d.nodes[child].info(child)))
	}
	return entries, nil
}

// Lock takes a lock.
func (d *disk) Lock(name string) (func() error, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.nodes[name] == nil {
		if err := d.add("lock", name, &node{}); err != nil {
			return nil, err
		}
	}
	n := d.nodes[name]
	if n.locked {
		return nil, durable.ErrLocked
	}
	n.locked = true
	return func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		n.locked = false
		return nil
	}, nil
}

// OpenFile opens a file.
func (d *disk) OpenFile(name string, flag int) (durable.Handle, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.nodes[name]
	switch {
	case n != nil && flag&os.O_EXCL != 0:
		return nil, fail("open", name, fs.ErrExist)
	case n != nil && n.folder:
		return nil, fail("open", name, errors.New("it is a folder"))
	case n == nil && flag&os.O_CREATE == 0:
		return nil, fail("open", name, fs.ErrNotExist)
	case n == nil:
		n = &node{}
		if err := d.add("open", name, n); err != nil {
			return nil, err
		}
	}
	return &handle{disk: d, node: n, name: name, flag: flag}, nil
}

// SyncDir has nothing to do.
func (d *disk) SyncDir(string) error { return nil }

// Free cannot tell.
func (d *disk) Free() (int64, error) { return 0, errors.ErrUnsupported }

// Close has nothing to do: what nobody knows any more is collected.
func (d *disk) Close() error { return nil }

func fail(op, name string, err error) error { return &fs.PathError{Op: op, Path: name, Err: err} }
