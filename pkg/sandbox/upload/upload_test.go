package upload_test

import (
	"errors"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/upload"
)

func TestPiecesComeInOrder(t *testing.T) {
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	var all upload.Sessions
	all.Open(upload.Session{ID: "a", Size: 5, Expires: now.Add(time.Hour)})
	for _, c := range []struct {
		id, contentRange, piece string
		next                    int
		whole                   string
		err                     error
	}{
		{"b", "bytes 0-1/5", "ab", 0, "", upload.ErrGone},
		{"a", "", "ab", 0, "", upload.ErrForm},
		{"a", "bytes=0-1/5", "ab", 0, "", upload.ErrForm},
		{"a", "bytes 0-1/*", "ab", 0, "", upload.ErrForm},
		{"a", "bytes 0-1/5 ", "ab", 0, "", upload.ErrForm},
		{"a", "bytes 0-1/6", "ab", 0, "", upload.ErrForm},
		{"a", "bytes 0-2/5", "ab", 0, "", upload.ErrForm},
		{"a", "bytes 2-3/5", "cd", 0, "", upload.ErrOrder},
		{"a", "bytes 0-1/5", "ab", 2, "", nil},
		{"a", "bytes 0-1/5", "ab", 2, "", upload.ErrOrder},
		{"a", "bytes 4-5/5", "ef", 2, "", upload.ErrForm},
		{"a", "bytes 2-4/5", "cde", 5, "abcde", nil},
		{"a", "bytes 2-4/5", "cde", 0, "", upload.ErrGone},
	} {
		next, whole, err := all.Put(c.id, c.contentRange, []byte(c.piece), now)
		if next != c.next || string(whole) != c.whole || !errors.Is(err, c.err) {
			t.Errorf("%s %q: %d %q %v, want %d %q %v", c.id, c.contentRange, next, whole, err, c.next, c.whole, c.err)
		}
	}
}

func TestPiecesAreSmallAndSessionsEnd(t *testing.T) {
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	var all upload.Sessions
	all.Open(upload.Session{ID: "a", Size: upload.MaxPiece, Expires: now.Add(time.Hour)})
	if _, _, err := all.Put("a", "bytes 0-4194303/4194304", make([]byte, upload.MaxPiece), now); !errors.Is(err, upload.ErrForm) {
		t.Errorf("a piece of 4 MB: %v", err)
	}
	if _, err := all.Find("a", now.Add(time.Hour-1)); err != nil {
		t.Errorf("before its end: %v", err)
	}
	if _, err := all.Find("a", now.Add(time.Hour)); !errors.Is(err, upload.ErrGone) {
		t.Errorf("after its end: %v", err)
	}
	if _, err := all.Find("a", now); !errors.Is(err, upload.ErrGone) {
		t.Errorf("an ended session is there again: %v", err)
	}
}
