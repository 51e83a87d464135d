package snapshot_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var (
	contacts = item.Folder{Kind: item.Contacts, ID: "contacts", Path: "Contacts"}
	calendar = item.Folder{Kind: item.Events, ID: "calendar", Path: "Calendar"}
	ann      = mailbox.Account{ID: "0f8e1a52-1111-4222-8333-444455556666", UPN: "ann@contoso.example"}
)

func head() snapshot.Manifest {
	return snapshot.Manifest{ID: "s1", Tool: "test", Created: time.Unix(0, 0).UTC(), Tenant: mailbox.Tenant{ID: "tenant"}, Kinds: item.Kinds()}
}

func parse(t testing.TB, folder item.Folder, raw string) item.Item {
	t.Helper()
	it, err := item.Parse(folder, []byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return it
}

// write makes a snapshot of one mailbox with a contact, and a series with an
// attachment.
func write(t testing.TB, dir *durable.Dir) snapshot.Manifest {
	t.Helper()
	w := snapshot.NewWriter(dir, head(), snapshot.Options{})
	box, err := w.Mailbox(snapshot.About{Account: ann, Folders: []item.Folder{contacts, calendar}})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		box.Add(parse(t, contacts, `{ "id":"c1","@odata.etag":"v1","displayName":"Bo \u00e9 <b>","categories":["A & B"],"n":12345678901234567890,"z":1.50 }`), snapshot.Parts{}),
		box.Add(parse(t, calendar, `{"id":"e1","@odata.etag":"v2","type":"seriesMaster"}`),
			snapshot.Parts{
				Series:      json.RawMessage(`{"exceptionOccurrences":[]}`),
				Attachments: []json.RawMessage{json.RawMessage(`{"contentBytes":"bWFj"}`)},
				Exceptions:  map[string][]json.RawMessage{"x": {json.RawMessage(`{"contentBytes":"eA=="}`)}},
			}),
	)
	box.Unreadable(parse(t, calendar, `{"id":"e2","subject":"broken"}`), errors.New("corrupt"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := box.Commit(item.Kinds()); err != nil {
		t.Fatal(err)
	}
	proof, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return proof.Manifest
}

func TestProofHoldsWhatWasWritten(t *testing.T) {
	dir := crash.NewDisk().Dir()
	write(t, dir)
	proof, err := snapshot.Verify(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mailbox string
		kind    item.Kind
		id      string
		version string
		held    bool
	}{
		{ann.ID, item.Contacts, "c1", "v1", true},
		{ann.ID, item.Events, "e1", "v2", true},
		{ann.ID, item.Contacts, "c1", "v2", false},
		{ann.ID, item.Events, "c1", "v1", false},
		{"bob", item.Contacts, "c1", "v1", false},
		{ann.ID, item.Events, "e2", "", false},
		{ann.ID, item.Events, "e3", "", false},
	} {
		if got := proof.Holds(c.mailbox, c.kind, c.id, c.version); got != c.held {
			t.Errorf("Holds(%v) = %v", c, got)
		}
	}
	if proof.Items() != 2 || len(proof.Manifest.Mailboxes[0].Unreadable) != 1 {
		t.Errorf("%d items, %d unreadable", proof.Items(), len(proof.Manifest.Mailboxes[0].Unreadable))
	}
}

// TestLineMustBeOfItsItem writes lines whose head is of another item or version
// than what they hold: hashes fit, and still there is no proof and no snapshot.
func TestLineMustBeOfItsItem(t *testing.T) {
	for what, change := range map[string]func(*item.Item){
		"another id":      func(it *item.Item) { it.ID = "c2" },
		"another version": func(it *item.Item) { it.Version = "v2" },
		"not an item":     func(it *item.Item) { it.Raw = json.RawMessage(`{"displayName":"x"}`) },
	} {
		dir := crash.NewDisk().Dir()
		w := snapshot.NewWriter(dir, head(), snapshot.Options{})
		box, err := w.Mailbox(snapshot.About{Account: ann})
		if err != nil {
			t.Fatal(err)
		}
		it := parse(t, contacts, `{"id":"c1","@odata.etag":"v1"}`)
		change(&it)
		if err := box.Add(it, snapshot.Parts{}); err != nil {
			t.Fatal(err)
		}
		if _, err := box.Commit(item.Kinds()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(); !errors.Is(err, snapshot.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := snapshot.Verify(dir); !errors.Is(err, snapshot.ErrNoSnapshot) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestWithoutManifestThereIsNoSnapshot(t *testing.T) {
	dir := crash.NewDisk().Dir()
	write(t, dir)
	if err := dir.Remove("snapshot.json"); err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.Verify(dir); !errors.Is(err, snapshot.ErrNoSnapshot) {
		t.Errorf("got %v", err)
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	dir := crash.NewDisk().Dir()
	if err := dir.WriteFile("snapshot.json", []byte(`{"format":3,"tool":"v9"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.Load(dir); !errors.Is(err, snapshot.ErrNewer) {
		t.Errorf("got %v", err)
	}
}

// TestBytesAreServedBack writes items as odd as Graph may serve them and reads
// the same bytes out of the lines.
func TestBytesAreServedBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir := crash.NewDisk().Dir()
		w := snapshot.NewWriter(dir, head(), snapshot.Options{})
		box, err := w.Mailbox(snapshot.About{Account: ann})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for i := range rapid.IntRange(0, 5).Draw(t, "items") {
			value, err := json.Marshal(rapid.String().Draw(t, "value"))
			if err != nil {
				t.Fatal(err)
			}
			space := rapid.SampledFrom([]string{"", " ", "\t", "   "}).Draw(t, "space")
			number := rapid.SampledFrom([]string{"1.50", "1e3", "98765432109876543210", "-0", "null", "{}", "[]"}).Draw(t, "number")
			raw := fmt.Sprintf(`{%s"id":"%d","displayName":%s,"n":%s,"</script>":"\u0041\/" }`, space, i, value, number)
			it, err := item.Parse(contacts, []byte(raw))
			if err != nil {
				t.Fatal(err)
			}
			if err := box.Add(it, snapshot.Parts{}); err != nil {
				t.Fatal(err)
			}
			want = append(want, raw)
		}
		entry, err := box.Commit(item.Kinds())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		r, err := snapshot.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		err = r.Lines(entry, item.Contacts, func(l snapshot.Line) error {
			if string(l.Item) != want[n] {
				t.Fatalf("item %d: %s, want %s", n, l.Item, want[n])
			}
			n++
			return nil
		})
		if err != nil || n != len(want) {
			t.Fatalf("%d items of %d, %v", n, len(want), err)
		}
	})
}

func TestItemSpreadOverLinesStaysOneLine(t *testing.T) {
	dir := crash.NewDisk().Dir()
	w := snapshot.NewWriter(dir, head(), snapshot.Options{})
	box, err := w.Mailbox(snapshot.About{Account: ann})
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Add(parse(t, contacts, "{\n  \"id\": \"c1\",\r\n  \"displayName\": \"a\\nb\"\n}"), snapshot.Parts{}); err != nil {
		t.Fatal(err)
	}
	entry, err := box.Commit(item.Kinds())
	if err != nil {
		t.Fatal(err)
	}
	data, err := dir.ReadFile(entry.Folder + "/contacts.jsonl")
	if err != nil || bytes.Count(data, []byte("\n")) != 1 || !bytes.Contains(data, []byte(`{"id":"c1","displayName":"a\nb"}`)) {
		t.Errorf("%s, %v", data, err)
	}
}

func TestFolderNamesAreOurs(t *testing.T) {
	root := filepath.Join(t.TempDir(), "store")
	dir, err := durable.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	hostile := []string{"../../etc", "/etc/passwd", "CON", "a/b", "", "..", "a\x00b", "ID.", strings.Repeat("x", 300), "UPPER"}
	seen := map[string]bool{}
	w := snapshot.NewWriter(dir, head(), snapshot.Options{})
	for _, id := range hostile {
		box, err := w.Mailbox(snapshot.About{Account: mailbox.Account{ID: id}})
		if err != nil {
			t.Fatalf("%q: %v", id, err)
		}
		entry, err := box.Commit(item.Kinds())
		if err != nil || seen[entry.Folder] {
			t.Fatalf("%q: folder %q, %v", id, entry.Folder, err)
		}
		seen[entry.Folder] = true
	}
	if _, err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	files := 0
	err = filepath.WalkDir(root, func(_ string, d fs.DirEntry, err error) error {
		info, statErr := d.Info()
		if want := map[bool]os.FileMode{true: 0o700, false: 0o600}[d.IsDir()]; info.Mode().Perm() != want {
			t.Errorf("%s has mode %v", d.Name(), info.Mode())
		}
		files++
		return errors.Join(err, statErr)
	})
	if err != nil || files < 40 {
		t.Fatalf("%d files, %v", files, err)
	}
}
