package demo

import "strings"

// employee is a line of the staff list. No purpose means no mailbox.
type employee struct {
	name, purpose string
	dynamics      bool
}

var staff = []employee{
	{name: "Astrid Lindqvist", purpose: "user"},
	{name: "Benno Achterberg", purpose: "user"},
	{name: "Carmen Oyelaran", purpose: "user"},
	{name: "Dmitri Vasko", purpose: "user", dynamics: true},
	{name: "Esther Nakamura", purpose: "user"},
	{name: "Farid Benhaddou", purpose: "user"},
	{name: "Greta Holmberg", purpose: "user"},
	{name: "Hugo Castellanos", purpose: "user"},
	{name: "Ilse Vandermeer", purpose: "user"},
	{name: "Jonas Okafor", purpose: "user"},
	{name: "Sales Desk", purpose: "shared"},
	{name: "Room Aalto", purpose: "room"},
	{name: "Build Agent"},
}

var (
	givenNames = strings.Fields("Mira Tomas Ingrid Pavel Leila Oskar Nadia Emil Rosa Viktor Hanna Idris Clara Mateo Yuki Sven Amara " +
		"Lukas Freya Omar Petra Kwame Linnea Rafael Zofia Anton Selma Bruno Elif Niklas")
	surnames = strings.Fields("Sandvik Moreau Kessler Adeyemi Ferrante Lindholm Petrov Yamada Brandt Delgado Nystrom Haddad Kowalski " +
		"Santos Jansen Eriksen Rossi Tanaka Weber Osei Larsen Novak Vidal Bergman Farouk Maier Silva Koskinen Ivanov Dubois")
	companies = []string{
		"Fabrikam Marine", "Northwind Foods", "Tailspin Logistics", "Wingtip Optics", "Litware Energy",
		"Proseware Print", "Adatum Steel", "Lamna Health",
	}
	titles = []string{
		"Head of Purchasing", "Plant Manager", "Account Executive", "Chief Engineer", "Buyer", "Managing Director",
		"Office Manager", "Consultant",
	}
	cities   = []string{"Turku", "Aarhus", "Bergen", "Gdansk", "Malmo", "Tartu", "Lubeck", "Riga"}
	subjects = []string{
		"Quarterly review", "Contract renewal", "Site visit", "Product demo", "Pricing call", "Service complaint",
		"Kick-off", "Delivery planning", "Lunch", "Trade fair",
	}
	privateSubjects = []string{"Dentist", "School play", "Car inspection", "Swimming with the kids", "Book flights", "Choir"}
	taskTitles      = []string{
		"Send the offer to", "Call back", "Update the forecast for", "Prepare slides for", "Check the invoice of",
		"Collect feedback from",
	}
	holidays = []struct{ name, date string }{
		{"Independence Day", "2026-12-06"},
		{"Christmas Eve", "2026-12-24"},
		{"Christmas Day", "2026-12-25"},
		{"St Stephen's Day", "2026-12-26"},
		{"New Year's Day", "2027-01-01"},
		{"Epiphany", "2027-01-06"},
		{"Good Friday", "2027-03-26"},
		{"Easter Monday", "2027-03-29"},
	}
)

// mailName is the local part of a person's address.
func mailName(name string) string { return strings.ToLower(strings.ReplaceAll(name, " ", ".")) }

// domain is a company's mail domain.
func domain(company string) string {
	return strings.ToLower(strings.Fields(company)[0]) + ".example"
}
