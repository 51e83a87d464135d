package item

import (
	"fmt"
	"strings"
)

// Kind says what an item is. Its value is the word used on the command line,
// in files and in reports.
type Kind string

// The kinds of items that a CRM plug-in fills a mailbox with.
const (
	Contacts Kind = "contacts"
	Events   Kind = "events"
	Tasks    Kind = "tasks"
)

// Kinds returns every kind, in the order in which they are worked on.
func Kinds() []Kind { return []Kind{Contacts, Events, Tasks} }

// ParseKind reads one kind as typed by a person. Case does not matter.
func ParseKind(s string) (Kind, error) {
	for _, k := range Kinds() {
		if strings.EqualFold(strings.TrimSpace(s), string(k)) {
			return k, nil
		}
	}
	return "", fmt.Errorf("unknown kind %q: use contacts, events or tasks", s)
}

// Singular is the word for one item of this kind.
func (k Kind) Singular() string { return strings.TrimSuffix(string(k), "s") }
