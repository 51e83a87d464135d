package outlook

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/riva-prep/riva-prep/pkg/sandbox/delta"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// itemsDelta tells what changed in a folder since the token, all of it first
// (Graph docs, contact-delta and todotask-delta).
func (r *request) itemsDelta(kind tenant.Kind, folderID string) (wire.Answer, error) {
	if r.Method != http.MethodGet {
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	if kind == tenant.Events || folderID == "" {
		return wire.Answer{}, wire.NotEmulated("delta of all " + string(kind))
	}
	if err := r.Only("$skiptoken", "$deltatoken", "$select"); err != nil {
		return wire.Answer{}, err
	}
	if err := r.checkQuery(kind, true); len(r.Query.Select) > 0 && err != nil {
		return wire.Answer{}, err
	}
	token := cmp.Or(r.Query.Param["$skiptoken"], r.Query.Param["$deltatoken"])
	revision, err := delta.Revision(folderID, token)
	if err != nil {
		return wire.Answer{}, syncStateNotFound
	}
	_, top := r.Window()
	changes, more, last, err := r.box.Since(kind, folderID, revision, min(top, delta.MaxPage))
	if errors.Is(err, tenant.ErrNotFound) {
		return wire.Answer{}, syncStateNotFound
	}
	if err != nil {
		return wire.Answer{}, err
	}
	values := make([]rawjson.Object, 0, len(changes))
	for _, change := range changes {
		values = append(values, r.changed(kind, change))
	}
	out := rawjson.Of("@odata.context", r.ContextOf(r.itemsContext(kind)))
	if more {
		out = out.Set("@odata.nextLink", delta.Link(r.Request, "$skiptoken", delta.Token(folderID, changes[len(changes)-1].Revision)))
	} else {
		out = out.Set("@odata.deltaLink", delta.Link(r.Request, "$deltatoken", delta.Token(folderID, last)))
	}
	return wire.Reply(200, out.Set("value", values))
}

// changed is a change as the answer shows it.
func (r *request) changed(kind tenant.Kind, change tenant.Change) rawjson.Object {
	if !change.Removed {
		return r.view(kind, change.Item, false)
	}
	id := change.ID
	if r.Prefer.Immutable && kind != tenant.Tasks {
		id = change.ImmutableID
	}
	return rawjson.Of("@removed", rawjson.Of("reason", "deleted"), "id", id)
}
