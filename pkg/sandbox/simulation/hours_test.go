package simulation_test

import (
	"flag"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/fault"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

var windowsFlag = flag.Int("windows", 0, "how many times the 10,000 requests of ten minutes are used up")

// A client that is told to wait ten minutes again and again does so for 33
// hours. The log says how long that really takes.
func TestHoursOfThrottling(t *testing.T) {
	const hours = 33 * time.Hour
	real, virtual, requests := time.Now(), time.Duration(0), 0
	synctest.Test(t, func(t *testing.T) {
		folder, box, served := throttledBox(t, fault.Plan{
			Fault: fault.ThrottledSeconds, Path: "*/contacts", Times: fault.Always, Chance: 0.5, Wait: 10 * time.Minute,
		})
		start := time.Now()
		for time.Since(start) < hours {
			if err := box.List(t.Context(), folder, mailbox.Brief, func([]item.Item) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		virtual, requests = time.Since(start), served.Counts().Total
		if hit := served.Faults()[0]; hit.Count < 150 {
			t.Errorf("throttled %d times in %s", hit.Count, virtual)
		}
	})
	t.Logf("%s of throttled work, %d requests served: %s", virtual, requests, time.Since(real))
}

// At Exchange's own limit, 10,000 requests in ten minutes, nothing is refused.
func TestWindowsUsedUp(t *testing.T) {
	if *windowsFlag == 0 {
		t.Skip("10,000 requests take seconds: scripts/simulate, or -args -windows=1")
	}
	calls := 10_000**windowsFlag + 100
	real, virtual := time.Now(), time.Duration(0)
	synctest.Test(t, func(t *testing.T) {
		folder, box, served := throttledBox(t)
		start := time.Now()
		var workers sync.WaitGroup
		for n := range 4 {
			workers.Go(func() {
				for range (calls + n) / 4 {
					if err := box.List(t.Context(), folder, mailbox.Brief, func([]item.Item) error { return nil }); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		workers.Wait()
		virtual = time.Since(start)
		if counts := served.Counts(); counts.Refused != 0 || counts.Total < calls {
			t.Errorf("%d of %d requests were refused", counts.Refused, counts.Total)
		}
	})
	if least := time.Duration(*windowsFlag) * 10 * time.Minute; virtual < least {
		t.Errorf("%d requests took %s, less than the limit of %s allows", calls, virtual, least)
	}
	t.Logf("%d requests at the limit, %s: %s", calls, virtual, time.Since(real))
}

// throttledBox is ann's mailbox with the limits on, and her contacts.
func throttledBox(t *testing.T, plans ...fault.Plan) (item.Folder, mailbox.Mailbox, *sandbox.Sandbox) {
	t.Helper()
	model, err := tenant.Load(strings.NewReader(company()))
	if err != nil {
		t.Fatal(err)
	}
	served := sandbox.New(model, sandbox.Options{Limits: true, Latency: 50 * time.Millisecond, Now: time.Now, ClientSecret: secret, Seed: 3, Faults: plans})
	client, err := graph.New(graph.Config{
		Sandbox: &graph.Sandbox{
			Graph: host, Authority: host, TenantID: served.TenantID(), ClientID: served.ClientID(), ClientSecret: secret,
		},
		Transport: served.Transport(), Now: time.Now, Patience: 100 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	account, err := client.Find(t.Context(), "ann@contoso.example")
	if err != nil {
		t.Fatal(err)
	}
	box, err := client.Open(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	folders, err := box.Folders(t.Context(), item.Contacts)
	if err != nil {
		t.Fatal(err)
	}
	return folders[0], box, served
}
