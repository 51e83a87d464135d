package discover_test

import (
	"fmt"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/discover"
	"github.com/riva-prep/riva-prep/pkg/item"
)

// BenchmarkAdd takes in a mailbox of 10,000 items, a third of them tracked.
func BenchmarkAdd(b *testing.B) {
	var items []item.Item
	for i := range 10_000 {
		members := carries("Sync with Salesforce", "Friends")
		if i%3 == 0 {
			members = has(crmID, fmt.Sprint(i), linkState, "2")
		}
		items = append(items, made(b, top, fmt.Sprint("Contact ", i), i/30, members))
	}
	all := known(b)
	b.ReportAllocs()
	for b.Loop() {
		s := discover.New(all)
		s.Add(ann, items)
		if len(s.Found().Traces) != 4 {
			b.Fatal("something was not found")
		}
	}
}
