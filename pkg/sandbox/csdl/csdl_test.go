package csdl_test

import (
	"os"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox/csdl"
)

// official is the published schema, which lies beside the project.
func official(t *testing.T) *csdl.Schema {
	t.Helper()
	file, err := os.Open("../../../../shared/graph/v1.0-slice.csdl")
	if err != nil {
		t.Skipf("the official schema is not here: %v", err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := csdl.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPlantedViolationsAreFound(t *testing.T) {
	s := official(t)
	for _, c := range []struct{ typeName, text, want string }{
		{"event", `{"importance":"urgent"}`, `importance: importance has no member "urgent"`},
		{"event", `{"importance":"High"}`, `importance: importance has no member "High"`},
		{"event", `{"type":3}`, "type: eventType expected, found 3"},
		{"event", `{"cancelledOccurrences":null}`, "cancelledOccurrences: a collection expected, found null"},
		{"event", `{"attendees":null}`, "attendees: a collection expected, found null"},
		{"event", `{"attendees":{}}`, "attendees: a collection expected, found an object"},
		{"event", `{"categories":["a",null]}`, "categories[1]: Edm.String expected, found null"},
		{"event", `{"subject":7}`, "subject: Edm.String expected, found 7"},
		{"event", `{"isAllDay":"true"}`, `isAllDay: Edm.Boolean expected, found "true"`},
		{"event", `{"reminderMinutesBeforeStart":1.5}`, "reminderMinutesBeforeStart: Edm.Int32 expected, found 1.5"},
		{"event", `{"reminderMinutesBeforeStart":2147483648}`, "reminderMinutesBeforeStart: Edm.Int32 expected, found 2147483648"},
		{"event", `{"start":{"dateTime":null,"timeZone":"UTC"}}`, "start/dateTime: Edm.String expected, found null"},
		{"event", `{"start":"2026-01-01"}`, `start: dateTimeTimeZone expected, found "2026-01-01"`},
		{"event", `{"start":{"zone":"UTC"}}`, "start: dateTimeTimeZone.zone is not in the schema"},
		{"event", `{"occurrenceId":"x"}`, ": event.occurrenceId is not in the schema (open type)"},
		{"event", `{"createdDateTime":"2026-01-01T00:00:00"}`, `createdDateTime: Edm.DateTimeOffset expected, found "2026-01-01T00:00:00"`},
		{"event", `{"recurrence":{"range":{"endDate":"0001-01-01T00:00:00Z"}}}`, `recurrence/range/endDate: Edm.Date expected, found "0001-01-01T00:00:00Z"`},
		{"event", `{"recurrence":{"pattern":{"interval":null}}}`, "recurrence/pattern/interval: Edm.Int32 expected, found null"},
		{"event", `{"attendees":[{"status":{"response":""}}]}`, `attendees[0]/status/response: responseType has no member ""`},
		{"event", `{"subject":"a","subject":"b"}`, ": event.subject is there twice"},
		{"event", `{"attachments":[{"id":"a"}]}`, "attachments[0]: attachment is abstract and needs an @odata.type"},
		{"event", `{"attachments":[{"@odata.type":"#microsoft.graph.taskFileAttachment"}]}`, "attachments[0]: #microsoft.graph.taskFileAttachment is no type that can stand for attachment"},
		{"event", `{"attachments":[{"@odata.type":"#microsoft.graph.fileAttachment","contentBytes":"a"}]}`, `attachments[0]/contentBytes: Edm.Binary expected, found "a"`},
		{"contact", `{"homeAddress":[]}`, "homeAddress: physicalAddress expected, found a collection"},
		{"contact", `{"id":null}`, "id: Edm.String expected, found null"},
		{"contact", `{"@odata.tag":"x"}`, "@odata.tag: @odata.tag is no annotation of Graph"},
		{"contact", `{"@odata.etag":1}`, "@odata.etag: Edm.String expected, found 1"},
		{"contact", `{"nobody@odata.navigationLink":"x"}`, "nobody@odata.navigationLink: contact.nobody is not in the schema"},
		{"todoTask", `{"changeKey":"x"}`, ": todoTask.changeKey is not in the schema"},
		{"todoTask", `{"status":null}`, "status: taskStatus expected, found null"},
		{"user", `{"assignedPlans":[{"servicePlanId":"x"}]}`, `assignedPlans[0]/servicePlanId: Edm.Guid expected, found "x"`},
		{"mailboxSettings", `{"workingHours":{"startTime":"8:00"}}`, `workingHours/startTime: Edm.TimeOfDay expected, found "8:00"`},
		{"Collection(contact)", `[{"title":true}]`, "[0]/title: Edm.String expected, found true"},
		{"contact", `null`, ": contact expected, found null"},
		{"nonsense", `{}`, ": the schema has no type nonsense"},
		{"contact", `{} {}`, ": no JSON: more than one value"},
		{"contact", `{"a":`, ": no JSON: EOF"},
	} {
		found := s.Check(c.typeName, []byte(c.text)).Violations
		if len(found) != 1 || found[0].String() != c.want {
			t.Errorf("%s %s:\n found %q\n  want %q", c.typeName, c.text, found, c.want)
		}
	}
}

func TestGoodValuesPass(t *testing.T) {
	s := official(t)
	members := 0
	for typeName, text := range map[string]string{
		"contact": `{"@odata.etag":"x","id":"x","birthday":null,"emailAddresses":[{"name":null,"address":"a"}],"homeAddress":{},"children":[]}`,
		"event": `{"start":{"dateTime":"2026-01-01T00:00:00.0000000","timeZone":"UTC"},"createdDateTime":"0001-01-01T00:00:00Z",
			"location":{"coordinates":{"latitude":-1.5e2}},"calendar@odata.navigationLink":"x","extensions":[{"@odata.type":"microsoft.graph.openTypeExtension",
			"id":"x","extensionName":"x","anything":[{}]}],"attachments":[{"@odata.type":"#microsoft.graph.itemAttachment","item":{"@odata.type":"#microsoft.graph.event"}}]}`,
		"Collection(Edm.Date)": `["2026-02-28"]`,
		"mailboxSettings":      `{"workingHours":{"startTime":"08:00:00.0000000"}}`,
	} {
		report := s.Check(typeName, []byte(text))
		members += report.Members
		for _, v := range report.Violations {
			t.Errorf("%s %s", typeName, v)
		}
	}
	if members != 27 {
		t.Errorf("looked at %d members", members)
	}
}

func TestTypesHaveWhatTheyInherit(t *testing.T) {
	s := official(t)
	event, ok := s.Type("microsoft.graph.event")
	if !ok || !event.Open || event.Abstract || len(event.Properties) < 45 {
		t.Errorf("an event is %+v", event)
	}
	if p := event.Properties["categories"]; !p.List || p.Type != "Edm.String" || p.Navigation {
		t.Errorf("categories are %+v", p)
	}
	if p := event.Properties["attachments"]; !p.Navigation || p.Type != "attachment" {
		t.Errorf("attachments are %+v", p)
	}
	if n := len(s.Enum("dayOfWeek")); n != 7 || s.Enum("x") != nil {
		t.Errorf("a week has %d days", n)
	}
}

func TestBadMetadataIsRefused(t *testing.T) {
	const around = `<Edmx><DataServices><Schema>%s</Schema></DataServices></Edmx>`
	for _, text := range []string{
		"", "<Edmx>",
		strings.Replace(around, "%s", `<EntityType Name="a" BaseType="graph.b"/>`, 1),
		strings.Replace(around, "%s", `<EntityType Name="a" BaseType="graph.a"/>`, 1),
	} {
		if s, err := csdl.Read(strings.NewReader(text)); err == nil {
			t.Errorf("%q is read as %+v", text, s)
		}
	}
}
