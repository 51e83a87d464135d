package console

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"github.com/riva-prep/riva-prep/pkg/safetext"
)

const (
	// redrawEvery keeps a fast job from spending its time on the terminal.
	redrawEvery = 100 * time.Millisecond
	// unknownWidth is the width of a terminal that does not tell.
	unknownWidth = 80
	barWidth     = 20
	// usualRows are few enough for a small window; usualEvery for a log of days.
	usualRows  = 3
	usualEvery = 30 * time.Second
)

// Progress shows how far a job has come. It is safe for many goroutines. On
// anything but a terminal it is a plain line now and then.
type Progress struct {
	console *Console
	label   string

	mu    sync.Mutex
	total int
	done  int
	note  string
	begun time.Time
	shown time.Time
	every time.Duration
	ended bool
	// parts are what is under way, the latest first, and counts what is worth a
	// word, in the order of its first coming.
	parts  []part
	totals map[string]int
	counts []count
}

// part is one of several that are under way side by side.
type part struct {
	name string
	done int
}

type count struct {
	word string
	n    int
}

// Progress begins a job of total parts; 0 means that nobody knows how many.
func (c *Console) Progress(label string, total int) *Progress {
	now := time.Now()
	p := &Progress{console: c, label: label, total: total, begun: now, shown: now, every: c.Every}
	c.mu.Lock()
	c.current = p
	c.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draw(now)
	return p
}

// Every asks for a plain line at most that often where there is no terminal,
// for logs of long jobs. It returns its Progress.
func (p *Progress) Every(d time.Duration) *Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.every = d
	return p
}

// Of says how much of the total belongs to each name, so that those under way
// have bars of their own. It returns its Progress.
func (p *Progress) Of(totals map[string]int) *Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.totals = totals
	return p
}

// Count adds to a number that is shown with its word, such as 2 refused.
func (p *Progress) Count(word string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.counts {
		if p.counts[i].word == word {
			p.counts[i].n += n
			return
		}
	}
	if n > 0 {
		p.counts = append(p.counts, count{word, n})
	}
}

// Step says that n more parts are done and, in a few words, what is going on.
// An empty note leaves the last one standing.
func (p *Progress) Step(n int, note string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	if note != "" {
		p.note = note
		p.advance(note, n)
	}
	p.show(time.Now())
}

// advance counts for what is under way. What is done leaves.
func (p *Progress) advance(name string, n int) {
	if p.totals[name] == 0 {
		return
	}
	at := slices.IndexFunc(p.parts, func(one part) bool { return one.name == name })
	one := part{name: name}
	if at >= 0 {
		one = p.parts[at]
		p.parts = slices.Delete(p.parts, at, at+1)
	}
	if one.done += n; one.done < p.totals[name] {
		p.parts = slices.Insert(p.parts, 0, one)
	}
}

// show draws, or says a plain line, unless that was done a moment ago.
func (p *Progress) show(now time.Time) {
	switch {
	case p.ended:
	case p.console.draws():
		if now.Sub(p.shown) >= redrawEvery {
			p.draw(now)
		}
	case p.every > 0 && now.Sub(p.shown) >= p.every:
		p.shown = now
		p.console.Say("%s", p.text(now))
	}
}

// Done wipes the line. Steps that come later are counted and not shown.
func (p *Progress) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.console.draw(nil)
	p.console.mu.Lock()
	defer p.console.mu.Unlock()
	if p.console.current == p {
		p.console.current = nil
	}
}

func (p *Progress) draw(now time.Time) {
	p.shown = now
	if !p.console.draws() {
		return
	}
	lines := []string{bar(p.done, p.total, barWidth) + p.text(now)}
	for _, one := range p.parts[:min(len(p.parts), p.console.Rows)] {
		total := p.totals[one.name]
		lines = append(lines, fmt.Sprintf("  %s%d/%d %s", bar(one.done, total, barWidth/2), one.done, total, one.name))
	}
	p.console.draw(lines)
}

// bar is drawn in ASCII, which every console's font has.
func bar(done, total, width int) string {
	if total <= 0 {
		return ""
	}
	full := min(width, width*done/total)
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "] "
}

func (p *Progress) text(now time.Time) string {
	text := fmt.Sprintf("%s %d", p.label, p.done)
	if p.total > 0 {
		text += fmt.Sprintf("/%d", p.total)
	}
	if why := p.console.waits(now); why != "" {
		text += ", " + why
	} else if left, ok := p.left(now); ok {
		text += fmt.Sprintf(", %s, about %s left", p.rate(now), left)
	}
	for _, c := range p.counts {
		text += fmt.Sprintf(", %d %s", c.n, c.word)
	}
	if p.note != "" && len(p.parts) == 0 {
		text += ", " + p.note
	}
	return text
}

// rate is how much was done in a second or, of slow jobs, in a minute.
func (p *Progress) rate(now time.Time) string {
	second := float64(p.done) / now.Sub(p.begun).Seconds()
	if second >= 1 {
		return fmt.Sprintf("%.0f/s", second)
	}
	return fmt.Sprintf("%.0f/min", math.Ceil(second*60))
}

// left guesses from the pace so far, once there is enough of it to go by: some
// seconds, and a fiftieth. The first of a thousand mailboxes that are worked on side
// by side would foretell half a day.
func (p *Progress) left(now time.Time) (time.Duration, bool) {
	gone := now.Sub(p.begun)
	if p.done <= 0 || p.done >= p.total || p.done < p.total/50 || gone < 3*time.Second {
		return 0, false
	}
	left := time.Duration(float64(gone) / float64(p.done) * float64(p.total-p.done))
	return max(time.Second, left.Round(time.Second)), true
}

// draws says whether progress can be seen.
func (c *Console) draws() bool { return c.ErrTerminal && !c.dumb && !c.Quiet }

// draw puts lines in the place of those that stand there now.
func (c *Console) draw(lines []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wipe()
	c.drawn = c.drawn[:0]
	for _, line := range lines {
		c.drawn = append(c.drawn, c.fit(line))
	}
	c.redraw()
}

// fit keeps the text on one line, since a line that was broken cannot be wiped. A column is
// left free: some terminals begin a new line when the last one is written to.
func (c *Console) fit(text string) string {
	room := c.Width
	if room <= 0 {
		room = unknownWidth
	}
	return cut(safetext.Terminal(text), room-1)
}

// cut ends text at a number of columns, of which wide characters take two.
func cut(s string, room int) string {
	used := 0
	for i, r := range s {
		if used += columnsOf(r); used > room {
			return s[:i]
		}
	}
	return s
}

func columns(s string) (n int) {
	for _, r := range s {
		n += columnsOf(r)
	}
	return n
}

func columnsOf(r rune) int {
	switch k := width.LookupRune(r).Kind(); {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case k == width.EastAsianWide, k == width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// up goes to the line above.
const up = "\x1b[A"

// wipe and redraw are called with the lock held, and write once. Blanks wipe a
// line on every terminal, escape sequences only on some.
func (c *Console) wipe() {
	var out strings.Builder
	for i, line := range slices.Backward(c.drawn) {
		out.WriteString("\r" + strings.Repeat(" ", columns(line)) + "\r")
		if i > 0 {
			out.WriteString(up)
		}
	}
	if out.Len() > 0 {
		_, _ = io.WriteString(c.Err, out.String())
	}
}

func (c *Console) redraw() {
	if len(c.drawn) > 0 {
		_, _ = io.WriteString(c.Err, strings.Join(c.drawn, "\n"))
	}
}

// wait is why nothing goes on for a while.
type wait struct {
	why   string
	until time.Time
	said  time.Time
}

// worthALine is a wait that is told of where there is no terminal.
const worthALine = 10 * time.Second

// Wait tells why the job waits, and for how long. Of several waits the longest is
// shown, until it is over.
func (c *Console) Wait(why string, d time.Duration) {
	now := time.Now()
	until := now.Add(d)
	c.mu.Lock()
	if until.Before(now) || !until.After(c.wait.until) {
		c.mu.Unlock()
		return
	}
	c.wait.why, c.wait.until = why, until
	job := c.current
	tell := !c.draws() && c.Every > 0 && until.Sub(now) >= worthALine && now.Sub(c.wait.said) >= c.Every
	if tell {
		c.wait.said = now
	}
	c.mu.Unlock()
	switch {
	case tell:
		c.Say("%s", c.waits(now))
	case job != nil:
		job.mu.Lock()
		defer job.mu.Unlock()
		if !job.ended {
			job.draw(now)
		}
	}
}

// waits says why, while it does.
func (c *Console) waits(now time.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !now.Before(c.wait.until) {
		return ""
	}
	return c.wait.why + " until " + c.wait.until.Add(time.Second-1).Format(time.TimeOnly)
}
