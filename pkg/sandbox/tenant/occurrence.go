package tenant

import (
	"cmp"
	"slices"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/series"
)

// slot is one place of a series: an exception, or a plain occurrence.
type slot struct {
	day   time.Time
	body  rawjson.Object
	plain bool
}

func (s *slot) snapshot(master *item) Item {
	id := s.body.Text("id")
	return Item{
		Kind: Events, ID: id, ImmutableID: master.slotImmutable(id), FolderID: master.folder.id, Body: s.body,
		Deleted: master.deleted, MasterID: master.id, MasterImmutableID: master.immutable,
	}
}

// slotImmutable is the immutable form of an occurrence's or exception's id. An
// exception that was a plain occurrence once keeps both of its ids.
func (i *item) slotImmutable(id string) string {
	if stem, day, ok := series.SplitOccurrenceID(id); ok && stem == series.Stem(i.id) {
		return series.OccurrenceID(i.immutable, day)
	}
	return ids.Immutable(i.mailbox.ID, string(Events), id)
}

// findOccurrence resolves the id of an exception or of a plain occurrence.
func (m *Mailbox) findOccurrence(id string) (target, bool) {
	if master, ok := m.exceptions[id]; ok {
		for _, exception := range master.body.Objects("exceptionOccurrences") {
			if own := exception.Text("id"); own == id || master.slotImmutable(own) == id {
				return target{master, &slot{day: series.SlotDay(master.body, exception), body: exception}}, true
			}
		}
	}
	stem, day, ok := series.SplitOccurrenceID(id)
	master := m.stems[stem]
	if !ok || master == nil {
		return target{}, false
	}
	for day, body := range series.Occurrences(master.body, day, day) {
		return target{master, &slot{day: day, body: body, plain: true}}, true
	}
	return target{}, false
}

// Instances are the occurrences and exceptions of a series that overlap the
// time from from to to, by start. It is empty for an event that is no series.
func (m *Mailbox) Instances(folderID, id string, from, to time.Time) ([]Item, error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	found, err := m.find(Events, folderID, id)
	if err != nil {
		return nil, err
	}
	return byStart(instances(found.item, from, to)), nil
}

// CalendarView is everything in a calendar that overlaps the time from from to
// to: single events, occurrences and exceptions, by start.
func (m *Mailbox) CalendarView(folderID string, from, to time.Time) ([]Item, error) {
	m.tenant.mu.RLock()
	defer m.tenant.mu.RUnlock()
	f, err := m.folder(Events, folderID)
	if err != nil {
		return nil, err
	}
	var out []Item
	for _, it := range f.items {
		if it.body.Text("type") == "seriesMaster" {
			out = append(out, instances(it, from, to)...)
		} else if series.Overlaps(it.body, from, to) {
			out = append(out, it.snapshot())
		}
	}
	return byStart(out), nil
}

func instances(master *item, from, to time.Time) []Item {
	var out []Item
	first, last := series.Window(master.body, from, to)
	for day, body := range series.Occurrences(master.body, first, last) {
		if series.Overlaps(body, from, to) {
			out = append(out, (&slot{day: day, body: body, plain: true}).snapshot(master))
		}
	}
	for _, exception := range master.body.Objects("exceptionOccurrences") {
		if series.Overlaps(exception, from, to) {
			out = append(out, (&slot{body: exception}).snapshot(master))
		}
	}
	return out
}

func byStart(items []Item) []Item {
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Compare(a.Body.Object("start").Text("dateTime"), b.Body.Object("start").Text("dateTime"))
	})
	return items
}
