package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryMutantApplies fails as soon as code that a mutant changes is another,
// long before somebody runs them.
func TestEveryMutantApplies(t *testing.T) {
	const root = "../.."
	names, promises, short := map[string]bool{}, map[int]int{}, 0
	for _, m := range mutants {
		source, err := os.ReadFile(filepath.Join(root, m.file))
		if err == nil {
			_, err = m.apply(string(source))
		}
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
		}
		if names[m.name] {
			t.Errorf("%s: stands there twice", m.name)
		}
		names[m.name] = true
		promises[m.promise]++
		if _, err := regexp.Compile(m.run); err != nil || m.tests == "" {
			t.Errorf("%s: tests %q, run %q: %v", m.name, m.tests, m.run, err)
		}
		for pkg := range strings.FieldsSeq(m.tests) {
			found, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
			if err != nil || len(found) == 0 {
				t.Errorf("%s: no tests in %s", m.name, pkg)
			}
			if slow := []string{"pkg/graph", "pkg/graph/signin", "pkg/run", "pkg/cli/exit", "pkg/sandbox/simulation", "cmd/riva-prep"}; m.short && slices.Contains(slow, pkg) {
				t.Errorf("%s: tests of %s are too slow for the short dose", m.name, pkg)
			}
		}
		if m.short {
			short++
		}
	}
	for n := 1; n <= 7; n++ {
		if promises[n] < 5 {
			t.Errorf("promise %d has only %d mutants", n, promises[n])
		}
	}
	if len(mutants) < 120 || short < 20 || len(promises) != 7 {
		t.Errorf("only %d mutants, %d in the short dose, of promises %v", len(mutants), short, promises)
	}
}

// planted is a module of one function with a test.
func planted(t *testing.T, test string) campaign {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module example.test/planted\n",
		"p/p.go":      "package p\n\n// Add adds.\nfunc Add(a, b int) int { return a + b }\n",
		"p/p_test.go": "package p\n\nimport \"testing\"\n\nfunc TestAdd(t *testing.T) {\n" + test + "\n}\n",
	} {
		name = filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return campaign{root: root, jobs: 2}
}

// TestFates: only a test that fails has caught a mutant.
func TestFates(t *testing.T) {
	plant := func(name, old, new string) mutant {
		return mutant{promise: 1, name: name, file: "p/p.go", old: old, new: new, tests: "p"}
	}
	all := []mutant{
		plant("caught one", "a + b", "a - b"),
		plant("panic", "return a + b", `panic("boom")`),
		plant("survivor", "// Add adds.", "// Add adds up."),
		plant("no Go", "a + b", "a +"),
		plant("unused", "return a + b", "c := a; return a + b"),
		plant("not there", "a * b", "a / b"),
		plant("twice", "a", "b"),
		plant("no change", "a + b", "a + b"),
	}
	want := map[string]fate{
		"caught one": caught, "panic": caught, "survivor": survived, "no Go": broken, "unused": broken, "not there": stale, "twice": stale, "no change": stale,
	}
	c := planted(t, `	if Add(2, 3) != 5 { t.Error("wrong") }`)
	for _, m := range all {
		if got, detail := c.try(t.Context(), m); got != want[m.name] {
			t.Errorf("%s: %s (%s), want %s", m.name, got, detail, want[m.name])
		}
	}
	var out strings.Builder
	c.out = &out
	if err := c.run(t.Context(), all); err == nil || !strings.Contains(err.Error(), "6 of 8") {
		t.Errorf("%v\n%s", err, &out)
	}
	for _, says := range []string{"8 mutants: 2 caught, 1 survived, 2 do not compile, 3 do not apply", "caught one: by example.test/planted/p.TestAdd", "SURVIVED  promise 1: survivor: 1 tests passed"} {
		if !strings.Contains(out.String(), says) {
			t.Errorf("it does not say %q:\n%s", says, &out)
		}
	}
	if err := c.run(t.Context(), all[:2]); err != nil {
		t.Error(err)
	}
}

// TestTestsMustPassWithoutAMutant: where they fail anyway, or where there are
// none, nothing is shown.
func TestTestsMustPassWithoutAMutant(t *testing.T) {
	m := mutant{promise: 1, name: "caught", file: "p/p.go", old: "a + b", new: "a - b", tests: "p"}
	failing := planted(t, `	t.Error("always")`)
	none := planted(t, ``)
	elsewhere := m
	elsewhere.run = "TestNobody"
	for name, try := range map[string]struct {
		campaign
		mutant
	}{"failing": {failing, m}, "no such test": {none, elsewhere}} {
		var out strings.Builder
		try.out = &out
		if err := try.campaign.run(t.Context(), []mutant{try.mutant}); err == nil || !strings.Contains(err.Error(), "without a mutant") {
			t.Errorf("%s: %v\n%s", name, err, &out)
		}
	}
}

func TestWrongUse(t *testing.T) {
	for _, args := range [][]string{{"-only", "("}, {"-only", "no mutant has such a name"}, {"-nonsense"}} {
		var out strings.Builder
		if err := hunt(t.Context(), args, &out); err == nil {
			t.Errorf("%q: no error\n%s", args, &out)
		}
	}
}
