package apply_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// shelf is a snapshot in memory.
type shelf struct {
	lines []snapshot.Line
	blobs map[string][]byte
}

func (s shelf) Lines(_ string, kind item.Kind, each func(snapshot.Line) error) error {
	for _, l := range s.lines {
		if l.Kind == kind {
			if err := each(l); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s shelf) Blob(name string) ([]byte, error) {
	data, ok := s.blobs[name]
	if !ok {
		return nil, errors.New("no such blob")
	}
	return data, nil
}

var oldFolder = item.Folder{Kind: item.Contacts, ID: "folder-gone", Path: "Contacts/Partners"}

func must(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// backedUp is a shelf of n items, contacts with photos and tasks with
// attachments and checklists, and the plan that makes them again in a mailbox
// which has none of them.
func backedUp(n int, way plan.Way) (*memory.Tenant, shelf, plan.Plan) {
	world := memory.New("tenant")
	world.Add(ann, contacts, tasks)
	s := shelf{blobs: map[string][]byte{
		"photo": []byte("a picture"), "file": must(map[string]any{
			"@odata.type": "#microsoft.graph.taskFileAttachment", "id": "a1", "name": "menu.txt", "contentType": "text/plain", "contentBytes": "c291cA==",
		}),
	}}
	part := plan.Mailbox{Account: ann, Held: []plan.Held{}, Folders: []plan.NewFolder{{Kind: item.Contacts, FormerID: oldFolder.ID, Names: []string{"Contacts", "Partners"}}}}
	for i := range n {
		l := shelfLine(i)
		if way == plan.ByStream {
			name := fmt.Sprint("stream-", i)
			s.blobs[name] = must(map[string]any{"kind": l.Kind, "item": l.Item, "parts": []json.RawMessage{}})
			l.Stream = name
		}
		s.lines = append(s.lines, l)
		part.Steps = append(part.Steps, plan.Step{
			Action: plan.Create, Kind: l.Kind, Folder: l.Folder, FolderID: l.FolderID, ID: l.ID, Version: l.Version,
			Title: fmt.Sprint("Item ", i/6), Before: l.Categories, After: l.Categories, Way: way,
		})
	}
	part.Sort()
	rules := plan.Rules{Purpose: plan.Restore, Kinds: item.Kinds(), Source: &plan.Source{Snapshots: []plan.SourceSnapshot{{ID: "s", Sum: "x"}}}}
	return world, s, plan.Make(mailbox.Tenant{ID: "tenant"}, rules, []plan.Mailbox{part})
}

// shelfLine: every third item was in a folder that is gone, and two of each
// kind look alike, but for a category.
func shelfLine(i int) snapshot.Line {
	folder, members := contacts, map[string]any{"displayName": fmt.Sprint("Item ", i/6)}
	switch i % 3 {
	case 1:
		folder, members = tasks, map[string]any{"title": fmt.Sprint("Item ", i/6), "hasAttachments": true, "checklistItems": []any{
			map[string]any{"id": "x", "displayName": "one", "isChecked": true}, map[string]any{"id": "y", "displayName": "one"},
		}}
	case 2:
		folder = oldFolder
	}
	categories := []string{plugin, "Friends", fmt.Sprint("old-", i)}
	members["id"], members["@odata.etag"], members["categories"] = fmt.Sprint("old-", i), "v1", categories
	l := snapshot.Line{
		Kind: folder.Kind, Folder: folder.Path, FolderID: folder.ID, ID: fmt.Sprint("old-", i), Version: "v1",
		Categories: categories, Item: must(members),
	}
	if folder.Kind == item.Tasks {
		l.Attachments = []string{"file"}
	} else {
		l.Photo = &snapshot.Photo{Blob: "photo", ContentType: "image/png"}
	}
	return l
}

func restoreRun(world *memory.Tenant, s shelf, p plan.Plan, tp *tape) apply.Run {
	r := runOf(world, p, vault{}, tp)
	r.Source = s
	return r
}

// TestCreatesWhole makes everything again, once, with all its parts.
func TestCreatesWhole(t *testing.T) {
	world, s, p := backedUp(12, plan.ByPost)
	tp := &tape{left: -1}
	result, err := restoreRun(world, s, p, tp).Do(t.Context())
	if err != nil || !result.Whole() || result.Done != 12 {
		t.Fatalf("%+v, %v", result, err)
	}
	checkMade(t, world, p, true)
	made := 0
	for _, r := range tp.records {
		if r.Type == journal.Outcome && r.Made != "" && r.Version != "" {
			made++
		}
	}
	if made != 12 {
		t.Errorf("%d outcomes name what was made", made)
	}
	before := len(world.Calls("create", "attach", "set-photo", "add-checklist-item", "create-folder"))
	if _, err := restoreRun(world, s, p, &tape{left: -1}).Do(t.Context()); err != nil { // another run, of the same items
		t.Fatal(err)
	}
	if after := len(world.Calls("create", "attach", "set-photo", "add-checklist-item", "create-folder")); after != before {
		t.Errorf("what an earlier restore made was made again: %d calls", after-before)
	}
}

type fatal interface{ Fatalf(string, ...any) }

// checkMade compares the mailbox with the plan: one item for each step, and no
// twin in the place of another.
func checkMade(t fatal, world *memory.Tenant, p plan.Plan, parts bool) {
	items := world.Items(ann.ID)
	if want := p.Totals().Creates; len(items) != want {
		t.Fatalf("%d items were made of %d", len(items), want)
	}
	made := map[string]int{}
	for _, it := range items {
		made[fmt.Sprint(it.Kind, it.Title, it.Categories)]++
		if parts {
			checkParts(t, world, it)
		}
	}
	for _, s := range p.Mailboxes[0].Steps {
		if n := made[fmt.Sprint(s.Kind, s.Title, s.After)]; n != 1 {
			t.Fatalf("%s %q with categories %q was made %d times", s.Kind, s.Title, s.After, n)
		}
	}
}

func checkParts(t fatal, world *memory.Tenant, it item.Item) {
	if it.Mark == "" {
		t.Fatalf("%s bears no mark", it.Title)
	}
	mb, err := world.Open(context.Background(), ann)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if it.Kind == item.Contacts {
		if photo, err := mb.Photo(context.Background(), it); err != nil || photo == nil || string(photo.Bytes) != "a picture" {
			t.Fatalf("%s has photo %v, %v", it.Title, photo, err)
		}
		return
	}
	attachments, err := mb.Attachments(context.Background(), it)
	if err != nil || len(attachments) != 1 {
		t.Fatalf("%s has %d attachments, %v", it.Title, len(attachments), err)
	}
	if n := strings.Count(string(it.Raw), `"displayName":"one"`); n != 2 {
		t.Fatalf("%s has %d checklist items", it.Title, n)
	}
}

// TestCreateInterruptedAndResumed makes items against faults and kills until
// the run ends: nothing is missing, nothing is there twice.
func TestCreateInterruptedAndResumed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		way := rapid.SampledFrom([]plan.Way{plan.ByPost, plan.ByStream}).Draw(rt, "way")
		world, s, p := backedUp(rapid.IntRange(1, 12).Draw(rt, "items"), way)
		var mu sync.Mutex
		faults := rapid.SliceOfN(rapid.IntRange(0, 9), 0, 80).Draw(rt, "faults")
		world.Fault = func(c memory.Call) (error, error) {
			mu.Lock()
			defer mu.Unlock()
			if len(faults) == 0 {
				return nil, nil
			}
			next := faults[0]
			faults = faults[1:]
			return createFault(c, next)
		}
		// Items of the user's own that look the same; streams carry no mark.
		own := map[string]bool{}
		for i := range rapid.IntRange(0, 3).Draw(rt, "alike") {
			it := world.Put(ann.ID, contacts, map[string]any{"id": fmt.Sprint("own-", i), "displayName": "Item 0"})
			own[it.ID] = true
		}
		tp := &tape{}
		for attempt := 0; ; attempt++ {
			tp.left = rapid.IntRange(0, 25).Draw(rt, "records until the crash")
			if attempt > 20 {
				tp.left = -1
			}
			result, err := restoreRun(world, s, p, tp).Do(context.Background())
			if err == nil && result.Whole() {
				break
			}
			if err != nil && !errors.Is(err, errCrash) || attempt > 80 {
				rt.Fatalf("attempt %d: %v, %+v", attempt, err, result)
			}
		}
		world.Fault = nil // what is left of them must not hit the checks
		for id := range own {
			world.Take(ann.ID, id)
		}
		checkMade(rt, world, p, way == plan.ByPost)
		checkNamed(rt, world, tp, p)
	})
}

// checkNamed holds the journal against the mailbox: every step names an item of
// its own that is there.
func checkNamed(t fatal, world *memory.Tenant, tp *tape, p plan.Plan) {
	made := map[string]string{}
	for _, r := range tp.records {
		if r.Type == journal.Outcome && r.Result == journal.Done {
			made[r.Item] = r.Made
		}
	}
	steps := map[string]bool{}
	for step, id := range made {
		if steps[id] || versionOf(world, ann.ID, id) == "" {
			t.Fatalf("step %s is said to have made %q, which is another's or not there", step, id)
		}
		steps[id] = true
	}
	if len(steps) != p.Totals().Creates {
		t.Fatalf("%d of %d steps name what they made", len(steps), p.Totals().Creates)
	}
}

// createFault makes calls fail before they happen and after.
func createFault(c memory.Call, n int) (before, after error) {
	adds := slices.Contains([]string{"create", "import", "attach", "set-photo", "add-checklist-item", "create-folder", "update", "set-categories"}, c.Verb)
	switch {
	case n == 0 && adds:
		return nil, fmt.Errorf("cut off: %w", mailbox.ErrUnclear)
	case n == 1 && adds:
		return fmt.Errorf("cut off: %w", mailbox.ErrUnclear), nil
	case n == 2 && adds:
		return fmt.Errorf("later: %w", mailbox.ErrBusy), nil
	case n == 3 && adds && c.Verb != "create-folder":
		return fmt.Errorf("no: %w", mailbox.ErrDenied), nil
	case n == 4 && !adds:
		return errors.New("no connection"), nil
	}
	return nil, nil
}

// TestWhatDidNotComeBackIsSaid: the service took an item and dropped a member.
func TestWhatDidNotComeBackIsSaid(t *testing.T) {
	world, s, p := backedUp(6, plan.ByPost)
	world.Forget = []string{"displayName"} // of contacts, which are four of the six
	tp := &tape{left: -1}
	result, err := restoreRun(world, s, p, tp).Do(t.Context())
	if err != nil || !result.Whole() {
		t.Fatalf("%+v, %v", result, err)
	}
	lacking := result.Mailboxes[0].Lacking
	if len(lacking) != 4 || !slices.Equal(lacking[0].Lost, []string{"came back with another displayName"}) {
		t.Errorf("lacking %+v", lacking)
	}
	if past := apply.Past(p, tp.records); len(past.Mailboxes[0].Lacking) != 4 {
		t.Errorf("the journal knows of %d", len(past.Mailboxes[0].Lacking))
	}
}

func TestHalfMadeIsSaidAndFinishedLater(t *testing.T) {
	world, s, p := backedUp(6, plan.ByPost)
	world.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "attach" {
			return fmt.Errorf("attach: %w", mailbox.ErrDenied), nil
		}
		return nil, nil
	}
	tp := &tape{left: -1}
	result, err := restoreRun(world, s, p, tp).Do(t.Context())
	if err != nil || result.Refused != 2 || result.Done != 4 {
		t.Fatalf("%+v, %v", result, err)
	}
	for _, o := range result.Mailboxes[0].Others {
		if !strings.HasPrefix(o.Detail, "made, but not whole: ") {
			t.Errorf("%s: %s", o.Step.ID, o.Detail)
		}
	}
	world.Fault = nil
	if result, err = restoreRun(world, s, p, tp).Do(t.Context()); err != nil || !result.Whole() {
		t.Fatalf("%+v, %v", result, err)
	}
	checkMade(t, world, p, true)
}

func TestFullMailboxEndsItsWork(t *testing.T) {
	world, s, p := backedUp(30, plan.ByPost)
	var mu sync.Mutex
	made := 0
	world.Fault = func(c memory.Call) (error, error) {
		mu.Lock()
		defer mu.Unlock()
		if c.Verb != "create" {
			return nil, nil
		}
		if made++; made > 5 {
			return fmt.Errorf("create: %w", mailbox.ErrFull), nil
		}
		return nil, nil
	}
	result, err := restoreRun(world, s, p, &tape{left: -1}).Do(t.Context())
	if err != nil || result.Done != 5 || result.Pending == 0 || !strings.Contains(result.Mailboxes[0].Failure, "full") {
		t.Fatalf("%+v, %v", result, err)
	}
	if made > 5+4 {
		t.Errorf("%d creates were tried in a full mailbox", made)
	}
}

func TestCreateOfWhatTheSnapshotDoesNotHold(t *testing.T) {
	world, s, p := backedUp(4, plan.ByPost)
	p.Mailboxes[0].Steps[0].Version = "another"
	result, err := restoreRun(world, s, p, &tape{left: -1}).Do(t.Context())
	if err != nil || result.Done != 3 || result.Refused != 1 {
		t.Fatalf("%+v, %v", result, err)
	}
}

// TestInterruptionStopsBetweenTheCallsOfACreate: what is in flight comes to its
// end, no part is begun after it, and the next attempt adds what is missing.
func TestInterruptionStopsBetweenTheCallsOfACreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world, s, p := backedUp(12, plan.ByPost)
		ctx, cancel := context.WithCancel(t.Context())
		parts := []string{"attach", "set-photo", "add-checklist-item", "update", "set-categories"}
		world.Fault = func(c memory.Call) (error, error) {
			if c.Verb == "create" {
				cancel()
				time.Sleep(time.Second)
			}
			return nil, nil
		}
		start := time.Now()
		tp := &tape{left: -1}
		result, err := restoreRun(world, s, p, tp).Do(ctx)
		if !errors.Is(err, context.Canceled) || time.Since(start) > 2*time.Second {
			t.Fatalf("%v after %s", err, time.Since(start))
		}
		if n := len(world.Calls("create")); n == 0 || n > 4 || len(world.Calls(parts...)) != 0 {
			t.Errorf("%d items were made, parts of them: %v", n, world.Calls(parts...))
		}
		if result.Done != 0 || result.Unknown == 0 || result.Unknown+result.Pending != 12 {
			t.Errorf("%+v", result)
		}
		world.Fault = nil
		result, err = restoreRun(world, s, p, tp).Do(t.Context())
		if err != nil || !result.Whole() || len(world.Calls("create")) != 12 {
			t.Fatalf("resumed: %+v, %v", result, err)
		}
		checkMade(t, world, p, true)
	})
}
