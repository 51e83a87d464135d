// Package mailbox is the port to a tenant's mailboxes: what the workflows ask
// of Microsoft Graph, and no more.
//
// It promises that a nil error from a reading method means that everything was
// read: a page missing its end, an element without an id or a repeated id is an
// error, never a shorter result. Of the writing methods it promises that an
// error tells whether the change is known not to have happened. It refuses to
// guess: an answer that does not say is ErrUnclear, and only a new reading
// settles it.
//
// The suite in mailboxtest holds every implementation to this.
package mailbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// What a caller decides on. Errors wrap one of them with what was tried.
var (
	// ErrNotFound: the directory knows no such user or group.
	ErrNotFound = errors.New("not in the directory")
	// ErrNoMailbox: the account exists, but has no mailbox in Exchange Online.
	ErrNoMailbox = errors.New("no Exchange Online mailbox")
	// ErrDenied: the app may not do this: a permission or the scope is missing.
	ErrDenied = errors.New("access denied")
	// ErrSignIn: no token could be had.
	ErrSignIn = errors.New("sign-in failed")
	// ErrIncomplete: a listing broke off or contradicted itself.
	ErrIncomplete = errors.New("incomplete listing")
	// ErrGone: the item is not there (any more).
	ErrGone = errors.New("item is gone")
	// ErrChanged: the item is no longer the version that was meant.
	ErrChanged = errors.New("item has changed")
	// ErrBusy: the service would not serve the request for as long as it was
	// asked; nothing happened, and later it may.
	ErrBusy = errors.New("service is busy")
	// ErrUnclear: a change was sent and nobody knows whether it happened.
	ErrUnclear = errors.New("outcome unknown")
)

// Account is one user of the tenant. ID, the directory object id, is the key;
// the rest is for people.
type Account struct {
	ID          string `json:"id"`
	UPN         string `json:"userPrincipalName"`
	Address     string `json:"address,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
	// Purpose is Graph's userPurpose: user, shared, room, equipment, …, or
	// PurposeUnknown. It is empty until the mailbox was opened.
	Purpose string `json:"purpose,omitempty"`
}

// Name is how a person refers to the account.
func (a Account) Name() string {
	if a.Address != "" {
		return a.Address
	}
	return a.UPN
}

// Compare orders accounts by their names, for people, and then by id, so that
// the order is the same everywhere.
func (a Account) Compare(b Account) int {
	return cmp.Or(cmp.Compare(a.Name(), b.Name()), cmp.Compare(a.ID, b.ID))
}

// PurposeUnknown stands where the app may not read what a mailbox is for.
const PurposeUnknown = "unknown"

// Room says whether the mailbox books a resource, or may do so: deleting its
// copy of a meeting frees the room without telling anybody.
func (a Account) Room() bool {
	return a.Purpose == "room" || a.Purpose == "equipment" || a.Purpose == PurposeUnknown
}

// Tenant names the directory that everything belongs to.
type Tenant struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName,omitempty"`
}

// Directory finds accounts and opens their mailboxes.
type Directory interface {
	// Tenant reads the id of the tenant that the token is for.
	Tenant(ctx context.Context) (Tenant, error)
	// Find reads one account by object id, user principal name or address.
	// ErrNotFound when there is none.
	Find(ctx context.Context, name string) (Account, error)
	// Members reads the users in a group, nested ones included, by the group's
	// object id, address or display name. ErrNotFound when there is none.
	Members(ctx context.Context, group string) ([]Account, error)
	// Users reads every user account of the tenant.
	Users(ctx context.Context) ([]Account, error)
	// Open reaches the account's mailbox and fills in Purpose. ErrNoMailbox
	// when there is none, ErrDenied when it is out of the app's scope.
	Open(ctx context.Context, account Account) (Mailbox, error)
}

// View says how much of each item a listing carries.
type View int

const (
	// Brief carries what a plan decides on, and no bodies.
	Brief View = iota
	// Whole carries everything that Graph serves of an item in a list.
	Whole
)

// Mailbox is one mailbox. Methods may be called from several goroutines; an
// implementation keeps to the service's limits by itself.
type Mailbox interface {
	Account() Account
	// Folders reads all folders of a kind to any depth, closed ones included.
	Folders(ctx context.Context, kind item.Kind) ([]item.Folder, error)
	// List reads every item of a folder, in pages. Each item comes once.
	List(ctx context.Context, folder item.Folder, view View, page func([]item.Item) error) error
	// Series reads the exceptions and cancelled occurrences of a series master,
	// as Graph serves them, for Item.AddSeries and the backup.
	Series(ctx context.Context, master item.Item) (json.RawMessage, error)
	// Attachments reads every attachment of an event or task with its content,
	// each as Graph serves it.
	Attachments(ctx context.Context, it item.Item) ([]json.RawMessage, error)
	// Delete moves the item to Deleted Items. For an organizer's meeting Graph
	// mails cancellations, which no option suppresses (Graph docs, event-delete).
	// ErrGone, ErrChanged and ErrDenied mean that this call did nothing.
	Delete(ctx context.Context, it item.Item) error
	// SetCategories replaces the item's categories and nothing else, and
	// returns the item's new version. Errors as Delete.
	SetCategories(ctx context.Context, it item.Item, categories []string) (version string, err error)
	// EnsureCategory adds the name to the mailbox's master category list unless
	// it is there in any case. Colour is a preset name of Graph's, as preset7.
	EnsureCategory(ctx context.Context, name, colour string) (created bool, err error)
}
