// Package marker knows what CRM plug-ins leave on the items that they put into
// a mailbox, and what users put there to keep a plug-in's hands off.
//
// It promises that a protected category always wins. It refuses to be a reason
// for deleting: what is purged is what the operator names; the catalogue only
// explains and warns.
package marker

import "github.com/riva-prep/riva-prep/pkg/item"

// Confidence says how well it is known that a plug-in uses a marker.
type Confidence string

// High rests on the vendor's own documentation, Medium on other people's
// reports that agree, Low on one report.
const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

// Category is a category name that a product puts on items.
type Category struct {
	Name       string
	Product    string
	Confidence Confidence
	// Generic names are words that people use for themselves as well.
	Generic bool
}

// Protected lists the categories by which users keep private items from a
// plug-in. Vendor's help pages for Salesforce for Outlook.
func Protected() []string { return []string{"Don't Sync with Salesforce"} }

// Categories is the catalogue. The vendors' help pages are the sources of High.
func Categories() []Category {
	return []Category{
		{"Sync with Salesforce", "Salesforce for Outlook", High, false},
		{"Added to Salesforce", "Salesforce for Outlook", High, false},
		{"Salesforce", "LinkPoint Connect, SmartCloud Connect", High, true},
		{"Tracked to Dynamics 365", "Dynamics 365", High, false},
		{"Tracked to Dynamics", "Dynamics CRM", Low, false},
		{"Tracked to Dynamics CRM", "Dynamics CRM", Low, false},
		{"Tracked to Microsoft Dynamics CRM", "Dynamics CRM", Low, false},
		{"CRM Contact", "Sage CRM", High, false},
		{"SAP CRM", "SAP CRM groupware", High, false},
		{"SAP Cloud for Customer", "SAP Cloud for Customer", Medium, false},
		{"SAP Sales Cloud", "SAP Sales Cloud V2", High, false},
		{"Account", "SAP Sales Cloud V2", High, true},
		{"Individual Customer", "SAP Sales Cloud V2", High, true},
		{"Maximizer", "Maximizer", High, false},
		{"CRM", "Zoho CRM", Medium, true},
		{"QB Customer", "QuickBooks Contact Sync", High, false},
		{"QB Vendor", "QuickBooks Contact Sync", High, false},
		{"QB Other", "QuickBooks Contact Sync", High, false},
	}
}

// Known finds the catalogue's entry for a category.
func Known(name string) (Category, bool) {
	for _, c := range Categories() {
		if item.SameCategory(c.Name, name) {
			return c, true
		}
	}
	return Category{}, false
}
