package sandbox_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

// wallTime is a dateTimeTimeZone as "dateTime zone".
func wallTime(o map[string]any, member string) string {
	at, _ := o[member].(map[string]any)
	text, _ := at["dateTime"].(string)
	zone, _ := at["timeZone"].(string)
	return strings.TrimSuffix(text, ".0000000") + " " + zone
}

// outlook.timezone is about start and end of events, wherever they are shown,
// and about nothing else.
func TestTimesInTheZoneAskedFor(t *testing.T) {
	w := newWorld(t, strings.Replace(small(), `"subject":"about AApast"`, `"isAllDay":true,"subject":"about AApast"`, 1), sandbox.Options{})
	const berlin, tokyo = `Prefer: IdType="Default", outlook.timezone="W. Europe Standard Time"`, `Prefer: outlook.timezone="Asia/Tokyo"`
	series := annUser + "/events/AAseries=="
	day := "?startDateTime=2026-11-16T23:30:00Z&endDateTime=2026-11-18T00:00:00Z"
	for _, c := range []struct {
		path, prefer, member, want string
	}{
		{annUser + "/events/AAsingle", "Prefer: x", "start", "2026-11-20T10:00:00 UTC"},
		{annUser + "/events/AAsingle", berlin, "start", "2026-11-20T11:00:00 W. Europe Standard Time"},
		{annUser + "/events/AAsingle", berlin, "end", "2026-11-20T12:00:00 W. Europe Standard Time"},
		{annUser + "/calendars/AAcal/events/AAsingle", tokyo, "start", "2026-11-20T19:00:00 Asia/Tokyo"},
		{annUser + "/events/AAsingle?$select=start", tokyo, "start", "2026-11-20T19:00:00 Asia/Tokyo"},
		{annUser + "/events/AAsingle?$select=start", tokyo, "end", " "},
		{annUser + "/events/AApast", tokyo, "start", "2020-11-21T10:00:00 Asia/Tokyo"}, // a whole day keeps its own
	} {
		a := w.get(c.path, c.prefer).want(t, 200)
		if got := wallTime(a.json, c.member); got != c.want {
			t.Errorf("%s, %s: %s is %s, want %s", c.path, c.prefer, c.member, got, c.want)
		}
		if applied := a.header.Get("Preference-Applied"); strings.Contains(applied, "outlook.timezone=") != (c.prefer != "Prefer: x") {
			t.Errorf("%s: Preference-Applied is %q", c.prefer, applied)
		}
	}
	exceptions := w.get(series+"?$select=start,exceptionOccurrences&$expand=exceptionOccurrences", tokyo).want(t, 200)
	one, _ := exceptions.json["exceptionOccurrences"].([]any)[0].(map[string]any)
	if wallTime(one, "start") != "2026-11-17T19:00:00 Asia/Tokyo" || one["originalStart"] != "2026-11-16T10:00:00Z" {
		t.Errorf("an exception starts %s, originally %v", wallTime(one, "start"), one["originalStart"])
	}
	for _, path := range []string{series + "/instances" + day, annUser + "/calendarView" + day} {
		plain, zoned := w.get(path).want(t, 200), w.get(path, tokyo).want(t, 200)
		if strings.Join(plain.ids(), " ") != strings.Join(zoned.ids(), " ") || len(zoned.ids()) != 1 {
			t.Errorf("%s: the zone moves the window: %v, %v", path, plain.ids(), zoned.ids())
		}
		v := zoned.values()[0]
		if wallTime(v, "start") != "2026-11-17T19:00:00 Asia/Tokyo" || v["createdDateTime"] != "2020-01-01T00:00:00Z" {
			t.Errorf("%s: %v", path, v)
		}
	}
	if applied := w.get(annUser+"/contacts", tokyo).want(t, 200).header.Get("Preference-Applied"); applied != "" {
		t.Errorf("contacts apply %q", applied)
	}
}

func TestUnknownZonesAreRefused(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	for _, name := range []string{"Australia Eastern Standard Time", "tzone://Microsoft/Custom", "+10"} {
		for _, path := range []string{"/events", "/events/AAsingle", "/calendarView?startDateTime=2026-11-01&endDateTime=2026-11-02"} {
			w.get(annUser+path, `Prefer: outlook.timezone="`+name+`"`).want(t, 400, "TimeZoneNotSupportedException")
		}
	}
}

// Whether a contact has a picture follows from the picture.
func TestPictureProperty(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{})
	named := "?$expand=" + url.QueryEscape("singleValueExtendedProperties($filter=id eq '"+item.PictureProperty+"' or id eq 'String 0x3A24')")
	has := func(id string) string { return string(w.get(annUser+"/contacts/"+id+named).want(t, 200).raw) }
	const yes = `{"id":"Boolean {00062004-0000-0000-C000-000000000046} Id 0x8015","value":"true"}`
	if text := has("AAcontact3"); !strings.Contains(text, yes) {
		t.Errorf("a contact with a photo: %s", text)
	}
	if text := has("AAcontact1"); strings.Contains(text, "0x8015") || !strings.Contains(text, "0x3A24") {
		t.Errorf("a contact without one: %s", text)
	}
	w.do("PUT", annUser+"/contacts/AAcontact1/photo/$value", "\xff\xd8x", "Content-Type: image/jpeg").want(t, 200)
	w.do("DELETE", annUser+"/contacts/AAcontact3/photo", "").want(t, 204)
	if text := has("AAcontact1"); !strings.Contains(text, yes) || !strings.Contains(text, "0x3A24") {
		t.Errorf("a contact that was given one: %s", text)
	}
	if text := has("AAcontact3"); strings.Contains(text, "0x8015") {
		t.Errorf("a contact that lost it: %s", text)
	}
	w.do("PATCH", annUser+"/contacts/AAcontact3", `{"singleValueExtendedProperties":[`+yes+`]}`).want(t, 200)
	if text := has("AAcontact3"); strings.Contains(text, "0x8015") {
		t.Errorf("a contact that claims to have one: %s", text)
	}
	if list := string(w.get(annUser+"/contacts"+named).want(t, 200).raw); strings.Count(list, yes) != 1 {
		t.Errorf("listed: %s", list)
	}
}
