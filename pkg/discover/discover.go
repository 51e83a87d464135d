// Package discover looks for what a CRM plug-in may have left in mailboxes:
// categories, folders, named properties and linked applications, which of them
// profiles know, and when many items were made at once.
//
// It is pure, and keeps counts rather than items, so that a tenant fits in. It
// promises the same answer whatever order the mailboxes and items come in. It
// decides nothing: what it finds is for a person to look at.
package discover

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/profile"
)

const (
	// burst is how many items of a mailbox are made in one minute by a program
	// rather than a person.
	burst = 10
	// samples and values are how many titles and values are kept of a trace.
	samples, values = 3, 5
)

// Found is what was found in all mailboxes.
type Found struct {
	Mailboxes int `json:"mailboxes"`
	Items     int `json:"items"`
	// Looked is at how many of them: what lies in folders that nothing is ever
	// written to is left out.
	Looked int `json:"looked"`
	// All three are sorted, the most telling first.
	Profiles []*Profile `json:"profiles"`
	Traces   []*Trace   `json:"traces"`
	Bursts   []*Burst   `json:"bursts"`
}

// Count says on how many items, of which kinds, in how many mailboxes.
type Count struct {
	Items     int               `json:"items"`
	On        map[item.Kind]int `json:"on"`
	Mailboxes int               `json:"mailboxes"`

	last string // the mailbox that was counted last
}

// Profile is one that marks some of the items.
type Profile struct {
	Name    string `json:"name"`
	Product string `json:"product"`
	// Count are the items that a purge by it would look at.
	Count
	// Generic are those that it would look at only if its generic words are named.
	Generic int `json:"generic,omitempty"`
	// Protected are those that bear what the profile protects.
	Protected int `json:"protected,omitempty"`
}

// Trace is something that items have in common.
type Trace struct {
	// Marker is how a profile would name it. Its kinds are those seen.
	Marker marker.Marker `json:"marker"`
	// Spellings are those seen, if there is more than one.
	Spellings []string `json:"spellings,omitempty"`
	Count
	Oldest time.Time `json:"oldest,omitzero"`
	Newest time.Time `json:"newest,omitzero"`
	Sample []string  `json:"sample"`
	// Seen are the values of a property, if they are few.
	Seen map[string]int `json:"seen,omitempty"`
	// InBursts counts those of the items that were made with many others.
	InBursts int `json:"inBursts"`
	// Profiles know the trace.
	Profiles []string `json:"profiles,omitempty"`
	// Generic and Hint are what the profiles say of it.
	Generic bool `json:"generic,omitempty"`
	Hint    bool `json:"hint,omitempty"`
	// Protected is what users keep items from a plug-in with.
	Protected bool `json:"protected,omitempty"`
	// Signs say why it may be a plug-in's; none means that nothing speaks for it.
	Signs []string `json:"signs,omitempty"`
}

// Burst is a minute in which many items of one mailbox were made.
type Burst struct {
	Mailbox string            `json:"mailbox"`
	Minute  time.Time         `json:"minute"`
	Items   int               `json:"items"`
	Kinds   map[item.Kind]int `json:"kinds"`
	// Unmarked are those that bear no category, and lie in no folder, of their own.
	Unmarked int      `json:"unmarked"`
	Sample   []string `json:"sample"`
}

// Search collects what is found.
type Search struct {
	known     profile.Catalogue
	found     Found
	profiles  []*Profile
	traces    map[key]*Trace
	spellings map[key]map[string]int
}

// key is the same for spellings of the same name.
type key struct{ kind, name string }

// New makes a search that compares with these profiles.
func New(known profile.Catalogue) *Search {
	s := &Search{known: known, traces: map[key]*Trace{}, spellings: map[key]map[string]int{}}
	for _, p := range known {
		s.profiles = append(s.profiles, &Profile{Name: p.Name, Product: p.Product, Count: Count{On: map[item.Kind]int{}}})
	}
	return s
}

// Add takes in the items of one mailbox.
func (s *Search) Add(account mailbox.Account, items []item.Item) {
	s.found.Mailboxes++
	s.found.Items += len(items)
	items = slices.DeleteFunc(slices.Clone(items), func(it item.Item) bool { return !it.Folder.Writable() })
	s.found.Looked += len(items)
	minutes := map[time.Time][]item.Item{}
	for _, it := range items {
		if !it.Created.IsZero() {
			minute := it.Created.UTC().Truncate(time.Minute)
			minutes[minute] = append(minutes[minute], it)
		}
	}
	for _, it := range items {
		many := len(minutes[it.Created.UTC().Truncate(time.Minute)]) >= burst
		for _, m := range traces(it) {
			s.trace(m, account.ID, it, many)
		}
		for i := range s.known {
			s.profiles[i].add(s.known[i], account.ID, it)
		}
	}
	for minute, made := range minutes {
		if len(made) >= burst {
			s.found.Bursts = append(s.found.Bursts, newBurst(account, minute, made))
		}
	}
}

// traces are all that an item could be known by.
func traces(it item.Item) []marker.Marker {
	var all []marker.Marker
	for _, c := range it.Categories {
		all = append(all, marker.Marker{Category: c})
	}
	if below := marker.Below(it.Folder); len(below) > 0 {
		all = append(all, marker.Marker{Folder: strings.Join(below, "/")})
	}
	for _, p := range it.Properties() {
		if p.ID != item.MarkProperty && p.ID != item.PictureProperty {
			all = append(all, marker.Marker{Property: p.ID, Values: []string{p.Value}})
		}
	}
	for _, name := range it.Applications() {
		if name != item.MarkApplication {
			all = append(all, marker.Marker{Application: name})
		}
	}
	return once(all)
}

// once leaves out what an item has several times.
func once(all []marker.Marker) []marker.Marker {
	seen := map[key]bool{}
	return slices.DeleteFunc(all, func(m marker.Marker) bool {
		k := keyOf(m, "")
		again := seen[k] || strings.TrimSpace(m.Name()) == ""
		seen[k] = true
		return again
	})
}

// keyOf takes folders of other kinds for others: they only share a name.
func keyOf(m marker.Marker, kind item.Kind) key {
	if m.Property != "" {
		return key{"property", m.Property}
	}
	if m.Folder != "" {
		return key{"folder of " + string(kind), item.CategoryKey(m.Name())}
	}
	return key{m.Type(), item.CategoryKey(m.Name())}
}

func (s *Search) trace(m marker.Marker, account string, it item.Item, many bool) {
	k := keyOf(m, it.Kind)
	t := s.traces[k]
	if t == nil {
		t = &Trace{Marker: m, Count: Count{On: map[item.Kind]int{}}, Seen: map[string]int{}}
		s.traces[k], s.spellings[k] = t, map[string]int{}
	}
	s.spellings[k][m.Name()]++
	t.add(account, it)
	t.Sample = sampled(t.Sample, it.Title)
	t.Oldest, t.Newest = span(t.Oldest, t.Newest, it.Created)
	if len(m.Values) > 0 && len(t.Seen) <= values {
		t.Seen[m.Values[0]]++
	}
	if many {
		t.InBursts++
	}
}

func (c *Count) add(account string, it item.Item) {
	c.Items++
	c.On[it.Kind]++
	if c.Mailboxes == 0 || c.last != account { // mailboxes come one after the other
		c.Mailboxes++
		c.last = account
	}
}

func (p *Profile) add(known profile.Profile, account string, it item.Item) {
	bears, generic := false, true
	for i := range known.Markers {
		if m := &known.Markers[i]; m.Usable() && m.Match(it) {
			bears, generic = true, generic && m.Generic
		}
	}
	switch {
	case !bears:
	case slices.ContainsFunc(known.Protect, func(m profile.Marker) bool { return m.Match(it) }):
		p.Protected++
	case generic:
		p.Generic++
	default:
		p.Count.add(account, it)
	}
}

// sampled keeps the first titles by the alphabet, so that the order in which
// items come does not matter.
func sampled(titles []string, title string) []string {
	title = strings.TrimSpace(title)
	at, known := slices.BinarySearch(titles, title)
	if title == "" || known || at >= samples {
		return titles
	}
	titles = slices.Insert(titles, at, title)
	return titles[:min(len(titles), samples)]
}

func span(oldest, newest, made time.Time) (time.Time, time.Time) {
	if made.IsZero() {
		return oldest, newest
	}
	if oldest.IsZero() || made.Before(oldest) {
		oldest = made
	}
	if made.After(newest) {
		newest = made
	}
	return oldest, newest
}

func newBurst(account mailbox.Account, minute time.Time, made []item.Item) *Burst {
	b := &Burst{Mailbox: account.Name(), Minute: minute, Items: len(made), Kinds: map[item.Kind]int{}}
	for _, it := range made {
		b.Kinds[it.Kind]++
		b.Sample = sampled(b.Sample, it.Title)
		if len(traces(it)) == 0 {
			b.Unmarked++
		}
	}
	return b
}

// Found is what was found, the most telling first.
func (s *Search) Found() Found {
	f := s.found
	f.Profiles, f.Traces = []*Profile{}, []*Trace{}
	for _, p := range s.profiles {
		if p.Items+p.Generic+p.Protected > 0 {
			f.Profiles = append(f.Profiles, p)
		}
	}
	for k, t := range s.traces {
		done := *t
		s.finish(&done, s.spellings[k])
		f.Traces = append(f.Traces, &done)
	}
	f.Bursts = append([]*Burst{}, f.Bursts...)
	order.By(f.Profiles, func(a, b *Profile) int {
		return cmp.Or(cmp.Compare(b.Items, a.Items), cmp.Compare(b.Generic, a.Generic), cmp.Compare(a.Name, b.Name))
	})
	order.By(f.Traces, func(a, b *Trace) int {
		return cmp.Or(cmp.Compare(len(b.Signs), len(a.Signs)), cmp.Compare(b.Items, a.Items), cmp.Compare(a.Marker.Type(), b.Marker.Type()), cmp.Compare(a.Marker.Name(), b.Marker.Name()),
			slices.Compare(a.Marker.Kinds, b.Marker.Kinds))
	})
	order.By(f.Bursts, func(a, b *Burst) int {
		return cmp.Or(cmp.Compare(b.Items, a.Items), cmp.Compare(a.Mailbox, b.Mailbox), a.Minute.Compare(b.Minute))
	})
	return f
}

// finish says what is known of a trace, once all of it has been seen.
func (s *Search) finish(t *Trace, spellings map[string]int) {
	names := slices.SortedFunc(maps.Keys(spellings), func(a, b string) int {
		return cmp.Or(cmp.Compare(spellings[b], spellings[a]), cmp.Compare(a, b))
	})
	t.Marker = named(t.Marker.Type(), names[0])
	if len(names) > 1 {
		t.Spellings = names
	}
	for _, kind := range item.Kinds() {
		if t.On[kind] > 0 {
			t.Marker.Kinds = append(t.Marker.Kinds, kind)
		}
	}
	if len(t.Seen) > values {
		t.Seen = nil
	}
	s.compare(t)
	t.Signs = t.signs()
}

// named makes a marker of its type and name.
func named(kind, name string) marker.Marker {
	switch kind {
	case "category":
		return marker.Marker{Category: name}
	case "folder":
		return marker.Marker{Folder: name}
	case "property":
		return marker.Marker{Property: name}
	}
	return marker.Marker{Application: name}
}

// compare looks a trace up in the profiles.
func (s *Search) compare(t *Trace) {
	t.Protected = errors.Is(t.Marker.Check(), marker.ErrProtected)
	t.Generic, t.Hint = true, true
	for _, p := range s.known {
		for _, m := range p.Markers {
			if !t.is(m.Marker) {
				continue
			}
			t.Profiles = append(t.Profiles, p.Name)
			t.Marker.Values = m.Values
			t.Generic, t.Hint = t.Generic && m.Generic, t.Hint && m.Hint
		}
		t.Protected = t.Protected || slices.ContainsFunc(p.Protect, func(m profile.Marker) bool { return t.is(m.Marker) })
	}
	t.Profiles = slices.Compact(t.Profiles)
	t.Generic, t.Hint = t.Generic && len(t.Profiles) > 0, t.Hint && len(t.Profiles) > 0
}

// is says whether a profile's marker is this trace, on a kind that it was seen on.
func (t *Trace) is(m marker.Marker) bool {
	on := func(kind item.Kind) bool { return slices.Contains(m.Kinds, kind) }
	return t.Marker.Type() == m.Type() && item.SameCategory(t.Marker.Name(), m.Name()) && slices.ContainsFunc(t.Marker.Kinds, on)
}

// signs are why a trace may be a plug-in's.
func (t *Trace) signs() []string {
	var signs []string
	if t.Protected {
		return nil
	}
	if len(t.Profiles) > 0 {
		signs = append(signs, "known")
	}
	if n := len(t.Marker.Kinds); n > 1 && slices.Contains(t.Marker.Kinds, item.Contacts) {
		signs = append(signs, "on several kinds")
	}
	if t.InBursts >= burst && 2*t.InBursts >= t.Items {
		signs = append(signs, "made in bursts")
	}
	if kind := t.Marker.Type(); kind == "property" || kind == "application" {
		signs = append(signs, "left by a program")
	}
	return signs
}
