package graphapi

import (
	"net/http"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// brokenOff is how many task lists a request without $top gets, with no
// nextLink to the others (observed in the field).
const brokenOff = 16

// todoLists serves /todo/lists and everything below it.
func (r *request) todoLists(path []string) (answer, error) {
	if len(path) == 0 || !strings.EqualFold(path[0], "lists") {
		return answer{}, noSegment(strings.Join(path, "/"))
	}
	path = path[1:]
	if len(r.query.Select) > 0 {
		return answer{}, r.checkQuery(tenant.Tasks, true)
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
		return answer{}, r.unknownID(path[0], err)
	}
	if !strings.EqualFold(path[1], "tasks") {
		return answer{}, noSegment(path[1])
	}
	return r.items(tenant.Tasks, path[0], path[2:])
}

func (r *request) taskLists() (answer, error) {
	if r.method == http.MethodPost {
		return r.newFolder(tenant.Tasks, "")
	}
	if r.method != http.MethodGet {
		return answer{}, notAllowed(r.method)
	}
	all := r.listViews()
	if r.query.Top < 0 {
		if err := r.only("$filter", "$skip", "$count"); err != nil {
			return answer{}, err
		}
		skip := min(max(r.query.Skip, 0), len(all))
		return r.page("users('"+r.box.ID+"')/todo/lists", all[skip:min(skip+brokenOff, len(all))], -1, len(all))
	}
	return r.slice("users('"+r.box.ID+"')/todo/lists", all, []string{"displayName", "wellknownListName"})
}

func (r *request) listViews() []rawjson.Object {
	all := []rawjson.Object{}
	for _, f := range r.box.Folders(tenant.Tasks) {
		all = append(all, folderView(f))
	}
	return all
}

func (r *request) listsDelta() (answer, error) {
	if r.method != http.MethodGet {
		return answer{}, notAllowed(r.method)
	}
	if r.query.Param["$deltatoken"] != "" {
		return answer{}, syncStateNotFound
	}
	if err := r.only("$skiptoken"); err != nil {
		return answer{}, err
	}
	return r.deltaPage("users('"+r.box.ID+"')/todo/lists", r.listViews())
}

// syncStateNotFound is the answer to every delta token: the sandbox keeps no
// history, so a client must be able to begin anew.
var syncStateNotFound = &fail{status: 410, code: "SyncStateNotFound", message: "The sync state generation is not found; continue with a full synchronization."}

func (r *request) deltaPage(context string, values []rawjson.Object) (answer, error) {
	return reply(200, rawjson.Of("@odata.context", r.contextOf(context),
		"@odata.deltaLink", r.nextLink("$deltatoken", "sandbox"), "value", values))
}

// itemsDelta lists a folder as a first delta round does.
func (r *request) itemsDelta(kind tenant.Kind, folderID string) (answer, error) {
	if r.method != http.MethodGet {
		return answer{}, notAllowed(r.method)
	}
	if kind != tenant.Tasks {
		return answer{}, notEmulated("delta of " + string(kind))
	}
	if r.query.Param["$deltatoken"] != "" {
		return answer{}, syncStateNotFound
	}
	if err := r.only("$skiptoken"); err != nil {
		return answer{}, err
	}
	f, err := r.box.Folder(kind, folderID)
	if err != nil {
		return answer{}, err
	}
	all, _, err := r.box.Page(kind, folderID, 0, f.Items, nil)
	if err != nil {
		return answer{}, err
	}
	return r.deltaPage(r.itemsContext(kind), r.views(kind, all))
}
