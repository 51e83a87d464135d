package durable

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// ErrName is returned for a name that could lead out of the folder or that
// not every system can hold.
var ErrName = errors.New("not a name inside the folder")

// Dir is an open folder. It is safe for use by many goroutines; two that
// write the same name at the same time leave the one or the other, whole.
type Dir struct {
	fs     FS
	base   string // this folder within fs
	path   string // the same for messages: where it lies on the machine
	serial *atomic.Uint64
	closer io.Closer // only in the Dir that opened fs
}

// New gives the folder that is the top of fsys; path is its name in messages.
func New(fsys FS, path string) *Dir {
	return &Dir{fs: fsys, base: ".", path: path, serial: new(atomic.Uint64), closer: fsys}
}

// Path tells where the folder lies, for messages.
func (d *Dir) Path() string { return d.path }

// Close closes the folder that Open gave; on one from Sub it does nothing.
func (d *Dir) Close() error {
	if d.closer == nil {
		return nil
	}
	return d.closer.Close()
}

// Hooked gives the same folder with a hook before every operation. It shares
// what d holds open, and needs no Close of its own.
func (d *Dir) Hooked(hook Hook) *Dir {
	h := *d
	h.fs, h.closer = hooked{d.fs, hook}, nil
	return &h
}

// Sub gives the folder name inside d, making it and its parents (mode 0700)
// where they are missing. It needs no Close of its own.
func (d *Dir) Sub(name string) (*Dir, error) {
	full, err := d.in("make folder", name)
	if err != nil {
		return nil, err
	}
	at := d.base
	for part := range strings.SplitSeq(name, "/") {
		parent := at
		at = path.Join(at, part)
		if err := d.mkdir(parent, at); err != nil {
			return nil, d.fail("make folder", name, err)
		}
	}
	sub := *d
	sub.base, sub.path, sub.closer = full, d.join(name), nil
	return &sub, nil
}

// mkdir syncs the parent even when the folder is there: the run that made it
// may have been killed before it did.
func (d *Dir) mkdir(parent, at string) error {
	if err := d.fs.Mkdir(at); err != nil {
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		info, err := d.fs.Stat(at)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return errors.New("a file has that name")
		}
	}
	return d.fs.SyncDir(parent)
}

// WriteFile writes a whole file, durably, in place of any that has the name.
func (d *Dir) WriteFile(name string, data []byte) error {
	return d.write(name, data, (*File).Commit)
}

// Put is WriteFile for one file of many: a power failure may take its name until
// SyncNames returns, never a part of it.
func (d *Dir) Put(name string, data []byte) error {
	return d.write(name, data, func(f *File) error { return f.end(f.put) })
}

func (d *Dir) write(name string, data []byte, end func(*File) error) error {
	f, err := d.create(name, noBuffer) // what comes whole needs none
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(end(f), f.Close())
}

// SyncNames makes the names in the folder durable.
func (d *Dir) SyncNames() error {
	if err := d.fs.SyncDir(d.base); err != nil {
		return d.fail("sync", ".", err)
	}
	return nil
}

// ReadFile reads a whole file.
func (d *Dir) ReadFile(name string) ([]byte, error) {
	f, err := d.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, d.fail("read", name, err)
	}
	return data, nil
}

// Open opens a file for reading. The error is fs.ErrNotExist when there is
// none.
func (d *Dir) Open(name string) (io.ReadSeekCloser, error) {
	full, err := d.in("read", name)
	if err != nil {
		return nil, err
	}
	f, err := d.fs.OpenFile(full, os.O_RDONLY)
	if err != nil {
		return nil, d.fail("read", name, err)
	}
	return f, nil
}

// Hash reads a file back from the disk and gives its SHA-256 in lower-case
// hex and its length in bytes.
func (d *Dir) Hash(name string) (sum string, size int64, err error) {
	f, err := d.Open(name)
	if err != nil {
		return "", 0, err
	}
	h := sha256.New()
	size, err = io.Copy(h, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", 0, d.fail("read", name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// Stat describes a file or folder. The error is fs.ErrNotExist when there is
// none.
func (d *Dir) Stat(name string) (fs.FileInfo, error) {
	full, err := d.in("look at", name)
	if err != nil {
		return nil, err
	}
	info, err := d.fs.Stat(full)
	if err != nil {
		return nil, d.fail("look at", name, err)
	}
	return info, nil
}

// ReadDir lists a folder, sorted by name; "." is d itself.
func (d *Dir) ReadDir(name string) ([]fs.DirEntry, error) {
	full := d.base
	if name != "." {
		var err error
		if full, err = d.in("list", name); err != nil {
			return nil, err
		}
	}
	entries, err := d.fs.ReadDir(full)
	if err != nil {
		return nil, d.fail("list", name, err)
	}
	return entries, nil
}

// Rename moves a file within d, durably, in place of any that has the new
// name.
func (d *Dir) Rename(from, to string) error {
	old, err := d.in("rename", from)
	if err != nil {
		return err
	}
	dest, err := d.in("rename", to)
	if err != nil {
		return err
	}
	err = d.fs.Rename(old, dest)
	// The new name first: a crash in between leaves both, never neither.
	if err == nil {
		err = d.fs.SyncDir(path.Dir(dest))
	}
	if err == nil && path.Dir(old) != path.Dir(dest) {
		err = d.fs.SyncDir(path.Dir(old))
	}
	if err != nil {
		return d.fail("rename", from, err)
	}
	return nil
}

// Remove removes a file or an empty folder, durably. The error is
// fs.ErrNotExist when there is none.
func (d *Dir) Remove(name string) error {
	full, err := d.in("remove", name)
	if err != nil {
		return err
	}
	if err = d.fs.Remove(full); err == nil {
		err = d.fs.SyncDir(path.Dir(full))
	}
	if err != nil {
		return d.fail("remove", name, err)
	}
	return nil
}

// Truncate cuts a file to size bytes, durably: how a torn last line leaves a
// log.
func (d *Dir) Truncate(name string, size int64) error {
	full, err := d.in("cut", name)
	if err != nil {
		return err
	}
	f, err := d.fs.OpenFile(full, os.O_RDWR)
	if err != nil {
		return d.fail("cut", name, err)
	}
	if err = f.Truncate(size); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return d.fail("cut", name, err)
	}
	return nil
}

// Sweep removes from d itself what a killed run left half-written and tells
// how many files that were. Only the holder of the folder's lock may sweep:
// it takes a living writer's file as well.
func (d *Dir) Sweep() (removed int, err error) {
	entries, err := d.ReadDir(".")
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), tempSuffix) || !e.Type().IsRegular() {
			continue
		}
		if err := d.Remove(e.Name()); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// in checks a name and gives its place within fs.
func (d *Dir) in(doing, name string) (string, error) {
	if name == "." || !fs.ValidPath(name) || !portable(name) {
		return "", fmt.Errorf("%s %q in %s: %w", doing, name, d.path, ErrName)
	}
	return path.Join(d.base, name), nil
}

func (d *Dir) join(name string) string { return filepath.Join(d.path, filepath.FromSlash(name)) }

func (d *Dir) fail(doing, name string, err error) error {
	return fmt.Errorf("%s %s: %w", doing, d.join(name), marked(err))
}
