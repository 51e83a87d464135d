package main_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/cli"
	"github.com/riva-prep/riva-prep/pkg/cli/settings"
)

// every visits all commands of the program.
func every(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, sub := range cmd.Commands() {
		every(sub, visit)
	}
}

var endsWith = regexp.MustCompile(`Exit status: 0 [a-z]`)

// TestEveryCommandHelps wants an example that names the command, and the exit
// status, in the help of all that can be run.
func TestEveryCommandHelps(t *testing.T) {
	seen := 0
	every(cli.Commands(), func(cmd *cobra.Command) {
		if !cmd.Runnable() {
			return
		}
		seen++
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: %q is no short description", cmd.CommandPath(), cmd.Short)
		}
		if !strings.Contains(cmd.Example, cmd.CommandPath()) {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		if !endsWith.MatchString(cmd.Long) {
			t.Errorf("%s does not say its exit status", cmd.CommandPath())
		}
	})
	if seen < 17 {
		t.Errorf("only %d commands", seen)
	}
}

// TestTypedFlagsAreThere: a misspelt name would let a setting through.
func TestTypedFlagsAreThere(t *testing.T) {
	flags := []string{"help"}
	every(cli.Commands(), func(cmd *cobra.Command) {
		collect := func(f *pflag.Flag) { flags = append(flags, f.Name) }
		cmd.Flags().VisitAll(collect)
		cmd.PersistentFlags().VisitAll(collect)
	})
	for _, name := range settings.Typed() {
		if !slices.Contains(flags, name) {
			t.Errorf("no command has --%s", name)
		}
	}
	if len(settings.Typed()) < 10 {
		t.Errorf("only %d", len(settings.Typed()))
	}
}
