package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/snapshot/seal"
)

// MailboxWriter writes one mailbox. It is for one goroutine.
type MailboxWriter struct {
	w     *Writer
	dir   *durable.Dir
	about About
	entry Mailbox
	lines map[item.Kind]*sink
	index *sink // of an encrypted snapshot
	named map[*blob]bool
	// written are the mailbox's files, by path.
	written map[string]keyedHash
	closed  bool
}

// Mailbox begins a mailbox: what is about the mailbox itself goes to
// mailbox.json, its folders with their closed ones included.
func (w *Writer) Mailbox(about About) (*MailboxWriter, error) {
	if err := w.begin(); err != nil {
		return nil, err
	}
	name := path.Join(mailboxesName, folderName(about.Account.ID))
	dir, err := w.dir.Sub(name)
	if err != nil {
		return nil, err
	}
	m := &MailboxWriter{
		w: w, dir: dir, lines: map[item.Kind]*sink{}, named: map[*blob]bool{}, written: map[string]keyedHash{},
		entry: Mailbox{Account: about.Account, Folder: name, Counts: map[item.Kind]int{}, Files: []File{}, Unreadable: []Unreadable{}},
	}
	m.Describe(about)
	if w.codec.Encrypted {
		if m.index, err = create(dir, indexName, seal.Codec{}); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// folderName keeps object ids, which are plain, and hashes anything else.
func folderName(id string) string {
	plain := func(r rune) bool { return r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' }
	if id != "" && len(id) <= 64 && !slices.ContainsFunc([]rune(id), func(r rune) bool { return !plain(r) }) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "id-" + hex.EncodeToString(sum[:16])
}

// Add writes one item with its parts.
func (m *MailboxWriter) Add(it item.Item, parts Parts) error {
	line := Line{
		Kind: it.Kind, Folder: valid(it.Folder.Path), FolderID: valid(it.Folder.ID), ID: it.ID, Version: it.Version,
		Categories: append([]string{}, it.Categories...), Series: parts.Series, Item: it.Raw,
	}
	blobs, err := m.attach(&line, parts)
	if err != nil {
		return err
	}
	if err := m.write(it, line); err != nil {
		return err
	}
	for _, b := range blobs {
		m.named[b] = true
	}
	if parts.Stream != nil {
		m.entry.Streams++
	}
	m.entry.Counts[it.Kind]++
	return nil
}

// write adds an item's line, and its entry to the index.
func (m *MailboxWriter) write(it item.Item, line Line) error {
	out, err := m.sink(it.Kind)
	if err != nil {
		return err
	}
	if err := line.encode(out.text); err != nil {
		return err
	}
	if m.index == nil {
		return nil
	}
	data, err := json.Marshal(entry{it.Kind, it.ID, it.Version})
	if err != nil {
		return err
	}
	_, err = m.index.text.Write(append(data, '\n'))
	return err
}

// attach stores an item's parts and names them in its line.
func (m *MailboxWriter) attach(line *Line, parts Parts) (all []*blob, err error) {
	one := func(content []byte) (string, error) {
		b, err := m.w.blob(content)
		all = append(all, b)
		return b.file.Name, err
	}
	many := func(contents []json.RawMessage) ([]string, error) {
		var names []string
		for _, content := range contents {
			name, err := one(content)
			if err != nil {
				return nil, err
			}
			names = append(names, name)
		}
		return names, nil
	}
	if parts.Photo != nil {
		line.Photo = &Photo{ContentType: valid(parts.Photo.ContentType)}
		if line.Photo.Blob, err = one(parts.Photo.Bytes); err != nil {
			return nil, err
		}
	}
	if parts.Stream != nil {
		if line.Stream, err = one(parts.Stream); err != nil {
			return nil, err
		}
	}
	if line.Attachments, err = many(parts.Attachments); err != nil {
		return nil, err
	}
	for id, attachments := range parts.Exceptions {
		if len(attachments) == 0 {
			continue
		}
		if line.ExceptionAttachments == nil {
			line.ExceptionAttachments = map[string][]string{}
		}
		if line.ExceptionAttachments[id], err = many(attachments); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (m *MailboxWriter) sink(kind item.Kind) (*sink, error) {
	if m.lines[kind] == nil {
		out, err := create(m.dir, m.w.head.linesName(kind), m.w.codec)
		if err != nil {
			return nil, err
		}
		m.lines[kind] = out
	}
	return m.lines[kind], nil
}

// Describe replaces what was said of the mailbox in the beginning.
func (m *MailboxWriter) Describe(about About) {
	about.Folders = append([]item.Folder{}, about.Folders...)
	m.about = about
}

// valid makes a text one that JSON gives back as it is. Headers and the errors
// of other programs can hold anything.
func valid(text string) string { return strings.ToValidUTF8(text, "\ufffd") }

// Unreadable records an item that could not be read.
func (m *MailboxWriter) Unreadable(it item.Item, cause error) {
	m.entry.Unreadable = append(m.entry.Unreadable, Unreadable{
		Kind: it.Kind, Folder: valid(it.Folder.Path), ID: it.ID, Title: valid(it.Title), Error: valid(cause.Error()),
	})
}

// NeedsStream records that nothing will bring this item back.
func (m *MailboxWriter) NeedsStream(it item.Item) {
	m.entry.NeedStream = append(m.entry.NeedStream, Reference{it.Kind, it.ID})
}

// Commit makes the mailbox's files durable, one for each kind, empty ones
// included, and enters them in the manifest. What it returns has unreadable items
// and notices in full, even where the manifest does not.
func (m *MailboxWriter) Commit(kinds []item.Kind) (Mailbox, error) {
	for _, kind := range kinds {
		out, err := m.sink(kind)
		if err != nil {
			return Mailbox{}, err
		}
		if err := m.finish(out); err != nil {
			return Mailbox{}, err
		}
	}
	if err := m.writeAbout(); err != nil {
		return Mailbox{}, err
	}
	if m.index != nil {
		if err := m.finish(m.index); err != nil {
			return Mailbox{}, err
		}
	}
	m.closed = true
	m.w.enter(m)
	return m.entry, nil
}

func (m *MailboxWriter) finish(out *sink) error {
	file, keyed, err := out.commit()
	if err != nil {
		return err
	}
	m.entry.Files = append(m.entry.Files, file)
	m.written[path.Join(m.entry.Folder, file.Name)] = keyed
	return nil
}

func (m *MailboxWriter) writeAbout() error {
	m.about.Unreadable, m.about.Notices = nil, nil
	if m.w.codec.Encrypted {
		m.about.Unreadable, m.about.Notices = m.entry.Unreadable, m.entry.Notices
	}
	data, err := indented(m.about)
	if err != nil {
		return err
	}
	out, err := create(m.dir, m.w.head.aboutName(), m.w.codec)
	if err != nil {
		return err
	}
	if _, err := out.text.Write(data); err != nil {
		return errors.Join(err, out.file.Close())
	}
	return errors.Join(m.finish(out), out.file.Close())
}

// public is what the manifest says of the mailbox: of an encrypted one nothing
// that a person has written.
func (m *MailboxWriter) public() Mailbox {
	entry := m.entry
	if !m.w.codec.Encrypted {
		return entry
	}
	entry.Unreadable = []Unreadable{}
	for _, u := range m.entry.Unreadable {
		entry.Unreadable = append(entry.Unreadable, Unreadable{Kind: u.Kind, ID: u.ID})
	}
	entry.Notices = nil
	for _, n := range m.entry.Notices {
		entry.Notices = append(entry.Notices, Notice{Kind: n.Kind, Incomplete: n.Incomplete})
	}
	return entry
}

// enter puts a finished mailbox into the manifest.
func (w *Writer) enter(m *MailboxWriter) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.manifest.Mailboxes = append(w.manifest.Mailboxes, m.public())
	maps.Copy(w.written, m.written)
	for b := range m.named {
		b.used = true
	}
}

// Close gives up what was not committed, and leaves nothing of it. After Commit
// it does nothing.
func (m *MailboxWriter) Close() error {
	if m.closed {
		return nil
	}
	m.closed = true
	var errs []error
	for _, out := range m.lines {
		errs = append(errs, out.file.Close())
	}
	if m.index != nil {
		errs = append(errs, m.index.file.Close())
	}
	// The folder goes too, durably: otherwise a power failure could bring back
	// what was in it, and with it the doubt whether the snapshot is whole. After
	// a failed Commit there are files in it, and no snapshot will be.
	if len(m.entry.Files) == 0 {
		errs = append(errs, m.w.dir.Remove(m.entry.Folder))
	}
	return errors.Join(errs...)
}
