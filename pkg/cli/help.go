package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
)

// addHelp adds cobra's help as a command like all others.
func addHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		return // cobra has added none: --help is there all the same
	}
	help.Long = "Shows the help of a command, as its --help does.\n\nExit status: 0 done, 2 wrong usage."
	help.Example = "  riva-prep help purge\n  riva-prep help plan import"
	help.Args = knownTopic
}

// knownTopic refuses what cobra's help would answer with the root's, as if all
// were well, and with the words as they came.
func knownTopic(cmd *cobra.Command, args []string) error {
	if _, rest, err := cmd.Root().Find(args); err != nil || len(rest) > 0 {
		return exit.Wrong(fmt.Errorf("there is no command %q", strings.Join(args, " ")), "riva-prep --help lists the commands")
	}
	return nil
}
