package settings

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
)

func TestParse(t *testing.T) {
	got, err := Parse([]byte("\ufeff# ours\r\nstore: D:\\riva-prep # the big disk\r\n\r\nexclude: # the board\n  - ceo@x.example\n# and\n- \"cfo@x.example\"\nname: 'It''s: mine'\n" + `report: "a\\b \"c\".html" # d` + "\n"))
	want := []Entry{
		{"store", []string{`D:\riva-prep`}, false, 2},
		{"exclude", []string{"ceo@x.example", "cfo@x.example"}, true, 4},
		{"name", []string{"It's: mine"}, false, 8},
		{"report", []string{`a\b "c".html`}, false, 9},
	}
	same := func(a, b Entry) bool {
		return a.Key == b.Key && slices.Equal(a.Values, b.Values) && a.List == b.List && a.Line == b.Line
	}
	if err != nil || !slices.EqualFunc(got, want, same) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := Parse(nil); got != nil || err != nil {
		t.Errorf("an empty file: %v, %v", got, err)
	}
}

func TestParseRefuses(t *testing.T) {
	cases := map[string]string{
		"store":                "line 1",
		"a: b\nstore:x":        "line 2",
		"a: b\na: c":           "stands in line 1",
		"a:\n":                 "a has no value",
		"a:\nb: c":             "line 1: a has no value",
		"- x":                  "without a key",
		"a: b\n- x":            "without a key",
		"a: b\n  c: d":         "indented",
		"a:\n  c: d":           "indented",
		"a:\tb":                "a tab",
		"a: [b, c]":            "in quotes",
		"a: {b: c}":            "in quotes",
		"a: &x b":              "in quotes",
		"a: |":                 "in quotes",
		"a: b: c":              "in quotes",
		"a: b:":                "in quotes",
		"a: - b":               "in quotes",
		"a: @b":                "in quotes",
		"a: \"b":               "no end",
		"a: \"b\" c":           "after the quotes",
		"a: \"b\"#c":           "after the quotes",
		`a: "b\n"`:             "write \\ as \\\\",
		"a: ~":                 "empty",
		"a: null":              "empty",
		"A: b":                 "line 1",
		"a_b: c":               "line 1",
		"---\na: b":            "line 1",
		"a: \xff":              "UTF-8",
		"\xff\xfea\x00:\x00 b": "UTF-8",
	}
	for text, about := range cases {
		_, err := Parse([]byte(text))
		if !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), about) {
			t.Errorf("%q: %v, want an error about %s", text, err, about)
		}
	}
	if len(cases) < 27 {
		t.Errorf("only %d cases", len(cases))
	}
}

// Whatever a value is, in single quotes it comes back.
func TestQuotedValuesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[^\x00-\x1f]{0,20}`).Draw(t, "value")
		for _, text := range []string{"'" + strings.ReplaceAll(value, "'", "''") + "'", `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`} {
			for _, file := range []string{"key: " + text, "key:\n  - " + text + " # and a comment"} {
				got, err := Parse([]byte(file))
				if err != nil || len(got) != 1 || !slices.Equal(got[0].Values, []string{value}) {
					t.Fatalf("%q: %v, %v", file, got, err)
				}
			}
		}
	})
}

// What is read here, a YAML module reads in the same way, as far as text goes:
// another program that reads the file is not misled.
func TestYAMLReadsTheSame(t *testing.T) {
	accepted := 0
	value := rapid.StringMatching(`[-a-z0-9 :#'"\\[\]{}&*!|>%@,?~.=/]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		file := rapid.SampledFrom([]string{"key: ", "key:\n  - one\n  - "}).Draw(t, "begin") + value.Draw(t, "value") + "\nother: x\n"
		entries, err := Parse([]byte(file))
		if err != nil {
			return
		}
		accepted++
		var node yaml.Node
		if err := yaml.Unmarshal([]byte(file), &node); err != nil {
			t.Fatalf("%q is read here and is no YAML: %v", file, err)
		}
		var all []string
		for i, n := range node.Content[0].Content {
			switch {
			case i%2 == 0:
			case n.Kind == yaml.SequenceNode:
				for _, one := range n.Content {
					all = append(all, one.Value)
				}
			default:
				all = append(all, n.Value)
			}
		}
		var mine []string
		for _, e := range entries {
			mine = append(mine, e.Values...)
		}
		if !slices.Equal(mine, all) {
			t.Fatalf("%q is %q here and %q in YAML", file, mine, all)
		}
	})
	if accepted < 10 {
		t.Errorf("only %d files were read", accepted)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a: b\n")
	f.Add("a:\n  - 'b'\n  - \"c\" # d\n")
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := Parse([]byte(text))
		if err != nil && !errors.Is(err, ErrFile) {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !isKey(e.Key) || len(e.Values) == 0 || e.Line < 1 || strings.ContainsAny(strings.Join(e.Values, ""), "\n\t") {
				t.Fatalf("%+v", e)
			}
		}
	})
}

// flags are some of a command's, of each sort.
func flags() (*pflag.FlagSet, func() string) {
	set := pflag.NewFlagSet("x", pflag.ContinueOnError)
	store := set.String("store", "usual", "")
	set.Int("parallel", 4, "")
	mailbox, exclude := set.StringArray("mailbox", nil, ""), set.StringArray("exclude", nil, "")
	list, kinds := set.String("mailboxes", "", ""), set.StringSlice("kinds", nil, "")
	set.String("approve", "", "")
	return set, func() string {
		return strings.Join([]string{*store, strings.Join(*mailbox, "+"), *list, strings.Join(*exclude, "+"), strings.Join(*kinds, "+")}, "|")
	}
}

func names() []string {
	return []string{"approve", "exclude", "kinds", "mailbox", "mailboxes", "parallel", "store"}
}

// TestPrecedence tries a flag in each of the eight combinations of typed,
// variable and file.
func TestPrecedence(t *testing.T) {
	for mask := range 8 {
		set, value := flags()
		var s Sources
		want := "usual"
		if mask&1 != 0 {
			s.Entries = []Entry{{Key: "store", Values: []string{"file"}, Line: 1}}
			want = "file"
		}
		if mask&2 != 0 {
			s.Environ = []string{"PATH=x", "RIVA_PREP_STORE=variable"}
			want = "variable"
		}
		if mask&4 != 0 {
			if err := set.Parse([]string{"--store", "typed"}); err != nil {
				t.Fatal(err)
			}
			want = "typed"
		}
		values, err := Read(s, names())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Apply(set, values); err != nil || !strings.HasPrefix(value(), want+"|") {
			t.Errorf("%03b: %s, %v, want %s", mask, value(), err, want)
		}
	}
}

func TestMailboxesAreOneChoice(t *testing.T) {
	file := []Entry{{"mailboxes", []string{"all.csv"}, false, 1}, {"exclude", []string{"a", "b"}, true, 2}, {"kinds", []string{"tasks", "events"}, true, 5}}
	for _, c := range []struct {
		environ, typed []string
		want           string
	}{
		{nil, nil, "usual||all.csv|a+b|tasks+events"},
		{[]string{"RIVA_PREP_MAILBOX=x; y"}, nil, "usual|x+y||a+b|tasks+events"},
		{nil, []string{"--mailbox=z"}, "usual|z||a+b|tasks+events"},
		{[]string{"RIVA_PREP_MAILBOX=x"}, []string{"--mailboxes=one.csv"}, "usual||one.csv|a+b|tasks+events"},
		{[]string{"RIVA_PREP_EXCLUDE=c", "RIVA_PREP_KINDS=contacts,tasks", "RIVA_PREP_MAILBOX="}, nil, "usual||all.csv|c+a+b|contacts+tasks"},
	} {
		set, value := flags()
		if err := set.Parse(c.typed); err != nil {
			t.Fatal(err)
		}
		values, err := Read(Sources{c.environ, "f.yaml", file}, names())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Apply(set, values); err != nil || value() != c.want {
			t.Errorf("%q %q: %s, %v, want %s", c.environ, c.typed, value(), err, c.want)
		}
	}
}

// TestProtectionAddsUp tries the flags that protect in each combination of typed,
// variable and file: nothing that stands anywhere is lost.
func TestProtectionAddsUp(t *testing.T) {
	for _, key := range protecting() {
		for mask := range 8 {
			set := pflag.NewFlagSet("x", pflag.ContinueOnError)
			value := set.StringArray(key, nil, "")
			var (
				s    Sources
				want []string
			)
			if mask&4 != 0 {
				want = append(want, "typed")
				if err := set.Parse([]string{"--" + key, "typed"}); err != nil {
					t.Fatal(err)
				}
			}
			if mask&2 != 0 {
				want, s.Environ = append(want, "v1", "v2"), []string{Variable(key) + "=v1;v2"}
			}
			if mask&1 != 0 {
				want, s.Entries = append(want, "f1", "f2"), []Entry{{key, []string{"f1", "f2"}, true, 1}}
			}
			values, err := Read(s, protecting())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Apply(set, values); err != nil || !slices.Equal(*value, want) {
				t.Errorf("%s %03b: %q, %v, want %q", key, mask, *value, err, want)
			}
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	for _, c := range []struct {
		environ, about string
		entries        []Entry
	}{
		{environ: "RIVA_PREP_STROE=x", about: "RIVA_PREP_STROE: no command has"},
		{environ: "RIVA_PREP_APPROVE=sha256:x", about: "taken from the command line only"},
		{environ: "RIVA_PREP_PARALLEL=many", about: `RIVA_PREP_PARALLEL: --parallel: "many"`},
		{entries: []Entry{{"stroe", []string{"x"}, false, 7}}, about: "f.yaml, line 7: no command has"},
		{entries: []Entry{{"approve", []string{"x"}, false, 3}}, about: "f.yaml, line 3: --approve is taken from the command line only"},
		{entries: []Entry{{"store", []string{"x", "y"}, true, 3}}, about: "one value, not a list"},
		{entries: []Entry{{"parallel", []string{"x"}, false, 3}}, about: "f.yaml, line 3: --parallel"},
	} {
		set, _ := flags()
		values, err := Read(Sources{[]string{c.environ}, "f.yaml", c.entries}, names())
		if err == nil {
			_, err = Apply(set, values)
		}
		if err == nil || !strings.Contains(err.Error(), c.about) || exit.Code(t.Context(), err) != exit.Usage {
			t.Errorf("%v: %v, want %s", c, err, c.about)
		}
	}
}
