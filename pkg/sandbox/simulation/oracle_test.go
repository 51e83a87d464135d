package simulation_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/zone"
)

type object = map[string]any

// dump is what every mailbox holds: items by "OWNER KIND FOLDER NUMBER".
func (l *lane) dump() map[string]object {
	l.Helper()
	found, err := dump(l.served.Tenant())
	if err != nil {
		l.Fatal(err)
	}
	return found
}

// dump is what every mailbox of a tenant holds. No item stands there twice.
func dump(model *tenant.Tenant) (map[string]object, error) {
	data, err := model.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var all struct{ Users []object }
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber() // numbers are compared by their text
	if err := d.Decode(&all); err != nil {
		return nil, err
	}
	found := map[string]object{}
	for _, user := range all.Users {
		for _, lists := range [][3]string{{"contactFolders", "contacts", "displayName"}, {"calendars", "events", "subject"}, {"todoLists", "tasks", "title"}} {
			for _, folder := range objects(user, lists[0]) {
				for _, it := range objects(folder, lists[1]) {
					place := strings.Join([]string{text(user, "id"), lists[1], text(folder, "id"), numberOf(text(it, lists[2]))}, " ")
					if _, twice := found[place]; twice {
						return nil, fmt.Errorf("%s stands there twice", place)
					}
					found[place] = it
				}
			}
		}
	}
	return found, nil
}

// numberOf is what stands between the first two marks of a title.
func numberOf(title string) string {
	parts := strings.SplitN(title, "#", 3)
	if len(parts) < 3 {
		return "? " + title
	}
	return parts[1]
}

func text(o object, name string) string {
	s, _ := o[name].(string)
	return s
}

func objects(o object, name string) (all []object) {
	list, _ := o[name].([]any)
	for _, element := range list {
		if one, ok := element.(object); ok {
			all = append(all, one)
		}
	}
	return all
}

// difference is a member, by its path, that is not as it was.
type difference struct {
	path    string
	was, is any
}

// fresh are the members that any item has of its own, at any depth.
var fresh = []string{
	"id", "immutableId", "@odata.etag", "changeKey", "createdDateTime", "lastModifiedDateTime", "bodyLastModifiedDateTime",
	"seriesMasterId", "webLink", "iCalUId", "uid", "transactionId",
}

// differences compares all members to the bottom. Missing is not null, and null
// is not empty.
func differences(_ string, was, is object) []difference {
	was, is = maps.Clone(was), maps.Clone(is)
	byDate(was)
	byDate(is)
	var found []difference
	diff("", was, is, &found)
	return found
}

// byDate gives the dates of a series names that do not rest on ids: changed ones
// by the day of originalStart, cancelled ones by their day.
func byDate(event object) {
	if _, series := event["exceptionOccurrences"]; !series {
		return
	}
	changed, cancelled := object{}, object{}
	for _, x := range objects(event, "exceptionOccurrences") {
		changed[dayOf(event, x)] = x
	}
	list, _ := event["cancelledOccurrences"].([]any)
	for _, id := range list {
		name, _ := id.(string)
		cancelled[name[max(0, len(name)-len(time.DateOnly)):]] = true
	}
	event["exceptionOccurrences"], event["cancelledOccurrences"] = changed, cancelled
}

// dayOf is the date in the series' own zone that an exception stands for, or
// else, since the sandbox keeps the time of day there, the date as it stands.
func dayOf(master, exception object) string {
	original := text(exception, "originalStart")
	at, err := time.Parse(time.RFC3339, original)
	own, unknown := zone.Load(text(master, "originalStartTimeZone"))
	start, _ := master["start"].(object)
	if err == nil && unknown == nil && master["isAllDay"] != true && text(start, "timeZone") == "UTC" {
		return at.In(own).Format(time.DateOnly)
	}
	return original[:min(len(original), len(time.DateOnly))]
}

func diff(path string, was, is any, found *[]difference) {
	a, bothObjects := was.(object)
	b, ok := is.(object)
	if bothObjects = bothObjects && ok; bothObjects {
		for name := range merged(a, b) {
			if !slices.Contains(fresh, name) {
				diff(strings.TrimPrefix(path+"."+name, "."), member(a, name), member(b, name), found)
			}
		}
		return
	}
	x, bothLists := was.([]any)
	y, ok := is.([]any)
	if bothLists && ok && len(x) == len(y) {
		for i := range x {
			diff(path+"["+strconv.Itoa(i)+"]", x[i], y[i], found)
		}
		return
	}
	if !reflect.DeepEqual(was, is) {
		*found = append(*found, difference{path, was, is})
	}
}

// missing stands for a member that is not there.
type missing struct{}

func member(o object, name string) any {
	if v, there := o[name]; there {
		return v
	}
	return missing{}
}

func merged(a, b object) object {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// published names the loss of docs/guarantees.md, or the mark of a restore, by
// which a posted item may differ in a member; empty if none does.
func published(kind string, was, is object, d difference) string {
	top, rest, _ := strings.Cut(d.path, ".")
	top, _, _ = strings.Cut(top, "[")
	if top == "exceptionOccurrences" {
		return publishedDate(was, is, d, rest)
	}
	switch top {
	case "unheardOf":
		return "unknown-members"
	case "singleValueExtendedProperties":
		return properties(was, is)
	case "linkedResources":
		return link(was, is)
	case "displayName":
		if text(was, top) == "" {
			return "display-name"
		}
	case "checklistItems":
		if strings.HasSuffix(rest, "DateTime") {
			return "checklist-dates"
		}
	}
	if kind == "events" {
		return publishedEvent(top, was, is)
	}
	return ""
}

func publishedEvent(top string, was, is object) string {
	meeting := len(objects(was, "attendees")) > 0 || was["isOrganizer"] == false
	switch top {
	case "start", "end":
		if instant(was, top).Equal(instant(is, top)) && !instant(was, top).IsZero() {
			return "the same time in its own zone"
		}
	case "originalStartTimeZone", "originalEndTimeZone":
		if instant(was, "start").Equal(instant(is, "start")) {
			return "zone"
		}
	case "attendees":
		if len(objects(is, top)) == 0 {
			return "attendees"
		}
	case "organizer", "isOrganizer":
		if is["isOrganizer"] == true {
			return "organizer"
		}
	case "responseStatus":
		return "answer"
	case "responseRequested", "allowNewTimeProposals", "hideAttendees":
		if meeting {
			return "attendees"
		}
	case "body", "bodyPreview":
		before, _ := was["body"].(object)
		after, _ := is["body"].(object)
		if meeting && inserted(text(before, "content"), text(after, "content"), "People of this meeting") {
			return "attendees"
		}
		if top == "bodyPreview" && reflect.DeepEqual(before, after) {
			return "made of the body"
		}
	}
	return ""
}

// inserted says whether the only change to a text is one piece put into it, with
// these words in it.
func inserted(before, after, words string) bool {
	at, longer := strings.Index(after, words), len(after)-len(before)
	if at < 0 || longer <= 0 {
		return false
	}
	// Where both sides go on alike, the piece may as well begin later.
	front := 0
	for front < min(len(before), at) && before[front] == after[front] {
		front++
	}
	piece, rest := after[front:min(len(after), front+longer)], after[min(len(after), front+longer):]
	return rest == before[front:] && strings.Contains(piece, words)
}

func instant(event object, name string) time.Time {
	at, _ := event[name].(object)
	location, err := zone.Load(text(at, "timeZone"))
	if err != nil {
		return time.Time{}
	}
	when, err := time.ParseInLocation("2006-01-02T15:04:05.9999999", text(at, "dateTime"), location)
	if err != nil {
		return time.Time{}
	}
	return when
}

// publishedDate judges one date of a series as the event that it is.
func publishedDate(was, is object, d difference, rest string) string {
	day, name, whole := strings.Cut(rest, ".")
	before, _ := was["exceptionOccurrences"].([]any)
	if !whole || len(before) == 0 {
		return ""
	}
	find := func(event object) object {
		for _, x := range objects(event, "exceptionOccurrences") {
			if dayOf(event, x) == day {
				return x
			}
		}
		return object{}
	}
	if name == "originalStart" {
		return "the same day" // it is what they were paired by
	}
	return published("events", find(was), find(is), difference{name, d.was, d.is})
}

// properties are those that the backup asks for by name, as they were, and
// beside them the mark. What nobody asked for is hidden.
func properties(was, is object) string {
	kept := map[string]string{}
	for _, p := range objects(is, "singleValueExtendedProperties") {
		kept[strings.ToLower(text(p, "id"))] = text(p, "value")
	}
	for _, p := range objects(was, "singleValueExtendedProperties") {
		id := strings.ToLower(text(p, "id"))
		if strings.Contains(id, "nobodyasks") || strings.Contains(id, "0x8015") {
			continue
		}
		if value, there := kept[id]; !there || value != text(p, "value") {
			return ""
		}
	}
	return "hidden properties, and the mark"
}

// link allows the mark beside the links that were there.
func link(was, is object) string {
	var left []string
	for _, l := range objects(is, "linkedResources") {
		if text(l, "applicationName") != "riva-prep" {
			left = append(left, fmt.Sprint(l["applicationName"], l["externalId"], l["displayName"], l["webUrl"]))
		}
	}
	for _, l := range objects(was, "linkedResources") {
		one := fmt.Sprint(l["applicationName"], l["externalId"], l["displayName"], l["webUrl"])
		i := slices.Index(left, one)
		if i < 0 {
			return ""
		}
		left = slices.Delete(left, i, i+1)
	}
	if len(left) > 0 {
		return ""
	}
	return "the mark"
}
