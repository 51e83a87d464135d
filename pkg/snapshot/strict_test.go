package snapshot_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
	"github.com/riva-prep/riva-prep/pkg/snapshot/seal"
)

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// withSum is a manifest as docs/design.md says: the sum is its last member, and
// made of the bytes without it.
func withSum(body string) []byte {
	head, ok := strings.CutSuffix(body, "\n}\n")
	if !ok {
		panic("not a manifest: " + body)
	}
	return []byte(head + ",\n \"sum\": \"" + hashOf([]byte(body)) + "\"\n}\n")
}

// forge makes a manifest fit whatever was changed, as no accident does.
func forge(t *testing.T, dir *durable.Dir, change func(*snapshot.Manifest)) {
	t.Helper()
	m, err := snapshot.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	change(&m)
	m.Sum = ""
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.WriteFile("snapshot.json", withSum(string(data)+"\n")); err != nil {
		t.Fatal(err)
	}
}

// rewrite changes a file of the first mailbox, its text if it is sealed, and
// makes the manifest fit.
func rewrite(t *testing.T, dir *durable.Dir, codec seal.Codec, name string, change func(string) string) {
	t.Helper()
	forge(t, dir, func(m *snapshot.Manifest) {
		full := m.Mailboxes[0].Folder + "/" + name
		stored, err := dir.ReadFile(full)
		if err != nil {
			t.Fatal(err)
		}
		text := string(opened(t, codec, stored))
		changed := change(text)
		if changed == text {
			t.Fatalf("%s was not changed: %s", name, text)
		}
		var out bytes.Buffer
		w, err := codec.Wrap(&out)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(changed)); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Close(), dir.WriteFile(full, out.Bytes())); err != nil {
			t.Fatal(err)
		}
		n := slices.IndexFunc(m.Mailboxes[0].Files, func(f snapshot.File) bool { return f.Name == name })
		m.Mailboxes[0].Files[n] = snapshot.File{Name: name, Bytes: int64(out.Len()), SHA256: hashOf(out.Bytes())}
	})
}

func replace(old, other string) func(string) string {
	return func(text string) string { return strings.Replace(text, old, other, 1) }
}

// TestContentsMustFitEachOther forges files together with the hashes in the
// manifest: what the hashes no longer show, the contents do.
func TestContentsMustFitEachOther(t *testing.T) {
	twice := func(text string) string { return text + text }
	cases := []struct {
		what, file string
		change     func(string) string
	}{
		{"a line twice", "contacts.jsonl", twice},
		{"another id", "contacts.jsonl", replace(`"id":"c1","version"`, `"id":"c2","version"`)},
		{"another version", "contacts.jsonl", replace(`"version":"v1"`, `"version":"v2"`)},
		{"another kind", "contacts.jsonl", replace(`"kind":"contacts"`, `"kind":"tasks"`)},
		{"an unknown kind", "contacts.jsonl", replace(`"kind":"contacts"`, `"kind":"notes"`)},
		{"another item", "contacts.jsonl", replace(`"item":{ "id":"c1"`, `"item":{ "id":"c7"`)},
		{"not an item", "contacts.jsonl", replace(`"item":{ "id":"c1",`, `"item":{ `)},
		{"an unknown member", "contacts.jsonl", replace(`"kind":`, `"more":1,"kind":`)},
		{"a member twice", "contacts.jsonl", replace(`"kind":`, `"kind":"tasks","kind":`)},
		{"a member in capitals", "contacts.jsonl", replace(`"kind":`, `"Kind":`)},
		{"members in another order", "events.jsonl", replace(`{"kind":"events","folder":"Calendar",`, `{"folder":"Calendar","kind":"events",`)},
		{"blanks", "contacts.jsonl", replace(`"kind":`, ` "kind":`)},
		{"something behind", "contacts.jsonl", replace("}\n", "} 1\n")},
		{"an empty line", "contacts.jsonl", func(s string) string { return s + "\n" }},
		{"half a line", "contacts.jsonl", func(s string) string { return s[:len(s)/2] }},
		{"no line", "contacts.jsonl", func(string) string { return "" }},
		{"a missing photo", "contacts.jsonl", replace(`"photo":{"blob":"`, `"photo":{"blob":"0`)},
		{"no stream", "contacts.jsonl", func(s string) string {
			at := strings.Index(s, `,"stream":"`)
			return s[:at] + s[at+len(`,"stream":""`)+64:]
		}},
		{"a missing attachment", "events.jsonl", replace(`"attachments":["`, `"attachments":["../`)},
		{"mailbox.json of another", "mailbox.json", replace(ann.ID, bob.ID)},
		{"mailbox.json with a member more", "mailbox.json", replace(`"folders"`, `"more": 1, "folders"`)},
		{"mailbox.json with something behind", "mailbox.json", func(s string) string { return s + "{}" }},
		{"mailbox.json cut", "mailbox.json", func(s string) string { return s[:len(s)-3] }},
	}
	if len(cases) < 23 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, how := range []string{"plain", "compressed and encrypted"} {
		way := ways(t)[how]
		for _, c := range cases {
			dir := crash.NewDisk().Dir()
			m := writeSample(t, dir, way.options)
			codec := seal.Codec{Compressed: m.Compression != "", Encrypted: m.Encrypted(), Recipients: way.options.Recipients, Identities: way.keys}
			rewrite(t, dir, codec, c.file+codec.Suffix(), c.change)
			if _, err := snapshot.Verify(dir, way.keys...); !errors.Is(err, snapshot.ErrDamaged) {
				t.Errorf("%s, %s: %v", how, c.what, err)
			}
			if !m.Encrypted() {
				continue
			}
			if _, err := snapshot.Verify(dir); err != nil { // the price of having no key
				t.Errorf("%s, %s, without a key: %v", how, c.what, err)
			}
		}
	}
}

// TestIndexMustFitTheLines forges the index of an encrypted mailbox.
func TestIndexMustFitTheLines(t *testing.T) {
	way := ways(t)["encrypted"]
	for _, c := range []struct {
		what    string
		change  func(string) string
		keyless bool // noticed without a key
	}{
		{"another version", replace(`"v1"`, `"v2"`), false},
		{"another id", replace(`"c1"`, `"c2"`), false},
		{"another kind", replace(`"contacts"`, `"tasks"`), true},
		{"an unknown kind", replace(`"contacts"`, `"notes"`), true},
		{"a line more", func(s string) string { return s + `{"kind":"tasks","id":"t7","version":""}` + "\n" }, true},
		{"a line twice", func(s string) string { return s + s }, true},
		{"a line less", func(s string) string { return s[strings.Index(s, "\n")+1:] }, true},
		{"one twice, one not", func(s string) string {
			lines := strings.SplitAfter(s, "\n")
			return lines[0] + lines[0] + strings.Join(lines[2:], "")
		}, true},
		{"a member more", replace(`{"kind"`, `{"title":"x","kind"`), true},
		{"blanks", replace(`{"kind"`, `{ "kind"`), true},
		{"nothing", func(string) string { return "" }, true},
	} {
		dir := crash.NewDisk().Dir()
		writeSample(t, dir, way.options)
		rewrite(t, dir, seal.Codec{}, "index.jsonl", c.change)
		if _, err := snapshot.Verify(dir, way.keys...); !errors.Is(err, snapshot.ErrDamaged) {
			t.Errorf("%s: %v", c.what, err)
		}
		if _, err := snapshot.Verify(dir); errors.Is(err, snapshot.ErrDamaged) != c.keyless {
			t.Errorf("%s, without a key: %v", c.what, err)
		}
	}
}

// TestManifestMustMakeSense forges manifests that their sum is right for.
func TestManifestMustMakeSense(t *testing.T) {
	box := func(m *snapshot.Manifest) *snapshot.Mailbox { return &m.Mailboxes[0] }
	cases := map[string]func(*snapshot.Manifest){
		"format 0":        func(m *snapshot.Manifest) { m.Format = 0 },
		"a mailbox twice": func(m *snapshot.Manifest) { m.Mailboxes = append(m.Mailboxes, m.Mailboxes[0]) },
		"a mailbox less":  func(m *snapshot.Manifest) { m.Mailboxes = m.Mailboxes[1:] },
		"mailboxes exchanged": func(m *snapshot.Manifest) {
			m.Mailboxes[0].Folder, m.Mailboxes[1].Folder = m.Mailboxes[1].Folder, m.Mailboxes[0].Folder
		},
		"accounts exchanged": func(m *snapshot.Manifest) {
			m.Mailboxes[0].Account, m.Mailboxes[1].Account = m.Mailboxes[1].Account, m.Mailboxes[0].Account
		},
		"another address":        func(m *snapshot.Manifest) { box(m).Account.UPN = "eve@contoso.example" },
		"a folder elsewhere":     func(m *snapshot.Manifest) { box(m).Folder = "../" + box(m).Folder },
		"a file twice":           func(m *snapshot.Manifest) { box(m).Files = append(box(m).Files, box(m).Files[0]) },
		"a file less":            func(m *snapshot.Manifest) { box(m).Files = box(m).Files[1:] },
		"a file elsewhere":       func(m *snapshot.Manifest) { box(m).Files[0].Name = "../contacts.jsonl" },
		"files in another order": func(m *snapshot.Manifest) { slices.Reverse(box(m).Files) },
		"a size":                 func(m *snapshot.Manifest) { box(m).Files[0].Bytes++ },
		"a hash":                 func(m *snapshot.Manifest) { box(m).Files[0].SHA256 = strings.ToUpper(box(m).Files[0].SHA256) },
		"a kind less":            func(m *snapshot.Manifest) { m.Kinds = m.Kinds[1:] },
		"a count more":           func(m *snapshot.Manifest) { box(m).Counts[item.Contacts]++ },
		"a count less":           func(m *snapshot.Manifest) { delete(box(m).Counts, item.Contacts) },
		"an unknown count":       func(m *snapshot.Manifest) { box(m).Counts["notes"] = 0 },
		"streams":                func(m *snapshot.Manifest) { box(m).Streams++ },
		"a blob twice":           func(m *snapshot.Manifest) { m.Blobs = append(m.Blobs, m.Blobs[0]) },
		"a blob less":            func(m *snapshot.Manifest) { m.Blobs = m.Blobs[1:] },
		"a blob under a name":    func(m *snapshot.Manifest) { m.Blobs[0].Name = "photo.png" },
		"compressed":             func(m *snapshot.Manifest) { m.Compression = "zstd" },
		"encrypted":              func(m *snapshot.Manifest) { m.Recipients = []string{"age1x"} },
	}
	if len(cases) < 23 {
		t.Fatalf("only %d cases", len(cases))
	}
	for what, change := range cases {
		dir := crash.NewDisk().Dir()
		writeSample(t, dir, snapshot.Options{})
		forge(t, dir, change)
		if _, err := snapshot.Verify(dir); !errors.Is(err, snapshot.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	dir := crash.NewDisk().Dir()
	writeSample(t, dir, snapshot.Options{})
	forge(t, dir, func(*snapshot.Manifest) {})
	compareSample(t, dir) // the forger's own writing is right
	newer := []byte("{\n \"format\": 3,\n \"kinds\": {\"contacts\": 1},\n \"tool\": \"v9\"\n}\n")
	if err := dir.WriteFile("snapshot.json", newer); err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.Load(dir); !errors.Is(err, snapshot.ErrNewer) || !strings.Contains(err.Error(), "v9") {
		t.Errorf("format 3 with other types: %v", err)
	}
	dir = crash.NewDisk().Dir()
	writeSample(t, dir, snapshot.Options{})
	forge(t, dir, func(m *snapshot.Manifest) { m.Compression = "lzma" })
	if _, err := snapshot.Load(dir); !errors.Is(err, snapshot.ErrNewer) {
		t.Errorf("an unknown compression: %v", err)
	}
}

// TestManifestsText changes what a JSON reader would overlook.
func TestManifestsText(t *testing.T) {
	dir := crash.NewDisk().Dir()
	writeSample(t, dir, snapshot.Options{})
	whole, err := dir.ReadFile("snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(whole, []byte(",\n \"sum\""))
	body := string(whole[:at]) + "\n}\n"
	if !bytes.Equal(withSum(body), whole) {
		t.Fatal("the sum is not where it should be")
	}
	for what, data := range map[string][]byte{
		"no sum":           []byte(body),
		"an empty sum":     []byte(strings.Replace(body, "\n}\n", ",\n \"sum\": \"\"\n}\n", 1)),
		"a member more":    withSum(strings.Replace(body, ` "id": "s1"`, ` "more": 1,`+"\n"+` "id": "s1"`, 1)),
		"a member twice":   withSum(strings.Replace(body, ` "id": "s1"`, ` "id": "s0",`+"\n"+` "id": "s1"`, 1)),
		"capitals":         withSum(strings.Replace(body, `"id": "s1"`, `"ID": "s1"`, 1)),
		"blanks":           withSum(strings.Replace(body, `"id": "s1"`, `"id":  "s1"`, 1)),
		"Windows line end": bytes.ReplaceAll(whole, []byte("\n"), []byte("\r\n")),
		"a second object":  append(bytes.Clone(whole), "{}\n"...),
		"a mark in front":  append([]byte("\ufeff"), whole...),
		"not JSON":         []byte("snapshot\n"),
		"an empty file":    nil,
		"a list":           []byte("[]\n"),
	} {
		if err := dir.WriteFile("snapshot.json", data); err != nil {
			t.Fatal(err)
		}
		if _, err := snapshot.Load(dir); !errors.Is(err, snapshot.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestMailboxesSideBySide writes many mailboxes with the same attachment at once.
func TestMailboxesSideBySide(t *testing.T) {
	for what, way := range ways(t) {
		dir := crash.NewDisk().Dir()
		w := snapshot.NewWriter(dir, head(), way.options)
		var group errgroup.Group
		for n := range 8 {
			group.Go(func() error {
				about := abouts()[0]
				about.Account.ID = fmt.Sprint("box-", n)
				box, err := w.Mailbox(about)
				if err != nil {
					return err
				}
				for _, p := range sample()[:3] {
					err = errors.Join(err, box.Add(parse(t, p.folder, p.raw), p.parts))
				}
				if n%4 != 0 {
					_, commitErr := box.Commit(item.Kinds())
					err = errors.Join(err, commitErr)
				}
				return errors.Join(err, box.Close())
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		proof, err := snapshot.Verify(dir, way.keys...)
		if err != nil || proof.Items() != 18 || len(proof.Manifest.Blobs) != 5 {
			t.Errorf("%s: %d items, %d blobs, %v", what, proof.Items(), len(proof.Manifest.Blobs), err)
		}
	}
}

// FuzzLine writes any item that parses, with any folder and parts, and reads
// the same bytes back.
func FuzzLine(f *testing.F) {
	f.Add([]byte(`{"id":"c1","displayName":"A"}`), "Contacts", []byte(`{}`), "x")
	f.Add([]byte("{\n\"id\": \"c\\ud800\", \"n\": 1.50, \"id\":\"d\"}\r\n"), "A/\xff <b>\u2028", []byte(`[1, 2]`), "\xfe")
	f.Add([]byte(`{"id":"\u0000","categories":["</script>","\ufffd"],"@odata.etag":"W/\"&\""}`), "", []byte(` null`), "")
	f.Fuzz(func(t *testing.T, raw []byte, folder string, series []byte, exception string) {
		it, err := item.Parse(item.Folder{Kind: item.Events, ID: folder, Path: folder}, raw)
		if err != nil || !json.Valid(series) {
			return
		}
		dir := crash.NewDisk().Dir()
		w := snapshot.NewWriter(dir, head(), snapshot.Options{})
		box, err := w.Mailbox(snapshot.About{Account: ann})
		if err != nil {
			t.Fatal(err)
		}
		parts := snapshot.Parts{
			Series: series, Photo: &mailbox.Photo{Bytes: raw, ContentType: folder},
			Exceptions: map[string][]json.RawMessage{strings.ToValidUTF8(exception, "?"): {series}, "none": nil},
		}
		if err := box.Add(it, parts); err != nil {
			t.Fatal(err)
		}
		entry, err := box.Commit(item.Kinds())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		if _, err := snapshot.Verify(dir); err != nil {
			t.Fatal(err)
		}
		r, err := snapshot.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		read := 0
		err = r.Lines(entry, item.Events, func(l snapshot.Line) error {
			read++
			if !bytes.Equal(l.Item, oneLine(t, raw)) || !bytes.Equal(l.Series, oneLine(t, series)) {
				return fmt.Errorf("%s, series %s", l.Item, l.Series)
			}
			return nil
		})
		if err != nil || read != 1 {
			t.Fatalf("%d lines, %v", read, err)
		}
	})
}

// oneLine is what may happen to Graph's bytes: line breaks between members go,
// and white space around the whole.
func oneLine(t *testing.T, raw []byte) []byte {
	raw = bytes.TrimSpace(raw)
	if !bytes.ContainsAny(raw, "\r\n") {
		return raw
	}
	var out bytes.Buffer
	if err := json.Compact(&out, raw); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// FuzzLoad reads anything as a manifest: it is refused with a reason, or it is
// what a writer would write.
func FuzzLoad(f *testing.F) {
	dir := crash.NewDisk().Dir()
	writeSample(f, dir, snapshot.Options{})
	data, err := dir.ReadFile("snapshot.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"format":3,"tool":"v9"}`))
	f.Add([]byte("{\n \"format\": 1\n}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := crash.NewDisk().Dir()
		if err := dir.WriteFile("snapshot.json", data); err != nil {
			t.Fatal(err)
		}
		m, err := snapshot.Load(dir)
		if err != nil {
			if !errors.Is(err, snapshot.ErrDamaged) && !errors.Is(err, snapshot.ErrNewer) {
				t.Fatal(err)
			}
			return
		}
		again, err := json.MarshalIndent(m, "", " ")
		if err != nil || string(again)+"\n" != string(data) {
			t.Fatalf("%s\n%v", again, err)
		}
	})
}
