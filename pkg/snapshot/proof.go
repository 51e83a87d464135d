package snapshot

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// Proof is what Verify read back: which version of which item is in the
// snapshot, by bytes that were on the disk and have the manifest's hash.
type Proof struct {
	Manifest Manifest
	// Sealed says that the contents were not looked at, for want of a key: every
	// byte is as it was written, and what it holds is the index's word.
	Sealed   bool
	covered  map[string]bool // mailboxes, by object id
	versions map[itemHash]held
	lost     map[itemHash]bool // once deleted: Mailbox.NeedStream
}

// itemHash stands for a mailbox, a kind and an item's id. Hashes, since ids and
// versions of a fleet would fill the memory.
type itemHash [16]byte

type held struct {
	version [15]byte // of its hash
	read    bool     // in a line, not only in the index
}

func hashItem(mailboxID string, kind item.Kind, itemID string) itemHash {
	return itemHash(digest(mailboxID, string(kind), itemID)[:16])
}

func hashVersion(version string) [15]byte { return [15]byte(digest(version)[:15]) }

// digest hashes texts with their lengths, so that none can run into the next.
func digest(texts ...string) []byte {
	var data []byte
	for _, text := range texts {
		data = binary.BigEndian.AppendUint64(data, uint64(len(text)))
		data = append(data, text...)
	}
	sum := sha256.Sum256(data)
	return sum[:]
}

// Holds says whether the snapshot holds this version of the item.
func (p Proof) Holds(mailboxID string, kind item.Kind, itemID, version string) bool {
	is, ok := p.versions[hashItem(mailboxID, kind, itemID)]
	return ok && is.version == hashVersion(version)
}

// Restores says whether the item can be made again of what the snapshot holds of
// this version.
func (p Proof) Restores(mailboxID string, kind item.Kind, itemID, version string) bool {
	return p.Holds(mailboxID, kind, itemID, version) && !p.lost[hashItem(mailboxID, kind, itemID)]
}

// Covers says whether the snapshot holds the mailbox.
func (p Proof) Covers(mailboxID string) bool { return p.covered[mailboxID] }

// Items is the number of items proven.
func (p Proof) Items() int { return len(p.versions) }
