package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/rollout"
	"github.com/riva-prep/riva-prep/pkg/rollout/gate"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/scope"
)

// turn is what comes next in a wave.
type turn struct {
	part  rollout.Part
	phase rollout.Phase
	plan  plan.Plan
	watch *gate.Watch
}

// openWave reads a rollout and finds the wave, whose turn it must be.
func (a *app) openWave(ctx context.Context, o rolloutOptions, name string) (*rolling, rollout.WaveStanding, rollout.Part, error) {
	var (
		part rollout.Part
		w    rollout.WaveStanding
	)
	if o.wave == "" {
		return nil, w, part, exit.Wrong(errors.New("no wave is named"), "name it with --wave; riva-prep rollout check lists them")
	}
	r, err := a.openRollout(ctx, o, name)
	if err != nil {
		return nil, w, part, err
	}
	_, at, err := r.file.Wave(o.wave)
	if err != nil {
		return nil, w, part, exit.Wrong(err, "riva-prep rollout check lists the waves")
	}
	part = r.divided.Parts[at]
	return r, r.Standing(part), part, r.Ready(r.divided, at)
}

// members are those of a wave that the rollout still means.
func (r *rolling) members(part rollout.Part) (accounts []mailbox.Account) {
	for _, account := range part.Accounts {
		if r.Meant[account.ID] {
			accounts = append(accounts, account)
		}
	}
	return accounts
}

// prepare makes the plan of a phase.
func (a *app) prepare(ctx context.Context, r *rolling, part rollout.Part, phase rollout.Phase, canary int) (turn, error) {
	t := turn{part: part, phase: phase}
	if canary > 0 && phase == rollout.PhaseTag {
		return t, exit.Wrong(fmt.Errorf("wave %s is purged, so there is nothing for a canary", part.Wave), "leave --canary out")
	}
	rules := r.file.Purge(r.sets)
	if phase == rollout.PhaseTag {
		rules = r.file.TagRest(r.sets)
	} else {
		t.watch = &gate.Watch{Rules: rules, Category: r.file.Server.Category, Now: a.env.Now(), Planned: r.State.FirstPlan()}
	}
	var selection scope.Selection
	for _, account := range r.members(part) {
		selection.Names = append(selection.Names, account.ID)
	}
	s := a.survey(r.directory, request{selection: selection, kinds: rules.Kinds, parallel: r.parallel})
	if t.watch != nil {
		s.Look = t.watch.Look
	}
	var err error
	if t.plan, err = s.Plan(ctx, rules); err != nil {
		return t, err
	}
	if canary > 0 && phase == rollout.PhasePurge {
		t.phase, t.plan = rollout.PhaseCanary, rollout.Canary(t.plan, canary)
	}
	t.plan.Tool, t.plan.Created = version(), a.env.Now()
	return t, nil
}

// gates are those that stand closed before a plan.
func (r *rolling) gates(t turn, now map[gate.Name]*bool) []gate.Closed {
	if t.watch == nil {
		return nil
	}
	last := r.Look(r.State.LastCanary())
	q := gate.Question{
		Plan: t.plan, Profiles: r.profiles, Watch: t.watch, IsCanary: t.phase == rollout.PhaseCanary,
		Deleted: last.Deleted, NoCanary: len(last.Deleted) == 0 || len(last.Undone) > 0,
	}
	return q.Closed(func(name gate.Name) bool {
		if name == gate.Canary && q.NoCanary { // nobody can have looked
			return false
		}
		return now[name] != nil && *now[name] || r.State.Answered(name)
	})
}

func (a *app) rolloutPlan(ctx context.Context, o rolloutOptions, name string) error {
	r, w, part, err := a.openWave(ctx, o, name)
	if err != nil {
		return err
	}
	switch {
	case w.Resume != "":
		a.console.Say("run %s of wave %s was stopped; riva-prep rollout run goes on with it, as it was approved", w.Resume, part.Wave)
		return nil
	case w.Phase == rollout.PhaseDone:
		a.console.Say("wave %s is done and verified", part.Wave)
		return nil
	case w.Phase == rollout.PhaseVerify:
		a.console.Say("wave %s is to be verified; riva-prep rollout run does that", part.Wave)
		return nil
	}
	t, err := a.prepare(ctx, r, part, w.Phase, o.canary)
	if err != nil {
		return err
	}
	if err := report.Plan(a.env.Stdout, a.view(r.format), t.plan); err != nil {
		return err
	}
	if err := a.writePages(o.output.pages, t.plan, nil); err != nil {
		return err
	}
	a.tellGates(t, r.gates(t, nil))
	if !r.State.Knows(rollout.Planned, t.plan.Digest()) {
		err = a.record(r, o, rollout.Record{Event: rollout.Planned, Wave: part.Wave, Phase: t.phase, Digest: t.plan.Digest()})
	}
	if err := errors.Join(err, r.file.Limits.Check(t.plan)); err != nil {
		return err
	}
	return exit.PartialIf(len(t.plan.Skipped) > 0)
}

func (a *app) tellGates(t turn, closed []gate.Closed) {
	if t.watch != nil && t.watch.LostAndFound() > 0 {
		a.console.Warn("%s bear the sync server's category %q already: its first sync would move them to Lost & Found", words.Items(t.watch.LostAndFound()), t.watch.Category)
	}
	for _, c := range closed {
		a.console.Say("gate %s is closed: %s. %s. It is answered by %s", c.Name, c.Reason, c.Evidence, c.Flag())
	}
}

// record keeps records in the store, under its lock.
func (a *app) record(r *rolling, o rolloutOptions, records ...rollout.Record) (err error) {
	store, err := run.OpenStore(o.store.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	release, err := store.Lock(a.holder("rollout"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	for i := range records {
		records[i].Time, records[i].By = a.env.Now().UTC(), a.operator()
	}
	r.State, err = rollout.Append(store.Dir(), &r.file, records...)
	return err
}

// operator is whom the system takes the person for.
func (a *app) operator() string {
	user := cmp.Or(a.env.Getenv("USERNAME"), a.env.Getenv("USER"), a.env.Getenv("LOGNAME"), "unknown")
	return user + " at " + a.env.Host
}

// rolloutRun goes through the phases of a wave for as long as each needs no
// approval, or somebody is there to give it.
func (a *app) rolloutRun(ctx context.Context, o rolloutOptions, name string) error {
	named := o.output.html
	for first := true; ; first = false {
		r, w, part, err := a.openWave(ctx, o, name)
		if err != nil {
			return err
		}
		switch {
		case w.Resume != "":
			err = a.resumeWave(ctx, o, r, w.Resume)
		case w.Phase == rollout.PhaseDone:
			a.console.Say("wave %s is done and verified", part.Wave)
			return nil
		case w.Phase == rollout.PhaseVerify:
			err = a.verifyWave(ctx, o, r, part)
		case !first && !a.console.InTerminal:
			a.console.Say("next in wave %s is %s: riva-prep rollout plan %s --wave %s shows it", part.Wave, w.Phase, quoted(name), part.Wave)
			return nil
		default:
			if !first {
				o.output.html = phasePage(named, w.Phase)
			}
			err = a.beginPhase(ctx, o, r, part, w.Phase)
		}
		if err != nil || o.canary > 0 || w.Resume != "" && w.Resume == r.State.LastCanary() {
			return err
		}
		o.approve = "" // it was for that plan
	}
}

// phasePage is the name of the report of a later phase in the same command.
func phasePage(name string, phase rollout.Phase) string {
	if name == "" {
		return ""
	}
	ending := filepath.Ext(name)
	return strings.TrimSuffix(name, ending) + "-" + string(phase) + ending
}

// beginPhase makes the plan of a phase, asks what has to be asked, and carries it out.
func (a *app) beginPhase(ctx context.Context, o rolloutOptions, r *rolling, part rollout.Part, phase rollout.Phase) error {
	t, err := a.prepare(ctx, r, part, phase, o.canary)
	if err != nil {
		return err
	}
	if t.plan.Totals().Steps() == 0 {
		return a.nothing(r, o, t)
	}
	if err := errors.Join(a.passGates(r, o, t), r.file.Limits.Check(t.plan)); err != nil {
		return err
	}
	if r.format == report.Table {
		if err := report.Plan(a.env.Stdout, a.view(r.format), t.plan); err != nil {
			return err
		}
	}
	if err := a.approve(ctx, t.plan, o.approve); err != nil {
		return exit.Next(err, fmt.Sprintf("look at it with riva-prep rollout plan, then give --approve %s", t.plan.Digest()))
	}
	if err := a.record(r, o, rollout.Begin(part.Wave, t.phase, run.ID(t.plan), &t.plan, part.Accounts)); err != nil {
		return err
	}
	if err := a.executeWave(ctx, o, r, t.plan); err != nil {
		return err
	}
	if t.phase == rollout.PhaseCanary {
		return a.tellCanary(r, o, run.ID(t.plan))
	}
	return nil
}

// nothing notes that a phase has nothing to do.
func (a *app) nothing(r *rolling, o rolloutOptions, t turn) error {
	if t.phase == rollout.PhaseCanary {
		return exit.Refusal(errors.New("no item of the wave would be deleted, so there is nothing for a canary"), "go on without --canary")
	}
	if len(t.plan.Skipped) > 0 {
		first := t.plan.Skipped[0]
		return exit.Refusal(fmt.Errorf("%s of wave %s could not be read, the first is %s: %s", words.Mailboxes(len(t.plan.Skipped)), t.part.Wave, first.Name, first.Reason),
			"put that right, or name them under exclude in the rollout file")
	}
	a.console.Say("%s of wave %s has nothing to do", t.phase, t.part.Wave)
	record := rollout.Begin(t.part.Wave, t.phase, "", &t.plan, t.part.Accounts)
	record.Event = rollout.Nothing
	return a.record(r, o, record)
}

// passGates keeps the answers that were given, and refuses if a gate is closed.
func (a *app) passGates(r *rolling, o rolloutOptions, t turn) error {
	all := r.gates(t, nil)
	var given []rollout.Record
	for _, c := range all {
		if *o.answers[c.Name] {
			given = append(given, rollout.Record{
				Event: rollout.Answered, Wave: t.part.Wave, Phase: t.phase, Digest: t.plan.Digest(), Gate: c.Name, Evidence: c.Evidence,
			})
		}
	}
	if closed := r.gates(t, o.answers); len(closed) > 0 {
		a.tellGates(t, closed)
		return exit.Refusal(fmt.Errorf("%d of the gates before the first delete are closed, so nothing was done", len(closed)),
			"each says what answers it; riva-prep rollout plan shows them, too")
	}
	a.tellGates(t, nil)
	if len(given) == 0 {
		return nil
	}
	return a.record(r, o, given...)
}

func (a *app) executeWave(ctx context.Context, o rolloutOptions, r *rolling, p plan.Plan) error {
	copies, err := o.copies.parse()
	if err != nil {
		return err
	}
	return a.execute(ctx, execution{
		plan: p, directory: r.directory, store: o.store.path, parallel: r.parallel, format: r.format, copies: copies, pages: o.output.pages,
	})
}

// resumeWave goes on with a run, as it was approved.
func (a *app) resumeWave(ctx context.Context, o rolloutOptions, r *rolling, id string) error {
	if n := r.Barred(id); n > 0 {
		return exit.Refusal(fmt.Errorf("run %s is not at its end in %s that the rollout does not mean any more", id, words.Mailboxes(n)),
			"take the exclusion back until the run has ended, and undo it there afterwards")
	}
	var p plan.Plan
	if err := withStore(o.store.path, func(s *run.Store) (err error) { p, err = s.Approved(id); return err }); err != nil {
		return err
	}
	if o.approve != "" {
		if err := a.approve(ctx, p, o.approve); err != nil {
			return err
		}
	}
	a.console.Say("going on with run %s, approved by its digest %s", id, p.Digest())
	err := a.executeWave(ctx, o, r, p)
	if err == nil && id == r.State.LastCanary() && p.Rules.Purpose == plan.Purge {
		return a.tellCanary(r, o, id)
	}
	return err
}

// tellCanary says what to look at in the CRM, and ends the command.
func (a *app) tellCanary(r *rolling, o rolloutOptions, id string) error {
	err := withStore(o.store.path, func(s *run.Store) (err error) {
		r.Looks, err = rollout.Looks(s, r.State)
		return err
	})
	if err != nil {
		return err
	}
	for _, what := range r.Look(id).Deleted {
		a.console.Say("deleted: %s", what)
	}
	a.console.Say("look whether these are still in the CRM, after the plug-in would have had time to delete them there")
	a.console.Hint("if they are: riva-prep rollout run with --canary-ok; if not: riva-prep undo %s", id)
	return nil
}

// verifyWave reads the mailboxes again: what should be gone must be.
func (a *app) verifyWave(ctx context.Context, o rolloutOptions, r *rolling, part rollout.Part) error {
	t, err := a.prepare(ctx, r, part, rollout.PhaseVerify, 0)
	if err != nil {
		return err
	}
	if n := len(t.plan.Skipped); n > 0 {
		return exit.Refusal(fmt.Errorf("%s of wave %s could not be read, so it is not verified; the first is %s: %s",
			words.Mailboxes(n), part.Wave, t.plan.Skipped[0].Name, t.plan.Skipped[0].Reason), "run the same command again")
	}
	ids, steps := rollout.Left(t.plan)
	if steps == 0 {
		a.console.Say("wave %s is verified: no marked item is left in %s but what is held, %d", part.Wave, words.Mailboxes(len(t.plan.Mailboxes)), t.plan.Totals().Held)
		return a.record(r, o, rollout.Record{Event: rollout.Verified, Wave: part.Wave})
	}
	found := fmt.Sprintf("%s with the plug-in's markers are there again", words.Items(steps))
	if err := a.record(r, o, rollout.Record{Event: rollout.Refuted, Wave: part.Wave, Covers: ids, Evidence: found}); err != nil {
		return err
	}
	return exit.Refusal(fmt.Errorf("wave %s is not verified: %s in %s", part.Wave, found, words.Mailboxes(len(ids))),
		"somebody may still write them: look at riva-prep rollout plan, which shows the purge that is needed once more")
}

// liveness looks for what the plug-in did lately, while a plan is made.
func (a *app) liveness(rules plan.Rules) *gate.Watch {
	return &gate.Watch{Rules: rules, Now: a.env.Now()}
}

// warnRecent tells of it, if something is to be deleted: a purge by itself has no gates.
func (a *app) warnRecent(w *gate.Watch) {
	if recent := w.Recent(); recent != "" && w.Rules.Purpose == plan.Purge {
		a.console.Warn("the plug-in may still write: its items were made or changed in the last 24 hours: %s", recent)
	}
}
