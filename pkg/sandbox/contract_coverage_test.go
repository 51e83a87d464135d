package sandbox_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/ids"
)

// segments finds every path segment that the sandbox's code compares with: in
// strings.EqualFold, in ==, and in the cases of a switch over a segment.
func segments(t *testing.T) map[string]string {
	t.Helper()
	out, files := map[string]string{}, token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "entra") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, declared := range file.Decls {
			if f, ok := declared.(*ast.FuncDecl); ok && f.Body != nil {
				s := scan{found: out, where: path + " " + f.Name.Name, names: map[string]bool{}}
				ast.Inspect(f.Body, s.look)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type scan struct {
	found map[string]string
	where string
	names map[string]bool // variables that hold a segment
}

var segmentForm = regexp.MustCompile(`(?i)\b(path|rest)\[\d\]`)

// isSegment tells whether an expression is a segment of the path.
func (s scan) isSegment(e ast.Expr) bool {
	if name, ok := e.(*ast.Ident); ok {
		return s.names[name.Name]
	}
	return e != nil && segmentForm.MatchString(types.ExprString(e))
}

func (s scan) add(e ast.Expr) {
	if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		if text, err := strconv.Unquote(lit.Value); err == nil && text != "" {
			s.found[strings.ToLower(text)] = s.where
		}
	}
}

func (s scan) look(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if name, ok := n.Lhs[0].(*ast.Ident); ok && len(n.Rhs) == 1 && s.isSegment(n.Rhs[0]) && strings.Contains(types.ExprString(n.Rhs[0]), "ToLower") {
			s.names[name.Name] = true
		}
	case *ast.CallExpr:
		if types.ExprString(n.Fun) == "strings.EqualFold" && s.isSegment(n.Args[0]) {
			s.add(n.Args[1])
		}
	case *ast.BinaryExpr:
		if n.Op == token.EQL && s.isSegment(n.X) {
			s.add(n.Y)
		}
	case *ast.SwitchStmt:
		if !s.isSegment(n.Tag) {
			break
		}
		for _, clause := range n.Body.List {
			for _, e := range clause.(*ast.CaseClause).List {
				s.add(e)
			}
		}
	}
	return true
}

// elsewhere are segments that are no part of a route.
var elsewhere = []string{"v1.0"}

// Whoever adds a route adds a case: contract_routes_test.go, or refusedRoutes
// if the sandbox knows the path and does not emulate it.
func TestEveryRouteOfTheCodeHasACase(t *testing.T) {
	driven := map[string]bool{}
	for _, r := range slices.Concat(directoryRoutes, mailboxRoutes, refusedRoutes) {
		path, _, _ := strings.Cut(r.full(), "?")
		for segment := range strings.SplitSeq(strings.ToLower(path), "/") {
			driven[segment] = true
		}
	}
	found := segments(t)
	for _, segment := range slices.Sorted(maps.Keys(found)) {
		if !driven[segment] && !slices.Contains(elsewhere, segment) {
			t.Errorf("%s serves %q, for which contract_routes_test.go has no case", found[segment], segment)
		}
	}
	if len(found) < 30 {
		t.Errorf("only %d segments are found in the code: %q", len(found), slices.Sorted(maps.Keys(found)))
	}
}

// refusedRoutes are what Graph has and the sandbox has not; it says so.
var refusedRoutes = []route{
	{method: "GET", path: "contactFolders/delta", status: 501, answer: "error"},
	{method: "GET", path: "contacts/delta", status: 501, answer: "error"},
	{method: "GET", path: "todo/lists/{list}/tasks/{task}/attachmentSessions", status: 501, answer: "error"},
	{method: "POST", path: "events/{event}/forward", body: "{}", status: 501, answer: "error"},
	{method: "POST", path: "events/{event}/snoozeReminder", body: "{}", status: 501, answer: "error"},
	{method: "POST", path: "events/{event}/dismissReminder", body: "{}", status: 501, answer: "error"},
}

// smallVars name what the small tenant has.
func smallVars() map[string]string {
	return map[string]string{
		"user": ann, "group": "g2", "tenant": "99999999-0000-4000-8000-000000000009", "category": "c1", "folder": "AAchild",
		"child": "AAgrandchild", "contact": "AAcontact3", "calendar": "AAcal", "series": "AAseries==", "event": "AAsingle",
		"meeting": "AAmeeting", "copy": "AAmeeting", "occurrence": "AAexception", "file": "AAattachment", "list": "AAlist",
		"task": "AAtask1", "step": "k1", "link": "l1",
		"exchange": "MBX:" + ids.GUID(ann, "mailbox", 0) + "@99999999-0000-4000-8000-000000000009", "top": "contacts", "item": "AAsingle",
	}
}

func TestWhatIsNotEmulatedSaysSo(t *testing.T) {
	w := newWorld(t, small(), sandbox.Options{Now: clock})
	j := newJudge(w, nil)
	j.vars = smallVars()
	for _, r := range refusedRoutes {
		path, _ := j.variables(r.full(), url.PathEscape)
		a := w.do(r.method, path, r.body)
		if a.status != r.status {
			t.Errorf("%s %s: %d: %.200s (is it emulated now? then it needs a case among the routes)", r.method, path, a.status, a.raw)
		}
		j.wellFormed(path, a)
	}
}

// canonical gives a path that several paths are served as.
func canonical(path string) string {
	path, _, _ = strings.Cut(path, "?")
	path = strings.NewReplacer("{series}", "{event}", "{meeting}", "{event}", "{occurrence}", "{event}", "{copy}", "{event}",
		"{child}", "{folder}", "contactFolders/contacts", "contactFolders/{folder}").Replace(path)
	for _, same := range []struct{ one, other string }{
		{"/contactFolders/{folder}/childFolders/{folder}", "/contactFolders/{folder}"},
		{"/contactFolders/{folder}/contacts", "/contacts"},
		{"/events/{event}/calendar", "/calendar"},
		{"/calendar", "/calendars/{calendar}"},
		{"/calendars/{calendar}/events", "/events"},
		{"/calendarView/{event}", "/events/{event}"},
	} {
		if rest, ok := strings.CutPrefix(path, "/users/{user}"+same.one); ok && (rest == "" || rest[0] == '/') {
			path = "/users/{user}" + same.other + rest
		}
	}
	return path
}

// Each path takes the methods that the tour has for it, and no other.
func TestEveryMethodOfARouteHasACase(t *testing.T) {
	takes := map[string][]string{}
	for _, r := range slices.Concat(directoryRoutes, mailboxRoutes) {
		if r.answer != "error" {
			takes[canonical(r.full())] = append(takes[canonical(r.full())], r.method)
		}
	}
	tried := 0
	for path, methods := range takes {
		for _, method := range []string{"GET", "POST", "PATCH", "PUT", "DELETE"} {
			if slices.Contains(methods, method) {
				continue
			}
			tried++
			if a := probed(t, method, path); a.status != 405 && !strings.Contains(string(a.raw), "Resource not found for the segment") {
				t.Errorf("%s %s is answered with %d, which no case expects: %.200s", method, path, a.status, a.raw)
			}
		}
	}
	if tried < 150 {
		t.Errorf("only %d methods tried", tried)
	}
}

// probed is the answer of a fresh small tenant.
func probed(t *testing.T, method, path string) reply {
	t.Helper()
	w := newWorld(t, small(), sandbox.Options{Now: clock})
	j := newJudge(w, nil)
	j.vars = smallVars()
	if strings.HasPrefix(path, "/users/{user}/todo") {
		j.vars["file"] = "AAta"
	}
	filled, ok := j.variables(path, url.PathEscape)
	if !ok {
		t.Fatalf("%s has a variable that the small tenant does not know", path)
	}
	body := ""
	if method != "GET" && method != "DELETE" {
		body = "{}"
	}
	return w.do(method, filled, body)
}
