package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	abstractions "github.com/microsoft/kiota-abstractions-go"

	"github.com/riva-prep/riva-prep/pkg/graph/signin"
	"github.com/riva-prep/riva-prep/pkg/graph/stream"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Bounds of one request for streams: what it should fetch, going by the last
// ones, and what is too much, unless one item alone has it.
const (
	streamGoal = 16 << 20
	streamMost = 48 << 20
)

// exchange finds the id by which the mailbox is known to export and import.
// ErrNotOffered where there is no such service.
func (b *box) exchange(ctx context.Context) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.exchangeID != "" {
		return b.exchangeID, nil
	}
	if b.client.cloud != signin.Global {
		return "", fmt.Errorf("this cloud has no export of items: %w", mailbox.ErrNotOffered)
	}
	query := b.client.template("users/{user}/settings/exchange", "user", b.account.ID)
	query.gate = b.gate
	settings, err := one[struct {
		ID string `json:"primaryMailboxId"`
	}](ctx, query)
	switch {
	case answered(err, http.StatusNotFound):
		return "", fmt.Errorf("%w: %w", mailbox.ErrNotOffered, err)
	case err != nil:
		return "", offered(err)
	case settings.ID == "":
		return "", fmt.Errorf("%w: the mailbox has no id", mailbox.ErrIncomplete)
	}
	b.exchangeID = settings.ID
	return b.exchangeID, nil
}

// Export reads Exchange's own streams of items.
func (b *box) Export(ctx context.Context, items []item.Item) ([]mailbox.Stream, error) {
	if len(items) > mailbox.ExportLimit {
		return nil, fmt.Errorf("export: %d items at once, %d are the limit", len(items), mailbox.ExportLimit)
	}
	id, err := b.exchange(ctx)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	var streams []mailbox.Stream
	for len(ids) > 0 {
		n := min(len(ids), b.together())
		some, err := b.export(ctx, id, ids[:n])
		if err != nil {
			return nil, fmt.Errorf("export: %w", err)
		}
		b.remember(some)
		streams, ids = append(streams, some...), ids[n:]
	}
	return streams, nil
}

// export asks for the streams of some items at once, and where that fails for
// each half of them, so that an item that cannot be exported, or not beside
// others, costs only itself.
func (b *box) export(ctx context.Context, id string, ids []string) ([]mailbox.Stream, error) {
	query := b.client.template("admin/exchange/mailboxes/{mailbox}/exportItems", "mailbox", id)
	query.gate = b.gate
	most := int64(streamMost)
	if len(ids) == 1 {
		most = wire.MaxBody
	}
	raw, err := query.carrying(abstractions.POST, map[string][]string{"itemIds": ids}).reading(most).object(ctx)
	if err == nil {
		var streams []mailbox.Stream
		if streams, err = stream.Parse(raw, ids); err == nil {
			return streams, nil
		}
	}
	if ctx.Err() != nil || errors.Is(err, mailbox.ErrSignIn) || errors.Is(err, mailbox.ErrNotOffered) || answered(err, http.StatusForbidden) {
		return nil, offered(err)
	}
	if len(ids) == 1 {
		return []mailbox.Stream{{ID: ids[0], Err: err}}, nil
	}
	first, err := b.export(ctx, id, ids[:len(ids)/2])
	if err != nil {
		return nil, err
	}
	second, err := b.export(ctx, id, ids[len(ids)/2:])
	return append(first, second...), err
}

// together is how many streams to ask for at once.
func (b *box) together() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(1, min(mailbox.ExportLimit, streamGoal/max(b.average, 1)))
}

// remember takes the streams for what the next ones will be like.
func (b *box) remember(streams []mailbox.Stream) {
	bytes := 0
	for _, s := range streams {
		bytes += len(s.Data)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.average = bytes / len(streams)
}
