// Package rawjson edits JSON objects without decoding them.
//
// A mailbox must give back every byte it was given: a number with twenty
// digits, a member nobody declared, the order of the members. An Object is
// therefore the compact text itself; reading scans it, and changing one member
// copies all others as they are.
//
// It promises that a member which is not named in a change keeps its bytes and
// its place. It refuses text that is not one JSON object.
package rawjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// Object is the compact text of one JSON object. It is never changed in place,
// so it may be shared between goroutines.
type Object []byte

// Empty is an object without members.
func Empty() Object { return Object("{}") }

var errNotObject = errors.New("not a JSON object")

// Parse checks that data is one JSON object and makes it compact.
func Parse(data []byte) (Object, error) {
	var out bytes.Buffer
	out.Grow(len(data))
	if err := json.Compact(&out, data); err != nil {
		return nil, err
	}
	if out.Len() == 0 || out.Bytes()[0] != '{' {
		return nil, errNotObject
	}
	return out.Bytes(), nil
}

// Of builds an object from alternating names and values; a value is what
// [Value] takes. It panics on an odd count and on a name that is no string,
// which are mistakes in the caller.
func Of(pairs ...any) Object {
	if len(pairs)%2 != 0 {
		panic("rawjson: a name without a value")
	}
	out := []byte{'{'}
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			panic("rawjson: a name that is no string")
		}
		out = appendMember(out, name, Value(pairs[i+1]))
	}
	return append(out, '}')
}

// Value is the JSON text of v, without the escapes for HTML that
// encoding/json adds. An Object or json.RawMessage stands for itself.
func Value(v any) []byte {
	switch v := v.(type) {
	case Object:
		return v
	case json.RawMessage:
		return v
	case []Object:
		return Array(v)
	case nil:
		return []byte("null")
	case string:
		if plain(v) {
			return quoted(v)
		}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("rawjson: a value that has no JSON form: %v", err))
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// Array is the JSON array of the objects.
func Array(objects []Object) []byte {
	size := 2
	for _, o := range objects {
		size += len(o) + 1
	}
	out := make([]byte, 0, size)
	out = append(out, '[')
	for i, o := range objects {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, o...)
	}
	return append(out, ']')
}

// Members yields the members in order: decoded name and raw value.
func (o Object) Members() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for name, value := range o.members() {
			if !yield(unquote(name), value) {
				return
			}
		}
	}
}

// members yields the members in order, name and value as they are written.
func (o Object) members() iter.Seq2[[]byte, []byte] {
	return func(yield func(quoted, value []byte) bool) {
		at := 1
		for at < len(o) && o[at] == '"' {
			nameEnd := stringEnd(o, at)
			valueEnd := valueEnd(o, nameEnd+1)
			if !yield(o[at:nameEnd], o[nameEnd+1:valueEnd:valueEnd]) {
				return
			}
			at = valueEnd + 1 // past the comma or the closing brace
		}
	}
}

// Get returns the raw value of a member.
func (o Object) Get(name string) ([]byte, bool) {
	for quoted, value := range o.members() {
		if spells(quoted, name) {
			return value, true
		}
	}
	return nil, false
}

// Has tells whether the member is there, null included.
func (o Object) Has(name string) bool {
	_, ok := o.Get(name)
	return ok
}

// Text is the decoded string of a member, "" where it is absent or no string.
func (o Object) Text(name string) string {
	value, _ := o.Get(name)
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	return unquote(value)
}

// Bool is the value of a member, or otherwise where it is absent or no boolean.
func (o Object) Bool(name string, otherwise bool) bool {
	switch value, _ := o.Get(name); string(value) {
	case "true":
		return true
	case "false":
		return false
	}
	return otherwise
}

// Object is the member's value as an object, empty where it is none.
func (o Object) Object(name string) Object {
	if value, _ := o.Get(name); len(value) > 0 && value[0] == '{' {
		return value
	}
	return Empty()
}

// Objects are the objects of the array in the member; nil where it is none.
func (o Object) Objects(name string) []Object {
	value, _ := o.Get(name)
	var out []Object
	for element := range Elements(value) {
		if element[0] == '{' {
			out = append(out, element)
		}
	}
	return out
}

// Texts are the strings of the array in the member; nil where it is none.
func (o Object) Texts(name string) []string {
	value, _ := o.Get(name)
	var out []string
	for element := range Elements(value) {
		if element[0] == '"' {
			out = append(out, unquote(element))
		}
	}
	return out
}

// Elements yields the raw elements of a compact array, none for other values.
func Elements(value []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if len(value) < 3 || value[0] != '[' {
			return
		}
		for at := 1; at < len(value); {
			end := valueEnd(value, at)
			if !yield(value[at:end:end]) {
				return
			}
			at = end + 1
		}
	}
}

// Set returns the object with the member's value replaced in its place, or
// appended where it was absent.
func (o Object) Set(name string, value any) Object {
	raw := Value(value)
	out := make([]byte, 0, len(o)+len(name)+len(raw)+4)
	out = append(out, '{')
	found := false
	for quoted, old := range o.members() {
		if spells(quoted, name) {
			old, found = raw, true
		}
		out = appendQuoted(out, quoted, old)
	}
	if !found {
		out = appendMember(out, name, raw)
	}
	return fitted(append(out, '}'))
}

// Merge returns the object with the members of patch set: in place where they
// were there, appended in the patch's order where not.
func (o Object) Merge(patch Object) Object {
	values := map[string][]byte{}
	for name, value := range patch.Members() {
		values[name] = value
	}
	out := make([]byte, 0, len(o)+len(patch))
	out = append(out, '{')
	for quoted, value := range o.members() {
		name := unquote(quoted)
		if set, ok := values[name]; ok {
			value = set
			delete(values, name)
		}
		out = appendQuoted(out, quoted, value)
	}
	for quoted, value := range patch.members() {
		if _, left := values[unquote(quoted)]; left {
			out = appendQuoted(out, quoted, value)
		}
	}
	return append(out, '}')
}

// Where returns the object with only those members that keep allows.
func (o Object) Where(keep func(name string) bool) Object {
	out := make([]byte, 0, len(o))
	out = append(out, '{')
	for quoted, value := range o.members() {
		if keep(unquote(quoted)) {
			out = appendQuoted(out, quoted, value)
		}
	}
	return fitted(append(out, '}'))
}

// fitted keeps a small object from holding on to the room that a large one
// needed.
func fitted(o Object) Object {
	if cap(o) > 2*len(o)+64 {
		return slices.Clone(o)
	}
	return o
}

// Without returns the object less the named members; itself if it has none.
func (o Object) Without(names ...string) Object {
	for member := range o.Members() {
		if slices.Contains(names, member) {
			return o.Where(func(name string) bool { return !slices.Contains(names, name) })
		}
	}
	return o
}

// MarshalJSON gives the object as it is.
func (o Object) MarshalJSON() ([]byte, error) { return o, nil }

func appendMember(out []byte, name string, value []byte) []byte {
	return appendQuoted(out, Value(name), value)
}

func appendQuoted(out, name, value []byte) []byte {
	if out[len(out)-1] != '{' {
		out = append(out, ',')
	}
	return append(append(append(out, name...), ':'), value...)
}

// plain tells that a text is written as it is.
func plain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func quoted(plain string) []byte {
	out := make([]byte, 0, len(plain)+2)
	return append(append(append(out, '"'), plain...), '"')
}

// spells tells whether a quoted text, once decoded, is this one.
func spells(quoted []byte, text string) bool {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner) == text
	}
	return unquote(quoted) == text
}

func unquote(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var out string
	// The text was checked by Parse, so this cannot fail.
	_ = json.Unmarshal(quoted, &out)
	return out
}

// stringEnd is the index behind the string that begins at at.
func stringEnd(text []byte, at int) int {
	quote := at
	for i := at + 1; i < len(text); {
		if quote < i {
			next := bytes.IndexByte(text[i:], '"')
			if next < 0 {
				break
			}
			quote = i + next
		}
		escape := bytes.IndexByte(text[i:quote], '\\')
		if escape < 0 {
			return quote + 1
		}
		i += escape + 2
	}
	return len(text)
}

// valueEnd is the index behind the value that begins at at.
func valueEnd(text []byte, at int) int {
	depth := 0
	for i := at; i < len(text); {
		switch text[i] {
		case '"':
			i = stringEnd(text, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return len(text)
}
