package backup_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var (
	contacts = item.Folder{Kind: item.Contacts, ID: "contacts", Path: "Contacts"}
	calendar = item.Folder{Kind: item.Events, ID: "calendar", Path: "Calendar"}
	holidays = item.Folder{Kind: item.Events, ID: "holidays", Path: "Holidays", Closed: "read-only"}
	ann      = mailbox.Account{ID: "ann", UPN: "ann@contoso.example"}
	bob      = mailbox.Account{ID: "bob", UPN: "bob@contoso.example"}
)

func world() *memory.Tenant {
	t := memory.New("tenant")
	for _, account := range []mailbox.Account{ann, bob} {
		t.Add(account, contacts, calendar, holidays)
		for i := range 7 {
			t.Put(account.ID, contacts, map[string]any{"id": fmt.Sprint("c", i), "displayName": "C"})
			t.Put(account.ID, calendar, map[string]any{"id": fmt.Sprint("e", i), "type": "seriesMaster", "hasAttachments": i%2 == 0})
			t.PutSeries(account.ID, fmt.Sprint("e", i), json.RawMessage(fmt.Sprintf(`{"exceptionOccurrences":[{"id":"x%d","hasAttachments":%v}]}`, i, i == 3)))
			t.PutAttachments(account.ID, fmt.Sprint("e", i), json.RawMessage(fmt.Sprintf(`{"id":"a%d","contentBytes":"eA=="}`, i)))
		}
		t.PutAttachments(account.ID, "x3", json.RawMessage(`{"id":"of an exception"}`))
		t.Put(account.ID, calendar, map[string]any{"id": "inline", "hasAttachments": false, "body": map[string]any{"content": `<img src="cid:1">`}})
		t.PutAttachments(account.ID, "inline", json.RawMessage(`{"id":"inline","isInline":true}`))
		t.Put(account.ID, holidays, map[string]any{"id": "h", "subject": "New Year"})
	}
	return t
}

func take(t *testing.T, world *memory.Tenant, dir *durable.Dir) (snapshot.Proof, []backup.Failure, error) {
	t.Helper()
	var boxes []mailbox.Mailbox
	for _, account := range []mailbox.Account{ann, bob} {
		mb, err := mailbox.ReadOnly(world).Open(t.Context(), account)
		if err != nil {
			t.Fatal(err)
		}
		boxes = append(boxes, mb)
	}
	return backup.Take(t.Context(), dir, backup.Job{
		Head:      snapshot.Manifest{ID: "s", Created: time.Unix(0, 0), Kinds: item.Kinds()},
		Mailboxes: boxes, Parallel: 2,
	})
}

func TestEverythingIsCopied(t *testing.T) {
	w := world()
	dir := crash.NewDisk().Dir()
	proof, failed, err := take(t, w, dir)
	if err != nil || len(failed) != 0 {
		t.Fatal(err, failed)
	}
	for _, account := range []mailbox.Account{ann, bob} {
		for _, it := range w.Items(account.ID) {
			if !proof.Holds(account.ID, it.Kind, it.ID, it.Version) {
				t.Errorf("%s of %s is not in the proof", it.ID, account.ID)
			}
		}
	}
	lines := read(t, dir, proof.Manifest.Mailboxes[0])
	if len(lines) != 16 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, l := range lines {
		if l.Kind == item.Events && l.ID != "h" && l.ID != "inline" && !strings.Contains(string(l.Series), `"x`+l.ID[1:]) {
			t.Errorf("%s has series %s", l.ID, l.Series)
		}
		if got := len(l.ExceptionAttachments["x3"]); (got == 1) != (l.ID == "e3") {
			t.Errorf("%s has %d attachments on an exception", l.ID, got)
		}
		if want := strings.Contains(string(l.Item), `"hasAttachments":true`) || l.ID == "inline"; want != (len(l.Attachments) == 1) {
			t.Errorf("%s has %d attachments", l.ID, len(l.Attachments))
		}
	}
	if n := len(proof.Manifest.Blobs); n != 6 {
		t.Errorf("%d blobs: the same attachment should be kept once", n)
	}
	if n := len(w.Calls("delete", "set-categories", "ensure-category")); n != 0 {
		t.Errorf("%d writes", n)
	}
}

func read(t *testing.T, dir *durable.Dir, box snapshot.Mailbox) map[string]snapshot.Line {
	t.Helper()
	lines := map[string]snapshot.Line{}
	r, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range item.Kinds() {
		err := r.Lines(box, kind, func(l snapshot.Line) error {
			lines[l.ID] = l
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return lines
}

// TestEveryFaultIsTold lets each call fail in turn: whatever is not in the
// proof is named, as an item or as a mailbox, and the rest is there.
func TestEveryFaultIsTold(t *testing.T) {
	total := len(countCalls(t))
	if total < 38 {
		t.Fatalf("only %d calls", total)
	}
	for k := range total {
		w := world()
		var n atomic.Int64
		var hit memory.Call
		w.Fault = func(c memory.Call) (error, error) {
			if c.Verb == "open" {
				return nil, nil
			}
			if n.Add(1) == int64(k)+1 {
				hit = c
				return errors.New("no connection"), nil
			}
			return nil, nil
		}
		proof, failed, err := takeOne(t, w)
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]bool{}
		for _, box := range proof.Manifest.Mailboxes {
			for _, u := range box.Unreadable {
				told[box.Account.ID+" "+u.ID] = true
			}
		}
		for _, f := range failed {
			told[f.Account.ID] = true
		}
		missing := 0
		for _, account := range []mailbox.Account{ann, bob} {
			for _, it := range w.Items(account.ID) {
				held := proof.Holds(account.ID, it.Kind, it.ID, it.Version)
				said := told[account.ID] || told[account.ID+" "+it.ID]
				if held == said {
					t.Errorf("call %d (%v): %s of %s: held %v, told %v", k, hit, it.ID, account.ID, held, said)
				}
				if !held {
					missing++
				}
			}
		}
		if missing == 0 {
			t.Errorf("call %d (%v): the fault had no effect", k, hit)
		}
	}
}

func countCalls(t *testing.T) []memory.Call {
	w := world()
	if _, _, err := takeOne(t, w); err != nil {
		t.Fatal(err)
	}
	return w.Calls("folders", "list", "series", "attachments")
}

func takeOne(t *testing.T, w *memory.Tenant) (snapshot.Proof, []backup.Failure, error) {
	return take(t, w, crash.NewDisk().Dir())
}

func TestFullDiskEndsTheBackup(t *testing.T) {
	full := errors.New("no space left")
	for _, verb := range []string{"write", "sync", "rename", "syncdir"} {
		var n atomic.Int64
		disk := crash.NewDisk()
		dir := disk.Dir().Hooked(func(op durable.Op) error {
			if op.Verb == verb && n.Add(1) > 2 {
				return full
			}
			return nil
		})
		if _, _, err := take(t, world(), dir); !errors.Is(err, full) {
			t.Errorf("%s: %v", verb, err)
		}
		if _, err := snapshot.Load(disk.Dir()); !errors.Is(err, snapshot.ErrNoSnapshot) {
			t.Errorf("%s: the snapshot seems to exist: %v", verb, err)
		}
	}
}

func TestInterruptedBackupIsNoSnapshot(t *testing.T) {
	w := world()
	ctx, cancel := context.WithCancel(t.Context())
	mb, err := w.Open(ctx, ann)
	if err != nil {
		t.Fatal(err)
	}
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "series" {
			cancel()
		}
		return nil, nil
	}
	dir := crash.NewDisk().Dir()
	_, _, err = backup.Take(ctx, dir, backup.Job{Head: snapshot.Manifest{Kinds: item.Kinds()}, Mailboxes: []mailbox.Mailbox{mb}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := snapshot.Load(dir); !errors.Is(err, snapshot.ErrNoSnapshot) {
		t.Errorf("the snapshot seems to exist: %v", err)
	}
}
