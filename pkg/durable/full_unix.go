//go:build linux || darwin

package durable

import (
	"errors"
	"math"
	"syscall"
)

// isFull knows the error of a quota beside that of a full disk.
func isFull(err error) bool { return errors.Is(err, syscall.EDQUOT) }

// isPassing: a file that others have open can be renamed.
func isPassing(error) bool { return false }

// freeAt gives the bytes that are free for this user at path.
func freeAt(path string) (int64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(path, &stat); err != nil {
		return 0, err
	}
	return int64(min(stat.Bavail*uint64(stat.Bsize), math.MaxInt64)), nil
}
