package item

import (
	"slices"
	"strings"
	"unicode"
)

// SameCategory says whether two category names are the same to Outlook, which
// ignores case, and to a person, who does not see surrounding space. Parts of
// names never match: "Don't Sync with Salesforce" is not "Sync with Salesforce".
func SameCategory(a, b string) bool { return strings.EqualFold(plain(a), plain(b)) }

// CategoryKey is the same for all names that are the same.
func CategoryKey(name string) string {
	return strings.Map(smallest, plain(name))
}

// smallest stands for all the characters that EqualFold takes for r.
func smallest(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	return least
}

// plain also makes the typographic apostrophe the typed one: plug-ins and
// Outlook's own pages differ in it.
func plain(s string) string {
	return strings.ReplaceAll(strings.TrimSpace(s), "\u2019", "'")
}

// MatchCategory returns the first of the item's own categories that is the
// same as one of the names.
func MatchCategory(categories, names []string) (string, bool) {
	for _, c := range categories {
		if slices.ContainsFunc(names, func(n string) bool { return SameCategory(c, n) }) {
			return c, true
		}
	}
	return "", false
}
