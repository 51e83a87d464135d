package zone

import (
	"testing"
	"time"
)

// A machine without a zone database cannot be had in a test of this machine, so
// the one compiled in is asked directly.
func TestEveryZoneIsCompiledIn(t *testing.T) {
	zones, err := unpacked()
	if err != nil || len(zones) < 590 {
		t.Fatalf("%d zones, %v; IANA has about 600", len(zones), err)
	}
	for name := range zones {
		if _, err := compiledIn(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, iana := range known().iana {
		if _, ok := zones[iana]; !ok {
			t.Errorf("%s is in the table and not compiled in", iana)
		}
	}
	if _, err := compiledIn("Nowhere/Atall"); err == nil {
		t.Error("a zone that is none was found")
	}
}

func TestClocksOfCompiledInZones(t *testing.T) {
	tests := []struct {
		zone, utc, local string
	}{
		{"Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00"},
		{"Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00"},
		{"Europe/Berlin", "2037-07-01T12:00:00Z", "2037-07-01T14:00:00+02:00"},
		{"America/New_York", "2026-11-01T06:00:00Z", "2026-11-01T01:00:00-05:00"},
		{"America/Sao_Paulo", "2018-12-01T12:00:00Z", "2018-12-01T10:00:00-02:00"},
		{"America/Sao_Paulo", "2025-12-01T12:00:00Z", "2025-12-01T09:00:00-03:00"},
		{"Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T05:45:00+05:45"},
		{"Australia/Lord_Howe", "2026-01-01T00:00:00Z", "2026-01-01T11:00:00+11:00"},
		{"Africa/Casablanca", "1970-06-01T12:00:00Z", "1970-06-01T12:00:00Z"},
		{"Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31T00:00:00+14:00"},
	}
	for _, test := range tests {
		zone, err := compiledIn(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, test.utc)
		if err != nil {
			t.Fatal(err)
		}
		want, err := time.Parse(time.RFC3339, test.local)
		if err != nil {
			t.Fatal(err)
		}
		_, offset := at.In(zone).Zone()
		_, wanted := want.Zone()
		if !at.Equal(want) || offset != wanted {
			t.Errorf("%s at %s is %s, want %s", test.zone, test.utc, at.In(zone).Format(time.RFC3339), test.local)
		}
	}
}
