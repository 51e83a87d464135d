// Package survey reads the mailboxes of a selection and makes of them a count,
// a plan, or a list of what plug-ins left. It promises to change nothing,
// whatever directory it is given, and to name every mailbox that it could not
// read.
package survey

import (
	"context"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/discover"
	"github.com/riva-prep/riva-prep/pkg/inventory"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/profile"
	"github.com/riva-prep/riva-prep/pkg/scope"
)

// Survey says which mailboxes are read, and how.
type Survey struct {
	// Directory is only read from.
	Directory mailbox.Directory
	Selection scope.Selection
	Kinds     []item.Kind
	// Known are the profiles that categories and other traces are compared with.
	Known profile.Catalogue
	// Parallel mailboxes are read at a time, at least one.
	Parallel int
	// Meter, if set, is asked for one as soon as the number of mailboxes is known.
	Meter func(mailboxes int) Meter
	// Look, if set, is shown the items of every mailbox, one mailbox at a time.
	Look func(mailbox.Account, []item.Item)
}

// Meter hears how far the reading has come.
type Meter interface {
	// Step hears that n more mailboxes were read, the last one of that name.
	Step(n int, name string)
	// Done hears that the reading is over, at its end or on an error.
	Done()
}

// Count counts what lies in the mailboxes, in the order of their names.
func (s Survey) Count(ctx context.Context) ([]inventory.Mailbox, []plan.Skipped, error) {
	var boxes []inventory.Mailbox
	skipped, err := s.read(ctx, nil, func(account mailbox.Account, items []item.Item) {
		boxes = append(boxes, inventory.Count(account, items, marker.Protected(), s.Known))
	})
	order.By(boxes, func(a, b inventory.Mailbox) int { return a.Account.Compare(b.Account) })
	return boxes, skipped, err
}

// Plan makes a plan for the mailboxes by the rules, whose kinds are the
// survey's. The caller says which tool made it, and when.
func (s Survey) Plan(ctx context.Context, rules plan.Rules) (plan.Plan, error) {
	rules.Kinds = s.Kinds
	var parts []plan.Mailbox
	skipped, err := s.read(ctx, rules.WantsSeries, func(account mailbox.Account, items []item.Item) {
		parts = append(parts, plan.For(rules, account, items))
	})
	if err != nil {
		return plan.Plan{}, err
	}
	tenant, err := s.Directory.Tenant(ctx)
	if err != nil {
		return plan.Plan{}, err
	}
	p := plan.Make(tenant, rules, parts)
	p.Skipped = skipped
	return p, nil
}

// Discover looks for what plug-ins left in the mailboxes.
func (s Survey) Discover(ctx context.Context) (discover.Found, []plan.Skipped, error) {
	search := discover.New(s.Known)
	skipped, err := s.read(ctx, nil, search.Add)
	return search.Found(), skipped, err
}

// Open opens the mailboxes for reading, in the order of their names.
func (s Survey) Open(ctx context.Context) ([]mailbox.Mailbox, []plan.Skipped, error) {
	directory := mailbox.ReadOnly(s.Directory)
	found, err := scope.Resolve(ctx, directory, s.Selection)
	if err != nil {
		return nil, nil, err
	}
	boxes, skipped, err := scope.OpenAll(ctx, directory, found.Accounts, s.Parallel, s.Selection.All)
	return boxes, slices.Concat(found.Skipped, skipped), err
}

// read scans the mailboxes, with the exceptions of the series named, and hands
// each to each.
func (s Survey) read(ctx context.Context, series func(item.Item) bool, each func(mailbox.Account, []item.Item)) ([]plan.Skipped, error) {
	directory := mailbox.ReadOnly(s.Directory)
	found, err := scope.Resolve(ctx, directory, s.Selection)
	if err != nil {
		return nil, err
	}
	step := func(mailbox.Account) {}
	if s.Meter != nil {
		meter := s.Meter(len(found.Accounts))
		defer meter.Done()
		step = func(account mailbox.Account) { meter.Step(1, account.Name()) }
	}
	reading := scope.Reading{Kinds: s.Kinds, Series: series, Parallel: s.Parallel, Quiet: s.Selection.All}
	skipped, err := scope.Read(ctx, directory, found.Accounts, reading, func(account mailbox.Account, items []item.Item) {
		step(account)
		if s.Look != nil {
			s.Look(account, items)
		}
		each(account, items)
	})
	return slices.Concat(found.Skipped, skipped), err
}
