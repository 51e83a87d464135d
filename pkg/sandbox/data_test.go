package sandbox_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// tenantFiles are the real tenants, with how many items each lists.
var tenantFiles = map[string]int{"data/documented.json": 5 + 14 + 4, "data/exports.json": 37 + 2165 + 15}

func loadShared(t *testing.T, name string) (*tenant.Tenant, []byte) {
	t.Helper()
	data, err := os.ReadFile(shared(t, name))
	if err != nil {
		t.Fatal(err)
	}
	tn, err := tenant.Load(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return tn, data
}

func TestRealTenantsAreServedByteForByte(t *testing.T) {
	for name, want := range tenantFiles {
		t.Run(name, func(t *testing.T) {
			tn, data := loadShared(t, name)
			w := worldOf(t, tn, sandbox.Options{})
			served := 0
			for _, user := range tn.Mailboxes() {
				if !user.Enabled {
					continue
				}
				for _, path := range w.collections(user.ID) {
					served += w.servedAsLoaded(path, data)
				}
			}
			if served != want {
				t.Errorf("served %d items, want %d", served, want)
			}
		})
	}
}

// collections are the paths that together list every item of a mailbox.
func (w *world) collections(user string) []string {
	w.t.Helper()
	root := "/users/" + user
	paths := []string{root + "/contactFolders/contacts/contacts"}
	var children func(path string)
	children = func(path string) {
		for _, f := range w.all(path) {
			at := root + "/contactFolders/" + f["id"].(string)
			paths = append(paths, at+"/contacts")
			children(at + "/childFolders")
		}
	}
	children(root + "/contactFolders")
	for _, c := range w.all(root + "/calendars") {
		paths = append(paths, root+"/calendars/"+c["id"].(string)+"/events")
	}
	for _, l := range w.all(root + "/todo/lists?$top=100") {
		paths = append(paths, root+"/todo/lists/"+l["id"].(string)+"/tasks")
	}
	return paths
}

// hiddenMembers come only when they are asked for by name.
var hiddenMembers = []string{
	"photo", "extensions", "singleValueExtendedProperties", "multiValueExtendedProperties",
	"attachments", "exceptionOccurrences", "cancelledOccurrences", "checklistItems",
}

// servedAsLoaded lists a collection and looks for each served item's bytes,
// less the hidden members, in the file.
func (w *world) servedAsLoaded(path string, file []byte) int {
	w.t.Helper()
	index := w.loadedItems(file)
	count := 0
	for path != "" {
		a := w.get(path, "Prefer: odata.maxpagesize=1000").want(w.t, 200)
		body, err := rawjson.Parse(a.raw)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, item := range body.Objects("value") {
			if !index[string(item)] {
				w.t.Fatalf("%s: not as loaded: %.300s", path, item)
			}
			count++
		}
		path = a.text("@odata.nextLink")
	}
	return count
}

var loadedCache = map[*byte]map[string]bool{}

func (w *world) loadedItems(file []byte) map[string]bool {
	w.t.Helper()
	if found := loadedCache[&file[0]]; found != nil {
		return found
	}
	doc, err := rawjson.Parse(file)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]bool{}
	for _, user := range doc.Objects("users") {
		for container, content := range map[string]string{"contactFolders": "contacts", "calendars": "events", "todoLists": "tasks"} {
			for _, folder := range user.Objects(container) {
				for _, item := range folder.Objects(content) {
					out[string(item.Without(hiddenMembers...))] = true
				}
			}
		}
	}
	loadedCache[&file[0]] = out
	return out
}

func TestTenantComesBackAsLoaded(t *testing.T) {
	for name := range tenantFiles {
		t.Run(name, func(t *testing.T) {
			tn, data := loadShared(t, name)
			w := worldOf(t, tn, sandbox.Options{})
			dump := w.get(host+"/sandbox/tenant").want(t, 200).raw
			var before bytes.Buffer
			if err := json.Compact(&before, data); err != nil {
				t.Fatal(err)
			}
			doc, err := rawjson.Parse(dump)
			if err != nil {
				t.Fatal(err)
			}
			users := doc.Objects("users")
			for n, user := range users {
				if deleted, ok := user.Get("deletedItems"); !ok || string(deleted) != "[]" {
					t.Errorf("users[%d].deletedItems is %s", n, deleted)
				}
				users[n] = user.Without("deletedItems")
			}
			if after := doc.Set("users", users); !bytes.Equal(after, before.Bytes()) {
				t.Errorf("the tenant changed by being loaded: %s", firstDifference(after, before.Bytes()))
			}
			again, err := tenant.Load(bytes.NewReader(dump))
			if err != nil {
				t.Fatal(err)
			}
			second, err := again.MarshalJSON()
			if err != nil || !bytes.Equal(second, dump) {
				t.Errorf("a loaded dump is another tenant: %v", err)
			}
		})
	}
}

func firstDifference(a, b []byte) string {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	from := max(0, n-60)
	return string(a[from:min(len(a), n+60)]) + " <> " + string(b[from:min(len(b), n+60)])
}
