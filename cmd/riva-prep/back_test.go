package main_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/property"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/demo"
	"github.com/riva-prep/riva-prep/pkg/zone"
)

// TestThereAndBack purges real tenants and undoes it, with Exchange's streams
// and without, and tags them and undoes that. An oracle of its own compares the
// tenants before and after: with streams nothing differs, without them only
// what the published list names.
func TestThereAndBack(t *testing.T) {
	var ran atomic.Int64
	wanted, tenants := journeys(), []string{"documented.json", "exports.json"}
	if race.Detector { // the larger one goes without, by scripts/check
		tenants = tenants[:1]
	}
	t.Run("on", func(t *testing.T) {
		for _, name := range tenants {
			for _, j := range wanted {
				t.Run(name+"/"+j.world+"/"+j.streams, func(t *testing.T) {
					t.Parallel()
					w := serve(t, marked(t, shared(t, name)), sandbox.Options{Facts: worlds()[j.world]})
					compare := compareTenants
					if name == "documented.json" && j.streams == "off" {
						compare = compareNames
					}
					thereAndBack(t, w, j.streams, name != "exports.json", compare)
					ran.Add(1)
				})
			}
		}
	})
	if all := int64(len(tenants) * len(wanted)); ran.Load() != all && !t.Failed() {
		t.Skipf("%d of %d runs: the real tenants are not here", ran.Load(), all)
	}
}

var everything = flag.Bool("everything", false, "each world with and without streams, which takes minutes more")

// journey is a world of the undocumented facts, and whether streams are used.
type journey struct{ world, streams string }

// journeys are both worlds and both ways, each once; with -everything all four
// together (scripts/simulate).
func journeys() []journey {
	some := []journey{{"worst", "off"}, {"best", "auto"}}
	if *everything {
		return append(some, journey{"worst", "auto"}, journey{"best", "off"})
	}
	return some
}

// TestThereAndBackInTheDemo is the same on the built-in tenant.
func TestThereAndBackInTheDemo(t *testing.T) {
	if race.Detector {
		t.Skip("it takes long under the race detector: scripts/check goes there without it")
	}
	for _, j := range journeys() {
		t.Run(j.world+"/"+j.streams, func(t *testing.T) {
			t.Parallel()
			thereAndBack(t, serveTenant(t, demo.Tenant(), sandbox.Options{Facts: worlds()[j.world]}), j.streams, true, compareTenants)
		})
	}
}

// compareNames pairs items by their names and categories only: the payloads of
// Microsoft's reference leave out half of what the service would show, and have
// attachments without contents.
func compareNames(before, after object, _ bool) []string {
	for _, o := range []*object{&before, &after} {
		*o = copied(*o)
		everyItem(*o, func(_ object, _ string, _ bool, it object) {
			maps.DeleteFunc(it, func(name string, value any) bool {
				return value == nil || !slices.Contains([]string{"displayName", "subject", "title", "categories"}, name)
			})
		})
	}
	return compareTenants(before, after, false)
}

// mostSeries is how many series of a mailbox are marked: each costs requests, of
// which Exchange serves ten thousand in ten minutes.
const mostSeries = 60

// marked gives the items of a tenant file the plug-in's category: the more is
// purged, the more has to come back.
func marked(t testing.TB, file []byte) []byte {
	t.Helper()
	var o object
	if err := json.Unmarshal(file, &o); err != nil {
		t.Fatal(err)
	}
	series := map[string]int{}
	everyItem(o, func(user object, _ string, _ bool, it object) {
		if text(it, "type") == "seriesMaster" {
			series[text(user, "id")]++
		}
		if strings.HasPrefix(text(user, "userPrincipalName"), "placeholder@") {
			return // "string" for a birthday: no mailbox has such values
		}
		if series[text(user, "id")] > mostSeries && text(it, "type") == "seriesMaster" {
			return
		}
		if categories := words(it, "categories"); !has(categories, plugin) {
			it["categories"] = append(categories, plugin)
		}
	})
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func thereAndBack(t *testing.T, w *world, streams string, tags bool, compare func(before, after object, posted bool) []string) {
	before := w.control("tenant")
	run := w.approved("purge", "--category", plugin, "--all")
	purged := w.counted(run, "delete")
	if purged < 10 {
		t.Fatalf("only %d items were purged", purged)
	}
	undo := w.approved("undo", run, "--streams", streams)
	if back := w.counted(undo, "create"); back != purged {
		t.Fatalf("%d items were purged, %d came back", purged, back)
	}
	after := w.control("tenant")
	for _, d := range compare(before, after, streams == "off") {
		t.Error(d)
	}
	w.run("undo", run, "--dry-run", "--store", w.path("store")).want(t, 0) // nothing is left to undo

	if tags {
		tag := w.approved("tag-personal", "--all")
		untag := w.approved("undo", tag)
		if w.counted(untag, "set-categories") != w.counted(tag, "set-categories") {
			t.Error("not every tag was undone")
		}
		for _, d := range compareTenants(after, w.control("tenant"), false) {
			t.Error("after tagging and undoing it:", d)
		}
	}
	if mails := w.box.Outbox(); len(mails) != 0 {
		t.Errorf("%d mails would have been sent, the first %+v", len(mails), mails[0])
	}
	if counts := w.box.Counts(); counts.Refused != 0 || counts.MaxInService > 4 {
		t.Errorf("%d requests were refused for limits, %d were in service at once", counts.Refused, counts.MaxInService)
	}
}

// approved makes a plan with a command, has it carried out by its digest, and
// gives the run.
func (w *world) approved(args ...string) string {
	w.t.Helper()
	args = append(args, "--store", w.path("store"), "--output", "json")
	var dry struct{ Digest string }
	w.run(append(slices.Clone(args), "--dry-run")...).want(w.t, 0).decode(w.t, &dry)
	var done struct {
		Run     string
		Others  []any
		Lacking []struct {
			Step struct{ Kind, Title, ID string }
			Lost []string
		}
	}
	r := w.run(append(slices.Clone(args), "--approve", dry.Digest)...)
	r.decode(w.t, &done)
	if len(done.Others) > 0 {
		w.t.Fatalf("not done: %v", done.Others)
	}
	for _, l := range done.Lacking {
		w.t.Errorf("%s %q %s: %s", l.Step.Kind, l.Step.Title, l.Step.ID, l.Lost)
	}
	r.want(w.t, 0)
	return done.Run
}

// counted counts the outcomes of a run that were done.
func (w *world) counted(run, action string) int {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.path("store"), "runs", run, "journal.jsonl"))
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		if strings.Contains(line, `"type":"outcome"`) && strings.Contains(line, `"action":"`+action+`"`) && strings.Contains(line, `"result":"done"`) {
			n++
		}
	}
	return n
}

// compareTenants pairs the items of two tenants by mailbox, folder and content
// and says what differs, but for ids, versions and dates of change, which any
// new item has. Posted items may differ in what the published list names, too.
func compareTenants(before, after object, posted bool) []string {
	was, is := byPlace(before, posted), byPlace(after, posted)
	var differ []string
	for _, place := range slices.Sorted(maps.Keys(was)) {
		if !slices.Equal(was[place], is[place]) {
			differ = append(differ, fmt.Sprintf("%s:\n%s", place, firstDifference(was[place], is[place])))
		}
	}
	for place := range is {
		if _, known := was[place]; !known {
			differ = append(differ, place+" was not there before")
		}
	}
	if len(was) < 3 {
		differ = append(differ, fmt.Sprintf("only %d folders were compared", len(was)))
	}
	return differ
}

// firstDifference finds an item that has no equal, and the one most like it.
func firstDifference(a, b []string) string {
	if len(a) != len(b) {
		return fmt.Sprintf("%d items, then %d", len(a), len(b))
	}
	left := slices.Clone(b)
	var alone []string
	for _, item := range a {
		if i := slices.Index(left, item); i >= 0 {
			left = slices.Delete(left, i, i+1)
			continue
		}
		alone = append(alone, item)
	}
	all := fmt.Sprintf("%d differ: ", len(alone))
	for _, item := range alone {
		for _, other := range left {
			if titled(item) == titled(other) {
				all += memberDifference(item, other) + "\n"
				break
			}
		}
	}
	return all
}

func titled(item string) string {
	var o object
	if json.Unmarshal([]byte(item), &o) != nil {
		return ""
	}
	return cmp.Or(text(o, "subject"), text(o, "displayName"), text(o, "title")) + fmt.Sprint(o["start"])
}

// memberDifference names the members that differ.
func memberDifference(a, b string) string {
	var was, is object
	if json.Unmarshal([]byte(a), &was) != nil || json.Unmarshal([]byte(b), &is) != nil {
		return a + "\n" + b
	}
	maps.DeleteFunc(was, func(name string, value any) bool { return reflect.DeepEqual(value, is[name]) })
	out := cmp.Or(text(is, "subject"), text(is, "displayName"), text(is, "title"))
	for name, value := range was {
		out += fmt.Sprintf("\n  %s: %.300v, then %.300v", name, value, is[name])
	}
	return out
}

// byPlace are the contents of each folder, sorted.
func byPlace(o object, posted bool) map[string][]string {
	out := map[string][]string{}
	for _, user := range members(o, "users") {
		for _, lists := range [][3]string{{"contactFolders", "contacts", "displayName"}, {"calendars", "events", "name"}, {"todoLists", "tasks", "displayName"}} {
			for _, folder := range members(user, lists[0]) {
				place := cmp.Or(text(user, "mail"), text(user, "id")) + " " + lists[1] + " " + text(folder, lists[2])
				out[place] = []string{}
				for _, it := range members(folder, lists[1]) {
					out[place] = append(out[place], plainly(it, lists[1], posted))
				}
				slices.Sort(out[place])
			}
		}
	}
	return out
}

// fresh are the members that any item made anew has of its own.
var fresh = []string{
	"id", "immutableId", "@odata.etag", "changeKey", "createdDateTime", "lastModifiedDateTime", "bodyLastModifiedDateTime",
	"parentFolderId", "seriesMasterId", "webLink", "iCalUId", "uid", "transactionId", "@odata.context",
}

// plainly is an item without what may differ.
func plainly(it object, kind string, posted bool) string {
	it = copied(it)
	if posted {
		publish(it, kind)
	}
	data, err := json.Marshal(without(it))
	if err != nil {
		panic(err)
	}
	return string(data)
}

// copied is the object with all that is in it.
func copied(o object) (out object) {
	data, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		panic(err)
	}
	return out
}

var occurrenceID = regexp.MustCompile(`^OID\..*\.(\d{4}-\d\d-\d\d)$`)

// without leaves out fresh members at any depth.
func without(v any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for name, value := range v {
			if !slices.Contains(fresh, name) {
				out[name] = without(value)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, value := range v {
			out = append(out, without(value))
		}
		return out
	case string:
		return occurrenceID.ReplaceAllString(v, "$1")
	}
	return v
}

// publish takes out of an item what the list in docs/guarantees.md says that a
// POST does not bring back, and the mark that it leaves.
func publish(it object, kind string) {
	unmark(it, kind)
	instants(it)
	for _, name := range []string{"originalStartTimeZone", "originalEndTimeZone"} {
		if strings.HasPrefix(text(it, name), "tzone://") {
			it[name] = "UTC"
		}
	}
	if it["displayName"] == nil {
		it["displayName"] = "" // Exchange has one for every contact
	}
	for _, a := range members(it, "attachments") {
		delete(a, "size") // of the message that carries it
	}
	for _, name := range []string{"onlineMeeting", "onlineMeetingUrl", "onlineMeetingProvider", "isOnlineMeeting", "isDraft", "isCancelled", "responseStatus", "hideAttendees", "responseRequested", "allowNewTimeProposals"} {
		delete(it, name)
	}
	if len(members(it, "attendees")) > 0 || it["isOrganizer"] == false {
		it["people"] = "written into the body"
	}
	if body, ok := it["body"].(object); ok && kind == "events" {
		it["body"] = bodyless(body)
	}
	for _, name := range []string{"attendees", "organizer", "isOrganizer", "bodyPreview", "people"} {
		delete(it, name)
	}
	var exceptions []any
	changed := map[string]bool{}
	for _, x := range members(it, "exceptionOccurrences") {
		changed[text(x, "originalStart")[:10]] = true
		x = maps.Clone(x)
		publish(x, kind)
		exceptions = append(exceptions, x)
	}
	// Some exports have dates that are both changed and cancelled.
	cancelled := slices.DeleteFunc(words(it, "cancelledOccurrences"), func(id string) bool { return changed[id[len(id)-10:]] })
	if delete(it, "cancelledOccurrences"); len(cancelled) > 0 {
		for i := range cancelled {
			cancelled[i] = cancelled[i][len(cancelled[i])-10:]
		}
		slices.Sort(cancelled)
		it["cancelledOccurrences"] = fmt.Sprint(cancelled)
	}
	if exceptions != nil {
		it["exceptionOccurrences"] = exceptions
	}
	unkind(it, kind)
}

// instants puts times into UTC: they are the same in any zone.
func instants(it object) {
	for _, name := range []string{"start", "end"} {
		at, ok := it[name].(object)
		if !ok {
			continue
		}
		location, err := zone.Load(text(at, "timeZone"))
		if err != nil {
			continue
		}
		when, err := time.ParseInLocation("2006-01-02T15:04:05.9999999", text(at, "dateTime"), location)
		if err == nil {
			it[name] = when.UTC().Format(time.RFC3339Nano)
		}
	}
}

var blankLine = regexp.MustCompile(`\r?\n\r?\n`)

// bodyless keeps what of a body is not the block about people.
func bodyless(body object) object {
	content := text(body, "content")
	if strings.HasPrefix(content, "People of this meeting") || strings.HasPrefix(content, "Online meeting: ") {
		_, content, _ = strings.Cut(content, blankLine.FindString(content))
	}
	if at := strings.Index(content, "<div>People of this meeting"); at >= 0 {
		if end := strings.Index(content[at:], "</div>"); end >= 0 {
			content = content[:at] + strings.TrimPrefix(content[at+end+len("</div>"):], "<br>")
		}
	}
	return object{"contentType": body["contentType"], "content": content}
}

func unmark(it object, kind string) {
	var kept []any
	for _, p := range members(it, "singleValueExtendedProperties") {
		if asked := strings.Contains(strings.ToLower(strings.Join(property.Wanted{}.Whole(item.Contacts), "")), strings.ToLower(text(p, "id"))); !asked {
			continue // the backup does not know it
		}
		if text(p, "id") != item.MarkProperty && text(p, "id") != item.PictureProperty {
			kept = append(kept, text(p, "id")+" = "+text(p, "value"))
		}
	}
	it["singleValueExtendedProperties"] = kept
	if kind == "tasks" {
		kept = nil
		for _, l := range members(it, "linkedResources") {
			if text(l, "applicationName") != item.MarkApplication {
				kept = append(kept, l)
			}
		}
		it["linkedResources"] = kept
	}
}

// unkind takes out what only one kind loses.
func unkind(it object, kind string) {
	if kind != "tasks" {
		return
	}
	for _, c := range members(it, "checklistItems") {
		delete(c, "checkedDateTime")
	}
	if recurrence, ok := it["recurrence"].(object); ok {
		it["recurrence"] = recurrence["pattern"]
	}
}
