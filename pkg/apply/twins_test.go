package apply_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// TestTwinsAreNotMistaken: one import is lost and the next one happens, and
// nobody hears of either, while two items of each name are to be made. Each comes
// back once, and none as a second copy of its twin.
func TestTwinsAreNotMistaken(t *testing.T) {
	for lost := range 6 {
		for range 8 { // side by side, twins come in any order
			world, s, p := backedUp(6, plan.ByStream)
			var imports atomic.Int64
			world.Fault = func(c memory.Call) (before, after error) {
				cut := fmt.Errorf("cut off: %w", mailbox.ErrUnclear)
				switch n := int(imports.Load()); {
				case c.Verb != "import":
				case imports.Add(1) > 6:
				case n == lost:
					return cut, nil
				default:
					return nil, cut
				}
				return nil, nil
			}
			tp := &tape{left: -1}
			result, err := restoreRun(world, s, p, tp).Do(t.Context())
			if err != nil || !result.Whole() {
				t.Fatalf("%+v, %v", result, err)
			}
			checkMade(t, world, p, false)
			checkNamed(t, world, tp, p)
		}
	}
}

// TestTwinOfADoubtfulOneIsNotBegun: while nobody knows of an import whether it
// was made, the next one of its name waits, and says why.
func TestTwinOfADoubtfulOneIsNotBegun(t *testing.T) {
	world, s, p := backedUp(6, plan.ByStream)
	world.Fault = func(c memory.Call) (before, after error) {
		if c.Verb == "import" {
			return fmt.Errorf("cut off: %w", mailbox.ErrUnclear), nil
		}
		return nil, nil
	}
	tp := &tape{left: -1}
	result, err := restoreRun(world, s, p, tp).Do(t.Context())
	if err != nil || result.Refused != 6 {
		t.Fatalf("%+v, %v", result, err)
	}
	waiting := 0
	for _, o := range result.Mailboxes[0].Others {
		if o.Detail == "not begun: another of its name is in doubt" {
			waiting++
		}
	}
	if waiting != 3 {
		t.Errorf("%d of three twins were not begun", waiting)
	}
	world.Fault = nil
	for attempt := range 2 {
		result, err = restoreRun(world, s, p, tp).Do(t.Context())
		if err != nil || !result.Whole() {
			t.Fatalf("attempt %d: %+v, %v", attempt, result, err)
		}
	}
	checkMade(t, world, p, false)
}
