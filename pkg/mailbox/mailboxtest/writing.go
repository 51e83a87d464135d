package mailboxtest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

func writingTests() map[string]func(*testing.T, *bench) {
	return map[string]func(*testing.T, *bench){
		"a created item is listed as it was sent":  eachKind(creates),
		"two creations make two items":             eachKind(createsTwice),
		"members are set and the others stay":      eachKind(updates),
		"a folder is made once":                    eachKind(createsFolder),
		"files of any size are attached":           eachKind(attaches),
		"a link is not attached":                   attachesNoLink,
		"a checklist item is listed":               addsChecklistItem,
		"a photo comes back":                       setsPhoto,
		"a series gives its occurrences":           instances,
		"an exported item is imported as a copy":   eachKind(imports),
		"closed folders refuse what is new":        closedRefuse,
		"what is not there refuses what is new":    eachKind(strangersRefuse),
		"a mailbox for reading refuses everything": readOnlyRefuses,
		"a context that is over adds nothing":      eachKind(overAddsNothing),
	}
}

// mark is what the suite's own items carry.
const mark = "riva-prep contract 1"

// body is that of a new item with a title, a category and the mark.
func body(kind item.Kind, title string) json.RawMessage {
	members := map[string]any{titleOf(kind): title, "categories": []string{"Contract"}}
	switch kind {
	case item.Tasks:
		members["linkedResources"] = []map[string]string{{"applicationName": item.MarkApplication, "externalId": mark, "displayName": "mark"}}
	case item.Events:
		members["start"] = map[string]string{"dateTime": "2031-03-03T09:00:00", "timeZone": "UTC"}
		members["end"] = map[string]string{"dateTime": "2031-03-03T09:30:00", "timeZone": "UTC"}
		fallthrough
	default:
		members["singleValueExtendedProperties"] = []map[string]string{{"id": item.MarkProperty, "value": mark}}
	}
	return encoded(members)
}

func titleOf(kind item.Kind) string {
	return map[item.Kind]string{item.Contacts: "displayName", item.Events: "subject", item.Tasks: "title"}[kind]
}

func encoded(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// home is a folder that can be written.
func (b *bench) home(t *testing.T, kind item.Kind) item.Folder {
	t.Helper()
	return b.victims(t, kind)[0].Folder
}

// create makes an item of the suite's own.
func (b *bench) create(t *testing.T, kind item.Kind, title string) item.Item {
	t.Helper()
	made, err := b.box.Create(t.Context(), b.home(t, kind), body(kind, title))
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	return made
}

func creates(t *testing.T, b *bench, kind item.Kind) {
	const title = `O'Brien & "Söhne" <1>, 日本`
	before := len(b.items(t, kind, mailbox.Brief))
	made := b.create(t, kind, title)
	found, there := b.find(t, made, mailbox.Whole)
	switch {
	case !there:
		t.Fatal("the new item is not listed")
	case found.Title != title || !slices.Equal(found.Categories, []string{"Contract"}):
		t.Errorf("it is listed as %q with categories %q", found.Title, found.Categories)
	case found.Version != made.Version || found.Folder.ID != made.Folder.ID || made.Kind != kind:
		t.Errorf("it is listed in version %q of %q, Create said %q of %q", found.Version, found.Folder.Path, made.Version, made.Folder.Path)
	}
	if after := len(b.items(t, kind, mailbox.Brief)); after != before+1 {
		t.Errorf("%d items, after one was created %d", before, after)
	}
	if found, _ = b.find(t, made, mailbox.Marked); found.Mark != mark {
		t.Errorf("it is listed with the mark %q, want %q", found.Mark, mark)
	}
}

func createsTwice(t *testing.T, b *bench, kind item.Kind) {
	first, second := b.create(t, kind, "Twin"), b.create(t, kind, "Twin")
	if first.ID == second.ID {
		t.Fatal("the second creation gave the first item")
	}
	for _, made := range []item.Item{first, second} {
		if _, there := b.find(t, made, mailbox.Brief); !there {
			t.Error("a new item is not listed")
		}
	}
}

func updates(t *testing.T, b *bench, kind item.Kind) {
	made := b.create(t, kind, "Before")
	changed, err := b.box.Update(t.Context(), made, encoded(map[string]string{titleOf(kind): "After"}))
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
	found, _ := b.find(t, made, mailbox.Whole)
	if found.Title != "After" || !slices.Equal(found.Categories, made.Categories) {
		t.Errorf("it is %q with categories %q", found.Title, found.Categories)
	}
	if changed.ID != made.ID || changed.Title != "After" || changed.Version != found.Version || changed.Version == made.Version {
		t.Errorf("Update gave %q in version %q; it was %q, the listing says %q", changed.Title, changed.Version, made.Version, found.Version)
	}
	changed.Version = ""
	if _, err := b.box.Update(t.Context(), changed, encoded(map[string][]string{"categories": {}})); err != nil {
		t.Errorf("Update of whatever version: %v", err)
	}
}

func createsFolder(t *testing.T, b *bench, kind item.Kind) {
	const name = "Riva-Prep Contract 文"
	made, err := b.box.CreateFolder(t.Context(), kind, "", name)
	if err != nil {
		t.Fatalf("CreateFolder: %v", err)
	}
	if made.Kind != kind || made.ID == "" || made.Name != name || made.Path == "" || !made.Writable() {
		t.Errorf("CreateFolder gave %+v", made)
	}
	b.holds(t, made)
	if _, err := b.box.CreateFolder(t.Context(), kind, "", name); err != nil {
		is(t, "a second CreateFolder", err, mailbox.ErrExists)
	} else if kind == item.Tasks {
		t.Log("CreateFolder: this service takes two lists of a name")
	} else {
		t.Error("a second CreateFolder gave no error")
	}
	if kind == item.Contacts {
		inner, err := b.box.CreateFolder(t.Context(), kind, made.ID, name)
		if err != nil || inner.Parent != made.ID {
			t.Fatalf("CreateFolder below the new one: %+v, %v", inner, err)
		}
		b.holds(t, inner)
	}
}

// holds checks that a new folder is listed and takes items.
func (b *bench) holds(t *testing.T, folder item.Folder) {
	t.Helper()
	listed := func(f item.Folder) bool { return f.ID == folder.ID && f.Writable() }
	if !slices.ContainsFunc(b.folders(t, folder.Kind), listed) {
		t.Error("the new folder is not listed")
	}
	made, err := b.box.Create(t.Context(), folder, body(folder.Kind, "First"))
	if err != nil {
		t.Fatalf("Create in the new folder: %v", err)
	}
	if found, there := b.find(t, made, mailbox.Brief); !there || found.Folder.ID != folder.ID {
		t.Errorf("the item is listed: %v, in folder %q", there, found.Folder.Path)
	}
}

// file is an attachment with a content of so many bytes.
func file(kind item.Kind, name string, size int) (attachment json.RawMessage, content string) {
	some, random := make([]byte, 997), rand.New(rand.NewPCG(uint64(size), 1)) // a prime, so that no piece is like another
	for i := range some {
		some[i] = byte(random.Uint32())
	}
	some = bytes.Repeat(some, 3) // so that each begins anew in base64, too
	whole, rest := size/len(some), some[:size%len(some)]
	content = strings.Repeat(base64.StdEncoding.EncodeToString(some), whole) + base64.StdEncoding.EncodeToString(rest)
	members := map[string]any{"@odata.type": "#microsoft.graph.fileAttachment", "name": name, "contentType": "text/plain", "contentBytes": content}
	if kind == item.Tasks {
		members["@odata.type"] = "#microsoft.graph.taskFileAttachment"
	}
	return encoded(members), content
}

func attaches(t *testing.T, b *bench, kind item.Kind) {
	if kind == item.Contacts {
		t.Skip("contacts have no attachments")
	}
	to := b.create(t, kind, "With files")
	want := map[string]string{}
	for name, size := range map[string]int{"one": 1, "small": 70_000, "large": 3_200_000} {
		attachment, content := file(kind, name, size)
		if err := b.box.Attach(t.Context(), to, attachment); err != nil {
			t.Fatalf("Attach %d bytes: %v", size, err)
		}
		want[name] = content
	}
	found, err := b.box.Attachments(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, raw := range found {
		var a struct{ Name, ContentBytes string }
		if err := json.Unmarshal(raw, &a); err != nil {
			t.Fatal(err)
		}
		got[a.Name] = a.ContentBytes
	}
	if len(found) != len(want) || !maps.Equal(got, want) {
		t.Errorf("%d attachments come back, %d of them by name, want %d with the same bytes", len(found), len(got), len(want))
	}
}

func attachesNoLink(t *testing.T, b *bench) {
	if !slices.Contains(b.Kinds, item.Events) {
		t.Skip("the harness has no events")
	}
	to := b.create(t, item.Events, "With a link")
	link := encoded(map[string]string{"@odata.type": "#microsoft.graph.referenceAttachment", "name": "elsewhere"})
	is(t, "Attach", b.box.Attach(t.Context(), to, link), errors.ErrUnsupported)
}

func addsChecklistItem(t *testing.T, b *bench) {
	if !slices.Contains(b.Kinds, item.Tasks) {
		t.Skip("the harness has no tasks")
	}
	task := b.create(t, item.Tasks, "With steps")
	for n := range 2 {
		step := encoded(map[string]any{"displayName": fmt.Sprint("step ", n), "isChecked": n == 1})
		if err := b.box.AddChecklistItem(t.Context(), task, step); err != nil {
			t.Fatalf("AddChecklistItem: %v", err)
		}
	}
	found, _ := b.find(t, task, mailbox.Whole)
	var listed struct {
		Steps []struct {
			Name    string `json:"displayName"`
			Checked bool   `json:"isChecked"`
		} `json:"checklistItems"`
	}
	if err := json.Unmarshal(found.Raw, &listed); err != nil {
		t.Fatal(err)
	}
	if s := listed.Steps; len(s) != 2 || s[0].Checked == s[1].Checked || s[0].Name == s[1].Name {
		t.Errorf("the task's steps are %+v", s)
	}
}

func setsPhoto(t *testing.T, b *bench) {
	if !slices.Contains(b.Kinds, item.Contacts) {
		t.Skip("the harness has no contacts")
	}
	contact := b.create(t, item.Contacts, "With a face")
	photo := mailbox.Photo{ContentType: "image/jpeg", Bytes: []byte("\xff\xd8\xff\xe0 a face \x00\xff\xd9")}
	if err := b.box.SetPhoto(t.Context(), contact, photo); err != nil {
		t.Fatalf("SetPhoto: %v", err)
	}
	found, err := b.box.Photo(t.Context(), contact)
	if err != nil || found == nil || found.ContentType != photo.ContentType || !bytes.Equal(found.Bytes, photo.Bytes) {
		t.Errorf("Photo = %+v, %v", found, err)
	}
}

func instances(t *testing.T, b *bench) {
	if !slices.Contains(b.Kinds, item.Events) {
		t.Skip("the harness has no events")
	}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	masters := 0
	for _, it := range b.items(t, item.Events, mailbox.Brief) {
		if !it.Event.IsMaster() {
			continue
		}
		masters++
		found, err := b.box.Instances(t.Context(), it, from, from.AddDate(0, 6, 0))
		if err != nil {
			t.Fatalf("Instances: %v", err)
		}
		for _, one := range found {
			if one.ID == "" || one.ID == it.ID || one.Event.OriginalStart.IsZero() {
				t.Errorf("an occurrence has id %q and was to be at %s", one.ID, one.Event.OriginalStart)
			}
		}
		if len(found) > 0 {
			b.moves(t, found[0])
		}
	}
	t.Logf("%d series masters", masters)
	_, err := b.box.Instances(t.Context(), b.stranger(t, item.Events), from, from.AddDate(0, 0, 1))
	is(t, "Instances of an unknown series", err, mailbox.ErrGone)
}

// moves sets the subject of one occurrence.
func (b *bench) moves(t *testing.T, occurrence item.Item) {
	t.Helper()
	occurrence.Version = ""
	changed, err := b.box.Update(t.Context(), occurrence, encoded(map[string]string{"subject": "Only today"}))
	if err != nil || changed.Title != "Only today" {
		t.Errorf("Update of an occurrence: %q, %v", changed.Title, err)
	}
}

func imports(t *testing.T, b *bench, kind item.Kind) {
	made := b.create(t, kind, "To be copied")
	streams, err := b.box.Export(t.Context(), []item.Item{made})
	if errors.Is(err, mailbox.ErrNotOffered) {
		t.Skip("this service exports nothing")
	}
	if err != nil || len(streams) != 1 || streams[0].Err != nil {
		t.Fatalf("Export: %d streams, %v", len(streams), err)
	}
	before := len(b.items(t, kind, mailbox.Brief))
	copied, err := b.box.Import(t.Context(), made.Folder, streams[0].Data)
	if err != nil {
		t.Fatalf("Import: %v", err)
	}
	found, there := b.find(t, copied, mailbox.Whole)
	if !there || copied.ID == made.ID || found.Title != made.Title || found.Folder.ID != made.Folder.ID {
		t.Errorf("the copy is listed: %v, as %q in %q; it has the original's id: %v", there, found.Title, found.Folder.Path, copied.ID == made.ID)
	}
	if after := len(b.items(t, kind, mailbox.Brief)); after != before+1 {
		t.Errorf("%d items, after an import %d", before, after)
	}
}

// additions are all ways to add something to an item or beside it.
func additions(box mailbox.Mailbox, it item.Item) map[string]func(context.Context) error {
	attachment, _ := file(it.Kind, "refused", 10)
	photo := mailbox.Photo{ContentType: "image/png", Bytes: []byte("x")}
	all := map[string]func(context.Context) error{
		"Create": func(ctx context.Context) error {
			_, err := box.Create(ctx, it.Folder, body(it.Kind, "Refused"))
			return err
		},
		"Update": func(ctx context.Context) error {
			_, err := box.Update(ctx, it, encoded(map[string]string{titleOf(it.Kind): "Refused"}))
			return err
		},
	}
	switch it.Kind {
	case item.Contacts:
		all["SetPhoto"] = func(ctx context.Context) error { return box.SetPhoto(ctx, it, photo) }
	case item.Tasks:
		all["AddChecklistItem"] = func(ctx context.Context) error {
			return box.AddChecklistItem(ctx, it, encoded(map[string]string{"displayName": "x"}))
		}
		fallthrough
	default:
		all["Attach"] = func(ctx context.Context) error { return box.Attach(ctx, it, attachment) }
	}
	return all
}

func closedRefuse(t *testing.T, b *bench) {
	tried := 0
	for _, kind := range b.Kinds {
		for _, folder := range b.folders(t, kind) {
			if folder.Writable() {
				continue
			}
			tried++
			it := item.Item{Kind: kind, Folder: folder, ID: unknownID}
			for name, do := range additions(b.box, it) {
				is(t, name+" in "+folder.Path, do(t.Context()), mailbox.ErrDenied)
			}
			_, err := b.box.Import(t.Context(), folder, []byte("stream"))
			is(t, "Import into "+folder.Path, err, mailbox.ErrDenied)
		}
	}
	if reasons := slices.DeleteFunc(slices.Collect(maps.Values(b.Closed)), func(r string) bool { return r == "" }); tried < len(reasons) {
		t.Errorf("%d closed folders, want %d", tried, len(reasons))
	}
}

func strangersRefuse(t *testing.T, b *bench, kind item.Kind) {
	stranger := b.stranger(t, kind)
	for name, do := range additions(b.box, stranger) {
		if name != "Create" {
			is(t, name+" of an unknown item", do(t.Context()), mailbox.ErrGone)
		}
	}
	stranger.Folder.ID = unknownID
	is(t, "Create in an unknown folder", additions(b.box, stranger)["Create"](t.Context()), mailbox.ErrGone)
}

func readOnlyRefuses(t *testing.T, b *bench) {
	box, err := mailbox.ReadOnly(b.Directory).Open(t.Context(), b.account)
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, kind := range b.Kinds {
		all := additions(box, b.victims(t, kind)[0])
		all["CreateFolder"] = func(ctx context.Context) error {
			_, err := box.CreateFolder(ctx, kind, "", "Refused")
			return err
		}
		all["Import"] = func(ctx context.Context) error {
			_, err := box.Import(ctx, b.home(t, kind), []byte("stream"))
			return err
		}
		for name, do := range all {
			tried++
			is(t, name, do(t.Context()), mailbox.ErrReadOnly)
		}
	}
	if tried < 5*len(b.Kinds) {
		t.Errorf("%d ways to add something were tried", tried)
	}
}

func overAddsNothing(t *testing.T, b *bench, kind item.Kind) {
	victim := b.create(t, kind, "Left alone")
	folders, before := b.folders(t, kind), b.items(t, kind, mailbox.Whole)
	all := additions(b.box, victim)
	all["CreateFolder"] = func(ctx context.Context) error {
		_, err := b.box.CreateFolder(ctx, kind, "", "Never")
		return err
	}
	all["Import"] = func(ctx context.Context) error {
		_, err := b.box.Import(ctx, victim.Folder, []byte("stream"))
		return err
	}
	for name, do := range all {
		err := do(cancelled(t))
		is(t, name, err, context.Canceled)
		if errors.Is(err, mailbox.ErrUnclear) {
			t.Errorf("%s: %v, but nothing was sent", name, err)
		}
	}
	after := b.items(t, kind, mailbox.Whole)
	same := slices.EqualFunc(before, after, func(a, b item.Item) bool { return a.ID == b.ID && a.Version == b.Version })
	if !same || len(b.folders(t, kind)) != len(folders) {
		t.Errorf("%d items in %d folders became %d in %d, or others", len(before), len(folders), len(after), len(b.folders(t, kind)))
	}
}
