package box

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/riva-prep/riva-prep/pkg/graph/ask"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Series asks for the exceptions and cancelled occurrences, which Graph gives
// only when both are selected and the exceptions expanded too. It asks in the
// series' own zone: in UTC its days and times move with the clocks. A zone that
// the service does not know is UTC, as in a listing.
func (b *box) Series(ctx context.Context, master item.Item) (json.RawMessage, error) {
	query := b.series(ctx, master)
	zone, own := ownZone(master.Event)
	if own {
		query.Preferring(`outlook.timezone="` + zone + `"`)
	}
	raw, err := query.Object(ctx)
	if own && ask.Answered(err, http.StatusBadRequest) {
		raw, err = b.series(ctx, master).Object(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("read a series: %w", err)
	}
	var got struct {
		ID   string `json:"id"`
		Next string `json:"exceptionOccurrences@odata.nextLink"`
	}
	if json.Unmarshal(raw, &got) != nil || got.ID != master.ID {
		return nil, fmt.Errorf("read a series: %w: the answer is another event", mailbox.ErrIncomplete)
	}
	if got.Next != "" {
		return nil, fmt.Errorf("read a series: %w: it has more exceptions than Graph serves at once", mailbox.ErrIncomplete)
	}
	return raw, nil
}

func (b *box) series(ctx context.Context, master item.Item) *ask.Call {
	return b.oneItem(ctx, master).
		Selecting("id", "start", "end", "originalStartTimeZone", "originalEndTimeZone", "recurrence",
			"exceptionOccurrences", "cancelledOccurrences").
		Expanding("exceptionOccurrences")
}

// ownZone is the zone that a series repeats in, if it can be asked for: those
// that only the mailbox knows (tzone://Microsoft/Custom) have no name.
func ownZone(event *item.Event) (zone string, ok bool) {
	if event == nil {
		return "", false
	}
	plain := func(r rune) bool { return r >= ' ' && r <= '~' && r != '"' && r != '\\' }
	zone = event.Zone
	foreign := strings.ContainsFunc(zone, func(r rune) bool { return !plain(r) }) || strings.HasPrefix(strings.ToLower(zone), "tzone:")
	return zone, zone != "" && !foreign
}
