package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNoMethodIsFoundByName keeps the program small. Once any function that is
// linked finds methods by a name that it computes, as templates do, the linker
// must keep all exported methods of all types: with the Graph SDK, a quarter
// more.
//
// That cobra imports text/template and gomponents html/template does no harm:
// what would run a template is not linked.
func TestNoMethodIsFoundByName(t *testing.T) {
	edges := linked(t, root, "-trimpath", "./cmd/riva-prep")
	if len(edges) < 50_000 || !slices.ContainsFunc(edges, func(e string) bool { return strings.HasPrefix(e, "main.main -> ") }) {
		t.Fatalf("%d edges are not the whole program", len(edges))
	}
	if found := byName(edges); len(found) > 0 {
		t.Errorf("%q find methods by name: use something else, or every method of the SDK is linked", found)
	}
}

func TestByNameBites(t *testing.T) {
	folder := t.TempDir()
	source := filepath.Join(folder, "main.go")
	const planted = "package main\nimport (\"os\"; \"text/template\")\nfunc main() { _ = template.New(os.Args[0]).Execute(os.Stdout, nil) }\n"
	if err := os.WriteFile(source, []byte(planted), 0o600); err != nil {
		t.Fatal(err)
	}
	if found := byName(linked(t, folder, source)); !slices.Contains(found, "text/template.(*state).evalField") {
		t.Errorf("a template was not found, only %q", found)
	}
}

// linked are the edges along which the linker keeps what it keeps, from main.
func linked(t *testing.T, folder string, args ...string) []string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "program")
	cmd := exec.Command("go", append([]string{"build", "-ldflags=-dumpdep", "-o", binary}, args...)...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out[:min(len(out), 2000)])
	}
	return strings.Split(string(out), "\n")
}

var finder = regexp.MustCompile(`^(\S+) <ReflectMethod> ->`)

// byName are the functions that the linker has marked for finding methods.
func byName(edges []string) (found []string) {
	for _, edge := range edges {
		if m := finder.FindStringSubmatch(edge); m != nil && !slices.Contains(found, m[1]) {
			found = append(found, m[1])
		}
	}
	return found
}
