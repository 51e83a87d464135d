package jsonwalk_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/jsonwalk"
)

// taken reads an object of arrays and other values to its end, and says what
// stood in it.
func taken(r io.Reader) (string, error) { return takenOf(jsonwalk.NewStream(r)) }

func takenOf(s *jsonwalk.Stream) (out string, err error) {
	value := func() error {
		raw, err := s.Value()
		out += fmt.Sprintf(" %s", raw)
		return err
	}
	err = s.Object(func(name string) error {
		out += fmt.Sprintf(" %q:", name)
		if c, err := s.Peek(); err != nil || c != '[' {
			return errors.Join(err, value())
		}
		return s.Array(value)
	})
	if err == nil {
		if _, err = s.Peek(); errors.Is(err, io.EOF) {
			return out, nil
		}
	}
	return out, errors.Join(err, errors.New("no whole object"))
}

// strict is what a stream has to find, by another hand: the object, if it is one
// without a member that comes twice.
func strict(data []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowInvalidUTF8(true))
	value, err := d.ReadValue()
	if err == nil && value.Kind() != '{' {
		return jsonwalk.ErrSyntax
	}
	if err == nil {
		if _, err = d.ReadToken(); errors.Is(err, io.EOF) {
			return nil
		}
		return jsonwalk.ErrSyntax
	}
	return err
}

// streamed holds what is taken and refused against strict; why it is refused,
// where a doubled name is the only fault.
func streamed(t interface{ Errorf(string, ...any) }, data []byte) {
	want := strict(data)
	out, err := taken(bytes.NewReader(data))
	twice := json.Valid(data) && errors.Is(want, jsontext.ErrDuplicateName)
	if (err == nil) != (want == nil) || twice && !errors.Is(err, jsonwalk.ErrTwice) || errors.Is(err, jsonwalk.ErrTwice) && !errors.Is(want, jsontext.ErrDuplicateName) {
		t.Errorf("%.200q ends with %v, want %v", data, err, want)
	}
	if want == nil && json.Valid([]byte("["+string(data)+"]")) { // not too deep
		membered(t, data)
	}
	again, byByte := taken(iotest.OneByteReader(bytes.NewReader(data)))
	if again != out || (err == nil) != (byByte == nil) {
		t.Errorf("%.200q, byte by byte: %q, %v; at once %q, %v", data, again, byByte, out, err)
	}
}

// membered holds the members that a stream gives against those of the whole value,
// with other values before and behind it, and makes the object of them again.
func membered(t interface{ Errorf(string, ...any) }, data []byte) {
	var want, made jsonwalk.Object
	_ = jsonwalk.Members(data, func(name, value []byte) error { want.Add(name, value); return nil })
	n, s := 0, jsonwalk.NewStream(iotest.HalfReader(strings.NewReader(`[[{"a":1}],`+string(data)+`,{"b":{"c":1}}]`)))
	_ = s.Array(func() error {
		var got jsonwalk.Object
		value, err := s.Members(func(name, value []byte) error { got.Add(name, value); return nil })
		if n == 1 {
			made = got
			if err != nil || !bytes.Equal(value, bytes.TrimSpace(data)) {
				t.Errorf("%.200q is %.200q, %v", data, value, err)
			}
		}
		n++
		return err
	})
	if n != 3 || !bytes.Equal(made.Bytes(), want.Bytes()) || !json.Valid(made.Bytes()) {
		t.Errorf("%.200q: in %d values the members are %.200q, want %.200q", data, n, made.Bytes(), want.Bytes())
	}
}

// TestStreamsAreOneKind: one in the memory of another, which may have ended anywhere,
// and one over bytes take and refuse the same; what was read before is stepped over
// to the same places.
func TestStreamsAreOneKind(t *testing.T) {
	again, known := jsonwalk.NewStream(strings.NewReader("")), 0
	for _, sample := range append(samples(), `{"a":[1 ,"2"], "b" : {"c":[{}]} ,"d":-1.5e3}`, `{"a":{"b":1,"b":2}}`, `{"a":1,"a":2}`) {
		want, refused := taken(strings.NewReader(sample))
		again.Reset(iotest.HalfReader(strings.NewReader(sample)))
		for what, s := range map[string]*jsonwalk.Stream{"reset": again, "over": jsonwalk.Over([]byte(sample))} {
			if got, err := takenOf(s); got != want || (err == nil) != (refused == nil) || errors.Is(err, jsonwalk.ErrTwice) != errors.Is(refused, jsonwalk.ErrTwice) {
				t.Errorf("%s, %.200q: %.200q, %v; want %.200q, %v", what, sample, got, err, want, refused)
			}
		}
		if refused != nil && !errors.Is(refused, jsonwalk.ErrTwice) {
			continue
		}
		looked, err := takenOf(jsonwalk.Again([]byte(sample), false))
		stepped, err2 := takenOf(jsonwalk.Again([]byte(sample), true))
		if err != nil || err2 != nil || stepped != looked || refused == nil && looked != want {
			t.Errorf("again, %.200q: %.200q, %v; %.200q, %v", sample, looked, err, stepped, err2)
		}
		known++
	}
	if known < 10 {
		t.Fatalf("only %d were read again", known)
	}
}

// TestStreamMembersOfOthers: what is no object has none, and an error of each ends
// it.
func TestStreamMembersOfOthers(t *testing.T) {
	s, stop, seen := jsonwalk.NewStream(strings.NewReader(`["a",[{"b":1}],12,{"c":{"d":1},"e":2}]`)), errors.New("stop"), ""
	err := s.Array(func() error {
		_, err := s.Members(func(name, _ []byte) error { seen += string(name); return stop })
		return err
	})
	if !errors.Is(err, stop) || seen != "c" {
		t.Errorf("%q, %v", seen, err)
	}
}

func TestStreamIsStrict(t *testing.T) {
	more := []string{
		`{"a":1,"\u0061":2}`, `{"a":[{"b":1,"b":2}]}`, `{"a":{"b":1},"b":{"b":1}}`, "{\"\xff\":1,\"\ufffd\":2}", `{"a":[1 ,2], "b" : "x" , "c":null }`, `{"a":12`, `{"a":[1,2`, `{"a":[,]}`,
		`{"a":{"x":[{"a":1}],"y":{"a":1},"a":1}}`,
	}
	for _, sample := range append(samples(), more...) {
		streamed(t, []byte(sample))
	}
	rapid.Check(t, func(t *rapid.T) {
		value := map[string]any{"list": []any{nil, "\"\\\u2028\x01", map[string]any{rapid.StringN(0, 3, -1).Draw(t, "inner"): 1}}}
		for range rapid.IntRange(0, 50).Draw(t, "members") {
			value[rapid.String().Draw(t, "name")] = rapid.SliceOf(rapid.String()).Draw(t, "texts")
		}
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		streamed(t, data)
		at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
		streamed(t, data[:at])
		streamed(t, append(data[:at:at], data[at+1:]...))
	})
}

// A name of many that comes twice is found, however many there are.
func TestManyNames(t *testing.T) {
	for n := range 200 {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf(`"n%d":{"n1":1}`, i))
		}
		streamed(t, []byte(`{"o":{`+strings.Join(names, ",")+`}}`))
		if n > 0 {
			streamed(t, []byte(`{"o":{`+strings.Join(append(names, names[n/2]), ",")+`}}`))
			streamed(t, []byte(`{`+strings.Join(append(names, names[n/2]), ",")+`}`))
		}
	}
}

// Values of any size come whole, and none is moved while it is good.
func TestStreamOfLargeValues(t *testing.T) {
	var out strings.Builder
	var want []string
	for i := range 60 {
		want = append(want, fmt.Sprintf(`"%s"`, strings.Repeat("x", i*i*40)))
		fmt.Fprintf(&out, "%s, ", want[i])
	}
	s := jsonwalk.NewStream(iotest.HalfReader(strings.NewReader("[" + strings.TrimSuffix(out.String(), ", ") + "]")))
	n := 0
	err := s.Array(func() error {
		got, err := s.Value()
		if err == nil && string(got) != want[n] {
			t.Errorf("value %d is not what it was", n)
		}
		n++
		return err
	})
	if err != nil || n != len(want) {
		t.Errorf("%d of %d values, %v", n, len(want), err)
	}
}

func TestStreamKeepsTheReadersError(t *testing.T) {
	broken := errors.New("broken")
	for _, text := range []string{``, `{`, `{"a"`, `{"a":[1`, `{"a":[1],`} {
		if _, err := taken(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("%q ends with %v", text, err)
		}
		if _, err := taken(strings.NewReader(text)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q, cut, ends with %v", text, err)
		}
	}
}

func FuzzStream(f *testing.F) {
	for _, sample := range samples() {
		if len(sample) < 1000 {
			f.Add([]byte(sample))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) { streamed(t, data) })
}
