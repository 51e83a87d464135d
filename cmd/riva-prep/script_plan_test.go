package main_test

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// planCommands are what the script about plans needs besides the common ones.
func planCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"fits": fits, "run-of": onlyRun, "decides": decides}
}

// onlyRun puts the name of the one run in a store into an environment variable:
// run-of store RUN.
func onlyRun(ts *testscript.TestScript, _ bool, args []string) {
	runs, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "runs", "*"))
	if err != nil || len(runs) != 1 {
		ts.Fatalf("%d runs in %s, %v", len(runs), args[0], err)
	}
	ts.Setenv(args[1], filepath.Base(runs[0]))
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

// fits validates a file by a published schema: fits plan FILE.
func fits(ts *testscript.TestScript, _ bool, args []string) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(filepath.Join(root, "docs", "schema", args[0]+".schema.json"))
	ts.Check(err)
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile(args[1])))
	ts.Check(err)
	ts.Check(s.Validate(v))
}
