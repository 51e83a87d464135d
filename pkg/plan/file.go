package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Why a plan file is refused.
var (
	// ErrNewer: a later version of the tool wrote it.
	ErrNewer = errors.New("plan is from a newer version of riva-prep")
	// ErrEdited: its content is not what its digest was made of.
	ErrEdited = errors.New("plan was changed after it was made")
	// ErrNotPlan: it is something else.
	ErrNotPlan = errors.New("not a plan file")
	// ErrCut: it is the beginning of a plan.
	ErrCut = errors.New("plan file breaks off")
)

// format is raised whenever an older version of the tool would misread a plan.
const format = 1

// start is how every plan file begins.
const start = "{\n \"format\": "

// file is the plan on disk: what the digest covers is under "plan".
type file struct {
	Format  int       `json:"format"`
	Tool    string    `json:"tool"`
	Created time.Time `json:"created"`
	Digest  string    `json:"digest"`
	Skipped []Skipped `json:"skipped"`
	Plan    Plan      `json:"plan"`
}

// Digest is "sha256:" and the hex hash of the plan's canonical JSON. Times, the
// tool's version, mailboxes that could not be read, and the counts of items
// that the plan leaves alone are no part of it.
func (p Plan) Digest() string {
	hash := sha256.New()
	pen := newPen(hash, false)
	pen.plan(p, false)
	pen.end()
	return "sha256:" + hex.EncodeToString(hash.Sum(nil))
}

// Encode writes the plan file. Reading it with Decode and encoding that gives
// the same bytes.
func (p Plan) Encode() []byte {
	var out bytes.Buffer
	p.write(&out)
	return out.Bytes()
}

// Write writes what Encode gives.
func (p Plan) Write(w io.Writer) error {
	out := &sticky{w: w}
	p.write(out)
	return out.err
}

// sticky swallows what comes after a failure, so that a pen needs no errors.
type sticky struct {
	w   io.Writer
	err error
}

func (s *sticky) Write(data []byte) (int, error) {
	if s.err == nil {
		_, s.err = s.w.Write(data)
	}
	return len(data), nil
}

func (p Plan) write(w io.Writer) {
	pen := newPen(w, true)
	pen.file(&file{
		Format: format, Tool: p.Tool, Created: p.Created.UTC(), Digest: p.Digest(),
		Skipped: append([]Skipped{}, p.Skipped...), Plan: p,
	})
	pen.end()
}

// Decode reads a plan file and refuses one that is not exactly what Encode wrote.
func Decode(data []byte) (Plan, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil || f.Format != format {
		return Plan{}, refusal(data)
	}
	p := f.Plan
	p.Tool, p.Created, p.Skipped = f.Tool, f.Created, f.Skipped
	read := &comparison{rest: data}
	p.write(read)
	if !read.same() { // the digest is among the bytes
		return Plan{}, refusal(data)
	}
	return p, p.Rules.Check()
}

// refusal says why data, which is not exactly what Encode wrote, is no plan.
func refusal(data []byte) error {
	text := bytes.TrimSpace(data)
	if len(text) == 0 {
		return fmt.Errorf("%w: it is empty", ErrNotPlan)
	}
	if bytes.HasPrefix(data, []byte("\ufeff")) || bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return fmt.Errorf("%w: another program saved it with a byte order mark; take the file that riva-prep wrote", ErrEdited)
	}
	var head struct {
		Format int    `json:"format"`
		Tool   string `json:"tool"`
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	err := dec.Decode(&head)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && bytes.HasPrefix(data, []byte(start)):
		return fmt.Errorf("%w after %d bytes: copy it again, or make the plan again", ErrCut, len(data))
	case err != nil || head.Format == 0:
		return fmt.Errorf("%w: make one with --plan-out", ErrNotPlan)
	case head.Format > format:
		return fmt.Errorf("%w (%s): use that version, or make the plan again", ErrNewer, head.Tool)
	}
	dec = json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file{}); err != nil {
		return fmt.Errorf("%w: %w", ErrNotPlan, err)
	}
	return fmt.Errorf("%w: make it again and approve the new one", ErrEdited)
}
