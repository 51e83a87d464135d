package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// screen collects what is written, from many goroutines.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// rows plays a terminal that knows carriage returns and nothing else.
func (s *screen) rows() []string {
	var rows []string
	for line := range strings.SplitSeq(s.String(), "\n") {
		var row []rune
		at := 0
		for _, r := range line {
			if r == '\r' {
				at = 0
				continue
			}
			if at == len(row) {
				row = append(row, ' ')
			}
			row[at] = r
			at++
		}
		rows = append(rows, strings.TrimRight(string(row), " "))
	}
	return rows
}

// terminal is a console that a person sits at, who will type the text.
func terminal(typed string) (*Console, *screen) {
	out := &screen{}
	return &Console{
		In: strings.NewReader(typed), Out: io.Discard, Err: out, InTerminal: true, OutTerminal: true, ErrTerminal: true, Width: 60,
	}, out
}

func TestTalkHasThePrefixOnEveryLine(t *testing.T) {
	c, out := terminal("")
	c.Say("found %d items in %s\nand more", 3, "anna\x1b[2J\n@contoso")
	c.Warn("mailbox %v", fmt.Errorf("is \u202egone"))
	c.Hint("run %s", "riva-prep list")
	c.Fail(errors.New("no\rcredentials"))
	want := `riva-prep: found 3 items in anna\x1b[2J\n@contoso
riva-prep: and more
riva-prep: warning: mailbox is \u202egone
riva-prep: hint: run riva-prep list
riva-prep: error: no\rcredentials
`
	if out.String() != want {
		t.Errorf("said\n%s\nnot\n%s", out, want)
	}
}

func TestQuietKeepsWarnings(t *testing.T) {
	c, out := terminal("")
	c.Quiet = true
	c.Say("said")
	c.Hint("hinted")
	c.Progress("working", 3).Step(1, "note")
	c.Warn("warned")
	if out.String() != "riva-prep: warning: warned\n" {
		t.Errorf("said %q", out)
	}
}

func TestAsk(t *testing.T) {
	for typed, want := range map[string]string{"12\n": "12", "\t12 \r\n": "12", "\n": "", "12": "12"} {
		c, out := terminal(typed)
		got, err := c.Ask(t.Context(), "type the number of items: ")
		if got != want || err != nil {
			t.Errorf("%q: answer %q, %v", typed, got, err)
		}
		if out.String() != "riva-prep: type the number of items: " {
			t.Errorf("asked %q", out)
		}
	}
}

func TestAskSeveralTimes(t *testing.T) {
	c, _ := terminal("one\ntwo\n")
	for _, want := range []string{"one", "two"} {
		if got, err := c.Ask(t.Context(), "?"); got != want || err != nil {
			t.Errorf("answer %q, %v, not %q", got, err, want)
		}
	}
	if got, err := c.Ask(t.Context(), "?"); !errors.Is(err, io.EOF) || got != "" {
		t.Errorf("the end of the input is %q, %v", got, err)
	}
}

func TestNobodyIsAskedWithoutTerminals(t *testing.T) {
	for _, off := range []func(*Console){func(c *Console) { c.InTerminal = false }, func(c *Console) { c.ErrTerminal = false }} {
		c, out := terminal("12\n")
		off(c)
		if _, err := c.Ask(t.Context(), "sure?"); !errors.Is(err, ErrNotTerminal) || out.String() != "" {
			t.Errorf("asked %q, %v", out, err)
		}
	}
}

func TestEndlessAnswerIsRefused(t *testing.T) {
	c, _ := terminal(strings.Repeat("1", 2*longest) + "\n")
	if got, err := c.Ask(t.Context(), "?"); err == nil || got != "" {
		t.Errorf("answer of %d bytes, %v", len(got), err)
	}
}

// What is typed after a question was called off answered that question, and
// must not answer the next.
func TestInterruptedQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := terminal("")
		keyboard, typing := io.Pipe()
		c.In = keyboard
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := c.Ask(ctx, "delete 12 items?"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("called off with %v", err)
		}
		if _, err := c.Ask(ctx, "again?"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("called off again with %v", err)
		}
		go func() {
			_, _ = io.WriteString(typing, "late\n")
			_, _ = io.WriteString(typing, "answer\n")
		}()
		if got, err := c.Ask(t.Context(), "tag 3 items?"); got != "answer" || err != nil {
			t.Errorf("answer %q, %v", got, err)
		}
	})
}

func TestProgressStaysOnOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, out := terminal("")
		p := c.Progress("backing up", 40)
		for range 20 {
			time.Sleep(time.Second)
			p.Step(1, "anna\x1b[2J@contoso.example with a name that is far too long for the line")
		}
		rows := out.rows()
		if len(rows) != 1 || len(rows[0]) != 59 || !strings.HasPrefix(rows[0], "[##########..........] backing up 20/40, 1/s, about 20s lef") {
			t.Errorf("the screen shows %q", rows)
		}
		c.Say("anna is done")
		p.Step(20, "boris")
		p.Done()
		p.Step(1, "late")
		if got := out.rows(); len(got) != 2 || got[0] != "riva-prep: anna is done" || got[1] != "" {
			t.Errorf("the screen shows %q at the end", got)
		}
	})
}

func TestProgressWithoutTotalHasNoBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, out := terminal("")
		p := c.Progress("reading", 0)
		time.Sleep(time.Second)
		p.Step(7, "")
		if got := out.rows(); len(got) != 1 || got[0] != "reading 7" {
			t.Errorf("the screen shows %q", got)
		}
	})
}

func TestProgressIsNotDrawnTooOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, out := terminal("")
		p := c.Progress("applying", 10_000)
		for range 10_000 {
			time.Sleep(time.Millisecond)
			p.Step(1, "")
		}
		if n := strings.Count(out.String(), "applying"); n < 90 || n > 102 {
			t.Errorf("drawn %d times in ten seconds", n)
		}
	})
}

func TestWideTextFits(t *testing.T) {
	c, out := terminal("")
	c.Progress(strings.Repeat("語", 100), 0)
	if n := strings.Count(out.String(), "語"); n != 29 {
		t.Errorf("%d wide characters on 59 columns", n)
	}
}

func TestProgressElsewhereIsSilentUnlessAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, every := range []time.Duration{0, 10 * time.Second} {
			c, out := terminal("")
			c.ErrTerminal = false
			p := c.Progress("backing up", 60).Every(every)
			for range 35 {
				time.Sleep(time.Second)
				p.Step(1, "anna")
			}
			p.Done()
			want := ""
			if every > 0 {
				want = "riva-prep: backing up 10/60, 1/s, about 50s left, anna\n" +
					"riva-prep: backing up 20/60, 1/s, about 40s left, anna\n" +
					"riva-prep: backing up 30/60, 1/s, about 30s left, anna\n"
			}
			if out.String() != want {
				t.Errorf("every %s said %q", every, out)
			}
		}
	})
}

func TestManyTalkAtOnce(t *testing.T) {
	c, out := terminal("")
	p := c.Progress("applying", 400)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 50 {
				p.Step(1, fmt.Sprintf("worker %d", worker))
				c.Say("worker %d said %d", worker, i)
			}
		})
	}
	group.Wait()
	p.Done()
	rows := out.rows()
	if len(rows) != 401 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows[:400] {
		if !strings.HasPrefix(row, "riva-prep: worker ") {
			t.Errorf("a line is mixed: %q", row)
		}
	}
}

func TestColors(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	cases := []struct {
		choice   string
		terminal bool
		env      func(string) string
		want     bool
	}{
		{"auto", true, env(), true},
		{"", true, env(), true},
		{"auto", false, env(), false},
		{"auto", true, env("NO_COLOR", "1"), false},
		{"auto", true, env("TERM", "dumb"), false},
		{"always", false, env("NO_COLOR", "1"), true},
		{"never", true, env(), false},
	}
	for _, c := range cases {
		if got, err := Colors(c.choice, c.terminal, c.env); got != c.want || err != nil {
			t.Errorf("%q on terminal %v: %v, %v", c.choice, c.terminal, got, err)
		}
	}
	if _, err := Colors("red", true, env()); err == nil {
		t.Error("red is no choice")
	}
}

func TestFilesAndPipesAreNoTerminals(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	defer writer.Close()
	for _, c := range []*Console{New(reader, file, writer, os.Getenv), New(&bytes.Buffer{}, io.Discard, io.Discard, os.Getenv)} {
		if c.InTerminal || c.OutTerminal || c.ErrTerminal || c.Color || c.Width != 0 {
			t.Errorf("%+v", c)
		}
	}
}

func TestInterruptible(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot send itself an interrupt on Windows")
	}
	ctx, stop := Interruptible(t.Context())
	defer stop()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the interrupt did not end the context")
	}
	quiet, stop := Interruptible(t.Context())
	stop()
	if quiet.Err() == nil {
		t.Error("stop does not end the context")
	}
}
