package rawjson_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

const sample = `{ "a" : 12345678901234567890, "b": {"x": [1, {"y": "},]"}]}, "é\"q": "<&> \u00e9", "n": null, "l": ["s", {"k": true}, [2]], "t": true }`

func TestEditing(t *testing.T) {
	o, err := rawjson.Parse([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	const compact = `{"a":12345678901234567890,"b":{"x":[1,{"y":"},]"}]},"é\"q":"<&> \u00e9","n":null,"l":["s",{"k":true},[2]],"t":true}`
	for what, c := range map[string]struct{ got, want string }{
		"compact":     {string(o), compact},
		"set":         {string(o.Set("n", 1)), strings.Replace(compact, "null", "1", 1)},
		"append":      {string(o.Set("z", "<é>")), compact[:len(compact)-1] + `,"z":"<é>"}`},
		"without":     {string(o.Without("a", "t", "l", "b")), `{"é\"q":"<&> \u00e9","n":null}`},
		"none left":   {string(o.Where(func(string) bool { return false })), `{}`},
		"merge":       {string(o.Where(func(n string) bool { return n == "a" || n == "t" }).Merge(rawjson.Of("t", false, "z", nil, "y", []rawjson.Object{}))), `{"a":12345678901234567890,"t":false,"z":null,"y":[]}`},
		"text":        {o.Text(`é"q`) + o.Text("a") + o.Text("none"), "<&> é"},
		"texts":       {fmt.Sprint(o.Texts("l"), o.Texts("a")), "[s] []"},
		"objects":     {fmt.Sprintf("%s", o.Objects("l")), `[{"k":true}]`},
		"object":      {string(o.Object("b")) + string(o.Object("a")), `{"x":[1,{"y":"},]"}]}{}`},
		"bools":       {fmt.Sprint(o.Bool("t", false), o.Bool("n", true), o.Has("n"), o.Has("none")), "true true true false"},
		"set in none": {string(rawjson.Empty().Set("a", rawjson.Empty())), `{"a":{}}`},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", what, c.got, c.want)
		}
	}
	for _, bad := range []string{"", "[]", "1", "{", `{"a":}`, `{} {}`} {
		if o, err := rawjson.Parse([]byte(bad)); err == nil {
			t.Errorf("%q is read as %s", bad, o)
		}
	}
}

// random is a random JSON value.
func random(r *rand.Rand, depth int) any {
	switch r.IntN(6 + min(depth, 2)) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2:
		return r.Float64()
	case 3, 4, 5:
		return string([]rune{rune(r.IntN(0x250)), '"', '\\', '{', '[', ',', rune(r.IntN(0x80))}[:r.IntN(8)])
	case 6:
		list := []any{}
		for range r.IntN(4) {
			list = append(list, random(r, depth-1))
		}
		return list
	}
	return randomObject(r, depth-1)
}

func randomObject(r *rand.Rand, depth int) map[string]any {
	out := map[string]any{}
	for range r.IntN(5) {
		out[fmt.Sprint(random(r, 0))] = random(r, depth)
	}
	return out
}

// Random objects are read as encoding/json reads them. A failure names its seed;
// put it in place of the loop's to repeat it.
func TestReadsAsEncodingJSONDoes(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		want := randomObject(r, 4)
		text, err := json.MarshalIndent(want, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		o, err := rawjson.Parse(text)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		got := map[string]any{}
		for name, value := range o.Members() {
			var v any
			if err := json.Unmarshal(value, &v); err != nil {
				t.Fatalf("seed %d: %s: %v", seed, value, err)
			}
			got[name] = v
		}
		var plain map[string]any
		if err := json.Unmarshal(text, &plain); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, plain) {
			t.Fatalf("seed %d: %v, want %v", seed, got, plain)
		}
		if same := rawjson.Empty().Merge(o); string(same) != string(o.Where(func(string) bool { return true })) {
			t.Fatalf("seed %d: copied as %s", seed, same)
		}
	}
}

// FuzzObject: what is read and put together again has the same bytes, editing
// one member leaves the others' bytes alone, and nothing panics.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{sample, `{}`, `{"a":1,"a":2}`, `{"":{"":[[],{}]}}`, `{"a":"\ud800","\u0061":1}`, `{"a":[1,2`, `[]`, "{\"a\":\"\xff\"}", `{"a":1e999}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := rawjson.Parse(data)
		if err != nil {
			return
		}
		if again, err := rawjson.Parse(o); err != nil || !bytes.Equal(again, o) {
			t.Fatalf("%q is read as %q, then as %q, %v", data, o, again, err)
		}
		if same := o.Where(func(string) bool { return true }); !bytes.Equal(same, o) {
			t.Errorf("%q is copied as %q", o, same)
		}
		for name := range o.Members() {
			value, ok := o.Get(name)
			if !ok || !json.Valid(value) {
				t.Errorf("%q: member %q is %q, %t", o, name, value, ok)
			}
			readAsAnything(o, name)
		}
		edited := o.Set("added by the test", rawjson.Of("x", 1))
		if !json.Valid(edited) || !bytes.Equal(edited.Without("added by the test"), o.Where(func(n string) bool { return n != "added by the test" })) {
			t.Errorf("%q with a member more and without it: %q", o, edited)
		}
	})
}

// readAsAnything reads a member in every way there is.
func readAsAnything(o rawjson.Object, name string) {
	_, _, _ = o.Text(name), o.Bool(name, true), o.Object(name)
	_, _ = o.Objects(name), o.Texts(name)
}

func TestCopiesKeepEveryByte(t *testing.T) {
	o, err := rawjson.Parse([]byte(`{"n":12345678901234567890.10,"s":"<&>\u00e9\/","e":1E+2,"o":{"\u0061":[ ]},"null":null,"\u0061":"\u0061"}`))
	if err != nil {
		t.Fatal(err)
	}
	same := o.Set("n", rawjson.Object("12345678901234567890.10"))
	if !bytes.Equal(same, o) || !bytes.Equal(o.Merge(rawjson.Empty()), o) {
		t.Errorf("%s became %s and %s", o, same, o.Merge(rawjson.Empty()))
	}
}
