// Package upload keeps the sessions in which large attachments arrive piece by
// piece.
//
// It promises what Graph docs, outlook-large-attachments, ask of a client: every
// piece is smaller than four megabytes and begins where the one before ended.
// It refuses others without losing what came before, and forgets a session that
// is complete or too old. It knows no HTTP but the form of Content-Range.
package upload

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
)

// MaxPiece is more than the largest piece, in bytes.
const MaxPiece = 4 << 20

// Why a piece is refused.
var (
	ErrGone  = errors.New("the upload session is not there")
	ErrForm  = errors.New("the range of the piece is malformed or does not fit it")
	ErrOrder = errors.New("the piece is not the next one")
)

// Session is an upload that was announced.
type Session struct {
	// ID names the session, Token authorizes the sending of its pieces.
	ID, Token string
	// Kind, FolderID and ItemID say to which item the attachment goes.
	Kind, FolderID, ItemID string
	// Doc is the attachment less its content, Size the content's, in bytes.
	Doc     rawjson.Object
	Size    int
	Expires time.Time
}

type state struct {
	Session
	content []byte
}

// Sessions are the open sessions of a mailbox. The zero value has none.
type Sessions struct {
	mu   sync.Mutex
	open map[string]*state
}

// Open begins a session.
func (s *Sessions) Open(session Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string]*state{}
	}
	s.open[session.ID] = &state{Session: session}
}

// Find gives an open session, or ErrGone.
func (s *Sessions) Find(id string, now time.Time) (Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(id, now)
	if err != nil {
		return Session{}, err
	}
	return found.Session, nil
}

func (s *Sessions) find(id string, now time.Time) (*state, error) {
	found, ok := s.open[id]
	if !ok || !now.Before(found.Expires) {
		delete(s.open, id)
		return nil, ErrGone
	}
	return found, nil
}

// Put adds a piece, of which the range is "bytes 0-99/1000". next is where the
// piece after it begins, or, with ErrOrder, should have begun. whole is the
// content when it is complete; the session is over then.
func (s *Sessions) Put(id, contentRange string, piece []byte, now time.Time) (next int, whole []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(id, now)
	if err != nil {
		return 0, nil, err
	}
	next = len(found.content)
	var first, last, size int
	n, err := fmt.Sscanf(contentRange, "bytes %d-%d/%d", &first, &last, &size)
	if err != nil || n != 3 || contentRange != fmt.Sprintf("bytes %d-%d/%d", first, last, size) ||
		size != found.Size || last >= size || last-first+1 != len(piece) || len(piece) >= MaxPiece {
		return next, nil, ErrForm
	}
	if first != next {
		return next, nil, ErrOrder
	}
	found.content = append(found.content, piece...)
	if len(found.content) < found.Size {
		return len(found.content), nil, nil
	}
	delete(s.open, id)
	return found.Size, found.content, nil
}
