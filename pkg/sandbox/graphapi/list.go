package graphapi

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/odata"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// defaultPage is how many items Outlook gives where the request does not say.
const defaultPage = 10

// window is the part of a collection that the request is for.
func (r *request) window() (skip, top int) {
	skip, top = max(r.query.Skip, 0), defaultPage
	if r.prefer.pageSize > 0 {
		top = r.prefer.pageSize
	}
	if r.query.Top > 0 {
		top = r.query.Top
		if r.prefer.pageSize > 0 {
			top = min(top, r.prefer.pageSize)
		}
	}
	return skip, top
}

// page is the answer that lists values, the next of which are at offset next
// (-1 if these are the last). total is for $count.
func (r *request) page(context string, values []rawjson.Object, next, total int) (answer, error) {
	out := rawjson.Of("@odata.context", r.contextOf(context))
	if r.query.Count {
		out = out.Set("@odata.count", total)
	}
	if next >= 0 {
		out = out.Set("@odata.nextLink", r.nextLink("$skip", fmt.Sprint(next)))
	}
	return reply(200, out.Set("value", values))
}

// nextLink is the request's own address with one query option replaced.
func (r *request) nextLink(option, value string) string {
	var pairs []string
	for pair := range strings.SplitSeq(r.rawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); pair != "" && err == nil && name != option {
			pairs = append(pairs, pair)
		}
	}
	pairs = append(pairs, option+"="+url.QueryEscape(value))
	return strings.TrimSuffix(r.root, "/"+version) + r.target + "?" + strings.Join(pairs, "&")
}

// slice lists a collection that is at hand as a whole.
func (r *request) slice(context string, all []rawjson.Object, properties []string) (answer, error) {
	if err := r.only("$select", "$top", "$skip", "$filter", "$count", "$orderby", "$expand"); err != nil {
		return answer{}, err
	}
	if r.query.Filter != "" {
		keep, err := odata.ParseFilter(r.query.Filter, properties)
		if err != nil {
			return answer{}, err
		}
		all = slices.DeleteFunc(slices.Clone(all), func(o rawjson.Object) bool { return !keep(o) })
	}
	skip, top := r.window()
	from := min(skip, len(all))
	to := min(from+top, len(all))
	next := -1
	if to < len(all) {
		next = to
	}
	values := make([]rawjson.Object, 0, to-from)
	for _, o := range all[from:to] {
		values = append(values, r.selected(o))
	}
	return r.page(context, values, next, len(all))
}

// selected leaves the members that $select names, the id and the annotations.
func (r *request) selected(o rawjson.Object) rawjson.Object {
	if len(r.query.Select) == 0 {
		return o
	}
	return o.Where(func(name string) bool { return name == "id" || strings.HasPrefix(name, "@") || r.query.Selects(name) })
}

// entity is the answer that shows one object.
func (r *request) entity(status int, context string, o rawjson.Object) (answer, error) {
	head := rawjson.Of("@odata.context", r.contextOf(context)+"/$entity")
	if len(o) > 2 {
		head = append(append(head[:len(head)-1:len(head)-1], ','), o[1:]...)
	}
	return reply(status, head)
}
