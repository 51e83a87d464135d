package apply

import (
	"maps"
	"slices"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

// TestOnlyWhatLooksAlikeIsKept: a mailbox that something is imported into may
// hold 100,000 other items. What the folder is known by in the plan may be the id
// of one that is made again.
func TestOnlyWhatLooksAlikeIsKept(t *testing.T) {
	folder, second := item.Folder{Kind: item.Contacts, ID: "contacts", Path: "Contacts"}, item.Folder{Kind: item.Contacts, ID: "second", Path: "Second"}
	ann, world := mailbox.Account{ID: "ann"}, memory.New("tenant")
	world.Add(ann, folder, second)
	for id, title := range map[string]string{"a": "Anna", "b": "Boris"} {
		world.Put("ann", folder, map[string]any{"id": id, "displayName": title})
		world.Put("ann", second, map[string]any{"id": id + "2", "displayName": title})
	}
	part := plan.Mailbox{
		Account: ann, Folders: []plan.NewFolder{{Kind: item.Contacts, FormerID: "former", Names: []string{"Second"}}},
		Steps: []plan.Step{
			{Action: plan.Create, Way: plan.ByStream, Kind: item.Contacts, FolderID: "contacts", ID: "1", Title: "Anna"},
			{Action: plan.Create, Way: plan.ByStream, Kind: item.Contacts, FolderID: "former", ID: "2", Title: "Boris"},
			{Action: plan.Create, Way: plan.ByPost, Kind: item.Contacts, FolderID: "former", ID: "3", Title: "Anna"},
		},
	}
	p := plan.Plan{Mailboxes: []plan.Mailbox{part}}
	w := &worker{run: Run{Plan: p, Open: world.Open}, state: newState(p, nil), part: part}
	seen, err := w.look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if kept := slices.Sorted(maps.Keys(seen.items)); !slices.Equal(kept, []string{"a", "b2"}) || len(seen.listed) != 4 {
		t.Errorf("kept %v of %d", kept, len(seen.listed))
	}
	// An item that a second reading shows under another name has only that.
	anna, renamed := *seen.items["a"], part.Steps[0]
	seen.add(anna)
	if got := alike(part.Steps[0], folder, seen); !slices.Equal(got, []string{"a"}) {
		t.Errorf("like Anna: %v", got)
	}
	anna.Title, renamed.Title = "Renamed", "Renamed"
	seen.add(anna)
	if was, is := alike(part.Steps[0], folder, seen), alike(renamed, folder, seen); len(was) != 0 || !slices.Equal(is, []string{"a"}) {
		t.Errorf("like Anna: %v, like the new name: %v", was, is)
	}
}
