package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
)

func (a *app) purgeCommand() *cobra.Command {
	var (
		o          planOptions
		categories []string
		protect    []string
		rooms      bool
	)
	cmd := &cobra.Command{
		Use:   "purge --category NAME",
		Short: "Delete what a CRM plug-in put into mailboxes",
		Long: `Purge makes a plan that moves every item with the plug-in's category to Deleted
Items, shows it, and carries it out once it is approved: on a terminal by typing
the number of items, otherwise by --approve with the plan's digest. Everything of
the chosen kinds in the mailboxes is backed up, read back and compared first.

The category is compared as a whole, without regard to case and surrounding
space: "Don't Sync with Salesforce" is not "Sync with Salesforce". Held, counted
and listed are items with a protected category, items in calendars that are
read-only or somebody else's, and meetings that the mailbox organizes: deleting
those would mail cancellations to their attendees.

Exit status: 0 done, 3 in part, 4 not approved or refused.`,
		Example: `  riva-prep purge --category "Sync with Salesforce" --group crm-wave-1 --dry-run
  riva-prep purge --category "Sync with Salesforce" --group crm-wave-1 --approve sha256:…`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.planned(cmd.Context(), o, plan.Rules{
				Purpose: plan.Purge, Categories: categories,
				Protect: slices.Concat(marker.Protected(), protect), IncludeRooms: rooms,
			})
		},
	}
	o.add(cmd.Flags(), &a.conn)
	o.caps.add(cmd.Flags())
	cmd.Flags().StringArrayVar(&categories, "category", nil, "the plug-in's category (repeatable)")
	cmd.Flags().StringArrayVar(&protect, "protect", nil, "a category whose items are never deleted (repeatable)")
	cmd.Flags().BoolVar(&rooms, "include-rooms", false, "purge room and equipment mailboxes too: their bookings are freed without notice")
	return cmd
}
