package graphapi

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/schema"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// dispatch serves a request by its first segment.
func (r *request) dispatch() (answer, error) {
	if len(r.path) == 0 {
		return answer{}, noSegment("")
	}
	switch strings.ToLower(r.path[0]) {
	case "users":
		return r.users(r.path[1:])
	case "groups":
		return r.groups(r.path[1:])
	case "organization":
		return r.organization(r.path[1:])
	case "me":
		return answer{}, badQuery("/me request is only valid with delegated authentication flow.")
	}
	return answer{}, noSegment(r.path[0])
}

// directoryPage is how many objects the directory lists at once.
const directoryPage = 100

// directoryList lists directory objects; its pages go by $skiptoken.
func (r *request) directoryList(context, typeName string, all []rawjson.Object, filters []string) (answer, error) {
	if r.method != http.MethodGet {
		return answer{}, notAllowed(r.method)
	}
	if err := r.only("$select", "$top", "$filter", "$count", "$skiptoken", "$orderby"); err != nil {
		return answer{}, err
	}
	if err := r.knownSelect(typeName); err != nil {
		return answer{}, err
	}
	if r.query.Filter != "" {
		keep, err := odata.ParseFilter(r.query.Filter, filters)
		if err != nil {
			return answer{}, &fail{status: 400, code: "Request_UnsupportedQuery", message: "Unsupported or invalid query filter clause specified for property."}
		}
		kept := all[:0:0]
		for _, o := range all {
			if keep(o) {
				kept = append(kept, o)
			}
		}
		all = kept
	}
	return r.directoryPage(context, all)
}

func (r *request) directoryPage(context string, all []rawjson.Object) (answer, error) {
	from := 0
	if token := r.query.Param["$skiptoken"]; token != "" {
		var err error
		if from, err = strconv.Atoi(token); err != nil || from < 0 || from > len(all) {
			return answer{}, badQuery("The $skiptoken is invalid.")
		}
	}
	top := directoryPage
	if r.query.Top > 0 {
		if top = r.query.Top; top > 999 {
			return answer{}, &fail{status: 400, code: "Request_UnsupportedQuery", message: "Invalid page size specified: '" + fmt.Sprint(top) + "'. Must be between 1 and 999 inclusive."}
		}
	}
	to := min(from+top, len(all))
	out := rawjson.Of("@odata.context", r.contextOf(context))
	if r.query.Count {
		out = out.Set("@odata.count", len(all))
	}
	if to < len(all) {
		out = out.Set("@odata.nextLink", r.nextLink("$skiptoken", fmt.Sprint(to)))
	}
	values := make([]rawjson.Object, 0, to-from)
	for _, o := range all[from:to] {
		values = append(values, r.directoryView(o))
	}
	return reply(200, out.Set("value", values))
}

// onSelect are members of a user that come only when they are named.
var onSelect = map[string]bool{"userType": true, "accountEnabled": true, "assignedPlans": true}

func (r *request) directoryView(o rawjson.Object) rawjson.Object {
	if len(r.query.Select) > 0 {
		return r.selected(o)
	}
	return o.Where(func(name string) bool { return !onSelect[name] })
}

// knownSelect refuses names that the type does not have.
func (r *request) knownSelect(typeName string) error {
	t := schema.Of(typeName)
	for _, name := range r.query.Select {
		known := t.Has(name) || name == "*"
		for _, declared := range t.Names() {
			known = known || strings.EqualFold(declared, name)
		}
		if !known {
			return badQuery("Parsing OData Select and Expand failed: Could not find a property named '" + name + "' on type 'microsoft.graph." + typeName + "'.")
		}
	}
	return nil
}

func userView(m *tenant.Mailbox) rawjson.Object {
	plans := []rawjson.Object{}
	if m.Enabled && m.Purpose == "user" {
		plans = append(plans, rawjson.Of("assignedDateTime", "2020-01-01T00:00:00Z", "capabilityStatus", "Enabled",
			"service", "exchange", "servicePlanId", "efb87545-963c-4e0d-99df-69c6916d9eb0"))
	}
	return m.Doc().Without("userPurpose").
		Set("userType", "Member").Set("accountEnabled", m.Purpose == "user").Set("assignedPlans", plans)
}

func (r *request) users(path []string) (answer, error) {
	t := r.service.Tenant
	if len(path) == 0 {
		var all []rawjson.Object
		for _, m := range t.Mailboxes() {
			all = append(all, userView(m))
		}
		return r.directoryList("users", "user", all, []string{"~userPrincipalName", "~mail", "~displayName", "id", "userType", "accountEnabled"})
	}
	m, found := t.Mailbox(path[0])
	if len(path) == 1 {
		if !found {
			return answer{}, noResource(path[0])
		}
		return r.user(m)
	}
	if !found {
		return answer{}, &fail{status: 404, code: "ErrorInvalidUser", message: "The requested user '" + path[0] + "' is invalid."}
	}
	if !m.Enabled {
		return answer{}, &fail{status: 404, code: "MailboxNotEnabledForRESTAPI",
			message: "The mailbox is either inactive, soft-deleted, or is hosted on-premise."}
	}
	r.box = m
	return r.mailbox(path[1:])
}

func (r *request) user(m *tenant.Mailbox) (answer, error) {
	if r.method != http.MethodGet {
		return answer{}, notAllowed(r.method)
	}
	if err := r.only("$select"); err != nil {
		return answer{}, err
	}
	if err := r.knownSelect("user"); err != nil {
		return answer{}, err
	}
	return r.entity(200, "users", r.directoryView(userView(m)))
}

func noResource(id string) error {
	return &fail{status: 404, code: "Request_ResourceNotFound",
		message: "Resource '" + id + "' does not exist or one of its queried reference-property objects are not present."}
}

func (r *request) groups(path []string) (answer, error) {
	if len(path) == 0 {
		var all []rawjson.Object
		for _, g := range r.service.Tenant.Groups() {
			all = append(all, g.Doc)
		}
		return r.directoryList("groups", "group", all, []string{"~mail", "~displayName", "id"})
	}
	group, ok := r.group(path[0])
	switch {
	case !ok:
		return answer{}, noResource(path[0])
	case len(path) == 1 && r.method == http.MethodGet:
		return r.entity(200, "groups", r.selected(group.Doc))
	case len(path) == 1:
		return answer{}, notAllowed(r.method)
	}
	onlyUsers := len(path) == 3 && strings.EqualFold(path[2], "microsoft.graph.user")
	if len(path) > 2 && !onlyUsers {
		return answer{}, noSegment(path[2])
	}
	switch strings.ToLower(path[1]) {
	case "members":
		return r.members(group, false, onlyUsers)
	case "transitivemembers":
		return r.members(group, true, onlyUsers)
	}
	return answer{}, noSegment(path[1])
}

func (r *request) group(id string) (tenant.Group, bool) {
	for _, g := range r.service.Tenant.Groups() {
		if strings.EqualFold(g.ID, id) {
			return g, true
		}
	}
	return tenant.Group{}, false
}

func (r *request) members(group tenant.Group, transitive, onlyUsers bool) (answer, error) {
	seen := map[string]bool{}
	var all []rawjson.Object
	var walk func(tenant.Group)
	walk = func(g tenant.Group) {
		for _, id := range g.Members {
			if seen[id] {
				continue
			}
			seen[id] = true
			if m, ok := r.service.Tenant.Mailbox(id); ok {
				all = append(all, typed("user", userView(m)))
			} else if nested, ok := r.group(id); ok {
				if !onlyUsers {
					all = append(all, typed("group", nested.Doc))
				}
				if transitive {
					walk(nested)
				}
			}
		}
	}
	walk(group)
	return r.directoryList("directoryObjects", "user", all, nil)
}

// typed puts the type in front, as in a list of mixed objects.
func typed(name string, o rawjson.Object) rawjson.Object {
	out := rawjson.Of("@odata.type", "#microsoft.graph."+name)
	for member, value := range o.Members() {
		out = out.Set(member, rawjson.Object(value))
	}
	return out
}

func (r *request) organization(path []string) (answer, error) {
	t := r.service.Tenant
	doc := rawjson.Of("id", t.ID(), "displayName", t.Name(), "tenantType", "AAD", "verifiedDomains", []rawjson.Object{})
	switch {
	case len(path) > 1:
		return answer{}, noSegment(path[1])
	case r.method != http.MethodGet:
		return answer{}, notAllowed(r.method)
	case len(path) == 1 && !strings.EqualFold(path[0], t.ID()):
		return answer{}, noResource(path[0])
	case len(path) == 1:
		return r.entity(200, "organization", r.selected(doc))
	}
	return reply(200, rawjson.Of("@odata.context", r.contextOf("organization"), "value", []rawjson.Object{r.selected(doc)}))
}
