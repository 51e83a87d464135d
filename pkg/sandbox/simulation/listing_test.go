package simulation_test

import (
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/fault"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var boxesFlag = flag.Int("boxes", 25, "how many mailboxes have an item hidden from a listing")

// TestHiddenItems hides one item of every mailbox from a listing of the service,
// the first or the second. Every one is in the snapshot all the same, or its
// mailbox is named.
func TestHiddenItems(t *testing.T) {
	for _, world := range []struct {
		name  string
		after int // listings of the folder that are let through
	}{{"first listing", 0}, {"second listing", 1}} {
		t.Run(world.name, func(t *testing.T) {
			began, got := time.Now(), noticed{}
			for done := 0; done < *boxesFlag; done += 50 {
				got.add(hideItems(t, min(50, *boxesFlag-done), world.after, uint64(done)))
			}
			t.Logf("%d items hidden: %d copied all the same, %d named; %d read by id; %.1f s", got.hidden, got.copied, got.named, got.gets, time.Since(began).Seconds())
			if got.hidden != *boxesFlag || got.copied+got.named != *boxesFlag {
				t.Errorf("of %d mailboxes %d items were hidden, and %d noticed", *boxesFlag, got.hidden, got.copied+got.named)
			}
			// The first listing lacks what the second shows, which is then read by itself.
			if want := []int{*boxesFlag, 0}[world.after]; got.gets != want {
				t.Errorf("%d items were read by id, want %d", got.gets, want)
			}
		})
	}
}

// noticed counts what became of hidden items.
type noticed struct{ hidden, copied, named, gets int }

func (n *noticed) add(m noticed) {
	n.hidden, n.copied, n.named, n.gets = n.hidden+m.hidden, n.copied+m.copied, n.named+m.named, n.gets+m.gets
}

// hideItems backs up a tenant whose every mailbox has one listing fault.
func hideItems(t *testing.T, boxes, after int, seed uint64) (got noticed) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var users []string
		var plans []fault.Plan
		for n := range boxes {
			name := fmt.Sprintf("u%03d", n)
			users = append(users, small(name))
			path := []string{"*/contacts", "*/events", "*/tasks"}[n%3]
			plans = append(plans, fault.Plan{Fault: fault.MissingItem, Mailbox: name, Path: path, Times: 1, After: after})
		}
		l := newLane(t, tenantFile(users...), sandbox.Options{Limits: true, Latency: 20 * time.Millisecond, Seed: seed, Faults: plans})
		proof := l.backup(item.Kinds())
		for _, hit := range l.served.Faults() {
			got.hidden += hit.Count
		}
		got.gets = l.count(func(path []string) bool {
			return len(path) > 6 && slices.Contains([]string{"contacts", "events", "tasks"}, path[len(path)-2])
		})
		for _, box := range proof.Manifest.Mailboxes {
			switch {
			case l.copied(proof, box.Account.ID):
				got.copied++
			case box.Incomplete():
				got.named++
			}
		}
	})
	return got
}

// mostListing is how many requests may list 1,500 contacts and 1,500 events, the
// second listings included.
const mostListing = 16

// TestListingCost counts what a backup of a mailbox with 1,500 contacts and as
// many events asks for.
func TestListingCost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := tenantFile(user("ann", entries("k", 1500, contact), entries("e", 1500, event), ""))
		l := newLane(t, file, sandbox.Options{Limits: true, Latency: 50 * time.Millisecond})
		began := time.Now()
		proof := l.backup([]item.Kind{item.Contacts, item.Events})
		if proof.Items() != 3000 || proof.Manifest.Mailboxes[0].Incomplete() {
			t.Fatalf("%d items: %+v", proof.Items(), proof.Manifest.Mailboxes[0])
		}
		items := l.count(func(path []string) bool {
			return len(path) == 6 && (last(path) == "contacts" || last(path) == "events")
		})
		folders := l.count(func(path []string) bool { return path[3] == "contactFolders" || path[3] == "calendars" }) - items
		all := l.count(func([]string) bool { return true })
		t.Logf("%d requests in %s: %d list items, %d folders, %d are about the account and its settings",
			all, time.Since(began), items, folders, all-items-folders)
		if items < 6 || items+folders > mostListing || all-items-folders > 4 {
			t.Errorf("%d requests list items and folders, want up to %d, and %d others:\n%s",
				items+folders, mostListing, all-items-folders, strings.Join(l.paths(), "\n"))
		}
	})
}

func last(path []string) string { return path[len(path)-1] }

// lane is a client before a sandbox in this process, which notes what is asked.
type lane struct {
	*testing.T
	served *sandbox.Sandbox
	client *graph.Client

	mu  sync.Mutex
	log []string
}

func newLane(t *testing.T, file string, options sandbox.Options) *lane {
	t.Helper()
	model, err := tenant.Load(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	options.Now, options.ClientSecret = time.Now, secret
	l := &lane{T: t, served: sandbox.New(model, options)}
	l.client, err = graph.New(graph.Config{
		Sandbox: &graph.Sandbox{
			Graph: host + ":8443", Authority: host + ":8443", TenantID: l.served.TenantID(), ClientID: l.served.ClientID(), ClientSecret: secret,
		},
		Transport: l, Now: time.Now, Random: func() float64 { return 0.5 }, Patience: 100 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.client.Close)
	return l
}

// RoundTrip implements http.RoundTripper.
func (l *lane) RoundTrip(req *http.Request) (*http.Response, error) {
	if path := strings.TrimPrefix(req.URL.Path, "/"); strings.HasPrefix(path, "v1.0/") {
		l.mu.Lock()
		l.log = append(l.log, req.Method+" "+path+" "+req.URL.RawQuery)
		l.mu.Unlock()
	}
	return l.served.Transport().RoundTrip(req)
}

// paths are the requests to Graph so far.
func (l *lane) paths() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string{}, l.log...)
}

// count counts those whose path is meant: v1.0, users, ID and what follows.
func (l *lane) count(meant func(path []string) bool) (n int) {
	for _, line := range l.paths() {
		path := strings.Split(strings.Fields(line)[1], "/")
		if meant(append(path, make([]string, max(0, 4-len(path)))...)) {
			n++
		}
	}
	return n
}

// open opens all mailboxes for reading.
func (l *lane) open() (boxes []mailbox.Mailbox) {
	l.Helper()
	reading := mailbox.ReadOnly(l.client)
	for _, u := range l.served.Tenant().Mailboxes() {
		account, err := reading.Find(l.Context(), u.UPN)
		if err != nil {
			l.Fatal(err)
		}
		box, err := reading.Open(l.Context(), account)
		if err != nil {
			l.Fatal(err)
		}
		boxes = append(boxes, box)
	}
	return boxes
}

// backup backs all mailboxes up, without streams.
func (l *lane) backup(kinds []item.Kind) snapshot.Proof {
	l.Helper()
	job := backup.Job{
		Head:      snapshot.Manifest{ID: "s", Tool: "simulation", Created: time.Now(), Tenant: mailbox.Tenant{ID: l.served.TenantID()}, Kinds: kinds},
		Mailboxes: l.open(), Parallel: 4, Options: backup.Options{Streams: backup.Off},
	}
	proof, failures, err := backup.Take(l.Context(), crash.NewDisk().Dir(), job)
	if err != nil || len(failures) != 0 || len(proof.Manifest.Mailboxes) != len(job.Mailboxes) {
		l.Fatal(err, failures)
	}
	return proof
}

// copied says whether every item of a mailbox is in the snapshot.
func (l *lane) copied(proof snapshot.Proof, account string) bool {
	items := 0
	for kind, folder := range map[item.Kind]string{item.Contacts: "-f", item.Events: "-c", item.Tasks: "-l"} {
		for id, version := range held(l.served.Tenant(), account, kind, account+folder) {
			if items++; !proof.Holds(account, kind, id, version) {
				return false
			}
		}
	}
	return items == 27
}
