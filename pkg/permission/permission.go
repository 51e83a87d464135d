// Package permission knows which of Graph's application permissions each
// command needs, and what happens without one.
//
// It promises to be the one source: what doctor checks and the table in
// docs/permissions.md both come from here. It knows nothing of what an app was
// granted.
package permission

import (
	"slices"

	"github.com/riva-prep/riva-prep/pkg/item"
)

// Need is one thing that commands need a permission for.
type Need struct {
	// Roles are permissions of which one is enough, the narrowest first.
	Roles []string
	// For says what it is for, and Without what happens if it is missing.
	For, Without string
	// Commands need it.
	Commands []string
	// Spare says that the commands do without it, with less.
	Spare bool
	// Kind is what it opens in a mailbox, if that is one kind of item.
	Kind item.Kind
	// Writes says that it is for changes.
	Writes bool
	// Confined says that Exchange can grant it for some mailboxes only. Then it
	// is not in the token.
	Confined bool
}

// Role is the one to ask an administrator for.
func (n Need) Role() string { return n.Roles[0] }

// In says whether one of the roles is among those granted.
func (n Need) In(granted []string) bool {
	return slices.ContainsFunc(n.Roles, func(role string) bool { return slices.Contains(granted, role) })
}

// By says whether one of the commands needs it.
func (n Need) By(commands []string) bool {
	return slices.ContainsFunc(n.Commands, func(c string) bool { return slices.Contains(commands, c) })
}

// Commands are those that need permissions, in the order of a procedure.
func Commands() []string {
	return append(reading(), "rollout check", "rollout status", "rollout report")
}

// reading are the commands that list what is in mailboxes. The other ones of a
// rollout look at which mailboxes there are, and what they are for.
func reading() []string {
	return []string{"list", "discover", "backup", "purge", "tag-personal", "apply", "restore", "undo", "verify", "rollout plan", "rollout run"}
}

// changing are the commands that change mailboxes once they are approved.
func changing() []string {
	return []string{"purge", "tag-personal", "apply", "restore", "undo", "rollout run"}
}

// naming are those that name the tenant in what they write or check.
func naming() []string { return Commands()[2:] }

// Needs are all of them, what every command needs first.
func Needs() []Need {
	needs := []Need{
		{
			Roles: []string{"User.Read.All", "Directory.Read.All"}, Commands: Commands(),
			For: "finding accounts", Without: "no mailbox is found",
		},
		{
			Roles: []string{"Organization.Read.All", "Directory.Read.All"}, Commands: naming(),
			For: "the tenant's id", Without: "backup and plans end with \"access denied\"",
		},
		{
			Roles: []string{"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"}, Commands: Commands(), Spare: true,
			For: "--group", Without: "use --mailboxes with a file instead",
		},
	}
	needs = append(needs, kind(item.Contacts, "Contacts.Read", "Contacts.ReadWrite", true)...)
	needs = append(needs, kind(item.Events, "Calendars.Read", "Calendars.ReadWrite", true)...)
	needs = append(needs, kind(item.Tasks, "Tasks.Read.All", "Tasks.ReadWrite.All", false)...)
	return append(needs, settings()...)
}

// kind is what reading and changing one kind of items takes.
func kind(k item.Kind, read, write string, confined bool) []Need {
	without := "leave " + string(k) + " out with --kinds"
	return []Need{
		{Roles: []string{read, write}, Commands: reading(), For: "reading " + string(k), Without: without, Kind: k, Confined: confined},
		{Roles: []string{write}, Commands: changing(), For: "changing " + string(k), Without: without, Kind: k, Writes: true, Confined: confined},
	}
}

func settings() []Need {
	return []Need{
		{
			Roles: []string{"MailboxSettings.Read", "MailboxSettings.ReadWrite"}, Commands: naming(), Confined: true,
			For: "what a mailbox is for", Without: "every mailbox is held as if it were a room",
		},
		{
			Roles: []string{"MailboxSettings.ReadWrite"}, Commands: []string{"tag-personal", "apply", "rollout run"}, Spare: true, Writes: true, Confined: true,
			For: "the colour of \"Personal\"", Without: "the category has no colour",
		},
		{
			Roles: []string{"MailboxItem.Export.All", "MailboxItem.ImportExport.All"}, Commands: []string{"backup", "purge", "tag-personal", "apply", "rollout run"}, Spare: true,
			For: "Exchange's streams in a backup", Without: "a backup has Graph's JSON alone",
		},
		{
			Roles: []string{"MailboxItem.ImportExport.All"}, Commands: []string{"apply", "restore", "undo"}, Spare: true, Writes: true,
			For: "importing streams", Without: "--streams off makes items of JSON",
		},
		{
			Roles: []string{"MailboxFolder.Read.All"}, Commands: []string{"apply", "restore", "undo"}, Spare: true,
			For: "folders to import into", Without: "--streams off makes items of JSON",
		},
	}
}
