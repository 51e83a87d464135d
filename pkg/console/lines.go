package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// longest is the most bytes of an answer; nobody types more.
const longest = 4096

// lines reads lines for questions. A read from a terminal cannot be called
// off, so it goes on in a goroutine when its question was: the line that it
// reads then is thrown away, for it may have been meant for that question.
type lines struct {
	in   *bufio.Reader
	busy chan struct{}
}

func newLines(in io.Reader) *lines {
	return &lines{in: bufio.NewReaderSize(in, longest), busy: make(chan struct{}, 1)}
}

type line struct {
	text string
	err  error
}

func (l *lines) next(ctx context.Context) (string, error) {
	select {
	case l.busy <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	read := make(chan line, 1)
	go func() {
		text, err := l.read()
		read <- line{text, err}
		<-l.busy
	}()
	select {
	case got := <-read:
		return got.text, got.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// read returns one line. What stands behind the last line break counts only if
// something does.
func (l *lines) read() (string, error) {
	data, err := l.in.ReadSlice('\n')
	text := strings.TrimRight(string(data), "\r\n")
	switch {
	case err == nil, errors.Is(err, io.EOF) && text != "":
		return text, nil
	case errors.Is(err, io.EOF):
		return "", io.EOF
	}
	return "", fmt.Errorf("read the answer: %w", err)
}
