package words

import (
	"testing"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := Number(n); got != want {
			t.Errorf("%d is written %s, not %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{999: "999 B", 1234: "1.2 kB", 1_234_567: "1.2 MB", 2_500_000_000: "2.5 GB"} {
		if got := Size(n); got != want {
			t.Errorf("%d bytes are %s, not %s", n, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		Items(0): "0 items", Items(1): "1 item", Mailboxes(1): "1 mailbox", Mailboxes(2000): "2,000 mailboxes",
		Quoted([]string{"a", `b "c"`}): `"a", "b "c""`, Quoted(nil): "",
		Categories(nil): NoCategory, Categories([]string{"Blue", "Red"}): "Blue; Red",
		Tenant(mailbox.Tenant{ID: "7"}): "tenant 7", Tenant(mailbox.Tenant{ID: "7", DisplayName: "Contoso"}): "Contoso (tenant 7)",
	} {
		if got != want {
			t.Errorf("%q is not %q", got, want)
		}
	}
}
