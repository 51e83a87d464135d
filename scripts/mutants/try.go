package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// fate is what became of a mutant.
type fate string

const (
	caught   fate = "caught"
	survived fate = "SURVIVED"
	broken   fate = "BROKEN" // it does not compile, so nothing was tested
	stale    fate = "STALE"  // the code is another by now
)

// limit ends a mutant that makes the program wait for ever.
const limit = "5m"

// try tests one mutant.
func (c campaign) try(ctx context.Context, m mutant) (fate, string) {
	folder, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return stale, err.Error()
	}
	defer func() { _ = os.RemoveAll(folder) }()
	overlay, err := c.overlay(folder, m)
	if err != nil {
		return stale, err.Error()
	}
	got, err := c.test(ctx, m, overlay)
	if err != nil {
		return broken, err.Error()
	}
	return got.fate()
}

// overlay writes the changed file, and the file that tells the compiler of it.
func (c campaign) overlay(folder string, m mutant) (string, error) {
	name, err := filepath.Abs(filepath.Join(c.root, filepath.FromSlash(m.file)))
	if err != nil {
		return "", err
	}
	source, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	changed, err := m.apply(string(source))
	if err != nil {
		return "", err
	}
	instead := filepath.Join(folder, filepath.Base(name))
	table, err := json.Marshal(map[string]map[string]string{"Replace": {name: instead}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(folder, "overlay.json")
	return overlay, errors.Join(os.WriteFile(instead, []byte(changed), 0o600), os.WriteFile(overlay, table, 0o600))
}

// apply makes the change in the text of the file.
func (m mutant) apply(source string) (string, error) {
	if n := strings.Count(source, m.old); n != 1 || m.old == m.new {
		return "", fmt.Errorf("mutant no longer applies: its text stands %d times in %s", n, m.file)
	}
	return strings.Replace(source, m.old, m.new, 1), nil
}

// test runs the tests of a mutant; without an overlay, the code as it is.
func (c campaign) test(ctx context.Context, m mutant, overlay string) (*events, error) {
	args := []string{"test", "-json", "-vet=off", "-failfast", "-timeout=" + limit, "-run=" + m.run}
	if overlay != "" {
		args = append(args, "-count=1", "-overlay="+overlay)
	}
	for pkg := range strings.FieldsSeq(m.tests) {
		args = append(args, "./"+pkg)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = c.root
	cmd.Env = append(os.Environ(), "RAPID_NOFAILFILE=1") // it would lie in the working tree
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		return nil, err
	}
	got, readErr := read(&out)
	if err != nil && !got.unbuilt && len(got.failed) == 0 && got.ends == 0 {
		return nil, fmt.Errorf("%w: %s", err, complaint.String())
	}
	return got, errors.Join(readErr, ctx.Err())
}

// events are what is needed of what go test -json says (go doc test2json).
type events struct {
	passed  int
	failed  []string // tests, without their parts
	ends    int      // packages that failed
	unbuilt bool
	output  []string
}

func read(out *bytes.Buffer) (*events, error) {
	got := &events{}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e struct{ Action, Package, Test, Output, FailedBuild string }
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue // not an event
		}
		got.unbuilt = got.unbuilt || e.Action == "build-fail" || e.FailedBuild != ""
		switch {
		case e.Output != "":
			got.output = append(got.output, e.Output)
		case e.Action == "pass" && e.Test != "":
			got.passed++
		case e.Action == "fail" && e.Test != "":
			test, _, _ := strings.Cut(e.Test, "/")
			got.failed = append(got.failed, strings.TrimPrefix(e.Package, module)+"."+test)
		case e.Action == "fail":
			got.ends++
		}
	}
	return got, lines.Err()
}

const module = "github.com/riva-prep/riva-prep/"

// fate judges: who fails to build was not tested, and only a test that fails
// has caught anything, or one that cannot come to its end.
func (e *events) fate() (fate, string) {
	switch {
	case e.unbuilt:
		return broken, e.text()
	case len(e.failed) > 0:
		return caught, "by " + e.failed[0] + e.how()
	case e.ends > 0:
		return caught, "by the end of the package" + e.how()
	}
	return survived, fmt.Sprintf("%d tests passed", e.passed)
}

// how tells a test that never ends from one that says something.
func (e *events) how() string {
	if strings.Contains(e.text(), "panic: test timed out") {
		return " (which did not end)"
	}
	return ""
}

// text is the end of the output.
func (e *events) text() string {
	const lines = 12
	from := max(0, len(e.output)-lines)
	return cmp.Or(strings.TrimSpace(strings.Join(e.output[from:], "")), "no output")
}
