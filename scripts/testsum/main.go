// Command testsum reads what "go test -json" writes and prints what a person
// needs of it: one line a package, failures in full, every skipped test with
// its reason, and a count at the end.
//
// It promises that silence is not success: it fails when a test, a build or a
// package failed, when the input ends before a package did, and when no test
// passed at all.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

func main() {
	if err := summarise(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(1)
	}
}

// event is one line of go test -json (go doc test2json).
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

type summary struct {
	out  io.Writer
	text map[string]*strings.Builder // output of tests and packages under way
	open map[string]bool             // packages that have begun and not ended

	packages, untested, passed, failed int
	broken                             []string // packages and builds that failed
	skipped                            []string // "package.Test: reason"
}

func summarise(in io.Reader, out io.Writer) error {
	s := &summary{out: out, text: map[string]*strings.Builder{}, open: map[string]bool{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if jerr := json.Unmarshal([]byte(line), &e); jerr != nil {
				fmt.Fprint(out, line) // not an event: let it be seen
			} else {
				s.take(e)
			}
		}
		if errors.Is(err, io.EOF) {
			return s.end()
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) take(e event) {
	key := e.Package + "." + e.Test
	switch e.Action {
	case "start":
		s.open[e.Package] = true
	case "output":
		s.buffer(key).WriteString(e.Output)
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "build-fail":
		s.broken = append(s.broken, "build of "+e.ImportPath)
	case "pass", "fail", "skip":
		if e.Test == "" {
			s.endPackage(e)
		} else {
			s.endTest(e, key)
		}
	}
}

func (s *summary) buffer(key string) *strings.Builder {
	if s.text[key] == nil {
		s.text[key] = &strings.Builder{}
	}
	return s.text[key]
}

func (s *summary) endTest(e event, key string) {
	text := s.buffer(key).String()
	delete(s.text, key)
	switch e.Action {
	case "pass":
		s.passed++
	case "fail":
		s.failed++
		fmt.Fprintf(s.out, "\n%s", text)
	case "skip":
		s.skipped = append(s.skipped, key+": "+reason(text))
	}
}

// reason is what a skipped test said, without the lines of go test itself.
func reason(text string) string {
	var said []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			said = append(said, line)
		}
	}
	return cmp.Or(strings.Join(said, " "), "no reason given")
}

func (s *summary) endPackage(e event) {
	delete(s.open, e.Package)
	switch e.Action {
	case "pass":
		s.packages++
		fmt.Fprintf(s.out, "ok    %s  %.1f s\n", e.Package, e.Elapsed)
	case "skip":
		s.untested++
		fmt.Fprintf(s.out, "none  %s\n", e.Package)
	case "fail":
		s.packages++
		s.broken = append(s.broken, e.Package)
		s.flush(e.Package)
		fmt.Fprintf(s.out, "FAIL  %s  %.1f s\n", e.Package, e.Elapsed)
	}
	delete(s.text, e.Package+".")
}

// flush shows what tests that never ended had said: a panic or a timeout is in
// there.
func (s *summary) flush(pkg string) {
	for _, key := range slices.Sorted(maps.Keys(s.text)) {
		if strings.HasPrefix(key, pkg+".") {
			fmt.Fprint(s.out, s.text[key])
			delete(s.text, key)
		}
	}
}

func (s *summary) end() error {
	for _, pkg := range slices.Sorted(maps.Keys(s.open)) {
		s.flush(pkg)
		s.broken = append(s.broken, pkg+" (did not end)")
	}
	if len(s.skipped) > 0 {
		fmt.Fprintln(s.out, "\nskipped:")
		for _, line := range s.skipped {
			fmt.Fprintln(s.out, "  "+line)
		}
	}
	fmt.Fprintf(s.out, "\n%d packages tested, %d without tests\n", s.packages, s.untested)
	fmt.Fprintf(s.out, "%d passed, %d failed, %d skipped\n", s.passed, s.failed, len(s.skipped))
	switch {
	case len(s.broken) > 0:
		return fmt.Errorf("failed: %s", strings.Join(s.broken, ", "))
	case s.failed > 0:
		return fmt.Errorf("%d tests failed", s.failed)
	case s.passed == 0:
		return errors.New("no test passed: nothing was tested")
	}
	return nil
}
