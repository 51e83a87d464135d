package graph_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/fault"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// What a job may end in.
const (
	same    = "same"    // everything that is there was read, or the change is done
	failed  = "failed"  // an error; a change is known not to have happened
	unclear = "unclear" // mailbox.ErrUnclear
	short   = "short"   // one item less and no error: the service showed nothing of it
)

// ends says what each job ends in when a fault is played its usual number of
// times; an empty word says that the fault is not for such requests.
type ends struct{ list, whole, set, remove string }

// faultCases has every fault but those of batches, which TestBatchFaults has.
func faultCases() map[fault.Fault]ends {
	const none = ""
	retried := ends{same, same, same, same}
	lost := ends{same, same, unclear, unclear}
	reading := ends{same, same, none, none}
	writing := ends{none, none, unclear, unclear}
	return map[fault.Fault]ends{
		fault.Reset:             lost,
		fault.CutBody:           reading,
		fault.SlowBody:          reading,
		fault.Empty404:          reading,
		fault.Empty503:          lost,
		fault.Transient400:      reading,
		fault.Persistent401:     retried,
		fault.TokenExpired:      retried,
		fault.CorruptItem:       {none, failed, none, none},
		fault.ErrorIn200:        lost,
		fault.EmptyObject:       reading,
		fault.WrongElement:      reading,
		fault.RepeatedItem:      {failed, failed, none, none},
		fault.MissingItem:       {short, short, none, none},
		fault.LoopingLink:       {failed, failed, none, none},
		fault.ForeignLink:       {failed, failed, none, none},
		fault.DoneThen503:       writing,
		fault.DoneThenReset:     writing,
		fault.Lost503:           writing,
		fault.LostReset:         writing,
		fault.ThrottledSeconds:  retried,
		fault.ThrottledFraction: retried,
		fault.ThrottledDate:     retried,
		fault.ThrottledSilent:   retried,
		fault.OtherEdits:        {same, same, failed, failed},
		fault.OtherDeletes:      {same, same, failed, failed},
		fault.OtherCreates:      retried,
	}
}

func batchFaults() []fault.Fault {
	return []fault.Fault{fault.BatchMissing, fault.BatchShuffled, fault.BatchThrottled}
}

func TestEveryFaultHasACase(t *testing.T) {
	all := fault.All()
	if len(all) < 30 {
		t.Fatalf("only %d faults", len(all))
	}
	for _, f := range all {
		if _, ok := faultCases()[f]; !ok && !slices.Contains(batchFaults(), f) {
			t.Errorf("%s has no case", f)
		}
	}
	if n := len(faultCases()) + len(batchFaults()); n != len(all) {
		t.Errorf("%d cases for %d faults", n, len(all))
	}
}

// jobs are what a client does, with the requests that their faults are for.
var jobs = []struct {
	name  string
	verb  string
	below string // the path below a folder's items
	do    func(*trial) string
	end   func(ends) string
}{
	{"list", "GET", "", func(tr *trial) string { return tr.read(mailbox.Brief) }, func(e ends) string { return e.list }},
	{"whole", "GET", "*", func(tr *trial) string { return tr.read(mailbox.Whole) }, func(e ends) string { return e.whole }},
	{"set categories", "PATCH", "/*", (*trial).set, func(e ends) string { return e.set }},
	{"delete", "DELETE", "/*", (*trial).remove, func(e ends) string { return e.remove }},
}

// Whatever goes wrong, a job ends in the whole truth or in an error.
func TestFaults(t *testing.T) {
	for _, f := range fault.All() {
		for _, kind := range item.Kinds() {
			for _, job := range jobs {
				want := job.end(faultCases()[f])
				if want == "" || f == fault.CorruptItem && kind == item.Contacts {
					continue // no request reads a contact by itself
				}
				t.Run(fmt.Sprintf("%s/%s/%s", f, kind, job.name), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						plan := fault.Plan{Fault: f, Verb: job.verb, Path: folderOf(kind) + job.below}
						once := newTrial(t, kind, plan)
						if got := job.do(once); got != want {
							t.Errorf("it ended %s, want %s: %v", got, want, once.err)
						}
						once.bit()
					})
					synctest.Test(t, func(t *testing.T) {
						plan := fault.Plan{Fault: f, Verb: job.verb, Path: folderOf(kind) + job.below, Times: fault.Always}
						forever := newTrial(t, kind, plan)
						// People who never rest leave no state to compare with.
						restless := strings.HasPrefix(string(f), "other-")
						if got := job.do(forever); got == short && want != short && !restless {
							t.Errorf("it ended %s", got)
						}
						forever.bit()
					})
				})
			}
		}
	}
}

func folderOf(kind item.Kind) string {
	return map[item.Kind]string{
		item.Contacts: "*/contactFolders/f0/contacts", item.Events: "*/calendars/c0/events", item.Tasks: "*/lists/l0/tasks",
	}[kind]
}

// trial is one job with one fault.
type trial struct {
	*testing.T
	*world
	kind   item.Kind
	folder item.Folder
	open   mailbox.Mailbox
	items  []item.Item // listed before any fault
	before []string
	err    error
}

func newTrial(t *testing.T, kind item.Kind, plan fault.Plan) *trial {
	t.Helper()
	if plan.Verb == "GET" && plan.Fault != fault.CorruptItem {
		plan.After = 1 // the listing below
	}
	facts := tenant.Facts{IfMatchOnPatch: tenant.Yes, IfMatchOnDelete: tenant.Yes, IfMatchOnTasks: tenant.Yes}
	w := newWorld(t, contosoFile(), sandbox.Options{Facts: facts, Now: time.Now, Seed: 5, Faults: []fault.Plan{plan}})
	box := w.open(t, "ada@contoso.example")
	folders, err := box.Folders(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	tr := &trial{T: t, world: w, kind: kind, folder: folders[0], open: box}
	if tr.items, err = tr.list(mailbox.Brief); err != nil || len(tr.items) < 2 {
		t.Fatalf("%d items, %v", len(tr.items), err)
	}
	tr.before = tr.truth()
	return tr
}

func (tr *trial) list(view mailbox.View) (all []item.Item, err error) {
	err = tr.open.List(tr.Context(), tr.folder, view, func(page []item.Item) error {
		all = append(all, page...)
		return nil
	})
	return all, err
}

// truth is what the tenant holds in the folder: ids with versions.
func (tr *trial) truth() []string {
	account, _ := tr.box.Tenant().Mailbox("a1")
	page, _, err := account.Page(tenant.Kind(tr.kind), tr.folder.ID, 0, 1000, nil)
	if err != nil {
		tr.Fatal(err)
	}
	var all []string
	for _, it := range page {
		id := it.ImmutableID
		if tr.kind == item.Tasks {
			id = it.ID // tasks have but one
		}
		all = append(all, id+" "+it.Body.Text("@odata.etag"))
	}
	return all
}

func versions(items []item.Item) []string {
	var all []string
	for _, it := range items {
		all = append(all, it.ID+" "+it.Version)
	}
	return all
}

// read lists the folder, and for the whole view what hangs on its items.
func (tr *trial) read(view mailbox.View) string {
	items, err := tr.list(view)
	for _, it := range items {
		if err == nil && view == mailbox.Whole && it.Event.IsMaster() {
			_, err = tr.open.Series(tr.Context(), it)
		}
		if err == nil && view == mailbox.Whole && it.MayHaveAttachments() {
			_, err = tr.attached(it)
		}
	}
	tr.err = err
	got, after := versions(items), tr.truth()
	switch {
	case err != nil:
		return failed
	case slices.Equal(got, tr.before), slices.Equal(got, after):
		return same
	}
	tr.err = fmt.Errorf("got %q, the folder held %q and holds %q", got, tr.before, after)
	return short
}

// attached reads the attachments; the tenant gave every such item one.
func (tr *trial) attached(it item.Item) ([]json.RawMessage, error) {
	all, err := tr.open.Attachments(tr.Context(), it)
	// One that was left out of its list shows nothing of itself either.
	if err == nil && len(all) != 1 && tr.box.Faults()[0].Plan.Fault != fault.MissingItem {
		tr.Errorf("%d attachments and no error", len(all))
	}
	return all, err
}

// set tags the first item and holds what the client says against the tenant.
func (tr *trial) set() string {
	var version string
	version, tr.err = tr.open.SetCategories(tr.Context(), tr.items[0], []string{"Tagged"})
	body, there := tr.first()
	done := there && slices.Equal(body.Texts("categories"), []string{"Tagged"})
	if tr.err == nil && version != body.Text("@odata.etag") {
		tr.Errorf("version %q, the item has %q", version, body.Text("@odata.etag"))
	}
	return tr.verdict(done)
}

// remove deletes the first item.
func (tr *trial) remove() string {
	tr.err = tr.open.Delete(tr.Context(), tr.items[0])
	_, there := tr.first()
	if !there && errors.Is(tr.err, mailbox.ErrGone) {
		return failed // somebody else was first
	}
	return tr.verdict(!there)
}

// first is the first item as the tenant has it now.
func (tr *trial) first() (body interface {
	Text(string) string
	Texts(string) []string
}, there bool,
) {
	account, _ := tr.box.Tenant().Mailbox("a1")
	it, err := account.Item(tenant.Kind(tr.kind), tr.folder.ID, tr.items[0].ID)
	return it.Body, err == nil && !it.Deleted
}

// verdict holds what a change said against what it did.
func (tr *trial) verdict(done bool) string {
	switch {
	case errors.Is(tr.err, mailbox.ErrUnclear):
		return unclear
	case (tr.err == nil) != done:
		tr.Errorf("done is %v, and the client says %v", done, tr.err)
	}
	if tr.err != nil {
		return failed
	}
	return same
}

// bit fails the test if the fault was not played.
func (tr *trial) bit() {
	tr.Helper()
	if hit := tr.box.Faults()[0]; hit.Count == 0 {
		tr.Errorf("%s was never played", hit.Plan.Fault)
	}
}

// The client sends no batches yet, so these are asked by hand.
func TestBatchFaults(t *testing.T) {
	for _, f := range batchFaults() {
		t.Run(string(f), func(t *testing.T) {
			w := newWorld(t, contosoFile(), sandbox.Options{Faults: []fault.Plan{{Fault: f, Times: 1}}})
			first, second := w.batch(t), w.batch(t)
			if len(second) != 4 || slices.ContainsFunc(second, func(r subResponse) bool { return r.Status != 200 }) {
				t.Fatalf("without the fault: %+v", second)
			}
			limited := 0
			for _, r := range first {
				if r.Status == 429 && r.Headers["Retry-After"] == "2" {
					limited++
				}
			}
			switch f {
			case fault.BatchMissing:
				if len(first) != 3 {
					t.Errorf("%d answers, want 3", len(first))
				}
			case fault.BatchShuffled:
				if !slices.IsSortedFunc(first, func(a, b subResponse) int { return strings.Compare(b.ID, a.ID) }) || len(first) != 4 {
					t.Errorf("%+v is not turned round", first)
				}
			case fault.BatchThrottled:
				if len(first) != 4 || limited != 2 {
					t.Errorf("%d of %d answers are 429, want 2 of 4", limited, len(first))
				}
			}
			if hits := w.box.Faults(); hits[0].Count != 1 {
				t.Errorf("played %d times, want 1", hits[0].Count)
			}
		})
	}
}

type subResponse struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
}

// batch asks for one contact four times.
func (w *world) batch(t *testing.T) []subResponse {
	t.Helper()
	w.open(t, "ada@contoso.example") // signs in
	calls := w.wire.calls()
	var requests []string
	for n := range 4 {
		requests = append(requests, fmt.Sprintf(`{"id":"%d","method":"GET","url":"/users/a1/contactFolders/f0/contacts/k1"}`, n))
	}
	body := `{"requests":[` + strings.Join(requests, ",") + `]}`
	req, err := http.NewRequestWithContext(t.Context(), "POST", host+"/v1.0/$batch", bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": calls[len(calls)-1].Header["Authorization"], "Content-Type": {"application/json"}}
	resp, err := w.box.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	var answer struct {
		Responses []subResponse `json:"responses"`
	}
	if err != nil || json.Unmarshal(text, &answer) != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %s, %v", resp.StatusCode, text, err)
	}
	return answer.Responses
}
