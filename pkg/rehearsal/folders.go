package rehearsal

import (
	"strings"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// withFolders adds the folders with their items. A kind that was not backed up
// has its default folder only, which is empty.
func (r *reader) withFolders(user rawjson.Object, folders []item.Folder) rawjson.Object {
	for _, kind := range item.Kinds() {
		var own []item.Folder
		for _, f := range folders {
			if f.Kind == kind {
				own = append(own, f)
			}
		}
		base := usual(own)
		if base < 0 {
			base, own = len(own), append(own, r.missing(kind))
		}
		switch kind {
		case item.Contacts:
			user = user.Set("contactFolders", r.contactFolders(own, base))
		case item.Events:
			user = user.Set("calendars", r.calendars(own, base))
		case item.Tasks:
			user = user.Set("todoLists", r.taskLists(own, base))
		}
	}
	return user
}

// usual is the default folder among those of a kind, -1 if there is none: the
// backup does not say, but Graph lists it first.
func usual(folders []item.Folder) int {
	for n, f := range folders {
		if f.Writable() {
			return n
		}
	}
	return -1
}

// missing is a default folder that the backup does not have.
func (r *reader) missing(kind item.Kind) item.Folder {
	names := map[item.Kind]string{item.Contacts: "Contacts", item.Events: "Calendar", item.Tasks: "Tasks"}
	return item.Folder{Kind: kind, ID: ids.New(r.box.Account.ID, "rehearsal "+names[kind], 0), Path: names[kind]}
}

func (r *reader) in(f item.Folder) []rawjson.Object {
	return append([]rawjson.Object{}, r.items[place{f.Kind, f.ID}]...)
}

// contactFolders have paths; what no other folder's path begins lies in the
// default one.
func (r *reader) contactFolders(folders []item.Folder, base int) []rawjson.Object {
	out := make([]rawjson.Object, 0, len(folders))
	for n, f := range folders {
		name, parent := f.Path, folders[base].ID
		for _, other := range folders[:n] {
			if rest, ok := strings.CutPrefix(f.Path, other.Path+"/"); ok && len(rest) < len(name) {
				name, parent = rest, other.ID
			}
		}
		doc := rawjson.Of("id", f.ID, "displayName", name)
		if n == base {
			doc = doc.Set("displayName", f.Path).Set("parentFolderId", nil).Set("wellKnownName", "contacts")
		} else {
			doc = doc.Set("parentFolderId", parent)
		}
		out = append(out, doc.Set("contacts", r.in(f)))
	}
	return out
}

// foreign is how a backup tells the owner of a calendar.
const foreign = "belongs to "

// calendars are closed as the backup says: by their owner, or because nobody
// can edit them.
func (r *reader) calendars(folders []item.Folder, base int) []rawjson.Object {
	out := make([]rawjson.Object, 0, len(folders))
	for n, f := range folders {
		a := r.box.Account
		owner := rawjson.Of("name", a.DisplayName, "address", a.Name())
		if other, ok := strings.CutPrefix(f.Closed, foreign); ok {
			owner = rawjson.Empty()
			if strings.Contains(other, "@") {
				owner = rawjson.Of("name", other, "address", other)
			}
		}
		out = append(out, rawjson.Of("id", f.ID, "name", f.Path, "color", "auto", "isDefaultCalendar", n == base,
			"canEdit", f.Writable(), "owner", owner, "events", r.in(f)))
	}
	return out
}

// taskLists are closed because of what they are, or because of their owner.
func (r *reader) taskLists(folders []item.Folder, base int) []rawjson.Object {
	out := make([]rawjson.Object, 0, len(folders))
	for n, f := range folders {
		known, shared := "none", strings.HasPrefix(f.Closed, foreign)
		switch {
		case n == base:
			known = "defaultList"
		case !f.Writable() && !shared:
			known = "flaggedEmails"
		}
		out = append(out, rawjson.Of("id", f.ID, "displayName", f.Path, "isOwner", !shared, "isShared", shared,
			"wellknownListName", known, "tasks", r.in(f)))
	}
	return out
}
