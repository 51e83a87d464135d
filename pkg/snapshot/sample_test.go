package snapshot_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"filippo.io/age"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var (
	bob   = mailbox.Account{ID: "0f8e1a52-2222-4222-8333-444455556666", UPN: "bob@contoso.example", DisplayName: "Bob & Co"}
	tasks = item.Folder{Kind: item.Tasks, ID: "tasks", Path: "Tasks <old>"}
)

func key(t testing.TB) *age.X25519Identity {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// part is one item of the sample with its parts.
type part struct {
	box    mailbox.Account
	folder item.Folder
	raw    string
	parts  snapshot.Parts
}

// sample has every kind of item and part, in two mailboxes; a picture and an
// attachment stand in both.
func sample() []part {
	same := json.RawMessage(`{"id":"a1","contentBytes":"c2FtZQ=="}`)
	photo := &mailbox.Photo{Bytes: []byte("\x89PNG\r\n\x00\xff"), ContentType: "image/png"}
	return []part{
		{
			ann, contacts, `{ "id":"c1","@odata.etag":"v1","displayName":"Bo \u00e9 <b>","categories":["A & B"],"n":12345678901234567890,"z":1.50 }`,
			snapshot.Parts{Photo: photo, Stream: []byte("stream of c1\x00")},
		},
		{ann, calendar, `{"id":"e1","@odata.etag":"v2","type":"seriesMaster"}`, snapshot.Parts{
			Series:      json.RawMessage(`{"exceptionOccurrences":[{"id":"x","subject":"moved"}],"cancelledOccurrences":["OID.e1.2026-03-17"]}`),
			Attachments: []json.RawMessage{same},
			Exceptions:  map[string][]json.RawMessage{"x": {json.RawMessage(`{"contentBytes":"eA=="}`), same}},
		}},
		{ann, tasks, `{"id":"t1","@odata.etag":"v3","title":"Call"}`, snapshot.Parts{Attachments: []json.RawMessage{json.RawMessage(`{"contentBytes":""}`)}}},
		{bob, contacts, `{"id":"c1","@odata.etag":"v1","displayName":"Other"}`, snapshot.Parts{Photo: photo}},
		{bob, calendar, `{"id":"e9","@odata.etag":"v9","type":"singleInstance"}`, snapshot.Parts{Attachments: []json.RawMessage{same}}},
	}
}

func abouts() []snapshot.About {
	return []snapshot.About{
		{
			Account: ann, Folders: []item.Folder{contacts, calendar, tasks},
			Categories: []json.RawMessage{json.RawMessage(`{"displayName":"A & B","color":"preset7"}`)}, Settings: json.RawMessage(`{"timeZone":"UTC"}`),
		},
		{Account: bob, Folders: []item.Folder{contacts, calendar}},
	}
}

// writeSample writes the sample. A third mailbox is given up half-way.
func writeSample(t testing.TB, dir *durable.Dir, options snapshot.Options) snapshot.Manifest {
	t.Helper()
	m, err := tryWriting(t, dir, options)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func tryWriting(t testing.TB, dir *durable.Dir, options snapshot.Options) (snapshot.Manifest, error) {
	w := snapshot.NewWriter(dir, head(), options)
	for _, about := range abouts() {
		if err := writeMailbox(t, w, about); err != nil {
			return snapshot.Manifest{}, err
		}
	}
	if err := giveUp(t, w); err != nil {
		return snapshot.Manifest{}, err
	}
	proof, err := w.Commit()
	return proof.Manifest, err
}

// writeWhole writes a mailbox all of whose parts are used.
func writeWhole(t testing.TB, dir *durable.Dir, options snapshot.Options) snapshot.Manifest {
	t.Helper()
	w := snapshot.NewWriter(dir, head(), options)
	err := writeMailbox(t, w, abouts()[0])
	proof, committed := w.Commit()
	if err := errors.Join(err, committed); err != nil {
		t.Fatal(err)
	}
	return proof.Manifest
}

// large says of an item of the sample that only a stream would bring it back.
func large(id string) bool { return id == "c1" }

func writeMailbox(t testing.TB, w *snapshot.Writer, about snapshot.About) error {
	box, err := w.Mailbox(about)
	if err != nil {
		return err
	}
	for _, p := range sample() {
		if p.box == about.Account && err == nil {
			it := parse(t, p.folder, p.raw)
			if err = box.Add(it, p.parts); large(it.ID) {
				box.NeedsStream(it)
			}
		}
	}
	box.Say(snapshot.Notice{Kind: item.Contacts, Folder: "Secret folder", What: "changed meanwhile", Incomplete: true})
	box.Say(snapshot.Notice{What: "no photos \xff here"})
	box.AddContactLists(2)
	box.Unreadable(parse(t, calendar, `{"id":"e2","subject":"secret title"}`), errors.New("corrupt \xff secret"))
	if err == nil {
		_, err = box.Commit(item.Kinds())
	}
	return errors.Join(err, box.Close())
}

// giveUp writes half of a mailbox and closes it.
func giveUp(t testing.TB, w *snapshot.Writer) error {
	box, err := w.Mailbox(snapshot.About{Account: mailbox.Account{ID: "gone"}})
	if err != nil {
		return err
	}
	err = box.Add(parse(t, contacts, `{"id":"c1"}`), snapshot.Parts{Stream: []byte("nobody's")})
	return errors.Join(err, box.Close(), box.Close())
}

// ways are all ways to keep a snapshot, and the key that opens it.
func ways(t testing.TB) map[string]way {
	k := key(t)
	to := []snapshot.Recipient{k.Recipient()}
	return map[string]way{
		"plain":                    {},
		"compressed":               {options: snapshot.Options{Compress: true}},
		"encrypted":                {snapshot.Options{Recipients: to}, []snapshot.Identity{k}},
		"compressed and encrypted": {snapshot.Options{Compress: true, Recipients: to}, []snapshot.Identity{key(t), k}},
	}
}

// twoWays are the simplest and the one with everything, where four take long.
func twoWays(t testing.TB) map[string]way {
	all := ways(t)
	delete(all, "compressed")
	delete(all, "encrypted")
	return all
}

type way struct {
	options snapshot.Options
	keys    []snapshot.Identity
}

// compareSample reads a snapshot of the sample and compares all that is in it.
func compareSample(t testing.TB, dir *durable.Dir, keys ...snapshot.Identity) {
	t.Helper()
	r, err := snapshot.Open(dir, keys...)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, want := range abouts() {
		box, ok := r.Find(want.Account.ID)
		if !ok {
			t.Fatalf("%s is not there", want.Account.ID)
		}
		about, err := r.About(box)
		if err != nil {
			t.Fatal(err)
		}
		compareAbout(t, about, want, r.Manifest().Encrypted())
		for _, kind := range item.Kinds() {
			var expected []part
			for _, p := range sample() {
				if p.box == want.Account && p.folder.Kind == kind {
					expected = append(expected, p)
				}
			}
			var lines []snapshot.Line // they are kept beyond the reading
			err := r.Lines(box, kind, func(l snapshot.Line) error {
				lines = append(lines, l)
				return nil
			})
			if err != nil || len(lines) != len(expected) {
				t.Fatalf("%s of %s: %d of %d read, %v", kind, want.Account.ID, len(lines), len(expected), err)
			}
			for i, l := range lines {
				compareLine(t, r, l, expected[i])
				read++
			}
		}
	}
	if read != len(sample()) {
		t.Errorf("%d items read", read)
	}
}

func compareAbout(t testing.TB, got, want snapshot.About, encrypted bool) {
	t.Helper()
	if encrypted != (len(got.Unreadable) == 1 && got.Unreadable[0].Title == "secret title" && got.Unreadable[0].Error == "corrupt \ufffd secret") {
		t.Errorf("mailbox.json has %v of what is unreadable", got.Unreadable)
	}
	if encrypted != (len(got.Notices) == 2 && got.Notices[0].Folder == "Secret folder" && got.Notices[1].What == "no photos \ufffd here") {
		t.Errorf("mailbox.json has the notices %v", got.Notices)
	}
	got.Unreadable, got.Notices = nil, nil
	if a, b := compact(t, got), compact(t, want); a != b {
		t.Errorf("about is %s, want %s", a, b)
	}
}

// compact is JSON without the white space that mailbox.json gives it.
func compact(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func compareLine(t testing.TB, r *snapshot.Reader, l snapshot.Line, want part) {
	t.Helper()
	it := parse(t, want.folder, want.raw)
	blob := func(name string) []byte {
		data, err := r.Blob(name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	got := snapshot.Parts{Series: l.Series}
	for _, name := range l.Attachments {
		got.Attachments = append(got.Attachments, blob(name))
	}
	for id, names := range l.ExceptionAttachments {
		for _, name := range names {
			if got.Exceptions == nil {
				got.Exceptions = map[string][]json.RawMessage{}
			}
			got.Exceptions[id] = append(got.Exceptions[id], blob(name))
		}
	}
	if l.Photo != nil {
		got.Photo = &mailbox.Photo{Bytes: blob(l.Photo.Blob), ContentType: l.Photo.ContentType}
	}
	if l.Stream != "" {
		got.Stream = blob(l.Stream)
	}
	if string(l.Item) != want.raw || !reflect.DeepEqual(got, want.parts) {
		t.Errorf("%s came back as %s with %+v", want.raw, l.Item, got)
	}
	if l.Kind != it.Kind || l.ID != it.ID || l.Version != it.Version || l.Folder != want.folder.Path || l.FolderID != want.folder.ID ||
		fmt.Sprint(l.Categories) != fmt.Sprint(it.Categories) {
		t.Errorf("%s has the head %+v", it.ID, l)
	}
}
