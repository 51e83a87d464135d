package jsonwalk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
)

// ErrSyntax says that bytes are not JSON.
var ErrSyntax = errors.New("not JSON")

// ErrTwice says that a member comes twice in an object, where that is asked.
var ErrTwice = errors.New("a member comes twice")

// errShort says that bytes end before the value does.
var errShort = io.ErrUnexpectedEOF

// deepest is how far values may be nested; it is encoding/json's bound.
const deepest = 10_000

// scanner steps over values and looks at every byte of them.
type scanner struct {
	data  []byte
	depth int
	// names are those of the objects around, nil where they may come twice.
	names *names
	// known values are stepped over and not looked into.
	known bool
	// top is how deep the members of a whole value are, members what was passed of
	// them, where that is wanted.
	top     int
	wanted  bool
	members []member
	// cut is the text in which the data ended.
	cut cut
}

// cut is a text that was gone through from begin to end, where it is to be gone on
// with when there is more of it.
type cut struct{ begin, end int }

// member is one of an object, its name as it is written.
type member struct{ name, value []byte }

// value is where the value ends that begins at at. A number may go on where the
// data ends.
func (s *scanner) value(at int) (int, error) {
	if at == len(s.data) {
		return at, errShort
	}
	if s.known && (!s.wanted || s.depth == s.top) {
		return past(s.data, at), nil
	}
	switch s.data[at] {
	case '"':
		return s.text(at)
	case '{':
		return s.list(at, '}', s.member)
	case '[':
		return s.list(at, ']', s.value)
	case 't':
		return word(s.data, at, "true")
	case 'f':
		return word(s.data, at, "false")
	case 'n':
		return word(s.data, at, "null")
	}
	return number(s.data, at)
}

// list steps over an object or an array, whose elements one steps over.
func (s *scanner) list(at int, end byte, one func(int) (int, error)) (_ int, err error) {
	if s.depth++; s.depth > deepest {
		return at, ErrSyntax
	}
	outer := s.names.begin()
	if at = space(s.data, at+1); at < len(s.data) && s.data[at] == end {
		s.end(outer)
		return at + 1, nil
	}
	for {
		if at, err = one(at); err != nil {
			return at, err
		}
		switch at = space(s.data, at); {
		case at == len(s.data):
			return at, errShort
		case s.data[at] == end:
			s.end(outer)
			return at + 1, nil
		case s.data[at] != ',':
			return at, ErrSyntax
		}
		at = space(s.data, at+1)
	}
}

// begin sets out anew, so many lists deep.
func (s *scanner) begin(data []byte, depth int) *scanner {
	s.data, s.depth, s.top, s.members = data, depth, depth+1, s.members[:0]
	if s.names != nil {
		s.names.end(names{all: s.names.all[:0]})
	}
	return s
}

func (s *scanner) end(outer names) {
	s.depth--
	s.names.end(outer)
}

func (s *scanner) member(at int) (int, error) {
	name, at, err := s.name(at)
	if err != nil {
		return at, err
	}
	end, err := s.value(at)
	if s.wanted && s.depth == s.top && err == nil {
		s.members = append(s.members, member{name, s.data[at:end]})
	}
	return end, err
}

// name gives a member's name as it is written and where its value begins.
func (s *scanner) name(at int) (name []byte, value int, err error) {
	switch {
	case at == len(s.data):
		return nil, at, errShort
	case s.data[at] != '"':
		return nil, at, ErrSyntax
	}
	end, err := text(s.data, at+1)
	if err != nil {
		return nil, end, err
	}
	name = s.data[at+1 : end-1]
	switch at = space(s.data, end); {
	case at == len(s.data):
		return nil, at, errShort
	case s.data[at] != ':':
		return nil, at, ErrSyntax
	}
	if s.names != nil {
		err = s.names.add(spelled(name))
	}
	return name, space(s.data, at+1), err
}

// text is where the text ends that begins at at, most of which may be known.
func (s *scanner) text(at int) (int, error) {
	from := at + 1
	if s.cut.begin == at {
		from = max(from, s.cut.end)
	}
	end, err := text(s.data, from)
	if err == errShort { //nolint:errorlint // its own
		s.cut = cut{at, end}
	}
	return end, err
}

// text is where the text ends that goes on at at.
func text(data []byte, at int) (int, error) {
	quote := 0 // where the next one is, unless at has passed it
	for at = plain(data, at); at < len(data); at = plain(data, at) {
		switch c := data[at]; {
		case c == '"':
			return at + 1, nil
		case c < ' ':
			return at, ErrSyntax
		case c == '\\' && at+1 < len(data) && short(data[at+1]):
			at += 2
		case c == '\\':
			if err := code(data[at+1:]); err != nil {
				return at, err
			}
			at += len(`\u0000`)
		case len(data)-at < brief:
			at++
		default: // a long way without any
			if quote < at {
				quote = next(data, at, '"')
			}
			end := next(data[:quote], at, '\\')
			if control(data[at:end]) {
				return at, ErrSyntax
			}
			at = end
		}
	}
	return at, errShort
}

// brief is how far plain looks. What is plain for longer is gone through with what
// processors have for looking for a byte, which is slow to begin.
const brief = 512

// next is where the byte comes next, or the end.
func next(data []byte, at int, c byte) int {
	if n := bytes.IndexByte(data[at:], c); n >= 0 {
		return at + n
	}
	return len(data)
}

// plain is where a byte comes that may end a text or needs a look, beyond escapes of
// one letter; the last fifteen do, and the one behind brief.
func plain(data []byte, at int) int {
	for limit := at + brief; at < limit && at+16 <= len(data); {
		w := data[at : at+16]
		if first := odd(w[:8]); first != 0 {
			at += bits.TrailingZeros64(first) / 8
		} else if second := odd(w[8:]); second != 0 {
			at += 8 + bits.TrailingZeros64(second)/8
		} else {
			at += 16
			continue
		}
		if data[at] != '\\' || at+1 == len(data) || !short(data[at+1]) {
			return at
		}
		at += 2
		limit = at + brief
	}
	return at
}

const each, top = 0x0101010101010101, 0x8080808080808080 // of eight bytes

// odd has the top bit set for the first of eight bytes that is a quote, a
// backslash or a control character; what is set above that means nothing. A quote
// with its second bit turned is the space, the first byte above them.
func odd(data []byte) uint64 {
	w := binary.LittleEndian.Uint64(data)
	return ((w ^ each*2 - each*('"'-1)) | (w ^ each*'\\' - each)) &^ w & top
}

// control says whether a control character is among the bytes.
func control(data []byte) bool {
	none := func(at int) uint64 {
		w := binary.LittleEndian.Uint64(data[at:])
		return (w - each*' ') &^ w
	}
	for ; len(data) >= 32; data = data[32:] {
		if (none(0)|none(8)|none(16)|none(24))&top != 0 {
			return true
		}
	}
	for _, c := range data {
		if c < ' ' {
			return true
		}
	}
	return false
}

// short says whether the letter behind a backslash is the whole escape.
func short(c byte) bool {
	const signs = 1 | 1<<('/'-'"') | 1<<('\\'-'"')
	const letters = 1 | 1<<('f'-'b') | 1<<('n'-'b') | 1<<('r'-'b') | 1<<('t'-'b')
	return uint64(signs)>>(c-'"')&1 != 0 || uint64(letters)>>(c-'b')&1 != 0
}

// code checks what else comes behind a backslash: a character's code.
func code(data []byte) error {
	if len(data) > 0 && data[0] != 'u' {
		return ErrSyntax
	}
	for _, c := range data[min(1, len(data)):min(5, len(data))] {
		if letter := c | 0x20; !digit(c) && (letter < 'a' || letter > 'f') {
			return ErrSyntax
		}
	}
	if len(data) < 5 {
		return errShort
	}
	return nil
}

func word(data []byte, at int, want string) (int, error) {
	for i := range len(want) {
		if at+i == len(data) {
			return at, errShort
		}
		if data[at+i] != want[i] {
			return at, ErrSyntax
		}
	}
	return at + len(want), nil
}

func number(data []byte, at int) (_ int, err error) {
	if data[at] == '-' {
		at++
	}
	if at < len(data) && data[at] == '0' {
		at++
	} else if at, err = digits(data, at); err != nil {
		return at, err
	}
	if at < len(data) && data[at] == '.' {
		if at, err = digits(data, at+1); err != nil {
			return at, err
		}
	}
	if at == len(data) || data[at]|0x20 != 'e' {
		return at, nil
	}
	if at++; at < len(data) && (data[at] == '+' || data[at] == '-') {
		at++
	}
	return digits(data, at)
}

// digits steps over at least one.
func digits(data []byte, at int) (int, error) {
	if at == len(data) {
		return at, errShort
	}
	if !digit(data[at]) {
		return at, ErrSyntax
	}
	for at < len(data) && digit(data[at]) {
		at++
	}
	return at, nil
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// space is where the white space from at ends.
func space(data []byte, at int) int {
	for at < len(data) && (data[at] == ' ' || data[at] == '\n' || data[at] == '\t' || data[at] == '\r') {
		at++
	}
	return at
}
