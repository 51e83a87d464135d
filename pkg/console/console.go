// Package console is the person at the other end: what they are told, what
// they are asked, how far a long job has come.
//
// The rules of the interface:
//   - Data goes to standard output, and only data. Talk goes to standard error,
//     each line after "riva-prep: ", with no capital at its start and no full
//     stop at its end. A hint follows on a line of its own.
//   - Questions are asked only where both standard input and standard error are
//     terminals, and there is no answer by default. Elsewhere, and while
//     asking, nothing is taken for a yes.
//   - Progress is drawn only on a terminal: a line for the whole job and, where
//     the terminal can go up, a few below it for what is under way, all wiped
//     before anything else is said. Elsewhere there is a plain line now and then.
//   - Who waits is told why, and until when.
//   - Colour is for terminals and gives way to NO_COLOR, TERM=dumb and --color.
//   - Text that others wrote is made safe before it is shown.
//
// It promises that many goroutines may talk at once without mixing their
// lines. It refuses to ask where nobody can answer, and it never exits: what an
// interruption means is for the caller to say.
package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/riva-prep/riva-prep/pkg/safetext"
)

// ErrNotTerminal says that a question could not be asked.
var ErrNotTerminal = errors.New("not a terminal, so there is nobody to ask")

const prefix = "riva-prep: "

// Console is where a command reads and writes. Its fields may be set by hand,
// as tests do, before it is first used.
type Console struct {
	In       io.Reader
	Out, Err io.Writer
	// InTerminal, OutTerminal and ErrTerminal say which of them a person sees.
	InTerminal, OutTerminal, ErrTerminal bool
	// Width is the terminal's number of columns; 0 is unknown or unlimited.
	Width int
	// Color allows colour on Out. What goes to Err is never coloured.
	Color bool
	// Quiet silences Say, Hint and progress, never Warn and questions.
	Quiet bool

	// Rows is how many lines below a progress line may be drawn; more than none
	// needs a terminal that can go up a line.
	Rows int
	// Every is how often progress is a plain line where there is no terminal; 0
	// is never.
	Every time.Duration

	// dumb terminals cannot go back to the beginning of a line.
	dumb bool

	mu sync.Mutex
	// drawn are the progress lines that now stand on the terminal.
	drawn []string
	lines *lines
	// current is the job whose progress is shown, and wait why it waits.
	current *Progress
	wait    wait
}

// New looks at the streams and at the environment. Only files can be terminals.
func New(in io.Reader, out, err io.Writer, getenv func(string) string) *Console {
	c := &Console{
		In: in, Out: out, Err: err,
		InTerminal: isTerminal(in), OutTerminal: isTerminal(out), ErrTerminal: isTerminal(err),
	}
	c.Width = c.measure()
	c.dumb = getenv("TERM") == "dumb"
	if c.ErrTerminal && !c.dumb && takesColor(err) {
		c.Rows = usualRows
	}
	c.Every = usualEvery
	c.Color, _ = Colors("auto", c.OutTerminal && takesColor(out), getenv)
	return c
}

// Colors decides about colour: choice is the value of --color, auto, always or
// never. Auto means on a terminal, unless NO_COLOR or TERM=dumb say otherwise.
func Colors(choice string, terminal bool, getenv func(string) string) (bool, error) {
	switch choice {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto", "":
		return terminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb", nil
	}
	return false, fmt.Errorf("unknown color %q: use auto, always or never", choice)
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && f != nil && term.IsTerminal(int(f.Fd()))
}

// measure asks the terminal for its width, the output's before the error's.
func (c *Console) measure() int {
	for _, stream := range []any{c.Out, c.Err} {
		if f, ok := stream.(*os.File); ok && isTerminal(f) {
			if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
				return width
			}
		}
	}
	return 0
}

// Say tells how things stand.
func (c *Console) Say(format string, args ...any) {
	if !c.Quiet {
		c.tell("", format, args...)
	}
}

// Warn tells what the person should not miss.
func (c *Console) Warn(format string, args ...any) { c.tell("warning: ", format, args...) }

// Fail tells why the command failed.
func (c *Console) Fail(err error) { c.tell("error: ", "%s", err.Error()) }

// Hint tells what could be done next.
func (c *Console) Hint(format string, args ...any) {
	if !c.Quiet {
		c.tell("hint: ", format, args...)
	}
}

// tell writes whole lines, each with the prefix, in one write. The format's own
// line breaks are kept; those inside arguments are made visible.
func (c *Console) tell(label, format string, args ...any) {
	var out strings.Builder
	for line := range strings.SplitSeq(sprint(format, args), "\n") {
		out.WriteString(prefix + label + line + "\n")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wipe()
	// There is nowhere left to report that standard error is gone.
	_, _ = io.WriteString(c.Err, out.String())
	c.redraw()
}

// sprint makes every argument that is text safe before it is put in.
func sprint(format string, args []any) string {
	safe := make([]any, len(args))
	for i, arg := range args {
		switch v := arg.(type) {
		case error:
			safe[i] = safetext.Terminal(v.Error())
		case string:
			safe[i] = safetext.Terminal(v)
		case fmt.Stringer:
			safe[i] = safetext.Terminal(v.String())
		default:
			safe[i] = arg
		}
	}
	lines := strings.Split(fmt.Sprintf(format, safe...), "\n")
	for i, line := range lines {
		lines[i] = safetext.Terminal(line)
	}
	return strings.Join(lines, "\n")
}

// Ask puts a question and returns the answer, one line without the space around
// it. ErrNotTerminal when nobody can be asked, io.EOF when the input ends
// without an answer, the context's error when it ends first.
func (c *Console) Ask(ctx context.Context, question string) (string, error) {
	if !c.InTerminal || !c.ErrTerminal {
		return "", ErrNotTerminal
	}
	c.mu.Lock()
	c.wipe()
	_, err := fmt.Fprintf(c.Err, "%s%s ", prefix, safetext.Terminal(strings.TrimSpace(question)))
	if c.lines == nil {
		c.lines = newLines(c.In)
	}
	c.mu.Unlock()
	if err != nil {
		return "", fmt.Errorf("ask: %w", err)
	}
	answer, err := c.lines.next(ctx)
	if ctx.Err() != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, _ = io.WriteString(c.Err, "\n")
	}
	return strings.TrimSpace(answer), err
}
