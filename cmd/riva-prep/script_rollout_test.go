package main_test

import (
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// rolloutCommands are what the scripts about rollouts need besides the common ones.
func rolloutCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"newest-purge": newestPurge, "true-status": trueStatus}
}

// newestPurge puts the name of the purge that was begun last into an environment
// variable: newest-purge store RUN.
func newestPurge(ts *testscript.TestScript, _ bool, args []string) {
	runs, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "runs", "purge-*"))
	ts.Check(err)
	newest := ""
	for _, name := range runs {
		if newest == "" || written(ts, name).After(written(ts, newest)) {
			newest = name
		}
	}
	ts.Setenv(args[1], filepath.Base(newest))
}

// trueStatus compares a status with the sandbox as it is, items with the tag and
// in Deleted Items: true-status STATUS.json ready.json TAG.
func trueStatus(ts *testscript.TestScript, _ bool, args []string) {
	for _, d := range untrue(ts.ReadFile(args[0]), answer(ts, args[1], "tenant"), args[2]) {
		ts.Fatalf("%s", d)
	}
}

func written(ts *testscript.TestScript, run string) (at time.Time) {
	info, err := os.Stat(filepath.Join(run, "plan.json"))
	ts.Check(err)
	return info.ModTime()
}
