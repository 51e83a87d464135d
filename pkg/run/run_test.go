package run_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var (
	contacts = item.Folder{Kind: item.Contacts, ID: "contacts", Path: "Contacts"}
	ann      = mailbox.Account{ID: "ann", UPN: "ann@contoso.example"}
	bob      = mailbox.Account{ID: "bob", UPN: "bob@contoso.example"}
	rules    = plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{"CRM"}, Protect: []string{}}
)

// watcher notes what it hears, in order.
type watcher struct {
	backedUp, failed, proven, steps atomic.Int64
}

func (w *watcher) BackedUp(_ mailbox.Account, _ snapshot.Mailbox, err error) {
	if err != nil {
		w.failed.Add(1)
	}
	w.backedUp.Add(1)
}
func (w *watcher) Proven(string, snapshot.Proof) { w.proven.Add(1) }
func (w *watcher) Step(apply.Outcome)            { w.steps.Add(1) }

func world() *memory.Tenant {
	t := memory.New("tenant")
	for _, account := range []mailbox.Account{ann, bob} {
		t.Add(account, contacts)
		for i := range 6 {
			t.Put(account.ID, contacts, map[string]any{"id": fmt.Sprint(account.ID, i), "categories": []string{"CRM"}})
		}
	}
	return t
}

// unreachable is a tenant that nobody can sign in to.
type unreachable struct{ mailbox.Directory }

func (unreachable) Tenant(context.Context) (mailbox.Tenant, error) {
	return mailbox.Tenant{}, mailbox.ErrSignIn
}

func planFor(t *testing.T, w *memory.Tenant) plan.Plan {
	t.Helper()
	var parts []plan.Mailbox
	for _, account := range []mailbox.Account{ann, bob} {
		parts = append(parts, plan.For(rules, account, w.Items(account.ID)))
	}
	return plan.Make(mailbox.Tenant{ID: w.ID}, rules, parts)
}

func open(t *testing.T, path string) *run.Store {
	t.Helper()
	s, err := run.OpenStore(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func job(w *memory.Tenant, p plan.Plan) run.Job {
	// A clock that moves, so that two snapshots never share a name.
	var ticks atomic.Int64
	return run.Job{
		Plan: p, Directory: w, Tool: "test", Parallel: 2, Watcher: &watcher{},
		Now: func() time.Time { return time.Unix(ticks.Add(1), 0) },
	}
}

func TestExecuteOnceThenNothingMore(t *testing.T) {
	w, store := world(), open(t, t.TempDir())
	p := planFor(t, w)
	first, err := store.Execute(t.Context(), job(w, p))
	if err != nil || !first.Result.Whole() || first.Result.Done != 12 || first.Resumed || first.Finished {
		t.Fatalf("%+v, %v", first, err)
	}
	calls := len(w.Calls())
	second := job(w, p)
	second.Directory = unreachable{w}
	again, err := store.Execute(t.Context(), second)
	if err != nil || !again.Finished || again.Result.Done != 12 || again.Snapshot != first.Snapshot {
		t.Fatalf("%+v, %v", again, err)
	}
	if n := len(w.Calls()) - calls; n != 0 {
		t.Errorf("the finished run made %d calls", n)
	}
}

func TestEveryMailboxIsBackedUpBeforeAnyIsWritten(t *testing.T) {
	w, store := world(), open(t, t.TempDir())
	p := planFor(t, w)
	j := job(w, p)
	watch := j.Watcher.(*watcher)
	var early atomic.Int64
	w.Fault = func(c memory.Call) (error, error) {
		if (c.Verb == "delete" || c.Verb == "ensure-category") && (watch.proven.Load() != 1 || watch.backedUp.Load() != 2) {
			early.Add(1)
		}
		return nil, nil
	}
	if _, err := store.Execute(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if early.Load() != 0 || len(w.Calls("delete")) != 12 {
		t.Errorf("%d of %d deletes came before the backup was proven", early.Load(), len(w.Calls("delete")))
	}
}

func TestMailboxThatCannotBeBackedUpIsNotWritten(t *testing.T) {
	w, store := world(), open(t, t.TempDir())
	p := planFor(t, w)
	var lists atomic.Int64
	w.Fault = func(c memory.Call) (error, error) {
		if c.Mailbox == "bob" && c.Verb == "list" && lists.Add(1) == 1 {
			return errors.New("no connection"), nil
		}
		return nil, nil
	}
	j := job(w, p)
	report, err := store.Execute(t.Context(), j)
	if err != nil || report.Result.Done != 6 || report.Result.Pending != 6 || j.Watcher.(*watcher).failed.Load() != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	for _, c := range w.Calls("delete") {
		if c.Mailbox == "bob" {
			t.Errorf("%s was deleted", c.Item)
		}
	}
	// What could not be backed up then is backed up and done the next time.
	again := job(w, p)
	again.Now = func() time.Time { return time.Unix(1000, 0) }
	second, err := store.Execute(t.Context(), again)
	if err != nil || !second.Resumed || !second.Result.Whole() || second.Snapshot == report.Snapshot {
		t.Fatalf("%+v, %v", second, err)
	}
}

// TestMailboxesAreOpenedSideBySide: with a service that takes a second to open a
// mailbox, the first one is read after a second, however many there are.
func TestMailboxesAreOpenedSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world()
		p, began := planFor(t, w), time.Now()
		var first atomic.Int64
		w.Fault = func(c memory.Call) (error, error) {
			if c.Verb == "open" {
				time.Sleep(time.Second)
			} else {
				first.CompareAndSwap(0, int64(time.Since(began)))
			}
			return nil, nil
		}
		report, err := run.NewStore(crash.NewDisk().Dir()).Execute(t.Context(), job(w, p))
		if err != nil || !report.Result.Whole() {
			t.Fatalf("%+v, %v", report.Result, err)
		}
		if got := time.Duration(first.Load()); got != time.Second {
			t.Errorf("the first mailbox was read after %s", got)
		}
	})
}

func TestRefusedStepIsTriedAgain(t *testing.T) {
	w, store := world(), open(t, t.TempDir())
	p := planFor(t, w)
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "delete" && c.Item == "ann2" {
			return fmt.Errorf("a permission is missing: %w", mailbox.ErrDenied), nil
		}
		return nil, nil
	}
	first, err := store.Execute(t.Context(), job(w, p))
	if err != nil || first.Result.Refused != 1 || first.Result.Done != 11 {
		t.Fatalf("%+v, %v", first, err)
	}
	w.Fault = nil
	second, err := store.Execute(t.Context(), job(w, p))
	if err != nil || second.Finished || !second.Result.Whole() || second.Snapshot != first.Snapshot {
		t.Fatalf("%+v, %v", second, err)
	}
}

// TestWhatNothingWouldBringBackStays: an item larger than a request is deleted
// only where the backup has its stream, and a run that goes on knows that, too.
func TestWhatNothingWouldBringBackStays(t *testing.T) {
	for _, exports := range []bool{true, false} {
		w, store := world(), open(t, t.TempDir())
		w.Put("ann", contacts, map[string]any{"id": "large", "categories": []string{"CRM"}, "personalNotes": strings.Repeat("x", rebuild.MaxRequest)})
		if !exports {
			w.NoExport("ann")
		}
		p := planFor(t, w)
		for _, mode := range []backup.Streams{backup.Off, backup.Off, backup.Auto} {
			j := job(w, p)
			j.Backup.Streams = mode
			report, err := store.Execute(t.Context(), j)
			whole := exports && mode == backup.Auto
			if err != nil || report.Result.Whole() != whole || report.Result.Done+report.Result.Refused != 13 {
				t.Errorf("with streams %v, mode %s: %+v, %v", exports, mode, report.Result, err)
			}
		}
		if left := w.Items("ann"); exports != (len(left) == 0) || !exports && left[0].ID != "large" {
			t.Errorf("with streams %v %d items are left", exports, len(left))
		}
	}
}

// TestBackupBeforeARunIsTakenAsAsked requires streams where there are none: the
// mailbox has no backup, and so nothing in it is changed.
func TestBackupBeforeARunIsTakenAsAsked(t *testing.T) {
	w, store := world(), open(t, t.TempDir())
	w.NoExport("bob")
	j := job(w, planFor(t, w))
	j.Backup.Streams = backup.Require
	report, err := store.Execute(t.Context(), j)
	if err != nil || report.Result.Done != 6 || report.Result.Whole() || len(w.Items("bob")) != 6 {
		t.Errorf("%+v, %v", report.Result, err)
	}
}

func TestNothingIsBegunOnAFullDisk(t *testing.T) {
	w, disk := world(), crash.NewDisk()
	disk.Limit(10_000_000)
	store := run.NewStore(disk.Dir())
	if _, err := store.Execute(t.Context(), job(w, planFor(t, w))); !errors.Is(err, durable.ErrFull) {
		t.Errorf("got %v", err)
	}
	if entries, err := disk.Dir().ReadDir("snapshots"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, %v", entries, err)
	}
	if n := len(w.Calls("delete", "list")); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestTornJournalIsTold(t *testing.T) {
	w := world()
	path := t.TempDir()
	store := open(t, path)
	p := planFor(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	w.Fault = func(memory.Call) (error, error) { cancel(); return nil, nil }
	if _, err := store.Execute(ctx, job(w, p)); err == nil {
		t.Fatal("not interrupted")
	}
	name := filepath.Join(path, "runs", run.ID(p), "journal.jsonl")
	if err := os.WriteFile(name, []byte(`{"seq":1,"ti`), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Fault = nil
	report, err := store.Execute(t.Context(), job(w, p))
	if err != nil || !report.Torn || !report.Result.Whole() {
		t.Fatalf("%+v, %v", report, err)
	}
}

func TestDamagedBackupStopsTheRun(t *testing.T) {
	w := world()
	path := t.TempDir()
	store := open(t, path)
	p := planFor(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "delete" {
			cancel()
		}
		return nil, nil
	}
	first, err := store.Execute(ctx, job(w, p))
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%+v, %v", first, err)
	}
	name := filepath.Join(path, "snapshots", first.Snapshot, "mailboxes", "bob", "contacts.jsonl")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[10] ^= 1
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	deleted := len(w.Calls("delete"))
	if _, err := store.Execute(t.Context(), job(w, p)); !errors.Is(err, snapshot.ErrDamaged) {
		t.Fatalf("got %v", err)
	}
	if n := len(w.Calls("delete")); n != deleted {
		t.Errorf("%d more deletes with a damaged backup", n-deleted)
	}
}

func TestInterruptedRunGoesOn(t *testing.T) {
	w, store := world(), open(t, t.TempDir())
	p := planFor(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "delete" {
			cancel()
		}
		return nil, nil
	}
	one := job(w, p)
	one.Parallel = 1 // so that the second mailbox is certainly not begun
	first, err := store.Execute(ctx, one)
	if !errors.Is(err, context.Canceled) || first.Result.Ended() {
		t.Fatalf("%+v, %v", first.Result, err)
	}
	second, err := store.Execute(t.Context(), job(w, p))
	if err != nil || !second.Resumed || second.Finished || !second.Result.Whole() || second.Snapshot != first.Snapshot {
		t.Fatalf("%+v, %v", second, err)
	}
	seen := map[string]int{}
	for _, c := range w.Calls("delete") {
		if seen[c.Item]++; seen[c.Item] > 1 {
			t.Errorf("%s was deleted twice", c.Item)
		}
	}
}

func TestPlanOfAnotherTenantIsRefused(t *testing.T) {
	w, store := world(), open(t, t.TempDir())
	p := planFor(t, w)
	p.Tenant.ID = "another"
	if _, err := store.Execute(t.Context(), job(w, p)); !errors.Is(err, run.ErrOtherTenant) {
		t.Errorf("got %v", err)
	}
	if n := len(w.Calls()); n != 0 {
		t.Errorf("%d calls to mailboxes of another tenant", n)
	}
}

func TestStoreIsForOneAtATime(t *testing.T) {
	path := t.TempDir()
	w, store, other := world(), open(t, path), open(t, path)
	release, err := other.Lock(durable.Holder{Who: "somebody", PID: 7, Host: "there"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Execute(t.Context(), job(w, planFor(t, w)))
	if !errors.Is(err, durable.ErrLocked) || !strings.Contains(err.Error(), "somebody") || len(w.Calls()) != 0 {
		t.Errorf("got %v after %d calls", err, len(w.Calls()))
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Execute(t.Context(), job(w, planFor(t, w))); err != nil {
		t.Error(err)
	}
}

// TestMailboxIsForOneStoreAtATime: while a run of another store has a mailbox,
// nothing is changed there, and the other mailboxes go on. Later it is done.
func TestMailboxIsForOneStoreAtATime(t *testing.T) {
	w, at := world(), t.TempDir()
	locks, err := durable.Open(at)
	if err != nil {
		t.Fatal(err)
	}
	release, err := locks.Lock("tenant-bob.lock", durable.Holder{Who: "riva-prep undo", PID: 17, Host: "desk"})
	if err != nil {
		t.Fatal(err)
	}
	store, j := open(t, t.TempDir()), job(w, planFor(t, w))
	j.Locks = locks
	report, err := store.Execute(t.Context(), j)
	if err != nil || report.Result.Done != 6 || report.Result.Pending != 6 || report.Result.Ended() {
		t.Fatalf("%+v, %v", report.Result, err)
	}
	failure := report.Result.Mailboxes[1].Failure
	for _, word := range []string{"locked by", `"riva-prep undo"`, "process 17", "desk", "another store"} {
		if !strings.Contains(failure, word) {
			t.Errorf("%q does not say %s", failure, word)
		}
	}
	if strings.Contains(failure, at) {
		t.Errorf("%q names a file that is nobody's business", failure)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	report, err = store.Execute(t.Context(), j)
	if err != nil || !report.Result.Whole() {
		t.Fatalf("%+v, %v", report.Result, err)
	}
	for _, name := range []string{"tenant-ann.lock", "tenant-bob.lock"} { // all of them were let go
		release, err := locks.Lock(name, durable.Holder{})
		if err != nil || release() != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMailboxThatCannotBeLockedIsNotChanged says so, and changes nothing.
func TestMailboxThatCannotBeLockedIsNotChanged(t *testing.T) {
	w := world()
	locks, err := durable.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	j := job(w, planFor(t, w))
	j.Locks = locks.Hooked(func(durable.Op) error { return syscall.ENOLCK })
	report, err := open(t, t.TempDir()).Execute(t.Context(), j)
	if err != nil || report.Result.Pending != 12 || len(w.Calls("delete")) != 0 {
		t.Fatalf("%+v, %v", report.Result, err)
	}
	if failure := report.Result.Mailboxes[0].Failure; !strings.Contains(failure, "cannot be locked") {
		t.Errorf("failure %q", failure)
	}
}

func TestDamagedJournalStopsTheRun(t *testing.T) {
	w := world()
	path := t.TempDir()
	store := open(t, path)
	p := planFor(t, w)
	if _, err := store.Execute(t.Context(), job(w, p)); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(path, "runs", run.ID(p), "journal.jsonl")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[20] ^= 1
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Execute(t.Context(), job(w, p)); !errors.Is(err, journal.ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestFindKeepsInsideTheStore(t *testing.T) {
	store := open(t, t.TempDir())
	for _, id := range []string{"../runs", "/etc", "", "nothing", ".", "a\\b"} {
		if _, err := store.Find(id); !errors.Is(err, snapshot.ErrNoSnapshot) {
			t.Errorf("%q: got %v", id, err)
		}
	}
}
