package snapshot

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/maphash"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot/seal"
)

// maxLine bounds one item: Exchange's own limit for a message is 150 MB.
const maxLine = 256 << 20

// Reader reads a snapshot's contents. What it hands out was compared with the
// manifest's hashes, at the end of a file at the latest. It is safe for use by
// many goroutines.
type Reader struct {
	dir      *durable.Dir
	manifest Manifest
	codec    seal.Codec
	// own is what this process knows of the files, if it has written them.
	own *readBack
}

// Open begins to read a snapshot of this format or an older one. Keys are
// needed for an encrypted one only; whether they fit shows at the first
// reading of contents, as ErrKey.
func Open(dir *durable.Dir, keys ...Identity) (*Reader, error) {
	m, err := Load(dir)
	if err != nil {
		return nil, err
	}
	codec := m.codec()
	codec.Identities = keys
	return &Reader{dir: dir, manifest: m, codec: codec}, nil
}

// NeedsKey is ErrKey where the contents cannot be read, since no key was given.
func (r *Reader) NeedsKey() error {
	if !r.manifest.Encrypted() || len(r.codec.Identities) > 0 {
		return nil
	}
	return fmt.Errorf("snapshot %s is encrypted: %w", r.manifest.ID, r.wanted())
}

// wanted says which key would do.
func (r *Reader) wanted() error {
	return fmt.Errorf("%w; give the one whose public key is %s with --identity", ErrKey, r.recipients())
}

// Manifest is what snapshot.json says.
func (r *Reader) Manifest() Manifest { return r.manifest }

// Find looks a mailbox up by its account's object id.
func (r *Reader) Find(mailboxID string) (Mailbox, bool) {
	boxes := r.manifest.Mailboxes
	n := slices.IndexFunc(boxes, func(m Mailbox) bool { return m.Account.ID == mailboxID })
	if n < 0 {
		return Mailbox{}, false
	}
	return boxes[n], true
}

// About reads what is said of a mailbox apart from its items; folders are in
// the order in which they were listed, closed ones included.
func (r *Reader) About(box Mailbox) (about About, err error) {
	name := r.manifest.aboutName()
	err = r.text(box, name, func(text io.Reader) error {
		data, err := io.ReadAll(text)
		if err == nil {
			about, err = r.parseAbout(data)
		}
		if err == nil && about.Account != box.Account {
			err = errors.New("it is of another account")
		}
		return damaged(path.Join(box.Folder, name), err)
	})
	if err != nil {
		return About{}, err
	}
	return about, nil
}

// parseAbout takes mailbox.json only as the writer makes it.
func (r *Reader) parseAbout(data []byte) (About, error) {
	var about About
	if err := json.Unmarshal(data, &about); err != nil {
		return About{}, err
	}
	again, err := indented(about)
	if r.manifest.Format == 1 {
		again, err = indented(struct {
			Account mailbox.Account `json:"account"`
			Folders []item.Folder   `json:"folders"`
		}{about.Account, about.Folders})
	}
	if err != nil {
		return About{}, err
	}
	if !bytes.Equal(again, data) {
		return About{}, errForeign
	}
	if string(about.Settings) == "null" {
		about.Settings = nil
	}
	return about, nil
}

// Lines reads the items of one kind in the order in which Graph served them.
func (r *Reader) Lines(box Mailbox, kind item.Kind, each func(Line) error) error {
	return r.lines(box, kind, func(l Line) error {
		l.Series, l.Item = bytes.Clone(l.Series), bytes.Clone(l.Item)
		return each(l)
	})
}

// lines is Lines with raw bytes that the next line overwrites.
func (r *Reader) lines(box Mailbox, kind item.Kind, each func(Line) error) error {
	name := r.manifest.linesName(kind)
	return r.text(box, name, func(text io.Reader) error {
		parse := func(data []byte) (Line, error) { return parseLine(data, r.own != nil) }
		return scan(path.Join(box.Folder, name), text, parse, each)
	})
}

// index reads the plain list of an encrypted mailbox.
func (r *Reader) index(box Mailbox, each func(entry) error) error {
	return r.stored(box, indexName, func(raw io.Reader) error {
		return scan(path.Join(box.Folder, indexName), raw, parseEntry, each)
	})
}

// Blob reads what is stored under a name that a line gives.
func (r *Reader) Blob(name string) ([]byte, error) {
	full := path.Join(blobsName, name)
	data, err := r.dir.ReadFile(full)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if sum := hashOf(data); sum != name {
		return nil, fmt.Errorf("%w: %s has hash %s", ErrDamaged, full, sum)
	}
	content, err := r.codec.Unwrap(bytes.NewReader(data))
	if err != nil {
		return nil, r.closed(full, err)
	}
	out, err := io.ReadAll(content)
	return out, damaged(full, errors.Join(err, content.Close()))
}

// text reads one of a mailbox's files as it was before it was sealed.
func (r *Reader) text(box Mailbox, name string, use func(io.Reader) error) error {
	return r.stored(box, name, r.unsealed(path.Join(box.Folder, name), use))
}

func (r *Reader) stored(box Mailbox, name string, use func(io.Reader) error) error {
	want, ok := box.file(name)
	if !ok {
		return fmt.Errorf("%w: %s has no %s", ErrDamaged, box.Folder, name)
	}
	return r.checked(path.Join(box.Folder, name), want, use)
}

func (r *Reader) unsealed(name string, use func(io.Reader) error) func(io.Reader) error {
	return func(raw io.Reader) error {
		text, err := r.codec.Unwrap(raw)
		if err != nil {
			return r.closed(name, err)
		}
		return errors.Join(use(text), text.Close())
	}
}

// checked lets use read a file's stored bytes, reads what it left, and compares
// the file with the manifest. Damage is told before what use made of it: it may
// be the cause.
func (r *Reader) checked(name string, want File, use func(io.Reader) error) error {
	f, err := r.dir.Open(name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	hashed := &hashing{r: f, sum: sha256.New(), keyed: r.own.hash(name)}
	used := use(hashed)
	_, err = io.Copy(io.Discard, hashed)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	got := File{want.Name, hashed.size, hex.EncodeToString(hashed.sum.Sum(nil))}
	if r.own.cameBack(name, got, hashed.keyed) {
		want.SHA256 = got.SHA256
	}
	if got != want {
		return fmt.Errorf("%w: %s has %d bytes with hash %s, it should have %d with %s",
			ErrDamaged, name, got.Bytes, got.SHA256, want.Bytes, cmp.Or(want.SHA256, "another"))
	}
	return used
}

// closed says why a file could not be opened: for want of its key, or because
// it is not what a writer makes.
func (r *Reader) closed(name string, err error) error {
	if errors.Is(err, ErrKey) {
		return r.wanted()
	}
	return damaged(name, err)
}

// shown is how much of a public key is enough to know it by; those of age's
// post-quantum kind have 1,959 characters.
const shown = 64

func (r *Reader) recipients() string {
	var names []string
	for _, name := range r.manifest.Recipients {
		if len(name) > shown {
			name = name[:shown] + "…"
		}
		names = append(names, name)
	}
	return strings.Join(names, " or ")
}

// damaged is nil for nil.
func damaged(name string, err error) error {
	if err == nil || errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
}

// scan reads a file of lines, each of which parse makes something of.
func scan[T any](name string, r io.Reader, parse func([]byte) (T, error), each func(T) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; lines.Scan(); n++ {
		parsed, err := parse(lines.Bytes())
		if err != nil {
			return fmt.Errorf("%w: %s, line %d: %w", ErrDamaged, name, n, err)
		}
		if err := each(parsed); err != nil {
			return fmt.Errorf("%s, line %d: %w", name, n, err)
		}
	}
	return damaged(name, lines.Err())
}

// hashing hashes what is read through it.
type hashing struct {
	r     io.Reader
	sum   hash.Hash
	keyed *maphash.Hash // nil but for a readBack
	size  int64
}

func (h *hashing) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	h.sum.Write(p[:n])
	if h.keyed != nil {
		_, _ = h.keyed.Write(p[:n]) // a hash takes every byte
	}
	h.size += int64(n)
	return n, err
}
