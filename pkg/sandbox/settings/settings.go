// Package settings serves a user's mailboxSettings and outlook/masterCategories.
//
// It promises what Graph docs, outlookcategory, say: names are unique without
// regard to case and never change. The master list heeds no query option
// (observed in the field). It refuses writes to mailboxSettings.
package settings

import (
	"net/http"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// request is a request to a mailbox.
type request struct {
	*wire.Request
	box *tenant.Mailbox
}

// Serve answers for /users/{id}/mailboxSettings and /users/{id}/outlook; path
// begins with one of these.
func Serve(r *wire.Request, m *tenant.Mailbox, path []string) (wire.Answer, error) {
	own, rest := &request{r, m}, path[1:]
	if strings.EqualFold(path[0], "mailboxSettings") {
		return own.settings(rest)
	}
	if len(rest) > 0 && strings.EqualFold(rest[0], "masterCategories") {
		return own.categories(rest[1:])
	}
	return wire.Answer{}, wire.NoSegment(strings.Join(rest, "/"))
}

func (r *request) settings(path []string) (wire.Answer, error) {
	if r.Method != http.MethodGet {
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	purpose := r.box.Purpose
	if purpose == "" {
		purpose = "user"
	}
	doc := rawjson.Of("archiveFolder", "", "timeZone", "UTC", "delegateMeetingMessageDeliveryOptions", "sendToDelegateOnly",
		"dateFormat", "yyyy-MM-dd", "timeFormat", "HH:mm", "userPurpose", purpose,
		"language", rawjson.Of("locale", "en-US", "displayName", "English (United States)"))
	context := "users('" + r.box.ID + "')/mailboxSettings"
	switch {
	case len(path) == 0:
		out := rawjson.Of("@odata.context", r.ContextOf(context))
		for name, value := range r.Selected(doc).Members() {
			out = out.Set(name, rawjson.Object(value))
		}
		return wire.Reply(200, out)
	case len(path) == 1:
		for name, value := range doc.Members() {
			if strings.EqualFold(name, path[0]) {
				return wire.Reply(200, rawjson.Of("@odata.context", r.ContextOf(context+"/"+name), "value", rawjson.Object(value)))
			}
		}
	}
	return wire.Answer{}, wire.NoSegment(path[0])
}

// categories serves the master list. It heeds no query option.
func (r *request) categories(path []string) (wire.Answer, error) {
	context := "users('" + r.box.ID + "')/outlook/masterCategories"
	r.Query.Select = nil
	if len(path) > 1 {
		return wire.Answer{}, wire.NoSegment(path[1])
	}
	if len(path) == 0 {
		switch r.Method {
		case http.MethodGet:
			return wire.Reply(200, rawjson.Of("@odata.context", r.ContextOf(context), "value", append([]rawjson.Object{}, r.box.Categories()...)))
		case http.MethodPost:
			return r.addCategory(context)
		}
		return wire.Answer{}, wire.NotAllowed(r.Method)
	}
	switch r.Method {
	case http.MethodGet:
		for _, c := range r.box.Categories() {
			if c.Text("id") == path[0] {
				return r.Entity(200, context, c)
			}
		}
		return wire.Answer{}, tenant.ErrNotFound
	case http.MethodPatch:
		return r.colorCategory(context, path[0])
	case http.MethodDelete:
		if err := r.box.DeleteCategory(path[0]); err != nil {
			return wire.Answer{}, err
		}
		return wire.Nothing(204)
	}
	return wire.Answer{}, wire.NotAllowed(r.Method)
}

func (r *request) addCategory(context string) (wire.Answer, error) {
	body, err := r.Checked("outlookCategory")
	if err != nil {
		return wire.Answer{}, err
	}
	if strings.TrimSpace(body.Text("displayName")) == "" {
		return wire.Answer{}, &wire.Fail{Status: 400, Code: "ErrorInvalidRequest", Message: "The category needs a displayName."}
	}
	c, err := r.box.AddCategory(body.Text("displayName"), body.Text("color"))
	if err != nil {
		return wire.Answer{}, err
	}
	return r.Entity(201, context, c)
}

func (r *request) colorCategory(context, id string) (wire.Answer, error) {
	body, err := r.Checked("outlookCategory")
	if err != nil {
		return wire.Answer{}, err
	}
	if body.Has("displayName") {
		return wire.Answer{}, &wire.Fail{Status: 400, Code: "ErrorInvalidRequest", Message: "The displayName of a category cannot be changed."}
	}
	c, err := r.box.ColorCategory(id, body.Text("color"))
	if err != nil {
		return wire.Answer{}, err
	}
	return r.Entity(200, context, c)
}
