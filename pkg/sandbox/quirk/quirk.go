// Package quirk plays the misbehaviours of Graph that can be switched on: what
// [rules.Switches] names.
//
// It promises that nothing happens unless its switch is on, and that what is
// random follows from the seed and the request. It works on requests and answers
// from outside, so that the resources themselves stay as documented.
package quirk

import (
	"net/http"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/draw"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rules"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// How often a switch bites that bites now and then.
const (
	namedByFolder = 0.5
	inConflict    = 0.25
)

// Quirks are the switches that are on, and the luck they follow.
type Quirks struct {
	rules.Switches
	Draw *draw.Source
}

// Before is called before a request to a mailbox is served, and may refuse or
// change it; path is what lies below the user.
func (q *Quirks) Before(r *wire.Request, m *tenant.Mailbox, path []string) error {
	if q.TransientConflicts && changes(r, path) {
		if err := q.conflict(r); err != nil {
			return err
		}
	}
	if q.FolderNameInCategories && createsIn(r, path) && q.Draw.Happens(namedByFolder, "folder name", string(r.Body)) {
		if f, err := m.Folder(tenant.Contacts, path[len(path)-2]); err == nil {
			r.Body = withCategory(r.Body, f.Doc.Text("displayName"))
		}
	}
	return nil
}

// conflict refuses a change now and then, by either status (observed in the
// field).
func (q *Quirks) conflict(r *wire.Request) error {
	number := q.Draw.Number("conflict", r.Method+" "+r.Target)
	if number >= inConflict {
		return nil
	}
	status := http.StatusPreconditionFailed
	if number < inConflict/2 {
		status = http.StatusConflict
	}
	return &wire.Fail{
		Status: status, Code: "ErrorIrresolvableConflict",
		Message: "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
	}
}

// changes tells whether a request changes or deletes an item, not a folder.
func changes(r *wire.Request, path []string) bool {
	if r.Method != http.MethodPatch && r.Method != http.MethodDelete || len(path) < 2 {
		return false
	}
	return slices.Contains([]string{"contacts", "events", "tasks"}, strings.ToLower(path[len(path)-2]))
}

// createsIn tells whether a request creates a contact in a folder that it names.
func createsIn(r *wire.Request, path []string) bool {
	return r.Method == http.MethodPost && len(path) > 2 && strings.EqualFold(path[0], "contactFolders") &&
		strings.EqualFold(path[len(path)-1], "contacts")
}

// withCategory adds a category to a body; one that cannot be read stays as it is.
func withCategory(body []byte, name string) []byte {
	o, err := rawjson.Parse(body)
	if err != nil || slices.Contains(o.Texts("categories"), name) {
		return body
	}
	return o.Set("categories", append(o.Texts("categories"), name))
}
