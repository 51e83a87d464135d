// Package outlook serves what lies below a user in Graph: contacts, calendars
// and To Do, and leads to what package settings and package parts serve.
//
// It promises each resource's own rules: which options and expansions it takes,
// what it shows only when asked by name, its pages and its actions. What a
// change does is the tenant's business.
package outlook

import (
	"net/http"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/settings"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// request is a request to a mailbox.
type request struct {
	*wire.Request
	box *tenant.Mailbox
}

// Serve answers for /users/{id}/… of a mailbox; path is what lies below.
func Serve(r *wire.Request, m *tenant.Mailbox, path []string) (wire.Answer, error) {
	return (&request{r, m}).mailbox(path)
}

func (r *request) mailbox(path []string) (wire.Answer, error) {
	rest := path[1:]
	switch strings.ToLower(path[0]) {
	case "mailboxsettings", "outlook":
		return settings.Serve(r.Request, r.box, path)
	case "contactfolders":
		return r.contactFolders(rest)
	case "contacts":
		return r.items(tenant.Contacts, "", rest)
	case "calendars":
		return r.calendars(rest)
	case "calendar", "events", "calendarview":
		return r.defaultCalendar(path)
	case "todo":
		return r.todoLists(rest)
	}
	return wire.Answer{}, wire.NoSegment(path[0])
}

// folderTypes name the containers.
var folderTypes = map[tenant.Kind]struct{ name, content string }{
	tenant.Contacts: {"contactFolder", "contacts"},
	tenant.Events:   {"calendar", "events"},
	tenant.Tasks:    {"todoTaskList", "tasks"},
}

// folderView leaves what is ours: the items and wellKnownName.
func folderView(f tenant.Folder) rawjson.Object {
	return f.Doc.Without(folderTypes[f.Kind].content, "wellKnownName", "distributionLists")
}

// folderPath is the canonical path of a kind's containers.
var folderPath = map[tenant.Kind]string{
	tenant.Contacts: "contactFolders", tenant.Events: "calendars", tenant.Tasks: "todo/lists",
}

// oneFolder serves a container itself.
func (r *request) oneFolder(kind tenant.Kind, id string) (wire.Answer, error) {
	context := "users('" + r.box.ID + "')/" + folderPath[kind]
	f, err := r.box.Folder(kind, id)
	if err != nil {
		return wire.Answer{}, r.unknownID(id, err)
	}
	switch r.Method {
	case http.MethodGet:
		if err := r.Only("$select", "$expand"); err != nil {
			return wire.Answer{}, err
		}
		if len(r.Query.Expand) > 0 {
			return wire.Answer{}, wire.BadQuery("The expansion of '" + r.Query.Expand[0].Name + "' is not supported.")
		}
		if err := r.KnownSelect(folderTypes[kind].name); err != nil {
			return wire.Answer{}, err
		}
		return r.Entity(200, context, r.Selected(folderView(f)))
	case http.MethodPatch:
		body, err := r.Checked(folderTypes[kind].name)
		if err != nil {
			return wire.Answer{}, err
		}
		f, err = r.box.UpdateFolder(kind, id, body)
		if err != nil {
			return wire.Answer{}, err
		}
		return r.Entity(200, context, folderView(f))
	case http.MethodDelete:
		if err := r.box.DeleteFolder(kind, id); err != nil {
			return wire.Answer{}, err
		}
		return wire.Nothing(204)
	}
	return wire.Answer{}, wire.NotAllowed(r.Method)
}

// newFolder serves the POST of a container.
func (r *request) newFolder(kind tenant.Kind, parent string) (wire.Answer, error) {
	body, err := r.Checked(folderTypes[kind].name)
	if err != nil {
		return wire.Answer{}, err
	}
	name := body.Text("displayName") + body.Text("name")
	if strings.TrimSpace(name) == "" {
		return wire.Answer{}, &wire.Fail{Status: 400, Code: "ErrorInvalidRequest", Message: "A name is needed."}
	}
	f, err := r.box.CreateFolder(kind, parent, name)
	if err != nil {
		return wire.Answer{}, err
	}
	return r.Entity(201, "users('"+r.box.ID+"')/"+folderPath[kind], folderView(f))
}

// contactFolders serves /contactFolders and everything below it. The list has
// the default folder's children and not the folder itself; nested folders are
// reached by their own id at any depth.
func (r *request) contactFolders(path []string) (wire.Answer, error) {
	if len(path) == 0 {
		return r.childFolders("contacts")
	}
	if len(path) == 1 {
		if strings.EqualFold(path[0], "delta") {
			return wire.Answer{}, wire.NotEmulated("contactFolders/delta")
		}
		return r.oneFolder(tenant.Contacts, path[0])
	}
	f, err := r.box.Folder(tenant.Contacts, path[0])
	if err != nil {
		return wire.Answer{}, r.unknownID(path[0], err)
	}
	switch strings.ToLower(path[1]) {
	case "childfolders":
		if len(path) == 2 {
			return r.childFolders(f.ID)
		}
		child, err := r.box.Folder(tenant.Contacts, path[2])
		if err != nil || child.Doc.Text("parentFolderId") != f.ID {
			return wire.Answer{}, tenant.ErrFolderNotFound
		}
		return r.contactFolders(path[2:])
	case "contacts":
		return r.items(tenant.Contacts, f.ID, path[2:])
	}
	return wire.Answer{}, wire.NoSegment(path[1])
}

func (r *request) childFolders(parent string) (wire.Answer, error) {
	f, err := r.box.Folder(tenant.Contacts, parent)
	if err != nil {
		return wire.Answer{}, err
	}
	if r.Method == http.MethodPost {
		return r.newFolder(tenant.Contacts, f.ID)
	}
	if r.Method != http.MethodGet {
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	var all []rawjson.Object
	for _, child := range r.box.Folders(tenant.Contacts) {
		if child.ID != f.ID && child.Doc.Text("parentFolderId") == f.ID {
			all = append(all, folderView(child))
		}
	}
	return r.folders(tenant.Contacts, all, "~displayName")
}

// folders lists containers, which can be filtered and sorted by the properties.
func (r *request) folders(kind tenant.Kind, all []rawjson.Object, properties ...string) (wire.Answer, error) {
	if err := r.KnownSelect(folderTypes[kind].name); err != nil {
		return wire.Answer{}, err
	}
	return r.Slice("users('"+r.box.ID+"')/"+folderPath[kind], all, properties)
}

// calendars serves /calendars and everything below it.
func (r *request) calendars(path []string) (wire.Answer, error) {
	if len(path) == 0 {
		if r.Method == http.MethodPost {
			return r.newFolder(tenant.Events, "")
		}
		if r.Method != http.MethodGet {
			return wire.Answer{}, wire.NotAllowed(r.Method)
		}
		var all []rawjson.Object
		for _, f := range r.box.Folders(tenant.Events) {
			all = append(all, folderView(f))
		}
		return r.folders(tenant.Events, all, "~name")
	}
	if len(path) == 1 {
		return r.oneFolder(tenant.Events, path[0])
	}
	if _, err := r.box.Folder(tenant.Events, path[0]); err != nil {
		return wire.Answer{}, r.unknownID(path[0], err)
	}
	switch strings.ToLower(path[1]) {
	case "events":
		return r.items(tenant.Events, path[0], path[2:])
	case "calendarview":
		return r.calendarView(path[0], path[2:])
	}
	return wire.Answer{}, wire.NoSegment(path[1])
}

// defaultCalendar serves /calendar, /events and /calendarView.
func (r *request) defaultCalendar(path []string) (wire.Answer, error) {
	f, err := r.box.Default(tenant.Events)
	if err != nil {
		return wire.Answer{}, err
	}
	switch strings.ToLower(path[0]) {
	case "calendar":
		return r.calendars(append([]string{f.ID}, path[1:]...))
	case "calendarview":
		return r.calendarView(f.ID, path[1:])
	}
	return r.items(tenant.Events, "", path[1:])
}

// unknownID tells a malformed id from one that is not there.
func (r *request) unknownID(id string, err error) error {
	for _, c := range id {
		if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/.", c) {
			return &wire.Fail{Status: 400, Code: "ErrorInvalidIdMalformed", Message: "Id is malformed."}
		}
	}
	return err
}
