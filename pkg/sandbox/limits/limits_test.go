package limits_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/limits"
)

const app, box = "app", "box"

func gate(enforce bool) *limits.Gate { return &limits.Gate{Enforce: enforce, Now: time.Now} }

func TestTheFifthAtOnceIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(true)
		var served, refused atomic.Int32
		var all sync.WaitGroup
		for range limits.Concurrent + 1 {
			all.Go(func() {
				switch refusal, wait := g.Enter(app, box); {
				case refusal == limits.OverConcurrency && wait > 0:
					refused.Add(1)
				case refusal != "":
					t.Errorf("refused for %s, wait %s", refusal, wait)
				default:
					served.Add(1)
					time.Sleep(time.Second)
					g.Leave(app, box)
				}
			})
		}
		synctest.Wait()
		if served.Load() != 4 || refused.Load() != 1 {
			t.Errorf("%d served, %d refused", served.Load(), refused.Load())
		}
		for _, other := range [][2]string{{app, "other"}, {"other", box}} {
			if refusal, _ := g.Enter(other[0], other[1]); refusal != "" {
				t.Errorf("%v is refused: %s", other, refusal)
			}
		}
		all.Wait()
		if refusal, _ := g.Enter(app, box); refusal != "" {
			t.Errorf("refused when all had left: %s", refusal)
		}
		if c := g.Counts(); c.Refused != 1 || c.MaxInService != 4 {
			t.Errorf("counts: %+v", c)
		}
	})
}

// pass lets n requests through one after the other.
func pass(t *testing.T, g *limits.Gate, n int) {
	t.Helper()
	for i := range n {
		if refusal, _ := g.Enter(app, box); refusal != "" {
			t.Fatalf("request %d is refused: %s", i+1, refusal)
		}
		g.Leave(app, box)
	}
}

func TestTenThousandInTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(true)
		pass(t, g, limits.Requests/2)
		time.Sleep(4 * time.Minute)
		pass(t, g, limits.Requests/2)
		refusal, wait := g.Enter(app, box)
		if refusal != limits.OverRequests || wait != 6*time.Minute {
			t.Fatalf("the 10,001st: %q, wait %s", refusal, wait)
		}
		time.Sleep(wait - time.Nanosecond)
		if refusal, _ := g.Enter(app, box); refusal != limits.OverRequests {
			t.Fatalf("a moment too early: %q", refusal)
		}
		time.Sleep(time.Nanosecond)
		// The first half is free again, less the two refused: they count too.
		pass(t, g, limits.Requests/2-2)
		if refusal, _ := g.Enter(app, box); refusal != limits.OverRequests {
			t.Errorf("one more than was free: %q", refusal)
		}
	})
}

func TestCountingIsAlwaysOn(t *testing.T) {
	g := gate(false)
	if c := g.Counts(); c.ByStatus == nil || c.Total != 0 {
		t.Errorf("at first: %+v", c)
	}
	for range 7 {
		if refusal, _ := g.Enter(app, box); refusal != "" {
			t.Errorf("refused though nothing is enforced: %s", refusal)
		}
	}
	g.Count(true, 204)
	g.Count(false, 200)
	g.Count(false, 200)
	c := g.Counts()
	if c.Total != 3 || c.Writes != 1 || c.ByStatus["200"] != 2 || c.ByStatus["204"] != 1 || c.MaxInService != 7 {
		t.Errorf("counts: %+v", c)
	}
	c.ByStatus["200"] = 99
	if g.Counts().ByStatus["200"] != 2 {
		t.Error("the counts can be changed from outside")
	}
}
