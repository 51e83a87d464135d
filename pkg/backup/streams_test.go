package backup_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// streamed backs ann's mailbox up in a mode.
func streamed(t *testing.T, w *memory.Tenant, mode backup.Streams) (snapshot.Proof, []backup.Failure) {
	t.Helper()
	j := job(opened(t, w, ann))
	j.Options.Streams = mode
	proof, failed, err := backup.Take(t.Context(), crash.NewDisk().Dir(), j)
	if err != nil {
		t.Fatal(err)
	}
	return proof, failed
}

func TestStreams(t *testing.T) {
	fails := func(err error) memory.Fault {
		return func(c memory.Call) (error, error) {
			if c.Verb == "export" {
				return err, nil
			}
			return nil, nil
		}
	}
	corrupt := fails(errors.New("corrupt"))
	for _, c := range []struct {
		name       string
		mode       backup.Streams
		notOffered bool
		fault      memory.Fault
		items      int
		streams    int
		unreadable int
		notices    int
		incomplete bool
		failed     bool
	}{
		{name: "off", mode: backup.Off, items: 18},
		{name: "auto", mode: backup.Auto, items: 18, streams: 18},
		{name: "empty is auto", items: 18, streams: 18},
		{name: "require", mode: backup.Require, items: 18, streams: 18},
		{name: "auto, not offered", mode: backup.Auto, notOffered: true, items: 18, notices: 1},
		{name: "require, not offered", mode: backup.Require, notOffered: true, failed: true},
		{name: "auto, corrupt", mode: backup.Auto, fault: corrupt, items: 18, notices: 3},
		{name: "auto, busy", mode: backup.Auto, fault: fails(mailbox.ErrBusy), items: 18, notices: 3, incomplete: true},
		{name: "auto, cut off", mode: backup.Auto, fault: fails(mailbox.ErrIncomplete), items: 18, notices: 3, incomplete: true},
		{name: "auto, the token refused", mode: backup.Auto, fault: fails(mailbox.ErrSignIn), items: 18, notices: 3, incomplete: true},
		{name: "auto, denied", mode: backup.Auto, fault: fails(mailbox.ErrDenied), items: 18, notices: 3},
		{name: "require, corrupt", mode: backup.Require, fault: corrupt, unreadable: 18},
	} {
		w := world()
		if c.notOffered {
			w.NoExport(ann.ID)
		}
		w.Fault = c.fault
		proof, failed := streamed(t, w, c.mode)
		if (len(failed) == 1) != c.failed || c.failed != (len(proof.Manifest.Mailboxes) == 0) {
			t.Errorf("%s: failures %v", c.name, failed)
		}
		if c.failed {
			if !errors.Is(failed[0].Err, mailbox.ErrNotOffered) {
				t.Errorf("%s: %v", c.name, failed[0].Err)
			}
			continue
		}
		box := proof.Manifest.Mailboxes[0]
		if box.Items() != c.items || box.Streams != c.streams || len(box.Unreadable) != c.unreadable || len(box.Notices) != c.notices || box.Incomplete() != c.incomplete {
			t.Errorf("%s: %+v", c.name, box)
		}
		if calls := len(w.Calls("export")); c.mode == backup.Off && calls != 0 || c.notOffered && calls != 1 {
			t.Errorf("%s: %d calls", c.name, calls)
		}
	}
}

// TestItemWithoutAStreamKeepsItsJSON lets only the parts of one group fail: the
// others have their streams.
func TestItemWithoutAStreamKeepsItsJSON(t *testing.T) {
	w := world()
	n := 0
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb != "export" {
			return nil, nil
		}
		if n++; n == 1 || n == 3 { // all three, and then the second of them
			return errors.New("OLE conversion failed"), nil
		}
		return nil, nil
	}
	proof, _ := streamed(t, w, backup.Auto)
	box := proof.Manifest.Mailboxes[0]
	if box.Items() != 18 || box.Streams != 17 || len(box.Notices) != 1 {
		t.Fatalf("%+v", box)
	}
	if what := box.Notices[0].What; !strings.HasPrefix(what, "1 of its items") || !strings.Contains(what, "OLE conversion failed") {
		t.Errorf("said %q", what)
	}
}

// mixed answers an export in another order, one item short, and one empty.
type mixed struct{ mailbox.Mailbox }

func (m mixed) Export(ctx context.Context, items []item.Item) ([]mailbox.Stream, error) {
	streams, err := m.Mailbox.Export(ctx, items)
	slices.Reverse(streams)
	streams = slices.DeleteFunc(streams, func(s mailbox.Stream) bool { return s.ID == "c1" })
	for i := range streams {
		if streams[i].ID == "e1" {
			streams[i].Data = nil
		}
	}
	return streams, err
}

func TestStreamsAreMatchedByID(t *testing.T) {
	dir := crash.NewDisk().Dir()
	proof, _, err := backup.Take(t.Context(), dir, job([]mailbox.Mailbox{mixed{opened(t, world(), ann)[0]}}))
	if err != nil {
		t.Fatal(err)
	}
	box := proof.Manifest.Mailboxes[0]
	if box.Items() != 18 || box.Streams != 16 || len(box.Notices) != 2 {
		t.Fatalf("%+v", box)
	}
	for id, l := range read(t, dir, box) {
		if none := id == "c1" || id == "e1"; none != (l.Stream == "") {
			t.Errorf("%s has stream %q", id, l.Stream)
		} else if !none && !strings.Contains(blob(t, dir, l.Stream), `"id":"`+id+`"`) {
			t.Errorf("%s has the stream of another item", id)
		}
	}
}

// large serves a folder as one page, and notes how many items an export is of.
type large struct {
	mailbox.Mailbox
	mu       *sync.Mutex
	exported *[]int
}

func (l large) List(ctx context.Context, folder item.Folder, view mailbox.View, page func([]item.Item) error) error {
	var all []item.Item
	err := l.Mailbox.List(ctx, folder, view, func(some []item.Item) error {
		all = append(all, some...)
		return nil
	})
	return errors.Join(err, page(all))
}

func (l large) Export(ctx context.Context, items []item.Item) ([]mailbox.Stream, error) {
	l.mu.Lock()
	*l.exported = append(*l.exported, len(items))
	l.mu.Unlock()
	return l.Mailbox.Export(ctx, items)
}

// TestPageIsCopiedInGroups: no more items than one export takes are held with
// their parts.
func TestPageIsCopiedInGroups(t *testing.T) {
	w := memory.New("tenant")
	w.Add(ann, contacts)
	for i := range 50 {
		w.Put(ann.ID, contacts, map[string]any{"id": fmt.Sprint("c", i)})
	}
	var exported []int
	proof, _, err := backup.Take(t.Context(), crash.NewDisk().Dir(), job([]mailbox.Mailbox{large{opened(t, w, ann)[0], new(sync.Mutex), &exported}}))
	slices.Sort(exported) // the later ones come side by side
	if err != nil || proof.Items() != 50 || !slices.Equal(exported, []int{10, 20, 20}) {
		t.Errorf("%d items, exports %v, %v", proof.Items(), exported, err)
	}
}

// TestExportThatNeverWorksIsGivenUp: Auto stops asking, Require goes on.
func TestExportThatNeverWorksIsGivenUp(t *testing.T) {
	for mode, want := range map[backup.Streams]int{backup.Auto: 60, backup.Require: 200} {
		w := memory.New("tenant")
		w.Add(ann, contacts)
		for i := range 200 {
			w.Put(ann.ID, contacts, map[string]any{"id": fmt.Sprint("c", i)})
		}
		var asked atomic.Int64
		w.Fault = func(c memory.Call) (error, error) {
			if c.Verb == "export" {
				asked.Add(1)
				return mailbox.ErrBusy, nil
			}
			return nil, nil
		}
		proof, _ := streamed(t, w, mode)
		box := proof.Manifest.Mailboxes[0]
		if got := asked.Load(); got != int64(want+2)/3 { // in pages of three
			t.Errorf("%s: asked %d times", mode, got)
		}
		if mode == backup.Auto && (box.Items() != 200 || len(box.Notices) != 2) {
			t.Errorf("%s: %+v", mode, box)
		}
	}
}

func TestParseStreams(t *testing.T) {
	for _, s := range []backup.Streams{backup.Off, backup.Auto, backup.Require} {
		if got, err := backup.ParseStreams(" " + strings.ToUpper(string(s))); got != s || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	for _, word := range []string{"", "on", "yes"} {
		if _, err := backup.ParseStreams(word); err == nil {
			t.Errorf("%q was taken", word)
		}
	}
}

// TestWhatNeedsItsStreamIsTold: an item larger than a request, its attachments not
// counted, comes back by its stream only.
func TestWhatNeedsItsStreamIsTold(t *testing.T) {
	for _, c := range []struct {
		mode  backup.Streams
		bytes int
		told  bool
	}{
		{backup.Off, rebuild.MaxRequest, true},
		{backup.Off, rebuild.MaxRequest - 2000, false},
		{backup.Auto, rebuild.MaxRequest, false},
	} {
		w := world()
		w.Put(ann.ID, contacts, map[string]any{"id": "large", "displayName": "Large", "personalNotes": strings.Repeat("x", c.bytes)})
		w.PutAttachments(ann.ID, "inline", json.RawMessage(fmt.Sprintf(`{"id":"large","contentBytes":"%s"}`, strings.Repeat("eHh4", rebuild.MaxRequest/3))))
		proof, _ := streamed(t, w, c.mode)
		box := proof.Manifest.Mailboxes[0]
		want := []snapshot.Reference{{Kind: item.Contacts, ID: "large"}}
		if c.told != slices.Equal(box.NeedStream, want) || !c.told && box.NeedStream != nil {
			t.Errorf("%s, %d bytes: %v", c.mode, c.bytes, box.NeedStream)
		}
		says := slices.ContainsFunc(box.Notices, func(n snapshot.Notice) bool {
			return strings.Contains(n.What, `no purge deletes them; the first one is "Large"`) && !n.Incomplete
		})
		if says != c.told || box.Incomplete() {
			t.Errorf("%s, %d bytes: %+v", c.mode, c.bytes, box.Notices)
		}
	}
}
