package pace_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
)

var seed = flag.Uint64("seed", 0, "seed of the random tests; 0 takes a new one")

func random(t *testing.T) *rand.Rand {
	t.Helper()
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("replay: go test ./pkg/graph/pace -run '^%s$' -args -seed %d", t.Name(), s)
	return rand.New(rand.NewPCG(s, s))
}

// one is a request without a body.
var one = pace.Load{Requests: 1}

func body(bytes int) pace.Load { return pace.Load{Requests: 1, Upload: bytes} }

// service counts what it receives as Exchange does: on arrival.
type service struct {
	mu        sync.Mutex
	inService int
	most      int
	arrivals  []time.Time
}

func (s *service) serve(network, service time.Duration) {
	time.Sleep(network)
	s.mu.Lock()
	s.inService++
	s.most = max(s.most, s.inService)
	s.arrivals = append(s.arrivals, time.Now())
	s.mu.Unlock()
	time.Sleep(service)
	s.mu.Lock()
	s.inService--
	s.mu.Unlock()
	time.Sleep(network)
}

// busiest is the largest number of arrivals in any window.
func (s *service) busiest() int {
	most, first := 0, 0
	for i, at := range s.arrivals {
		for at.Sub(s.arrivals[first]) >= pace.Window {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// TestTheLimitsAreExchanges: the other tests count by the names of the limits.
func TestTheLimitsAreExchanges(t *testing.T) {
	if pace.InService != 4 || pace.Requests != 10_000 || pace.Window != 10*time.Minute || pace.Upload != 150_000_000 || pace.UploadWindow != 5*time.Minute {
		t.Error("these are not the limits that Graph's documents name for Outlook")
	}
}

func TestNeverAboveTheLimits(t *testing.T) {
	r := random(t)
	synctest.Test(t, func(t *testing.T) {
		const calls = 25_000
		gate, exchange := pace.New(time.Now), &service{}
		start := time.Now()
		work := make(chan [2]time.Duration) // on the network, in service
		var group sync.WaitGroup
		for range 40 {
			group.Go(func() {
				for d := range work {
					leave, err := gate.Enter(t.Context(), 0, one)
					if err != nil {
						t.Error(err)
						return
					}
					exchange.serve(d[0], d[1])
					leave()
				}
			})
		}
		for range calls {
			work <- [2]time.Duration{time.Duration(r.Int64N(6e6)), time.Duration(50e6 + r.Int64N(100e6))}
		}
		close(work)
		group.Wait()
		if exchange.most != pace.InService {
			t.Errorf("%d requests in service at once, want %d: all that is allowed", exchange.most, pace.InService)
		}
		if n := exchange.busiest(); n > pace.Requests || n < pace.Requests-10 {
			t.Errorf("%d requests in the busiest ten minutes, want %d: all that is allowed", n, pace.Requests)
		}
		// Two full windows have to pass, then 5,000 requests at four a time.
		if took := time.Since(start); took > 2*pace.Window+160*time.Second {
			t.Errorf("25,000 requests took %s: slower than the limits", took)
		}
	})
}

// uploaded counts bodies as Exchange does: on arrival.
type uploaded struct {
	mu       sync.Mutex
	arrivals []arrival
}

type arrival struct {
	at    time.Time
	bytes int
}

func (u *uploaded) most() int {
	most, sum, first := 0, 0, 0
	for _, a := range u.arrivals {
		for sum += a.bytes; a.at.Sub(u.arrivals[first].at) >= pace.UploadWindow; first++ {
			sum -= u.arrivals[first].bytes
		}
		most = max(most, sum)
	}
	return most
}

func TestNeverUploadsMoreThanTheLimit(t *testing.T) {
	r := random(t)
	synctest.Test(t, func(t *testing.T) {
		gate, exchange := pace.New(time.Now), &uploaded{}
		start, total := time.Now(), 0
		var group sync.WaitGroup
		for range 200 {
			size, way := 1+r.IntN(8_000_000), time.Duration(r.Int64N(3e9))
			total += size
			group.Go(func() {
				leave, err := gate.Enter(t.Context(), 0, body(size))
				if err != nil {
					t.Error(err)
					return
				}
				defer leave()
				time.Sleep(way)
				exchange.mu.Lock()
				exchange.arrivals = append(exchange.arrivals, arrival{time.Now(), size})
				exchange.mu.Unlock()
				time.Sleep(time.Second)
			})
		}
		group.Wait()
		if most := exchange.most(); most > pace.Upload || most < pace.Upload*9/10 {
			t.Errorf("%d bytes in the busiest five minutes, want nearly %d", most, pace.Upload)
		}
		// Each window takes at least the limit less the largest body.
		windows := total/(pace.Upload-8_000_000) + 1
		if took := time.Since(start); took > time.Duration(windows)*(pace.UploadWindow+30*time.Second) {
			t.Errorf("%d bytes took %s: slower than the limits", total, took)
		}
	})
}

func TestWhoWaitsToUploadHoldsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := pace.New(time.Now)
		start := time.Now()
		// More than the limit may try, when nothing else counts.
		leave, err := gate.Enter(t.Context(), 0, body(2*pace.Upload))
		if err != nil || time.Since(start) != 0 {
			t.Fatalf("a huge body: %v after %s, want at once", err, time.Since(start))
		}
		leave()
		var group sync.WaitGroup
		for range 2 * pace.InService {
			group.Go(func() {
				leave, err := gate.Enter(t.Context(), 0, body(1))
				if err != nil || time.Since(start) < pace.UploadWindow || time.Since(start) > pace.UploadWindow+2*time.Second {
					t.Errorf("a body after it: %v after %s", err, time.Since(start))
					return
				}
				leave()
			})
		}
		synctest.Wait()
		for range 10 {
			leave, err := gate.Enter(t.Context(), 0, one)
			if err != nil || time.Since(start) != 0 {
				t.Fatalf("a request without a body: %v after %s, want at once", err, time.Since(start))
			}
			leave()
		}
		group.Wait()
	})
}

func TestAFencedMailboxHoldsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fenced, open := pace.New(time.Now), pace.New(time.Now)
		start := time.Now()
		fenced.Close(90 * time.Second)
		fenced.Close(10 * time.Second)
		leave, err := open.Enter(t.Context(), time.Hour, one)
		if err != nil || time.Since(start) != 0 {
			t.Fatalf("the other mailbox: %v after %s, want at once", err, time.Since(start))
		}
		leave()
		leave()
		if leave, err = fenced.Enter(t.Context(), time.Hour, one); err != nil || time.Since(start) != 90*time.Second {
			t.Fatalf("the fenced mailbox: %v after %s, want 1m30s", err, time.Since(start))
		}
		leave()
	})
}

func TestImpatienceAndCancelling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := pace.New(time.Now)
		gate.Close(time.Hour)
		_, err := gate.Enter(t.Context(), time.Minute, one)
		if fenced, ok := errors.AsType[*pace.FencedError](err); !ok || fenced.Wait != time.Hour {
			t.Errorf("Enter with a minute's patience = %v, want a FencedError of an hour", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := gate.Enter(ctx, 2*time.Hour, one); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Enter = %v, want the context's error", err)
		}
		time.Sleep(time.Hour)
		for range pace.InService { // nothing was left behind by those who gave up
			if _, err := gate.Enter(t.Context(), 0, one); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := gate.Enter(ctx, 0, one); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a fifth request = %v, want it kept out", err)
		}
	})
}

// TestAnAppsLimitIsReached: 500 mailboxes, each with four batches of three at a
// time, want more than Graph allows the app; they get nearly all of it, and never
// more. What is left of the first ten seconds' burst costs the tenth at most.
func TestAnAppsLimitIsReached(t *testing.T) {
	r := random(t)
	synctest.Test(t, func(t *testing.T) {
		const boxes, each, inBatch = 500, 1_296, 3
		app, load := pace.NewApp(time.Now), pace.Load{Requests: inBatch}
		var mu sync.Mutex
		arrived := map[int64]int{} // by the millisecond
		start := time.Now()
		var group sync.WaitGroup
		for range boxes {
			gate := app.Gate()
			for range pace.InService {
				luck := rand.New(rand.NewPCG(r.Uint64(), 1))
				group.Go(func() {
					for range each / inBatch / pace.InService {
						leave, err := gate.Enter(t.Context(), 0, load)
						if err != nil {
							t.Error(err)
							return
						}
						time.Sleep(30 * time.Millisecond)
						for range inBatch {
							mu.Lock()
							arrived[time.Since(start).Milliseconds()]++
							mu.Unlock()
							time.Sleep(time.Duration(50e6 + luck.Int64N(100e6)))
						}
						time.Sleep(30 * time.Millisecond)
						leave()
					}
				})
			}
		}
		group.Wait()
		took, total := time.Since(start), 0
		for _, n := range arrived {
			total += n
		}
		most, sum := 0, 0
		for at := range took.Milliseconds() + 1 {
			sum += arrived[at] - arrived[at-pace.AllWindow.Milliseconds()]
			most = max(most, sum)
		}
		floor := time.Duration((total-1)/pace.All) * pace.AllWindow
		t.Logf("%d requests in %s, the floor is %s; %d in the busiest ten seconds", total, took, floor, most)
		if most > pace.All || most < pace.All*9/10 {
			t.Errorf("%d requests in the busiest ten seconds, want nearly %d", most, pace.All)
		}
		if took > floor+floor/10+10*time.Second {
			t.Errorf("%d requests took %s, the floor is %s", total, took, floor)
		}
	})
}
