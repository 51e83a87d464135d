package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/csdl"
	"github.com/riva-prep/riva-prep/pkg/sandbox/demo"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// official is the published schema.
func official(t testing.TB) *csdl.Schema {
	t.Helper()
	text, err := os.ReadFile(shared(t, "graph/v1.0-slice.csdl"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := csdl.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// judge holds answers against the schema.
type judge struct {
	*world
	schema *csdl.Schema
	// known are the violations that the tenant file has, by the item's id; met
	// are those that were seen.
	known                             map[string]bool
	met                               map[string]bool
	answers, members, bodies, unheard int
	driven                            map[string]bool
	vars                              map[string]string
}

func newJudge(w *world, s *csdl.Schema) *judge {
	return &judge{world: w, schema: s, known: map[string]bool{}, met: map[string]bool{}, driven: map[string]bool{}, vars: map[string]string{}}
}

// report counts a check and complains of what is not known.
func (j *judge) report(where, id string, r csdl.Report) {
	j.t.Helper()
	j.members += r.Members
	for _, v := range r.Violations {
		key := id + " " + v.String()
		j.met[key] = true
		if !j.known[key] {
			j.t.Errorf("%s: %s %s", where, id, v)
		}
	}
}

// judged checks an answer of the type.
func (j *judge) judged(where, typeName string, a reply) {
	j.t.Helper()
	j.answers++
	element, list := strings.CutPrefix(typeName, "Collection(")
	single, value := strings.CutPrefix(typeName, "value ")
	switch {
	case typeName == "" && len(a.raw) > 0:
		j.t.Errorf("%s: an answer without a body has %.200s", where, a.raw)
	case typeName == "":
	case typeName == "bytes" && (len(a.raw) == 0 || a.json != nil):
		j.t.Errorf("%s: not the bytes of a file: %.200s", where, a.raw)
	case typeName == "bytes":
	case typeName == "unpublished":
		j.unheard++
	case typeName == "error":
		j.wellFormed(where, a)
	case list:
		j.collection(where, strings.TrimSuffix(element, ")"), a)
	case value:
		j.context(where, a)
		j.report(where, "", j.schema.Check(single, member(j.t, a.raw, "value")))
	default:
		j.context(where, a)
		j.report(where, a.text("id"), j.schema.Check(typeName, a.raw))
	}
}

func (j *judge) context(where string, a reply) {
	j.t.Helper()
	if !strings.HasPrefix(a.text("@odata.context"), host+"/v1.0/$metadata#") {
		j.t.Errorf("%s: @odata.context is %q", where, a.text("@odata.context"))
	}
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json;odata.metadata=minimal") {
		j.t.Errorf("%s: Content-Type is %q", where, kind)
	}
}

func (j *judge) collection(where, element string, a reply) {
	j.t.Helper()
	j.context(where, a)
	for name, value := range a.json {
		_, text := value.(string)
		_, count := value.(float64)
		switch {
		case name == "value", name == "@odata.count" && count:
		case text && slices.Contains([]string{"@odata.context", "@odata.nextLink", "@odata.deltaLink"}, name):
		default:
			j.t.Errorf("%s: a list has the member %s: %v", where, name, value)
		}
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(member(j.t, a.raw, "value"), &elements); err != nil || elements == nil {
		j.t.Errorf("%s: value is no collection: %v", where, err)
	}
	for _, one := range elements {
		var head struct{ ID string }
		if err := json.Unmarshal(one, &head); err != nil || head.ID == "" && element != "exportItemResponse" {
			j.t.Errorf("%s: an element without id: %.200s", where, one)
		}
		j.report(where, head.ID, j.schema.Check(element, one))
	}
}

func member(t testing.TB, raw []byte, name string) []byte {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatalf("%v: %.200s", err, raw)
	}
	return all[name]
}

// wellFormed checks an error answer: code, message, and an innerError that
// names the request.
func (j *judge) wellFormed(where string, a reply) {
	j.t.Helper()
	e, _ := a.json["error"].(map[string]any)
	inner, _ := e["innerError"].(map[string]any)
	code, _ := e["code"].(string)
	message, _ := e["message"].(string)
	if len(a.json) != 1 || code == "" || message == "" || inner["date"] == nil ||
		inner["request-id"] != a.header.Get("request-id") || inner["client-request-id"] == nil {
		j.t.Errorf("%s: the error is %s", where, a.raw)
	}
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// variables puts the tour's values into a text; ok is false if one is missing.
func (j *judge) variables(text string, escape func(string) string) (out string, ok bool) {
	ok = true
	out = placeholder.ReplaceAllStringFunc(text, func(name string) string {
		value, found := j.vars[name[1:len(name)-1]]
		ok = ok && found
		return escape(value)
	})
	return out, ok
}

func (r route) full() string {
	if strings.HasPrefix(r.path, "/") {
		return r.path
	}
	return "/users/{user}/" + r.path
}

// tour sends the requests one after another and judges bodies and answers.
func (j *judge) tour(routes []route) {
	j.t.Helper()
	for _, r := range routes {
		path, ok := j.variables(r.full(), url.PathEscape)
		if !ok {
			continue // such as an attendee's copy, which not every mailbox has
		}
		body := strings.ReplaceAll(r.body, "{user}", j.vars["user"])
		var headers []string
		if r.method != "GET" && strings.Contains(r.path, "photo/$value") {
			headers = []string{"Content-Type: image/gif"}
		}
		where := r.method + " " + path
		if r.taken != "" {
			j.bodies++
			j.report("the body of "+where, "", j.accepted(r.taken, body))
		}
		a := j.do(r.method, path, body, headers...)
		if a.status != r.status {
			j.t.Errorf("%s: %d, want %d: %.300s", where, a.status, r.status, a.raw)
			continue
		}
		j.judged(where, r.answer, a)
		j.driven[r.method+" "+r.full()] = true
		j.save(r, a)
		if r.status == 201 {
			j.whole(where, r.answer, a)
		}
	}
}

func (j *judge) save(r route, a reply) {
	switch ids := a.ids(); {
	case r.save == "":
	case a.text("id") != "":
		j.vars[r.save] = a.text("id")
	case len(ids) > 0:
		j.vars[r.save] = ids[0]
	}
}

// looseBodies are what Graph takes although it breaks the schema: the date of a
// birthday, and enumeration members in capitals (Graph docs, contact-update and
// user-post-events, examples).
var looseBodies = strings.NewReplacer(`"birthday":"1974-07-22"`, `"birthday":null`, `"contentType":"HTML"`, `"contentType":"html"`)

func (j *judge) accepted(typeName, body string) csdl.Report {
	return j.schema.Check(typeName, []byte(looseBodies.Replace(body)))
}

// left are the members that a new item does not show, by the item's type: those
// that come only by name, those of occurrences alone, and what To Do leaves out
// instead of null (Graph docs, examples of the resources).
var left = map[string][]string{
	"contact": {"primaryEmailAddress", "secondaryEmailAddress", "tertiaryEmailAddress"},
	"event":   {"cancelledOccurrences", "originalStart"},
	"todoTask": {
		"bodyLastModifiedDateTime", "completedDateTime", "dueDateTime", "recurrence", "reminderDateTime", "startDateTime",
	},
}

// whole checks that a new item shows every member of its type.
func (j *judge) whole(where, typeName string, a reply) {
	j.t.Helper()
	if !slices.Contains([]string{"contact", "event", "todoTask", "calendar", "contactFolder", "todoTaskList", "outlookCategory"}, typeName) {
		return
	}
	declared, _ := j.schema.Type(typeName)
	for name, p := range declared.Properties {
		if _, shown := a.json[name]; !shown && !p.Navigation && !slices.Contains(left[typeName], name) {
			j.t.Errorf("%s: %s is missing", where, name)
		}
	}
}

var mailboxRoutes = slices.Concat(settingsRoutes, contactRoutes, calendarRoutes, eventRoutes, taskRoutes, transferRoutes)

// walk reads everything that a mailbox holds, each item alone and in its list.
func (j *judge) walk(user string) {
	j.t.Helper()
	for _, list := range j.collections(user) {
		kind := map[string]string{"contacts": "contact", "events": "event", "tasks": "todoTask"}[list[strings.LastIndexByte(list, '/')+1:]]
		folder := j.get(list[:strings.LastIndexByte(list, '/')]).want(j.t, 200).text("id")
		for path := list + "?$top=400"; path != ""; {
			a := j.get(path).want(j.t, 200)
			j.judged(path, "Collection("+kind+")", a)
			for _, item := range a.values() {
				if kind == "contact" && item["parentFolderId"] != folder {
					j.report(list, fmt.Sprint(item["id"]), csdl.Report{Violations: []csdl.Violation{{Problem: "parentFolderId is not its folder's id"}}})
				}
				j.one(list, kind, item)
			}
			path = a.text("@odata.nextLink")
		}
	}
}

// one reads an item in every way that it can be read.
func (j *judge) one(list, kind string, item map[string]any) {
	j.t.Helper()
	at := list + "/" + url.PathEscape(item["id"].(string))
	read := func(path, typeName string) reply {
		a := j.get(path).want(j.t, 200)
		j.judged(path, typeName, a)
		return a
	}
	const crm = "$expand=singleValueExtendedProperties($filter=id%20eq%20'String%20{00020329-0000-0000-C000-000000000046}%20Name%20crmid')"
	switch kind {
	case "contact":
		read(at+"?"+crm, kind)
	case "todoTask":
		read(at+"?$expand=checklistItems,linkedResources", kind)
		read(at+"/attachments", "Collection(attachmentBase)")
	case "event":
		read(at+"?"+crm+",attachments", kind)
		if item["type"] == "seriesMaster" {
			read(at+"?$select=type,exceptionOccurrences,cancelledOccurrences&$expand=exceptionOccurrences", kind)
			begin := item["start"].(map[string]any)["dateTime"].(string)[:10]
			year, _ := strconv.Atoi(begin[:4])
			read(fmt.Sprintf("%s/instances?startDateTime=%s&endDateTime=%d-12-31&$top=20", at, begin, year+1), "Collection(event)")
		}
	}
}

// begin gives the tour its variables for a mailbox.
func (j *judge) begin(user string) {
	j.t.Helper()
	j.vars = map[string]string{"user": user, "tenant": j.box.TenantID()}
	if ids := j.get("/groups").ids(); len(ids) > 0 {
		j.vars["group"] = ids[0]
	}
	if id := j.get("/users/" + user + "/settings/exchange").text("primaryMailboxId"); id != "" {
		j.vars["exchange"] = id
	}
	for _, event := range j.all("/users/" + user + "/events?$top=400") {
		if event["isOrganizer"] == false {
			j.vars["copy"] = event["id"].(string)
		}
	}
}

// knownViolations reads the list of where documented.json breaks the schema.
func knownViolations(t *testing.T, data []byte) map[string]bool {
	t.Helper()
	var doc struct{ Users []map[string]any }
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(shared(t, "data/documented-violations.txt"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		m := regexp.MustCompile(`^([^/]+)/([^/]+)/(\w+)\[(\d+)\]/?([^:]*): (.*)\n?$`).FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[4])
		for _, user := range doc.Users {
			for _, list := range []string{"contactFolders", "calendars", "todoLists"} {
				folders, _ := user[list].([]any)
				for _, f := range folders {
					folder := f.(map[string]any)
					if user["displayName"] == m[1] && (folder["displayName"] == m[2] || folder["name"] == m[2]) {
						if items, ok := folder[m[3]].([]any); ok {
							out[items[n].(map[string]any)["id"].(string)+" "+m[5]+": "+m[6]] = true
						}
					}
				}
			}
		}
	}
	if len(out) != 8 {
		t.Fatalf("%d known violations are read: %q", len(out), slices.Collect(maps.Keys(out)))
	}
	return out
}

// Every answer of every route fits the published schema, and so does every body
// that is taken, over the demo tenant and the real ones.
func TestEveryAnswerFitsTheSchema(t *testing.T) {
	s := official(t)
	driven := map[string]bool{}
	answers, members, bodies := 0, 0, 0
	for _, name := range []string{"demo", "data/documented.json", "data/exports.json"} {
		if race.Detector && name == "data/exports.json" {
			continue // without the detector, by scripts/check
		}
		t.Run(name, func(t *testing.T) {
			tn, known := demo.Tenant(), map[string]bool{}
			if name != "demo" {
				var data []byte
				if tn, data = loadShared(t, name); strings.Contains(name, "documented") {
					known = knownViolations(t, data)
				}
			}
			j := newJudge(worldOf(t, tn, sandbox.Options{Now: clock}), s)
			j.known = known
			j.everything(tn)
			for key := range known {
				if !j.met[key] {
					t.Errorf("the known violation %q is not served any more", key)
				}
			}
			maps.Copy(driven, j.driven)
			answers, members, bodies = answers+j.answers, members+j.members, bodies+j.bodies
			t.Logf("%d answers, %d of them not in the slice; %d bodies; %d members", j.answers, j.unheard, j.bodies, j.members)
		})
	}
	for _, r := range slices.Concat(directoryRoutes, mailboxRoutes) {
		if !driven[r.method+" "+r.full()] {
			t.Errorf("%s %s was never driven to its end", r.method, r.full())
		}
	}
	t.Logf("%d routes, %d answers, %d bodies, %d members", len(driven), answers, bodies, members)
	leastAnswers, leastMembers := 8000, 400_000
	if race.Detector { // without the largest tenant
		leastAnswers, leastMembers = 4000, 180_000
	}
	if len(driven) < 100 || answers < leastAnswers || bodies < 500 || members < leastMembers {
		t.Errorf("only %d routes, %d answers, %d bodies, %d members", len(driven), answers, bodies, members)
	}
}

// everything reads what is there first and goes on the tour then.
func (j *judge) everything(tn *tenant.Tenant) {
	j.t.Helper()
	for _, m := range tn.Mailboxes() {
		if m.Enabled {
			j.walk(m.ID)
		}
	}
	for n, m := range tn.Mailboxes() {
		if !m.Enabled {
			continue
		}
		j.begin(m.ID)
		if n == 0 {
			j.tour(directoryRoutes)
		}
		j.tour(mailboxRoutes)
	}
}
