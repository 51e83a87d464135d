// Package profile holds what is known of each CRM plug-in: by which markers its
// items are told, what it must not touch, and whether deleting in Outlook
// deletes in the CRM. Profiles are YAML, the built-in ones too.
//
// It promises that a file is taken only if all of it is understood, and that
// every fault is named with its line. It refuses to let a profile decide alone:
// words that people use themselves need the operator's word, and what merely
// hints at a plug-in is never a reason to delete.
package profile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
)

// Why a profile cannot be used.
var (
	// ErrFile: it is not a profile, or says what makes no sense.
	ErrFile = errors.New("not a profile")
	// ErrUnknown: there is none of that name.
	ErrUnknown = errors.New("no such profile")
	// ErrNothing: it knows no marker that a purge could go by.
	ErrNothing = errors.New("profile has no marker to go by")
)

// Confidence says how well something is known.
type Confidence string

// High rests on the vendor's own documentation or source, Medium on reports that
// agree, Low on one report.
const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

// Deletes says whether deleting in Outlook deletes in the CRM.
type Deletes string

// The answers. Unknown is to be taken for yes.
const (
	Yes     Deletes = "yes"
	No      Deletes = "no"
	Unknown Deletes = "unknown"
)

// Profile is what is known of one plug-in.
type Profile struct {
	Name    string  `json:"name"`
	Product string  `json:"product"`
	Note    string  `json:"note,omitempty"`
	Premise Premise `json:"premise"`
	// Markers are what a purge goes by, but for those that are generic or hints.
	Markers []Marker `json:"markers"`
	// Protect keeps items out, whatever else they carry.
	Protect []Marker `json:"protect"`
	// File is where it was read, empty for a built-in one.
	File string `json:"file,omitempty"`
}

// Premise says what deleting in Outlook does in the CRM while the plug-in is
// connected.
type Premise struct {
	Contacts Deletes `json:"contacts"`
	Events   Deletes `json:"events"`
	Tasks    Deletes `json:"tasks"`
	Note     string  `json:"note,omitempty"`
	Source   string  `json:"source,omitempty"`
}

// Of is what is known for one kind.
func (p Premise) Of(kind item.Kind) Deletes {
	switch kind {
	case item.Contacts:
		return p.Contacts
	case item.Events:
		return p.Events
	case item.Tasks:
		return p.Tasks
	}
	return Unknown
}

// Sentence says it in one sentence.
func (p Premise) Sentence() string {
	by := map[Deletes][]string{}
	for _, kind := range item.Kinds() {
		by[p.Of(kind)] = append(by[p.Of(kind)], string(kind))
	}
	var parts []string
	for _, deletes := range []Deletes{Yes, No, Unknown} {
		if kinds := by[deletes]; len(kinds) > 0 {
			parts = append(parts, listed(kinds)+" "+string(deletes))
		}
	}
	return "does deleting in Outlook delete in the CRM while the plug-in is connected? " + strings.Join(parts, ", ")
}

// listed joins words as people do.
func listed(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// Marker is a marker with what is known of it.
type Marker struct {
	marker.Marker

	// Mails says that it is on e-mails, which riva-prep does not touch.
	Mails      bool       `json:"mails,omitempty"`
	Confidence Confidence `json:"confidence"`
	// Generic is a word that people use themselves.
	Generic bool `json:"generic,omitempty"`
	// Hint is looked at by discover, and no reason to delete.
	Hint   bool   `json:"hint,omitempty"`
	Source string `json:"source,omitempty"`
	Note   string `json:"note,omitempty"`
}

// Usable says whether a purge can go by it, a generic one only if it is named.
func (m Marker) Usable() bool { return !m.Hint && len(m.Kinds) > 0 }

// Set is what the profile contributes to the rules of a plan. Of the generic
// markers it has those that are among the words.
func (p Profile) Set(words []string) (marker.Set, error) {
	set := marker.Set{Name: p.Name, Markers: []marker.Marker{}, Protect: []marker.Marker{}}
	for _, m := range p.Markers {
		_, named := item.MatchCategory([]string{m.Name()}, words)
		if m.Usable() && (!m.Generic || named) {
			set.Markers = append(set.Markers, m.Marker)
		}
	}
	for _, m := range p.Protect {
		set.Protect = append(set.Protect, m.Marker)
	}
	if len(set.Markers) == 0 {
		return set, fmt.Errorf("%w: %s (%s)%s", ErrNothing, p.Name, p.Product, p.instead())
	}
	return set, nil
}

// instead says what could be done without a marker.
func (p Profile) instead() string {
	if names := p.Generic(); len(names) > 0 {
		return ": it has only words that people use themselves, " + strings.Join(names, ", ")
	}
	if p.Note != "" {
		return ": " + p.Note
	}
	return ""
}

// Generic are the names of the markers that need the operator's word.
func (p Profile) Generic() []string {
	var names []string
	for _, m := range p.Markers {
		if m.Generic && m.Usable() {
			names = append(names, m.Name())
		}
	}
	return names
}

// Catalogue is a list of profiles.
type Catalogue []Profile

// Find gives the profile of that name, in any case. The error names one that is
// like it.
func (c Catalogue) Find(name string) (Profile, error) {
	for _, p := range c {
		if strings.EqualFold(p.Name, strings.TrimSpace(name)) {
			return p, nil
		}
	}
	if like := c.nearest(name); like != "" {
		return Profile{}, fmt.Errorf("%w: %q; did you mean %s?", ErrUnknown, name, like)
	}
	return Profile{}, fmt.Errorf("%w: %q", ErrUnknown, name)
}

// nearest is the name that takes the fewest changes, if they are few, or else the
// first whose name or product holds what was typed.
func (c Catalogue) nearest(name string) string {
	best, fewest := "", 1+len(name)/3
	name = strings.ToLower(strings.TrimSpace(name))
	for _, p := range c {
		if n := changes(name, p.Name); n <= fewest && n < max(len(name), 2) {
			best, fewest = p.Name, n-1
		}
	}
	if best != "" || len(name) < 3 {
		return best
	}
	for _, p := range c {
		if strings.Contains(p.Name, name) || strings.Contains(strings.ToLower(p.Product), name) {
			return p.Name
		}
	}
	return ""
}

// changes counts the letters to be put in, left out or replaced.
func changes(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		above := row[0]
		row[0] = i + 1
		for j := range len(b) {
			same := above
			if a[i] != b[j] {
				same++
			}
			above = row[j+1]
			row[j+1] = min(same, row[j]+1, above+1)
		}
	}
	return row[len(b)]
}

// Known is the first profile with that category, on items rather than on mails.
func (c Catalogue) Known(category string) (Profile, bool) {
	for _, mails := range []bool{false, true} {
		for _, p := range c {
			known := func(m Marker) bool {
				return m.Category != "" && item.SameCategory(m.Category, category) && (mails || len(m.Kinds) > 0)
			}
			if slices.ContainsFunc(p.Markers, known) {
				return p, true
			}
		}
	}
	return Profile{}, false
}

// Properties are the ids of all named properties that the profiles speak of.
func (c Catalogue) Properties() []string {
	var all []marker.Marker
	for _, p := range c {
		for _, m := range slices.Concat(p.Markers, p.Protect) {
			all = append(all, m.Marker)
		}
	}
	return marker.Properties(append(all, marker.ProtectedProperties()...)...)
}
