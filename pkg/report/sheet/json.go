package sheet

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON writes one indented document, as encoding/json has it. Text is as it was
// served, but what a terminal could act on is written as JSON's escapes, which
// read back the same. Lists of objects are written one by one: a plan has
// tens of megabytes of them. Such a list may be an iter.Seq, too.
func JSON(w io.Writer, data any) error {
	out := bufio.NewWriter(w)
	p := &pieces{out: out, enc: json.NewEncoder(visible{out})}
	p.enc.SetEscapeHTML(false)
	err := p.value(reflect.ValueOf(data), "\n")
	p.text("\n")
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// pieces writes a document piece by piece. Failures of out come to light when
// it is flushed.
type pieces struct {
	out *bufio.Writer
	enc *json.Encoder
}

func (p *pieces) text(s string) { _, _ = p.out.WriteString(s) }

// step is how much further in the next level stands.
const step = "  "

// value writes a value whose further lines begin with line, a line break and
// what it is indented by.
func (p *pieces) value(v reflect.Value, line string) error {
	switch {
	case !v.IsValid():
		return p.enc.Encode(nil)
	case long(v.Type()):
		return p.list(v, line)
	case plain(v.Type()) && slices.ContainsFunc(reflect.VisibleFields(v.Type()), func(f reflect.StructField) bool { return long(f.Type) }):
		return p.object(v, line)
	}
	if v.CanAddr() {
		v = v.Addr() // nothing is copied
	}
	p.enc.SetIndent(line[1:], step)
	return p.enc.Encode(v.Interface())
}

// plain says whether a type is a struct that is written field by field.
func plain(t reflect.Type) bool {
	to := reflect.PointerTo(t)
	return t.Kind() == reflect.Struct && !to.Implements(reflect.TypeFor[json.Marshaler]()) && !to.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// long says whether a type is a list that may be.
func long(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && plain(t.Elem()) || t.Kind() == reflect.Func && t.CanSeq()
}

func (p *pieces) list(v reflect.Value, line string) (err error) {
	if v.IsNil() {
		p.text("null")
		return nil
	}
	lead := "["
	each := func(e reflect.Value) bool {
		p.text(lead + line + step)
		lead, err = ",", p.value(e, line+step)
		return err == nil
	}
	if v.Kind() == reflect.Func {
		v.Seq()(each)
	} else {
		for i := 0; i < v.Len() && each(v.Index(i)); i++ { // Seq would give the indices
		}
	}
	p.end(lead, line, "[]")
	return err
}

func (p *pieces) object(v reflect.Value, line string) error {
	lead := "{"
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		member := v.FieldByIndex(f.Index)
		if !f.IsExported() || f.Anonymous && name == "" || name == "-" || left(member, options) {
			continue // what is embedded comes field by field
		}
		p.text(lead + line + step + `"` + cmp.Or(name, f.Name) + `": `)
		lead = ","
		if err := p.value(member, line+step); err != nil {
			return err
		}
	}
	p.end(lead, line, "{}")
	return nil
}

// end closes the brackets, on a line of its own if there is anything in them.
func (p *pieces) end(lead, line, brackets string) {
	if lead == "," {
		p.text(line + brackets[1:])
		return
	}
	p.text(brackets)
}

// left says whether a member is left out.
func left(v reflect.Value, options string) bool {
	switch options {
	case "omitzero":
		zero, own := v.Interface().(interface{ IsZero() bool })
		return own && zero.IsZero() || !own && v.IsZero()
	case "omitempty":
		switch v.Kind() {
		case reflect.Slice, reflect.Map, reflect.Array:
			return v.Len() == 0
		case reflect.Struct:
			return false
		default:
			return v.IsZero()
		}
	}
	return false
}

// visible takes what an Encoder writes, whole values, and hands it on without the
// line break behind them. It goes on where encoding/json stops: DEL, C1 and
// marks of direction. Outside of strings, JSON has only ASCII that can be seen.
type visible struct{ out *bufio.Writer }

func (w visible) Write(value []byte) (int, error) {
	rest := bytes.TrimSuffix(value, []byte("\n"))
	for at := bytes.IndexFunc(rest, hidden); at >= 0; at = bytes.IndexFunc(rest, hidden) {
		_, _ = w.out.Write(rest[:at])
		r, size := utf8.DecodeRune(rest[at:])
		for _, unit := range utf16.AppendRune(nil, r) {
			_, _ = fmt.Fprintf(w.out, `\u%04x`, unit)
		}
		rest = rest[at+size:]
	}
	_, err := w.out.Write(rest)
	return len(value), err
}

func hidden(r rune) bool { return r >= 0x7f && !unicode.IsGraphic(r) }
