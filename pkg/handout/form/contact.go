package form

import (
	"encoding/json"
	"strings"
	"time"
)

// Contact is a contact as Graph serves it, with the named properties that a
// backup asks for (item and graph name them).
type Contact struct {
	ID              Text       `json:"id"`
	Modified        string     `json:"lastModifiedDateTime"`
	DisplayName     Text       `json:"displayName"`
	FileAs          Text       `json:"fileAs"`
	Title           Text       `json:"title"`
	GivenName       Text       `json:"givenName"`
	MiddleName      Text       `json:"middleName"`
	Surname         Text       `json:"surname"`
	Generation      Text       `json:"generation"`
	NickName        Text       `json:"nickName"`
	Initials        Text       `json:"initials"`
	YomiGiven       Text       `json:"yomiGivenName"`
	YomiSurname     Text       `json:"yomiSurname"`
	YomiCompany     Text       `json:"yomiCompanyName"`
	Company         Text       `json:"companyName"`
	Department      Text       `json:"department"`
	JobTitle        Text       `json:"jobTitle"`
	Profession      Text       `json:"profession"`
	Office          Text       `json:"officeLocation"`
	Manager         Text       `json:"manager"`
	Assistant       Text       `json:"assistantName"`
	Spouse          Text       `json:"spouseName"`
	Children        []Text     `json:"children"`
	Mails           []Mail     `json:"emailAddresses"`
	IMs             []Text     `json:"imAddresses"`
	BusinessPhones  []Text     `json:"businessPhones"`
	HomePhones      []Text     `json:"homePhones"`
	Mobile          Text       `json:"mobilePhone"`
	BusinessAddress Address    `json:"businessAddress"`
	HomeAddress     Address    `json:"homeAddress"`
	OtherAddress    Address    `json:"otherAddress"`
	HomePage        Text       `json:"businessHomePage"`
	BirthdayText    string     `json:"birthday"`
	Notes           Text       `json:"personalNotes"`
	Categories      []Text     `json:"categories"`
	Properties      []Property `json:"singleValueExtendedProperties"`
}

// Address is a postal address.
type Address struct {
	Street  Text `json:"street"`
	City    Text `json:"city"`
	State   Text `json:"state"`
	Postal  Text `json:"postalCode"`
	Country Text `json:"countryOrRegion"`
	// POBox is a property of the contact: see Property.
	POBox Text `json:"-"`
}

// Empty says whether nothing is in the address.
func (a Address) Empty() bool { return a == Address{} }

// Property is a singleValueLegacyExtendedProperty.
type Property struct {
	ID    string `json:"id"`
	Value Text   `json:"value"`
}

// Ids of what Graph has no member for (MS-OXPROPS; the numbers are MAPI's).
const (
	BusinessFax  = "String 0x3A24"
	HomeFax      = "String 0x3A25"
	Pager        = "String 0x3A21"
	CarPhone     = "String 0x3A1E"
	OtherPhone   = "String 0x3A1F"
	ISDN         = "String 0x3A2D"
	PersonalPage = "String 0x3A50"
	Anniversary  = "SystemTime 0x3A41"

	businessBox = "String {00062004-0000-0000-C000-000000000046} Id 0x804A"
	homeBox     = "String 0x3A5E"
	otherBox    = "String 0x3A64"
	private     = "Boolean {00062008-0000-0000-C000-000000000046} Id 0x8506"
)

// ReadContact reads a contact.
func ReadContact(raw json.RawMessage) (Contact, error) {
	var c Contact
	if err := read(raw, &c); err != nil {
		return Contact{}, err
	}
	c.BusinessAddress.POBox = c.Property(businessBox)
	c.HomeAddress.POBox = c.Property(homeBox)
	c.OtherAddress.POBox = c.Property(otherBox)
	return c, nil
}

// Property is the value of a named property, empty where there is none.
func (c Contact) Property(id string) Text {
	for _, p := range c.Properties {
		if strings.EqualFold(p.ID, id) {
			return p.Value
		}
	}
	return ""
}

// Private says whether the owner marked the contact private.
func (c Contact) Private() bool { return strings.EqualFold(string(c.Property(private)), "true") }

// Name is what people would look for the contact under; a contact without any
// name has its company's or its address.
func (c Contact) Name() Text {
	names := []Text{c.DisplayName, c.FileAs, Text(strings.TrimSpace(string(c.GivenName + " " + c.Surname))), c.NickName, c.Company}
	for _, m := range c.Mails {
		names = append(names, m.Address, m.Name)
	}
	for _, name := range names {
		if strings.TrimSpace(string(name)) != "" {
			return name
		}
	}
	return ""
}

// Birthday is a day; ok is false for none and for what is not a date.
func (c Contact) Birthday() (day time.Time, ok bool) { return dayOf(c.BirthdayText) }

// Anniversary is a day as well.
func (c Contact) Anniversary() (day time.Time, ok bool) {
	return dayOf(string(c.Property(Anniversary)))
}

// dayOf takes the day as it is written: Exchange sets the time of a birthday
// to 11:59 UTC, so that no zone makes another day of it.
func dayOf(s string) (time.Time, bool) {
	if len(s) < len(time.DateOnly) {
		return time.Time{}, false
	}
	day, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)])
	return day, err == nil && day.Year() > 1
}
