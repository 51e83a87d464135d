package item_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/jsonwalk"
)

var calendar = item.Folder{Kind: item.Events, ID: "calendar", Path: "Calendar"}

func TestSameCategory(t *testing.T) {
	cases := []struct {
		a, b string
		same bool
	}{
		{"Sync with Salesforce", "sync with salesforce", true},
		{"Sync with Salesforce", "Sync with Salesforce ", true},
		{"Sync with Salesforce", "\tSYNC WITH SALESFORCE", true},
		{"ÄRZTE", "ärzte", true},
		{"Straße", "STRASSE", false},
		{"Don't Sync with Salesforce", "Don’t Sync with Salesforce", true},
		{"Sync with Salesforce", "Don't Sync with Salesforce", false},
		{"Sync with Salesforce", "Sync with  Salesforce", false},
		{"Sync with Salesforce", "Sync with Salesforc", false},
		{"CRM", "CRM Contact", false},
		{"CRM", "", false},
		{"A, B", "A", false},
	}
	for _, c := range cases {
		if got := item.SameCategory(c.a, c.b); got != c.same {
			t.Errorf("SameCategory(%q, %q) = %v", c.a, c.b, got)
		}
		if got := item.SameCategory(c.b, c.a); got != c.same {
			t.Errorf("SameCategory(%q, %q) = %v", c.b, c.a, got)
		}
	}
	if len(cases) < 11 {
		t.Fatalf("only %d cases", len(cases))
	}
}

func TestParseKeepsTheBytes(t *testing.T) {
	raw := `{ "id":"x","@odata.etag":"W/\"v\"", "subject":"S\u00e9","unknown":12345678901234567890,"start":{"dateTime":"2026-11-01T10:00:00.0000000","timeZone":"UTC"},"isOrganizer":true,"attendees":[{"emailAddress":{"name":"Bo","address":"bo@fabrikam.example"}},{"emailAddress":{"name":"Nameless"}}],"type":"seriesMaster" }`
	it, err := item.Parse(calendar, []byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if string(it.Raw) != raw {
		t.Errorf("raw bytes changed: %s", it.Raw)
	}
	if it.Version != `W/"v"` || it.Title != "Sé" || !it.Event.IsMaster() {
		t.Errorf("parsed %+v", it)
	}
	if want := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC); !it.Date().Equal(want) {
		t.Errorf("date %s, want %s", it.Date(), want)
	}
	if !it.Event.Invites() || it.Event.Invited() != 2 {
		t.Errorf("invites %v, invited %d", it.Event.Invites(), it.Event.Invited())
	}
}

// TestWaysToParseAgree: what was gone through before is read as what was not.
func TestWaysToParseAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := map[string]any{
			"id": "x", "subject": rapid.String().Draw(t, "subject"), "body": map[string]any{"content": rapid.String().Draw(t, "text"), "id": "y"},
			"categories": rapid.SliceOf(rapid.String()).Draw(t, "categories"), rapid.String().Draw(t, "name"): nil,
			"attendees": []any{map[string]any{"emailAddress": map[string]any{"address": "bo@fabrikam.example"}}}, "hasAttachments": rapid.Bool().Draw(t, "has"),
			"singleValueExtendedProperties": []any{map[string]any{"id": item.MarkProperty, "value": "v"}},
		}
		raw, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		var picked jsonwalk.Object
		_ = jsonwalk.Members(raw, func(name, value []byte) error {
			if item.Wanted(name) {
				picked.Add(name, value)
			}
			return nil
		})
		want, err := item.Parse(calendar, raw)
		fast, err2 := item.ParsePicked(calendar, raw, picked.Bytes())
		if err := errors.Join(err, err2); err != nil || want.Mark != "v" {
			t.Fatal(want, err)
		}
		if !reflect.DeepEqual(fast, want) {
			t.Fatalf("%+v, want %+v", fast, want)
		}
	})
	for _, picked := range []string{``, `{}`, `{"id":""}`, `{"id":5}`} {
		if _, err := item.ParsePicked(calendar, []byte(`{"id":"x"}`), []byte(picked)); !errors.Is(err, item.ErrMalformed) {
			t.Errorf("picked %q: %v", picked, err)
		}
	}
}

// TestInlineAttachments are looked for wherever they may stand.
func TestInlineAttachments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.StringOf(rapid.RuneFrom([]rune("cid: x"))).Draw(t, "raw")
		if got := (item.Item{Kind: item.Events, Raw: []byte(raw)}).MayHaveAttachments(); got != strings.Contains(raw, "cid:") {
			t.Errorf("%q: %v", raw, got)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	for _, raw := range []string{``, `{`, `[]`, `"x"`, `12`, `{"id":""}`, `{}`, `{"id":5}`, `null`} {
		if _, err := item.Parse(calendar, []byte(raw)); !errors.Is(err, item.ErrMalformed) {
			t.Errorf("Parse(%q) gave %v", raw, err)
		}
	}
}

func TestExceptionsCountAsInvitations(t *testing.T) {
	master, err := item.Parse(calendar, []byte(`{"id":"m","type":"seriesMaster","isOrganizer":true,"attendees":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	if master.Event.Invites() {
		t.Fatal("nobody is invited yet")
	}
	series := `{"id":"m","exceptionOccurrences":[{"id":"e1","isOrganizer":true,"attendees":[]},
		{"id":"e2","isOrganizer":true,"attendees":[{"emailAddress":{"address":"Bo@fabrikam.example"}}]},
		{"id":"e3","isOrganizer":true,"attendees":[{"emailAddress":{"address":"bo@Fabrikam.example"}}]}]}`
	if err := master.AddSeries([]byte(series)); err != nil {
		t.Fatal(err)
	}
	if !master.Event.Invites() || master.Event.Invited() != 1 {
		t.Errorf("invites %v, invited %d", master.Event.Invites(), master.Event.Invited())
	}
	if err := master.AddSeries([]byte(`{"exceptionOccurrences":[{"subject":"no id"}]}`)); !errors.Is(err, item.ErrMalformed) {
		t.Errorf("an exception without an id gave %v", err)
	}
}

func TestAttendeesCopyMailsNobody(t *testing.T) {
	it, err := item.Parse(calendar, []byte(`{"id":"a","isOrganizer":false,"attendees":[{"emailAddress":{"address":"bo@fabrikam.example"}}]}`))
	if err != nil || it.Event.Invites() {
		t.Errorf("invites %v, error %v", it.Event.Invites(), err)
	}
}

func TestParseKind(t *testing.T) {
	for _, k := range item.Kinds() {
		if got, err := item.ParseKind(" " + string(k) + " "); err != nil || got != k {
			t.Errorf("ParseKind(%q) = %q, %v", k, got, err)
		}
	}
	if _, err := item.ParseKind("mails"); err == nil {
		t.Error("mails is no kind")
	}
	if item.Contacts.Singular() != "contact" {
		t.Error(item.Contacts.Singular())
	}
}

// TestProperties reads what a listing brought along, and nothing out of texts
// that only look like it.
func TestProperties(t *testing.T) {
	tasks := item.Folder{Kind: item.Tasks, ID: "f", Path: "Tasks"}
	raw := `{"id":"x","body":{"content":"\"singleValueExtendedProperties\":[{\"id\":\"a\"}], linkedResources"},
		"singleValueExtendedProperties" : [{"id":"String 0x1A","value":"v"},{"id":"Double 0x2"}],
		"linkedResources":[{"applicationName":" Acme CRM "},{"applicationName":""},{"externalId":"e"},{"applicationName":"Outlook"}]}`
	it, err := item.Parse(tasks, []byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := it.Properties(), []item.Property{{ID: "String 0x1A", Value: "v"}, {ID: "Double 0x2"}}; !slices.Equal(got, want) {
		t.Errorf("properties %+v", got)
	}
	if got, want := it.Applications(), []string{"Acme CRM", "Outlook"}; !slices.Equal(got, want) {
		t.Errorf("applications %q", got)
	}
	it, err = item.Parse(tasks, []byte(`{"id":"x","subject":"singleValueExtendedProperties linkedResources"}`))
	if err != nil || it.Properties() != nil || it.Applications() != nil {
		t.Errorf("%v, %v, %v", err, it.Properties(), it.Applications())
	}
	if (item.Item{}).Properties() != nil {
		t.Error("an item without bytes has properties")
	}
}

// TestCategoryKey: the key says what SameCategory says.
func TestCategoryKey(t *testing.T) {
	names := []string{"A", "a ", "\tA", "B", "Don't", "DON\u2019T", "\u017F", "s", "S", "K", "\u212A", "\u00DF", "SS", "\u03C3", "\u03C2", "\u03A3", "I", "i", "\u0130", ""}
	same := 0
	for _, a := range names {
		for _, b := range names {
			equal := item.CategoryKey(a) == item.CategoryKey(b)
			if equal != item.SameCategory(a, b) {
				t.Errorf("%q and %q: keys equal %v", a, b, equal)
			}
			if equal {
				same++
			}
		}
	}
	if same < 30 {
		t.Fatalf("only %d pairs are the same", same)
	}
}
