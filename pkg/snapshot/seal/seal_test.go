package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"filippo.io/age"
	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/snapshot/seal"
)

func key(t testing.TB) *age.X25519Identity {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// codecs are all four ways to keep a file, with a key that fits.
func codecs(t testing.TB) map[string]seal.Codec {
	k := key(t)
	list := map[string]seal.Codec{}
	for _, compressed := range []bool{false, true} {
		for _, encrypted := range []bool{false, true} {
			c := seal.Codec{Compressed: compressed, Encrypted: encrypted}
			if encrypted {
				c.Recipients, c.Identities = []seal.Recipient{key(t).Recipient(), k.Recipient()}, []seal.Identity{key(t), k}
			}
			list[c.Suffix()] = c
		}
	}
	if len(list) != 4 || list[".zst.age"].Suffix() != ".zst.age" || list[""].Suffix() != "" {
		t.Fatalf("%d suffixes", len(list))
	}
	return list
}

func wrap(t testing.TB, c seal.Codec, pieces ...[]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := c.Wrap(&out)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pieces {
		if _, err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unwrap(c seal.Codec, stored []byte) ([]byte, error) {
	r, err := c.Unwrap(bytes.NewReader(stored))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	return text, errors.Join(err, r.Close())
}

func TestWhatIsWrappedComesBack(t *testing.T) {
	for suffix, c := range codecs(t) {
		rapid.Check(t, func(t *rapid.T) {
			pieces := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 300), 0, 20).Draw(t, "pieces")
			pieces = append(pieces, bytes.Repeat([]byte("riva"), rapid.SampledFrom([]int{0, 1, 30_000}).Draw(t, "more")))
			var out bytes.Buffer
			w, err := c.Wrap(&out)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range pieces {
				if _, err := w.Write(p); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			text, err := unwrap(c, out.Bytes())
			if want := bytes.Join(pieces, nil); err != nil || !bytes.Equal(text, want) {
				t.Fatalf("%q: %d bytes of %d, %v", suffix, len(text), len(want), err)
			}
		})
	}
}

// TestLongTexts are longer than any buffer or window on the way.
func TestLongTexts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 5<<20)
	for at := range text {
		text[at] = byte(rng.IntN(20))
	}
	for suffix, c := range codecs(t) {
		got, err := unwrap(c, wrap(t, c, text[:1<<20], text[1<<20:]))
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%q: %d bytes, %v", suffix, len(got), err)
		}
	}
}

// TestSealedIsNotReadable looks for the text in what is stored, and counts what
// compression wins.
func TestSealedIsNotReadable(t *testing.T) {
	text := []byte(strings.Repeat("the same secret again and again\n", 1000))
	for suffix, c := range codecs(t) {
		stored := wrap(t, c, text)
		if shown := bytes.Contains(stored, []byte("secret")); shown == c.Encrypted {
			t.Errorf("%q shows its text: %v", suffix, shown)
		}
		if small := len(stored) < len(text)/10; small != c.Compressed {
			t.Errorf("%q has %d bytes of %d", suffix, len(stored), len(text))
		}
	}
}

// TestDamageIsNeverAShorterText cuts what is stored at every byte and flips
// every bit. What is encrypted or compressed must not come back as another
// text without an error.
func TestDamageIsNeverAShorterText(t *testing.T) {
	text := []byte("some text, some text, some more text")
	tried := 0
	for suffix, c := range codecs(t) {
		if suffix == "" {
			continue
		}
		stored := wrap(t, c, text)
		for i := range stored {
			tried++
			if got, err := unwrap(c, stored[:i]); err == nil {
				t.Errorf("%q cut at %d of %d: %q", suffix, i, len(stored), got)
			}
			for bit := range 8 {
				if race.Detector && bit != i%8 {
					continue
				}
				spoilt := bytes.Clone(stored)
				spoilt[i] ^= 1 << bit
				tried++
				if got, err := unwrap(c, spoilt); err == nil && (c.Encrypted || !bytes.Equal(got, text)) {
					t.Errorf("%q, bit %d of byte %d: %q", suffix, bit, i, got)
				}
			}
		}
	}
	if least := map[bool]int{false: 5000, true: 1000}[race.Detector]; tried < least {
		t.Fatalf("only %d of %d tried", tried, least)
	}
}

func TestCutOfAnEmptyText(t *testing.T) {
	for suffix, c := range codecs(t) {
		stored := wrap(t, c)
		if text, err := unwrap(c, stored); err != nil || len(text) != 0 {
			t.Errorf("%q: %q, %v", suffix, text, err)
		}
		if suffix == "" {
			continue
		}
		for i := range stored {
			if _, err := unwrap(c, stored[:i]); err == nil {
				t.Errorf("%q cut at %d of %d went unnoticed", suffix, i, len(stored))
			}
		}
	}
}

func TestWrongKeyIsNotDamage(t *testing.T) {
	c := codecs(t)[".zst.age"]
	stored := wrap(t, c, []byte("text"))
	for what, keys := range map[string][]seal.Identity{"no key": nil, "another key": {key(t)}, "two others": {key(t), key(t)}} {
		c.Identities = keys
		if _, err := unwrap(c, stored); !errors.Is(err, seal.ErrKey) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestWriteFailuresAreTold(t *testing.T) {
	full := errors.New("disk is full")
	points := 0
	for suffix, c := range codecs(t) {
		whole := len(wrap(t, c, bytes.Repeat([]byte("text"), 100_000)))
		for room := 0; room < whole; room += whole/7 + 1 {
			points++
			err := func() error {
				w, err := c.Wrap(&limited{room, full})
				if err != nil {
					return err
				}
				_, err = w.Write(bytes.Repeat([]byte("text"), 100_000))
				return errors.Join(err, w.Close())
			}()
			if !errors.Is(err, full) {
				t.Errorf("%q with room for %d of %d: %v", suffix, room, whole, err)
			}
		}
	}
	if points < 20 {
		t.Fatalf("only %d points", points)
	}
}

type limited struct {
	room int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if l.room < len(p) {
		n := l.room
		l.room = 0
		return n, l.err
	}
	l.room -= len(p)
	return len(p), nil
}

func TestParseRecipients(t *testing.T) {
	a, b := key(t).Recipient().String(), key(t).Recipient().String()
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	pq := hybrid.Recipient().String()
	private := key(t).String()
	for _, c := range []struct {
		what  string
		texts []string
		want  []string
		fails bool
	}{
		{"none", nil, nil, false},
		{"one", []string{a}, []string{a}, false},
		{"two", []string{a, b}, []string{a, b}, false},
		{"twice", []string{a, b, a}, []string{a, b}, false},
		{"a file", []string{"# the vault\n" + a + "\n\n" + b + "\n"}, []string{a, b}, false},
		{"a file from Windows", []string{"\ufeff# the vault\r\n" + a + "  \r\n\r\n"}, []string{a}, false},
		{"post-quantum", []string{pq}, []string{pq}, false},
		{"mixed", []string{a, pq}, nil, true},
		{"empty", []string{""}, nil, true},
		{"only a comment", []string{"# nothing"}, nil, true},
		{"ssh", []string{"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFC7u7cvn2uJHmjCBwoqyWmvXVzZ2Sdyo2gXPXdbzlyJ a@b"}, nil, true},
		{"mistyped", []string{a[:20] + a[21:]}, nil, true},
		{"a private key", []string{private}, nil, true},
	} {
		list, err := seal.ParseRecipients(c.texts...)
		var got []string
		for _, r := range list {
			got = append(got, r.String())
		}
		if c.fails != errors.Is(err, seal.ErrNotKeys) || !c.fails && (err != nil || fmt.Sprint(got) != fmt.Sprint(c.want)) {
			t.Errorf("%s: %q, %v", c.what, got, err)
		}
		if err != nil && strings.Contains(err.Error(), private[20:]) {
			t.Errorf("%s: the error shows a private key: %v", c.what, err)
		}
	}
}

func TestParseIdentities(t *testing.T) {
	k, other := key(t), key(t)
	contents := "# created: today\r\n# public key: " + k.Recipient().String() + "\r\n" + k.String() + "\r\n" + other.String()
	list, err := seal.ParseIdentities(contents)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d keys, %v", len(list), err)
	}
	c := seal.Codec{Encrypted: true, Recipients: []seal.Recipient{other.Recipient()}, Identities: list}
	if text, err := unwrap(c, wrap(t, c, []byte("text"))); err != nil || string(text) != "text" {
		t.Errorf("%q, %v", text, err)
	}
	secret := k.String()
	for _, bad := range []string{"", "# nothing", k.Recipient().String(), secret[:len(secret)-1] + "b", "nonsense", strings.ToLower(secret)[:30]} {
		_, err := seal.ParseIdentities(bad)
		if !errors.Is(err, seal.ErrNotKeys) {
			t.Errorf("%q: %v", bad, err)
		}
		if err != nil && strings.Contains(err.Error(), secret[20:50]) {
			t.Errorf("the error shows a private key: %v", err)
		}
	}
}
