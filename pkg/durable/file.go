package durable

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"path"
)

const (
	tempSuffix = ".tmp"

	// A killed run leaves temporary files behind, and each writer skips the
	// ones it meets; a folder with more of them than this is not ours.
	maxTemps = 10_000

	// Small, since a thousand mailboxes may each have three files open.
	bufferSize = 16 << 10
	noBuffer   = 16 // is passed by
)

// File is a file in the making. Nothing shows under its name until Commit.
// It is not safe for use by more than one goroutine.
type File struct {
	dir  *Dir
	name string // within dir
	full string // within dir.fs
	temp string // within dir.fs, beside full
	h    Handle // nil once closed
	buf  *bufio.Writer
	size int64
	err  error // the first failure; sticks
}

// Create begins a file that will replace any that has the name. The caller
// writes, calls Commit, and in every case Close.
func (d *Dir) Create(name string) (*File, error) { return d.create(name, bufferSize) }

// create begins a file with a buffer of that size.
func (d *Dir) create(name string, buffer int) (*File, error) {
	full, err := d.in("write", name)
	if err != nil {
		return nil, err
	}
	h, temp, err := d.openTemp(full)
	if err != nil {
		return nil, d.fail("write", name, err)
	}
	return &File{
		dir: d, name: name, full: full, temp: temp,
		h: h, buf: bufio.NewWriterSize(h, buffer),
	}, nil
}

func (d *Dir) openTemp(full string) (Handle, string, error) {
	for range maxTemps {
		temp := fmt.Sprintf("%s.%d%s", full, d.serial.Add(1), tempSuffix)
		h, err := d.fs.OpenFile(temp, flagNew)
		if !errors.Is(err, fs.ErrExist) {
			return h, temp, err
		}
	}
	return nil, "", errors.New("too many temporary files beside it: remove the *.tmp files there")
}

// Write adds to the file. After a failure every further call fails.
func (f *File) Write(p []byte) (int, error) {
	if f.err == nil && f.h == nil {
		f.err = fs.ErrClosed
	}
	if f.err != nil {
		return 0, f.dir.fail("write", f.name, f.err)
	}
	n, err := f.buf.Write(p)
	f.size += int64(n)
	if err != nil {
		f.err = err
		return n, f.dir.fail("write", f.name, err)
	}
	return n, nil
}

// Size is the number of bytes written so far.
func (f *File) Size() int64 { return f.size }

// Commit makes the file durable under its name. After an error the name holds
// what it held before or, if only the last step failed, all that was written:
// never a part of it.
func (f *File) Commit() error {
	return f.end(func() error {
		if err := f.put(); err != nil {
			return err
		}
		return f.dir.fs.SyncDir(path.Dir(f.full))
	})
}

// end does the last steps, once.
func (f *File) end(steps func() error) error {
	if f.err == nil && f.h == nil {
		f.err = fs.ErrClosed
	}
	if f.err == nil {
		f.err = steps()
	}
	if f.err != nil {
		return f.dir.fail("write", f.name, f.err)
	}
	return nil
}

// put makes the contents durable and gives them the name.
func (f *File) put() error {
	if err := f.buf.Flush(); err != nil {
		return err
	}
	if err := f.h.Sync(); err != nil {
		return err
	}
	h := f.h
	f.h = nil
	if err := h.Close(); err != nil {
		return errors.Join(err, f.discard())
	}
	if err := f.dir.fs.Rename(f.temp, f.full); err != nil {
		return errors.Join(err, f.discard())
	}
	return nil
}

// Close gives up a file that was not committed and leaves nothing of it
// behind. After Commit it does nothing.
func (f *File) Close() error {
	if f.h == nil {
		return nil
	}
	h := f.h
	f.h = nil
	if err := errors.Join(h.Close(), f.discard()); err != nil {
		return f.dir.fail("discard", f.name, err)
	}
	return nil
}

func (f *File) discard() error {
	if err := f.dir.fs.Remove(f.temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
