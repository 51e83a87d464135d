// Package scope finds the mailboxes that a command is to work on, and reads
// them side by side.
//
// It promises that every name given is either in the result or in the list of
// skipped ones with its reason, and that the exclusion list is obeyed to the
// letter. It refuses an exclusion that excludes nobody: a misspelt one would
// leave the very mailbox in that it was meant to keep out.
package scope

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/turns"
)

// ErrExclude says that a name to exclude matches none of the mailboxes.
var ErrExclude = errors.New("excludes nobody")

// Selection says in a person's words which mailboxes are meant.
type Selection struct {
	// Names are object ids, user principal names or addresses.
	Names []string
	// Groups are object ids, addresses or display names; all members are meant.
	Groups []string
	// All means every user account that has a mailbox.
	All bool
	// Exclude takes accounts out again, however they came in.
	Exclude []string
	// Lasting are exclusions of a list that was not made for this selection: they
	// need only be somebody's.
	Lasting []string
}

// Empty says that nothing was selected.
func (s Selection) Empty() bool { return len(s.Names) == 0 && len(s.Groups) == 0 && !s.All }

// Found is what a selection came to.
type Found struct {
	// Accounts in the order of their names, each once.
	Accounts []mailbox.Account
	// Skipped names could not be resolved.
	Skipped []plan.Skipped
}

// Resolve looks the selection up in the directory. The error is about sign-in,
// ctx, a group or an exclusion; single names that are not there are skipped.
func Resolve(ctx context.Context, directory mailbox.Directory, s Selection) (Found, error) {
	var found Found
	if s.All {
		users, err := directory.Users(ctx)
		if err != nil {
			return found, fmt.Errorf("list the users of the tenant: %w", err)
		}
		found.Accounts = users
	}
	for _, group := range s.Groups {
		members, err := directory.Members(ctx, group)
		if err != nil {
			return found, fmt.Errorf("list the members of group %q: %w", group, err)
		}
		found.Accounts = append(found.Accounts, members...)
	}
	if err := found.names(ctx, directory, s.Names); err != nil {
		return found, err
	}
	found.sort()
	if err := found.exclude(s.Exclude); err != nil {
		return found, err
	}
	return found, found.Without(ctx, directory, s.Lasting)
}

// lookups bounds the directory requests under way at once.
const lookups = 4

func (f *Found) names(ctx context.Context, directory mailbox.Directory, names []string) error {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookups)
	for _, name := range names {
		group.Go(func() error {
			account, err := directory.Find(ctx, name)
			if Fatal(ctx, err) {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				f.Skipped = append(f.Skipped, plan.Skipped{Name: name, Reason: err.Error()})
				return nil
			}
			f.Accounts = append(f.Accounts, account)
			return nil
		})
	}
	return group.Wait()
}

func (f *Found) sort() {
	order.By(f.Accounts, mailbox.Account.Compare)
	f.Accounts = slices.CompactFunc(f.Accounts, func(a, b mailbox.Account) bool { return a.ID == b.ID })
	order.By(f.Skipped, func(a, b plan.Skipped) int { return cmp.Compare(a.Name, b.Name) })
}

func (f *Found) exclude(names []string) error {
	all := slices.Clone(f.Accounts) // one mailbox may be excluded by several names
	for _, name := range names {
		excluded := func(a mailbox.Account) bool { return goesBy(a, name) }
		f.Accounts = slices.DeleteFunc(f.Accounts, excluded)
		if !slices.ContainsFunc(all, excluded) {
			return fmt.Errorf("--exclude %q %w: none of the mailboxes has that id, user principal name or address", name, ErrExclude)
		}
	}
	return nil
}

// Without takes accounts out that are never to be worked on, whatever was selected.
// A name that is none of them need only be somebody's: a misspelt one is an error.
func (f *Found) Without(ctx context.Context, directory mailbox.Directory, names []string) error {
	for _, name := range names {
		if slices.ContainsFunc(f.Accounts, func(a mailbox.Account) bool { return goesBy(a, name) }) {
			f.Accounts = slices.DeleteFunc(f.Accounts, func(a mailbox.Account) bool { return goesBy(a, name) })
			continue
		}
		account, err := directory.Find(ctx, name)
		switch {
		case errors.Is(err, mailbox.ErrNotFound):
			return fmt.Errorf("--exclude %q %w: %w", name, ErrExclude, err)
		case err != nil:
			return fmt.Errorf("look up whom --exclude %q means: %w", name, err)
		}
		f.Accounts = slices.DeleteFunc(f.Accounts, func(a mailbox.Account) bool { return a.ID == account.ID })
	}
	return nil
}

func goesBy(a mailbox.Account, name string) bool {
	name = strings.TrimSpace(name)
	return name != "" && (strings.EqualFold(a.ID, name) || strings.EqualFold(a.UPN, name) || strings.EqualFold(a.Address, name))
}

// Fatal tells an error that concerns the whole command from one that concerns
// a single mailbox, which is skipped while the others go on.
func Fatal(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, mailbox.ErrSignIn))
}

// Reading says what Read reads of each mailbox.
type Reading struct {
	Kinds []item.Kind
	// Series names the series whose exceptions are read too; nil names none.
	Series func(item.Item) bool
	// Parallel mailboxes are read at a time, at least one.
	Parallel int
	// Quiet drops accounts without a mailbox instead of skipping them: in a
	// listing of all users of a tenant they are no news.
	Quiet bool
}

// Read scans the mailboxes and hands each result
// to each, one at a time. Mailboxes that cannot be read are returned as
// skipped.
func Read(ctx context.Context, directory mailbox.Directory, accounts []mailbox.Account, r Reading, each func(mailbox.Account, []item.Item)) ([]plan.Skipped, error) {
	return visit(ctx, directory, accounts, r.Parallel, r.Quiet, func(ctx context.Context, mb mailbox.Mailbox) (func(), error) {
		items, err := mailbox.Scan(ctx, mb, r.Kinds, r.Series)
		return func() { each(mb.Account(), items) }, err
	})
}

// OpenAll opens the mailboxes, in the order of their names. Skipped and quiet
// are as for Read.
func OpenAll(ctx context.Context, directory mailbox.Directory, accounts []mailbox.Account, parallel int, quiet bool) ([]mailbox.Mailbox, []plan.Skipped, error) {
	var boxes []mailbox.Mailbox
	skipped, err := visit(ctx, directory, accounts, parallel, quiet, func(_ context.Context, mb mailbox.Mailbox) (func(), error) {
		return func() { boxes = append(boxes, mb) }, nil
	})
	order.By(boxes, func(a, b mailbox.Mailbox) int { return a.Account().Compare(b.Account()) })
	return boxes, skipped, err
}

// visit opens every mailbox and works on it; what work returns is called with
// nothing else running.
func visit(ctx context.Context, directory mailbox.Directory, accounts []mailbox.Account, parallel int, quiet bool,
	work func(context.Context, mailbox.Mailbox) (func(), error),
) ([]plan.Skipped, error) {
	var (
		mu      sync.Mutex
		skipped []plan.Skipped
	)
	err := turns.Each(ctx, parallel, accounts, func(ctx context.Context, account mailbox.Account) error {
		var done func()
		mb, err := directory.Open(ctx, account)
		if err == nil {
			done, err = work(ctx, mb)
		}
		if Fatal(ctx, err) {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			done()
		case !quiet || !errors.Is(err, mailbox.ErrNoMailbox):
			skipped = append(skipped, plan.Skipped{Name: account.Name(), Reason: err.Error()})
		}
		return nil
	})
	order.By(skipped, func(a, b plan.Skipped) int { return cmp.Compare(a.Name, b.Name) })
	return skipped, err
}
