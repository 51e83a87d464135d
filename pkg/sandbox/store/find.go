package store

import (
	"cmp"
	"time"

	"github.com/riva-prep/riva-prep/pkg/order"
	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/series"
)

// Item is a snapshot of an item.
type Item struct {
	Kind Kind
	// ID is the default id, ImmutableID the one that survives moves. Tasks have
	// only the default one.
	ID, ImmutableID string
	// FolderID is where it is; for a deleted item the id of Deleted Items.
	FolderID string
	// Body has every member as loaded or last changed.
	Body    rawjson.Object
	Deleted bool
	// MasterID and MasterImmutableID name the series an occurrence belongs to.
	MasterID, MasterImmutableID string
}

// Snapshot is the item as it now is.
func (e *Entry) Snapshot() Item {
	out := Item{Kind: e.Kind, ID: e.ID, ImmutableID: e.Immutable, FolderID: e.Folder.ID, Body: e.Body, Deleted: e.Deleted}
	if e.Deleted {
		out.FolderID = e.Box.DeletedID
	}
	return out
}

// slot is one place of a series: an exception, or a plain occurrence.
type slot struct {
	day   time.Time
	body  rawjson.Object
	plain bool
}

func (s *slot) snapshot(master *Entry) Item {
	out := master.Snapshot()
	out.ID, out.Body = s.body.Text("id"), s.body
	out.ImmutableID = master.slotImmutable(out.Body)
	out.MasterID, out.MasterImmutableID = master.ID, master.Immutable
	return out
}

// slotImmutable is the immutable form of an occurrence's or exception's id. An
// exception that was a plain occurrence once keeps both of its ids.
func (e *Entry) slotImmutable(slot rawjson.Object) string {
	if named := slot.Text("immutableId"); named != "" {
		return named
	}
	id := slot.Text("id")
	if stem, day, ok := series.SplitOccurrenceID(id); ok && stem == series.Stem(e.ID) {
		return series.OccurrenceID(e.Immutable, day)
	}
	return ids.Immutable(e.Box.Owner, string(Events), id)
}

// Target is an item, or one occurrence of the series that the item is.
type Target struct {
	*Entry
	slot *slot
}

// Whole is the item itself as a target.
func (e *Entry) Whole() Target { return Target{Entry: e} }

// IsOccurrence tells whether the target is a part of the item only.
func (t Target) IsOccurrence() bool { return t.slot != nil }

// Content is the body of the item or of the occurrence.
func (t Target) Content() rawjson.Object {
	if t.slot != nil {
		return t.slot.body
	}
	return t.Body
}

// Snapshot is the item or occurrence as it now is.
func (t Target) Snapshot() Item {
	if t.slot == nil {
		return t.Entry.Snapshot()
	}
	return t.slot.snapshot(t.Entry)
}

// Find finds an item or an occurrence by either id. A folderID other than ""
// must be the folder it lies in; tasks need one.
func (b *Box) Find(kind Kind, folderID, id string) (Target, error) {
	var in *Container
	if folderID != "" {
		var err error
		if in, err = b.Folder(kind, folderID); err != nil {
			return Target{}, err
		}
	}
	found, ok := b.lookUp(kind, in, id)
	if !ok || in != nil && (found.Folder != in || found.Deleted) {
		return Target{}, ErrNotFound
	}
	return found, nil
}

func (b *Box) lookUp(kind Kind, in *Container, id string) (Target, bool) {
	if kind == Tasks {
		if in == nil {
			return Target{}, false
		}
		e, ok := in.tasks[id]
		return e.Whole(), ok
	}
	if e, ok := b.items[kind][id]; ok {
		return e.Whole(), true
	}
	if kind == Events {
		return b.findOccurrence(id)
	}
	return Target{}, false
}

// findOccurrence resolves the id of an exception or of a plain occurrence.
func (b *Box) findOccurrence(id string) (Target, bool) {
	if master, ok := b.exceptions[id]; ok {
		for _, exception := range master.Body.Objects("exceptionOccurrences") {
			if own := exception.Text("id"); own == id || master.slotImmutable(exception) == id {
				return Target{master, &slot{day: series.SlotDay(master.Body, exception), body: exception}}, true
			}
		}
	}
	stem, day, ok := series.SplitOccurrenceID(id)
	master := b.stems[stem]
	if !ok || master == nil {
		return Target{}, false
	}
	for day, body := range series.Occurrences(master.Body, day, day) {
		return Target{master, &slot{day: day, body: body, plain: true}}, true
	}
	return Target{}, false
}

// Instances are the occurrences and exceptions of a series that overlap the
// time from from to to, by start. It is empty for an event that is no series.
func (e *Entry) Instances(from, to time.Time) []Item { return byStart(e.instances(from, to)) }

// View is everything in a calendar that overlaps the time from from to to:
// single events, occurrences and exceptions, by start.
func (c *Container) View(from, to time.Time) []Item {
	var out []Item
	for _, e := range c.items {
		if e.Body.Text("type") == "seriesMaster" {
			out = append(out, e.instances(from, to)...)
		} else if series.Overlaps(e.Body, from, to) {
			out = append(out, e.Snapshot())
		}
	}
	return byStart(out)
}

func (e *Entry) instances(from, to time.Time) []Item {
	var out []Item
	first, last := series.Window(e.Body, from, to)
	for day, body := range series.Occurrences(e.Body, first, last) {
		if series.Overlaps(body, from, to) {
			out = append(out, (&slot{day: day, body: body, plain: true}).snapshot(e))
		}
	}
	for _, exception := range e.Body.Objects("exceptionOccurrences") {
		if series.Overlaps(exception, from, to) {
			out = append(out, (&slot{body: exception}).snapshot(e))
		}
	}
	return out
}

func byStart(items []Item) []Item {
	order.StablyBy(items, func(a, b Item) int {
		return cmp.Compare(a.Body.Object("start").Text("dateTime"), b.Body.Object("start").Text("dateTime"))
	})
	return items
}
