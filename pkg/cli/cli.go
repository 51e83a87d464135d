// Package cli is the command line: one file for each command, which turns
// flags into options, plugs the adapters into a workflow, shows the result and
// says how it ended by an exit code.
//
// It promises that wrong input is refused with one sentence and a hint before
// any request is sent, that data goes to stdout and talk to stderr, and that
// nothing is changed without an approval that names the number of items or the
// plan's digest. It refuses to take silence for a yes: there is no --yes.
package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/console"
)

// Env is all that a command takes from the machine it runs on.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	// Environ are all variables, each as NAME=value; without it those of the
	// flags are asked for one by one.
	Environ func() []string
	Now     func() time.Time
	// Cache is the user's folder for what can be made anew; empty for none.
	Cache string
	Host  string
	PID   int
}

// System is the machine as it is.
func System() Env {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = ""
	}
	return Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Environ: os.Environ, Now: time.Now, Cache: cache, Host: host, PID: os.Getpid(),
	}
}

// app is what the commands of one invocation share.
type app struct {
	env     Env
	console *console.Console
	conn    connection
	global  globalFlags
	log     *slog.Logger // nil without --log-file
	logFile io.Closer
	// lasting are the exclusions of the settings, which follow those typed.
	lasting []string
	// lockFolder and close are set when a command connects.
	lockFolder string
	close      []func()
}

// Main runs the command line and returns the exit code.
func Main(args []string, env Env) int {
	ctx, stop := console.Interruptible(context.Background())
	defer stop()
	a := &app{env: env, console: console.New(env.Stdin, env.Stdout, env.Stderr, env.Getenv)}
	defer func() {
		for _, done := range a.close {
			done()
		}
	}()
	root := a.root()
	root.SetArgs(args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	code := a.end(ctx, root.ExecuteContext(ctx))
	if err := a.closeLog(code); err != nil {
		a.console.Warn("%s", err)
	}
	return code
}

// Commands are all commands, for pages about them; none of them is to be run.
func Commands() *cobra.Command {
	env := Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }, Now: time.Now}
	a := &app{env: env, console: console.New(env.Stdin, env.Stdout, env.Stderr, env.Getenv)}
	return a.root()
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "riva-prep",
		Short: "Prepare Exchange mailboxes for a CRM sync server",
		Long: `riva-prep clears out what an Outlook CRM plug-in left in Exchange Online
mailboxes, before a CRM sync server such as Riva is switched on: it lists,
backs up, purges by category or profile and tags the rest, for one mailbox or thousands,
through Microsoft Graph.

Begin with:  riva-prep demo

Exit status: 0 done, 1 failed, 2 wrong usage, 3 done in part,
4 refused by a safety rule, 130 interrupted.`,
		Example: `  riva-prep demo
  riva-prep doctor
  riva-prep list --mailbox ann@contoso.example`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRunE: a.begin,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return exit.Wrong(inWords(err), "see "+cmd.CommandPath()+" --help")
	})
	a.conn.flags(root.PersistentFlags())
	a.global.add(root.PersistentFlags())
	root.AddCommand(a.listCommand(), a.discoverCommand(), a.profilesCommand(), a.backupCommand(), a.purgeCommand(), a.tagCommand(), a.applyCommand(), a.planCommand(), a.rolloutCommand(),
		a.restoreCommand(), a.undoCommand(), a.verifyCommand(), a.snapshotsCommand(), a.exportCommand(), a.doctorCommand(),
		a.demoCommand(), a.sandboxCommand(), a.configCommand(), completionCommand(), a.versionCommand())
	complete(root)
	addHelp(root)
	for _, cmd := range root.Commands() {
		strict(cmd)
	}
	return root
}

// strict turns cobra's own complaints about arguments into usage errors.
func strict(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); exit.Hint(err) != "" {
				return err
			} else if err != nil {
				return exit.Wrong(err, "see "+cmd.CommandPath()+" --help")
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		strict(sub)
	}
}

// end shows an error as a sentence and a hint and chooses the exit code.
func (a *app) end(ctx context.Context, err error) int {
	if err == nil {
		return exit.Done
	}
	if !errors.Is(err, exit.ErrPartial) {
		a.console.Fail(errors.New(exit.Sentence(ctx, err)))
	}
	if hint := exit.Hint(err); hint != "" {
		a.console.Hint("%s", hint)
	}
	return exit.Code(ctx, err)
}
