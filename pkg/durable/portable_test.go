package durable

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// What safetext makes of any text for people's file names can be written.
func TestFileNamesForPeopleArePortable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if name := safetext.FileName(text); !portable(name) {
			t.Fatalf("%q became %q, which Windows does not hold", text, name)
		}
	})
}

// Longer than the 260 characters that old programs on Windows can open.
func TestLongPaths(t *testing.T) {
	dir, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	name := strings.Repeat(strings.Repeat("x", 60)+"/", 8)
	sub, err := dir.Sub(strings.TrimSuffix(name, "/"))
	if err != nil {
		t.Fatal(err)
	}
	if err := sub.WriteFile("y", []byte("z")); err != nil || len(sub.Path()) < 400 {
		t.Fatalf("%d characters: %v", len(sub.Path()), err)
	}
	if data, err := dir.ReadFile(name + "y"); err != nil || string(data) != "z" {
		t.Errorf("%q, %v", data, err)
	}
	release, err := sub.Lock("lock", Holder{})
	if err != nil {
		t.Fatal(err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

func TestPatientlyTriesWhatPasses(t *testing.T) {
	passing, lasting := errors.New("passing"), errors.New("lasting")
	passes := func(err error) bool { return errors.Is(err, passing) }
	for _, c := range []struct {
		failures int
		fault    error
		tries    int
		want     error
	}{
		{0, nil, 1, nil}, {1, passing, 2, nil}, {5, passing, 6, nil}, {1000, passing, 11, passing}, {1000, lasting, 1, lasting},
	} {
		tries, waited := 0, time.Duration(0)
		err := patiently(func() error {
			if tries++; tries <= c.failures {
				return c.fault
			}
			return nil
		}, passes, func(d time.Duration) { waited += d })
		if !errors.Is(err, c.want) || tries != c.tries || waited > 2*time.Second {
			t.Errorf("%+v: %v after %d tries and %s", c, err, tries, waited)
		}
	}
}
