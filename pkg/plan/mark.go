package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
)

// mark is by what an item is known as the plug-in's.
type mark struct {
	// profile and marker are empty where a category of the rules' own did it.
	profile, marker string
	why             string
}

// mark looks for the rules' categories first, and then for the profiles' markers.
func (r Rules) mark(it item.Item) (mark, bool) {
	if category, found := item.MatchCategory(it.Categories, r.Categories); found {
		return mark{why: fmt.Sprintf("category %q", category)}, true
	}
	for _, set := range r.Profiles {
		if m, found := marker.First(set.Markers, it); found {
			return mark{profile: set.Name, marker: m.String(), why: m.String() + ", by profile " + set.Name}, true
		}
	}
	return mark{}, false
}

// Marked says whether the rules mean an item as the plug-in's.
func (r Rules) Marked(it item.Item) bool {
	_, marked := r.mark(it)
	return marked
}

// stillMarked says what is left of the plug-in on an item, or on an exception of
// a series.
func (r Rules) stillMarked(it item.Item) (string, bool) {
	if category, marked := anyCategory(it, r.Categories); marked {
		return fmt.Sprintf("still carries %q", category), true
	}
	all := []item.Item{it}
	if it.Event != nil {
		all = append(all, it.Event.Exceptions...)
	}
	for _, one := range all {
		if by, marked := r.mark(one); marked {
			return "still has " + by.why, true
		}
	}
	return "", false
}

// protected says what keeps an item from being purged: a category, on an
// exception too, or a property by which users keep items from a plug-in.
func (r Rules) protected(it item.Item) (string, bool) {
	if category, found := anyCategory(it, r.Protect); found {
		return fmt.Sprintf("carries %q", category), true
	}
	all := marker.ProtectedProperties()
	for _, set := range r.Profiles {
		all = append(all, set.Protect...)
	}
	for _, m := range all {
		if m.Category == "" && m.Match(it) {
			return "has " + m.String(), true
		}
		if category, found := anyCategory(it, []string{m.Category}); found && m.Category != "" {
			return fmt.Sprintf("carries %q", category), true
		}
	}
	return "", false
}

// Properties are the named properties that items must be read with, for these
// rules to be followed.
func (r Rules) Properties() []string {
	var all []marker.Marker
	if r.Purpose == Purge {
		all = marker.ProtectedProperties()
	}
	for _, set := range r.Profiles {
		all = slices.Concat(all, set.Markers, set.Protect)
	}
	return marker.Properties(all...)
}

// markerCategories are the categories among the profiles' markers.
func (r Rules) markerCategories() []string {
	var names []string
	for _, set := range r.Profiles {
		for _, m := range set.Markers {
			if m.Category != "" {
				names = append(names, m.Category)
			}
		}
	}
	return names
}

// checkProfiles refuses profiles that mark nothing, or that only purge and
// tag-personal could make sense of.
func (r Rules) checkProfiles() error {
	if len(r.Profiles) > 0 && r.Purpose != Purge && r.Purpose != TagPersonal {
		return fmt.Errorf("%w: %s knows no profiles", ErrRules, r.Purpose)
	}
	seen := map[string]bool{}
	for _, set := range r.Profiles {
		if strings.TrimSpace(set.Name) == "" || seen[set.Name] || len(set.Markers) == 0 {
			return fmt.Errorf("%w: profile %q has no name or no markers, or is given twice", ErrRules, set.Name)
		}
		seen[set.Name] = true
		for _, m := range set.Markers {
			if err := m.Check(); err != nil {
				return fmt.Errorf("%w: profile %s: %w", ErrRules, set.Name, err)
			}
		}
	}
	return nil
}

// checkProtected refuses rules by which a category is both.
func (r Rules) checkProtected() error {
	protect := slices.Concat(r.Protect, marker.Protected())
	for _, set := range r.Profiles {
		for _, m := range set.Protect {
			if m.Category != "" {
				protect = append(protect, m.Category)
			}
		}
	}
	if name, both := item.MatchCategory(slices.Concat(r.Categories, r.markerCategories()), protect); both {
		return fmt.Errorf("%w: category %q is to be purged and is protected; it must be one or the other", ErrRules, name)
	}
	return nil
}

// justifies says whether a step that names a marker names one of the rules', and
// can have it as far as the plan tells.
func (r Rules) justifies(s Step) bool {
	for _, set := range r.Profiles {
		if set.Name != s.Profile {
			continue
		}
		return slices.ContainsFunc(set.Markers, func(m marker.Marker) bool {
			_, carries := item.MatchCategory(s.Before, []string{m.Category})
			return m.String() == s.Marker && slices.Contains(m.Kinds, s.Kind) && (carries || m.Category == "")
		})
	}
	return false
}

// protects says whether one of the categories is protected.
func (r Rules) protects(categories []string) bool {
	_, found := r.protected(item.Item{Categories: categories})
	return found
}

// tagMarked says whether a step would tag what carries a category of a profile.
func (r Rules) tagMarked(s Step) bool {
	for _, set := range r.Profiles {
		for _, m := range set.Markers {
			if m.Category != "" && m.Match(item.Item{Kind: s.Kind, Categories: s.Before}) {
				return true
			}
		}
	}
	return false
}

// byName sorts the few profiles of a plan.
func byName(sets []marker.Set) (sorted []marker.Set) {
	for _, set := range sets {
		set.Protect = append([]marker.Marker{}, set.Protect...) // never null
		at := len(sorted)
		for at > 0 && sorted[at-1].Name > set.Name {
			at--
		}
		sorted = slices.Insert(sorted, at, set)
	}
	return sorted
}
