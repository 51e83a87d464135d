package main_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/plan/decide"
)

var update = flag.Bool("update", false, "write docs/bad-input.md anew")

const badInput = "docs/bad-input.md"

const aboutBadInput = `# What wrong input is answered

Every line is a test (` + "`cmd/riva-prep.TestBadInput`" + `), which has written this page: the command is run in a folder with the files that it names, ends with this code, says this sentence and this hint, prints nothing else, sends nothing and leaves no file behind. No credentials are set.

| command | exit code | sentence | hint |
|---|---|---|---|
`

// TestBadInput runs every command line of testdata/bad-input.txtar and compares
// what comes of it with the page.
func TestBadInput(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/bad-input.txtar")
	if err != nil {
		t.Fatal(err)
	}
	page, err := filepath.Abs(filepath.Join(root, badInput))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(badFiles(t, archive))
	before := whatLies(t)
	var out strings.Builder
	out.WriteString(aboutBadInput)
	seen := map[string]bool{}
	for line := range strings.Lines(string(archive.Files[0].Data)) {
		line = strings.TrimSpace(line)
		if seen[line] {
			t.Errorf("%s is there twice", line)
		}
		seen[line] = true
		out.WriteString(answered(t, line))
		if now := whatLies(t); !slices.Equal(now, before) {
			t.Fatalf("%s leaves %q behind", line, now)
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d cases", len(seen))
	}
	if runtime.GOOS == "windows" {
		return // where the system says otherwise that there is no such file
	}
	if *update {
		if err := os.WriteFile(page, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil || !bytes.Equal(want, []byte(out.String())) {
		t.Errorf("%s says something else, %v; look at it and run: go test ./cmd/riva-prep -run TestBadInput -update\n%s", badInput, err, out.String())
	}
}

// answered runs a command line, and gives its row.
func answered(t *testing.T, line string) string {
	t.Helper()
	r := runWith(nil, arguments(line)...)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	r.stderr = strings.ReplaceAll(r.stderr, here+string(filepath.Separator), "")
	sentence, rest, _ := strings.Cut(strings.TrimPrefix(r.stderr, "riva-prep: error: "), "\n")
	hint, is := strings.CutPrefix(rest, "riva-prep: hint: ")
	switch {
	case r.code != 2 && r.code != 4 && r.code != 1:
		t.Errorf("%s: exit code %d", line, r.code)
	case r.stdout != "" || sentence == "":
		t.Errorf("%s: %q, %q", line, r.stdout, r.stderr)
	case rest != "" && !is || strings.Count(hint, "\n") > 1:
		t.Errorf("%s says more than a sentence and a hint: %q", line, r.stderr)
	case !is && !strings.HasSuffix(sentence, "copy it again, or make the plan again"):
		t.Errorf("%s: %q has no hint", line, sentence)
	}
	cell := func(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "|", `\|`) }
	return fmt.Sprintf("| `%s` | %d | %s | %s |\n", cell(line), r.code, cell(sentence), cell(hint))
}

// arguments are those of a command line, in which apostrophes may stand around one.
func arguments(line string) (all []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			all = append(all, part)
		} else {
			all = append(all, strings.Fields(part)...)
		}
	}
	return all
}

// badFiles is a folder with the files of the archive, a plan, what became of it
// on its way, and a list of it.
func badFiles(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	dir := t.TempDir()
	put := func(name string, data []byte) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range archive.Files[1:] {
		put(f.Name, f.Data)
	}
	rules := plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{"A"}, Protect: []string{}}
	step := plan.Step{Action: plan.Delete, Kind: item.Contacts, Folder: "Contacts", FolderID: "f", ID: "1", Version: "v", Title: "T", Before: []string{"A"}, Why: "w"}
	p := plan.Make(mailbox.Tenant{ID: "t"}, rules, []plan.Mailbox{{Account: mailbox.Account{ID: "ann"}, Items: 1, Steps: []plan.Step{step}, Held: []plan.Held{}}})
	p.Tool, p.Created = "v1", time.Unix(1e9, 0)
	data := p.Encode()
	put("plan.json", data)
	put("other.json", data)
	put("edited.json", bytes.Replace(data, []byte(`"title": "T"`), []byte(`"title": "U"`), 1))
	put("newer.json", bytes.Replace(data, []byte(`"format": 1`), []byte(`"format": 9`), 1))
	put("cut.json", data[:len(data)/2])
	put("mark.json", append([]byte("\ufeff"), data...))
	var list bytes.Buffer
	if err := decide.Write(&list, p, ','); err != nil {
		t.Fatal(err)
	}
	put("list.csv", list.Bytes())
	return dir
}

// whatLies is all that lies in the folder.
func whatLies(t *testing.T) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && !d.IsDir() {
			name += fmt.Sprint(" ", info.Size())
		}
		names = append(names, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
