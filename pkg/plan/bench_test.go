package plan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// bigPlan has as many steps as a large wave, about 500 bytes each on the disk.
func bigPlan(steps int) plan.Plan {
	const perMailbox = 500
	var parts []plan.Mailbox
	for i := range steps {
		if i%perMailbox == 0 {
			parts = append(parts, plan.Mailbox{Account: mailbox.Account{ID: fmt.Sprintf("%036d", i), Address: fmt.Sprintf("user%d@contoso.example", i)}, Held: []plan.Held{}, Items: 2 * perMailbox})
		}
		m := &parts[len(parts)-1]
		m.Steps = append(m.Steps, plan.Step{
			Action: plan.Delete, Kind: item.Contacts, Folder: "Contacts", FolderID: fmt.Sprintf("AAMkAD07AFsJBnAA3cEqFET2pjqK3CNGl9W0FWjF4nJ5rIxMmpHQeU4xJVdF-mpLSvUSBpTNV0mxmaAA%08d", i/perMailbox),
			ID:      fmt.Sprintf("AAkAADoSf9Xl1thmePohOdlCR1GkUJIGXb85bMRcC-I8fZVTS7BBcccsuk23orgyPUvwCjweXVrg5PAA%08d", i),
			Version: fmt.Sprintf("W/\"0uttrJr0WlfPQEkKp5xN/T%08d==\"", i), Title: fmt.Sprintf("Ingrid Tanaka %d", i),
			Before: []string{plugin}, Why: `category "Sync with Salesforce"`,
		})
	}
	p := plan.Make(tenant, purge, parts)
	p.Tool, p.Created = "v1", time.Unix(1e9, 0)
	return p
}

func BenchmarkDigest(b *testing.B) {
	p := bigPlan(50_000)
	b.ReportAllocs()
	for b.Loop() {
		p.Digest()
	}
}

func BenchmarkEncode(b *testing.B) {
	p := bigPlan(50_000)
	b.ReportAllocs()
	for b.Loop() {
		p.Encode()
	}
}

func BenchmarkDecode(b *testing.B) {
	data := bigPlan(50_000).Encode()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := plan.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(data))/1e6, "MB-file")
}
