package rollout

import (
	"errors"
	"fmt"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// ErrTwoWaves says that a mailbox is in two waves.
var ErrTwoWaves = errors.New("mailbox is in two waves")

// Part is one wave with its mailboxes, in the order of their names.
type Part struct {
	Wave     string            `json:"wave"`
	Accounts []mailbox.Account `json:"accounts"`
	// Begun: something was done in it, and it keeps its mailboxes.
	Begun bool `json:"begun"`
}

// Divided is every mailbox of a rollout in its wave.
type Divided struct {
	Parts []Part
	// Outside are mailboxes that waves name and the rollout does not mean, with
	// the reason, and those that are in no wave.
	Outside []plan.Skipped
	// Rooms are in no wave either: everything in them would be held.
	Rooms []mailbox.Account
}

// divider deals mailboxes out.
type divider struct {
	wave  map[string]string // by account
	meant map[string]mailbox.Account
	Divided
}

// room says that it is known to be one. Where nobody knows what a mailbox is for,
// it has its place, and everything in it is held.
func room(a mailbox.Account) bool { return a.Room() && a.Purpose != mailbox.PurposeUnknown }

// Divide puts all mailboxes into waves. Those that have begun keep what they had,
// named ones take what they name, the others take in their order from what is
// left. Rooms take no place, but in waves that have begun with them. Named holds the mailboxes of waves that name some, begun of those begun.
func Divide(waves []Wave, all []mailbox.Account, named, begun map[string][]mailbox.Account) (Divided, error) {
	if err := known(waves, begun); err != nil {
		return Divided{}, err
	}
	d := &divider{wave: map[string]string{}, meant: map[string]mailbox.Account{}}
	d.Parts = make([]Part, len(waves))
	for _, a := range all {
		d.meant[a.ID] = a
	}
	for i, w := range waves {
		d.Parts[i] = Part{Wave: w.Name, Accounts: []mailbox.Account{}, Begun: len(begun[w.Name]) > 0}
		if err := d.give(i, begun[w.Name]); err != nil {
			return Divided{}, err
		}
	}
	for i, w := range waves {
		if !w.Named() {
			continue
		}
		if err := d.name(i, named[w.Name]); err != nil {
			return Divided{}, err
		}
	}
	all = d.withoutRooms(all)
	for i, w := range waves {
		if !w.Named() && !d.Parts[i].Begun {
			d.deal(i, w, all)
		}
	}
	for _, a := range all {
		if d.wave[a.ID] == "" {
			d.Outside = append(d.Outside, plan.Skipped{Name: a.Name(), Reason: "it is in no wave; a last wave with \"rest: true\" takes what is left"})
		}
	}
	return d.Divided, nil
}

// withoutRooms leaves out the rooms that are in no wave.
func (d *divider) withoutRooms(all []mailbox.Account) (people []mailbox.Account) {
	for _, a := range all {
		if room(a) && d.wave[a.ID] == "" {
			d.Rooms = append(d.Rooms, a)
		} else {
			people = append(people, a)
		}
	}
	return people
}

// known refuses a file in which a wave that has begun is called otherwise, or is
// missing: its mailboxes would be dealt out once more.
func known(waves []Wave, begun map[string][]mailbox.Account) error {
	for name := range begun {
		if !slices.ContainsFunc(waves, func(w Wave) bool { return w.Name == name }) {
			return fmt.Errorf("%w: wave %s has begun, and is not in the file any more; put it back under its name", ErrFile, name)
		}
	}
	return nil
}

// name gives a wave what it names. What a begun one names anew has come too late
// for it.
func (d *divider) name(i int, accounts []mailbox.Account) error {
	part := &d.Parts[i]
	var give []mailbox.Account
	for _, a := range accounts {
		meant, is := d.meant[a.ID]
		switch {
		case room(meant) && d.wave[a.ID] == "": // withoutRooms tells of it
		case !is:
			d.Outside = append(d.Outside, plan.Skipped{Name: a.Name(), Reason: "wave " + part.Wave + " names it, and it is excluded or not among the rollout's mailboxes"})
		case part.Begun && d.wave[a.ID] == "":
			d.Outside = append(d.Outside, plan.Skipped{Name: a.Name(), Reason: "wave " + part.Wave + " had begun before it was named there"})
		case d.wave[a.ID] != part.Wave || !part.Begun:
			give = append(give, a)
		}
	}
	return d.give(i, give)
}

func (d *divider) give(i int, accounts []mailbox.Account) error {
	part := &d.Parts[i]
	for _, a := range accounts {
		switch other := d.wave[a.ID]; other {
		case "":
			d.wave[a.ID] = part.Wave
			part.Accounts = append(part.Accounts, a)
		case part.Wave: // named twice, in a list and a group
		default:
			return fmt.Errorf("%w: %s is in %s and in %s; take it out of one of them", ErrTwoWaves, a.Name(), other, part.Wave)
		}
	}
	order.By(part.Accounts, mailbox.Account.Compare)
	return nil
}

// deal takes from what is left, in order.
func (d *divider) deal(i int, w Wave, all []mailbox.Account) {
	n := len(all)
	switch {
	case w.Count > 0:
		n = w.Count
	case w.Percent > 0:
		n = (len(all)*w.Percent + 99) / 100
	}
	part := &d.Parts[i]
	for _, a := range all {
		if len(part.Accounts) == n {
			return
		}
		if d.wave[a.ID] == "" {
			d.wave[a.ID] = w.Name
			part.Accounts = append(part.Accounts, a)
		}
	}
}

// Canary cuts a purge down to one mailbox and so many items of each kind. It takes
// the mailbox with the most kinds to delete, and of those the first.
func Canary(p plan.Plan, each int) plan.Plan {
	best, most := 0, 0
	for i, m := range p.Mailboxes {
		kinds := map[string]bool{}
		for _, s := range m.Steps {
			kinds[string(s.Kind)] = true
		}
		if len(kinds) > most {
			best, most = i, len(kinds)
		}
	}
	if most == 0 {
		p.Mailboxes = nil
		return p
	}
	part, taken := p.Mailboxes[best], map[string]int{}
	part.Steps = slices.DeleteFunc(slices.Clone(part.Steps), func(s plan.Step) bool {
		taken[string(s.Kind)]++
		return taken[string(s.Kind)] > each
	})
	p.Mailboxes, p.Skipped = []plan.Mailbox{part}, nil
	return p
}
