package demo

import (
	"fmt"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// dot is a photo in base64: a GIF of one pixel.
const dot = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

// fillContacts makes the contact folders. Every third person has the plug-in's
// folder with another one inside it.
func (p *person) fillContacts(n int) {
	if p.purpose == "room" {
		p.folders = []rawjson.Object{p.folder(p.defaultFolder, "Contacts", "", 0).Set("wellKnownName", "contacts")}
		return
	}
	p.folders = []rawjson.Object{p.folder(p.defaultFolder, "Contacts", "", 16+p.rand.IntN(14)).Set("wellKnownName", "contacts")}
	if n%3 == 0 {
		inner, outer := p.newID("folder"), p.newID("folder")
		p.folders = append(p.folders,
			p.folder(outer, "CRM Contacts", p.defaultFolder, 6+p.rand.IntN(6)),
			p.folder(inner, "Archive 2019", outer, 3+p.rand.IntN(4)))
	}
}

func (p *person) folder(id, name, parent string, contacts int) rawjson.Object {
	list := make([]rawjson.Object, 0, contacts)
	for range contacts {
		list = append(list, p.contact(id))
	}
	var in any
	if parent != "" {
		in = parent
	}
	return rawjson.Of("id", id, "displayName", name, "parentFolderId", in, "contacts", list)
}

func (p *person) contact(folder string) rawjson.Object {
	given, surname, company := pick(p.maker, givenNames), pick(p.maker, surnames), pick(p.maker, companies)
	categories := p.categories()
	contact := with(p.versioned("contact", today.AddDate(-1-p.rand.IntN(8), 0, -p.rand.IntN(300))),
		"categories", categories, "parentFolderId", folder, "birthday", nil, "fileAs", surname+", "+given,
		"displayName", given+" "+surname, "givenName", given, "initials", given[:1]+"."+surname[:1]+".", "middleName", nil,
		"nickName", nil, "surname", surname, "title", nil, "yomiGivenName", nil, "yomiSurname", nil, "yomiCompanyName", nil,
		"generation", nil, "imAddresses", []string{}, "jobTitle", pick(p.maker, titles), "companyName", company, "department", nil,
		"officeLocation", nil, "profession", nil, "businessHomePage", nil, "assistantName", nil, "manager", nil,
		"homePhones", []string{}, "mobilePhone", p.phone(), "businessPhones", []string{p.phone()}, "spouseName", nil,
		"personalNotes", "", "children", []string{},
		"emailAddresses", []any{address(given+" "+surname, mailName(given+"."+surname)+"@"+domain(company))},
		"homeAddress", rawjson.Empty(), "businessAddress", rawjson.Of("city", pick(p.maker, cities)), "otherAddress", rawjson.Empty())
	if len(categories) > 0 && categories[0] == Dynamics {
		contact = contact.Set("singleValueExtendedProperties", p.crmLink())
	}
	if p.rand.IntN(12) == 0 {
		contact = contact.Set("photo", rawjson.Of("contentType", "image/gif", "contentBytes", dot))
	}
	return contact
}

// crmLink are the named properties by which the Dynamics client knows an item.
func (p *person) crmLink() []rawjson.Object {
	const public = "{00020329-0000-0000-C000-000000000046}"
	return []rawjson.Object{
		rawjson.Of("id", "String "+public+" Name crmid", "value", p.guid("crm")),
		rawjson.Of("id", "Double "+public+" Name crmLinkState", "value", "2"),
	}
}

// phone is a number from a range that is kept for fiction.
func (p *person) phone() string { return fmt.Sprintf("+1 555 01%02d", p.rand.IntN(100)) }

func address(name, mail string) rawjson.Object { return rawjson.Of("name", name, "address", mail) }
