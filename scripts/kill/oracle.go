package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// object is decoded JSON.
type object = map[string]any

// contents is what a tenant holds, by mailbox, kind, folder and id.
type contents struct {
	items   map[place]object
	deleted map[place]object // by the id that they had, in no folder
	former  map[place]string // and what plans and snapshots call them
}

// place says where an item is.
type place struct{ mailbox, kind, folder, id string }

// lists are the folders of a user, and their items.
var lists = [][2]string{{"contactFolders", "contacts"}, {"calendars", "events"}, {"todoLists", "tasks"}}

func readContents(tenant []byte) (contents, error) {
	var o object
	if err := json.Unmarshal(tenant, &o); err != nil {
		return contents{}, err
	}
	c := contents{items: map[place]object{}, deleted: map[place]object{}, former: map[place]string{}}
	for _, user := range members(o, "users") {
		for _, list := range lists {
			for _, folder := range members(user, list[0]) {
				for _, it := range members(folder, list[1]) {
					c.items[place{text(user, "id"), list[1], text(folder, "id"), text(it, "id")}] = it
				}
			}
		}
		for _, d := range members(user, "deletedItems") {
			at := place{text(user, "id"), text(d, "kind"), text(d, "folderId"), text(d, "formerId")}
			it, _ := d["item"].(object)
			c.deleted[at], c.former[at] = it, called(at.kind, at.id, text(d, "immutableId"))
		}
	}
	return c, nil
}

// called is what plans and snapshots call an item: its immutable id, where its
// kind has one.
func called(kind, id, immutable string) string {
	if kind == "tasks" || immutable == "" {
		return id
	}
	return immutable
}

func (c contents) called(at place) string {
	return called(at.kind, at.id, text(c.items[at], "immutableId"))
}

func members(o object, name string) (out []object) {
	all, _ := o[name].([]any)
	for _, it := range all {
		if m, ok := it.(object); ok {
			out = append(out, m)
		}
	}
	return out
}

func text(o object, name string) string {
	s, _ := o[name].(string)
	return s
}

func title(it object, kind string) string {
	return text(it, map[string]string{"contacts": "displayName", "events": "subject", "tasks": "title"}[kind])
}

// versions are the members that follow any change of an item.
var versions = []string{"@odata.etag", "changeKey", "lastModifiedDateTime"}

// fresh are the members that an item made anew has of its own.
var fresh = append([]string{
	"id", "immutableId", "createdDateTime", "bodyLastModifiedDateTime",
	"parentFolderId", "seriesMasterId", "webLink", "iCalUId", "uid", "transactionId",
}, versions...)

var occurrence = regexp.MustCompile(`^OID\..*\.(\d{4}-\d\d-\d\d)$`)

// plain is a value without the members named, at any depth.
func plain(v any, but []string) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for name, value := range v {
			if !slices.Contains(but, name) {
				out[name] = plain(value, but)
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, value := range v {
			out = append(out, plain(value, but))
		}
		return out
	case string:
		return occurrence.ReplaceAllString(v, "$1")
	}
	return v
}

// sorted is all that the tenant holds, as text that does not depend on ids.
func (c contents) sorted() (all []string) {
	for at, it := range c.items {
		all = append(all, line("in "+at.folder, at.mailbox, it))
	}
	for at, it := range c.deleted {
		all = append(all, line("deleted from "+at.folder, at.mailbox, it))
	}
	slices.Sort(all)
	return all
}

func line(where, mailbox string, it object) string {
	data, err := json.Marshal(plain(it, fresh))
	if err != nil {
		panic(err) // it was JSON before
	}
	return where + " of " + mailbox + ": " + string(data)
}

// judge compares the tenant before a command with what it holds now, whenever
// that is: it says what broke a promise. Planned are the ids that the plan names;
// most is how many items of a name there ever were.
func judge(before, now contents, does deed, planned map[string]bool, most map[string]int) (broken []string) {
	say := func(at place, what string) {
		broken = append(broken, fmt.Sprintf("%s %s in %s: %s", at.kind, at.id, at.folder, what))
	}
	for at, was := range before.items {
		is, there := now.items[at]
		id := before.called(at)
		switch {
		case !there && now.deleted[at] == nil:
			say(at, "it is lost")
		case !there && (!does.deletes || !planned[now.former[at]]):
			say(at, "it was deleted, and that was not planned")
		case !there || reflect.DeepEqual(was, is):
		case !does.tags || !planned[id]:
			say(at, "it was changed, and that was not planned")
		case !reflect.DeepEqual(plain(was, tagged), plain(is, tagged)):
			say(at, "more than its categories was changed")
		}
	}
	counts := map[string]int{}
	for at, it := range now.items {
		if _, old := before.items[at]; !old && !does.creates {
			say(at, "it was made, and that was not planned")
		}
		counts[named(at, it)]++
	}
	for name, n := range counts {
		if n > most[name] {
			broken = append(broken, fmt.Sprintf("%s: there are %d, and were never more than %d", name, n, most[name]))
		}
	}
	slices.Sort(broken)
	return broken
}

// tagged are the members that a change of categories changes.
var tagged = append([]string{"categories"}, versions...)

func named(at place, it object) string {
	return at.mailbox + " " + at.folder + " " + title(it, at.kind)
}

// names counts the items by name.
func (c contents) names() map[string]int {
	counts := map[string]int{}
	for at, it := range c.items {
		counts[named(at, it)]++
	}
	return counts
}

// firstDifference is a line that only one of two ends has.
func firstDifference(want, got []string) string {
	left := slices.Clone(got)
	for _, one := range want {
		at := slices.Index(left, one)
		if at < 0 {
			return fmt.Sprintf("left alone:\n  %s\nkilled:\n  %s", one, likest(one, left))
		}
		left = slices.Delete(left, at, at+1)
	}
	return fmt.Sprintf("more than there should be:\n  %s", strings.Join(left, "\n  "))
}

// likest is the line that begins most like another.
func likest(one string, of []string) (best string) {
	longest := -1
	for _, other := range of {
		same := 0
		for same < min(len(one), len(other)) && one[same] == other[same] {
			same++
		}
		if same > longest {
			longest, best = same, other
		}
	}
	return best
}

// ids are the keys of a set, sorted.
func ids(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
