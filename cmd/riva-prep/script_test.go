package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

// TestMain keeps the race detector from waiting a second at the end of every
// command that a test starts; races are reported as they happen.
func TestMain(m *testing.M) {
	if os.Getenv("GORACE") == "" {
		os.Setenv("GORACE", "atexit_sleep_ms=10")
	}
	testscript.Main(m, map[string]func(){
		"riva-prep": captured,
	})
}

// TestScript runs the command line as a person would, one file for each topic.
func TestScript(t *testing.T) {
	const dir = "testdata/script"
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d scripts in %s, %v", len(files), dir, err)
	}
	commands := map[string]func(*testscript.TestScript, bool, []string){
		"await":       await,
		"exits":       exits,
		"control":     control,
		"outbox":      outbox,
		"digest":      digest,
		"spoil":       spoil,
		"cut":         cut,
		"until":       until,
		"plan-of":     planOf,
		"run-of":      runOf,
		"snapshot-of": snapshotOf,
		"same-items":  sameItems,
		"reimport":    reimport,
		"more":        more,
	}
	maps.Copy(commands, backCommands())
	maps.Copy(commands, planCommands())
	maps.Copy(commands, rolloutCommands())
	testscript.Run(t, testscript.Params{Dir: dir, Cmds: commands, Setup: watched(t)})
}

// await waits for a file or folder, such as the ready file of a sandbox that was
// just started.
func await(ts *testscript.TestScript, _ bool, args []string) {
	name := ts.MkAbs(args[0])
	for range 600 {
		if _, err := os.Stat(name); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("%s does not appear", args[0])
}

// exits runs a command that must end with this exit code: exits 2 riva-prep list.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	code := 0
	if exit, failed := errors.AsType[*exec.ExitError](ts.Exec(args[1], args[2:]...)); failed {
		code = exit.ExitCode()
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// control checks what a control endpoint of the sandbox answers: control
// ready.json outbox '[]', or control ready.json requests '"writes":0'.
func control(ts *testscript.TestScript, neg bool, args []string) {
	if flat := answer(ts, args[0], args[1]); strings.Contains(flat, args[2]) == neg {
		ts.Fatalf("%s answers %.500s", args[1], flat)
	}
}

// outbox compares all mails that a sandbox would have sent, whatever their order,
// with the lines of a file: outbox ready.json want.txt.
func outbox(ts *testscript.TestScript, _ bool, args []string) {
	var mails []struct {
		Kind, From, Subject string
		To                  []string
	}
	if err := json.Unmarshal([]byte(answer(ts, args[0], "outbox")), &mails); err != nil {
		ts.Fatalf("%v", err)
	}
	var got []string
	for _, m := range mails {
		slices.Sort(m.To)
		got = append(got, fmt.Sprintln(m.Kind, m.Subject, "from", m.From, "to", strings.Join(m.To, " ")))
	}
	slices.Sort(got)
	if want := ts.ReadFile(args[1]); strings.Join(got, "") != want {
		ts.Fatalf("the outbox has\n%swant\n%s", strings.Join(got, ""), want)
	}
}

// until asks a control endpoint until its answer matches a regular expression.
func until(ts *testscript.TestScript, _ bool, args []string) {
	want := regexp.MustCompile(args[2])
	for range 3000 {
		if want.MatchString(answer(ts, args[0], args[1])) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	ts.Fatalf("%s never answers %s", args[1], args[2])
}

// answer reads a control endpoint, without white space.
func answer(ts *testscript.TestScript, file, name string) string {
	var ready sandbox.Ready
	if err := json.Unmarshal([]byte(ts.ReadFile(file)), &ready); err != nil {
		ts.Fatalf("%s: %v", file, err)
	}
	client, err := trustingClient(ready.CAFile)
	ts.Check(err)
	defer client.CloseIdleConnections()
	resp, err := client.Get(ready.Control + name)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	return strings.Join(strings.Fields(string(body)), "")
}

// runOf puts the name of the one run in a store into an environment variable:
// run-of store RUN.
func runOf(ts *testscript.TestScript, _ bool, args []string) {
	runs, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "runs", "*"))
	if err != nil || len(runs) != 1 {
		ts.Fatalf("%d runs in %s, %v", len(runs), args[0], err)
	}
	ts.Setenv(args[1], filepath.Base(runs[0]))
}

// planOf puts the path of the one run's plan in a store into an environment
// variable: plan-of store PLAN.
func planOf(ts *testscript.TestScript, _ bool, args []string) {
	plans, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "runs", "*", "plan.json"))
	if err != nil || len(plans) != 1 {
		ts.Fatalf("%d plans in %s, %v", len(plans), args[0], err)
	}
	ts.Setenv(args[1], plans[0])
}

// digest puts the digest of a plan shown in the last output into an environment
// variable: digest NAME FILE.
func digest(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[1])
	at := strings.Index(text, "sha256:")
	if at < 0 || len(text) < at+71 {
		ts.Fatalf("no digest in %s", args[1])
	}
	ts.Setenv(args[0], text[at:at+71])
}

// cut leaves so many bytes of a file: cut FILE BYTES.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), int64(n)))
}

// spoil replaces a text in a file, \r and \n in it being line breaks: spoil FILE
// OLD NEW.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	text, breaks := ts.ReadFile(args[0]), strings.NewReplacer(`\r`, "\r", `\n`, "\n")
	was, is := breaks.Replace(args[1]), breaks.Replace(args[2])
	if !strings.Contains(text, was) {
		ts.Fatalf("%q is not in %s", was, args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, was, is, 1)), 0o600))
}
