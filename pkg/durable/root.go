package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/riva-prep/riva-prep/pkg/order"
)

const (
	fileMode fs.FileMode = 0o600
	dirMode  fs.FileMode = 0o700

	flagCreate = os.O_CREATE
	flagNew    = os.O_CREATE | os.O_EXCL | os.O_WRONLY
)

// ErrNotPlain is returned where a link, a device or a pipe lies under a name
// that should be a file or a folder. Links in a store lead somewhere else, so
// they are refused, never followed.
var ErrNotPlain = errors.New("neither a plain file nor a folder")

// disk is a real folder. os.Root keeps every name inside it even while others
// rename and link; plain refuses links that stay inside as well.
type disk struct{ root *os.Root }

func (d disk) OpenFile(name string, flag int) (Handle, error) {
	if err := d.plain(name); err != nil {
		return nil, err
	}
	f, err := d.root.OpenFile(name, flag, fileMode)
	if err != nil {
		return nil, err
	}
	if flag&os.O_EXCL == 0 {
		return f, nil
	}
	if err := f.Chmod(fileMode); err != nil { // the umask may have narrowed it
		return nil, errors.Join(err, f.Close(), d.root.Remove(name))
	}
	return f, nil
}

func (d disk) Mkdir(name string) error {
	if err := d.plain(path.Dir(name)); err != nil {
		return err
	}
	if err := d.root.Mkdir(name, dirMode); err != nil {
		return err
	}
	return d.root.Chmod(name, dirMode)
}

func (d disk) Rename(from, to string) error {
	for _, name := range []string{from, to} {
		if err := d.plain(name); err != nil {
			return err
		}
	}
	return patiently(func() error { return d.root.Rename(from, to) }, isPassing, time.Sleep) //nolint:forbidigo // two seconds at most, and a rename has no context
}

func (d disk) Remove(name string) error {
	if err := d.plain(path.Dir(name)); err != nil {
		return err
	}
	return d.root.Remove(name)
}

func (d disk) Stat(name string) (fs.FileInfo, error) {
	if err := d.plain(name); err != nil {
		return nil, err
	}
	return d.root.Lstat(name)
}

func (d disk) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := d.plain(name); err != nil {
		return nil, err
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	entries, err := f.ReadDir(-1)
	order.By(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, errors.Join(err, f.Close())
}

func (d disk) SyncDir(name string) error {
	if err := d.plain(name); err != nil {
		return err
	}
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(syncDir(f), f.Close())
}

// Lock makes the file through os.Root, so that it has the right mode and lies
// inside, and then locks it by path, which is all that flock offers.
func (d disk) Lock(name string) (func() error, error) {
	f, err := d.OpenFile(name, flagNew)
	if err == nil {
		err = f.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if err := d.plain(name); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(d.root.Name(), filepath.FromSlash(name)), flock.SetPermissions(fileMode))
	switch held, err := lock.TryLock(); {
	case err != nil:
		return nil, err
	case !held:
		return nil, ErrLocked
	}
	return lock.Unlock, nil
}

func (d disk) Free() (int64, error) { return freeAt(d.root.Name()) }

func (d disk) Close() error { return d.root.Close() }

// plain refuses a name if it, or a folder on the way to it, is anything but a
// file or a folder. What does not exist yet is plain.
func (d disk) plain(name string) error {
	at := "."
	for part := range strings.SplitSeq(name, "/") {
		at = path.Join(at, part)
		info, err := d.root.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() && !info.IsDir() {
			return &fs.PathError{Op: "open", Path: at, Err: ErrNotPlain}
		}
	}
	return nil
}

// Open opens the folder at path, making it and its parents (mode 0700) where
// they are missing. Folders that exist keep their mode: they may be the
// user's own. Close it after use.
func Open(path string) (*Dir, error) {
	abs, err := filepath.Abs(path)
	if err == nil {
		err = makeAll(abs)
	}
	if err != nil {
		return nil, fmt.Errorf("make folder %s: %w", path, err)
	}
	return openRoot(abs)
}

// OpenExisting opens the folder at path and makes nothing. The error is
// fs.ErrNotExist when there is no such folder. Close it after use.
func OpenExisting(path string) (*Dir, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open folder %s: %w", path, err)
	}
	return openRoot(abs)
}

func openRoot(abs string) (*Dir, error) {
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("open folder %s: %w", abs, err)
	}
	return New(disk{root}, abs), nil
}

// makeAll is os.MkdirAll with exact modes and durable names.
func makeAll(abs string) error {
	info, err := os.Stat(abs)
	if err == nil && !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: abs, Err: errors.New("is a file, not a folder")}
	}
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(abs)
	if parent == abs {
		return err
	}
	if err := makeAll(parent); err != nil {
		return err
	}
	if err := os.Mkdir(abs, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := os.Chmod(abs, dirMode); err != nil {
		return err
	}
	f, err := os.Open(parent)
	if err != nil {
		return err
	}
	return errors.Join(syncDir(f), f.Close())
}
