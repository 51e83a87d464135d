// Package property knows what Graph gives of a contact or an event only when
// it is asked for by name: named properties and open extensions. One cannot ask
// for all of them (Graph docs, singlevaluelegacyextendedproperty-get).
//
// It promises an $expand that names every property of its lists and those that
// the operator adds, in an address that the service takes. It refuses names
// that Graph would refuse in the middle of a run.
package property

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// What Check returns.
var (
	// ErrName is a property that Graph has no form for.
	ErrName = errors.New("not the name of a property")
	// ErrTooMany is more than fits into the address of a request.
	ErrTooMany = errors.New("too many properties and extensions")
)

// longest is how many bytes the expansion may have in an address. The service
// refuses addresses of more than some 8 kB; ids and links need the rest.
const longest = 7_300

// Wanted is what is expanded beside the lists of this package.
type Wanted struct {
	// Properties are ids as "String {guid} Name crmid", for both kinds.
	Properties []string
	// Extensions are names of open extensions, for both kinds.
	Extensions []string
	// Markers are properties by which a plug-in's items are known: every listing
	// has them, brief ones too.
	Markers []string
}

// Check refuses what Graph would refuse.
func (w Wanted) Check() error {
	for _, id := range slices.Concat(w.Properties, w.Markers) {
		if !item.ValidProperty(id) {
			return fmt.Errorf("%w: %q; write it as \"String {guid} Name name\", \"Integer {guid} Id 0x8000\" or \"String 0x3A24\"", ErrName, id)
		}
	}
	for _, name := range w.Extensions {
		if strings.TrimSpace(name) == "" || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
			return fmt.Errorf("%w: the open extension %q", ErrName, name)
		}
	}
	for _, kind := range []item.Kind{item.Contacts, item.Events} {
		if n := Length(w.Whole(kind)); n > longest {
			return fmt.Errorf("%w: their names make %d bytes of address for %s, %d are the limit", ErrTooMany, n, kind, longest)
		}
	}
	return nil
}

// Whole are the terms of $expand for an item that is read whole; none for tasks,
// which have no named properties.
func (w Wanted) Whole(kind item.Kind) []string {
	var ids []string
	switch kind {
	case item.Contacts:
		ids = slices.Concat([]string{item.MarkProperty, item.PictureProperty}, Contacts(), CRM(), w.Properties, w.Markers)
	case item.Events:
		ids = slices.Concat([]string{item.MarkProperty}, CRM(), w.Properties, w.Markers)
	default:
		return nil
	}
	terms := []string{named("singleValueExtendedProperties", ids)}
	if len(w.Extensions) > 0 {
		terms = append(terms, named("extensions", w.Extensions))
	}
	return terms
}

// Length is how many bytes the terms have in an address.
func Length(terms []string) int {
	text := strings.Join(terms, ",")
	return len(url.QueryEscape(text)) + 2*strings.Count(text, " ") // a space is %20 there
}

// Brief are the terms of $expand for a listing that has no more than markers,
// and the mark of a restore if that is wanted.
func (w Wanted) Brief(kind item.Kind, mark bool) []string {
	ids := w.Markers
	if mark {
		ids = slices.Concat([]string{item.MarkProperty}, w.Markers)
	}
	if len(ids) == 0 || kind == item.Tasks {
		return nil
	}
	return []string{named("singleValueExtendedProperties", ids)}
}

// named expands the members of a collection that have one of the ids, each once.
func named(collection string, ids []string) string {
	var terms []string
	for _, id := range ids {
		term := "id eq '" + strings.ReplaceAll(id, "'", "''") + "'"
		if !slices.Contains(terms, term) {
			terms = append(terms, term)
		}
	}
	return collection + "($filter=" + strings.Join(terms, " or ") + ")"
}
