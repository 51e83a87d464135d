package handout_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/handout"
	"github.com/riva-prep/riva-prep/pkg/item"
)

// poisoned is an item with the same text in every member that is a text.
func poisoned(kind item.Kind, text string) string {
	mail := map[string]any{"name": text, "address": text}
	address := map[string]any{"street": text, "city": text, "state": text, "postalCode": text, "countryOrRegion": text}
	body := map[string]any{"contentType": text, "content": text}
	page := map[string]any{"contentType": "html", "content": "<p>" + text + "</p>"}
	at := func(s string) map[string]any { return map[string]any{"dateTime": s, "timeZone": "UTC"} }
	list := []string{text, text + "x"}
	members := map[string]any{"id": "id" + text, "categories": list, "importance": text, "sensitivity": text, "lastModifiedDateTime": text}
	add := func(more map[string]any) {
		for k, v := range more {
			members[k] = v
		}
	}
	attendee := map[string]any{"type": text, "status": map[string]any{"response": text, "time": text}, "emailAddress": mail}
	switch kind {
	case item.Contacts:
		add(map[string]any{
			"emailAddresses": []any{mail}, "homeAddress": address, "businessAddress": address, "businessPhones": list, "homePhones": list,
			"children": list, "imAddresses": list, "singleValueExtendedProperties": []any{map[string]any{"id": "String 0x3A24", "value": text}, map[string]any{"id": text, "value": text}},
		})
		for _, name := range []string{
			"displayName", "fileAs", "title", "givenName", "middleName", "surname", "generation", "nickName", "initials", "yomiGivenName", "companyName",
			"department", "jobTitle", "profession", "officeLocation", "manager", "assistantName", "spouseName", "mobilePhone", "businessHomePage", "birthday", "personalNotes",
		} {
			members[name] = text
		}
	case item.Events:
		add(map[string]any{
			"iCalUId": text, "subject": text, "body": page, "start": at("2026-11-20T10:00:00"), "end": at("2026-11-20T11:00:00"), "location": map[string]any{"displayName": text},
			"attendees": []any{attendee}, "organizer": attendee, "onlineMeeting": map[string]any{"joinUrl": text}, "showAs": text, "originalStartTimeZone": text, "isReminderOn": true,
			"reminderMinutesBeforeStart": -5, "type": text, "recurrence": map[string]any{
				"pattern": map[string]any{"type": "weekly", "daysOfWeek": []string{"monday", text}, "firstDayOfWeek": text, "index": text},
				"range":   map[string]any{"type": "endDate", "endDate": text, "recurrenceTimeZone": text, "startDate": text},
			},
			"cancelledOccurrences": []string{text, "x.2026-11-30"}, "exceptionOccurrences": []any{map[string]any{
				"id": text, "subject": text, "body": body,
				"originalStart": "2026-11-27T10:00:00Z", "start": at("2026-11-20T10:00:00"), "end": at(text),
			}, map[string]any{"start": at("2026-11-20T10:00:00"), "end": at("2026-11-20T11:00:00"), "originalStart": "2026-11-27T10:00:00Z"}},
		})
	case item.Tasks:
		add(map[string]any{
			"title": text, "body": body, "status": text, "dueDateTime": at(text), "isReminderOn": true, "reminderDateTime": at(text),
			"checklistItems": []any{map[string]any{"displayName": text}}, "linkedResources": []any{map[string]any{"applicationName": text, "displayName": text, "webUrl": text}},
		})
	}
	data, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// wantHarmless hands out items full of a text, and looks for what the text
// might have begun.
func wantHarmless(t *testing.T, text string) {
	t.Helper()
	b := newBackup(text)
	b.box.Account.Address = text
	for _, kind := range item.Kinds() {
		b.add(kind, text, poisoned(kind, text))
	}
	for _, format := range handout.Formats() {
		dst, result := write(t, b, format)
		if len(result.Left) > 0 {
			t.Errorf("%q, %s: left %+v", text, format, result.Left)
		}
		for _, name := range dst.names("") {
			content := dst.files[name].String()
			switch {
			case strings.HasSuffix(name, ".csv"):
				if n := len(rows(t, dst, name)); n != 1 {
					t.Errorf("%q: %d rows", text, n)
				}
			case strings.HasSuffix(name, ".vcf"):
				decode(t, content)
			default:
				if n := len(parse(t, content).events); n != 3 {
					t.Errorf("%q: %d events", text, n)
				}
			}
			for _, line := range unfold(content) {
				if !strings.HasSuffix(name, ".csv") && (strings.HasPrefix(line, "ATTENDEE") || strings.HasPrefix(line, "ORGANIZER") || strings.HasPrefix(line, "EVIL")) {
					t.Errorf("%q made the line %q", text, line)
				}
			}
		}
	}
}

func TestHostileMembers(t *testing.T) {
	for _, text := range append(hostileTexts(), "\r\nATTENDEE:mailto:x@example.com", "\rEVIL:1", "\nEVIL:1", "a\r\n EVIL", "\x1fEVIL", "\x1eEVIL", "\u2028EVIL:1", "\u0085EVIL:1",
		"\x00", "\v\f\b\x1b[2J", "=cmd|' /C calc'!A0", "BEGIN:VEVENT\nEND:VCALENDAR", "END:VEVENT\r\nEND:VCALENDAR\r\n", "<script>", "&#10;EVIL:1", "&#13;EVIL:1", "required\r\nEVIL:1", "") {
		wantHarmless(t, text)
	}
}

func TestAnyMembers(t *testing.T) {
	bits := rapid.SampledFrom([]string{"\r", "\n", "\r\n", "\x1e", "\x1f", "\\", ";", ",", ":", "\"", "<", ">", "&#10;", "a", " ", "\t", "ä", "🎉", "EVIL:", "ATTENDEE:", "=", "+", "\u2028", "<br>", "/", "."})
	rapid.Check(t, func(r *rapid.T) {
		text := strings.Join(rapid.SliceOfN(bits, 0, 60).Draw(r, "bits"), "")
		wantHarmless(t, text)
		if t.Failed() {
			r.Fatalf("with %q", text)
		}
	})
}
