package mailboxtest

import (
	"context"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

func directoryTests() map[string]func(*testing.T, *bench) {
	return map[string]func(*testing.T, *bench){
		"the tenant has an id":                 tenantHasID,
		"an account is found by id and name":   findsByIDAndName,
		"an unknown user is not found":         unknownUser,
		"every user is listed once":            usersOnce,
		"a group's members are its users":      members,
		"an unknown group is not found":        unknownGroup,
		"an account without a mailbox says so": noMailbox,
		"an open mailbox knows whose it is":    knowsAccount,
	}
}

func tenantHasID(t *testing.T, b *bench) {
	tenant, err := b.Directory.Tenant(t.Context())
	if err != nil || tenant.ID == "" {
		t.Errorf("Tenant = %+v, %v; want an id", tenant, err)
	}
}

func findsByIDAndName(t *testing.T, b *bench) {
	for _, name := range []string{b.account.ID, b.account.UPN} {
		found, err := b.Directory.Find(t.Context(), name)
		if err != nil || found.ID != b.account.ID {
			t.Errorf("Find(%q) = %q, %v; want %q", name, found.ID, err, b.account.ID)
		}
	}
}

func unknownUser(t *testing.T, b *bench) {
	for _, name := range []string{
		"", "nobody.at.all@example.invalid", "o'nobody@example.invalid", "a#b/c?d@example.invalid", "$nobody@example.invalid", "nobody",
		"00000000-0000-4000-8000-00000000dead",
	} {
		_, err := b.Directory.Find(t.Context(), name)
		is(t, "Find("+name+")", err, mailbox.ErrNotFound)
	}
}

func usersOnce(t *testing.T, b *bench) {
	users, err := b.Directory.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	once(t, b, "Users", users)
}

// once checks that the accounts are there once, the harness's among them.
func once(t *testing.T, b *bench, what string, accounts []mailbox.Account) {
	t.Helper()
	seen := map[string]int{}
	for _, a := range accounts {
		if seen[a.ID]++; a.ID == "" || a.UPN == "" || seen[a.ID] > 1 {
			t.Errorf("%s: account %+v is nameless, or there twice", what, a)
		}
	}
	if seen[b.account.ID] != 1 {
		t.Errorf("%s lists %q %d times, want once", what, b.Account, seen[b.account.ID])
	}
}

func members(t *testing.T, b *bench) {
	if b.Group == "" {
		t.Skip("the harness names no group")
	}
	accounts, err := b.Directory.Members(t.Context(), b.Group)
	if err != nil {
		t.Fatal(err)
	}
	once(t, b, "Members", accounts)
}

func unknownGroup(t *testing.T, b *bench) {
	for _, name := range []string{"", "no such group's name", "00000000-0000-4000-8000-00000000dead"} {
		_, err := b.Directory.Members(t.Context(), name)
		is(t, "Members("+name+")", err, mailbox.ErrNotFound)
	}
}

func noMailbox(t *testing.T, b *bench) {
	if b.NoMailbox == "" {
		t.Skip("the harness names no account without a mailbox")
	}
	account, err := b.Directory.Find(t.Context(), b.NoMailbox)
	if err != nil {
		t.Fatal(err)
	}
	box, err := b.Directory.Open(t.Context(), account)
	is(t, "Open", err, mailbox.ErrNoMailbox)
	if box != nil {
		t.Error("Open gave a mailbox beside the error")
	}
}

func knowsAccount(t *testing.T, b *bench) {
	if got := b.box.Account(); got.ID != b.account.ID || got.UPN != b.account.UPN {
		t.Errorf("Account = %+v, want %+v", got, b.account)
	}
	if _, err := b.Directory.Open(cancelled(t), b.account); err == nil {
		t.Error("Open with a context that is over gave no error")
	} else {
		is(t, "Open with a context that is over", err, context.Canceled)
	}
}
