package graph_test

import (
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox/mailboxtest"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// closed are the folders of contosoFile that are never written.
func closed() map[string]string {
	return map[string]string{
		"Contacts": "", "Contacts/Salesforce_Sync": "", "Contacts/Salesforce_Sync/Deep": "",
		"Calendar": "", "Holidays": "read-only calendar", "Bob": "belongs to bob@contoso.example", "Mine too": "",
		"Tasks": "", "Flagged Emails": "flagged e-mails", "From Bob": "belongs to another user", "To Bob": "",
	}
}

// The contract holds whichever way the undocumented facts are.
func TestContract(t *testing.T) {
	worlds := map[string]tenant.Facts{
		"worst": {},
		"best":  {IfMatchOnPatch: tenant.Yes, IfMatchOnDelete: tenant.Yes, IfMatchOnTasks: tenant.Yes, DisplayNameRecomputed: tenant.Yes},
		"deaf":  {IfMatchOnPatch: tenant.No, IfMatchOnDelete: tenant.No, IfMatchOnTasks: tenant.No},
	}
	for name, facts := range worlds {
		t.Run(name, func(t *testing.T) {
			mailboxtest.Suite(t, func(t *testing.T) mailboxtest.Harness {
				return mailboxtest.Harness{
					Directory: newWorld(t, contosoFile(), sandbox.Options{Facts: facts, Limits: true}).client,
					Account:   "ada@contoso.example", Kinds: item.Kinds(), NoMailbox: "nobox@contoso.example", Group: "Sales",
					Closed: closed(),
				}
			})
		})
	}
}
