package snapshot_test

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// files reads every file below a folder, by its full name.
func files(t testing.TB, dir *durable.Dir) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	var walk func(string)
	walk = func(folder string) {
		entries, err := dir.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name := path.Join(folder, e.Name())
			if e.IsDir() {
				walk(name)
				continue
			}
			data, err := dir.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found[name] = data
		}
	}
	walk(".")
	return found
}

func TestEveryWayComesBackWhole(t *testing.T) {
	for what, way := range ways(t) {
		disk := crash.NewDisk()
		dir := disk.Dir()
		written := writeSample(t, dir, way.options)
		proof, err := snapshot.Verify(dir, way.keys...)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if proof.Sealed || proof.Items() != len(sample()) || compact(t, proof.Manifest) != compact(t, written) || written.Sum == "" {
			t.Errorf("%s: sealed %v, %d items, manifest %+v", what, proof.Sealed, proof.Items(), proof.Manifest)
		}
		compareSample(t, dir, way.keys...)
		if blobs := len(proof.Manifest.Blobs); blobs != 5 {
			t.Errorf("%s: %d blobs; the same content should be kept once, and nobody's not at all", what, blobs)
		}
		if n := disk.OpenFiles(); n != 0 {
			t.Errorf("%s: %d files left open", what, n)
		}
	}
}

func TestNamesSayHowFilesAreKept(t *testing.T) {
	for what, want := range map[string][]string{
		"plain":                    {"contacts.jsonl", "events.jsonl", "mailbox.json", "tasks.jsonl"},
		"compressed":               {"contacts.jsonl.zst", "events.jsonl.zst", "mailbox.json.zst", "tasks.jsonl.zst"},
		"encrypted":                {"contacts.jsonl.age", "events.jsonl.age", "index.jsonl", "mailbox.json.age", "tasks.jsonl.age"},
		"compressed and encrypted": {"contacts.jsonl.zst.age", "events.jsonl.zst.age", "index.jsonl", "mailbox.json.zst.age", "tasks.jsonl.zst.age"},
	} {
		dir := crash.NewDisk().Dir()
		m := writeSample(t, dir, ways(t)[what].options)
		entries, err := dir.ReadDir(m.Mailboxes[0].Folder)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %q", what, got)
		}
	}
}

// TestProofWithoutAKey proves an encrypted snapshot by its index, and says so.
func TestProofWithoutAKey(t *testing.T) {
	for _, what := range []string{"encrypted", "compressed and encrypted"} {
		dir := crash.NewDisk().Dir()
		way := ways(t)[what]
		writeSample(t, dir, way.options)
		proof, err := snapshot.Verify(dir)
		if err != nil || !proof.Sealed || proof.Items() != len(sample()) {
			t.Fatalf("%s: sealed %v, %d items, %v", what, proof.Sealed, proof.Items(), err)
		}
		for _, p := range sample() {
			it := parse(t, p.folder, p.raw)
			if !proof.Holds(p.box.ID, it.Kind, it.ID, it.Version) || proof.Holds(p.box.ID, it.Kind, it.ID, it.Version+"x") {
				t.Errorf("%s: %s of %s is not held as it is", what, it.ID, p.box.ID)
			}
			if got := proof.Restores(p.box.ID, it.Kind, it.ID, it.Version); got == large(it.ID) {
				t.Errorf("%s: that %s of %s can be made again is said to be %v", what, it.ID, p.box.ID, got)
			}
			if proof.Restores(p.box.ID, it.Kind, it.ID, it.Version+"x") {
				t.Errorf("%s: %s of %s could be made again of another version", what, it.ID, p.box.ID)
			}
		}
		if proof.Holds(bob.ID, item.Tasks, "t1", "v3") {
			t.Errorf("%s: ann's task is held for bob", what)
		}
	}
}

func TestWrongKeyIsNotDamage(t *testing.T) {
	dir := crash.NewDisk().Dir()
	way := ways(t)["encrypted"]
	writeSample(t, dir, way.options)
	_, verify := snapshot.Verify(dir, key(t))
	r, err := snapshot.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	box, _ := r.Find(ann.ID)
	_, about := r.About(box)
	_, blob := r.Blob(r.Manifest().Blobs[0].Name)
	lines := r.Lines(box, item.Contacts, func(snapshot.Line) error { return nil })
	for what, err := range map[string]error{"Verify": verify, "About": about, "Blob": blob, "Lines": lines} {
		if !errors.Is(err, snapshot.ErrKey) || errors.Is(err, snapshot.ErrDamaged) || !strings.Contains(err.Error(), r.Manifest().Recipients[0]) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestDamageIsNotAWrongKey spoils the part of a file that names its key.
func TestDamageIsNotAWrongKey(t *testing.T) {
	dir := crash.NewDisk().Dir()
	way := ways(t)["encrypted"]
	m := writeSample(t, dir, way.options)
	name := m.Mailboxes[0].Folder + "/contacts.jsonl.age"
	data, err := dir.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data[bytes.IndexByte(data, '\n')+20] ^= 1
	if err := dir.WriteFile(name, data); err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.Verify(dir, way.keys...); !errors.Is(err, snapshot.ErrDamaged) || errors.Is(err, snapshot.ErrKey) {
		t.Errorf("got %v", err)
	}
}

// TestNothingOfItemsIsInTheClear looks for every text of the sample in every
// stored byte of an encrypted snapshot.
func TestNothingOfItemsIsInTheClear(t *testing.T) {
	secrets := []string{
		`Bo \u00e9`, `"A & B"`, "A \\u0026 B", "secret", "corrupt", "moved", `"Call"`, `"Other"`, "Contacts", "Calendar", "Tasks ",
		"stream of", "Secret folder", "meanwhile", "no photos", "c2FtZQ", "\x89PNG", "image/png", "seriesMaster", "preset7",
	}
	for _, what := range []string{"encrypted", "compressed and encrypted"} {
		dir := crash.NewDisk().Dir()
		writeSample(t, dir, ways(t)[what].options)
		stored := files(t, dir)
		for name, data := range stored {
			for _, secret := range secrets {
				if bytes.Contains(data, []byte(secret)) {
					t.Errorf("%s: %s shows %q", what, name, secret)
				}
			}
		}
		if len(stored) != 16 {
			t.Errorf("%s: %d files", what, len(stored))
		}
	}
	dir := crash.NewDisk().Dir()
	writeSample(t, dir, snapshot.Options{})
	all := string(bytes.Join(mapValues(files(t, dir)), nil))
	for _, secret := range secrets {
		if !strings.Contains(all, secret) {
			t.Errorf("%q is not even in a plain snapshot: looking for it shows nothing", secret)
		}
	}
}

func mapValues(m map[string][]byte) (list [][]byte) {
	for _, data := range m {
		list = append(list, data)
	}
	return list
}

func TestAFolderWithAnythingInItIsRefused(t *testing.T) {
	dir := crash.NewDisk().Dir()
	writeSample(t, dir, snapshot.Options{})
	w := snapshot.NewWriter(dir, head(), snapshot.Options{})
	_, mailboxErr := w.Mailbox(snapshot.About{Account: ann})
	_, commitErr := w.Commit()
	if !errors.Is(mailboxErr, snapshot.ErrNotEmpty) || !errors.Is(commitErr, snapshot.ErrNotEmpty) {
		t.Errorf("%v, %v", mailboxErr, commitErr)
	}
	compareSample(t, dir)
}

// TestGivenUpMailboxLeavesNothing gives up after items were written.
func TestGivenUpMailboxLeavesNothing(t *testing.T) {
	for what, way := range ways(t) {
		dir := crash.NewDisk().Dir()
		w := snapshot.NewWriter(dir, head(), way.options)
		if err := giveUp(t, w); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		if left := files(t, dir); len(left) != 1 || left["snapshot.json"] == nil {
			t.Errorf("%s: %d files left", what, len(left))
		}
		if _, err := dir.Stat("mailboxes/gone"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: its folder: %v", what, err)
		}
		if _, err := snapshot.Verify(dir); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
