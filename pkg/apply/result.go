package apply

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// Outcome is what became of one step.
type Outcome struct {
	Account mailbox.Account `json:"account"`
	Step    plan.Step       `json:"step"`
	Result  journal.Result  `json:"result"`
	Detail  string          `json:"detail,omitempty"`
	// Lost is what of an item that was made did not come back, beyond what the
	// plan said.
	Lost []string `json:"lost,omitempty"`
}

// Pending is the result of a step that was not begun. It is never recorded.
const Pending journal.Result = "pending"

// Result is what became of a plan.
type Result struct {
	Done    int `json:"done"`
	Skipped int `json:"skipped"`
	Refused int `json:"refused"`
	Unknown int `json:"unknown"`
	Pending int `json:"pending"`
	// Held are the items that the plan holds, and that the run left alone.
	Held int `json:"held"`
	// Window is how long items had been out of sight when they were changed; nil
	// when nothing that was there was changed now.
	Window *Window `json:"window,omitempty"`
	// Mailboxes are in the plan's order.
	Mailboxes []MailboxResult `json:"mailboxes"`
}

// MailboxResult is what became of one mailbox's steps.
type MailboxResult struct {
	Account mailbox.Account `json:"account"`
	Done    int             `json:"done"`
	// Others are the steps that were not done, with their reasons.
	Others []Outcome `json:"others"`
	// Lacking are the items that were made, and not all that they were.
	Lacking []Outcome `json:"lacking,omitempty"`
	// Failure says why the mailbox could not be worked on, if it could not.
	Failure  string   `json:"failure,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// Steps counts every step, whatever became of it.
func (r Result) Steps() int { return r.Done + r.Skipped + r.Refused + r.Unknown + r.Pending }

// Whole says that every step was done.
func (r Result) Whole() bool { return r.Done == r.Steps() }

// Lacking counts the items that were made and lack what the plan did not say.
func (r Result) Lacking() (n int) {
	for _, m := range r.Mailboxes {
		n += len(m.Lacking)
	}
	return n
}

// Ended says that nothing is left to do, now or later: every step is done, or
// its item is no longer the one that was meant.
func (r Result) Ended() bool { return r.Done+r.Skipped == r.Steps() }

// Past is the result that a journal's records give, without doing anything.
func Past(p plan.Plan, records []journal.Record) Result { return newState(p, records).result() }

// state is what a run knows of its steps. It is safe for many goroutines.
type state struct {
	plan plan.Plan

	mu       sync.Mutex
	steps    map[journal.Key]knowledge
	failures map[string]string
	warnings map[string][]string
}

type knowledge struct {
	intended bool
	result   journal.Result
	detail   string
	made     string
	lost     []string
	alike    []string
}

func newState(p plan.Plan, past []journal.Record) *state {
	s := &state{plan: p, steps: map[journal.Key]knowledge{}, failures: map[string]string{}, warnings: map[string][]string{}}
	for _, r := range past {
		s.note(r)
	}
	return s
}

// again opens what an earlier attempt was refused: whatever stood in the way,
// a permission or an unreadable item, may be gone.
func (s *state) again() {
	for key, k := range s.steps {
		if k.result == journal.Refused {
			k.result = Pending
			s.steps[key] = k
		}
	}
}

// Open are the plan's mailboxes with those steps that a run with these records
// would still work on.
func Open(p plan.Plan, records []journal.Record) []plan.Mailbox {
	s := newState(p, records)
	s.again()
	var parts []plan.Mailbox
	for _, part := range p.Mailboxes {
		part.Steps = slices.DeleteFunc(slices.Clone(part.Steps), func(step plan.Step) bool {
			return s.settled(journal.Key{Mailbox: part.Account.ID, Item: step.ID})
		})
		if len(part.Steps) > 0 {
			parts = append(parts, part)
		}
	}
	return parts
}

func (s *state) note(r journal.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.steps[r.Key()]
	switch r.Type {
	case journal.Intent:
		// The first intent saw what was there before any call.
		if !k.intended {
			k.alike = r.Alike
		}
		k.intended, k.result, k.detail = true, journal.Unknown, "interrupted before its answer was known"
	case journal.Outcome:
		k.result, k.detail, k.made, k.lost = r.Result, r.Detail, cmp.Or(r.Made, k.made), r.Lost
	default:
		return
	}
	s.steps[r.Key()] = k
}

func (s *state) known(key journal.Key) knowledge {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.steps[key]
}

// made are the ids of all items that the run is known to have made.
func (s *state) made(mailboxID string) map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := map[string]bool{}
	for key, k := range s.steps {
		if key.Mailbox == mailboxID && k.made != "" {
			ids[k.made] = true
		}
	}
	return ids
}

func (s *state) intended(key journal.Key) bool { return s.known(key).intended }

func (s *state) settled(key journal.Key) bool {
	result := s.known(key).result
	return result != "" && result != journal.Unknown && result != Pending
}

// open says whether a mailbox has steps that are not settled.
func (s *state) open(part plan.Mailbox) bool {
	return slices.ContainsFunc(part.Steps, func(step plan.Step) bool {
		return !s.settled(journal.Key{Mailbox: part.Account.ID, Item: step.ID})
	})
}

func (s *state) fail(part plan.Mailbox, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[part.Account.ID] = err.Error()
}

func (s *state) warn(account mailbox.Account, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.warnings[account.ID], text) {
		s.warnings[account.ID] = append(s.warnings[account.ID], text)
	}
}

// counts is the result without its mailboxes, which name every step that is not
// done.
func (s *state) counts() (sum Result) {
	for _, part := range s.plan.Mailboxes {
		for _, step := range part.Steps {
			sum.count(cmp.Or(s.known(journal.Key{Mailbox: part.Account.ID, Item: step.ID}).result, Pending))
		}
		sum.Held += s.held(part)
	}
	return sum
}

// held counts the items that the plan holds and that were left alone.
func (s *state) held(part plan.Mailbox) (n int) {
	for _, h := range part.Held {
		if _, touched := s.find(journal.Key{Mailbox: part.Account.ID, Item: h.ID}); !touched {
			n++
		}
	}
	return n
}

func (s *state) result() Result {
	sum := s.counts()
	sum.Mailboxes = make([]MailboxResult, 0, len(s.plan.Mailboxes))
	for _, part := range s.plan.Mailboxes {
		box := MailboxResult{Account: part.Account, Others: []Outcome{}, Failure: s.failures[part.Account.ID], Warnings: s.warnings[part.Account.ID]}
		for _, step := range part.Steps {
			k := s.known(journal.Key{Mailbox: part.Account.ID, Item: step.ID})
			outcome := Outcome{Account: part.Account, Step: step, Result: cmp.Or(k.result, Pending), Detail: k.detail, Lost: k.lost}
			if outcome.Result == journal.Done {
				box.Done++
				if len(outcome.Lost) > 0 {
					box.Lacking = append(box.Lacking, outcome)
				}
				continue
			}
			box.Others = append(box.Others, outcome)
		}
		sum.Mailboxes = append(sum.Mailboxes, box)
	}
	return sum
}

func (s *state) find(key journal.Key) (knowledge, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, found := s.steps[key]
	return k, found
}

// audit compares what was done with what was planned: every step and every held
// item has one place in the result, nothing else was recorded, and whatever the
// service says it has changed is recorded as done.
func (s *state) audit(changed map[journal.Key]bool) error {
	result, planned := s.counts(), s.plan.Totals()
	if result.Steps() != planned.Steps() || result.Held != planned.Held {
		return fmt.Errorf("%w: %d steps planned and %d items held, %d and %d accounted for", ErrBroken, planned.Steps(), planned.Held, result.Steps(), result.Held)
	}
	steps := map[journal.Key]bool{}
	for _, part := range s.plan.Mailboxes {
		for _, step := range part.Steps {
			steps[journal.Key{Mailbox: part.Account.ID, Item: step.ID}] = true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.steps {
		if !steps[key] {
			return fmt.Errorf("%w: its journal is about item %s of mailbox %s", ErrBroken, key.Item, key.Mailbox)
		}
	}
	for key := range changed {
		if s.steps[key].result != journal.Done {
			return fmt.Errorf("%w: item %s of mailbox %s was changed and is recorded as %s", ErrBroken, key.Item, key.Mailbox, s.steps[key].result)
		}
	}
	return nil
}

func (r *Result) count(result journal.Result) {
	switch result {
	case journal.Done:
		r.Done++
	case journal.Skipped:
		r.Skipped++
	case journal.Refused:
		r.Refused++
	case journal.Unknown:
		r.Unknown++
	case Pending:
		r.Pending++
	}
}
