package outlook

import (
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/parts"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/shape"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// view is an item as the request wants to see it: without what must be asked
// for by name, with the expansions, under the right form of id.
func (r *request) view(kind tenant.Kind, it tenant.Item, single bool) rawjson.Object {
	k := kinds[kind]
	out := it.Body.Where(func(name string) bool {
		if slices.Contains(k.hidden, name) {
			return false
		}
		return len(r.Query.Select) == 0 || name == "id" || name == "@odata.etag" || r.Query.Selects(name) || r.Query.Selects("*")
	})
	if kind == tenant.Tasks {
		// Inline whether or not they are expanded, absent where there are none.
		out = r.expandTask(out, it)
		return out
	}
	if r.Prefer.Immutable {
		out = immutableView(out, it)
	}
	if r.Prefer.Zone != nil {
		out = r.zoned(out, it)
	}
	for _, e := range r.Query.Expand {
		out = r.expand(out, it, e, single)
	}
	return out
}

// immutableView replaces the default ids by immutable ones.
func immutableView(out rawjson.Object, it tenant.Item) rawjson.Object {
	out = out.Set("id", it.ImmutableID)
	if it.MasterImmutableID != "" && out.Has("seriesMasterId") {
		out = out.Set("seriesMasterId", it.MasterImmutableID)
	}
	return out
}

func (r *request) expandTask(out rawjson.Object, it tenant.Item) rawjson.Object {
	if _, ok := r.Query.Expands("checklistItems"); ok {
		out = out.Set("checklistItems", it.Body.Objects("checklistItems"))
	}
	return out
}

func (r *request) expand(out rawjson.Object, it tenant.Item, e odata.Expansion, single bool) rawjson.Object {
	switch strings.ToLower(e.Name) {
	case "exceptionoccurrences":
		if single && it.Body.Text("type") == "seriesMaster" && r.Query.Selects("exceptionOccurrences") {
			return r.expandSeries(out, it, e)
		}
		return out
	case "attachments":
		return out.Set("attachments", parts.Attachments(r.Request, r.box, tenant.Events, it.Body.Objects("attachments")))
	}
	name := e.Name
	for _, canonical := range extended {
		if strings.EqualFold(canonical, name) {
			name = canonical
		}
	}
	all := properties(it, name)
	if len(all) == 0 { // of most items, and to read the filter takes long
		return out
	}
	// checkQuery has read the ids before.
	ids, _ := e.IDs()
	var named []rawjson.Object
	for _, property := range all {
		if slices.ContainsFunc(ids, func(id string) bool { return shape.SameProperty(property, id) }) {
			named = append(named, property)
		}
	}
	if len(named) == 0 {
		return out
	}
	return out.Set(name, named)
}

// properties are the members of a collection that is only expanded. Exchange
// itself keeps whether a contact has a picture (PidLidHasPicture).
func properties(it tenant.Item, name string) []rawjson.Object {
	all := it.Body.Objects(name)
	if it.Kind != tenant.Contacts || name != "singleValueExtendedProperties" {
		return all
	}
	all = slices.DeleteFunc(all, func(o rawjson.Object) bool { return shape.SameProperty(o, item.PictureProperty) })
	if it.Body.Has("photo") {
		all = append(all, rawjson.Of("id", item.PictureProperty, "value", "true"))
	}
	return all
}

// expandSeries adds what only a GET of one master with both $select and $expand
// shows (observed in the field).
func (r *request) expandSeries(out rawjson.Object, it tenant.Item, e odata.Expansion) rawjson.Object {
	exceptions := it.Body.Objects("exceptionOccurrences")
	views := make([]rawjson.Object, 0, len(exceptions))
	for _, body := range exceptions {
		nested := &request{&wire.Request{Prefer: r.Prefer, Query: odata.Query{Select: e.Select}}, r.box}
		exception, err := r.box.Item(tenant.Events, "", body.Text("id"))
		if err != nil {
			continue // deleted a moment ago
		}
		views = append(views, nested.view(tenant.Events, exception, false))
	}
	if r.Query.Selects("cancelledOccurrences") {
		cancelled := append([]string{}, it.Body.Texts("cancelledOccurrences")...)
		for n := range cancelled {
			if r.Prefer.Immutable {
				cancelled[n] = strings.Replace(cancelled[n], it.ID, it.ImmutableID, 1)
			}
		}
		out = out.Set("cancelledOccurrences", cancelled)
	}
	return out.Set("exceptionOccurrences", views)
}
