package snapshot_test

import (
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
	"github.com/riva-prep/riva-prep/pkg/snapshot/seal"
)

// The fixtures in testdata are snapshots as they lie on disks of users.
// format-1 was written by the last program of that format, from a sandbox with
// format-1.tenant.json. Those of format 2 are the sample; -update writes them
// anew, which is right only as long as no version with that format is out.
const keyFile = "testdata/format-2-sealed.key"

var update = flag.Bool("update", false, "write the fixtures of the present format")

func fixture(t testing.TB, name string) *durable.Dir {
	t.Helper()
	dir := crash.NewDisk().Dir()
	root := filepath.Join("testdata", name)
	found := 0
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if folder := path.Dir(rel); folder != "." {
			if _, err := dir.Sub(folder); err != nil {
				return err
			}
		}
		found++
		return dir.WriteFile(rel, data)
	})
	if err != nil || found < 7 {
		t.Fatalf("%s: %d files, %v", name, found, err)
	}
	return dir
}

func fixtureKey(t testing.TB) []snapshot.Identity {
	t.Helper()
	data, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.ParseIdentities(string(data))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestFixturesOfThisFormat(t *testing.T) {
	if *update {
		k := key(t)
		text := "# Opens the fixture format-2-sealed and nothing else.\n# public key: " + k.Recipient().String() + "\n" + k.String() + "\n"
		if err := os.WriteFile(keyFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		writeFixture(t, "format-2", snapshot.Options{})
		writeFixture(t, "format-2-sealed", snapshot.Options{Compress: true, Recipients: []snapshot.Recipient{k.Recipient()}})
	}
	for name, keys := range map[string][]snapshot.Identity{"format-2": nil, "format-2-sealed": fixtureKey(t)} {
		dir := fixture(t, name)
		proof, err := snapshot.Verify(dir, keys...)
		if err != nil || proof.Sealed || proof.Items() != len(sample()) || proof.Manifest.Format != 2 {
			t.Fatalf("%s: %d items, %v", name, proof.Items(), err)
		}
		compareSample(t, dir, keys...)
	}
	if proof, err := snapshot.Verify(fixture(t, "format-2-sealed")); err != nil || !proof.Sealed || proof.Items() != len(sample()) {
		t.Errorf("without the key: %d items, %v", proof.Items(), err)
	}
}

func writeFixture(t *testing.T, name string, options snapshot.Options) {
	t.Helper()
	root := filepath.Join("testdata", name)
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	dir, err := durable.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	writeSample(t, dir, options)
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestFixtureOfFormat1 compares every item with the tenant that it is a backup of.
func TestFixtureOfFormat1(t *testing.T) {
	dir := fixture(t, "format-1")
	proof, err := snapshot.Verify(dir)
	if err != nil || proof.Sealed || proof.Manifest.Format != 1 {
		t.Fatalf("%+v, %v", proof, err)
	}
	r, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	user := tenant(t)
	box, ok := r.Find(user["id"].(string))
	if !ok {
		t.Fatalf("%v is not there", user["id"])
	}
	about, err := r.About(box)
	if err != nil || about.Account.DisplayName != user["displayName"] || len(about.Folders) != 3 || about.Categories != nil || about.Settings != nil {
		t.Errorf("about: %+v, %v", about, err)
	}
	read := 0
	for kind, lists := range map[item.Kind][2]string{
		item.Contacts: {"contactFolders", "contacts"}, item.Events: {"calendars", "events"}, item.Tasks: {"todoLists", "tasks"},
	} {
		folder := objects(user[lists[0]])[0]
		want := objects(folder[lists[1]])
		err := r.Lines(box, kind, func(l snapshot.Line) error {
			if l.FolderID != folder["id"] {
				t.Errorf("%s lies in %s", l.ID, l.FolderID)
			}
			compareServed(t, r, l, want[0])
			want = want[1:]
			read++
			return nil
		})
		if err != nil || len(want) != 0 {
			t.Errorf("%s: %d not read, %v", kind, len(want), err)
		}
	}
	if read != 4 || proof.Items() != 4 {
		t.Errorf("%d items read, %d proven", read, proof.Items())
	}
}

type object = map[string]any

func tenant(t *testing.T) object {
	t.Helper()
	data, err := os.ReadFile("testdata/format-1.tenant.json")
	if err != nil {
		t.Fatal(err)
	}
	return objects(decode(t, data)["users"])[0]
}

func decode(t *testing.T, data []byte) (o object) {
	t.Helper()
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func objects(list any) (out []object) {
	elements, _ := list.([]any)
	for _, e := range elements {
		out = append(out, e.(object))
	}
	return out
}

// served is an object of a tenant file as Graph answers it: under its immutable
// id, and without what is answered apart.
func served(o object) object {
	out := object{}
	for name, value := range o {
		switch name {
		case "attachments", "exceptionOccurrences", "cancelledOccurrences", "immutableId":
		default:
			out[name] = value
		}
	}
	if id, ok := o["immutableId"]; ok {
		out["id"] = id
	}
	return out
}

func compareServed(t *testing.T, r *snapshot.Reader, l snapshot.Line, want object) {
	t.Helper()
	item := served(want)
	if got := decode(t, l.Item); !reflect.DeepEqual(got, item) || l.ID != item["id"] || l.Version != item["@odata.etag"] || l.Photo != nil || l.Stream != "" {
		t.Errorf("%s is %v, want %v", l.ID, got, item)
	}
	compareAttachments(t, r, l.Attachments, want)
	if want["type"] != "seriesMaster" {
		return
	}
	series := decode(t, l.Series)
	exceptions := objects(series["exceptionOccurrences"])
	for n, x := range objects(want["exceptionOccurrences"]) {
		original := served(x)
		original["seriesMasterId"] = l.ID
		if !reflect.DeepEqual(exceptions[n], original) {
			t.Errorf("exception %v, want %v", exceptions[n], original)
		}
		compareAttachments(t, r, l.ExceptionAttachments[original["id"].(string)], x)
	}
	if !reflect.DeepEqual(series["cancelledOccurrences"], []any{"OID." + l.ID + ".2026-03-17"}) {
		t.Errorf("cancelled: %v", series["cancelledOccurrences"])
	}
}

func compareAttachments(t *testing.T, r *snapshot.Reader, names []string, of object) {
	t.Helper()
	want := objects(of["attachments"])
	if len(names) != len(want) {
		t.Fatalf("%d attachments of %d", len(names), len(want))
	}
	for n, name := range names {
		data, err := r.Blob(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := decode(t, data); !reflect.DeepEqual(got, served(want[n])) {
			t.Errorf("attachment %v, want %v", got, want[n])
		}
	}
}
