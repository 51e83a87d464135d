package plan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// ErrUnsafe says that a plan holds a step which its own rules forbid.
var ErrUnsafe = errors.New("plan breaks its own rules")

// Check is the last look at a plan before anything is changed: its rules can
// be followed, and every step is one that they allow.
func (p Plan) Check() error {
	if err := p.Rules.Check(); err != nil {
		return err
	}
	mailboxes := map[string]bool{}
	for _, m := range p.Mailboxes {
		if m.Account.ID == "" || mailboxes[m.Account.ID] {
			return fmt.Errorf("%w: mailbox %q stands in it twice or has no id", ErrUnsafe, m.Account.ID)
		}
		mailboxes[m.Account.ID] = true
		if err := p.Rules.checkSteps(m); err != nil {
			return fmt.Errorf("%w: mailbox %s: %w", ErrUnsafe, m.Account.ID, err)
		}
	}
	return nil
}

func (r Rules) checkSteps(m Mailbox) error {
	if len(m.Steps) > 0 && m.Account.Room() && !r.IncludeRooms {
		return errors.New("it is a room")
	}
	ids := map[string]bool{}
	for _, h := range m.Held {
		ids[h.ID] = true
	}
	for _, s := range m.Steps {
		if s.ID == "" || ids[s.ID] {
			return fmt.Errorf("item %q is held or stands in it twice, or has no id", s.ID)
		}
		ids[s.ID] = true
		if err := r.checkStep(s); err != nil {
			return fmt.Errorf("item %s: %w", s.ID, err)
		}
	}
	return nil
}

func (r Rules) checkStep(s Step) error {
	if !slices.Contains(r.Kinds, s.Kind) {
		return fmt.Errorf("%s were not chosen", s.Kind)
	}
	_, marked := item.MatchCategory(s.Before, r.Categories)
	_, protected := item.MatchCategory(s.Before, r.Protect)
	mails := slices.Contains(s.Hazards, MailsAttendees)
	switch {
	case r.Purpose == Purge && s.Action != Delete, r.Purpose == TagPersonal && s.Action != SetCategories:
		return fmt.Errorf("%q is no step of %s", s.Action, r.Purpose)
	case s.Action == Delete && (!marked || protected || mails):
		return errors.New("it would delete what must be held")
	case s.Action == SetCategories && (marked || mails && !r.TagMeetings):
		return errors.New("it would tag what must be held")
	case s.Action == SetCategories && !slices.Equal(s.After, append(slices.Clone(s.Before), r.Tag)):
		return errors.New("it would do more than add the tag")
	}
	return nil
}
