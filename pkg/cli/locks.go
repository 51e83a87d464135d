package cli

import (
	"errors"

	"github.com/riva-prep/riva-prep/pkg/durable"
)

// locks opens the folder in which runs lock mailboxes against those of other
// stores. It is the same for all runs of a user on this machine: in the user's
// cache, or, since a sandbox has mailboxes of its own, beside its certificate,
// with which it goes. Without such a folder a run goes on, and it is told.
func (a *app) locks() (dir *durable.Dir, done func()) {
	var err error
	if a.lockFolder == "" {
		err = errors.New("the system names no folder for them")
	} else {
		dir, err = durable.Open(a.lockFolder)
	}
	if err != nil {
		a.console.Warn("mailboxes are not locked against runs from other stores: %v", err)
		return nil, func() {}
	}
	return dir, func() { _ = dir.Close() } // it was only read from
}
