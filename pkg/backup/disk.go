package backup

import (
	"errors"
	"fmt"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// DiskError is a failure of the store, which no other mailbox would survive.
type DiskError struct{ Err error }

func (e *DiskError) Error() string { return "write the snapshot: " + e.Err.Error() }
func (e *DiskError) Unwrap() error { return e.Err }

func disk(err error) error {
	if err == nil {
		return nil
	}
	return &DiskError{err}
}

// room is what must be free before a backup is begun, in bytes. Nobody knows
// beforehand how much it will take.
const room = 64_000_000

// CheckRoom returns durable.ErrFull if a backup in the folder would soon come to
// the end of the disk. Where the system cannot tell how much is free, it is nil.
func CheckRoom(dir *durable.Dir) error {
	free, err := dir.Free()
	if err != nil || free >= room {
		return nil //nolint:nilerr // a backup may well fit where nobody can tell
	}
	return fmt.Errorf("%w: %s are free at %s, and no backup is begun with less than %s",
		durable.ErrFull, size(free), dir.Path(), size(room))
}

func size(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// stopped is an error told in a sentence of its own.
type stopped struct {
	sentence string
	err      error
}

func (s stopped) Error() string { return s.sentence }
func (s stopped) Unwrap() error { return s.err }

// unfinished adds to an error what it leaves behind.
func unfinished(dir *durable.Dir, err error) error {
	if _, load := snapshot.Load(dir); !errors.Is(load, snapshot.ErrNoSnapshot) {
		return err
	}
	why := err.Error()
	if errors.Is(err, durable.ErrFull) {
		why = "the disk of the store is full"
		if free, err := dir.Free(); err == nil {
			why += ", " + size(free) + " are free"
		}
	}
	return stopped{fmt.Sprintf("%s; the unfinished backup lies in %s, has no snapshot.json and counts for nothing", why, dir.Path()), err}
}
