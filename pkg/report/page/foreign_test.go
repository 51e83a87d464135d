package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// foreign is what somebody might write who wants out of a cell, an attribute,
// the title or the style. Its first word is found nowhere else.
const foreign = "quux<b onclick=\"x\">'&amp;</td></title></style><!--\u202e\x1b[2J\njavascript:alert(1)"

// fill writes foreign into every text that v can reach, so that a field that is
// added later is tried too. Words of our own are chosen by the test instead.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		own := []reflect.Type{reflect.TypeFor[plan.Purpose](), reflect.TypeFor[plan.Action](), reflect.TypeFor[journal.Result]()}
		if !slices.Contains(own, v.Type()) {
			v.SetString(foreign)
		}
	case reflect.Int:
		v.SetInt(1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() {
				fill(field)
			}
		}
	}
}

// foreignBooks are a plan and a run of each purpose, written by a stranger.
func foreignBooks() map[string]*ledger.Book {
	all := map[string]*ledger.Book{}
	for purpose, action := range map[plan.Purpose]plan.Action{plan.Purge: plan.Delete, plan.TagPersonal: plan.SetCategories, "": ""} {
		var p plan.Plan
		fill(reflect.ValueOf(&p).Elem())
		p.Rules.Purpose, p.Mailboxes[0].Steps[0].Action = purpose, action
		all[string(purpose)+" plan"] = ledger.Of(p, nil)
		for _, result := range []journal.Result{journal.Unknown, journal.Refused} {
			var r run.Report
			fill(reflect.ValueOf(&r).Elem())
			r.Result.Mailboxes[0].Others[0].Result = result
			all[string(purpose)+" run "+string(result)] = ledger.Of(p, &r)
		}
	}
	return all
}

// leaks says where foreign text is anything but text that can be seen, and
// counts where it is that.
func leaks(t *testing.T, out string) (complaints []string, shown int) {
	t.Helper()
	if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }); i >= 0 {
		complaints = append(complaints, fmt.Sprintf("%q acts at byte %d", out[i:min(len(out), i+8)], i))
	}
	doc, err := html.ParseWithOptions(strings.NewReader(out), html.ParseOptionEnableScripting(false)) // or noscript would be one text
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		where := n.Parent.Data
		found := strings.Count(n.Data, "quux")
		switch {
		case n.Type == html.TextNode && isData(n.Parent):
			bad := leaksOfData(n.Data)
			complaints, shown = append(complaints, bad...), shown+found
		case n.Type == html.TextNode && where != "style" && where != "script" && found == whole(n.Data):
			shown += found
		case found > 0:
			complaints = append(complaints, fmt.Sprintf("%q in a %s", n.Data, where))
		}
		for _, a := range n.Attr {
			if strings.Contains(a.Key+a.Val, "quux") {
				complaints = append(complaints, fmt.Sprintf("the attribute %s=%q of a %s", a.Key, a.Val, n.Data))
			}
		}
	}
	return complaints, shown
}

// isData says whether the element holds data for the script and is not run.
func isData(n *html.Node) bool {
	return n.Data == "script" && slices.Contains(n.Attr, html.Attribute{Key: "type", Val: "application/json"})
}

// leaksOfData says where foreign text in the data could end the element, or is
// not what a person may see.
func leaksOfData(text string) (complaints []string) {
	if i := strings.IndexAny(text, "<>&\u2028\u2029"); i >= 0 {
		complaints = append(complaints, fmt.Sprintf("%q in the data", text[i:min(len(text), i+8)]))
	}
	documents := json.NewDecoder(strings.NewReader(text))
	for i := 0; ; i++ {
		var c struct{ Texts []string }
		err := documents.Decode(&c)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return append(complaints, err.Error())
		}
		for _, s := range c.Texts {
			if strings.Count(s, "quux") != whole(s) {
				complaints = append(complaints, fmt.Sprintf("%q in the data", s))
			}
		}
	}
	return complaints
}

// whole counts the texts that are all there, also as a sentence quotes them.
func whole(s string) int {
	quoted := strings.Trim(strconv.Quote(foreign), `"`)
	return strings.Count(s, safetext.Terminal(foreign)) + strings.Count(s, quoted)
}

func TestForeignTextIsNothingButText(t *testing.T) {
	books := foreignBooks()
	if len(books) != 9 {
		t.Fatalf("%d books", len(books))
	}
	for name, book := range books {
		complaints, shown := leaks(t, written(t, book))
		if len(complaints) > 0 {
			t.Errorf("%s: %q", name, complaints)
		}
		if shown < 25 {
			t.Errorf("%s shows foreign text only %d times", name, shown)
		}
	}
}

// What TestForeignTextIsNothingButText rests on must see a mistake.
func TestLeaksAreSeen(t *testing.T) {
	if complaints, shown := leaks(t, rendered(t, text(foreign))); len(complaints) != 0 || shown != 1 {
		t.Fatalf("good text, %d times: %q", shown, complaints)
	}
	planted := map[string]g.Node{
		"raw":                 g.Raw(foreign),
		"raw, made visible":   g.Raw(safetext.Terminal(foreign)),
		"escaped, invisible":  g.Text(foreign),
		"an address":          h.A(h.Href(safetext.Terminal(foreign)), text("here")),
		"an id":               h.Span(h.ID("held-" + safetext.Terminal(foreign))),
		"the name of a class": classCell(safetext.Terminal(foreign), "text"),
		"a style":             h.StyleEl(g.Raw("quux{}")),
		"a script":            h.Script(text("quux")),
		"a comment":           g.Raw("<!-- quux -->"),
		"raw data":            h.Script(h.Type("application/json"), g.Raw(`{"texts":["quux<"]}`)),
		"data, not safe":      h.Script(h.Type("application/json"), g.Raw(`{"texts":["quux\u0007"]}`)),
		"an element":          g.El("quux"),
	}
	for name, node := range planted {
		if complaints, _ := leaks(t, rendered(t, h.Td(node))); len(complaints) == 0 {
			t.Errorf("%s was not seen in %s", name, rendered(t, node))
		}
	}
}

func rendered(t *testing.T, n g.Node) string {
	t.Helper()
	var out bytes.Buffer
	if err := lines(h.HTML(h.Body(h.Table(h.Tr(h.Td(n)))))).Render(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// doors are the few functions in which a call can bring text into the page
// past the function text.
var doors = map[string]string{
	"g.Text": "text newline", "g.Raw": "head scripts", "g.NodeFunc": "rows data", "json.NewEncoder": "data", "json.Marshal": "",
	"g.Textf": "", "g.Rawf": "", "io.WriteString": "", "fmt.Fprint": "", "fmt.Fprintf": "", "fmt.Fprintln": "",
}

// shortcuts lists where a file goes through one of the doors, and where not
// allowed.
func shortcuts(t *testing.T, name string, src any) (used, bad []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		room := "outside of functions"
		if f, ok := decl.(*ast.FuncDecl); ok {
			room = f.Name.Name
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, _ := sel.X.(*ast.Ident)
			if pkg == nil {
				return true
			}
			call := pkg.Name + "." + sel.Sel.Name
			if rooms, isDoor := doors[call]; isDoor {
				used = append(used, call)
				if !slices.Contains(strings.Fields(rooms), room) {
					bad = append(bad, room+" calls "+call)
				}
			}
			return true
		})
	}
	return used, bad
}

func TestTextHasOneDoor(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		here, bad := shortcuts(t, name, nil)
		used = append(used, here...)
		if len(bad) > 0 {
			t.Errorf("%s: %q: use text", name, bad)
		}
	}
	slices.Sort(used)
	if want := []string{"g.NodeFunc", "g.NodeFunc", "g.Raw", "g.Raw", "g.Text", "g.Text", "json.NewEncoder"}; !slices.Equal(used, want) {
		t.Errorf("the doors in use are %q, not %q", used, want)
	}
	for _, body := range []string{"g.Raw(s)", "g.Rawf(s)", "g.Text(s)", "h.P(g.Textf(s))", "g.NodeFunc(nil)", "[]any{g.Raw}"} {
		if _, bad := shortcuts(t, "planted.go", "package page\nfunc planted(s string) any { return "+body+" }"); len(bad) != 1 {
			t.Errorf("%s: %q", body, bad)
		}
	}
}
