package shape_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/schema"
	"github.com/riva-prep/riva-prep/pkg/sandbox/shape"
)

func parse(t *testing.T, text string) rawjson.Object {
	t.Helper()
	o, err := rawjson.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// raw is a member's JSON text, "absent" where it is not there.
func raw(o rawjson.Object, name string) string {
	value, ok := o.Get(name)
	if !ok {
		return "absent"
	}
	return string(value)
}

func TestANewItemHasEveryMemberExchangeGives(t *testing.T) {
	owner := rawjson.Of("name", "Ann", "address", "ann@contoso.example")
	for typeName, c := range map[string]struct {
		made rawjson.Object
		want map[string]string
	}{
		"contact": {shape.Contact(rawjson.Of("id", "x"), "folder", parse(t, `{"givenName":"Ada","surname":"Byron"}`)), map[string]string{
			"displayName": `"Ada Byron"`, "fileAs": `"Byron, Ada"`, "parentFolderId": `"folder"`, "categories": "[]", "homeAddress": "{}",
			"birthday": "null", "personalNotes": `""`, "emailAddresses": "[]",
		}},
		"event": {shape.Event(rawjson.Of("id", "x"), owner, "uid", parse(t, `{"subject":"s","start":{"dateTime":"d","timeZone":"z"},
			"attendees":[{"emailAddress":{"address":"b@c.example"}}],"body":{"contentType":"html","content":"<p>a &amp; b</p>"}}`)), map[string]string{
			"type": `"singleInstance"`, "isOrganizer": "true", "iCalUId": `"uid"`, "originalStartTimeZone": `"z"`, "bodyPreview": `"a & b"`,
			"hasAttachments": "false", "attendees": `[{"emailAddress":{"address":"b@c.example"},"status":{"response":"none","time":"0001-01-01T00:00:00Z"}}]`,
		}},
		"todoTask": {shape.Task(rawjson.Of("id", "x"), parse(t, `{"title":"t"}`)), map[string]string{
			"title": `"t"`, "status": `"notStarted"`, "categories": "[]", "isReminderOn": "false", "dueDateTime": "absent",
		}},
		"calendar": {shape.Calendar("x", "k", "n", owner), map[string]string{
			"canEdit": "true", "isDefaultCalendar": "false", "name": `"n"`, "owner": string(owner),
		}},
	} {
		for name, want := range c.want {
			if got := raw(c.made, name); got != want {
				t.Errorf("%s.%s is %s, want %s", typeName, name, got, want)
			}
		}
		known := schema.Of(typeName)
		for name := range c.made.Members() {
			if !known.Has(name) {
				t.Errorf("%s has the unknown member %s", typeName, name)
			}
		}
	}
}

func TestAGivenNameStays(t *testing.T) {
	c := shape.Contact(rawjson.Empty(), "f", parse(t, `{"displayName":"Dr. A","givenName":"Ada","fileAs":"own"}`))
	if c.Text("displayName") != "Dr. A" || c.Text("fileAs") != "own" {
		t.Errorf("the contact is %s", c)
	}
	if nameless := shape.Contact(rawjson.Empty(), "f", parse(t, `{"personalNotes":"x"}`)); raw(nameless, "displayName") != `""` {
		t.Errorf("a contact without names is called %s", raw(nameless, "displayName"))
	}
}

func TestASeriesIsASeries(t *testing.T) {
	e := shape.Event(rawjson.Empty(), rawjson.Empty(), "u", parse(t, `{"recurrence":{"pattern":{}}}`))
	if e.Text("type") != "seriesMaster" {
		t.Errorf("its type is %s", e.Text("type"))
	}
}

func TestAttachments(t *testing.T) {
	given := parse(t, `{"@odata.type":"#x","name":"a","contentBytes":"YWJj"}`)
	ofEvent, ofTask := shape.Attachment("i", "now", true, given), shape.Attachment("i", "now", false, given)
	if raw(ofEvent, "size") != "3" || raw(ofEvent, "isInline") != "false" || raw(ofTask, "isInline") != "absent" || ofTask.Text("name") != "a" {
		t.Errorf("attachments: %s, %s", ofEvent, ofTask)
	}
}

func TestNamedPropertiesAreLaidOver(t *testing.T) {
	have := []rawjson.Object{parse(t, `{"id":"String {F} Name a","value":"1"}`), parse(t, `{"id":"String 0x00AB","value":"2"}`)}
	patch := []rawjson.Object{
		parse(t, `{"id":"string 0xab","value":"3"}`), parse(t, `{"id":"string {f} Name a","value":"4"}`), parse(t, `{"id":"String {F} Name A","value":"5"}`),
	}
	if got := fmt.Sprintf("%s", shape.Merged(have, patch)); got != `[{"id":"string {f} Name a","value":"4"} {"id":"string 0xab","value":"3"} {"id":"String {F} Name A","value":"5"}]` {
		t.Error(got)
	}
}

func TestBirthdaysKeepTheirDate(t *testing.T) {
	for given, want := range map[string]string{
		`{"birthday":"1990-05-06T23:30:00Z"}`: `"1990-05-06T11:59:00Z"`, `{"birthday":null}`: "null", `{}`: "absent",
	} {
		if got := raw(shape.Birthday(parse(t, given)), "birthday"); got != want {
			t.Errorf("%s: %s", given, got)
		}
	}
}

func TestPreviews(t *testing.T) {
	long := strings.Repeat("ä", 300)
	for body, want := range map[string]string{
		`{"contentType":"html","content":" <b>x</b>&lt;y "}`: "x<y",
		`{"contentType":"text","content":"<b>x"}`:            "<b>x",
		`{"contentType":"text","content":"` + long + `"}`:    strings.Repeat("ä", 255),
	} {
		if got := shape.Preview(parse(t, body)); got != want {
			t.Errorf("%.40s: %q", body, got)
		}
	}
}

func TestPropertyIDs(t *testing.T) {
	const guid, upper = "{00020329-0000-0000-c000-00000000004a}", "{00020329-0000-0000-C000-00000000004A}"
	for _, c := range []struct {
		have, id string
		want     bool
	}{
		{"String " + guid + " Name crmid", "string " + upper + " Name crmid", true},
		{"String " + guid + " Name crmid", "String " + guid + " Name CrmId", false},
		{"String 0x3A24", "string 0x3a24", true},
		{"Integer 0x001A", "Integer 0x1A", true},
		{"Integer 0x1A", "Integer 0x1B", false},
		{"String 0x1A", "Integer 0x1A", false},
		{"a", "a", true},
		{"a", "b", false},
	} {
		if got := shape.SameProperty(rawjson.Of("id", c.have), c.id); got != c.want {
			t.Errorf("%q and %q: %t", c.have, c.id, got)
		}
	}
	if !shape.SameProperty(rawjson.Of("id", "Microsoft.X.Com.Deal", "extensionName", "Com.Deal"), "Com.Deal") {
		t.Error("an extension is not found by its short name")
	}
}
