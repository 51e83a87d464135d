package durable

import (
	"io"
	"io/fs"
)

// FS is one folder of a disk, as narrow as this package needs it. Names are
// slash-separated and relative to that folder; "." is the folder itself.
// Implementations are safe for use by many goroutines.
type FS interface {
	// OpenFile opens a file with the flags of package os. A file that it
	// makes has mode 0600.
	OpenFile(name string, flag int) (Handle, error)
	// Mkdir makes one folder with mode 0700.
	Mkdir(name string) error
	// Rename moves a file, replacing one that has the new name.
	Rename(from, to string) error
	// Remove removes a file or an empty folder.
	Remove(name string) error
	// Stat describes a file or folder and does not follow links.
	Stat(name string) (fs.FileInfo, error)
	// ReadDir lists a folder, sorted by name.
	ReadDir(name string) ([]fs.DirEntry, error)
	// SyncDir makes the names in a folder durable: what was created, renamed
	// or removed in it.
	SyncDir(name string) error
	// Lock takes the lock that the file stands for, making the file if need
	// be. It returns ErrLocked at once when another holds it.
	Lock(name string) (release func() error, err error)
	// Free tells how many bytes may still be written.
	Free() (int64, error)
	// Close gives back what the folder holds open. Open handles stay valid.
	Close() error
}

// Handle is an open file.
type Handle interface {
	io.ReadWriteSeeker
	io.Closer
	// Sync returns when the file's bytes and length are durable.
	Sync() error
	// Truncate cuts the file to size bytes.
	Truncate(size int64) error
}

// Op names one operation on the disk, for fault injection.
type Op struct {
	// Verb is one of open, create, read, write, seek, sync, truncate, close,
	// mkdir, rename, remove, stat, readdir, syncdir, lock, unlock, free.
	Verb string
	// Name is the file or folder worked on; for rename, the new name.
	Name string
}

// String gives "rename snapshot.json".
func (o Op) String() string { return o.Verb + " " + o.Name }

// Hook is asked before an operation. The operation is not done when it
// returns an error; that error is the operation's result.
type Hook func(Op) error

// hooked asks a hook before every call to the file system below it.
type hooked struct {
	FS
	hook Hook
}

func (h hooked) OpenFile(name string, flag int) (Handle, error) {
	verb := "open"
	if flag&flagCreate != 0 {
		verb = "create"
	}
	if err := h.hook(Op{verb, name}); err != nil {
		return nil, err
	}
	f, err := h.FS.OpenFile(name, flag)
	if err != nil {
		return nil, err
	}
	return hookedFile{f, name, h.hook}, nil
}

func (h hooked) Mkdir(name string) error {
	if err := h.hook(Op{"mkdir", name}); err != nil {
		return err
	}
	return h.FS.Mkdir(name)
}

func (h hooked) Rename(from, to string) error {
	if err := h.hook(Op{"rename", to}); err != nil {
		return err
	}
	return h.FS.Rename(from, to)
}

func (h hooked) Remove(name string) error {
	if err := h.hook(Op{"remove", name}); err != nil {
		return err
	}
	return h.FS.Remove(name)
}

func (h hooked) Stat(name string) (fs.FileInfo, error) {
	if err := h.hook(Op{"stat", name}); err != nil {
		return nil, err
	}
	return h.FS.Stat(name)
}

func (h hooked) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := h.hook(Op{"readdir", name}); err != nil {
		return nil, err
	}
	return h.FS.ReadDir(name)
}

func (h hooked) SyncDir(name string) error {
	if err := h.hook(Op{"syncdir", name}); err != nil {
		return err
	}
	return h.FS.SyncDir(name)
}

func (h hooked) Lock(name string) (func() error, error) {
	if err := h.hook(Op{"lock", name}); err != nil {
		return nil, err
	}
	release, err := h.FS.Lock(name)
	if err != nil {
		return nil, err
	}
	return func() error {
		// The lock is given back even when the hook says no: a fault must
		// not leave this process holding it for ever.
		fault := h.hook(Op{"unlock", name})
		if err := release(); err != nil {
			return err
		}
		return fault
	}, nil
}

func (h hooked) Free() (int64, error) {
	if err := h.hook(Op{"free", "."}); err != nil {
		return 0, err
	}
	return h.FS.Free()
}

type hookedFile struct {
	Handle
	name string
	hook Hook
}

func (f hookedFile) Read(p []byte) (int, error) {
	if err := f.hook(Op{"read", f.name}); err != nil {
		return 0, err
	}
	return f.Handle.Read(p)
}

func (f hookedFile) Write(p []byte) (int, error) {
	if err := f.hook(Op{"write", f.name}); err != nil {
		return 0, err
	}
	return f.Handle.Write(p)
}

func (f hookedFile) Seek(offset int64, whence int) (int64, error) {
	if err := f.hook(Op{"seek", f.name}); err != nil {
		return 0, err
	}
	return f.Handle.Seek(offset, whence)
}

func (f hookedFile) Sync() error {
	if err := f.hook(Op{"sync", f.name}); err != nil {
		return err
	}
	return f.Handle.Sync()
}

func (f hookedFile) Truncate(size int64) error {
	if err := f.hook(Op{"truncate", f.name}); err != nil {
		return err
	}
	return f.Handle.Truncate(size)
}

// Close frees the descriptor even when the hook says no, as a real close that
// reports an error does.
func (f hookedFile) Close() error {
	fault := f.hook(Op{"close", f.name})
	if err := f.Handle.Close(); err != nil {
		return err
	}
	return fault
}
