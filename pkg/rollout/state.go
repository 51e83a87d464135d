package rollout

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/rollout/gate"
)

// ErrState says that what was kept of a rollout cannot be read.
var ErrState = errors.New("state of the rollout is damaged")

// Phase is a part of a wave.
type Phase string

// The phases, in their order. Canary is a small purge before the first one.
const (
	PhaseCanary Phase = "canary"
	PhasePurge  Phase = "purge"
	PhaseTag    Phase = "tag"
	PhaseVerify Phase = "verify"
	PhaseDone   Phase = "done"
)

// Event says what a record is about.
type Event string

// The events. Names are those of the state file.
const (
	// Planned: a plan of the phase was shown for the first time.
	Planned Event = "planned"
	// Begun stands there before the run's first request.
	Begun Event = "begun"
	// Nothing: the phase's plan had no steps.
	Nothing Event = "nothing"
	// Answered: somebody answered a gate.
	Answered Event = "answered"
	// Verified and Refuted: after the last run the mailboxes were read again, and
	// no item was left that should be gone, or some were.
	Verified Event = "verified"
	Refuted  Event = "refuted"
)

// Record is one thing that happened.
type Record struct {
	Time  time.Time `json:"time"`
	By    string    `json:"by"`
	Event Event     `json:"event"`
	Wave  string    `json:"wave"`
	Phase Phase     `json:"phase,omitempty"`
	// Run and Digest are of Planned and Begun.
	Run    string `json:"run,omitempty"`
	Digest string `json:"digest,omitempty"`
	// Members are the wave's mailboxes when it began.
	Members []mailbox.Account `json:"members,omitempty"`
	// Covers are the mailboxes that a plan was about, by object id; of Refuted,
	// those in which something is left.
	Covers []string `json:"covers,omitempty"`
	// Gate and Evidence are of Answered.
	Gate     gate.Name `json:"gate,omitempty"`
	Evidence string    `json:"evidence,omitempty"`
}

// State is what is known of a rollout beside its runs, oldest first.
type State struct {
	Records []Record
}

const (
	stateFormat = 1
	stateName   = "state.json"
	folderName  = "rollouts"
)

type stateFile struct {
	Format  int      `json:"format"`
	Tenant  string   `json:"tenant"`
	Records []Record `json:"records"`
}

// Load reads the state of a rollout; one that has not begun has none.
func Load(store *durable.Dir, f *File) (State, error) {
	data, err := store.ReadFile(path.Join(folderName, f.Name, stateName))
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, nil
	}
	if err != nil {
		return State{}, err
	}
	var file stateFile
	if err := json.Unmarshal(data, &file); err != nil {
		return State{}, fmt.Errorf("%w: %s: %w", ErrState, f.Name, err)
	}
	if file.Format != stateFormat {
		return State{}, fmt.Errorf("%w: %s has format %d, and this version knows %d", ErrState, f.Name, file.Format, stateFormat)
	}
	if file.Tenant != f.Tenant {
		return State{}, fmt.Errorf("%w: rollout %s in this store is of tenant %s; give the other one another name", ErrFile, f.Name, file.Tenant)
	}
	return State{file.Records}, nil
}

// Append adds records to what the store has, whole or not at all. The caller holds
// the store's lock.
func Append(store *durable.Dir, f *File, records ...Record) (State, error) {
	s, err := Load(store, f)
	if err != nil {
		return s, err
	}
	s.Records = append(s.Records, records...)
	data, err := json.MarshalIndent(stateFile{stateFormat, f.Tenant, s.Records}, "", " ")
	if err != nil {
		return s, err
	}
	dir, err := store.Sub(path.Join(folderName, f.Name))
	if err != nil {
		return s, err
	}
	return s, dir.WriteFile(stateName, append(data, '\n'))
}

// Members are the mailboxes that waves had when they began.
func (s State) Members() map[string][]mailbox.Account {
	members := map[string][]mailbox.Account{}
	for _, r := range s.Records {
		if len(r.Members) > 0 && members[r.Wave] == nil {
			members[r.Wave] = r.Members
		}
	}
	return members
}

// Begun are the mailboxes of waves that have begun, by object id.
func (s State) Begun() map[string]bool {
	begun := map[string]bool{}
	for _, members := range s.Members() {
		for _, a := range members {
			begun[a.ID] = true
		}
	}
	return begun
}

// FirstPlan is when the first plan was made, zero if none was.
func (s State) FirstPlan() time.Time {
	for _, r := range s.Records {
		if r.Event == Planned || r.Event == Begun {
			return r.Time
		}
	}
	return time.Time{}
}

// Knows says whether a plan has a record of that event already.
func (s State) Knows(e Event, digest string) bool {
	return slices.ContainsFunc(s.Records, func(r Record) bool { return r.Event == e && r.Digest == digest })
}

// Answered says whether somebody answered a lasting gate. What was said of a
// canary is about no later one.
func (s State) Answered(name gate.Name) bool {
	answered := false
	for _, r := range s.Records {
		switch {
		case r.Event == Answered && r.Gate == name:
			answered = name.Lasting()
		case r.Event == Begun && r.Phase == PhaseCanary && name == gate.Canary:
			answered = false
		}
	}
	return answered
}

// Runs are the names of all runs, oldest first, each once.
func (s State) Runs() []string {
	var runs []string
	for _, r := range s.Records {
		if r.Event == Begun && !slices.Contains(runs, r.Run) {
			runs = append(runs, r.Run)
		}
	}
	return runs
}

// again says whether a later record is of the same run: it was killed before its
// approval was on record, and begun once more.
func (s State) again(i int) bool {
	return s.Records[i].Event == Begun && slices.ContainsFunc(s.Records[i+1:], func(r Record) bool {
		return r.Event == Begun && r.Run == s.Records[i].Run
	})
}

// LastCanary is the run of the last canary, empty if there was none.
func (s State) LastCanary() string {
	for _, r := range slices.Backward(s.Records) {
		if r.Event == Begun && r.Phase == PhaseCanary {
			return r.Run
		}
	}
	return ""
}

// Begin is the record to be kept before a plan is carried out.
func Begin(wave string, phase Phase, run string, p *plan.Plan, members []mailbox.Account) Record {
	r := Record{Event: Begun, Wave: wave, Phase: phase, Run: run, Digest: p.Digest(), Members: members}
	for _, m := range p.Mailboxes {
		r.Covers = append(r.Covers, m.Account.ID)
	}
	return r
}
