// Package upload sends contents to the addresses that Graph hands out for
// them: those of large attachments and of imported items, at hosts of
// Exchange's own.
//
// Such an address has its authorization in its query. The package promises
// that nothing leaves for a host that the place does not know, that no
// Authorization header goes along, and that no address gets into an error or
// an observation. It refuses to repeat what may have been done.
package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
)

// ErrOver says that the service no longer takes the address. What was sent to
// it did nothing.
var ErrOver = errors.New("the address is no longer valid")

// Door is the way to the addresses.
type Door struct {
	sender *wire.Sender
	knows  func(*url.URL) bool
}

// NewDoor makes a door for the hosts that knows lets through. What is sent
// travels as sender's own requests do, less the token.
func NewDoor(sender *wire.Sender, knows func(*url.URL) bool) *Door {
	return &Door{sender: sender, knows: knows}
}

// Request is one request to an address.
type Request struct {
	Method string
	// Name stands for the address in messages.
	Name    string
	Address string
	Gate    *pace.Gate
	Header  http.Header
	Body    []byte
}

// Do sends the request and hands a good answer to read. The error is as
// wire.Sender's, or ErrOver; with wire.ErrForeignHost nothing was sent.
func (d *Door) Do(ctx context.Context, r Request, read func(*http.Response) error) error {
	address, err := url.Parse(r.Address)
	if err != nil || address.Host == "" { // err would show the address
		return fmt.Errorf("%s %s: %w: it is no address", r.Method, r.Name, wire.ErrForeignHost)
	}
	if !d.knows(address) {
		return fmt.Errorf("%s %s: %w, nor one of Exchange's: the host is %.80q", r.Method, r.Name, wire.ErrForeignHost, address.Hostname())
	}
	refused := false
	sender := *d.sender
	sender.Root = &url.URL{Scheme: address.Scheme, Host: address.Host}
	sender.Renew = func(string) { refused = true }
	sign := func(ctx context.Context) (*http.Request, error) {
		if refused {
			return nil, ErrOver
		}
		return r.make(ctx)
	}
	return sender.Do(ctx, wire.Request{Method: r.Method, Path: r.Name, Gate: r.Gate, Upload: len(r.Body), Sign: sign}, read)
}

func (r Request) make(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, r.Address, bytes.NewReader(r.Body))
	if err != nil {
		return nil, errors.New("the request cannot be made")
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	req.Header.Del("Authorization")
	return req, nil
}
