package rebuild_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/schema"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// mayWrite are the members that a recipe may name, and no other.
var mayWrite = map[item.Kind]string{
	item.Contacts: `assistantName birthday businessAddress businessHomePage businessPhones categories children companyName department
		displayName emailAddresses extensions fileAs generation givenName homeAddress homePhones imAddresses initials jobTitle manager
		middleName mobilePhone multiValueExtendedProperties nickName officeLocation otherAddress personalNotes profession
		singleValueExtendedProperties spouseName surname title yomiCompanyName yomiGivenName yomiSurname`,
	item.Events: `allowNewTimeProposals body categories end extensions hideAttendees importance isAllDay isReminderOn location locations
		multiValueExtendedProperties recurrence reminderMinutesBeforeStart responseRequested sensitivity showAs
		singleValueExtendedProperties start subject transactionId`,
	item.Tasks: `body categories completedDateTime dueDateTime extensions importance isReminderOn linkedResources reminderDateTime
		startDateTime status title`,
}

var typeNames = map[item.Kind]string{item.Contacts: "contact", item.Events: "event", item.Tasks: "todoTask"}

// bodies are all bodies of a recipe with the types that they are for.
func bodies(kind item.Kind, r rebuild.Recipe) map[string]string {
	all := map[string]string{string(r.Body): typeNames[kind]}
	for _, raw := range r.Then {
		all[string(raw)] = typeNames[kind]
	}
	for _, raw := range r.Checklist {
		all[string(raw)] = "checklistItem"
	}
	for _, x := range r.Exceptions {
		all[string(x.Body)] = "event"
	}
	return all
}

// TestNoRequestIsBeyondItsBound: also of what swells when it is written anew.
func TestNoRequestIsBeyondItsBound(t *testing.T) {
	within := func(t interface{ Errorf(string, ...any) }, l snapshot.Line) {
		if r, err := rebuild.Of(l, rebuild.Options{Mark: "m", Transaction: "run"}); err == nil && r.Request() > rebuild.Bound(l) {
			t.Errorf("a request of %d bytes, the bound is %d: %.300s", r.Request(), rebuild.Bound(l), l.Item)
		}
	}
	rapid.Check(t, func(t *rapid.T) { within(t, anyItem(t, 1).Line) })
	for _, swells := range []string{"\u2028", "\xff", "&", "<", `\"`, `\\`, `\u0001`, "é"} {
		text := strings.Repeat(swells, 50_000)
		for _, raw := range []string{
			`{"id":"e","type":"singleInstance","body":{"contentType":"html","content":"` + text + `"},"isOrganizer":true,"organizer":{"emailAddress":{"name":"` + text + `","address":"a@contoso.example"}},"attendees":[{"type":"required","emailAddress":{"name":"` + text + `","address":"b@contoso.example"}}]}`,
			`{"id":"e","type":"singleInstance","body":{"contentType":"html","content":"` + text + `"},"attendees":[{"emailAddress":{"name":"B","address":"b@contoso.example"}}]}`,
			`{"id":"e","type":"singleInstance","body":{"contentType":"text","content":"` + text + `"},"attendees":[{"emailAddress":{"name":"B","address":"b@contoso.example"}}],"onlineMeeting":{"joinUrl":"https://contoso.example/` + text + `"}}`,
		} {
			within(t, snapshot.Line{Kind: item.Events, ID: "e", Version: "v", Item: json.RawMessage(raw)})
		}
		within(t, snapshot.Line{Kind: item.Contacts, ID: "c", Version: "v", Item: json.RawMessage(`{"id":"c","personalNotes":"` + text + `","categories":["` + text + `"]}`)})
		within(t, snapshot.Line{Kind: item.Tasks, ID: "t", Version: "v", Item: json.RawMessage(`{"id":"t","title":"` + text + `","body":{"contentType":"text","content":"` + text + `"}}`)})
	}
}

func TestRecipesNameWritableMembersOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyItem(t, 1)
		kind := c.Line.Kind
		r, err := rebuild.Of(c.Line, rebuild.Options{Mark: "m", Transaction: "run"})
		if err != nil {
			t.Fatal(err)
		}
		for body, typeName := range bodies(kind, r) {
			if err := schema.Of(typeName).Check(rawjson.Object(body)); err != nil {
				t.Errorf("Graph would refuse %s: %v", body, err)
			}
			if strings.Contains(body, oldID) {
				t.Errorf("an id of old is in %s", body)
			}
			invitesNobody(t, kind, []byte(body))
		}
		for name := range rawjson.Object(r.Body).Members() {
			if !slices.Contains(strings.Fields(mayWrite[kind]), name) {
				t.Errorf("%s is not for clients to write", name)
			}
		}
		if kind == item.Events && strings.Contains(string(c.Line.Item), "p0"+invited) && !strings.Contains(string(r.Body), "p0"+invited) {
			t.Error("an attendee is lost without a word")
		}
	})
}

// invitesNobody looks into every corner for somebody who would get mail.
func invitesNobody(t *rapid.T, kind item.Kind, raw []byte) {
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, within := range v {
				if name == "attendees" || name == "emailAddress" || name == "organizer" || kind == item.Events && name == "emailAddresses" {
					t.Errorf("%s has %s", path, name)
				}
				walk(path+"."+name, within)
			}
		case []any:
			for _, within := range v {
				walk(path+"[]", within)
			}
		}
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	walk("body", v)
}

func TestRecipesAreTheSameEachTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, o := anyItem(t, 1), rebuild.Options{Mark: "m", Transaction: "run", StripCategories: []string{"plain"}}
		before := string(c.Line.Item) + string(c.Line.Series)
		first, err := rebuild.Of(c.Line, o)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if again, err := rebuild.Of(c.Line, o); err != nil || !reflect.DeepEqual(first, again) {
				t.Fatalf("%v:\n%+v\n%+v", err, first, again)
			}
		}
		if before != string(c.Line.Item)+string(c.Line.Series) {
			t.Error("the line was changed")
		}
		for i := 1; i < len(first.Loses); i++ {
			if position(first.Loses[i-1].Name) >= position(first.Loses[i].Name) {
				t.Errorf("losses out of order: %s", lossNames(first.Loses))
			}
		}
	})
}

func position(name string) int {
	return slices.IndexFunc(rebuild.Losses(), func(l rebuild.Loss) bool { return l.Name == name })
}

func TestAnItemIsLikeItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyItem(t, 1)
		if found := rebuild.Differences(c, c); len(found) != 0 {
			t.Errorf("%+v", found)
		}
		if gained := rebuild.Gained(c, c); len(gained) != 0 {
			t.Errorf("gained %+v", gained)
		}
	})
}

// leaf is a value in a decoded JSON document that can be set.
type leaf struct {
	path  string
	value any
	set   func(any)
}

// leaves are the values within those members that keep allows.
func leaves(path string, v any, set func(any), keep func(path string) bool) []leaf {
	if !keep(path) {
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		var all []leaf
		for _, name := range keysOf(v) {
			all = append(all, leaves(path+"."+name, v[name], func(n any) { v[name] = n }, keep)...)
		}
		return all
	case []any:
		var all []leaf
		for i := range v {
			all = append(all, leaves(path+"[]", v[i], func(n any) { v[i] = n }, keep)...)
		}
		return all
	case nil:
		return nil
	}
	return []leaf{{path, v, set}}
}

func keysOf(m map[string]any) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// another is a value of the same type that means something else.
func another(l leaf) any {
	switch v := l.value.(type) {
	case bool:
		return !v
	case json.Number:
		return json.Number("1" + v.String())
	case string:
		if at, err := time.Parse("2006-01-02T15:04:05.0000000", v); err == nil {
			return at.AddDate(0, 0, 2).Format("2006-01-02T15:04:05.0000000")
		}
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return at.AddDate(0, 0, 2).Format(time.RFC3339)
		}
		return v + "~"
	}
	panic(fmt.Sprintf("%T at %s", l.value, l.path))
}

// lossy are the leaves below writable members that the published losses cover,
// or that mean nothing in their place.
func lossy(kind item.Kind, doc map[string]any) func(path string) bool {
	pattern, within := map[string]any{}, map[string]any{}
	if r, ok := doc["recurrence"].(map[string]any); ok {
		pattern, _ = r["pattern"].(map[string]any)
		within, _ = r["range"].(map[string]any)
	}
	kindOf, _ := pattern["type"].(string)
	noText := func(member, name string) bool {
		o, _ := doc[member].(map[string]any)
		return o == nil || o[name] == nil || o[name] == ""
	}
	return func(path string) bool {
		switch {
		case strings.Contains(path, "uniqueId"), strings.HasSuffix(path, ".@odata.type"), strings.HasSuffix(path, "[].id") && !strings.Contains(path, "Properties"):
			return true
		case path == ".start.timeZone", path == ".end.timeZone":
			return doc["isAllDay"] == true // it is a date
		case path == ".body.contentType":
			return noText("body", "content")
		case path == ".displayName" && kind == item.Contacts:
			return doc["displayName"] == ""
		case path == ".recurrence" && kind == item.Tasks:
			return doc["dueDateTime"] == nil
		case strings.HasPrefix(path, ".recurrence.range") && kind == item.Tasks, path == ".recurrence.range.startDate":
			return true
		case path == ".recurrence.range.endDate":
			return within["type"] != "endDate"
		case path == ".recurrence.range.numberOfOccurrences":
			return within["type"] != "numbered"
		case path == ".recurrence.range.recurrenceTimeZone":
			return within["recurrenceTimeZone"] == ""
		case path == ".recurrence.pattern.index":
			return !strings.HasPrefix(kindOf, "relative")
		case path == ".recurrence.pattern.firstDayOfWeek":
			return kindOf != "weekly"
		}
		return false
	}
}

func decoded(t *rapid.T, raw []byte) map[string]any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// writableLeaves are what a mutation may change in an item or exception.
func writableLeaves(kind item.Kind, doc map[string]any, exception bool) []leaf {
	lost := lossy(kind, doc)
	writable := strings.Fields(mayWrite[kind] + " recurrence checklistItems")
	return leaves("", doc, nil, func(path string) bool {
		top, _, _ := strings.Cut(strings.TrimPrefix(path, "."), ".")
		top, _, _ = strings.Cut(top, "[")
		switch {
		case path == "":
			return true
		case !slices.Contains(writable, top), lost(path), top == "transactionId", exception && top == "recurrence", kind == item.Contacts && top == "recurrence":
			return false
		case strings.HasSuffix(path, "createdDateTime"):
			return false
		}
		return true
	})
}

// Any change of what can be written is found.
func TestEveryChangeIsFound(t *testing.T) {
	changed := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		before := anyItem(t, 1)
		after := before
		doc := decoded(t, before.Line.Item)
		all := withoutDerived(writableLeaves(before.Line.Kind, doc, false))
		var series map[string]any
		if before.Line.Series != nil {
			series = decoded(t, before.Line.Series)
			for i, x := range series["exceptionOccurrences"].([]any) {
				exception := x.(map[string]any)
				for _, l := range withoutDerived(writableLeaves(item.Events, exception, true)) {
					l.path = fmt.Sprintf("exception %d%s", i, l.path)
					all = append(all, l)
				}
				all = append(all, leaf{"exception.originalStart", exception["originalStart"], func(v any) { exception["originalStart"] = v }})
			}
		}
		l := all[rapid.IntRange(0, len(all)-1).Draw(t, "leaf")]
		l.set(another(l))
		after.Line.Item = encode(doc)
		if series != nil {
			after.Line.Series = encode(series)
		}
		changed[l.path]++
		if found := rebuild.Differences(before, after); len(found) == 0 {
			t.Errorf("%s: %v became %v, and nothing was found", l.path, l.value, another(l))
		}
		if found := rebuild.Differences(after, before); len(found) == 0 {
			t.Errorf("%s: %v was %v, and nothing was found", l.path, l.value, another(l))
		}
	})
	if len(changed) < 30 {
		t.Errorf("only %d members were changed: %v", len(changed), changed)
	}
}

// withoutDerived leaves out the property that Exchange makes itself.
func withoutDerived(all []leaf) []leaf {
	var out []leaf
	for i, l := range all {
		picture := l.value == item.PictureProperty || i > 0 && all[i-1].value == item.PictureProperty && strings.HasSuffix(l.path, "Properties[].value")
		if !picture {
			out = append(out, l)
		}
	}
	return out
}

func TestChangedPartsAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := anyItem(t, 1)
		after := before
		switch what := rapid.SampledFrom([]string{"photo", "attachment", "more", "cancelled"}).Draw(t, "what"); {
		case what == "photo":
			after.Photo = append(slices.Clone(before.Photo), 1)
		case what == "attachment" && len(before.Attachments) > 0:
			after.Attachments = before.Attachments[1:]
		case what == "cancelled" && before.Line.Series != nil:
			doc := decoded(t, before.Line.Series)
			doc["cancelledOccurrences"] = append(doc["cancelledOccurrences"].([]any), "OID.x.2031-01-01")
			after.Line.Series = encode(doc)
		default:
			after.Attachments = append(slices.Clone(before.Attachments), json.RawMessage(`{"@odata.type":"#microsoft.graph.fileAttachment","name":"n","contentBytes":"YWJj"}`))
		}
		if len(rebuild.Differences(before, after)) == 0 || len(rebuild.Differences(after, before)) == 0 {
			t.Error("nothing was found")
		}
	})
}
