package plan

import (
	"errors"
	"fmt"
)

// ErrCap says that a plan deletes more than is allowed. Nothing was begun.
var ErrCap = errors.New("plan deletes more than is allowed")

// Caps are the most that a plan may delete; zero is no cap. They restrict who
// carries the plan out and are no part of it: its digest is the same with any.
type Caps struct {
	// Deletes is the most in all mailboxes together, PerMailbox in each.
	Deletes    int
	PerMailbox int
	// Percent, 0 to 100, is the most of the items that were looked at in each
	// mailbox. The plan tells their number, and its digest does not cover it.
	Percent float64
}

// Check refuses a plan that is above a cap. The error names the mailbox that is
// furthest above, its number and the cap.
func (c Caps) Check(p Plan) error {
	if n := p.Totals().Deletes; c.Deletes > 0 && n > c.Deletes {
		return fmt.Errorf("%w: %d items, and the cap is %d", ErrCap, n, c.Deletes)
	}
	var most, mostShare excess
	for _, m := range p.Mailboxes {
		n := m.Totals().Deletes
		if c.PerMailbox > 0 && n > c.PerMailbox {
			most.add(m, n, float64(n))
		}
		if c.Percent > 0 && float64(n)*100 > c.Percent*float64(m.Items) {
			mostShare.add(m, n, float64(n)/float64(m.Items)) // no items at all: +Inf
		}
	}
	switch {
	case most.mailboxes > 0:
		return fmt.Errorf("%w: %d items in %s, and the cap for each mailbox is %d%s", ErrCap, most.deletes, most.name(), c.PerMailbox, most.others())
	case mostShare.mailboxes > 0:
		return fmt.Errorf("%w: %d of %d items in %s, and the cap for each mailbox is %g percent%s",
			ErrCap, mostShare.deletes, mostShare.worst.Items, mostShare.name(), c.Percent, mostShare.others())
	}
	return nil
}

// excess counts the mailboxes above a cap and keeps the one furthest above.
type excess struct {
	worst     Mailbox
	deletes   int
	by        float64
	mailboxes int
}

func (e *excess) add(m Mailbox, deletes int, by float64) {
	if e.mailboxes == 0 || by > e.by {
		e.worst, e.deletes, e.by = m, deletes, by
	}
	e.mailboxes++
}

func (e *excess) name() string { return e.worst.Account.Name() }

func (e *excess) others() string {
	switch others := e.mailboxes - 1; others {
	case 0:
		return ""
	case 1:
		return "; 1 more mailbox is above it"
	default:
		return fmt.Sprintf("; %d more mailboxes are above it", others)
	}
}
