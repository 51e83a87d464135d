package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

const plugin = "Sync with Salesforce"

// worlds are the undocumented facts at their worst and at their best.
func worlds() map[string]tenant.Facts {
	return map[string]tenant.Facts{
		"worst": {
			CategoriesPatchMails: tenant.Yes, PastMeetingDeleteMails: tenant.Yes, DraftMeetingDeleteMails: tenant.Yes,
			CancelledMeetingDeleteMails: tenant.Yes, IfMatchOnPatch: tenant.No, IfMatchOnDelete: tenant.No, IfMatchOnTasks: tenant.No,
			PermanentDeleteMails: tenant.Yes, ImportMails: tenant.Yes, DisplayNameRecomputed: tenant.Yes,
		},
		"best": {
			CategoriesPatchMails: tenant.No, PastMeetingDeleteMails: tenant.No, DraftMeetingDeleteMails: tenant.No,
			CancelledMeetingDeleteMails: tenant.No, IfMatchOnPatch: tenant.Yes, IfMatchOnDelete: tenant.Yes, IfMatchOnTasks: tenant.Yes,
			PermanentDeleteMails: tenant.No, ImportMails: tenant.No, DisplayNameRecomputed: tenant.No,
		},
	}
}

// TestWholeProcedure plays the procedure on real tenants, over TLS with real
// credentials, and compares the tenant before and after with an oracle of its
// own: nothing here asks the product what it should have done.
func TestWholeProcedure(t *testing.T) {
	var ran, wanted atomic.Int64
	t.Run("on", func(t *testing.T) { // ends when all below it have
		for _, name := range []string{"exports.json", "documented.json"} {
			for fact, facts := range worlds() {
				if race.Detector && name == "exports.json" { // it goes without, by scripts/check
					continue
				}
				wanted.Add(1)
				t.Run(name+"/"+fact, func(t *testing.T) {
					t.Parallel()
					procedure(t, shared(t, name), facts)
					ran.Add(1)
				})
			}
		}
	})
	if ran.Load() != wanted.Load() && !t.Failed() {
		t.Skipf("%d of %d runs: the real tenants are not here", ran.Load(), wanted.Load())
	}
}

func procedure(t *testing.T, file []byte, facts tenant.Facts) {
	w := serve(t, file, sandbox.Options{Facts: facts})
	before := w.control("tenant")
	store := w.path("store")

	w.run("list", "--all", "--output", "json").want(t, 0)
	w.run("backup", "--all", "--store", store).want(t, 0)
	purge := []string{"purge", "--category", plugin, "--all", "--store", store, "--output", "json"}
	tag := []string{"tag-personal", "--category", plugin, "--all", "--store", store, "--output", "json"}
	var dry struct{ Digest string }
	w.run(append(slices.Clone(purge), "--dry-run")...).want(t, 0).decode(t, &dry)
	if counts := w.box.Counts(); counts.Writes != 0 || counts.Total == 0 {
		t.Fatalf("list, backup and dry run sent %d writes of %d requests", counts.Writes, counts.Total)
	}
	w.compareBackup(store)

	expected := expect(before)
	if len(expected.purge) > 0 {
		w.run(append(slices.Clone(purge), "--approve", dry.Digest)...).want(t, 0)
	}
	var dryTag struct{ Digest string }
	w.run(append(slices.Clone(tag), "--dry-run")...).want(t, 0).decode(t, &dryTag)
	w.run(append(slices.Clone(tag), "--approve", dryTag.Digest)...).want(t, 0)

	expected.compare(t, w.control("tenant"))
	if mails := w.box.Outbox(); len(mails) != 0 {
		t.Errorf("%d mails would have been sent, the first %+v", len(mails), mails[0])
	}
	counts := w.box.Counts()
	if counts.Refused != 0 || counts.MaxInService > 4 {
		t.Errorf("%d requests were refused for limits, %d were in service at once", counts.Refused, counts.MaxInService)
	}
}

// expectation is what the oracle says becomes of every item, by mailbox and by
// the item's content without what every change changes.
type expectation struct {
	purge map[string]bool
	tag   map[string]bool
	keep  map[string]bool
}

// volatile members change with every write, or with where an item lies.
func content(item object) string {
	item = maps.Clone(item)
	for _, name := range []string{"id", "changeKey", "@odata.etag", "lastModifiedDateTime", "parentFolderId", "categories", "webLink"} {
		delete(item, name)
	}
	data, err := json.Marshal(scrub(item))
	if err != nil {
		panic(err)
	}
	return string(data)
}

// scrub takes the series' shared version out of exceptions as well.
func scrub(item object) object {
	var exceptions []any
	for _, x := range members(item, "exceptionOccurrences") {
		x = maps.Clone(x)
		for _, name := range []string{"changeKey", "@odata.etag", "lastModifiedDateTime", "id", "seriesMasterId", "webLink"} {
			delete(x, name)
		}
		exceptions = append(exceptions, x)
	}
	if exceptions != nil {
		item["exceptionOccurrences"] = exceptions
	}
	delete(item, "cancelledOccurrences")
	return item
}

// key adds the mailbox and the categories, so that a change of them shows.
func key(user object, item object, categories []string) string {
	return fmt.Sprintf("%s %q %s", text(user, "id"), categories, content(item))
}

func same(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

func has(categories []string, name string) bool {
	return slices.ContainsFunc(categories, func(c string) bool { return same(c, name) })
}

// everyItem visits all items of a tenant file with whether their folder may be
// written.
func everyItem(tenant object, visit func(user object, kind string, writable bool, item object)) {
	for _, user := range members(tenant, "users") {
		for _, f := range members(user, "contactFolders") {
			for _, it := range members(f, "contacts") {
				visit(user, "contacts", true, it)
			}
		}
		for _, c := range members(user, "calendars") {
			owner, _ := c["owner"].(object)
			own := strings.EqualFold(text(owner, "address"), text(user, "mail")) && c["canEdit"] == true
			for _, it := range members(c, "events") {
				visit(user, "events", own, it)
			}
		}
		for _, l := range members(user, "todoLists") {
			own := l["isOwner"] == true && text(l, "wellknownListName") != "flaggedEmails"
			for _, it := range members(l, "tasks") {
				visit(user, "tasks", own, it)
			}
		}
	}
}

// invites says whether a change could mail somebody.
func invites(event object) bool {
	if event["isOrganizer"] == true && len(members(event, "attendees")) > 0 {
		return true
	}
	return slices.ContainsFunc(members(event, "exceptionOccurrences"), invites)
}

func withExceptions(item object) []string {
	all := words(item, "categories")
	for _, x := range members(item, "exceptionOccurrences") {
		all = append(all, words(x, "categories")...)
	}
	return all
}

// expect is the oracle: the rules of the issue, written down once more, in the
// terms of a tenant file.
func expect(before object) expectation {
	e := expectation{purge: map[string]bool{}, tag: map[string]bool{}, keep: map[string]bool{}}
	everyItem(before, func(user object, kind string, writable bool, it object) {
		own := words(it, "categories")
		room := text(user, "userPurpose") == "room"
		meeting := kind == "events" && invites(it)
		plugins := has(own, plugin)
		switch {
		case !writable || room || meeting:
			e.keep[key(user, it, own)] = true
		case plugins && has(withExceptions(it), "Don't Sync with Salesforce"):
			e.keep[key(user, it, own)] = true
		case plugins:
			e.purge[key(user, it, own)] = true
		case has(withExceptions(it), plugin), has(own, "Personal"):
			e.keep[key(user, it, own)] = true
		default:
			e.tag[key(user, it, append(own, "Personal"))] = true
		}
	})
	return e
}

// compare finds every item of the tenant in what was expected of it, and
// everything expected in the tenant.
func (e expectation) compare(t *testing.T, after object) {
	t.Helper()
	found := map[string]bool{}
	everyItem(after, func(user object, _ string, _ bool, it object) {
		k := key(user, it, words(it, "categories"))
		found[k] = true
		if !e.keep[k] && !e.tag[k] {
			t.Errorf("not expected to look like this: %.300s", k)
		}
	})
	for k := range e.keep {
		if !found[k] {
			t.Errorf("should not have been touched: %.300s", k)
		}
	}
	for k := range e.tag {
		if !found[k] {
			t.Errorf("should have been tagged: %.300s", k)
		}
	}
	deleted := map[string]bool{}
	for _, user := range members(after, "users") {
		for _, d := range members(user, "deletedItems") {
			it, _ := d["item"].(object)
			deleted[key(user, it, words(it, "categories"))] = true
		}
	}
	for k := range e.purge {
		if !deleted[k] {
			t.Errorf("should be in Deleted Items: %.300s", k)
		}
		if found[k] {
			t.Errorf("should be gone: %.300s", k)
		}
	}
	for k := range deleted {
		if !e.purge[k] {
			t.Errorf("should not have been deleted: %.300s", k)
		}
	}
	if len(e.tag) == 0 || len(e.keep) == 0 {
		t.Errorf("nothing to compare: %d to tag, %d to keep", len(e.tag), len(e.keep))
	}
}

// served are all items as the sandbox serves them, by mailbox and id, read
// page by page without the product.
func (w *world) served() map[string][]byte {
	w.t.Helper()
	items := map[string][]byte{}
	root, named := w.ready.Graph+"/v1.0/users", w.named()
	for _, user := range w.pages(root) {
		at := root + "/" + text(user.object, "id")
		if text(user.object, "mail") == "" {
			continue
		}
		folders := []string{"contacts"}
		for queue := []string{at + "/contactFolders"}; len(queue) > 0; queue = queue[1:] {
			for _, f := range w.pages(queue[0]) {
				folders = append(folders, text(f.object, "id"))
				queue = append(queue, at+"/contactFolders/"+text(f.object, "id")+"/childFolders")
			}
		}
		var collections []string
		for _, f := range folders {
			collections = append(collections, at+"/contactFolders/"+f+"/contacts"+named)
		}
		for _, c := range w.pages(at + "/calendars") {
			collections = append(collections, at+"/calendars/"+text(c.object, "id")+"/events"+named)
		}
		for _, l := range w.pages(at + "/todo/lists?$top=100") {
			collections = append(collections, at+"/todo/lists/"+text(l.object, "id")+"/tasks?$expand=checklistItems")
		}
		for _, address := range collections {
			for _, it := range w.pages(address) {
				items[text(user.object, "id")+" "+text(it.object, "id")] = it.raw
			}
		}
	}
	return items
}

// namedForm is a property of the sets that Outlook and Dynamics write to.
var namedForm = regexp.MustCompile(`"id": ?"([A-Z][A-Za-z]+ (0x[0-9A-F]+|\{000[-0-9A-Fa-f]+\} (Name \w+|Id 0x[0-9A-F]+)))"`)

// named asks for every such property that any item of the tenant has.
func (w *world) named() string {
	w.t.Helper()
	dump, err := json.Marshal(w.control("tenant"))
	if err != nil {
		w.t.Fatal(err)
	}
	terms := map[string]bool{"id eq '" + item.PictureProperty + "'": true}
	for _, found := range namedForm.FindAllSubmatch(dump, -1) {
		terms["id eq '"+string(found[1])+"'"] = true
	}
	filter := strings.Join(slices.Sorted(maps.Keys(terms)), " or ")
	return "?$expand=" + url.QueryEscape("singleValueExtendedProperties($filter="+filter+")")
}

const prefer = `IdType="ImmutableId", odata.maxpagesize=500`

type element struct {
	object object
	raw    []byte
}

// pages reads a collection to its end, each element with its bytes.
func (w *world) pages(address string) []element {
	w.t.Helper()
	var out []element
	for address != "" {
		page := w.get(address, prefer)
		raws := w.raw(address)
		for i, o := range members(page, "value") {
			out = append(out, element{o, raws[i]})
		}
		address = text(page, "@odata.nextLink")
	}
	return out
}

// raw reads a page once more for the bytes of its elements.
func (w *world) raw(address string) []json.RawMessage {
	w.t.Helper()
	resp, err := w.http.Do(w.request(address, prefer))
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var page struct{ Value []json.RawMessage }
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
		w.t.Fatal(err)
	}
	return page.Value
}

// compareBackup compares the one snapshot in the store with what is served.
func (w *world) compareBackup(store string) {
	w.t.Helper()
	served := w.served()
	files, err := filepath.Glob(filepath.Join(store, "snapshots", "*", "mailboxes", "*", "*.jsonl"))
	if err != nil || len(files) == 0 {
		w.t.Fatalf("no snapshot in %s: %v", store, err)
	}
	compared := 0
	for _, name := range files {
		user := filepath.Base(filepath.Dir(name))
		data, err := os.ReadFile(name)
		if err != nil {
			w.t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			var line struct {
				ID   string
				Item json.RawMessage
			}
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				w.t.Fatal(err)
			}
			compared++
			if want := served[user+" "+line.ID]; !bytes.Equal(want, line.Item) {
				w.t.Errorf("%s is not as served:\n%.300s\n%.300s", line.ID, line.Item, want)
			}
		}
		if err := lines.Err(); err != nil {
			w.t.Fatal(err)
		}
	}
	if compared != len(served) || compared == 0 {
		w.t.Errorf("%d items in the backup, %d served", compared, len(served))
	}
}
