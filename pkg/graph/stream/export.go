package stream

import (
	"context"
	"errors"
	"sync"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Bounds of one request for streams, as text: what it should fetch, going by
// the last ones, and what is too much, unless one item alone has it.
const (
	Goal = 16 << 20
	Most = 48 << 20
)

// Exporter asks for the streams of items in such numbers that no answer has to
// be held that is too large. It may be used by several goroutines.
type Exporter struct {
	// Ask sends one request, whose answer may have at most so many bytes; 0 is
	// no bound of its own.
	Ask func(ctx context.Context, ids []string, most int64) ([]byte, error)
	// Goal and Most are those above; 0 is their value.
	Goal, Most int64

	mu      sync.Mutex
	average int64 // bytes of an item in the last answer
}

// Export gets the streams of items in the order of their ids.
func (e *Exporter) Export(ctx context.Context, ids []string) ([]mailbox.Stream, error) {
	var streams []mailbox.Stream
	for len(ids) > 0 {
		n := min(len(ids), e.together())
		some, err := e.some(ctx, ids[:n])
		if err != nil {
			return nil, err
		}
		streams, ids = append(streams, some...), ids[n:]
	}
	return streams, nil
}

// some asks for items at once, and where that fails for each half of them, so
// that an item that cannot be exported, or not beside others, costs only itself.
func (e *Exporter) some(ctx context.Context, ids []string) ([]mailbox.Stream, error) {
	most := int64(0)
	if len(ids) > 1 {
		most = or(e.Most, Most)
	}
	raw, err := e.Ask(ctx, ids, most)
	if err == nil {
		var streams []mailbox.Stream
		if streams, err = Parse(raw, ids); err == nil {
			e.remember(len(raw), len(ids))
			return streams, nil
		}
	}
	if ctx.Err() != nil || errors.Is(err, mailbox.ErrSignIn) || errors.Is(err, mailbox.ErrNotOffered) {
		return nil, err
	}
	if len(ids) == 1 {
		return []mailbox.Stream{{ID: ids[0], Err: err}}, nil
	}
	first, err := e.some(ctx, ids[:len(ids)/2])
	if err != nil {
		return nil, err
	}
	second, err := e.some(ctx, ids[len(ids)/2:])
	return append(first, second...), err
}

// together is how many streams to ask for at once.
func (e *Exporter) together() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return int(max(1, min(mailbox.ExportLimit, or(e.Goal, Goal)/max(e.average, 1))))
}

// remember takes an answer for what the next ones will be like.
func (e *Exporter) remember(bytes, items int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.average = int64(bytes / items)
}

func or(value, standard int64) int64 {
	if value > 0 {
		return value
	}
	return standard
}
