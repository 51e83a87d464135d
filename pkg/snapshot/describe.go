package snapshot

import (
	"fmt"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/durable"
)

// Sum is the SHA-256 of a snapshot's manifest, in hex: the name of its content.
func Sum(dir *durable.Dir) (string, error) {
	sum, _, err := dir.Hash(manifestName)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoSnapshot, err)
	}
	return sum, nil
}

// Form says how the snapshot lies on the disk, for people.
func (m Manifest) Form() string {
	var words []string
	if m.Compression != "" {
		words = append(words, "compressed")
	}
	if m.Encrypted() {
		words = append(words, "encrypted")
	}
	if len(words) == 0 {
		return "plain"
	}
	return strings.Join(words, ", ")
}

// FileCount is the number of files that the manifest names.
func (m Manifest) FileCount() int {
	n := len(m.Blobs)
	for _, box := range m.Mailboxes {
		n += len(box.Files)
	}
	return n
}
