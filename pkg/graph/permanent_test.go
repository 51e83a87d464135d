package graph_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

// TestDeletionForGood: what is asked for, with which guard, and that nothing is
// asked for a task.
func TestDeletionForGood(t *testing.T) {
	w := newWorld(t, contosoFile(), sandbox.Options{})
	box := w.open(t, "ada@contoso.example")
	asked := 0
	for _, kind := range item.Kinds() {
		for _, it := range items(t, box, kind, mailbox.Brief) {
			if !it.Folder.Writable() {
				continue
			}
			before := len(w.wire.calls())
			err := box.DeletePermanently(t.Context(), it)
			calls := w.wire.calls()[before:]
			if kind == item.Tasks {
				if !errors.Is(err, mailbox.ErrNotOffered) || len(calls) != 0 {
					t.Errorf("a task: %v, %d requests", err, len(calls))
				}
				continue
			}
			if err != nil || len(calls) != 1 {
				t.Fatalf("%s: %v, %d requests", kind, err, len(calls))
			}
			asked++
			want := map[item.Kind]string{
				item.Contacts: "/contactFolders/" + it.Folder.ID + "/contacts/" + it.ID, item.Events: "/events/" + it.ID,
			}[kind] + "/permanentDelete"
			req := calls[0]
			if req.Method != "POST" || !strings.HasSuffix(req.URL.Path, want) || strings.Contains(req.URL.Path, "/calendars/") || req.Header.Get("If-Match") != it.Version {
				t.Errorf("%s %s, If-Match %q", req.Method, req.URL.Path, req.Header.Get("If-Match"))
			}
		}
	}
	if asked < 4 {
		t.Fatalf("only %d items were tried", asked)
	}
}
