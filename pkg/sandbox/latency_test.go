package sandbox_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

const latency = 80 * time.Millisecond

func TestARequestHoldsItsPlaceForTheWholeLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, small(), sandbox.Options{Limits: true, Latency: latency})
		begin := time.Now()
		served := make(chan time.Duration, 4)
		for range 4 {
			go func() {
				w.sent(200, "GET", annUser+"/contacts/AAcontact1", "")
				served <- time.Since(begin)
			}()
		}
		synctest.Wait()
		for _, at := range []time.Duration{0, latency / 2, latency - time.Nanosecond} {
			time.Sleep(at - time.Since(begin))
			w.get(annUser+"/contacts").want(t, 429, "ApplicationThrottled")
			if took := time.Since(begin) - at; took != 0 {
				t.Errorf("a refusal took %s", took)
			}
		}
		for range 4 {
			if took := <-served; took != latency {
				t.Errorf("a request was in service for %s", took)
			}
		}
		w.get(annUser+"/contacts").want(t, 200)
		if took := time.Since(begin); took != 2*latency {
			t.Errorf("the next one was answered after %s", took)
		}
	})
}

// A change is done when its time in service is over, not when it begins: what
// is read meanwhile is the old item.
func TestAChangeHappensAtTheEndOfItsLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, small(), sandbox.Options{Latency: latency})
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.sent(204, "DELETE", annUser+"/contacts/AAcontact1", "")
		}()
		time.Sleep(latency / 2)
		if _, deleted := w.stored("AAcontact1"); deleted {
			t.Error("deleted when half of the time is over")
		}
		<-done
		if _, deleted := w.stored("AAcontact1"); !deleted {
			t.Error("not deleted when it was answered")
		}
	})
}

func TestABatchIsServedFourAtATime(t *testing.T) {
	for items, want := range map[int]time.Duration{1: latency, 4: latency, 5: 2 * latency, 20: 5 * latency} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, small(), sandbox.Options{Limits: true, Latency: latency})
			var plain, chained []string
			for n := range items {
				one := fmt.Sprintf(`{"id":"%d","method":"GET","url":"%s/contacts/AAcontact1"`, n, annUser)
				plain = append(plain, one+"}")
				if n > 0 {
					one += fmt.Sprintf(`,"dependsOn":["%d"]`, n-1)
				}
				chained = append(chained, one+"}")
			}
			begin := time.Now()
			w.do("POST", "/$batch", batch(plain...)).want(t, 200)
			if took := time.Since(begin); took != want {
				t.Errorf("%d items took %s, want %s", items, took, want)
			}
			if c := w.box.Counts(); c.Refused != 0 || c.MaxInService != min(items, 4) {
				t.Errorf("%d items: %+v", items, c)
			}
			begin = time.Now()
			w.do("POST", "/$batch", batch(chained...)).want(t, 200)
			if took := time.Since(begin); took != time.Duration(items)*latency {
				t.Errorf("%d items that wait for each other took %s", items, took)
			}
		})
	}
}
