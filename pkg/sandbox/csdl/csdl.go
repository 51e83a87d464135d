// Package csdl reads Graph's published metadata (CSDL) and tells where a JSON
// value breaks it. It is for tests: the sandbox's own tables are in package
// schema and are judged by this one, which shares nothing with them.
//
// It promises to find members that a type does not declare, members given
// twice, values of another type, enumeration members that do not exist, null
// where null is not allowed, and abstract types without an @odata.type. An
// undeclared member of an open type is reported too, marked as such, but for
// the types whose purpose is to hold them. It refuses metadata it cannot read;
// annotations of the metadata itself are skipped.
package csdl

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Property is a declared member of a type.
type Property struct {
	// Type is without namespace and without Collection( ).
	Type string
	List bool
	// Nullable is about the elements where List is set: a collection itself is
	// never null.
	Nullable bool
	// Navigation is set for what comes only when it is expanded.
	Navigation bool
}

// Type is an entity or complex type with the members of its base types.
type Type struct {
	Name           string
	Open, Abstract bool
	Properties     map[string]Property
	base           string
}

// Schema is the metadata read.
type Schema struct {
	types map[string]Type
	enums map[string][]string
}

type xmlProperty struct {
	Name     string `xml:",attr"`
	Type     string `xml:",attr"`
	Nullable string `xml:",attr"`
}

type xmlType struct {
	Name                 string        `xml:",attr"`
	BaseType             string        `xml:",attr"`
	OpenType             bool          `xml:",attr"`
	Abstract             bool          `xml:",attr"`
	Properties           []xmlProperty `xml:"Property"`
	NavigationProperties []xmlProperty `xml:"NavigationProperty"`
}

type xmlSchema struct {
	Enums []struct {
		Name    string `xml:",attr"`
		Members []struct {
			Name string `xml:",attr"`
		} `xml:"Member"`
	} `xml:"EnumType"`
	Complex  []xmlType `xml:"ComplexType"`
	Entities []xmlType `xml:"EntityType"`
}

// Read reads a CSDL document.
func Read(r io.Reader) (*Schema, error) {
	var doc struct {
		Schemas []xmlSchema `xml:"DataServices>Schema"`
	}
	if err := xml.NewDecoder(r).Decode(&doc); err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	s := &Schema{types: map[string]Type{}, enums: map[string][]string{}}
	own := map[string]Type{}
	for _, one := range doc.Schemas {
		for _, e := range one.Enums {
			for _, m := range e.Members {
				s.enums[e.Name] = append(s.enums[e.Name], m.Name)
			}
		}
		for _, t := range slices.Concat(one.Complex, one.Entities) {
			own[t.Name] = typeOf(t)
		}
	}
	for name := range own {
		t, err := inherited(own, name, 0)
		if err != nil {
			return nil, err
		}
		s.types[name] = t
	}
	return s, nil
}

func typeOf(t xmlType) Type {
	out := Type{Name: t.Name, Open: t.OpenType, Abstract: t.Abstract, base: local(t.BaseType), Properties: map[string]Property{}}
	for _, p := range t.Properties {
		out.Properties[p.Name] = propertyOf(p, false)
	}
	for _, p := range t.NavigationProperties {
		out.Properties[p.Name] = propertyOf(p, true)
	}
	return out
}

func propertyOf(p xmlProperty, navigation bool) Property {
	inner, list := strings.CutPrefix(p.Type, "Collection(")
	return Property{
		Type: local(strings.TrimSuffix(inner, ")")), List: list,
		Nullable: p.Nullable != "false", Navigation: navigation,
	}
}

// local is a type's name without Graph's namespace.
func local(name string) string {
	name = strings.TrimPrefix(name, "#")
	return strings.TrimPrefix(strings.TrimPrefix(name, "microsoft."), "graph.")
}

// maxDepth is more than any real chain of base types.
const maxDepth = 20

func inherited(own map[string]Type, name string, depth int) (Type, error) {
	t, ok := own[name]
	if !ok || depth > maxDepth {
		return Type{}, fmt.Errorf("read metadata: the base type %q is missing or its own base", name)
	}
	if t.base == "" {
		return t, nil
	}
	base, err := inherited(own, t.base, depth+1)
	if err != nil {
		return Type{}, err
	}
	all := map[string]Property{}
	for _, from := range []Type{base, t} {
		for member, p := range from.Properties {
			all[member] = p
		}
	}
	t.Properties = all
	t.Open = t.Open || base.Open
	return t, nil
}

// Type finds a type by its name without namespace.
func (s *Schema) Type(name string) (Type, bool) {
	t, ok := s.types[local(name)]
	return t, ok
}

// Enum are the members of an enumeration, nil if there is none of that name.
func (s *Schema) Enum(name string) []string { return s.enums[name] }

// derives tells whether a type is another or derives from it.
func (s *Schema) derives(name, base string) bool {
	for name != "" && name != base {
		name = s.types[name].base
	}
	return name == base
}
