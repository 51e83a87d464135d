package snapshot_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// live is what the garbage collector has to keep, in bytes.
func live() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// many adds n contacts of some size to a mailbox on a real disk, and calls look
// when the last is written but the file is not yet closed.
func many(t *testing.T, dir *durable.Dir, options snapshot.Options, n, size int, look func()) {
	t.Helper()
	w := snapshot.NewWriter(dir, head(), options)
	box, err := w.Mailbox(snapshot.About{Account: ann})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 4*size)
	for at := range text {
		text[at] = byte('a' + rng.IntN(26))
	}
	for i := range n {
		at := rng.IntN(3 * size)
		it := parse(t, contacts, fmt.Sprintf(`{"id":"AAMkADoSf9Xl1thmePohOdlCR1GkUJIGXb85bMRcC-%d","@odata.etag":"W/\"%d\"","personalNotes":%q}`, i, i, text[at:at+size]))
		if err := box.Add(it, snapshot.Parts{}); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if _, err := box.Commit(item.Kinds()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(); err != nil {
		t.Fatal(err)
	}
}

func temp(t *testing.T) *durable.Dir {
	t.Helper()
	dir, err := durable.Open(filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dir.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestFilesAreStreamed writes and reads files of 10 MB and looks at the memory
// at their ends.
func TestFilesAreStreamed(t *testing.T) {
	const items, size, most = 600, 16 << 10, 4 << 20
	for what, way := range twoWays(t) {
		dir := temp(t)
		before := live()
		check := func(doing string) {
			if grown := live() - before; grown > most {
				t.Errorf("%s, %s: %d kB more", what, doing, grown>>10)
			} else {
				t.Logf("%s, %s: %d kB more", what, doing, grown>>10)
			}
		}
		many(t, dir, way.options, items, size, func() { check("writing") })
		r, err := snapshot.Open(dir, way.keys...)
		if err != nil {
			t.Fatal(err)
		}
		box, _ := r.Find(ann.ID)
		read := 0
		err = r.Lines(box, item.Contacts, func(snapshot.Line) error {
			if read++; read == items {
				check("reading")
			}
			return nil
		})
		if err != nil || read != items {
			t.Errorf("%s: %d read, %v", what, read, err)
		}
	}
}

// TestProofIsSmall proves 100,000 items (under the race detector, 20,000) by an
// index and by lines.
func TestProofIsSmall(t *testing.T) {
	items := 100_000
	if race.Detector {
		items = 20_000
	}
	most := int64(items) * 150 // 15 MB for 100,000
	way := ways(t)["encrypted"]
	dir := temp(t)
	many(t, dir, way.options, items, 1, func() {})
	for what, keys := range map[string][]snapshot.Identity{"index": nil, "lines": way.keys} {
		before := live()
		proof, err := snapshot.Verify(dir, keys...)
		grown := live() - before
		if err != nil || proof.Items() != items {
			t.Fatalf("%s: %d items, %v", what, proof.Items(), err)
		}
		t.Logf("%s: %d kB", what, grown>>10)
		if grown > most {
			t.Errorf("%s: %d kB", what, grown>>10)
		}
		runtime.KeepAlive(proof)
	}
}

// TestLinesCanBeKept: what was read stays as it was while more is read.
func TestLinesCanBeKept(t *testing.T) {
	dir := temp(t)
	many(t, dir, snapshot.Options{}, 60, 16<<10, func() {})
	r, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	box, _ := r.Find(ann.ID)
	kept, then := []snapshot.Line{}, []string{}
	err = r.Lines(box, item.Contacts, func(l snapshot.Line) error {
		kept, then = append(kept, l), append(then, string(l.Item))
		return nil
	})
	if err != nil || len(kept) != 60 {
		t.Fatalf("%d read, %v", len(kept), err)
	}
	for i, l := range kept {
		if string(l.Item) != then[i] {
			t.Errorf("item %d is another one now", i)
		}
	}
}
