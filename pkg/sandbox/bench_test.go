package sandbox_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

// many is a mailbox of 20,000 contacts of about 5 kB, 100 MB in all.
var many = sync.OnceValue(func() string { return crowd(20_000, 5_000, 0) })

// TestTwentyThousandItemsAreListed is about completeness at size; speed is the
// benchmarks' business.
func TestTwentyThousandItemsAreListed(t *testing.T) {
	w := newWorld(t, crowd(20_000, 1_500, 0), sandbox.Options{})
	seen := map[string]bool{}
	for _, contact := range w.all(annUser+"/contacts?$select=id", "Prefer: odata.maxpagesize=1000") {
		seen[fmt.Sprint(contact["id"])] = true
	}
	if len(seen) != 20_000 {
		t.Errorf("%d items are listed", len(seen))
	}
	first := w.get(annUser+"/contacts/AAc00000").want(t, 200)
	if n := len(first.text("personalNotes")); n < 1_000 {
		t.Errorf("a contact has notes of %d bytes", n)
	}
}

// BenchmarkLoad loads mailboxes of many contacts; MB/held is what stays in memory.
func BenchmarkLoad(b *testing.B) {
	b.Run("20000-of-5kB", func(b *testing.B) { benchmarkLoad(b, many()) })
	b.Run("100000-of-2kB", func(b *testing.B) { benchmarkLoad(b, crowd(100_000, 2_000, 0)) })
}

func benchmarkLoad(b *testing.B, file string) {
	b.SetBytes(int64(len(file)))
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := held()
	var w *world
	for b.Loop() {
		w = newWorld(b, file, sandbox.Options{})
	}
	b.ReportMetric(float64(held()-before)/(1<<20), "MB/held")
	runtime.KeepAlive(w)
	runtime.KeepAlive(file)
}

// BenchmarkList20000 lists them whole, in pages of 1,000, which nobody decodes.
func BenchmarkList20000(b *testing.B) {
	w := newWorld(b, many(), sandbox.Options{})
	for b.Loop() {
		size := int64(0)
		for skip := 0; skip < 20_000; skip += 1000 {
			size += w.drain(b, fmt.Sprintf("%s/contacts?$top=1000&$skip=%d", annUser, skip))
		}
		if size < 90<<20 {
			b.Fatalf("%d bytes", size)
		}
		b.SetBytes(size)
	}
	b.ReportMetric(20_000*float64(b.N)/b.Elapsed().Seconds(), "items/s")
}

// drain reads an answer to its end and tells its size.
func (w *world) drain(b *testing.B, path string) int64 {
	req, err := http.NewRequest("GET", host+"/v1.0"+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	res, err := w.http.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	size, err := io.Copy(io.Discard, res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil || res.StatusCode != 200 {
		b.Fatal(res.Status, err)
	}
	return size
}

// BenchmarkGet is one contact after the other, in-process.
func BenchmarkGet(b *testing.B) {
	w := newWorld(b, many(), sandbox.Options{})
	for b.Loop() {
		w.get(annUser+"/contacts/AAc12345?$select=id,categories").want(b, 200)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// BenchmarkPatch tags one contact after the other, in-process.
func BenchmarkPatch(b *testing.B) {
	w := newWorld(b, many(), sandbox.Options{})
	for b.Loop() {
		w.do("PATCH", annUser+"/contacts/AAc12345", `{"categories":["Personal"],"displayName":"Dr. AAc12345"}`).want(b, 200)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}
