package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

func (a *app) purgeCommand() *cobra.Command {
	var (
		o          planOptions
		categories []string
		protect    []string
		rooms      bool
		meetings   string
		permanent  bool
	)
	cmd := &cobra.Command{
		Use:   "purge --category NAME | --profile NAME",
		Short: "Delete what a CRM plug-in put into mailboxes",
		Long: `Purge makes a plan that moves every item with the plug-in's category to Deleted
Items, shows it, and carries it out once it is approved: on a terminal by typing
the number of items, otherwise by --approve with the plan's digest. Everything of
the chosen kinds in the mailboxes is backed up, read back and compared first.

With --profile, what the plug-in's other markers tell is purged, too: folders,
named properties, linked applications. riva-prep profiles lists the profiles, and
tells whether the plug-in deletes in its CRM what is deleted in Outlook. Words of
a profile that people use themselves are left out unless --generic names them.
--category and --profile add to each other.

The category is compared as a whole, without regard to case and surrounding
space: "Don't Sync with Salesforce" is not "Sync with Salesforce". Held, counted
and listed are items with a protected category, items in calendars that are
read-only or somebody else's, and meetings that the mailbox organizes: deleting
those would mail cancellations to their attendees.

With --meetings send-cancellations those meetings are deleted as well, and
Exchange mails a cancellation to every attendee of each. Nothing can suppress or
recall that mail, and an undo brings a meeting back without its attendees.

With --permanent contacts and events are deleted for good: they do not go to
Deleted Items, and users cannot get them back from there or from anywhere in
Outlook. The backup still has them, and riva-prep undo makes them again. Tasks,
and meetings that mail, go to Deleted Items as always. Only the global cloud has
this.

Exit status: 0 done, 3 in part, 4 not approved or refused.`,
		Example: `  riva-prep purge --category "Sync with Salesforce" --group crm-wave-1 --dry-run
  riva-prep purge --category "Sync with Salesforce" --group crm-wave-1 --approve sha256:…
  riva-prep purge --profile zoho-crm --generic CRM --group crm-wave-1 --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			way, err := parseMeetings(meetings)
			if err != nil {
				return err
			}
			return a.planned(cmd.Context(), o, plan.Rules{
				Purpose: plan.Purge, Categories: categories,
				Protect: slices.Concat(marker.Protected(), protect), IncludeRooms: rooms,
				Meetings: way, Permanent: permanent,
			})
		},
	}
	o.add(cmd.Flags(), &a.conn)
	o.caps.add(cmd.Flags())
	cmd.Flags().StringArrayVar(&categories, "category", nil, "the plug-in's category (repeatable)")
	cmd.Flags().StringArrayVar(&protect, "protect", nil, "a category whose items are never deleted, besides those of the settings (repeatable)")
	cmd.Flags().BoolVar(&rooms, "include-rooms", false, "purge room and equipment mailboxes too: their bookings are freed without notice")
	cmd.Flags().StringVar(&meetings, "meetings", holdMeetings,
		"what happens to meetings that the mailbox organizes: hold, or send-cancellations, which deletes them, and Exchange mails their attendees")
	cmd.Flags().BoolVar(&permanent, "permanent", false, "delete contacts and events for good: users cannot get them back from Deleted Items")
	return cmd
}

// holdMeetings is the word for what plans say nothing of.
const holdMeetings = "hold"

func parseMeetings(word string) (plan.Meetings, error) {
	switch word {
	case holdMeetings:
		return plan.HoldMeetings, nil
	case string(plan.SendCancellations):
		return plan.SendCancellations, nil
	}
	return "", exit.Wrong(fmt.Errorf("unknown --meetings %q", word), "--meetings takes hold or send-cancellations")
}
