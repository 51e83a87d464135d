package simulation_test

import (
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// inOneWorld is how many edits are made in one tenant; more of them take more
// tenants, one after the other.
const inOneWorld = 1000

var editsFlag = flag.Int("edits", 150, "how many edits other people make between the plan and the end of the run")

// TestEditsByOthers lets other people edit what a plan is about, half of it
// before the run begins and half while it works. Nothing that they changed
// before the run's last reading is touched. What they change after it is in the
// window that remains: where Exchange looks at If-Match that is refused, and
// where it does not, it is deleted, which is counted here. The seed gives the
// edits nearly: the order in which the run lists folders is not the same each time.
func TestEditsByOthers(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = 1 + rand.Uint64N(1e9)
	}
	for name, fact := range map[string]tenant.Fact{"If-Match is honoured": tenant.Yes, "If-Match is ignored": tenant.No} {
		t.Run(name, func(t *testing.T) {
			all := edited{edits: map[string]int{}}
			for n := uint64(0); all.sum() < *editsFlag && !t.Failed(); n++ {
				got := editAndApply(t, seed+n, min(inOneWorld, *editsFlag-all.sum()), fact, nil)
				for _, broken := range got.broken[:min(10, len(got.broken))] {
					t.Error(broken)
				}
				got.judge(t, fact)
				all.add(got)
			}
			t.Logf("seed %d: %s", seed, all)
			if left := all.late * 10; left > all.sum() || all.before < all.sum()/2+all.sum()/20 || all.deleted < all.sum()/10 {
				t.Errorf("too many edits came too late, or too few items were deleted, to show anything: %s", all)
			}
			if t.Failed() {
				t.Logf("replay: go test ./pkg/sandbox/simulation -run '^TestEditsByOthers$' -args -seed=%d -edits=%d", seed, *editsFlag)
			}
		})
	}
}

// TestEditsAreNoticedByTheTest plants the bug that the test is about: the run
// goes by the listings that the plan was made of.
func TestEditsAreNoticedByTheTest(t *testing.T) {
	got := editAndApply(t, 5, 600, tenant.No, func(d mailbox.Directory) mailbox.Directory {
		return &stale{Directory: d, pages: map[string][][]item.Item{}}
	})
	if len(got.broken) < 5 {
		t.Errorf("a run that does not look again broke %d promises: %v", len(got.broken), got.broken)
	}
}

// edited is what came of a run among people who edit.
type edited struct {
	edits  map[string]int
	before int // edits in mailboxes where the run had not begun to delete
	late   int // edits after it
	// deleted are all; of those that changed within the window so many were
	// deleted and so many refused.
	deleted, lost, refused, mails int
	gone                          int // deletions of what somebody had taken away within the window
	windows                       []time.Duration
	skipped, notDone              int // steps
	report                        run.Report
	told                          apply.Window // the widest of the reports
	broken                        []string
}

func (e edited) sum() (n int) {
	for _, of := range e.edits {
		n += of
	}
	return n
}

func (e *edited) add(o edited) {
	for kind, n := range o.edits {
		e.edits[kind] += n
	}
	e.before, e.late, e.mails = e.before+o.before, e.late+o.late, e.mails+o.mails
	e.deleted, e.lost, e.refused, e.gone = e.deleted+o.deleted, e.lost+o.lost, e.refused+o.refused, e.gone+o.gone
	e.skipped, e.notDone = e.skipped+o.report.Result.Skipped, e.notDone+o.report.Result.Refused+o.report.Result.Pending+o.report.Result.Unknown
	if w := o.report.Result.Window; w != nil {
		e.told.Median, e.told.Widest = max(e.told.Median, w.Median), max(e.told.Widest, w.Widest)
	}
	e.windows = append(e.windows, o.windows...)
	slices.Sort(e.windows)
}

func (e edited) String() string {
	out := fmt.Sprintf("%d edits %v: %d before anything was deleted there, %d meanwhile, %d after it; %d items deleted, %d steps skipped, %d refused or left",
		e.sum(), e.edits, e.before, e.sum()-e.before-e.late, e.late, e.deleted, e.skipped, e.notDone)
	if len(e.windows) > 0 {
		out += fmt.Sprintf("; window %s in the median, %s at most, told as up to %s and %s",
			e.windows[len(e.windows)/2].Round(time.Millisecond), e.windows[len(e.windows)-1].Round(time.Millisecond), e.told.Median, e.told.Widest)
	}
	return out + fmt.Sprintf("; changed within it %d: %d deleted all the same, %d refused by If-Match, %d gone already; %d mails",
		e.lost+e.refused+e.gone, e.lost, e.refused, e.gone, e.mails)
}

// judge holds the figures of one world against each other.
func (e edited) judge(t *testing.T, fact tenant.Fact) {
	t.Helper()
	for _, kind := range append(editKinds(), closing) {
		if e.edits[kind] == 0 && e.sum() >= 300 {
			t.Errorf("nobody has tried: %s", kind)
		}
	}
	result := e.report.Result
	switch {
	case result.Done != e.deleted:
		t.Errorf("%d steps done, %d items deleted", result.Done, e.deleted)
	case result.Window == nil || len(e.windows) == 0:
		t.Error("no window was measured")
	case time.Duration(result.Window.Widest) < e.windows[len(e.windows)-1], time.Duration(result.Window.Median) < e.windows[len(e.windows)/2]:
		t.Errorf("the window is told as %+v, and was %s at most", *result.Window, e.windows[len(e.windows)-1])
	case fact == tenant.Yes && (e.lost > 0 || e.mails > 0):
		t.Errorf("%d items were deleted although If-Match named another version, %d mails", e.lost, e.mails)
	case e.refused > 0 && fact == tenant.No:
		t.Errorf("%d deletions were refused by an If-Match that nobody looks at", e.refused)
	}
}

// editing is a world in which other people edit.
type editing struct {
	*world
	left, made int     // edits
	rate, due  float64 // edits for each request

	mu     sync.Mutex
	got    edited
	read   map[string]time.Time // folder → when it was listed last
	begun  map[string]bool      // mailbox → whether the run has begun to delete there
	closed map[string]bool      // calendar → whether it was when calendars were listed last
	met    map[string]string    // by path, the version that a deletion meets
	ids    map[string]string    // of events, by the immutable ones
	lost   map[string]bool      // events that were deleted although they had changed, by id
	times  map[string]uint64    // how often a request was sent
}

// editAndApply makes a plan, lets half of the edits come, and carries it out
// among the other half. Through, if set, is put between the run and its mailboxes.
func editAndApply(t *testing.T, seed uint64, edits int, fact tenant.Fact, through func(mailbox.Directory) mailbox.Directory) (got edited) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := newEditing(t, seed, edits, fact)
		client := e.client(e.calm)
		defer client.Close()
		directory := mailbox.Directory(client)
		if through != nil {
			directory = through(directory)
		}
		e.planFor(directory)
		for n := range edits / 2 {
			e.edit(rand.New(rand.NewPCG(seed, uint64(n))), "")
		}
		e.left = edits - edits/2
		e.rate = 0.75 * float64(e.left) / float64(e.plan.Totals().Steps()) // a run has more requests than steps
		e.before, e.meets, e.after = e.interfere, e.meet, e.look
		time.Sleep(time.Second)
		report, err := run.NewStore(crash.NewDisk().Dir()).Execute(t.Context(), run.Job{
			Plan: e.plan, Directory: directory, Tool: "simulation", Now: time.Now, Holder: durable.Holder{}, Parallel: 8, Watcher: e.world,
		})
		if err != nil {
			t.Error(err)
		}
		e.got.late = e.left
		for ; e.left > 0; e.left-- {
			e.edit(e.random, "")
		}
		for _, mail := range e.model.Outbox() {
			if mail.Kind == "cancellation" && e.lost[mail.EventID] {
				e.got.mails++
			}
		}
		got = e.got
		got.report, got.broken = report, append(got.broken, e.broken...)
		slices.Sort(got.windows)
	})
	return got
}

func newEditing(t *testing.T, seed uint64, edits int, fact tenant.Fact) *editing {
	t.Helper()
	var users []string
	for n := range max(4, edits/30) {
		name := fmt.Sprintf("p%03d", n)
		users = append(users, user(name, entries(name+"-k", 40, contact), entries(name+"-e", 30, event), entries(name+"-t", 20, task)))
	}
	model, err := tenant.Load(strings.NewReader(tenantFile(users...)))
	if err != nil {
		t.Fatal(err)
	}
	for _, box := range model.Mailboxes() {
		for _, kind := range []tenant.Kind{tenant.Contacts, tenant.Events, tenant.Tasks} {
			if _, err := box.CreateFolder(kind, "", "Another"); err != nil {
				t.Fatal(err)
			}
		}
	}
	w := &world{
		T: t, seed: seed, random: rand.New(rand.NewPCG(seed, 1)), model: model, start: time.Now(),
		asked: map[uint64]uint64{}, listed: map[string]map[string]string{},
	}
	w.calm = sandbox.New(model, sandbox.Options{
		Limits: true, Now: time.Now, Seed: seed, ClientSecret: secret,
		Facts: tenant.Facts{IfMatchOnDelete: fact, IfMatchOnPatch: fact, IfMatchOnTasks: fact},
	})
	e := &editing{
		world: w, got: edited{edits: map[string]int{}}, read: map[string]time.Time{}, begun: map[string]bool{},
		closed: map[string]bool{}, met: map[string]string{}, ids: map[string]string{}, lost: map[string]bool{}, times: map[string]uint64{},
	}
	for _, box := range model.Mailboxes() {
		page, _, err := box.Page(tenant.Events, box.Folders(tenant.Events)[0].ID, 0, 1000, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range page {
			e.ids[it.ImmutableID] = it.ID
		}
	}
	return e
}

// planFor reads every mailbox and plans to purge it.
func (e *editing) planFor(directory mailbox.Directory) {
	rules := plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{"CRM"}, Protect: []string{}}
	users, err := directory.Users(e.Context())
	if err != nil {
		e.Fatal(err)
	}
	var parts []plan.Mailbox
	for _, account := range users {
		box, err := directory.Open(e.Context(), account)
		if err != nil {
			e.Fatal(err)
		}
		items, err := mailbox.Scan(e.Context(), box, rules.Kinds, rules.WantsSeries)
		if err != nil {
			e.Fatal(err)
		}
		parts = append(parts, plan.For(rules, box.Account(), items))
	}
	e.plan = plan.Make(mailbox.Tenant{ID: e.calm.TenantID()}, rules, parts)
}

// interfere is what other people do while a request is on its way: they edit
// anything in its mailbox, and one time in ten the very item that it is about.
func (e *editing) interfere(method, path string) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) < 4 || parts[1] != "users" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	chance, deletes := e.luck(method+" "+path), method == http.MethodDelete
	e.begun[parts[2]] = e.begun[parts[2]] || deletes
	for e.due += e.rate; e.due >= 1 && e.left > 0; e.due-- {
		e.left--
		aim := ""
		if deletes && chance.IntN(10) == 0 {
			aim = parts[len(parts)-1]
		}
		e.edit(chance, parts[2]+" "+aim)
	}
}

// meet keeps what a deletion is about to meet.
func (e *editing) meet(method, path string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if account, step, planned := e.step(path); planned && method == http.MethodDelete {
		e.met[path] = e.held(account, step.Kind, step.FolderID)[step.ID]
		if e.closed[account+" "+step.FolderID] {
			e.breach("DELETE %s: the last reading showed that its folder is closed", path)
		}
	}
}

// luck follows from the seed, the request, and how often it was sent.
func (e *editing) luck(request string) *rand.Rand {
	e.times[request]++
	h := fnv.New64a()
	_, _ = h.Write([]byte("edits " + request))
	return rand.New(rand.NewPCG(e.seed^h.Sum64(), e.times[request]))
}

// look keeps what the run has read, and what its deletions met.
func (e *editing) look(method, path string, status int) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) < 4 || parts[1] != "users" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	last := parts[len(parts)-1]
	switch {
	case method == http.MethodGet && last == "calendars":
		box, _ := e.model.Mailbox(parts[2])
		for _, f := range box.Folders(tenant.Events) {
			e.closed[parts[2]+" "+f.ID] = !f.Doc.Bool("canEdit", true)
		}
	case method == http.MethodGet && slices.Contains([]string{"contacts", "events", "tasks"}, last):
		e.read[parts[2]+" "+parts[len(parts)-2]] = time.Now()
	case method == http.MethodDelete && status != http.StatusFailedDependency: // which was not served
		e.deleted(path, status)
	}
}

// deleted judges a deletion by what it met.
func (e *editing) deleted(path string, status int) {
	account, step, planned := e.step(path)
	if !planned {
		return // a breach already
	}
	met := e.met[path]
	if status == http.StatusNoContent {
		e.got.deleted++
		e.got.windows = append(e.got.windows, time.Since(e.read[account+" "+step.FolderID]))
	}
	switch {
	case met == step.Version:
	case met == "":
		e.got.gone++
	case status == http.StatusNoContent:
		e.got.lost++
		e.lost[e.ids[step.ID]] = true
	case status == http.StatusPreconditionFailed: // else its folder was closed
		e.got.refused++
	}
}

// editKinds are what other people do to an item, and closing is what they do to
// a folder now and then.
func editKinds() []string {
	return []string{"categories", "subject", "move", "delete", "re-create", "attendees"}
}

const (
	closing      = "close folder"
	closingEvery = 100
)

// edit makes one edit. Where says in which mailbox, and of which item, if that
// is not left to chance.
func (e *editing) edit(chance *rand.Rand, where string) {
	name, aim, _ := strings.Cut(where, " ")
	boxes := e.model.Mailboxes()
	box := boxes[chance.IntN(len(boxes))]
	if name != "" {
		box, _ = e.model.Mailbox(name)
	}
	e.made++
	what := e.tryAny(box, aim, chance)
	if what == "" {
		e.Fatalf("nothing is left to edit in %s", box.ID)
	}
	e.got.edits[what]++
	if !e.begun[box.ID] {
		e.got.before++
	}
}

// tryAny tries one edit after the other, and says which could be made.
func (e *editing) tryAny(box *tenant.Mailbox, aim string, chance *rand.Rand) string {
	if e.made%closingEvery == 1 && e.shut(box) {
		return closing
	}
	for range 100 {
		what := editKinds()[chance.IntN(len(editKinds()))]
		kind := []tenant.Kind{tenant.Contacts, tenant.Events, tenant.Tasks}[chance.IntN(3)]
		page, _, err := box.Page(kind, box.Folders(kind)[0].ID, 0, 1000, nil)
		if err != nil || len(page) == 0 {
			continue
		}
		it := page[chance.IntN(len(page))]
		for _, one := range page {
			if aim != "" && (one.ImmutableID == aim || one.ID == aim) {
				it = one
			}
		}
		if e.change(box, it, what) {
			return what
		}
	}
	return ""
}

// shut closes the calendar of a mailbox, unless it is closed.
func (e *editing) shut(box *tenant.Mailbox) bool {
	calendar := box.Folders(tenant.Events)[0]
	if !calendar.Doc.Bool("canEdit", true) {
		return false
	}
	_, err := box.UpdateFolder(tenant.Events, calendar.ID, rawjson.Of("canEdit", false))
	return err == nil
}

// change makes an edit of an item and says whether it could be made.
func (e *editing) change(box *tenant.Mailbox, it tenant.Item, what string) bool {
	title := map[tenant.Kind]string{tenant.Contacts: "displayName", tenant.Events: "subject", tenant.Tasks: "title"}[it.Kind]
	var err error
	switch what {
	case "categories":
		_, err = box.Update(it.Kind, it.FolderID, it.ID, rawjson.Of("categories", []string{"CRM", fmt.Sprint("Seen ", e.made)}), "")
	case "subject":
		_, err = box.Update(it.Kind, it.FolderID, it.ID, rawjson.Of(title, fmt.Sprint("Renamed ", e.made)), "")
	case "move":
		_, err = box.Move(it.Kind, it.FolderID, it.ID, box.Folders(it.Kind)[1].ID)
	case "delete":
		err = box.Delete(it.Kind, it.FolderID, it.ID, "", false)
	case "re-create":
		if err = box.Delete(it.Kind, it.FolderID, it.ID, "", false); err == nil {
			_, err = box.Create(it.Kind, it.FolderID, it.Body.Without("id", "@odata.etag", "changeKey", "immutableId", "iCalUId"))
		}
	case "attendees":
		if it.Kind != tenant.Events {
			return false
		}
		_, err = box.Update(it.Kind, it.FolderID, it.ID, rawjson.Of("attendees", []rawjson.Object{
			rawjson.Of("type", "required", "emailAddress", rawjson.Of("name", "y", "address", fmt.Sprintf("y%d@other.example", e.made))),
		}), "")
	}
	return err == nil
}

// stale is a directory whose mailboxes are not listed anew for what the plan was
// made of: brief listings are as they were at first.
type stale struct {
	mailbox.Directory
	mu    sync.Mutex
	pages map[string][][]item.Item
}

func (s *stale) Open(ctx context.Context, account mailbox.Account) (mailbox.Mailbox, error) {
	box, err := s.Directory.Open(ctx, account)
	return staleBox{box, s}, err
}

type staleBox struct {
	mailbox.Mailbox
	of *stale
}

func (b staleBox) List(ctx context.Context, folder item.Folder, view mailbox.View, page func([]item.Item) error) error {
	if view != mailbox.Brief {
		return b.Mailbox.List(ctx, folder, view, page)
	}
	key := b.Account().ID + " " + folder.ID
	b.of.mu.Lock()
	pages, known := b.of.pages[key]
	b.of.mu.Unlock()
	if !known {
		err := b.Mailbox.List(ctx, folder, view, func(items []item.Item) error {
			pages = append(pages, slices.Clone(items))
			return nil
		})
		if err != nil {
			return err
		}
		b.of.mu.Lock()
		b.of.pages[key] = pages
		b.of.mu.Unlock()
	}
	for _, items := range pages {
		if err := page(items); err != nil {
			return err
		}
	}
	return nil
}
