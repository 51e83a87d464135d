package rebuild

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// Copy is an item with what belongs to it, as backed up or as read again.
type Copy struct {
	Line snapshot.Line
	// Photo is the picture itself.
	Photo []byte
	// Attachments are as served, ExceptionAttachments by the exceptions' ids.
	Attachments          []json.RawMessage
	ExceptionAttachments map[string][]json.RawMessage
}

// Difference is something that is not as it was, and in no published loss.
type Difference struct {
	// Path leads to it, as in exceptions[2026-11-03T10:00:00Z].body.content.
	Path string
	// Before and After are the values as JSON, cut short where they are long,
	// and empty where there is none. They are remote text.
	Before, After string
}

// Differences compares an item as backed up with the one made again: what can
// be written of both, by meaning. None means that nothing but the published
// losses sets them apart. Numbers differ by their digits, bodies and text by
// every byte, times by the instant and the zone, all-day events by the date.
// Null, absent and empty are the same. What the backup does not say of a member
// that Graph always serves is not compared. Stripped are the categories that
// the recipe left out.
func Differences(before, after Copy, stripped ...string) []Difference {
	was, err := made(before.Line, Options{StripCategories: stripped})
	if err != nil {
		return []Difference{{Path: "item", Before: err.Error()}}
	}
	is, err := made(after.Line, Options{})
	if err != nil {
		return []Difference{{Path: "item", After: err.Error()}}
	}
	c := &comparison{was: was, is: is}
	c.bodies()
	c.compare("checklist", texts(was.recipe.Checklist), texts(is.recipe.Checklist))
	c.compare("cancelled", dates(was.recipe.Cancelled), dates(is.recipe.Cancelled))
	c.photo(before.Photo, after.Photo)
	c.attachments("attachments", before.Attachments, after.Attachments)
	c.exceptions(before, after)
	return c.found
}

// Gained tells of what the service added to the new item, which Differences
// does not count: a contact's folder as its category.
func Gained(before, after Copy, stripped ...string) []Loss {
	was, err := made(before.Line, Options{StripCategories: stripped})
	is, errIs := made(after.Line, Options{})
	var gained losses
	if err == nil && errIs == nil && (&comparison{was: was, is: is}).folderAdded() {
		gained.add(FolderCategory, folderName(after.Line))
	}
	return gained.sorted()
}

type comparison struct {
	was, is *maker
	found   []Difference
}

func (c *comparison) tell(path string, before, after any) {
	c.found = append(c.found, Difference{path, shown(before), shown(after)})
}

// shownLength is how many characters of a value a difference shows.
const shownLength = 200

func shown(v any) string {
	if v == nil {
		return ""
	}
	text := []rune(string(value(v)))
	if len(text) > shownLength {
		text = append(text[:shownLength], '…')
	}
	return string(text)
}

// compare walks two canonical values.
func (c *comparison) compare(path string, before, after any) {
	switch was := before.(type) {
	case map[string]any:
		if is, ok := after.(map[string]any); ok {
			c.members(path, was, is)
			return
		}
	case []any:
		if is, ok := after.([]any); ok && len(was) == len(is) {
			for i := range was {
				c.compare(fmt.Sprintf("%s[%d]", path, i), was[i], is[i])
			}
			return
		}
	case nil:
		if after == nil {
			return
		}
	default:
		if before == after {
			return
		}
	}
	c.tell(path, before, after)
}

func (c *comparison) members(path string, was, is map[string]any) {
	all := map[string]bool{}
	for name := range was {
		all[name] = true
	}
	for name := range is {
		all[name] = true
	}
	for _, name := range sortedKeys(all) {
		c.compare(strings.TrimPrefix(path+"."+name, "."), was[name], is[name])
	}
}

func (c *comparison) bodies() {
	was, is := canonical(c.was, c.was.body), canonical(c.is, c.is.body)
	raw, _ := parse(c.was.line.Item)
	for _, name := range strings.Fields(defaulted(c.was.line.Kind)) {
		if !raw.has(name) {
			delete(is, name)
			delete(was, name)
		}
	}
	if was["displayName"] == nil && c.was.line.Kind == item.Contacts {
		delete(is, "displayName")
	}
	if c.folderAdded() {
		is["categories"] = was["categories"]
	}
	zones(c.was, was, is)
	c.slots(was, is)
	c.compare("", was, is)
}

// slots adds the three e-mail addresses that the service makes of the list,
// where it shows them: not every cloud does.
func (c *comparison) slots(was, is map[string]any) {
	before, _ := parse(c.was.line.Item)
	after, _ := parse(c.is.line.Item)
	for _, name := range []string{"primaryEmailAddress", "secondaryEmailAddress", "tertiaryEmailAddress"} {
		if before.has(name) && after.has(name) {
			was[name], is[name] = plain(before.get(name)), plain(after.get(name))
		}
	}
}

// defaulted are the members that the service gives a value of its own where
// the backup has none.
func defaulted(kind item.Kind) string {
	switch kind {
	case item.Contacts:
		return "displayName fileAs initials"
	case item.Events:
		return `isReminderOn reminderMinutesBeforeStart importance sensitivity showAs responseRequested
			allowNewTimeProposals hideAttendees isAllDay`
	default:
		return "importance isReminderOn status"
	}
}

func folderName(l snapshot.Line) string { return l.Folder[strings.LastIndex(l.Folder, "/")+1:] }

// folderAdded says that a contact has its folder's name as one category more
// (observed in the field).
func (c *comparison) folderAdded() bool {
	was, is := decode[[]string](c.was.body.get("categories")), decode[[]string](c.is.body.get("categories"))
	added := folderName(c.is.line)
	return c.is.line.Kind == item.Contacts && !has(was, added) && len(is) == len(was)+1 &&
		slices.Equal(was, slices.DeleteFunc(is, func(name string) bool { return name == added }))
}

func (c *comparison) photo(before, after []byte) {
	if !bytes.Equal(before, after) {
		c.tell("photo", fingerprint(before), fingerprint(after))
	}
}

// fingerprint stands for bytes that nobody wants to see.
func fingerprint(data []byte) any {
	if len(data) == 0 {
		return nil
	}
	return fmt.Sprintf("%d bytes, SHA-256 %x", len(data), sha256.Sum256(data))
}

// attachments compares without regard to order.
func (c *comparison) attachments(path string, before, after []json.RawMessage) {
	was, is := attached(before), attached(after)
	for _, a := range was {
		at := slices.IndexFunc(is, func(b any) bool { return string(value(a)) == string(value(b)) })
		if at < 0 {
			c.tell(path, a, nil)
			continue
		}
		is = slices.Delete(is, at, at+1)
	}
	for _, b := range is {
		c.tell(path, nil, b)
	}
}

// exceptions compares the changed dates of a series, each with the one that
// replaced the same date.
func (c *comparison) exceptions(before, after Copy) {
	left := map[int]bool{}
	for i := range c.is.exceptions {
		left[i] = true
	}
	for i, x := range c.was.recipe.Exceptions {
		path := "exceptions[" + x.OriginalStart.Format(time.RFC3339) + "]"
		at := c.sameDate(i, left)
		if at < 0 {
			c.tell(path, canonical(c.was, c.was.exceptions[i]), nil)
			continue
		}
		delete(left, at)
		c.exception(path, i, at)
		c.attachments(path+".attachments", before.ExceptionAttachments[exceptionID(before.Line, i)],
			after.ExceptionAttachments[exceptionID(after.Line, at)])
	}
	for at := range c.is.exceptions {
		if left[at] {
			path := "exceptions[" + c.is.recipe.Exceptions[at].OriginalStart.Format(time.RFC3339) + "]"
			c.tell(path, nil, canonical(c.is, c.is.exceptions[at]))
		}
	}
}

func exceptionID(l snapshot.Line, i int) string { return exceptionsOf(l)[i].text("id") }

func exceptionsOf(l snapshot.Line) []object {
	series, _ := parse(l.Series)
	return objects(series.get("exceptionOccurrences"))
}

// sameDate finds the exception for the same instant or, of an all-day series,
// for the next date: its originalStart is a midnight in some zone, in UTC.
func (c *comparison) sameDate(i int, left map[int]bool) int {
	want := c.was.recipe.Exceptions[i].OriginalStart
	best, apart := -1, 25*time.Hour
	for at := range c.is.exceptions {
		d := want.Sub(c.is.recipe.Exceptions[at].OriginalStart).Abs()
		if left[at] && d < apart && (d == 0 || decode[bool](c.was.body.get("isAllDay"))) {
			best, apart = at, d
		}
	}
	return best
}

func (c *comparison) exception(path string, i, at int) {
	was, is := canonical(c.was, c.was.exceptions[i]), canonical(c.is, c.is.exceptions[at])
	raw := exceptionsOf(c.was.line)[i]
	for name := range is {
		// What the backup does not say it has from the series.
		if _, known := was[name]; !known && !raw.has(name) {
			delete(is, name)
		}
	}
	zones(c.was, was, is)
	c.compare(path, was, is)
}
