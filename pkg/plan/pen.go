package plan

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

// pen writes a plan piece by piece, as encoding/json would write it at once:
// a plan of a large wave is tens of megabytes, and should not lie in memory
// several times over.
type pen struct {
	out *bufio.Writer
	enc *json.Encoder
	// pretty puts every member on a line of its own.
	pretty bool
	depth  int
	first  bool // nothing was written yet between the brackets
}

func newPen(w io.Writer, pretty bool) *pen {
	out := bufio.NewWriter(w)
	return &pen{out: out, enc: json.NewEncoder(unbroken{out}), pretty: pretty}
}

// unbroken takes away the line break that an Encoder puts behind each value;
// within a value none stands at the end of what is written.
type unbroken struct{ out io.Writer }

func (u unbroken) Write(data []byte) (int, error) {
	_, err := u.out.Write(bytes.TrimSuffix(data, []byte("\n")))
	return len(data), err
}

// text, value and end cannot fail: plans hold strings, numbers and slices of them,
// and the writers are hashes, buffers and comparisons.
func (p *pen) text(s string) {
	if _, err := p.out.WriteString(s); err != nil {
		panic(err)
	}
}

// end hands on what is still in the buffer.
func (p *pen) end() {
	if err := p.out.Flush(); err != nil {
		panic(err)
	}
}

func (p *pen) value(v any) {
	if p.pretty {
		p.enc.SetIndent(strings.Repeat(" ", p.depth), " ")
	}
	if err := p.enc.Encode(v); err != nil {
		panic(err)
	}
}

func (p *pen) open(bracket string) {
	p.text(bracket)
	p.depth++
	p.first = true
}

func (p *pen) close(bracket string) {
	p.depth--
	if !p.first {
		p.newline()
	}
	p.text(bracket)
	p.first = false
}

// next begins a member or an element.
func (p *pen) next() {
	if !p.first {
		p.text(",")
	}
	p.first = false
	p.newline()
}

func (p *pen) newline() {
	if p.pretty {
		p.text("\n" + strings.Repeat(" ", p.depth))
	}
}

func (p *pen) key(name string) {
	p.next()
	p.text(`"` + name + `":`)
	if p.pretty {
		p.text(" ")
	}
}

func (p *pen) member(name string, v any) {
	p.key(name)
	p.value(v)
}

// elements writes a slice; one that is nil is null, as encoding/json has it.
func elements[T any](p *pen, all []T, each func(*T)) {
	if all == nil {
		p.text("null")
		return
	}
	p.open("[")
	for i := range all {
		p.next()
		each(&all[i])
	}
	p.close("]")
}

func (p *pen) file(f *file) {
	p.open("{")
	p.member("format", f.Format)
	p.member("tool", f.Tool)
	p.member("created", f.Created)
	p.member("digest", f.Digest)
	p.member("skipped", f.Skipped)
	p.key("plan")
	p.plan(f.Plan, true)
	p.close("}")
	p.text("\n")
}

// plan writes what the digest is made of; for that, counts are left out.
func (p *pen) plan(v Plan, counts bool) {
	p.open("{")
	p.member("tenant", v.Tenant)
	p.member("rules", v.Rules)
	p.key("mailboxes")
	elements(p, v.Mailboxes, func(m *Mailbox) { p.mailbox(m, counts) })
	p.close("}")
}

func (p *pen) mailbox(m *Mailbox, counts bool) {
	items, already := 0, 0
	if counts {
		items, already = m.Items, m.Already
	}
	p.open("{")
	p.member("account", m.Account)
	p.key("steps")
	elements(p, m.Steps, func(s *Step) { p.value(s) })
	p.key("held")
	elements(p, m.Held, func(h *Held) { p.value(h) })
	p.member("items", items)
	p.member("already", already)
	if m.From != "" {
		p.member("from", m.From)
	}
	if len(m.Folders) > 0 {
		p.member("folders", m.Folders)
	}
	p.close("}")
}

// comparison compares what is written with what was read.
type comparison struct {
	rest  []byte
	other bool // what was written is not what was read
}

func (c *comparison) Write(data []byte) (int, error) {
	n := min(len(data), len(c.rest))
	c.other = c.other || !bytes.Equal(data[:n], c.rest[:n]) || n < len(data)
	c.rest = c.rest[n:]
	return len(data), nil
}

func (c *comparison) same() bool { return !c.other && len(c.rest) == 0 }
