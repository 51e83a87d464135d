// Package restore makes plans that bring something back: items out of a
// snapshot, or everything that a run changed.
//
// It promises that a plan changes nothing by itself, that it makes no item a
// second time that is there, by its id or by the mark of an earlier restore,
// and that it says of every item what will not come back. It refuses a snapshot
// of another tenant, and it never plans what would mail somebody unless that
// was asked for: meetings come back without attendees.
package restore

import (
	"context"
	"errors"
	"fmt"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

var (
	// ErrTenant says that a snapshot or a run is of another tenant.
	ErrTenant = errors.New("is of another tenant")
	// ErrSelect says that what is to come back is not in the snapshot.
	ErrSelect = errors.New("is not in the snapshot")
)

// Request says what is to come back, and how.
type Request struct {
	Snapshot Snapshot
	// Directory is only read from.
	Directory mailbox.Directory
	// Earlier is what runs of the store have made, for what bears no mark.
	Earlier *Earlier
	Select  Select
	// To names another mailbox that the items go to; empty is their own.
	To string
	// Rules are Kinds, Strip, Copies, ImportMeetings and IncludeRooms; the
	// rest is filled in.
	Rules plan.Rules
	// Streams allows importing Exchange's own streams.
	Streams bool
	// Parallel mailboxes are read at a time, at least one.
	Parallel int
}

// Plan makes the plan. Mailboxes that are not there any more are skipped, with
// the reason.
func Plan(ctx context.Context, r Request) (plan.Plan, error) {
	r.Rules.Purpose, r.Rules.Source = plan.Restore, Sources{r.Snapshot}.rule()
	if err := r.Rules.Check(); err != nil {
		return plan.Plan{}, err
	}
	boxes, err := r.Select.Boxes(r.Snapshot.Reader.Manifest())
	if err != nil {
		return plan.Plan{}, err
	}
	if r.To != "" && len(boxes) != 1 {
		return plan.Plan{}, fmt.Errorf("%w: items go to another mailbox from one mailbox only; name it with --mailbox", plan.ErrRules)
	}
	if err := r.chosen(boxes); err != nil {
		return plan.Plan{}, err
	}
	tenant, err := sameTenant(ctx, r.Directory, r.Snapshot.Reader.Manifest().Tenant, "snapshot "+r.Snapshot.ID)
	if err != nil {
		return plan.Plan{}, err
	}
	p := plan.Make(tenant, r.Rules, nil)
	if err := r.parts(ctx, boxes, &p); err != nil {
		return plan.Plan{}, err
	}
	return p, nil
}

// parts plans every mailbox of the snapshot that was chosen.
func (r Request) parts(ctx context.Context, boxes []snapshot.Mailbox, p *plan.Plan) error {
	var parts []plan.Mailbox
	from := map[string]snapshot.Mailbox{}
	accounts, err := r.accounts(ctx, boxes, from)
	if err != nil {
		return err
	}
	reading := mailbox.ReadOnly(r.Directory)
	open, skipped, err := scope.OpenAll(ctx, reading, accounts, r.Parallel, false)
	if err != nil {
		return err
	}
	skipped = explain(skipped, "; --to-mailbox restores its items to another one")
	for _, mb := range open {
		part, err := r.part(ctx, mb, from[mb.Account().ID])
		if fatal(ctx, err) {
			return err
		}
		if err != nil {
			skipped = append(skipped, plan.Skipped{Name: mb.Account().Name(), Reason: err.Error()})
			continue
		}
		parts = append(parts, part)
	}
	tenant, rules := p.Tenant, p.Rules
	*p = plan.Make(tenant, rules, parts)
	p.Skipped = skipped
	return nil
}

// fatal tells errors that no other mailbox would survive.
func fatal(ctx context.Context, err error) bool {
	return scope.Fatal(ctx, err) || errors.Is(err, snapshot.ErrDamaged) || errors.Is(err, snapshot.ErrKey)
}

// accounts are where the items go: where they came from, or to another mailbox.
func (r Request) accounts(ctx context.Context, boxes []snapshot.Mailbox, from map[string]snapshot.Mailbox) ([]mailbox.Account, error) {
	var accounts []mailbox.Account
	for _, box := range boxes {
		account := box.Account
		if r.To != "" {
			var err error
			if account, err = r.Directory.Find(ctx, r.To); err != nil {
				return nil, fmt.Errorf("find mailbox %q to restore to: %w", r.To, err)
			}
		}
		accounts, from[account.ID] = append(accounts, account), box
	}
	return accounts, nil
}

// explain adds the way out to the reason why a mailbox cannot be opened.
func explain(skipped []plan.Skipped, wayOut string) []plan.Skipped {
	for i := range skipped {
		skipped[i].Reason += wayOut
	}
	return skipped
}

func sameTenant(ctx context.Context, directory mailbox.Directory, want mailbox.Tenant, what string) (mailbox.Tenant, error) {
	tenant, err := directory.Tenant(ctx)
	if err != nil {
		return tenant, err
	}
	if tenant.ID != want.ID {
		return tenant, fmt.Errorf("%s %w: it is of %s, the credentials are of %s", what, ErrTenant, want.ID, tenant.ID)
	}
	return tenant, nil
}
