package restore

import (
	"slices"
	"testing"
	"unsafe"
)

// TestListsThatAreAlikeAreOne, and those that only look alike are not taken for
// one another.
func TestListsThatAreAlikeAreOne(t *testing.T) {
	d := &decider{lists: map[string][]string{}}
	for _, list := range [][]string{{"a", "b"}, {"a\nb"}, nil, {""}, {}, {"", ""}, {"\n"}, {"a"}} {
		mine := slices.Clone(list)
		got := d.once(mine)
		if !slices.Equal(got, list) || got == nil || cap(got) != len(got) {
			t.Errorf("%q became %q, with room for %d", list, got, cap(got))
		}
		if len(list) > 0 {
			if mine[0] = "changed"; !slices.Equal(got, list) {
				t.Errorf("%q changed with what it was made of", list)
			}
			if again := d.once(list); unsafe.SliceData(again) != unsafe.SliceData(got) {
				t.Errorf("%q is there twice", list)
			}
		}
	}
}
