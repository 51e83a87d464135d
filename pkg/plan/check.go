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
		if err := r.checkHeld(h); err != nil {
			return fmt.Errorf("held item %s: %w", h.ID, err)
		}
	}
	if err := r.checkFolders(m); err != nil {
		return err
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

// checkHeld: a step stands only where a person decided against it, and the rules
// allow it.
func (r Rules) checkHeld(h Held) error {
	switch {
	case h.Step == nil:
		return nil
	case h.Hazard != Kept:
		return fmt.Errorf("it has a step, and is held by a safety rule (%s)", h.Hazard)
	case h.Step.ID != h.ID || h.Step.Kind != h.Kind:
		return errors.New("its step is another item's")
	}
	return r.checkStep(*h.Step)
}

// checkFolders: only what makes items again makes folders, and only such as
// have a name.
func (r Rules) checkFolders(m Mailbox) error {
	makes := r.Purpose == Restore || r.Purpose == Undo
	if !makes && (len(m.Folders) > 0 || m.From != "") {
		return fmt.Errorf("%s makes no folders and knows no other mailbox", r.Purpose)
	}
	for _, f := range m.Folders {
		if f.FormerID == "" || len(f.Names) == 0 || slices.Contains(f.Names, "") {
			return errors.New("a folder to be made has no name or no former id")
		}
	}
	return nil
}

func (r Rules) checkStep(s Step) error {
	if !slices.Contains(r.Kinds, s.Kind) {
		return fmt.Errorf("%s were not chosen", s.Kind)
	}
	if !slices.Contains(r.actions(), s.Action) {
		return fmt.Errorf("%q is no step of %s", s.Action, r.Purpose)
	}
	if r.Purpose == Restore || r.Purpose == Undo {
		return r.checkBackStep(s)
	}
	_, marked := item.MatchCategory(s.Before, r.Categories)
	marked = marked || r.justifies(s)
	protected := r.protects(s.Before)
	mails := slices.Contains(s.Hazards, MailsAttendees)
	switch {
	case s.Action.Deletes() && (!marked || protected || mails && r.Meetings != SendCancellations):
		return errors.New("it would delete what must be held")
	case s.Action == DeletePermanently && (mails || !r.Permanent || s.Kind == item.Tasks):
		return errors.New("it would delete for good what must not be")
	case mails && s.Action.Deletes() != (len(s.Mails) > 0) || !mails && len(s.Mails) > 0:
		return errors.New("it does not say whom it mails, or mails nobody and says so")
	case !s.Action.Deletes() && s.Profile+s.Marker != "" || s.Marker != "" && !r.justifies(s):
		return errors.New("it names a marker that is not the rules'")
	case s.Action == SetCategories && (marked || r.tagMarked(s) || mails && !r.TagMeetings):
		return errors.New("it would tag what must be held")
	case s.Action == SetCategories && !tagged(s.Before, r.Tag, s.After):
		return errors.New("it would do more than add the tag")
	}
	return nil
}

// actions are what a purpose may do to an item.
func (r Rules) actions() []Action {
	return map[Purpose][]Action{
		Purge: {Delete, DeletePermanently}, TagPersonal: {SetCategories}, Restore: {Create}, Undo: {Create, SetCategories, Delete},
	}[r.Purpose]
}

// checkBackStep: nobody gets mail, nothing comes back with what was to be
// stripped, and an undo takes away the tag and nothing else.
func (r Rules) checkBackStep(s Step) error {
	mails := slices.Contains(s.Hazards, MailsAttendees)
	_, stripped := item.MatchCategory(s.After, r.Strip)
	switch {
	case s.Action == Delete && mails:
		return errors.New("it would delete what must be held")
	case s.Action == SetCategories && mails && !r.TagMeetings:
		return errors.New("it would change what must be held")
	case s.Action == SetCategories && !tagged(s.After, r.Tag, s.Before) && !tagged(s.Before, r.Tag, s.After):
		return errors.New("it would do more than take the tag away, or put it back")
	case s.Action == Create && (s.Way != ByPost && s.Way != ByStream || r.Source == nil):
		return errors.New("it does not say what the item is made of")
	case s.Action == Create && s.Way == ByStream && mails && !r.ImportMeetings:
		return errors.New("it would import what must be made without attendees")
	case s.Action == Create && stripped:
		return errors.New("it would come back with a category that is to be stripped")
	}
	return nil
}

// tagged says whether the one is the other with the tag behind it.
func tagged(categories []string, tag string, with []string) bool {
	return slices.Equal(append(slices.Clone(categories), tag), with)
}
