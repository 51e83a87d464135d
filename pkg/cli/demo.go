package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/cli/tour"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/sandbox/demo"
)

func (a *app) demoCommand() *cobra.Command {
	var store storeFlag
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See the whole procedure on a tenant that exists only in this process",
		Long: `Demo starts a sandbox tenant inside the process and does with it what an
administrator would do before switching on the sync server: list, back up, dry
run, purge, tag, verify. It needs no account and no network, and leaves a folder
with the backup and the reports to look at.

Exit status: 0 done, 1 failed.`,
		Example: `  riva-prep demo
  riva-prep demo --store D:\demo`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), store.path) },
	}
	cmd.Flags().StringVar(&store.path, "store", "", "the `DIR` for backup and reports (default a new temporary one)")
	return cmd
}

func (a *app) demo(ctx context.Context, path string) (err error) {
	if path == "" {
		if path, err = os.MkdirTemp("", "riva-prep-demo-*"); err != nil {
			return fmt.Errorf("make a folder for the demo: %w", err)
		}
	}
	return tour.Run(ctx, tour.Options{
		Tenant: demo.Tenant(), Store: path, Out: a.env.Stdout, Table: a.view(report.Table),
		Tool: version(), Holder: a.holder("demo"), Now: a.env.Now,
	})
}
