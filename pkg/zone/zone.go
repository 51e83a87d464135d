// Package zone knows time zones by the names that Exchange gives them: those
// of Windows ("W. Europe Standard Time"), those of IANA ("Europe/Berlin"), and
// its own for UTC.
//
// It promises an answer on machines without a zone database (Windows), and that a name
// it does not know is an ErrUnknown and nothing worse: Exchange keeps zones
// that nobody else can name (tzone://Microsoft/Custom), and an item in one of
// them must not stop the others.
package zone

import (
	_ "embed"
	"errors"
	"strings"
	"sync"
	"time"
)

// ErrUnknown is returned for a name that stands for no zone.
var ErrUnknown = errors.New("unknown time zone")

// The source is CLDR's windowsZones.xml (otherVersion 7e11800, typeVersion
// 2021a; unicode-org/cldr at 062dc06d), all territories of a zone on one line,
// 001 first, and IANA's present spelling before the former one that CLDR keeps.
//
//go:embed table.txt
var table string

// names holds both directions, each by its name in lower case.
type names struct {
	windows map[string]string // IANA → Windows
	iana    map[string]string // Windows or IANA → IANA as IANA writes it
}

var known = sync.OnceValue(func() names {
	n := names{windows: map[string]string{}, iana: map[string]string{}}
	for line := range strings.Lines(table) {
		windows, zones, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for zone := range strings.FieldsSeq(zones) {
			if _, ok := n.iana[fold(windows)]; !ok {
				n.iana[fold(windows)] = zone
			}
			n.iana[fold(zone)] = zone
			n.windows[fold(zone)] = windows
		}
	}
	for _, utc := range []string{"UTC", "Z", "Zulu", "GMT", "tzone://Microsoft/Utc"} {
		n.iana[fold(utc)] = "Etc/UTC"
		n.windows[fold(utc)] = "UTC"
	}
	return n
})

func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// IANA gives the IANA name of a zone that Exchange names, of an IANA zone its
// own name. Case does not matter for the names of the table. A Windows zone
// that covers many countries gets the one that CLDR puts first (territory 001).
func IANA(name string) (string, bool) {
	if iana, ok := known().iana[fold(name)]; ok {
		return iana, true
	}
	if _, err := database(name); err != nil {
		return "", false
	}
	return strings.TrimSpace(name), true
}

// Windows gives the Windows name for an IANA zone, of a Windows zone its own
// name. ok is false where Windows has no zone with the same clock.
func Windows(name string) (windows string, ok bool) {
	iana, ok := known().iana[fold(name)]
	if !ok {
		return "", false
	}
	windows, ok = known().windows[fold(iana)]
	return windows, ok
}

// Load gives the zone for any name that IANA knows, or an error that is
// ErrUnknown. UTC under any of its names is time.UTC.
func Load(name string) (*time.Location, error) {
	iana, ok := known().iana[fold(name)]
	switch {
	case ok && iana == "Etc/UTC":
		return time.UTC, nil
	case ok:
		return database(iana)
	}
	return database(name)
}
