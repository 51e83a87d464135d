package outlook

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// itemKind is what the HTTP side knows of a kind of items.
type itemKind struct {
	typeName string
	// hidden members are left out of answers unless they are expanded.
	hidden []string
	// expands are the members that $expand can name.
	expands []string
	// filters are the properties that $filter can name.
	filters []string
	options []string
}

var extended = []string{"extensions", "singleValueExtendedProperties", "multiValueExtendedProperties"}

// valueOfAny: a named property is found by its value without regard to case,
// by its name with it (Graph docs, singlevaluelegacyextendedproperty-get).
const valueOfAny = "~singleValueExtendedProperties/any/value"

var kinds = map[tenant.Kind]itemKind{
	tenant.Contacts: {
		typeName: "contact",
		hidden:   append([]string{"photo", "immutableId"}, extended...),
		expands:  extended,
		filters: []string{
			"categories/any", "emailAddresses/any", "singleValueExtendedProperties/any", valueOfAny, "displayName", "givenName",
			"surname", "companyName", "createdDateTime", "lastModifiedDateTime",
		},
		options: []string{"$select", "$top", "$skip", "$filter", "$count", "$orderby", "$expand"},
	},
	tenant.Events: {
		typeName: "event",
		hidden:   append([]string{"attachments", "exceptionOccurrences", "cancelledOccurrences", "immutableId"}, extended...),
		expands:  append([]string{"attachments"}, extended...),
		filters: []string{
			"categories/any", "singleValueExtendedProperties/any", valueOfAny, "subject", "start/dateTime", "end/dateTime", "type",
			"importance", "sensitivity", "showAs", "isAllDay", "isCancelled", "isOrganizer", "iCalUId", "createdDateTime", "lastModifiedDateTime",
		},
		options: []string{"$select", "$top", "$skip", "$filter", "$count", "$orderby", "$expand"},
	},
	tenant.Tasks: {
		typeName: "todoTask",
		hidden:   []string{"attachments", "checklistItems", "extensions"},
		expands:  []string{"checklistItems", "linkedResources"},
		filters:  []string{"status", "title", "importance", "createdDateTime", "lastModifiedDateTime", "dueDateTime/dateTime"},
		options:  []string{"$top", "$skip", "$filter", "$count", "$orderby", "$expand"},
	},
}

// items serves a collection of items and what is below it. Without a folder it
// is the mailbox's: it lists the default folder and finds an item in any.
func (r *request) items(kind tenant.Kind, folderID string, path []string) (wire.Answer, error) {
	if kind == tenant.Events {
		if err := r.heedZone(); err != nil {
			return wire.Answer{}, err
		}
	}
	if len(path) > 0 {
		if strings.EqualFold(path[0], "delta") {
			return r.itemsDelta(kind, folderID)
		}
		return r.item(kind, folderID, path)
	}
	if folderID == "" {
		f, err := r.box.Default(kind)
		if err != nil {
			return wire.Answer{}, err
		}
		folderID = f.ID
	}
	switch r.Method {
	case http.MethodGet:
		return r.listItems(kind, folderID)
	case http.MethodPost:
		return r.newItem(kind, folderID)
	}
	return wire.Answer{}, wire.NotAllowed(r.Method)
}

func (r *request) itemsContext(kind tenant.Kind) string {
	return "users('" + r.box.ID + "')/" + map[tenant.Kind]string{
		tenant.Contacts: "contacts", tenant.Events: "events", tenant.Tasks: "todo/lists/tasks",
	}[kind]
}

// checkQuery refuses options, names and expansions that the kind does not have.
func (r *request) checkQuery(kind tenant.Kind, single bool) error {
	k := kinds[kind]
	allowed := k.options
	if single {
		allowed = []string{"$select", "$expand"}
	}
	if kind == tenant.Tasks && len(r.Query.Select) > 0 {
		return wire.NoSelect()
	}
	if err := r.Only(allowed...); err != nil {
		return err
	}
	if err := r.KnownSelect(k.typeName); err != nil {
		return err
	}
	for _, e := range r.Query.Expand {
		exceptions := single && kind == tenant.Events && strings.EqualFold(e.Name, "exceptionOccurrences")
		known := slices.ContainsFunc(k.expands, func(name string) bool { return strings.EqualFold(name, e.Name) })
		if !known && !exceptions {
			return wire.BadQuery("Parsing OData Select and Expand failed: '" + e.Name + "' cannot be expanded on type 'microsoft.graph." + k.typeName + "'.")
		}
		if slices.Contains(extended, e.Name) {
			if _, err := e.IDs(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *request) listItems(kind tenant.Kind, folderID string) (wire.Answer, error) {
	if err := r.checkQuery(kind, false); err != nil {
		return wire.Answer{}, err
	}
	var keep odata.Filter
	if r.Query.Filter != "" {
		var err error
		if keep, err = odata.ParseFilter(r.Query.Filter, kinds[kind].filters); err != nil {
			return wire.Answer{}, err
		}
	}
	skip, top := r.Window()
	page, total, err := r.box.Page(kind, folderID, skip, top, keep)
	if r.Query.OrderBy != "" && err == nil {
		page, total, err = r.ordered(kind, folderID, keep)
		page = page[min(skip, len(page)):min(skip+top, len(page))]
	}
	if err != nil {
		return wire.Answer{}, err
	}
	next := -1
	if skip+top < total {
		next = skip + top
	}
	return r.Page(r.itemsContext(kind), r.views(kind, page), next, total)
}

// ordered is the whole folder sorted by $orderby.
func (r *request) ordered(kind tenant.Kind, folderID string, keep odata.Filter) ([]tenant.Item, int, error) {
	name, direction, _ := strings.Cut(r.Query.OrderBy, " ")
	top, nested, _ := strings.Cut(name, "/")
	if !slices.ContainsFunc(kinds[kind].filters, func(f string) bool { return strings.EqualFold(f, name) }) ||
		direction != "" && direction != "asc" && direction != "desc" {
		return nil, 0, wire.BadQuery("The $orderby expression '" + r.Query.OrderBy + "' is not supported.")
	}
	key := func(it tenant.Item) string {
		if nested != "" {
			return it.Body.Object(top).Text(nested)
		}
		return it.Body.Text(top)
	}
	f, err := r.box.Folder(kind, folderID)
	if err != nil {
		return nil, 0, err
	}
	all, total, err := r.box.Page(kind, folderID, 0, f.Items, keep)
	order.StablyBy(all, func(a, b tenant.Item) int {
		if direction == "desc" {
			a, b = b, a
		}
		return cmp.Compare(key(a), key(b))
	})
	return all, total, err
}

func (r *request) views(kind tenant.Kind, items []tenant.Item) []rawjson.Object {
	out := make([]rawjson.Object, 0, len(items))
	for _, it := range items {
		out = append(out, r.view(kind, it, false))
	}
	return out
}

func (r *request) newItem(kind tenant.Kind, folderID string) (wire.Answer, error) {
	body, err := r.itemBody(kind)
	if err != nil {
		return wire.Answer{}, err
	}
	if err := r.complete(kind, body); err != nil {
		return wire.Answer{}, err
	}
	it, err := r.box.Create(kind, folderID, body)
	if err != nil {
		return wire.Answer{}, err
	}
	return r.Entity(201, r.itemsContext(kind), r.view(kind, it, true))
}

// itemBody is the body, which must fit the type. To Do ignores the times that
// the client gives (observed in the field).
func (r *request) itemBody(kind tenant.Kind) (rawjson.Object, error) {
	if kind == tenant.Tasks {
		if body, err := rawjson.Parse(r.Body); err == nil {
			r.Body = body.Without("createdDateTime")
		}
	}
	return r.Checked(kinds[kind].typeName)
}

// complete refuses new items that lack what Exchange insists on, and bodies
// that To Do cannot read.
func (r *request) complete(kind tenant.Kind, body rawjson.Object) error {
	if kind == tenant.Events && (!body.Has("start") || !body.Has("end")) {
		return &wire.Fail{Status: 400, Code: "ErrorPropertyValidationFailure", Message: "At least one property failed validation."}
	}
	if kind == tenant.Events && body.Has("recurrence") && body.Object("recurrence").Object("range").Text("recurrenceTimeZone") == "" &&
		body.Object("recurrence").Object("range").Has("recurrenceTimeZone") {
		if raw, _ := body.Object("recurrence").Object("range").Get("recurrenceTimeZone"); string(raw) == `""` {
			return &wire.Fail{Status: 400, Code: "ErrorPropertyValidationFailure", Message: "At least one property failed validation."}
		}
	}
	return r.datedRecurrence(kind, body)
}

// datedRecurrence plays To Do's refusal of the very dates it returns (observed
// in the field): only a recurrence with an empty range passes.
func (r *request) datedRecurrence(kind tenant.Kind, body rawjson.Object) error {
	if kind != tenant.Tasks {
		return nil
	}
	within := body.Object("recurrence").Object("range")
	for _, name := range []string{"startDate", "endDate"} {
		if date := within.Text(name); date != "" {
			return &wire.Fail{
				Status: 400, Code: "invalidRequest", Inner: "InvalidModel",
				Message: "Invalid JSON, Error converting value \"" + date + "\" to type 'Microsoft.OData.Edm.Date'. Path 'recurrence.range." + name + "', line 1, position 46.",
			}
		}
	}
	return nil
}

// item serves one item and what is below it.
func (r *request) item(kind tenant.Kind, folderID string, path []string) (wire.Answer, error) {
	id := path[0]
	it, err := r.box.Item(kind, folderID, id)
	if errors.Is(err, tenant.ErrNotFound) {
		return wire.Answer{}, r.unknownID(id, err)
	}
	if err != nil {
		return wire.Answer{}, err
	}
	if len(path) > 1 {
		return r.below(kind, folderID, it, id, path[1:])
	}
	switch r.Method {
	case http.MethodGet:
		if err := r.checkQuery(kind, true); err != nil {
			return wire.Answer{}, err
		}
		return r.Entity(200, r.itemsContext(kind), r.view(kind, it, true))
	case http.MethodPatch:
		return r.patchItem(kind, folderID, id)
	case http.MethodDelete:
		if err := r.box.Delete(kind, folderID, id, r.Header.Get("If-Match"), false); err != nil {
			return wire.Answer{}, err
		}
		return wire.Nothing(204)
	}
	return wire.Answer{}, wire.NotAllowed(r.Method)
}

func (r *request) patchItem(kind tenant.Kind, folderID, id string) (wire.Answer, error) {
	body, err := r.itemBody(kind)
	if err != nil {
		return wire.Answer{}, err
	}
	if body.Has("transactionId") {
		return wire.Answer{}, &wire.Fail{Status: 400, Code: "ErrorInvalidRequest", Message: "ClientId/TransactionId is immutable"}
	}
	if err := r.datedRecurrence(kind, body); err != nil {
		return wire.Answer{}, err
	}
	if raw, ok := body.Get("categories"); ok && string(raw) == "null" {
		return wire.Answer{}, wire.BadBody("A collection cannot be null.")
	}
	it, err := r.box.Update(kind, folderID, id, body, r.Header.Get("If-Match"))
	if err != nil {
		return wire.Answer{}, err
	}
	return r.Entity(200, r.itemsContext(kind), r.view(kind, it, true))
}
