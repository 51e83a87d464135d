package upload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Piece is the length of all pieces but the last: less than the four megabytes
// that a session takes at once, and a multiple of 320 KiB, which is what other
// upload sessions of Graph ask for.
const Piece = 12 * 320 << 10

// Put sends a piece with its headers, and hands a good answer to read.
type Put func(ctx context.Context, header http.Header, piece []byte, read func(*http.Response) error) error

// Pieces sends content to an upload session, piece by piece, each where the
// service says that the next one begins (Graph docs, outlook-large-attachments
// and todo-attachments). A nil error means that the service made an attachment
// of the whole; with mailbox.ErrBusy it took too little at a time to get there.
func Pieces(ctx context.Context, content []byte, put Put) error {
	from, most := 0, 2*(len(content)/Piece+1)
	for count := 1; ; count++ {
		if count > most {
			return fmt.Errorf("%w: the upload session takes too little at a time", mailbox.ErrBusy)
		}
		to := min(from+Piece, len(content))
		header := http.Header{
			"Content-Type":  {"application/octet-stream"},
			"Content-Range": {fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(content))},
		}
		var next int
		err := put(ctx, header, content[from:to], func(resp *http.Response) (err error) {
			next, err = after(resp, from, to, len(content))
			return err
		})
		if err != nil {
			return fmt.Errorf("bytes %d to %d of %d: %w", from, to, len(content), err)
		}
		if next == len(content) {
			return nil
		}
		from = next
	}
}

// after reads where the next piece begins, which is the length of the whole
// when there is none. A place that leads nowhere is an error.
func after(resp *http.Response, from, to, whole int) (int, error) {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	if resp.StatusCode == http.StatusCreated {
		if to < whole {
			return 0, errors.New("the service takes a part for the whole")
		}
		return whole, nil
	}
	var answer struct {
		Ranges []string `json:"nextExpectedRanges"`
	}
	if json.Unmarshal(body, &answer) != nil || len(answer.Ranges) == 0 {
		return 0, errors.New("the service does not say what it has")
	}
	first, _, _ := strings.Cut(answer.Ranges[0], "-")
	next, err := strconv.Atoi(first)
	if err != nil || next <= from || next > to || next == whole {
		return 0, errors.New("the service has lost its place")
	}
	return next, nil
}
