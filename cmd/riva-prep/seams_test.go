package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// seams are the only places of the product that touch the clock, wait, or draw
// a number that no seed gives. Everything else is given a clock and a Random,
// and waits by one of these, so that a test can turn them. golangci-lint says
// the same (.golangci.yml); this is for machines that have none.
var seams = map[string]string{
	"pkg/cli/cli.go":                   "time.Now",              // the machine, from which all clocks come
	"pkg/console/progress.go":          "time.Now",              // a progress line is drawn by the wall clock
	"pkg/graph/graph.go":               "time.Now rand.Float64", // where none is given
	"pkg/graph/wire/wire.go":           "time.Now rand.Float64", // where none is given
	"pkg/graph/signin/token.go":        "time.Until",            // azidentity's one clock
	"pkg/turns/turns.go":               "time.NewTimer",         // the one wait of the client
	"pkg/rehearsal/clock.go":           "time.After",            // whether all wait, a moment later
	"pkg/durable/root.go":              "time.Sleep",            // a rename that Windows refuses for a moment
	"pkg/apply/apply.go":               "time.After",            // the grace of a call in flight
	"pkg/sandbox/sandbox.go":           "time.Now",              // where none is given
	"pkg/sandbox/server.go":            "time.Now",              // TLS goes by the machine's clock
	"pkg/sandbox/tenant/load.go":       "time.Now",              // until Play gives another
	"pkg/sandbox/graphapi/throttle.go": "time.NewTimer",         // time in service
	"pkg/sandbox/fault/answer.go":      "time.NewTimer",         // a body that stops for a while
}

// unseeded are the names that need a seam.
var unseeded = map[string]func(name string) bool{
	"time": func(name string) bool {
		return slices.Contains([]string{"Now", "Since", "Until", "Sleep", "Tick", "After", "AfterFunc", "NewTimer", "NewTicker"}, name)
	},
	"math/rand/v2": func(name string) bool { return !strings.HasPrefix(name, "New") && !isType(name) },
	"math/rand":    func(string) bool { return true },
}

func isType(name string) bool {
	return slices.Contains([]string{"Rand", "Source", "PCG", "ChaCha8", "Zipf"}, name)
}

func TestClockAndChanceHaveSeams(t *testing.T) {
	seen, files := map[string]string{}, 0
	for _, top := range []string{"../../pkg", "../../cmd"} {
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files++
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if names := touches(file); names != "" {
				seen[filepath.ToSlash(strings.TrimPrefix(path, filepath.FromSlash("../../")))] = names
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 200 {
		t.Errorf("only %d files seen", files)
	}
	for path, names := range seen {
		if seams[path] != names {
			t.Errorf("%s touches %s, its seam is %q: be given a clock (Now) or a number (Random), and wait by turns.Sleep", path, names, seams[path])
		}
	}
	for path := range seams {
		if seen[path] == "" {
			t.Errorf("%s is a seam and needs none", path)
		}
	}
}

// touches names what a file uses that needs a seam, each once.
func touches(file *ast.File) string {
	local := map[string]string{} // the name in the file → the package
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil || unseeded[path] == nil {
			continue
		}
		name := map[string]string{"time": "time"}[path]
		if name == "" {
			name = "rand"
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		local[name] = path
	}
	var names []string
	for n := range ast.Preorder(file) {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			continue
		}
		x, ok := selector.X.(*ast.Ident)
		if !ok || local[x.Name] == "" || !unseeded[local[x.Name]](selector.Sel.Name) {
			continue
		}
		name := map[bool]string{true: "time.", false: "rand."}[local[x.Name] == "time"] + selector.Sel.Name
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func TestSeamsAreFound(t *testing.T) {
	for body, want := range map[string]string{
		"time.Sleep(1)": "time.Sleep", "_ = time.Now; _ = time.Now()": "time.Now", "_ = dice.IntN(6)": "rand.IntN",
		"_ = dice.New(dice.NewPCG(1, 2)).IntN(6)": "", "_ = time.Second": "", "<-time.After(1); dice.Shuffle(1, nil)": "time.After rand.Shuffle",
	} {
		source := fmt.Sprintf("package p\nimport (\"time\"; dice \"math/rand/v2\")\nfunc f() { %s }", body)
		file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := touches(file); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
