package rebuild_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
)

// pair is an item before and after, and the paths of what differs.
type pair struct {
	name          string
	kind          item.Kind
	before, after string
	paths         string
}

func paths(found []rebuild.Difference) string {
	var out []string
	for _, d := range found {
		out = append(out, d.Path)
	}
	return strings.Join(out, " ")
}

func TestDifferences(t *testing.T) {
	c, e, k := item.Contacts, item.Events, item.Tasks
	zoned := func(start, zone, original string) string {
		return fmt.Sprintf(`{"start":{"dateTime":"%s","timeZone":"%s"},"originalStartTimeZone":"%s"}`, start, zone, original)
	}
	rule := func(pattern, within string) string {
		return `{"recurrence":{"pattern":{` + pattern + `},"range":{` + within + `}},"start":{"dateTime":"2026-11-03T10:00:00.0000000","timeZone":"UTC"}}`
	}
	cases := []pair{
		{"what the service sets", c, `{"id":"a","@odata.etag":"x","changeKey":"x","createdDateTime":"1","lastModifiedDateTime":"1","parentFolderId":"p","displayName":"D"}`, `{"id":"b","displayName":"D"}`, ""},
		{"null, absent and empty", c, `{"displayName":"D","title":null,"personalNotes":"","homePhones":[],"homeAddress":{},"businessAddress":{"city":null},"otherAddress":{"city":""}}`, `{"displayName":"D","homePhones":null}`, ""},
		{"a name", c, `{"displayName":"D","fileAs":"F"}`, `{"displayName":"E","fileAs":"F"}`, "displayName"},
		{"a name that was made", c, `{"displayName":"","fileAs":"F"}`, `{"displayName":"F","fileAs":"F"}`, ""},
		{"a file name that was made", c, `{"displayName":"D","fileAs":null}`, `{"displayName":"D","fileAs":"D"}`, "fileAs"},
		{"a file name that the backup does not tell", c, `{"displayName":"D"}`, `{"displayName":"D","fileAs":"D","initials":"D"}`, ""},
		{"something new", c, `{"displayName":"D"}`, `{"displayName":"D","jobTitle":"Spy"}`, "jobTitle"},
		{"a second phone", c, `{"displayName":"D","homePhones":["1","2"]}`, `{"displayName":"D","homePhones":["1"]}`, "homePhones"},
		{"phones in another order", c, `{"displayName":"D","homePhones":["1","2"]}`, `{"displayName":"D","homePhones":["2","1"]}`, "homePhones[0] homePhones[1]"},
		{"within an address", c, `{"displayName":"D","homeAddress":{"city":"A","street":"S"}}`, `{"displayName":"D","homeAddress":{"city":"B","street":"S"}}`, "homeAddress.city"},
		{"the time of a birthday", c, `{"displayName":"D","birthday":"1974-07-22T00:00:00Z"}`, `{"displayName":"D","birthday":"1974-07-22T11:59:00Z"}`, ""},
		{"a birthday", c, `{"displayName":"D","birthday":"1974-07-22T11:59:00Z"}`, `{"displayName":"D","birthday":"1974-07-23T11:59:00Z"}`, "birthday"},
		{"the folder as a category more", c, `{"displayName":"D","categories":["A"]}`, `{"displayName":"D","categories":["A","Folder"]}`, ""},
		{"the folder as a category in front", c, `{"displayName":"D","categories":["A"]}`, `{"displayName":"D","categories":["Folder","A"]}`, ""},
		{"another category more", c, `{"displayName":"D","categories":["A"]}`, `{"displayName":"D","categories":["A","B"]}`, "categories"},
		{"the folder in place of a category", c, `{"displayName":"D","categories":["A"]}`, `{"displayName":"D","categories":["Folder"]}`, "categories[0]"},
		{"the folder is no category of events", e, `{"categories":["A"]}`, `{"categories":["A","Folder"]}`, "categories"},
		{"a category twice", c, `{"displayName":"D","categories":["A","A"]}`, `{"displayName":"D","categories":["A"]}`, ""},
		{"properties in another order and spelling", c, `{"displayName":"D","singleValueExtendedProperties":[{"id":"String 0x3A24","value":"1"},{"id":"String {x} Name N","value":"2"}]}`, `{"displayName":"D","singleValueExtendedProperties":[{"id":"string {X} Name N","value":"2"},{"id":"String 0x03a24","value":"1"}]}`, ""},
		{"a property's name in another case is another", c, `{"displayName":"D","singleValueExtendedProperties":[{"id":"String {x} Name N","value":"2"}]}`, `{"displayName":"D","singleValueExtendedProperties":[{"id":"String {x} Name n","value":"2"}]}`, "singleValueExtendedProperties.string {x} Name N singleValueExtendedProperties.string {x} Name n"},
		{"the mark and the picture", c, `{"displayName":"D"}`, `{"displayName":"D","singleValueExtendedProperties":[{"id":"` + item.MarkProperty + `","value":"m"},{"id":"` + item.PictureProperty + `","value":"true"}]}`, ""},
		{"an extension's number beyond floats", c, `{"displayName":"D","extensions":[{"extensionName":"X","n":9007199254740993}]}`, `{"displayName":"D","extensions":[{"id":"y","extensionName":"X","n":9007199254740992}]}`, "extensions.X.n"},
		{"a lost extension", e, `{"extensions":[{"extensionName":"X","n":1}]}`, `{}`, "extensions"},
		{"the first address", c, `{"displayName":"D","primaryEmailAddress":{"address":"a@x.example"}}`, `{"displayName":"D","primaryEmailAddress":null}`, "primaryEmailAddress"},
		{"the first address, which this cloud does not show", c, `{"displayName":"D","primaryEmailAddress":{"address":"a@x.example"}}`, `{"displayName":"D"}`, ""},
		{"unknown members", e, `{"IsRoomRequested":true}`, `{"IsRoomRequested":false}`, ""},
		{"what an event has by default", e, `{}`, `{"isReminderOn":true,"reminderMinutesBeforeStart":15,"showAs":"busy","responseRequested":true,"importance":"normal","isAllDay":false}`, ""},
		{"a reminder", e, `{"isReminderOn":false}`, `{"isReminderOn":true}`, "isReminderOn"},
		{"the same instant, made in the zone", e, zoned("2026-11-03T10:00:00.0000000", "UTC", "W. Europe Standard Time"), zoned("2026-11-03T11:00:00", "W. Europe Standard Time", "W. Europe Standard Time"), ""},
		{"another name of the zone", e, zoned("2026-11-03T10:00:00.0000000", "UTC", "W. Europe Standard Time"), zoned("2026-11-03T11:00:00", "Europe/Berlin", "Europe/Berlin"), ""},
		{"another zone", e, zoned("2026-11-03T10:00:00.0000000", "UTC", "W. Europe Standard Time"), zoned("2026-11-03T10:00:00", "UTC", "UTC"), "startZone"},
		{"another instant", e, zoned("2026-11-03T10:00:00.0000000", "UTC", "UTC"), zoned("2026-11-03T10:00:00", "W. Europe Standard Time", "UTC"), "start"},
		{"a custom zone became UTC", e, zoned("2026-11-03T10:00:00.0000000", "UTC", "tzone://Microsoft/Custom"), zoned("2026-11-03T10:00:00", "UTC", "UTC"), ""},
		{"all day, by date", e, `{"isAllDay":true,"start":{"dateTime":"2026-11-03T00:00:00.0000000","timeZone":"UTC"}}`, `{"isAllDay":true,"start":{"dateTime":"2026-11-03T00:00:00.0000000","timeZone":"Tokyo Standard Time"}}`, ""},
		{"another day", e, `{"isAllDay":true,"start":{"dateTime":"2026-11-03T00:00:00.0000000","timeZone":"UTC"}}`, `{"isAllDay":true,"start":{"dateTime":"2026-11-02T00:00:00.0000000","timeZone":"UTC"}}`, "start"},
		{"the same body", e, `{"body":{"contentType":"HTML","content":"<p>x</p>"}}`, `{"body":{"contentType":"html","content":"<p>x</p>"}}`, ""},
		{"a body to the byte", e, `{"body":{"contentType":"html","content":"<p>x</p>"}}`, `{"body":{"contentType":"html","content":"<p>x</p>\n"}}`, "body.content"},
		{"no body in either form", e, `{"body":null}`, `{"body":{"contentType":"html","content":""}}`, ""},
		{"the attendees are in the body", e, `{"body":{"contentType":"text","content":"Hi"},"attendees":[{"type":"required","emailAddress":{"address":"bo@x.example"}}]}`, `{"body":{"contentType":"text","content":"People of this meeting when it was backed up; restoring it has invited nobody.\r\nRequired: bo@x.example\r\n\r\nHi"},"attendees":[]}`, ""},
		{"the attendees are lost without a word", e, `{"body":{"contentType":"text","content":"Hi"},"attendees":[{"type":"required","emailAddress":{"address":"bo@x.example"}}]}`, `{"body":{"contentType":"text","content":"Hi"},"attendees":[]}`, "body.content"},
		{"a location that was looked up", e, `{"location":{"displayName":"L","uniqueId":"7","uniqueIdType":"private","locationType":"default","address":{}}}`, `{"location":{"displayName":"L","uniqueId":"L","uniqueIdType":"unknown","coordinates":{}}}`, ""},
		{"another location", e, `{"location":{"displayName":"L"},"locations":[{"displayName":"L"}]}`, `{"location":{"displayName":"M"},"locations":[]}`, "location.displayName locations"},
		{
			"what does not apply in a recurrence", e,
			rule(`"type":"weekly","interval":1,"month":0,"dayOfMonth":0,"daysOfWeek":["monday","friday"],"firstDayOfWeek":"sunday","index":"first"`, `"type":"noEnd","startDate":"2026-11-02","endDate":"0001-01-01","numberOfOccurrences":0,"recurrenceTimeZone":""`),
			rule(`"type":"weekly","interval":1,"daysOfWeek":["friday","monday"]`, `"type":"noEnd","startDate":"2026-11-03","recurrenceTimeZone":"UTC"`), "",
		},
		{"a recurrence's days and end", e, rule(`"type":"weekly","interval":1,"daysOfWeek":["monday"]`, `"type":"numbered","numberOfOccurrences":5`), rule(`"type":"weekly","interval":1,"daysOfWeek":["tuesday"]`, `"type":"numbered","numberOfOccurrences":6`), "recurrence.pattern.daysOfWeek[0] recurrence.range.numberOfOccurrences"},
		{"on which day weeks begin", e, rule(`"type":"weekly","interval":2,"daysOfWeek":["monday"],"firstDayOfWeek":"sunday"`, `"type":"noEnd"`), rule(`"type":"weekly","interval":2,"daysOfWeek":["monday"],"firstDayOfWeek":"monday"`, `"type":"noEnd"`), "recurrence.pattern.firstDayOfWeek"},
		{"which week", e, rule(`"type":"relativeMonthly","interval":1,"daysOfWeek":["monday"],"index":"last"`, `"type":"noEnd"`), rule(`"type":"relativeMonthly","interval":1,"daysOfWeek":["monday"],"index":"fourth"`, `"type":"noEnd"`), "recurrence.pattern.index"},
		{"a recurrence that did not come", e, rule(`"type":"daily","interval":1`, `"type":"noEnd"`), `{"start":{"dateTime":"2026-11-03T10:00:00.0000000","timeZone":"UTC"}}`, "recurrence"},
		{"a task", k, `{"title":"T","status":"completed"}`, `{"title":"U","status":"notStarted"}`, "status title"},
		{"a task's due date", k, `{"title":"T"}`, `{"title":"T","dueDateTime":{"dateTime":"2026-11-03T10:00:00.0000000","timeZone":"UTC"}}`, "dueDateTime"},
		{"the range of a task's recurrence", k, `{"dueDateTime":{"dateTime":"2026-11-03T00:00:00","timeZone":"UTC"},"recurrence":{"pattern":{"type":"daily","interval":1},"range":{"type":"numbered","numberOfOccurrences":3}}}`, `{"dueDateTime":{"dateTime":"2026-11-03T00:00:00","timeZone":"UTC"},"recurrence":{"pattern":{"type":"daily","interval":1},"range":{"type":"noEnd"}}}`, ""},
		{"the pattern of a task's recurrence", k, `{"dueDateTime":{"dateTime":"2026-11-03T00:00:00","timeZone":"UTC"},"recurrence":{"pattern":{"type":"daily","interval":1}}}`, `{"dueDateTime":{"dateTime":"2026-11-03T00:00:00","timeZone":"UTC"}}`, "recurrence"},
		{"a task's mark and ids", k, `{"linkedResources":[{"id":"1","applicationName":"A","externalId":"x"}]}`, `{"linkedResources":[{"id":"2","applicationName":"riva-prep","externalId":"m"},{"id":"3","applicationName":"A","externalId":"x"}]}`, ""},
		{"a checklist item", k, `{"checklistItems":[{"id":"1","displayName":"a","isChecked":true,"createdDateTime":"2020-01-01T00:00:00Z"}]}`, `{"checklistItems":[{"id":"2","displayName":"a","isChecked":false}]}`, "checklist[0].isChecked"},
		{"no item", k, `{}`, `[]`, "item"},
	}
	if len(cases) < 48 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, p := range cases {
		before, after := rebuild.Copy{Line: line(p.kind, p.before, "")}, rebuild.Copy{Line: line(p.kind, p.after, "")}
		if got := paths(rebuild.Differences(before, after)); got != p.paths {
			t.Errorf("%s: %q, want %q", p.name, got, p.paths)
		}
	}
}

func TestDifferencesOfSeries(t *testing.T) {
	const master = `{"type":"seriesMaster","isAllDay":%t,"start":{"dateTime":"2026-11-03T%s:00:00","timeZone":"UTC"},"recurrence":{"pattern":{"type":"daily","interval":1},"range":{"type":"noEnd"}}}`
	exception := func(original, extra string) string {
		return `{"exceptionOccurrences":[{"id":"x","originalStart":"` + original + `","start":{"dateTime":"2026-11-05T00:00:00","timeZone":"UTC"}` + extra + `}],"cancelledOccurrences":["OID.m.2026-11-09","OID.m.2026-11-08"]}`
	}
	timed, allDay := fmt.Sprintf(master, false, "10"), fmt.Sprintf(master, true, "00")
	for _, c := range []struct{ name, item, before, after, paths string }{
		{"the same", timed, exception("2026-11-05T10:00:00Z", ""), exception("2026-11-05T10:00:00.0000000Z", ""), ""},
		{"what it has from the series", timed, exception("2026-11-05T10:00:00Z", ""), exception("2026-11-05T10:00:00Z", `,"subject":"S","showAs":"busy"`), ""},
		{"of another date", timed, exception("2026-11-05T10:00:00Z", ""), exception("2026-11-06T10:00:00Z", ""), "exceptions[2026-11-05T10:00:00Z] exceptions[2026-11-06T10:00:00Z]"},
		{"an all-day date in another zone", allDay, exception("2026-11-05T00:00:00Z", ""), exception("2026-11-04T23:00:00Z", ""), ""},
		{"an all-day date too far away", allDay, exception("2026-11-05T00:00:00Z", ""), exception("2026-11-03T00:00:00Z", ""), "exceptions[2026-11-05T00:00:00Z] exceptions[2026-11-03T00:00:00Z]"},
		{"its categories", timed, exception("2026-11-05T10:00:00Z", `,"categories":["A"]`), exception("2026-11-05T10:00:00Z", `,"categories":[]`), "exceptions[2026-11-05T10:00:00Z].categories"},
		{"none came", timed, exception("2026-11-05T10:00:00Z", ""), `{"cancelledOccurrences":["OID.n.2026-11-08","OID.n.2026-11-09"]}`, "exceptions[2026-11-05T10:00:00Z]"},
		{"a cancelled date came back", timed, exception("2026-11-05T10:00:00Z", ""), strings.Replace(exception("2026-11-05T10:00:00Z", ""), `,"OID.m.2026-11-08"`, "", 1), "cancelled"},
	} {
		before, after := rebuild.Copy{Line: line(item.Events, c.item, c.before)}, rebuild.Copy{Line: line(item.Events, c.item, c.after)}
		if got := paths(rebuild.Differences(before, after)); got != c.paths {
			t.Errorf("%s: %q, want %q", c.name, got, c.paths)
		}
	}
	before := rebuild.Copy{Line: line(item.Events, timed, exception("2026-11-05T10:00:00Z", "")), ExceptionAttachments: map[string][]json.RawMessage{"x": {json.RawMessage(file)}}}
	after := rebuild.Copy{Line: line(item.Events, timed, strings.Replace(exception("2026-11-05T10:00:00Z", ""), `"x"`, `"y"`, 1)), ExceptionAttachments: map[string][]json.RawMessage{"y": {json.RawMessage(file)}}}
	if found := rebuild.Differences(before, after); len(found) != 0 {
		t.Errorf("an exception with another id: %+v", found)
	}
	after.ExceptionAttachments = nil
	if got := paths(rebuild.Differences(before, after)); got != "exceptions[2026-11-05T10:00:00Z].attachments" {
		t.Errorf("an exception's attachment is gone: %q", got)
	}
}

const file = `{"@odata.type":"#microsoft.graph.fileAttachment","id":"1","name":"a.txt","contentType":"text/plain","isInline":false,"contentId":null,"size":9,"contentBytes":"YWJj"}`

func TestDifferencesOfAttachments(t *testing.T) {
	inline := strings.Replace(strings.Replace(file, "false", "true", 1), "null", `"c"`, 1)
	link := `{"@odata.type":"#microsoft.graph.referenceAttachment","name":"Plan.docx"}`
	nested := `{"@odata.type":"#microsoft.graph.itemAttachment","name":"E","item":{"@odata.type":"#microsoft.graph.event","id":"%s","subject":"%s"}}`
	for _, c := range []struct {
		name          string
		before, after []string
		differ        int
	}{
		{"ids, sizes and order", []string{file, inline}, []string{inline, strings.Replace(strings.Replace(file, `"1"`, `"2"`, 1), "9", "12", 1)}, 0},
		{"content", []string{file}, []string{strings.Replace(file, "YWJj", "YWJk", 1)}, 2},
		{"name", []string{file}, []string{strings.Replace(file, "a.txt", "b.txt", 1)}, 2},
		{"type", []string{file}, []string{strings.Replace(file, "text/plain", "text/html", 1)}, 2},
		{"inline", []string{file}, []string{inline}, 2},
		{"one of two alike", []string{file, file}, []string{file}, 1},
		{"a link cannot come back", []string{file, link}, []string{file}, 0},
		{"an item with another id", []string{fmt.Sprintf(nested, "1", "S")}, []string{fmt.Sprintf(nested, "2", "S")}, 0},
		{"an item with another subject", []string{fmt.Sprintf(nested, "1", "S")}, []string{fmt.Sprintf(nested, "1", "T")}, 2},
	} {
		before, after := rebuild.Copy{Line: line(item.Events, `{}`, "")}, rebuild.Copy{Line: line(item.Events, `{}`, "")}
		for _, a := range c.before {
			before.Attachments = append(before.Attachments, json.RawMessage(a))
		}
		for _, a := range c.after {
			after.Attachments = append(after.Attachments, json.RawMessage(a))
		}
		if found := rebuild.Differences(before, after); len(found) != c.differ {
			t.Errorf("%s: %+v", c.name, found)
		}
	}
}

func TestStrippedCategoriesAreNoDifference(t *testing.T) {
	before := rebuild.Copy{Line: line(item.Events, `{"categories":["CRM","A"]}`, "")}
	after := rebuild.Copy{Line: line(item.Events, `{"categories":["A"]}`, "")}
	if found := rebuild.Differences(before, after, "crm "); len(found) != 0 {
		t.Errorf("%+v", found)
	}
	if found := rebuild.Differences(before, before, "crm "); len(found) == 0 {
		t.Error("the category is still there, and nothing was found")
	}
}

func TestGained(t *testing.T) {
	before := rebuild.Copy{Line: line(item.Contacts, `{"displayName":"D","categories":["A"]}`, "")}
	after := rebuild.Copy{Line: line(item.Contacts, `{"displayName":"D","categories":["A","CRM"]}`, "")}
	after.Line.Folder = "Contacts/CRM"
	if gained := rebuild.Gained(before, after); lossNames(gained) != "folder-category" || gained[0].Detail != "CRM" {
		t.Errorf("gained %+v", gained)
	}
}

func TestLongValuesAreCutShort(t *testing.T) {
	before := rebuild.Copy{Line: line(item.Tasks, `{"title":"`+strings.Repeat("🎉", 5000)+`"}`, "")}
	found := rebuild.Differences(before, rebuild.Copy{Line: line(item.Tasks, `{}`, "")})
	if len(found) != 1 || len([]rune(found[0].Before)) != 201 || found[0].After != "" {
		t.Errorf("%+v", found)
	}
}
