// Package snapshot is the backup on disk: the items of mailboxes at one time,
// with Graph's own bytes.
//
// It promises that a snapshot with a manifest was written completely and that
// every byte of it can be checked against that manifest; a snapshot without
// one does not exist. It refuses to call an item backed up unless the line that
// holds it was read back from the disk and hashed.
//
// The layout is described in docs/design.md. The folder of a mailbox bears
// its object id, or a hash of it if that is not plain, so that no remote text
// becomes a file name.
package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

var (
	// ErrNoSnapshot says that there is no manifest, and so no snapshot.
	ErrNoSnapshot = errors.New("no such snapshot")
	// ErrDamaged says that a file is not what the manifest says it was.
	ErrDamaged = errors.New("snapshot is damaged")
	// ErrNewer says that a later version of the tool wrote it.
	ErrNewer = errors.New("snapshot is from a newer version of riva-prep")
)

// format is raised whenever an older version of the tool would misread a snapshot.
const format = 2

const (
	manifestName  = "snapshot.json"
	mailboxesName = "mailboxes"
	blobsName     = "blobs"
	mailboxName   = "mailbox.json"
)

// Manifest is snapshot.json. It is written last.
type Manifest struct {
	Format    int            `json:"format"`
	ID        string         `json:"id"`
	Tool      string         `json:"tool"`
	Created   time.Time      `json:"created"`
	Tenant    mailbox.Tenant `json:"tenant"`
	Kinds     []item.Kind    `json:"kinds"`
	Mailboxes []Mailbox      `json:"mailboxes"`
	Blobs     []File         `json:"blobs"`
}

// Mailbox is what the manifest says of one mailbox.
type Mailbox struct {
	Account mailbox.Account   `json:"account"`
	Folder  string            `json:"folder"`
	Counts  map[item.Kind]int `json:"counts"`
	Files   []File            `json:"files"`
	// Unreadable items were listed but could not be read completely. They are
	// not in the snapshot, and nothing may delete them.
	Unreadable []Unreadable `json:"unreadable"`
	// ContactLists is how many more contacts Graph counts than it lists:
	// personal distribution lists, which it never shows.
	ContactLists int `json:"contactLists,omitempty"`
	// Streams counts the items whose export stream is in the snapshot.
	Streams int `json:"streams,omitempty"`
	// Notices are in the order in which they arose.
	Notices []Notice `json:"notices"`
}

// About is what is said of a mailbox apart from its items: mailbox.json.
type About struct {
	Account mailbox.Account `json:"account"`
	Folders []item.Folder   `json:"folders"`
	// Categories are the master category list, Settings the mailboxSettings,
	// both as Graph serves them; null where they could not be read.
	Categories []json.RawMessage `json:"categories"`
	Settings   json.RawMessage   `json:"settings"`
}

// File is one file with its size in bytes and its SHA-256 in hex.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Unreadable names an item that is missing from the snapshot, and why.
type Unreadable struct {
	Kind   item.Kind `json:"kind"`
	Folder string    `json:"folder"`
	ID     string    `json:"id"`
	Title  string    `json:"title"`
	Error  string    `json:"error"`
}

// Items counts all items of the mailbox.
func (m Mailbox) Items() int {
	n := 0
	for _, count := range m.Counts {
		n += count
	}
	return n
}

// Totals counts the snapshot: items, unreadable items and bytes on disk.
func (m Manifest) Totals() (items, unreadable int, size int64) {
	for _, box := range m.Mailboxes {
		items += box.Items()
		unreadable += len(box.Unreadable)
		for _, f := range box.Files {
			size += f.Bytes
		}
	}
	for _, b := range m.Blobs {
		size += b.Bytes
	}
	return items, unreadable, size
}

// Line is one item in a .jsonl file. Item, Series and Attachments are Graph's
// bytes as served, but for line breaks between members.
type Line struct {
	Kind       item.Kind `json:"kind"`
	Folder     string    `json:"folder"`
	FolderID   string    `json:"folderId"`
	ID         string    `json:"id"`
	Version    string    `json:"version"`
	Categories []string  `json:"categories"`
	// Attachments name blobs, each one attachment as Graph served it.
	Attachments []string `json:"attachments,omitempty"`
	// ExceptionAttachments are the same for the exceptions of a series, by id.
	ExceptionAttachments map[string][]string `json:"exceptionAttachments,omitempty"`
	// Photo is a contact's picture.
	Photo *Photo `json:"photo,omitempty"`
	// Stream names the blob with Exchange's own export of the item.
	Stream string `json:"stream,omitempty"`
	// Series is a master's exceptions and cancelled occurrences.
	Series json.RawMessage `json:"series,omitempty"`
	Item   json.RawMessage `json:"item"`
}

// Photo names the blob with the bytes of a picture.
type Photo struct {
	Blob        string `json:"blob"`
	ContentType string `json:"contentType"`
}

// Parts are what Graph answers apart from an item, all as served.
type Parts struct {
	Photo *mailbox.Photo
	// Stream is Exchange's own export of the item, nil where there is none.
	Stream []byte
	// Series is set for a series master only.
	Series      json.RawMessage
	Attachments []json.RawMessage
	// Exceptions are the attachments of a series' exceptions, by their ids.
	Exceptions map[string][]json.RawMessage
}

// encode puts the raw bytes in as they are: json.Marshal would rewrite them.
func (l Line) encode() ([]byte, error) {
	series, raw := l.Series, l.Item
	l.Series, l.Item = nil, nil
	head, err := json.Marshal(struct {
		Line
		Item   *struct{} `json:"item,omitempty"`
		Series *struct{} `json:"series,omitempty"`
	}{Line: l})
	if err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(head[:len(head)-1])
	for _, member := range []struct {
		name string
		raw  json.RawMessage
	}{{"series", series}, {"item", raw}} {
		if member.raw == nil {
			continue
		}
		fmt.Fprintf(out, ",%q:", member.name)
		if err := oneLine(out, member.raw); err != nil {
			return nil, fmt.Errorf("%s %s: %w", l.Kind.Singular(), l.ID, err)
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// oneLine copies JSON untouched, unless it is spread over lines.
func oneLine(out *bytes.Buffer, raw json.RawMessage) error {
	if !json.Valid(raw) {
		return errors.New("not JSON")
	}
	if bytes.ContainsAny(raw, "\r\n") {
		return json.Compact(out, raw)
	}
	out.Write(raw)
	return nil
}

// Load reads a snapshot's manifest. It does not check the files: Verify does.
func Load(dir *durable.Dir) (Manifest, error) {
	data, err := dir.ReadFile(manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, fmt.Errorf("%w: %s has no %s, so the backup was not finished", ErrNoSnapshot, dir.Path(), manifestName)
	}
	if err != nil {
		return Manifest{}, err
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return Manifest{}, fmt.Errorf("%w: %s in %s: %w", ErrDamaged, manifestName, dir.Path(), err)
	}
	if m.Format > format {
		return Manifest{}, fmt.Errorf("%w (%s)", ErrNewer, m.Tool)
	}
	return m, nil
}
