package cli

import (
	"github.com/riva-prep/riva-prep/pkg/console"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// doing is the progress of a plan's steps, with a bar for each mailbox under way.
func (a *app) doing(p plan.Plan) *console.Progress {
	totals := map[string]int{}
	for _, m := range p.Mailboxes {
		totals[m.Account.Name()] += len(m.Steps)
	}
	progress := a.console.Progress("applying", p.Totals().Steps()).Of(totals)
	progress.Count("held", p.Totals().Held)
	return progress
}
