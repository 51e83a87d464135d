package outlook

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

func (r *request) permanentDelete(kind tenant.Kind, folderID, id string) (wire.Answer, error) {
	if _, err := r.parameters(); err != nil {
		return wire.Answer{}, err
	}
	if err := r.box.Delete(kind, folderID, id, r.Header.Get("If-Match"), true); err != nil {
		return wire.Answer{}, err
	}
	return wire.Nothing(204)
}

// parameters are those of an action, under the names given, which Graph reads
// without regard to case. An action is a POST; its body may be absent.
func (r *request) parameters(names ...string) (rawjson.Object, error) {
	if r.Method != http.MethodPost {
		return nil, wire.NotAllowed(r.Method)
	}
	out := rawjson.Empty()
	if len(r.Body) == 0 {
		return out, nil
	}
	body, err := r.Object()
	if err != nil {
		return nil, err
	}
	for given, value := range body.Members() {
		at := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, given) })
		if at < 0 {
			return nil, wire.BadBody("The parameter '" + given + "' in the request payload is not a valid parameter for the operation.")
		}
		out = out.Set(names[at], rawjson.Object(value))
	}
	return out, nil
}

func (r *request) cancel(folderID, id string) (wire.Answer, error) {
	if _, err := r.parameters("comment"); err != nil {
		return wire.Answer{}, err
	}
	if err := r.box.Cancel(folderID, id); err != nil {
		return wire.Answer{}, err
	}
	return wire.Nothing(202)
}

// answers are the actions of an attendee, by their names in lower case.
var answers = map[string]tenant.Answer{"accept": tenant.Accepted, "tentativelyaccept": tenant.Tentative, "decline": tenant.Declined}

// respond serves an attendee's answer. The organizer hears of it unless
// sendResponse is false (Graph docs, event-decline).
func (r *request) respond(folderID string, it tenant.Item, id string, answer tenant.Answer) (wire.Answer, error) {
	names := []string{"comment", "sendResponse", "proposedNewTime"}
	if answer == tenant.Accepted {
		names = names[:2]
	}
	given, err := r.parameters(names...)
	if err != nil {
		return wire.Answer{}, err
	}
	send, err := sendResponse(given)
	if err != nil {
		return wire.Answer{}, err
	}
	if given.Has("proposedNewTime") && (!send || !it.Body.Bool("allowNewTimeProposals", true)) {
		return wire.Answer{}, &wire.Fail{
			Status: 400, Code: "ErrorInvalidParameter",
			Message: "ProposedNewTime needs a response to be sent, for a meeting that allows new time proposals.",
		}
	}
	if err := r.box.Respond(folderID, id, answer, send); err != nil {
		return wire.Answer{}, err
	}
	return wire.Nothing(202)
}

// sendResponse reads the parameter, which is true where it is absent and must
// be so where there is a comment (observed in the field).
func sendResponse(given rawjson.Object) (bool, error) {
	raw, ok := given.Get("sendResponse")
	if ok && string(raw) != "true" && string(raw) != "false" && string(raw) != "null" {
		return false, wire.BadBody("Cannot convert the value of 'SendResponse' to the expected type 'Edm.Boolean'.")
	}
	send := given.Bool("sendResponse", true)
	if !send && given.Text("comment") != "" {
		return false, &wire.Fail{Status: 400, Code: "ErrorInvalidParameter", Message: "'SendResponse' must be true when 'Comment' is not null."}
	}
	return send, nil
}

// photo serves a contact's photo and its bytes.
func (r *request) photo(folderID string, it tenant.Item, path []string) (wire.Answer, error) {
	value := len(path) == 1 && path[0] == "$value"
	switch {
	case len(path) > 0 && !value:
		return wire.Answer{}, wire.NoSegment(path[0])
	case value && (r.Method == http.MethodPut || r.Method == http.MethodPatch):
		return r.newPhoto(folderID, it)
	case !value && r.Method == http.MethodDelete:
		if !it.Body.Has("photo") {
			return wire.Answer{}, tenant.ErrNotFound
		}
		if err := r.box.SetPhoto(folderID, it.ID, "", nil); err != nil {
			return wire.Answer{}, err
		}
		return wire.Nothing(204)
	case r.Method != http.MethodGet:
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	photo := it.Body.Object("photo")
	data, err := base64.StdEncoding.DecodeString(photo.Text("contentBytes"))
	if err != nil || len(data) == 0 {
		return wire.Answer{}, tenant.ErrNotFound
	}
	if value {
		return wire.Answer{Status: 200, Body: data, ContentType: photo.Text("contentType")}, nil
	}
	return r.Entity(200, "users('"+r.box.ID+"')/contacts('"+it.ID+"')/photo", rawjson.Of(
		"@odata.mediaContentType", photo.Text("contentType"), "id", "default", "height", 100, "width", 100))
}

// newPhoto takes the bytes of a photo; none take the photo away (observed in
// the field).
func (r *request) newPhoto(folderID string, it tenant.Item) (wire.Answer, error) {
	contentType := r.Header.Get("Content-Type")
	if len(r.Body) > 0 && !strings.HasPrefix(strings.ToLower(contentType), "image/") {
		return wire.Answer{}, &wire.Fail{Status: 415, Code: "UnsupportedMediaType", Message: "A photo needs a Content-Type that begins with image/."}
	}
	if err := r.box.SetPhoto(folderID, it.ID, contentType, r.Body); err != nil {
		return wire.Answer{}, err
	}
	return wire.Nothing(200)
}
