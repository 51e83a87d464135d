// Package crash is a disk in memory that can lose power, for tests of what
// must survive it.
//
// It promises the least that a real disk does: bytes are safe after Sync of
// their file, names are safe after SyncDir of their folder, a rename is never
// half done, and anything not synced may survive in part. It has no faults of
// its own, unless Limit made it small: stop the world before any operation with
// durable.Dir.Hooked, then call Crash. It refuses to rename folders, which
// package durable never does.
package crash

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/durable"
)

// ErrGone is returned by handles and locks that were open when the power
// went.
var ErrGone = errors.New("opened before the crash")

// Disk is a durable.FS.
type Disk struct {
	mu      sync.Mutex
	epoch   int              // crashes so far
	now     map[string]*node // the names that running programs see
	safe    map[string]*node // the names that a crash cannot take
	changes []change         // from safe to now, in order
	locks   map[string]bool
	open    int
	limit   int64
}

type node struct {
	dir  bool
	now  []byte
	safe []byte
	same int // so many first bytes of both are the same for certain
}

// change is one step of a folder's life: create (no from), rename, remove (no
// to).
type change struct {
	from, to string
	node     *node
}

// NewDisk gives an empty disk.
func NewDisk() *Disk {
	top := &node{dir: true}
	return &Disk{
		now:   map[string]*node{".": top},
		safe:  map[string]*node{".": top},
		locks: map[string]bool{},
		limit: -1,
	}
}

// Dir gives the disk's top folder.
func (d *Disk) Dir() *durable.Dir { return durable.New(d, "disk") }

// Holding are the names of the files that hold a text, in their order.
func (d *Disk) Holding(text string) (names []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, n := range d.now {
		if bytes.Contains(n.now, []byte(text)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// OpenFiles is the number of handles not yet closed.
func (d *Disk) OpenFiles() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open
}

// Crash takes the power and gives it back: of what was not synced, rng
// decides what is left. Handles and locks from before are dead.
func (d *Disk) Crash(rng *rand.Rand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.changes {
		if rng.IntN(2) == 0 {
			c.apply(d.safe)
		}
	}
	maps.DeleteFunc(d.safe, func(name string, _ *node) bool { return !d.reachable(name) })
	d.now, d.changes, d.locks = maps.Clone(d.safe), nil, map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(d.now)) { // sorted: rng must replay
		d.now[name].tear(rng)
	}
	d.epoch++
	d.open = 0
}

func (d *Disk) reachable(name string) bool {
	for name != "." {
		name = path.Dir(name)
		if d.safe[name] == nil {
			return false
		}
	}
	return true
}

func (c change) apply(names map[string]*node) {
	delete(names, c.from)
	if c.to != "" {
		names[c.to] = c.node
	}
}

// sector is the unit in which a disk writes; a file grows before its bytes
// arrive, so that a lost sector reads as zeros.
const sector = 512

func (n *node) tear(rng *rand.Rand) {
	short, long := min(len(n.safe), len(n.now)), max(len(n.safe), len(n.now))
	left := make([]byte, short+rng.IntN(long-short+1))
	copy(left, n.safe)
	for at := 0; at < len(left); at += sector {
		if rng.IntN(2) == 0 && at < len(n.now) {
			copy(left[at:min(at+sector, len(left))], n.now[at:])
		}
	}
	n.now, n.safe, n.same = left, slices.Clone(left), len(left)
}

// Mkdir makes a folder.
func (d *Disk) Mkdir(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.add("mkdir", name, &node{dir: true})
}

func (d *Disk) add(op, name string, n *node) error {
	switch parent := d.now[path.Dir(name)]; {
	case d.now[name] != nil:
		return fail(op, name, fs.ErrExist)
	case parent == nil || !parent.dir:
		return fail(op, name, fs.ErrNotExist)
	}
	d.do(change{to: name, node: n})
	return nil
}

func (d *Disk) do(c change) {
	c.apply(d.now)
	d.changes = append(d.changes, c)
}

// Rename moves a file.
func (d *Disk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, parent, old := d.now[from], d.now[path.Dir(to)], d.now[to]
	switch {
	case n == nil || parent == nil || !parent.dir:
		return fail("rename", from, fs.ErrNotExist)
	case n.dir || (old != nil && old.dir):
		return fail("rename", from, errors.ErrUnsupported)
	}
	d.do(change{from: from, to: to, node: n})
	return nil
}

// Remove removes a file or an empty folder.
func (d *Disk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch n := d.now[name]; {
	case n == nil:
		return fail("remove", name, fs.ErrNotExist)
	case n.dir && len(d.children(name)) > 0:
		return fail("remove", name, errors.New("folder not empty"))
	}
	d.do(change{from: name})
	return nil
}

// SyncDir makes the names in a folder safe. A rename between two folders is
// safe when its new name is.
func (d *Disk) SyncDir(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := d.now[name]; n == nil || !n.dir {
		return fail("syncdir", name, fs.ErrNotExist)
	}
	d.changes = slices.DeleteFunc(d.changes, func(c change) bool {
		here := inside(name, c.to)
		if c.to == "" {
			here = inside(name, c.from)
		}
		if here {
			c.apply(d.safe)
		}
		return here
	})
	return nil
}

// Stat describes a file or folder.
func (d *Disk) Stat(name string) (fs.FileInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.now[name]
	if n == nil {
		return nil, fail("stat", name, fs.ErrNotExist)
	}
	return info{path.Base(name), n.dir, int64(len(n.now))}, nil
}

// ReadDir lists a folder.
func (d *Disk) ReadDir(name string) ([]fs.DirEntry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := d.now[name]; n == nil || !n.dir {
		return nil, fail("readdir", name, fs.ErrNotExist)
	}
	var entries []fs.DirEntry
	for _, child := range d.children(name) {
		n := d.now[child]
		entries = append(entries, fs.FileInfoToDirEntry(info{path.Base(child), n.dir, int64(len(n.now))}))
	}
	return entries, nil
}

// inside says what path.Dir would, without making a text: of thousands of
// files, each is asked about over and over.
func inside(folder, name string) bool {
	if folder == "." {
		return name != "" && !strings.Contains(name, "/")
	}
	rest, ok := strings.CutPrefix(name, folder)
	return ok && len(rest) > 1 && rest[0] == '/' && !strings.Contains(rest[1:], "/")
}

func (d *Disk) children(folder string) []string {
	var names []string
	for name := range d.now {
		if name != "." && inside(folder, name) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, strings.Compare)
	return names
}

// Lock takes a lock.
func (d *Disk) Lock(name string) (func() error, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.now[name] == nil {
		if err := d.add("lock", name, &node{}); err != nil {
			return nil, err
		}
	}
	if d.locks[name] {
		return nil, durable.ErrLocked
	}
	d.locks[name] = true
	epoch := d.epoch
	return func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.epoch != epoch {
			return ErrGone
		}
		delete(d.locks, name)
		return nil
	}, nil
}

// OpenFile opens a file.
func (d *Disk) OpenFile(name string, flag int) (durable.Handle, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.now[name]
	switch {
	case n != nil && flag&os.O_EXCL != 0:
		return nil, fail("open", name, fs.ErrExist)
	case n != nil && n.dir:
		return nil, fail("open", name, errors.New("is a folder"))
	case n == nil && flag&os.O_CREATE == 0:
		return nil, fail("open", name, fs.ErrNotExist)
	case n == nil:
		n = &node{}
		if err := d.add("open", name, n); err != nil {
			return nil, err
		}
	}
	d.open++
	return &handle{disk: d, node: n, name: name, flag: flag, epoch: d.epoch}, nil
}

// Limit gives the disk an end after so many bytes of files; negative is none.
func (d *Disk) Limit(bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.limit = bytes
}

// Free tells how much is left before the limit; without one it cannot tell.
func (d *Disk) Free() (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.free()
}

func (d *Disk) free() (int64, error) {
	if d.limit < 0 {
		return 0, errors.ErrUnsupported
	}
	left := d.limit
	for _, n := range d.now {
		left -= int64(len(n.now))
	}
	return max(0, left), nil
}

// Close does nothing: the disk outlives its folders.
func (d *Disk) Close() error { return nil }

func fail(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}
