package outlook

import (
	"net/http"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// brokenOff is how many task lists a request without $top gets, with no
// nextLink to the others (observed in the field).
const brokenOff = 16

// todoLists serves /todo/lists and everything below it.
func (r *request) todoLists(path []string) (wire.Answer, error) {
	if len(path) == 0 || !strings.EqualFold(path[0], "lists") {
		return wire.Answer{}, wire.NoSegment(strings.Join(path, "/"))
	}
	path = path[1:]
	if len(r.Query.Select) > 0 {
		return wire.Answer{}, r.checkQuery(tenant.Tasks, true)
	}
	switch {
	case len(path) == 0:
		return r.taskLists()
	case strings.EqualFold(path[0], "delta") && len(path) == 1:
		return r.listsDelta()
	case len(path) == 1:
		return r.oneFolder(tenant.Tasks, path[0])
	}
	if _, err := r.box.Folder(tenant.Tasks, path[0]); err != nil {
		return wire.Answer{}, r.unknownID(path[0], err)
	}
	if !strings.EqualFold(path[1], "tasks") {
		return wire.Answer{}, wire.NoSegment(path[1])
	}
	return r.items(tenant.Tasks, path[0], path[2:])
}

func (r *request) taskLists() (wire.Answer, error) {
	if r.Method == http.MethodPost {
		return r.newFolder(tenant.Tasks, "")
	}
	if r.Method != http.MethodGet {
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	all := r.listViews()
	if r.Query.Top < 0 {
		if err := r.Only("$filter", "$skip", "$count"); err != nil {
			return wire.Answer{}, err
		}
		skip := min(max(r.Query.Skip, 0), len(all))
		return r.Page("users('"+r.box.ID+"')/todo/lists", all[skip:min(skip+brokenOff, len(all))], -1, len(all))
	}
	return r.Slice("users('"+r.box.ID+"')/todo/lists", all, []string{"displayName", "wellknownListName"})
}

func (r *request) listViews() []rawjson.Object {
	all := []rawjson.Object{}
	for _, f := range r.box.Folders(tenant.Tasks) {
		all = append(all, folderView(f))
	}
	return all
}

func (r *request) listsDelta() (wire.Answer, error) {
	if r.Method != http.MethodGet {
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	if r.Query.Param["$deltatoken"] != "" {
		return wire.Answer{}, syncStateNotFound
	}
	if err := r.Only("$skiptoken"); err != nil {
		return wire.Answer{}, err
	}
	return r.deltaPage("users('"+r.box.ID+"')/todo/lists", r.listViews())
}

// syncStateNotFound is the answer to every delta token: the sandbox keeps no
// history, so a client must be able to begin anew.
var syncStateNotFound = &wire.Fail{Status: 410, Code: "SyncStateNotFound", Message: "The sync state generation is not found; continue with a full synchronization."}

func (r *request) deltaPage(context string, values []rawjson.Object) (wire.Answer, error) {
	return wire.Reply(200, rawjson.Of("@odata.context", r.ContextOf(context),
		"@odata.deltaLink", r.NextLink("$deltatoken", "sandbox"), "value", values))
}
