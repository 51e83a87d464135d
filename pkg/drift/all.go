package drift

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/restore"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
	"github.com/riva-prep/riva-prep/pkg/turns"
)

// Snapshot is what All compares with. *snapshot.Reader is one.
type Snapshot interface {
	Reader
	Manifest() snapshot.Manifest
}

// All compares every mailbox of the snapshot, several at a time; done, which
// may be called from several goroutines, hears of each. Mailboxes that cannot
// be read are skipped, with the reason. restore.ErrTenant when the directory is
// another tenant's.
func All(ctx context.Context, s Snapshot, directory mailbox.Directory, earlier Earlier, parallel int, done func(mailbox.Account)) ([]Mailbox, []plan.Skipped, error) {
	directory = mailbox.ReadOnly(directory)
	tenant, err := directory.Tenant(ctx)
	if err != nil {
		return nil, nil, err
	}
	if own := s.Manifest().Tenant; own.ID != tenant.ID {
		return nil, nil, fmt.Errorf("snapshot %s %w: it is of %s, the credentials are of %s", s.Manifest().ID, restore.ErrTenant, own.ID, tenant.ID)
	}
	var (
		mu      sync.Mutex
		all     = []Mailbox{}
		skipped []plan.Skipped
	)
	err = turns.Each(ctx, parallel, s.Manifest().Mailboxes, func(ctx context.Context, box snapshot.Mailbox) error {
		m, err := one(ctx, s, directory, box, earlier)
		done(box.Account)
		if scope.Fatal(ctx, err) {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			skipped = append(skipped, plan.Skipped{Name: box.Account.Name(), Reason: err.Error()})
			return nil
		}
		all = append(all, m)
		return nil
	})
	order.By(all, func(a, b Mailbox) int { return a.Account.Compare(b.Account) })
	order.By(skipped, func(a, b plan.Skipped) int { return cmp.Compare(a.Name, b.Name) })
	return all, skipped, err
}

func one(ctx context.Context, s Snapshot, directory mailbox.Directory, box snapshot.Mailbox, earlier Earlier) (Mailbox, error) {
	mb, err := directory.Open(ctx, box.Account)
	if err != nil {
		return Mailbox{}, err
	}
	return Of(ctx, s, box, mb, earlier)
}
