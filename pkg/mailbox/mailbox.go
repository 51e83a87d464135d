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
	"fmt"
	"time"

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
	// ErrExists: a folder of that name is there already.
	ErrExists = errors.New("is there already")
	// ErrFull: the mailbox is over its quota, so nothing can be created there.
	ErrFull = errors.New("mailbox is full")
	// ErrNotOffered: this cloud has no such service, or the app has no
	// permission for it. What goes on without it may do so.
	ErrNotOffered = errors.New("not offered here")
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
	// DeletesPermanently says whether this cloud has DeletePermanently at all.
	DeletesPermanently() bool
}

// View says how much of each item a listing carries.
type View int

const (
	// Brief carries what a plan decides on, and no bodies.
	Brief View = iota
	// Whole carries everything that Graph serves of an item in a list.
	Whole
	// Marked is Brief with the marks that a restore leaves.
	Marked
)

// Photo is a contact's picture, as served.
type Photo struct {
	ContentType string
	Bytes       []byte
}

// Stream is one item as Exchange exports it: opaque bytes that hold all of it.
type Stream struct {
	ID   string
	Data []byte
	// Err says why this item could not be exported.
	Err error
}

// Mailbox is one mailbox. Methods may be called from several goroutines; an
// implementation keeps to the service's limits by itself.
type Mailbox interface {
	Account() Account
	// Folders reads all folders of a kind to any depth, closed ones included.
	Folders(ctx context.Context, kind item.Kind) ([]item.Folder, error)
	// List reads every item of a folder, in pages. Each item comes once.
	List(ctx context.Context, folder item.Folder, view View, page func([]item.Item) error) error
	// IDs reads the ids of a folder in a listing of its own, and how many items
	// the service counts there, contact lists included; -1 where it does not say.
	IDs(ctx context.Context, folder item.Folder) (ids []string, counted int, err error)
	// Get reads one item whole. ErrGone when it is not in the folder.
	Get(ctx context.Context, folder item.Folder, id string) (item.Item, error)
	// Series reads the exceptions and cancelled occurrences of a series master,
	// as Graph serves them, for Item.AddSeries and the backup. Start and end are
	// in the series' own zone if Event.Zone is set and known to the service.
	Series(ctx context.Context, master item.Item) (json.RawMessage, error)
	// Attachments reads every attachment of an event or task with its content,
	// each as Graph serves it.
	Attachments(ctx context.Context, it item.Item) ([]json.RawMessage, error)
	// Photo reads a contact's picture; nil when it has none.
	Photo(ctx context.Context, contact item.Item) (*Photo, error)
	// Categories reads the master category list, each as Graph serves it.
	Categories(ctx context.Context) ([]json.RawMessage, error)
	// Settings reads mailboxSettings as Graph serves them.
	Settings(ctx context.Context) (json.RawMessage, error)
	// Export reads Exchange's own streams of items, at most ExportLimit, in the
	// order asked for. ErrNotOffered when there is no such service.
	Export(ctx context.Context, items []item.Item) ([]Stream, error)
	// Instances reads the occurrences and exceptions of a series that fall into
	// the window, each with its OriginalStart.
	Instances(ctx context.Context, master item.Item, from, to time.Time) ([]item.Item, error)
	// Delete moves the item to Deleted Items. For an organizer's meeting Graph
	// mails cancellations, which no option suppresses (Graph docs, event-delete).
	// ErrGone, ErrChanged and ErrDenied mean that this call did nothing.
	Delete(ctx context.Context, it item.Item) error
	// DeletePermanently deletes a contact or an event so that its owner cannot get
	// it back from Deleted Items; an administrator can, for as long as the tenant
	// keeps it (Graph docs, contact-permanentdelete). ErrNotOffered for tasks and in
	// clouds without it. Errors as Delete.
	DeletePermanently(ctx context.Context, it item.Item) error
	// SetCategories replaces the item's categories and nothing else, and
	// returns the item's new version. Errors as Delete.
	SetCategories(ctx context.Context, it item.Item, categories []string) (version string, err error)
	// Batch does changes in their order, at most BatchLimit, and returns what
	// became of each; every item is another. One that fails keeps no other back.
	// Its errors are those of the methods above, ErrUnclear for all that were under
	// way when the answer was lost.
	Batch(ctx context.Context, changes []Change) []Changed
	// EnsureCategory adds the name to the mailbox's master category list unless
	// it is there in any case. Colour is a preset name of Graph's, as preset7.
	EnsureCategory(ctx context.Context, name, colour string) (created bool, err error)

	// What follows adds to a mailbox. ErrFull when it is over its quota, ErrGone
	// when the folder or item is not there, ErrUnclear as with changes: nothing
	// that creates is ever sent twice by itself.

	// CreateFolder makes a folder; parent is a contact folder's id, empty for
	// the default one, and is not looked at for other kinds. ErrExists when the
	// name is taken.
	CreateFolder(ctx context.Context, kind item.Kind, parent, name string) (item.Folder, error)
	// Create makes an item of the members of body and returns it as it is now.
	// A body with attendees would invite them (Graph docs, user-post-events).
	Create(ctx context.Context, folder item.Folder, body json.RawMessage) (item.Item, error)
	// Update sets the members of body on an item, occurrence or exception.
	Update(ctx context.Context, it item.Item, body json.RawMessage) (item.Item, error)
	// Attach adds an attachment with its content, of any size Graph takes.
	Attach(ctx context.Context, it item.Item, attachment json.RawMessage) error
	// AddChecklistItem adds one to a task.
	AddChecklistItem(ctx context.Context, task item.Item, body json.RawMessage) error
	// SetPhoto gives a contact a picture.
	SetPhoto(ctx context.Context, contact item.Item, photo Photo) error
	// Import makes an item of a stream, under a new id, with everything that it
	// had, attendees included. The item returned has an id and a version only.
	Import(ctx context.Context, folder item.Folder, stream []byte) (item.Item, error)
}

// BatchLimit is how many changes one Batch takes (Graph docs, json-batching).
const BatchLimit = 20

// Change is one change of a batch: what the method of that name does to the item.
type Change struct {
	Item       item.Item
	Verb       Verb
	Categories []string // of SetCategories
}

// Verb is what a change does.
type Verb int

// The verbs; the zero value is none.
const (
	_ Verb = iota
	Delete
	DeletePermanently
	SetCategories
)

// Changed is what became of a change.
type Changed struct {
	Version string // of SetCategories
	Err     error
}

// Do does one change by itself.
func Do(ctx context.Context, m Mailbox, c Change) Changed {
	switch c.Verb {
	case Delete:
		return Changed{Err: m.Delete(ctx, c.Item)}
	case DeletePermanently:
		return Changed{Err: m.DeletePermanently(ctx, c.Item)}
	case SetCategories:
		version, err := m.SetCategories(ctx, c.Item, c.Categories)
		return Changed{version, err}
	}
	return Changed{Err: fmt.Errorf("change an item of %s: %w", c.Item.Kind, errors.ErrUnsupported)}
}

// OneByOne is a Batch of single calls.
func OneByOne(ctx context.Context, m Mailbox, changes []Change) []Changed {
	results := make([]Changed, len(changes))
	for i, c := range changes {
		results[i] = Do(ctx, m, c)
	}
	return results
}

// ExportLimit is how many items one Export takes (Graph docs, mailbox-exportitems).
const ExportLimit = 20
