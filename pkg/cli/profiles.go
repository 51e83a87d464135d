package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/profile"
	"github.com/riva-prep/riva-prep/pkg/report"
)

// profileFlags choose profiles, and the words among their markers that only the
// operator can take in.
type profileFlags struct{ names, files, generic []string }

func (f *profileFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.names, "profile", nil, "a plug-in's `PROFILE`, as riva-prep profiles lists them, or the path of a file (repeatable)")
	flags.StringArrayVar(&f.files, "profile-file", nil, "a profile of your own in a YAML `FILE` (repeatable)")
}

func (f *profileFlags) addGeneric(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.generic, "generic", nil, "take in a `WORD` of the profile that people use themselves (repeatable)")
}

// read gives the profiles that are meant.
func (f profileFlags) read() (chosen profile.Catalogue, err error) {
	files := f.files
	for _, name := range f.names {
		if isFile(name) {
			files = append(files, name)
			continue
		}
		p, err := profile.Known(name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, p)
	}
	for _, name := range files {
		p, err := readProfile(name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, p)
	}
	return chosen, nil
}

// isFile says whether a profile is named by a path: no profile's name has a dot
// or a slash.
func isFile(name string) bool { return strings.ContainsAny(name, `./\`) }

func readProfile(name string) (profile.Profile, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return profile.Profile{}, exit.Wrong(fmt.Errorf("the profile cannot be read: %w", err), "--profile-file takes a YAML file; riva-prep profiles lists the built-in ones")
	}
	p, err := profile.Read(data)
	if err != nil {
		return p, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	p.File = name
	return p, nil
}

// sets are what the profiles contribute to rules. What is left out is said.
func (a *app) sets(f profileFlags, purpose plan.Purpose) ([]marker.Set, error) {
	chosen, err := f.read()
	if err != nil {
		return nil, err
	}
	if err := f.checkGeneric(chosen); err != nil {
		return nil, err
	}
	var sets []marker.Set
	for _, p := range chosen {
		set, err := p.Set(f.generic)
		if err != nil {
			return nil, err
		}
		for _, word := range p.Generic() {
			if _, named := item.MatchCategory([]string{word}, f.generic); !named {
				a.console.Say("%q of profile %s is a word that people use themselves, and left out; --generic %q takes it in", word, p.Name, word)
			}
		}
		if purpose == plan.Purge {
			a.console.Say("profile %s: %s", p.Name, p.Premise.Sentence())
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// checkGeneric refuses a word that no profile has: it would be thought purged.
func (f profileFlags) checkGeneric(chosen profile.Catalogue) error {
	var words []string
	for _, p := range chosen {
		words = append(words, p.Generic()...)
	}
	for _, word := range f.generic {
		if _, known := item.MatchCategory([]string{word}, words); !known {
			return exit.Wrong(fmt.Errorf("--generic %q: no profile that was named has such a word", word),
				"riva-prep profiles show NAME says which words need --generic; any other category is named with --category")
		}
	}
	return nil
}

func (a *app) profilesCommand() *cobra.Command {
	var output outputFlags
	cmd := &cobra.Command{
		Use:   "profiles",
		Short: "List what is known of CRM plug-ins",
		Long: `Profiles lists the plug-ins that riva-prep knows: how many markers tell their
items, and whether deleting in Outlook deletes in the CRM while they are
connected. Nothing is sent.

Exit status: 0 done, 2 wrong usage.`,
		Example: `  riva-prep profiles
  riva-prep profiles show dynamics-365`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			known, err := profile.Builtin()
			if err != nil {
				return err
			}
			format, err := output.parse()
			if err != nil {
				return err
			}
			return report.Profiles(a.env.Stdout, a.all(format), known)
		},
	}
	output.add(cmd.Flags())
	cmd.AddCommand(a.showProfileCommand())
	return cmd
}

func (a *app) showProfileCommand() *cobra.Command {
	var output outputFlags
	cmd := &cobra.Command{
		Use:   "show PROFILE",
		Short: "Show one profile, built in or a file of your own",
		Long: `Show prints the markers of a profile with their sources, what it protects, and
whether deleting in Outlook deletes in the CRM while the plug-in is connected. A
file is checked as well: every fault is named with its line.

Exit status: 0 done, 2 there is no such profile, or its file has faults.`,
		Example: `  riva-prep profiles show salesforce-for-outlook
  riva-prep profiles show ./our-plug-in.yaml`,
		Args: one("profile", "riva-prep profiles lists them"),
		RunE: func(_ *cobra.Command, args []string) error {
			format, err := output.parse()
			if err != nil {
				return err
			}
			chosen, err := profileFlags{names: args}.read()
			if err != nil {
				return err
			}
			if len(chosen) != 1 {
				return errors.New("no profile was read")
			}
			return report.Profile(a.env.Stdout, a.all(format), chosen[0])
		},
	}
	output.add(cmd.Flags())
	return cmd
}

// all is a view that leaves nothing out.
func (a *app) all(format report.Format) report.Options {
	view := a.view(format)
	view.Rows = 0
	return view
}
