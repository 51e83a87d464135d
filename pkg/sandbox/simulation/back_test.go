package simulation_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var itemsFlag = flag.Int("items", 120, "how many generated items are purged and brought back")

// together is how many items one tenant of that test has.
const together = 400

// TestThereAndBack purges generated items and brings them back, by undo and by
// restore, with Exchange's streams and without; every undocumented fact is at
// its worst. An oracle that knows nothing of package rebuild compares all members
// of all items before and after: with streams nothing differs, without them only
// what the published list names.
func TestThereAndBack(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64N(1e9)
	}
	for _, streams := range []bool{true, false} {
		t.Run(map[bool]string{true: "streams", false: "posted"}[streams], func(t *testing.T) {
			began, sum := time.Now(), trip{published: map[string]int{}}
			for done := 0; done < *itemsFlag; done += together {
				j := journey{items: min(together, *itemsFlag-done), seed: seed + uint64(done), streams: streams, undo: done/together%2 == 0}
				sum.add(j.there(t))
				if t.Failed() {
					t.Fatalf("replay: go test ./pkg/sandbox/simulation -run '^TestThereAndBack$' -args -items=%d -seed=%d", together, j.seed)
				}
				debug.FreeOSMemory() // the next tenant is as large
			}
			t.Logf("%d items, %d purged, %d brought back, %d compared, %d fields differ that are not published, %d that are: %v; %d mails; %s, %s of virtual time",
				sum.items, sum.purged, sum.back, sum.compared, sum.differ, total(sum.published), sum.published, sum.mails, time.Since(began).Round(time.Second), sum.took.Round(time.Second))
			if streams && total(sum.published) > 0 {
				t.Errorf("with streams nothing may differ: %v", sum.published)
			}
			if sum.purged < *itemsFlag*8/10 || sum.back != sum.purged || sum.compared != sum.items {
				t.Errorf("%d of %d items were purged, %d brought back, %d compared", sum.purged, sum.items, sum.back, sum.compared)
			}
		})
	}
}

func total(counts map[string]int) (n int) {
	for _, count := range counts {
		n += count
	}
	return n
}

// journey is one tenant that is purged and brought back.
type journey struct {
	items   int
	seed    uint64
	streams bool
	undo    bool // else restore
}

// trip counts what became of it.
type trip struct {
	items, purged, back, compared, differ, mails int
	published                                    map[string]int // fields that may differ, by loss
	took                                         time.Duration  // in the bubble
}

func (s *trip) add(other trip) {
	s.items, s.purged, s.back, s.compared = s.items+other.items, s.purged+other.purged, s.back+other.back, s.compared+other.compared
	s.differ, s.mails, s.took = s.differ+other.differ, s.mails+other.mails, s.took+other.took
	for name, n := range other.published {
		s.published[name] += n
	}
}

func (j journey) there(t *testing.T) trip {
	t.Helper()
	got := trip{published: map[string]int{}}
	synctest.Test(t, func(t *testing.T) {
		const boxes = 4
		var users []string
		for n := range boxes {
			m := &maker{Rand: rand.New(rand.NewPCG(j.seed, uint64(n))), owner: fmt.Sprintf("u%d", n), huge: 3 << 20}
			if j.streams {
				m.huge = 10 << 20
			}
			users = append(users, m.user(j.items/boxes))
		}
		l := newLane(t, tenantFile(users...), sandbox.Options{Limits: true, Latency: 20 * time.Millisecond})
		store, began := run.NewStore(crash.NewDisk().Dir()), time.Now()
		before := l.dump()
		purged := l.execute(store, l.purge(), j.streams)
		got.purged = purged.Result.Done
		back := l.execute(store, l.back(store, purged, j), j.streams)
		got.back = back.Result.Done
		l.compare(before, l.dump(), !j.streams, &got)
		if got.mails += len(l.served.Outbox()); got.mails > 0 {
			t.Errorf("%d mails were sent: %+v", got.mails, l.served.Outbox()[0])
		}
		if counts := l.served.Counts(); counts.Refused > 0 {
			t.Errorf("%d requests were refused for limits", counts.Refused)
		}
		got.took = time.Since(began)
	})
	return got
}

// purge plans to delete what has the category.
func (l *lane) purge() plan.Plan {
	l.Helper()
	rules := plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{category}, Protect: []string{}}
	var parts []plan.Mailbox
	for _, box := range l.open() {
		items, err := mailbox.Scan(l.Context(), box, rules.Kinds, rules.WantsSeries)
		if err != nil {
			l.Fatal(err)
		}
		parts = append(parts, plan.For(rules, box.Account(), items))
	}
	return plan.Make(mailbox.Tenant{ID: l.served.TenantID()}, rules, parts)
}

func (l *lane) back(store *run.Store, purged run.Report, j journey) (p plan.Plan) {
	l.Helper()
	var err error
	if j.undo {
		var past restore.Run
		if past, err = store.Past(purged.Run, nil); err == nil {
			p, err = restore.Undo(l.Context(), restore.UndoRequest{Run: past, Directory: l.client, Streams: j.streams, Parallel: 4})
		}
	} else {
		var from restore.Snapshot
		if from, err = store.Source(purged.Snapshot, nil); err == nil {
			p, err = restore.Plan(l.Context(), restore.Request{
				Snapshot: from, Directory: l.client, Rules: plan.Rules{Kinds: item.Kinds()}, Streams: j.streams, Parallel: 4,
			})
		}
	}
	if err != nil || len(p.Skipped) > 0 {
		l.Fatal(err, p.Skipped)
	}
	return p
}

func (l *lane) execute(store *run.Store, p plan.Plan, streams bool) run.Report {
	l.Helper()
	options := backup.Options{Streams: backup.Off}
	if streams {
		options.Streams = backup.Require
	}
	report, err := store.Execute(l.Context(), run.Job{
		Plan: p, Directory: l.client, Tool: "simulation", Now: time.Now, Parallel: 4, Watcher: unwatched{}, Backup: options,
	})
	if err != nil || !report.Result.Whole() {
		l.Fatalf("%s: %v: %d of %d steps done: %.2000s", p.Rules.Purpose, err, report.Result.Done, report.Result.Steps(), fmt.Sprintf("%+v", report.Result.Mailboxes))
	}
	return report
}

type unwatched struct{}

func (unwatched) BackedUp(mailbox.Account, snapshot.Mailbox, error) {}
func (unwatched) Proven(string, snapshot.Proof)                     {}
func (unwatched) Step(apply.Outcome)                                {}

// compare pairs the items of the tenants by number.
func (l *lane) compare(before, after map[string]object, posted bool, got *trip) {
	l.Helper()
	got.items = len(before)
	for place, was := range before {
		is, there := after[place]
		if !there {
			l.Errorf("%s is not there", place)
			continue
		}
		got.compared++
		kind := strings.Fields(place)[1]
		for _, d := range differences(kind, was, is) {
			loss := ""
			if posted {
				loss = published(kind, was, is, d)
			}
			if loss != "" {
				got.published[loss]++
				continue
			}
			if got.differ++; got.differ <= 20 {
				l.Errorf("%s: %s: %.300v, then %.300v", place, d.path, d.was, d.is)
			}
		}
	}
	for place := range after {
		if _, known := before[place]; !known {
			l.Errorf("%s was not there before", place)
		}
	}
}
