package snapshot

import (
	"encoding/json"
	"fmt"
	"path"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
)

// Folders reads a mailbox's folders, closed ones included, in the order in
// which they were listed.
func Folders(dir *durable.Dir, box Mailbox) ([]item.Folder, error) {
	name := path.Join(box.Folder, mailboxName)
	data, err := dir.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	var about struct {
		Folders []item.Folder `json:"folders"`
	}
	if err := json.Unmarshal(data, &about); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return about.Folders, nil
}

// Blob reads what is stored under a name that a line gives.
func Blob(dir *durable.Dir, name string) ([]byte, error) {
	data, err := dir.ReadFile(path.Join(blobsName, name))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return data, nil
}
