package zone

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// packed is Go's copy of IANA's zone database (lib/time/zoneinfo.zip; public
// domain), which Windows lacks. The package time/tzdata holds the same and puts
// eight times as much into the binary.
//
//go:generate go run pack.go
//go:embed zones.zst
var packed []byte

// unpacked are the zones by name, each in the form of a TZif file.
var unpacked = sync.OnceValues(func() (map[string][]byte, error) {
	reader, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	rest, err := reader.DecodeAll(packed, nil)
	if err != nil {
		return nil, err
	}
	zones := map[string][]byte{}
	for len(rest) > 0 {
		head, body, _ := bytes.Cut(rest, []byte("\n"))
		var name string
		var size int
		if _, err := fmt.Sscanf(string(head), "%s %d", &name, &size); err != nil || size > len(body) {
			return nil, fmt.Errorf("the zone database is damaged at %q", head)
		}
		zones[name], rest = body[:size], body[size:]
	}
	return zones, nil
})

// database asks the zone database of the machine, then the one compiled in.
func database(name string) (*time.Location, error) {
	name = strings.TrimSpace(name)
	// For Go "" is UTC and "Local" the zone of this machine. In data of somebody
	// else neither is an answer.
	if name == "" || strings.EqualFold(name, "local") {
		return nil, fmt.Errorf("%w %q", ErrUnknown, name)
	}
	if zone, err := time.LoadLocation(name); err == nil {
		return zone, nil
	}
	return compiledIn(name)
}

func compiledIn(name string) (*time.Location, error) {
	zones, err := unpacked()
	if err != nil {
		return nil, err
	}
	data, ok := zones[name]
	if !ok {
		return nil, fmt.Errorf("%w %q", ErrUnknown, name)
	}
	return time.LoadLocationFromTZData(name, data)
}
