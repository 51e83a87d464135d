package draw_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/draw"
)

func TestTheOrderOfOthersChangesNothing(t *testing.T) {
	forth, back := draw.New(7), draw.New(7)
	const identities, turns = 20, 5
	first, second := map[string][]float64{}, map[string][]float64{}
	for turn := range turns {
		for n := range identities {
			id := fmt.Sprint(n)
			first[id] = append(first[id], forth.Number("p", id))
			forth.Number("other purpose", fmt.Sprint(turn))
		}
		for n := identities - 1; n >= 0; n-- {
			id := fmt.Sprint(n)
			second[id] = append(second[id], back.Number("p", id))
		}
	}
	if fmt.Sprint(first) != fmt.Sprint(second) {
		t.Errorf("the draws differ:\n%v\n%v", first, second)
	}
	seen := map[float64]bool{}
	for _, list := range first {
		for _, number := range list {
			if number < 0 || number >= 1 || seen[number] {
				t.Errorf("a draw is %v, or was drawn before", number)
			}
			seen[number] = true
		}
	}
	if draw.New(8).Number("p", "1") == first["1"][0] {
		t.Error("another seed draws the same")
	}
}

func TestChancesAndSpreadsAreWhatTheySay(t *testing.T) {
	s := draw.New(1)
	const many = 4000
	happened, least, most := 0, time.Hour, time.Duration(0)
	for n := range many {
		if s.Happens(0.25, "chance", fmt.Sprint(n)) {
			happened++
		}
		d := s.Spread(time.Second, 0.5, "spread", "the same")
		least, most = min(least, d), max(most, d)
	}
	if happened < many/5 || happened > many*3/10 {
		t.Errorf("%d of %d happened at a chance of 1/4", happened, many)
	}
	if least < 500*time.Millisecond || least > 520*time.Millisecond || most > 1500*time.Millisecond || most < 1480*time.Millisecond {
		t.Errorf("spread from %s to %s", least, most)
	}
	if s.Happens(0, "never", "x") || !s.Happens(1, "always", "x") || s.Spread(time.Second, 0, "none", "x") != time.Second {
		t.Error("the ends are not the ends")
	}
}
