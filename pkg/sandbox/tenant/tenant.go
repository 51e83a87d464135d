package tenant

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/store"
)

// Why the tenant refuses something. The HTTP side gives each its Graph code.
var (
	ErrNotFound       = store.ErrNotFound
	ErrFolderNotFound = store.ErrFolderNotFound
	ErrReadOnly       = errors.New("the calendar cannot be edited")
	ErrStale          = errors.New("the change key passed in the request does not match the current change key for the item")
	ErrFolderExists   = errors.New("a folder with the specified name already exists")
	ErrCategoryExists = errors.New("a category with the specified name already exists")
	ErrBuiltIn        = errors.New("a built-in folder cannot be changed or deleted")
	ErrUsedID         = errors.New("the TransactionId specified in the request has already been used to create a different event")
	ErrNotOrganizer   = errors.New("you need to be an organizer to cancel a meeting")
	ErrIsOrganizer    = errors.New("the organizer of a meeting cannot respond to it")
)

// Tenant is one organisation.
type Tenant struct {
	mu     sync.RWMutex
	id     string
	name   string
	facts  Facts
	now    func() time.Time
	seq    uint64
	layout rawjson.Object // the file's other members, with places for users and groups
	users  []*Mailbox
	byName map[string]*Mailbox // lower-case object id and user principal name
	groups []rawjson.Object
	outbox []Mail
	copies store.Copies
}

// ID is the directory (tenant) id.
func (t *Tenant) ID() string { return t.id }

// Name is the organisation's display name.
func (t *Tenant) Name() string { return t.name }

// Play sets the facts and the clock that gives changes their times. A tenant
// that was loaded plays Unknown for all facts and takes the system's clock.
func (t *Tenant) Play(facts Facts, now func() time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.facts = facts
	if now != nil {
		t.now = now
	}
}

// Mailboxes are all accounts in file order, those without a mailbox too.
func (t *Tenant) Mailboxes() []*Mailbox { return t.users }

// Mailbox finds an account by object id or user principal name, without regard
// to case. Other addresses do not find it, as in Graph.
func (t *Tenant) Mailbox(name string) (*Mailbox, bool) {
	m, ok := t.byName[strings.ToLower(name)]
	return m, ok
}

// Group is a group of the directory.
type Group struct {
	ID, DisplayName, Mail string
	// Members are object ids of users and groups.
	Members []string
	// Doc has all members of the file's entry but the list of members.
	Doc rawjson.Object
}

// Groups are the groups in file order.
func (t *Tenant) Groups() []Group {
	out := make([]Group, 0, len(t.groups))
	for _, g := range t.groups {
		out = append(out, Group{
			ID: g.Text("id"), DisplayName: g.Text("displayName"), Mail: g.Text("mail"),
			Members: g.Texts("members"), Doc: g.Without("members"),
		})
	}
	return out
}

// next is a number not used before; the lock must be held.
func (t *Tenant) next() uint64 {
	t.seq++
	return t.seq
}

// stamp is now in the form of lastModifiedDateTime.
func (t *Tenant) stamp() string { return t.now().UTC().Format("2006-01-02T15:04:05Z") }

// clock is what the time is.
func (t *Tenant) clock() time.Time {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.now()
}

// touch gives an item a new version.
func (t *Tenant) touch(e *store.Entry) {
	e.Stamp(ids.ChangeKey(e.Box.Owner, e.Kind == Contacts, t.next()), t.stamp())
}
