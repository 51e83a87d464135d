// Package ask makes requests for the wire of what the SDK's builders begin.
//
// It promises that what is sent is what the builder addressed and the caller
// gave, byte for byte: bodies do not go through the SDK's models, which add
// members that nobody asked for and drop what they do not know.
package ask

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Client sends calls to one Graph.
type Client struct {
	Root   string
	Sender *wire.Sender
	// Authorize gives the header by which a request to the address is signed.
	Authorize func(context.Context, *url.URL) (string, error)
}

// nothing is an adapter that has no method: who would send through the SDK
// stops the program.
type nothing struct{ abstractions.RequestAdapter }

// Users is where the SDK's builders begin.
func (c *Client) Users() *users.UsersRequestBuilder {
	return users.NewUsersRequestBuilderInternal(map[string]string{"baseurl": c.Root}, nothing{})
}

// Call is a request that a builder of the SDK began. Its methods change it and
// return it; the first error is kept until it is sent.
type Call struct {
	client *Client
	gate   *pace.Gate
	info   *abstractions.RequestInformation
	err    error
	size   int
	match  string
	name   string // for messages, where the builder has no template
	// more is what a reading call asks for beside that.
	more struct {
		first, retries int
		prefer         []string
		reads          bool
		most           int64
		pick           func(name []byte) bool
	}
}

// Begin makes a call of what a builder returned, through the gate.
func (c *Client) Begin(gate *pace.Gate, info *abstractions.RequestInformation, err error) *Call {
	return &Call{client: c, gate: gate, info: info, err: err}
}

// Template begins a call that the SDK's users package has no builder for. The
// path may name variables, whose values follow in pairs.
func (c *Client) Template(gate *pace.Gate, path string, variables ...string) *Call {
	values := map[string]string{"baseurl": c.Root}
	for i := 0; i < len(variables); i += 2 {
		values[variables[i]] = variables[i+1]
	}
	return c.Begin(gate, abstractions.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(
		abstractions.GET, "{+baseurl}/"+path+"{?%24count,%24filter,%24select,%24top}", values), nil)
}

// At begins a call to an address that Graph gave; name stands for it in
// messages.
func (c *Client) At(gate *pace.Gate, address *url.URL, name string) *Call {
	info := abstractions.NewRequestInformation()
	info.SetUri(*address)
	call := c.Begin(gate, info, nil)
	call.name = name
	return call
}

// Failed is a call that cannot be made.
func Failed(err error) *Call { return &Call{err: err} }

// Header sets a header of the call's own.
func (c *Call) Header(name, value string) *Call {
	if c.err == nil {
		c.info.Headers.Add(name, value)
	}
	return c
}

// Parameter sets a parameter of the address.
func (c *Call) Parameter(name, value string) *Call {
	if c.err == nil {
		c.info.QueryParametersAny[name] = value
	}
	return c
}

// Posting makes it a POST without a body.
func (c *Call) Posting() *Call {
	if c.err == nil {
		c.info.Method = abstractions.POST
	}
	return c
}

// Option sets a query option, as "select" with a list of names.
func (c *Call) Option(name string, value any) *Call {
	if c.err == nil {
		c.info.QueryParametersAny["%24"+name] = value
	}
	return c
}

// Selecting asks for these members alone.
func (c *Call) Selecting(names ...string) *Call { return c.Option("select", names) }

// Filtering asks for the elements that pass.
func (c *Call) Filtering(filter string) *Call { return c.Option("filter", filter) }

// Expanding asks for what is shown only when it is asked for.
func (c *Call) Expanding(names ...string) *Call { return c.Option("expand", names) }

// Top asks for a page size by option.
func (c *Call) Top(n int32) *Call { return c.Option("top", n) }

// Picking picks members out of each element, by their names as they are written.
func (c *Call) Picking(wanted func(name []byte) bool) *Call {
	c.more.pick = wanted
	return c
}

// Paged asks for a page size by preference, which never cuts a listing short
// as $top does with some of Outlook's.
func (c *Call) Paged(size int) *Call {
	c.size = size
	return c
}

// Growing begins with a small page, where a large one of whole items may be
// more than Exchange serves in time.
func (c *Call) Growing(first int) *Call {
	c.more.first = first
	return c
}

// Preferring states a preference of its own.
func (c *Call) Preferring(preference string) *Call {
	c.more.prefer = append(c.more.prefer, preference)
	return c
}

// Reading says that a POST changes nothing, and bounds its answer; after few
// retries less is asked for.
func (c *Call) Reading(most int64) *Call {
	c.more.reads, c.more.most, c.more.retries = true, most, 2
	return c
}

// Opening says that a POST opens a session and leaves the mailbox as it is.
func (c *Call) Opening() *Call {
	c.more.reads = true
	return c
}

// IfMatch guards a change by the version that it is meant for.
func (c *Call) IfMatch(version string) *Call {
	c.match = version
	return c
}

// Carrying makes it another method with a body of our own. The builders' own
// bodies go through models, which add members that nobody asked to change.
func (c *Call) Carrying(method abstractions.HttpMethod, body any) *Call {
	if c.err != nil {
		return c
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	if c.err = encoder.Encode(body); c.err != nil {
		return c
	}
	return c.Sending(method, "application/json", bytes.TrimSpace(content.Bytes()))
}

// Sending makes it another method with bytes of a type.
func (c *Call) Sending(method abstractions.HttpMethod, contentType string, content []byte) *Call {
	if c.err == nil {
		c.info.Method = method
		c.info.Headers.Remove("Content-Type")
		c.info.SetStreamContentAndContentType(content, contentType)
	}
	return c
}

// request makes it ready for the wire.
func (c *Call) request() (wire.Request, error) {
	if c.err != nil {
		return wire.Request{}, c.err
	}
	return wire.Request{
		Method: c.info.Method.String(), Path: cmp.Or(c.name, words(c.info.UrlTemplate)), Gate: c.gate,
		Sign: c.sign, PageSize: c.size, IfMatch: c.match, Upload: len(c.info.Content),
		FirstPage: c.more.first, Prefer: c.more.prefer, Reads: c.more.reads, MaxBody: c.more.most, Pick: c.more.pick, Retries: c.more.retries,
	}, nil
}

// sign makes the request that the builder describes. The SDK's own adapter does
// the same and brings a second HTTP stack into the binary.
func (c *Call) sign(ctx context.Context) (*http.Request, error) {
	address, err := c.info.GetUri()
	if err != nil {
		return nil, errors.New("the request has no address")
	}
	header, err := c.client.Authorize(ctx, address)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, c.info.Method.String(), address.String(), bytes.NewReader(c.info.Content))
	if err != nil {
		return nil, errors.New("the request has no valid address")
	}
	for _, name := range c.info.Headers.ListKeys() {
		for _, value := range c.info.Headers.Get(name) {
			request.Header.Add(name, value)
		}
	}
	request.Header.Set("Authorization", header)
	return request, nil
}

// words makes a path for messages of the builder's template, which holds names
// where an address would hold ids.
func words(template string) string {
	path, _, _ := strings.Cut(strings.TrimPrefix(template, "{+baseurl}/"), "{?")
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			parts[i] = "…"
		}
	}
	return strings.Join(parts, "/")
}

// Pages reads the collection to its end.
func (c *Call) Pages(ctx context.Context, visit func([]wire.Element) error) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	return c.client.Sender.Pages(ctx, request, visit)
}

// Counted is pages that also says how many elements the service counts.
func (c *Call) Counted(ctx context.Context, visit func([]wire.Element) error) (int, error) {
	request, err := c.request()
	if err != nil {
		return -1, err
	}
	return c.client.Sender.Counted(ctx, request, visit)
}

// Object reads one JSON object, byte for byte.
func (c *Call) Object(ctx context.Context) ([]byte, error) {
	request, err := c.request()
	if err != nil {
		return nil, err
	}
	return c.client.Sender.Object(ctx, request)
}

// Answer does the call and hands a good answer to read.
func (c *Call) Answer(ctx context.Context, read func(*http.Response) error) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	return c.client.Sender.Do(ctx, request, read)
}

// Bytes reads an answer that is not JSON, with its type.
func (c *Call) Bytes(ctx context.Context) (kind string, content []byte, err error) {
	request, err := c.request()
	if err != nil {
		return "", nil, err
	}
	return c.client.Sender.Bytes(ctx, request)
}

// Discard does the call and wants no answer.
func (c *Call) Discard(ctx context.Context) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	return c.client.Sender.Discard(ctx, request)
}

// Answer is what a call of a batch came to.
type Answer struct {
	Object []byte // of a PATCH
	Err    error
}

// Batch does calls to one mailbox in their order, in one request.
func (c *Client) Batch(ctx context.Context, gate *pace.Gate, calls []*Call) []Answer {
	answers := make([]Answer, len(calls))
	var parts []wire.Part
	var places []*Answer
	for i, call := range calls {
		request, err := call.request()
		if answers[i].Err = err; err != nil {
			continue
		}
		part := wire.Part{Request: request, Read: wire.IntoNothing}
		if request.Method == http.MethodPatch {
			part.Read = wire.IntoObject(&answers[i].Object) //nolint:bodyclose // Do closes it
		}
		parts, places = append(parts, part), append(places, &answers[i])
	}
	for n, err := range c.Sender.Batch(ctx, parts, func(body []byte) wire.Request { return c.carrier(gate, body) }) {
		places[n].Err = err
	}
	return answers
}

// carrier is the request that carries a batch.
func (c *Client) carrier(gate *pace.Gate, body []byte) wire.Request {
	request, _ := c.Template(gate, "$batch").Sending(abstractions.POST, "application/json", body).request()
	return request
}

// Collect reads a whole collection into values.
func Collect[T any](ctx context.Context, c *Call) ([]T, error) {
	var all []T
	err := c.Pages(ctx, func(elements []wire.Element) error {
		for _, e := range elements {
			if e.Removed {
				continue
			}
			var value T
			if json.Unmarshal(e.Raw, &value) != nil {
				return fmt.Errorf("%w: %s: an element has members of another type", mailbox.ErrIncomplete, words(c.info.UrlTemplate))
			}
			all = append(all, value)
		}
		return nil
	})
	return all, err
}

// One reads a single object, or what a change answers, into a value.
func One[T any](ctx context.Context, c *Call) (T, error) {
	var value T
	raw, err := c.Object(ctx)
	if err != nil {
		return value, err
	}
	if json.Unmarshal(raw, &value) != nil {
		meaning := mailbox.ErrIncomplete
		if c.info.Method != abstractions.GET && !c.more.reads {
			meaning = mailbox.ErrUnclear
		}
		return value, fmt.Errorf("%w: %s: members of another type", meaning, words(c.info.UrlTemplate))
	}
	return value, nil
}

// Answered says whether an error is the service's answer of that status.
func Answered(err error, status int) bool {
	fault, ok := errors.AsType[*wire.Fault](err)
	return ok && fault.Status == status
}
