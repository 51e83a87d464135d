// Package rebuild says how an item of a snapshot is made again through Graph's
// POST, what that loses, and whether what came back is the same.
//
// It promises that a recipe names only members that Graph lets a client write,
// never an attendee, and never an id of old, so that making the item invites
// nobody. What a recipe cannot bring back is in its losses, and the list of all
// losses is published: outside it, Differences finds every change. It decides
// nothing and sends nothing.
//
// Reminders are kept as they were: one whose time is past may ring when the
// item is made again.
package rebuild

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/jsonwalk"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// Recipe is how to make one item again, in the order of its fields.
type Recipe struct {
	// Body is for the POST into the folder.
	Body json.RawMessage
	// Then are PATCHes of the new item, in order: a task's due date with its
	// recurrence, which To Do refuses in any other form (observed in the field).
	Then []json.RawMessage
	// Checklist are a task's checklist items, each for a POST of its own.
	Checklist []json.RawMessage
	// Photo is a contact's picture.
	Photo *snapshot.Photo
	// Attachments name blobs, each to go through Attachment.
	Attachments []string
	// Cancelled are dates of a series to be deleted from it: midnight in UTC of
	// the date that the occurrence has in the series' own zone.
	Cancelled []time.Time
	// Exceptions are dates of a series to be changed.
	Exceptions []Exception
	// Loses is what of this item will not come back, beside what never does
	// (Loss.Always), in the order of Losses. What its attachments lose, only
	// Attachment knows.
	Loses []Loss
}

// Exception is one date of a series that differs from the others.
type Exception struct {
	// OriginalStart is when the occurrence would have been.
	OriginalStart time.Time
	// Body is for a PATCH of that occurrence: what differs from the series.
	Body json.RawMessage
	// Attachments name blobs, as those of a Recipe.
	Attachments []string
}

// MaxRequest is what Graph takes in one request, in bytes (Graph docs,
// profilephoto-update). Attachments come in pieces.
const MaxRequest = 4 << 20

// marking is room for what a run adds to a request: its mark, and the
// transaction of an event.
const marking = 1 << 10

// Request is how many bytes the largest request of a recipe may have.
func (r Recipe) Request() int {
	largest := len(r.Body)
	for _, body := range slices.Concat(r.Then, r.Checklist) {
		largest = max(largest, len(body))
	}
	for _, x := range r.Exceptions {
		largest = max(largest, len(x.Body))
	}
	return largest + marking
}

// NeedsStream says of an item, whose bytes and series are in the line, that it is
// larger than a request, so that nothing but its stream brings it back.
func NeedsStream(l snapshot.Line) bool {
	if len(l.Item)+len(l.Series) < MaxRequest/swelling || Bound(l) <= MaxRequest {
		return false
	}
	recipe, err := Of(l, Options{})
	return err != nil || recipe.Request() > MaxRequest
}

const (
	// swelling is how many times larger than what it is made of a part of a request
	// cannot be: a byte becomes an escape of six at most, in JSON or in HTML.
	swelling = 8
	// writing is how many times larger a text in ASCII that is written anew cannot
	// be.
	writing = 2
)

// Bound is what no request for an item exceeds, in bytes, without making it. What
// people write is most of a large item, and comes back as it is.
func Bound(l snapshot.Line) int {
	text := 0
	_ = jsonwalk.Known(l.Item, func(name, value []byte) error { // what is none has no text
		if n := string(name); n == "body" || n == "personalNotes" {
			text += len(value) - wide(value)
		}
		return nil
	})
	return writing*text + swelling*(len(l.Item)+len(l.Series)-text) + marking
}

// wide counts the bytes beyond ASCII.
func wide(text []byte) (n int) {
	const top = 0x8080808080808080
	for ; len(text) >= 8; text = text[8:] {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(text) & top)
	}
	for _, c := range text {
		n += int(c >> 7)
	}
	return n
}

// Options are what a recipe adds to an item or leaves out of it.
type Options struct {
	// Mark, if not empty, is left on the new item, by which it is found again:
	// in item.MarkProperty of contacts and events, and as the externalId of a
	// linked resource of item.MarkApplication on tasks.
	Mark string
	// Transaction is another for every run: Exchange refuses the transactionId
	// of an event that was deleted (observed in the field). Each event gets one
	// made of it and of the event's id; empty gives none.
	Transaction string
	// StripCategories are left out, compared by item.SameCategory.
	StripCategories []string
}

// Of makes the recipe of an item in a snapshot. It is the same each time for
// the same line and options. An item that is no JSON object is
// item.ErrMalformed.
func Of(l snapshot.Line, o Options) (Recipe, error) {
	m, err := made(l, o)
	if err != nil {
		return Recipe{}, err
	}
	return m.recipe, nil
}

func made(l snapshot.Line, o Options) (*maker, error) {
	raw, err := parse(l.Item)
	m := &maker{line: l, options: o}
	if err == nil {
		switch l.Kind {
		case item.Contacts:
			m.contact(raw)
		case item.Events:
			err = m.event(raw)
		case item.Tasks:
			m.task(raw)
		default:
			return nil, fmt.Errorf("make the recipe of %s: unknown kind %q", l.ID, l.Kind)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s %s: %w", item.ErrMalformed, l.Kind.Singular(), l.ID, err)
	}
	m.recipe.Attachments, m.recipe.Photo, m.recipe.Loses = l.Attachments, l.Photo, m.losses.sorted()
	return m, nil
}

// maker makes one recipe.
type maker struct {
	line    snapshot.Line
	options Options
	recipe  Recipe
	losses  losses
	// body is the Body of the recipe, exceptions those of the series, whole.
	body       object
	exceptions []object
}

// Mark is a name for one version of one item, in the form of a UUID (RFC 9562,
// version 8, by SHA-256), and always the same for the same version.
func Mark(mailboxID string, kind item.Kind, id, version string) string {
	return hashed("mark", mailboxID, string(kind), id, version)
}

// hashed makes a UUID of parts, none of which may contain a NUL.
func hashed(parts ...string) string {
	return uuid.NewHash(newHash(), uuid.Nil, []byte(strings.Join(parts, "\x00")), 8).String()
}

// categories are those that are kept, each once and in order.
func (m *maker) categories(raw json.RawMessage) json.RawMessage {
	kept := []string{}
	for _, c := range decode[[]string](raw) {
		if _, strip := item.MatchCategory([]string{c}, m.options.StripCategories); !strip && !has(kept, c) {
			kept = append(kept, c)
		}
	}
	return value(kept)
}
