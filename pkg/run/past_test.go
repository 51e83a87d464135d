package run_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// purged is a store with a purge of everything, and the plan of its restoring.
func purged(t *testing.T) (string, *run.Store, run.Job) {
	t.Helper()
	path := t.TempDir()
	w, store := world(), open(t, path)
	report := must[run.Report](t)(store.Execute(t.Context(), job(w, planFor(t, w))))
	source := must[restore.Snapshot](t)(store.Source(report.Snapshot, nil))
	p := must[plan.Plan](t)(restore.Plan(t.Context(), restore.Request{
		Snapshot: source, Directory: w, Streams: true, Parallel: 2, Rules: plan.Rules{Kinds: item.Kinds()},
	}))
	if p.Totals().Creates != 12 {
		t.Fatalf("%+v", p.Totals())
	}
	return path, store, job(w, p)
}

// TestRestoreRestsOnItsSnapshot: on no other one, and on none that is damaged;
// nothing is made then.
func TestRestoreRestsOnItsSnapshot(t *testing.T) {
	path, store, j := purged(t)
	w := j.Directory.(*memory.Tenant)
	other := j
	other.Plan.Rules.Source = &plan.Source{Snapshots: []plan.SourceSnapshot{{ID: j.Plan.Rules.Source.Snapshots[0].ID, Sum: "another"}}}
	if _, err := store.Execute(t.Context(), other); !errors.Is(err, run.ErrOtherSnapshot) {
		t.Errorf("another snapshot: %v", err)
	}
	gone := j
	gone.Plan.Rules.Source = &plan.Source{Snapshots: []plan.SourceSnapshot{{ID: "gone", Sum: "x"}}}
	if _, err := store.Execute(t.Context(), gone); !errors.Is(err, snapshot.ErrNoSnapshot) {
		t.Errorf("no snapshot: %v", err)
	}
	lines, err := filepath.Glob(filepath.Join(path, "snapshots", "*", "mailboxes", "bob", "contacts.jsonl"))
	if err != nil || len(lines) != 1 {
		t.Fatalf("%v, %v", lines, err)
	}
	good := must[[]byte](t)(os.ReadFile(lines[0]))
	bad := append([]byte{}, good...)
	bad[len(bad)/2] ^= 1
	write(t, lines[0], bad)
	if _, err := store.Execute(t.Context(), j); !errors.Is(err, snapshot.ErrDamaged) {
		t.Errorf("a damaged snapshot: %v", err)
	}
	if n := len(w.Calls("create", "import", "create-folder")); n != 0 {
		t.Errorf("%d calls made something all the same", n)
	}
	write(t, lines[0], good)
	if report, err := store.Execute(t.Context(), j); err != nil || report.Result.Done != 12 {
		t.Errorf("%+v, %v", report.Result, err)
	}
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestUnreadableJournalStopsBringingBack: without it nobody knows what was
// imported. What other runs left half written does not.
func TestUnreadableJournalStopsBringingBack(t *testing.T) {
	path, store, j := purged(t)
	report := must[run.Report](t)(store.Execute(t.Context(), j))
	earlier := must[*restore.Earlier](t)(store.Earlier(""))
	if _, found := earlier.Find("no mark", func(string) bool { return true }); found {
		t.Error("found what has no mark")
	}
	for name, file := range map[string]string{"purge-1": "journal.jsonl", "restore-1": "", "undo-1": "plan.json.1.tmp"} {
		dir := filepath.Join(path, "runs", name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if file != "" {
			write(t, filepath.Join(dir, file), []byte("{"))
		}
	}
	must[*restore.Earlier](t)(store.Earlier(""))
	log := filepath.Join(report.Folder, "journal.jsonl")
	data := must[[]byte](t)(os.ReadFile(log))
	data[len(data)/2] ^= 1
	write(t, log, data)
	if _, err := store.Earlier(""); !errors.Is(err, journal.ErrDamaged) {
		t.Errorf("%v", err)
	}
	if _, err := store.Earlier(report.Run); err != nil {
		t.Errorf("but that run: %v", err)
	}
	if _, err := store.Past(report.Run, nil); !errors.Is(err, journal.ErrDamaged) {
		t.Errorf("%v", err)
	}
	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Past(report.Run, nil); !errors.Is(err, journal.ErrDamaged) {
		t.Errorf("no journal: %v", err)
	}
}

// TestReadingWritesNothing: a store on a disk that takes no writes can be looked
// at, and restores and undos can be planned.
func TestReadingWritesNothing(t *testing.T) {
	path, _, j := purged(t)
	dir := must[*durable.Dir](t)(durable.OpenExisting(path))
	t.Cleanup(func() { dir.Close() })
	var runs []string
	for _, e := range must[[]os.DirEntry](t)(os.ReadDir(filepath.Join(path, "runs"))) {
		runs = append(runs, e.Name())
	}
	store := run.NewStore(dir.Hooked(func(op durable.Op) error {
		if slices.Contains([]string{"create", "write", "truncate", "rename", "remove", "lock"}, op.Verb) {
			return errors.New("read-only: " + op.String())
		}
		return nil // a folder that is there may be made once more, which does nothing
	}))
	all := must[[]run.Listed](t)(store.Snapshots())
	if len(all) != 1 || all[0].Err != nil || len(runs) != 1 {
		t.Fatalf("%+v, %q", all, runs)
	}
	must[restore.Snapshot](t)(store.Source(all[0].ID, nil))
	must[*restore.Earlier](t)(store.Earlier(""))
	must[restore.Run](t)(store.Past(runs[0], nil))
	if _, err := store.Execute(t.Context(), j); err == nil {
		t.Error("a run wrote nothing, so this test shows nothing")
	}
}

// TestNamesThatLeadElsewhere are no snapshots and no runs.
func TestNamesThatLeadElsewhere(t *testing.T) {
	_, store, _ := purged(t)
	for _, id := range []string{"", ".", "..", "../runs", "a/b", "/"} {
		if _, err := store.Find(id); !errors.Is(err, snapshot.ErrNoSnapshot) {
			t.Errorf("snapshot %q: %v", id, err)
		}
		if _, err := store.Past(id, nil); !errors.Is(err, run.ErrNoRun) {
			t.Errorf("run %q: %v", id, err)
		}
	}
}

// TestLookReadsWhatARunDid, and changes nothing; runs that took others back are
// known by what they took back.
func TestLookReadsWhatARunDid(t *testing.T) {
	path := t.TempDir()
	w, store := world(), open(t, path)
	purge := planFor(t, w)
	if _, err := store.Look(run.ID(purge)); !errors.Is(err, run.ErrNoRun) {
		t.Errorf("no run: %v", err)
	}
	if undos, err := store.Undos(); err != nil || len(undos) != 0 {
		t.Errorf("no undos: %v, %v", undos, err)
	}
	report := must[run.Report](t)(store.Execute(t.Context(), job(w, purge)))
	got := must[run.Looked](t)(store.Look(report.Run))
	if got.Plan.Digest() != purge.Digest() || got.Snapshot != report.Snapshot || got.Result.Done != report.Result.Done || got.Result.Done == 0 || !got.Copied["bob"] {
		t.Errorf("got %+v", got)
	}
	back := must[plan.Plan](t)(restore.Undo(t.Context(), restore.UndoRequest{
		Run: must[restore.Run](t)(store.Past(report.Run, nil)), Directory: w, Earlier: &restore.Earlier{}, Streams: true, Parallel: 2,
	}))
	undo := must[run.Report](t)(store.Execute(t.Context(), job(w, back)))
	undos := must[[]run.Looked](t)(store.Undos())
	if len(undos) != 1 || undos[0].Run != undo.Run || undos[0].Plan.Rules.Run != report.Run || undos[0].Result.Done == 0 {
		t.Errorf("got %+v", undos)
	}
	if err := os.RemoveAll(filepath.Join(path, "snapshots", report.Snapshot)); err != nil {
		t.Fatal(err)
	}
	if got := must[run.Looked](t)(store.Look(report.Run)); got.Copied["bob"] || got.Result.Done != report.Result.Done {
		t.Errorf("without its backup: %+v", got)
	}
	if err := os.Remove(filepath.Join(path, "runs", report.Run, "journal.jsonl")); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Look(report.Run); !errors.Is(err, run.ErrNotBegun) {
		t.Errorf("without its journal: %v", err)
	}
}
