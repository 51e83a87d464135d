// Package journal is the append-only record of one run: what was intended,
// and what came back.
//
// It promises that a record is durable when Append returns, that records carry
// a chain of hashes so that nothing before the last line can be altered,
// removed or reordered unnoticed, and that an end torn by a crash is cut off
// and told: of records that no Append has returned for yet, a disk may keep the
// later and lose the earlier. It refuses a file that is damaged anywhere else: a
// run whose past is in doubt must not go on.
package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/durable"
)

// ErrDamaged says that a journal is not the one that was written.
var ErrDamaged = errors.New("journal is damaged")

// Type says what a record records.
type Type string

// The types of records, in the order in which they first occur.
const (
	// Begin opens a run: which plan, which snapshot.
	Begin Type = "begin"
	// Intent is durable before the call that it announces.
	Intent Type = "intent"
	// Outcome says what is known of a step.
	Outcome Type = "outcome"
	// End closes a run in which nothing is left to do.
	End Type = "end"
)

// Result is what became of a step.
type Result string

// The results. Unknown is settled by reading, in this run or a later one.
const (
	Done    Result = "done"
	Skipped Result = "skipped"
	Refused Result = "refused"
	Unknown Result = "unknown"
)

// Record is one line. Members that a type does not use are empty.
type Record struct {
	Seq  int       `json:"seq"`
	Time time.Time `json:"time"`
	Type Type      `json:"type"`
	// Safe is the last record that was known to be durable when this one was
	// written; Append sets it.
	Safe int `json:"safe,omitempty"`

	// Of Begin.
	Run      string `json:"run,omitempty"`
	Digest   string `json:"digest,omitempty"`
	Snapshot string `json:"snapshot,omitempty"`

	// Of Intent and Outcome. Mailbox is the object id, Item the item's id.
	Mailbox string `json:"mailbox,omitempty"`
	Action  string `json:"action,omitempty"`
	Item    string `json:"item,omitempty"`
	// Version is the one meant (Intent) or the one that came about (Outcome).
	Version string `json:"version,omitempty"`
	Result  Result `json:"result,omitempty"`
	Detail  string `json:"detail,omitempty"`
	// Made is the id of the item that a create made.
	Made string `json:"made,omitempty"`
	// Lost is what of it did not come back, beyond what the plan said.
	Lost []string `json:"lost,omitempty"`
	// Alike are the ids of items that looked like the one to be imported
	// before it was: an import carries no mark.
	Alike []string `json:"alike,omitempty"`
}

// Key identifies a step within a run.
type Key struct{ Mailbox, Item string }

// Key of the step that an Intent or Outcome belongs to.
func (r Record) Key() Key { return Key{r.Mailbox, r.Item} }

// Journal is open for appending. It is safe for use by many goroutines.
type Journal struct {
	log *durable.Log
	now func() time.Time

	mu   sync.Mutex
	seq  int
	safe int // as Record.Safe
	last [sha256.Size]byte
}

// Open opens the journal of that name, making it if missing, and returns what
// it holds. An end torn by a crash is cut off and torn is true. Now is
// the clock for the records.
func Open(dir *durable.Dir, name string, now func() time.Time) (j *Journal, records []Record, torn bool, err error) {
	data, err := dir.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, false, err
	}
	j = &Journal{now: now}
	records, whole, err := j.replay(data)
	if err != nil {
		return nil, nil, false, fmt.Errorf("%s in %s: %w", name, dir.Path(), err)
	}
	if torn = whole < len(data); torn {
		if err := dir.Truncate(name, int64(whole)); err != nil {
			return nil, nil, false, err
		}
	}
	if j.log, err = dir.OpenLog(name); err != nil {
		return nil, nil, false, err
	}
	j.safe = j.seq // OpenLog has synced it
	return j, records, torn, nil
}

// Read reads the records of a journal without opening it for writing.
func Read(data []byte) ([]Record, error) {
	records, _, err := new(Journal).replay(data)
	return records, err
}

// replay reads lines, leaves the journal behind the last whole one, and says
// where that ends.
func (j *Journal) replay(data []byte) (records []Record, whole int, err error) {
	for line := range bytes.Lines(data) {
		text, ended := bytes.CutSuffix(line, []byte("\n"))
		if !ended {
			return records, whole, nil
		}
		r, sum, err := decode(text, j.last)
		switch {
		case err != nil && tornFrom(data[whole:], len(records)+1):
			return records, whole, nil
		case err != nil:
			return nil, 0, fmt.Errorf("%w at line %d: %w", ErrDamaged, len(records)+1, err)
		}
		j.seq, j.last = r.Seq, sum
		records, whole = append(records, r), whole+len(line)
	}
	return records, whole, nil
}

// tornFrom says whether a file that cannot be read from record seq on was torn
// there by a crash: a lost sector reads as zeros, which no line holds, and no
// later record knows that one to have been durable.
func tornFrom(rest []byte, seq int) bool {
	first, _, _ := bytes.Cut(rest, []byte("\n"))
	if !bytes.Contains(first, []byte{0}) {
		return false
	}
	for line := range bytes.Lines(rest) {
		var r Record
		if json.Unmarshal(line, &r) == nil && r.Safe >= seq {
			return false
		}
	}
	return true
}

// Append adds records in their order, each numbered, dated and chained to the
// one before, and returns when they are durable. Records appended at the same
// time share a sync.
func (j *Journal) Append(records ...Record) error {
	seq := 0
	for _, r := range records {
		var err error
		if seq, err = j.write(r); err != nil {
			return fmt.Errorf("record %s: %w", r.Type, err)
		}
	}
	if err := j.log.Sync(); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.safe = max(j.safe, seq)
	return nil
}

func (j *Journal) write(r Record) (seq int, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r.Seq, r.Time, r.Safe = j.seq+1, j.now().UTC(), j.safe
	line, sum, err := encode(r, j.last)
	if err != nil {
		return 0, err
	}
	if err := j.log.Append(line); err != nil {
		return 0, err
	}
	j.seq, j.last = r.Seq, sum
	return r.Seq, nil
}

// Close makes everything durable and closes the file.
func (j *Journal) Close() error { return j.log.Close() }

// A line is the record's JSON with one more member, "sum": the SHA-256 of the
// previous line's sum and of the record's JSON.
const sumMember = `,"sum":"`

func encode(r Record, last [sha256.Size]byte) ([]byte, [sha256.Size]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, last, err
	}
	sum := chain(last, body)
	line := fmt.Appendf(nil, `%s%s%x"}`, body[:len(body)-1], sumMember, sum)
	return line, sum, nil
}

func decode(line []byte, last [sha256.Size]byte) (Record, [sha256.Size]byte, error) {
	at := bytes.LastIndex(line, []byte(sumMember))
	if at < 0 {
		return Record{}, last, errors.New("it has no sum")
	}
	body := append(bytes.Clone(line[:at]), '}')
	sum := chain(last, body)
	if string(line[at:]) != sumMember+hex.EncodeToString(sum[:])+`"}` {
		return Record{}, last, errors.New("its sum is of other content")
	}
	var r Record
	if err := json.Unmarshal(body, &r); err != nil {
		return Record{}, last, err
	}
	return r, sum, nil
}

func chain(last [sha256.Size]byte, body []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write(last[:])
	h.Write(body)
	return [sha256.Size]byte(h.Sum(nil))
}
