package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// watch watches one command of a round, over all its attempts.
type watch struct {
	*round
	stage  stage
	before contents
	file   string // the plan; empty for a backup
	plan   planFile
}

// planFile is what the oracle reads of a plan.
type planFile struct {
	Digest string
	Plan   struct {
		Rules     struct{ Purpose string }
		Mailboxes []struct {
			Account struct{ ID string }
			Steps   []struct{ Action, ID, Version string }
		}
	}
}

// run is the name of the plan's run.
func (p planFile) run() string {
	return p.Plan.Rules.Purpose + "-" + strings.TrimPrefix(p.Digest, "sha256:")[:16]
}

// steps are the ids of the plan's steps, with the versions they are for.
func (p planFile) steps() map[string]string {
	all := map[string]string{}
	for _, box := range p.Plan.Mailboxes {
		for _, s := range box.Steps {
			all[s.ID] = s.Version
		}
	}
	return all
}

func (p planFile) planned() map[string]bool {
	all := map[string]bool{}
	for id := range p.steps() {
		all[id] = true
	}
	return all
}

func (w *watch) readPlan() error {
	data, err := os.ReadFile(w.file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &w.plan); err != nil {
		return err
	}
	if got := len(w.plan.steps()); got < 10 {
		return fmt.Errorf("%w: a plan of %d steps proves nothing", errBroken, got)
	}
	if want := due(w.before); w.stage.name == "purge" && !slices.Equal(ids(want), ids(w.plan.planned())) {
		return fmt.Errorf("%w: planned are %v, due are %v", errBroken, ids(w.plan.planned()), ids(want))
	}
	return nil
}

// due are the items that a purge should delete: they carry the category, and
// invite nobody.
func due(c contents) map[string]bool {
	all := map[string]bool{}
	for at, it := range c.items {
		categories, _ := it["categories"].([]any)
		invites := at.kind == "events" && len(members(it, "attendees")) > 0 && it["isOrganizer"] == true
		if slices.Contains(categories, any(plugin)) && !invites {
			all[c.called(at)] = true
		}
	}
	return all
}

// standing looks after a kill, and at the end: what is there, what is gone and
// where it is kept, and who got mail.
func (w *watch) standing() error {
	now, err := w.front.contents()
	if err != nil {
		return err
	}
	broken := judge(w.before, now, w.stage.does, w.plan.planned(), w.first.names())
	if mails := w.front.box.Outbox(); len(mails) > 0 {
		broken = append(broken, fmt.Sprintf("%d mails, the first to %v", len(mails), mails[0].To))
	}
	kept, err := w.kept()
	if err != nil {
		return err
	}
	for at, id := range now.former {
		if version, planned := w.plan.steps()[id]; planned && !kept[at.mailbox+" "+id+" "+version] {
			broken = append(broken, id+" is deleted, and no whole snapshot has it")
		}
	}
	if len(broken) > 0 {
		return fmt.Errorf("%w:\n  %s", errBroken, strings.Join(broken, "\n  "))
	}
	return nil
}

// kept are the versions of items that the finished snapshots of the store have.
func (r *round) kept() (map[string]bool, error) {
	kept := map[string]bool{}
	finished, err := filepath.Glob(filepath.Join(r.path("store"), "snapshots", "*", "snapshot.json"))
	for _, manifest := range finished {
		if err := keptIn(filepath.Dir(manifest), kept); err != nil {
			return nil, err
		}
	}
	return kept, err
}

func keptIn(snapshot string, kept map[string]bool) error {
	files, err := filepath.Glob(filepath.Join(snapshot, "mailboxes", "*", "*.jsonl"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for l := range bytes.Lines(data) {
			var it struct{ ID, Version string }
			if err := json.Unmarshal(l, &it); err != nil {
				return fmt.Errorf("%w: %s: %w", errBroken, file, err)
			}
			kept[filepath.Base(filepath.Dir(file))+" "+it.ID+" "+it.Version] = true
		}
	}
	return err
}

// holdsAll says whether a snapshot has every item of the tenant.
func (r *round) holdsAll(id string, c contents) error {
	kept := map[string]bool{}
	if err := keptIn(filepath.Join(r.path("store"), "snapshots", id), kept); err != nil {
		return err
	}
	for at, it := range c.items {
		if !kept[at.mailbox+" "+c.called(at)+" "+text(it, "@odata.etag")] {
			return fmt.Errorf("%w: %s %s is not in snapshot %s", errBroken, at.kind, at.id, id)
		}
	}
	return nil
}

// note looks once more when a command has ended, and compares with how it ends
// when it is left alone.
func (w *watch) note(took time.Duration) error {
	if err := w.standing(); err != nil {
		return err
	}
	now, err := w.front.contents()
	if err != nil {
		return err
	}
	got := end{contents: now.sorted(), took: took}
	got.requests, got.writes = w.front.settle()
	if w.want != nil {
		if want := w.want.ends[len(w.made.ends)].contents; !slices.Equal(want, got.contents) {
			return fmt.Errorf("%w: it ends otherwise than when it is left alone\n%s", errBroken, firstDifference(want, got.contents))
		}
	}
	w.made.ends = append(w.made.ends, got)
	return nil
}

// ended holds the journal against the plan, verifies the run's snapshots, and
// sometimes has the run gone on with once more: it must find nothing to do.
func (w *watch) ended(ctx context.Context) error {
	j := w.journal()
	for id := range w.plan.steps() {
		if n := j.done[id]; n != 1 {
			return fmt.Errorf("%w: the journal says %d times that %s is done", errBroken, n, id)
		}
	}
	for _, id := range slices.Compact(j.snapshots) {
		if id == "" {
			continue // nothing that was there is touched
		}
		if err := w.verified(ctx, id); err != nil {
			return err
		}
	}
	if w.random.IntN(4) != 0 {
		return nil
	}
	out, err := w.peacefully(ctx, []string{"apply", "--resume", w.plan.run(), "--output", "json", "--store", w.path("store")})
	if err == nil && !strings.Contains(out, `"finished": true`) {
		err = fmt.Errorf("%w: a run that has ended did something more", errBroken)
	}
	if _, writes := w.front.settle(); err == nil && writes > 0 {
		err = fmt.Errorf("%w: a run that has ended sent %d changes", errBroken, writes)
	}
	return err
}

// history is what a journal says, read without the program.
type history struct {
	last      string         // type of the last whole record
	snapshots []string       // of its beginnings
	open      map[string]int // intents without an outcome yet, by item
	done      map[string]int // outcomes "done", by item
}

func (h history) begun() bool { return len(h.snapshots) > 0 }

func (w *watch) journal() history {
	h := history{open: map[string]int{}, done: map[string]int{}}
	data, err := os.ReadFile(filepath.Join(w.path("store"), "runs", w.plan.run(), "journal.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return h
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		var r struct{ Type, Item, Result, Snapshot string }
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			break // torn
		}
		h.add(r.Type, r.Item, r.Result, r.Snapshot)
	}
	return h
}

func (h *history) add(kind, item, result, snapshot string) {
	h.last = kind
	switch kind {
	case "begin":
		h.snapshots = append(h.snapshots, snapshot)
	case "intent":
		h.open[item]++
	case "outcome":
		delete(h.open, item)
		if result == "done" {
			h.done[item]++
		}
	}
}
