// Package words writes numbers, sizes and names as people read them, the same
// in every view. Names stay raw: whoever shows them makes them safe.
package words

import (
	"fmt"
	"strings"
	"time"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// NoCategory stands for an item's categories if it has none.
const NoCategory = "(none)"

// Number writes a count with a comma between thousands.
func Number(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Items counts items: "1 item", "2,000 items".
func Items(n int) string { return plural(n, "item", "items") }

// People counts people.
func People(n int) string { return plural(n, "person", "people") }

// Mailboxes counts mailboxes.
func Mailboxes(n int) string { return plural(n, "mailbox", "mailboxes") }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Size writes bytes in the unit that people read, 1 MB being a million bytes.
func Size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// Age writes how long ago something was, in its largest unit.
func Age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return plural(int(d.Minutes()), "minute", "minutes")
	case d < 48*time.Hour:
		return plural(int(d.Hours()), "hour", "hours")
	}
	return plural(int(d.Hours()/24), "day", "days")
}

// Quoted puts names in quotation marks.
func Quoted(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = `"` + n + `"`
	}
	return strings.Join(out, ", ")
}

// Categories joins the categories of an item by semicolons, which no
// category's name can hold.
func Categories(names []string) string {
	if len(names) == 0 {
		return NoCategory
	}
	return strings.Join(names, "; ")
}

// Tenant names a tenant.
func Tenant(t mailbox.Tenant) string {
	if t.DisplayName == "" {
		return "tenant " + t.ID
	}
	return fmt.Sprintf("%s (tenant %s)", t.DisplayName, t.ID)
}
