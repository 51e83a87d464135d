package item

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/jsonwalk"
)

// Property is a singleValueLegacyExtendedProperty, whose value is always text.
type Property struct {
	ID    string `json:"id"`
	Value string `json:"value"`
}

// form is Graph's grammar of a property with a single value.
var form = regexp.MustCompile(`^(ApplicationTime|Binary|Boolean|CLSID|Currency|Double|Float|Integer|Long|Short|String|SystemTime) ` +
	`(0x[0-9A-Fa-f]{1,8}|\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\} (Id 0x[0-9A-Fa-f]{1,8}|Name [^\x00-\x1f\x7f]+))$`)

// ValidProperty says whether Graph has a form for the id of a property, as
// "String {guid} Name crmid".
func ValidProperty(id string) bool { return form.MatchString(id) }

// Properties are the named properties that were read with the item: those that
// the listing asked for by name, and that it has. They are read out of Raw.
func (it Item) Properties() []Property {
	return member[Property](it.Raw, "singleValueExtendedProperties")
}

// Applications are the names of the applications that a task's linked resources
// belong to.
func (it Item) Applications() []string {
	var names []string
	for _, l := range member[link](it.Raw, "linkedResources") {
		if name := strings.TrimSpace(l.Application); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// member reads one collection of an item. Few items have any, so most are not
// gone through.
func member[T any](raw []byte, wanted string) (found []T) {
	if !bytes.Contains(raw, []byte(wanted)) {
		return nil
	}
	_ = jsonwalk.Known(raw, func(name, value []byte) error { // it was parsed before
		if string(name) == wanted {
			return json.Unmarshal(value, &found)
		}
		return nil
	})
	return found
}
