package rebuild

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"hash"
	"slices"
	"unicode/utf8"

	"github.com/riva-prep/riva-prep/pkg/jsonwalk"
)

func newHash() hash.Hash { return sha256.New() }

func has(list []string, one string) bool { return slices.Contains(list, one) }

// object is a JSON object with its members in order and their values as they
// were written: decoding would cost digits of large numbers.
type object []member

type member struct {
	name  string
	value json.RawMessage
}

var errNoObject = errors.New("no JSON object")

// parse reads an object; of a name that comes twice the last value counts. The
// values are without white space, and parts of raw where that has none.
func parse(raw []byte) (object, error) {
	raw, err := compact(raw)
	if err != nil {
		return nil, err
	}
	o := object{}
	err = jsonwalk.Known(raw, func(name, value []byte) error {
		o.set(unquoted(name), value)
		return nil
	})
	if err != nil {
		return nil, errNoObject
	}
	return o, nil
}

// compact is JSON without white space.
func compact(raw []byte) ([]byte, error) {
	if jsonwalk.Valid(raw) && jsonwalk.Tight(raw) {
		return raw, nil
	}
	var out bytes.Buffer
	err := json.Compact(&out, raw)
	return out.Bytes(), err
}

// unquoted is a member's name as its text means it.
func unquoted(name []byte) string {
	if utf8.Valid(name) && !bytes.ContainsRune(name, '\\') {
		return string(name)
	}
	return decode[string](slices.Concat([]byte{'"'}, name, []byte{'"'}))
}

// get is a member's value, nil where it is absent or null.
func (o object) get(name string) json.RawMessage {
	for _, m := range o {
		if m.name == name && string(m.value) != "null" {
			return m.value
		}
	}
	return nil
}

// has says whether the member is there, null included.
func (o object) has(name string) bool {
	return slices.ContainsFunc(o, func(m member) bool { return m.name == name })
}

// text is a member that is a string, else "".
func (o object) text(name string) string { return decode[string](o.get(name)) }

// set replaces a member in its place, or appends it.
func (o *object) set(name string, v json.RawMessage) {
	for i, m := range *o {
		if m.name == name {
			(*o)[i].value = v
			return
		}
	}
	*o = append(*o, member{name, v})
}

func (o *object) remove(names ...string) {
	*o = slices.DeleteFunc(*o, func(m member) bool { return has(names, m.name) })
}

// replace sets a list of objects, or removes the member if there are none.
func (o *object) replace(name string, list []object) {
	o.remove(name)
	if len(list) > 0 {
		o.set(name, encoded(list))
	}
}

// encode writes the object, which may be megabytes, into as much as it takes.
func (o object) encode() json.RawMessage {
	size := len("{}")
	for _, m := range o {
		size += len(m.name) + len(m.value) + len(`"":,`)
	}
	var out bytes.Buffer
	out.Grow(size)
	out.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(value(m.name))
		out.WriteByte(':')
		out.Write(m.value)
	}
	out.WriteByte('}')
	return out.Bytes()
}

// elements are the values of an array, none of anything else.
func elements(raw json.RawMessage) []json.RawMessage { return decode[[]json.RawMessage](raw) }

// objects are the objects in an array.
func objects(raw json.RawMessage) []object {
	var all []object
	for _, e := range elements(raw) {
		if o, err := parse(e); err == nil {
			all = append(all, o)
		}
	}
	return all
}

// array writes values as a JSON array.
func array[T ~[]byte](all []T) json.RawMessage {
	out := []byte{'['}
	for i, v := range all {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, v...)
	}
	return append(out, ']')
}

// encoded writes objects as a JSON array.
func encoded(all []object) json.RawMessage {
	raw := make([]json.RawMessage, 0, len(all))
	for _, o := range all {
		raw = append(raw, o.encode())
	}
	return array(raw)
}

// decode reads a value; what has another type is the zero value.
func decode[T any](raw json.RawMessage) T {
	var v T
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		var none T
		return none
	}
	return v
}

// value writes text, numbers and lists of text, which always have a JSON form,
// without the escapes for HTML that encoding/json adds.
func value(v any) json.RawMessage {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("rebuild: a value that has no JSON form: " + err.Error())
	}
	return bytes.TrimSpace(out.Bytes())
}
