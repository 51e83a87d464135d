package simulation_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "the first seed; 0 draws one")
	seedsFlag = flag.Int("seeds", 6, "how many seeds to try")
	timesFlag = flag.Int("times", 4, "how often one seed is repeated; scripts/simulate does it 100 times")
)

// replay says how to see a seed again.
func replay(t *testing.T, seed uint64) {
	t.Helper()
	t.Logf("replay: go test ./pkg/sandbox/simulation -run '^%s$' -args -seed=%d -seeds=1", t.Name(), seed)
}

// Whatever goes wrong, and whenever the run is stopped, the promises hold and
// the run comes to its end.
func TestSimulation(t *testing.T) {
	first := *seedFlag
	if first == 0 {
		first = 1 + rand.Uint64N(1e9)
	}
	deleted, hits := 0, 0
	for seed := first; seed < first+uint64(*seedsFlag); seed++ {
		got := simulate(t, seed)
		for _, broken := range got.broken {
			t.Errorf("seed %d: %s", seed, broken)
		}
		if t.Failed() {
			replay(t, seed)
			t.Fatalf("the requests of seed %d:\n%s", seed, got.requests)
		}
		deleted, hits = deleted+strings.Count(got.requests, " DELETE "), hits+got.hits
	}
	t.Logf("seeds %d to %d: %d deletions sent, %d faults played", first, first+uint64(*seedsFlag)-1, deleted, hits)
	if deleted < 10**seedsFlag || hits < *seedsFlag {
		t.Errorf("%d deletions and %d faults in %d seeds are too few to show anything", deleted, hits, *seedsFlag)
	}
}

// The same seed gives the same requests, byte for byte.
func TestSameSeedSameRequests(t *testing.T) {
	seed := max(*seedFlag, 11)
	if *timesFlag > 50 {
		seed = seed/4*4 + 4 // with batches
	}
	want := simulate(t, seed).requests
	if len(want) < 5000 {
		t.Fatalf("the requests are few:\n%s", want)
	}
	for n := 1; n < *timesFlag; n++ {
		if got := simulate(t, seed).requests; got != want {
			replay(t, seed)
			t.Fatalf("time %d is different:\n%s", n+1, firstDifference(want, got))
		}
	}
	if simulate(t, seed+1).requests == want {
		t.Error("another seed gives the same requests")
	}
}

func firstDifference(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(left), len(right)) {
		if left[i] != right[i] {
			return left[i] + "\n" + right[i]
		}
	}
	return "one has more lines"
}

// outcome is what a simulation came to.
type outcome struct {
	requests string
	broken   []string
	hits     int
}

// simulate runs a purge: interrupted once, through a power failure once, once
// to the end of what the trouble allows, and then in peace until it has ended.
func simulate(t *testing.T, seed uint64) (got outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, seed)
		w.makePlan()
		disk := crash.NewDisk()
		w.attempts(disk)
		w.settled(disk)
		w.broken = append(w.broken, secrets(disk)...)
		got = outcome{requests: w.requests(), broken: w.broken}
		for _, hit := range w.rough.Faults() {
			got.hits += hit.Count
		}
	})
	return got
}

// tokenHead is how each token of the sandbox begins.
const tokenHead = "eyJ0eXAiOiJKV1Qi"

// secrets are the files of a disk that hold the app's secret or a token.
func secrets(disk *crash.Disk) (found []string) {
	for _, text := range []string{secret, tokenHead, "Bearer "} {
		for _, name := range disk.Holding(text) {
			found = append(found, fmt.Sprintf("%s holds %q", name, text))
		}
	}
	return found
}

// TestSecretsOnADiskAreFound: each of them, and nothing else.
func TestSecretsOnADiskAreFound(t *testing.T) {
	for text, want := range map[string]int{"secret": 0, "a" + secret: 1, "x " + tokenHead + ".y": 1, "Authorization: Bearer " + tokenHead: 2} {
		disk := crash.NewDisk()
		if err := disk.Dir().WriteFile("log", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if found := secrets(disk); len(found) != want {
			t.Errorf("%q: %q", text, found)
		}
	}
}

// makePlan reads in peace.
func (w *world) makePlan() {
	rules := plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{"CRM"}, Protect: []string{}}
	client := w.client(w.calm)
	defer client.Close()
	var parts []plan.Mailbox
	for _, name := range owners() {
		account, err := client.Find(w.Context(), name+"@contoso.example")
		if err != nil {
			w.Fatal(err)
		}
		box, err := client.Open(w.Context(), account)
		if err != nil {
			w.Fatal(err)
		}
		items, err := mailbox.Scan(w.Context(), box, rules.Kinds, rules.WantsSeries)
		if err != nil {
			w.Fatal(err)
		}
		parts = append(parts, plan.For(rules, box.Account(), items))
	}
	w.plan = plan.Make(mailbox.Tenant{ID: w.calm.TenantID()}, rules, parts)
	if steps := w.plan.Totals().Steps(); steps != w.steps {
		w.Fatalf("%d steps planned, want %d", steps, w.steps)
	}
}

// attempts are the tries of the run, each with what ends it early.
func (w *world) attempts(disk *crash.Disk) {
	interrupted, cancel := context.WithTimeout(w.Context(), time.Duration(w.random.Int64N(12e9)))
	_, _ = w.execute(interrupted, disk.Dir(), w.rough) // any error is allowed but a breach
	cancel()

	dark := time.Now().Add(time.Duration(w.random.Int64N(12e9)))
	failing := disk.Dir().Hooked(func(durable.Op) error {
		if time.Now().After(dark) {
			return errors.New("power is gone")
		}
		return nil
	})
	_, _ = w.execute(w.Context(), failing, w.rough)
	time.Sleep(time.Minute)
	disk.Crash(rand.New(rand.NewPCG(w.seed, 2)))

	_, _ = w.execute(w.Context(), disk.Dir(), w.rough)
	time.Sleep(time.Minute) // what is still in service comes to its end
	for range 3 {
		report, err := w.execute(w.Context(), disk.Dir(), w.calm)
		if err != nil {
			w.breach("in peace: %v", err)
			return
		}
		if report.Result.Ended() {
			return
		}
	}
	w.breach("three tries in peace did not end the run")
}

func (w *world) execute(ctx context.Context, dir *durable.Dir, box *sandbox.Sandbox) (run.Report, error) {
	client := w.client(box)
	defer client.Close()
	time.Sleep(time.Second)
	return run.NewStore(dir).Execute(ctx, run.Job{
		Plan: w.plan, Directory: client, Tool: "simulation", Now: time.Now, Parallel: 2, Watcher: w,
	})
}

// settled looks at the end: what was planned is gone, or somebody changed it;
// what is gone is in a snapshot that survived; nobody got mail.
func (w *world) settled(disk *crash.Disk) {
	proofs, requests := w.survivors(disk), w.requests()
	for _, part := range w.plan.Mailboxes {
		for _, s := range part.Steps {
			version, there := w.held(part.Account.ID, s.Kind, s.FolderID)[s.ID]
			if there && version == s.Version {
				w.breach("%s %s is still there, as it was planned", s.Kind, s.ID)
			}
			sent := strings.Contains(requests, "/"+url.QueryEscape(s.ID)+" 204")
			held := false
			for _, proof := range proofs {
				held = held || proof.Holds(part.Account.ID, s.Kind, s.ID, s.Version)
			}
			if sent && !held {
				w.breach("%s %s was deleted, and no snapshot on the disk holds it", s.Kind, s.ID)
			}
		}
	}
	if mails := append(w.rough.Outbox(), w.calm.Outbox()...); len(mails) != 0 {
		w.breach("%d mails were sent", len(mails))
	}
}

// survivors are the snapshots that the disk still proves.
func (w *world) survivors(disk *crash.Disk) (proofs []snapshot.Proof) {
	store := run.NewStore(disk.Dir())
	found, err := disk.Dir().ReadDir("snapshots")
	if err != nil {
		w.breach("no snapshots: %v", err)
	}
	for _, entry := range found {
		dir, err := store.Find(entry.Name())
		if err != nil {
			continue
		}
		if proof, err := snapshot.Verify(dir); err == nil {
			proofs = append(proofs, proof)
		}
	}
	return proofs
}
