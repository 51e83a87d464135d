package main_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/access"
	"github.com/riva-prep/riva-prep/pkg/sandbox/demo"
	"github.com/riva-prep/riva-prep/pkg/sandbox/fault"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rules"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

// root is the project's folder, seen from this package's.
const root = "../.."

// pages are README.md and the Markdown files below docs, with their content.
// Notes on released changes are left out: they speak of what was.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	read := func(name string) {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.ToSlash(name)] = string(data)
	}
	read("README.md")
	for _, pattern := range []string{"docs/*.md", "docs/decisions/*.md", "docs/changes/*.md", "docs/changes/unreleased/*.md"} {
		names, err := fs.Glob(os.DirFS(root), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			read(name)
		}
	}
	delete(found, badInput) // it is made of what the program says, and of commands that are wrong
	if len(found) < 10 {
		t.Fatalf("only %d pages: %q", len(found), slices.Sorted(maps.Keys(found)))
	}
	return found
}

var (
	promise  = regexp.MustCompile(`(?m)^## (\d+)\. (.+)$`)
	testName = regexp.MustCompile("`((?:cmd|pkg|scripts)/[a-z0-9/-]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`")
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// TestPromisesNameTheirTests fails when a promise has no test, and when a page
// names a test that is not there.
func TestPromisesNameTheirTests(t *testing.T) {
	all := pages(t)
	guarantees := all["docs/guarantees.md"]
	starts := promise.FindAllStringSubmatchIndex(guarantees, -1)
	if len(starts) < 7 {
		t.Fatalf("only %d promises", len(starts))
	}
	for i, at := range starts {
		end := len(guarantees)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		part, _, _ := strings.Cut(guarantees[at[1]:end], "\n## ")
		for _, want := range []string{"**Today.**", "**Not yet.**", "**Tests.**"} {
			if !strings.Contains(part, want) {
				t.Errorf("promise %q has no part %s", guarantees[at[4]:at[5]], want)
			}
		}
		if len(testName.FindAllString(part, -1)) == 0 {
			t.Errorf("promise %q names no test", guarantees[at[4]:at[5]])
		}
	}
	named := 0
	known := map[string][]string{}
	for name, text := range all {
		for _, m := range testName.FindAllStringSubmatch(text, -1) {
			named++
			if known[m[1]] == nil {
				known[m[1]] = testsOf(t, m[1])
			}
			if !slices.Contains(known[m[1]], m[2]) {
				t.Errorf("%s names %s.%s, which is not there", name, m[1], m[2])
			}
		}
	}
	if named < 60 {
		t.Errorf("only %d tests are named", named)
	}
}

// testsOf are the names of a package's tests; none is an empty list, not nil.
func testsOf(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(data), -1) {
			names = append(names, m[1])
		}
	}
	return names
}

var (
	fence    = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```$")
	inline   = regexp.MustCompile("`([^`\n]+)`")
	invoked  = regexp.MustCompile(`^(?:(?:PS> |\$ )?riva-prep|go run \./cmd/riva-prep)((?: .*)?)$`)
	word     = regexp.MustCompile(`"[^"]*"|\S+`)
	flagName = regexp.MustCompile(`^(--[a-z][a-z-]*)`)
	helpFlag = regexp.MustCompile(`(?m)^ +(?:-\w, )?(--[a-z][a-z-]*)`)
	helpSub  = regexp.MustCompile(`(?m)^  ([a-z-]+) +\S`)
)

// commandLines are the lines of a page that start the program, in code blocks
// and in running text.
func commandLines(text string) []string {
	var lines []string
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		lines = append(lines, strings.Split(block[1], "\n")...)
	}
	for _, m := range inline.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		lines = append(lines, m[1])
	}
	return slices.DeleteFunc(lines, func(line string) bool { return !invoked.MatchString(strings.TrimSpace(line)) })
}

// manual asks the program itself for its commands and flags, once each.
type manual struct {
	t     *testing.T
	pages map[string]string // help texts by command path
}

func (m *manual) help(path string) string {
	m.t.Helper()
	text, asked := m.pages[path]
	if !asked {
		text = runWith(nil, append(strings.Fields(path), "--help")...).want(m.t, 0).stdout
		m.pages[path] = text
	}
	return text
}

func (m *manual) subcommands(path string) []string {
	_, list, found := strings.Cut(m.help(path), "Available Commands:\n")
	if !found {
		return nil
	}
	list, _, _ = strings.Cut(list, "\n\n")
	var names []string
	for _, s := range helpSub.FindAllStringSubmatch(list, -1) {
		names = append(names, s[1])
	}
	return names
}

func (m *manual) flags(path string) []string {
	var names []string
	for _, f := range helpFlag.FindAllStringSubmatch(m.help(path), -1) {
		names = append(names, f[1])
	}
	return names
}

// check follows a command line through the program's commands and returns the
// command it ends at.
func (m *manual) check(page, line string) string {
	m.t.Helper()
	words := word.FindAllString(invoked.FindStringSubmatch(strings.TrimSpace(line))[1], -1)
	path := ""
	for len(words) > 0 && !strings.HasPrefix(words[0], "-") {
		subs := m.subcommands(path)
		if len(subs) == 0 {
			break // what follows are arguments
		}
		if !slices.Contains(subs, words[0]) {
			m.t.Errorf("%s: %q: there is no command %q", page, line, words[0])
			return path
		}
		path, words = strings.TrimSpace(path+" "+words[0]), words[1:]
	}
	for _, w := range words {
		if f := flagName.FindString(w); f != "" && !slices.Contains(m.flags(path), f) {
			m.t.Errorf("%s: %q: riva-prep %s has no flag %s", page, line, path, f)
		}
	}
	return path
}

// TestDocsNameRealCommands holds every command line and every flag that a page
// mentions against the program's own help.
func TestDocsNameRealCommands(t *testing.T) {
	m := &manual{t: t, pages: map[string]string{}}
	lines, used := 0, map[string]bool{}
	all := pages(t)
	for name, text := range all {
		for _, line := range commandLines(text) {
			lines++
			used[m.check(name, line)] = true
		}
	}
	if lines < 20 {
		t.Errorf("only %d command lines in the pages", lines)
	}
	everything := m.everyFlag("")
	mentioned := map[string]bool{}
	for name, text := range all {
		for _, code := range inline.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			f := flagName.FindString(code[1])
			if f == "" {
				continue
			}
			mentioned[f] = true
			if !slices.Contains(everything, f) {
				t.Errorf("%s mentions %s, which no command has", name, f)
			}
		}
	}
	if len(mentioned) < 12 {
		t.Errorf("only %d flags are mentioned", len(mentioned))
	}
	for _, want := range []string{"list", "backup", "purge", "tag-personal", "apply", "restore", "undo", "verify", "snapshots", "demo", "sandbox serve"} {
		if !used[want] {
			t.Errorf("no page shows riva-prep %s", want)
		}
	}
}

func (m *manual) everyFlag(path string) []string {
	flags := m.flags(path)
	for _, sub := range m.subcommands(path) {
		flags = append(flags, m.everyFlag(strings.TrimSpace(path+" "+sub))...)
	}
	return flags
}

var (
	codeRow  = regexp.MustCompile(`(?m)^\| (\d+) \| ([a-z ]+) \|`)
	codeHelp = regexp.MustCompile(`(\d+) ([a-z][a-z ]*)`)
)

// TestExitCodesAreThoseOfTheHelp compares the table with the root's help.
func TestExitCodesAreThoseOfTheHelp(t *testing.T) {
	_, help, found := strings.Cut(runWith(nil, "--help").want(t, 0).stdout, "Exit status:")
	if !found {
		t.Fatal("the help says nothing of exit codes")
	}
	help, _, _ = strings.Cut(help, ".")
	want := map[string]string{}
	for _, m := range codeHelp.FindAllStringSubmatch(strings.Join(strings.Fields(help), " "), -1) {
		want[m[1]] = m[2]
	}
	got := map[string]string{}
	for _, m := range codeRow.FindAllStringSubmatch(pages(t)["docs/guarantees.md"], -1) {
		got[m[1]] = m[2]
	}
	if len(want) < 6 || !maps.Equal(got, want) {
		t.Errorf("the table says %v, the help %v", got, want)
	}
}

var hazardRow = regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (?:purge|tag-personal|restore|undo|all)\\b")

// TestReasonsForHoldingAreListed compares README's table with the program's.
func TestReasonsForHoldingAreListed(t *testing.T) {
	var got, want []string
	for _, m := range hazardRow.FindAllStringSubmatch(pages(t)["README.md"], -1) {
		got = append(got, m[1])
	}
	for _, h := range plan.Hazards() {
		want = append(want, string(h))
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(want) < 6 || !slices.Equal(got, want) {
		t.Errorf("the table has %q, the program %q", got, want)
	}
}

// playedOnce keeps examples of pages out of tests with the race detector: the
// scripts play the same commands with it, and scripts/check these without.
func playedOnce(t *testing.T) {
	t.Helper()
	if race.Detector {
		t.Skip("compares what pages show, which scripts/check does without the race detector")
	}
}

// TestReadmeShowsTheDemo plays the demo and looks for README's excerpt in what
// it prints. Digests are not compared.
func TestReadmeShowsTheDemo(t *testing.T) {
	playedOnce(t)
	shown := runWith(nil, "demo", "--store", t.TempDir()).want(t, 0).stdout
	compared := 0
	for _, block := range fence.FindAllStringSubmatch(pages(t)["README.md"], -1) {
		if !strings.HasPrefix(block[1], "── ") {
			continue
		}
		for line := range strings.Lines(block[1]) {
			if strings.HasPrefix(line, "sha256:") {
				continue
			}
			compared++
			if !strings.Contains(shown, line) {
				t.Errorf("the demo does not print %q", line)
			}
		}
	}
	if compared < 12 {
		t.Errorf("only %d lines compared", compared)
	}
}

// TestReadmeShowsTheUndo purges the demo tenant, and looks for what README says
// that undo prints in the end. Digests are not compared.
func TestReadmeShowsTheUndo(t *testing.T) {
	playedOnce(t)
	w := serveTenant(t, demo.Tenant(), sandbox.Options{})
	run := w.approved("purge", "--all", "--category", "Sync with Salesforce")
	shown := w.run("undo", run, "--store", w.path("store"), "--dry-run").want(t, 0).stdout
	compared := 0
	for _, block := range fence.FindAllStringSubmatch(pages(t)["README.md"], -1) {
		if !strings.HasPrefix(block[1], "total: ") {
			continue
		}
		for line := range strings.Lines(block[1]) {
			if strings.HasPrefix(line, "digest ") {
				continue
			}
			compared++
			if !strings.Contains(shown, "\n"+line) {
				t.Errorf("the undo does not print %q", line)
			}
		}
	}
	if compared != 2 {
		t.Errorf("%d lines compared", compared)
	}
}

// TestAnswersToHoldsAreListed compares the table of what can be done about held
// items with the program's sentences.
func TestAnswersToHoldsAreListed(t *testing.T) {
	page := pages(t)["docs/decisions/0004-held-items.md"]
	for _, h := range plan.Hazards() {
		_, row, found := strings.Cut(page, "\n| `"+string(h)+"` |")
		row, _, _ = strings.Cut(row, "\n")
		for _, purpose := range []plan.Purpose{plan.Purge, plan.TagPersonal} {
			if !found || !strings.Contains(row, h.Answer(purpose)) {
				t.Errorf("the row of %s does not say %q: %s", h, h.Answer(purpose), row)
			}
		}
		if says := strings.HasPrefix(row, " yes |"); says != (h == plan.Kept) {
			t.Errorf("a list takes back %s: %v", h, says)
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)

// TestLinksLeadSomewhere follows links between pages and to files.
func TestLinksLeadSomewhere(t *testing.T) {
	links := 0
	for name, text := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			links++
			target := filepath.Join(root, filepath.Dir(name), filepath.FromSlash(m[1]))
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", name, m[1], err)
			}
		}
	}
	if links < 8 {
		t.Errorf("only %d links", links)
	}
}

// TestSandboxPageIsComplete fails when a fact, switch, fault, state or cloud of
// the sandbox has no row in docs/sandbox.md, or a row without a test. That the
// tests exist is TestPromisesNameTheirTests' business.
func TestSandboxPageIsComplete(t *testing.T) {
	rows := map[string]string{}
	for line := range strings.Lines(pages(t)["docs/sandbox.md"]) {
		if name, rest, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` |"); ok && strings.HasPrefix(line, "| `") {
			rows[name] = rest
		}
	}
	names := slices.Concat(rules.FactNames(), rules.SwitchNames(), fault.Names(), stringsOf(tenant.States()), stringsOf(access.Clouds()))
	for _, name := range names {
		if !testName.MatchString(rows[name]) {
			t.Errorf("docs/sandbox.md has no row for %q that names a test", name)
		}
		delete(rows, name)
	}
	for name := range rows {
		t.Errorf("docs/sandbox.md has a row for %q, which is not there", name)
	}
	if len(names) < 45 {
		t.Errorf("only %d names", len(names))
	}
}

func stringsOf[S ~string](list []S) []string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return out
}
