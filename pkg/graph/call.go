package graph

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	abstractions "github.com/microsoft/kiota-abstractions-go"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// call is a request that a builder of the SDK began.
type call struct {
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
	}
}

// ask begins a call to the directory from what a builder returned.
func (c *Client) ask(info *abstractions.RequestInformation, err error) *call {
	return &call{client: c, gate: c.gate(""), info: info, err: err}
}

// template begins a call that the SDK's users package has no builder for. The
// path may name variables, whose values follow in pairs.
func (c *Client) template(path string, variables ...string) *call {
	values := map[string]string{"baseurl": c.root}
	for i := 0; i < len(variables); i += 2 {
		values[variables[i]] = variables[i+1]
	}
	return c.ask(abstractions.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(
		abstractions.GET, "{+baseurl}/"+path+"{?%24count,%24filter,%24select,%24top}", values), nil)
}

// template begins a call below the user that the SDK makes hard.
func (b *box) template(path string, variables ...string) *call {
	c := b.client.template("users/{user}/"+path, append(variables, "user", b.account.ID)...)
	c.gate = b.gate
	return c
}

// option sets a query option, as "select" with a list of names.
func (c *call) option(name string, value any) *call {
	if c.err == nil {
		c.info.QueryParametersAny["%24"+name] = value
	}
	return c
}

func (c *call) selecting(names ...string) *call { return c.option("select", names) }

func (c *call) filtering(filter string) *call { return c.option("filter", filter) }

func (c *call) expanding(names ...string) *call { return c.option("expand", names) }

func (c *call) top(n int32) *call { return c.option("top", n) }

// paged asks for a page size by preference, which never cuts a listing short
// as $top does with some of Outlook's.
func (c *call) paged(size int) *call {
	c.size = size
	return c
}

// growing begins with a small page, where a large one of whole items may be
// more than Exchange serves in time.
func (c *call) growing(first int) *call {
	c.more.first = first
	return c
}

// preferring states a preference of its own.
func (c *call) preferring(preference string) *call {
	c.more.prefer = append(c.more.prefer, preference)
	return c
}

// reading says that a POST changes nothing, and bounds its answer; after few
// retries less is asked for.
func (c *call) reading(most int64) *call {
	c.more.reads, c.more.most, c.more.retries = true, most, 2
	return c
}

// ifMatch guards a change by the version that it is meant for.
func (c *call) ifMatch(version string) *call {
	c.match = version
	return c
}

// carrying makes it another method with a body of our own. The builders' own
// bodies go through models, which add members that nobody asked to change.
func (c *call) carrying(method abstractions.HttpMethod, body any) *call {
	if c.err != nil {
		return c
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	if c.err = encoder.Encode(body); c.err != nil {
		return c
	}
	return c.sending(method, "application/json", bytes.TrimSpace(content.Bytes()))
}

// sending makes it another method with bytes of a type.
func (c *call) sending(method abstractions.HttpMethod, contentType string, content []byte) *call {
	if c.err == nil {
		c.info.Method = method
		c.info.Headers.Remove("Content-Type")
		c.info.SetStreamContentAndContentType(content, contentType)
	}
	return c
}

// request makes it ready for the wire.
func (c *call) request() (wire.Request, error) {
	if c.err != nil {
		return wire.Request{}, c.err
	}
	return wire.Request{
		Method: c.info.Method.String(), Path: cmp.Or(c.name, words(c.info.UrlTemplate)), Gate: c.gate,
		Sign: c.sign, PageSize: c.size, IfMatch: c.match, Upload: len(c.info.Content),
		FirstPage: c.more.first, Prefer: c.more.prefer, Reads: c.more.reads, MaxBody: c.more.most, Retries: c.more.retries,
	}, nil
}

func (c *call) sign(ctx context.Context) (*http.Request, error) {
	made, err := c.client.adapter.ConvertToNativeRequest(ctx, c.info)
	if err != nil {
		return nil, err
	}
	request, ok := made.(*http.Request)
	if !ok {
		return nil, fmt.Errorf("the SDK made a %T of a request", made)
	}
	if content := c.info.Content; len(content) > 0 {
		request.Body = io.NopCloser(bytes.NewReader(content))
		request.ContentLength = int64(len(content))
	}
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

// pages reads the collection to its end.
func (c *call) pages(ctx context.Context, visit func([]wire.Element) error) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	return c.client.sender.Pages(ctx, request, visit)
}

// counted is pages that also says how many elements the service counts.
func (c *call) counted(ctx context.Context, visit func([]wire.Element) error) (int, error) {
	request, err := c.request()
	if err != nil {
		return -1, err
	}
	return c.client.sender.Counted(ctx, request, visit)
}

// object reads one JSON object, byte for byte.
func (c *call) object(ctx context.Context) ([]byte, error) {
	request, err := c.request()
	if err != nil {
		return nil, err
	}
	return c.client.sender.Object(ctx, request)
}

// answer does the call and hands a good answer to read.
func (c *call) answer(ctx context.Context, read func(*http.Response) error) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	return c.client.sender.Do(ctx, request, read)
}

// discard does the call and wants no answer.
func (c *call) discard(ctx context.Context) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	return c.client.sender.Discard(ctx, request)
}

// collect reads a whole collection into values.
func collect[T any](ctx context.Context, c *call) ([]T, error) {
	var all []T
	err := c.pages(ctx, func(elements []wire.Element) error {
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

// one reads a single object, or what a change answers, into a value.
func one[T any](ctx context.Context, c *call) (T, error) {
	var value T
	raw, err := c.object(ctx)
	if err != nil {
		return value, err
	}
	if json.Unmarshal(raw, &value) != nil {
		meaning := mailbox.ErrIncomplete
		if c.info.Method != abstractions.GET {
			meaning = mailbox.ErrUnclear
		}
		return value, fmt.Errorf("%w: %s: members of another type", meaning, words(c.info.UrlTemplate))
	}
	return value, nil
}
