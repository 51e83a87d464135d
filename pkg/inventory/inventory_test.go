package inventory_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/riva-prep/riva-prep/pkg/inventory"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/profile"
)

func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

func sample() []item.Item {
	top := item.Folder{Kind: item.Contacts, Path: "Contacts"}
	sub := item.Folder{Kind: item.Contacts, Path: "Contacts/Salesforce_Sync"}
	calendar := item.Folder{Kind: item.Events, Path: "Calendar"}
	return []item.Item{
		{Kind: item.Contacts, Folder: top, Title: "Bo", Created: day(3), Categories: []string{"Sync with Salesforce", "Friends"}},
		{Kind: item.Contacts, Folder: sub, Title: "Al", Created: day(1), Categories: []string{"Sync with Salesforce", "Sync with Salesforce"}},
		{Kind: item.Contacts, Folder: top, Title: "Cy", Created: day(2)},
		{Kind: item.Events, Folder: calendar, Title: "Talk", Created: day(1), Event: &item.Event{Start: day(9)}, Categories: []string{"Don't Sync with Salesforce"}},
	}
}

func TestCount(t *testing.T) {
	want := inventory.Mailbox{Items: 4, Rows: []inventory.Row{
		{Kind: item.Contacts, Category: "Sync with Salesforce", Items: 2, Folders: []string{"Contacts", "Contacts/Salesforce_Sync"}, Oldest: day(1), Newest: day(3), Sample: "Al", Product: "Salesforce for Outlook"},
		{Kind: item.Contacts, Category: "Friends", Items: 1, Folders: []string{"Contacts"}, Oldest: day(3), Newest: day(3), Sample: "Bo"},
		{Kind: item.Contacts, Category: "", Items: 1, Folders: []string{"Contacts"}, Oldest: day(2), Newest: day(2), Sample: "Cy"},
		{Kind: item.Events, Category: "Don't Sync with Salesforce", Items: 1, Folders: []string{"Calendar"}, Oldest: day(9), Newest: day(9), Sample: "Talk", Protected: true},
	}}
	known, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	items := sample()
	for seed := range uint64(20) {
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		got := inventory.Count(mailbox.Account{}, items, marker.Protected(), known)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

func TestEveryItemIsCounted(t *testing.T) {
	var items []item.Item
	for i := range 100 {
		it := item.Item{Kind: item.Kinds()[i%3]}
		if i%4 > 0 {
			it.Categories = []string{fmt.Sprint("C", i%4)}
		}
		items = append(items, it)
	}
	sum := 0
	for _, row := range inventory.Count(mailbox.Account{}, items, nil, nil).Rows {
		sum += row.Items
	}
	if sum != 100 {
		t.Errorf("%d items are in the rows", sum)
	}
}
