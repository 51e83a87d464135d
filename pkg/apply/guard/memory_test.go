package guard_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/apply/guard"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// TestCreatesAreNotCopied: a restore may have 50,000.
func TestCreatesAreNotCopied(t *testing.T) {
	const n = 20_000
	world := memory.New("tenant")
	world.Add(ann, contacts)
	part := plan.Mailbox{Account: ann}
	for i := range n {
		part.Steps = append(part.Steps, plan.Step{Action: plan.Create, Kind: item.Contacts, FolderID: contacts.ID, ID: fmt.Sprint(i)})
	}
	g := guard.New(guard.Bounds{
		Plan: plan.Plan{Mailboxes: []plan.Mailbox{part}}, Open: world.Open, Over: func() error { return nil }, Breach: func(error) {},
		Mark: func(plan.Mailbox, plan.Step) string { return "the same" },
	})
	before := live()
	box, err := g.Open(context.Background(), ann)
	if each := (live() - before) / n; err != nil || each > 100 {
		t.Errorf("%d bytes for each create, %v", each, err)
	}
	runtime.KeepAlive(box)
}

func live() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
