package rebuild_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/rebuild"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// line is a line of a snapshot; series may be empty.
func line(kind item.Kind, raw, series string) snapshot.Line {
	l := snapshot.Line{Kind: kind, Folder: "Folder", FolderID: "f", ID: "old-id", Version: "v", Item: json.RawMessage(raw)}
	if series != "" {
		l.Series = json.RawMessage(series)
	}
	return l
}

func lossNames(losses []rebuild.Loss) string {
	var out []string
	for _, l := range losses {
		out = append(out, l.Name)
	}
	return strings.Join(out, " ")
}

// recipeCase is an item, what is posted for it, and what it loses.
type recipeCase struct {
	name    string
	raw     string
	options rebuild.Options
	body    string
	loses   string
}

func runCases(t *testing.T, kind item.Kind, least int, cases []recipeCase) {
	t.Helper()
	if len(cases) < least {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		got, err := rebuild.Of(line(kind, c.raw, ""), c.options)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if string(got.Body) != c.body {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got.Body, c.body)
		}
		if lost := lossNames(got.Loses); lost != c.loses {
			t.Errorf("%s: loses %q, want %q", c.name, lost, c.loses)
		}
	}
}

// named are the names that every contact is posted with.
const named = `"displayName":"D","fileAs":"F","initials":null`

func TestContacts(t *testing.T) {
	property := func(id, value string) string { return fmt.Sprintf(`{"id":"%s","value":"%s"}`, id, value) }
	with := func(properties ...string) string {
		return `{"displayName":"D","fileAs":"F","singleValueExtendedProperties":[` + strings.Join(properties, ",") + `]}`
	}
	runCases(t, item.Contacts, 17, []recipeCase{
		{name: "names are always given", raw: `{"surname":"S"}`, body: `{"surname":"S","displayName":null,"fileAs":null,"initials":null}`, loses: "display-name"},
		{
			name: "what the service sets is left out", raw: `{"@odata.etag":"W/\"x\"","@odata.context":"c","id":"i","createdDateTime":"2020-01-01T00:00:00Z",
				"lastModifiedDateTime":"2020-01-01T00:00:00Z","changeKey":"k","parentFolderId":"p","displayName":"D","fileAs":"F"}`,
			body: `{` + named + `}`,
		},
		{name: "nulls become absent", raw: `{"displayName":"D","birthday":null,"fileAs":"F","title":null}`, body: `{` + named + `}`},
		{name: "empty lists and addresses stay", raw: `{"displayName":"D","fileAs":"F","initials":"I","homePhones":[],"homeAddress":{}}`, body: `{"displayName":"D","fileAs":"F","initials":"I","homePhones":[],"homeAddress":{}}`},
		{
			name: "the slots follow from the list", raw: `{"displayName":"D","fileAs":"F","emailAddresses":[{"name":"n","address":"a@x.example"}],
				"primaryEmailAddress":{"address":"a@x.example"},"secondaryEmailAddress":null,"tertiaryEmailAddress":null}`,
			body: `{"displayName":"D","fileAs":"F","emailAddresses":[{"name":"n","address":"a@x.example"}],"initials":null}`,
		},
		{name: "unknown members", raw: `{"displayName":"D","fileAs":"F","weddingAnniversary":"2000-01-01","big":12345678901234567890}`, body: `{` + named + `}`, loses: "unknown-members"},
		{name: "unknown members within", raw: `{"displayName":"D","fileAs":"F","homeAddress":{"city":"C","type":"home"}}`, body: `{"displayName":"D","fileAs":"F","homeAddress":{"city":"C"},"initials":null}`, loses: "unknown-members"},
		{name: "annotations are not lost members", raw: `{"displayName":"D","fileAs":"F","photo@odata.mediaEditLink":"x","@odata.type":"#microsoft.graph.contact"}`, body: `{` + named + `}`},
		{name: "a birthday at another time", raw: `{"displayName":"D","fileAs":"F","birthday":"1974-07-22T00:00:00Z"}`, body: `{"displayName":"D","fileAs":"F","birthday":"1974-07-22T00:00:00Z","initials":null}`, loses: "birthday-time"},
		{name: "a birthday at Exchange's time", raw: `{"displayName":"D","fileAs":"F","birthday":"1974-07-22T11:59:00Z"}`, body: `{"displayName":"D","fileAs":"F","birthday":"1974-07-22T11:59:00Z","initials":null}`},
		{name: "named properties stay", raw: with(property("String 0x3A24", "+1")), body: `{"displayName":"D","fileAs":"F","singleValueExtendedProperties":[` + property("String 0x3A24", "+1") + `],"initials":null}`},
		{
			name: "derived properties go, in any spelling",
			raw: with(property(item.PictureProperty, "true"), property("string 0x001a", "IPM.Contact"), property("String {00062004-0000-0000-c000-000000000046} Id 0x8083", "a@x.example"),
				property("String {00062004-0000-0000-C000-000000000046} Id 0x8093", ""), property("String {00062004-0000-0000-C000-000000000046} Id 0x80a3", ""), property(item.MarkProperty, "old")),
			body: `{` + named + `}`,
		},
		{name: "a custom form", raw: with(property("String 0x001A", "IPM.Contact.CRM")), body: `{` + named + `}`, loses: "message-class"},
		{name: "a property without a value", raw: `{"displayName":"D","fileAs":"F","singleValueExtendedProperties":[{"id":"Boolean 0x1","value":null}]}`, body: `{` + named + `}`, loses: "property-value"},
		{
			name: "the mark", raw: with(property("String 0x3A24", "+1"), property(item.MarkProperty, "old")), options: rebuild.Options{Mark: "m", Transaction: "t"},
			body: `{"displayName":"D","fileAs":"F","initials":null,"singleValueExtendedProperties":[` + property("String 0x3A24", "+1") + "," + property(item.MarkProperty, "m") + `]}`,
		},
		{
			name: "open extensions", raw: `{"displayName":"D","fileAs":"F","extensions":[{"@odata.type":"#microsoft.graph.openTypeExtension","id":"Microsoft.OutlookServices.OpenTypeExtension.Com.X","extensionName":"Com.X",
				"n":9007199254740993,"n@odata.type":"#Int64","deep":{"id":"kept"}},{"id":"Microsoft.OutlookServices.OpenTypeExtension.Com.Y","v":null}]}`,
			body: `{"displayName":"D","fileAs":"F","extensions":[{"@odata.type":"#microsoft.graph.openTypeExtension","extensionName":"Com.X","n":9007199254740993,"n@odata.type":"#Int64","deep":{"id":"kept"}},` +
				`{"@odata.type":"#microsoft.graph.openTypeExtension","extensionName":"Com.Y","v":null}],"initials":null}`,
		},
		{
			name: "categories that are stripped", raw: `{"displayName":"D","fileAs":"F","categories":["Friends","Sync with Salesforce ","sync WITH salesforce","Friends","Don't Sync with Salesforce"]}`,
			options: rebuild.Options{StripCategories: []string{"Sync with Salesforce"}},
			body:    `{"displayName":"D","fileAs":"F","categories":["Friends","Don't Sync with Salesforce"],"initials":null}`,
		},
	})
}

func TestFolderOfAContactMayBecomeItsCategory(t *testing.T) {
	for folder, want := range map[string]string{"Contacts": "", "Contacts/CRM": "folder-category", "Contacts/Friends": ""} {
		l := line(item.Contacts, `{"displayName":"D","categories":["Friends"]}`, "")
		l.Folder = folder
		got, err := rebuild.Of(l, rebuild.Options{})
		if err != nil || lossNames(got.Loses) != want {
			t.Errorf("%s: %q, %v", folder, lossNames(got.Loses), err)
		}
	}
}

// at is the start and end of an event, from 10:00 to 11:00 UTC.
const at = `"start":{"dateTime":"2026-07-01T10:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-07-01T11:00:00.0000000","timeZone":"UTC"}`

func TestEvents(t *testing.T) {
	const zones = `,"originalStartTimeZone":"%s","originalEndTimeZone":"%s"}`
	local := func(zone, start, end string) string {
		return fmt.Sprintf(`"start":{"dateTime":"%s","timeZone":"%s"},"end":{"dateTime":"%s","timeZone":"%s"}`, start, zone, end, zone)
	}
	fall := `"start":{"dateTime":"2026-10-25T00:30:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-10-25T04:30:00.0000000","timeZone":"UTC"}`
	allDay := `"isAllDay":true,"start":{"dateTime":"2026-07-01T00:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-07-02T00:00:00.0000000","timeZone":"UTC"}`
	runCases(t, item.Events, 24, []recipeCase{
		{
			name: "what the service sets is left out",
			raw: `{"@odata.etag":"x","id":"i","changeKey":"k","transactionId":"t","iCalUId":"u","uid":"u","iCalUId_v2":"u","occurrenceId":null,"webLink":"w","bodyPreview":"b","hasAttachments":true,
				"isOrganizer":true,"seriesMasterId":null,"type":"singleInstance","onlineMeetingUrl":null,"isOnlineMeeting":false,"onlineMeetingProvider":"unknown","onlineMeeting":null,
				"calendar@odata.associationLink":"l","isCancelled":false,"isDraft":false,"responseStatus":{"response":"organizer","time":"0001-01-01T00:00:00Z"},"recurrence":null,"attendees":[],
				"organizer":{"emailAddress":{"name":"Me","address":"me@x.example"}},"subject":"S",` + at + `}`,
			body: `{"subject":"S",` + at + `}`,
		},
		{
			name: "all that can be written", raw: `{"subject":"S","body":{"contentType":"text","content":"é\u2028"},` + at + `,"isAllDay":false,"location":{"displayName":"L","locationType":"default","uniqueId":"L","uniqueIdType":"private","address":{},"coordinates":{"latitude":47.60}},
				"locations":[],"categories":["A"],"importance":"low","sensitivity":"private","showAs":"oof","isReminderOn":true,"reminderMinutesBeforeStart":15,"responseRequested":false,"allowNewTimeProposals":false,"hideAttendees":true,
				"multiValueExtendedProperties":[{"id":"StringArray {x} Name Y","value":["a","b"]}]}`,
			body: `{"subject":"S","body":{"contentType":"text","content":"é\u2028"},` + at + `,"isAllDay":false,"location":{"displayName":"L","locationType":"default","uniqueId":"L","uniqueIdType":"private","address":{},"coordinates":{"latitude":47.60}},` +
				`"locations":[],"categories":["A"],"importance":"low","sensitivity":"private","showAs":"oof","isReminderOn":true,"reminderMinutesBeforeStart":15,"responseRequested":false,"allowNewTimeProposals":false,"hideAttendees":true,` +
				`"multiValueExtendedProperties":[{"id":"StringArray {x} Name Y","value":["a","b"]}]}`,
		},
		{name: "unknown members", raw: `{` + at + `,"IsRoomRequested":false,"location":{"displayName":"L","room":7}}`, body: `{` + at + `,"location":{"displayName":"L"}}`, loses: "unknown-members"},
		{name: "a location of the directory", raw: `{` + at + `,"locations":[{"displayName":"L","uniqueId":"7"}]}`, body: `{` + at + `,"locations":[{"displayName":"L","uniqueId":"7"}]}`, loses: "location-id"},
		{name: "cancelled", raw: `{` + at + `,"isCancelled":true,"isDraft":true}`, body: `{` + at + `}`, loses: "cancelled draft"},
		{name: "answered", raw: `{` + at + `,"responseStatus":{"response":"accepted","time":"2026-01-01T00:00:00Z"}}`, body: `{` + at + `}`, loses: "answer"},
		{
			name: "its own zone comes back", raw: `{` + at + fmt.Sprintf(zones, "W. Europe Standard Time", "W. Europe Standard Time"),
			body: `{` + local("W. Europe Standard Time", "2026-07-01T12:00:00.0000000", "2026-07-01T13:00:00.0000000") + `}`,
		},
		{
			name: "an IANA zone", raw: `{` + at + fmt.Sprintf(zones, "Asia/Tokyo", "Asia/Tokyo"),
			body: `{` + local("Asia/Tokyo", "2026-07-01T19:00:00.0000000", "2026-07-01T20:00:00.0000000") + `}`,
		},
		{
			name: "two zones", raw: `{` + at + fmt.Sprintf(zones, "Tokyo Standard Time", "UTC"),
			body: `{"start":{"dateTime":"2026-07-01T19:00:00.0000000","timeZone":"Tokyo Standard Time"},"end":{"dateTime":"2026-07-01T11:00:00.0000000","timeZone":"UTC"}}`,
		},
		{name: "UTC by its other name", raw: `{` + at + fmt.Sprintf(zones, "tzone://Microsoft/Utc", "tzone://Microsoft/Utc"), body: `{` + at + `}`},
		{
			name: "from a zone to UTC by its other name", raw: `{` + local("Tokyo Standard Time", "2026-07-01T19:00:00.0000000", "2026-07-01T20:00:00.0000000") + fmt.Sprintf(zones, "tzone://Microsoft/Utc", "tzone://Microsoft/Utc"),
			body: `{` + at + `}`,
		},
		{name: "a custom zone", raw: `{` + at + fmt.Sprintf(zones, "tzone://Microsoft/Custom", "tzone://Microsoft/Custom"), body: `{` + at + `}`, loses: "custom-zone"},
		{name: "a zone nobody knows", raw: `{` + at + fmt.Sprintf(zones, "Atlantis Standard Time", "Atlantis Standard Time"), body: `{` + at + `}`, loses: "zone"},
		{
			name: "an hour that comes twice", raw: `{` + fall + fmt.Sprintf(zones, "W. Europe Standard Time", "W. Europe Standard Time"),
			body:  `{"start":{"dateTime":"2026-10-25T00:30:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-10-25T05:30:00.0000000","timeZone":"W. Europe Standard Time"}}`,
			loses: "zone",
		},
		{name: "all day stays as it is", raw: `{` + allDay + fmt.Sprintf(zones, "Pacific Standard Time", "Pacific Standard Time"), body: `{` + allDay + `}`, loses: "zone"},
		{
			name: "all day in another zone's midnight", raw: `{"isAllDay":true,"start":{"dateTime":"2026-07-01T07:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-07-02T07:00:00.0000000","timeZone":"UTC"}` + fmt.Sprintf(zones, "Pacific Standard Time", "Pacific Standard Time"),
			body: `{"isAllDay":true,` + local("Pacific Standard Time", "2026-07-01T00:00:00.0000000", "2026-07-02T00:00:00.0000000") + `}`,
		},
		{
			name: "an HTML meeting", raw: `{` + at + `,"isOrganizer":true,"organizer":{"emailAddress":{"name":"Ann","address":"ann@x.example"}},"body":{"contentType":"html","content":"<html><BODY class='a>b'>Hi</body></html>"},
				"attendees":[{"type":"required","status":{"response":"accepted","time":"2026-01-01T00:00:00Z"},"emailAddress":{"name":"<Bo>\n& Co","address":"bo@x.example"}},
				{"type":"Optional","status":{"response":"tentativelyAccepted"},"emailAddress":{"address":"cy@x.example"},"proposedNewTime":{"start":{"dateTime":"2026-07-02T10:00:00","timeZone":"UTC"},"end":{"dateTime":"2026-07-02T11:00:00","timeZone":"UTC"}}},
				{"type":"resource","status":{"response":"declined"},"emailAddress":{"name":"Room","address":"/o=ExchangeLabs/ou=x"}},{"emailAddress":{"name":"Nameless"}},{}]}`,
			body: `{` + at + `,"body":{"contentType":"html","content":"<html><BODY class='a>b'><div>People of this meeting when it was backed up; restoring it has invited nobody.<br>Organizer: Ann &lt;ann@x.example&gt;` +
				`<br>Required: &lt;Bo&gt; &amp; Co &lt;bo@x.example&gt;, accepted<br>Optional: cy@x.example, accepted tentatively, proposed 2026-07-02T10:00:00 to 2026-07-02T11:00:00 UTC` +
				`<br>Resource: Room &lt;/o=ExchangeLabs/ou=x&gt;, declined<br>Invited: Nameless<br>Invited: </div><br>Hi</body></html>"}}`,
			loses: "attendees",
		},
		{
			name: "a text meeting", raw: `{` + at + `,"body":{"contentType":"text","content":"Hi\r\n"},"attendees":[{"type":"required","emailAddress":{"name":"bo@x.example","address":"bo@x.example"}}]}`,
			body:  `{` + at + `,"body":{"contentType":"text","content":"People of this meeting when it was backed up; restoring it has invited nobody.\r\nRequired: bo@x.example\r\n\r\nHi\r\n"}}`,
			loses: "attendees",
		},
		{
			name: "a meeting without a body", raw: `{` + at + `,"body":null,"attendees":[{"type":"required","emailAddress":{"address":"bo@x.example"}}]}`,
			body:  `{` + at + `,"body":{"contentType":"text","content":"People of this meeting when it was backed up; restoring it has invited nobody.\r\nRequired: bo@x.example\r\n\r\n"}}`,
			loses: "attendees",
		},
		{
			name: "a meeting with an empty body", raw: `{` + at + `,"body":{"contentType":"html","content":""},"attendees":[{"type":"required","emailAddress":{"address":"bo@x.example"}}]}`,
			body:  `{` + at + `,"body":{"contentType":"html","content":"<div>People of this meeting when it was backed up; restoring it has invited nobody.<br>Required: bo@x.example</div><br>"}}`,
			loses: "attendees",
		},
		{
			name: "somebody else's meeting, the list hidden", raw: `{` + at + `,"isOrganizer":false,"organizer":{"emailAddress":{"address":"ann@x.example"}},"attendees":[]}`,
			body:  `{` + at + `,"body":{"contentType":"text","content":"People of this meeting when it was backed up; restoring it has invited nobody.\r\nOrganizer: ann@x.example\r\n\r\n"}}`,
			loses: "organizer",
		},
		{
			name: "a link that the body lacks", raw: `{` + at + `,"isOnlineMeeting":true,"onlineMeetingProvider":"teamsForBusiness","onlineMeeting":{"joinUrl":"https://teams.example/1?a=b&c=d"},"body":{"contentType":"html","content":"x"}}`,
			body:  `{` + at + `,"body":{"contentType":"html","content":"<div>Online meeting: https://teams.example/1?a=b&amp;c=d</div><br>x"}}`,
			loses: "join-link",
		},
		{
			name: "a link that the body has", raw: `{` + at + `,"isOnlineMeeting":true,"onlineMeeting":{"joinUrl":"https://teams.example/1?a=b&c=d"},"body":{"contentType":"html","content":"<a href=\"https://teams.example/1?a=b&amp;c=d\">"}}`,
			body:  `{` + at + `,"body":{"contentType":"html","content":"<a href=\"https://teams.example/1?a=b&amp;c=d\">"}}`,
			loses: "join-link",
		},
		{
			name: "mark and transaction", raw: `{` + at + `,"transactionId":"old"}`, options: rebuild.Options{Mark: "m", Transaction: "run"},
			body: `{` + at + `,"singleValueExtendedProperties":[{"id":"` + item.MarkProperty + `","value":"m"}],"transactionId":"` + transactionOf(t, "old-id", "run") + `"}`,
		},
	})
}

// transactionOf is what another event of that id would be sent with.
func transactionOf(t *testing.T, id, run string) string {
	t.Helper()
	l := line(item.Events, `{}`, "")
	l.ID = id
	r, err := rebuild.Of(l, rebuild.Options{Transaction: run})
	var body struct{ TransactionID string }
	if err != nil || json.Unmarshal(r.Body, &body) != nil {
		t.Fatal(err)
	}
	return body.TransactionID
}

func TestTransactionsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, id := range []string{"a", "b"} {
		for _, run := range []string{"1", "2"} {
			seen[transactionOf(t, id, run)] = true
		}
	}
	if len(seen) != 4 || seen[""] {
		t.Errorf("transactions %v", seen)
	}
}

func TestSeries(t *testing.T) {
	const pattern = `"pattern":{"type":"weekly","interval":1,"month":0,"dayOfMonth":0,"daysOfWeek":["tuesday"],"firstDayOfWeek":"sunday","index":"first"}`
	rule := func(start, zone string) string {
		return `"recurrence":{` + pattern + `,"range":{"type":"numbered","startDate":"` + start + `","endDate":"0001-01-01","recurrenceTimeZone":"` + zone + `","numberOfOccurrences":6}}`
	}
	raw := `{"id":"M.1","type":"seriesMaster","subject":"S","categories":["A"],"originalStartTimeZone":"W. Europe Standard Time","originalEndTimeZone":"W. Europe Standard Time",
		"body":{"contentType":"text","content":"B"},"start":{"dateTime":"2026-03-09T23:30:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-03-10T00:30:00.0000000","timeZone":"UTC"},` + rule("2026-03-10", "") + `}`
	own := `{"start":{"dateTime":"2026-03-10T00:30:00.0000000","timeZone":"W. Europe Standard Time"},"end":{"dateTime":"2026-03-10T01:30:00.0000000","timeZone":"W. Europe Standard Time"},
		"originalStartTimeZone":"W. Europe Standard Time","cancelledOccurrences":["OID.M.1.2026-03-24","OID.M.1.nonsense","2026-04-07"],
		"exceptionOccurrences":[{"id":"X1","subject":"S","categories":["B","crm"],"originalStart":"2026-03-30T22:30:00Z","type":"exception","seriesMasterId":"M.1","recurrence":null,"body":null,
		"attendees":[{"emailAddress":{"address":"bo@x.example"}}],"start":{"dateTime":"2026-04-01T08:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-04-01T09:00:00.0000000","timeZone":"UTC"}},
		{"id":"X2","subject":null,"location":{"displayName":"L"},"locations":[{"displayName":"L"}],"start":{"dateTime":"2026-04-13T23:30:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-04-14T00:30:00.0000000","timeZone":"UTC"}},
		{"id":"X3","originalStart":"2026-04-06T22:30:00Z","subject":"moved","start":{"dateTime":"2026-04-08T08:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-04-08T09:00:00.0000000","timeZone":"UTC"}}]}`
	l := line(item.Events, raw, own)
	l.ExceptionAttachments = map[string][]string{"X2": {"blob"}}
	got, err := rebuild.Of(l, rebuild.Options{StripCategories: []string{"CRM"}})
	if err != nil {
		t.Fatal(err)
	}
	const times = `"start":{"dateTime":"2026-03-10T00:30:00.0000000","timeZone":"W. Europe Standard Time"},"end":{"dateTime":"2026-03-10T01:30:00.0000000","timeZone":"W. Europe Standard Time"},"recurrence":{` + pattern +
		`,"range":{"type":"numbered","startDate":"2026-03-10","endDate":"0001-01-01","numberOfOccurrences":6}}}`
	if want := `{"subject":"S","categories":["A"],"body":{"contentType":"text","content":"B"},` + times; string(got.Body) != want {
		t.Errorf("body\n got %s\nwant %s", got.Body, want)
	}
	if len(got.Cancelled) != 1 || !got.Cancelled[0].Equal(time.Date(2026, 3, 24, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("cancelled %v: 2026-04-07 is an exception, nonsense no date", got.Cancelled)
	}
	if lossNames(got.Loses) != "attendees original-start cancelled-date" {
		t.Errorf("loses %q", lossNames(got.Loses))
	}
	wantBodies := []string{
		`{"categories":["B"],"start":{"dateTime":"2026-04-01T08:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-04-01T09:00:00.0000000","timeZone":"UTC"},` +
			`"body":{"contentType":"text","content":"People of this meeting when it was backed up; restoring it has invited nobody.\r\nInvited: bo@x.example\r\n\r\n"}}`,
		`{"location":{"displayName":"L"},"locations":[{"displayName":"L"}],"start":{"dateTime":"2026-04-13T23:30:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-04-14T00:30:00.0000000","timeZone":"UTC"},"subject":null}`,
		`{"subject":"moved","start":{"dateTime":"2026-04-08T08:00:00.0000000","timeZone":"UTC"},"end":{"dateTime":"2026-04-08T09:00:00.0000000","timeZone":"UTC"}}`,
	}
	wantStarts := []string{"2026-03-30T22:30:00Z", "2026-04-13T23:30:00Z", "2026-04-06T22:30:00Z"}
	if len(got.Exceptions) != len(wantBodies) {
		t.Fatalf("%d exceptions", len(got.Exceptions))
	}
	for i, x := range got.Exceptions {
		if string(x.Body) != wantBodies[i] || x.OriginalStart.Format(time.RFC3339) != wantStarts[i] {
			t.Errorf("exception %d at %s\n got %s\nwant %s", i, x.OriginalStart, x.Body, wantBodies[i])
		}
	}
	if !slices.Equal(got.Exceptions[1].Attachments, []string{"blob"}) {
		t.Errorf("attachments %v", got.Exceptions[1].Attachments)
	}
	// Without the series' own times those of the item are put into its zone.
	bare, err := rebuild.Of(line(item.Events, raw, `{"id":"M.1"}`), rebuild.Options{})
	if err != nil || !strings.HasSuffix(string(bare.Body), times) || len(bare.Loses) != 0 {
		t.Errorf("%v: %s, loses %s", err, bare.Body, lossNames(bare.Loses))
	}
	unread, err := rebuild.Of(line(item.Events, raw, ""), rebuild.Options{})
	if err != nil || lossNames(unread.Loses) != "exceptions" {
		t.Errorf("%v: loses %s", err, lossNames(unread.Loses))
	}
}

func TestWhatARecurrenceCannotBeSentWith(t *testing.T) {
	const rule = `{"pattern":{"type":"daily","interval":1},"range":{"type":"noEnd","startDate":"2026-06-30"%s}}`
	for zone, want := range map[string]string{
		`,"recurrenceTimeZone":""`: "", `,"recurrenceTimeZone":null`: "", `,"recurrenceTimeZone":"tzone://Microsoft/Custom"`: "",
		`,"recurrenceTimeZone":"UTC"`: `,"recurrenceTimeZone":"UTC"`,
	} {
		raw := `{` + at + `,"recurrence":` + fmt.Sprintf(rule, zone) + `}`
		series := `{"exceptionOccurrences":[{"originalStart":"2026-07-02T10:00:00Z",` + at + `,"recurrence":{"pattern":{"type":"weekly"}}}]}`
		got, err := rebuild.Of(line(item.Events, raw, series), rebuild.Options{})
		body := `{` + at + `,"recurrence":` + strings.Replace(fmt.Sprintf(rule, want), "06-30", "07-01", 1) + `}`
		if err != nil || string(got.Body) != body || len(got.Exceptions) != 1 || string(got.Exceptions[0].Body) != `{`+at+`}` {
			t.Errorf("%s: %v\n%s\n%+v", zone, err, got.Body, got.Exceptions)
		}
	}
}

func TestTasks(t *testing.T) {
	const due = `"dueDateTime":{"dateTime":"2026-11-20T00:00:00.0000000","timeZone":"UTC"}`
	runCases(t, item.Tasks, 6, []recipeCase{
		{
			name: "all that can be written",
			raw: `{"@odata.etag":"x","id":"i","importance":"high","isReminderOn":true,"status":"completed","title":"T","createdDateTime":"2020-01-01T00:00:00Z","lastModifiedDateTime":"2020-01-01T00:00:00Z","bodyLastModifiedDateTime":"2020-01-01T00:00:00Z",
				"hasAttachments":true,"categories":["A"],"body":{"content":"b","contentType":"text"},` + due + `,"startDateTime":{"dateTime":"2026-11-19T00:00:00.0000000","timeZone":"UTC"},"reminderDateTime":{"dateTime":"2026-11-20T09:00:00.0000000","timeZone":"UTC"},
				"completedDateTime":{"dateTime":"2026-11-20T00:00:00.0000000","timeZone":"UTC"},"linkedResources":[{"id":"l","applicationName":"Salesforce","externalId":"7","webUrl":"https://x.example","displayName":"D"}]}`,
			body: `{"importance":"high","isReminderOn":true,"status":"completed","title":"T","categories":["A"],"body":{"content":"b","contentType":"text"},` + due + `,"startDateTime":{"dateTime":"2026-11-19T00:00:00.0000000","timeZone":"UTC"},` +
				`"reminderDateTime":{"dateTime":"2026-11-20T09:00:00.0000000","timeZone":"UTC"},"completedDateTime":{"dateTime":"2026-11-20T00:00:00.0000000","timeZone":"UTC"},"linkedResources":[{"applicationName":"Salesforce","externalId":"7","webUrl":"https://x.example","displayName":"D"}]}`,
		},
		{
			name: "the mark replaces one of old", raw: `{"title":"T","linkedResources":[{"id":"l","applicationName":"riva-prep","externalId":"old"}]}`, options: rebuild.Options{Mark: "m"},
			body: `{"title":"T","linkedResources":[{"applicationName":"riva-prep","displayName":"Restored by riva-prep","externalId":"m"}]}`,
		},
		{name: "no links", raw: `{"title":"T","linkedResources":[]}`, body: `{"title":"T"}`},
		{name: "unknown members", raw: `{"title":"T","assignedTo":"x"}`, body: `{"title":"T"}`, loses: "unknown-members"},
		{name: "a recurrence without a due date", raw: `{"title":"T","recurrence":{"pattern":{"type":"daily","interval":1},"range":{"type":"noEnd"}}}`, body: `{"title":"T"}`, loses: "recurrence"},
		{name: "checklist", raw: `{"title":"T","checklistItems":[{"id":"k","displayName":"s","isChecked":true,"checkedDateTime":"2020-01-01T00:00:00Z","createdDateTime":"2020-01-01T00:00:00Z"}]}`, body: `{"title":"T"}`, loses: "checklist-dates"},
	})
}

func TestTaskParts(t *testing.T) {
	raw := `{"title":"T","dueDateTime":{"dateTime":"2026-11-20T00:00:00.0000000","timeZone":"UTC"},
		"recurrence":{"pattern":{"type":"daily","interval":2},"range":{"type":"%s","startDate":"%s","endDate":"2027-01-01"}},
		"checklistItems":[{"id":"k1","displayName":"one","isChecked":true},{"id":"k2","displayName":"two","isChecked":false}]}`
	for _, c := range []struct{ kind, start, loses string }{
		{"noEnd", "2026-11-20", "checklist-dates"},
		{"noEnd", "2026-11-21", "recurrence-start checklist-dates"},
		{"noEnd", "", "checklist-dates"},
		{"noEnd", "2026-11-01", "recurrence-start checklist-dates"},
		{"numbered", "2026-11-20", "recurrence-end checklist-dates"},
		{"endDate", "2026-11-01", "recurrence-end recurrence-start checklist-dates"},
	} {
		l := line(item.Tasks, fmt.Sprintf(raw, c.kind, c.start), "")
		l.Attachments = []string{"blob"}
		got, err := rebuild.Of(l, rebuild.Options{})
		if err != nil {
			t.Fatal(err)
		}
		const then = `{"dueDateTime":{"dateTime":"2026-11-20T00:00:00.0000000","timeZone":"UTC"},"recurrence":{"pattern":{"type":"daily","interval":2},"range":{}}}`
		if len(got.Then) != 1 || string(got.Then[0]) != then || strings.Contains(string(got.Body), "recurrence") {
			t.Errorf("%s: then %s", c.kind, got.Then)
		}
		if len(got.Checklist) != 2 || string(got.Checklist[0]) != `{"displayName":"one","isChecked":true}` || string(got.Checklist[1]) != `{"displayName":"two","isChecked":false}` {
			t.Errorf("checklist %s", got.Checklist)
		}
		if lossNames(got.Loses) != c.loses || !slices.Equal(got.Attachments, []string{"blob"}) {
			t.Errorf("%s %s: loses %q", c.kind, c.start, lossNames(got.Loses))
		}
	}
}

func TestRecurrenceBeginsOnTheDueDateOfTheUsersZone(t *testing.T) {
	for due, want := range map[string]string{
		"2026-11-20T00:00:00.0000000": "", "2026-11-19T23:00:00.0000000": "", "2026-11-19T11:00:00.0000000": "", "2026-11-20T10:00:00.0000000": "",
		"2026-11-19T08:00:00.0000000": "recurrence-start", "2026-11-21T00:00:00.0000000": "recurrence-start",
	} {
		raw := `{"dueDateTime":{"dateTime":"` + due + `","timeZone":"UTC"},"recurrence":{"pattern":{"type":"daily","interval":1},"range":{"type":"noEnd","startDate":"2026-11-20"}}}`
		got, err := rebuild.Of(line(item.Tasks, raw, ""), rebuild.Options{})
		if err != nil || lossNames(got.Loses) != want {
			t.Errorf("due %s: loses %q, %v", due, lossNames(got.Loses), err)
		}
	}
}

func TestAttachments(t *testing.T) {
	cases := []struct{ name, raw, want, loses string }{
		{
			"a file", `{"@odata.type":"#microsoft.graph.fileAttachment","@odata.mediaContentType":"x","id":"i","lastModifiedDateTime":"2020-01-01T00:00:00Z","name":"a.txt","contentType":"text/plain","size":3,"isInline":true,"contentId":"c","contentLocation":null,"contentBytes":"YWJj"}`,
			`{"@odata.type":"#microsoft.graph.fileAttachment","name":"a.txt","contentType":"text/plain","isInline":true,"contentId":"c","contentBytes":"YWJj"}`, "",
		},
		{
			"a file of a task", `{"@odata.type":"#microsoft.graph.taskFileAttachment","id":"i","name":"a.txt","contentType":"text/plain","size":3,"lastModifiedDateTime":"2020-01-01T00:00:00Z","contentBytes":"YWJj"}`,
			`{"@odata.type":"#microsoft.graph.taskFileAttachment","name":"a.txt","contentType":"text/plain","contentBytes":"YWJj"}`, "",
		},
		{"a file without a type", `{"name":"a","contentBytes":"YWJj"}`, `{"@odata.type":"#microsoft.graph.fileAttachment","name":"a","contentBytes":"YWJj"}`, ""},
		{"a file without content", `{"@odata.type":"#microsoft.graph.fileAttachment","name":"a.txt","contentBytes":null}`, "", "attachment-content"},
		{"a link", `{"@odata.type":"#microsoft.graph.referenceAttachment","id":"i","name":"Plan.docx","size":382,"isInline":false}`, "", "reference-attachment"},
		{"an unknown member", `{"name":"a","contentBytes":"YWJj","sourceUrl":"x"}`, `{"@odata.type":"#microsoft.graph.fileAttachment","name":"a","contentBytes":"YWJj"}`, "unknown-members"},
		{
			"an event", `{"@odata.type":"#microsoft.graph.itemAttachment","id":"i","name":"E","isInline":false,"contentType":null,"item":{"@odata.type":"#microsoft.graph.event","id":"x","isOrganizer":true,"isDraft":false,"hasAttachments":true,"subject":"S",` + at + `,
				"attendees":[{"type":"required","emailAddress":{"address":"bo@x.example"}}]}}`,
			`{"@odata.type":"#microsoft.graph.itemAttachment","name":"E","isInline":false,"item":{"@odata.type":"#microsoft.graph.event","subject":"S",` + at + `,"body":{"contentType":"text","content":"People of this meeting when it was backed up; restoring it has invited nobody.\r\nRequired: bo@x.example\r\n\r\n"}}}`,
			"attendees nested-attachments",
		},
		{
			"a contact", `{"@odata.type":"#microsoft.graph.itemAttachment","name":"C","item":{"@odata.type":"#microsoft.graph.contact","id":"x","displayName":"D","changeKey":"k"}}`,
			`{"@odata.type":"#microsoft.graph.itemAttachment","name":"C","item":{"@odata.type":"#microsoft.graph.contact","displayName":"D"}}`, "",
		},
		{
			"a message", `{"@odata.type":"#microsoft.graph.itemAttachment","name":"M","item":{"@odata.type":"#microsoft.graph.message","id":"x","subject":"S","receivedDateTime":"2020-01-01T00:00:00Z","from":{"emailAddress":{"address":"a@x.example"}},"body":{"contentType":"text","content":"b"}}}`,
			`{"@odata.type":"#microsoft.graph.itemAttachment","name":"M","item":{"@odata.type":"#microsoft.graph.message","subject":"S","from":{"emailAddress":{"address":"a@x.example"}},"body":{"contentType":"text","content":"b"}}}`, "attached-message",
		},
		{"something else", `{"@odata.type":"#microsoft.graph.itemAttachment","name":"P","item":{"@odata.type":"#microsoft.graph.post","id":"x"}}`, "", "item-attachment"},
		{"an item that did not come", `{"@odata.type":"#microsoft.graph.itemAttachment","name":"P"}`, "", "attachment-content"},
	}
	if len(cases) < 11 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		got, lost, err := rebuild.Attachment(json.RawMessage(c.raw))
		if err != nil || string(got) != c.want || lossNames(lost) != c.loses {
			t.Errorf("%s: %v, loses %q\n got %s\nwant %s", c.name, err, lossNames(lost), got, c.want)
		}
	}
	for _, raw := range []string{``, `[]`, `{`} {
		if _, _, err := rebuild.Attachment(json.RawMessage(raw)); !errors.Is(err, item.ErrMalformed) {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func TestMalformed(t *testing.T) {
	for _, raw := range []string{``, `{`, `[]`, `"x"`, `12`, `null`} {
		for _, kind := range item.Kinds() {
			if _, err := rebuild.Of(line(kind, raw, ""), rebuild.Options{}); !errors.Is(err, item.ErrMalformed) {
				t.Errorf("%s %q: %v", kind, raw, err)
			}
		}
	}
	if _, err := rebuild.Of(line(item.Events, `{"type":"seriesMaster"}`, `[]`), rebuild.Options{}); !errors.Is(err, item.ErrMalformed) {
		t.Errorf("a series that is none: %v", err)
	}
	if _, err := rebuild.Of(line("mails", `{}`, ""), rebuild.Options{}); err == nil {
		t.Error("a kind that there is not was taken")
	}
}

func TestMark(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for _, mailbox := range []string{"a", "ab"} {
		for _, kind := range item.Kinds() {
			for _, id := range []string{"b", "bc"} {
				for _, version := range []string{"", "c"} {
					mark := rebuild.Mark(mailbox, kind, id, version)
					if !form.MatchString(mark) || mark != rebuild.Mark(mailbox, kind, id, version) {
						t.Errorf("mark %q", mark)
					}
					seen[mark] = true
				}
			}
		}
	}
	if len(seen) != 24 {
		t.Errorf("%d marks of 24 versions", len(seen))
	}
}

func TestPublishedLosses(t *testing.T) {
	all := rebuild.Losses()
	seen := map[string]bool{}
	always := 0
	for _, l := range all {
		if seen[l.Name] || l.Name == "" || l.What == "" || strings.HasSuffix(l.What, ".") || len(l.Kinds) == 0 || l.Detail != "" {
			t.Errorf("loss %+v", l)
		}
		seen[l.Name] = true
		if l.Always {
			always++
		}
	}
	if len(all) < 30 || always != 7 {
		t.Errorf("%d losses, %d of them always", len(all), always)
	}
}

func TestLossesNameWhatIsLost(t *testing.T) {
	r, err := rebuild.Of(line(item.Contacts, `{"displayName":"D","zeta":1,"alpha":{"x":1},"homeAddress":{"type":"t"}}`, ""), rebuild.Options{})
	if err != nil || len(r.Loses) != 1 || r.Loses[0].Detail != "alpha, homeAddress.type, zeta" {
		t.Errorf("%v: %+v", err, r.Loses)
	}
}
