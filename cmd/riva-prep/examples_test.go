package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/demo"
)

// example is a block of code on a page.
type example struct{ page, language, text string }

func (e example) String() string {
	first, _, _ := strings.Cut(e.text, "\n")
	return fmt.Sprintf("%s: %.80s", e.page, first)
}

var (
	fenced   = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	indented = regexp.MustCompile(`(?m)(?:^    \S.*\n)+`)
)

// examplesOf are the blocks of all pages, fenced and indented.
func examplesOf(t *testing.T) (all []example) {
	t.Helper()
	texts := pages(t)
	for _, page := range slices.Sorted(maps.Keys(texts)) {
		for _, m := range fenced.FindAllStringSubmatch(texts[page], -1) {
			all = append(all, example{page, m[1], m[2]})
		}
		for _, block := range indented.FindAllString(fenced.ReplaceAllString(texts[page], ""), -1) {
			all = append(all, example{page, "indented", block})
		}
	}
	return all
}

// claim is a test with the examples that it executes. Where they are only looked at,
// for what they need is not here (a tenant of Microsoft's, PowerShell, minutes), the
// table says so.
type claim struct {
	test  string
	means func(example) bool
}

func claims() []claim {
	begins := func(page string, starts ...string) func(example) bool {
		return func(e example) bool {
			return e.page == page && slices.ContainsFunc(starts, func(s string) bool { return strings.HasPrefix(strings.TrimSpace(e.text), s) })
		}
	}
	speaks := func(page string, languages ...string) func(example) bool {
		return func(e example) bool { return e.page == page && slices.Contains(languages, e.language) }
	}
	return []claim{
		{"TestGuideShowsWhatHappens", speaks(guide, "console", "yaml")},
		{"TestReadmeShowsTheDemo", begins("README.md", "── ", "go run ./cmd/riva-prep demo")},
		{"TestReadmeShowsTheUndo", begins("README.md", "total: ")},
		{"TestReadmeCommandsWork", begins("README.md", "riva-prep ", "name: ", "store: ")},
		{"TestDesignShowsTheFormats", speaks("docs/design.md", "json", "yaml")},
		{"TestDesignShowsTheFormats", begins("docs/design.md", "jq ", "<store>/")},
		{"TestScriptsAreThere", func(e example) bool { return e.language == "powershell" }},  // only looked at
		{"TestScriptsAreThere", begins("README.md", "scripts/check")},                        // only looked at
		{"TestToolsAreThere", begins("docs/benchmarks.md", "go run ./scripts/", "go test ")}, // only looked at
		{"TestToolsAreThere", begins("docs/guarantees.md", "go run ./scripts/", "go test ")}, // only looked at
	}
}

// isPicture is a drawing, with nothing to execute.
func isPicture(e example) bool { return strings.HasPrefix(e.text, "Graph ──list──▶") }

// playedBy are the tests that play an example.
func playedBy(e example) (tests []string) {
	for _, c := range claims() {
		if c.means(e) {
			tests = append(tests, c.test)
		}
	}
	return tests
}

// TestEveryExampleIsExecuted fails on a block of README or docs that no test plays,
// and on a test that is not there.
func TestEveryExampleIsExecuted(t *testing.T) {
	tests, played := testsOf(t, "cmd/riva-prep"), map[string]int{}
	all := examplesOf(t)
	for _, e := range all {
		by := playedBy(e)
		for _, test := range by {
			played[test]++
		}
		if len(by) != 1 && !isPicture(e) {
			t.Errorf("%s is played by %q", e, by)
		}
	}
	for _, unheard := range []example{{"README.md", "", "git clone riva-prep\n"}, {"docs/sandbox.md", "", "riva-prep demo\n"}, {guide, "", "riva-prep demo\n"}, {"docs/design.md", "sh", "sha256sum x\n"}} {
		if by := playedBy(unheard); len(by) != 0 {
			t.Errorf("%s is played by %q, which does not know it", unheard, by)
		}
	}
	for _, c := range claims() {
		if played[c.test] == 0 || !slices.Contains(tests, c.test) {
			t.Errorf("%s plays %d examples, or is not there", c.test, played[c.test])
		}
	}
	if len(all) < 58 || played["TestGuideShowsWhatHappens"] != len(blocks(pages(t)[guide])) {
		t.Errorf("%d examples: %v", len(all), played)
	}
}

// chosen are the blocks that a test plays.
func chosen(t *testing.T, test string) (all []example) {
	t.Helper()
	for _, e := range examplesOf(t) {
		if slices.Contains(playedBy(e), test) {
			all = append(all, e)
		}
	}
	return all
}

// readme plays README's commands: those of a rollout in a tenant of their own,
// which the others have not changed.
type readme struct {
	*player // the one of the world that it is in
	t       *testing.T
	worlds  map[bool]*world
	players map[bool]*player
	codes   map[string]int // of commands that do not end with 0
	played  int
}

// readmeTenant is the demo's, with the names that README uses, and less the account
// that has no mailbox.
func readmeTenant(t *testing.T) []byte {
	t.Helper()
	var file object
	if err := json.Unmarshal([]byte(strings.NewReplacer(
		"astrid.lindqvist@", "ann@", "benno.achterberg@", "bo@", "jonas.okafor@", "ceo@", "crm-everyone", "crm-users",
	).Replace(string(demo.File()))), &file); err != nil {
		t.Fatal(err)
	}
	users, groups := members(file, "users"), members(file, "groups")
	at := slices.IndexFunc(users, func(u object) bool { return strings.HasPrefix(text(u, "userPrincipalName"), "build.agent@") })
	for _, g := range groups {
		g["members"] = slices.DeleteFunc(words(g, "members"), func(id string) bool { return id == text(users[at], "id") })
	}
	file["groups"] = groups
	data, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (r *readme) enter(rollout bool) {
	r.t.Helper()
	if r.worlds[rollout] == nil {
		// Some months later, nothing of the plug-in's is recent.
		r.players[rollout] = &player{began: time.Now().AddDate(0, 0, -90), runs: map[string]string{}}
		r.worlds[rollout] = serve(r.t, readmeTenant(r.t), sandbox.Options{Ahead: time.Until(r.players[rollout].now())})
	}
	r.player = r.players[rollout]
	r.t.Chdir(r.worlds[rollout].folder)
}

// spelledOut is a command with what its placeholders stand for.
func (r *readme) spelledOut(command string) string {
	command = strings.ReplaceAll(command, `D:\riva-prep`, "store")
	if file, is := strings.CutPrefix(command, "apply "); is && strings.Contains(command, "<digest>") {
		file, _, _ = strings.Cut(file, " ")
		data, err := os.ReadFile(file)
		if err != nil {
			r.t.Fatal(err)
		}
		r.digest = digests.FindString(string(data))
	}
	if strings.HasPrefix(command, "rollout run") && strings.Contains(command, "next plan") {
		r.play("rollout plan rollout.yaml --wave pilot")
	}
	command = regexp.MustCompile(`sha256:<[^>]*>`).ReplaceAllString(command, r.digest)
	if strings.Contains(command, "<snapshot>") {
		all, err := filepath.Glob("store/snapshots/*")
		if err != nil || len(all) == 0 {
			r.t.Fatalf("no snapshot, %v", err)
		}
		command = strings.ReplaceAll(command, "<snapshot>", filepath.Base(slices.Min(all)))
	}
	return runs.ReplaceAllStringFunc(command, func(run string) string { return r.runs[purposeOf(run)] })
}

// playBlock plays a block of commands.
func (r *readme) playBlock(text string) {
	r.t.Helper()
	for line := range strings.Lines(text) {
		command := strings.TrimPrefix(strings.TrimSpace(line), "riva-prep ")
		r.enter(strings.HasPrefix(command, "rollout "))
		name, _, _ := strings.Cut(command, " ")
		spelled := r.spelledOut(command)
		code, out := r.play(spelled)
		if code != r.codes[name] {
			r.t.Errorf("riva-prep %s (%s): exit code %d, want %d\n%s", command, spelled, code, r.codes[name], out)
		}
		r.played++
	}
}

// TestReadmeCommandsWork plays README's commands in their order, with its rollout
// file and its settings. What the demo and undo print is compared by others.
func TestReadmeCommandsWork(t *testing.T) {
	playedOnce(t)
	r := &readme{
		t: t, worlds: map[bool]*world{}, players: map[bool]*player{},
		// The sandbox lets the app into every mailbox; and after the purge, verify finds what is gone.
		codes: map[string]int{"doctor": 3, "verify": 3},
	}
	files := 0
	for _, e := range chosen(t, "TestReadmeCommandsWork") {
		switch {
		case strings.HasPrefix(e.text, "riva-prep "):
			r.playBlock(e.text)
			continue
		case strings.HasPrefix(e.text, "store: "):
			r.enter(false)
			writeExample(t, "settings.yaml", e.text)
			if code, out := r.play("config --config settings.yaml"); code != 0 || !strings.Contains(out, `D:\riva-prep\log.txt`) || !strings.Contains(out, "ceo@contoso.example") {
				t.Errorf("config: %d\n%s", code, out)
			}
		default:
			r.enter(true)
			writeExample(t, "rollout.yaml", strings.ReplaceAll(e.text, "<directory (tenant) id>", demo.TenantID))
		}
		files++
	}
	if r.played < 20 || files != 2 {
		t.Errorf("%d commands played, %d files", r.played, files)
	}
}

func writeExample(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

var memberName = regexp.MustCompile(`"([A-Za-z0-9@.]+)": ?`)

// TestDesignShowsTheFormats holds the formats that docs/design.md shows against
// what a backup and a run write: each member's name, each file's, and what is said
// to work without this program.
func TestDesignShowsTheFormats(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	shown, schemas := chosen(t, "TestDesignShowsTheFormats"), readFile(t, "docs/schema/snapshot.schema.json") // has what is there now and then
	w := serve(t, demo.File(), sandbox.Options{})
	t.Chdir(w.folder)
	writeExample(t, "recipient.txt", identity.Recipient().String()+"\n")
	who, purge := "--mailbox=jonas.okafor@contoso.example", []string{"--category=Sync with Salesforce", "--store=store"}
	w.run("backup", who, "--store=sealed", "--compress", "--encrypt-to=recipient.txt").want(t, 0)
	w.approvedWith(t, w.run, append([]string{"purge", who}, purge...)...)
	written := everyFile(t) + schemas
	for _, e := range shown {
		switch {
		case e.language == "yaml":
			writeExample(t, "acme.yaml", e.text)
			if out := w.run("profiles", "show", "./acme.yaml").want(t, 0).stdout; !strings.Contains(out, "crmLinkState") {
				t.Errorf("the profile shows as %s", out)
			}
		case e.language == "json":
			for _, m := range memberName.FindAllStringSubmatch(e.text, -1) {
				if !strings.Contains(written, `"`+m[1]+`":`) {
					t.Errorf("%s: nothing that was written has the member %q", e, m[1])
				}
			}
		case strings.HasPrefix(e.text, "<store>/"):
			for _, name := range strings.Fields("lock snapshot.json mailbox.json contacts.jsonl events.jsonl tasks.jsonl index.jsonl plan.json journal.jsonl result.json") {
				if !strings.Contains(e.text, name) || !strings.Contains(written, "/"+name) {
					t.Errorf("%s is not in the picture, or not in the store", name)
				}
			}
		default:
			withoutTheProgram(t, e.text, identity)
		}
	}
}

// everyFile is the names and contents of all files below the current folder.
func everyFile(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, name := range filesBelow(t, ".") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString("/" + filepath.ToSlash(name) + "\n" + string(data))
	}
	return all.String()
}

// withoutTheProgram runs the page's commands on the sealed backup. What age itself
// would do there is done by its library.
func withoutTheProgram(t *testing.T, commands string, identity age.Identity) {
	t.Helper()
	for _, tool := range []string{"sh", "jq", "sha256sum", "zstd"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Logf("the commands of docs/design.md are not played: %v", err)
			return
		}
	}
	snapshots, err := filepath.Glob("sealed/snapshots/*")
	if err != nil || len(snapshots) != 1 {
		t.Fatalf("%q, %v", snapshots, err)
	}
	for line := range strings.Lines(commands) {
		command, folder := strings.TrimSpace(line), snapshots[0]
		if strings.HasPrefix(command, "age ") {
			boxes, err := filepath.Glob(filepath.Join(folder, "mailboxes", "*", "contacts.jsonl.zst.age"))
			if err != nil || len(boxes) != 1 {
				t.Fatalf("%q, %v", boxes, err)
			}
			folder = filepath.Dir(boxes[0])
			opened(t, boxes[0], filepath.Join(folder, "opened"), identity)
			command = strings.Replace(command, "age -d -i key.txt contacts.jsonl.zst.age", "cat opened", 1)
		}
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil || bytes.Count(out, []byte("\n")) < 2 || bytes.Contains(out, []byte("FAILED")) {
			t.Errorf("%s: %v\n%.2000s", command, err, out)
		}
	}
}

func opened(t *testing.T, from, to string, identity age.Identity) {
	t.Helper()
	file, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := age.Decrypt(file, identity)
	if err != nil {
		t.Fatal(err)
	}
	var data bytes.Buffer
	if _, err := data.ReadFrom(plain); err != nil {
		t.Fatal(err)
	}
	writeExample(t, to, data.String())
}

var (
	psVariable = regexp.MustCompile(`\$env:([A-Z_]+)`)
	psCommand  = regexp.MustCompile(`\b((?:Get|New|Test)-[A-Za-z]+)`)
	psSwitch   = regexp.MustCompile(`scripts\\([a-z-]+\.ps1)|-([A-Z][A-Za-z]+) ?`)
)

// TestScriptsAreThere looks at what needs a tenant of Microsoft's, PowerShell, or
// minutes: the variables are those that sign-in reads, the commands those of
// register-app.ps1, whose parameters are there.
func TestScriptsAreThere(t *testing.T) {
	script := readFile(t, "scripts/register-app.ps1")
	signin := ""
	for _, name := range filesBelow(t, filepath.Join(root, "pkg", "graph", "signin")) {
		signin += readFile(t, strings.TrimPrefix(filepath.ToSlash(name), root+"/"))
	}
	looked := 0
	for _, e := range chosen(t, "TestScriptsAreThere") {
		for _, m := range psVariable.FindAllStringSubmatch(e.text, -1) {
			looked++
			if !strings.Contains(signin, `"`+m[1]+`"`) {
				t.Errorf("%s: sign-in does not read %s", e, m[1])
			}
		}
		for _, m := range psCommand.FindAllStringSubmatch(e.text, -1) {
			looked++
			if !strings.Contains(script, m[1]) {
				t.Errorf("%s: register-app.ps1 has no %s", e, m[1])
			}
		}
		if strings.Contains(e.text, "register-app.ps1") {
			for _, m := range psSwitch.FindAllStringSubmatch(e.text, -1) {
				looked++
				if m[2] != "" && !strings.Contains(script, "$"+m[2]) {
					t.Errorf("%s: register-app.ps1 has no -%s", e, m[2])
				}
			}
		}
	}
	if info, err := os.Stat(filepath.Join(root, "scripts", "check")); err != nil || info.IsDir() || looked < 12 {
		t.Errorf("%v, %d things looked at", err, looked)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestToolsAreThere looks for the scripts, flags, tests and benchmarks that are
// named to whoever works on the program; to run them takes minutes.
func TestToolsAreThere(t *testing.T) {
	for _, e := range chosen(t, "TestToolsAreThere") {
		for line := range strings.Lines(e.text) {
			words := strings.Fields(strings.ReplaceAll(line, "'", ""))
			missing := absentTools(t, words)
			if len(words) < 3 || words[0] != "go" || missing != "" {
				t.Errorf("%s: there is no %s", e, missing)
			}
		}
	}
	for _, wrong := range []string{
		"go run ./scripts/nowhere", "go run ./scripts/bench -hot", "go test -run TestNowhere ./pkg/plan", "go test -run ^$ -bench Nowhere ./pkg/plan/...",
		"go test ./pkg/report -run FiftyThousand -args -nowhere",
	} {
		if absentTools(t, strings.Fields(wrong)) == "" {
			t.Errorf("%s is taken for one", wrong)
		}
	}
}

// absentTools is the first part of a command that is not there: go run FOLDER FLAGS,
// or go test FLAGS FOLDER -args FLAGS.
func absentTools(t *testing.T, words []string) string {
	t.Helper()
	at := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "./") })
	if at < 0 {
		return "folder in it"
	}
	code := codeBelow(strings.TrimSuffix(words[at], "/..."))
	own := words[at+1:]
	if words[1] == "test" {
		_, after, _ := strings.Cut(strings.Join(words, " ")+" ", " -args ")
		own = strings.Fields(after)
	}
	for _, w := range own {
		name, _, _ := strings.Cut(strings.TrimLeft(w, "-"), "=")
		if strings.HasPrefix(w, "-") && !strings.Contains(code, `"`+name+`"`) {
			return w
		}
	}
	for i, w := range words {
		if kind := map[string]string{"-run": "(?:Test|Fuzz)", "-bench": "Benchmark"}[w]; kind != "" && words[i+1] != "^$" {
			if !matches(code, kind, words[i+1]) {
				return w + " " + words[i+1]
			}
		}
	}
	if code == "" {
		return words[at]
	}
	return ""
}

// matches says whether a test or benchmark has a name that the pattern matches.
func matches(code, kind, pattern string) bool {
	for _, m := range regexp.MustCompile(`(?m)^func (`+kind+`\w*)\(`).FindAllStringSubmatch(code, -1) {
		if regexp.MustCompile(pattern).MatchString(m[1]) {
			return true
		}
	}
	return false
}

// codeBelow is the code of a folder and of all below it.
func codeBelow(folder string) string {
	var all strings.Builder
	_ = filepath.WalkDir(filepath.Join(root, filepath.FromSlash(folder)), func(name string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".go") {
			data, _ := os.ReadFile(name)
			all.Write(data)
		}
		return err // what cannot be read has nothing in it
	})
	return all.String()
}

func filesBelow(t *testing.T, folder string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(name string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, name)
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files in %s, %v", len(names), folder, err)
	}
	return names
}
