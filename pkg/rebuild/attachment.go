package rebuild

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// Attachment makes of an attachment as backed up the body that adds it to the
// new item, and tells what it loses. A nil body without an error says that the
// attachment cannot be added at all; the losses say why. Bytes that are no JSON
// object are item.ErrMalformed.
func Attachment(raw json.RawMessage) (body json.RawMessage, lost []Loss, err error) {
	o, err := parse(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: an attachment: %w", item.ErrMalformed, err)
	}
	a := &attacher{}
	out := a.attachment(o)
	if out != nil {
		body = out.encode()
	}
	return body, a.losses.sorted(), nil
}

type attacher struct{ losses losses }

// typeName is the Graph type that an object names, such as fileAttachment.
func typeName(o object) string {
	name := o.text("@odata.type")
	return name[strings.LastIndex(name, ".")+1:]
}

func (a *attacher) attachment(o object) object {
	switch typeName(o) {
	case "referenceAttachment":
		a.losses.add(Reference, o.text("name"))
		return nil
	case "itemAttachment":
		return a.item(o)
	}
	s := names("name contentType contentBytes")
	if typeName(o) != "taskFileAttachment" {
		s = s.with(names("isInline contentId contentLocation"))
	}
	if o.get("contentBytes") == nil {
		a.losses.add(NoContent, o.text("name"))
		return nil
	}
	kind := cmp.Or(typeName(o), "fileAttachment")
	return a.clean(s, o, "#microsoft.graph."+kind)
}

// clean keeps what is in the shape, with the type in front.
func (a *attacher) clean(s shape, o object, kind string) object {
	out := object{{"@odata.type", value(kind)}}
	known := names("id size lastModifiedDateTime item")
	return append(out, s.clean(o, "", func(path string) {
		if _, ok := known[path]; !ok {
			a.losses.add(UnknownMembers, path)
		}
	})...)
}

// item cleans an attached item; the service refuses members in it that it sets
// itself (observed in the field).
func (a *attacher) item(o object) object {
	within, err := parse(o.get("item"))
	if err != nil {
		a.losses.add(NoContent, o.text("name"))
		return nil
	}
	if decode[bool](within.get("hasAttachments")) || len(elements(within.get("attachments"))) > 0 {
		a.losses.add(NestedParts, o.text("name"))
	}
	out := a.clean(names("name contentType isInline"), o, "#microsoft.graph.itemAttachment")
	clean, ok := a.attached(within)
	if !ok {
		a.losses.add(NestedItem, o.text("name"))
		return nil
	}
	kind := object{{"@odata.type", value("#microsoft.graph." + typeName(within))}}
	out.set("item", append(kind, clean...).encode())
	return out
}

func (a *attacher) attached(o object) (clean object, ok bool) {
	m := &maker{}
	switch typeName(o) {
	case "contact":
		clean = m.writable(contactShape(), o)
	case "event":
		clean = m.eventBody(o)
	case "message":
		return a.message(o), true
	default:
		return nil, false
	}
	a.take(m.losses)
	return clean, true
}

func (a *attacher) take(more losses) {
	for name, details := range more {
		a.losses.add(name, details...)
	}
}

// message keeps what a draft can have; when it came, and from where, stays in
// the backup only.
func (a *attacher) message(o object) object {
	person := shape{"emailAddress": names("name address")}
	a.losses.add(Message)
	s := names("subject importance categories isRead").with(shape{
		"body": names("contentType content"), "from": person, "sender": person, "toRecipients": person,
		"ccRecipients": person, "bccRecipients": person, "replyTo": person,
	})
	return s.clean(o, "", func(string) {})
}
