package rebuild

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/order"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// texts are JSON values, canonical.
func texts(all []json.RawMessage) any {
	var out []any
	for _, raw := range all {
		out = append(out, plain(raw))
	}
	return orNothing(out)
}

func orNothing(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list
}

// dates are a set of dates.
func dates(all []time.Time) any {
	days := map[string]bool{}
	for _, day := range all {
		days[day.Format(time.DateOnly)] = true
	}
	var out []any
	for _, day := range sortedKeys(days) {
		out = append(out, day)
	}
	return orNothing(out)
}

// plain decodes a value, keeps the digits of numbers, and leaves out of objects
// what is null or empty.
func plain(raw json.RawMessage) any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if len(raw) == 0 || d.Decode(&v) != nil {
		return nil
	}
	return full(v)
}

// full is a value without what is empty, nil if nothing is left.
func full(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, within := range v {
			if within = full(within); within == nil {
				delete(v, name)
			} else {
				v[name] = within
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = full(v[i])
		}
	case string:
		if v == "" {
			return nil
		}
	}
	return v
}

// canonical is what can be written of an item or exception, in a form that is
// the same for all that means the same.
func canonical(m *maker, body object) map[string]any {
	out := map[string]any{}
	allDay := decode[bool](body.get("isAllDay"))
	for _, v := range body {
		if one := canonicalMember(v, allDay); one != nil {
			out[v.name] = one
		}
	}
	for _, name := range []string{"start", "end"} {
		if zone := decode[moment](body.get(name)).TimeZone; zone != "" && !allDay {
			out[name+"Zone"] = zoneName(zone)
		}
	}
	if len(m.recipe.Then) > 0 {
		patch, _ := parse(m.recipe.Then[0])
		recurrence, _ := parse(patch.get("recurrence"))
		out["recurrence"] = pattern(recurrence)
	}
	return out
}

func canonicalMember(v member, allDay bool) any {
	switch v.name {
	case "transactionId":
		return nil
	case "birthday":
		return full(day(decode[string](v.value)))
	case "start", "end":
		if allDay {
			return full(day(decode[moment](v.value).DateTime))
		}
		return instant(v.value)
	case "dueDateTime", "startDateTime", "reminderDateTime", "completedDateTime":
		return instant(v.value)
	case "body":
		return said(v.value)
	case "location", "locations":
		return places(plain(v.value))
	case "recurrence":
		return recurs(v.value)
	case "singleValueExtendedProperties", "multiValueExtendedProperties":
		return keyed(v.value, "id", propertyKey)
	case "extensions":
		return keyed(v.value, "extensionName", strings.Clone)
	case "linkedResources":
		return inOrder(plain(v.value))
	}
	return plain(v.value)
}

func day(text string) string { return text[:min(len(text), dateLength)] }

// instant is a moment in UTC, or as it is written where its zone is not known.
func instant(raw json.RawMessage) any {
	d := decode[moment](raw)
	if at, ok := d.when(); ok {
		return at.UTC().Format(time.RFC3339Nano)
	}
	return plain(raw)
}

// said is a body, nothing where it says nothing, in whatever form.
func said(raw json.RawMessage) any {
	body, ok := plain(raw).(map[string]any)
	if !ok || body["content"] == nil {
		return nil
	}
	if form, ok := body["contentType"].(string); ok {
		body["contentType"] = strings.ToLower(form)
	}
	return body
}

// places leaves out what the service finds out by itself.
func places(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = places(v[i])
		}
	case map[string]any:
		delete(v, "uniqueId")
		delete(v, "uniqueIdType")
		if v["locationType"] == "default" {
			delete(v, "locationType")
		}
	}
	return full(v)
}

// recurs is a recurrence without the values that Graph gives to members that do
// not apply.
func recurs(raw json.RawMessage) any {
	recurrence, err := parse(raw)
	if err != nil {
		return nil
	}
	out := map[string]any{"pattern": pattern(recurrence)}
	if within, ok := plain(recurrence.get("range")).(map[string]any); ok {
		if within["type"] != "endDate" {
			delete(within, "endDate")
		}
		if within["type"] != "numbered" {
			delete(within, "numberOfOccurrences")
		}
		if zone, ok := within["recurrenceTimeZone"].(string); ok {
			within["recurrenceTimeZone"] = zoneName(zone)
		}
		out["range"] = within
	}
	return full(out)
}

func pattern(recurrence object) any {
	p, ok := plain(recurrence.get("pattern")).(map[string]any)
	if !ok {
		return nil
	}
	for _, name := range []string{"month", "dayOfMonth"} {
		if p[name] == json.Number("0") {
			delete(p, name)
		}
	}
	kind, _ := p["type"].(string)
	if !strings.HasPrefix(kind, "relative") {
		delete(p, "index")
	}
	if kind != "weekly" || p["firstDayOfWeek"] == "sunday" {
		delete(p, "firstDayOfWeek")
	}
	p["daysOfWeek"] = inOrder(p["daysOfWeek"])
	return full(p)
}

// inOrder sorts what is a set.
func inOrder(v any) any {
	list, ok := v.([]any)
	if !ok {
		return nil
	}
	order.By(list, func(a, b any) int { return bytes.Compare(value(a), value(b)) })
	return list
}

// keyed makes a list of objects a set by a member that names each.
func keyed(raw json.RawMessage, by string, key func(string) string) any {
	out := map[string]any{}
	for _, o := range objects(raw) {
		out[key(o.text(by))] = plain(withoutMember(o, by).encode())
	}
	return full(out)
}

func withoutMember(o object, name string) object {
	out := slices.Clone(o)
	out.remove(name)
	return out
}

func propertyKey(id string) string {
	if head, name, named := strings.Cut(id, " Name "); named {
		return strings.ToLower(head) + " Name " + name
	}
	return plainNumber(id)
}

// zoneName is one name for all that mean the same zone.
func zoneName(name string) string {
	if at, ok := location(name); ok {
		return at.String()
	}
	return name
}

// zones leaves out the zones that the item loses, and the recurrence's where
// one side does not say it.
func zones(was *maker, before, after map[string]any) {
	if was.losses.has(CustomZone) || was.losses.has(OtherZone) {
		for _, name := range []string{"startZone", "endZone"} {
			delete(before, name)
			delete(after, name)
		}
	}
	ranges := [2]map[string]any{}
	for i, side := range []map[string]any{before, after} {
		recurrence, _ := side["recurrence"].(map[string]any)
		ranges[i], _ = recurrence["range"].(map[string]any)
	}
	if ranges[0]["recurrenceTimeZone"] == nil || ranges[1]["recurrenceTimeZone"] == nil {
		delete(ranges[0], "recurrenceTimeZone")
		delete(ranges[1], "recurrenceTimeZone")
	}
}

// attached are attachments as far as they can be added again.
func attached(all []json.RawMessage) []any {
	var out []any
	for _, raw := range all {
		body, _, err := Attachment(raw)
		if err != nil || body == nil {
			continue
		}
		o, _ := parse(body)
		one := map[string]any{}
		for _, v := range o {
			switch v.name {
			case "contentBytes":
				one[v.name] = content(decode[string](v.value))
			case "item":
				one[v.name] = attachedItem(v.value)
			case "contentLocation":
			case "isInline":
				if decode[bool](v.value) {
					one[v.name] = true
				}
			default:
				one[v.name] = plain(v.value)
			}
		}
		out = append(out, full(one))
	}
	return out
}

func content(text string) any {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return text
	}
	return fingerprint(data)
}

func attachedItem(raw json.RawMessage) any {
	o, err := parse(raw)
	if err != nil {
		return nil
	}
	return canonical(&maker{}, o)
}
