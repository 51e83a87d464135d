package console

import (
	"fmt"
	"io"
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
)

// Progress shows how far a job has come. It is safe for many goroutines. On
// anything but a terminal it is silent, unless Every was called.
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
}

// Progress begins a job of total parts; 0 means that nobody knows how many.
func (c *Console) Progress(label string, total int) *Progress {
	now := time.Now()
	p := &Progress{console: c, label: label, total: total, begun: now, shown: now}
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

// Step says that n more parts are done and, in a few words, what is going on.
// An empty note leaves the last one standing.
func (p *Progress) Step(n int, note string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
	if note != "" {
		p.note = note
	}
	now := time.Now()
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
	p.console.draw("")
}

func (p *Progress) draw(now time.Time) {
	p.shown = now
	if p.console.draws() {
		p.console.draw(p.bar() + p.text(now))
	}
}

// bar is drawn in ASCII, which every console's font has.
func (p *Progress) bar() string {
	if p.total <= 0 {
		return ""
	}
	full := min(barWidth, barWidth*p.done/p.total)
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "] "
}

func (p *Progress) text(now time.Time) string {
	text := fmt.Sprintf("%s %d", p.label, p.done)
	if p.total > 0 {
		text += fmt.Sprintf("/%d", p.total)
	}
	if left, ok := p.left(now); ok {
		text += fmt.Sprintf(", about %s left", left)
	}
	if p.note != "" {
		text += ", " + p.note
	}
	return text
}

// left guesses from the pace so far, once there is enough of it to go by.
func (p *Progress) left(now time.Time) (time.Duration, bool) {
	gone := now.Sub(p.begun)
	if p.done <= 0 || p.done >= p.total || gone < 3*time.Second {
		return 0, false
	}
	left := time.Duration(float64(gone) / float64(p.done) * float64(p.total-p.done))
	return max(time.Second, left.Round(time.Second)), true
}

// draws says whether progress can be seen.
func (c *Console) draws() bool { return c.ErrTerminal && !c.dumb && !c.Quiet }

// draw puts the text in the place of the line that stands there now.
func (c *Console) draw(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wipe()
	c.drawn = c.fit(text)
	c.redraw()
}

// fit keeps the text on one line, since only one line can be wiped. A column is
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

// wipe and redraw are called with the lock held. Blanks wipe a line on every
// terminal, escape sequences only on some.
func (c *Console) wipe() {
	if c.drawn != "" {
		_, _ = io.WriteString(c.Err, "\r"+strings.Repeat(" ", columns(c.drawn))+"\r")
	}
}

func (c *Console) redraw() {
	if c.drawn != "" {
		_, _ = io.WriteString(c.Err, c.drawn)
	}
}
