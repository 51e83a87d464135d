package backup_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"filippo.io/age"

	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var tasks = item.Folder{Kind: item.Tasks, ID: "tasks", Path: "Tasks"}

// fleetOf makes mailboxes of nine items, and names one victim in each.
func fleetOf(fleet int) (w *memory.Tenant, accounts []mailbox.Account, victim map[string]item.Item) {
	w, victim = memory.New("tenant"), map[string]item.Item{}
	for n := range fleet {
		account := mailbox.Account{ID: fmt.Sprintf("%04d", n), UPN: fmt.Sprintf("u%04d@contoso.example", n)}
		w.Add(account, contacts, calendar, tasks)
		accounts = append(accounts, account)
		for i := range 9 {
			folder := []item.Folder{contacts, calendar, tasks}[i%3]
			it := w.Put(account.ID, folder, map[string]any{"id": fmt.Sprint("i", i)})
			if i == n%9 {
				victim[account.ID] = it
			}
		}
	}
	return w, accounts, victim
}

// TestHiddenItemIsNoticed hides one item of each of a thousand mailboxes from
// one listing or more: each is in the snapshot, or the mailbox says that
// something is amiss.
func TestHiddenItemIsNoticed(t *testing.T) {
	for _, c := range []struct {
		name   string
		fleet  int
		times  int
		second bool
		copied int
	}{
		{"from the first listing", 1000, 1, false, 1000},
		{"from the second listing", 1000, 1, true, 1000},
		{"from both", 100, 2, false, 100},
		{"from all", 100, 9, false, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if race.Detector { // all go without, by scripts/check
				c.fleet, c.copied = c.fleet/10, c.copied/10
			}
			w, accounts, victim := fleetOf(c.fleet)
			var hide sync.Map
			if !c.second {
				for id, it := range victim {
					w.Hide(id, it.ID, c.times)
				}
			}
			w.Fault = func(call memory.Call) (error, error) {
				if _, done := hide.LoadOrStore(call.Mailbox+call.Verb, true); call.Verb == "ids" && !done && c.second {
					w.Hide(call.Mailbox, victim[call.Mailbox].ID, c.times)
				}
				return nil, nil
			}
			j := job(opened(t, w, accounts...))
			j.Options.Streams = backup.Off // thousands of files that show nothing here
			proof, failed, err := backup.Take(t.Context(), crash.NewDisk().Dir(), j)
			if err != nil || len(failed) != 0 || len(proof.Manifest.Mailboxes) != c.fleet {
				t.Fatal(err, len(failed), len(proof.Manifest.Mailboxes))
			}
			copied, said := 0, 0
			for _, box := range proof.Manifest.Mailboxes {
				it := victim[box.Account.ID]
				switch {
				case proof.Holds(box.Account.ID, it.Kind, it.ID, it.Version):
					copied++
				case box.Incomplete() || box.ContactLists == 1 && it.Kind == item.Contacts:
					said++
				}
			}
			if copied != c.copied || copied+said != c.fleet {
				t.Errorf("%d copied, %d said", copied, said)
			}
			if want := 9*c.fleet - (c.fleet - c.copied); proof.Items() != want {
				t.Errorf("%d items, want %d", proof.Items(), want)
			}
		})
	}
}

// one backs ann's mailbox up.
func one(t *testing.T, w *memory.Tenant) (snapshot.Proof, snapshot.Mailbox, snapshot.About) {
	t.Helper()
	dir := crash.NewDisk().Dir()
	proof, failed, err := take(t, w, dir, ann)
	if err != nil || len(failed) != 0 {
		t.Fatal(err, failed)
	}
	box := proof.Manifest.Mailboxes[0]
	return proof, box, aboutOf(t, dir, box)
}

// when lets act happen just before the nth call of a verb.
func when(w *memory.Tenant, verb string, nth int, act func()) {
	var mu sync.Mutex
	n := 0
	w.Fault = func(c memory.Call) (error, error) {
		mu.Lock()
		defer mu.Unlock()
		if c.Verb == verb {
			if n++; n == nth {
				act()
			}
		}
		return nil, nil
	}
}

func TestWhatComesInMeanwhileIsCopied(t *testing.T) {
	w := world()
	var late item.Item
	when(w, "ids", 1, func() { late = w.Put(ann.ID, calendar, map[string]any{"id": "late", "type": "seriesMaster"}) })
	proof, box, _ := one(t, w)
	if !proof.Holds(ann.ID, item.Events, "late", late.Version) || len(box.Notices) != 0 {
		t.Errorf("%+v", box)
	}
	if n := len(w.Calls("get")); n != 1 {
		t.Errorf("%d items were read by id", n)
	}
}

// TestLooksMayLackOneAnother hides another item from each look: together they
// know all that is counted. If the count changes in between they prove nothing.
func TestLooksMayLackOneAnother(t *testing.T) {
	for _, deleted := range []bool{false, true} {
		w := world()
		var n atomic.Int64
		w.Fault = func(c memory.Call) (error, error) {
			switch {
			case c.Verb != "ids" || c.Item != contacts.ID:
			case n.Add(1) == 1:
				w.Hide(ann.ID, "c1", 1)
			case n.Load() == 2:
				w.Hide(ann.ID, "c2", 1)
				if deleted {
					w.Take(ann.ID, "c3")
				}
			}
			return nil, nil
		}
		want := 0
		if deleted {
			want = 1 // taken for a contact list, since two looks do not tell
		}
		if proof, box, _ := one(t, w); proof.Items() != 18 || box.ContactLists != want || box.Incomplete() {
			t.Errorf("deleted %v: %+v", deleted, box)
		}
	}
}

func TestWhatIsDeletedMeanwhileIsKeptAndNoError(t *testing.T) {
	w := world()
	gone := w.Items(ann.ID)[0]
	when(w, "ids", 1, func() { w.Take(ann.ID, gone.ID) })
	proof, box, _ := one(t, w)
	if !proof.Holds(ann.ID, gone.Kind, gone.ID, gone.Version) || box.Incomplete() || len(box.Unreadable) != 0 {
		t.Errorf("%+v", box)
	}
}

// TestItemThatIsListedAndNotThere is deleted between the second listing and its
// reading; or it is still listed then, and so is named.
func TestItemThatIsListedAndNotThere(t *testing.T) {
	w := world()
	w.Hide(ann.ID, "c2", 1)
	when(w, "get", 1, func() { w.Take(ann.ID, "c2") })
	if _, box, _ := one(t, w); len(box.Unreadable) != 0 || box.Incomplete() {
		t.Errorf("deleted: %+v", box)
	}

	w = world()
	w.Hide(ann.ID, "c2", 1)
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "get" {
			return fmt.Errorf("get: %w", mailbox.ErrGone), nil
		}
		return nil, nil
	}
	_, box, _ := one(t, w)
	if len(box.Unreadable) != 1 || box.Unreadable[0].ID != "c2" || box.Unreadable[0].Folder != "Contacts" || box.Unreadable[0].Kind != item.Contacts {
		t.Errorf("still listed: %+v", box)
	}
	if n := len(w.Calls("get")); n != 2 {
		t.Errorf("it was asked for %d times", n)
	}
}

func TestFolderThatComesInIsCopied(t *testing.T) {
	for _, nth := range []int{1, 3} {
		w := world()
		late := item.Folder{Kind: item.Contacts, ID: "late", Path: "Late"}
		var it item.Item
		when(w, "ids", nth, func() {
			w.AddFolder(ann.ID, late)
			it = w.Put(ann.ID, late, map[string]any{"id": "in it"})
		})
		proof, box, about := one(t, w)
		if !proof.Holds(ann.ID, item.Contacts, "in it", it.Version) || box.Incomplete() || len(about.Folders) != 4 {
			t.Errorf("at listing %d: %+v, %+v", nth, box, about.Folders)
		}
	}
}

func TestFoldersThatKeepComingAreSaid(t *testing.T) {
	w := world()
	var late atomic.Int64
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "ids" {
			n := late.Add(1)
			w.AddFolder(ann.ID, item.Folder{Kind: item.Contacts, ID: fmt.Sprint("late", n), Path: fmt.Sprint("Late ", n)})
		}
		return nil, nil
	}
	if _, box, _ := one(t, w); !box.Incomplete() {
		t.Errorf("%+v", box)
	}
	if got := len(w.Calls("folders")); got != 4*3 {
		t.Errorf("the folders were read %d times", got)
	}
}

func TestFolderThatVanishesIsFine(t *testing.T) {
	for _, verb := range []string{"list", "ids"} {
		w := world()
		when(w, verb, 3, func() { w.TakeFolder(ann.ID, holidays) })
		if _, box, _ := one(t, w); box.Incomplete() || len(box.Unreadable) != 0 || box.Items() < 17 {
			t.Errorf("%s: %+v", verb, box)
		}
	}
}

// TestFolderThatSeemsToVanish: the service says once, or always, that a folder
// is gone, and lists it all the same.
func TestFolderThatSeemsToVanish(t *testing.T) {
	for _, verb := range []string{"list", "ids"} {
		for _, always := range []bool{false, true} {
			w := world()
			var n atomic.Int64
			w.Fault = func(c memory.Call) (error, error) {
				if c.Verb == verb {
					if n.Add(1) == 1 || always {
						return fmt.Errorf("%s: %w", verb, mailbox.ErrGone), nil
					}
				}
				return nil, nil
			}
			proof, box, _ := one(t, w)
			if box.Incomplete() != always || !always && proof.Items() != 18 {
				t.Errorf("%s, always %v: %d items, %+v", verb, always, proof.Items(), box)
			}
		}
	}
}

func TestMovedItemIsCopiedOnce(t *testing.T) {
	w := world()
	moved := w.Items(ann.ID)[0]
	late := item.Folder{Kind: item.Contacts, ID: "late", Path: "Late"}
	when(w, "ids", 1, func() {
		w.AddFolder(ann.ID, late)
		w.Take(ann.ID, moved.ID)
		w.Put(ann.ID, late, map[string]any{"id": moved.ID})
	})
	proof, box, _ := one(t, w)
	if !proof.Holds(ann.ID, moved.Kind, moved.ID, moved.Version) || proof.Items() != 18 || box.Incomplete() {
		t.Errorf("%d items, %+v", proof.Items(), box)
	}
	if len(box.Notices) != 1 || box.Notices[0].Folder != "Late" || !strings.HasPrefix(box.Notices[0].What, "1 of its items") {
		t.Errorf("%+v", box.Notices)
	}
}

func TestWhatTheAppMayNotReadIsSaid(t *testing.T) {
	for _, c := range []struct {
		err        error
		incomplete bool
	}{
		{mailbox.ErrDenied, false},
		{mailbox.ErrNotOffered, false},
		{errors.ErrUnsupported, false},
		{mailbox.ErrBusy, true},
	} {
		for _, verb := range []string{"categories", "settings"} {
			w := world()
			w.Fault = func(call memory.Call) (error, error) {
				if call.Verb == verb {
					return c.err, nil
				}
				return nil, nil
			}
			proof, box, about := one(t, w)
			if len(box.Notices) != 1 || box.Incomplete() != c.incomplete || proof.Items() != 18 {
				t.Errorf("%s, %v: %+v", verb, c.err, box)
			}
			if (about.Categories == nil) != (verb == "categories") || (about.Settings == nil) != (verb == "settings") {
				t.Errorf("%s, %v: %+v", verb, c.err, about)
			}
		}
	}
}

// TestEncryptedBackupTellsInFull: what the manifest keeps to itself is told to
// whoever takes the backup.
func TestEncryptedBackupTellsInFull(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	w := world()
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "settings" || c.Verb == "photo" {
			return mailbox.ErrDenied, nil
		}
		return nil, nil
	}
	dir := crash.NewDisk().Dir()
	j := job(opened(t, w, ann))
	j.Rest = snapshot.Options{Compress: true, Recipients: []snapshot.Recipient{key.Recipient()}}
	proof, _, err := backup.Take(t.Context(), dir, j)
	if err != nil {
		t.Fatal(err)
	}
	box := proof.Manifest.Mailboxes[0]
	if len(box.Unreadable) != 2 || box.Unreadable[0].Error == "" || len(box.Notices) != 1 || box.Notices[0].What == "" {
		t.Errorf("told %+v", box)
	}
	kept, err := snapshot.Load(dir)
	if err != nil || !kept.Encrypted() || kept.Mailboxes[0].Unreadable[0].Error != "" || kept.Mailboxes[0].Notices[0].What != "" {
		t.Errorf("kept %+v, %v", kept, err)
	}
}
