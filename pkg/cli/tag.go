package cli

import (
	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/plan"
)

// personalColour is the preset of the master category, if the mailbox has none
// of that name: green, as most people's idea of "keep".
const personalColour = "preset4"

func (a *app) tagCommand() *cobra.Command {
	var (
		o     planOptions
		rules = plan.Rules{Purpose: plan.TagPersonal, Colour: personalColour}
	)
	cmd := &cobra.Command{
		Use:   "tag-personal",
		Short: `Give what remains a category such as "Personal"`,
		Long: `Tag-personal makes a plan that adds one category to every item that is left, so
that leftovers of the plug-in are easy to tell apart later. An item keeps its own
categories; one that has the category already, in any case, needs nothing.

With --category or --profile, items that are still marked by the plug-in are left
alone and listed. Without both, everything that remains is tagged.

Held, counted and listed are items in calendars that are read-only or somebody
else's, flagged e-mails, lists of other people, and meetings that the mailbox
organizes, for nobody documents whether changing a category mails the attendees.

Exit status: 0 done, 3 in part, 4 not approved or refused.`,
		Example: `  riva-prep tag-personal --category "Sync with Salesforce" --group crm-wave-1 --dry-run`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.planned(cmd.Context(), o, rules) },
	}
	o.add(cmd.Flags(), &a.conn)
	cmd.Flags().StringVar(&rules.Tag, "name", "Personal", "the category to add")
	cmd.Flags().StringArrayVar(&rules.Categories, "category", nil, "the plug-in's category: what carries it is left alone and listed (repeatable)")
	cmd.Flags().BoolVar(&rules.TagMeetings, "tag-meetings", false,
		"tag meetings that the mailbox organizes too; Exchange may mail an update to all their attendees")
	cmd.Flags().BoolVar(&rules.IncludeRooms, "include-rooms", false, "tag room and equipment mailboxes too")
	return cmd
}
