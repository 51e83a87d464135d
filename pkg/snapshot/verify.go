package snapshot

import (
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
)

// Verify reads every file of a snapshot back from the disk and compares it
// with the manifest: hashes, sizes, counts, lines, the blobs that lines name,
// and that nothing else lies there. ErrDamaged names the first difference.
//
// An encrypted snapshot is verified without keys, too, by its stored bytes and
// its index; the proof is sealed then. Keys that do not fit are ErrKey.
func Verify(dir *durable.Dir, keys ...Identity) (Proof, error) {
	r, err := Open(dir, keys...)
	if err != nil {
		return Proof{}, err
	}
	return r.verify()
}

func (r *Reader) verify() (Proof, error) {
	v := verifier{Reader: r, unnamed: map[string]bool{}, proof: Proof{
		Manifest: r.manifest, Sealed: r.manifest.Encrypted() && len(r.codec.Identities) == 0, covered: map[string]bool{}, versions: map[itemHash]held{}, lost: map[itemHash]bool{},
	}}
	if err := v.all(); err != nil {
		return Proof{}, err
	}
	return v.proof, nil
}

type verifier struct {
	*Reader
	proof   Proof
	unnamed map[string]bool // blobs, true until a line names them
}

func (v *verifier) all() error {
	if err := v.strangers(); err != nil {
		return err
	}
	for _, b := range v.manifest.Blobs {
		if err := v.blob(b); err != nil {
			return err
		}
		v.unnamed[b.Name] = true
	}
	for _, box := range v.manifest.Mailboxes {
		if err := v.mailbox(box); err != nil {
			return err
		}
	}
	return v.orphans()
}

// strangers looks for what the manifest does not name. Format 1 left the files
// of mailboxes that could not be read to the end.
func (v *verifier) strangers() error {
	if v.manifest.Format == 1 {
		return nil
	}
	known := map[string]bool{manifestName: false, mailboxesName: true, blobsName: true} // true: a folder
	for _, b := range v.manifest.Blobs {
		known[path.Join(blobsName, b.Name)] = false
	}
	for _, box := range v.manifest.Mailboxes {
		known[box.Folder] = true
		for _, f := range box.Files {
			known[path.Join(box.Folder, f.Name)] = false
		}
	}
	return v.walk(".", known)
}

func (v *verifier) walk(folder string, known map[string]bool) error {
	entries, err := v.dir.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		isFolder, ok := known[name]
		if !ok || isFolder != e.IsDir() {
			return fmt.Errorf("%w: %q is not in the manifest: move it out of %s", ErrDamaged, name, v.dir.Path())
		}
		if isFolder {
			if err := v.walk(name, known); err != nil {
				return err
			}
		}
	}
	return nil
}

// untouched compares a file's stored bytes and does nothing with them.
func untouched(io.Reader) error { return nil }

// drained reads contents to their end, where they show whether they are whole.
func drained(text io.Reader) error {
	_, err := io.Copy(io.Discard, text)
	return err
}

func (v *verifier) blob(b File) error {
	name := path.Join(blobsName, b.Name)
	if v.proof.Sealed {
		return v.checked(name, b, untouched)
	}
	return v.checked(name, b, v.unsealed(name, func(text io.Reader) error { return damaged(name, drained(text)) }))
}

func (v *verifier) mailbox(box Mailbox) error {
	v.proof.covered[box.Account.ID] = true
	for _, it := range box.NeedStream {
		v.proof.lost[hashItem(box.Account.ID, it.Kind, it.ID)] = true
	}
	found := tally{counts: map[item.Kind]int{}}
	if v.manifest.Encrypted() {
		if err := v.index(box, func(e entry) error { return v.note(box, e, &found) }); err != nil {
			return err
		}
	}
	if v.proof.Sealed {
		return errors.Join(found.check(box, v.manifest.Kinds), v.closedFiles(box))
	}
	indexed := found.total()
	found = tally{counts: map[item.Kind]int{}}
	if _, err := v.About(box); err != nil {
		return err
	}
	for _, kind := range v.manifest.Kinds {
		if err := v.lines(box, kind, func(l Line) error { return v.add(box, kind, l, &found) }); err != nil {
			return err
		}
	}
	if found.streams != box.Streams {
		return fmt.Errorf("%w: %s has %d streams, the manifest says %d", ErrDamaged, box.Folder, found.streams, box.Streams)
	}
	if v.manifest.Encrypted() && indexed != found.total() {
		return fmt.Errorf("%w: %s has %d lines, its index %d", ErrDamaged, box.Folder, found.total(), indexed)
	}
	return found.check(box, v.manifest.Kinds)
}

// closedFiles compares those files of a mailbox that nobody can read here.
func (v *verifier) closedFiles(box Mailbox) error {
	for _, f := range box.Files {
		if err := v.stored(box, f.Name, untouched); err != nil {
			return err
		}
	}
	return nil
}

// note enters what the index says of one item.
func (v *verifier) note(box Mailbox, e entry, found *tally) error {
	key := hashItem(box.Account.ID, e.Kind, e.ID)
	if _, twice := v.proof.versions[key]; twice {
		return fmt.Errorf("%w: %s %s stands in the index twice", ErrDamaged, e.Kind.Singular(), e.ID)
	}
	v.proof.versions[key] = held{version: hashVersion(e.Version)}
	found.counts[e.Kind]++
	return nil
}

// add enters a line, after its head was compared with the item inside it and
// with the index.
func (v *verifier) add(box Mailbox, kind item.Kind, l Line, found *tally) error {
	it, err := l.Parse()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if l.Kind != kind || it.ID != l.ID || it.Version != l.Version {
		return fmt.Errorf("%w: %s %s does not fit its line", ErrDamaged, l.Kind.Singular(), l.ID)
	}
	for _, name := range l.Blobs() {
		if _, ok := v.unnamed[name]; !ok {
			return fmt.Errorf("%w: part %s of %s %s is missing", ErrDamaged, name, l.Kind.Singular(), l.ID)
		}
		v.unnamed[name] = false
	}
	if l.Stream != "" {
		found.streams++
	}
	found.counts[kind]++
	return v.enter(box, l)
}

func (v *verifier) enter(box Mailbox, l Line) error {
	key := hashItem(box.Account.ID, l.Kind, l.ID)
	is, known := v.proof.versions[key]
	read := held{version: hashVersion(l.Version), read: true}
	switch {
	case is.read:
		return fmt.Errorf("%w: %s %s stands in two lines", ErrDamaged, l.Kind.Singular(), l.ID)
	case v.manifest.Encrypted() && (!known || is.version != read.version):
		return fmt.Errorf("%w: %s %s is not in the index in this version", ErrDamaged, l.Kind.Singular(), l.ID)
	}
	v.proof.versions[key] = read
	return nil
}

// orphans looks for blobs that no line names. Format 1 kept those of mailboxes
// that could not be read to the end.
func (v *verifier) orphans() error {
	if v.proof.Sealed || v.manifest.Format == 1 {
		return nil
	}
	for _, b := range v.manifest.Blobs {
		if v.unnamed[b.Name] {
			return fmt.Errorf("%w: no line names blob %s", ErrDamaged, b.Name)
		}
	}
	return nil
}

// tally is what was found of a mailbox, to be compared with the manifest.
type tally struct {
	counts  map[item.Kind]int
	streams int
}

func (t tally) total() (n int) {
	for _, count := range t.counts {
		n += count
	}
	return n
}

func (t tally) check(box Mailbox, kinds []item.Kind) error {
	for _, kind := range kinds {
		if t.counts[kind] != box.Counts[kind] {
			return fmt.Errorf("%w: %s holds %d %s, the manifest says %d", ErrDamaged, box.Folder, t.counts[kind], kind, box.Counts[kind])
		}
	}
	if t.total() != box.Items() {
		return fmt.Errorf("%w: %s holds %d items, the manifest says %d", ErrDamaged, box.Folder, t.total(), box.Items())
	}
	return nil
}
