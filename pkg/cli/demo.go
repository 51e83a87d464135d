package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (a *app) demoCommand() *cobra.Command {
	return &cobra.Command{Use: "demo", Short: "x", RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context()) }}
}

func (a *app) demo(ctx context.Context) error { return nil }
