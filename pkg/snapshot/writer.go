package snapshot

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"path"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/snapshot/seal"
)

// Options say how a snapshot is kept.
type Options struct {
	Compress bool
	// Recipients can open the snapshot, and nobody else; none means that it is
	// not encrypted.
	Recipients []Recipient
}

// Writer makes one snapshot. Several mailboxes may be written at once.
type Writer struct {
	dir   *durable.Dir
	codec seal.Codec
	head  Manifest     // as it was in the beginning: for the names of files
	begin func() error // once
	// shelf is the folder of the blobs, made when the first comes.
	shelf func() (*durable.Dir, error)

	mu       sync.Mutex
	manifest Manifest                    // of files, without their SHA-256
	written  map[string]keyedHash        // by the path of a file
	blobs    map[[sha256.Size]byte]*blob // by the hash of the contents
}

// blob is stored once, whoever comes first.
type blob struct {
	once sync.Once
	file File
	err  error
	used bool // a line of a committed mailbox names it
}

// NewWriter begins a snapshot in an empty folder; ErrNotEmpty comes from the
// first mailbox, or from Commit. Head gives ID, Tool, Created, Tenant and
// Kinds of the manifest.
func NewWriter(dir *durable.Dir, head Manifest, options Options) *Writer {
	head.Format = format
	if options.Compress {
		head.Compression = zstdName
	}
	for _, r := range options.Recipients {
		head.Recipients = append(head.Recipients, r.String())
	}
	codec := head.codec()
	codec.Recipients = options.Recipients
	return &Writer{
		dir: dir, codec: codec, head: head, manifest: head, written: map[string]keyedHash{}, blobs: map[[sha256.Size]byte]*blob{},
		begin: sync.OnceValue(func() error { return empty(dir) }),
		shelf: sync.OnceValues(func() (*durable.Dir, error) { return dir.Sub(blobsName) }),
	}
}

// empty refuses a folder with anything in it: a finished snapshot would be
// spoilt, and what a killed attempt left would lie in the new one.
func empty(dir *durable.Dir) error {
	entries, err := dir.ReadDir(".")
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%w: %s has %q; give the backup a folder of its own", ErrNotEmpty, dir.Path(), entries[0].Name())
	}
	return err
}

// sink is a file in the making, sealed on its way.
type sink struct {
	name string
	text io.WriteCloser
	file *durable.File
	hash maphash.Hash // of what is stored
}

func create(dir *durable.Dir, name string, codec seal.Codec) (*sink, error) {
	file, err := dir.Create(name)
	if err != nil {
		return nil, err
	}
	s := &sink{name: name, file: file}
	if s.text, err = codec.Wrap(io.MultiWriter(file, &s.hash)); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", name, err), file.Close())
	}
	return s, nil
}

// commit makes the file durable and says what is stored, but for its SHA-256.
func (s *sink) commit() (File, keyedHash, error) {
	if err := errors.Join(s.text.Close(), s.file.Commit()); err != nil {
		return File{}, keyedHash{}, err
	}
	return File{Name: s.name, Bytes: s.file.Size()}, keyedHash{s.hash.Seed(), s.hash.Sum64()}, nil
}

// blob stores content once.
func (w *Writer) blob(content []byte) (*blob, error) {
	sum := sha256.Sum256(content)
	w.mu.Lock()
	b := w.blobs[sum]
	if b == nil {
		b = &blob{}
		w.blobs[sum] = b
	}
	w.mu.Unlock()
	b.once.Do(func() { b.file, b.err = w.writeBlob(content) })
	return b, b.err
}

// writeBlob names a blob by the hash of its stored bytes, so that no key is
// needed to check it.
func (w *Writer) writeBlob(content []byte) (File, error) {
	stored, err := w.sealed(content)
	if err != nil {
		return File{}, err
	}
	shelf, err := w.shelf()
	if err != nil {
		return File{}, err
	}
	name := hashOf(stored)
	if err := shelf.Put(name, stored); err != nil {
		return File{}, err
	}
	return File{name, int64(len(stored)), name}, nil
}

func (w *Writer) sealed(content []byte) ([]byte, error) {
	if w.codec.Suffix() == "" {
		return content, nil
	}
	var out bytes.Buffer
	text, err := w.codec.Wrap(&out)
	if err != nil {
		return nil, err
	}
	if _, err := text.Write(content); err != nil {
		return nil, err
	}
	if err := text.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Commit reads the snapshot back from the disk, writes the manifest of what came
// back, and returns the proof, as Verify does. Only now does the snapshot exist, and
// nothing can be added. ErrDamaged says that something came back otherwise than it
// was written; there is no snapshot then.
func (w *Writer) Commit() (Proof, error) {
	if err := w.begin(); err != nil {
		return Proof{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	m, err := w.draft()
	if err != nil {
		return Proof{}, err
	}
	proof, err := w.readBack(m)
	if err != nil {
		return Proof{}, fmt.Errorf("read the snapshot back: %w", err)
	}
	if err := w.finish(&proof.Manifest); err != nil {
		return Proof{}, fmt.Errorf("finish the snapshot: %w", err)
	}
	return proof, nil
}

// draft is the manifest but for the SHA-256 of files. There are no more blobs then.
func (w *Writer) draft() (m Manifest, err error) {
	m = w.manifest
	m.Mailboxes = append([]Mailbox{}, m.Mailboxes...)
	order.By(m.Mailboxes, func(a, b Mailbox) int { return a.Account.Compare(b.Account) })
	m.Blobs, err = w.usedBlobs()
	w.blobs = nil // of a fleet they are millions
	return m, err
}

// finish writes the manifest, and reads it back into its place.
func (w *Writer) finish(m *Manifest) error {
	sum, err := w.writeManifest(*m)
	if err != nil {
		return err
	}
	*m = Manifest{} // a fleet's is not held twice
	if *m, err = Load(w.dir); err == nil && m.Sum != sum {
		err = fmt.Errorf("%w: %s came back otherwise than it was written", ErrDamaged, manifestName)
	}
	return err
}

func (w *Writer) writeManifest(m Manifest) (sum string, err error) {
	out, err := w.dir.Create(manifestName)
	if err != nil {
		return "", err
	}
	if sum, err = m.write(out); err == nil {
		err = out.Commit()
	}
	return sum, errors.Join(err, out.Close())
}

// usedBlobs lists the blobs, whose names are durable then, and removes those of
// mailboxes and items that did not get into the snapshot.
func (w *Writer) usedBlobs() ([]File, error) {
	list := []File{}
	if len(w.blobs) == 0 {
		return list, nil
	}
	shelf, err := w.shelf()
	if err != nil {
		return nil, err
	}
	for _, b := range w.blobs {
		if b.used {
			list = append(list, b.file)
			continue
		}
		if b.err == nil {
			if err := w.dir.Remove(path.Join(blobsName, b.file.Name)); err != nil {
				return nil, err
			}
		}
	}
	order.By(list, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	return list, shelf.SyncNames()
}
