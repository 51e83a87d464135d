// Package run carries an approved plan through: back up, prove, apply, and
// pick up where an earlier attempt was stopped.
//
// A run is named after its plan's digest, so that the same plan always leads to
// the same run: unfinished, it goes on; finished, it does nothing more. The
// package promises that no mailbox is written before every mailbox in the plan
// was copied and the copy was read back from the disk. It refuses a plan made
// for another tenant, and a store that another process is working in.
package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// Names inside a store and inside a run's folder.
const (
	lockName      = "lock"
	snapshotsName = "snapshots"
	runsName      = "runs"
	planName      = "plan.json"
	journalName   = "journal.jsonl"
	resultName    = "result.json"
)

// Store is the folder that holds snapshots and runs.
type Store struct{ dir *durable.Dir }

// OpenStore opens the store at path, making it if missing.
func OpenStore(path string) (*Store, error) {
	dir, err := durable.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	return NewStore(dir), nil
}

// NewStore makes a store of an open folder.
func NewStore(dir *durable.Dir) *Store { return &Store{dir} }

// Path is where the store lies.
func (s *Store) Path() string { return s.dir.Path() }

// Close closes the store.
func (s *Store) Close() error { return s.dir.Close() }

// Lock keeps other processes from working in the store until release.
func (s *Store) Lock(holder durable.Holder) (release func() error, err error) {
	return s.dir.Lock(lockName, holder)
}

// Snapshot opens the folder of a snapshot, making it if missing.
func (s *Store) Snapshot(id string) (*durable.Dir, error) {
	return s.dir.Sub(path.Join(snapshotsName, id))
}

// begin opens the folder of a new snapshot. Where the id is taken, since a clock
// was set back or a backup was killed, it is that of the next millisecond.
func (s *Store) begin(now time.Time) (id string, dir *durable.Dir, err error) {
	for ; ; now = now.Add(time.Millisecond) {
		id = NewID(now)
		_, err := s.Find(id)
		if errors.Is(err, snapshot.ErrNoSnapshot) {
			dir, err = s.Snapshot(id)
			return id, dir, err
		}
		if err != nil {
			return "", nil, err
		}
	}
}

// Find opens a snapshot that exists. snapshot.ErrNoSnapshot when it does not.
func (s *Store) Find(id string) (*durable.Dir, error) {
	name := path.Join(snapshotsName, id)
	_, err := s.dir.Stat(name)
	switch {
	case !plain(id), errors.Is(err, fs.ErrNotExist), errors.Is(err, durable.ErrName):
		return nil, fmt.Errorf("%w: %q in %s", snapshot.ErrNoSnapshot, id, s.Path())
	case err != nil:
		return nil, err
	}
	return s.dir.Sub(name)
}

// plain says whether an id is the name of a folder and no way to another one.
func plain(id string) bool {
	return id != "" && id != "." && id != ".." && !strings.ContainsAny(id, `/\`)
}

// NewID names a snapshot after the moment it is taken.
func NewID(now time.Time) string { return now.UTC().Format("20060102T150405.000Z") }

// ID names the run of a plan.
func ID(p plan.Plan) string { return named(p, p.Digest()) }

func named(p plan.Plan, digest string) string {
	return string(p.Rules.Purpose) + "-" + strings.TrimPrefix(digest, "sha256:")[:16]
}

// folder opens the run's folder and keeps the plan in it, to be looked at later.
func (s *Store) folder(p plan.Plan, id string) (*durable.Dir, error) {
	dir, err := s.dir.Sub(path.Join(runsName, id))
	if err != nil {
		return nil, err
	}
	if _, err := dir.Stat(planName); errors.Is(err, fs.ErrNotExist) {
		return dir, keep(dir, p)
	} else if err != nil {
		return nil, err
	}
	return dir, nil
}

func keep(dir *durable.Dir, p plan.Plan) error {
	out, err := dir.Create(planName)
	if err != nil {
		return err
	}
	if err = p.Write(out); err == nil {
		err = out.Commit()
	}
	return errors.Join(err, out.Close())
}

// history is what a run's journal says of it.
type history struct {
	records []journal.Record
	// snapshots that the run rests on, oldest first.
	snapshots    []string
	begun, ended bool
}

// snapshot is the latest one, which most of the run rests on.
func (h history) snapshot() string {
	if len(h.snapshots) == 0 {
		return ""
	}
	return h.snapshots[len(h.snapshots)-1]
}

func readHistory(records []journal.Record, digest string) (history, error) {
	h := history{records: records}
	for _, r := range records {
		switch r.Type {
		case journal.Begin:
			if r.Digest != digest {
				return h, fmt.Errorf("%w: it was begun for plan %s", journal.ErrDamaged, r.Digest)
			}
			h.begun = true
			if r.Snapshot != "" {
				h.snapshots = append(h.snapshots, r.Snapshot)
			}
		case journal.End:
			h.ended = true
		default: // steps are apply's business
		}
	}
	if len(records) > 0 && records[0].Type != journal.Begin {
		return h, fmt.Errorf("%w: it does not begin with its beginning", journal.ErrDamaged)
	}
	return h, nil
}

// writeResult keeps the result beside the journal for people and other tools;
// nothing in this program reads it back.
func writeResult(dir *durable.Dir, tenant mailbox.Tenant, digest string, h history, result apply.Result) error {
	data, err := json.MarshalIndent(struct {
		Tenant    mailbox.Tenant `json:"tenant"`
		Digest    string         `json:"digest"`
		Snapshots []string       `json:"snapshots"`
		Result    apply.Result   `json:"result"`
	}{tenant, digest, h.snapshots, result}, "", " ")
	if err != nil {
		return err
	}
	return dir.WriteFile(resultName, append(data, '\n'))
}
