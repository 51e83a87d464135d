package durable_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
)

var errPlanned = errors.New("planned fault")

const oldText, newText = "the old content", "the new content, which is longer"

// writers are the two ways of writing a whole file.
var writers = map[string]func(dir *durable.Dir, name string) error{
	"WriteFile": func(dir *durable.Dir, name string) error { return dir.WriteFile(name, []byte(newText)) },
	"Create": func(dir *durable.Dir, name string) error {
		f, err := dir.Create(name)
		if err != nil {
			return err
		}
		for _, part := range strings.SplitAfter(newText, " ") {
			if _, err := f.Write([]byte(part)); err != nil {
				return errors.Join(err, f.Close())
			}
		}
		return errors.Join(f.Commit(), f.Close())
	},
}

// failing gives a hook that lets the first n operations pass. Then it refuses
// one, or all that follow.
func failing(n int, all bool, seen *[]durable.Op) durable.Hook {
	return func(op durable.Op) error {
		*seen = append(*seen, op)
		if at := len(*seen) - 1; at == n || all && at > n {
			return errPlanned
		}
		return nil
	}
}

// content reads a file that may be missing.
func content(dir *durable.Dir, name string) (text string, err error) {
	data, err := dir.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(data), err
}

func TestFailEachOperation(t *testing.T) {
	cases := 0
	for how, write := range writers {
		for _, before := range []string{"", oldText} {
			for _, all := range []bool{false, true} {
				for n := 0; ; n++ {
					dir := openTemp(t)
					if before != "" {
						must(t, dir.WriteFile("f", []byte(before)))
					}
					var seen []durable.Op
					err := write(dir.Hooked(failing(n, all, &seen)), "f")
					if n >= len(seen) {
						must(t, err)
						wantFile(t, dir, "f", newText)
						break
					}
					cases++
					checkFailed(t, dir, err, before, all)
					if t.Failed() {
						t.Fatalf("%s over %q, failing at %q (all after it too: %v)", how, before, seen[n], all)
					}
				}
			}
		}
	}
	if cases < 48 { // create, write, sync, close, rename, syncdir; 8 ways
		t.Errorf("only %d cases: the hook was not asked before every operation", cases)
	}
}

func checkFailed(t *testing.T, dir *durable.Dir, err error, before string, all bool) {
	t.Helper()
	if !errors.Is(err, errPlanned) {
		t.Errorf("the fault became %v", err)
	}
	if text, err := content(dir, "f"); err != nil || text != before && text != newText {
		t.Errorf("file holds %q, %v", text, err)
	}
	for _, name := range names(t, dir, ".") {
		if name != "f" && !all { // when nothing works any more, tidying does not either
			t.Errorf("left behind: %s", name)
		}
	}
}

// crashes writes a file on disks that stop at each operation in turn, and
// then lose power. It gives the number of crashes after which the file was
// torn or lost. lie may spoil the disk.
func crashes(t *testing.T, lie func(durable.FS) durable.FS) (points, broken int) {
	t.Helper()
	const seeds = 72
	for _, write := range writers {
		for _, before := range []string{"", oldText} {
			for n, last := 0, false; !last; n++ {
				for seed := range uint64(seeds) {
					disk := crash.NewDisk()
					dir := durable.New(lie(disk), "disk")
					if before != "" {
						must(t, disk.Dir().WriteFile("f", []byte(before)))
					}
					var seen []durable.Op
					err := write(dir.Hooked(failing(n, true, &seen)), "f")
					last = n >= len(seen) // a crash just after it all
					disk.Crash(rand.New(rand.NewPCG(seed, uint64(n))))
					points++
					text, rerr := content(disk.Dir(), "f")
					whole := rerr == nil && (text == newText || text == before && err != nil)
					if !whole {
						broken++
					}
				}
			}
		}
	}
	return points, broken
}

func TestCrashAtEachOperation(t *testing.T) {
	honest := func(fsys durable.FS) durable.FS { return fsys }
	points, broken := crashes(t, honest)
	if broken != 0 || points < 1500 {
		t.Errorf("%d of %d crashes broke the file", broken, points)
	}
}

// The crash test must see what it is for: each of these disks skips a step
// that WriteFile relies on.
func TestCrashTestCatchesPlantedBugs(t *testing.T) {
	bugs := map[string]func(durable.FS) durable.FS{
		"no sync of the file":   func(fsys durable.FS) durable.FS { return noFileSync{fsys} },
		"no sync of the folder": func(fsys durable.FS) durable.FS { return noDirSync{fsys} },
		"written in place":      func(fsys durable.FS) durable.FS { return inPlace{fsys} },
	}
	for name, bug := range bugs {
		if points, broken := crashes(t, bug); broken == 0 {
			t.Errorf("%s: not noticed in %d crashes", name, points)
		}
	}
}

type noDirSync struct{ durable.FS }

func (noDirSync) SyncDir(string) error { return nil }

type noFileSync struct{ durable.FS }

func (f noFileSync) OpenFile(name string, flag int) (durable.Handle, error) {
	h, err := f.FS.OpenFile(name, flag)
	return noSyncHandle{h}, err
}

type noSyncHandle struct{ durable.Handle }

func (noSyncHandle) Sync() error { return nil }

// inPlace writes over the file itself in place of a temporary one.
type inPlace struct{ durable.FS }

func (f inPlace) OpenFile(name string, flag int) (durable.Handle, error) {
	name, _, temp := strings.Cut(name, ".")
	if temp {
		flag = os.O_WRONLY | os.O_CREATE
	}
	h, err := f.FS.OpenFile(name, flag)
	if err == nil && temp {
		err = h.Truncate(0)
	}
	return h, err
}

func (inPlace) Rename(string, string) error { return nil }

func TestSubSurvivesACrash(t *testing.T) {
	for seed := range uint64(50) {
		disk := crash.NewDisk()
		sub, err := disk.Dir().Sub("a/b/c")
		must(t, err)
		must(t, sub.WriteFile("f", []byte(newText)))
		disk.Crash(rand.New(rand.NewPCG(seed, 1)))
		wantFile(t, disk.Dir(), "a/b/c/f", newText)
	}
}

// Each verb that Op documents is one that a hook really sees, and refusing it
// is seen by the caller.
func TestHookSeesEveryVerb(t *testing.T) {
	verbs := []string{
		"open", "create", "read", "write", "seek", "sync", "truncate", "close", "mkdir",
		"rename", "remove", "stat", "readdir", "syncdir", "lock", "unlock", "free",
	}
	for _, refuse := range append([]string{"none"}, verbs...) {
		var seen []string
		dir := openTemp(t).Hooked(func(op durable.Op) error {
			seen = append(seen, op.Verb)
			if op.Verb == refuse {
				return errPlanned
			}
			return nil
		})
		err := everything(dir)
		if refuse == "none" {
			must(t, err)
			slices.Sort(seen)
			slices.Sort(verbs)
			if got := slices.Compact(seen); !slices.Equal(got, verbs) {
				t.Errorf("verbs seen: %q", got)
			}
		} else if !errors.Is(err, errPlanned) {
			t.Errorf("%s refused, but the result was %v", refuse, err)
		}
	}
}

// everything uses each operation once and gives the first error.
func everything(dir *durable.Dir) error {
	release, err := dir.Lock("lock", durable.Holder{Who: "test"})
	if err != nil {
		return err
	}
	steps := []func() error{
		func() error { _, err := dir.Sub("sub"); return err },
		func() error { _, err := dir.Sub("sub"); return err }, // looks what is there
		func() error { return dir.WriteFile("f", []byte(newText)) },
		func() error { _, err := dir.ReadFile("f"); return err },
		func() error { _, err := dir.ReadDir("."); return err },
		func() error { _, err := dir.Free(); return err },
		func() error { return dir.Truncate("f", 3) },
		func() error { return dir.Remove("f") },
		func() error {
			l, err := dir.OpenLog("log")
			if err != nil {
				return err
			}
			return errors.Join(l.AppendSync([]byte("line")), l.Close())
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return errors.Join(err, release())
		}
	}
	return release()
}
