package jsonwalk

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// few names are compared with one another, more are looked up.
const few = 32

// names are those of an object and of the objects around it. A nil *names
// remembers nothing.
type names struct {
	all  [][]byte
	from int // where those of the innermost object begin
	many map[string]bool
}

// begin begins an object or array; end ends it with what begin gave.
func (n *names) begin() (outer names) {
	if n != nil {
		outer = *n
		n.from, n.many = len(n.all), nil
	}
	return outer
}

func (n *names) end(outer names) {
	if n != nil {
		n.all, n.from, n.many = n.all[:len(outer.all)], outer.from, outer.many
	}
}

// add enters a name of the innermost object, as spelled has it.
func (n *names) add(name []byte) error {
	if n.has(name) {
		return ErrTwice
	}
	if n.all = append(n.all, name); n.many != nil {
		n.many[string(name)] = true
	}
	return nil
}

func (n *names) has(name []byte) bool {
	here := n.all[n.from:]
	if len(here) > few && n.many == nil {
		n.many = map[string]bool{}
		for _, known := range here {
			n.many[string(known)] = true
		}
	}
	if n.many != nil {
		return n.many[string(name)]
	}
	for _, known := range here {
		if bytes.Equal(known, name) {
			return true
		}
	}
	return false
}

// spelled is a name that may be written in several ways, in one.
func spelled(name []byte) []byte {
	if bytes.IndexByte(name, '\\') < 0 && utf8.Valid(name) {
		return name
	}
	var text string
	_ = json.Unmarshal(append(append([]byte{'"'}, name...), '"'), &text) // it is a text
	return []byte(text)
}
