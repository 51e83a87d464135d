package outlook

import (
	"net/http"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/parts"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// below serves what hangs on an item.
func (r *request) below(kind tenant.Kind, folderID string, it tenant.Item, id string, path []string) (wire.Answer, error) {
	name := strings.ToLower(path[0])
	switch {
	case kind == tenant.Contacts && name == "photo":
		return r.photo(folderID, it, path[1:])
	case kind == tenant.Events && name == "instances" && len(path) == 1:
		return r.instances(folderID, id)
	case kind == tenant.Events && name == "calendar" && len(path) == 1:
		return r.oneFolder(tenant.Events, it.FolderID)
	case kind != tenant.Tasks && name == "permanentdelete" && len(path) == 1:
		return r.permanentDelete(kind, folderID, id)
	case kind == tenant.Tasks && name == "permanentdelete":
		return wire.Answer{}, wire.NotAllowed(r.Method) // no task has it (v1.0 CSDL)
	case kind == tenant.Events && name == "cancel" && len(path) == 1:
		return r.cancel(folderID, id)
	case kind == tenant.Events && answers[name] != "" && len(path) == 1:
		return r.respond(folderID, it, id, answers[name])
	case kind == tenant.Events && (name == "forward" || name == "snoozereminder" || name == "dismissreminder"):
		return wire.Answer{}, wire.NotEmulated("the action " + path[0])
	}
	a, ok, err := parts.Serve(r.Request, r.box, parts.Owner{Kind: kind, FolderID: folderID, ID: id, Context: r.itemsContext(kind)}, path)
	if ok {
		return a, err
	}
	return wire.Answer{}, wire.NoSegment(path[0])
}

// between reads startDateTime and endDateTime, both of which are needed.
func (r *request) between() (from, to time.Time, err error) {
	for _, one := range []struct {
		name string
		into *time.Time
	}{{"startDateTime", &from}, {"endDateTime", &to}} {
		text := r.Query.Param[one.name]
		if text == "" {
			return from, to, &wire.Fail{
				Status: 400, Code: "ErrorInvalidParameter",
				Message: "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.",
			}
		}
		if *one.into, err = readTime(text); err != nil {
			return from, to, &wire.Fail{Status: 400, Code: "ErrorInvalidParameter", Message: "The value '" + text + "' of parameter '" + one.name + "' is invalid."}
		}
	}
	return from, to, nil
}

// readTime reads a time; without an offset it is UTC.
func readTime(text string) (time.Time, error) {
	var err error
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		var at time.Time
		if at, err = time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, err
}

func (r *request) instances(folderID, id string) (wire.Answer, error) {
	return r.timed(func(from, to time.Time) ([]tenant.Item, error) { return r.box.Instances(folderID, id, from, to) })
}

func (r *request) calendarView(calendarID string, path []string) (wire.Answer, error) {
	if len(path) > 0 {
		return r.items(tenant.Events, "", path)
	}
	return r.timed(func(from, to time.Time) ([]tenant.Item, error) { return r.box.CalendarView(calendarID, from, to) })
}

// timed lists events within the request's window of time.
func (r *request) timed(list func(from, to time.Time) ([]tenant.Item, error)) (wire.Answer, error) {
	if r.Method != http.MethodGet {
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	if err := r.heedZone(); err != nil {
		return wire.Answer{}, err
	}
	if err := r.Only("$select", "$top", "$skip", "$count", "startDateTime", "endDateTime", "$expand"); err != nil {
		return wire.Answer{}, err
	}
	from, to, err := r.between()
	if err != nil {
		return wire.Answer{}, err
	}
	if err := r.KnownSelect("event"); err != nil {
		return wire.Answer{}, err
	}
	all, err := list(from, to)
	if err != nil {
		return wire.Answer{}, err
	}
	skip, top := r.Window()
	page := all[min(skip, len(all)):min(skip+top, len(all))]
	next := -1
	if skip+len(page) < len(all) {
		next = skip + len(page)
	}
	return r.Page(r.itemsContext(tenant.Events), r.views(tenant.Events, page), next, len(all))
}
