package memory

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"time"
)

// handle is an open file.
type handle struct {
	disk   *disk
	node   *node
	name   string
	flag   int
	at     int64
	closed bool
}

// use locks the disk for one operation on an open handle.
func (h *handle) use(op string, allowed bool) error {
	h.disk.mu.Lock()
	switch {
	case h.closed:
		h.disk.mu.Unlock()
		return fail(op, h.name, fs.ErrClosed)
	case !allowed:
		h.disk.mu.Unlock()
		return fail(op, h.name, fs.ErrPermission)
	}
	return nil
}

func (h *handle) Read(p []byte) (int, error) {
	if err := h.use("read", h.flag&os.O_WRONLY == 0); err != nil {
		return 0, err
	}
	defer h.disk.mu.Unlock()
	if h.at >= int64(len(h.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, h.node.data[h.at:])
	h.at += int64(n)
	return n, nil
}

func (h *handle) Write(p []byte) (int, error) {
	if err := h.use("write", h.flag&(os.O_WRONLY|os.O_RDWR) != 0); err != nil {
		return 0, err
	}
	defer h.disk.mu.Unlock()
	if h.flag&os.O_APPEND != 0 {
		h.at = int64(len(h.node.data))
	}
	h.grow(h.at + int64(len(p)))
	copy(h.node.data[h.at:], p)
	h.at += int64(len(p))
	return len(p), nil
}

func (h *handle) grow(size int64) {
	if more := size - int64(len(h.node.data)); more > 0 {
		h.node.data = append(h.node.data, make([]byte, more)...)
	}
}

func (h *handle) Seek(offset int64, whence int) (int64, error) {
	if err := h.use("seek", true); err != nil {
		return 0, err
	}
	defer h.disk.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += h.at
	case io.SeekEnd:
		offset += int64(len(h.node.data))
	}
	if offset < 0 {
		return 0, fail("seek", h.name, errors.New("before the beginning"))
	}
	h.at = offset
	return offset, nil
}

// Sync has nothing to do.
func (h *handle) Sync() error {
	if err := h.use("sync", true); err != nil {
		return err
	}
	h.disk.mu.Unlock()
	return nil
}

func (h *handle) Truncate(size int64) error {
	if err := h.use("truncate", true); err != nil {
		return err
	}
	defer h.disk.mu.Unlock()
	h.grow(size)
	h.node.data = h.node.data[:size]
	return nil
}

func (h *handle) Close() error {
	if err := h.use("close", true); err != nil {
		return err
	}
	defer h.disk.mu.Unlock()
	h.closed = true
	return nil
}

// info is a fs.FileInfo without a time: the disk has no clock.
type info struct {
	name   string
	folder bool
	size   int64
}

func (n *node) info(name string) info { return info{path.Base(name), n.folder, int64(len(n.data))} }

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.folder }
func (i info) Sys() any           { return nil }

func (i info) Mode() fs.FileMode {
	if i.folder {
		return fs.ModeDir | 0o700
	}
	return 0o600
}
