package marker_test

import (
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
)

func TestCatalogueNamesAreDistinct(t *testing.T) {
	all := marker.Categories()
	for i, c := range all {
		if c.Name == "" || c.Product == "" || c.Confidence == "" {
			t.Errorf("entry %d is incomplete: %+v", i, c)
		}
		for _, other := range all[:i] {
			if item.SameCategory(c.Name, other.Name) {
				t.Errorf("%q stands in it twice", c.Name)
			}
		}
		if _, protected := item.MatchCategory([]string{c.Name}, marker.Protected()); protected {
			t.Errorf("%q is both a plug-in's and protected", c.Name)
		}
	}
	if len(all) < 18 {
		t.Fatalf("only %d entries", len(all))
	}
}

func TestKnown(t *testing.T) {
	if c, ok := marker.Known("tracked TO dynamics 365 "); !ok || c.Product != "Dynamics 365" {
		t.Errorf("got %+v, %v", c, ok)
	}
	for _, name := range []string{"", "Friends", "Don't Sync with Salesforce", "Sync"} {
		if c, ok := marker.Known(name); ok {
			t.Errorf("%q is known as %+v", name, c)
		}
	}
}
