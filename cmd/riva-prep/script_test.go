package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/riva-prep/riva-prep/pkg/cli"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"riva-prep": func() { os.Exit(cli.Main(os.Args[1:], cli.System())) },
	})
}

// TestScript runs the command line as a person would, one file for each topic.
func TestScript(t *testing.T) {
	const dir = "testdata/script"
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d scripts in %s, %v", len(files), dir, err)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await":   await,
			"exits":   exits,
			"control": control,
			"digest":  digest,
			"spoil":   spoil,
		},
	})
}

// await waits for the ready file of a sandbox that was just started.
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
	var ready sandbox.Ready
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &ready); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	client := scriptClient(ts, ready.CAFile)
	defer client.CloseIdleConnections()
	resp, err := client.Get(ready.Control + args[1])
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	flat := strings.Join(strings.Fields(string(body)), "")
	if strings.Contains(flat, args[2]) == neg {
		ts.Fatalf("%s answers %.500s", args[1], flat)
	}
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

// spoil replaces a text in a file: spoil FILE OLD NEW.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%q is not in %s", args[1], args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o600))
}

// scriptClient trusts the sandbox's certificate.
func scriptClient(ts *testscript.TestScript, caFile string) *http.Client {
	client, err := trustingClient(caFile)
	if err != nil {
		ts.Fatalf("%s: %v", caFile, fmt.Errorf("certificate: %w", err))
	}
	return client
}
