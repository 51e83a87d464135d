package run

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var (
	// ErrNoRun says that the store has no such run.
	ErrNoRun = errors.New("no such run")
	// ErrNotBegun says that a run's approval is not on record.
	ErrNotBegun = errors.New("was never begun, so nobody's approval is on record")
	// ErrOtherSnapshot says that a snapshot is not the one that a plan was made of.
	ErrOtherSnapshot = errors.New("is not the snapshot that the plan was made of")
)

// Past reads what a run did, for its undoing. The snapshots that it rests on
// are checked and opened if it deleted anything.
func (s *Store) Past(id string, keys []snapshot.Identity) (restore.Run, error) {
	r, err := s.records(id)
	if err != nil {
		return r, err
	}
	p := r.Plan
	past, err := readHistory(r.Records, p.Digest())
	if err != nil {
		return restore.Run{}, err
	}
	if p.Totals().Deletes == 0 {
		return r, nil
	}
	for _, snapshotID := range slices.Backward(past.snapshots) {
		from, err := s.Source(snapshotID, keys)
		if err != nil {
			return r, err
		}
		r.Sources = append(r.Sources, from)
	}
	return r, nil
}

// errNotBegun says that a run has no journal.
var errNotBegun = fmt.Errorf("%w: there is no %s, so nobody knows what the run did", journal.ErrDamaged, journalName)

// records reads a run's plan and journal.
func (s *Store) records(id string) (restore.Run, error) {
	dir, p, err := s.run(id)
	if err != nil {
		return restore.Run{}, err
	}
	data, err := dir.ReadFile(journalName)
	if errors.Is(err, fs.ErrNotExist) {
		return restore.Run{}, fmt.Errorf("run %s: %w", id, errNotBegun)
	}
	if err != nil {
		return restore.Run{}, err
	}
	records, err := journal.Read(data)
	if err != nil {
		return restore.Run{}, fmt.Errorf("%s of run %s: %w", journalName, id, err)
	}
	return restore.Run{ID: id, Plan: p, Records: records}, nil
}

// Earlier is what the store's runs have made, but for the one named: without
// their journals, what was imported would be imported again.
func (s *Store) Earlier(but string) (*restore.Earlier, error) {
	earlier := &restore.Earlier{}
	entries, err := s.dir.ReadDir(runsName)
	if errors.Is(err, fs.ErrNotExist) {
		return earlier, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		made := strings.HasPrefix(e.Name(), string(plan.Restore)+"-") || strings.HasPrefix(e.Name(), string(plan.Undo)+"-")
		if !made || e.Name() == but {
			continue
		}
		r, err := s.records(e.Name())
		if errors.Is(err, ErrNoRun) || errors.Is(err, errNotBegun) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look what run %s made: %w; to go on without knowing, move its folder away", e.Name(), err)
		}
		earlier.Add(r)
	}
	return earlier, nil
}

// Approved reads the plan of a run that was begun: its journal names the digest
// that was approved, and that is the plan's. ErrNotBegun for another.
func (s *Store) Approved(id string) (plan.Plan, error) {
	dir, p, err := s.run(id)
	if err != nil {
		return plan.Plan{}, err
	}
	data, err := dir.ReadFile(journalName)
	if errors.Is(err, fs.ErrNotExist) {
		return plan.Plan{}, fmt.Errorf("run %s %w", id, ErrNotBegun)
	}
	if err != nil {
		return plan.Plan{}, err
	}
	records, err := journal.Read(data)
	if err != nil {
		return plan.Plan{}, fmt.Errorf("%s of run %s: %w", journalName, id, err)
	}
	past, err := readHistory(records, p.Digest())
	if err == nil && !past.begun {
		err = fmt.Errorf("run %s %w", id, ErrNotBegun)
	}
	return p, err
}

// run opens the folder of a run that exists, with its plan.
func (s *Store) run(id string) (*durable.Dir, plan.Plan, error) {
	if !plain(id) {
		return nil, plan.Plan{}, fmt.Errorf("%w: %q in %s", ErrNoRun, id, s.Path())
	}
	name := path.Join(runsName, id)
	if _, err := s.dir.Stat(path.Join(name, planName)); errors.Is(err, fs.ErrNotExist) || errors.Is(err, durable.ErrName) {
		return nil, plan.Plan{}, fmt.Errorf("%w: %q in %s", ErrNoRun, id, s.Path())
	} else if err != nil {
		return nil, plan.Plan{}, err
	}
	dir, err := s.dir.Sub(name)
	if err != nil {
		return nil, plan.Plan{}, err
	}
	data, err := dir.ReadFile(planName)
	if err != nil {
		return nil, plan.Plan{}, err
	}
	p, err := plan.Decode(data)
	if err != nil {
		return nil, plan.Plan{}, fmt.Errorf("the plan of run %s: %w", id, err)
	}
	return dir, p, nil
}

// Source checks a snapshot, every byte of it, and opens it to make items of.
func (s *Store) Source(id string, keys []snapshot.Identity) (restore.Snapshot, error) {
	dir, err := s.Find(id)
	if err != nil {
		return restore.Snapshot{}, err
	}
	if _, err := snapshot.Verify(dir, keys...); err != nil {
		return restore.Snapshot{}, err
	}
	reader, err := snapshot.Open(dir, keys...)
	if err != nil {
		return restore.Snapshot{}, err
	}
	if err := reader.NeedsKey(); err != nil {
		return restore.Snapshot{}, err
	}
	sum, err := snapshot.Sum(dir)
	return restore.Snapshot{ID: id, Sum: sum, Reader: reader}, err
}

// planSources opens what a plan makes items of, if it makes any.
func (s *Store) planSources(p plan.Plan, keys []snapshot.Identity) (restore.Sources, error) {
	if p.Rules.Source == nil || p.Totals().Creates == 0 {
		return nil, nil
	}
	var sources restore.Sources
	for _, want := range p.Rules.Source.Snapshots {
		from, err := s.Source(want.ID, keys)
		if err != nil {
			return nil, err
		}
		if from.Sum != want.Sum {
			return nil, fmt.Errorf("snapshot %s %w: make the plan again", want.ID, ErrOtherSnapshot)
		}
		sources = append(sources, from)
	}
	return sources, nil
}

// Listed is a snapshot in a store.
type Listed struct {
	ID       string
	Manifest snapshot.Manifest
	// Err says why it cannot be used: it was not finished, or is damaged.
	Err error
}

// Snapshots lists the snapshots of the store by their ids, oldest first.
func (s *Store) Snapshots() ([]Listed, error) {
	entries, err := s.dir.ReadDir(snapshotsName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Listed
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		one := Listed{ID: e.Name()}
		dir, err := s.Find(e.Name())
		if err == nil {
			one.Manifest, err = snapshot.Load(dir)
		}
		one.Err = err
		all = append(all, one)
	}
	return all, nil
}

// Looked is what a run's journal says of it.
type Looked struct {
	Run      string
	Plan     plan.Plan
	Snapshot string
	// Copied are the mailboxes in the snapshots that it rests on, by object id.
	Copied map[string]bool
	Result apply.Result
}

// Look reads what a run did, and nothing but its plan and its journal. ErrNoRun
// when there is none, ErrNotBegun when nobody's approval is on record.
func (s *Store) Look(id string) (Looked, error) {
	r, err := s.records(id)
	if errors.Is(err, errNotBegun) {
		return Looked{}, fmt.Errorf("run %s %w", id, ErrNotBegun)
	}
	if err != nil {
		return Looked{}, err
	}
	past, err := readHistory(r.Records, r.Plan.Digest())
	if err == nil && !past.begun {
		err = fmt.Errorf("run %s %w", id, ErrNotBegun)
	}
	if err != nil {
		return Looked{}, err
	}
	copied, err := s.copied(past.snapshots)
	return Looked{id, r.Plan, past.snapshot(), copied, apply.Past(r.Plan, r.Records)}, err
}

// copied are the mailboxes that the manifests of snapshots name. A snapshot that
// somebody has put away since names none.
func (s *Store) copied(ids []string) (map[string]bool, error) {
	copied := map[string]bool{}
	for _, id := range ids {
		dir, err := s.Find(id)
		if errors.Is(err, snapshot.ErrNoSnapshot) {
			continue
		}
		if err != nil {
			return nil, err
		}
		manifest, err := snapshot.Load(dir)
		if err != nil {
			return nil, err
		}
		for _, m := range manifest.Mailboxes {
			copied[m.Account.ID] = true
		}
	}
	return copied, nil
}

// Undos looks at all runs that took others back.
func (s *Store) Undos() ([]Looked, error) {
	entries, err := s.dir.ReadDir(runsName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Looked
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), string(plan.Undo)+"-") {
			continue
		}
		one, err := s.Look(e.Name())
		switch {
		case errors.Is(err, ErrNoRun), errors.Is(err, ErrNotBegun):
		case err != nil:
			return nil, err
		default:
			all = append(all, one)
		}
	}
	return all, nil
}

// Dir is the folder of the store, for what others keep beside its runs.
func (s *Store) Dir() *durable.Dir { return s.dir }
