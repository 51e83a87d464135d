//go:build unix

package durable_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
)

// The umask belongs to the whole process, so this test must not be parallel.
func TestModesWhateverTheUmask(t *testing.T) {
	for _, mask := range []int{0, 0o022, 0o077, 0o177, 0o777} {
		at := filepath.Join(t.TempDir(), "parent", "store")
		before := syscall.Umask(mask)
		err := writeAll(at)
		syscall.Umask(before)
		if err != nil {
			t.Fatalf("umask %03o: %v", mask, err)
		}
		checkModes(t, filepath.Dir(at))
	}
}

func writeAll(at string) error {
	dir, err := durable.Open(at)
	if err != nil {
		return err
	}
	if err := everything(dir); err != nil {
		return err
	}
	if _, err := dir.Create("left by a killed run"); err != nil {
		return err
	}
	if err := dir.WriteFile("sub/kept", nil); err != nil {
		return err
	}
	if _, err := dir.Lock("held", holder); err != nil {
		return err
	}
	return dir.Close()
}

func checkModes(t *testing.T, top string) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if e.IsDir() {
			want = fs.ModeDir | 0o700
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
		}
		seen++
		return nil
	})
	must(t, err)
	if seen < 8 {
		t.Errorf("only %d files and folders seen", seen)
	}
}

// A folder of the user's own keeps the mode that the user gave it.
func TestOpenLeavesExistingFoldersAlone(t *testing.T) {
	at := t.TempDir()
	must(t, os.Chmod(at, 0o755))
	dir, err := durable.Open(at)
	must(t, err)
	must(t, dir.Close())
	info, err := os.Stat(at)
	must(t, err)
	if info.Mode().Perm() != 0o755 {
		t.Errorf("mode became %v", info.Mode())
	}
}

// A pipe in a store would block its reader for ever.
func TestPipesAreRefused(t *testing.T) {
	dir := openTemp(t)
	must(t, syscall.Mkfifo(filepath.Join(dir.Path(), "pipe"), 0o600))
	if _, err := dir.ReadFile("pipe"); err == nil {
		t.Error("a pipe was read")
	}
}
