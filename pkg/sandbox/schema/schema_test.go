package schema_test

import (
	"errors"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/schema"
)

func TestBodies(t *testing.T) {
	const fine = schema.Fault(-1)
	for _, c := range []struct {
		typeName, body string
		fault          schema.Fault
		path           string
	}{
		{"contact", `{"categories":["a","b"],"displayName":null,"birthday":"1990-01-02T00:00:00Z"}`, fine, ""},
		{"contact", `{"@odata.type":"#microsoft.graph.contact","emailAddresses":[{"name":"n","address":null}]}`, fine, ""},
		{"contact", `{"homeAddress":{},"otherAddress":{"city":"x"}}`, fine, ""},
		{"contact", `{"nonsense":1}`, schema.UnknownMember, "nonsense"},
		{"contact", `{"DisplayName":"x"}`, schema.UnknownMember, "DisplayName"},
		{"contact", `{"homeAddress":{"town":"x"}}`, schema.UnknownMember, "homeAddress.town"},
		{"contact", `{"@odata.etag":"x"}`, schema.UnknownMember, "@odata.etag"},
		{"contact", `{"changeKey":"x"}`, schema.ReadOnlyMember, "changeKey"},
		{"contact", `{"categories":"a"}`, schema.WrongValue, "categories"},
		{"contact", `{"categories":null}`, schema.WrongValue, "categories"},
		{"contact", `{"categories":[null]}`, schema.WrongValue, "categories"},
		{"contact", `{"categories":[1]}`, schema.WrongValue, "categories"},
		{"contact", `{"birthday":"soon"}`, schema.WrongValue, "birthday"},
		{"contact", `{"homeAddress":"x"}`, schema.WrongValue, "homeAddress"},
		{"event", `{"importance":"HIGH","isAllDay":true,"reminderMinutesBeforeStart":-15}`, fine, ""},
		{"event", `{"recurrence":{"pattern":{"type":"weekly","daysOfWeek":["monday"]},"range":{"startDate":"2026-01-01"}}}`, fine, ""},
		{"event", `{"recurrence":{"range":{"startDate":"2026-13-01"}}}`, schema.WrongValue, "recurrence.range.startDate"},
		{"event", `{"recurrence":{"pattern":{"daysOfWeek":["someday"]}}}`, schema.WrongValue, "recurrence.pattern.daysOfWeek"},
		{"event", `{"importance":"very"}`, schema.WrongValue, "importance"},
		{"event", `{"isAllDay":"true"}`, schema.WrongValue, "isAllDay"},
		{"event", `{"reminderMinutesBeforeStart":1.5}`, schema.WrongValue, "reminderMinutesBeforeStart"},
		{"event", `{"isOrganizer":false}`, schema.ReadOnlyMember, "isOrganizer"},
		{"todoTask", `{"title":"t","status":"completed"}`, fine, ""},
		{"todoTask", `{"subject":"t"}`, schema.UnknownMember, "subject"},
	} {
		err := schema.Of(c.typeName).Check(rawjson.Object(c.body))
		problem, refused := errors.AsType[*schema.Error](err)
		switch {
		case c.fault == fine && err != nil:
			t.Errorf("%s %s is refused: %v", c.typeName, c.body, err)
		case c.fault != fine && !refused:
			t.Errorf("%s %s is taken: %v", c.typeName, c.body, err)
		case refused && (problem.Fault != c.fault || problem.Path != c.path):
			t.Errorf("%s %s: %v at %s", c.typeName, c.body, problem.Fault, problem.Path)
		}
	}
}

func TestNames(t *testing.T) {
	contact := schema.Of("contact")
	if !contact.Has("displayName") || contact.Has("displayname") || !contact.HasFold("DISPLAYNAME") || contact.HasFold("x") {
		t.Error("members are not found by name")
	}
	if n := len(contact.Names()); n < 45 {
		t.Errorf("a contact has %d members", n)
	}
	defer func() {
		if recover() == nil {
			t.Error("a type that does not exist was found")
		}
	}()
	schema.Of("nonsense")
}

func TestBodiesAreKeptAsGraphSpellsThem(t *testing.T) {
	for given, want := range map[string]string{
		`{"body":{"contentType":"HTML","content":"HTML"}}`:                       `{"body":{"contentType":"html","content":"HTML"}}`,
		`{"recurrence":{"pattern":{"daysOfWeek":["Monday","friday"]}}}`:          `{"recurrence":{"pattern":{"daysOfWeek":["monday","friday"]}}}`,
		`{"attendees":[{"type":"Required"},{"type":"optional"}]}`:                `{"attendees":[{"type":"required"},{"type":"optional"}]}`,
		`{"start":{"dateTime":"2026-12-01T12:00:00","timeZone":"UTC"}}`:          `{"start":{"dateTime":"2026-12-01T12:00:00.0000000","timeZone":"UTC"}}`,
		`{"start":{"dateTime":"2026-12-01T12:00:00.5000000","timeZone":null}}`:   `{"start":{"dateTime":"2026-12-01T12:00:00.5000000","timeZone":null}}`,
		`{"subject":"Busy","showAs":"OOF","importance":null,"categories":["B"]}`: `{"subject":"Busy","showAs":"oof","importance":null,"categories":["B"]}`,
	} {
		if got := schema.Of("event").Canonical(rawjson.Object(given)); string(got) != want {
			t.Errorf("%s is kept as\n%s, want\n%s", given, got, want)
		}
	}
}
