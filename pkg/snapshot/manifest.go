package snapshot

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/snapshot/seal"
)

// How the sum stands in a manifest: as its last member.
const (
	sumBegin = ",\n \"sum\": \""
	sumEnd   = "\"" + lastLine
	lastLine = "\n}\n"
)

// Load reads a snapshot's manifest. It does not check the files: Verify does.
func Load(dir *durable.Dir) (Manifest, error) {
	data, err := dir.ReadFile(manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, fmt.Errorf("%w: %s has no %s, so the backup was not finished", ErrNoSnapshot, dir.Path(), manifestName)
	}
	if err != nil {
		return Manifest{}, err
	}
	m, err := parseManifest(data)
	if err != nil {
		return Manifest{}, fmt.Errorf("%s in %s: %w", manifestName, dir.Path(), err)
	}
	return m, nil
}

func parseManifest(data []byte) (Manifest, error) {
	if err := checkSum(data); err != nil {
		return Manifest{}, err
	}
	var m Manifest
	err := json.Unmarshal(data, &m)
	if m.Format > format { // whatever else it may have changed
		return Manifest{}, fmt.Errorf("%w (%s)", ErrNewer, m.Tool)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	for i, b := range m.Blobs {
		if b.SHA256 == b.Name { // one text for both: a fleet has millions
			m.Blobs[i].SHA256 = b.Name
		}
	}
	same := &match{data}
	if _, err := m.write(same); err != nil || len(same.left) > 0 {
		return Manifest{}, fmt.Errorf("%w: %w", ErrDamaged, cmp.Or(err, errForeign))
	}
	return m, m.check()
}

// match is written what should be in it.
type match struct{ left []byte }

func (m *match) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(m.left, p) {
		return 0, errForeign
	}
	m.left = m.left[len(p):]
	return len(p), nil
}

// write writes the bytes of snapshot.json, with the sum from format 2 on, which it
// returns. They are those of json.MarshalIndent, element by element, since a fleet's
// would be held several times over.
func (m Manifest) write(to io.Writer) (sum string, err error) {
	boxes, blobs := m.Mailboxes, m.Blobs
	m.Mailboxes, m.Blobs, m.Sum = boxes[:0:0], blobs[:0:0], ""
	rest, err := indented(m)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	both := io.MultiWriter(to, hash)
	if rest, err = splice(both, rest, `"mailboxes": `, boxes); err == nil {
		rest, err = splice(both, rest, `"blobs": `, blobs)
	}
	if err == nil {
		_, err = both.Write(bytes.TrimSuffix(rest, []byte(lastLine)))
	}
	if err != nil {
		return "", err
	}
	_, _ = io.WriteString(hash, lastLine) // a hash takes every byte
	end := lastLine
	if m.Format >= 2 {
		sum = hex.EncodeToString(hash.Sum(nil))
		end = sumBegin + sum + sumEnd
	}
	_, err = io.WriteString(to, end)
	return sum, err
}

// splice writes text up to a list that is empty there, and the list in its place;
// it returns what follows. No text inside a JSON string looks like a member.
func splice[T any](to io.Writer, text []byte, member string, list []T) (rest []byte, err error) {
	if len(list) == 0 {
		return text, nil
	}
	before, rest, _ := bytes.Cut(text, []byte(member+"[]"))
	_, err = fmt.Fprintf(to, "%s%s[", before, member)
	comma := ""
	for i := 0; i < len(list) && err == nil; i++ {
		var one []byte
		if one, err = json.MarshalIndent(list[i], "  ", " "); err == nil {
			_, err = fmt.Fprintf(to, "%s\n  %s", comma, one)
		}
		comma = ","
	}
	if err == nil {
		_, err = io.WriteString(to, "\n ]")
	}
	return rest, err
}

func indented(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", " ")
	return append(data, '\n'), err
}

// checkSum holds a manifest's bytes against the sum in it, if it has one.
func checkSum(data []byte) error {
	at := bytes.LastIndex(data, []byte(sumBegin))
	if at < 0 {
		return nil
	}
	sum, last := bytes.CutSuffix(data[at+len(sumBegin):], []byte(sumEnd))
	hash := sha256.New()
	hash.Write(data[:at])
	hash.Write([]byte(lastLine))
	if last && len(sum) > 0 && string(sum) != hex.EncodeToString(hash.Sum(nil)) {
		return fmt.Errorf("%w: its sum is not that of its bytes", ErrDamaged)
	}
	return nil
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// codec is how the snapshot's files are kept, with nothing to open them yet.
func (m Manifest) codec() seal.Codec {
	return seal.Codec{Compressed: m.Compression != "", Encrypted: m.Encrypted()}
}

// check looks for what a manifest of ours never says.
func (m Manifest) check() error {
	if m.Compression != "" && m.Compression != zstdName {
		return fmt.Errorf("%w: compression %q is unknown", ErrNewer, m.Compression)
	}
	if m.Format < 1 || m.Format < 2 && (m.Compression != "" || m.Encrypted()) {
		return fmt.Errorf("%w: format %d", ErrDamaged, m.Format)
	}
	seen := map[string]bool{}
	for _, box := range m.Mailboxes {
		if err := m.checkMailbox(box); err != nil {
			return err
		}
		if seen[box.Folder] {
			return fmt.Errorf("%w: %s stands twice", ErrDamaged, box.Folder)
		}
		seen[box.Folder] = true
	}
	for _, b := range m.Blobs {
		if b.Name != b.SHA256 || len(b.Name) != hex.EncodedLen(sha256.Size) || seen[b.Name] {
			return fmt.Errorf("%w: blob %q is not named by its hash, or stands twice", ErrDamaged, b.Name)
		}
		seen[b.Name] = true
	}
	return nil
}

func (m Manifest) checkMailbox(box Mailbox) error {
	if box.Folder != path.Join(mailboxesName, folderName(box.Account.ID)) {
		return fmt.Errorf("%w: %q is not the folder of %s", ErrDamaged, box.Folder, box.Account.Name())
	}
	var names []string
	for _, f := range box.Files {
		names = append(names, f.Name)
	}
	if want := m.fileNames(m.Kinds); !slices.Equal(names, want) {
		return fmt.Errorf("%w: %s should have the files %q, not %q", ErrDamaged, box.Folder, want, names)
	}
	for kind := range box.Counts {
		if !slices.Contains(m.Kinds, kind) {
			return fmt.Errorf("%w: %s counts %q, which were not backed up", ErrDamaged, box.Folder, kind)
		}
	}
	return nil
}

// fileNames are the files of a mailbox in the order in which they are listed.
func (m Manifest) fileNames(kinds []item.Kind) []string {
	var names []string
	for _, kind := range kinds {
		names = append(names, m.linesName(kind))
	}
	names = append(names, m.aboutName())
	if m.Encrypted() {
		names = append(names, indexName)
	}
	return names
}

func (m Manifest) linesName(kind item.Kind) string {
	return string(kind) + linesSuffix + m.codec().Suffix()
}

func (m Manifest) aboutName() string { return mailboxName + m.codec().Suffix() }

// file finds what the manifest says of one file of a mailbox.
func (box Mailbox) file(name string) (File, bool) {
	n := slices.IndexFunc(box.Files, func(f File) bool { return f.Name == name })
	if n < 0 {
		return File{}, false
	}
	return box.Files[n], true
}
