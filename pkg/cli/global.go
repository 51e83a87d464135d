package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/cli/settings"
)

// globalFlags are those of every command.
type globalFlags struct {
	config string
	quiet  bool
	log    logFlags
}

func (g *globalFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&g.config, "config", "", "a `FILE` of settings (default "+usualConfig+" in this folder, if there is one)")
	flags.BoolVar(&g.quiet, "quiet", false, "say nothing but warnings, errors and results")
	g.log.add(flags)
}

// usualConfig is read where no other file is named.
const usualConfig = "riva-prep.yaml"

// begin settles what all commands have in common. The sandbox and the demo take
// no settings: they would write to the store of the real runs.
func (a *app) begin(cmd *cobra.Command, _ []string) error {
	if takesSettings(cmd) {
		values, err := a.readSettings(cmd.Flags(), cmd.Root())
		if err != nil {
			return err
		}
		typed := exclusions(cmd.Flags())
		used, err := settings.Apply(cmd.Flags(), values)
		if err != nil {
			return err
		}
		a.lasting = exclusions(cmd.Flags())[len(typed):]
		a.console.Quiet = a.global.quiet // before anything is said
		a.tellSettings(used)
	}
	a.console.Quiet = a.global.quiet
	return a.openLog(cmd)
}

// exclusions are those of a command, none if it has no such flag.
func exclusions(flags *pflag.FlagSet) []string {
	names, _ := flags.GetStringArray("exclude")
	return names
}

func takesSettings(cmd *cobra.Command) bool {
	for ; cmd.HasParent(); cmd = cmd.Parent() {
		if slices.Contains([]string{"sandbox", "demo", "completion", "version", "help"}, cmd.Name()) {
			return false
		}
	}
	return true
}

// tellSettings says what a file that nobody named has set.
func (a *app) tellSettings(used []settings.Value) {
	var keys []string
	for _, v := range used {
		if strings.HasPrefix(v.From, usualConfig+",") {
			keys = append(keys, v.Key)
		}
	}
	slices.Sort(keys)
	if a.global.config == "" && len(keys) > 0 {
		a.console.Say("%s sets %s", usualConfig, strings.Join(keys, ", "))
	}
}

// readSettings reads the environment and the file.
func (a *app) readSettings(flags *pflag.FlagSet, root *cobra.Command) ([]settings.Value, error) {
	names := everyFlag(root)
	s := settings.Sources{Environ: a.env.variables(names)}
	var err error
	if s.File, s.Entries, err = a.readConfig(flags.Changed("config")); err != nil {
		return nil, err
	}
	return settings.Read(s, names)
}

func (a *app) readConfig(typed bool) (name string, entries []settings.Entry, err error) {
	const hint = "a file of settings has lines such as  store: D:\\riva-prep"
	name = a.global.config
	if !typed {
		name = a.env.Getenv(settings.Variable("config"))
	}
	named := name != ""
	if !named {
		name = usualConfig
	}
	data, err := os.ReadFile(name)
	switch {
	case !named && errors.Is(err, fs.ErrNotExist):
		return name, nil, nil
	case err != nil:
		return name, nil, exit.Wrong(fmt.Errorf("the settings cannot be read: %w", err), hint)
	}
	if entries, err = settings.Parse(data); err != nil {
		return name, nil, exit.Wrong(fmt.Errorf("%s: %w", name, err), hint)
	}
	return name, entries, nil
}

// everyFlag are the names of all flags that settings are taken for.
func everyFlag(root *cobra.Command) []string {
	var names []string
	collect := func(f *pflag.Flag) { names = append(names, f.Name) }
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd != root && !takesSettings(cmd) {
			return
		}
		cmd.Flags().VisitAll(collect)
		cmd.PersistentFlags().VisitAll(collect)
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
	slices.Sort(names)
	return slices.Compact(names)
}

// variables are those of the environment; where it cannot be listed, those that
// flags have.
func (e Env) variables(flags []string) []string {
	if e.Environ != nil {
		return e.Environ()
	}
	var all []string
	for _, flag := range flags {
		name := settings.Variable(flag)
		all = append(all, name+"="+e.Getenv(name))
	}
	return all
}
