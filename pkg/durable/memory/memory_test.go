package memory

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
)

// pair does the same on both disks, and says what each answered.
type pair struct {
	disks [2]durable.FS
	open  [][2]durable.Handle
}

// answer is what an operation gave, in words that do not depend on the disk.
func answer(value any, err error) string {
	for _, known := range []error{fs.ErrExist, fs.ErrNotExist, fs.ErrClosed, fs.ErrPermission, errors.ErrUnsupported, durable.ErrLocked, io.EOF} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if err != nil {
		return "another error"
	}
	return fmt.Sprint(value)
}

// do draws an operation and compares the answers of both.
func (p *pair) do(t *rapid.T) {
	name := rapid.SampledFrom([]string{"a", "b", "d", "d/a", "d/b", "d/e", "d/e/f", "x/y"}).Draw(t, "name")
	other := rapid.SampledFrom([]string{"a", "c", "d/a", "d", "x/y"}).Draw(t, "other")
	flag := rapid.SampledFrom([]int{
		os.O_RDONLY, os.O_RDWR, os.O_RDWR | os.O_APPEND, os.O_CREATE | os.O_EXCL | os.O_WRONLY, os.O_CREATE | os.O_RDWR,
	}).Draw(t, "flag")
	data := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "data")
	at := int64(rapid.IntRange(-2, 12).Draw(t, "at"))
	whence := rapid.IntRange(0, 2).Draw(t, "whence")
	op := rapid.IntRange(0, 12).Draw(t, "op")
	var handles [2]durable.Handle
	if op > 6 {
		if len(p.open) == 0 {
			return
		}
		handles = p.open[rapid.IntRange(0, len(p.open)-1).Draw(t, "handle")]
	}
	var answers [2]string
	var opened [2]durable.Handle
	for i, d := range p.disks {
		answers[i], opened[i] = onDisk(d, op, name, other, flag)
		if op > 6 {
			answers[i] = onFile(handles[i], op, data, at, whence)
		}
	}
	if answers[0] != answers[1] {
		t.Fatalf("operation %d on %s: %q, on the other disk %q", op, name, answers[0], answers[1])
	}
	if opened[0] != nil {
		p.open = append(p.open, opened)
	}
}

func onDisk(d durable.FS, op int, name, other string, flag int) (string, durable.Handle) {
	switch op {
	case 0:
		return answer("made", d.Mkdir(name)), nil
	case 1:
		return answer("renamed", d.Rename(name, other)), nil
	case 2:
		return answer("removed", d.Remove(name)), nil
	case 3:
		info, err := d.Stat(name)
		if err != nil {
			return answer("", err), nil
		}
		return fmt.Sprint(info.Name(), info.IsDir(), info.Size(), info.Mode()), nil
	case 4:
		entries, err := d.ReadDir(name)
		return answer(entries, err), nil
	case 5:
		_, err := d.Lock("lock") // never given back: the second time it is taken
		return answer("locked", err), nil
	case 6:
		h, err := d.OpenFile(name, flag)
		return answer("open", err), h
	}
	return "", nil
}

func onFile(h durable.Handle, op int, data []byte, at int64, whence int) string {
	switch op {
	case 7:
		return answer(h.Write(data))
	case 8:
		buffer := make([]byte, 5)
		n, err := h.Read(buffer)
		return answer(string(buffer[:n]), err)
	case 9:
		return answer(h.Seek(at, whence))
	case 10:
		return answer("synced", h.Sync())
	case 11:
		return answer("cut", h.Truncate(max(0, at)))
	}
	return answer("closed", h.Close())
}

// While nothing crashes, it is a disk like the one that every crash test rests on.
func TestSameAsTheDiskOfTheCrashTests(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &pair{disks: [2]durable.FS{&disk{nodes: map[string]*node{".": {folder: true}}}, crash.NewDisk()}}
		for range rapid.IntRange(1, 60).Draw(t, "operations") {
			p.do(t)
		}
	})
}

// A folder of package durable works on it.
func TestFolder(t *testing.T) {
	dir := New("nowhere")
	sub, err := dir.Sub("a/b")
	if err != nil {
		t.Fatal(err)
	}
	if err := sub.WriteFile("f", []byte("text")); err != nil {
		t.Fatal(err)
	}
	if err := sub.WriteFile("f", []byte("text again")); err != nil {
		t.Fatal(err)
	}
	if data, err := dir.ReadFile("a/b/f"); err != nil || string(data) != "text again" {
		t.Errorf("%q, %v", data, err)
	}
	release, err := dir.Lock("lock", durable.Holder{Who: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Lock("lock", durable.Holder{}); !errors.Is(err, durable.ErrLocked) {
		t.Errorf("locked twice: %v", err)
	}
	if err := errors.Join(release(), dir.Close()); err != nil {
		t.Error(err)
	}
}
