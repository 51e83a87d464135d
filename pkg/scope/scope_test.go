package scope_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/scope"
)

var contacts = item.Folder{Kind: item.Contacts, ID: "contacts", Path: "Contacts"}

func world() *memory.Tenant {
	t := memory.New("tenant")
	for _, name := range []string{"cid", "ann", "bob"} {
		t.Add(mailbox.Account{ID: "id-" + name, UPN: name + "@contoso.example", Address: name + ".m@contoso.example"}, contacts)
		t.Put("id-"+name, contacts, map[string]any{"id": name})
	}
	t.Add(mailbox.Account{ID: "id-none", UPN: "none@contoso.example"})
	return t
}

func names(accounts []mailbox.Account) string {
	var list []string
	for _, a := range accounts {
		list = append(list, strings.TrimPrefix(a.ID, "id-"))
	}
	return strings.Join(list, " ")
}

func TestResolve(t *testing.T) {
	cases := []struct {
		selection scope.Selection
		want      string
		skipped   int
		err       error
	}{
		{scope.Selection{Names: []string{"BOB@contoso.example"}}, "bob", 0, nil},
		{scope.Selection{Names: []string{"bob.m@contoso.example", "id-bob", "ann@contoso.example"}}, "ann bob", 0, nil},
		{scope.Selection{Names: []string{"nobody@contoso.example", "ann@contoso.example"}}, "ann", 1, nil},
		{scope.Selection{Groups: []string{"everybody"}}, "ann bob cid none", 0, nil},
		{scope.Selection{Groups: []string{"nobodies"}}, "", 0, mailbox.ErrNotFound},
		{scope.Selection{All: true, Names: []string{"id-ann"}}, "ann bob cid none", 0, nil},
		{scope.Selection{All: true, Exclude: []string{"ANN.m@contoso.example", "id-none"}}, "bob cid", 0, nil},
		{scope.Selection{All: true, Exclude: []string{"id-ann", "ANN.m@contoso.example", "id-ann"}}, "bob cid none", 0, nil},
		{scope.Selection{All: true, Exclude: []string{"ann@contoso.exampel"}}, "", 0, scope.ErrExclude},
		{scope.Selection{All: true, Exclude: []string{""}}, "", 0, scope.ErrExclude},
		{scope.Selection{Names: []string{"id-ann"}, Lasting: []string{"id-bob"}}, "ann", 0, nil},
		{scope.Selection{Names: []string{"id-ann", "id-bob"}, Exclude: []string{"id-ann"}, Lasting: []string{"id-bob", "id-ann"}}, "", 0, nil},
		{scope.Selection{Names: []string{"id-ann"}, Exclude: []string{"id-bob"}}, "", 0, scope.ErrExclude},
		{scope.Selection{Names: []string{"id-ann"}, Lasting: []string{"ann@contoso.exampel"}}, "", 0, scope.ErrExclude},
		{scope.Selection{}, "", 0, nil},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%+v", c.selection), func(t *testing.T) {
			found, err := scope.Resolve(t.Context(), world(), c.selection)
			if !errors.Is(err, c.err) {
				t.Fatalf("got %v, want %v", err, c.err)
			}
			if err == nil && (names(found.Accounts) != c.want || len(found.Skipped) != c.skipped) {
				t.Errorf("got %q and skipped %v, want %q and %d", names(found.Accounts), found.Skipped, c.want, c.skipped)
			}
		})
	}
	if len(cases) < 10 {
		t.Fatalf("only %d cases", len(cases))
	}
}

func TestWithout(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
		err   error
	}{
		{nil, "ann bob", nil},
		{[]string{"ANN.m@contoso.example "}, "bob", nil},
		{[]string{"id-ann", "id-ann"}, "bob", nil},
		{[]string{"id-cid"}, "ann bob", nil},
		{[]string{"id-cid", "id-bob", "ann.m@contoso.example"}, "", nil},
		{[]string{"ann@contoso.exampel"}, "", scope.ErrExclude},
		{[]string{""}, "", scope.ErrExclude},
	} {
		found, err := scope.Resolve(t.Context(), world(), scope.Selection{Names: []string{"id-ann", "id-bob"}})
		if err != nil {
			t.Fatal(err)
		}
		err = found.Without(t.Context(), world(), c.names)
		if !errors.Is(err, c.err) || err == nil && names(found.Accounts) != c.want {
			t.Errorf("%q: %q, %v", c.names, names(found.Accounts), err)
		}
	}
}

func TestReadSkipsWhatCannotBeRead(t *testing.T) {
	for _, quiet := range []bool{false, true} {
		w := world()
		w.Fault = func(c memory.Call) (error, error) {
			if c.Mailbox == "id-bob" && c.Verb == "list" {
				return errors.New("no connection"), nil
			}
			return nil, nil
		}
		found, err := scope.Resolve(t.Context(), w, scope.Selection{All: true})
		if err != nil {
			t.Fatal(err)
		}
		var read []string
		skipped, err := scope.Read(t.Context(), w, found.Accounts, scope.Reading{Kinds: item.Kinds(), Parallel: 3, Quiet: quiet}, func(a mailbox.Account, items []item.Item) {
			if len(items) != 1 {
				t.Errorf("%s: %d items", a.ID, len(items))
			}
			read = append(read, a.ID)
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(read)
		if want := []string{"id-ann", "id-cid"}; !slices.Equal(read, want) {
			t.Errorf("read %q", read)
		}
		if want := map[bool]int{false: 2, true: 1}[quiet]; len(skipped) != want {
			t.Errorf("quiet %v: skipped %v", quiet, skipped)
		}
	}
}

func TestSignInFailureEndsIt(t *testing.T) {
	w := world()
	found, err := scope.Resolve(t.Context(), w, scope.Selection{All: true})
	if err != nil {
		t.Fatal(err)
	}
	w.Fault = func(memory.Call) (error, error) { return mailbox.ErrSignIn, nil }
	_, _, err = scope.OpenAll(t.Context(), w, found.Accounts, 2, true)
	if !errors.Is(err, mailbox.ErrSignIn) {
		t.Errorf("got %v", err)
	}
}

func TestParseList(t *testing.T) {
	cases := []struct{ text, want, fault string }{
		{"UserPrincipalName\na@x.example\nb@x.example\n", "a@x.example b@x.example", ""},
		{"\ufeffDisplayName;PrimarySmtpAddress\r\nAnn, A.;a@x.example\r\n", "a@x.example", ""},
		{"Name,mail\n\"Ann, A.\",a@x.example\n", "a@x.example", ""},
		{"a@x.example\nb@x.example", "a@x.example b@x.example", ""},
		{"id\n4d29052a-70e8-4251-a7de-542b522cdf25\n", "4d29052a-70e8-4251-a7de-542b522cdf25", ""},
		{"", "", "empty"},
		{"mail\n", "", "no lines"},
		{"Name,Town\nAnn,Oslo\n", "", "line 1"},
		{"mail\na@x.example\nOslo\n", "", "line 3"},
		{"mail,name\na@x.example\n", "", "line 2"},
		{"mail,name\na@x.example,Ann\n,Bob\n", "", "line 3"},
		{"#TYPE Microsoft.Exchange.Data.Directory.Management.Mailbox\r\n\"Identity\",\"PrimarySmtpAddress\"\r\n\"Ann A\",\"a@x.example\"\r\n", "a@x.example", ""},
		{"#TYPE Selected.X\n\"Mail\"\n\"Oslo\"\n", "", "line 3"},
		{"#TYPE X\nName,Town\n", "", "line 2"},
		{"#TYPE X\nmail,a\na@x.example,\"\n", "", "line 3"},
		{"Identity;UserPrincipalName\nAnn;a@x.example\n", "a@x.example", ""},
		{"Identity\nAnn\n", "", "line 2"},
		{" emailaddress ,x\na@x.example,\n", "a@x.example", ""},
		{"Id,ExternalDirectoryObjectId\nAnn,4d29052a-70e8-4251-a7de-542b522cdf25\n", "4d29052a-70e8-4251-a7de-542b522cdf25", ""},
		{"Name\tMail\tTown\n\ta@x.example\tOslo, N; S\n", "a@x.example", ""},
		{utf16le("\ufeffName\tMail\r\nÅsa\ta@x.example\r\n"), "a@x.example", ""},
		{utf16be("\ufeffMail\na@x.example"), "a@x.example", ""},
		{"\xff\xfe", "", "empty"},
		{"\xff\xfem", "", "empty"},
		{"mail\n\"a@x.example\n", "", "line 2"},
		{"mail\na b@x.example\n", "", "line 2"},
	}
	for _, c := range cases {
		got, err := scope.ParseList(strings.NewReader(c.text))
		if c.fault != "" {
			if !errors.Is(err, scope.ErrList) || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%q: got %v, want one about %q", c.text, err, c.fault)
			}
			continue
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%q: got %q, %v", c.text, got, err)
		}
	}
	if len(cases) < 26 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// utf16le and utf16be are how Windows writes text that begins with its mark.
func utf16le(text string) string { return in(binary.LittleEndian, text) }
func utf16be(text string) string { return in(binary.BigEndian, text) }

func in(order binary.AppendByteOrder, text string) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

func FuzzParseList(f *testing.F) {
	f.Add(utf16le("\ufeffmail\na@x.example\n"))
	f.Add("#TYPE x\na\tmail\n\ta@x\n")
	f.Add("mail\na@x.example\n")
	f.Add("\ufeffa;Identity\n;b@x\n")
	f.Fuzz(func(t *testing.T, text string) {
		names, err := scope.ParseList(strings.NewReader(text))
		if err == nil && len(names) == 0 {
			t.Fatal("no names and no error")
		}
		for _, n := range names {
			if strings.TrimSpace(n) != n || n == "" {
				t.Fatalf("name %q", n)
			}
		}
	})
}
