package simulation_test

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/memory"
)

// spill is a disk for stores that no memory holds: a folder in memory whose files
// say where in one real file their contents lie.
type spill struct {
	durable.FS
	file *os.File

	mu   sync.Mutex
	size int64
}

func newSpill(t *testing.T) *spill {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "contents"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return &spill{FS: memory.NewFS(), file: file}
}

func (s *spill) OpenFile(name string, flag int) (durable.Handle, error) {
	h, err := s.FS.OpenFile(name, flag)
	if err != nil {
		return nil, err
	}
	return &spilt{Handle: h, spill: s}, nil
}

// spilt is a file that is written to its end, and read from its beginning.
type spilt struct {
	durable.Handle
	spill *spill
	left  io.Reader // of the piece that is being read
}

func (f *spilt) Write(p []byte) (int, error) {
	f.spill.mu.Lock()
	at := f.spill.size
	f.spill.size += int64(len(p))
	f.spill.mu.Unlock()
	if n, err := f.spill.file.WriteAt(p, at); err != nil {
		return n, err
	}
	where := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, uint64(at)), uint32(len(p)))
	if _, err := f.Handle.Write(where); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (f *spilt) Read(p []byte) (int, error) {
	for {
		if f.left != nil {
			if n, err := f.left.Read(p); n > 0 || !errors.Is(err, io.EOF) {
				return n, err
			}
		}
		var where [12]byte
		if _, err := io.ReadFull(f.Handle, where[:]); err != nil {
			return 0, err
		}
		f.left = io.NewSectionReader(f.spill.file, int64(binary.BigEndian.Uint64(where[:])), int64(binary.BigEndian.Uint32(where[8:])))
	}
}
