package order_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/order"
)

type pair struct{ key, place int }

func byKey(a, b pair) int { return a.key - b.key }

func TestSameOrderAsTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOf(rapid.IntRange(0, 9)).Draw(t, "keys")
		list := make([]pair, len(keys))
		for i, key := range keys {
			list[i] = pair{key, i}
		}
		want, stable, any := slices.Clone(list), slices.Clone(list), slices.Clone(list)
		slices.SortStableFunc(want, byKey)
		order.StablyBy(stable, byKey)
		order.By(any, byKey)
		if !slices.Equal(stable, want) || !slices.IsSortedFunc(any, byKey) {
			t.Fatalf("%v in order: %v stably, %v; want %v", list, stable, any, want)
		}
		order.StablyBy(any, func(a, b pair) int { return a.place - b.place })
		if !slices.Equal(any, list) {
			t.Fatalf("%v is no permutation of %v", any, list)
		}
	})
}
