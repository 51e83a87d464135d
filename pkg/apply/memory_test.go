package apply

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// TestAuditCopiesNoSteps: a plan of 50,000 steps would be in memory twice when a
// run begins, and that is its peak.
func TestAuditCopiesNoSteps(t *testing.T) {
	const n = 20_000
	part := plan.Mailbox{Account: mailbox.Account{ID: "ann"}}
	for i := range n {
		part.Steps = append(part.Steps, plan.Step{Action: plan.Create, Kind: item.Contacts, ID: fmt.Sprint(i)})
	}
	s := newState(plan.Plan{Mailboxes: []plan.Mailbox{part}}, nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := s.audit(nil)
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / n; err != nil || each > 200 {
		t.Errorf("%d bytes for each step, %v", each, err)
	}
}
