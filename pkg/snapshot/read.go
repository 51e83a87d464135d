package snapshot

import (
	"encoding/json"
	"fmt"
	"path"

	"github.com/riva-prep/riva-prep/pkg/durable"
)

// ReadAbout reads what is said of a mailbox apart from its items; folders are
// in the order in which they were listed, closed ones included.
func ReadAbout(dir *durable.Dir, box Mailbox) (About, error) {
	name := path.Join(box.Folder, mailboxName)
	data, err := dir.ReadFile(name)
	if err != nil {
		return About{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	var about About
	if err := json.Unmarshal(data, &about); err != nil {
		return About{}, fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return about, nil
}

// Blob reads what is stored under a name that a line gives.
func Blob(dir *durable.Dir, name string) ([]byte, error) {
	data, err := dir.ReadFile(path.Join(blobsName, name))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return data, nil
}
