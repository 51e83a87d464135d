package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Why a plan file is refused.
var (
	// ErrNewer: a later version of the tool wrote it.
	ErrNewer = errors.New("plan is from a newer version of riva-prep")
	// ErrEdited: its content is not what its digest was made of.
	ErrEdited = errors.New("plan was changed after it was made")
	// ErrNotPlan: it is something else, or a part of a plan.
	ErrNotPlan = errors.New("not a plan file")
)

// format is raised whenever an older version of the tool would misread a plan.
const format = 1

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
	p.Mailboxes = slices.Clone(p.Mailboxes)
	for i := range p.Mailboxes {
		p.Mailboxes[i].Items, p.Mailboxes[i].Already = 0, 0
	}
	sum := sha256.New()
	_ = p.canonical(sum) // a hash never fails
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// Encode is what Write writes.
func (p Plan) Encode() []byte {
	var out bytes.Buffer
	_ = p.Write(&out) // nor does a buffer
	return out.Bytes()
}

// Decode reads a plan file and refuses one that is not exactly what Encode wrote.
func Decode(data []byte) (Plan, error) {
	var head struct {
		Format int    `json:"format"`
		Tool   string `json:"tool"`
	}
	if err := json.Unmarshal(data, &head); err != nil || head.Format == 0 {
		return Plan{}, fmt.Errorf("%w: make one with --plan-out", ErrNotPlan)
	}
	if head.Format > format {
		return Plan{}, fmt.Errorf("%w (%s): use that version, or make the plan again", ErrNewer, head.Tool)
	}
	var f file
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return Plan{}, fmt.Errorf("%w: %w", ErrNotPlan, err)
	}
	p := f.Plan
	p.Tool, p.Created, p.Skipped = f.Tool, f.Created, f.Skipped
	if !bytes.Equal(data, p.Encode()) { // the digest is among the bytes
		return Plan{}, fmt.Errorf("%w: make it again and approve the new one", ErrEdited)
	}
	return p, p.Rules.Check()
}
