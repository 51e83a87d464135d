package durable

import (
	"errors"
	"fmt"
	"syscall"
)

// ErrFull is returned where the disk, or the share of it that this user has,
// cannot hold what is written.
var ErrFull = errors.New("disk is full")

// Free tells how many bytes may still be written where the folder lies, as far
// as the system knows. The error is errors.ErrUnsupported where it cannot tell.
func (d *Dir) Free() (int64, error) {
	free, err := d.fs.Free()
	if err != nil {
		return 0, fmt.Errorf("look how much is free at %s: %w", d.path, err)
	}
	return free, nil
}

// marked gives a full disk its one name: every system has others.
func marked(err error) error {
	if errors.Is(err, syscall.ENOSPC) || isFull(err) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
