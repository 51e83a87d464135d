package access

import (
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// Cloud is one of Microsoft's clouds, in which some services are missing.
type Cloud string

// The clouds. The zero value is Global.
const (
	Global   Cloud = "global"
	USGov    Cloud = "usgov"    // GCC High
	USGovDoD Cloud = "usgovdod" // Department of Defense
	China    Cloud = "china"    // operated by 21Vianet
)

// Clouds are all clouds.
func Clouds() []Cloud { return []Cloud{Global, USGov, USGovDoD, China} }

// check refuses what the cloud has not: permanentDelete is in the global cloud
// only, To Do and the list of categories are not in China (Graph docs, the
// resources' national cloud availability). The schema of a cloud does not have
// their segments, so the answer is that of any unknown one.
func (c Cloud) check(r *wire.Request) error {
	if len(r.Path) < 3 || !strings.EqualFold(r.Path[0], "users") {
		return nil
	}
	last := r.Path[len(r.Path)-1]
	switch {
	case c == China && strings.EqualFold(r.Path[2], "todo"):
		r.Todo = false // there is no To Do whose dialect could be spoken
		return wire.NoSegment(r.Path[2])
	case c == China && len(r.Path) > 3 && strings.EqualFold(r.Path[3], "masterCategories"):
		return wire.NoSegment(r.Path[3])
	case c != Global && c != "" && strings.EqualFold(last, "permanentDelete"):
		return wire.NoSegment(last)
	}
	return nil
}
