// Command man writes a manual page for each command into a folder: man FOLDER.
// The same commands give the same pages, whenever and wherever it runs.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra/doc"

	"github.com/riva-prep/riva-prep/pkg/cli"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./scripts/man FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "man:", err)
		os.Exit(1)
	}
}

func write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	root := cli.Commands()
	root.DisableAutoGenTag = true
	// The date would be today's otherwise, and some defaults are this machine's.
	epoch := time.Unix(0, 0).UTC()
	for _, cmd := range root.Commands() {
		if parallel := cmd.Flags().Lookup("parallel"); parallel != nil {
			parallel.DefValue = "two for each processor"
		}
	}
	return doc.GenManTree(root, &doc.GenManHeader{Title: "RIVA-PREP", Section: "1", Source: "riva-prep", Manual: "riva-prep", Date: &epoch}, folder)
}
