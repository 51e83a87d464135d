package console

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// tall plays a terminal that also goes up a line.
func (s *screen) tall() []string {
	rows, at, column := [][]rune{nil}, 0, 0
	for text := s.String(); text != ""; {
		if rest, found := strings.CutPrefix(text, up); found {
			text, at = rest, max(0, at-1)
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\r':
			column = 0
		case '\n':
			if at, column = at+1, 0; at == len(rows) {
				rows = append(rows, nil)
			}
		default:
			for len(rows[at]) <= column {
				rows[at] = append(rows[at], ' ')
			}
			rows[at][column] = r
			column++
		}
	}
	var shown []string
	for _, row := range rows {
		shown = append(shown, strings.TrimRight(string(row), " "))
	}
	for len(shown) > 0 && shown[len(shown)-1] == "" {
		shown = shown[:len(shown)-1]
	}
	return shown
}

// TestNothingIsForetoldOfTheFirst: what is done side by side comes all at once.
func TestNothingIsForetoldOfTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, out := terminal("")
		c.Width = 80
		p := c.Progress("backing up", 1000)
		for _, step := range []struct {
			done int
			want string
		}{
			{1, "[....................] backing up 1/1000"},
			{18, "[....................] backing up 19/1000"},
			{1, "[....................] backing up 20/1000, 11/min, about 1h29m50s left"},
		} {
			time.Sleep(110 * time.Second / 3)
			p.Step(step.done, "")
			if got := out.rows(); len(got) != 1 || got[0] != step.want {
				t.Errorf("%q, want %q", got, step.want)
			}
		}
		p.Done()
	})
}

func TestMailboxesUnderWayHaveBars(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, out := terminal("")
		c.Rows, c.Width = 2, 80
		p := c.Progress("applying", 100).Of(map[string]int{"anna": 10, "bo": 20, "cy": 30, "di\x1b[2J": 40})
		p.Count("held", 5)
		p.Count("refused", 0)
		for _, name := range []string{"anna", "bo", "cy", "di\x1b[2J", "bo"} {
			time.Sleep(time.Second)
			p.Step(5, name)
		}
		p.Count("refused", 2)
		p.Count("refused", 1)
		time.Sleep(time.Second)
		p.Step(5, "anna")
		want := []string{
			"[######..............] applying 30/100, 5/s, about 14s left, 5 held, 3 refused",
			"  [#####.....] 10/20 bo",
			`  [#.........] 5/40 di\x1b[2J`,
		}
		if got := out.tall(); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("the screen shows\n%q, want\n%q", got, want)
		}
		c.Say("a word")
		if got := out.tall(); len(got) != 4 || got[0] != "riva-prep: a word" || got[1] != want[0] || got[3] != want[2] {
			t.Errorf("the screen shows %q", got)
		}
		p.Done()
		if got := out.tall(); len(got) != 1 {
			t.Errorf("%q is left behind", got)
		}
	})
}

// Whatever happens, no line is wider than the terminal, and nothing is left over.
func TestProgressLeavesNothingBehind(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		width, rows := rapid.IntRange(20, 120).Draw(rt, "width"), rapid.IntRange(0, 4).Draw(rt, "rows")
		names := rapid.SliceOfN(rapid.StringMatching(`[a-zé語\x1b\n]{1,60}`), 1, 6).Draw(rt, "names")
		steps := rapid.SliceOf(rapid.IntRange(0, len(names)-1)).Draw(rt, "steps")
		synctest.Test(t, func(_ *testing.T) {
			c, out := terminal("")
			c.Rows, c.Width = rows, width
			totals := map[string]int{}
			for i, name := range names {
				totals[name] = i + 2
			}
			p := c.Progress("applying", len(steps)).Of(totals)
			said := 0
			for i, at := range steps {
				time.Sleep(redrawEvery)
				if p.Step(1, names[at]); i%3 == 0 {
					said++
					c.Say("x")
				}
				shown := out.tall()
				if len(shown) > said+1+rows {
					rt.Fatalf("%d lines: %q", len(shown), shown)
				}
				for _, line := range shown {
					if columns(line) >= width {
						rt.Fatalf("%d columns of %d: %q", columns(line), width, line)
					}
				}
			}
			p.Done()
			if left := out.tall(); len(left) != said {
				rt.Fatalf("left behind: %q", left)
			}
		})
	})
}

func TestWaitIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, out := terminal("")
		c.Width = 80
		p := c.Progress("applying", 40)
		time.Sleep(10 * time.Second)
		p.Step(10, "anna")
		until := time.Now().Add(30 * time.Second)
		c.Wait("throttled by the service", 30*time.Second)
		c.Wait("throttled by the service", 20*time.Second)
		want := "[#####...............] applying 10/40, throttled by the service until " + until.Format(time.TimeOnly)
		if got := out.rows(); len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("the screen shows %q, want %q", got, want)
		}
		time.Sleep(30 * time.Second)
		p.Step(10, "")
		if got := out.rows(); strings.Contains(got[0], "until") || !strings.Contains(got[0], "20/40, 30/min, about 40s left") {
			t.Errorf("after the wait the screen shows %q", got)
		}
		p.Done()
		c.Wait("throttled by the service", time.Hour)
		if got := out.rows(); got[0] != "" {
			t.Errorf("nothing is under way, and the screen shows %q", got)
		}
	})
}

func TestWaitElsewhereIsALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, quiet := range []bool{false, true} {
			c, out := terminal("")
			c.ErrTerminal, c.Every, c.Quiet = false, time.Minute, quiet
			p := c.Progress("applying", 40)
			c.Wait("throttled by the service", time.Second) // too short for a word
			for range 30 {
				c.Wait("throttled by the service", 20*time.Second)
				time.Sleep(4 * time.Second)
			}
			p.Done()
			if n := strings.Count(out.String(), "riva-prep: throttled by the service until "); n != 2 && !quiet || quiet && out.String() != "" {
				t.Errorf("quiet %v: said %q", quiet, out)
			}
		}
	})
}

func TestManyWaitAtOnce(t *testing.T) {
	c, out := terminal("")
	c.Rows = 2
	p := c.Progress("applying", 400).Of(map[string]int{"a": 100, "b": 100})
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 50 {
				p.Step(1, string(rune('a'+worker%2)))
				p.Count("refused", 1)
				c.Wait("busy", time.Duration(i)*time.Millisecond)
			}
		})
	}
	group.Wait()
	p.Done()
	if got := out.tall(); len(got) != 0 {
		t.Errorf("%q is left behind", got)
	}
}
