package main_test

import (
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// planCommands are what the script about plans needs besides the common ones.
func planCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"fits": fits, "run-of": onlyRun}
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
