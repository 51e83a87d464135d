package cli

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/cli/play"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/demo"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

type serveOptions struct {
	tenant string
	listen string
	ready  string
	play   play.Flags
	// snapshot names a backup to rehearse on, in store if that is set.
	snapshot, store string
	// certificate names a PEM file; assertions signed with its key are taken.
	certificate string
}

func (a *app) sandboxCommand() *cobra.Command {
	var o serveOptions
	serve := &cobra.Command{
		Use:   "serve",
		Short: "Serve a tenant on this machine",
		Long: `Serve plays sign-in, Microsoft Graph and Exchange Online over TLS on this
machine, until it is interrupted. When it is ready it prints one line of JSON,
which --ready-file keeps in a file: point any command at it with --sandbox FILE
or RIVA_PREP_SANDBOX. What Exchange would have mailed is at /sandbox/outbox, the
tenant as it is now at /sandbox/tenant, the requests at /sandbox/requests.

Exit status: 0 stopped when it was interrupted, 1 failed, 2 wrong usage.`,
		Example: `  riva-prep sandbox serve --ready-file ready.json
  riva-prep sandbox serve --tenant tenant.json --latency 80ms --limits on
  riva-prep sandbox serve --store riva-prep-store --snapshot 20261123T054518.033Z`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), o) },
	}
	flags := serve.Flags()
	flags.StringVar(&o.tenant, "tenant", "", "a tenant `FILE`; a demo tenant is built in")
	flags.StringVar(&o.snapshot, "snapshot", "", "a backup to rehearse on: its `DIR` or, with --store, its id")
	flags.StringVar(&o.store, "store", "", "the `DIR` that holds the backup")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:0", "a loopback `ADDRESS`; port 0 takes a free one")
	flags.StringVar(&o.ready, "ready-file", "", "write the line of JSON to `FILE` too")
	flags.StringVar(&o.certificate, "certificate", "", "a client's certificate `FILE` (PEM) that may sign in besides the secret")
	o.play.Add(flags)
	cmd := &cobra.Command{Use: "sandbox", Short: "A tenant to try everything on"}
	cmd.AddCommand(serve)
	return cmd
}

func (a *app) serve(ctx context.Context, o serveOptions) (err error) {
	t, err := a.chosenTenant(o)
	if err != nil {
		return err
	}
	options, err := o.play.Options(t)
	if err != nil {
		return err
	}
	certificate, err := readCertificate(o.certificate)
	if err != nil {
		return exit.Wrong(fmt.Errorf("the certificate cannot be read: %w", err), "--certificate takes a PEM file with a certificate in it")
	}
	options.Certificate = certificate
	server, err := sandbox.New(t, options).Listen(o.listen)
	if err != nil {
		return exit.Wrong(err, "--listen takes 127.0.0.1, ::1 or localhost and a port")
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	line, err := json.Marshal(server.Ready())
	if err != nil {
		return err
	}
	if o.ready != "" {
		if err := writeFile(o.ready, append(line, '\n')); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, remove(o.ready)) }()
	}
	if _, err := fmt.Fprintf(a.env.Stdout, "%s\n", line); err != nil {
		return err
	}
	return server.Serve(ctx)
}

// readCertificate reads the first certificate of a PEM file; no name, none.
func readCertificate(name string) (*x509.Certificate, error) {
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return x509.ParseCertificate(block.Bytes)
		}
	}
	return nil, fmt.Errorf("%s holds no certificate", name)
}

func loadTenant(name string) (*tenant.Tenant, error) {
	if name == "" {
		return demo.Tenant(), nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, exit.Wrong(fmt.Errorf("the tenant cannot be read: %w", err), "--tenant takes a tenant file; without it a demo tenant is served")
	}
	t, err := tenant.Load(bytes.NewReader(data))
	if err != nil {
		return nil, exit.Wrong(fmt.Errorf("%s: %w", name, err), "docs/design.md describes the form of a tenant file")
	}
	return t, nil
}

// remove takes away a ready file whose sandbox is gone.
func remove(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
