package durable_test

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
)

// TestFullDiskHasOneName lets each operation that takes room fail as a full disk
// does, and otherwise.
func TestFullDiskHasOneName(t *testing.T) {
	verbs := []string{"create", "write", "sync", "mkdir", "rename", "syncdir", "close"}
	for _, verb := range verbs {
		for _, c := range []struct {
			err  error
			full bool
		}{
			{syscall.ENOSPC, true},
			{&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, true},
			{syscall.EIO, false},
			{errPlanned, false},
		} {
			dir := crash.NewDisk().Dir().Hooked(func(op durable.Op) error {
				if op.Verb == verb {
					return c.err
				}
				return nil
			})
			_, err := dir.Sub("sub")
			err = errors.Join(err, dir.WriteFile("f", []byte(newText)))
			if !errors.Is(err, c.err) || errors.Is(err, durable.ErrFull) != c.full {
				t.Errorf("%s, %v: %v", verb, c.err, err)
			}
		}
	}
}

func TestLogOnAFullDisk(t *testing.T) {
	disk := crash.NewDisk()
	l, err := disk.Dir().OpenLog("log")
	must(t, err)
	must(t, l.AppendSync([]byte("line")))
	disk.Limit(0)
	if err := l.AppendSync([]byte("line")); !errors.Is(err, durable.ErrFull) {
		t.Errorf("got %v", err)
	}
	must(t, l.Close())
}

func TestFree(t *testing.T) {
	free, err := openTemp(t).Free()
	if err != nil || free <= 0 {
		t.Errorf("%d bytes are free, %v", free, err)
	}
	disk := crash.NewDisk()
	if _, err := disk.Dir().Free(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a disk without end: %v", err)
	}
	disk.Limit(10)
	must(t, disk.Dir().WriteFile("f", []byte("1234")))
	if free, err := disk.Dir().Free(); free != 6 || err != nil {
		t.Errorf("%d bytes are free, %v", free, err)
	}
	if err := disk.Dir().WriteFile("g", []byte("1234567")); !errors.Is(err, durable.ErrFull) {
		t.Errorf("got %v", err)
	}
	if free, err := disk.Dir().Free(); free != 6 || err != nil {
		t.Errorf("%d bytes are free after a write that failed, %v", free, err)
	}
	must(t, disk.Dir().WriteFile("g", []byte("123456")))
}
