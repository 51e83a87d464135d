// Package parts serves what hangs on an item: attachments and the sessions that
// upload large ones, checklist items, linked resources and open extensions.
//
// It promises the sizes, forms and ranges of Graph docs, outlook-large-attachments,
// todo-attachments and opentypeextension. An attachment of three megabytes or
// more goes through a session only: an event's at another host, with no
// Authorization header, a task's at Graph, with one.
// It refuses to list extensions, which Outlook finds by name alone.
package parts

import (
	"net/http"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// Owner is the item on which the parts hang.
type Owner struct {
	Kind tenant.Kind
	// FolderID is the folder by which the item was found, "" for any, ID the id
	// that the request names.
	FolderID, ID string
	// Context is the item's place in @odata.context.
	Context string
}

// request is a request for the parts of an item.
type request struct {
	*wire.Request
	box *tenant.Mailbox
	Owner
}

// list is one of an item's lists, and the type of its elements.
type list struct{ name, typeName string }

// Serve answers for a path below an item; ok is false for what is no part.
func Serve(r *wire.Request, m *tenant.Mailbox, of Owner, path []string) (a wire.Answer, ok bool, err error) {
	own := &request{r, m, of}
	ofTask, typeName := of.Kind == tenant.Tasks, "fileAttachment"
	if ofTask {
		typeName = "taskFileAttachment"
	}
	ok = true
	name := strings.ToLower(path[0])
	switch name {
	case "attachments":
		if ok = of.Kind != tenant.Contacts; ok {
			a, err = own.list(list{"attachments", typeName}, path[1:])
		}
	case "checklistitems":
		if ok = ofTask; ok {
			a, err = own.list(list{"checklistItems", "checklistItem"}, path[1:])
		}
	case "linkedresources":
		if ok = ofTask; ok {
			a, err = own.list(list{"linkedResources", "linkedResource"}, path[1:])
		}
	case "attachmentsessions":
		if ok = ofTask; ok {
			a, err = own.session(path[1:])
		}
	case "extensions":
		a, err = own.extensions(path[1:])
	default:
		ok = false
	}
	return a, ok, err
}

// list serves one of an item's lists and its elements.
func (r *request) list(l list, path []string) (wire.Answer, error) {
	if r.Kind == tenant.Tasks && len(r.Query.Select) > 0 {
		return wire.Answer{}, wire.NoSelect()
	}
	if err := r.Only("$select", "$expand", "$top", "$skip", "$count"); err != nil {
		return wire.Answer{}, err
	}
	if len(path) == 0 {
		return r.whole(l)
	}
	if l.name == "attachments" && len(path) == 1 && strings.EqualFold(path[0], "createUploadSession") {
		return r.newSession()
	}
	all, err := r.box.Children(r.Kind, r.FolderID, r.ID, l.name)
	if err != nil {
		return wire.Answer{}, err
	}
	for _, element := range all {
		own := element.Text("id")
		if own == path[0] || l.name == "attachments" && r.box.ImmutableAttachment(element) == path[0] {
			return r.element(l, element, path[1:])
		}
	}
	return wire.Answer{}, tenant.ErrNotFound
}

func (r *request) whole(l list) (wire.Answer, error) {
	switch r.Method {
	case http.MethodGet:
		all, err := r.box.Children(r.Kind, r.FolderID, r.ID, l.name)
		if err != nil {
			return wire.Answer{}, err
		}
		if l.name == "attachments" {
			all = Attachments(r.Request, r.box, r.Kind, all)
		}
		return r.Slice(r.Context+"/"+l.name, all, nil)
	case http.MethodPost:
		return r.add(l)
	}
	return wire.Answer{}, wire.NotAllowed(r.Method)
}

func (r *request) add(l list) (wire.Answer, error) {
	typeName := l.typeName
	if l.name == "attachments" && r.Kind == tenant.Events {
		typeName = r.attachmentType()
	}
	body, err := r.Checked(typeName)
	if err != nil {
		return wire.Answer{}, err
	}
	if l.name == "attachments" && (body.Text("@odata.type") == "" || body.Text("name") == "") {
		return wire.Answer{}, wire.BadBody("An attachment needs @odata.type and name.")
	}
	added, err := r.box.AddChild(r.Kind, r.FolderID, r.ID, l.name, body)
	if err != nil {
		return wire.Answer{}, err
	}
	return r.Entity(201, r.Context+"/"+l.name, plain(added))
}

func (r *request) element(l list, element rawjson.Object, path []string) (wire.Answer, error) {
	context := r.Context + "/" + l.name
	switch {
	case len(path) == 1 && path[0] == "$value" && l.name == "attachments" && r.Method == http.MethodGet:
		return value(element)
	case len(path) > 0:
		return wire.Answer{}, wire.NoSegment(path[0])
	case r.Method == http.MethodGet:
		if l.name == "attachments" {
			element = r.attachment(element)
		}
		return r.Entity(200, context, r.Selected(element))
	case r.Method == http.MethodPatch && l.name != "attachments":
		body, err := r.Checked(l.typeName)
		if err != nil {
			return wire.Answer{}, err
		}
		changed, err := r.box.UpdateChild(r.Kind, r.FolderID, r.ID, l.name, element.Text("id"), body)
		if err != nil {
			return wire.Answer{}, err
		}
		return r.Entity(200, context, changed)
	case r.Method == http.MethodDelete:
		if err := r.box.DeleteChild(r.Kind, r.FolderID, r.ID, l.name, element.Text("id")); err != nil {
			return wire.Answer{}, err
		}
		return wire.Nothing(204)
	}
	return wire.Answer{}, wire.NotAllowed(r.Method)
}
