package cli

import (
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/graph"
)

// connection says whom to talk to. A sandbox excludes everything else.
type connection struct {
	sandbox string
	cloud   string
	// properties and extensions are what items are read with beyond the usual.
	properties, extensions []string
	// markers are named properties by which items are known as a plug-in's.
	markers []string
	// observe is set by commands that count what is sent.
	observe func(graph.Exchange)
}

func (c *connection) flags(flags *pflag.FlagSet) {
	flags.StringVar(&c.sandbox, "sandbox", "", "the ready `FILE` of a sandbox to work on (also RIVA_PREP_SANDBOX)")
	flags.StringVar(&c.cloud, "cloud", "", "Microsoft's cloud: global, usgov, usgovdod or china (default global)")
}

// directory connects to the sandbox named, else to the cloud with the
// credentials in the environment. Nothing is sent yet.
func (a *app) directory() (*graph.Client, error) {
	cfg, err := a.settings()
	if err != nil {
		return nil, err
	}
	return a.connect(cfg)
}

// noCredential is an error of settings that lack a credential and nothing else.
type noCredential struct{ error }

func (n noCredential) Unwrap() error { return n.error }

// settings are how to connect, as flags and environment say.
func (a *app) settings() (graph.Config, error) {
	cfg := graph.Config{
		Observe: a.observed, Now: a.env.Now, Properties: a.conn.properties, Extensions: a.conn.extensions,
		Markers: a.conn.markers,
	}
	if name := a.conn.sandbox; name != "" {
		sandbox, err := graph.ReadSandbox(name)
		if err != nil {
			return cfg, exit.Next(err, "--sandbox takes the file that riva-prep sandbox serve --ready-file writes, while it serves")
		}
		cfg.Sandbox, a.lockFolder = sandbox, filepath.Join(filepath.Dir(sandbox.CAFile), "locks")
		return cfg, nil
	}
	cloud, err := graph.ParseCloud(a.conn.cloud)
	if err != nil {
		return cfg, exit.Wrong(err, "--cloud takes global, usgov, usgovdod or china")
	}
	credentials, err := graph.CredentialsFrom(a.env.Getenv)
	if err != nil {
		return cfg, exit.Wrong(noCredential{err}, "these are the variables that Azure's own tools use; to try without a tenant: riva-prep demo")
	}
	cfg.Cloud, cfg.Credentials = cloud, credentials
	if a.env.Cache != "" {
		a.lockFolder = filepath.Join(a.env.Cache, "riva-prep", "locks")
	}
	return cfg, nil
}

// connect makes a client whose connections end with the command.
func (a *app) connect(cfg graph.Config) (*graph.Client, error) {
	client, err := graph.New(cfg)
	if err == nil {
		a.close = append(a.close, client.Close)
	}
	return client, err
}
