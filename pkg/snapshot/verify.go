package snapshot

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
)

// maxLine bounds one item: Exchange's own limit for a message is 150 MB.
const maxLine = 256 << 20

// Proof is what Verify read back: which version of which item is in the
// snapshot, by bytes that were on the disk and have the manifest's hash.
type Proof struct {
	Manifest Manifest
	versions map[proofKey]string
}

type proofKey struct {
	mailbox string
	kind    item.Kind
	item    string
}

// Holds says whether the snapshot holds this version of the item.
func (p Proof) Holds(mailboxID string, kind item.Kind, itemID, version string) bool {
	held, ok := p.versions[proofKey{mailboxID, kind, itemID}]
	return ok && held == version
}

// Covers says whether the snapshot holds the mailbox.
func (p Proof) Covers(mailboxID string) bool {
	return slices.ContainsFunc(p.Manifest.Mailboxes, func(m Mailbox) bool { return m.Account.ID == mailboxID })
}

// Items is the number of items proven.
func (p Proof) Items() int { return len(p.versions) }

// Verify reads every file of a snapshot back from the disk and compares it
// with the manifest: hashes, sizes, counts, lines, and the attachments that
// lines name. ErrDamaged names the first file that differs.
func Verify(dir *durable.Dir) (Proof, error) {
	m, err := Load(dir)
	if err != nil {
		return Proof{}, err
	}
	proof := Proof{Manifest: m, versions: map[proofKey]string{}}
	blobs := map[string]bool{}
	for _, b := range m.Blobs {
		if err := check(dir, path.Join(blobsName, b.Name), b); err != nil {
			return Proof{}, err
		}
		blobs[b.Name] = true
	}
	for _, box := range m.Mailboxes {
		if err := proof.mailbox(dir, box, blobs); err != nil {
			return Proof{}, err
		}
	}
	return proof, nil
}

func check(dir *durable.Dir, name string, want File) error {
	sum, size, err := dir.Hash(name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return compare(name, want, sum, size)
}

func compare(name string, want File, sum string, size int64) error {
	if size != want.Bytes || sum != want.SHA256 {
		return fmt.Errorf("%w: %s has %d bytes with hash %s, the manifest says %d with %s",
			ErrDamaged, name, size, sum, want.Bytes, want.SHA256)
	}
	return nil
}

func (p *Proof) mailbox(dir *durable.Dir, box Mailbox, blobs map[string]bool) error {
	counts := map[item.Kind]int{}
	for _, f := range box.Files {
		name := path.Join(box.Folder, f.Name)
		kind, isItems := strings.CutSuffix(f.Name, ".jsonl")
		if !isItems {
			if err := check(dir, name, f); err != nil {
				return err
			}
			continue
		}
		err := Lines(dir, name, f, func(l Line) error {
			counts[l.Kind]++
			return p.add(box.Account.ID, item.Kind(kind), l, blobs)
		})
		if err != nil {
			return err
		}
	}
	for kind, n := range box.Counts {
		if counts[kind] != n {
			return fmt.Errorf("%w: %s holds %d %s, the manifest says %d", ErrDamaged, box.Folder, counts[kind], kind, n)
		}
	}
	return nil
}

// add enters a line, after its head was compared with the item inside it.
func (p *Proof) add(mailboxID string, kind item.Kind, l Line, blobs map[string]bool) error {
	it, err := item.Parse(item.Folder{Kind: l.Kind, ID: l.FolderID, Path: l.Folder}, l.Item)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	key := proofKey{mailboxID, kind, l.ID}
	_, twice := p.versions[key]
	if l.Kind != kind || it.ID != l.ID || it.Version != l.Version || twice {
		return fmt.Errorf("%w: %s %s does not fit its line", ErrDamaged, l.Kind.Singular(), l.ID)
	}
	for _, a := range l.Blobs() {
		if !blobs[a] {
			return fmt.Errorf("%w: part %s of %s %s is missing", ErrDamaged, a, l.Kind.Singular(), l.ID)
		}
	}
	p.versions[key] = l.Version
	return nil
}

// Blobs are the names of all blobs that the line rests on.
func (l Line) Blobs() []string {
	names := slices.Concat(append(slices.Collect(maps.Values(l.ExceptionAttachments)), l.Attachments)...)
	if l.Photo != nil {
		names = append(names, l.Photo.Blob)
	}
	if l.Stream != "" {
		names = append(names, l.Stream)
	}
	return names
}

// Lines reads the items of one file from the disk, each to be used before the
// next, and compares the file with the manifest at its end.
func Lines(dir *durable.Dir, name string, want File, each func(Line) error) error {
	f, err := dir.Open(name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	hashed := &hashing{r: f, sum: sha256.New()}
	err = scan(name, hashed, each)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return compare(name, want, hex.EncodeToString(hashed.sum.Sum(nil)), hashed.size)
}

func scan(name string, r io.Reader, each func(Line) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; lines.Scan(); n++ {
		var l Line
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&l); err != nil {
			return fmt.Errorf("%w: %s, line %d: %w", ErrDamaged, name, n, err)
		}
		if err := each(l); err != nil {
			return fmt.Errorf("%s, line %d: %w", name, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return nil
}

// hashing hashes what is read through it.
type hashing struct {
	r    io.Reader
	sum  hash.Hash
	size int64
}

func (h *hashing) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	h.sum.Write(p[:n])
	h.size += int64(n)
	return n, err
}
