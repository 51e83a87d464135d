package run

import (
	"errors"
	"fmt"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// claim locks mailboxes for as long as a run works on them; nil where there is
// no folder for the locks. The lock of a store keeps its own runs apart, these
// keep those of other stores out.
func (job Job) claim() func(mailbox.Account) (release func() error, err error) {
	if job.Locks == nil {
		return nil
	}
	return func(account mailbox.Account) (func() error, error) {
		release, err := job.Locks.Lock(job.Plan.Tenant.ID+"-"+account.ID+".lock", job.Holder)
		if locked, ok := errors.AsType[*durable.LockedError](err); ok {
			return nil, fmt.Errorf("%w by %s, which works on it from another store, so nothing is changed there: wait until that ends, and go on with this run",
				durable.ErrLocked, locked.Holder)
		}
		if err != nil {
			return nil, fmt.Errorf("it cannot be locked against other runs, so nothing is changed there: %w", err)
		}
		return release, nil
	}
}
