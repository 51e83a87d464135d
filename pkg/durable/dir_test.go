package durable_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
)

// onBoth runs a test on a real folder and on the disk in memory, which must
// not be told apart.
func onBoth(t *testing.T, test func(t *testing.T, dir *durable.Dir)) {
	t.Run("real", func(t *testing.T) { test(t, openTemp(t)) })
	t.Run("memory", func(t *testing.T) {
		disk := crash.NewDisk()
		test(t, disk.Dir())
		if n := disk.OpenFiles(); n != 0 {
			t.Errorf("%d files left open", n)
		}
	})
}

func openTemp(t *testing.T) *durable.Dir {
	t.Helper()
	dir, err := durable.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, dir.Close()) })
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir *durable.Dir, folder string) []string {
	t.Helper()
	entries, err := dir.ReadDir(folder)
	must(t, err)
	list := []string{}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func wantFile(t *testing.T, dir *durable.Dir, name, want string) {
	t.Helper()
	got, err := dir.ReadFile(name)
	if err != nil || string(got) != want {
		t.Fatalf("%s holds %q, %v; want %q", name, got, err, want)
	}
}

func TestWriteFileReplacesWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		for _, text := range []string{"first, and long", "second", ""} {
			must(t, dir.WriteFile("plan.json", []byte(text)))
			wantFile(t, dir, "plan.json", text)
		}
		if got := names(t, dir, "."); !slices.Equal(got, []string{"plan.json"}) {
			t.Errorf("folder holds %q", got)
		}
	})
}

func TestCreateShowsNothingBeforeCommit(t *testing.T) {
	big := bytes.Repeat([]byte("riva-prep "), 20_000) // many buffers
	hash := sha256.Sum256(big)
	want := hex.EncodeToString(hash[:])
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		f, err := dir.Create("contacts.jsonl")
		must(t, err)
		for chunk := range slices.Chunk(big, 777) {
			if _, err := f.Write(chunk); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := dir.Stat("contacts.jsonl"); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("visible before Commit: %v", err)
		}
		if f.Size() != int64(len(big)) {
			t.Errorf("Size = %d", f.Size())
		}
		must(t, f.Commit())
		must(t, f.Close())
		sum, size, err := dir.Hash("contacts.jsonl")
		if err != nil || sum != want || size != int64(len(big)) {
			t.Errorf("Hash = %s, %d, %v", sum, size, err)
		}
	})
}

func TestCloseWithoutCommitLeavesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		must(t, dir.WriteFile("a", []byte("old")))
		f, err := dir.Create("a")
		must(t, err)
		if _, err := io.WriteString(f, "new"); err != nil {
			t.Fatal(err)
		}
		must(t, f.Close())
		must(t, f.Close())
		wantFile(t, dir, "a", "old")
		if got := names(t, dir, "."); len(got) != 1 {
			t.Errorf("left behind: %q", got)
		}
		if _, err := f.Write([]byte("x")); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("Write after Close: %v", err)
		}
		if err := f.Commit(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("Commit after Close: %v", err)
		}
	})
}

// Two mailboxes may hold the same attachment, stored under the same name.
func TestTwoWritersOfOneName(t *testing.T) {
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		a, err := dir.Create("blob")
		must(t, err)
		b, err := dir.Create("blob")
		must(t, err)
		for _, f := range []*durable.File{a, b} {
			if _, err := io.WriteString(f, "same"); err != nil {
				t.Fatal(err)
			}
			must(t, f.Commit())
		}
		wantFile(t, dir, "blob", "same")
	})
}

func TestSubFolders(t *testing.T) {
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		sub, err := dir.Sub("snapshots/one")
		must(t, err)
		must(t, sub.WriteFile("snapshot.json", []byte("{}")))
		again, err := dir.Sub("snapshots/one")
		must(t, err)
		wantFile(t, again, "snapshot.json", "{}")
		wantFile(t, dir, "snapshots/one/snapshot.json", "{}")
		if want := filepath.Join(dir.Path(), "snapshots", "one"); sub.Path() != want {
			t.Errorf("Path = %s, want %s", sub.Path(), want)
		}
		must(t, sub.Close())
		wantFile(t, dir, "snapshots/one/snapshot.json", "{}")
		if _, err := sub.Sub("snapshot.json"); err == nil {
			t.Error("a file was taken for a folder")
		}
	})
}

func TestRenameRemoveTruncate(t *testing.T) {
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		_, err := dir.Sub("runs")
		must(t, err)
		must(t, dir.WriteFile("a", []byte("0123456789")))
		must(t, dir.Truncate("a", 4))
		must(t, dir.Rename("a", "runs/b"))
		wantFile(t, dir, "runs/b", "0123")
		if err := dir.Remove("runs"); err == nil {
			t.Error("a folder that is not empty was removed")
		}
		must(t, dir.Remove("runs/b"))
		must(t, dir.Remove("runs"))
		for _, err := range []error{
			dir.Remove("runs"), dir.Rename("a", "b"), dir.Truncate("a", 0),
			second(dir.ReadFile("a")), second(dir.ReadDir("runs")), second(dir.Stat("a")),
		} {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("on what is not there: %v", err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestSweepTakesOnlyTemporaryFiles(t *testing.T) {
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		must(t, dir.WriteFile("keep.json", nil))
		_, err := dir.Sub("folder.tmp")
		must(t, err)
		f, err := dir.Create("lost") // and never closed, as after a kill
		must(t, err)
		if n, err := dir.Sweep(); n != 1 || err != nil {
			t.Errorf("Sweep = %d, %v", n, err)
		}
		if got := names(t, dir, "."); !slices.Equal(got, []string{"folder.tmp", "keep.json"}) {
			t.Errorf("folder holds %q", got)
		}
		must(t, f.Close())
	})
}

func TestNamesThatLeadOut(t *testing.T) {
	bad := []string{
		"", ".", "..", "../x", "a/../x", "a/../../x", "/x", "//x", "a//b", "a/", "./a",
		`..\x`, `a\b`, `C:\x`, "C:x", "a:stream", "a\x00b", "a\nb", "a\x7f", "a\xff",
		"nul", "NUL", "con.txt", "x/Aux.jsonl", "com1", "lpt9.a.b", "COM¹", "nul .txt", "a.", "a ", "a./b", "a /b", "x/..a.", "a?", "a*", "a|b", "<a", "a>", `a"b`,
	}
	onBoth(t, func(t *testing.T, dir *durable.Dir) {
		must(t, dir.WriteFile("ok", nil))
		for _, name := range bad {
			calls := map[string]error{
				"WriteFile": dir.WriteFile(name, nil),
				"Create":    second(dir.Create(name)),
				"Open":      second(dir.Open(name)),
				"ReadFile":  second(dir.ReadFile(name)),
				"Hash":      hashError(dir, name),
				"Stat":      second(dir.Stat(name)),
				"Remove":    dir.Remove(name),
				"Rename":    dir.Rename("ok", name),
				"Rename of": dir.Rename(name, "ok"),
				"Truncate":  dir.Truncate(name, 0),
				"Sub":       second(dir.Sub(name)),
				"OpenLog":   second(dir.OpenLog(name)),
				"Lock":      second(dir.Lock(name, durable.Holder{})),
			}
			if name != "." {
				calls["ReadDir"] = second(dir.ReadDir(name))
			}
			for call, err := range calls {
				if !errors.Is(err, durable.ErrName) {
					t.Errorf("%s(%q) = %v", call, name, err)
				}
			}
		}
	})
}

func hashError(dir *durable.Dir, name string) error {
	_, _, err := dir.Hash(name)
	return err
}

func TestLinksAreRefused(t *testing.T) {
	dir := openTemp(t)
	outside := t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600))
	must(t, dir.WriteFile("inside", []byte("inside")))
	_, err := dir.Sub("folder")
	must(t, err)
	links := map[string]string{
		"out": filepath.Join(outside, "secret"), "outdir": outside, "up": "../..",
		"in": "inside", "indir": "folder", "loop": "loop", "nowhere": "missing",
	}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(dir.Path(), name)); err != nil {
			t.Skipf("this system makes no symbolic links: %v", err)
		}
	}
	for name := range links {
		for call, err := range map[string]error{
			"ReadFile": second(dir.ReadFile(name)), "below": second(dir.ReadFile(name + "/secret")),
			"Stat": second(dir.Stat(name)), "ReadDir": second(dir.ReadDir(name)),
			"WriteFile": dir.WriteFile(name, nil), "write below": dir.WriteFile(name+"/x", nil),
			"Sub": second(dir.Sub(name)), "Sub below": second(dir.Sub(name + "/x")),
			"OpenLog": second(dir.OpenLog(name)), "Truncate": dir.Truncate(name, 0),
			"Rename": dir.Rename("inside", name), "Remove below": dir.Remove(name + "/secret"),
			"Lock": second(dir.Lock(name, durable.Holder{})),
		} {
			if err == nil {
				t.Errorf("%s went through the link %s -> %s", call, name, links[name])
			}
		}
	}
	wantFile(t, dir, "inside", "inside")
	if got, err := os.ReadDir(outside); err != nil || len(got) != 1 {
		t.Errorf("outside holds %v, %v", got, err)
	}
	for _, name := range names(t, dir, ".") {
		if strings.HasSuffix(name, ".tmp") {
			t.Errorf("left behind: %s", name)
		}
	}
}

func TestOpen(t *testing.T) {
	at := filepath.Join(t.TempDir(), "a", "b")
	if _, err := durable.OpenExisting(at); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenExisting of nothing: %v", err)
	}
	for range 2 {
		dir, err := durable.Open(at)
		must(t, err)
		must(t, dir.WriteFile("x", nil))
		must(t, dir.Close())
		if err := dir.WriteFile("y", nil); err == nil {
			t.Error("a closed folder was written to")
		}
	}
	dir, err := durable.OpenExisting(at)
	must(t, err)
	must(t, dir.Close())
	for _, under := range []string{"x", "x/y"} {
		if _, err := durable.Open(filepath.Join(at, under)); err == nil {
			t.Errorf("a file was opened as folder: %s", under)
		}
	}
}
