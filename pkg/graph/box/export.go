package box

import (
	"context"
	"fmt"
	"net/http"

	abstractions "github.com/microsoft/kiota-abstractions-go"

	"github.com/riva-prep/riva-prep/pkg/graph/ask"
	"github.com/riva-prep/riva-prep/pkg/graph/signin"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// exchange finds the id by which the mailbox is known to export and import.
// ErrNotOffered where there is no such service.
func (b *box) exchange(ctx context.Context) (string, error) {
	b.mu.Lock()
	known := b.exchangeID
	b.mu.Unlock()
	switch {
	case known != "":
		return known, nil
	case b.Cloud != signin.Global:
		return "", fmt.Errorf("this cloud has no export of items: %w", mailbox.ErrNotOffered)
	}
	query := b.template("users/{user}/settings/exchange", "user", b.account.ID)
	settings, err := ask.One[struct {
		ID string `json:"primaryMailboxId"`
	}](ctx, query)
	switch {
	case ask.Answered(err, http.StatusNotFound):
		return "", fmt.Errorf("%w: %w", mailbox.ErrNotOffered, err)
	case err != nil:
		return "", offered(err)
	case settings.ID == "":
		return "", fmt.Errorf("%w: the mailbox has no id", mailbox.ErrIncomplete)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.exchangeID = settings.ID
	return settings.ID, nil
}

// Export reads Exchange's own streams of items.
func (b *box) Export(ctx context.Context, items []item.Item) ([]mailbox.Stream, error) {
	if len(items) > mailbox.ExportLimit {
		return nil, fmt.Errorf("export: %d items at once, %d are the limit", len(items), mailbox.ExportLimit)
	}
	if _, err := b.exchange(ctx); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	streams, err := b.streams.Export(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return streams, nil
}

// export asks for the streams of some items at once.
func (b *box) export(ctx context.Context, ids []string, most int64) ([]byte, error) {
	id, err := b.exchange(ctx)
	if err != nil {
		return nil, err
	}
	query := b.template("admin/exchange/mailboxes/{mailbox}/exportItems", "mailbox", id)
	raw, err := query.Carrying(abstractions.POST, map[string][]string{"itemIds": ids}).Reading(most).Object(ctx)
	if err != nil {
		return nil, offered(err)
	}
	return raw, nil
}
