package ledger

import (
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/plan"
)

// box is a mailbox with so many items and deletions.
func box(items, deletes int) plan.Mailbox {
	m := plan.Mailbox{Items: items}
	for range deletes {
		m.Steps = append(m.Steps, plan.Step{Action: plan.Delete})
	}
	return m
}

func estimated(purpose plan.Purpose, parallel int, boxes ...plan.Mailbox) Estimate {
	a := Usual()
	a.Parallel = parallel
	return Of(plan.Plan{Rules: plan.Rules{Purpose: purpose}, Mailboxes: boxes}, nil).Estimate(a)
}

// TestEstimate holds the sums; pkg/sandbox/simulation holds them against runs.
func TestEstimate(t *testing.T) {
	one := estimated(plan.Purge, 4, box(1000, 400))
	if one.Requests != 40+2*2+125+400 || one.Took != 169*160*time.Millisecond/2+400*25*time.Millisecond {
		t.Errorf("%+v", one)
	}
	four := estimated(plan.Purge, 4, box(1000, 400), box(1000, 400), box(1000, 400), box(1000, 400))
	five := estimated(plan.Purge, 4, box(1000, 400), box(1000, 400), box(1000, 400), box(1000, 400), box(1000, 400))
	if four.Requests != 4*one.Requests || four.Took != one.Took || five.Took != 2*one.Took {
		t.Errorf("side by side: %+v, %+v", four, five)
	}
	if long := estimated(plan.Purge, 4, box(0, 30_100)); long.Took < 30*time.Minute || long.Took > 40*time.Minute {
		t.Errorf("30,000 requests to one mailbox take %s", long.Took)
	}
	all := make([]plan.Mailbox, 2000)
	for i := range all {
		all[i] = box(0, 100)
	}
	if crowd := estimated(plan.Purge, 2000, all...); crowd.Took != time.Duration(crowd.Requests)*time.Second/13_000 {
		t.Errorf("%d requests at once take %s", crowd.Requests, crowd.Took)
	}
	if nothing := estimated(plan.Restore, 0, box(10, 0)); nothing.Requests != 0 || nothing.Took != 0 {
		t.Errorf("%+v", nothing)
	}
}

func TestEstimateLooksLikeOne(t *testing.T) {
	for want, e := range map[string]Estimate{
		"about 17,000 requests in 90 min":                {Requests: 16_512, Took: 90 * time.Minute},
		"about 99 requests in less than a minute":        {Requests: 99, Took: 59 * time.Second},
		"about 1,200,000 requests in 26.0 h, all in all": {Requests: 1_249_000, Took: 26 * time.Hour},
		"about 0 requests":                               {},
	} {
		if got := e.String(); !strings.HasPrefix(got, want) || !strings.Contains(got, "an estimate") || !strings.Contains(got, "assuming") {
			t.Errorf("%q does not begin with %q", got, want)
		}
	}
}
