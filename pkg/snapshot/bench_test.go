package snapshot_test

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"hash/maphash"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// BenchmarkWays writes and verifies 500 contacts of 2 kB with a stream of 10 kB each.
func BenchmarkWays(b *testing.B) {
	for what, way := range ways(b) {
		b.Run(what, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dir := crash.NewDisk().Dir()
				w := snapshot.NewWriter(dir, head(), way.options)
				box, err := w.Mailbox(snapshot.About{Account: ann})
				if err != nil {
					b.Fatal(err)
				}
				for i := range 500 {
					it := parse(b, contacts, fmt.Sprintf(`{"id":"c%d","notes":"%02000d"}`, i, i))
					if err := box.Add(it, snapshot.Parts{Stream: fmt.Appendf(nil, "%010000d", i)}); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := box.Commit(item.Kinds()); err != nil {
					b.Fatal(err)
				}
				if _, err := w.Commit(); err != nil {
					b.Fatal(err)
				}
				if proof, err := snapshot.Verify(dir, way.keys...); err != nil || proof.Items() != 500 {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkHashes shows what it costs to hold what is written against what comes
// back, once in each direction.
func BenchmarkHashes(b *testing.B) {
	data := make([]byte, 1<<20)
	for name, hash := range map[string]hash.Hash{"keyed": &maphash.Hash{}, "SHA-256": sha256.New()} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				hash.Write(data)
			}
		})
	}
}
