// Package marker knows by what the items of a CRM plug-in are told from a
// person's own: a category, a folder, a named property, or the application of a
// task's linked resource.
//
// It promises that names match as a whole and on the kinds that were named,
// never in parts, and that a default folder matches nothing. It refuses markers
// that would mean what users keep from a plug-in, and what riva-prep itself
// leaves on items.
package marker

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// Why a marker is refused.
var (
	// ErrMarker: it cannot be used.
	ErrMarker = errors.New("not a marker")
	// ErrProtected: users keep private items from a plug-in with it.
	ErrProtected = fmt.Errorf("%w: it is always protected", ErrMarker)
)

// Marker is one thing that a plug-in leaves on items. Just one of the first four
// members is set.
type Marker struct {
	Category string `json:"category,omitempty"`
	// Folder is a path below the default contact folder, or the name of a
	// calendar or a task list.
	Folder string `json:"folder,omitempty"`
	// Property is the id of a named property, as "String {guid} Name crmid".
	Property string `json:"property,omitempty"`
	// Application is that of a linked resource.
	Application string `json:"application,omitempty"`
	// Kinds are those that it is looked for on.
	Kinds []item.Kind `json:"kinds"`
	// Values are those that a property must have one of; none means any.
	Values []string `json:"values,omitempty"`
	// Subfolders takes what lies in the folders below, too.
	Subfolders bool `json:"subfolders,omitempty"`
}

// Set is what one profile contributes to the rules of a plan.
type Set struct {
	// Name is the profile's.
	Name    string   `json:"name"`
	Markers []Marker `json:"markers"`
	// Protect keeps items out, whatever else they carry.
	Protect []Marker `json:"protect"`
}

// Protected lists the categories by which users keep private items from a
// plug-in. Vendor's help pages for Salesforce for Outlook.
func Protected() []string { return []string{"Don't Sync with Salesforce"} }

// ProtectedProperties do the same where a plug-in has a named property for it
// (SuiteCRM's add-in; its type is not documented).
func ProtectedProperties() []Marker {
	const name = " {00020329-0000-0000-C000-000000000046} Name ShouldNotSyncWithCRM"
	var all []Marker
	for _, kind := range []string{"String", "Boolean"} {
		all = append(all, Marker{Property: kind + name, Kinds: []item.Kind{item.Contacts, item.Events}})
	}
	return all
}

// Type says in one word what is looked at.
func (m Marker) Type() string {
	switch {
	case m.Category != "":
		return "category"
	case m.Folder != "":
		return "folder"
	case m.Property != "":
		return "property"
	}
	return "application"
}

// Name is what is looked for.
func (m Marker) Name() string { return m.Category + m.Folder + m.Property + m.Application }

// String is how a marker is written in plans and reports.
func (m Marker) String() string {
	text := m.Type() + " " + strconv.Quote(m.Name())
	if len(m.Values) > 0 {
		text += " = " + strings.Join(m.Values, " or ")
	}
	if m.Subfolders {
		text += " and below"
	}
	return text
}

// Match says whether an item has the marker.
func (m Marker) Match(it item.Item) bool {
	if !slices.Contains(m.Kinds, it.Kind) {
		return false
	}
	switch {
	case m.Category != "":
		_, found := item.MatchCategory(it.Categories, []string{m.Category})
		return found
	case m.Folder != "":
		return m.holds(it.Folder)
	case m.Property != "":
		return slices.ContainsFunc(it.Properties(), m.is)
	case m.Application != "":
		return slices.ContainsFunc(it.Applications(), func(name string) bool { return item.SameCategory(name, m.Application) })
	}
	return false
}

// First finds the first of the markers that an item has.
func First(markers []Marker, it item.Item) (Marker, bool) {
	for _, m := range markers {
		if m.Match(it) {
			return m, true
		}
	}
	return Marker{}, false
}

// is compares ids without regard to case, since the service may write them
// otherwise than they were asked for.
func (m Marker) is(p item.Property) bool {
	if !strings.EqualFold(p.ID, m.Property) {
		return false
	}
	return len(m.Values) == 0 || slices.ContainsFunc(m.Values, func(v string) bool { return sameValue(p.Value, v) })
}

// sameValue takes 2 and 2.0 for the same.
func sameValue(a, b string) bool {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	x, notA := strconv.ParseFloat(a, 64)
	y, notB := strconv.ParseFloat(b, 64)
	return strings.EqualFold(a, b) || notA == nil && notB == nil && x == y
}

// holds says whether the marker's folder is this one, at this level. What the
// default folder is called depends on the user's language, so it is left out of
// the path.
func (m Marker) holds(f item.Folder) bool {
	names, wanted := Below(f), strings.Split(m.Folder, "/")
	if f.Kind != item.Contacts {
		wanted = []string{m.Folder}
	}
	if len(names) < len(wanted) || len(names) > len(wanted) && !m.Subfolders {
		return false
	}
	return slices.EqualFunc(names[:len(wanted)], wanted, item.SameCategory)
}

// Below are the names of the folders from below the default one, or from the
// top, down to f. There are none for the default folder, nor where a name with a
// slash leaves the level in doubt.
func Below(f item.Folder) []string {
	if f.Default {
		return nil
	}
	names := strings.Split(f.Path, "/")
	if f.Kind != item.Contacts { // calendars and lists do not nest
		return []string{f.Path}
	}
	if f.Parent != "" {
		names = names[1:]
	}
	if f.Depth > 0 && len(names) != f.Depth {
		return nil
	}
	return names
}

// Check refuses a marker that names nothing or several things, or what must not
// be one.
func (m Marker) Check() error {
	named := 0
	for _, name := range []string{m.Category, m.Folder, m.Property, m.Application} {
		if name != "" {
			named++
		}
	}
	if named != 1 || strings.TrimSpace(m.Name()) == "" {
		return fmt.Errorf("%w: name one of category, folder, property and application", ErrMarker)
	}
	if len(m.Values) > 0 && m.Property == "" || m.Subfolders && m.Folder == "" {
		return fmt.Errorf("%w: only a property has values, and only a folder has subfolders", ErrMarker)
	}
	return m.checkName()
}

func (m Marker) checkName() error {
	_, protected := item.MatchCategory([]string{m.Category}, Protected())
	switch {
	case protected:
		return fmt.Errorf("%w: with category %q users keep private items from a plug-in", ErrProtected, m.Category)
	case m.Folder != "" && slices.Contains(strings.Split(m.Folder, "/"), ""):
		return fmt.Errorf("%w: folder %q has an empty name in it", ErrMarker, m.Folder)
	case m.Property != "" && !item.ValidProperty(m.Property):
		return fmt.Errorf("%w: property %q; write it as \"String {guid} Name name\"", ErrMarker, m.Property)
	case strings.EqualFold(m.Property, item.MarkProperty), item.SameCategory(m.Application, item.MarkApplication):
		return fmt.Errorf("%w: %s is what riva-prep leaves on the items that it brings back", ErrMarker, m.Type())
	case protects(m.Property):
		return fmt.Errorf("%w: with property %q users keep private items from a plug-in", ErrProtected, m.Property)
	}
	return nil
}

// protects looks at a property's name, whatever its type.
func protects(property string) bool {
	_, name, _ := strings.Cut(property, " ")
	return slices.ContainsFunc(ProtectedProperties(), func(p Marker) bool {
		_, protected, _ := strings.Cut(p.Property, " ")
		return strings.EqualFold(protected, name)
	})
}

// CanBeOn are the kinds that can have such a marker: Graph serves no named
// properties of tasks, and links of nothing else.
func (m Marker) CanBeOn() []item.Kind {
	switch m.Type() {
	case "property":
		return []item.Kind{item.Contacts, item.Events}
	case "application":
		return []item.Kind{item.Tasks}
	}
	return item.Kinds()
}

// Properties are the ids that the markers need to be read.
func Properties(markers ...Marker) []string {
	var ids []string
	for _, m := range markers {
		if m.Property != "" && !slices.Contains(ids, m.Property) {
			ids = append(ids, m.Property)
		}
	}
	return ids
}
