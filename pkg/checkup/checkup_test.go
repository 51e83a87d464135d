package checkup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/permission"
)

func TestCertificateInItsTime(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		from, until time.Duration
		want        State
		says        string
	}{
		{-time.Hour, 100 * 24 * time.Hour, Well, "valid until 2027-03-06"},
		{-time.Hour, 10*24*time.Hour + time.Hour, Note, "in 10 days"},
		{-time.Hour, 0, Missing, "expired on 2026-11-26"},
		{-2 * time.Hour, -time.Hour, Missing, "expired"},
		{time.Hour, 100 * 24 * time.Hour, Missing, "valid only from"},
	} {
		app := App{CertificateFile: "app.pfx", Variables: []string{"AZURE_X"}, From: now.Add(c.from), Until: now.Add(c.until)}
		got := app.Credential(now)
		if got.State != c.want || !strings.Contains(got.Text, c.says) || !strings.Contains(got.Text, "app.pfx, from AZURE_X") {
			t.Errorf("%s to %s: %+v", c.from, c.until, got)
		}
	}
}

func TestOtherCredentials(t *testing.T) {
	if got := (App{Sandbox: true}).Credential(time.Now()); got.State != Well || !strings.Contains(got.Text, "sandbox") {
		t.Errorf("%+v", got)
	}
	if got := (App{Variables: []string{"A", "B"}}).Credential(time.Now()); got.State != Well || !strings.Contains(got.Text, "client secret, from A, B") {
		t.Errorf("%+v", got)
	}
}

func TestClock(t *testing.T) {
	for behind, want := range map[time.Duration]State{
		0: Well, 59 * time.Second: Well, -59 * time.Second: Well, time.Minute: Note, -2 * time.Minute: Note,
		5 * time.Minute: Missing, -time.Hour: Missing,
	} {
		got := Clock(behind, true)
		if got.State != want || behind <= -time.Minute && !strings.Contains(got.Text, "ahead of") || behind >= time.Minute && !strings.Contains(got.Text, "behind") {
			t.Errorf("%s: %+v", behind, got)
		}
	}
	if got := Clock(0, false); got.State != Unseen || !Bad([]Finding{got}) {
		t.Errorf("a clock that nobody saw is %+v", got)
	}
}

func TestStore(t *testing.T) {
	for _, c := range []struct {
		free  int64
		err   error
		state []State
	}{
		{10 << 30, nil, []State{Well, Well}},
		{10 << 20, nil, []State{Well, Missing}},
		{-1, nil, []State{Well, Note}},
		{0, errors.New("no"), []State{Missing}},
	} {
		var got []State
		for _, f := range Store("d", c.free, c.err) {
			got = append(got, f.State)
		}
		if !slices.Equal(got, c.state) {
			t.Errorf("%d, %v: %v", c.free, c.err, got)
		}
	}
}

// stateOf finds what was said of one role's need.
func stateOf(t *testing.T, findings []Finding, role, about string) State {
	t.Helper()
	for _, f := range findings {
		if f.Check == role && strings.Contains(f.Text, about) {
			return f.State
		}
	}
	t.Fatalf("nothing is said of %s, %s", role, about)
	return ""
}

func TestEveryMissingRoleIsFound(t *testing.T) {
	var all []string
	for _, n := range permission.Needs() {
		all = append(all, n.Role())
	}
	if Bad(Permissions(all, permission.Commands(), nil)) {
		t.Error("something is missing although everything was granted")
	}
	tried := 0
	for _, n := range permission.Needs() {
		rest := slices.DeleteFunc(slices.Clone(all), func(role string) bool { return slices.Contains(n.Roles, role) })
		want := Missing
		if n.Spare {
			want = Note
		}
		findings := Permissions(rest, permission.Commands(), nil)
		if got := stateOf(t, findings, n.Role(), n.For); got != want {
			t.Errorf("without %s: %s, want %s", n.Role(), got, want)
		}
		if !slices.ContainsFunc(findings, func(f Finding) bool {
			return f.Check == n.Role() && strings.Contains(strings.Join(f.Fix, " "), `"`+n.Role()+`"`)
		}) {
			t.Errorf("nobody says how to grant %s", n.Role())
		}
		tried++
	}
	if tried < 14 {
		t.Errorf("only %d tried", tried)
	}
}

// What Exchange grants for some mailboxes is not in the token.
func TestGrantedInExchange(t *testing.T) {
	inside := Reach{item.Contacts: nil, item.Events: mailbox.ErrDenied, item.Tasks: nil, "": nil}
	got := Permissions(nil, permission.Commands(), inside)
	for _, c := range []struct {
		role, about string
		want        State
	}{
		{"Contacts.Read", "reading", Well},
		{"Contacts.ReadWrite", "changing", Note},
		{"Calendars.Read", "reading", Missing},
		{"Tasks.Read.All", "reading", Missing}, // which Exchange cannot grant
		{"MailboxSettings.Read", "what a mailbox", Well},
	} {
		if state := stateOf(t, got, c.role, c.about); state != c.want {
			t.Errorf("%s is %s, want %s", c.role, state, c.want)
		}
	}
}

func TestOutside(t *testing.T) {
	denied := fmt.Errorf("x: %w", mailbox.ErrDenied)
	for name, c := range map[string]struct {
		reach Reach
		err   error
		want  State
	}{
		"refused":            {Reach{item.Contacts: denied, item.Events: denied, item.Tasks: denied}, nil, Well},
		"contacts are open":  {Reach{item.Contacts: nil, item.Events: denied}, nil, Danger},
		"events are open":    {Reach{item.Contacts: denied, item.Events: nil}, nil, Danger},
		"there is none":      {nil, mailbox.ErrNotFound, Unseen},
		"nobody can tell":    {Reach{item.Contacts: denied, item.Events: mailbox.ErrBusy}, nil, Unseen},
		"nothing was tried":  {Reach{}, nil, Danger},
		"tasks are not kept": {Reach{item.Contacts: denied, item.Events: denied, item.Tasks: nil}, nil, Well},
	} {
		got := Outside("x@y", c.reach, c.err)
		if got[0].State != c.want {
			t.Errorf("%s: %+v", name, got)
		}
		if open := c.reach[item.Tasks] == nil && len(c.reach) == 3; open != (len(got) == 2) {
			t.Errorf("%s: %d findings", name, len(got))
		}
	}
}

// directory gives a mailbox that answers as it is told.
type directory struct {
	mailbox.Mailbox
	denied string
}

func (d directory) Find(_ context.Context, name string) (mailbox.Account, error) {
	if name == "nobody" {
		return mailbox.Account{}, mailbox.ErrNotFound
	}
	return mailbox.Account{ID: name}, nil
}

func (d directory) At(mailbox.Account) mailbox.Mailbox { return d }
func (d directory) Settings(context.Context) (json.RawMessage, error) {
	return nil, d.answer("")
}

func (d directory) Folders(_ context.Context, kind item.Kind) ([]item.Folder, error) {
	return nil, d.answer(string(kind))
}

func (d directory) answer(part string) error {
	if part == d.denied {
		return mailbox.ErrDenied
	}
	return nil
}

// Each part of a mailbox is tried by itself: one that is refused hides no other.
func TestLookTriesEachPart(t *testing.T) {
	for _, denied := range []string{"", "contacts", "events", "tasks"} {
		reach, err := Look(t.Context(), directory{denied: denied}, "x")
		if err != nil || len(reach) != 4 {
			t.Fatalf("%v, %v", reach, err)
		}
		for part, err := range reach {
			if (err != nil) != (string(part) == denied) {
				t.Errorf("%q denied: %q gives %v", denied, part, err)
			}
		}
		for _, f := range Inside("x", reach, nil) {
			if (f.State == Missing) != (denied != "" && strings.HasPrefix(f.Text, denied)) {
				t.Errorf("%q denied: %+v", denied, f)
			}
		}
	}
	if _, err := Look(t.Context(), directory{}, "nobody"); !errors.Is(err, mailbox.ErrNotFound) {
		t.Error(err)
	}
}
