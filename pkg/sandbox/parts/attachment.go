package parts

import (
	"encoding/base64"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/schema"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// attachmentType is the type that the body of a POST claims to be, of those
// that an event takes.
func (r *request) attachmentType() string {
	body, err := rawjson.Parse(r.Body)
	if err != nil {
		return "fileAttachment"
	}
	claimed := typeOf(body)
	for _, name := range []string{"itemAttachment", "referenceAttachment"} {
		if strings.EqualFold(claimed, name) {
			return name
		}
	}
	return "fileAttachment"
}

func typeOf(o rawjson.Object) string {
	_, name, _ := strings.Cut(o.Text("@odata.type"), "microsoft.graph.")
	return name
}

// plain leaves out of an attachment what v1.0 does not show unasked: the item
// of an item attachment, the link of a reference attachment (v1.0 CSDL).
func plain(a rawjson.Object) rawjson.Object {
	switch name := typeOf(a); name {
	case "itemAttachment":
		return a.Without("item")
	case "referenceAttachment":
		known := schema.Of(name)
		return a.Where(func(member string) bool { return strings.HasPrefix(member, "@odata.") || known.Has(member) })
	}
	return a
}

// Attachments are attachments as listed; only Outlook's lists carry content.
func Attachments(r *wire.Request, m *tenant.Mailbox, kind tenant.Kind, all []rawjson.Object) []rawjson.Object {
	own := &request{r, m, Owner{Kind: kind}}
	out := make([]rawjson.Object, 0, len(all))
	for _, a := range all {
		if kind == tenant.Tasks {
			a = a.Without("contentBytes")
		}
		out = append(out, own.attachment(a))
	}
	return out
}

// attachment is an attachment as the request wants to see it.
func (r *request) attachment(a rawjson.Object) rawjson.Object {
	out := plain(a)
	if _, ok := r.Query.Expands("microsoft.graph.itemAttachment/item"); ok && a.Has("item") {
		out = out.Set("item", a.Object("item"))
	}
	if r.Kind == tenant.Events && r.Prefer.Immutable {
		out = out.Set("id", r.box.ImmutableAttachment(a))
	}
	return out.Without("immutableId")
}

// value is the content itself (Graph docs, attachment-get).
func value(a rawjson.Object) (wire.Answer, error) {
	switch typeOf(a) {
	case "referenceAttachment":
		return wire.Answer{}, wire.NotAllowed("GET")
	case "itemAttachment":
		return wire.Answer{}, wire.NotEmulated("the MIME content of an item attachment")
	}
	data, err := base64.StdEncoding.DecodeString(a.Text("contentBytes"))
	if err != nil {
		return wire.Answer{}, &wire.Fail{Status: 500, Code: "ErrorCorruptData", Message: "Data is corrupt."}
	}
	return wire.Answer{Status: 200, Body: data, ContentType: "application/octet-stream"}, nil
}
