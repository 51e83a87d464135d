package apply

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Window is how long items were out of sight when they were changed: from the
// moment at which the last listing of their folder began to the answer of the
// change, so that no item was for longer. What somebody else does to an item
// in that time is protected by its version alone.
type Window struct {
	Median Span `json:"median"`
	Widest Span `json:"widest"`
}

// Span is a duration that JSON has as "1.25s".
type Span time.Duration

// MarshalText implements encoding.TextMarshaler.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("span: %w", err)
	}
	*s = Span(d)
	return nil
}

// String is to the millisecond.
func (s Span) String() string { return time.Duration(s).Round(time.Millisecond).String() }

// watch measures the windows of a run.
type watch struct {
	next func(context.Context, mailbox.Account) (mailbox.Mailbox, error)
	now  func() time.Time

	mu    sync.Mutex
	spans []time.Duration
}

func newWatch(next func(context.Context, mailbox.Account) (mailbox.Mailbox, error), now func() time.Time) *watch {
	return &watch{next: next, now: now}
}

// open reaches a mailbox in which the windows are measured.
func (w *watch) open(ctx context.Context, account mailbox.Account) (mailbox.Mailbox, error) {
	mb, err := w.next(ctx, account)
	if err != nil || w.now == nil {
		return mb, err
	}
	return &watched{Mailbox: mb, watch: w, listed: map[string]time.Time{}}, nil
}

// window is that of the changes so far; nil if there were none.
func (w *watch) window() *Window {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.spans) == 0 {
		return nil
	}
	slices.Sort(w.spans)
	return &Window{Median: Span(w.spans[len(w.spans)/2]), Widest: Span(w.spans[len(w.spans)-1])}
}

// watched is a mailbox that knows when its folders were listed last.
type watched struct {
	mailbox.Mailbox
	watch *watch

	mu     sync.Mutex
	listed map[string]time.Time // by the folder's id
}

func (m *watched) List(ctx context.Context, folder item.Folder, view mailbox.View, page func([]item.Item) error) error {
	began := m.watch.now()
	err := m.Mailbox.List(ctx, folder, view, page)
	if err == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.listed[folder.ID] = began
	}
	return err
}

func (m *watched) Delete(ctx context.Context, it item.Item) error {
	return m.changed(it, m.Mailbox.Delete(ctx, it))
}

func (m *watched) DeletePermanently(ctx context.Context, it item.Item) error {
	return m.changed(it, m.Mailbox.DeletePermanently(ctx, it))
}

func (m *watched) SetCategories(ctx context.Context, it item.Item, categories []string) (string, error) {
	version, err := m.Mailbox.SetCategories(ctx, it, categories)
	return version, m.changed(it, err)
}

func (m *watched) Batch(ctx context.Context, changes []mailbox.Change) []mailbox.Changed {
	results := m.Mailbox.Batch(ctx, changes)
	for i, done := range results {
		_ = m.changed(changes[i].Item, done.Err)
	}
	return results
}

// changed notes the window of a change that was made, and hands its error on.
func (m *watched) changed(it item.Item, err error) error {
	m.mu.Lock()
	began, listed := m.listed[it.Folder.ID]
	m.mu.Unlock()
	if err != nil || !listed { // an item that this run made, say
		return err
	}
	span := m.watch.now().Sub(began)
	m.watch.mu.Lock()
	defer m.watch.mu.Unlock()
	m.watch.spans = append(m.watch.spans, span)
	return nil
}
