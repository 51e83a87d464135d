package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

// standing is what rollout status says of a mailbox.
type standing struct {
	Account               struct{ ID, UserPrincipalName string }
	State, Next           string
	Deleted, Tagged, Held int
}

// stood reads a status.
func stood(data string) (all map[string]standing, err error) {
	var status struct {
		Waves []struct{ Mailboxes []standing }
	}
	err = json.Unmarshal([]byte(data), &status)
	all = map[string]standing{}
	for _, w := range status.Waves {
		for _, m := range w.Mailboxes {
			all[m.Account.ID] = m
		}
	}
	return all, err
}

// untrue compares a status with the tenant as it is: how many items of each
// mailbox lie in Deleted Items, and how many bear the tag.
func untrue(status, tenant, tag string) (differences []string) {
	said, err := stood(status)
	if err != nil {
		return []string{err.Error()}
	}
	var model object
	if err := json.Unmarshal([]byte(tenant), &model); err != nil {
		return []string{err.Error()}
	}
	tagged := map[string]int{}
	everyItem(model, func(user object, _ string, _ bool, it object) {
		if has(words(it, "categories"), tag) {
			tagged[text(user, "id")]++
		}
	})
	if len(said) == 0 {
		return []string{"the status has no mailbox"}
	}
	for _, user := range members(model, "users") {
		id, deleted := text(user, "id"), len(members(user, "deletedItems"))
		if s := said[id]; s.Deleted != deleted || s.Tagged != tagged[id] {
			differences = append(differences, fmt.Sprintf("%s: %d deleted and %d tagged, the status says %+v", text(user, "mail"), deleted, tagged[id], s))
		}
	}
	return differences
}

// fleet is a tenant of so many people, each with two contacts and an event of the
// plug-in, one of each of their own, and four tasks, three of them the plug-in's.
func fleet(t *testing.T, n int) []byte {
	t.Helper()
	const made = "2024-03-02T09:00:00Z"
	it := func(id, name string, more object, categories ...string) object {
		o := object{"id": id, "@odata.etag": `W/"` + id + `"`, "createdDateTime": made, "lastModifiedDateTime": made, "categories": slices.Concat([]string{}, categories)}
		o[name] = id
		for k, v := range more {
			o[k] = v
		}
		return o
	}
	at := func(hour string) object {
		return object{"dateTime": "2024-05-06T" + hour + ":00:00.0000000", "timeZone": "UTC"}
	}
	var users, ids []any
	for i := range n {
		who := fmt.Sprintf("p%03d", i)
		mail := who + "@contoso.example"
		id := func(s string) string { return who + s }
		event := object{"start": at("10"), "end": at("11"), "type": "singleInstance", "isOrganizer": true, "attendees": []any{}, "iCalUId": id("u")}
		own := object{"start": at("12"), "end": at("13"), "type": "singleInstance", "isOrganizer": true, "attendees": []any{}, "iCalUId": id("v")}
		tasks := []any{it(id("t0"), "title", object{"status": "notStarted"})}
		for _, c := range []string{"Acme", "acme ", "ACME"} {
			tasks = append(tasks, it(id("t"+c), "title", object{"status": "notStarted"}, c))
		}
		ids = append(ids, fmt.Sprintf("8d9b7c6a-1e2f-4a3b-8c4d-%012d", i))
		users = append(users, object{
			"id": ids[i], "userPrincipalName": mail, "mail": mail, "displayName": who, "userPurpose": "user", "mailbox": true, "masterCategories": []any{},
			"contactFolders": []any{object{"id": id("top"), "displayName": "Contacts", "wellKnownName": "contacts", "contacts": []any{
				it(id("c1"), "displayName", nil, "Acme"), it(id("c2"), "displayName", nil, "acme", "Friends"), it(id("c3"), "displayName", nil, "Friends"),
			}}},
			"calendars": []any{object{
				"id": id("cal"), "name": "Calendar", "isDefaultCalendar": true, "canEdit": true, "owner": object{"name": who, "address": mail},
				"events": []any{it(id("e1"), "subject", event, "Acme"), it(id("e2"), "subject", own)},
			}},
			"todoLists": []any{object{"id": id("list"), "displayName": "Tasks", "wellknownListName": "defaultList", "isOwner": true, "tasks": tasks}},
		})
	}
	data, err := json.Marshal(object{
		"tenantId": "5f0c1a8e-3d4b-4c6f-9b1e-0a2d4c6e8f10", "displayName": "Fleet", "users": users,
		"groups": []any{object{"id": "11111111-2222-4333-8444-555555555555", "displayName": "crm", "mail": "crm@contoso.example", "members": ids}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const fleetFile = `name: crm
tenant: 5f0c1a8e-3d4b-4c6f-9b1e-0a2d4c6e8f10
server: {category: Riva, kinds: [contacts, events]}
plug-in: {categories: [Acme], keeps: [tasks]}
tag: {name: Personal}
mailboxes: {groups: [crm]}
waves:
  - {name: pilot, count: 5}
  - {name: second, percent: 20}
  - {name: rest, rest: true}
`

// ofKind are all items of a kind, to the byte.
func ofKind(t *testing.T, tenant object, kind string) (all []string) {
	t.Helper()
	everyItem(tenant, func(user object, k string, _ bool, it object) {
		if k != kind {
			return
		}
		data, err := json.Marshal(it)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text(user, "id")+" "+string(data))
	})
	return all
}

// TestAKeptKindIsLeftAlone leads 300 people through all waves who keep the
// plug-in for tasks: not one task is another afterwards, and the contacts and
// events are as they should be. A file by which both would write tasks is refused.
func TestAKeptKindIsLeftAlone(t *testing.T) {
	if race.Detector {
		t.Skip("300 mailboxes take long under the race detector: scripts/check goes there without it")
	}
	const people = 300
	w := serve(t, fleet(t, people), sandbox.Options{})
	name, store := w.path("rollout.yaml"), w.path("store")
	overlap := strings.Replace(fleetFile, "kinds: [contacts, events]", "kinds: [contacts, events, tasks]", 1)
	for file, data := range map[string]string{name: fleetFile, w.path("overlap.yaml"): overlap} {
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range [][]string{{"check"}, {"plan", "--wave", "pilot"}, {"run", "--wave", "pilot"}, {"status"}} {
		refused := w.run(append([]string{"rollout", sub[0], w.path("overlap.yaml")}, sub[1:]...)...).want(t, 2)
		if !strings.Contains(refused.stderr, "tasks are synchronised by the server and kept by the plug-in: both would write the same mailbox") {
			t.Errorf("%s: %s", sub[0], refused.stderr)
		}
	}
	if n := w.box.Counts().Total; n != 0 {
		t.Fatalf("%d requests for a file that makes no sense", n)
	}
	before := ofKind(t, w.control("tenant"), "tasks")

	w.rollout(name, store, "pilot", "--canary", "1", "--plug-in-off")
	for _, wave := range []string{"pilot", "second", "rest"} {
		w.rollout(name, store, wave, "--canary-ok")
		w.rollout(name, store, wave)
	}

	after := w.control("tenant")
	if tasks := ofKind(t, after, "tasks"); len(tasks) != 4*people || !slices.Equal(tasks, before) {
		t.Errorf("%d tasks, and not as they were", len(tasks))
	}
	marked, untagged := 0, 0
	everyItem(after, func(_ object, kind string, _ bool, it object) {
		if kind == "tasks" {
			return
		}
		if has(words(it, "categories"), "Acme") {
			marked++
		}
		if !has(words(it, "categories"), "Personal") {
			untagged++
		}
	})
	if marked+untagged > 0 || len(ofKind(t, after, "contacts")) != people || len(ofKind(t, after, "events")) != people {
		t.Errorf("%d items of the plug-in left, %d untagged", marked, untagged)
	}
	status := w.run("rollout", "status", name, "--store", store, "--output", "json").want(t, 0)
	w.compareStatus(status.stdout, "Personal")
	said, err := stood(status.stdout)
	if err != nil || len(said) != people {
		t.Fatalf("%d mailboxes, %v", len(said), err)
	}
	for _, s := range said {
		if s.State != "done" || s.Next != "done" || s.Deleted != 3 || s.Tagged != 2 || s.Held != 0 {
			t.Errorf("%+v", s)
		}
	}
	if c := w.box.Counts(); c.Refused != 0 || len(w.box.Outbox()) != 0 {
		t.Errorf("%d requests refused for limits, %d mails", c.Refused, len(w.box.Outbox()))
	}
}

const (
	harmless = "name: acme\nproduct: Acme CRM\npremise: {contacts: no, events: no, tasks: no, source: its vendor}\nmarkers:\n  - category: Acme\n"
	made     = `"createdDateTime":"2024-03-02T09:00:00Z","displayName":`
	madeNow  = `"createdDateTime":"2099-03-02T09:00:00Z","displayName":`
)

// TestEachGate stops a run by each of the gates alone, lets it pass by the gate's
// flag, and without one where nothing triggers it.
func TestEachGate(t *testing.T) {
	untouched := func(s string) string { return s }
	with := func(old, replacement string) func(string) string {
		return func(s string) string {
			if strings.Count(s, old) != 1 {
				t.Fatalf("%q stands there %d times", old, strings.Count(s, old))
			}
			return strings.Replace(s, old, replacement, 1)
		}
	}
	for _, c := range []struct {
		gate                string
		profile, tenant     func(string) string
		nearProfile, nearby func(string) string // what does not trigger it
	}{
		{
			"plug-in-off",
			with("contacts: no", "contacts: yes"), untouched,
			with("tasks: no", "tasks: yes"), untouched, // tasks are not cleaned
		},
		{
			"recent-changes-ok",
			untouched, with(`["Acme"],`+made+`"p000c1"`, `["Acme"],`+madeNow+`"p000c1"`),
			untouched, with(`["Friends"],`+made+`"p000c3"`, `["Friends"],`+madeNow+`"p000c3"`),
		},
		{
			"server-active-ok",
			untouched, with(`["Friends"],`+made+`"p000c3"`, `["Riva"],`+madeNow+`"p000c3"`),
			untouched, with(`["Friends"],`+made+`"p000c3"`, `["Riva"],`+made+`"p000c3"`), // it was there before
		},
	} {
		t.Run(c.gate, func(t *testing.T) {
			w, name := gated(t, c.profile(harmless), c.tenant)
			w.closed(name, c.gate, "--canary", "1")
			w.rollout(name, w.path("store"), "pilot", "--canary", "1", "--"+c.gate)
			if w.box.Counts().Writes != 2 {
				t.Errorf("%d writes", w.box.Counts().Writes)
			}
			w, name = gated(t, c.nearProfile(harmless), c.nearby)
			w.rollout(name, w.path("store"), "pilot", "--canary", "1")
			if w.box.Counts().Writes != 2 {
				t.Errorf("nothing triggers it, and %d writes", w.box.Counts().Writes)
			}
		})
	}
	t.Run("canary-ok", func(t *testing.T) {
		w, name := gated(t, harmless, untouched)
		w.rollout(name, w.path("store"), "pilot", "--canary", "1") // a canary is not asked for one
		w.closed(name, "canary-ok")
		w.rollout(name, w.path("store"), "pilot", "--canary-ok")
		if w.box.Counts().Writes != 3 {
			t.Errorf("%d writes", w.box.Counts().Writes)
		}
		w.rollout(name, w.path("store"), "pilot") // nor is tagging
		clean := strings.NewReplacer(`"Acme"`, `"Own"`, `"acme"`, `"Own"`).Replace
		w, name = gated(t, harmless, clean)
		w.run("rollout", "run", name, "--wave", "pilot", "--store", w.path("store")).want(t, 0) // nor a purge of nothing
	})
}

// gated is a world of one person, and the rollout file for it.
func gated(t *testing.T, profile string, tenant func(string) string) (*world, string) {
	t.Helper()
	w := serve(t, []byte(tenant(string(fleet(t, 1)))), sandbox.Options{})
	file := strings.Replace(fleetFile, "categories: [Acme]", "profiles: [./acme.yaml]", 1)
	for name, data := range map[string]string{"rollout.yaml": file, "acme.yaml": profile} {
		if err := os.WriteFile(w.path(name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return w, w.path("rollout.yaml")
}

// closed runs the pilot without a flag, and with those of all other gates: it must
// be refused by this gate alone, and nothing written.
func (w *world) closed(name, gate string, flags ...string) {
	w.t.Helper()
	args := append([]string{"rollout", "run", name, "--wave", "pilot", "--store", w.path("store"), "--approve", "sha256:" + strings.Repeat("0", 64)}, flags...)
	others := slices.Clone(args)
	for _, other := range []string{"plug-in-off", "recent-changes-ok", "server-active-ok", "canary-ok"} {
		if other != gate {
			others = append(others, "--"+other)
		}
	}
	before := w.box.Counts().Writes
	for _, args := range [][]string{args, others} {
		r := w.run(args...).want(w.t, 4)
		if !strings.Contains(r.stderr, "gate "+gate+" is closed: ") || strings.Count(r.stderr, " is closed: ") != 1 || !strings.Contains(r.stderr, "It is answered by --"+gate) {
			w.t.Errorf("%s: %s", gate, r.stderr)
		}
	}
	if n := w.box.Counts().Writes - before; n != 0 {
		w.t.Errorf("%s: %d writes before the gate", gate, n)
	}
}

// rollout plans what comes next in a wave and runs it with its digest.
func (w *world) rollout(name, store, wave string, flags ...string) {
	w.t.Helper()
	args := []string{name, "--wave", wave, "--store", store}
	plan := append([]string{"rollout", "plan", "--output", "json"}, args...)
	if i := slices.Index(flags, "--canary"); i >= 0 {
		plan = append(plan, flags[i:i+2]...)
	}
	var shown struct{ Digest string }
	w.run(plan...).want(w.t, 0).decode(w.t, &shown)
	w.run(slices.Concat([]string{"rollout", "run", "--approve", shown.Digest, "--streams", "off"}, args, flags)...).want(w.t, 0)
}

// compareStatus holds a status against the tenant.
func (w *world) compareStatus(status, tag string) {
	w.t.Helper()
	tenant, err := json.Marshal(w.control("tenant"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range untrue(status, string(tenant), tag) {
		w.t.Error(d)
	}
}

// TestUntrueBites: a status that is not the tenant's is told.
func TestUntrueBites(t *testing.T) {
	const tenant = `{"users":[{"id":"a","deletedItems":[{}],"todoLists":[{"tasks":[{"categories":["Own"]}]}]}]}`
	for status, want := range map[string]int{
		`{"waves":[{"mailboxes":[{"account":{"id":"a"},"deleted":1,"tagged":1}]}]}`: 0,
		`{"waves":[{"mailboxes":[{"account":{"id":"a"},"deleted":2,"tagged":1}]}]}`: 1,
		`{"waves":[{"mailboxes":[{"account":{"id":"a"},"deleted":1}]}]}`:            1,
		`{"waves":[{"mailboxes":[{"account":{"id":"b"},"deleted":1}]}]}`:            1,
		`{"waves":[]}`: 1,
		`{`:            1,
	} {
		if got := untrue(status, tenant, "Own"); len(got) != want {
			t.Errorf("%s: %q", status, got)
		}
	}
}
