package crash

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

type handle struct {
	disk   *Disk
	node   *node
	name   string
	flag   int
	epoch  int
	at     int64
	closed bool
}

// use locks the disk for one operation on a living handle.
func (h *handle) use(op string) (unlock func(), err error) {
	h.disk.mu.Lock()
	switch {
	case h.closed:
		err = fail(op, h.name, fs.ErrClosed)
	case h.epoch != h.disk.epoch:
		err = fail(op, h.name, ErrGone)
	}
	if err != nil {
		h.disk.mu.Unlock()
		return nil, err
	}
	return h.disk.mu.Unlock, nil
}

func (h *handle) Read(p []byte) (int, error) {
	unlock, err := h.use("read")
	if err != nil {
		return 0, err
	}
	defer unlock()
	if h.flag&os.O_WRONLY != 0 {
		return 0, fail("read", h.name, fs.ErrPermission)
	}
	if h.at >= int64(len(h.node.now)) {
		return 0, io.EOF
	}
	n := copy(p, h.node.now[h.at:])
	h.at += int64(n)
	return n, nil
}

func (h *handle) Write(p []byte) (int, error) {
	unlock, err := h.use("write")
	if err != nil {
		return 0, err
	}
	defer unlock()
	if h.flag&(os.O_WRONLY|os.O_RDWR) == 0 {
		return 0, fail("write", h.name, fs.ErrPermission)
	}
	if h.flag&os.O_APPEND != 0 {
		h.at = int64(len(h.node.now))
	}
	if free, err := h.disk.free(); err == nil && h.at+int64(len(p))-int64(len(h.node.now)) > free {
		return 0, fail("write", h.name, syscall.ENOSPC)
	}
	h.grow(h.at + int64(len(p)))
	h.node.same = min(h.node.same, int(h.at))
	copy(h.node.now[h.at:], p)
	h.at += int64(len(p))
	return len(p), nil
}

func (h *handle) grow(size int64) {
	if more := size - int64(len(h.node.now)); more > 0 {
		h.node.now = append(h.node.now, make([]byte, more)...)
	}
}

func (h *handle) Seek(offset int64, whence int) (int64, error) {
	unlock, err := h.use("seek")
	if err != nil {
		return 0, err
	}
	defer unlock()
	switch whence {
	case io.SeekCurrent:
		offset += h.at
	case io.SeekEnd:
		offset += int64(len(h.node.now))
	}
	if offset < 0 {
		return 0, fail("seek", h.name, errors.New("before the beginning"))
	}
	h.at = offset
	return offset, nil
}

func (h *handle) Sync() error {
	unlock, err := h.use("sync")
	if err != nil {
		return err
	}
	defer unlock()
	n := h.node // of a journal that grows and grows, only what is new is copied
	n.safe, n.same = append(n.safe[:n.same], n.now[n.same:]...), len(n.now)
	return nil
}

func (h *handle) Truncate(size int64) error {
	unlock, err := h.use("truncate")
	if err != nil {
		return err
	}
	defer unlock()
	h.grow(size)
	h.node.now, h.node.same = h.node.now[:size], min(h.node.same, int(size))
	return nil
}

func (h *handle) Close() error {
	unlock, err := h.use("close")
	if err != nil {
		return err
	}
	defer unlock()
	h.closed = true
	h.disk.open--
	return nil
}

// info is a fs.FileInfo without a time: the disk has no clock.
type info struct {
	name string
	dir  bool
	size int64
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.dir }
func (i info) Sys() any           { return nil }

func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o700
	}
	return 0o600
}
