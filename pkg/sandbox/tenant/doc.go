// Package tenant is the sandbox's model of an organisation: its people, their
// mailboxes and what Exchange Online does when items are changed or deleted.
// It knows nothing of HTTP.
//
// It promises Exchange's consequences rather than a store's: a delete moves an
// item to Deleted Items under a new id, a change to one occurrence gives the
// whole series a new change key, an organizer's delete mails the attendees and
// cancels their copies. Every mail that would have been sent is in the outbox.
// Members that a change does not name keep their bytes.
//
// Where Microsoft does not say what happens, a [Fact] decides, and an unknown
// fact is played as the answer that would hurt. Whom a change mails is in
// package rules; where items lie and how they are found, in package store.
//
// It refuses writes to calendars that cannot be edited and ids of other
// mailboxes. A Tenant may be used by many goroutines; what it hands out is
// never changed afterwards.
package tenant
