package jsonwalk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/jsonwalk"
)

func samples() []string {
	long := strings.Repeat("x", 1200) // more than twice as far as a look goes
	return []string{
		`"` + long + `"`, `"` + long, `"` + long + "\x1f\"", `"` + long + `\"` + long + `\\"`, `"` + long + `\` + long + `"`, `"` + long + `\n` + long + "\n\"",
		`{"a":"` + long + `","b":"` + long + `\u12aF` + long + long + `"}`, `"` + long + `\"` + long + `\"`, "[\"" + long + "\",\"\t" + long + "\"]", `"` + long + `\`,
		``, ` `, `null`, ` true `, `false`, `nul`, `tru e`, `0`, `-0`, `-`, `01`, `1.`, `.5`, `1.5e+10`, `1e`, `1E-3`, `+1`, `--1`, `1 2`, `"`, `""`, `"a`, `"a\"`,
		`"a\"b"`, `"\u12aF"`, `"\u12g0"`, `"\u12`, `"\x"`, "\"a\tb\"", "\"12345678\x1f\"", "\"1234567\x7f\x80\xff\"", `"` + strings.Repeat("é", 30) + `"`,
		`{}`, `{ }`, `{"a":1}`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":1,"a":[2,{"b":null}]} `, `{"a":1}x`, `[]`, `[1,]`, `[,1]`, `[1 2]`,
		"[\r\n\t 1 , \"x\" ]", `[[[[]]]]`, `[}`, `{]`, `{"a":[}`, "\ufeff{}", `{"\u0061":1}`, `"\\"`, `"\\\"`, `"aaaaaaa\\"`, `"aaaaaaa\"`,
		strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
		strings.Repeat("[", 9_999) + `{"a":1}` + strings.Repeat("]", 9_999), strings.Repeat("[", 10_000) + `1` + strings.Repeat("]", 10_000),
		strings.Repeat(`{"a":`, 10_000) + `1` + strings.Repeat("}", 10_000), strings.Repeat(`{"a":`, 10_001) + `1` + strings.Repeat("}", 10_001),
	}
}

// same holds Valid and Members against encoding/json.
func same(t interface{ Errorf(string, ...any) }, data []byte) {
	valid := json.Valid(data)
	if got := jsonwalk.Valid(data); got != valid {
		t.Errorf("Valid(%.200q) = %v", data, got)
	}
	tight(t, data)
	var names []string
	var values []json.RawMessage
	err := jsonwalk.Members(data, func(name, value []byte) error {
		names, values = append(names, string(name)), append(values, bytes.Clone(value))
		return nil
	})
	object := valid && bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{"))
	if object != (err == nil) || err != nil && !errors.Is(err, jsonwalk.ErrSyntax) {
		t.Errorf("Members(%.200q) ends with %v", data, err)
	}
	if err != nil {
		return
	}
	want := json.NewDecoder(bytes.NewReader(data))
	_, _ = want.Token()
	for i, name := range names {
		token, err := want.Token()
		var raw json.RawMessage
		if err := errors.Join(err, want.Decode(&raw)); err != nil {
			t.Errorf("Members(%.200q) has more than there are: %v", data, err)
			return
		}
		var decoded string
		if err := json.Unmarshal([]byte(`"`+name+`"`), &decoded); err != nil || token != decoded || !bytes.Equal(raw, values[i]) {
			t.Errorf("Members(%.200q): %q = %q, want %q = %q", data, name, values[i], token, raw)
		}
	}
	if want.More() {
		t.Errorf("Members(%.200q) has only %d", data, len(names))
	}
	known(t, data, names, values)
}

// tight holds Tight against what encoding/json makes of it.
func tight(t interface{ Errorf(string, ...any) }, data []byte) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return
	}
	if got, want := jsonwalk.Tight(data), bytes.Equal(compact.Bytes(), data); got != want {
		t.Errorf("Tight(%.200q) = %v", data, got)
	}
}

// known holds Known against what Members has given.
func known(t interface{ Errorf(string, ...any) }, data []byte, names []string, values []json.RawMessage) {
	n := 0
	err := jsonwalk.Known(data, func(name, value []byte) error {
		if n >= len(names) || string(name) != names[n] || !bytes.Equal(value, values[n]) {
			t.Errorf("Known(%.200q): %q = %q", data, name, value)
		}
		n++
		return nil
	})
	if err != nil || n != len(names) {
		t.Errorf("Known(%.200q): %d of %d members, %v", data, n, len(names), err)
	}
}

func TestSameAsEncodingJSON(t *testing.T) {
	for _, sample := range samples() {
		same(t, []byte(sample))
	}
}

// Each byte of valid JSON changed, cut or doubled.
func TestSameAsEncodingJSONWhenDamaged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := map[string]any{
			"text": rapid.StringN(0, 60, -1).Draw(t, "text"), "number": rapid.Float64().Draw(t, "number"), "list": []any{nil, true, "\"\\\u2028\x01"},
			rapid.String().Draw(t, "name"): map[string]any{"a": rapid.SliceOf(rapid.Int()).Draw(t, "numbers")},
		}
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		same(t, data)
		at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
		same(t, data[:at])
		same(t, append(data[:at:at], data[at+1:]...))
		same(t, append(append(data[:at:at], rapid.Byte().Draw(t, "byte")), data[at:]...))
	})
}

// TestKnownEndsWithAnything: bytes that are no JSON neither stop it for ever nor
// lead out of them.
func TestKnownEndsWithAnything(t *testing.T) {
	walk := func(data []byte) { _ = jsonwalk.Known(data, func(_, _ []byte) error { return nil }) }
	for _, sample := range samples() {
		walk([]byte(sample))
	}
	rapid.Check(t, func(t *rapid.T) {
		walk([]byte(rapid.StringOf(rapid.RuneFrom([]rune("{}[]\":,\\ \na1"))).Draw(t, "data")))
	})
}

func TestAnErrorEndsTheWalk(t *testing.T) {
	stop, seen := errors.New("stop"), 0
	err := jsonwalk.Members([]byte(`{"a":1,"b":2,"c":`), func(_, _ []byte) error {
		if seen++; seen == 2 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || seen != 2 {
		t.Errorf("%v after %d members", err, seen)
	}
}

func FuzzSameAsEncodingJSON(f *testing.F) {
	for _, sample := range samples() {
		if len(sample) < 1000 { // deep ones are slow
			f.Add([]byte(sample))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) { same(t, data) })
}

// An item as a backup meets it: 40 KB, most of them one text, with escapes as in
// HTML, as in letters, and without any, as files have it.
func BenchmarkValid(b *testing.B) {
	for what, part := range map[string]string{"HTML": `\u003cp class=\"x\"\u003eMet at the fair.\r\n`, "notes": `quoted \"offer\" 9f3a1c22 \r\n München `, "letter": `Met at the fair, and will be called again in the week after the holidays.\r\n`, "file": "TWV0IGF0IHRoZSBmYWly"} {
		data := []byte(`{"id":"AAMk","body":{"content":"` + strings.Repeat(part, 40_000/len(part)) + `"}}`)
		for name, valid := range map[string]func([]byte) bool{"jsonwalk": jsonwalk.Valid, "encoding json": json.Valid} {
			b.Run(what+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					if !valid(data) {
						b.Fatal("not valid")
					}
				}
			})
		}
	}
}
