// Package card writes a contact as a vCard 3.0 (RFC 2426), the form that
// Outlook, Apple and Google read, with Outlook's own fields for what the
// standard has no field for (MS-OXVCARD).
//
// It promises lines of at most 75 octets, broken between characters and ended
// by CRLF, and that every text comes out of a reader as it went in.
package card

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-vcard"

	"github.com/riva-prep/riva-prep/pkg/handout/form"
)

// Photo is a contact's picture.
type Photo struct {
	ContentType string
	Bytes       []byte
}

// The library escapes every comma and no semicolon, and so can write neither a
// list nor a semicolon in a name. These control characters, of which form
// leaves none in a text, stand for both until the card is written.
const (
	comma     = "\x1f" // a comma between values
	semicolon = "\x1e" // a semicolon within a value
)

// Nameless stands where the standard wants a name and there is none.
const Nameless = "(no name)"

// Write writes one contact. Photo may be nil.
func Write(w io.Writer, c form.Contact, photo *Photo) error {
	b := builder{}
	b.names(c)
	b.work(c)
	b.reach(c)
	b.address("WORK", c.BusinessAddress, c.Office)
	b.address("HOME", c.HomeAddress, "")
	b.address("POSTAL", c.OtherAddress, "")
	b.private(c)
	b.about(c)
	b.photo(photo)
	var encoded bytes.Buffer
	if err := vcard.NewEncoder(&encoded).Encode(vcard.Card(b)); err != nil {
		return fmt.Errorf("write contact %s: %w", c.ID, err)
	}
	return fold(w, strings.NewReplacer(comma, ",", semicolon, `\;`).Replace(encoded.String()))
}

// builder fills a card with values that are there.
type builder vcard.Card

func (b builder) add(field, value string, types ...string) {
	if strings.Trim(value, ";") == "" {
		return
	}
	var params vcard.Params
	if len(types) > 0 {
		params = vcard.Params{vcard.ParamType: types}
	}
	b[field] = append(b[field], &vcard.Field{Value: value, Params: params})
}

func (b builder) text(field string, value form.Text, types ...string) {
	b.add(field, text(value), types...)
}

func text(t form.Text) string { return strings.ReplaceAll(string(t), ";", semicolon) }

// parts is a value of several parts with fixed places.
func (b builder) parts(field string, values []form.Text, types ...string) {
	b.add(field, joined(values, ";"), types...)
}

func joined(values []form.Text, by string) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = text(v)
	}
	return strings.Join(parts, by)
}

// day is written without dashes where Outlook itself does so.
func (b builder) day(field string, day time.Time, ok bool, layout string) {
	if ok {
		b.add(field, day.Format(layout))
	}
}

func (b builder) names(c form.Contact) {
	b.add(vcard.FieldVersion, "3.0")
	b.text(vcard.FieldUID, c.ID)
	name := c.Name()
	if name == "" {
		name = Nameless
	}
	b.text(vcard.FieldFormattedName, name)
	// N is required, also when all of it is empty.
	b[vcard.FieldName] = []*vcard.Field{{Value: joined([]form.Text{c.Surname, c.GivenName, c.MiddleName, c.Title, c.Generation}, ";")}}
	b.text(vcard.FieldNickname, c.NickName)
	b.text("X-PHONETIC-FIRST-NAME", c.YomiGiven)
	b.text("X-PHONETIC-LAST-NAME", c.YomiSurname)
	b.text("X-PHONETIC-ORG", c.YomiCompany)
}

func (b builder) work(c form.Contact) {
	b.parts(vcard.FieldOrganization, []form.Text{c.Company, c.Department})
	b.text(vcard.FieldTitle, c.JobTitle)
	b.text(vcard.FieldRole, c.Profession)
	b.text("X-MS-MANAGER", c.Manager)
	b.text("X-MS-ASSISTANT", c.Assistant)
}

func (b builder) reach(c form.Contact) {
	for _, m := range c.Mails {
		if m.Internet() {
			b.text(vcard.FieldEmail, m.Address, "INTERNET")
		} else {
			// An X500 address, or a name alone: it means something to Exchange only.
			b.text(vcard.FieldEmail, form.Text(m.String()), "EX")
		}
	}
	for _, phone := range c.BusinessPhones {
		b.text(vcard.FieldTelephone, phone, "WORK", "VOICE")
	}
	for _, phone := range c.HomePhones {
		b.text(vcard.FieldTelephone, phone, "HOME", "VOICE")
	}
	b.text(vcard.FieldTelephone, c.Mobile, "CELL", "VOICE")
	b.text(vcard.FieldTelephone, c.Property(form.BusinessFax), "WORK", "FAX")
	b.text(vcard.FieldTelephone, c.Property(form.HomeFax), "HOME", "FAX")
	b.text(vcard.FieldTelephone, c.Property(form.Pager), "PAGER")
	b.text(vcard.FieldTelephone, c.Property(form.CarPhone), "CAR", "VOICE")
	b.text(vcard.FieldTelephone, c.Property(form.OtherPhone), "VOICE")
	b.text(vcard.FieldTelephone, c.Property(form.ISDN), "ISDN")
	for _, im := range c.IMs {
		b.text("X-MS-IMADDRESS", im)
	}
	b.text(vcard.FieldURL, c.HomePage, "WORK")
	b.text(vcard.FieldURL, c.Property(form.PersonalPage), "HOME")
}

// address has the office as its second part, as Outlook writes it.
func (b builder) address(kind string, a form.Address, office form.Text) {
	b.parts(vcard.FieldAddress, []form.Text{a.POBox, office, a.Street, a.City, a.State, a.Postal, a.Country}, kind)
}

func (b builder) private(c form.Contact) {
	b.text("X-MS-SPOUSE", c.Spouse)
	for _, child := range c.Children {
		b.text("X-MS-CHILD", child)
	}
	day, ok := c.Birthday()
	b.day(vcard.FieldBirthday, day, ok, time.DateOnly)
	day, ok = c.Anniversary()
	b.day("X-MS-ANNIVERSARY", day, ok, "20060102")
	if c.Private() {
		b.add("CLASS", "PRIVATE")
	}
}

func (b builder) about(c form.Contact) {
	b.text(vcard.FieldNote, c.Notes)
	b.add(vcard.FieldCategories, joined(c.Categories, comma))
	if changed := form.Stamp(c.Modified); !changed.IsZero() {
		b.add(vcard.FieldRevision, changed.Format("2006-01-02T15:04:05Z"))
	}
}

func (b builder) photo(p *Photo) {
	if p == nil || len(p.Bytes) == 0 {
		return
	}
	kind := strings.ToUpper(strings.TrimPrefix(strings.ToLower(p.ContentType), "image/"))
	if kind == "" || strings.ContainsFunc(kind, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		kind = "JPEG"
	}
	b[vcard.FieldPhoto] = []*vcard.Field{{
		Value:  base64.StdEncoding.EncodeToString(p.Bytes),
		Params: vcard.Params{"ENCODING": {"b"}, vcard.ParamType: {kind}},
	}}
}

// fold breaks the lines, which the library leaves at any length.
func fold(w io.Writer, card string) error {
	const limit = 75 // octets, without the line end
	var out bytes.Buffer
	for line := range strings.SplitSeq(strings.TrimSuffix(card, "\r\n"), "\r\n") {
		for room := limit; len(line) > room; room = limit - 1 {
			end := room
			for !utf8.RuneStart(line[end]) {
				end--
			}
			out.WriteString(line[:end] + "\r\n ")
			line = line[end:]
		}
		out.WriteString(line + "\r\n")
	}
	_, err := w.Write(out.Bytes())
	return err
}
