package backup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// Streams says whether Exchange's own export of each item is copied too.
type Streams string

// The ways to go about export streams.
const (
	// Off asks for none.
	Off Streams = "off"
	// Auto takes what there is: an item without a stream is copied all the same.
	Auto Streams = "auto"
	// Require copies no item without its stream, and no mailbox where the
	// service is not offered.
	Require Streams = "require"
)

// ParseStreams reads the word as typed by a person. Case does not matter.
func ParseStreams(word string) (Streams, error) {
	for _, s := range []Streams{Off, Auto, Require} {
		if strings.EqualFold(strings.TrimSpace(word), string(s)) {
			return s, nil
		}
	}
	return "", fmt.Errorf("unknown word %q for export streams: use auto, off or require", word)
}

// errNoStream: the service answered for other items.
var errNoStream = errors.New("the service exported other items, but not this one")

// exporter reads the streams of one mailbox.
type exporter struct {
	mb   mailbox.Mailbox
	mode Streams

	mu sync.Mutex
	// missing is why the service is not there, once it is known.
	missing error
	// failed counts items in a row that could not be exported.
	failed int
}

// enough items in a row without a stream, and Auto asks for no more: each may
// have cost all the patience that a request has.
const enough = 3 * mailbox.ExportLimit

// read gives a stream, or why there is none, for each item in order; nil where
// none are asked for. The error ends the mailbox.
func (e *exporter) read(ctx context.Context, items []item.Item) ([]mailbox.Stream, error) {
	if !e.asks() || len(items) == 0 {
		return nil, nil
	}
	streams, err := e.ask(ctx, items)
	switch {
	case !errors.Is(err, mailbox.ErrNotOffered):
		e.count(streams)
		return streams, err
	case e.mode == Require:
		return nil, fmt.Errorf("export streams are required: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.missing = err
	return nil, nil
}

// asks says whether streams are wanted and not known to be missing.
func (e *exporter) asks() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.mode != Off && e.missing == nil
}

func (e *exporter) count(streams []mailbox.Stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range streams {
		if e.failed++; s.Err == nil {
			e.failed = 0
		} else if e.failed >= enough && e.mode != Require {
			e.missing = fmt.Errorf("given up after %d that failed: %w", e.failed, s.Err)
		}
	}
}

// ask asks for all, and one by one where that fails: one item that Exchange
// cannot export must not cost the others theirs. The error is ErrNotOffered.
func (e *exporter) ask(ctx context.Context, items []item.Item) ([]mailbox.Stream, error) {
	answer, err := e.mb.Export(ctx, items)
	if errors.Is(err, mailbox.ErrNotOffered) {
		return nil, err
	}
	if err != nil && len(items) > 1 && ctx.Err() == nil && !errors.Is(err, mailbox.ErrBusy) {
		return e.singly(ctx, items)
	}
	byID := map[string]mailbox.Stream{}
	for _, s := range answer {
		byID[s.ID] = s
	}
	streams := make([]mailbox.Stream, len(items))
	for i, it := range items {
		s, ok := byID[it.ID]
		switch {
		case err != nil:
			s = mailbox.Stream{Err: err}
		case !ok || s.Err == nil && len(s.Data) == 0:
			s = mailbox.Stream{Err: errNoStream}
		}
		streams[i] = s
	}
	return streams, nil
}

func (e *exporter) singly(ctx context.Context, items []item.Item) (streams []mailbox.Stream, err error) {
	for i := range items {
		one, err := e.ask(ctx, items[i:i+1])
		if err != nil {
			return nil, err
		}
		streams = append(streams, one...)
	}
	return streams, nil
}

// note says once that there are no streams in this mailbox.
func (c *copier) note() {
	e := &c.exports
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.missing != nil && e.mode != Off {
		c.notices.say(snapshot.Notice{What: fmt.Sprintf("items are in the backup without Exchange's export streams: %v", e.missing), Incomplete: passing(e.missing)})
		e.mode = Off
	}
}

// stream adds an item's stream to its parts, or what follows from there being none.
func (c *copier) stream(it item.Item, p *parts, s mailbox.Stream) {
	switch {
	case p.err != nil:
	case s.Err == nil:
		p.Stream = s.Data
	case c.exports.mode == Require:
		p.err = fmt.Errorf("its export stream is required: %w", s.Err)
	default:
		c.notices.count(it.Folder, "%d of its items have no export stream, the first one because of: ", s.Err.Error(), passing(s.Err))
	}
}

// passing says whether another try may bring what this one did not.
func passing(err error) bool {
	return errors.Is(err, mailbox.ErrBusy) || errors.Is(err, mailbox.ErrIncomplete) || errors.Is(err, mailbox.ErrSignIn)
}
