package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// world is what is drawn for a round: how what nobody knows of Exchange is
// answered, whether its streams are used, and by which command items come back.
type world struct {
	facts   string
	streams string
	back    string
}

func (w world) String() string { return w.facts + "-" + w.streams + "-" + w.back }

// facts are the answers of a world: the dangerous ones, or the harmless.
func (w world) answers() tenant.Facts {
	if w.facts == "worst" {
		return tenant.Facts{} // what is unknown is played as dangerous
	}
	return tenant.Facts{
		CategoriesPatchMails: tenant.No, PastMeetingDeleteMails: tenant.No, DraftMeetingDeleteMails: tenant.No,
		CancelledMeetingDeleteMails: tenant.No, IfMatchOnPatch: tenant.Yes, IfMatchOnDelete: tenant.Yes, IfMatchOnTasks: tenant.Yes,
		PermanentDeleteMails: tenant.No, ImportMails: tenant.No, DisplayNameRecomputed: tenant.No,
	}
}

// round is a tenant and a store, and the commands that are killed on them.
type round struct {
	*campaign
	world  world
	random *rand.Rand
	folder string
	front  *front
	want   *reference // nil: nothing is killed
	made   *reference

	snapshot string            // of the backup
	runs     map[string]string // by the name of the stage
	first    contents          // the tenant before all
}

func newRound(c *campaign, seed uint64) *round {
	random := rand.New(rand.NewPCG(seed, 1))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	return &round{
		campaign: c, random: random, folder: filepath.Join(c.folder, fmt.Sprint("seed-", seed)),
		world: world{pick("worst", "best"), pick("auto", "off"), pick("undo", "restore")},
		made:  &reference{}, runs: map[string]string{},
	}
}

// stage is one command that changes something, and what it may do to the tenant.
type stage struct {
	name    string
	planned func(*round) []string // the command that makes its plan
	does    deed
}

// deed is what a command may do to items that its plan names.
type deed struct{ deletes, creates, tags bool }

// stages are the commands of a round, in order.
func (w world) stages() []stage {
	purge := stage{"purge", func(*round) []string { return []string{"purge", "--category", plugin, "--all"} }, deed{deletes: true}}
	tag := stage{"tag-personal", func(*round) []string { return []string{"tag-personal", "--category", plugin, "--all"} }, deed{tags: true}}
	untag := stage{"undo of tag-personal", undoing("tag-personal"), deed{tags: true}}
	if w.back == "undo" {
		undo := stage{"undo of purge", func(r *round) []string { return append(undoing("purge")(r), "--streams", w.streams) }, deed{creates: true}}
		return []stage{purge, undo, tag, untag}
	}
	restore := stage{"restore", func(r *round) []string { return []string{"restore", r.snapshot, "--streams", w.streams} }, deed{creates: true}}
	return []stage{purge, restore, tag, untag, {"undo of restore", undoing("restore"), deed{deletes: true}}}
}

func undoing(name string) func(*round) []string {
	return func(r *round) []string { return []string{"undo", r.runs[name]} }
}

func (r *round) path(name string) string { return filepath.Join(r.folder, name) }

// play plays the round from the backup to the last undo.
func (r *round) play(ctx context.Context) (err error) {
	if err := os.MkdirAll(r.folder, 0o700); err != nil {
		return err
	}
	if r.front, err = serve(r.world.answers(), r.path("ready.json")); err != nil {
		return err
	}
	defer r.front.close()
	if r.first, err = r.front.contents(); err != nil {
		return err
	}
	if err := r.backup(ctx); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	for _, s := range r.world.stages() {
		if err := r.stage(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// backup copies the tenant; killed, it begins anew, and nothing was changed.
func (r *round) backup(ctx context.Context) error {
	w := &watch{round: r, stage: stage{name: "backup"}, before: r.first}
	args := []string{"backup", "--all", "--streams", r.world.streams, "--output", "json", "--store", r.path("store")}
	out, err := w.carry(ctx, args, func() []string { return args })
	if err != nil {
		return err
	}
	var done struct{ Snapshot string }
	if err := json.Unmarshal([]byte(out), &done); err != nil {
		return err
	}
	r.snapshot = done.Snapshot
	if err := r.holdsAll(done.Snapshot, r.first); err != nil {
		return err
	}
	return r.verified(ctx, done.Snapshot)
}

// stage makes a plan in peace, and has it carried out among kills.
func (r *round) stage(ctx context.Context, s stage) error {
	before, err := r.front.contents()
	if err != nil {
		return err
	}
	w := &watch{round: r, stage: s, before: before, file: r.path(strings.ReplaceAll(s.name, " ", "-") + ".json")}
	args := append(s.planned(r), "--plan-out", w.file, "--store", r.path("store"))
	if _, err := r.peacefully(ctx, args); err != nil {
		return err
	}
	if err := w.readPlan(); err != nil {
		return err
	}
	r.runs[s.name] = w.plan.run()
	begin := []string{"apply", w.file, "--approve", w.plan.Digest, "--streams", r.world.streams, "--output", "json", "--store", r.path("store")}
	if _, err := w.carry(ctx, begin, func() []string { return w.goOn(begin) }); err != nil {
		return err
	}
	return w.ended(ctx)
}

// goOn is the command that goes on with a killed run: by its name, once that is
// on record; half of the time by its plan all the same.
func (w *watch) goOn(begin []string) []string {
	if w.journal().begun() && w.random.IntN(2) == 0 {
		return []string{"apply", "--resume", w.plan.run(), "--streams", w.world.streams, "--output", "json", "--store", w.path("store")}
	}
	return begin
}

// carry starts the command until it ends by itself, and looks at the tenant
// after each time it was killed.
func (w *watch) carry(ctx context.Context, args []string, next func() []string) (stdout string, err error) {
	start := time.Now()
	for attempt := range mostKills + 1 {
		got, err := w.attempt(ctx, args, w.draw(attempt))
		if err != nil {
			return "", err
		}
		if !got.killed {
			if got.code != 0 {
				return "", fmt.Errorf("%w: %s ended with %d\n%s\n%s", errBroken, strings.Join(args, " "), got.code, got.stdout, got.stderr)
			}
			return got.stdout, w.note(time.Since(start))
		}
		w.tally.killed(w.landed(got))
		if err := w.standing(); err != nil {
			return "", err
		}
		args = next()
	}
	return "", fmt.Errorf("%w: still at work after %d kills", errBroken, mostKills)
}
