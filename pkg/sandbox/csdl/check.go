package csdl

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Violation is one place where a value breaks the schema.
type Violation struct {
	// Path leads to the place: "responseStatus/time"; empty for the value itself.
	Path, Problem string
}

func (v Violation) String() string { return v.Path + ": " + v.Problem }

// Report is what a check found.
type Report struct {
	Violations []Violation
	// Members is how many members were looked at.
	Members int
}

type checker struct {
	schema *Schema
	Report
}

func (c *checker) broken(path, format string, args ...any) {
	c.Violations = append(c.Violations, Violation{path, fmt.Sprintf(format, args...)})
}

// Check looks at one JSON value of a type, "contact", "Edm.String" or
// "Collection(contact)".
func (s *Schema) Check(typeName string, text []byte) Report {
	c := &checker{schema: s}
	value, err := decode(text)
	if err != nil {
		c.broken("", "no JSON: %v", err)
		return c.Report
	}
	p := propertyOf(xmlProperty{Type: typeName, Nullable: "false"}, false)
	c.property("", p, value)
	return c.Report
}

func (c *checker) property(path string, p Property, value any) {
	if !p.List {
		c.single(path, p, value)
		return
	}
	list, ok := value.([]any)
	if !ok {
		c.broken(path, "a collection expected, found %s", shown(value))
		return
	}
	for n, element := range list {
		// Graph declares collections nullable throughout and has no null in any.
		c.single(fmt.Sprintf("%s[%d]", path, n), Property{Type: p.Type}, element)
	}
}

func (c *checker) single(path string, p Property, value any) {
	if value == nil {
		if !p.Nullable {
			c.broken(path, "%s expected, found null", p.Type)
		}
		return
	}
	if members := c.schema.enums[p.Type]; members != nil {
		text, ok := value.(string)
		if !ok {
			c.broken(path, "%s expected, found %s", p.Type, shown(value))
		} else if !slices.Contains(members, text) {
			c.broken(path, "%s has no member %q", p.Type, text)
		}
		return
	}
	if strings.HasPrefix(p.Type, "Edm.") {
		if !primitive(p.Type, value) {
			c.broken(path, "%s expected, found %s", p.Type, shown(value))
		}
		return
	}
	t, known := c.schema.types[p.Type]
	o, ok := value.(object)
	switch {
	case !known:
		c.broken(path, "the schema has no type %s", p.Type)
	case !ok:
		c.broken(path, "%s expected, found %s", p.Type, shown(value))
	default:
		c.object(path, t, o)
	}
}

func (c *checker) object(path string, t Type, o object) {
	if name, ok := o.text("@odata.type"); ok {
		named, known := c.schema.types[local(name)]
		if !known || !c.schema.derives(named.Name, t.Name) {
			c.broken(path, "%s is no type that can stand for %s", name, t.Name)
			return
		}
		t = named
	}
	if t.Abstract {
		c.broken(path, "%s is abstract and needs an @odata.type", t.Name)
	}
	seen := map[string]bool{}
	for _, m := range o {
		c.Members++
		if seen[m.name] {
			c.broken(path, "%s.%s is there twice", t.Name, m.name)
		}
		seen[m.name] = true
		c.member(path, t, m)
	}
}

func (c *checker) member(path string, t Type, m member) {
	below := strings.TrimPrefix(path+"/"+m.name, "/")
	if strings.Contains(m.name, "@") {
		c.annotation(below, t, m)
		return
	}
	p, ok := t.Properties[m.name]
	switch {
	case ok:
		c.property(below, p, m.value)
	case c.schema.derives(t.Name, "extension"):
	case t.Open:
		c.broken(path, "%s.%s is not in the schema (open type)", t.Name, m.name)
	default:
		c.broken(path, "%s.%s is not in the schema", t.Name, m.name)
	}
}

// annotations are those that Graph's mailbox resources have, with their types.
var annotations = map[string]string{
	"odata.context": "Edm.String", "odata.etag": "Edm.String", "odata.type": "Edm.String", "odata.id": "Edm.String",
	"odata.nextLink": "Edm.String", "odata.count": "Edm.Int32",
	"odata.associationLink": "Edm.String", "odata.navigationLink": "Edm.String",
	"odata.mediaContentType": "Edm.String", "odata.mediaEditLink": "Edm.String", "odata.mediaReadLink": "Edm.String",
	"odata.mediaEtag": "Edm.String",
}

// annotation looks at "@odata.x" and at "member@odata.x".
func (c *checker) annotation(path string, t Type, m member) {
	of, name, _ := strings.Cut(m.name, "@")
	kind, known := annotations[name]
	switch {
	case !known:
		c.broken(path, "@%s is no annotation of Graph", name)
	case of != "" && t.Properties[of].Type == "":
		c.broken(path, "%s.%s is not in the schema", t.Name, of)
	case !primitive(kind, m.value):
		c.broken(path, "%s expected, found %s", kind, shown(m.value))
	}
}

var (
	guid      = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	timeOfDay = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,12})?$`)
)

// primitive tells whether a value is of an Edm type.
func primitive(kind string, value any) bool {
	if n, ok := value.(number); ok {
		return numeric(kind, string(n))
	}
	if _, ok := value.(bool); ok {
		return kind == "Edm.Boolean"
	}
	text, ok := value.(string)
	if !ok {
		return false
	}
	var err error
	switch kind {
	case "Edm.String", "Edm.Stream":
	case "Edm.DateTimeOffset":
		_, err = time.Parse(time.RFC3339, text)
	case "Edm.Date":
		_, err = time.Parse(time.DateOnly, text)
	case "Edm.TimeOfDay":
		return timeOfDay.MatchString(text)
	case "Edm.Guid":
		return guid.MatchString(text)
	case "Edm.Binary":
		_, err = base64.StdEncoding.DecodeString(text)
	default:
		return false
	}
	return err == nil
}

func numeric(kind, text string) bool {
	bits, whole := map[string]int{"Edm.Int16": 16, "Edm.Int32": 32, "Edm.Int64": 64}[kind]
	if !whole {
		return kind == "Edm.Double" || kind == "Edm.Single"
	}
	_, err := strconv.ParseInt(text, 10, bits)
	return err == nil
}
