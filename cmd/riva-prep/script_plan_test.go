package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// planCommands are what the script about plans needs besides the common ones.
func planCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"fits": fits, "decides": decides}
}

// decides writes a decision into the rows of a list that hold a text, of which
// there must be one at least: decides LIST TEXT DECISION.
func decides(ts *testscript.TestScript, _ bool, args []string) {
	var out strings.Builder
	found := 0
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if at := strings.LastIndexByte(line, ','); strings.Contains(line, args[1]) && at > 0 {
			line, found = line[:at+1]+args[2]+"\r\n", found+1
		}
		out.WriteString(line)
	}
	if found == 0 {
		ts.Fatalf("no row of %s holds %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(out.String()), 0o600))
}

// fits validates files by a published schema, in a process of its own, of which
// see scripts/schema: fits plan FILE....
func fits(ts *testscript.TestScript, _ bool, args []string) {
	schema, err := filepath.Abs(filepath.Join(root, "docs", "schema", args[0]+".schema.json"))
	ts.Check(err)
	run := []string{"run", "./scripts/schema", schema}
	for _, name := range args[1:] {
		run = append(run, ts.MkAbs(name))
	}
	cmd := exec.Command("go", run...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		ts.Fatalf("%v: %s", err, out)
	}
}
