package snapshot

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
)

// Writer makes one snapshot. Several mailboxes may be written at once.
type Writer struct {
	dir *durable.Dir

	mu       sync.Mutex
	manifest Manifest
	blobs    map[string]File
}

// NewWriter begins a snapshot in an empty folder. Head gives ID, Tool,
// Created, Tenant and Kinds of the manifest.
func NewWriter(dir *durable.Dir, head Manifest) *Writer {
	head.Format = format
	return &Writer{dir: dir, manifest: head, blobs: map[string]File{}}
}

// MailboxWriter writes one mailbox. It is for one goroutine.
type MailboxWriter struct {
	w     *Writer
	dir   *durable.Dir
	entry Mailbox
	files map[item.Kind]*durable.File
}

// Mailbox begins a mailbox: what is about the mailbox itself goes to
// mailbox.json, its folders with their closed ones included.
func (w *Writer) Mailbox(about About) (*MailboxWriter, error) {
	account := about.Account
	name := path.Join(mailboxesName, folderName(account.ID))
	dir, err := w.dir.Sub(name)
	if err != nil {
		return nil, err
	}
	m := &MailboxWriter{
		w: w, dir: dir, files: map[item.Kind]*durable.File{},
		entry: Mailbox{
			Account: account, Folder: name, Counts: map[item.Kind]int{}, Files: []File{},
			Unreadable: []Unreadable{}, Notices: []Notice{},
		},
	}
	return m, m.Describe(about)
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
		Kind: it.Kind, Folder: it.Folder.Path, FolderID: it.Folder.ID, ID: it.ID, Version: it.Version,
		Categories: append([]string{}, it.Categories...), Series: parts.Series, Item: it.Raw,
	}
	if err := m.attach(&line, parts); err != nil {
		return err
	}
	data, err := line.encode()
	if err != nil {
		return err
	}
	file, err := m.file(it.Kind)
	if err != nil {
		return err
	}
	if _, err := file.Write(append(data, '\n')); err != nil {
		return err
	}
	m.entry.Counts[it.Kind]++
	return nil
}

func (m *MailboxWriter) attach(line *Line, parts Parts) (err error) {
	if parts.Photo != nil {
		line.Photo = &Photo{ContentType: parts.Photo.ContentType}
		if line.Photo.Blob, err = m.w.blob(parts.Photo.Bytes); err != nil {
			return err
		}
	}
	if parts.Stream != nil {
		if line.Stream, err = m.w.blob(parts.Stream); err != nil {
			return err
		}
		m.entry.Streams++
	}
	if line.Attachments, err = m.w.store(parts.Attachments); err != nil {
		return err
	}
	for id, attachments := range parts.Exceptions {
		if line.ExceptionAttachments == nil {
			line.ExceptionAttachments = map[string][]string{}
		}
		if line.ExceptionAttachments[id], err = m.w.store(attachments); err != nil {
			return err
		}
	}
	return nil
}

func (m *MailboxWriter) file(kind item.Kind) (*durable.File, error) {
	if m.files[kind] == nil {
		f, err := m.dir.Create(string(kind) + ".jsonl")
		if err != nil {
			return nil, err
		}
		m.files[kind] = f
	}
	return m.files[kind], nil
}

// Unreadable records an item that could not be read.
func (m *MailboxWriter) Unreadable(it item.Item, cause error) {
	m.entry.Unreadable = append(m.entry.Unreadable, Unreadable{
		Kind: it.Kind, Folder: it.Folder.Path, ID: it.ID, Title: it.Title, Error: cause.Error(),
	})
}

// Commit makes the mailbox's files durable, one for each kind, empty ones
// included, and enters them in the manifest.
func (m *MailboxWriter) Commit(kinds []item.Kind) (Mailbox, error) {
	for _, kind := range kinds {
		file, err := m.file(kind)
		if err != nil {
			return Mailbox{}, err
		}
		if err := file.Commit(); err != nil {
			return Mailbox{}, err
		}
		m.entry.Files = append(m.entry.Files, File{string(kind) + ".jsonl", file.Size(), file.Sum()})
	}
	sum, size, err := m.dir.Hash(mailboxName)
	if err != nil {
		return Mailbox{}, err
	}
	m.entry.Files = append(m.entry.Files, File{mailboxName, size, sum})
	m.w.mu.Lock()
	defer m.w.mu.Unlock()
	m.w.manifest.Mailboxes = append(m.w.manifest.Mailboxes, m.entry)
	return m.entry, nil
}

// Close gives up what was not committed. After Commit it does nothing.
func (m *MailboxWriter) Close() error {
	var errs []error
	for _, f := range m.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// store puts contents into blobs and names them in the same order.
func (w *Writer) store(contents []json.RawMessage) ([]string, error) {
	var names []string
	for _, content := range contents {
		name, err := w.blob(content)
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}

// blob stores content once, under its hash.
func (w *Writer) blob(content []byte) (string, error) {
	sum := sha256.Sum256(content)
	name := hex.EncodeToString(sum[:])
	w.mu.Lock()
	_, known := w.blobs[name]
	w.mu.Unlock()
	if known {
		return name, nil
	}
	if _, err := w.dir.Sub(blobsName); err != nil {
		return "", err
	}
	if err := w.dir.WriteFile(path.Join(blobsName, name), content); err != nil {
		return "", err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.blobs[name] = File{name, int64(len(content)), name}
	return name, nil
}

// Commit writes the manifest. Only now does the snapshot exist.
func (w *Writer) Commit() (Manifest, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.manifest
	slices.SortFunc(m.Mailboxes, func(a, b Mailbox) int { return a.Account.Compare(b.Account) })
	m.Blobs = []File{}
	for _, b := range w.blobs {
		m.Blobs = append(m.Blobs, b)
	}
	slices.SortFunc(m.Blobs, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return Manifest{}, err
	}
	if err := w.dir.WriteFile(manifestName, append(data, '\n')); err != nil {
		return Manifest{}, fmt.Errorf("finish the snapshot: %w", err)
	}
	return m, nil
}
