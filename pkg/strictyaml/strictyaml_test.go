package strictyaml_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/strictyaml"
)

// thing is read by all that there is to read with.
type thing struct {
	Name, Colour string
	Lists        []string
	On           bool
	Count        int
	Parts        []string
}

func read(data string) (thing, error) {
	var (
		x thing
		r strictyaml.Reader
	)
	n, err := strictyaml.Document([]byte(data))
	if err != nil {
		return x, err
	}
	seen := r.Members(n, "a thing", map[string]func(*strictyaml.Node){
		"name": r.Text(&x.Name), "lists": r.Texts("lists", &x.Lists), "on": r.Flag(&x.On), "count": r.Count(&x.Count, 10),
		"colour": strictyaml.Word(&r, &x.Colour, "red", "green"),
		"parts": r.Each("parts", func(n *strictyaml.Node) {
			var part string
			seen := r.Members(n, "a part", map[string]func(*strictyaml.Node){"of": r.Text(&part)})
			r.Need(n, "a part", seen, "of")
			x.Parts = append(x.Parts, part)
		}),
	})
	r.Need(n, "a thing", seen, "name")
	return x, r.Err()
}

func TestRead(t *testing.T) {
	const file = "# ours\nname: 'It''s: \u00e9'\nlists: [a, \"b\"]\non: true\ncount: 10\ncolour: green\nparts:\n  - of: x\n  - {of: 0x1f}\n"
	want := thing{Name: "It's: \u00e9", Colour: "green", Lists: []string{"a", "b"}, On: true, Count: 10, Parts: []string{"x", "0x1f"}}
	for name, data := range map[string]string{
		"as it is": file, "with Windows' line ends": strings.ReplaceAll(file, "\n", "\r\n"), "with a mark": "\ufeff" + file, "as a document": "---\n" + file + "...\n",
		"as JSON": `{"name": "It's: \u00e9", "lists": ["a", "b"], "on": true, "count": 10, "colour": "green", "parts": [{"of": "x"}, {"of": "0x1f"}]}`,
	} {
		if got, err := read(data); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := read("name: 2026-01-01\nlists: []\non: false"); err != nil || got.Name != "2026-01-01" || got.On || got.Lists != nil {
		t.Errorf("%+v, %v", got, err) // a text is what stands there, whatever YAML takes it for
	}
}

// TestEachFault is named with its line.
func TestEachFault(t *testing.T) {
	cases := []struct{ name, data, want string }{
		{"nothing", "", "it is empty"},
		{"a comment alone", "# name: x\n", "it is empty"},
		{"an empty document", "---\n", "line 2: a thing is to have members"},
		{"two documents", "name: x\n---\nname: y\n", "more than one document"},
		{"a second document that is broken", "name: x\n---\n[", "more than one document"},
		{"too much", "name: " + strings.Repeat("x", 1<<20), "it has 1048582 bytes"},
		{"not YAML", "name: x\nlists: [\n", "line 2: "},
		{"not UTF-8", "name: \xff", "UTF-8"},
		{"a list", "- name\n", "line 1: a thing is to have members"},
		{"a text", "name", "line 1: a thing is to have members"},
		{"unknown", "name: x\n\nnames: y\n", `line 3: a thing has no member "names"`},
		{"another case", "Name: x", `line 1: a thing has no member "Name"; line 1: a thing needs a name`},
		{"unknown further down", "name: x\nparts:\n  - of: y\n    off: z\n", `line 4: a part has no member "off"`},
		{"doubled", "name: x\non: true\nname: x\n", `line 3: "name" stands there twice`},
		{"doubled further down", "name: x\nparts: [{of: y,\n of: y}]", `line 3: "of" stands there twice`},
		{"doubled, and no member", "name: x\nno: 1\nno: 2", `line 2: a thing has no member "no"; line 3: a thing has no member "no"`},
		{"missing", "on: true", "line 1: a thing needs a name"},
		{"missing further down", "name: x\nparts:\n - of: y\n - {}\n", "line 4: a part needs a of"},
		{"no text", "name:\n", "line 1: a text is missing"},
		{"null", "name: ~", "line 1: a text is missing"},
		{"blanks", "name: '  '", "line 1: a text is missing"},
		{"a list for a text", "name: [x]", "line 1: a text is missing"},
		{"a mapping for a text", "name: {x: y}", "line 1: a text is missing"},
		{"a text for a list", "name: x\nlists: y", "line 2: lists is to be a list"},
		{"a mapping for a list", "name: x\nlists: {a: b}", "line 2: lists is to be a list"},
		{"a list in a list", "name: x\nlists:\n - a\n - [b]", "line 4: a text is missing"},
		{"yes for true", "name: x\non: yes", "line 2: true or false is wanted"},
		{"a text for true", "name: x\non: 'true'", "line 2: true or false is wanted"},
		{"TRUE", "name: x\non: TRUE", "line 2: true or false is wanted"},
		{"no number", "name: x\ncount: many", "line 2: a whole number from 1 to 10 is wanted"},
		{"zero", "name: x\ncount: 0", "line 2: a whole number"},
		{"beyond", "name: x\ncount: 11", "line 2: a whole number"},
		{"a fraction", "name: x\ncount: 1.0", "line 2: a whole number"},
		{"of sixteen", "name: x\ncount: 0x1", "line 2: a whole number"},
		{"more than fits", "name: x\ncount: 99999999999999999999", "line 2: a whole number"},
		{"another word", "name: x\ncolour: Red", "line 2: one of red, green is wanted"},
		{"a list for a word", "name: x\ncolour: [red]", "line 2: one of red, green is wanted"},
		{"an anchor", "name: &a x", "line 1: &a is an anchor"},
		{"an alias", "name: &a x\nlists:\n - *a", "line 1: &a is an anchor, which no alias may use; leave it out; line 3: *a is an alias"},
		{"an alias for a member", "&on name: x\n*on : true", "line 2: *on is an alias"},
		{"members merged in", "name: x\nparts:\n - &p {of: y}\n - {<<: *p}", "line 4: *p is an alias"},
		{"itself", "name: x\nparts: &p [*p]", "line 2: &p is an anchor"},
		{"an alias of nothing", "name: *x", "unknown anchor 'x'"},
		{"a tag", "name: !!binary eA==", "line 1: !!binary is a tag"},
		{"one's own tag", "name: x\nlists: !mine [a]", "line 2: !mine is a tag"},
		{"all at once", "nam: x\non: 1\nlists: y\ncount: x\n", `line 1: a thing has no member "nam"; line 2: true or false is wanted; line 3: lists is to be a list; line 4: a whole number from 1 to 10 is wanted; line 1: a thing needs a name`},
	}
	for _, c := range cases {
		if _, err := read(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if len(cases) < 46 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// TestLines: wherever members stand, a fault tells the line of its own.
func TestLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := []string{"name: x"}
		var want []string
		for i := range rapid.IntRange(1, 20).Draw(t, "members") {
			for range rapid.IntRange(0, 3).Draw(t, "above") {
				lines = append(lines, rapid.SampledFrom([]string{"", "# a comment", "   "}).Draw(t, "line"))
			}
			lines = append(lines, fmt.Sprintf("x%d: %s", i, rapid.SampledFrom([]string{"1", "'y'", "[a, b]", "{a: b}"}).Draw(t, "value")))
			want = append(want, fmt.Sprintf("line %d: a thing has no member \"x%d\"", len(lines), i))
		}
		_, err := read(strings.Join(lines, "\n"))
		if err == nil || !slices.Equal(strings.Split(err.Error(), "; "), want) {
			t.Fatalf("%v, want %q", err, want)
		}
	})
}

func FuzzDocument(f *testing.F) {
	f.Add("name: x\nlists: [a]\n")
	f.Add("name: &a x\nparts: [*a, {<<: *a}]\n")
	f.Add("--- !t\n? [a]\n: b\n")
	f.Fuzz(func(t *testing.T, text string) {
		x, err := read(text)
		if err == nil && strings.TrimSpace(x.Name) == "" {
			t.Fatalf("%q has no name and is taken", text)
		}
	})
}
