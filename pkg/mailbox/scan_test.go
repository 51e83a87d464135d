package mailbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
)

var (
	contacts = item.Folder{Kind: item.Contacts, ID: "contacts", Path: "Contacts"}
	calendar = item.Folder{Kind: item.Events, ID: "calendar", Path: "Calendar"}
	holidays = item.Folder{Kind: item.Events, ID: "holidays", Path: "Holidays", Closed: "read-only"}
	ann      = mailbox.Account{ID: "ann", UPN: "ann@contoso.example"}
)

func world() *memory.Tenant {
	t := memory.New("tenant")
	t.Add(ann, contacts, calendar, holidays)
	for i := range 5 {
		t.Put("ann", contacts, map[string]any{"id": fmt.Sprint("c", i)})
		t.Put("ann", calendar, map[string]any{"id": fmt.Sprint("e", i), "type": "seriesMaster", "isOrganizer": true})
	}
	t.Put("ann", holidays, map[string]any{"id": "h", "type": "seriesMaster"})
	t.PutSeries("ann", "e3", json.RawMessage(`{"exceptionOccurrences":[{"id":"x","isOrganizer":true,"attendees":[{"emailAddress":{"address":"bo@fabrikam.example"}}]}]}`))
	return t
}

func writable(it item.Item) bool { return it.Folder.Writable() }

func open(t *testing.T, w *memory.Tenant) mailbox.Mailbox {
	t.Helper()
	mb, err := w.Open(t.Context(), ann)
	if err != nil {
		t.Fatal(err)
	}
	return mb
}

func TestScanReadsEverything(t *testing.T) {
	w := world()
	items, err := mailbox.Scan(t.Context(), open(t, w), item.Kinds(), writable)
	if err != nil || len(items) != 11 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	for _, it := range items {
		if it.Event.Invites() != (it.ID == "e3") {
			t.Errorf("%s invites: %v", it.ID, it.Event.Invites())
		}
	}
	if n := len(w.Calls("series")); n != 5 {
		t.Errorf("%d series read; only those in writable folders were wanted", n)
	}
	before := len(w.Calls("series"))
	if _, err := mailbox.Scan(t.Context(), open(t, w), item.Kinds(), nil); err != nil || len(w.Calls("series")) != before {
		t.Errorf("series were read that nobody wanted: %v", err)
	}
}

func TestScanMarksASeriesThatCannotBeRead(t *testing.T) {
	w := world()
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "series" && c.Item == "e2" {
			return errors.New("too many instances"), nil
		}
		return nil, nil
	}
	items, err := mailbox.Scan(t.Context(), open(t, w), item.Kinds(), writable)
	if err != nil {
		t.Fatal(err)
	}
	unread := 0
	for _, it := range items {
		if it.Event != nil && it.Event.Unread {
			unread++
			if it.ID != "e2" {
				t.Errorf("%s is marked unread", it.ID)
			}
		}
	}
	if unread != 1 {
		t.Errorf("%d marked unread", unread)
	}
}

// TestScanNeverShortens lets each listing call fail: there is an error, never
// a smaller result.
func TestScanNeverShortens(t *testing.T) {
	for k := range 6 {
		w := world()
		mb := open(t, w)
		var n atomic.Int64
		w.Fault = func(c memory.Call) (error, error) {
			if c.Verb != "folders" && c.Verb != "list" {
				return nil, nil
			}
			if n.Add(1) == int64(k)+1 {
				return errors.New("no connection"), nil
			}
			return nil, nil
		}
		if _, err := mailbox.Scan(t.Context(), mb, item.Kinds(), writable); err == nil {
			t.Errorf("call %d failed and nobody said so", k)
		}
	}
}

func TestItemInTwoFoldersIsIncomplete(t *testing.T) {
	w := world()
	w.Put("ann", holidays, map[string]any{"id": "e1"})
	if _, err := mailbox.Scan(t.Context(), open(t, w), item.Kinds(), writable); !errors.Is(err, mailbox.ErrIncomplete) {
		t.Errorf("got %v", err)
	}
}

func TestReadOnlyRefusesEveryChange(t *testing.T) {
	w := world()
	mb, err := mailbox.ReadOnly(w).Open(t.Context(), ann)
	if err != nil {
		t.Fatal(err)
	}
	it := w.Items("ann")[0]
	_, tagged := mb.SetCategories(t.Context(), it, []string{"x"})
	_, ensured := mb.EnsureCategory(t.Context(), "x", "preset1")
	_, folder := mb.CreateFolder(t.Context(), item.Contacts, "", "x")
	_, created := mb.Create(t.Context(), it.Folder, json.RawMessage(`{}`))
	_, updated := mb.Update(t.Context(), it, json.RawMessage(`{}`))
	_, imported := mb.Import(t.Context(), it.Folder, []byte("x"))
	batched := mb.Batch(t.Context(), []mailbox.Change{{Item: it, Verb: mailbox.Delete}})[0].Err
	refusals := []error{
		batched, mb.Delete(t.Context(), it), mb.DeletePermanently(t.Context(), it), tagged, ensured, folder, created, updated, imported,
		mb.Attach(t.Context(), it, json.RawMessage(`{}`)), mb.AddChecklistItem(t.Context(), it, json.RawMessage(`{}`)),
		mb.SetPhoto(t.Context(), it, mailbox.Photo{ContentType: "image/png", Bytes: []byte("x")}),
	}
	for n, err := range refusals {
		if !errors.Is(err, mailbox.ErrReadOnly) {
			t.Errorf("change %d: got %v", n, err)
		}
	}
	for _, c := range w.Calls() {
		if c.Verb != "open" {
			t.Errorf("%s went through", c.Verb)
		}
	}
	// A method that is new to the port is refused too, or named here as one that reads.
	reads := []string{"Account", "Attachments", "Categories", "Export", "Folders", "Get", "IDs", "Instances", "List", "Photo", "Series", "Settings"}
	if n := reflect.TypeFor[mailbox.Mailbox]().NumMethod(); n != len(reads)+len(refusals) {
		t.Errorf("the port has %d methods; %d are known to read, and %d to be refused", n, len(reads), len(refusals))
	}
}
