package box

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// narrowest is the shortest window that is still cut in two where the service
// fails over a longer one.
const narrowest = 48 * time.Hour

func instanceFields() []string {
	return []string{
		"id", "subject", "type", "start", "end", "originalStart", "seriesMasterId", "hasAttachments", "categories",
		"attendees", "isOrganizer",
	}
}

// Instances reads the occurrences and exceptions that fall into the window;
// one at its edge may be beyond it.
func (b *box) Instances(ctx context.Context, master item.Item, from, to time.Time) ([]item.Item, error) {
	found, err := b.instances(ctx, master, from, to)
	if err != nil {
		return nil, fmt.Errorf("read the occurrences of a series: %w", err)
	}
	return found, nil
}

// instances cuts the window in two where the service has too many in it
// (observed in the field: 503 for ever).
func (b *box) instances(ctx context.Context, master item.Item, from, to time.Time) ([]item.Item, error) {
	found, err := b.between(ctx, master, from, to)
	fault, ok := errors.AsType[*wire.Fault](err)
	if !ok || !fault.Busy() || ctx.Err() != nil || to.Sub(from) < narrowest {
		return found, err
	}
	middle := from.Add(to.Sub(from) / 2)
	first, err := b.instances(ctx, master, from, middle)
	if err != nil {
		return nil, err
	}
	second, err := b.instances(ctx, master, middle, to)
	return unite(first, second), err
}

// unite leaves out of more what is in items: an occurrence over the edge of two
// windows is in both.
func unite(items, more []item.Item) []item.Item {
	seen := map[string]bool{}
	for _, it := range items {
		seen[it.ID] = true
	}
	for _, it := range more {
		if !seen[it.ID] {
			items = append(items, it)
		}
	}
	return items
}

// instancePage is how many occurrences a page is asked for.
const instancePage = 500

func (b *box) between(ctx context.Context, master item.Item, from, to time.Time) ([]item.Item, error) {
	event := b.user().Calendars().ByCalendarId(master.Folder.ID).Events().ByEventId(master.ID)
	query := b.ask(event.Instances().ToGetRequestInformation(ctx, nil)).Selecting(instanceFields()...).Paged(instancePage)
	query.Parameter("startDateTime", from.UTC().Format(time.RFC3339)).Parameter("endDateTime", to.UTC().Format(time.RFC3339))
	var found []item.Item
	err := query.Pages(ctx, func(elements []wire.Element) error {
		for _, e := range elements {
			it, err := item.Parse(master.Folder, e.Raw)
			if err != nil {
				return fmt.Errorf("%w: %w", mailbox.ErrIncomplete, err)
			}
			if it.Event.OriginalStart.IsZero() && it.Event.Type == "occurrence" {
				it.Event.OriginalStart = it.Event.Start // that is where it is
			}
			found = append(found, it)
		}
		return nil
	})
	return found, err
}
