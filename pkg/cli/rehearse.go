package cli

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/rehearsal"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// chosenTenant is the tenant that a sandbox is to serve: a file's, a backup's,
// or the built-in one.
func (a *app) chosenTenant(o serveOptions) (*tenant.Tenant, error) {
	switch {
	case o.snapshot == "" && o.store != "":
		return nil, exit.Wrong(errors.New("--store goes with --snapshot"), "--snapshot names the backup in the store")
	case o.snapshot == "":
		return loadTenant(o.tenant)
	case o.tenant != "":
		return nil, exit.Wrong(errors.New("--tenant and --snapshot exclude each other"), "a sandbox serves one tenant")
	}
	return a.rehearse(o.snapshot, o.store)
}

// rehearse makes a tenant of a backup, which is checked first.
func (a *app) rehearse(name, store string) (t *tenant.Tenant, err error) {
	const hint = "--snapshot takes a backup's folder or, with --store DIR, its id; riva-prep backup prints both"
	root := name
	if store != "" {
		root = store
	}
	dir, err := durable.OpenExisting(root)
	if err != nil {
		return nil, exit.Wrong(fmt.Errorf("the backup cannot be read: %w", err), hint)
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	from := dir
	if store != "" {
		if from, err = run.NewStore(dir).Find(name); err != nil {
			return nil, exit.Wrong(err, hint)
		}
	}
	file, manifest, err := rehearsal.File(from)
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	if _, missing, _ := manifest.Totals(); missing > 0 {
		a.console.Warn("%d items could not be read when the backup was made; they are missing here", missing)
	}
	return tenant.Load(bytes.NewReader(file))
}
