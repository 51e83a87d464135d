package snapshot

import (
	"fmt"
	"hash/maphash"
	"path"
)

// keyedHash is a hash of the bytes that were written to a file, with a key drawn
// for it that does not leave the process. SHA-256, which holds against people who
// search for a file of the same hash, too, takes seven times as long, and is taken
// of what comes back alone.
type keyedHash struct {
	seed maphash.Seed
	sum  uint64
}

// readBack is what a writer knows of its files, by their paths: what it has written,
// and the SHA-256 of what came back, once that is the same. That what it has written
// is JSON was seen when it came in.
type readBack struct {
	written map[string]keyedHash
	sums    map[string]string
}

// hash is what a file's bytes are to be hashed by, too; nil for files of others.
func (b *readBack) hash(name string) *maphash.Hash {
	if b == nil {
		return nil
	}
	keyed, ok := b.written[name]
	if !ok {
		return nil
	}
	var h maphash.Hash
	h.SetSeed(keyed.seed)
	return &h
}

// cameBack says whether a file's bytes are those that were written, and notes their
// SHA-256 then.
func (b *readBack) cameBack(name string, got File, keyed *maphash.Hash) bool {
	if keyed == nil || keyed.Sum64() != b.written[name].sum {
		return false
	}
	b.sums[name] = got.SHA256
	return true
}

// readBack proves what was written, and completes the manifest.
func (w *Writer) readBack(m Manifest) (Proof, error) {
	own := &readBack{w.written, map[string]string{}}
	r := &Reader{dir: w.dir, manifest: m, codec: m.codec(), own: own}
	proof, err := r.verify()
	if err != nil {
		return Proof{}, err
	}
	for _, box := range m.Mailboxes {
		for i, f := range box.Files { // those of the caller's Mailbox, too
			sum, ok := own.sums[path.Join(box.Folder, f.Name)]
			if !ok {
				return Proof{}, fmt.Errorf("%w: %s of %s did not come back", ErrDamaged, f.Name, box.Folder)
			}
			box.Files[i].SHA256 = sum
		}
	}
	return proof, nil
}
