package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rules"
)

// person is an attendee, or an organizer.
func person(address string) rawjson.Object {
	return rawjson.Of("emailAddress", rawjson.Of("address", address))
}

func meeting(guests ...string) rawjson.Object {
	var attendees []rawjson.Object
	for _, g := range guests {
		attendees = append(attendees, person(g))
	}
	return rawjson.Of("id", "m", "subject", "s", "organizer", person("o@x.example"), "attendees", attendees,
		"end", rawjson.Of("dateTime", "2026-11-20T10:00:00"))
}

func text(mails []rules.Mail) string {
	var out []string
	for _, m := range mails {
		out = append(out, fmt.Sprintf("%s to %s", m.Kind, strings.Join(m.To, "+")))
	}
	return strings.Join(out, "; ")
}

func TestGuests(t *testing.T) {
	got := strings.Join(rules.Guests(meeting("a@x.example", "O@X.example", "", "A@x.example", "b@x.example")), " ")
	if got != "a@x.example b@x.example" {
		t.Errorf("guests are %q", got)
	}
	if got := rules.Guests(rawjson.Empty()); got != nil {
		t.Errorf("an appointment has guests %q", got)
	}
}

func TestUpdates(t *testing.T) {
	quiet := rules.Facts{CategoriesPatchMails: rules.No}
	before := meeting("a@x.example", "b@x.example")
	series := before.Set("exceptionOccurrences", []rawjson.Object{meeting("c@x.example")})
	for _, c := range []struct {
		name    string
		facts   rules.Facts
		after   rawjson.Object
		changed string
		want    string
	}{
		{"categories", quiet, before, "categories", ""},
		{"categories, nobody knows", rules.Facts{}, before, "categories", "update to a@x.example+b@x.example"},
		{"categories and more", quiet, before, "categories subject", "update to a@x.example+b@x.example"},
		{"one guest for another", quiet, meeting("b@x.example", "c@x.example"), "attendees", "cancellation to a@x.example; invitation to c@x.example"},
		{
			"guests and more", quiet, meeting("b@x.example", "c@x.example"), "attendees subject",
			"cancellation to a@x.example; invitation to c@x.example; update to b@x.example",
		},
		{"a series", quiet, series, "subject", "update to a@x.example+b@x.example; update to c@x.example"},
		{"an attendee's copy", rules.Facts{}, before.Set("isOrganizer", false), "subject", ""},
	} {
		if got := text(c.facts.OnUpdate("o@x.example", before, c.after, strings.Fields(c.changed))); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDeletes(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	onlyThen := meeting().Set("exceptionOccurrences", []rawjson.Object{meeting("c@x.example")})
	for name, c := range map[string]struct {
		event rawjson.Object
		want  string
	}{
		"meeting": {meeting("a@x.example"), "cancellation to a@x.example"}, "appointment": {meeting(), ""},
		"attendee's copy":             {meeting("a@x.example").Set("isOrganizer", false), ""},
		"guests on an exception only": {onlyThen, "cancellation to c@x.example"},
	} {
		if got := text(rules.Facts{}.OnDelete("o@x.example", c.event, false, now)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestUpdatesCarrySomeMembersOnly(t *testing.T) {
	copied := rules.Mirrored(rawjson.Of("subject", "old", "categories", []string{"mine"}),
		rawjson.Of("subject", "new", "categories", []string{"theirs"}, "location", 1), []string{"subject", "categories"})
	if string(copied) != `{"subject":"new","categories":["mine"]}` {
		t.Errorf("the copy is %s", copied)
	}
}
