package rebuild_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/sandbox/recur"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
	"github.com/riva-prep/riva-prep/pkg/zone"
)

// What must never be in a recipe is made of these.
const (
	oldID   = "OLDID-"
	invited = "@invited.example"
)

type members map[string]any

func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

var texts = rapid.OneOf(
	rapid.SampledFrom([]string{
		"Plain", "Łódź & Co. <sales>", "\u202eشركة\u202c \u200fעברית", "👩🏽‍💻🎉", "a\r\nb\tc", `quote " back \ slash`, "\u2028\u2029", " leading and trailing ",
		"<html><body bgcolor=\"x>y\"><p>Hello&nbsp;there</p></body></html>", strings.Repeat("Long text. ", 900), "cid:image001", "0", "null",
	}),
	rapid.StringN(1, 40, -1),
)

// maybe gives a member a value, null, the empty value, or leaves it out.
func maybe(t *rapid.T, m members, name string, empty any, full func() any) {
	switch rapid.IntRange(0, 5).Draw(t, name+" form") {
	case 0:
		m[name] = nil
	case 1:
		m[name] = empty
	case 2:
	default:
		m[name] = full()
	}
}

func maybeText(t *rapid.T, m members, names string) {
	for name := range strings.FieldsSeq(names) {
		maybe(t, m, name, "", func() any { return texts.Draw(t, name) })
	}
}

func listOf(t *rapid.T, name string, most int) []any {
	out := []any{}
	for range rapid.IntRange(0, most).Draw(t, name+" count") {
		out = append(out, texts.Draw(t, name))
	}
	return out
}

// head is what the service sets of every item.
func head(t *rapid.T, n int) members {
	m := members{
		"id": fmt.Sprint(oldID, n), "@odata.etag": `W/"` + oldID + `"`, "createdDateTime": "2020-01-01T00:00:00Z", "lastModifiedDateTime": "2020-01-01T00:00:00Z",
		"categories": listOf(t, "categories", 3),
	}
	if rapid.Bool().Draw(t, "unknown") {
		m["unheardOf"] = json.RawMessage(`{"id":"` + oldID + `","number":123456789012345678901234567890}`)
	}
	return m
}

// extend adds named properties and extensions, with numbers that no float64 has.
func extend(t *rapid.T, m members) {
	if rapid.Bool().Draw(t, "properties") {
		m["singleValueExtendedProperties"] = []any{
			members{"id": "String {00020329-0000-0000-C000-000000000046} Name crmid", "value": texts.Draw(t, "crmid")},
			members{"id": "Double 0x3A24", "value": "9007199254740993"},
			members{"id": item.PictureProperty, "value": "true"},
		}
	}
	if rapid.Bool().Draw(t, "extensions") {
		m["extensions"] = []any{members{
			"@odata.type": "#microsoft.graph.openTypeExtension", "id": "Microsoft.OutlookServices.OpenTypeExtension.Com." + oldID, "extensionName": "Com.Contoso",
			"big": json.RawMessage("9007199254740993"), "text": texts.Draw(t, "extension"),
		}}
	}
}

func contact(t *rapid.T, n int) rebuild.Copy {
	m := head(t, n)
	m["changeKey"], m["parentFolderId"] = oldID, oldID
	maybeText(t, m, `fileAs displayName givenName initials middleName nickName surname title yomiGivenName yomiSurname yomiCompanyName
		generation jobTitle companyName department officeLocation profession businessHomePage assistantName manager mobilePhone
		spouseName personalNotes`)
	maybe(t, m, "birthday", nil, func() any {
		return "19" + rapid.StringMatching(`[0-9][0-9]-0[1-9]-1[0-9]`).Draw(t, "birthday") + "T11:59:00Z"
	})
	for _, name := range []string{"imAddresses", "homePhones", "businessPhones", "children"} {
		m[name] = listOf(t, name, 2)
	}
	mails := []any{}
	for i := range rapid.IntRange(0, 3).Draw(t, "mails") {
		mails = append(mails, members{"name": texts.Draw(t, "mail name"), "address": fmt.Sprintf("c%d@contact.example", i)})
	}
	m["emailAddresses"] = mails
	for _, name := range []string{"homeAddress", "businessAddress", "otherAddress"} {
		address := members{}
		maybeText(t, address, "street city state countryOrRegion postalCode")
		m[name] = address
	}
	extend(t, m)
	c := copied(item.Contacts, m)
	if rapid.Bool().Draw(t, "photo") {
		c.Photo, c.Line.Photo = []byte{1, 2, 3}, &snapshot.Photo{Blob: "b", ContentType: "image/jpeg"}
	}
	return c
}

func copied(kind item.Kind, m members) rebuild.Copy {
	id, _ := m["id"].(string)
	return rebuild.Copy{Line: snapshot.Line{Kind: kind, Folder: "Folder", ID: id, Item: encode(m)}}
}

func moments(at time.Time, zone string) members {
	return members{"dateTime": at.Format("2006-01-02T15:04:05.0000000"), "timeZone": zone}
}

func body(t *rapid.T) any {
	return members{"contentType": rapid.SampledFrom([]string{"text", "html"}).Draw(t, "content type"), "content": texts.Draw(t, "content")}
}

func place(t *rapid.T) any {
	return members{
		"displayName": texts.Draw(t, "place"), "locationType": rapid.SampledFrom([]string{"default", "hotel"}).Draw(t, "place type"),
		"uniqueId": oldPlace, "uniqueIdType": "private", "address": members{"city": texts.Draw(t, "city")}, "coordinates": members{"latitude": json.RawMessage("47.6012345678901234567")},
	}
}

const oldPlace = "place@contoso.example"

// starts are days on which clocks change, and others.
var starts = rapid.SampledFrom([]string{"2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01", "2026-04-05", "2026-01-31", "2028-02-29", "2026-07-15"})

var zoneNames = rapid.SampledFrom([]string{
	"UTC", "Pacific Standard Time", "W. Europe Standard Time", "Tokyo Standard Time", "AUS Eastern Standard Time", "Lord Howe Standard Time",
	"America/New_York", "India Standard Time", "tzone://Microsoft/Custom", "Atlantis Standard Time",
})

// event is a single event or, where rule says so, a series.
func event(t *rapid.T, n int) rebuild.Copy {
	m := head(t, n)
	m["changeKey"], m["iCalUId"], m["uid"], m["transactionId"], m["webLink"] = oldID, oldID, oldID, oldID, "https://x.example/"+oldID
	m["type"], m["seriesMasterId"], m["recurrence"], m["isCancelled"], m["isDraft"] = "singleInstance", nil, nil, rapid.Bool().Draw(t, "cancelled"), false
	m["responseStatus"] = members{"response": "accepted", "time": "2026-01-01T00:00:00Z"}
	name := zoneNames.Draw(t, "zone")
	own, err := zone.Load(name)
	if err != nil {
		own = time.UTC
	}
	day, err := time.ParseInLocation(time.DateOnly, starts.Draw(t, "day"), own)
	if err != nil {
		t.Fatal(err)
	}
	allDay := rapid.Bool().Draw(t, "all day")
	start := day.Add(time.Duration(rapid.IntRange(0, 95).Draw(t, "quarter")) * 15 * time.Minute)
	length := time.Duration(rapid.IntRange(0, 300).Draw(t, "minutes")) * time.Minute
	if allDay {
		y, mo, d := day.Date()
		start, length = time.Date(y, mo, d, 0, 0, 0, 0, time.UTC), 24*time.Hour
	}
	m["isAllDay"], m["start"], m["end"] = allDay, moments(start.UTC(), "UTC"), moments(start.Add(length).UTC(), "UTC")
	m["originalStartTimeZone"], m["originalEndTimeZone"] = name, name
	content(t, m)
	extend(t, m)
	people(t, m)
	if !rapid.Bool().Draw(t, "series") {
		return attach(t, copied(item.Events, m), "#microsoft.graph.fileAttachment")
	}
	if allDay {
		own = time.UTC
	}
	return series(t, m, start.In(own), length, name)
}

func content(t *rapid.T, m members) {
	maybeText(t, m, "subject")
	maybe(t, m, "body", members{"contentType": "html", "content": ""}, func() any { return body(t) })
	maybe(t, m, "location", members{}, func() any { return place(t) })
	maybe(t, m, "locations", []any{}, func() any { return []any{place(t)} })
	m["importance"] = rapid.SampledFrom([]string{"low", "normal", "high"}).Draw(t, "importance")
	m["sensitivity"] = rapid.SampledFrom([]string{"normal", "private"}).Draw(t, "sensitivity")
	m["showAs"] = rapid.SampledFrom([]string{"free", "busy", "oof", "workingElsewhere"}).Draw(t, "show")
	m["reminderMinutesBeforeStart"] = rapid.IntRange(0, 2880).Draw(t, "reminder")
	for _, name := range []string{"isReminderOn", "responseRequested", "allowNewTimeProposals", "hideAttendees"} {
		m[name] = rapid.Bool().Draw(t, name)
	}
}

// people make some events meetings, some of them somebody else's.
func people(t *rapid.T, m members) {
	all := []any{}
	for i := range rapid.IntRange(0, 3).Draw(t, "people") {
		all = append(all, members{
			"type":         rapid.SampledFrom([]string{"required", "optional", "resource"}).Draw(t, "role"),
			"status":       members{"response": rapid.SampledFrom([]string{"none", "accepted", "declined"}).Draw(t, "answer"), "time": "0001-01-01T00:00:00Z"},
			"emailAddress": members{"name": texts.Draw(t, "person"), "address": fmt.Sprint("p", i, invited)},
		})
	}
	m["attendees"], m["organizer"] = all, members{"emailAddress": members{"name": "Organizer", "address": "organizer" + invited}}
	m["isOrganizer"] = rapid.Bool().Draw(t, "organizer")
	m["isOnlineMeeting"], m["onlineMeetingProvider"] = rapid.Bool().Draw(t, "online"), "teamsForBusiness"
}

// attach adds attachments with their content.
func attach(t *rapid.T, c rebuild.Copy, kind string) rebuild.Copy {
	for i := range rapid.IntRange(0, 2).Draw(t, "attachments") {
		c.Attachments = append(c.Attachments, encode(members{
			"@odata.type": kind, "id": oldID, "name": fmt.Sprintf("%d.txt", i), "contentType": "text/plain", "size": 7,
			"contentBytes": base64.StdEncoding.EncodeToString([]byte(texts.Draw(t, "file"))),
		}))
	}
	return c
}

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// rule is a recurrence of any pattern and range whose first date is the day.
func rule(t *rapid.T, day time.Time) members {
	p := members{"interval": rapid.IntRange(1, 3).Draw(t, "interval"), "month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday", "index": "first"}
	kind := rapid.SampledFrom([]string{"daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"}).Draw(t, "pattern")
	p["type"] = kind
	if kind == "weekly" || strings.HasPrefix(kind, "relative") {
		p["daysOfWeek"] = []string{weekdays[day.Weekday()]}
	}
	if strings.HasPrefix(kind, "absolute") {
		p["dayOfMonth"] = day.Day()
	}
	if strings.HasSuffix(kind, "Yearly") {
		p["month"] = int(day.Month())
	}
	if strings.HasPrefix(kind, "relative") {
		p["index"] = []string{"first", "second", "third", "fourth", "last"}[(day.Day()-1)/7]
	}
	r := members{"startDate": day.Format(time.DateOnly), "endDate": "0001-01-01", "numberOfOccurrences": 0, "recurrenceTimeZone": rapid.SampledFrom([]string{"", "UTC"}).Draw(t, "rule zone")}
	r["type"] = rapid.SampledFrom([]string{"noEnd", "endDate", "numbered"}).Draw(t, "range")
	switch r["type"] {
	case "endDate":
		r["endDate"] = day.AddDate(9, 0, 0).Format(time.DateOnly)
	case "numbered":
		r["numberOfOccurrences"] = 9
	}
	return members{"pattern": p, "range": r}
}

// series makes the event repeat, with some dates cancelled and some changed.
func series(t *rapid.T, m members, start time.Time, length time.Duration, zoneName string) rebuild.Copy {
	m["type"], m["recurrence"] = "seriesMaster", rule(t, start)
	parsed, err := recur.Parse(encode(m["recurrence"]))
	if err != nil {
		t.Fatal(err)
	}
	cancelled, exceptions, n := []string{}, []any{}, 0
	from := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, time.UTC)
	for day := range parsed.Between(from, from.AddDate(8, 0, 0)) {
		if n++; n > 6 {
			break
		}
		switch rapid.IntRange(0, 3).Draw(t, "date") {
		case 0:
			cancelled = append(cancelled, fmt.Sprintf("OID.%s.with.dots.%s", oldID, day.Format(time.DateOnly)))
		case 1:
			slot := time.Date(day.Year(), day.Month(), day.Day(), start.Hour(), start.Minute(), 0, 0, start.Location())
			exceptions = append(exceptions, exception(t, n, slot, length, m["isAllDay"] == true, zoneName))
		}
	}
	c := copied(item.Events, m)
	c.Line.Series = encode(members{"id": oldID, "exceptionOccurrences": exceptions, "cancelledOccurrences": cancelled})
	return c
}

func exception(t *rapid.T, n int, slot time.Time, length time.Duration, allDay bool, zoneName string) members {
	x := head(t, n)
	x["id"], x["type"], x["seriesMasterId"], x["recurrence"] = fmt.Sprint(oldID, "x", n), "exception", oldID, nil
	x["originalStart"] = slot.UTC().Format(time.RFC3339)
	// Exchange moves no date onto the day of the next one (Graph docs,
	// event-update: ErrorOccurrenceCrossingBoundary).
	moved := slot.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "hours")) * time.Hour)
	if allDay || moved.Day() != slot.Day() {
		moved = slot
	}
	x["isAllDay"], x["start"], x["end"] = allDay, moments(moved.UTC(), "UTC"), moments(moved.Add(length).UTC(), "UTC")
	x["originalStartTimeZone"], x["originalEndTimeZone"] = zoneName, zoneName
	content(t, x)
	people(t, x)
	return x
}

func task(t *rapid.T, n int) rebuild.Copy {
	m := head(t, n)
	maybeText(t, m, "title")
	m["status"], m["importance"], m["isReminderOn"] = rapid.SampledFrom([]string{"notStarted", "inProgress", "completed"}).Draw(t, "status"), "high", rapid.Bool().Draw(t, "reminder")
	m["body"], m["hasAttachments"], m["bodyLastModifiedDateTime"] = body(t), false, "2020-01-01T00:00:00Z"
	day, _ := time.Parse(time.DateOnly, starts.Draw(t, "day"))
	for _, name := range []string{"dueDateTime", "startDateTime", "reminderDateTime", "completedDateTime"} {
		if rapid.Bool().Draw(t, name) {
			m[name] = moments(day, "UTC")
		}
	}
	if rapid.Bool().Draw(t, "recurring") {
		m["recurrence"] = rule(t, day)
	}
	if rapid.Bool().Draw(t, "linked") {
		m["linkedResources"] = []any{members{"id": oldID, "applicationName": "Salesforce", "externalId": "7", "displayName": texts.Draw(t, "link")}}
	}
	steps := []any{}
	for range rapid.IntRange(0, 3).Draw(t, "steps") {
		steps = append(steps, members{"id": oldID, "displayName": texts.Draw(t, "step"), "isChecked": rapid.Bool().Draw(t, "checked"), "createdDateTime": "2020-01-01T00:00:00Z"})
	}
	m["checklistItems"] = steps
	return attach(t, copied(item.Tasks, m), "#microsoft.graph.taskFileAttachment")
}

// anyItem is an item of any kind.
func anyItem(t *rapid.T, n int) rebuild.Copy {
	return []func(*rapid.T, int) rebuild.Copy{contact, event, task}[rapid.IntRange(0, 2).Draw(t, "kind")](t, n)
}
