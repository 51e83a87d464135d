// Command riva-prep prepares Exchange Online mailboxes for a CRM sync server.
package main

import (
	"os"

	"github.com/riva-prep/riva-prep/pkg/cli"
)

func main() {
	env := cli.System()
	cli.Lean(env)
	os.Exit(cli.Main(os.Args[1:], env))
}
