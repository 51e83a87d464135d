package memory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// PutPhoto sets a contact's picture, which the contact itself must show too
// (item.PictureProperty).
func (t *Tenant) PutPhoto(account, id string, photo mailbox.Photo) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.boxes[account].photos[id] = photo
}

// Hide lets the next times listings of the folder leave an item out.
func (t *Tenant) Hide(account, id string, times int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.boxes[account].hidden[id] = times
}

// AddFolder makes a folder as another user would.
func (t *Tenant) AddFolder(account string, folder item.Folder) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.boxes[account]
	b.folders = append(slices.Clone(b.folders), folder)
}

// TakeFolder removes a folder with what it holds.
func (t *Tenant) TakeFolder(account string, folder item.Folder) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.boxes[account]
	b.folders = slices.DeleteFunc(slices.Clone(b.folders), func(f item.Folder) bool { return f == folder })
	b.items = slices.DeleteFunc(b.items, func(it item.Item) bool { return it.Folder == folder })
}

// NoExport takes the service of export and import away.
func (t *Tenant) NoExport(account string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.boxes[account].noExport = true
}

// listed are the items of a folder, less what is hidden.
func (b *box) listed(folder item.Folder) []item.Item {
	var found []item.Item
	for _, it := range b.items {
		switch {
		case it.Folder.ID != folder.ID || it.Kind != folder.Kind:
		case b.hidden[it.ID] > 0:
			b.hidden[it.ID]--
		default:
			found = append(found, it)
		}
	}
	return found
}

func (b *box) folder(folder item.Folder) error {
	if !slices.ContainsFunc(b.folders, func(f item.Folder) bool { return f.Kind == folder.Kind && f.ID == folder.ID }) {
		return fmt.Errorf("folder %s: %w", folder.ID, mailbox.ErrGone)
	}
	return nil
}

func (h handle) IDs(ctx context.Context, folder item.Folder) (ids []string, counted int, err error) {
	err = h.do(ctx, "ids", folder.ID, func() error {
		for _, it := range h.b.items {
			if it.Folder.ID == folder.ID && it.Kind == folder.Kind {
				counted++
			}
		}
		for _, it := range h.b.listed(folder) {
			ids = append(ids, it.ID)
		}
		return h.b.folder(folder)
	})
	return ids, counted, err
}

func (h handle) Get(ctx context.Context, folder item.Folder, id string) (it item.Item, err error) {
	err = h.do(ctx, "get", id, func() error {
		if err := h.there(id); err != nil {
			return err
		}
		if it = h.b.items[h.b.index(id)]; it.Folder.ID != folder.ID {
			return fmt.Errorf("item %s: %w", id, mailbox.ErrGone)
		}
		return nil
	})
	return it, err
}

func (h handle) Photo(ctx context.Context, contact item.Item) (photo *mailbox.Photo, err error) {
	err = h.do(ctx, "photo", contact.ID, func() error {
		if found, ok := h.b.photos[contact.ID]; ok {
			photo = &found
		}
		return h.there(contact.ID)
	})
	return photo, err
}

func (h handle) Categories(ctx context.Context) (raw []json.RawMessage, err error) {
	err = h.do(ctx, "categories", "", func() error {
		for _, name := range h.b.master {
			raw = append(raw, encoded(map[string]any{"displayName": name, "color": "preset1"}))
		}
		return nil
	})
	return raw, err
}

func (h handle) Settings(ctx context.Context) (raw json.RawMessage, err error) {
	err = h.do(ctx, "settings", "", func() error {
		raw = encoded(map[string]any{"userPurpose": h.b.account.Purpose})
		return nil
	})
	return raw, err
}

// stream is what a stream of this tenant holds.
type stream struct {
	Kind  item.Kind         `json:"kind"`
	Item  json.RawMessage   `json:"item"`
	Parts []json.RawMessage `json:"parts"`
	Photo *mailbox.Photo    `json:"photo"`
}

func (h handle) Export(ctx context.Context, items []item.Item) (streams []mailbox.Stream, err error) {
	err = h.do(ctx, "export", "", func() error {
		if h.b.noExport {
			return fmt.Errorf("export: %w", mailbox.ErrNotOffered)
		}
		if len(items) > mailbox.ExportLimit {
			return fmt.Errorf("export: %d items at once, %d are the limit", len(items), mailbox.ExportLimit)
		}
		for _, it := range items {
			one := mailbox.Stream{ID: it.ID}
			if one.Err = h.there(it.ID); one.Err == nil {
				one.Data = h.b.pack(h.b.items[h.b.index(it.ID)])
			}
			streams = append(streams, one)
		}
		return nil
	})
	return streams, err
}

func (b *box) pack(it item.Item) []byte {
	s := stream{Kind: it.Kind, Item: it.Raw, Parts: b.parts[it.ID]}
	if photo, ok := b.photos[it.ID]; ok {
		s.Photo = &photo
	}
	return encoded(s)
}

func encoded(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

func (h handle) Instances(ctx context.Context, master item.Item, from, to time.Time) (found []item.Item, err error) {
	err = h.do(ctx, "instances", master.ID, func() error {
		for _, it := range h.b.instances[master.ID] {
			if !it.Event.OriginalStart.Before(from) && it.Event.OriginalStart.Before(to) {
				found = append(found, it)
			}
		}
		return h.there(master.ID)
	})
	return found, err
}

// PutInstances sets the occurrences of a series, given as Graph's JSON.
func (t *Tenant) PutInstances(account string, master item.Item, members ...map[string]any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.boxes[account]
	for _, m := range members {
		b.instances[master.ID] = append(b.instances[master.ID], b.make(master.Folder, m))
	}
}

func (h handle) CreateFolder(ctx context.Context, kind item.Kind, parent, name string) (f item.Folder, err error) {
	err = h.do(ctx, "create-folder", "", func() error {
		path := name
		for _, other := range h.b.folders {
			if other.Kind == kind && other.ID == parent {
				path = other.Path + "/" + name
			}
		}
		if slices.ContainsFunc(h.b.folders, func(f item.Folder) bool { return f.Kind == kind && f.Path == path }) {
			return fmt.Errorf("folder %s: %w", name, mailbox.ErrExists)
		}
		h.b.serial++
		f = item.Folder{Kind: kind, ID: fmt.Sprint("folder-", h.b.serial), Path: path, Name: name, Parent: parent}
		h.b.folders = append(h.b.folders, f)
		return nil
	})
	return f, err
}

// Create gives a new id; what the body marks is on the item.
func (h handle) Create(ctx context.Context, folder item.Folder, body json.RawMessage) (it item.Item, err error) {
	err = h.do(ctx, "create", "", func() error {
		it, err = h.b.add(folder, h.t.forgetting(body))
		return err
	})
	return it, err
}

// forgetting drops what the tenant forgets.
func (t *Tenant) forgetting(body json.RawMessage) json.RawMessage {
	var members map[string]any
	if len(t.Forget) == 0 || json.Unmarshal(body, &members) != nil {
		return body
	}
	for _, name := range t.Forget {
		delete(members, name)
	}
	return encoded(members)
}

// open refuses what lies in a closed folder.
func open(folder item.Folder) error {
	if folder.Writable() {
		return nil
	}
	return fmt.Errorf("folder %s: %w: %s", folder.ID, mailbox.ErrDenied, folder.Closed)
}

func (b *box) add(folder item.Folder, body json.RawMessage) (item.Item, error) {
	if err := open(folder); err != nil {
		return item.Item{}, err
	}
	if err := b.folder(folder); err != nil {
		return item.Item{}, err
	}
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		return item.Item{}, err
	}
	b.serial++
	members["id"] = fmt.Sprint("new-", b.serial)
	it := b.make(folder, members)
	b.items = append(b.items, it)
	return it, nil
}

func (h handle) Update(ctx context.Context, it item.Item, body json.RawMessage) (changed item.Item, err error) {
	err = h.do(ctx, "update", it.ID, func() error {
		if err := open(it.Folder); err != nil {
			return err
		}
		var members map[string]any
		if err := json.Unmarshal(body, &members); err != nil {
			return err
		}
		if i := h.b.index(it.ID); i >= 0 {
			h.b.change(i, members)
			changed = h.b.items[i]
			return nil
		}
		return h.b.changeInstance(it.ID, members, &changed)
	})
	return changed, err
}

func (b *box) changeInstance(id string, members map[string]any, changed *item.Item) error {
	for master, list := range b.instances {
		for i, it := range list {
			if it.ID != id {
				continue
			}
			all := map[string]any{}
			if err := json.Unmarshal(it.Raw, &all); err != nil {
				return err
			}
			maps.Copy(all, members)
			*changed = b.make(it.Folder, all)
			b.instances[master][i] = *changed
			return nil
		}
	}
	return fmt.Errorf("item %s: %w", id, mailbox.ErrGone)
}

func (h handle) Attach(ctx context.Context, it item.Item, attachment json.RawMessage) error {
	return h.do(ctx, "attach", it.ID, func() error {
		var a struct {
			Type string `json:"@odata.type"`
		}
		switch err := json.Unmarshal(attachment, &a); {
		case err != nil:
			return err
		case !it.Folder.Writable():
			return open(it.Folder)
		case a.Type == "#microsoft.graph.referenceAttachment":
			return fmt.Errorf("attach a link: %w", errors.ErrUnsupported)
		case !h.b.known(it.ID):
			return h.there(it.ID)
		}
		h.b.parts[it.ID] = append(h.b.parts[it.ID], attachment)
		return nil
	})
}

// known says whether there is such an item or occurrence.
func (b *box) known(id string) bool {
	for _, list := range b.instances {
		if slices.ContainsFunc(list, func(it item.Item) bool { return it.ID == id }) {
			return true
		}
	}
	return b.index(id) >= 0
}

func (h handle) AddChecklistItem(ctx context.Context, task item.Item, body json.RawMessage) error {
	return h.do(ctx, "add-checklist-item", task.ID, func() error {
		if err := open(task.Folder); err != nil {
			return err
		}
		i := h.b.index(task.ID)
		if i < 0 {
			return h.there(task.ID)
		}
		var members struct {
			List []json.RawMessage `json:"checklistItems"`
		}
		if err := json.Unmarshal(h.b.items[i].Raw, &members); err != nil {
			return err
		}
		h.b.change(i, map[string]any{"checklistItems": append(members.List, body)})
		return nil
	})
}

func (h handle) SetPhoto(ctx context.Context, contact item.Item, photo mailbox.Photo) error {
	return h.do(ctx, "set-photo", contact.ID, func() error {
		if err := cmp.Or(open(contact.Folder), h.there(contact.ID)); err != nil {
			return err
		}
		h.b.photos[contact.ID] = photo
		return nil
	})
}

func (h handle) Import(ctx context.Context, folder item.Folder, data []byte) (it item.Item, err error) {
	err = h.do(ctx, "import", "", func() error {
		if err := open(folder); err != nil {
			return err
		}
		var s stream
		if err := json.Unmarshal(data, &s); err != nil || s.Kind != folder.Kind {
			return fmt.Errorf("import: %w", mailbox.ErrDenied)
		}
		it, err = h.b.add(folder, s.Item)
		if err != nil {
			return err
		}
		h.b.parts[it.ID] = s.Parts
		if s.Photo != nil {
			h.b.photos[it.ID] = *s.Photo
		}
		return nil
	})
	if err != nil { // who hears of no answer knows no id
		return item.Item{}, err
	}
	return item.Item{Kind: it.Kind, Folder: it.Folder, ID: it.ID, Version: it.Version}, nil
}
