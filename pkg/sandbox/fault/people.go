package fault

import (
	"strings"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// place is where in a mailbox a request goes.
type place struct {
	kind   tenant.Kind
	folder string
	item   string // "" for the folder as a whole
}

// placeIn reads a path below the version. A path that goes nowhere near an
// item has no kind.
func placeIn(path []string) place {
	at := place{}
	for i := 2; i+1 < len(path) && strings.EqualFold(path[0], "users"); i++ {
		value := path[i+1]
		switch strings.ToLower(path[i]) {
		case "contactfolders", "calendars", "lists":
			at.folder = value
		}
	}
	for i := 2; i < len(path) && strings.EqualFold(path[0], "users"); i++ {
		switch strings.ToLower(path[i]) {
		case "contacts":
			if i > 2 && strings.EqualFold(path[i-1], "contactFolders") {
				continue // the default folder's well-known name
			}
			at.kind = tenant.Contacts
		case "events":
			at.kind = tenant.Events
		case "tasks":
			at.kind = tenant.Tasks
		default:
			continue
		}
		if i+1 < len(path) {
			at.item = path[i+1]
		}
		return at
	}
	return place{}
}

// scene is the mailbox and the place that a request is about.
func (t *turn) scene() (*tenant.Mailbox, place) {
	path, err := wire.Segments(t.r.URL.EscapedPath())
	if err != nil || len(path) < 3 || t.player.tenant == nil {
		return nil, place{}
	}
	m, ok := t.player.tenant.Mailbox(path[1])
	at := placeIn(path)
	if !ok || !m.Enabled || at.kind == "" {
		return nil, place{}
	}
	if at.folder == "" && at.kind != tenant.Tasks {
		if f, err := m.Default(at.kind); err == nil {
			at.folder = f.ID
		}
	}
	return m, at
}

// victim is the item that a request is for, or one of the folder it is for.
// Meetings with attendees are left in peace.
func (t *turn) victim() (*tenant.Mailbox, tenant.Item, bool) {
	m, at := t.scene()
	if m == nil {
		return nil, tenant.Item{}, false
	}
	if at.item != "" {
		it, err := m.Item(at.kind, at.folder, at.item)
		return m, it, err == nil && !it.Deleted && it.MasterID == "" && peaceful(it.Body)
	}
	page, total, err := m.Page(at.kind, at.folder, 0, everything, peaceful)
	if err != nil || total == 0 || len(page) == 0 {
		return nil, tenant.Item{}, false
	}
	return m, page[t.chance.IntN(len(page))], true
}

// everything is more than any folder holds.
const everything = 1 << 30

func peaceful(body rawjson.Object) bool {
	if len(body.Objects("attendees")) > 0 {
		return false
	}
	for _, exception := range body.Objects("exceptionOccurrences") {
		if len(exception.Objects("attendees")) > 0 {
			return false
		}
	}
	return true
}

func otherEdits(t *turn, _ *answer) func() bool {
	m, it, ok := t.victim()
	if !ok {
		return nil
	}
	patch := rawjson.Of("importance", "high")
	if it.Kind == tenant.Contacts {
		patch = rawjson.Of("personalNotes", "met again")
		// Exchange makes up a new name where none comes along.
		if name, named := it.Body.Get("displayName"); named {
			patch = patch.Set("displayName", rawjson.Object(name))
		}
	}
	return func() bool {
		_, err := m.Update(it.Kind, it.FolderID, it.ID, patch, "")
		return err == nil
	}
}

func otherDeletes(t *turn, _ *answer) func() bool {
	m, it, ok := t.victim()
	if !ok {
		return nil
	}
	return func() bool { return m.Delete(it.Kind, it.FolderID, it.ID, "", false) == nil }
}

func otherCreates(t *turn, _ *answer) func() bool {
	m, at := t.scene()
	if m == nil {
		return nil
	}
	doc := map[tenant.Kind]rawjson.Object{
		tenant.Contacts: rawjson.Of("displayName", "Somebody New", "givenName", "Somebody"),
		tenant.Tasks:    rawjson.Of("title", "something new"),
		tenant.Events: rawjson.Of("subject", "something new",
			"start", rawjson.Of("dateTime", "2026-12-01T09:00:00", "timeZone", "UTC"),
			"end", rawjson.Of("dateTime", "2026-12-01T10:00:00", "timeZone", "UTC")),
	}[at.kind]
	return func() bool {
		_, err := m.Create(at.kind, at.folder, doc)
		return err == nil
	}
}
