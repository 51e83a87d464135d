package rollout

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/run"
)

// ErrOrder says that a wave has to wait for another one.
var ErrOrder = errors.New("wave has to wait")

// Look is what the journal of a run says, by mailbox.
type Look struct {
	// Begun: its approval is on record, so that it goes on by its name.
	Begun    bool
	Snapshot string
	// Copied are the mailboxes in its backup.
	Copied map[string]bool
	Boxes  map[string]Box
	// Deleted are the titles of what it deleted, with their mailboxes.
	Deleted []string
	// Undone are the mailboxes in which another run took something of it back.
	Undone map[string]bool
}

// Box is what a run did in one mailbox.
type Box struct {
	Done, Skipped, Refused, Unknown, Pending, Held int
	Failure                                        string
}

func (b Box) open() bool { return b.Refused+b.Unknown+b.Pending > 0 }

// Looks reads what became of the runs of a rollout, and which were undone.
func Looks(store *run.Store, s State) (map[string]*Look, error) {
	looks := map[string]*Look{}
	for _, id := range s.Runs() {
		past, err := store.Look(id)
		if errors.Is(err, run.ErrNoRun) || errors.Is(err, run.ErrNotBegun) {
			looks[id] = &Look{Undone: map[string]bool{}}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look what run %s did: %w", id, err)
		}
		looks[id] = look(&past)
	}
	if len(looks) == 0 {
		return looks, nil
	}
	undos, err := store.Undos()
	if err != nil {
		return nil, err
	}
	for _, undo := range undos {
		of, ours := looks[undo.Plan.Rules.Run]
		if !ours {
			continue
		}
		for id, box := range look(&undo).Boxes {
			if box.Done > 0 {
				of.Undone[id] = true
			}
		}
	}
	return looks, nil
}

func look(past *run.Looked) *Look {
	l := &Look{Begun: true, Snapshot: past.Snapshot, Copied: past.Copied, Boxes: map[string]Box{}, Undone: map[string]bool{}}
	for i, m := range past.Result.Mailboxes {
		part := past.Plan.Mailboxes[i]
		box := Box{Done: m.Done, Held: len(part.Held), Failure: m.Failure}
		others := map[string]bool{}
		for _, o := range m.Others {
			others[o.Step.ID] = true
			box.count(o)
		}
		for _, s := range part.Steps {
			if s.Action.Deletes() && !others[s.ID] {
				l.Deleted = append(l.Deleted, fmt.Sprintf("%s %q of %s", s.Kind.Singular(), s.Title, m.Account.Name()))
			}
		}
		l.Boxes[m.Account.ID] = box
	}
	return l
}

func (b *Box) count(o apply.Outcome) {
	switch o.Result {
	case journal.Skipped:
		b.Skipped++
	case journal.Refused:
		b.Refused++
		b.Failure = o.Detail
	case journal.Unknown:
		b.Unknown++
	default:
		b.Pending++
	}
}

// Word is how far a mailbox has come.
type Word string

// The words.
const (
	Waiting  Word = "waiting"
	BackedUp Word = "backed-up"
	Done     Word = "done"
	Held     Word = "held"
	Failed   Word = "failed"
	Undone   Word = "undone"
)

// Words lists them.
func Words() []Word { return []Word{Waiting, BackedUp, Done, Held, Failed, Undone} }

// Standing is how far one mailbox has come.
type Standing struct {
	Account mailbox.Account `json:"account"`
	Wave    string          `json:"wave"`
	State   Word            `json:"state"`
	// Phase is what comes next there.
	Phase    Phase  `json:"next"`
	Deleted  int    `json:"deleted"`
	Tagged   int    `json:"tagged"`
	Held     int    `json:"held"`
	Snapshot string `json:"snapshot,omitempty"`
	Detail   string `json:"detail,omitempty"`
}

// WaveStanding is how far a wave is: what comes next in it, and how far its mailboxes are.
type WaveStanding struct {
	Wave  string `json:"wave"`
	Phase Phase  `json:"next"`
	// Resume is the run that goes on, if one was stopped.
	Resume    string         `json:"resume,omitempty"`
	Mailboxes []Standing     `json:"mailboxes"`
	Counts    map[string]int `json:"counts"`
}

// Books are a rollout's state and its runs, read together.
type Books struct {
	State State
	Looks map[string]*Look
	// Meant are the mailboxes that the rollout means now, by object id. What is
	// excluded later keeps nobody waiting.
	Meant map[string]bool
}

// Look is what is known of a run, empty if nothing is.
func (b *Books) Look(id string) *Look {
	if l := b.Looks[id]; l != nil {
		return l
	}
	return &Look{}
}

// Standing says how far a wave is.
func (b *Books) Standing(part Part) WaveStanding {
	w := WaveStanding{Wave: part.Wave, Resume: b.unfinished(part.Wave), Mailboxes: []Standing{}, Counts: map[string]int{}}
	verified := b.verified(part.Wave)
	w.Phase = PhaseDone
	for _, account := range part.Accounts {
		if !b.Meant[account.ID] {
			continue
		}
		s := b.mailbox(part.Wave, account, verified)
		if earlier(s.Phase, w.Phase) {
			w.Phase = s.Phase
		}
		w.Mailboxes = append(w.Mailboxes, s)
		w.Counts[string(s.State)]++
	}
	return w
}

func earlier(a, b Phase) bool {
	order := []Phase{PhasePurge, PhaseTag, PhaseVerify, PhaseDone}
	return slices.Index(order, a) < slices.Index(order, b)
}

// unfinished is a run of the wave that was begun and has something left to do in a
// mailbox that is still meant.
func (b *Books) unfinished(wave string) string {
	for _, r := range b.State.Records {
		if r.Event != Begun || r.Wave != wave {
			continue
		}
		for id, box := range b.Look(r.Run).Boxes {
			if b.Meant[id] && box.open() {
				return r.Run
			}
		}
	}
	return ""
}

// Barred are mailboxes that a run would go on with, and that the rollout does not
// mean any more.
func (b *Books) Barred(id string) (n int) {
	for mailboxID, box := range b.Look(id).Boxes {
		if box.open() && !b.Meant[mailboxID] {
			n++
		}
	}
	return n
}

// verified says whether the wave was verified since it last changed something.
func (b *Books) verified(wave string) bool {
	verified := false
	for _, r := range b.State.Records {
		if r.Wave != wave {
			continue
		}
		switch r.Event {
		case Verified:
			verified = true
		case Begun, Nothing, Refuted:
			verified = false
		case Planned, Answered:
		}
	}
	return verified
}

// mailbox goes through what was done there.
func (b *Books) mailbox(wave string, account mailbox.Account, verified bool) Standing {
	s := Standing{Account: account, Wave: wave, State: Waiting, Phase: PhasePurge}
	for i, r := range b.State.Records {
		if r.Wave != wave || b.State.again(i) {
			continue
		}
		covers := slices.Contains(r.Covers, account.ID)
		switch {
		case r.Event == Begun && r.Phase != PhaseCanary && b.Look(r.Run).Begun:
			if !covers && s.State == Waiting {
				s.State, s.Detail = Failed, "it could not be read when the wave was planned"
			}
			if covers {
				s.take(&r, b.Look(r.Run))
			}
		case r.Event == Begun && covers && b.Look(r.Run).Begun:
			s.take(&r, b.Look(r.Run))
		case r.Event == Nothing && covers:
			s.passed(r.Phase)
		case r.Event == Refuted && covers:
			s.State, s.Phase, s.Detail = BackedUp, PhasePurge, r.Evidence
		}
	}
	if s.Phase == PhaseVerify && verified {
		s.Phase = PhaseDone
		if s.State = Done; s.Held > 0 {
			s.State = Held
		}
	}
	return s
}

// passed moves on to the phase after.
func (s *Standing) passed(phase Phase) {
	switch phase {
	case PhasePurge:
		s.Phase = PhaseTag
	case PhaseTag:
		if s.Phase == PhaseTag {
			s.Phase = PhaseVerify
		}
	case PhaseCanary, PhaseVerify, PhaseDone:
		return
	}
	s.State, s.Detail = BackedUp, ""
}

// take counts what a run did in the mailbox.
func (s *Standing) take(r *Record, l *Look) {
	box := l.Boxes[s.Account.ID]
	if s.Snapshot = l.Snapshot; s.State == Undone && r.Phase == PhaseTag && s.Phase == PhasePurge {
		if !l.Undone[s.Account.ID] {
			s.Tagged += box.Done
		}
		return // what came before it was undone
	}
	s.State, s.Detail = BackedUp, ""
	switch {
	case l.Undone[s.Account.ID]:
		s.State, s.Detail = Undone, "run "+r.Run+" was undone"
		if r.Phase == PhasePurge {
			s.Phase, s.Deleted, s.Held = PhasePurge, 0, 0
		}
		if r.Phase == PhaseTag {
			s.Phase, s.Tagged = PhaseTag, 0
		}
		return
	case box.Refused > 0:
		s.State, s.Detail = Failed, fmt.Sprintf("%d steps refused: %s", box.Refused, box.Failure)
	case box.Pending > 0 && !l.Copied[s.Account.ID]:
		s.State, s.Detail = Failed, "it could not be backed up, so nothing was changed there"
	case box.open():
		s.Detail = fmt.Sprintf("%d of %d steps to do", box.Pending+box.Unknown, box.Pending+box.Unknown+box.Done+box.Skipped)
	}
	if r.Phase == PhaseTag {
		s.Tagged += box.Done
	} else {
		s.Deleted += box.Done
	}
	if r.Phase == PhasePurge {
		s.Held = box.Held
	}
	if !box.open() {
		s.passed(r.Phase)
	}
}

// shown is how many mailboxes a message names.
const shown = 3

// Ready refuses a wave before whose turn another one comes.
func (b *Books) Ready(d Divided, at int) error {
	for _, part := range d.Parts[:at] {
		w := b.Standing(part)
		if w.Phase == PhaseDone {
			continue
		}
		var open []string
		for _, s := range w.Mailboxes {
			if s.Phase != PhaseDone {
				open = append(open, fmt.Sprintf("%s (%s)", s.Account.Name(), s.State))
			}
		}
		more := ""
		if len(open) > shown {
			more, open = fmt.Sprintf(" and %d more", len(open)-shown), open[:shown]
		}
		return fmt.Errorf("%w: %s comes before it, and is not done and verified: %s%s", ErrOrder, part.Wave, strings.Join(open, ", "), more)
	}
	return nil
}

// Left are the mailboxes in which a plan still has steps, with their number.
func Left(p plan.Plan) (ids []string, steps int) {
	for _, m := range p.Mailboxes {
		if len(m.Steps) > 0 {
			ids = append(ids, m.Account.ID)
			steps += len(m.Steps)
		}
	}
	return ids, steps
}
