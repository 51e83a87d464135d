package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/checkup"
	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/permission"
	"github.com/riva-prep/riva-prep/pkg/report"
)

type doctorOptions struct {
	inside, outside []string
	commands        []string
	output          outputFlags
	store           storeFlag
}

func (a *app) doctorCommand() *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look whether sign-in, permissions, scope, clock and disk are as they should be",
		Long: `Doctor looks at all that a run needs and changes nothing: which credential is
used and until when, which permissions the app was granted and which commands
need more, whether the app reaches a mailbox of its scope (--mailbox) and none
beyond it (--outside), the clock, the store and the disk. What is missing comes
with lines for PowerShell or az that put it right; <WORDS> in them are yours to
fill in. No secret and no token is printed.

A permission that Exchange grants for some mailboxes is not in the token: name
one of them with --mailbox to have it tried.

Exit status: 0 all is well, 2 wrong usage, 3 something is missing, or the app
reaches more than it should.`,
		Example: `  riva-prep doctor
  riva-prep doctor --mailbox ann@contoso.example --outside ceo@contoso.example
  riva-prep doctor --for list,backup --output json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.inside, "mailbox", nil, "a mailbox that the app is to reach (repeatable)")
	flags.StringArrayVar(&o.outside, "outside", nil, "a mailbox that the app is not to reach (repeatable)")
	flags.StringSliceVar(&o.commands, "for", nil, "look at what these `COMMANDS` need (default all): "+strings.Join(permission.Commands(), ", "))
	o.output.add(flags)
	o.store.add(flags)
	return cmd
}

func (a *app) doctor(ctx context.Context, o doctorOptions) error {
	format, err := o.output.parse()
	if err != nil {
		return err
	}
	if len(o.commands) == 0 {
		o.commands = permission.Commands()
	}
	for _, c := range o.commands {
		if !slices.Contains(permission.Commands(), c) {
			return exit.Wrong(fmt.Errorf("--for %s: there is no such command, or it needs no permission", c), "--for takes "+strings.Join(permission.Commands(), ", "))
		}
	}
	findings, err := a.remote(ctx, o)
	if err != nil {
		return err
	}
	findings = append(findings, lookAtStore(o.store.path)...)
	view := a.view(format)
	view.Rows = 0
	if err := report.Checkup(a.env.Stdout, view, findings); err != nil {
		return err
	}
	return exit.PartialIf(checkup.Bad(findings))
}

// remote looks at everything but this machine's disk. Only wrong usage and an
// interruption are errors; all else is a finding.
func (a *app) remote(ctx context.Context, o doctorOptions) ([]checkup.Finding, error) {
	client, err := a.directory()
	missing, lacks := errors.AsType[noCredential](err)
	switch {
	case lacks:
		return []checkup.Finding{checkup.NoCredential(missing)}, nil
	case err != nil && a.conn.sandbox == "" && errors.Is(err, graph.ErrConfig) && a.knownCloud(): // a certificate that cannot be read
		return []checkup.Finding{checkup.NoCredential(err)}, nil
	case err != nil:
		return nil, err
	}
	app := a.describe(client.App())
	granted, err := client.Granted(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	findings := []checkup.Finding{app.Credential(a.env.Now()), app.Where(), checkup.SignIn(err), clock(granted)}
	if err != nil {
		return findings, nil //nolint:nilerr // it is among the findings
	}
	more, err := reach(ctx, client, o, granted.Roles)
	return append(findings, more...), err
}

func (a *app) knownCloud() bool {
	_, err := graph.ParseCloud(a.conn.cloud)
	return err == nil
}

func (a *app) describe(s graph.App) checkup.App {
	app := checkup.App{
		Sandbox: s.Sandbox, Tenant: s.Tenant, Client: s.Client, CertificateFile: s.CertificateFile,
		From: s.From, Until: s.Until, Cloud: string(s.Cloud), Login: s.Login, Graph: s.Graph,
	}
	for _, name := range graph.CredentialVariables() {
		if a.env.Getenv(name) != "" {
			app.Variables = append(app.Variables, name)
		}
	}
	return app
}

func clock(g graph.Granted) checkup.Finding {
	if g.Behind == nil {
		return checkup.Clock(0, false)
	}
	return checkup.Clock(*g.Behind, true)
}

// reach looks at permissions, and at the mailboxes named.
func reach(ctx context.Context, client *graph.Client, o doctorOptions, roles []string) ([]checkup.Finding, error) {
	var first checkup.Reach
	var found []checkup.Finding
	for _, name := range o.inside {
		got, err := checkup.Look(ctx, client, name)
		if first == nil {
			first = got
		}
		found = append(found, checkup.Inside(name, got, err)...)
	}
	for _, name := range o.outside {
		got, err := checkup.Look(ctx, client, name)
		found = append(found, checkup.Outside(name, got, err)...)
	}
	return slices.Concat(checkup.Permissions(roles, o.commands, first), found), ctx.Err()
}

// lookAtStore writes a file into the store and takes it away again.
func lookAtStore(path string) []checkup.Finding {
	free, err := tryStore(path)
	return checkup.Store(path, free, err)
}

func tryStore(path string) (free int64, err error) {
	_, absent := os.Stat(path)
	dir, err := durable.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() {
		err = errors.Join(err, dir.Close())
		if absent != nil {
			_ = os.Remove(path) // as it was before
		}
	}()
	const name = ".doctor"
	if err := dir.WriteFile(name, []byte("written by riva-prep doctor\n")); err != nil {
		return 0, err
	}
	if err := dir.Remove(name); err != nil {
		return 0, err
	}
	if free, err = dir.Free(); err != nil {
		return -1, nil //nolint:nilerr // not every system tells
	}
	return free, nil
}
