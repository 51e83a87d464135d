package snapshot

import (
	"fmt"
	"slices"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// Notice is what a person should know of a mailbox's copy, beside the items
// that could not be read. In the manifest of an encrypted snapshot Folder and
// What are empty.
type Notice struct {
	// Kind and Folder are empty where it is about the mailbox.
	Kind   item.Kind `json:"kind,omitempty"`
	Folder string    `json:"folder,omitempty"`
	What   string    `json:"what"`
	// Incomplete says that something may be missing from the copy that could
	// have been in it.
	Incomplete bool `json:"incomplete"`
}

// Where names the folder, or the mailbox as a whole.
func (n Notice) Where() string {
	if n.Folder == "" {
		return "the mailbox"
	}
	return fmt.Sprintf("%s in %s", n.Kind, n.Folder)
}

// Incomplete says whether a notice says so.
func (m Mailbox) Incomplete() bool {
	return slices.ContainsFunc(m.Notices, func(n Notice) bool { return n.Incomplete })
}

// Incomplete counts the mailboxes whose notices say so.
func (m Manifest) Incomplete() (boxes int) {
	for _, box := range m.Mailboxes {
		if box.Incomplete() {
			boxes++
		}
	}
	return boxes
}

// Say enters a notice.
func (m *MailboxWriter) Say(n Notice) {
	n.Folder, n.What = valid(n.Folder), valid(n.What)
	m.entry.Notices = append(m.entry.Notices, n)
}

// AddContactLists counts contacts that Graph counts and does not list.
func (m *MailboxWriter) AddContactLists(n int) { m.entry.ContactLists += n }
