package backup_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
		pictured := []map[string]any{{"id": item.PictureProperty, "value": "true"}}
		t.Put(account.ID, contacts, map[string]any{"id": "p", "displayName": "P", "singleValueExtendedProperties": pictured})
		t.PutPhoto(account.ID, "p", mailbox.Photo{ContentType: "image/png", Bytes: []byte("picture")})
		t.Put(account.ID, contacts, map[string]any{"id": "q", "displayName": "no longer", "singleValueExtendedProperties": pictured})
	}
	return t
}

// opened opens the mailboxes of the accounts for reading.
func opened(t *testing.T, w *memory.Tenant, accounts ...mailbox.Account) (boxes []mailbox.Mailbox) {
	t.Helper()
	for _, account := range accounts {
		mb, err := mailbox.ReadOnly(w).Open(t.Context(), account)
		if err != nil {
			t.Fatal(err)
		}
		boxes = append(boxes, mb)
	}
	return boxes
}

func job(boxes []mailbox.Mailbox) backup.Job {
	return backup.Job{
		Head:      snapshot.Manifest{ID: "s", Created: time.Unix(0, 0), Kinds: item.Kinds()},
		Mailboxes: boxes, Parallel: 2,
	}
}

func take(t *testing.T, w *memory.Tenant, dir *durable.Dir, accounts ...mailbox.Account) (snapshot.Proof, []backup.Failure, error) {
	t.Helper()
	return backup.Take(t.Context(), dir, job(opened(t, w, accounts...)))
}

func TestEverythingIsCopied(t *testing.T) {
	w := world()
	dir := crash.NewDisk().Dir()
	proof, failed, err := take(t, w, dir, ann, bob)
	if err != nil || len(failed) != 0 {
		t.Fatal(err, failed)
	}
	for i, account := range []mailbox.Account{ann, bob} {
		for _, it := range w.Items(account.ID) {
			if !proof.Holds(account.ID, it.Kind, it.ID, it.Version) {
				t.Errorf("%s of %s is not in the proof", it.ID, account.ID)
			}
		}
		box := proof.Manifest.Mailboxes[i]
		if len(box.Notices) != 0 || box.ContactLists != 0 || box.Streams != box.Items() || box.Items() != 18 {
			t.Errorf("the manifest says %+v", box)
		}
	}
	checkParts(t, dir, read(t, dir, proof.Manifest.Mailboxes[0]))
	about := aboutOf(t, dir, proof.Manifest.Mailboxes[0])
	if about.Categories == nil || about.Settings == nil || len(about.Folders) != 3 {
		t.Errorf("%+v", about)
	}
	if n := len(w.Calls("delete", "set-categories", "ensure-category")); n != 0 {
		t.Errorf("%d writes", n)
	}
	if n := len(w.Calls("photo")); n != 4 {
		t.Errorf("%d photos were asked for", n)
	}
}

func checkParts(t *testing.T, dir *durable.Dir, lines map[string]snapshot.Line) {
	t.Helper()
	if len(lines) != 18 {
		t.Fatalf("%d lines", len(lines))
	}
	attachments := map[string]bool{}
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
		for _, name := range append(l.Attachments, l.ExceptionAttachments["x3"]...) {
			attachments[name] = true
		}
		if (l.Photo != nil) != (l.ID == "p") {
			t.Errorf("%s has photo %v", l.ID, l.Photo)
		}
		if stream := blob(t, dir, l.Stream); !strings.Contains(stream, `"id":"`+l.ID+`"`) {
			t.Errorf("%s has stream %s", l.ID, stream)
		}
	}
	if len(attachments) != 6 {
		t.Errorf("%d attachments: the same one should be kept once", len(attachments))
	}
	if l := lines["p"]; l.Photo == nil || l.Photo.ContentType != "image/png" || blob(t, dir, l.Photo.Blob) != "picture" {
		t.Errorf("photo %v", l.Photo)
	}
}

func blob(t *testing.T, dir *durable.Dir, name string) string {
	t.Helper()
	r, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	content, err := r.Blob(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func aboutOf(t *testing.T, dir *durable.Dir, box snapshot.Mailbox) snapshot.About {
	t.Helper()
	r, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	about, err := r.About(box)
	if err != nil {
		t.Fatal(err)
	}
	return about
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
