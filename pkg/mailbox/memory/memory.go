// Package memory is a tenant in memory, for tests of the workflows: quick, and
// able to fail at any call. It keeps the port's contract (mailboxtest runs over
// it) and nothing of Exchange's rules: those are the sandbox's.
package memory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Call names one call to a mailbox, for faults and counts.
type Call struct {
	Mailbox string
	// Verb is open, folders, list, ids, get, series, instances, attachments,
	// photo, categories, settings, export, delete, delete-permanently, set-categories,
	// ensure-category, create-folder, create, update, attach,
	// add-checklist-item, set-photo or import.
	Verb string
	// Item is set for calls about one item; list and ids have the folder there.
	Item string
}

// Fault decides what goes wrong: before an error and nothing happens, after an
// error and it has happened all the same.
type Fault func(Call) (before, after error)

// Tenant is a directory of mailboxes. It is safe for many goroutines.
type Tenant struct {
	ID    string
	Fault Fault
	// NoPermanent makes it a cloud that deletes nothing for good.
	NoPermanent bool
	// Forget are members that are dropped from items that are created.
	Forget []string

	mu    sync.Mutex
	order []string
	boxes map[string]*box
	calls []Call
}

type box struct {
	account mailbox.Account
	folders []item.Folder
	items   []item.Item
	series  map[string]json.RawMessage
	parts   map[string][]json.RawMessage
	photos  map[string]mailbox.Photo
	// instances are the occurrences of series, hidden the items that so many
	// listings leave out.
	instances map[string][]item.Item
	hidden    map[string]int
	master    []string
	serial    int
	none      bool
	noExport  bool
}

// New makes an empty tenant.
func New(id string) *Tenant { return &Tenant{ID: id, boxes: map[string]*box{}} }

// Add adds an account with the folders of its mailbox; no folders, no mailbox.
func (t *Tenant) Add(account mailbox.Account, folders ...item.Folder) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.order = append(t.order, account.ID)
	t.boxes[account.ID] = &box{
		account: account, folders: folders, none: len(folders) == 0,
		series: map[string]json.RawMessage{}, parts: map[string][]json.RawMessage{}, photos: map[string]mailbox.Photo{},
		instances: map[string][]item.Item{}, hidden: map[string]int{},
	}
}

// Put puts an item, given as Graph's JSON without an etag, into a folder.
func (t *Tenant) Put(account string, folder item.Folder, members map[string]any) item.Item {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.boxes[account]
	it := b.make(folder, members)
	b.items = append(b.items, it)
	return it
}

// PutSeries sets what Series answers for a master.
func (t *Tenant) PutSeries(account, master string, raw json.RawMessage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.boxes[account].series[master] = raw
}

// PutAttachments sets what Attachments answers for an item.
func (t *Tenant) PutAttachments(account, id string, raw ...json.RawMessage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.boxes[account].parts[id] = raw
}

// Edit changes members of an item as another user would.
func (t *Tenant) Edit(account, id string, members map[string]any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.boxes[account]
	if i := b.index(id); i >= 0 {
		b.change(i, members)
	}
}

// Take removes an item as another user would.
func (t *Tenant) Take(account, id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.boxes[account]
	b.items = slices.DeleteFunc(b.items, func(it item.Item) bool { return it.ID == id })
}

// Items are what the mailbox holds now.
func (t *Tenant) Items(account string) []item.Item {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.boxes[account].items)
}

// Calls are the calls so far whose verb is one of verbs; none means all.
func (t *Tenant) Calls(verbs ...string) []Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.calls), func(c Call) bool {
		return len(verbs) > 0 && !slices.Contains(verbs, c.Verb)
	})
}

// make and change put the item together anew; a version is never used twice.
func (b *box) make(folder item.Folder, members map[string]any) item.Item {
	b.serial++
	all := map[string]any{"@odata.etag": fmt.Sprintf(`W/"%s-%d"`, members["id"], b.serial)}
	for name, value := range members {
		if name != "@odata.etag" {
			all[name] = value
		}
	}
	raw, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	it, err := item.Parse(folder, raw)
	if err != nil {
		panic(err)
	}
	return it
}

func (b *box) change(i int, members map[string]any) {
	all := map[string]any{}
	if err := json.Unmarshal(b.items[i].Raw, &all); err != nil {
		panic(err)
	}
	for name, value := range members {
		all[name] = value
	}
	b.items[i] = b.make(b.items[i].Folder, all)
}

func (b *box) index(id string) int {
	return slices.IndexFunc(b.items, func(it item.Item) bool { return it.ID == id })
}

// do counts the call, lets the fault decide, and runs act unless it says no.
func (t *Tenant) do(ctx context.Context, call Call, act func() error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var before, after error
	if t.Fault != nil {
		before, after = t.Fault(call)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, call)
	if before != nil {
		return before
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: cut off: %w: %w", call.Verb, mailbox.ErrUnclear, ctx.Err())
	}
	if err := act(); err != nil {
		return err
	}
	return after
}

// Tenant implements mailbox.Directory.
func (t *Tenant) Tenant(context.Context) (mailbox.Tenant, error) {
	return mailbox.Tenant{ID: t.ID, DisplayName: t.ID}, nil
}

// Users implements mailbox.Directory.
func (t *Tenant) Users(context.Context) ([]mailbox.Account, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var users []mailbox.Account
	for _, id := range t.order {
		users = append(users, t.boxes[id].account)
	}
	return users, nil
}

// DeletesPermanently implements mailbox.Directory.
func (t *Tenant) DeletesPermanently() bool { return !t.NoPermanent }

// Find implements mailbox.Directory.
func (t *Tenant) Find(ctx context.Context, name string) (mailbox.Account, error) {
	users, err := t.Users(ctx)
	for _, u := range users {
		if name != "" && (strings.EqualFold(u.ID, name) || strings.EqualFold(u.UPN, name) || strings.EqualFold(u.Address, name)) {
			return u, err
		}
	}
	return mailbox.Account{}, fmt.Errorf("find %s: %w", name, mailbox.ErrNotFound)
}

// Members implements mailbox.Directory; the one group is everybody.
func (t *Tenant) Members(ctx context.Context, group string) ([]mailbox.Account, error) {
	if group != "everybody" {
		return nil, fmt.Errorf("find group %s: %w", group, mailbox.ErrNotFound)
	}
	return t.Users(ctx)
}

// Open implements mailbox.Directory.
func (t *Tenant) Open(ctx context.Context, account mailbox.Account) (mailbox.Mailbox, error) {
	var b *box
	err := t.do(ctx, Call{account.ID, "open", ""}, func() error {
		if b = t.boxes[account.ID]; b == nil || b.none {
			return fmt.Errorf("open %s: %w", account.Name(), mailbox.ErrNoMailbox)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return handle{t, b}, nil
}

// handle is one open mailbox.
type handle struct {
	t *Tenant
	b *box
}

func (h handle) Account() mailbox.Account { return h.b.account }

func (h handle) do(ctx context.Context, verb, id string, act func() error) error {
	return h.t.do(ctx, Call{h.b.account.ID, verb, id}, act)
}

func (h handle) Folders(ctx context.Context, kind item.Kind) (found []item.Folder, err error) {
	err = h.do(ctx, "folders", "", func() error {
		for _, f := range h.b.folders {
			if f.Kind == kind {
				found = append(found, f)
			}
		}
		return nil
	})
	return found, err
}

func (h handle) List(ctx context.Context, folder item.Folder, _ mailbox.View, page func([]item.Item) error) error {
	var found []item.Item
	err := h.do(ctx, "list", folder.ID, func() error {
		found = h.b.listed(folder)
		return h.b.folder(folder)
	})
	if err != nil {
		return err
	}
	for some := range slices.Chunk(found, 3) {
		if err := page(some); err != nil {
			return err
		}
	}
	return nil
}

func (h handle) Series(ctx context.Context, master item.Item) (raw json.RawMessage, err error) {
	err = h.do(ctx, "series", master.ID, func() error {
		raw = h.b.series[master.ID]
		if raw == nil {
			raw = json.RawMessage(`{"exceptionOccurrences":[],"cancelledOccurrences":[]}`)
		}
		return h.there(master.ID)
	})
	return raw, err
}

func (h handle) Attachments(ctx context.Context, it item.Item) (raw []json.RawMessage, err error) {
	err = h.do(ctx, "attachments", it.ID, func() error {
		raw = h.b.parts[it.ID]
		if raw != nil { // an exception is no item of its own
			return nil
		}
		return h.there(it.ID)
	})
	return raw, err
}

func (h handle) there(id string) error {
	if h.b.index(id) < 0 {
		return fmt.Errorf("item %s: %w", id, mailbox.ErrGone)
	}
	return nil
}

func (h handle) current(it item.Item) error {
	if err := h.there(it.ID); err != nil {
		return err
	}
	if it.Version != "" && h.b.items[h.b.index(it.ID)].Version != it.Version {
		return fmt.Errorf("item %s: %w", it.ID, mailbox.ErrChanged)
	}
	return nil
}

func (h handle) Delete(ctx context.Context, it item.Item) error {
	return h.do(ctx, "delete", it.ID, func() error {
		if err := h.current(it); err != nil {
			return err
		}
		i := h.b.index(it.ID)
		h.b.items = slices.Delete(h.b.items, i, i+1)
		return nil
	})
}

func (h handle) DeletePermanently(ctx context.Context, it item.Item) error {
	return h.do(ctx, "delete-permanently", it.ID, func() error {
		if err := h.current(it); err != nil {
			return err
		}
		if it.Kind == item.Tasks || h.t.NoPermanent {
			return fmt.Errorf("delete %s for good: %w", it.Kind, mailbox.ErrNotOffered)
		}
		i := h.b.index(it.ID)
		h.b.items = slices.Delete(h.b.items, i, i+1)
		return nil
	})
}

func (h handle) SetCategories(ctx context.Context, it item.Item, categories []string) (version string, err error) {
	err = h.do(ctx, "set-categories", it.ID, func() error {
		if err := h.current(it); err != nil {
			return err
		}
		i := h.b.index(it.ID)
		h.b.change(i, map[string]any{"categories": categories})
		version = h.b.items[i].Version
		return nil
	})
	return version, err
}

func (h handle) Batch(ctx context.Context, changes []mailbox.Change) []mailbox.Changed {
	return mailbox.OneByOne(ctx, h, changes)
}

func (h handle) EnsureCategory(ctx context.Context, name, _ string) (created bool, err error) {
	err = h.do(ctx, "ensure-category", "", func() error {
		for _, m := range h.b.master {
			if item.SameCategory(m, name) {
				return nil
			}
		}
		h.b.master = append(h.b.master, name)
		created = true
		return nil
	})
	return created, err
}
