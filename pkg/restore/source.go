package restore

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// Reader reads a snapshot. *snapshot.Reader is one.
type Reader interface {
	Manifest() snapshot.Manifest
	About(snapshot.Mailbox) (snapshot.About, error)
	Lines(snapshot.Mailbox, item.Kind, func(snapshot.Line) error) error
	Blob(name string) ([]byte, error)
}

// Snapshot is one that items come from.
type Snapshot struct {
	ID string
	// Sum is the SHA-256 of its manifest, in hex.
	Sum    string
	Reader Reader
}

// Sources are snapshots, those looked at first standing first. They are what
// apply makes items of.
type Sources []Snapshot

// Lines implements apply.Source.
func (s Sources) Lines(mailboxID string, kind item.Kind, each func(snapshot.Line) error) error {
	for _, from := range s {
		for _, box := range from.Reader.Manifest().Mailboxes {
			if box.Account.ID != mailboxID {
				continue
			}
			if _, has := box.Counts[kind]; !has {
				continue
			}
			if err := from.Reader.Lines(box, kind, each); err != nil {
				return fmt.Errorf("snapshot %s: %w", from.ID, err)
			}
		}
	}
	return nil
}

// Blob implements apply.Source.
func (s Sources) Blob(name string) ([]byte, error) {
	var missing error
	for _, from := range s {
		data, err := from.Reader.Blob(name)
		if err == nil {
			return data, nil
		}
		missing = errors.Join(missing, err)
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return nil, missing
}

// rule names the snapshots in a plan's rules.
func (s Sources) rule() *plan.Source {
	var named []plan.SourceSnapshot
	for _, from := range s {
		named = append(named, plan.SourceSnapshot{ID: from.ID, Sum: from.Sum})
	}
	if named == nil {
		return nil
	}
	return &plan.Source{Snapshots: named}
}
