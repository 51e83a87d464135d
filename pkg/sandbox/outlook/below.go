package outlook

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
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
	case kind != tenant.Contacts && name == "attachments":
		return r.children(child{kind, folderID, id, "attachments", "attachment"}, path[1:])
	case kind == tenant.Tasks && name == "checklistitems":
		return r.children(child{kind, folderID, id, "checklistItems", "checklistItem"}, path[1:])
	case kind == tenant.Tasks && name == "linkedresources":
		return r.children(child{kind, folderID, id, "linkedResources", "linkedResource"}, path[1:])
	case kind == tenant.Tasks && name == "permanentdelete":
		return wire.Answer{}, wire.NotAllowed(r.Method) // no task has it (v1.0 CSDL)
	case kind == tenant.Events && name == "cancel" && len(path) == 1:
		return r.cancel(folderID, id)
	case kind == tenant.Events && answers[name] != "" && len(path) == 1:
		return r.respond(folderID, it, id, answers[name])
	case kind == tenant.Events && (name == "forward" || name == "snoozereminder" || name == "dismissreminder"):
		return wire.Answer{}, wire.NotEmulated("the action " + path[0])
	case name == "extensions" || name == "attachmentsessions":
		return wire.Answer{}, wire.NotEmulated(path[0])
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

// child names one of an item's lists.
type child struct {
	kind                         tenant.Kind
	folderID, id, list, typeName string
}

// children serves one of an item's lists and its elements.
func (r *request) children(c child, path []string) (wire.Answer, error) {
	if err := r.Only("$select", "$expand", "$top", "$skip", "$count"); err != nil {
		return wire.Answer{}, err
	}
	if c.kind == tenant.Tasks && len(r.Query.Select) > 0 {
		return wire.Answer{}, r.checkQuery(tenant.Tasks, true)
	}
	if len(path) == 0 {
		return r.childList(c)
	}
	if strings.EqualFold(path[0], "createUploadSession") {
		return wire.Answer{}, wire.NotEmulated("upload sessions")
	}
	list, err := r.box.Children(c.kind, c.folderID, c.id, c.list)
	if err != nil {
		return wire.Answer{}, err
	}
	for _, element := range list {
		own := element.Text("id")
		if own == path[0] || c.list == "attachments" && r.box.ImmutableAttachment(element) == path[0] {
			return r.oneChild(c, element, path[1:])
		}
	}
	return wire.Answer{}, tenant.ErrNotFound
}

func (r *request) childList(c child) (wire.Answer, error) {
	switch r.Method {
	case http.MethodGet:
		list, err := r.box.Children(c.kind, c.folderID, c.id, c.list)
		if err != nil {
			return wire.Answer{}, err
		}
		if c.list == "attachments" {
			list = r.attachmentViews(c.kind, list, c.kind == tenant.Events)
		}
		return r.Slice(r.itemsContext(c.kind)+"/"+c.list, list, nil)
	case http.MethodPost:
		return r.newChild(c)
	}
	return wire.Answer{}, wire.NotAllowed(r.Method)
}

func (r *request) newChild(c child) (wire.Answer, error) {
	typeName := c.typeName
	if c.list == "attachments" {
		typeName = "fileAttachment"
		if c.kind == tenant.Tasks {
			typeName = "taskFileAttachment"
		}
	}
	body, err := r.Checked(typeName)
	if err != nil {
		return wire.Answer{}, err
	}
	if c.list == "attachments" && (body.Text("@odata.type") == "" || body.Text("name") == "") {
		return wire.Answer{}, wire.BadBody("An attachment needs @odata.type and name.")
	}
	added, err := r.box.AddChild(c.kind, c.folderID, c.id, c.list, body)
	if err != nil {
		return wire.Answer{}, err
	}
	return r.Entity(201, r.itemsContext(c.kind)+"/"+c.list, added)
}

func (r *request) oneChild(c child, element rawjson.Object, path []string) (wire.Answer, error) {
	context := r.itemsContext(c.kind) + "/" + c.list
	if len(path) > 0 {
		if c.list == "attachments" && path[0] == "$value" && r.Method == http.MethodGet {
			data, err := base64.StdEncoding.DecodeString(element.Text("contentBytes"))
			if err != nil {
				return wire.Answer{}, &wire.Fail{Status: 500, Code: "ErrorCorruptData", Message: "Data is corrupt."}
			}
			return wire.Answer{Status: 200, Body: data, ContentType: "application/octet-stream"}, nil
		}
		return wire.Answer{}, wire.NoSegment(path[0])
	}
	switch {
	case r.Method == http.MethodGet:
		if c.list == "attachments" {
			element = r.attachmentViews(c.kind, []rawjson.Object{element}, true)[0]
		}
		return r.Entity(200, context, r.Selected(element))
	case r.Method == http.MethodPatch && c.list != "attachments":
		body, err := r.Checked(c.typeName)
		if err != nil {
			return wire.Answer{}, err
		}
		changed, err := r.box.UpdateChild(c.kind, c.folderID, c.id, c.list, element.Text("id"), body)
		if err != nil {
			return wire.Answer{}, err
		}
		return r.Entity(200, context, changed)
	case r.Method == http.MethodDelete:
		if err := r.box.DeleteChild(c.kind, c.folderID, c.id, c.list, element.Text("id")); err != nil {
			return wire.Answer{}, err
		}
		return wire.Nothing(204)
	}
	return wire.Answer{}, wire.NotAllowed(r.Method)
}
