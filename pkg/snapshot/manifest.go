package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

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
	body, sum := bare(data)
	if sum != "" && sum != hashOf(body) {
		return Manifest{}, fmt.Errorf("%w: its sum is not that of its bytes", ErrDamaged)
	}
	var m Manifest
	err := json.Unmarshal(data, &m)
	if m.Format > format { // whatever else it may have changed
		return Manifest{}, fmt.Errorf("%w (%s)", ErrNewer, m.Tool)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	again, err := m.encode()
	if err != nil || !bytes.Equal(again, data) {
		return Manifest{}, fmt.Errorf("%w: %w", ErrDamaged, errors.Join(err, errForeign))
	}
	return m, m.check()
}

// encode gives the bytes of snapshot.json, with the sum from format 2 on.
func (m Manifest) encode() ([]byte, error) {
	m.Sum = ""
	data, err := indented(m)
	if err != nil || m.Format < 2 {
		return data, err
	}
	return slices.Concat(bytes.TrimSuffix(data, []byte(lastLine)), []byte(sumBegin+hashOf(data)+sumEnd)), nil
}

func indented(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", " ")
	return append(data, '\n'), err
}

// bare gives a manifest's bytes without its sum, and the sum.
func bare(data []byte) (body []byte, sum string) {
	at := bytes.LastIndex(data, []byte(sumBegin))
	if at < 0 {
		return data, ""
	}
	sum, last := strings.CutSuffix(string(data[at+len(sumBegin):]), sumEnd)
	if !last {
		return data, ""
	}
	return slices.Concat(data[:at], []byte(lastLine)), sum
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
