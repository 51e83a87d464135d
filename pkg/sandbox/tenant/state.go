package tenant

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// State is what is the matter with a mailbox that is there. The zero value is
// nothing.
type State string

// The states, as tenant files name them.
const (
	Normal     State = ""
	OnPremises State = "onPremises" // hosted on the company's own servers
	Inactive   State = "inactive"   // its licence is gone
	OverQuota  State = "overQuota"  // full: nothing can be created
	OutOfScope State = "outOfScope" // a policy keeps the application out
	Moving     State = "moving"     // on its way to another server, for MoveTime
)

// MoveTime is how long a moving mailbox cannot be reached where its state does
// not say.
const MoveTime = 2 * time.Minute

// States are all states but Normal.
func States() []State { return []State{OnPremises, Inactive, OverQuota, OutOfScope, Moving} }

// parseState reads a state, and of "moving:90s" how long it lasts.
func parseState(text string) (State, time.Duration, error) {
	name, lasts, timed := strings.Cut(text, ":")
	state := State(name)
	if state == Normal && !timed {
		return Normal, 0, nil
	}
	wrong := fmt.Errorf("state %q is not one of %q; moving may say for how long, as in moving:90s", text, States())
	if !slices.Contains(States(), state) || timed && state != Moving {
		return Normal, 0, wrong
	}
	if !timed {
		return state, MoveTime, nil
	}
	length, err := time.ParseDuration(lasts)
	if err != nil || length <= 0 {
		return Normal, 0, wrong
	}
	return state, length, nil
}

// State is the mailbox's state, and how long it lasts from the start of the
// sandbox on if it is Moving.
func (m *Mailbox) State() (State, time.Duration) { return m.state, m.moves }

// SetState puts the mailbox with an object id, user principal name or primary
// address into a state, given as in tenant files. It is for before the tenant is
// served.
func (t *Tenant) SetState(name, state string) error {
	m, ok := t.Mailbox(name)
	for _, other := range t.users {
		if !ok && strings.EqualFold(other.Mail, name) {
			m, ok = other, true
		}
	}
	if !ok {
		return fmt.Errorf("%q is no user of the tenant", name)
	}
	return m.setState(state)
}

func (m *Mailbox) setState(text string) (err error) {
	if m.state, m.moves, err = parseState(text); err != nil {
		return err
	}
	if m.state == Normal {
		m.layout = m.layout.Without("state")
		return nil
	}
	m.layout = m.layout.Set("state", text)
	return nil
}
