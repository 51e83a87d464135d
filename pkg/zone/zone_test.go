package zone_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/zone"
)

type row struct {
	windows string
	zones   []string
}

func rows(t *testing.T) (rows []row) {
	t.Helper()
	table, err := os.ReadFile("table.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		if windows, zones, ok := strings.Cut(line, " = "); ok && !strings.HasPrefix(line, "#") {
			rows = append(rows, row{windows, strings.Fields(zones)})
		}
	}
	if len(rows) < 139 {
		t.Fatalf("only %d rows", len(rows))
	}
	return rows
}

func TestEveryRowLoads(t *testing.T) {
	zones := 0
	seen := map[string]string{}
	for _, r := range rows(t) {
		if _, err := zone.Load(r.windows); err != nil {
			t.Errorf("Load(%q): %v", r.windows, err)
		}
		if iana, ok := zone.IANA(strings.ToUpper(r.windows)); !ok || iana != r.zones[0] {
			t.Errorf("IANA(%q) = %q, %v, want %q", strings.ToUpper(r.windows), iana, ok, r.zones[0])
		}
		for _, iana := range r.zones {
			zones++
			if other, ok := seen[iana]; ok {
				t.Errorf("%s stands in %q and %q", iana, other, r.windows)
			}
			seen[iana] = r.windows
			if _, err := zone.Load(strings.ToLower(iana)); err != nil {
				t.Errorf("Load(%q): %v", strings.ToLower(iana), err)
			}
			if got, ok := zone.Windows(iana); !ok || got != r.windows {
				t.Errorf("Windows(%q) = %q, %v, want %q", iana, got, ok, r.windows)
			}
			if got, ok := zone.IANA(iana); !ok || got != iana {
				t.Errorf("IANA(%q) = %q, %v", iana, got, ok)
			}
		}
	}
	if zones < 350 {
		t.Errorf("only %d IANA zones", zones)
	}
}

// The clocks of the zones as their countries published them for 2024.
func TestOffsetsInWinterAndSummer(t *testing.T) {
	winter, summer := time.Date(2024, 1, 15, 12, 0, 0, 0, time.UTC), time.Date(2024, 7, 15, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name          string
		january, july float64 // hours east of UTC
	}{
		{"W. Europe Standard Time", 1, 2},
		{"w. europe standard time", 1, 2},
		{"Romance Standard Time", 1, 2},
		{"GMT Standard Time", 0, 1},
		{"Greenwich Standard Time", 0, 0},
		{"FLE Standard Time", 2, 3},
		{"Turkey Standard Time", 3, 3},
		{"Russian Standard Time", 3, 3},
		{"Eastern Standard Time", -5, -4},
		{"US Eastern Standard Time", -5, -4},
		{"Pacific Standard Time", -8, -7},
		{"US Mountain Standard Time", -7, -7},
		{"Newfoundland Standard Time", -3.5, -2.5},
		{"E. South America Standard Time", -3, -3},
		{"Pacific SA Standard Time", -3, -4},
		{"India Standard Time", 5.5, 5.5},
		{"Nepal Standard Time", 5.75, 5.75},
		{"China Standard Time", 8, 8},
		{"Tokyo Standard Time", 9, 9},
		{"AUS Eastern Standard Time", 11, 10},
		{"Lord Howe Standard Time", 11, 10.5},
		{"New Zealand Standard Time", 13, 12},
		{"Chatham Islands Standard Time", 13.75, 12.75},
		{"UTC-11", -11, -11},
		{"UTC+13", 13, 13},
		{"Line Islands Standard Time", 14, 14},
		{"Dateline Standard Time", -12, -12},
		{"Europe/Vienna", 1, 2},
		{"europe/zurich", 1, 2},
		{"Africa/Cairo", 2, 3},
		{"EST5EDT", -5, -4},
		{"UTC", 0, 0},
		{" tzone://microsoft/UTC ", 0, 0},
	} {
		loc, err := zone.Load(c.name)
		if err != nil {
			t.Errorf("Load(%q): %v", c.name, err)
			continue
		}
		_, jan := winter.In(loc).Zone()
		_, july := summer.In(loc).Zone()
		if float64(jan)/3600 != c.january || float64(july)/3600 != c.july {
			t.Errorf("%s: %v and %v hours, want %v and %v", c.name, float64(jan)/3600, float64(july)/3600, c.january, c.july)
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, name := range []string{
		"", " ", "Local", "local", "tzone://Microsoft/Custom", "tzone://", "Customized Time Zone", "Mars Standard Time",
		"../../etc/passwd", "/etc/localtime", `..\zone`, "W. Europe Standard Time\x00", strings.Repeat("x", 5000), "Europe",
	} {
		if loc, err := zone.Load(name); !errors.Is(err, zone.ErrUnknown) || loc != nil {
			t.Errorf("Load(%q) = %v, %v", name, loc, err)
		}
		if iana, ok := zone.IANA(name); ok || iana != "" {
			t.Errorf("IANA(%q) = %q", name, iana)
		}
		if windows, ok := zone.Windows(name); ok || windows != "" {
			t.Errorf("Windows(%q) = %q", name, windows)
		}
	}
}

func TestNamesForUTC(t *testing.T) {
	for _, name := range []string{"UTC", "utc", "Etc/UTC", "tzone://Microsoft/Utc", "GMT", "Z"} {
		if loc, err := zone.Load(name); err != nil || loc != time.UTC {
			t.Errorf("Load(%q) = %v, %v", name, loc, err)
		}
		if windows, ok := zone.Windows(name); !ok || windows != "UTC" {
			t.Errorf("Windows(%q) = %q, %v", name, windows, ok)
		}
	}
}

// Of a zone outside the table the IANA name is known and the Windows name is
// not.
func TestBeyondTheTable(t *testing.T) {
	if iana, ok := zone.IANA("Antarctica/Troll"); !ok || iana != "Antarctica/Troll" {
		t.Errorf("IANA = %q, %v", iana, ok)
	}
	if windows, ok := zone.Windows("Antarctica/Troll"); ok {
		t.Errorf("Windows = %q", windows)
	}
	if windows, ok := zone.Windows("w. europe standard time"); !ok || windows != "W. Europe Standard Time" {
		t.Errorf("Windows = %q, %v", windows, ok)
	}
}
