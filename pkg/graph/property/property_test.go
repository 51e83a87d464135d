package property_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/graph/property"
	"github.com/riva-prep/riva-prep/pkg/item"
)

const dynamics = " {00020329-0000-0000-C000-000000000046} Name "

// TestWhole holds what is asked for, and that it fits into an address beside
// the longest ids.
func TestWhole(t *testing.T) {
	own := property.Wanted{Properties: []string{"String" + dynamics + "it's"}, Extensions: []string{"com.contoso.crm", "B"}}
	tests := []struct {
		kind item.Kind
		has  []string
		not  []string
	}{
		{item.Contacts, []string{
			item.PictureProperty, item.MarkProperty, "String 0x3A24", "String {00062004-0000-0000-C000-000000000046} Id 0x804F", "String" + dynamics + "crmid",
			"String" + dynamics + "crmId", "Double" + dynamics + "crmLinkState", "Double" + dynamics + "crmlinkstate", "String" + dynamics + "it''s",
		}, []string{"String" + dynamics + "crmLinkState"}},
		{item.Events, []string{item.MarkProperty, "String" + dynamics + "crmid", "Double" + dynamics + "crmlinkstate"}, []string{item.PictureProperty, "0x3A24"}},
	}
	for _, test := range tests {
		terms := own.Whole(test.kind)
		if len(terms) != 2 || terms[1] != "extensions($filter=id eq 'com.contoso.crm' or id eq 'B')" {
			t.Fatalf("%s: terms %q", test.kind, terms)
		}
		for _, id := range test.has {
			if strings.Count(terms[0], "'"+id+"'") != 1 {
				t.Errorf("%s: %s is there %d times, want once", test.kind, id, strings.Count(terms[0], "'"+id+"'"))
			}
		}
		for _, id := range test.not {
			if strings.Contains(terms[0], id) {
				t.Errorf("%s: %s is there", test.kind, id)
			}
		}
		bare := property.Wanted{}.Whole(test.kind)
		if len(bare) != 1 {
			t.Errorf("%s: terms %q without extensions", test.kind, bare)
		}
		// The operator has room for some, too.
		if n := property.Length(bare); n+600 > 7_300 || n < 3000 {
			t.Errorf("%s: the expansion makes %d bytes of address", test.kind, n)
		}
	}
	if terms := own.Whole(item.Tasks); terms != nil {
		t.Errorf("tasks: %q", terms)
	}
}

// TestBrief: brief listings have the markers that were named, and the mark of a
// restore where that is asked for; tasks have neither.
func TestBrief(t *testing.T) {
	w := property.Wanted{Properties: []string{"String" + dynamics + "other"}, Markers: []string{"Double" + dynamics + "crmLinkState", item.MarkProperty}}
	marker, mark := "id eq 'Double"+dynamics+"crmLinkState'", "id eq '"+item.MarkProperty+"'"
	whole := func(ids ...string) []string {
		return []string{"singleValueExtendedProperties($filter=" + strings.Join(ids, " or ") + ")"}
	}
	for _, test := range []struct {
		wanted property.Wanted
		kind   item.Kind
		mark   bool
		want   []string
	}{
		{w, item.Contacts, false, whole(marker, mark)},
		{w, item.Events, true, whole(mark, marker)},
		{w, item.Tasks, true, nil},
		{property.Wanted{}, item.Contacts, true, whole(mark)},
		{property.Wanted{}, item.Contacts, false, nil},
	} {
		if got := test.wanted.Brief(test.kind, test.mark); !slices.Equal(got, test.want) {
			t.Errorf("%s, mark %v: %q, want %q", test.kind, test.mark, got, test.want)
		}
	}
	if got := w.Whole(item.Contacts)[0]; strings.Count(got, marker) != 1 {
		t.Errorf("whole: %s", got)
	}
	if err := (property.Wanted{Markers: []string{"crmid"}}).Check(); !errors.Is(err, property.ErrName) {
		t.Errorf("a marker that is no property: %v", err)
	}
}

func TestCheck(t *testing.T) {
	many := func(n int) (ids []string) {
		for i := range n {
			ids = append(ids, fmt.Sprintf("String%sproperty%d", dynamics, i))
		}
		return ids
	}
	tests := []struct {
		wanted property.Wanted
		is     error
	}{
		{property.Wanted{}, nil},
		{property.Wanted{Properties: []string{"String" + dynamics + "CRM ID", "Integer 0x36", "Double {00062004-0000-0000-c000-000000000046} Id 0x8015"}}, nil},
		{property.Wanted{Properties: append(property.CRM(), property.Contacts()...)}, nil}, // each once
		{property.Wanted{Properties: []string{item.PictureProperty, item.MarkProperty}}, nil},
		{property.Wanted{Properties: []string{""}}, property.ErrName},
		{property.Wanted{Properties: []string{"crmid"}}, property.ErrName},
		{property.Wanted{Properties: []string{"Text 0x36"}}, property.ErrName},
		{property.Wanted{Properties: []string{"String 36"}}, property.ErrName},
		{property.Wanted{Properties: []string{"String {00020329} Name crmid"}}, property.ErrName},
		{property.Wanted{Properties: []string{"StringArray 0x36"}}, property.ErrName},
		{property.Wanted{Properties: []string{"String" + dynamics + "a\nb"}}, property.ErrName},
		{property.Wanted{Properties: []string{"String" + dynamics}}, property.ErrName},
		{property.Wanted{Extensions: []string{" "}}, property.ErrName},
		{property.Wanted{Extensions: []string{"a\nb"}}, property.ErrName},
		{property.Wanted{Properties: many(5)}, nil},
		{property.Wanted{Properties: many(50)}, property.ErrTooMany},
		{property.Wanted{Extensions: many(50)}, property.ErrTooMany},
	}
	const ids, service = 600, 8 << 10 // of a path and a link; the longest address
	if edge := (property.Wanted{Properties: many(11)}); edge.Check() != nil || property.Length(edge.Whole(item.Contacts))+ids > service {
		t.Errorf("%d bytes of address: %v", property.Length(edge.Whole(item.Contacts)), edge.Check())
	}
	if len(tests) < 17 {
		t.Fatalf("%d cases, want at least 17", len(tests))
	}
	for _, test := range tests {
		if err := test.wanted.Check(); !errors.Is(err, test.is) {
			t.Errorf("Check(%q) = %v, want %v", test.wanted, err, test.is)
		}
	}
}
