package profile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
)

// largest is more than any profile has.
const largest = 1 << 20

// Read reads one profile. The error has a line for each fault.
func Read(data []byte) (Profile, error) {
	if len(data) > largest {
		return Profile{}, fmt.Errorf("%w: it has %d bytes", ErrFile, len(data))
	}
	var doc, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return Profile{}, fmt.Errorf("%w: it is empty", ErrFile)
	} else if err != nil {
		return Profile{}, fmt.Errorf("%w: %s", ErrFile, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return Profile{}, fmt.Errorf("%w: it has more than one document", ErrFile)
	}
	r := &reader{}
	p := r.profile(doc.Content[0])
	if len(r.faults) > 0 {
		return Profile{}, fmt.Errorf("%w: %s", ErrFile, strings.Join(r.faults, "; "))
	}
	return p, nil
}

// reader goes through a file and collects what is wrong with it.
type reader struct {
	faults []string
}

func (r *reader) fault(n *yaml.Node, format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf("line %d: %s", n.Line, fmt.Sprintf(format, args...)))
}

// members calls for each member of a mapping what is there for its name.
func (r *reader) members(n *yaml.Node, what string, each map[string]func(*yaml.Node)) map[string]bool {
	seen := map[string]bool{}
	if n.Kind != yaml.MappingNode {
		r.fault(n, "%s is to have members, as \"name: value\"", what)
		return seen
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		take := each[name.Value]
		switch {
		case take == nil:
			r.fault(name, "%s has no member %q", what, name.Value)
		case seen[name.Value]:
			r.fault(name, "%q stands there twice", name.Value)
		default:
			take(value)
		}
		seen[name.Value] = true
	}
	return seen
}

// text reads into s.
func (r *reader) text(s *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || strings.TrimSpace(n.Value) == "" {
			r.fault(n, "a text is missing")
			return
		}
		*s = n.Value
	}
}

func (r *reader) flag(b *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*b = n.Value == "true"
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || !*b && n.Value != "false" {
			r.fault(n, "true or false is wanted")
		}
	}
}

// word reads one of several words.
func word[T ~string](r *reader, to *T, words ...T) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*to = T(n.Value)
		if n.Kind != yaml.ScalarNode || !slices.Contains(words, *to) {
			r.fault(n, "one of %s is wanted", joined(words))
		}
	}
}

func joined[T ~string](words []T) string {
	var texts []string
	for _, w := range words {
		texts = append(texts, string(w))
	}
	return strings.Join(texts, ", ")
}

func (r *reader) each(what string, take func(*yaml.Node)) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			r.fault(n, "%s is to be a list", what)
			return
		}
		for _, element := range n.Content {
			take(element)
		}
	}
}

// named is what profiles may be called: it is typed on a command line.
var named = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (r *reader) profile(n *yaml.Node) Profile {
	p := Profile{Premise: Premise{Contacts: Unknown, Events: Unknown, Tasks: Unknown}, Markers: []Marker{}, Protect: []Marker{}}
	seen := r.members(n, "a profile", map[string]func(*yaml.Node){
		"name":    r.text(&p.Name),
		"product": r.text(&p.Product),
		"note":    r.text(&p.Note),
		"premise": func(n *yaml.Node) { r.premise(n, &p.Premise) },
		"markers": r.each("markers", func(n *yaml.Node) { p.Markers = append(p.Markers, r.marker(n, false)) }),
		"protect": r.each("protect", func(n *yaml.Node) { p.Protect = append(p.Protect, r.marker(n, true)) }),
	})
	for _, name := range []string{"name", "product"} {
		if n.Kind == yaml.MappingNode && !seen[name] {
			r.fault(n, "a profile needs a %s", name)
		}
	}
	if p.Name != "" && !named.MatchString(p.Name) {
		r.fault(n, "name %q: use small letters, digits and single hyphens", p.Name)
	}
	r.twice(n, p)
	return p
}

// twice finds markers that stand there more than once, or are protected, too.
func (r *reader) twice(n *yaml.Node, p Profile) {
	protected, seen := map[string]bool{}, map[string]bool{}
	for _, m := range p.Protect {
		protected[m.Type()+item.CategoryKey(m.Name())] = true
	}
	for _, m := range p.Markers {
		switch {
		case m.Name() == "": // it was found faulty
		case protected[m.Type()+item.CategoryKey(m.Name())]:
			r.fault(n, "%s is a marker and protected; it must be one or the other", m)
		case seen[m.Type()+m.Name()]:
			r.fault(n, "%s stands there twice", m)
		}
		seen[m.Type()+m.Name()] = true
	}
}

func (r *reader) premise(n *yaml.Node, p *Premise) {
	r.members(n, "premise", map[string]func(*yaml.Node){
		"contacts": word(r, &p.Contacts, Yes, No, Unknown),
		"events":   word(r, &p.Events, Yes, No, Unknown),
		"tasks":    word(r, &p.Tasks, Yes, No, Unknown),
		"note":     r.text(&p.Note),
		"source":   r.text(&p.Source),
	})
}

func (r *reader) marker(n *yaml.Node, protects bool) Marker {
	m, before := Marker{Confidence: Low}, len(r.faults)
	members := map[string]func(*yaml.Node){
		"category":    r.text(&m.Category),
		"folder":      r.text(&m.Folder),
		"property":    r.text(&m.Property),
		"application": r.text(&m.Application),
		"values":      r.each("values", func(n *yaml.Node) { var v string; r.text(&v)(n); m.Values = append(m.Values, v) }),
		"on":          r.each("on", func(n *yaml.Node) { r.kind(n, &m) }),
		"source":      r.text(&m.Source),
		"note":        r.text(&m.Note),
		"confidence":  word(r, &m.Confidence, High, Medium, Low),
	}
	if !protects {
		members["subfolders"], members["generic"], members["hint"] = r.flag(&m.Subfolders), r.flag(&m.Generic), r.flag(&m.Hint)
	}
	seen := r.members(n, "a marker", members)
	if len(r.faults) > before {
		return Marker{}
	}
	if !seen["on"] {
		m.Kinds = m.CanBeOn()
	}
	r.check(n, m, protects)
	return m
}

// check refuses what could not be a marker, or could not be there.
func (r *reader) check(n *yaml.Node, m Marker, protects bool) {
	err := m.Check()
	if protects && err != nil && m.Name() != "" && errors.Is(err, marker.ErrProtected) {
		err = nil // that it is always protected anyway is no fault
	}
	if err != nil {
		r.fault(n, "%v", err)
		return
	}
	if len(m.Kinds) == 0 && !m.Mails {
		r.fault(n, "%s is on nothing; leave \"on\" out, or name contacts, events, tasks or mails", m)
	}
	for _, kind := range m.Kinds {
		if !slices.Contains(m.CanBeOn(), kind) {
			r.fault(n, "%s cannot be on %s", m, kind)
		}
	}
}

func (r *reader) kind(n *yaml.Node, m *Marker) {
	if n.Kind == yaml.ScalarNode && n.Value == "mails" {
		m.Mails = true
		return
	}
	var kind item.Kind
	word(r, &kind, append(item.Kinds(), "mails")...)(n)
	if slices.Contains(m.Kinds, kind) {
		r.fault(n, "%s stand there twice", kind)
	}
	m.Kinds = append(m.Kinds, kind)
}
