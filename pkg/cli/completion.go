package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/permission"
	"github.com/riva-prep/riva-prep/pkg/report"
)

func completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script that completes commands and flags in your shell",
		Long: `Completion prints a script for your shell, which then completes commands, flags
and the words that some flags take. In PowerShell, put the first example into the
file that $PROFILE names, to have it in every session.

Exit status: 0 done, 2 wrong usage.`,
		Example: `  riva-prep completion powershell | Out-String | Invoke-Expression
  source <(riva-prep completion bash)
  riva-prep completion fish | source`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			return completion(cmd.Root(), args[0], cmd.OutOrStdout())
		},
	}
}

func completion(root *cobra.Command, shell string, w io.Writer) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(w)
	}
	return exit.Wrong(fmt.Errorf("unknown shell %q", shell), "completion takes bash, zsh, fish or powershell")
}

// choices are what flags take, by flag. Categories are not among them: they are
// in the mailboxes.
func choices() map[string][]string {
	return map[string][]string{
		"kinds":      stringsOf(item.Kinds()),
		"output":     stringsOf(report.Formats()),
		"cloud":      stringsOf(graph.Clouds()),
		"streams":    {"auto", "require", "off"},
		"meetings":   {"hold", "send-cancellations"},
		"log-format": {"text", "json"},
		"format":     {"vcard", "ics", "csv"},
		"for":        permission.Commands(),
	}
}

func stringsOf[S ~string](list []S) []string {
	texts := make([]string, 0, len(list))
	for _, s := range list {
		texts = append(texts, string(s))
	}
	return texts
}

// complete tells the shell what the flags of all commands take: words, files,
// or nothing that it could know.
func complete(cmd *cobra.Command) {
	each := func(f *pflag.Flag) {
		if _, done := cmd.GetFlagCompletionFunc(f.Name); !done {
			// It fails only for a flag that is not there, or twice.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, completes(f))
		}
	}
	cmd.LocalNonPersistentFlags().VisitAll(each)
	cmd.PersistentFlags().VisitAll(each)
	for _, sub := range cmd.Commands() {
		complete(sub)
	}
}

func completes(f *pflag.Flag) cobra.CompletionFunc {
	kind, _ := pflag.UnquoteUsage(f)
	switch {
	case choices()[f.Name] != nil:
		return list(choices()[f.Name], strings.HasSuffix(f.Value.Type(), "Slice"))
	case kind == "FILE":
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	case kind == "DIR":
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	}
	return cobra.NoFileCompletions
}

// list completes one of the words, or one more after a comma.
func list(all []string, several bool) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := ""
		if at := strings.LastIndexByte(typed, ','); several && at >= 0 {
			before = typed[:at+1]
		}
		var found []string
		for _, word := range all {
			if strings.HasPrefix(before+word, typed) {
				found = append(found, before+word)
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}
