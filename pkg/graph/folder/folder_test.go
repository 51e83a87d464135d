package folder_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/graph/folder"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// TestWalk holds where contact folders lie, those met twice and those beside
// the default folder included.
func TestWalk(t *testing.T) {
	w := folder.NewWalk(folder.Contact{ID: "0", Name: "Contacts", Parent: "top"}, []folder.Contact{
		{ID: "1", Name: "CRM", Parent: "0"}, {ID: "2", Name: "Suggested", Parent: "top"}, {ID: "3", Name: "Deep", Parent: "1"},
	})
	children := map[string][]folder.Contact{"0": {{ID: "1", Name: "CRM"}, {ID: "4", Name: "New"}}, "3": {{ID: "0", Name: "Contacts"}, {ID: "5", Name: "Deeper"}}}
	for {
		parent, more, err := w.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		w.Below(parent, children[parent.ID])
	}
	make := func(id, path, name, parent string, depth int) item.Folder {
		return item.Folder{Kind: item.Contacts, ID: id, Path: path, Name: name, Parent: parent, Default: id == "0", Depth: depth}
	}
	want := []item.Folder{
		make("0", "Contacts", "Contacts", "", 0), make("1", "Contacts/CRM", "CRM", "0", 1), make("2", "Suggested", "Suggested", "", 1),
		make("3", "Contacts/CRM/Deep", "Deep", "1", 2), make("4", "Contacts/New", "New", "0", 1), make("5", "Contacts/CRM/Deep/Deeper", "Deeper", "3", 3),
	}
	if got := w.Folders(); !slices.Equal(got, want) {
		t.Errorf("folders\n%+v\nwant\n%+v", got, want)
	}
}

func TestWalkEnds(t *testing.T) {
	w := folder.NewWalk(folder.Contact{ID: "0"}, nil)
	for n := 1; n < 1000; n++ {
		parent, more, err := w.Next()
		if errors.Is(err, mailbox.ErrIncomplete) {
			return
		}
		if err != nil || !more {
			t.Fatalf("%v, more %v", err, more)
		}
		w.Below(parent, []folder.Contact{{ID: fmt.Sprint(n)}})
	}
	t.Error("folders without a bottom have no end")
}

func TestCalendars(t *testing.T) {
	of := func(id, owner string, edit, standard bool) folder.Calendar {
		c := folder.Calendar{ID: id, Name: "C" + id, CanEdit: edit, Default: standard}
		c.Owner.Address = owner
		return c
	}
	tests := []struct {
		name      string
		calendars []folder.Calendar
		closed    []string
	}{
		{"the default one tells the owner", []folder.Calendar{of("1", "Ada@x", true, true), of("2", "ada@X", true, false), of("3", "b@x", true, false), of("4", "", true, false)}, []string{"", "", "belongs to b@x", "belongs to another user"}},
		{"its owner is not the address", []folder.Calendar{of("1", "old@x", true, true), of("2", "ada@x", true, false)}, []string{"", "belongs to ada@x"}},
		{"no default one", []folder.Calendar{of("1", "ADA@x", true, false), of("2", "ada@x", false, false)}, []string{"", "read-only calendar"}},
		{"a default one that is read-only", []folder.Calendar{of("1", "", false, true)}, []string{"read-only calendar"}},
	}
	for _, test := range tests {
		for i, f := range folder.Calendars(test.calendars, "ada@x", "") {
			c := test.calendars[i]
			want := item.Folder{Kind: item.Events, ID: c.ID, Path: c.Name, Name: c.Name, Default: c.Default, Closed: test.closed[i]}
			if f != want {
				t.Errorf("%s: %+v, want %+v", test.name, f, want)
			}
		}
	}
}

func TestLists(t *testing.T) {
	got := folder.Lists(
		[]folder.List{{ID: "1", Name: "Tasks", Owner: true, WellKnown: "DefaultList"}, {ID: "2", Name: "Shared", Owner: true, WellKnown: "none"}},
		[]folder.List{{ID: "2", Name: "Shared"}, {ID: "3", Name: "Mails", Owner: true, WellKnown: "flaggedEmails"}, {ID: "1", Name: "Tasks", Owner: true}},
	)
	want := []item.Folder{
		{Kind: item.Tasks, ID: "1", Path: "Tasks", Name: "Tasks", Default: true},
		{Kind: item.Tasks, ID: "2", Path: "Shared", Name: "Shared", Closed: "belongs to another user"},
		{Kind: item.Tasks, ID: "3", Path: "Mails", Name: "Mails", Closed: "flagged e-mails"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("folders\n%+v\nwant\n%+v", got, want)
	}
}
