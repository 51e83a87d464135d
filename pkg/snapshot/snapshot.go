// Package snapshot is the backup on disk: the items of mailboxes at one time,
// with Graph's own bytes.
//
// It promises that a snapshot with a manifest was written completely, came back
// from the disk as it was written, and that every byte of it can be checked
// against that manifest, without a key too; a snapshot without one does not
// exist. It refuses to call an item backed up unless the line that holds it was
// read back from the disk and hashed, and to read a snapshot that is not, byte for
// byte, what this package writes.
//
// The layout is described in docs/design.md. The folder of a mailbox bears
// its object id, or a hash of it if that is not plain, so that no remote text
// becomes a file name.
package snapshot

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot/seal"
)

var (
	// ErrNoSnapshot says that there is no manifest, and so no snapshot.
	ErrNoSnapshot = errors.New("no such snapshot")
	// ErrDamaged says that a file is not what the manifest says it was.
	ErrDamaged = errors.New("snapshot is damaged")
	// ErrNewer says that a later version of the tool wrote it.
	ErrNewer = errors.New("snapshot is from a newer version of riva-prep")
	// ErrNotEmpty says that a snapshot was to be written where something is.
	ErrNotEmpty = errors.New("folder is not empty")
	// ErrKey says that the snapshot is encrypted and no key given opens it.
	ErrKey = seal.ErrKey
)

// A snapshot is encrypted for recipients, and read with identities.
type (
	// Recipient is a public key.
	Recipient = seal.Recipient
	// Identity is a private key.
	Identity = seal.Identity
)

// format is raised whenever an older version of the tool would misread a
// snapshot. Format 1 had neither photos, streams, compression and encryption
// nor the manifest's sum; it is still read.
const format = 2

const (
	manifestName  = "snapshot.json"
	mailboxesName = "mailboxes"
	blobsName     = "blobs"
	mailboxName   = "mailbox.json"
	linesSuffix   = ".jsonl"
	indexName     = "index.jsonl"
	zstdName      = "zstd" // in Manifest.Compression
)

// Manifest is snapshot.json. It is written last, of what came back from the disk.
type Manifest struct {
	Format  int            `json:"format"`
	ID      string         `json:"id"`
	Tool    string         `json:"tool"`
	Created time.Time      `json:"created"`
	Tenant  mailbox.Tenant `json:"tenant"`
	Kinds   []item.Kind    `json:"kinds"`
	// Compression is "zstd" or empty. Recipients are the public keys that the
	// snapshot is encrypted for; none means that it is not.
	Compression string    `json:"compression,omitempty"`
	Recipients  []string  `json:"recipients,omitempty"`
	Mailboxes   []Mailbox `json:"mailboxes"`
	Blobs       []File    `json:"blobs"`
	// Sum is the SHA-256 in hex of the manifest's bytes without this member.
	// It shows accidents, not an attacker who computes it anew.
	Sum string `json:"sum,omitempty"`
}

// Encrypted says whether contents can be read with a key only.
func (m Manifest) Encrypted() bool { return len(m.Recipients) > 0 }

// Mailbox is what the manifest says of one mailbox.
type Mailbox struct {
	Account mailbox.Account   `json:"account"`
	Folder  string            `json:"folder"`
	Counts  map[item.Kind]int `json:"counts"`
	Files   []File            `json:"files"`
	// Unreadable items were listed but could not be read completely. They are
	// not in the snapshot, and nothing may delete them.
	Unreadable []Unreadable `json:"unreadable"`
	// NeedStream are items in the snapshot that only an export stream would bring
	// back, and that have none.
	NeedStream []Reference `json:"needStream,omitempty"`
	// ContactLists is how many more contacts Graph counts than it lists:
	// personal distribution lists, which it never shows.
	ContactLists int `json:"contactLists,omitempty"`
	// Streams counts the items whose export stream is in the snapshot.
	Streams int `json:"streams,omitempty"`
	// Notices are what else a person should know of the copy.
	Notices []Notice `json:"notices,omitempty"`
}

// About is what is said of a mailbox apart from its items: mailbox.json.
type About struct {
	Account mailbox.Account `json:"account"`
	Folders []item.Folder   `json:"folders"`
	// Categories are the master category list, Settings the mailboxSettings,
	// both as Graph serves them; null where they could not be read.
	Categories []json.RawMessage `json:"categories"`
	Settings   json.RawMessage   `json:"settings"`
	// Unreadable and Notices are what an encrypted snapshot's manifest leaves out
	// of its own lists: folders, titles, errors and sentences.
	Unreadable []Unreadable `json:"unreadable,omitempty"`
	Notices    []Notice     `json:"notices,omitempty"`
}

// File is one file as it is stored, compressed and encrypted if the snapshot
// is: its size in bytes and its SHA-256 in hex.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Unreadable names an item that is missing from the snapshot, and why. In the
// manifest of an encrypted snapshot Folder, Title and Error are empty.
type Unreadable struct {
	Kind   item.Kind `json:"kind"`
	Folder string    `json:"folder"`
	ID     string    `json:"id"`
	Title  string    `json:"title"`
	Error  string    `json:"error"`
}

// Reference names an item of a mailbox.
type Reference struct {
	Kind item.Kind `json:"kind"`
	ID   string    `json:"id"`
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
