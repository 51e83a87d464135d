package durable

import (
	"errors"
	"math"
	"strings"

	"golang.org/x/sys/windows"
)

// isFull knows Windows' errors of a full disk, an old one and a quota among them.
func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

// isPassing knows the errors of a file that somebody else has open for a moment.
func isPassing(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION) ||
		errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// freeAt gives the bytes that are free for this user at path. A share wants a
// backslash behind its name (Windows docs, GetDiskFreeSpaceEx).
func freeAt(path string) (int64, error) {
	name, err := windows.UTF16PtrFromString(strings.TrimRight(path, `\`) + `\`)
	if err != nil {
		return 0, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return 0, err
	}
	return int64(min(free, math.MaxInt64)), nil
}
