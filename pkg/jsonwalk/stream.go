package jsonwalk

import (
	"cmp"
	"errors"
	"io"
)

// firstBuffer holds most values; it doubles for a value that it does not hold, and
// more readily below smallBuffer.
const (
	firstBuffer = 16 << 10
	smallBuffer = 512 << 10
	mostKept    = 4 << 20
)

// Stream reads JSON whose outermost lists are gone through and whose values are
// taken whole. No member may come twice in an object: that is ErrTwice. Where the
// text ends too early it is io.ErrUnexpectedEOF; errors of the reader come back
// as they are.
type Stream struct {
	r        io.Reader
	buf      []byte
	from, to int   // what of buf is not yet taken
	depth    int   // of the outermost lists
	err      error // of the reader, io.EOF too
	scan     scanner
	names    *names // of the outermost objects, nil where they may come twice
}

// NewStream reads from r, and beyond what was asked for.
func NewStream(r io.Reader) *Stream {
	s := &Stream{}
	s.Reset(r)
	return s
}

// Reset makes it a new stream in the memory of the old one, unless that is very large.
// What the old one gave is no longer good.
func (s *Stream) Reset(r io.Reader) {
	buf := s.buf
	if len(buf) < firstBuffer || len(buf) > mostKept {
		buf = make([]byte, firstBuffer)
	}
	members := s.scan.members[:cap(s.scan.members)]
	clear(members) // they may be parts of what is given back
	*s = Stream{r: r, buf: buf, scan: scanner{names: &names{}, members: members}, names: &names{}}
}

// Over reads data, of which its values are parts then.
func Over(data []byte) *Stream {
	return &Stream{buf: data, to: len(data), err: io.EOF, scan: scanner{names: &names{}}, names: &names{}}
}

// Again is Over for what was read before: names may come twice. If it is known, since
// it was found to be JSON, values are stepped over as the function Known does.
func Again(data []byte, known bool) *Stream {
	return &Stream{buf: data, to: len(data), err: io.EOF, scan: scanner{known: known}}
}

// Peek is the byte that the next value or list begins with, io.EOF where nothing
// follows.
func (s *Stream) Peek() (byte, error) {
	for {
		if s.from = space(s.buf[:s.to], s.from); s.from < s.to {
			return s.buf[s.from], nil
		}
		if err := s.more(); err != nil {
			return 0, err
		}
	}
}

// Value takes the next value. Its bytes are good until the next call.
func (s *Stream) Value() ([]byte, error) {
	return s.take(func(scan *scanner) (int, error) { return scan.value(0) })
}

// Members is Value that also gives each member of the value, if it is an object, as
// the function of that name does.
func (s *Stream) Members(each func(name, value []byte) error) ([]byte, error) {
	s.scan.wanted = true
	value, err := s.Value()
	s.scan.wanted = false
	if err != nil {
		return nil, err
	}
	for _, m := range s.scan.members {
		if err := each(m.name, m.value); err != nil {
			return nil, err
		}
	}
	return value, nil
}

// Object calls each for the members of an object, which takes their values.
func (s *Stream) Object(each func(name string) error) error {
	outer := s.names.begin()
	defer s.names.end(outer)
	return s.list('{', '}', func() error {
		var name string
		_, err := s.take(func(scan *scanner) (int, error) {
			written, value, err := scan.name(0)
			name = string(spelled(written))
			return value, err
		})
		if err == nil && s.names != nil {
			err = s.names.add([]byte(name))
		}
		if err != nil {
			return err
		}
		return each(name)
	})
}

// Array calls each for the elements of an array, which takes them.
func (s *Stream) Array(each func() error) error { return s.list('[', ']', each) }

func (s *Stream) list(begin, end byte, each func() error) error {
	if c, err := s.follows(); err != nil || c != begin {
		return cmp.Or(err, ErrSyntax)
	}
	s.from++
	s.depth++
	defer func() { s.depth-- }()
	c, err := s.follows()
	for first := true; err == nil && (c != end || !first); first = false {
		if err = each(); err != nil {
			return err
		}
		if c, err = s.follows(); err != nil || c == end {
			break
		}
		if c != ',' {
			return ErrSyntax
		}
		s.from++
	}
	s.from++
	return err
}

// follows is Peek where something has to follow.
func (s *Stream) follows() (byte, error) {
	c, err := s.Peek()
	return c, early(err)
}

func early(err error) error {
	if err == io.EOF { //nolint:errorlint // a reader's own end, not one inside another error
		return io.ErrUnexpectedEOF
	}
	return err
}

// take takes what step steps over, with as much in the buffer as that needs.
func (s *Stream) take(step func(*scanner) (int, error)) ([]byte, error) {
	if _, err := s.follows(); err != nil {
		return nil, err
	}
	s.scan.cut = cut{}
	for {
		n, err := step(s.scan.begin(s.buf[s.from:s.to], s.depth))
		if err != nil && !errors.Is(err, errShort) {
			return nil, err
		}
		end := s.from + n
		whole := err == nil && (end < s.to || !digit(s.buf[s.to-1]))
		if !whole {
			more := s.more()
			if more != nil && (err != nil || !errors.Is(more, io.EOF)) {
				return nil, early(more)
			}
			whole = more != nil
		}
		if whole {
			at := s.from
			s.from += n
			return s.buf[at:s.from], nil
		}
	}
}

// more reads until the buffer is full or the text ends, and makes it larger for
// what fills more than half of it; while it is small, for what fills an eighth, since
// a value that is cut off is gone through twice.
func (s *Stream) more() error {
	if s.err != nil {
		return s.err
	}
	buf, left := s.buf, s.to-s.from
	if left > len(buf)/2 || left > len(buf)/8 && len(buf) < smallBuffer {
		buf = make([]byte, 2*len(buf))
	}
	s.from, s.to, s.buf = 0, copy(buf, s.buf[s.from:s.to]), buf
	before := s.to
	for s.err == nil && s.to < len(s.buf) {
		var n int
		n, s.err = s.r.Read(s.buf[s.to:])
		s.to += n
	}
	if s.to > before {
		return nil
	}
	return s.err
}
