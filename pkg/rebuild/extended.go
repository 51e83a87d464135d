package rebuild

import (
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// derived are named properties that Exchange makes of other members, so that
// they come back by themselves (in the form of their ids of sameProperty).
func derived(id string) bool {
	for _, own := range []string{
		item.PictureProperty, item.MarkProperty, messageClass,
		"String {00062004-0000-0000-C000-000000000046} Id 0x8083",
		"String {00062004-0000-0000-C000-000000000046} Id 0x8093",
		"String {00062004-0000-0000-C000-000000000046} Id 0x80A3",
	} {
		if sameProperty(own, id) {
			return true
		}
	}
	return false
}

// messageClass is PidTagMessageClass: which form an item is shown in.
const messageClass = "String 0x1A"

// sameProperty compares as Exchange does: without regard to case, but for the
// name of a named one, and 0x001A is 0x1A.
func sameProperty(a, b string) bool {
	headA, nameA, namedA := strings.Cut(a, " Name ")
	headB, nameB, namedB := strings.Cut(b, " Name ")
	if namedA || namedB {
		return nameA == nameB && strings.EqualFold(headA, headB)
	}
	return plainNumber(a) == plainNumber(b)
}

func plainNumber(id string) string {
	head, number, _ := strings.Cut(strings.ToLower(id), "0x")
	return head + "0x" + strings.TrimLeft(number, "0")
}

// extended cleans named properties and extensions.
func (m *maker) extended(o *object) {
	kept := []object{}
	for _, p := range objects(o.get("singleValueExtendedProperties")) {
		m.formLost(p)
		switch {
		case derived(p.text("id")):
		case p.get("value") == nil:
			m.losses.add(NoValue, p.text("id"))
		default:
			kept = append(kept, p)
		}
	}
	o.replace("singleValueExtendedProperties", kept)
	m.extensions(o)
}

// mark leaves the mark among the named properties.
func (m *maker) mark(o *object) {
	if m.options.Mark == "" {
		return
	}
	const properties = "singleValueExtendedProperties"
	own := object{{"id", value(item.MarkProperty)}, {"value", value(m.options.Mark)}}
	o.replace(properties, append(objects(o.get(properties)), own))
}

func (m *maker) formLost(p object) {
	class := p.text("value")
	if sameProperty(p.text("id"), messageClass) && m.line.Kind == item.Contacts && !strings.EqualFold(class, "IPM.Contact") {
		m.losses.add(MessageClass, class)
	}
}

// extensionPrefix stands before an extension's name in the id that Outlook
// gives it (Graph docs, opentypeextension-get).
const extensionPrefix = "Microsoft.OutlookServices.OpenTypeExtension."

// extensions keeps open extensions with all their values, by their names.
func (m *maker) extensions(o *object) {
	var kept []object
	for _, x := range objects(o.get("extensions")) {
		name := x.text("extensionName")
		if name == "" {
			name = strings.TrimPrefix(x.text("id"), extensionPrefix)
		}
		clean := object{
			{"@odata.type", value("#microsoft.graph.openTypeExtension")}, {"extensionName", value(name)},
		}
		for _, v := range x {
			typed := strings.HasSuffix(v.name, "@odata.type")
			if v.name != "id" && v.name != "extensionName" && (!strings.Contains(v.name, "@") || typed && v.name != "@odata.type") {
				clean.set(v.name, v.value)
			}
		}
		kept = append(kept, clean)
	}
	o.replace("extensions", kept)
}
