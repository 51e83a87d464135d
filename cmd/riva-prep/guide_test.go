package main_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/cli"
	"github.com/riva-prep/riva-prep/pkg/permission"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/demo"
)

const guide = "docs/rollout-guide.md"

var wholeGuide = flag.String("whole-guide", "", "write docs/rollout-guide.md with the whole output of its commands to this `FILE`, to be cut by hand")

// What differs each time, and in a command means the last one shown.
var (
	digests = regexp.MustCompile(`sha256:[0-9a-f]{64}`)
	runs    = regexp.MustCompile(`(purge|tag-personal|undo)-[0-9a-f]{16}`)
)

// varying is all that differs each time: snapshots, times, durations, free space,
// the sandbox's address, requests, and the widths of tables.
var varying = regexp.MustCompile(digests.String() + `|` + runs.String() +
	`|\d{8}T\d{6}\.\d{3}Z(-\w+)?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\b[0-9.]+(µs|ms|s|m)\b|[0-9.]+ GB` +
	`|127\.0\.0\.1:\d+|request-id [-0-9a-f]+|─+| +`)

// alike takes out of a line what differs each time.
func alike(line string) string {
	return strings.TrimSpace(varying.ReplaceAllString(line, "~"))
}

// shownBlock is a rollout file of the page, or a command, the code that it ends
// with, and what it prints.
type shownBlock struct {
	file            string
	source, command string
	code            int
	output          []string
}

var (
	shown    = regexp.MustCompile("(?ms)^```yaml\n(?P<file>.*?)^```$|^```console\n(PS> riva-prep [^\n]*\n.*?)^```$")
	codeLine = regexp.MustCompile(`^# exit code (\d)$`)
)

// blocks are the files and commands of the page in their order.
func blocks(text string) (all []shownBlock) {
	for _, m := range shown.FindAllStringSubmatch(text, -1) {
		if m[2] == "" {
			all = append(all, shownBlock{file: m[1]})
			continue
		}
		lines := strings.Split(strings.TrimSuffix(m[2], "\n"), "\n")
		b := shownBlock{source: m[2], command: strings.TrimPrefix(lines[0], "PS> riva-prep ")}
		for _, line := range lines[1:] {
			if end := codeLine.FindStringSubmatch(line); end != nil {
				b.code = int(end[1][0] - '0')
			} else {
				b.output = append(b.output, line)
			}
		}
		all = append(all, b)
	}
	return all
}

// strays are lines of the page that are not in the output where they should be.
// A line of … alone stands for any number of lines.
func strays(want, got []string) (missing []string) {
	at, open := 0, false
	for _, line := range want {
		if strings.TrimSpace(line) == "…" {
			open = true
			continue
		}
		found := at
		for open && found < len(got) && alike(got[found]) != alike(line) {
			found++
		}
		if found >= len(got) || alike(got[found]) != alike(line) {
			missing = append(missing, line)
			continue
		}
		at, open = found+1, false
	}
	if !open && at < len(got) && len(missing) == 0 {
		missing = append(missing, "nothing after: "+got[at])
	}
	return missing
}

// player plays the page's commands one after the other.
type player struct {
	began  time.Time
	digest string
	runs   map[string]string // by what they were for
}

// now goes on from the day on which the demo tenant is.
func (p *player) now() time.Time {
	return time.Date(2026, 11, 17, 9, 0, 0, 0, time.UTC).Add(time.Since(p.began))
}

// environment is the administrator's.
func environment(name string) string {
	return map[string]string{"RIVA_PREP_SANDBOX": "ready.json", "USERNAME": "ann"}[name]
}

// lockedBuffer takes what the program prints to both of its streams.
type lockedBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

// spelled is a command with the digest and the runs that were shown last.
func (p *player) spelled(command string) string {
	command = digests.ReplaceAllString(command, p.digest)
	return runs.ReplaceAllStringFunc(command, func(run string) string { return p.runs[purposeOf(run)] })
}

func purposeOf(run string) string { return run[:strings.LastIndex(run, "-")] }

// play runs a command.
func (p *player) play(command string) (int, string) {
	var args []string
	for _, w := range word.FindAllString(command, -1) {
		args = append(args, strings.Trim(w, `"`))
	}
	out := &lockedBuffer{}
	code := cli.Main(args, cli.Env{
		Stdin: strings.NewReader(""), Stdout: out, Stderr: out, Getenv: environment, Now: p.now, Host: "ADMIN-PC", PID: os.Getpid(),
	})
	text := out.all.String()
	for _, digest := range digests.FindAllString(text, -1) {
		p.digest = digest
	}
	for _, run := range runs.FindAllString(text, -1) {
		p.runs[purposeOf(run)] = run
	}
	return code, text
}

// TestGuideShowsWhatHappens plays docs/rollout-guide.md on the demo tenant: each
// command ends and prints as the page says.
func TestGuideShowsWhatHappens(t *testing.T) {
	playedOnce(t)
	data, err := os.ReadFile(filepath.Join(root, guide))
	if err != nil {
		t.Fatal(err)
	}
	page, all := string(data), blocks(string(data))
	p := &player{began: time.Now(), runs: map[string]string{}}
	w := serve(t, demo.File(), sandbox.Options{Ahead: time.Until(p.now())})
	t.Chdir(w.folder)
	lines := 0
	for _, b := range all {
		if b.file != "" {
			if err := os.WriteFile("rollout.yaml", []byte(b.file), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		command := p.spelled(b.command)
		code, text := p.play(command)
		if code != b.code {
			t.Errorf("riva-prep %s: exit code %d, want %d", b.command, code, b.code)
		}
		for _, line := range strays(b.output, strings.Split(strings.TrimSuffix(text, "\n"), "\n")) {
			t.Errorf("riva-prep %s\ndoes not print %q there, but\n%s", b.command, line, text)
		}
		lines += len(b.output)
		page = strings.Replace(page, b.source, fmt.Sprintf("PS> riva-prep %s\n%s# exit code %d\n", command, text, code), 1)
	}
	if *wholeGuide != "" {
		if err := os.WriteFile(*wholeGuide, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 22 || lines < 100 {
		t.Errorf("only %d files and commands, and %d lines", len(all), lines)
	}
	if mails := w.box.Outbox(); len(mails) != 0 {
		t.Errorf("%d mails would have been sent", len(mails))
	}
}

// TestStraysAreFound: what the guide's test rests on sees a difference.
func TestStraysAreFound(t *testing.T) {
	got := []string{"one", "two sha256:" + strings.Repeat("a", 64), "three", "four"}
	for _, c := range []struct {
		want  []string
		stray int
	}{
		{got, 0},
		{[]string{"one", "two sha256:" + strings.Repeat("b", 64), "three", "four"}, 0},
		{[]string{"one", "…", "four"}, 0},
		{[]string{"…", "three", "…"}, 0},
		{[]string{"…"}, 0},
		{[]string{"one", "three", "…"}, 1},
		{[]string{"one", "…", "five"}, 1},
		{[]string{"one"}, 1},
		{[]string{"…", "three"}, 1},
		{[]string{"…", "three", "one", "…"}, 1},
	} {
		if missing := strays(c.want, got); len(missing) != c.stray {
			t.Errorf("%q: %q", c.want, missing)
		}
	}
}

var grants = regexp.MustCompile(`(?m)^\$(graph|exchange)(Look|Plan|Run|Streams) = (.*)$`)

// TestScriptGrantsWhatIsNeeded holds what scripts/register-app.ps1 grants for each
// kind of work against what its commands need: what Exchange can confine there,
// the rest in Entra, nothing missing and nothing beside it.
func TestScriptGrantsWhatIsNeeded(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, "scripts", "register-app.ps1"))
	if err != nil {
		t.Fatal(err)
	}
	lists := map[string][]string{}
	for _, m := range grants.FindAllStringSubmatch(string(data), -1) {
		for _, name := range regexp.MustCompile(`"([A-Za-z.]+)"`).FindAllStringSubmatch(m[3], -1) {
			lists[m[1]+m[2]] = append(lists[m[1]+m[2]], name[1])
		}
	}
	both := func(a, b string) []string { return slices.Concat(lists[a], lists[b]) }
	look := []string{"rollout check", "rollout status", "rollout report"}
	run := slices.Concat(look, []string{"list", "discover", "rollout plan", "rollout run", "backup", "undo", "apply", "verify"})
	for _, c := range []struct {
		name            string
		graph, exchange []string
		commands        []string
		streams         bool
	}{
		{"look", lists["graphLook"], lists["exchangeLook"], look, false},
		{"plan", both("graphLook", "graphPlan"), both("exchangeLook", "exchangePlan"), append(look, "rollout plan", "list", "discover"), false},
		{"run", both("graphLook", "graphRun"), lists["exchangeRun"], run, false},
		{"run with streams", slices.Concat(both("graphLook", "graphRun"), lists["graphStreams"]), lists["exchangeRun"], run, true},
	} {
		used := map[string]bool{}
		for _, n := range permission.Needs() {
			of := strings.HasPrefix(n.Role(), "MailboxItem.") || strings.HasPrefix(n.Role(), "MailboxFolder.")
			if !n.By(c.commands) || of && !c.streams {
				continue
			}
			granted := c.graph
			if n.Confined {
				granted = c.exchange
			}
			if !n.In(granted) {
				t.Errorf("%s: %s is needed for %s", c.name, n.Role(), n.For)
			}
			used[n.Role()] = true
		}
		for _, role := range slices.Concat(c.graph, c.exchange) {
			if !used[role] {
				t.Errorf("%s: nothing needs %s", c.name, role)
			}
		}
		if len(c.graph) < 3 || len(c.exchange) < 1 {
			t.Errorf("%s grants %q and %q", c.name, c.graph, c.exchange)
		}
	}
}
