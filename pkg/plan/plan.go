// Package plan turns items and rules into the list of steps that a person
// approves, and into what is held back and why.
//
// It is a pure function: the same items and rules give the same plan and the
// same digest, whenever and wherever it is made. It promises that a plan read
// from a file is the plan that was written, byte for byte. It refuses rules
// that would delete without naming what, and it never makes a step for an item
// that carries a hazard nobody asked for: such an item is held, with its reason.
package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/order"
)

// Action is what a step does to one item.
type Action string

// The actions. Names are those of the plan file.
const (
	Delete        Action = "delete"
	SetCategories Action = "set-categories"
	Create        Action = "create"
	// DeletePermanently leaves nothing in Deleted Items.
	DeletePermanently Action = "delete-permanently"
)

// Deletes says whether the item is no longer in its folder afterwards.
func (a Action) Deletes() bool { return a == Delete || a == DeletePermanently }

// Way is how an item is made again.
type Way string

// The ways of a create. Names are those of the plan file.
const (
	// ByPost makes the item of its members, which loses what Loses names.
	ByPost Way = "post"
	// ByStream imports Exchange's own stream of it, which loses nothing.
	ByStream Way = "stream"
)

// Plan is the whole of what one run would do.
type Plan struct {
	Tenant    mailbox.Tenant `json:"tenant"`
	Rules     Rules          `json:"rules"`
	Mailboxes []Mailbox      `json:"mailboxes"`

	// What follows is told to people and is no part of the digest.

	// Tool is the version that made the plan, Created when.
	Tool    string    `json:"-"`
	Created time.Time `json:"-"`
	// Skipped mailboxes were asked for and could not be read.
	Skipped []Skipped `json:"-"`
}

// Mailbox is the part of a plan that concerns one mailbox.
type Mailbox struct {
	Account mailbox.Account `json:"account"`
	Steps   []Step          `json:"steps"`
	Held    []Held          `json:"held"`
	// Items counts what was looked at, Already what needs nothing done.
	Items   int `json:"items"`
	Already int `json:"already"`

	// From is the mailbox that the items of a restore were in, by its object
	// id, if it is another one.
	From string `json:"from,omitempty"`
	// Folders are to be made before the items that come into them.
	Folders []NewFolder `json:"folders,omitempty"`
}

// Path is how a person sees the folder.
func (f NewFolder) Path() string { return strings.Join(f.Names, "/") }

// NewFolder is a folder that is not there (any more). Steps name it by the id
// that it had.
type NewFolder struct {
	Kind     item.Kind `json:"kind"`
	FormerID string    `json:"formerId"`
	// Names lead to it from the top, its own last.
	Names []string `json:"names"`
}

// Step is one change to one item, valid only for the version that was seen. In
// a create, id and version are those of the item in the snapshot.
type Step struct {
	Action   Action    `json:"action"`
	Kind     item.Kind `json:"kind"`
	Folder   string    `json:"folder"`
	FolderID string    `json:"folderId"`
	ID       string    `json:"id"`
	Version  string    `json:"version"`
	Title    string    `json:"title"`
	// Start and Series are of events: when it begins, a series with its first
	// date. Plans of earlier versions have neither.
	Start  time.Time `json:"start,omitzero"`
	Series bool      `json:"series,omitempty"`
	Before []string  `json:"before"`
	After  []string  `json:"after,omitempty"`
	Why    string    `json:"why"`
	// Profile and Marker say by what the item is known as the plug-in's, if that
	// is not a category of the rules' own.
	Profile string   `json:"profile,omitempty"`
	Marker  string   `json:"marker,omitempty"`
	Hazards []Hazard `json:"hazards,omitempty"`
	// Mails are the addresses that Exchange mails when the step is done.
	Mails []string `json:"mails,omitempty"`

	// Way and Loses are of creates: how, and what will not come back.
	Way   Way      `json:"way,omitempty"`
	Loses []string `json:"loses,omitempty"`
}

// Held is an item that the rules concern and that is left as it is.
type Held struct {
	Kind       item.Kind `json:"kind"`
	Folder     string    `json:"folder"`
	ID         string    `json:"id"`
	Title      string    `json:"title"`
	Categories []string  `json:"categories"`
	Hazard     Hazard    `json:"hazard"`
	Detail     string    `json:"detail"`
	// Profile and Marker are as of a step.
	Profile string `json:"profile,omitempty"`
	Marker  string `json:"marker,omitempty"`
	// Step is what somebody decided against, so that the decision can be taken
	// back. Nothing but a decision leaves one.
	Step *Step `json:"step,omitempty"`
}

// Skipped is a mailbox that was asked for and is not in the plan.
type Skipped struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Totals counts a plan or a part of it.
type Totals struct {
	Items   int `json:"items"`
	Deletes int `json:"deletes"`
	Tags    int `json:"tags"`
	Creates int `json:"creates"`
	// Permanent is how many of the deletes are for good.
	Permanent int            `json:"permanent,omitempty"`
	Held      int            `json:"held"`
	HeldBy    map[Hazard]int `json:"heldBy,omitempty"`
	Already   int            `json:"already"`
	Mailboxes int            `json:"mailboxes"`
}

// Steps is the number of changes.
func (t Totals) Steps() int { return t.Deletes + t.Tags + t.Creates }

func (t *Totals) count(a Action) {
	switch a {
	case Delete:
		t.Deletes++
	case DeletePermanently:
		t.Deletes++
		t.Permanent++
	case SetCategories:
		t.Tags++
	case Create:
		t.Creates++
	}
}

// Totals counts one mailbox.
func (m Mailbox) Totals() Totals {
	t := Totals{Items: m.Items, Held: len(m.Held), Already: m.Already, Mailboxes: 1, HeldBy: map[Hazard]int{}}
	for _, s := range m.Steps {
		t.count(s.Action)
	}
	for _, h := range m.Held {
		t.HeldBy[h.Hazard]++
	}
	return t
}

// Totals counts the plan.
func (p Plan) Totals() Totals {
	sum := Totals{HeldBy: map[Hazard]int{}}
	for _, m := range p.Mailboxes {
		t := m.Totals()
		sum.Items += t.Items
		sum.Deletes += t.Deletes
		sum.Tags += t.Tags
		sum.Creates += t.Creates
		sum.Permanent += t.Permanent
		sum.Held += t.Held
		sum.Already += t.Already
		sum.Mailboxes++
		for hazard, n := range t.HeldBy {
			sum.HeldBy[hazard] += n
		}
	}
	return sum
}

// Make puts the mailboxes' parts together in the order that the digest rests
// on, which is not the order in which they were read.
func Make(tenant mailbox.Tenant, rules Rules, parts []Mailbox) Plan {
	parts = slices.Clone(parts)
	order.By(parts, func(a, b Mailbox) int { return a.Account.Compare(b.Account) })
	return Plan{Tenant: tenant, Rules: rules.canonical(), Mailboxes: parts}
}

// For decides about every item of one mailbox.
func For(rules Rules, account mailbox.Account, items []item.Item) Mailbox {
	part := Mailbox{Account: account, Items: len(items), Steps: []Step{}, Held: []Held{}}
	rules = rules.canonical() // the first profile that knows an item is named
	for _, it := range items {
		switch verdict := rules.decide(account, it); {
		case verdict.held != nil:
			part.Held = append(part.Held, *verdict.held)
		case verdict.step != nil:
			part.Steps = append(part.Steps, *verdict.step)
		case verdict.already:
			part.Already++
		}
	}
	part.Steps = slices.Clone(part.Steps) // of a fleet, the room to grow would be a third
	part.Sort()
	return part
}

// Sort gives steps and held items the order that the digest rests on.
func (m *Mailbox) Sort() {
	order.By(m.Steps, func(a, b Step) int {
		return compareItems(a.Kind, b.Kind, a.FolderID, b.FolderID, a.ID, b.ID)
	})
	order.By(m.Held, func(a, b Held) int {
		return compareItems(a.Kind, b.Kind, a.Folder, b.Folder, a.ID, b.ID)
	})
}

func compareItems(kindA, kindB item.Kind, folderA, folderB, idA, idB string) int {
	return cmp.Or(cmp.Compare(kindA, kindB), cmp.Compare(folderA, folderB), cmp.Compare(idA, idB))
}
