package schema

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// Canonical gives the values of a checked body the form in which Graph keeps
// them: enumeration members in the schema's spelling, whatever the case they
// were sent in, and local times with seven digits of fraction (Graph docs,
// user-post-events: "HTML" comes back as "html", 12:00:00 as 12:00:00.0000000).
func (t Type) Canonical(body rawjson.Object) rawjson.Object {
	out := body
	for name, value := range body.Members() {
		if now := t.members[name].canonical(value); !bytes.Equal(now, value) {
			out = out.Set(name, rawjson.Object(now))
		}
	}
	if text := body.Text("dateTime"); t.Name == "dateTimeTimeZone" && text != "" {
		if at, err := time.Parse("2006-01-02T15:04:05", text); err == nil {
			out = out.Set("dateTime", at.Format("2006-01-02T15:04:05.0000000"))
		}
	}
	return out
}

func (m member) canonical(value []byte) []byte {
	if m.list && len(value) > 0 && value[0] == '[' {
		one := m
		one.list = false
		var out [][]byte
		for element := range rawjson.Elements(value) {
			out = append(out, one.canonical(element))
		}
		return slices.Concat([]byte("["), bytes.Join(out, []byte(",")), []byte("]"))
	}
	if values, ok := strings.CutPrefix(m.kind, "="); ok && len(value) > 0 && value[0] == '"' {
		text := rawjson.Object(`{"v":` + string(value) + `}`).Text("v")
		at := slices.IndexFunc(enums()[values], func(v string) bool { return strings.EqualFold(v, text) })
		if at >= 0 {
			return rawjson.Value(enums()[values][at])
		}
	}
	if _, complex := types()[m.kind]; complex && len(value) > 0 && value[0] == '{' {
		return Of(m.kind).Canonical(value)
	}
	return value
}
