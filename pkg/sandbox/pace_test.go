package sandbox_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/graphapi"
	"github.com/riva-prep/riva-prep/pkg/sandbox/limits"
)

func TestTheNetworkHoldsNoPlace(t *testing.T) {
	const way = 200 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, small(), sandbox.Options{Limits: true, Network: way, Latency: latency})
		begin := time.Now()
		var all sync.WaitGroup
		for n := range 12 {
			all.Go(func() {
				// Four at a time arrive when the four before them have been served,
				// while the answers of those are still on their way.
				time.Sleep(time.Duration(n/4) * (latency + time.Nanosecond))
				w.sent(200, "GET", annUser+"/contacts/AAcontact1", "")
			})
		}
		all.Wait()
		if took, want := time.Since(begin), 2*way+3*latency+2; took != want {
			t.Errorf("took %s, want %s", took, want)
		}
		if c := w.box.Counts(); c.Refused != 0 || c.MaxInService != 4 {
			t.Errorf("counts: %+v", c)
		}
		begin = time.Now()
		one := `{"id":"%d","method":"GET","url":"` + annUser + `/contacts/AAcontact1"}`
		w.do("POST", "/$batch", batch(fmt.Sprintf(one, 1), fmt.Sprintf(one, 2), fmt.Sprintf(one, 3))).want(t, 200)
		if took := time.Since(begin); took != 2*way+latency {
			t.Errorf("a batch took %s: it goes over the network once", took)
		}
	})
}

func TestSpreadFollowsFromTheSeed(t *testing.T) {
	times := func(seed uint64) (out []time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, small(), sandbox.Options{Network: latency, Latency: latency, Spread: 0.5, Seed: seed})
			for n := range 8 {
				begin := time.Now()
				w.get(fmt.Sprintf("%s/contacts?$top=%d", annUser, n/2+1)).want(t, 200)
				out = append(out, time.Since(begin))
			}
		})
		return out
	}
	first := times(1)
	if again := times(1); fmt.Sprint(again) != fmt.Sprint(first) {
		t.Errorf("the same seed took %v, then %v", first, again)
	}
	if other := times(2); fmt.Sprint(other) == fmt.Sprint(first) {
		t.Errorf("another seed took the same %v", other)
	}
	different := map[time.Duration]bool{}
	for _, took := range first {
		if different[took] = true; took < 3*latency/2 || took > 9*latency/2 {
			t.Errorf("%s is too far from %s", took, 3*latency)
		}
	}
	if len(different) < 7 {
		t.Errorf("hardly spread: %v", first)
	}
}

// refusedAfter makes a mailbox refuse its fifth request and gives the answer.
func refusedAfter(t *testing.T, o sandbox.Options) (refused reply, at time.Time) {
	t.Helper()
	o.Limits, o.Latency = true, 10*time.Second
	w := newWorld(t, small(), o)
	var all sync.WaitGroup
	defer all.Wait()
	for range 4 {
		all.Go(func() { w.sent(200, "GET", annUser+"/contacts", "") })
	}
	synctest.Wait()
	at = time.Now()
	return w.get(annUser+"/contacts").want(t, 429, "ApplicationThrottled"), at
}

func TestRetryAfterHasManyForms(t *testing.T) {
	wait := func(text string, at time.Time) time.Duration {
		if date, err := http.ParseTime(text); err == nil {
			return date.Sub(at)
		}
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Errorf("Retry-After is %q", text)
		}
		return time.Duration(seconds * float64(time.Second))
	}
	forms := map[graphapi.RetryForm]func(text string) bool{
		"":                func(text string) bool { return text == "1" },
		graphapi.Seconds:  func(text string) bool { return text == "1" },
		graphapi.Fraction: func(text string) bool { return text == "1.000" },
		graphapi.Date:     func(text string) bool { return strings.HasSuffix(text, "GMT") },
		graphapi.None:     func(text string) bool { return text == "" },
	}
	for form, right := range forms {
		synctest.Test(t, func(t *testing.T) {
			a, at := refusedAfter(t, sandbox.Options{RetryAfter: form})
			text := a.header.Get("Retry-After")
			if !right(text) {
				t.Errorf("%q: Retry-After is %q", form, text)
			}
			if text != "" && wait(text, at) != time.Second {
				t.Errorf("%q: Retry-After %q is %s", form, text, wait(text, at))
			}
			if _, inner := a.json["error"].(map[string]any)["innerError"]; inner {
				t.Errorf("Outlook's refusals have no innerError: %s", a.raw)
			}
		})
	}
	seen := map[string]bool{}
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			a, _ := refusedAfter(t, sandbox.Options{RetryAfter: graphapi.Mixed, Seed: seed})
			seen[a.header.Get("Retry-After")] = true
		})
	}
	if len(seen) != 4 || len(graphapi.RetryForms()) != 5 {
		t.Errorf("mixed gives %v", seen)
	}
}

func TestUploadToAMailboxIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, small(), sandbox.Options{Limits: true})
		// What comes to nothing was uploaded all the same.
		nowhere, body := annUser+"/nowhere", strings.Repeat("x", 3_000_000)
		for range limits.Upload / len(body) {
			w.do("PUT", nowhere, body).want(t, 400)
		}
		at := annUser + "/contacts/AAcontact1"
		a := w.do("PATCH", at, "{}").want(t, 429, "ApplicationThrottled")
		if a.header.Get("Retry-After") != "300" || !strings.Contains(string(a.raw), "UploadSize") {
			t.Errorf("Retry-After is %q: %s", a.header.Get("Retry-After"), a.raw)
		}
		w.get(at).want(t, 200)
		w.do("PATCH", "/users/"+bob+"/contacts/AAbobcontact", "{}").want(t, 200)
		time.Sleep(limits.UploadWindow)
		w.do("PATCH", at, "{}").want(t, 200)
	})
}

func TestTheDirectoryCountsResourceUnits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, small(), sandbox.Options{Limits: true})
		const path = "/groups/g2/transitiveMembers"
		if a := w.get(path); a.header.Get("x-ms-resource-unit") != "5" || a.header.Get("x-ms-throttle-limit-percentage") != "" {
			t.Errorf("headers: %v", a.header)
		}
		for range 3_500/5 - 2 {
			w.get(path).want(t, 200)
		}
		if a := w.get(path).want(t, 200); a.header.Get("x-ms-throttle-limit-percentage") != "1.0" {
			t.Errorf("headers at the limit: %v", a.header)
		}
		a := w.get("/organization").want(t, 429, "TooManyRequests/429")
		scope := "Tenant_Application/ReadWrite/" + w.box.ClientID() + "/" + w.box.TenantID()
		if a.header.Get("x-ms-throttle-scope") != scope || a.header.Get("x-ms-throttle-information") == "" || a.header.Get("Retry-After") != "10" {
			t.Errorf("headers of the refusal: %v", a.header)
		}
		if a := w.get(annUser+"/contacts").want(t, 200); a.header.Get("x-ms-resource-unit") != "" {
			t.Errorf("Outlook has no resource units: %v", a.header)
		}
		time.Sleep(limits.UnitsWindow)
		w.get(path).want(t, 200)
	})
}

// Every item of a batch counts on its own, and is refused on its own.
func TestBatchItemsCountSingly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, small(), sandbox.Options{Limits: true})
		var items []string
		for n := range 20 {
			items = append(items, fmt.Sprintf(`{"id":"%d","method":"GET","url":"/groups/g2/transitiveMembers"}`, n))
		}
		for range 3_500/5/20 - 1 {
			w.do("POST", "/$batch", batch(items...)).want(t, 200)
		}
		for range 10 {
			w.get("/groups/g2/transitiveMembers").want(t, 200)
		}
		a := w.do("POST", "/$batch", batch(items...)).want(t, 200)
		if c := w.box.Counts(); c.Refused != 10 || strings.Count(string(a.raw), `"Retry-After":"10"`) != 10 {
			t.Errorf("%+v: %s", c, a.raw)
		}
	})
}
