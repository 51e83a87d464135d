package parts

import (
	"net/http"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/shape"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

const extensions = "extensions"

// extensions serves an item's open extensions: POST to the list, the rest by
// name or id (Graph docs, opentypeextension).
func (r *request) extensions(path []string) (wire.Answer, error) {
	if err := r.Only("$select"); err != nil {
		return wire.Answer{}, err
	}
	switch {
	case len(path) > 1:
		return wire.Answer{}, wire.NoSegment(path[1])
	case len(path) == 0 && r.Method == http.MethodPost:
		return r.newExtension()
	case len(path) == 0, r.Method == http.MethodPost, r.Method == http.MethodPut:
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	found, err := r.extension(path[0])
	if err != nil {
		return wire.Answer{}, err
	}
	context := r.Context + "/extensions"
	switch r.Method {
	case http.MethodGet:
		return r.Entity(200, context, r.Selected(found))
	case http.MethodPatch:
		patch, err := r.extensionBody()
		if err != nil {
			return wire.Answer{}, err
		}
		if name := patch.Text("extensionName"); name != "" && name != found.Text("extensionName") {
			return wire.Answer{}, wire.BadBody("The extensionName cannot be changed.")
		}
		changed, err := r.box.UpdateChild(r.Kind, r.FolderID, r.ID, extensions, found.Text("id"), patch)
		if err != nil {
			return wire.Answer{}, err
		}
		return r.Entity(200, context, changed)
	case http.MethodDelete:
		if err := r.box.DeleteChild(r.Kind, r.FolderID, r.ID, extensions, found.Text("id")); err != nil {
			return wire.Answer{}, err
		}
		return wire.Nothing(204)
	}
	return wire.Answer{}, wire.NotAllowed(r.Method)
}

// extension finds an extension by its name or its id.
func (r *request) extension(name string) (rawjson.Object, error) {
	all, err := r.box.Children(r.Kind, r.FolderID, r.ID, extensions)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if shape.SameProperty(one, name) {
			return one, nil
		}
	}
	return nil, tenant.ErrNotFound
}

// newExtension adds one. What a second one of the same name does is not
// documented; it is refused, so that no client counts on either.
func (r *request) newExtension() (wire.Answer, error) {
	body, err := r.extensionBody()
	if err != nil {
		return wire.Answer{}, err
	}
	name := body.Text("extensionName")
	if name == "" || body.Text("@odata.type") == "" {
		return wire.Answer{}, wire.BadBody("An open extension needs @odata.type and extensionName.")
	}
	if _, err := r.extension(name); err == nil {
		return wire.Answer{}, &wire.Fail{Status: 409, Code: "Conflict", Message: "The extension '" + name + "' is there already."}
	}
	added, err := r.box.AddChild(r.Kind, r.FolderID, r.ID, extensions, body)
	if err != nil {
		return wire.Answer{}, err
	}
	return r.Entity(201, r.Context+"/extensions", added)
}

// extensionBody is the body: values that are primitive, or lists of such
// (Graph docs, opentypeextension).
func (r *request) extensionBody() (rawjson.Object, error) {
	body, err := r.Object()
	if err != nil {
		return nil, err
	}
	if t := body.Text("@odata.type"); t != "" && !strings.EqualFold(strings.TrimPrefix(t, "#"), "microsoft.graph.openTypeExtension") {
		return nil, wire.BadBody("The type '" + t + "' is not an open extension.")
	}
	for name, value := range body.Members() {
		nested := value[0] == '{'
		for element := range rawjson.Elements(value) {
			nested = nested || element[0] == '{' || element[0] == '['
		}
		if nested || name == "id" {
			return nil, wire.BadBody("The value of '" + name + "' cannot be kept in an open extension.")
		}
	}
	return body, nil
}
