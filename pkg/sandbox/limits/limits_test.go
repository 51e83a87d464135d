package limits_test

import (
	"strings"
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
				switch refusal, wait := g.Enter(app, box, 0); {
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
			if refusal, _ := g.Enter(other[0], other[1], 0); refusal != "" {
				t.Errorf("%v is refused: %s", other, refusal)
			}
		}
		all.Wait()
		for _, again := range []string{box, "other"} { // of those that are busy none counts twice
			if refusal, _ := g.Enter(app, again, 0); refusal != "" {
				t.Errorf("refused when all had left: %s", refusal)
			}
		}
		if c := g.Counts(); c.Refused != 1 || c.MaxInService != 4 || c.MaxMailboxes != 3 {
			t.Errorf("counts: %+v", c)
		}
	})
}

// pass lets n requests through one after the other.
func pass(t *testing.T, g *limits.Gate, n int) {
	t.Helper()
	for i := range n {
		if refusal, _ := g.Enter(app, box, 0); refusal != "" {
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
		refusal, wait := g.Enter(app, box, 0)
		if refusal != limits.OverRequests || wait != 6*time.Minute {
			t.Fatalf("the 10,001st: %q, wait %s", refusal, wait)
		}
		time.Sleep(wait - time.Nanosecond)
		if refusal, _ := g.Enter(app, box, 0); refusal != limits.OverRequests {
			t.Fatalf("a moment too early: %q", refusal)
		}
		time.Sleep(time.Nanosecond)
		// The first half is free again, less the two refused: they count too.
		pass(t, g, limits.Requests/2-2)
		if refusal, _ := g.Enter(app, box, 0); refusal != limits.OverRequests {
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
		if refusal, _ := g.Enter(app, box, 0); refusal != "" {
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

func TestUploadIsCountedInBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(true)
		put := func(bytes int64) (limits.Refusal, time.Duration) {
			refusal, wait := g.Enter(app, box, bytes)
			if refusal == "" {
				g.Leave(app, box)
			}
			return refusal, wait
		}
		for n, bytes := range []int64{limits.Upload - 10, 5} {
			if refusal, _ := put(bytes); refusal != "" {
				t.Fatalf("upload %d: %s", n, refusal)
			}
			time.Sleep(time.Minute)
		}
		if refusal, wait := put(6); refusal != limits.OverUpload || wait != 3*time.Minute {
			t.Fatalf("over by one byte: %q, wait %s", refusal, wait)
		}
		for what, bytes := range map[string]int64{"a read": 0, "what fits": 5} {
			if refusal, _ := put(bytes); refusal != "" {
				t.Errorf("%s: %s", what, refusal)
			}
		}
		if refusal, _ := g.Enter(app, "other", limits.Upload); refusal != "" {
			t.Errorf("another mailbox: %s", refusal)
		}
		time.Sleep(3*time.Minute - time.Nanosecond)
		if refusal, _ := put(limits.Upload / 2); refusal != limits.OverUpload {
			t.Errorf("a moment too early: %q", refusal)
		}
		time.Sleep(time.Nanosecond)
		if refusal, _ := put(limits.Upload - 10); refusal != "" {
			t.Errorf("when it was time: %s", refusal)
		}
	})
}

func TestAnApplicationsRequestsAreCountedInAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gate(true)
		for n := range limits.All {
			if n == limits.All/2 {
				time.Sleep(4 * time.Second)
			}
			if refusal, _ := g.Pass(app); refusal != "" {
				t.Fatalf("request %d: %s", n+1, refusal)
			}
		}
		if refusal, wait := g.Pass(app); refusal != limits.OverAll || wait != 6*time.Second {
			t.Errorf("one more: %q, wait %s", refusal, wait)
		}
		if refusal, _ := g.Pass("another"); refusal != "" {
			t.Errorf("another application: %s", refusal)
		}
		time.Sleep(6 * time.Second)
		if refusal, _ := g.Pass(app); refusal != "" {
			t.Errorf("when it was time: %s", refusal)
		}
	})
}

func TestCostsOfTheDirectory(t *testing.T) {
	for _, c := range []struct {
		path, options string
		top           int
		want          int64
	}{
		{"users", "", -1, 2},
		{"users", "$select", -1, 1},
		{"users", "$select $top", 5, 1},
		{"users", "$expand", -1, 3},
		{"users", "$top", 19, 1},
		{"users", "$top", 20, 2},
		{"users/x", "", -1, 1},
		{"organization", "$select", -1, 1},
		{"groups/g/transitiveMembers", "", -1, 5},
		{"groups/g/transitivemembers/microsoft.graph.user", "$select $top", 999, 4},
		{"groups/g/members", "", -1, 3},
		{"groups", "", -1, 1},
	} {
		if got := limits.Cost(strings.Split(c.path, "/"), strings.Fields(c.options), c.top); got != c.want {
			t.Errorf("%s with %q, top %d: %d, want %d", c.path, c.options, c.top, got, c.want)
		}
	}
}

func TestResourceUnitsGrowWithTheTenant(t *testing.T) {
	for users, granted := range map[int]int64{1: 3_500, 49: 3_500, 50: 5_000, 500: 5_000, 501: 8_000} {
		synctest.Test(t, func(t *testing.T) {
			g := gate(true)
			if refusal, _, used := g.Spend(app, users, granted-5); refusal != "" || used != float64(granted-5)/float64(granted) {
				t.Errorf("%d users: %q, used %v", users, refusal, used)
			}
			time.Sleep(time.Second)
			if refusal, wait, used := g.Spend(app, users, 6); refusal != limits.OverUnits || wait != 9*time.Second || used <= 1 {
				t.Errorf("%d users, one unit too many: %q, wait %s, used %v", users, refusal, wait, used)
			}
			if refusal, _, _ := g.Spend("another", users, granted); refusal != "" {
				t.Errorf("another application: %s", refusal)
			}
			time.Sleep(9 * time.Second)
			if refusal, _, _ := g.Spend(app, users, 6); refusal != "" {
				t.Errorf("%d users, when it was time: %s", users, refusal)
			}
		})
	}
}
