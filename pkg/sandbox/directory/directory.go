// Package directory serves Graph's people, groups and organisation.
//
// It promises pages by $skiptoken, membership through nested groups, and the
// members that come only when they are selected. It refuses writes.
package directory

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// request is a request to the directory of a tenant.
type request struct {
	*wire.Request
	tenant *tenant.Tenant
}

// Serve answers for /users, /users/{id}, /groups… and /organization.
func Serve(r *wire.Request, t *tenant.Tenant) (wire.Answer, error) {
	q := &request{r, t}
	switch strings.ToLower(r.Path[0]) {
	case "users":
		return q.users(r.Path[1:])
	case "groups":
		return q.groups(r.Path[1:])
	case "organization":
		return q.organization(r.Path[1:])
	}
	return wire.Answer{}, wire.NoSegment(r.Path[0])
}

// pageSize is how many objects the directory lists at once.
const pageSize = 100

// list lists directory objects; its pages go by $skiptoken.
func (r *request) list(context, typeName string, all []rawjson.Object, filters []string) (wire.Answer, error) {
	if r.Method != http.MethodGet {
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	if err := r.Only("$select", "$top", "$filter", "$count", "$skiptoken", "$orderby"); err != nil {
		return wire.Answer{}, err
	}
	if err := r.KnownSelect(typeName); err != nil {
		return wire.Answer{}, err
	}
	if r.Query.Filter != "" {
		keep, err := odata.ParseFilter(r.Query.Filter, filters)
		if err != nil {
			return wire.Answer{}, &wire.Fail{Status: 400, Code: "Request_UnsupportedQuery", Message: "Unsupported or invalid query filter clause specified for property."}
		}
		kept := all[:0:0]
		for _, o := range all {
			if keep(o) {
				kept = append(kept, o)
			}
		}
		all = kept
	}
	return r.page(context, all)
}

func (r *request) page(context string, all []rawjson.Object) (wire.Answer, error) {
	from := 0
	if token := r.Query.Param["$skiptoken"]; token != "" {
		var err error
		if from, err = strconv.Atoi(token); err != nil || from < 0 || from > len(all) {
			return wire.Answer{}, wire.BadQuery("The $skiptoken is invalid.")
		}
	}
	top := pageSize
	if r.Query.Top > 0 {
		if top = r.Query.Top; top > 999 {
			return wire.Answer{}, &wire.Fail{Status: 400, Code: "Request_UnsupportedQuery", Message: "Invalid page size specified: '" + fmt.Sprint(top) + "'. Must be between 1 and 999 inclusive."}
		}
	}
	to := min(from+top, len(all))
	out := rawjson.Of("@odata.context", r.ContextOf(context))
	if r.Query.Count {
		out = out.Set("@odata.count", len(all))
	}
	if to < len(all) {
		out = out.Set("@odata.nextLink", r.NextLink("$skiptoken", fmt.Sprint(to)))
	}
	values := make([]rawjson.Object, 0, to-from)
	for _, o := range all[from:to] {
		values = append(values, r.view(o))
	}
	return wire.Reply(200, out.Set("value", values))
}

// onSelect are members of a user that come only when they are named.
var onSelect = map[string]bool{"userType": true, "accountEnabled": true, "assignedPlans": true}

func (r *request) view(o rawjson.Object) rawjson.Object {
	if len(r.Query.Select) > 0 {
		return r.Selected(o)
	}
	return o.Where(func(name string) bool { return !onSelect[name] })
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

func (r *request) users(path []string) (wire.Answer, error) {
	if len(path) == 0 {
		var all []rawjson.Object
		for _, m := range r.tenant.Mailboxes() {
			all = append(all, userView(m))
		}
		return r.list("users", "user", all, []string{"~userPrincipalName", "~mail", "~displayName", "id", "userType", "accountEnabled"})
	}
	m, found := r.tenant.Mailbox(path[0])
	if !found {
		return wire.Answer{}, noResource(path[0])
	}
	return r.user(m)
}

func (r *request) user(m *tenant.Mailbox) (wire.Answer, error) {
	if r.Method != http.MethodGet {
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	if err := r.Only("$select"); err != nil {
		return wire.Answer{}, err
	}
	if err := r.KnownSelect("user"); err != nil {
		return wire.Answer{}, err
	}
	return r.Entity(200, "users", r.view(userView(m)))
}

func noResource(id string) error {
	return &wire.Fail{
		Status: 404, Code: "Request_ResourceNotFound",
		Message: "Resource '" + id + "' does not exist or one of its queried reference-property objects are not present.",
	}
}

func (r *request) groups(path []string) (wire.Answer, error) {
	if len(path) == 0 {
		var all []rawjson.Object
		for _, g := range r.tenant.Groups() {
			all = append(all, g.Doc)
		}
		return r.list("groups", "group", all, []string{"~mail", "~displayName", "id"})
	}
	group, ok := r.group(path[0])
	switch {
	case !ok:
		return wire.Answer{}, noResource(path[0])
	case len(path) == 1 && r.Method == http.MethodGet:
		return r.Entity(200, "groups", r.Selected(group.Doc))
	case len(path) == 1:
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	onlyUsers := len(path) == 3 && strings.EqualFold(path[2], "microsoft.graph.user")
	if len(path) > 2 && !onlyUsers {
		return wire.Answer{}, wire.NoSegment(path[2])
	}
	switch strings.ToLower(path[1]) {
	case "members":
		return r.members(group, false, onlyUsers)
	case "transitivemembers":
		return r.members(group, true, onlyUsers)
	}
	return wire.Answer{}, wire.NoSegment(path[1])
}

func (r *request) group(id string) (tenant.Group, bool) {
	for _, g := range r.tenant.Groups() {
		if strings.EqualFold(g.ID, id) {
			return g, true
		}
	}
	return tenant.Group{}, false
}

func (r *request) members(group tenant.Group, transitive, onlyUsers bool) (wire.Answer, error) {
	seen := map[string]bool{}
	var all []rawjson.Object
	var walk func(tenant.Group)
	walk = func(g tenant.Group) {
		for _, id := range g.Members {
			if seen[id] {
				continue
			}
			seen[id] = true
			if m, ok := r.tenant.Mailbox(id); ok {
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
	return r.list("directoryObjects", "user", all, nil)
}

// typed puts the type in front, as in a list of mixed objects.
func typed(name string, o rawjson.Object) rawjson.Object {
	out := rawjson.Of("@odata.type", "#microsoft.graph."+name)
	for member, value := range o.Members() {
		out = out.Set(member, rawjson.Object(value))
	}
	return out
}

func (r *request) organization(path []string) (wire.Answer, error) {
	t := r.tenant
	doc := rawjson.Of("id", t.ID(), "displayName", t.Name(), "tenantType", "AAD", "verifiedDomains", []rawjson.Object{})
	switch {
	case len(path) > 1:
		return wire.Answer{}, wire.NoSegment(path[1])
	case r.Method != http.MethodGet:
		return wire.Answer{}, wire.NotAllowed(r.Method)
	case len(path) == 1 && !strings.EqualFold(path[0], t.ID()):
		return wire.Answer{}, noResource(path[0])
	case len(path) == 1:
		return r.Entity(200, "organization", r.Selected(doc))
	}
	return wire.Reply(200, rawjson.Of("@odata.context", r.ContextOf("organization"), "value", []rawjson.Object{r.Selected(doc)}))
}
