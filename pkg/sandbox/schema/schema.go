// Package schema knows the members of the Graph v1.0 resources that the sandbox
// serves and takes, as the official metadata (v1.0 CSDL) names them.
//
// It promises that a body which Graph would refuse for its members or the form
// of their values is refused. It does not know what is allowed in combination.
package schema

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// Type is a resource or complex type.
type Type struct {
	Name    string
	members map[string]member
	folded  map[string]bool
	open    bool
}

type member struct {
	// kind is string, bool, int, number, time, day (a time that may be a date),
	// date, binary, any, an enumeration after "=", or a complex type's name.
	kind     string
	list     bool
	readOnly bool
	required bool // not null
}

// standIns are the types that an element of an abstract type must name.
var standIns = map[string][]string{
	"attachment":        {"fileAttachment", "itemAttachment", "referenceAttachment"},
	"openTypeExtension": {"openTypeExtension"},
	"outlookItem":       {"contact", "event"},
}

// Of finds a type by its Graph name; it panics on a name not in this package,
// which is a mistake in the caller.
func Of(name string) Type {
	t, ok := types()[name]
	if !ok {
		panic("schema: no type " + name)
	}
	return t
}

// types are all types, read once from their texts.
var types = sync.OnceValue(func() map[string]Type {
	out := map[string]Type{}
	for name, text := range texts() {
		out[name] = read(name, strings.ReplaceAll(strings.Join(strings.Fields(text), " "), ", ", ","))
	}
	return out
})

func read(name, text string) Type {
	t := Type{Name: name, members: map[string]member{}, folded: map[string]bool{}}
	text, t.open = strings.CutPrefix(text, "+ ")
	for field := range strings.FieldsSeq(text) {
		names, kind, _ := strings.Cut(field, ":")
		m := member{}
		kind, m.readOnly = strings.CutSuffix(kind, "!")
		kind, m.required = strings.CutSuffix(kind, "*")
		kind, m.list = strings.CutPrefix(kind, "[]")
		m.kind = kind
		for n := range strings.SplitSeq(names, ",") {
			t.members[n] = m
			t.folded[strings.ToLower(n)] = true
		}
	}
	return t
}

// Has tells whether the type declares the member.
func (t Type) Has(name string) bool {
	_, ok := t.members[name]
	return ok
}

// HasFold is Has without regard to case, as Graph reads $select.
func (t Type) HasFold(name string) bool { return t.folded[strings.ToLower(name)] }

// Names are all declared members, sorted.
func (t Type) Names() []string { return slices.Sorted(maps.Keys(t.members)) }

// Fault says why a body is refused.
type Fault int

// The faults.
const (
	UnknownMember Fault = iota
	ReadOnlyMember
	WrongValue
)

// Error is a body that Graph refuses.
type Error struct {
	Fault Fault
	// Path is the member, such as "recurrence.range.endDate".
	Path string
	// Want is what kind of value belongs there, for WrongValue.
	Want string
}

func (e *Error) Error() string {
	switch e.Fault {
	case UnknownMember:
		return fmt.Sprintf("The property '%s' does not exist on this type. Make sure to only use property names that are defined by the type.", e.Path)
	case ReadOnlyMember:
		return fmt.Sprintf("The property '%s' is read-only and cannot be set.", e.Path)
	default:
	}
	return fmt.Sprintf("Cannot convert the value of '%s' to the expected type '%s'.", e.Path, e.Want)
}

// Check looks at a body that a client sent. @odata.type is allowed where it
// names this type; other annotations are not.
func (t Type) Check(body rawjson.Object) error { return t.check("", body) }

func (t Type) check(path string, body rawjson.Object) error {
	for name, value := range body.Members() {
		if name == "@odata.type" {
			continue
		}
		m, ok := t.members[name]
		switch {
		case !ok && t.open:
			continue
		case !ok:
			return &Error{Fault: UnknownMember, Path: path + name}
		case m.readOnly:
			return &Error{Fault: ReadOnlyMember, Path: path + name}
		}
		if err := m.check(path+name, value); err != nil {
			return err
		}
	}
	return nil
}

func (m member) check(path string, value []byte) error {
	if !m.list {
		return m.checkOne(path, value)
	}
	if len(value) == 0 || value[0] != '[' {
		return &Error{WrongValue, path, "Collection(" + m.kind + ")"}
	}
	for element := range rawjson.Elements(value) {
		if string(element) == "null" {
			return &Error{WrongValue, path, m.kind}
		}
		if err := m.checkOne(path, element); err != nil {
			return err
		}
	}
	return nil
}

func (m member) checkOne(path string, value []byte) error {
	if string(value) == "null" && !m.required || m.kind == "any" {
		return nil
	}
	text := ""
	if value[0] == '"' {
		text = rawjson.Object(`{"v":` + string(value) + `}`).Text("v")
	}
	if !m.fits(value, text) {
		return &Error{WrongValue, path, m.kind}
	}
	if _, complex := types()[m.kind]; !complex {
		return nil
	}
	name, ok := m.named(value)
	if !ok {
		return &Error{WrongValue, path, m.kind}
	}
	return Of(name).check(path+".", value)
}

// named is the type that a complex value has by its @odata.type, which may be
// absent unless the declared type is abstract.
func (m member) named(value rawjson.Object) (string, bool) {
	name := value.Text("@odata.type")
	name = strings.TrimPrefix(strings.TrimPrefix(name, "#"), "microsoft.graph.")
	if allowed := standIns[m.kind]; allowed != nil {
		return name, slices.Contains(allowed, name)
	}
	return m.kind, name == "" || name == m.kind
}

func (m member) fits(value []byte, text string) bool {
	quoted := value[0] == '"'
	if values, ok := strings.CutPrefix(m.kind, "="); ok {
		return quoted && slices.ContainsFunc(enums()[values], func(v string) bool { return strings.EqualFold(v, text) })
	}
	switch m.kind {
	case "string":
		return quoted
	case "binary":
		_, err := base64.StdEncoding.DecodeString(text)
		return quoted && err == nil
	case "bool":
		return string(value) == "true" || string(value) == "false"
	case "int":
		_, err := strconv.ParseInt(string(value), 10, 32)
		return err == nil
	case "number":
		return !quoted && strings.Trim(string(value), "-+.eE0123456789") == ""
	case "date", "time", "day":
		return quoted && m.moment(text)
	}
	return value[0] == '{'
}

// moment tells whether a text is a date or time of the member's kind.
func (m member) moment(text string) bool {
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		return m.kind != "date"
	}
	_, err := time.Parse(time.DateOnly, text)
	return err == nil && m.kind != "time"
}
