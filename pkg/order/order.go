// Package order sorts slices by a comparison.
//
// It promises the same order as slices.SortFunc and slices.SortStableFunc, from
// one copy of the algorithm: those are compiled anew for every type, with 14 KB
// of code each time, and there are twenty types here.
package order

import "sort"

// By sorts by compare, which is as for slices.SortFunc. Equal elements may change
// places.
func By[T any](list []T, compare func(a, b T) int) { sort.Sort(by[T]{list, compare}) }

// StablyBy is By that leaves equal elements in their order.
func StablyBy[T any](list []T, compare func(a, b T) int) { sort.Stable(by[T]{list, compare}) }

type by[T any] struct {
	list    []T
	compare func(a, b T) int
}

func (b by[T]) Len() int           { return len(b.list) }
func (b by[T]) Less(i, j int) bool { return b.compare(b.list[i], b.list[j]) < 0 }
func (b by[T]) Swap(i, j int)      { b.list[i], b.list[j] = b.list[j], b.list[i] }
