package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/profile"
	"github.com/riva-prep/riva-prep/pkg/report"
)

type discoverOptions struct {
	scope      scopeFlags
	output     outputFlags
	profiles   profileFlags
	properties []string
	out        string
}

func (a *app) discoverCommand() *cobra.Command {
	var o discoverOptions
	cmd := &cobra.Command{
		Use:   "discover",
		Short: "Look for what CRM plug-ins left in mailboxes",
		Long: `Discover counts, over all the mailboxes, what a plug-in may be known by:
categories, folders, named properties, the applications that tasks are linked to,
and minutes in which many items were made at once. It says which profiles know
them, and why they may be a plug-in's. Nothing is changed.

With --profile-out it writes what it found as a profile to edit. In it everything
that no profile knows is generic: nothing is purged by it before you take that
away or name it with --generic.

Exit status: 0 done, 3 a mailbox could not be read.`,
		Example: `  riva-prep discover --group crm-wave-1
  riva-prep discover --all --output json
  riva-prep discover --mailbox ann@contoso.example --profile-out our-plug-in.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.discover(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	o.scope.add(flags)
	o.output.add(flags)
	flags.StringArrayVar(&o.profiles.files, "profile-file", nil, "compare with a profile of your own, too, in a YAML `FILE` (repeatable)")
	flags.StringArrayVar(&o.properties, "extended-property", nil, "look for a named property, too, as \"String {guid} Name name\", by its `ID` (repeatable)")
	flags.StringVar(&o.out, "profile-out", "", "write a profile to edit to `FILE`")
	return cmd
}

func (a *app) discover(ctx context.Context, o discoverOptions) error {
	known, err := o.known()
	if err != nil {
		return err
	}
	a.conn.markers = append(known.Properties(), o.properties...)
	reading, format, err := a.reading(o.scope, o.output)
	if err != nil {
		return err
	}
	reading.Known = known
	found, skipped, err := reading.Discover(ctx)
	if err != nil {
		return err
	}
	if err := report.Discovery(a.env.Stdout, a.view(format), found, skipped); err != nil {
		return err
	}
	if o.out != "" {
		if err := writeFile(o.out, found.Draft("discovered").Encode()); err != nil {
			return err
		}
		a.console.Say("a profile to edit is in %s; look at it with: riva-prep profiles show %s", o.out, quoted(pathlike(o.out)))
	}
	return exit.PartialIf(len(skipped) > 0)
}

// known are the built-in profiles and those of the operator's own.
func (o discoverOptions) known() (profile.Catalogue, error) {
	known, err := profile.Builtin()
	if err != nil {
		return nil, err
	}
	own, err := o.profiles.read()
	return append(known, own...), err
}

// pathlike makes a name that is taken for a path.
func pathlike(name string) string {
	if isFile(name) {
		return name
	}
	return "./" + name
}
