package tour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
	"github.com/riva-prep/riva-prep/pkg/survey"
)

// story is the state of one tour.
type story struct {
	Options
	ctx       context.Context
	sandbox   *sandbox.Sandbox
	directory *graph.Client
	store     *run.Store
	survey    survey.Survey

	approved string // the digest that the dry run showed
	held     []plan.Mailbox
	steps    int // planned
	done     int
	unheard  error // Out does not take what is said
}

func (s *story) play() error {
	for _, chapter := range []struct {
		title string
		play  func() error
	}{
		{"list: what lies in the mailboxes", s.list},
		{"backup: copy everything and read it back", s.backup},
		{"purge --dry-run: what would be deleted, and what is held", s.dryRun},
		{"purge: after approval by the plan's digest", s.purge},
		{"tag-personal: mark what remains", s.tag},
		{"verify: look again", s.verify},
	} {
		s.say("\n── %s", chapter.title)
		if err := errors.Join(chapter.play(), s.unheard); err != nil {
			return err
		}
	}
	return nil
}

// say tells one line. That nobody could hear it is found at the chapter's end.
func (s *story) say(format string, args ...any) {
	if _, err := fmt.Fprintf(s.Out, format+"\n", args...); err != nil {
		s.unheard = fmt.Errorf("tell the story: %w", err)
	}
}

func (s *story) list() error {
	boxes, _, err := s.survey.Count(s.ctx)
	if err != nil {
		return err
	}
	s.say("A tenant of %d mailboxes runs in this process; %s filled them for years.", len(boxes), "Salesforce for Outlook")
	s.say("One of them, as riva-prep list shows it:")
	return report.Inventory(s.Out, s.Table, boxes[:min(1, len(boxes))], nil)
}

func (s *story) backup() error {
	boxes, _, err := s.survey.Open(s.ctx)
	if err != nil {
		return err
	}
	tenant, err := s.directory.Tenant(s.ctx)
	if err != nil {
		return err
	}
	taken, err := s.store.Backup(s.ctx, run.BackupJob{
		Tenant: tenant, Mailboxes: boxes, Kinds: item.Kinds(), Tool: s.Tool, Now: s.Now, Parallel: parallel,
	})
	if err != nil {
		return err
	}
	s.say("%d items of %d mailboxes were written, read back and compared by hash:", taken.Proof.Items(), len(boxes))
	s.say("%s", taken.Folder)
	return nil
}

func (s *story) plan(rules plan.Rules) (plan.Plan, error) {
	p, err := s.survey.Plan(s.ctx, rules)
	p.Tool, p.Created = s.Tool, s.Now()
	return p, err
}

func (s *story) dryRun() error {
	p, err := s.plan(purgeRules())
	if err != nil {
		return err
	}
	t := p.Totals()
	s.say("%d of %d items carry %q and would be deleted; %d more are held:", t.Deletes, t.Items, category, t.Held)
	s.reasons(t)
	s.say("%s", p.Digest())
	s.approved = p.Digest()
	return nil
}

func (s *story) reasons(t plan.Totals) {
	for _, hazard := range plan.Hazards() {
		if n := t.HeldBy[hazard]; n > 0 {
			s.say("  %4d  %s", n, hazard.Explain())
		}
	}
}

func (s *story) purge() error {
	p, err := s.plan(purgeRules())
	if err != nil {
		return err
	}
	if p.Digest() != s.approved {
		return fmt.Errorf("%w: the dry run's digest was %s, the plan's is %s", ErrFigures, s.approved, p.Digest())
	}
	return s.carryOut(p)
}

func (s *story) tag() error {
	p, err := s.plan(tagRules())
	if err != nil {
		return err
	}
	return s.carryOut(p)
}

func (s *story) carryOut(p plan.Plan) error {
	outcome, err := s.store.Execute(s.ctx, run.Job{
		Plan: p, Directory: s.directory, Tool: s.Tool, Now: s.Now, Holder: s.Holder, Parallel: parallel, Watcher: quiet{},
	})
	if err != nil {
		return err
	}
	t := p.Totals()
	s.say("%d of %d steps done, %d skipped, %d refused; %d items held, %d needed nothing.",
		outcome.Result.Done, t.Steps(), outcome.Result.Skipped, outcome.Result.Refused, t.Held, t.Already)
	if p.Rules.Purpose == plan.TagPersonal {
		s.reasons(t)
	}
	s.held = append(s.held, p.Mailboxes...)
	s.steps += t.Steps()
	s.done += outcome.Result.Done
	return s.page(p, outcome)
}

// page keeps a report of the run beside it.
func (s *story) page(p plan.Plan, outcome run.Report) (err error) {
	var page bytes.Buffer
	if err := report.HTML(&page, p, &outcome, s.Now()); err != nil {
		return err
	}
	dir, err := durable.Open(s.store.Path())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	name := string(p.Rules.Purpose) + ".html"
	s.say("report: %s", filepath.Join(s.store.Path(), name))
	return dir.WriteFile(name, page.Bytes())
}

// verify counts again: what is left of the plug-in must be exactly what is
// held, every step must be done, and nobody must have got mail.
func (s *story) verify() error {
	boxes, _, err := s.survey.Count(s.ctx)
	if err != nil {
		return err
	}
	left, items := 0, 0
	for _, box := range boxes {
		items += box.Items
		for _, row := range box.Rows {
			if item.SameCategory(row.Category, category) {
				left += row.Items
			}
		}
	}
	held, mails := s.heldMarked(), len(s.sandbox.Outbox())
	s.say("%d changes were made. %d items remain, %d of them still carry %q: the %d that are held.", s.done, items, left, category, held)
	s.say("Mails that Exchange would have sent because of all this: %d.", mails)
	s.say("Backup, plans, journals and reports: %s", s.store.Path())
	if left != held || mails != 0 || s.done != s.steps {
		return fmt.Errorf("%w: %d of %d steps done, %d items left, %d held, %d mails", ErrFigures, s.done, s.steps, left, held, mails)
	}
	return nil
}

// heldMarked counts the held items that carry the category, each once though
// both plans hold it.
func (s *story) heldMarked() int {
	held := map[string]bool{}
	for _, part := range s.held {
		for _, h := range part.Held {
			if _, marked := item.MatchCategory(h.Categories, []string{category}); marked {
				held[part.Account.ID+" "+h.ID] = true
			}
		}
	}
	return len(held)
}

// quiet is a watcher that shows nothing: the tour tells the story itself.
type quiet struct{}

func (quiet) BackedUp(mailbox.Account, snapshot.Mailbox, error) {}
func (quiet) Proven(string, snapshot.Proof)                     {}
func (quiet) Step(apply.Outcome)                                {}
