package wire

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/schema"
)

// defaultPage is how many items Outlook gives where the request does not say.
const defaultPage = 10

// Window is the part of a collection that the request is for.
func (r *Request) Window() (skip, top int) {
	skip, top = max(r.Query.Skip, 0), defaultPage
	if r.Prefer.PageSize > 0 {
		top = r.Prefer.PageSize
	}
	if r.Query.Top > 0 {
		top = r.Query.Top
		if r.Prefer.PageSize > 0 {
			top = min(top, r.Prefer.PageSize)
		}
	}
	return skip, top
}

// Page is the answer that lists values, the next of which are at offset next
// (-1 if these are the last). total is for $count.
func (r *Request) Page(context string, values []rawjson.Object, next, total int) (Answer, error) {
	out := rawjson.Of("@odata.context", r.ContextOf(context))
	if r.Query.Count {
		out = out.Set("@odata.count", total)
	}
	if next >= 0 {
		out = out.Set("@odata.nextLink", r.NextLink("$skip", fmt.Sprint(next)))
	}
	return Reply(200, out.Set("value", values))
}

// NextLink is the request's own address with one query option replaced.
func (r *Request) NextLink(option, value string) string {
	var pairs []string
	for pair := range strings.SplitSeq(r.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); pair != "" && err == nil && name != option {
			pairs = append(pairs, pair)
		}
	}
	pairs = append(pairs, option+"="+url.QueryEscape(value))
	return strings.TrimSuffix(r.Root, "/"+Version) + r.Target + "?" + strings.Join(pairs, "&")
}

// Slice lists a collection that is at hand as a whole.
func (r *Request) Slice(context string, all []rawjson.Object, properties []string) (Answer, error) {
	if err := r.Only("$select", "$top", "$skip", "$filter", "$count", "$orderby", "$expand"); err != nil {
		return Answer{}, err
	}
	if r.Query.Filter != "" {
		keep, err := odata.ParseFilter(r.Query.Filter, properties)
		if err != nil {
			return Answer{}, err
		}
		all = slices.DeleteFunc(slices.Clone(all), func(o rawjson.Object) bool { return !keep(o) })
	}
	all, err := r.sorted(all, properties)
	if err != nil {
		return Answer{}, err
	}
	skip, top := r.Window()
	from := min(skip, len(all))
	to := min(from+top, len(all))
	next := -1
	if to < len(all) {
		next = to
	}
	values := make([]rawjson.Object, 0, to-from)
	for _, o := range all[from:to] {
		values = append(values, r.Selected(o))
	}
	return r.Page(context, values, next, len(all))
}

// sorted refuses what a collection at hand cannot do, and heeds $orderby.
func (r *Request) sorted(all []rawjson.Object, properties []string) ([]rawjson.Object, error) {
	for _, e := range r.Query.Expand {
		if !strings.HasPrefix(e.Name, "microsoft.graph.") { // a cast, of attachments
			return nil, BadQuery("Parsing OData Select and Expand failed: '" + e.Name + "' cannot be expanded.")
		}
	}
	if r.Query.OrderBy == "" {
		return all, nil
	}
	name, direction, _ := strings.Cut(r.Query.OrderBy, " ")
	known := slices.ContainsFunc(properties, func(p string) bool { return strings.EqualFold(strings.TrimPrefix(p, "~"), name) })
	if !known || direction != "" && direction != "asc" && direction != "desc" {
		return nil, BadQuery("The $orderby expression '" + r.Query.OrderBy + "' is not supported.")
	}
	return slices.SortedStableFunc(slices.Values(all), func(a, b rawjson.Object) int {
		if direction == "desc" {
			a, b = b, a
		}
		return strings.Compare(strings.ToLower(a.Text(name)), strings.ToLower(b.Text(name)))
	}), nil
}

// Selected leaves the members that $select names, the id and the annotations.
func (r *Request) Selected(o rawjson.Object) rawjson.Object {
	if len(r.Query.Select) == 0 {
		return o
	}
	return o.Where(func(name string) bool { return name == "id" || strings.HasPrefix(name, "@") || r.Query.Selects(name) })
}

// Entity is the answer that shows one object.
func (r *Request) Entity(status int, context string, o rawjson.Object) (Answer, error) {
	head := rawjson.Of("@odata.context", r.ContextOf(context)+"/$entity")
	if len(o) > 2 {
		head = append(append(head[:len(head)-1:len(head)-1], ','), o[1:]...)
	}
	return Reply(status, head)
}

// KnownSelect refuses names in $select that the type does not have.
func (r *Request) KnownSelect(typeName string) error {
	t := schema.Of(typeName)
	for _, name := range r.Query.Select {
		if name != "*" && !t.HasFold(name) {
			return BadQuery("Parsing OData Select and Expand failed: Could not find a property named '" + name +
				"' on type 'microsoft.graph." + typeName + "'.")
		}
	}
	return nil
}

// Checked is the body, which must fit the type, with its values as Graph keeps
// them.
func (r *Request) Checked(typeName string) (rawjson.Object, error) {
	body, err := r.Object()
	if err != nil {
		return nil, err
	}
	if t := body.Text("@odata.type"); t != "" && !strings.EqualFold(t, "#microsoft.graph."+typeName) {
		return nil, BadBody("The type '" + t + "' is not the type of this resource.")
	}
	known := schema.Of(typeName)
	if err := known.Check(body); err != nil {
		return nil, err
	}
	return known.Canonical(body), nil
}
