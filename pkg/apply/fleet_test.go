package apply

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// TestAuditHoldsNoSecondPlan: a fleet's plan has millions of steps, and its audit
// copies none of them.
func TestAuditHoldsNoSecondPlan(t *testing.T) {
	const steps = 50_000
	part := plan.Mailbox{Account: mailbox.Account{ID: "ann"}}
	for n := range steps {
		part.Steps = append(part.Steps, plan.Step{Action: plan.Delete, Kind: item.Contacts, ID: fmt.Sprint("c", n)})
	}
	s := newState(plan.Plan{Mailboxes: []plan.Mailbox{part}}, nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := s.audit(nil)
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / steps; err != nil || each > 250 {
		t.Errorf("%d bytes for each step, %v", each, err)
	}
}
