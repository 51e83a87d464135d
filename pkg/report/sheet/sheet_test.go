package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"pgregory.net/rapid"
)

// helped is what *testing.T and *rapid.T have in common here.
type helped interface {
	Helper()
	Fatal(args ...any)
}

func written(t helped, write func(io.Writer) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// sample has every part of a document, and text that acts.
func sample(limit int) *Document {
	d := &Document{}
	d.Heading("heading\x1b[2J")
	d.Say("a line of %d words that wraps", 7)
	d.Tell(Bad, "bad news")
	t := NewTable(limit, Words("name"), Word("kind"), Figure("items"), Words("title").AtMost(2), Words("keeps").AtLeast(12))
	for _, name := range []string{"anna@contoso.example", "boris|b", "carla\r\nc"} {
		t.Add(Text(name), Text("contacts"), Care.Number(1234), Good.Text(strings.Repeat("long title ", 9)), Text("twelve chars and more"))
	}
	t.Foot(Strong.Text("total"), Text(""), Bad.Number(0), Text(""), Text(""))
	d.Add(t)
	d.Add(NewTable(0, Word("left out, having no rows")))
	d.Keep("digest", strings.Repeat("f", 70))
	d.Keep("nothing", "")
	return d
}

func TestTextFitsAndStaysInert(t *testing.T) {
	for _, width := range []int{60, 80, 120, 0} {
		out := written(t, func(w io.Writer) error { return sample(0).Text(w, Look{Width: width}) })
		for line := range strings.Lines(out) {
			line = strings.TrimSuffix(line, "\n")
			if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }) {
				t.Errorf("%d wide: %q acts", width, line)
			}
			if got := twwidth.Width(line); width > 0 && got > width && !strings.HasPrefix(line, "digest ") {
				t.Errorf("a line is %d wide, not %d: %s", got, width, line)
			}
		}
		if !strings.Contains(out, "digest "+strings.Repeat("f", 70)+"\n") || strings.Contains(out, "nothing") || strings.Contains(out, "left out") {
			t.Errorf("%d wide:\n%s", width, out)
		}
	}
}

func TestColumnsKeepTheirPromises(t *testing.T) {
	out := written(t, func(w io.Writer) error { return sample(0).Text(w, Look{Width: 60}) })
	if strings.Count(out, "contacts") != 3 || strings.Count(out, "1,234") != 3 {
		t.Errorf("a column that does not wrap was broken:\n%s", out)
	}
	if n := strings.Count(out, "…"); n != 3 {
		t.Errorf("%d titles of 3 are cut:\n%s", n, out)
	}
	if !strings.Contains(out, " twelve chars ") {
		t.Errorf("a column gave up the width that it keeps:\n%s", out)
	}
}

func TestRowsBeyondTheLimitAreCounted(t *testing.T) {
	d := sample(1)
	table := d.parts[3].table
	if table.Shown() != 1 || table.Len() != 3 {
		t.Errorf("%d rows of %d are shown", table.Shown(), table.Len())
	}
	for name, write := range map[string]func(io.Writer) error{
		"text":     func(w io.Writer) error { return d.Text(w, Look{}) },
		"markdown": d.Markdown,
	} {
		if out := written(t, write); !strings.Contains(out, "… and 2 more") || strings.Contains(out, "boris") || !strings.Contains(out, "total") {
			t.Errorf("%s:\n%s", name, out)
		}
	}
}

func TestColorIsAddedToWords(t *testing.T) {
	plain := written(t, func(w io.Writer) error { return sample(0).Text(w, Look{Width: 80}) })
	colored := written(t, func(w io.Writer) error { return sample(0).Text(w, Look{Width: 80, Color: true}) })
	for code, least := range map[string]int{"1": 6, "31": 1, "32": 3, "33": 3} {
		mark := "\x1b[" + code + "m"
		if strings.Count(colored, mark) < least {
			t.Errorf("colour %s is used less than %d times:\n%s", code, least, colored)
		}
		colored = strings.ReplaceAll(colored, mark, "")
	}
	if strings.ReplaceAll(colored, "\x1b[0m", "") != plain {
		t.Errorf("in colour it says something else:\n%s\n%s", plain, colored)
	}
	if zero := Bad.Number(0); zero.tone != Plain {
		t.Error("a zero is alarming")
	}
}

func TestMarkdownKeepsItsRows(t *testing.T) {
	out := written(t, sample(0).Markdown)
	rows := 0
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "|") {
			rows++
			if n := strings.Count(line, "|"); n != 6 {
				t.Errorf("%d bars in %q", n, line)
			}
		}
	}
	if rows < 6 || !strings.HasPrefix(out, "## heading") {
		t.Errorf("%d rows:\n%s", rows, out)
	}
}

// Wrapping loses nothing but spaces, and keeps to the width unless a single
// character is wider.
func TestWrapKeepsText(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	letters := []rune("ab-./@ 語é❤️ ")
	for range 3000 {
		runes := make([]rune, rng.IntN(60))
		for i := range runes {
			runes[i] = letters[rng.IntN(len(letters))]
		}
		text, width := string(runes), 2+rng.IntN(20)
		lines := wrap(text, width)
		if squeezed(strings.Join(lines, "")) != squeezed(text) {
			t.Fatalf("seed %d: %q, %d wide, became %q", seed, text, width, lines)
		}
		for _, line := range lines {
			if twwidth.Width(line) > width {
				t.Fatalf("seed %d: %q is wider than %d", seed, line, width)
			}
		}
	}
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }

func TestJSONReadsBackTheSame(t *testing.T) {
	want := []string{"a<b>&c", "\x7f\u0085\u202e\U000e0001", "日本語", "\x1b[2J", `"\`}
	out := written(t, func(w io.Writer) error { return JSON(w, want) })
	if strings.ContainsFunc(out, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }) {
		t.Errorf("%q acts", out)
	}
	var got []string
	if err := json.Unmarshal([]byte(out), &got); err != nil || !slices.Equal(got, want) {
		t.Errorf("%q became %q: %v", want, got, err)
	}
	if err := JSON(io.Discard, func() {}); err == nil {
		t.Error("a function was written as JSON")
	}
}

// leaf, branch and tree have all that decides how encoding/json writes a value.
type (
	leaf struct {
		Name  string    `json:"name"`
		When  time.Time `json:"when,omitzero"`
		Until time.Time `json:"until"`
		Count int       `json:"count,omitempty"`
		Tags  []string  `json:"tags"`
	}
	base struct {
		Base   int    `json:"base"`
		Bottom []leaf `json:"bottom,omitempty"`
	}
	branch struct {
		base
		Leaves []leaf `json:"leaves"`
		Few    []leaf `json:"few,omitempty"`
		Gone   []leaf `json:"-"`
		hidden []leaf
		Bare   []*leaf
		Moment []time.Time
	}
	tree struct {
		Branches []branch       `json:"branches"`
		One      branch         `json:"one"`
		Maybe    *branch        `json:"maybe,omitempty"`
		None     leaf           `json:"none,omitzero"`
		Kept     leaf           `json:"kept,omitempty"`
		Yes      bool           `json:"yes,omitempty"`
		Names    map[string]int `json:"names,omitempty"`
		Any      any            `json:"any"`
	}
)

func leaves(t *rapid.T) []leaf {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) leaf {
		return leaf{
			Name: rapid.String().Draw(t, "name"), When: time.Unix(rapid.SampledFrom([]int64{-62135596800, 1}).Draw(t, "when"), 0).UTC(),
			Count: rapid.IntRange(0, 2).Draw(t, "count"), Tags: rapid.SampledFrom([][]string{nil, {}, {"a<b>\x7f\u202e\n"}}).Draw(t, "tags"),
		}
	}), 0, 3).Draw(t, "leaves")
}

// TestJSONIsWhatEncodingJSONWrites, however it is written.
func TestJSONIsWhatEncodingJSONWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := func() branch {
			b := branch{base: base{1, leaves(t)}, Leaves: leaves(t), Few: leaves(t), Gone: leaves(t), hidden: leaves(t), Bare: []*leaf{nil, {}}, Moment: []time.Time{{}}}
			if rapid.Bool().Draw(t, "nil") {
				b.Leaves, b.Bare = nil, nil
			}
			return b
		}
		data := tree{One: one(), Yes: rapid.Bool().Draw(t, "yes"), Any: leaves(t)}
		for range rapid.IntRange(0, 2).Draw(t, "branches") {
			data.Branches = append(data.Branches, one())
		}
		if rapid.Bool().Draw(t, "maybe") {
			data.Maybe, data.Names = &data.One, map[string]int{"x": 1}
		}
		for _, v := range []any{data, &data, data.Branches, data.Any, data.Names, nil} {
			got, want := written(t, func(w io.Writer) error { return JSON(w, v) }), written(t, func(w io.Writer) error { return atOnce(w, v) })
			if got != want {
				t.Fatalf("%s\nwant\n%s", got, want)
			}
		}
	})
}

// atOnce writes JSON with encoding/json alone.
func atOnce(w io.Writer, data any) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(visible{out})
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(data)
	_, _ = out.WriteString("\n")
	return errors.Join(err, out.Flush())
}

func TestASequenceIsAList(t *testing.T) {
	type sequence struct {
		Few iter.Seq[leaf] `json:"few"`
	}
	type slice struct {
		Few []leaf `json:"few"`
	}
	for _, few := range [][]leaf{nil, {}, {{Name: "a"}, {Name: "b"}}} {
		got := written(t, func(w io.Writer) error { return JSON(w, sequence{slices.Values(few)}) })
		want := written(t, func(w io.Writer) error { return JSON(w, slice{append([]leaf{}, few...)}) })
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestALongDocumentIsWrittenPieceByPiece: what is waiting to be written is small,
// whatever the document is.
func TestALongDocumentIsWrittenPieceByPiece(t *testing.T) {
	many, largest := tree{Branches: []branch{{Leaves: make([]leaf, 10_000)}}}, 0
	err := JSON(writer(func(data []byte) { largest = max(largest, len(data)) }), many)
	if err != nil || largest > 8<<10 {
		t.Errorf("%d bytes at once, %v", largest, err)
	}
}

type writer func([]byte)

func (w writer) Write(data []byte) (int, error) {
	w(data)
	return len(data), nil
}

func TestCSVIsForExcel(t *testing.T) {
	rows := [][]string{{"=1+1", "a\x1b[2J"}, {"plain", `q"uote, comma`}}
	out := written(t, func(w io.Writer) error { return CSV(w, []string{"x", "y"}, slices.Values(rows)) })
	body, found := strings.CutPrefix(out, "\uFEFF")
	if !found || strings.Count(body, "\r\n") != 3 || strings.Count(body, "\n") != 3 {
		t.Errorf("%q", out)
	}
	got, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(got) != 3 || got[2][1] != `q"uote, comma` {
		t.Errorf("read back %q: %v", got, err)
	}
	if strings.HasPrefix(got[1][0], "=") || strings.Contains(got[1][1], "\x1b") {
		t.Errorf("live cells: %q", got[1])
	}
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestFullDiskIsAnError(t *testing.T) {
	for name, err := range map[string]error{
		"text": sample(0).Text(full{}, Look{}), "markdown": sample(0).Markdown(full{}),
		"json": JSON(full{}, 1), "csv": CSV(full{}, []string{"x"}, slices.Values([][]string{{"1"}})),
	} {
		if !errors.Is(err, errFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
