// Package jsonwalk goes through JSON without decoding it, eight bytes of a text
// at a time: items are mostly one long text, and every one of them is looked
// through several times between the service and the disk.
//
// It promises to accept exactly what encoding/json accepts (RFC 8259, nested up
// to 10,000 deep, invalid UTF-8 let through), and to allocate nothing. It
// refuses to guess where a broken value ends.
package jsonwalk

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// ErrSyntax says that bytes are not JSON.
var ErrSyntax = errors.New("not JSON")

// deepest is how deep encoding/json goes.
const deepest = 10_000

// Valid says whether data is one JSON value, with white space around it or not.
func Valid(data []byte) bool {
	w := walk{data: data}
	w.space()
	return w.value(1) && w.end()
}

// Members gives each member of one object in order: the name as it is written,
// without its quotes, and the bytes of the value, without white space around it.
// ErrSyntax when data is anything else than one object; members before the fault
// have been given then. An error of each ends the walk.
func Members(data []byte, each func(name, value []byte) error) error {
	w := walk{data: data}
	w.space()
	if !w.take('{') {
		return ErrSyntax
	}
	ok, err := w.members(1, each)
	if err != nil {
		return err
	}
	if !ok || !w.end() {
		return ErrSyntax
	}
	return nil
}

// walk is a place in data. Its methods move on and say whether what they passed
// was well formed.
type walk struct {
	data []byte
	at   int
}

func (w *walk) end() bool {
	w.space()
	return w.at == len(w.data)
}

func (w *walk) space() {
	for w.at < len(w.data) {
		switch w.data[w.at] {
		case ' ', '\t', '\r', '\n':
			w.at++
		default:
			return
		}
	}
}

func (w *walk) take(c byte) bool {
	if w.at < len(w.data) && w.data[w.at] == c {
		w.at++
		return true
	}
	return false
}

func (w *walk) value(depth int) bool {
	if w.at >= len(w.data) || depth > deepest+1 {
		return false
	}
	switch c := w.data[w.at]; c {
	case '"':
		w.at++
		return w.text()
	case '{':
		w.at++
		ok, _ := w.members(depth, nil)
		return ok
	case '[':
		w.at++
		return w.elements(depth)
	case 't':
		return w.word("true")
	case 'f':
		return w.word("false")
	case 'n':
		return w.word("null")
	default:
		return w.number()
	}
}

// members passes the rest of an object, and gives its members to each unless
// that is nil.
func (w *walk) members(depth int, each func(name, value []byte) error) (ok bool, err error) {
	if depth > deepest {
		return false, nil
	}
	if w.space(); w.take('}') {
		return true, nil
	}
	for {
		w.space()
		name := w.at + 1
		if !w.take('"') || !w.text() {
			return false, nil
		}
		nameEnd := w.at - 1
		if w.space(); !w.take(':') {
			return false, nil
		}
		w.space()
		value := w.at
		if !w.value(depth + 1) {
			return false, nil
		}
		if each != nil {
			if err := each(w.data[name:nameEnd], w.data[value:w.at]); err != nil {
				return false, err
			}
		}
		w.space()
		if w.take('}') {
			return true, nil
		}
		if !w.take(',') {
			return false, nil
		}
	}
}

func (w *walk) elements(depth int) bool {
	if depth > deepest {
		return false
	}
	if w.space(); w.take(']') {
		return true
	}
	for {
		w.space()
		if !w.value(depth + 1) {
			return false
		}
		w.space()
		if w.take(']') {
			return true
		}
		if !w.take(',') {
			return false
		}
	}
}

func (w *walk) word(want string) bool {
	if end := w.at + len(want); end <= len(w.data) && string(w.data[w.at:end]) == want {
		w.at = end
		return true
	}
	return false
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// text passes the rest of a text. A byte is special if it ends the text, begins
// an escape or is a control character; the lowest bit found is always of such a
// byte, those above it may be carried.
func (w *walk) text() bool {
	for {
		for w.at+8 <= len(w.data) {
			word := binary.LittleEndian.Uint64(w.data[w.at:])
			quotes, slashes := word^('"'*ones), word^('\\'*ones)
			special := ((quotes-ones)&^quotes | (slashes-ones)&^slashes | (word-' '*ones)&^word) & highs
			if special != 0 {
				w.at += bits.TrailingZeros64(special) / 8
				break
			}
			w.at += 8
		}
		if w.at >= len(w.data) {
			return false
		}
		c := w.data[w.at]
		w.at++
		switch {
		case c == '"':
			return true
		case c == '\\':
			if !w.escape() {
				return false
			}
		case c < ' ':
			return false
		}
	}
}

func (w *walk) escape() bool {
	if w.at >= len(w.data) {
		return false
	}
	c := w.data[w.at]
	w.at++
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			if w.at >= len(w.data) || !hex(w.data[w.at]) {
				return false
			}
			w.at++
		}
		return true
	}
	return false
}

func hex(c byte) bool {
	return digit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func (w *walk) number() bool {
	w.take('-')
	if !w.take('0') && !w.digits() {
		return false
	}
	if w.take('.') && !w.digits() {
		return false
	}
	if w.take('e') || w.take('E') {
		if !w.take('+') {
			w.take('-')
		}
		return w.digits()
	}
	return true
}

// digits passes at least one.
func (w *walk) digits() bool {
	start := w.at
	for w.at < len(w.data) && digit(w.data[w.at]) {
		w.at++
	}
	return w.at > start
}
