package durable

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"
)

// ErrLocked says that another process, or another part of this one, holds a
// lock. What Dir.Lock returns is a *LockedError that matches it.
var ErrLocked = errors.New("locked")

// Holder says who holds a lock. The caller fills it in: this package reads
// neither the clock nor the environment.
type Holder struct {
	Who   string    `json:"who"` // the operation, such as "purge"
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// String names the holder for a message.
func (h Holder) String() string {
	if h == (Holder{}) {
		return "another process"
	}
	return fmt.Sprintf("%q (process %d on %q, since %s)", h.Who, h.PID, h.Host, h.Since.Format(time.RFC3339))
}

// LockedError says what is locked and, as far as that is known, by whom.
type LockedError struct {
	Path   string // where the lock lies on the machine
	Holder Holder // zero when the holder has not yet said who it is
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("%s is locked by %s: wait until it ends, or end it", e.Path, e.Holder)
}

// Is makes errors.Is(err, ErrLocked) true.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// Lock takes the lock name in d and does not wait: a *LockedError tells who
// has it. The operating system frees it when the process ends in whatever
// way. The lock's file stays for good, since removing it would let two hold
// it; who holds it stands beside it in name.holder, because Windows lets
// nobody read a locked file. Release may be called more than once.
func (d *Dir) Lock(name string, holder Holder) (release func() error, err error) {
	full, err := d.in("lock", name)
	if err != nil {
		return nil, err
	}
	note := name + ".holder"
	unlock, err := d.fs.Lock(full)
	if errors.Is(err, ErrLocked) {
		return nil, &LockedError{Path: d.join(name), Holder: d.holder(note)}
	}
	if err != nil {
		return nil, d.fail("lock", name, err)
	}
	text, err := json.Marshal(holder)
	if err == nil {
		err = d.WriteFile(note, append(text, '\n'))
	}
	if err != nil {
		return nil, d.fail("lock", name, errors.Join(err, unlock()))
	}
	return sync.OnceValue(func() error { return d.unlock(name, note, unlock) }), nil
}

func (d *Dir) unlock(name, note string, unlock func() error) error {
	err := d.Remove(note) // while it is still ours
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err := errors.Join(err, unlock()); err != nil {
		return d.fail("unlock", name, err)
	}
	return nil
}

// holder reads who holds a lock. It is for a message only, so that a note
// which is missing or not readable counts as no note.
func (d *Dir) holder(note string) Holder {
	data, err := d.ReadFile(note)
	if err != nil {
		return Holder{}
	}
	var h Holder
	if json.Unmarshal(data, &h) != nil {
		return Holder{}
	}
	return h
}
