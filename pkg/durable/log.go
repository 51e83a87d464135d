package durable

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
)

var (
	// ErrTorn is returned by OpenLog when the last line has no end: the
	// caller reads the log, decides, cuts it with Truncate and opens again.
	ErrTorn = errors.New("the last line is torn")
	// ErrLine is returned for a line that holds a line break.
	ErrLine = errors.New("a line of a log cannot hold a line break")
)

// Log is an append-only file of lines. It is safe for use by many goroutines.
//
// After a failed write or sync the log is broken, and every further call gives
// that same error: what a failed sync left on the disk is unknown, and a
// second sync that succeeds would not tell.
type Log struct {
	dir  *Dir
	name string
	h    Handle

	mu      sync.Mutex
	ended   sync.Cond // a sync ended
	syncing bool      // a sync is under way, without mu
	size    int64     // bytes in the file
	durable int64     // bytes that a sync covered
	err     error     // the first failure; sticks
}

// OpenLog opens a log for appending, making it if missing. What it already
// holds is durable when OpenLog returns.
func (d *Dir) OpenLog(name string) (*Log, error) {
	full, err := d.in("open log", name)
	if err != nil {
		return nil, err
	}
	h, err := d.fs.OpenFile(full, flagNew|os.O_APPEND)
	if errors.Is(err, fs.ErrExist) {
		h, err = d.fs.OpenFile(full, os.O_RDWR|os.O_APPEND)
	}
	if err != nil {
		return nil, d.fail("open log", name, err)
	}
	l := &Log{dir: d, name: name, h: h}
	l.ended.L = &l.mu
	if err := l.settle(path.Dir(full)); err != nil {
		return nil, d.fail("open log", name, errors.Join(err, h.Close()))
	}
	return l, nil
}

// settle finds the end of the log and makes all before it durable: an earlier
// run may have been killed between its write and its sync.
func (l *Log) settle(folder string) error {
	end, err := l.h.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if end > 0 {
		last := make([]byte, 1)
		if _, err := l.h.Seek(end-1, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.ReadFull(l.h, last); err != nil {
			return err
		}
		if last[0] != '\n' {
			return ErrTorn
		}
	}
	l.size, l.durable = end, end
	if err := l.h.Sync(); err != nil {
		return err
	}
	return l.dir.fs.SyncDir(folder)
}

// Append adds a line, given without its line break, in one write. It is
// durable only after a Sync.
func (l *Log) Append(line []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.append(line)
}

// AppendSync adds a line and returns when it is durable. Calls that come
// while a sync is under way share the next one.
func (l *Log) AppendSync(line []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.append(line); err != nil {
		return err
	}
	return l.sync()
}

// Sync returns when all that was appended before it is durable.
func (l *Log) Sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sync()
}

// Size is the length of the log in bytes.
func (l *Log) Size() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size
}

// Close makes the log durable and closes it.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(l.err, fs.ErrClosed) {
		return nil
	}
	err := l.sync()
	for err == nil && l.durable < l.size { // others went on while it synced
		err = l.sync()
	}
	for l.syncing { // broken, but another's sync still uses the file
		l.ended.Wait()
	}
	l.err = fs.ErrClosed
	if cerr := l.h.Close(); cerr != nil {
		err = errors.Join(err, l.dir.fail("close log", l.name, cerr))
	}
	return err
}

func (l *Log) append(line []byte) error {
	if bytes.ContainsAny(line, "\r\n") {
		return l.dir.fail("append to log", l.name, ErrLine)
	}
	if l.err != nil {
		return l.broken()
	}
	text := append(bytes.Clone(line), '\n')
	n, err := l.h.Write(text)
	l.size += int64(n)
	if err == nil && n < len(text) {
		err = io.ErrShortWrite
	}
	if err != nil {
		l.err = err
		return l.broken()
	}
	return nil
}

// sync is called, and returns, with mu held. The first caller that finds no
// sync under way leads: it syncs for all who have appended by then, while
// others append on and wait for the next.
func (l *Log) sync() error {
	for want := l.size; l.durable < want; {
		switch {
		case l.err != nil:
			return l.broken()
		case l.syncing:
			l.ended.Wait()
		default:
			l.lead()
		}
	}
	return nil
}

func (l *Log) lead() {
	l.syncing = true
	upto := l.size
	l.mu.Unlock()
	err := l.h.Sync()
	l.mu.Lock()
	l.syncing = false
	if err == nil {
		l.durable = upto
	} else if l.err == nil {
		l.err = err
	}
	l.ended.Broadcast()
}

func (l *Log) broken() error { return l.dir.fail("append to log", l.name, l.err) }
