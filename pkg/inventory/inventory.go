// Package inventory counts what lies in mailboxes: per mailbox, kind and
// category how many items, in which folders, from when, with a sample.
//
// It is pure. It promises that every item is counted under each of its
// categories, or as uncategorised, so that nothing a plan could touch is left
// out of the count.
package inventory

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/profile"
)

// Row is one category of one kind in one mailbox. Names that differ only in
// case or surrounding space are rows of their own, for they are what is stored.
type Row struct {
	Kind item.Kind `json:"kind"`
	// Category is empty for items that have none.
	Category string    `json:"category"`
	Items    int       `json:"items"`
	Folders  []string  `json:"folders"`
	Oldest   time.Time `json:"oldest,omitzero"`
	Newest   time.Time `json:"newest,omitzero"`
	Sample   string    `json:"sample"`
	// Product is the plug-in known to use this category, if any.
	Product string `json:"product,omitempty"`
	// Protected categories keep their items from being purged.
	Protected bool `json:"protected,omitempty"`
}

// Mailbox is the count of one mailbox.
type Mailbox struct {
	Account mailbox.Account `json:"account"`
	Items   int             `json:"items"`
	Rows    []Row           `json:"rows"`
}

// Count makes the rows of one mailbox, largest first within a kind, the
// uncategorised ones last. Products are those of the known profiles.
func Count(account mailbox.Account, items []item.Item, protect []string, known profile.Catalogue) Mailbox {
	type key struct {
		kind     item.Kind
		category string
	}
	rows := map[key]*Row{}
	for _, it := range items {
		for _, category := range categoriesOf(it) {
			k := key{it.Kind, category}
			if rows[k] == nil {
				rows[k] = newRow(it.Kind, category, protect, known)
			}
			rows[k].add(it)
		}
	}
	result := Mailbox{Account: account, Items: len(items), Rows: []Row{}}
	for _, row := range rows {
		result.Rows = append(result.Rows, *row)
	}
	order.By(result.Rows, compareRows)
	return result
}

// categoriesOf gives each category once, however often the item repeats it.
func categoriesOf(it item.Item) []string {
	if len(it.Categories) == 0 {
		return []string{""}
	}
	set := slices.Clone(it.Categories)
	slices.Sort(set)
	return slices.Compact(set)
}

func newRow(kind item.Kind, category string, protect []string, known profile.Catalogue) *Row {
	row := &Row{Kind: kind, Category: category}
	if p, ok := known.Known(category); ok {
		row.Product = p.Product
	}
	_, row.Protected = item.MatchCategory([]string{category}, protect)
	return row
}

func (r *Row) add(it item.Item) {
	r.Items++
	if !slices.Contains(r.Folders, it.Folder.Path) {
		r.Folders = append(r.Folders, it.Folder.Path)
		slices.Sort(r.Folders)
	}
	// The sample must not depend on the order in which pages came.
	if title := strings.TrimSpace(it.Title); title != "" && (r.Sample == "" || title < r.Sample) {
		r.Sample = title
	}
	date := it.Date()
	if date.IsZero() {
		return
	}
	if r.Oldest.IsZero() || date.Before(r.Oldest) {
		r.Oldest = date
	}
	if date.After(r.Newest) {
		r.Newest = date
	}
}

func compareRows(a, b Row) int {
	return cmp.Or(
		cmp.Compare(slices.Index(item.Kinds(), a.Kind), slices.Index(item.Kinds(), b.Kind)),
		compareBool(a.Category == "", b.Category == ""),
		cmp.Compare(b.Items, a.Items),
		cmp.Compare(a.Category, b.Category),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
