package profile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/strictyaml"
)

// Read reads one profile. The error has a line for each fault.
func Read(data []byte) (Profile, error) {
	doc, err := strictyaml.Document(data)
	if err != nil {
		return Profile{}, fmt.Errorf("%w: %w", ErrFile, err)
	}
	r := &reader{}
	p := r.profile(doc)
	if err := r.Err(); err != nil {
		return Profile{}, fmt.Errorf("%w: %w", ErrFile, err)
	}
	return p, nil
}

// reader knows what belongs into a profile.
type reader struct{ strictyaml.Reader }

// named is what profiles may be called: it is typed on a command line.
var named = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (r *reader) profile(n *strictyaml.Node) Profile {
	p := Profile{Premise: Premise{Contacts: Unknown, Events: Unknown, Tasks: Unknown}, Markers: []Marker{}, Protect: []Marker{}}
	seen := r.Members(n, "a profile", map[string]func(*strictyaml.Node){
		"name":    r.Text(&p.Name),
		"product": r.Text(&p.Product),
		"note":    r.Text(&p.Note),
		"premise": func(n *strictyaml.Node) { r.premise(n, &p.Premise) },
		"markers": r.Each("markers", func(n *strictyaml.Node) { p.Markers = append(p.Markers, r.marker(n, false)) }),
		"protect": r.Each("protect", func(n *strictyaml.Node) { p.Protect = append(p.Protect, r.marker(n, true)) }),
	})
	r.Need(n, "a profile", seen, "name", "product")
	if p.Name != "" && !named.MatchString(p.Name) {
		r.Fault(n, "name %q: use small letters, digits and single hyphens", p.Name)
	}
	r.twice(n, p)
	return p
}

// twice finds markers that stand there more than once, or are protected, too.
func (r *reader) twice(n *strictyaml.Node, p Profile) {
	protected, seen := map[string]bool{}, map[string]bool{}
	for _, m := range p.Protect {
		protected[m.Type()+item.CategoryKey(m.Name())] = true
	}
	for _, m := range p.Markers {
		switch {
		case m.Name() == "": // it was found faulty
		case protected[m.Type()+item.CategoryKey(m.Name())]:
			r.Fault(n, "%s is a marker and protected; it must be one or the other", m)
		case seen[m.Type()+m.Name()]:
			r.Fault(n, "%s stands there twice", m)
		}
		seen[m.Type()+m.Name()] = true
	}
}

func (r *reader) premise(n *strictyaml.Node, p *Premise) {
	r.Members(n, "premise", map[string]func(*strictyaml.Node){
		"contacts": strictyaml.Word(&r.Reader, &p.Contacts, Yes, No, Unknown),
		"events":   strictyaml.Word(&r.Reader, &p.Events, Yes, No, Unknown),
		"tasks":    strictyaml.Word(&r.Reader, &p.Tasks, Yes, No, Unknown),
		"note":     r.Text(&p.Note),
		"source":   r.Text(&p.Source),
	})
}

func (r *reader) marker(n *strictyaml.Node, protects bool) Marker {
	m, before := Marker{Confidence: Low}, r.Faults()
	members := map[string]func(*strictyaml.Node){
		"category":    r.Text(&m.Category),
		"folder":      r.Text(&m.Folder),
		"property":    r.Text(&m.Property),
		"application": r.Text(&m.Application),
		"values":      r.Texts("values", &m.Values),
		"on":          r.Each("on", func(n *strictyaml.Node) { r.kind(n, &m) }),
		"source":      r.Text(&m.Source),
		"note":        r.Text(&m.Note),
		"confidence":  strictyaml.Word(&r.Reader, &m.Confidence, High, Medium, Low),
	}
	if !protects {
		members["subfolders"], members["generic"], members["hint"] = r.Flag(&m.Subfolders), r.Flag(&m.Generic), r.Flag(&m.Hint)
	}
	seen := r.Members(n, "a marker", members)
	if r.Faults() > before {
		return Marker{}
	}
	if !seen["on"] {
		m.Kinds = m.CanBeOn()
	}
	r.check(n, m, protects)
	return m
}

// check refuses what could not be a marker, or could not be there.
func (r *reader) check(n *strictyaml.Node, m Marker, protects bool) {
	err := m.Check()
	if protects && err != nil && m.Name() != "" && errors.Is(err, marker.ErrProtected) {
		err = nil // that it is always protected anyway is no fault
	}
	if err != nil {
		r.Fault(n, "%v", err)
		return
	}
	if len(m.Kinds) == 0 && !m.Mails {
		r.Fault(n, "%s is on nothing; leave \"on\" out, or name contacts, events, tasks or mails", m)
	}
	for _, kind := range m.Kinds {
		if !slices.Contains(m.CanBeOn(), kind) {
			r.Fault(n, "%s cannot be on %s", m, kind)
		}
	}
}

func (r *reader) kind(n *strictyaml.Node, m *Marker) {
	if strictyaml.Is(n, "mails") {
		m.Mails = true
		return
	}
	var kind item.Kind
	strictyaml.Word(&r.Reader, &kind, append(item.Kinds(), "mails")...)(n)
	if slices.Contains(m.Kinds, kind) {
		r.Fault(n, "%s stand there twice", kind)
	}
	m.Kinds = append(m.Kinds, kind)
}
