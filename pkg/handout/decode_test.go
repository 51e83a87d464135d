package handout_test

import (
	"strings"
	"testing"

	"github.com/emersion/go-vcard"
)

// property is one content line of a vCard or an iCalendar, read by the rules of
// RFC 2425 and 5545 alone: the libraries' own readers do not tell an escaped
// semicolon from a separator.
type property struct {
	name   string
	params map[string][]string
	raw    string
}

func unfold(content string) []string {
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(content, "\r\n ", ""), "\r\n"), "\r\n")
}

func properties(content string) (list []property) {
	for _, line := range unfold(content) {
		list = append(list, propertyOf(line))
	}
	return list
}

// propertyOf takes a line apart; one without a colon has a name only.
func propertyOf(line string) property {
	head, value, _ := strings.Cut(line, ":")
	fields := strings.Split(head, ";")
	p := property{name: fields[0], params: map[string][]string{}, raw: value}
	for _, f := range fields[1:] {
		k, v, _ := strings.Cut(f, "=")
		p.params[k] = append(p.params[k], v)
	}
	return p
}

// split breaks a value at a separator that is not escaped, and unescapes.
func split(raw string, by byte) []string {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] == '\\' && i+1 < len(raw):
			i++
			if raw[i] == 'n' || raw[i] == 'N' {
				part.WriteByte('\n')
			} else {
				part.WriteByte(raw[i])
			}
		case raw[i] == by:
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(raw[i])
		}
	}
	return append(parts, part.String())
}

func (p property) text() string { return strings.Join(split(p.raw, 0), "") }

func find(list []property, name string, types ...string) (found []property) {
	for _, p := range list {
		has := 0
		for _, want := range types {
			for _, got := range p.params["TYPE"] {
				if got == want {
					has++
				}
			}
		}
		if p.name == name && has == len(types) {
			found = append(found, p)
		}
	}
	return found
}

func texts(list []property) (values []string) {
	for _, p := range list {
		values = append(values, p.text())
	}
	return values
}

// decode reads a card with the library as well.
func decode(t *testing.T, content string) vcard.Card {
	t.Helper()
	card, err := vcard.NewDecoder(strings.NewReader(content)).Decode()
	if err != nil {
		t.Fatal(err)
	}
	if version := card.Value(vcard.FieldVersion); version != "3.0" {
		t.Errorf("version %q", version)
	}
	return card
}
