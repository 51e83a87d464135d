package rules_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rules"
)

var capital = regexp.MustCompile(`[A-Z]`)

// kebab is the name that a field must have on the command line.
func kebab(field string) string {
	return strings.TrimPrefix(capital.ReplaceAllStringFunc(field, func(c string) string { return "-" + strings.ToLower(c) }), "-")
}

// set are the names of the fields that are not zero.
func set(value any) []string {
	var out []string
	v := reflect.ValueOf(value)
	for n := range v.NumField() {
		if !v.Field(n).IsZero() {
			out = append(out, v.Type().Field(n).Name)
		}
	}
	return out
}

func TestEveryFactCanBeSetByItsName(t *testing.T) {
	fields := reflect.TypeFor[rules.Facts]()
	if fields.NumField() < 9 || len(rules.FactNames()) != fields.NumField() {
		t.Fatalf("%d facts, %d names", fields.NumField(), len(rules.FactNames()))
	}
	for n := range fields.NumField() {
		name := fields.Field(n).Name
		for text, want := range map[string]rules.Fact{"yes": rules.Yes, "No": rules.No} {
			var f rules.Facts
			if err := f.Set(kebab(name) + "=" + text); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if got := reflect.ValueOf(f).Field(n).Interface(); got != want || !slices.Equal(set(f), []string{name}) {
				t.Errorf("%s=%s sets %q, to %v", kebab(name), text, set(f), got)
			}
			if err := f.Set(kebab(name) + "=unknown"); err != nil || f != (rules.Facts{}) {
				t.Errorf("%s=unknown: %v, %+v", kebab(name), err, f)
			}
		}
	}
}

func TestEverySwitchCanBeSetByItsName(t *testing.T) {
	fields := reflect.TypeFor[rules.Switches]()
	if fields.NumField() < 3 || len(rules.SwitchNames()) != fields.NumField() {
		t.Fatalf("%d switches, %d names", fields.NumField(), len(rules.SwitchNames()))
	}
	for n := range fields.NumField() {
		var s rules.Switches
		name := fields.Field(n).Name
		if err := s.Set(kebab(name)); err != nil || !slices.Equal(set(s), []string{name}) {
			t.Errorf("%s: %v, sets %q", kebab(name), err, set(s))
		}
	}
}

func TestWrongNamesAreToldTheRightOnes(t *testing.T) {
	var f rules.Facts
	for _, text := range []string{"", "=yes", "categories-patch-mail=yes", "CategoriesPatchMails=yes"} {
		err := f.Set(text)
		if err == nil {
			t.Errorf("%q is taken", text)
			continue
		}
		for _, name := range rules.FactNames() {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%q: %v does not name %s", text, err, name)
			}
		}
	}
	for _, text := range []string{"if-match-on-patch", "if-match-on-patch=", "if-match-on-patch=maybe"} {
		if err := f.Set(text); err == nil || !strings.Contains(err.Error(), "yes, no or unknown") {
			t.Errorf("%q: %v", text, err)
		}
	}
	var s rules.Switches
	for _, name := range rules.SwitchNames() {
		if err := s.Set("nonsense"); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("nonsense: %v does not name %s", err, name)
		}
	}
	if f != (rules.Facts{}) || s != (rules.Switches{}) {
		t.Errorf("wrong names set %+v, %+v", f, s)
	}
}
