package handout_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-vcard"
	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/handout"
	"github.com/riva-prep/riva-prep/pkg/item"
)

// person is a contact as a test reads it, apart from the code under test.
type person struct {
	DisplayName, FileAs, GivenName, MiddleName, Surname, Title, Generation, NickName, CompanyName, Department, JobTitle *string
	PersonalNotes, MobilePhone, OfficeLocation, SpouseName                                                              *string
	EmailAddresses                                                                                                      []struct{ Name, Address string }
	BusinessPhones, HomePhones, Categories, ImAddresses                                                                 []string
	BusinessAddress, HomeAddress, OtherAddress                                                                          struct{ Street, City, State, PostalCode, CountryOrRegion string }
	SingleValueExtendedProperties                                                                                       []struct{ ID, Value string }
	Birthday                                                                                                            *string
}

func (p person) property(id string) string {
	for _, e := range p.SingleValueExtendedProperties {
		if strings.EqualFold(e.ID, id) {
			return e.Value
		}
	}
	return ""
}

func str(s *string) string {
	if s == nil {
		return ""
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(*s)
}

// wantCard compares a card with the contact that it was made of.
func wantCard(t interface {
	Errorf(string, ...any)
}, p person, list []property,
) {
	same := func(what string, got, want []string) {
		want = slices.DeleteFunc(slices.Clone(want), func(s string) bool { return s == "" })
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	if n := find(list, "N"); len(n) != 1 || !slices.Equal(split(n[0].raw, ';'),
		[]string{str(p.Surname), str(p.GivenName), str(p.MiddleName), str(p.Title), str(p.Generation)}) {
		t.Errorf("name: %+v of %+v", n, p)
	}
	if fn := texts(find(list, "FN")); len(fn) != 1 || fn[0] == "" || strings.TrimSpace(str(p.DisplayName)) != "" && fn[0] != str(p.DisplayName) {
		t.Errorf("full name %q, want %q", fn, str(p.DisplayName))
	}
	var mails []string
	for _, m := range p.EmailAddresses {
		if strings.Contains(m.Address, "@") {
			mails = append(mails, m.Address)
		}
	}
	same("mails", texts(find(list, "EMAIL", "INTERNET")), mails)
	work, home := find(list, "TEL", "WORK", "VOICE"), find(list, "TEL", "HOME", "VOICE")
	same("work", texts(work), p.BusinessPhones)
	same("home", texts(home), p.HomePhones)
	same("cell", texts(find(list, "TEL", "CELL")), []string{str(p.MobilePhone)})
	same("fax", texts(find(list, "TEL", "WORK", "FAX")), []string{p.property("String 0x3A24")})
	same("notes", texts(find(list, "NOTE")), []string{str(p.PersonalNotes)})
	same("nick", texts(find(list, "NICKNAME")), []string{str(p.NickName)})
	same("title", texts(find(list, "TITLE")), []string{str(p.JobTitle)})
	same("spouse", texts(find(list, "X-MS-SPOUSE")), []string{str(p.SpouseName)})
	same("im", texts(find(list, "X-MS-IMADDRESS")), p.ImAddresses)
	var categories []string
	for _, c := range find(list, "CATEGORIES") {
		categories = append(categories, split(c.raw, ',')...)
	}
	same("categories", categories, p.Categories)
	for kind, a := range map[string]struct{ Street, City, State, PostalCode, CountryOrRegion string }{
		"WORK": p.BusinessAddress, "HOME": p.HomeAddress, "POSTAL": p.OtherAddress,
	} {
		want := []string{clean(a.Street), a.City, a.State, a.PostalCode, a.CountryOrRegion}
		got := []string{"", "", "", "", ""}
		if adr := find(list, "ADR", kind); len(adr) == 1 {
			got = split(adr[0].raw, ';')[2:]
		}
		if !slices.Equal(got, want) {
			t.Errorf("address %s: %q, want %q", kind, got, want)
		}
	}
}

func clean(s string) string { return str(&s) }

func TestEveryContactComesBack(t *testing.T) {
	contacts, mails, phones, photos := 0, 0, 0, 0
	for _, name := range []string{"exports.json", "documented.json"} {
		for _, b := range tenant(t, name) {
			dst, result := write(t, b, handout.VCard)
			if len(result.Left) > 0 {
				t.Errorf("left: %+v", result.Left)
			}
			cards := map[string][]property{}
			for _, file := range dst.names(".vcf") {
				content := dst.files[file].String()
				decode(t, content)
				list := properties(content)
				cards[find(list, "UID")[0].text()] = list
			}
			for _, l := range b.lines {
				if l.Kind != item.Contacts {
					continue
				}
				var p person
				if err := json.Unmarshal(l.Item, &p); err != nil {
					t.Fatal(err)
				}
				contacts++
				mails += len(p.EmailAddresses)
				phones += len(p.BusinessPhones) + len(p.HomePhones)
				wantCard(t, p, cards[l.ID])
				if l.Photo != nil {
					photos++
					data, err := base64.StdEncoding.DecodeString(find(cards[l.ID], "PHOTO")[0].raw)
					if err != nil || !bytes.Equal(data, b.blobs[l.Photo.Blob]) {
						t.Errorf("photo of %s: %v", l.ID, err)
					}
				}
			}
		}
	}
	if contacts < 42 || mails < 34 || phones < 23 || photos < 6 {
		t.Errorf("only %d contacts, %d addresses, %d phones, %d photos", contacts, mails, phones, photos)
	}
}

// hostileTexts is what breaks formats made of lines, fields and escapes.
func hostileTexts() []string {
	return []string{
		`a,b`, `a;b`, `a\b`, `a\,b`, `a\;b`, `a\`, `\`, `;`, `,`, `;;`, `,,`, `a:b`, `"a"`, `a\nb`, "a\nb", "a\n\nb", "\na", " a", "a ", "a\tb",
		"🎉", "👩‍👩‍👧‍👦 family", "שלום עולם", "مرحبا, بالعالم", "Zoë Çağlar", "e\u0301", "日本語の名前", "END:VCARD", "a\nEND:VCARD\nBEGIN:VCARD",
		"a\nATTENDEE:mailto:x@example.com", strings.Repeat("ä", 200), strings.Repeat("x", 500), strings.Repeat("🎉;", 60), strings.Repeat(`\`, 75),
		strings.Repeat("a ", 100), "x" + strings.Repeat("日", 25),
	}
}

func contactOf(name, notes, phone string, categories []string) string {
	data, err := json.Marshal(map[string]any{
		"id": "id of " + name, "displayName": name, "givenName": name, "surname": notes, "companyName": name, "department": notes,
		"personalNotes": notes, "mobilePhone": phone, "categories": categories, "businessAddress": map[string]string{"street": notes, "city": name},
	})
	if err != nil {
		panic(err)
	}
	return string(data)
}

func wantRoundTrip(t interface {
	Helper()
	Errorf(string, ...any)
	Fatal(...any)
}, raw string,
) {
	t.Helper()
	b := newBackup("")
	b.add(item.Contacts, "Contacts", raw)
	dst := newFolder()
	result, err := handout.Write(dst, b, b.box, handout.VCard)
	if err != nil || len(result.Left) > 0 {
		t.Fatal(err, result.Left)
	}
	var p person
	if err := json.Unmarshal([]byte(raw), &p); err != nil {
		t.Fatal(err)
	}
	content := dst.files[dst.names(".vcf")[0]].String()
	wantCard(t, p, properties(content))
	if n := strings.Count(content, "\nBEGIN:VCARD") + strings.Count(content, "\nEND:VCARD"); n != 1 {
		t.Errorf("%d ends in %q", n, content)
	}
}

func TestHostileTextsComeBack(t *testing.T) {
	cases := hostileTexts()
	if len(cases) < 35 {
		t.Fatalf("only %d texts", len(cases))
	}
	for i, s := range cases {
		other := cases[(i+7)%len(cases)]
		wantRoundTrip(t, contactOf(s, other, "+49 30 1", []string{s, other + "x"}))
	}
}

func TestAnyTextComesBack(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(hostileTexts()), rapid.StringMatching(`[a-z ,;\\:\n"ä日🎉]{0,90}`)), 0, 4).Draw(t, "parts"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		categories := rapid.SliceOfN(rapid.StringMatching(`[a-zä日🎉][a-z ,;\\:ä日🎉]{0,40}`), 0, 4).Draw(t, "categories")
		wantRoundTrip(t, contactOf(text.Draw(t, "name"), text.Draw(t, "notes"), "1", categories))
	})
}

func TestContactWithoutAName(t *testing.T) {
	b := newBackup("")
	b.add(item.Contacts, "Contacts", `{"id":"a","displayName":null,"emailAddresses":[],"homeAddress":{}}`)
	b.add(item.Contacts, "Contacts", `{"id":"b","displayName":" ","companyName":"Fabrikam"}`)
	b.add(item.Contacts, "Contacts", `{"id":"c","emailAddresses":[{"name":"","address":"c@fabrikam.example"}]}`)
	dst, result := write(t, b, handout.VCard)
	if n := count(result, handout.Nameless); n != 1 {
		t.Errorf("%d are said to have no name", n)
	}
	want := []string{
		"ann@contoso.example/contacts/Contacts/(no name).vcf", "ann@contoso.example/contacts/Contacts/Fabrikam.vcf", "ann@contoso.example/contacts/Contacts/c@fabrikam.example.vcf",
	}
	if got := dst.names(".vcf"); !slices.Equal(got, want) {
		t.Errorf("files %q", got)
	}
	for _, name := range dst.names(".vcf") {
		if decode(t, dst.files[name].String()).Value(vcard.FieldFormattedName) == "" {
			t.Errorf("%s has no name", name)
		}
	}
}

func TestWhatExchangeAloneUnderstandsSurvives(t *testing.T) {
	b := newBackup("")
	b.add(item.Contacts, "Contacts", `{"id":"a","displayName":"Bo","emailAddresses":[
		{"name":"Bo","address":"/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=bo"},{"name":"Only a name","address":""}]}`)
	dst, _ := write(t, b, handout.VCard)
	list := properties(dst.files[dst.names(".vcf")[0]].String())
	want := []string{"Bo </o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=bo>", "Only a name"}
	if got := texts(find(list, "EMAIL", "EX")); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := find(list, "EMAIL", "INTERNET"); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestDays(t *testing.T) {
	cases := []struct{ birthday, want string }{
		{"1974-07-22", "1974-07-22"},
		{"1974-07-22T11:59:00Z", "1974-07-22"},
		{"1974-07-22T00:00:00Z", "1974-07-22"},
		{"1604-02-29T11:59:00Z", "1604-02-29"}, // a birthday without a year, as Outlook keeps it
		{"0001-01-01T00:00:00Z", ""},
		{"datetime-value", ""},
		{"", ""},
	}
	for _, c := range cases {
		b := newBackup("")
		b.add(item.Contacts, "Contacts", fmt.Sprintf(`{"id":"a","displayName":"Bo","birthday":%q}`, c.birthday))
		dst, result := write(t, b, handout.VCard)
		got := strings.Join(texts(find(properties(dst.files[dst.names(".vcf")[0]].String()), "BDAY")), ",")
		if got != c.want {
			t.Errorf("birthday %q became %q", c.birthday, got)
		}
		if lost := c.want == "" && c.birthday != ""; lost != (count(result, handout.OtherBirthday) == 1) {
			t.Errorf("birthday %q: notes %+v", c.birthday, result.Notes)
		}
	}
}
