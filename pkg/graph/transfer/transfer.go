// Package transfer brings items back into a mailbox as the streams that
// Exchange exported them as (Graph docs, mailbox-createimportsession and
// import-exchange-mailbox-item).
//
// It promises that a stream is sent once, and again only where the service
// says that it did nothing with it. It refuses to guess where an item belongs:
// the service knows folders by ids of its own, and a folder that cannot be
// told for certain is as if the service were not there.
package transfer

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
	"github.com/riva-prep/riva-prep/pkg/graph/upload"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Graph asks Graph itself. Paths lie below its root and name variables in
// braces, whose values follow in pairs.
type Graph interface {
	// Mailbox is the id by which the service knows the mailbox.
	Mailbox(ctx context.Context) (string, error)
	// Open posts to a path that opens a session, and List reads a collection.
	Open(ctx context.Context, path string, variables ...string) ([]byte, error)
	List(ctx context.Context, path string, visit func([]wire.Element) error, variables ...string) error
}

// Box is one mailbox. It may be used by several goroutines.
type Box struct {
	graph Graph
	door  *upload.Door
	gate  *pace.Gate
	now   func() time.Time

	// turn has one place, for who reads or sets what follows. It is held while
	// requests are on their way, so who waits for it must hear of interruptions.
	turn    chan struct{}
	session session
	folders []folder
}

// session is where items are sent to until it ends.
type session struct {
	Address string    `json:"importUrl"`
	Expires time.Time `json:"expirationDateTime"`
}

// early is how long before its end a session is not begun with any more: a
// large stream takes its time.
const early = 5 * time.Minute

// New makes the box of the mailbox that graph asks for, behind its gate.
func New(graph Graph, door *upload.Door, gate *pace.Gate, now func() time.Time) *Box {
	return &Box{graph: graph, door: door, gate: gate, now: now, turn: make(chan struct{}, 1)}
}

// enter waits for the turn.
func (b *Box) enter(ctx context.Context) error {
	select {
	case b.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *Box) leave() { <-b.turn }

// Import makes an item of a stream and returns its id and version as the
// service tells them.
func (b *Box) Import(ctx context.Context, into item.Folder, stream []byte) (id, version string, err error) {
	folder, err := b.folder(ctx, into)
	if err != nil {
		return "", "", err
	}
	body, err := json.Marshal(map[string]string{
		"FolderId": folder, "Mode": "create", "Data": base64.StdEncoding.EncodeToString(stream),
	})
	if err != nil {
		return "", "", err
	}
	id, version, err = b.send(ctx, body)
	if errors.Is(err, upload.ErrOver) { // ended before its time; nothing was done
		b.forget()
		id, version, err = b.send(ctx, body)
	}
	switch {
	case errors.Is(err, upload.ErrOver):
		err = fmt.Errorf("%w: the service takes none of its own import addresses: %v", mailbox.ErrBusy, err) //nolint:errorlint // over is for Import to know, nobody else
	case errors.Is(err, mailbox.ErrGone):
		b.forget()
	}
	return id, version, err
}

// forget drops what is known of sessions and folders.
func (b *Box) forget() {
	b.turn <- struct{}{} // whoever holds it has requests that end
	defer b.leave()
	b.session, b.folders = session{}, nil
}

// send posts the body to the session's address. The answer's changeKey is what
// Graph shows as a weak etag.
func (b *Box) send(ctx context.Context, body []byte) (id, version string, err error) {
	address, err := b.address(ctx)
	if err != nil {
		return "", "", err
	}
	var answer struct {
		ID        string `json:"itemId"`
		ChangeKey string `json:"changeKey"`
	}
	err = b.door.Do(ctx, upload.Request{
		Method: http.MethodPost, Name: "import address", Address: address, Gate: b.gate, Body: body,
		Header: http.Header{"Content-Type": {"application/json"}},
	}, func(resp *http.Response) error {
		text, err := io.ReadAll(resp.Body)
		if err == nil && (json.Unmarshal(text, &answer) != nil || answer.ID == "") {
			err = errors.New("the answer has no item's id")
		}
		return err
	})
	if err != nil {
		return "", "", err
	}
	if answer.ChangeKey != "" {
		version = `W/"` + answer.ChangeKey + `"`
	}
	return answer.ID, version, nil
}

// address is the session's; a new one is opened where there is none.
func (b *Box) address(ctx context.Context) (string, error) {
	if err := b.enter(ctx); err != nil {
		return "", err
	}
	defer b.leave()
	if b.session.Address != "" && b.now().Add(early).Before(b.session.Expires) {
		return b.session.Address, nil
	}
	id, err := b.graph.Mailbox(ctx)
	if err != nil {
		return "", err
	}
	raw, err := b.graph.Open(ctx, "admin/exchange/mailboxes/{mailbox}/createImportSession", "mailbox", id)
	if err != nil {
		return "", offered("open an import session", err)
	}
	b.session = session{}
	if json.Unmarshal(raw, &b.session) != nil || b.session.Address == "" {
		return "", fmt.Errorf("open an import session: %w: the answer has no address", mailbox.ErrBusy)
	}
	return b.session.Address, nil
}

// offered makes ErrNotOffered of a refusal to begin: clouds without the service
// do not know its paths, and a missing permission is no better.
func offered(what string, err error) error {
	fault, ok := errors.AsType[*wire.Fault](err)
	if ok && (errors.Is(err, mailbox.ErrDenied) || errors.Is(err, mailbox.ErrGone) || fault.Status == http.StatusBadRequest ||
		fault.Status == http.StatusNotImplemented) {
		return fmt.Errorf("%s: %w: %v", what, mailbox.ErrNotOffered, err) //nolint:errorlint // a refusal of the mailbox is another class
	}
	return fmt.Errorf("%s: %w", what, err)
}
