// Package rollout leads many mailboxes through purge and tag-personal in waves,
// by a file that says once what is meant.
//
// A wave is two ordinary plans over the wave's mailboxes, approved by their
// digests and carried out by package run; what became of them is read from the
// runs' own journals. Of its own the package keeps only which run belongs to
// which wave, and who answered which gate. It promises that a mailbox is in one
// wave, that a wave that has begun keeps its mailboxes, and that none begins
// before the one before it is done and verified. It refuses a file by which the
// sync server and the plug-in would both write a kind of items, or by which items
// would be tagged with the server's own category.
package rollout

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/strictyaml"
)

// ErrFile says that it is no rollout file, or says what makes no sense.
var ErrFile = errors.New("not a rollout file")

// File is a rollout as the operator describes it.
type File struct {
	Name   string
	Tenant string
	Cloud  string
	Server Server
	PlugIn PlugIn
	Tag    Tag
	// Mailboxes are all that are meant, Exclude takes some out again.
	Mailboxes Mailboxes
	Exclude   []string
	Waves     []Wave
	Limits    Limits
}

// Server is the sync server that takes over.
type Server struct {
	// Category is what it marks its own items with.
	Category string
	// Kinds are what it will synchronise; only these are cleaned.
	Kinds []item.Kind
}

// PlugIn is what filled the mailboxes.
type PlugIn struct {
	// Profiles are names of built-in ones, or paths.
	Profiles   []string
	Generic    []string
	Categories []string
	Protect    []string
	// Keeps are the kinds that it goes on synchronising.
	Keeps []item.Kind
}

// Tag is the category that what remains gets.
type Tag struct{ Name, Colour string }

// Mailboxes says which ones are meant.
type Mailboxes struct {
	Names, Groups []string
	// List is the path of a list of mailboxes.
	List string
}

// Limits are the most that a wave may do.
type Limits struct {
	plan.Caps

	// Parallel mailboxes are worked on at a time; 0 is the usual number.
	Parallel int
}

// Wave is one part of the mailboxes. Just one of Mailboxes, Count, Percent and
// Rest is set.
type Wave struct {
	Name string
	// Mailboxes are named one by one, or by a group or list.
	Mailboxes Mailboxes
	// Count takes so many, and Percent such a share of all, of those that are left.
	Count, Percent int
	Rest           bool
}

// Named says whether the wave's mailboxes are named.
func (w Wave) Named() bool { return w.Count == 0 && w.Percent == 0 && !w.Rest }

func (m Mailboxes) empty() bool { return len(m.Names)+len(m.Groups) == 0 && m.List == "" }

// Read reads a rollout file. The error has a line for each fault.
func Read(data []byte) (File, error) {
	doc, err := strictyaml.Document(data)
	if err != nil {
		return File{}, fmt.Errorf("%w: %w", ErrFile, err)
	}
	r := &reader{}
	f := r.file(doc)
	if err := r.Err(); err != nil {
		return File{}, fmt.Errorf("%w: %w", ErrFile, err)
	}
	return f, nil
}

// reader knows what belongs into a rollout file.
type reader struct{ strictyaml.Reader }

// named is what a rollout and its waves may be called: one is a folder of the
// store, the others are typed on a command line.
var named = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// colours are the presets of Outlook's category colours.
var colours = regexp.MustCompile(`^preset([0-9]|1[0-9]|2[0-4])$`)

const usualColour = "preset4"

// A percentage is of whole items, and a count beyond these is a slip.
const (
	mostMailboxes = 1_000_000
	mostItems     = 1_000_000_000
)

func (r *reader) file(n *strictyaml.Node) File {
	f := File{Cloud: "", Tag: Tag{Colour: usualColour}}
	seen := r.Members(n, "a rollout", map[string]func(*strictyaml.Node){
		"name":      r.name(&f.Name),
		"tenant":    r.Text(&f.Tenant),
		"cloud":     strictyaml.Word(&r.Reader, &f.Cloud, "global", "usgov", "usgovdod", "china"),
		"server":    func(n *strictyaml.Node) { r.server(n, &f.Server) },
		"plug-in":   func(n *strictyaml.Node) { r.plugIn(n, &f) },
		"tag":       func(n *strictyaml.Node) { r.tag(n, &f.Tag) },
		"mailboxes": func(n *strictyaml.Node) { r.mailboxes(n, &f.Mailboxes) },
		"exclude":   r.Texts("exclude", &f.Exclude),
		"waves":     r.Each("waves", func(n *strictyaml.Node) { f.Waves = append(f.Waves, r.wave(n, f.Waves)) }),
		"limits":    func(n *strictyaml.Node) { r.limits(n, &f.Limits) },
	})
	r.Need(n, "a rollout", seen, "name", "tenant", "server", "plug-in", "tag", "mailboxes", "waves")
	if seen["waves"] && len(f.Waves) == 0 {
		r.Fault(n, "a rollout needs at least one wave")
	}
	if r.Faults() == 0 {
		r.together(n, f)
	}
	return f
}

// together finds what makes no sense between the parts.
func (r *reader) together(n *strictyaml.Node, f File) {
	for _, kind := range f.Server.Kinds {
		if slices.Contains(f.PlugIn.Keeps, kind) {
			r.Fault(n, "%s are synchronised by the server and kept by the plug-in: both would write the same mailbox, and each would make its own copy of every one; take them away from one of the two", kind)
		}
	}
	if item.SameCategory(f.Tag.Name, f.Server.Category) {
		r.Fault(n, "tag %q is the server's own category: its first sync would move everything that was tagged to Lost & Found; choose another name", f.Tag.Name)
	}
	if name, same := item.MatchCategory(f.PlugIn.Categories, []string{f.Server.Category}); same {
		r.Fault(n, "category %q is the plug-in's and the server's: purging would delete what the server has made; give the server another category", name)
	}
}

func (r *reader) name(to *string) func(*strictyaml.Node) {
	return func(n *strictyaml.Node) {
		r.Text(to)(n)
		if *to != "" && !named.MatchString(*to) {
			r.Fault(n, "name %q: use small letters, digits and single hyphens", *to)
		}
	}
}

func (r *reader) kinds(what string, to *[]item.Kind) func(*strictyaml.Node) {
	return r.Each(what, func(n *strictyaml.Node) {
		var kind item.Kind
		strictyaml.Word(&r.Reader, &kind, item.Kinds()...)(n)
		if slices.Contains(*to, kind) {
			r.Fault(n, "%s stand there twice", kind)
		}
		*to = append(*to, kind)
	})
}

func (r *reader) server(n *strictyaml.Node, s *Server) {
	seen := r.Members(n, "server", map[string]func(*strictyaml.Node){
		"category": r.Text(&s.Category), "kinds": r.kinds("kinds", &s.Kinds),
	})
	r.Need(n, "server", seen, "category", "kinds")
	if seen["kinds"] && len(s.Kinds) == 0 {
		r.Fault(n, "the server synchronises no kind, so there is nothing to clean")
	}
}

func (r *reader) plugIn(n *strictyaml.Node, f *File) {
	p := &f.PlugIn
	r.Members(n, "plug-in", map[string]func(*strictyaml.Node){
		"profiles": r.Texts("profiles", &p.Profiles), "generic": r.Texts("generic", &p.Generic),
		"categories": r.Texts("categories", &p.Categories), "protect": r.Texts("protect", &p.Protect),
		"keeps": r.kinds("keeps", &p.Keeps),
	})
	if len(p.Profiles)+len(p.Categories) == 0 {
		r.Fault(n, "plug-in needs profiles or categories")
	}
}

func (r *reader) tag(n *strictyaml.Node, t *Tag) {
	seen := r.Members(n, "tag", map[string]func(*strictyaml.Node){
		"name": r.Text(&t.Name),
		"colour": func(n *strictyaml.Node) {
			r.Text(&t.Colour)(n)
			if !colours.MatchString(t.Colour) {
				r.Fault(n, "colour %q: preset0 to preset24 are Outlook's", t.Colour)
			}
		},
	})
	r.Need(n, "tag", seen, "name")
}

// named are the members by which mailboxes are named.
func (r *reader) named(m *Mailboxes) map[string]func(*strictyaml.Node) {
	return map[string]func(*strictyaml.Node){
		"names": r.Texts("names", &m.Names), "groups": r.Texts("groups", &m.Groups), "list": r.Text(&m.List),
	}
}

func (r *reader) mailboxes(n *strictyaml.Node, m *Mailboxes) {
	r.Members(n, "mailboxes", r.named(m))
	if m.empty() {
		r.Fault(n, "mailboxes needs names, groups or a list")
	}
}

func (r *reader) wave(n *strictyaml.Node, before []Wave) (w Wave) {
	faults, rest := r.Faults(), false
	members := r.named(&w.Mailboxes)
	members["name"] = r.name(&w.Name)
	members["count"] = r.Count(&w.Count, mostMailboxes)
	members["percent"] = r.Count(&w.Percent, 100)
	members["rest"] = r.Flag(&rest)
	seen := r.Members(n, "a wave", members)
	r.Need(n, "a wave", seen, "name")
	w.Rest = rest
	if r.Faults() > faults {
		return w
	}
	ways := 0
	for _, one := range []bool{!w.Mailboxes.empty(), w.Count > 0, w.Percent > 0, w.Rest} {
		if one {
			ways++
		}
	}
	if ways != 1 {
		r.Fault(n, "wave %s needs just one of names, groups and a list, count, percent, rest", w.Name)
	}
	for _, other := range before {
		if other.Name == w.Name {
			r.Fault(n, "wave %s stands there twice", w.Name)
		}
		if other.Rest {
			r.Fault(n, "wave %s comes after wave %s, which takes the rest", w.Name, other.Name)
		}
	}
	return w
}

func (r *reader) limits(n *strictyaml.Node, l *Limits) {
	percent := 0
	r.Members(n, "limits", map[string]func(*strictyaml.Node){
		"delete": r.Count(&l.Deletes, mostItems), "delete-per-mailbox": r.Count(&l.PerMailbox, mostItems),
		"delete-percent": r.Count(&percent, 100), "parallel": r.Count(&l.Parallel, 64),
	})
	l.Percent = float64(percent)
}

// ReadLists replaces the paths of lists by what is in them.
func (f *File) ReadLists(read func(name string) ([]string, error)) error {
	all := []*Mailboxes{&f.Mailboxes}
	for i := range f.Waves {
		all = append(all, &f.Waves[i].Mailboxes)
	}
	for _, m := range all {
		if m.List == "" {
			continue
		}
		names, err := read(m.List)
		if err != nil {
			return err
		}
		m.Names = append(names, m.Names...)
	}
	return nil
}

// Selection is the mailboxes that are meant.
func (f *File) Selection() scope.Selection {
	return scope.Selection{Names: f.Mailboxes.Names, Groups: f.Mailboxes.Groups, Exclude: f.Exclude}
}

// Purge are the rules of a wave's first plan.
func (f *File) Purge(sets []marker.Set) plan.Rules {
	return plan.Rules{
		Purpose: plan.Purge, Kinds: f.Server.Kinds, Categories: f.PlugIn.Categories, Profiles: sets,
		Protect: slices.Concat(marker.Protected(), f.PlugIn.Protect),
	}
}

// TagRest are the rules of a wave's second plan. What the server has made is left
// alone, as what is still the plug-in's.
func (f *File) TagRest(sets []marker.Set) plan.Rules {
	return plan.Rules{
		Purpose: plan.TagPersonal, Kinds: f.Server.Kinds, Categories: slices.Concat(f.PlugIn.Categories, []string{f.Server.Category}), Profiles: sets,
		Tag: f.Tag.Name, Colour: f.Tag.Colour,
	}
}

// CheckSets refuses profiles whose items are told by the server's own category.
func (f *File) CheckSets(sets []marker.Set) error {
	for _, set := range sets {
		for _, m := range set.Markers {
			if item.SameCategory(m.Category, f.Server.Category) {
				return fmt.Errorf("%w: category %q is of profile %s and the server's: purging would delete what the server has made; give the server another category",
					ErrFile, m.Category, set.Name)
			}
		}
	}
	return nil
}

// Wave finds a wave by its name. The error lists those there are.
func (f *File) Wave(name string) (Wave, int, error) {
	var names []string
	for i, w := range f.Waves {
		if w.Name == name {
			return w, i, nil
		}
		names = append(names, w.Name)
	}
	return Wave{}, 0, fmt.Errorf("%w: no wave is called %q; there are %s", ErrFile, name, strings.Join(names, ", "))
}
