package main_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/safetext/hostile"
)

// outputs is what hostile texts came to: which of them were shown, and where.
type outputs struct {
	*world
	t      *testing.T
	played map[string]bool
	// shown are the texts that arrived, on standard output and on the other one.
	out, err map[string]bool
	codes    map[string]bool // of refusals
	looks    int
}

var (
	shownText = regexp.MustCompile(`¤\pL\d+¤`)
	refusal   = regexp.MustCompile(`status 40[03] \S*m\d+`)
)

// acting finds a character that does something instead of being seen.
func acting(s string) int {
	return strings.IndexFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) })
}

// faults are what is wrong with what a command printed.
func faults(r result) (all []string) {
	r.stdout = strings.ReplaceAll(strings.TrimPrefix(r.stdout, "\uFEFF"), "\r\n", "\n")
	for name, text := range map[string]string{"standard output": r.stdout, "standard error": r.stderr} {
		if at := acting(text); at >= 0 {
			all = append(all, fmt.Sprintf("%s has %.20q", name, text[at:]))
		}
	}
	for line := range strings.Lines(r.stderr) {
		if !strings.HasPrefix(line, "riva-prep: ") || !strings.HasSuffix(line, "\n") {
			all = append(all, fmt.Sprintf("standard error has a line of another's: %.200q", line))
		}
	}
	if r.code < 0 || r.code > 4 {
		all = append(all, fmt.Sprint("exit code ", r.code))
	}
	return all
}

// liveCells are what a spreadsheet would take for a formula.
func liveCells(text string) (all []string) {
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
	if err != nil {
		return []string{err.Error()}
	}
	for _, field := range slices.Concat(rows...) {
		if strings.IndexAny(strings.TrimSpace(field), "=+-@") == 0 {
			all = append(all, fmt.Sprintf("live cell %.40q", field))
		}
	}
	return all
}

// play runs a command, and looks at all that it prints.
func (o *outputs) play(args ...string) result {
	o.t.Helper()
	r := o.run(args...)
	o.look(args, r)
	return r
}

func (o *outputs) look(args []string, r result) {
	o.t.Helper()
	o.looks++
	o.played[strings.Join(args[:min(len(args), 2)], " ")], o.played[args[0]] = true, true
	all := faults(r)
	if slices.Contains(args, "--output=csv") && r.stdout != "" {
		all = append(all, liveCells(r.stdout)...)
	}
	for _, fault := range all {
		o.t.Errorf("%.300q: %s", args, fault)
	}
	for _, m := range shownText.FindAllString(r.stdout, -1) {
		o.out[m] = true
	}
	for _, m := range shownText.FindAllString(r.stderr, -1) {
		o.err[m] = true
	}
	for _, m := range refusal.FindAllString(r.stdout+r.stderr, -1) {
		o.codes[m] = true
	}
}

// everyFormat plays a command in each of them.
func (o *outputs) everyFormat(args ...string) {
	o.t.Helper()
	for _, format := range []string{"table", "json", "csv", "markdown"} {
		o.play(append(args, "--output="+format)...)
	}
}

// carriedOut makes a plan, carries it out as it is, and gives the run's name.
func (o *outputs) carriedOut(code int, args ...string) string {
	o.t.Helper()
	var dry struct{ Digest string }
	o.play(append(args, "--dry-run", "--output=json")...).decode(o.t, &dry)
	var done struct{ Run string }
	o.play(append(args, "--approve="+dry.Digest, "--output=json")...).want(o.t, code).decode(o.t, &done)
	return done.Run
}

// among counts the texts of a place that were shown.
func among(shown map[string]bool, place string) (n int) {
	for text := range shown {
		if strings.HasPrefix(text, "¤"+place) {
			n++
		}
	}
	return n
}

// TestNothingActsInAnyCommand plays every command in a tenant whose texts are
// all hostile, on a server whose refusals are, with arguments and files that are:
// whatever is printed, to both streams, is text, each line of standard error is
// the program's own, and so are reports, logs and the names of files.
func TestNothingActsInAnyCommand(t *testing.T) {
	if race.Detector {
		t.Skip("what is printed is the same without the race detector, which is how scripts/check plays it")
	}
	w, server := serveRude(t, strangersTenant(t))
	o := &outputs{world: w, t: t, played: map[string]bool{}, out: map[string]bool{}, err: map[string]bool{}, codes: map[string]bool{}}
	t.Chdir(w.folder)
	o.served()
	o.refused(server)
	m := &manual{t: t, pages: map[string]string{}}
	o.files()
	o.arguments(m)
	o.names()
	all := len(hostile.Texts())
	if all < 500 {
		t.Errorf("the corpus has %d texts, at least 500 are needed", all)
	}
	for place, want := range map[string]int{"t": all, "c": all, "f": all, "n": all} {
		if got := among(o.out, place); got < want {
			t.Errorf("only %d of %d texts at %q were shown on standard output", got, want, place)
		}
	}
	for place, want := range map[string]int{"a": all, "x": all / 4, "n": all / strangers} {
		if got := among(o.err, place); got < want {
			t.Errorf("only %d of %d texts at %q were shown on standard error", got, want, place)
		}
	}
	for _, command := range m.leaves("") {
		if !o.played[command] {
			t.Errorf("riva-prep %s was not tried with hostile text", command)
		}
	}
	if len(o.codes) < 8 {
		t.Errorf("only %d refusals of the server were shown", len(o.codes))
	}
	t.Logf("%d texts, %d commands; %d of their places on standard output, %d on standard error, %d refusals", all, o.looks, len(o.out), len(o.err), len(o.codes))
}

// leaves are the commands that do something.
func (m *manual) leaves(path string) (all []string) {
	subs := m.subcommands(path)
	for _, sub := range subs {
		all = append(all, m.leaves(strings.TrimSpace(path+" "+sub))...)
	}
	if len(subs) == 0 {
		return []string{path}
	}
	return all
}

// served is what commands show of the tenant.
func (o *outputs) served() {
	o.t.Helper()
	all := []string{"--all", "--category=CRM", "--category=" + signed('c', 0)}
	o.everyFormat("list", "--all", "--report=list.html")
	o.everyFormat("discover", "--all", "--profile-out=found.yaml")
	o.everyFormat("doctor", "--mailbox="+address(0), "--outside="+address(1))
	o.everyFormat(append([]string{"purge", "--dry-run", "--plan-out=plan.json", "--report=plan.html", "--per-user=sheets"}, all...)...)
	o.everyFormat(append([]string{"tag-personal", "--dry-run", "--tag=" + signed('c', 1)}, all...)...)
	o.play("backup", "--all", "--store=store", "--log-file=log.txt", "--log-format=text")
	o.everyFormat("backup", "--mailbox="+address(1), "--store=store")
	o.play("plan", "export", "plan.json", "--csv=plan.csv")
	o.everyFormat("plan", "import", "plan.json", "--csv=plan.csv", "--plan-out=next.json")
	o.play("apply", "plan.json", "--rehearse", "--store=store")
	run := o.carriedOut(0, append([]string{"purge", "--store=store", "--log-file=log.json", "--log-format=json"}, all...)...)
	o.everyFormat("snapshots", "--store=store")
	snapshots, err := filepath.Glob("store/snapshots/*")
	if err != nil || len(snapshots) == 0 {
		o.t.Fatal(err)
	}
	id := filepath.Base(snapshots[0])
	o.everyFormat("snapshots", "show", id, "--store=store", "--report=backup.html")
	o.everyFormat("verify", id, "--store=store", "--against-mailbox")
	for _, format := range []string{"vcard", "ics", "csv"} {
		o.play("export", id, "--store=store", "--mailbox="+address(0), "--format="+format, "--out=handed-out-"+format)
	}
	o.everyFormat("apply", "--resume="+run, "--store=store", "--report=run.html")
	o.everyFormat("restore", id, "--store=store", "--dry-run")
	o.everyFormat("undo", run, "--store=store", "--dry-run")
	o.carriedOut(0, "undo", run, "--streams=off", "--store=store")
}

// refused is what commands show of a server that refuses: to sign in, to read,
// to change.
func (o *outputs) refused(server *rudeServer) {
	o.t.Helper()
	part := func(path string) func(*http.Request) bool {
		return func(r *http.Request) bool { return strings.Contains(r.URL.Path, path) }
	}
	server.refuses(func(r *http.Request) bool {
		return r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/token")
	})
	o.carriedOut(3, "purge", "--mailbox="+address(0), "--category=CRM", "--store=store")
	two := [2]string{"--mailbox=" + address(2), "--mailbox=" + address(3)}
	for path, commands := range map[string][][]string{
		"/token":          {{"list", "--all"}, {"doctor", two[0]}, {"backup", "--all", "--store=other"}, {"apply", "plan.json", "--store=store", "--approve=" + signed('a', 3)}},
		"/contactFolders": {{"list", two[0], two[1]}, {"backup", "--store=other", two[0], two[1]}, {"discover", two[0]}},
		"/calendars":      {{"purge", "--category=CRM", "--dry-run", two[0], two[1]}, {"list", two[0]}},
		"/todo":           {{"list", two[0]}, {"discover", two[0]}},
		"/users/1":        {{"list", two[0], two[1]}},
		"/groups":         {{"list", "--group=" + some('a', 0, 40)}},
	} {
		server.refuses(part(path))
		for _, args := range commands {
			o.play(args...)
		}
	}
	server.refuses(nil)
}

// files is what commands show of files that they cannot take, and of stores in
// which strangers have been.
func (o *outputs) files() {
	o.t.Helper()
	step := 40
	for n := 0; n < len(hostile.Texts()); n += step {
		text := some('x', n, step)
		quoted, err := json.Marshal(text)
		if err != nil {
			o.t.Fatal(err)
		}
		for name, content := range map[string]string{
			"x.txt": text, "x.csv": "Mail\n" + strings.ReplaceAll(text, "\n", " ") + "\n", "x.json": `{"format":1,"plan":` + string(quoted) + `,"digest":` + string(quoted) + `}`,
			"x.yaml": "name: " + string(quoted) + "\nproduct: " + string(quoted) + "\n" + string(quoted) + ": 1\nmarkers:\n  - category: " + string(quoted) + "\n",
			"r.yaml": "name: " + string(quoted) + "\ntenant: " + string(quoted) + "\nwaves:\n  - {name: " + string(quoted) + ", rest: true}\n" + string(quoted) + ": 1\n",
			"s.yaml": "store: " + string(quoted) + "\ncategory: [" + string(quoted) + "]\n", "ready.txt": `{"graph":` + string(quoted) + `,"authority":` + string(quoted) + `,"caFile":` + string(quoted) + `,"clientId":` + string(quoted) + `}`,
			"rollout.yaml": "name: crm\ntenant: 99999999-0000-4000-8000-000000000009\nserver: {category: CRM, kinds: [contacts]}\nplug-in: {categories: [" + string(quoted) + "]}\ntag: {name: " + string(quoted) + "}\nmailboxes: {all: true}\nwaves:\n  - {name: " + string(quoted) + ", rest: true}\n",
		} {
			if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
				o.t.Fatal(err)
			}
		}
		for _, args := range [][]string{
			{"list", "--mailboxes=x.csv"},
			{"list", "--mailboxes=x.txt"},
			{"list", "--all", "--exclude=" + some('a', n, step)},
			{"list", "--all", "--sandbox=ready.txt"},
			{"list", "--all", "--config=x.yaml"},
			{"config", "--config=s.yaml"},
			{"config", "--config=s.yaml", "--output=csv"},
			{"apply", "x.json"},
			{"apply", "x.txt"},
			{"plan", "export", "x.json", "--csv=y.csv"},
			{"plan", "import", "plan.json", "--csv=x.csv", "--plan-out=y.json"},
			{"profiles", "show", "./x.yaml"},
			{"purge", "--all", "--profile=./x.yaml", "--dry-run"},
			{"rollout", "check", "r.yaml"},
			{"rollout", "status", "r.yaml", "--store=store"},
			{"sandbox", "serve", "--tenant=x.json"},
			{"sandbox", "serve", "--certificate=x.txt"},
			{"doctor", "--config=s.yaml", "--mailbox=" + some('a', n, step)},
		} {
			o.play(args...)
		}
	}
	for _, args := range [][]string{
		{"rollout", "check", "rollout.yaml", "--store=store"},
		{"rollout", "plan", "rollout.yaml", "--store=store"},
		{"rollout", "run", "rollout.yaml", "--store=store"},
		{"rollout", "status", "rollout.yaml", "--store=store"},
		{"rollout", "report", "rollout.yaml", "--store=store"},
	} {
		o.everyFormat(args...)
	}
	o.strayStore()
}

// strayStore is a store with names and contents of strangers.
func (o *outputs) strayStore() {
	o.t.Helper()
	for n := 0; n < len(hostile.Texts()); n += 8 {
		name := strings.NewReplacer("/", "_", "\x00", "_").Replace(some('x', n, 8))
		for folder, file := range map[string]string{"snapshots": "snapshot.json", "runs": "plan.json"} {
			path := filepath.Join("stray", folder, name)
			if err := os.MkdirAll(path, 0o700); err != nil {
				continue // not all systems take all names
			}
			if err := os.WriteFile(filepath.Join(path, file), []byte(some('x', n, 8)), 0o600); err != nil {
				o.t.Fatal(err)
			}
		}
		o.play("verify", name, "--store=stray")
		o.play("apply", "--resume="+name, "--store=stray")
		o.play("undo", name, "--store=stray", "--dry-run")
	}
	o.everyFormat("snapshots", "--store=stray")
}

var takesValue = regexp.MustCompile(`(?m)^ +(?:-\w, )?(--[a-z][a-z-]*) \S`)

// arguments is what commands show of arguments and of the values of flags. A demo
// that is not refused plays a whole story, and a sandbox never ends.
func (o *outputs) arguments(m *manual) {
	o.t.Helper()
	n, step := 0, 40
	for _, command := range m.leaves("") {
		tries := [][]string{{}, {"--"}}
		for _, flag := range takesValue.FindAllStringSubmatch(m.help(command), -1) {
			tries = append(tries, []string{flag[1]})
		}
		for i, try := range tries {
			args := strings.Fields(command)
			text := some('a', n, step)
			n += step
			switch {
			case i == 0:
				args = append(args, text)
			case i == 1:
				args = append(args, "--"+text)
			case command == "demo":
				continue
			default:
				args = append(args, try[0]+"="+strings.ReplaceAll(text, "\x00", ""))
			}
			if command == "sandbox serve" {
				args = append(args, "--tenant=tenant.json", "--listen=nowhere")
			}
			o.play(args...)
		}
	}
	for _, args := range [][]string{{some('a', n, step)}, {"help", some('a', n, step)}, {"rollout", some('a', n, step)}, {"--" + some('a', n, step)}} {
		o.play(args...)
	}
	o.play("version", "extra"+some('a', n, step))
	o.play("profiles", "list", some('a', n, step))
}

// names looks at the names of all files that were made, and at those that are
// made for people to open: pages, lists, logs. What is handed out is for Outlook.
func (o *outputs) names() {
	o.t.Helper()
	read := 0
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (slices.Contains([]string{"stray", "store"}, name) || strings.HasPrefix(name, "handed-out")) {
			return fs.SkipDir
		}
		if at := acting(name); at >= 0 {
			o.t.Errorf("the name of a file acts: %q", name)
		}
		if d.IsDir() || strings.HasPrefix(name, "x.") || !slices.Contains([]string{".html", ".csv"}, filepath.Ext(name)) && !strings.HasPrefix(name, "log.") {
			return nil
		}
		data, err := os.ReadFile(name)
		read++
		for _, fault := range faults(result{stdout: string(data)}) {
			o.t.Errorf("%s: %s", name, fault)
		}
		return err
	})
	if err != nil || read < 20 {
		o.t.Errorf("%d files read, %v", read, err)
	}
}

// TestActingOutputIsFound: what this rests on sees each kind of fault.
func TestActingOutputIsFound(t *testing.T) {
	for _, r := range []result{
		{stdout: "a\x1b[2Jb\n"},
		{stdout: "a\u202eb\n"},
		{stdout: "a\rb\n"},
		{stderr: "riva-prep: a\x07\n"},
		{stderr: "riva-prep: a\nriva-prep is fine\n"},
		{stderr: "riva-prep: a\nerror\n"},
		{stderr: "riva-prep: not to its end"},
		{code: 5},
	} {
		if len(faults(r)) != 1 {
			t.Errorf("%+v: %q", r, faults(r))
		}
	}
	if all := faults(result{code: 3, stdout: "\uFEFFa,b\r\n日本語\n", stderr: "riva-prep: warning: x\nriva-prep: hint: y\n"}); len(all) != 0 {
		t.Errorf("%q", all)
	}
	if len(liveCells("a,=1+1,'=2\n")) != 1 || len(liveCells("a,b\n\"")) != 1 || len(liveCells("a,'-b\n")) != 0 {
		t.Error("live cells are not told apart")
	}
}
