package tenant

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/recur"
)

// wallTime is the form of a dateTimeTimeZone's dateTime: no offset.
const wallTime = "2006-01-02T15:04:05.0000000"

const dayLength = 24 * time.Hour

// slot is one place of a series: an exception, or a plain occurrence.
type slot struct {
	day   time.Time
	body  rawjson.Object
	plain bool
}

func (s *slot) snapshot(master *item) Item {
	out := Item{
		Kind: Events, FolderID: master.folder.id, Body: s.body, Deleted: master.deleted,
		MasterID: master.id, MasterImmutableID: master.immutable,
	}
	if s.plain {
		out.ID, out.ImmutableID = occurrenceID(master.id, s.day), occurrenceID(master.immutable, s.day)
		return out
	}
	out.ID = s.body.Text("id")
	out.ImmutableID = immutableID(master.mailbox.ID, Events, out.ID)
	return out
}

// wall reads a dateTimeTimeZone's dateTime as if it were UTC.
func wall(body rawjson.Object, member string) time.Time {
	text := body.Object(member).Text("dateTime")
	at, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(text, "Z"))
	if err != nil {
		return time.Time{}
	}
	return at
}

func ruleOf(body rawjson.Object) (recur.Rule, bool) {
	raw, ok := body.Get("recurrence")
	if !ok || string(raw) == "null" {
		return recur.Rule{}, false
	}
	rule, err := recur.Parse(raw)
	return rule, err == nil
}

// findOccurrence resolves the id of an exception or of a plain occurrence.
func (m *Mailbox) findOccurrence(id string) (target, bool) {
	if master, ok := m.exceptions[id]; ok {
		for _, exception := range master.body.Objects("exceptionOccurrences") {
			own := exception.Text("id")
			if own == id || immutableID(m.ID, Events, own) == id {
				return target{master, &slot{day: slotDay(master.body, exception), body: exception}}, true
			}
		}
	}
	stem, day, ok := splitOccurrenceID(id)
	master := m.stems[stem]
	if !ok || master == nil {
		return target{}, false
	}
	for s := range plainSlots(master, day, day) {
		return target{master, s}, true
	}
	return target{}, false
}

// slotDay is the date of the series that an exception stands for.
func slotDay(master, exception rawjson.Object) time.Time {
	rule, ok := ruleOf(master)
	if !ok {
		return time.Time{}
	}
	original, err := time.Parse(time.RFC3339, exception.Text("originalStart"))
	if err != nil {
		original = wall(exception, "start")
	}
	// Rounding absorbs daylight saving and the distance of the zones.
	days := original.Sub(wall(master, "start")).Round(dayLength) / dayLength
	return rule.Start().AddDate(0, 0, int(days))
}

// taken are the dates of a series that are cancelled or exceptions.
func taken(master rawjson.Object) map[string]bool {
	days := map[string]bool{}
	for _, id := range master.Texts("cancelledOccurrences") {
		days[id[strings.LastIndex(id, ".")+1:]] = true
	}
	for _, exception := range master.Objects("exceptionOccurrences") {
		days[slotDay(master, exception).Format(time.DateOnly)] = true
	}
	return days
}

// plainSlots yields the series' plain occurrences from one date to another.
func plainSlots(master *item, from, to time.Time) func(func(*slot) bool) {
	return func(yield func(*slot) bool) {
		rule, ok := ruleOf(master.body)
		if !ok {
			return
		}
		gone := taken(master.body)
		for day := range rule.Between(from, to) {
			if !gone[day.Format(time.DateOnly)] && !yield(occurrence(master, rule, day)) {
				return
			}
		}
	}
}

// occurrence is the master's body as Graph shows it for one date.
func occurrence(master *item, rule recur.Rule, day time.Time) *slot {
	shift := day.Sub(rule.Start())
	at := func(member string) rawjson.Object {
		return master.body.Object(member).Set("dateTime", wall(master.body, member).Add(shift).Format(wallTime))
	}
	body := master.body.Without("exceptionOccurrences", "cancelledOccurrences", "attachments", "extensions",
		"singleValueExtendedProperties", "multiValueExtendedProperties").
		Set("id", occurrenceID(master.id, day)).
		Set("seriesMasterId", master.id).
		Set("type", "occurrence").
		Set("start", at("start")).
		Set("end", at("end")).
		Set("recurrence", nil).
		Set("originalStart", wall(master.body, "start").Add(shift).Format("2006-01-02T15:04:05Z"))
	return &slot{day: day, body: body, plain: true}
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
		} else if overlaps(it.body, from, to) {
			out = append(out, it.snapshot())
		}
	}
	return byStart(out), nil
}

func instances(master *item, from, to time.Time) []Item {
	var out []Item
	length := wall(master.body, "end").Sub(wall(master.body, "start"))
	first := from.Add(-length).Truncate(dayLength).AddDate(0, 0, -1)
	for s := range plainSlots(master, first, to.AddDate(0, 0, 1)) {
		if overlaps(s.body, from, to) {
			out = append(out, s.snapshot(master))
		}
	}
	for _, exception := range master.body.Objects("exceptionOccurrences") {
		if overlaps(exception, from, to) {
			out = append(out, (&slot{body: exception}).snapshot(master))
		}
	}
	return out
}

func overlaps(body rawjson.Object, from, to time.Time) bool {
	start, end := wall(body, "start"), wall(body, "end")
	return start.Before(to) && (end.After(from) || start.Equal(end) && !start.Before(from))
}

func byStart(items []Item) []Item {
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Compare(a.Body.Object("start").Text("dateTime"), b.Body.Object("start").Text("dateTime"))
	})
	return items
}

// past tells whether an event, or the whole of a series, ended before now.
func past(body rawjson.Object, now time.Time) bool {
	end := wall(body, "end")
	if rule, ok := ruleOf(body); ok {
		last, ends := rule.End()
		if !ends {
			return false
		}
		end = end.Add(last.Sub(rule.Start()))
		for _, exception := range body.Objects("exceptionOccurrences") {
			if later := wall(exception, "end"); later.After(end) {
				end = later
			}
		}
	}
	return end.Before(now.UTC())
}
