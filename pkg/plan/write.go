package plan

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A plan may have 100,000 steps and be hashed and written more than once, so
// its JSON is made step by step. It is what package json makes of the whole, to
// the byte.

// Write writes the plan file. Reading it with Decode and writing that gives the
// same bytes.
func (p Plan) Write(w io.Writer) error {
	head := file{
		Format: format, Tool: p.Tool, Created: p.Created.UTC(), Digest: p.Digest(),
		Skipped: append([]Skipped{}, p.Skipped...), Plan: p,
	}
	head.Plan.Mailboxes = p.Mailboxes[:0]
	s := &scribe{w: bufio.NewWriter(w), pretty: true}
	s.mailboxes(s.json(head, 0), 2, p.Mailboxes)
	s.text([]byte{'\n'})
	if s.err == nil {
		s.err = s.w.Flush()
	}
	return s.err
}

// canonical writes what the digest covers.
func (p Plan) canonical(w io.Writer) error {
	head := p
	head.Mailboxes = p.Mailboxes[:0]
	s := &scribe{w: bufio.NewWriter(w)}
	s.mailboxes(s.json(head, 0), 0, p.Mailboxes)
	if s.err == nil {
		s.err = s.w.Flush()
	}
	return s.err
}

// scribe writes lists element by element. Its first error sticks.
type scribe struct {
	w      *bufio.Writer
	pretty bool
	err    error
}

func (s *scribe) text(text []byte) {
	if s.err == nil {
		_, s.err = s.w.Write(text)
	}
}

// json is the text of a value that stands at a depth.
func (s *scribe) json(v any, depth int) []byte {
	var text []byte
	var err error
	if s.pretty {
		text, err = json.MarshalIndent(v, strings.Repeat(" ", depth), " ")
	} else {
		text, err = json.Marshal(v)
	}
	if err != nil {
		panic(err) // plans hold strings, numbers and slices of them
	}
	return text
}

// mailboxes writes a text with the mailboxes put into it; depth is that of the
// member.
func (s *scribe) mailboxes(text []byte, depth int, all []Mailbox) {
	s.text(s.list(text, "mailboxes", depth, len(all), func(i int) {
		m := all[i]
		m.Steps, m.Held = m.Steps[:0], m.Held[:0]
		rest := s.list(s.json(m, depth+1), "steps", depth+2, len(all[i].Steps), func(n int) { s.text(s.json(all[i].Steps[n], depth+3)) })
		s.text(s.list(rest, "held", depth+2, len(all[i].Held), func(n int) { s.text(s.json(all[i].Held[n], depth+3)) }))
	}))
}

// list writes a text up to the empty list of a member, and its elements; what
// is left of the text is returned. No string in the text can look like the
// member: its quotes would be escaped.
func (s *scribe) list(text []byte, member string, depth, n int, element func(int)) []byte {
	name := fmt.Sprintf("%q:", member)
	if s.pretty {
		name += " "
	}
	before, after, found := bytes.Cut(text, []byte(name+"[]"))
	if !found || n == 0 { // null, or nothing to put in
		return text
	}
	s.text(slices.Concat(before, []byte(name+"[")))
	for i := range n {
		if i > 0 {
			s.text([]byte{','})
		}
		s.line(depth + 1)
		element(i)
	}
	s.line(depth)
	s.text([]byte{']'})
	return after
}

// line begins a new one.
func (s *scribe) line(depth int) {
	if s.pretty {
		s.text([]byte("\n" + strings.Repeat(" ", depth)))
	}
}
