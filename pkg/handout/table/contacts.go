package table

import (
	"io"
	"time"

	"github.com/riva-prep/riva-prep/pkg/handout/form"
)

// Contacts begins a file of contacts.
func Contacts(w io.Writer) (*Table[form.Contact], error) {
	var columns []column[form.Contact]
	for _, group := range [][]column[form.Contact]{
		names(),
		address("Business", func(c form.Contact) form.Address { return c.BusinessAddress }),
		address("Home", func(c form.Contact) form.Address { return c.HomeAddress }),
		address("Other", func(c form.Contact) form.Address { return c.OtherAddress }),
		phones(), mails(), more(),
	} {
		columns = append(columns, group...)
	}
	return start(w, columns)
}

// plainly is a column of one text.
func plainly(name string, text func(form.Contact) form.Text) column[form.Contact] {
	return column[form.Contact]{name, func(c form.Contact) string { return string(text(c)) }}
}

func property(name, id string) column[form.Contact] {
	return plainly(name, func(c form.Contact) form.Text { return c.Property(id) })
}

func names() []column[form.Contact] {
	return []column[form.Contact]{
		plainly("Title", func(c form.Contact) form.Text { return c.Title }),
		plainly("First Name", first),
		plainly("Middle Name", func(c form.Contact) form.Text { return c.MiddleName }),
		plainly("Last Name", func(c form.Contact) form.Text { return c.Surname }),
		plainly("Suffix", func(c form.Contact) form.Text { return c.Generation }),
		plainly("Company", func(c form.Contact) form.Text { return c.Company }),
		plainly("Department", func(c form.Contact) form.Text { return c.Department }),
		plainly("Job Title", func(c form.Contact) form.Text { return c.JobTitle }),
	}
}

// first is where a name goes that has no parts: Outlook makes the full name of
// the parts and has no column for it.
func first(c form.Contact) form.Text {
	if c.GivenName == "" && c.MiddleName == "" && c.Surname == "" && c.Company == "" {
		return c.Name()
	}
	return c.GivenName
}

func address(kind string, of func(form.Contact) form.Address) []column[form.Contact] {
	part := func(name string, get func(form.Address) form.Text) column[form.Contact] {
		return plainly(kind+" "+name, func(c form.Contact) form.Text { return get(of(c)) })
	}
	return []column[form.Contact]{
		part("Street", func(a form.Address) form.Text { return a.Street }),
		part("City", func(a form.Address) form.Text { return a.City }),
		part("State", func(a form.Address) form.Text { return a.State }),
		part("Postal Code", func(a form.Address) form.Text { return a.Postal }),
		part("Country/Region", func(a form.Address) form.Text { return a.Country }),
		part("Address PO Box", func(a form.Address) form.Text { return a.POBox }),
	}
}

func phones() []column[form.Contact] {
	return []column[form.Contact]{
		property("Business Fax", form.BusinessFax),
		{"Business Phone", func(c form.Contact) string { return at(c.BusinessPhones, 0) }},
		{"Business Phone 2", func(c form.Contact) string { return at(c.BusinessPhones, 1) }},
		property("Car Phone", form.CarPhone),
		property("Home Fax", form.HomeFax),
		{"Home Phone", func(c form.Contact) string { return at(c.HomePhones, 0) }},
		{"Home Phone 2", func(c form.Contact) string { return at(c.HomePhones, 1) }},
		property("ISDN", form.ISDN),
		plainly("Mobile Phone", func(c form.Contact) form.Text { return c.Mobile }),
		property("Other Phone", form.OtherPhone),
		property("Pager", form.Pager),
	}
}

// mails are three: Exchange holds no more.
func mails() (columns []column[form.Contact]) {
	for n, kind := range []string{"E-mail", "E-mail 2", "E-mail 3"} {
		mail := func(c form.Contact) form.Mail {
			if n >= len(c.Mails) {
				return form.Mail{}
			}
			return c.Mails[n]
		}
		columns = append(columns,
			plainly(kind+" Address", func(c form.Contact) form.Text { return mail(c).Address }),
			column[form.Contact]{kind + " Type", func(c form.Contact) string { return mailType(mail(c)) }},
			plainly(kind+" Display Name", func(c form.Contact) form.Text { return mail(c).Name }),
		)
	}
	return columns
}

func mailType(m form.Mail) string {
	switch {
	case m.Address == "":
		return ""
	case m.Internet():
		return "SMTP"
	}
	return "EX"
}

func more() []column[form.Contact] {
	return []column[form.Contact]{
		{"Anniversary", func(c form.Contact) string { return day(c.Anniversary()) }},
		plainly("Assistant's Name", func(c form.Contact) form.Text { return c.Assistant }),
		{"Birthday", func(c form.Contact) string { return day(c.Birthday()) }},
		{"Categories", func(c form.Contact) string { return categories(c.Categories) }},
		{"Children", func(c form.Contact) string { return categories(c.Children) }},
		plainly("Initials", func(c form.Contact) form.Text { return c.Initials }),
		plainly("Manager's Name", func(c form.Contact) form.Text { return c.Manager }),
		plainly("Notes", func(c form.Contact) form.Text { return c.Notes }),
		plainly("Office Location", func(c form.Contact) form.Text { return c.Office }),
		{"Private", func(c form.Contact) string { return yes(c.Private()) }},
		plainly("Profession", func(c form.Contact) form.Text { return c.Profession }),
		{"Sensitivity", func(c form.Contact) string { return sensitivity(c.Private()) }},
		plainly("Spouse", func(c form.Contact) form.Text { return c.Spouse }),
		plainly("Web Page", func(c form.Contact) form.Text { return c.HomePage }),
	}
}

func day(t time.Time, ok bool) string {
	if !ok {
		return ""
	}
	return t.Format(time.DateOnly)
}
