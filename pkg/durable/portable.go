package durable

import (
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// portable says whether Windows holds every part of a name as it is: it opens
// devices under some, takes dots and blanks off the ends of others, and refuses
// a few characters. Names are refused on every system alike, so that a store can
// go from one to another.
func portable(name string) bool {
	odd := func(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune(`\:<>"|?*`, r) }
	if strings.ContainsFunc(name, odd) {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasSuffix(part, ".") || strings.HasSuffix(part, " ") || safetext.Device(part) {
			return false
		}
	}
	return true
}

// patiently tries again what failed for a reason that passes, such as a virus
// scanner that looks at a file which was just written. In all it waits for about
// two seconds.
func patiently(try func() error, passes func(error) bool, pause func(time.Duration)) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := try()
		if err == nil || !passes(err) || wait > time.Second {
			return err
		}
		pause(wait)
	}
}
