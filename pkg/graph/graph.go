// Package graph reaches the mailboxes of a tenant through Microsoft Graph
// v1.0: the adapter behind package mailbox, and the only package that imports
// the Microsoft Graph SDK and Azure's identity library.
//
// The SDK's request builders give addresses and queries, azidentity the token;
// the requests travel through package wire. The SDK's models are not used:
// they drop nulls, fractions of seconds and what they do not know.
//
// It promises what package mailbox promises, that the credential goes to the
// cloud's own hosts only, and that no secret, token or content gets into an
// error or an observation. It refuses a sandbox that is not on this machine.
package graph

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/ask"
	"github.com/riva-prep/riva-prep/pkg/graph/box"
	"github.com/riva-prep/riva-prep/pkg/graph/pace"
	"github.com/riva-prep/riva-prep/pkg/graph/property"
	"github.com/riva-prep/riva-prep/pkg/graph/signin"
	"github.com/riva-prep/riva-prep/pkg/graph/upload"
	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/turns"
)

// Exchange is what Config.Observe learns of one try of a request.
type Exchange = wire.Exchange

// Config says whom to talk to and as whom. Only Credentials or Sandbox is needed.
type Config struct {
	// Cloud is Microsoft's cloud that the tenant is in; empty is Global.
	Cloud Cloud
	// Credentials sign in to the cloud. They are not looked at with a Sandbox.
	Credentials Credentials
	// Sandbox sends everything to a sandbox on this machine.
	Sandbox *Sandbox
	// Transport replaces the network, for a sandbox in this process.
	Transport http.RoundTripper
	// Observe is called after every try, from several goroutines.
	Observe func(Exchange)
	// Now, Sleep and Random replace the clock, its waits and the chance in them.
	Now    func() time.Time
	Sleep  func(context.Context, time.Duration) error
	Random func() float64
	// Patience bounds the waits of one request; 0 is wire.Patience.
	Patience time.Duration
	// Properties and Extensions are named properties and open extensions that
	// whole items are to have beside those of package property.
	Properties, Extensions []string
	// Markers are named properties that every listing is to have, brief ones too.
	Markers []string
}

// Client is a mailbox.Directory over one tenant. It may be used by several
// goroutines.
type Client struct {
	boxes  box.Service
	place  *signin.Place
	tokens *signin.Tokens

	app *pace.App

	mu    sync.Mutex
	gates map[string]*pace.Gate // by mailbox; "" is the directory
}

var _ mailbox.Directory = (*Client)(nil)

// New makes a client. It sends nothing: the first call signs in.
func New(cfg Config) (*Client, error) {
	place, err := cfg.place()
	if err != nil {
		return nil, err
	}
	if err := cfg.wanted().Check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	transport := cfg.Transport
	if transport == nil {
		if transport, err = place.Transport(); err != nil {
			return nil, err
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Sleep == nil {
		cfg.Sleep = turns.Pause
	}
	if cfg.Random == nil {
		cfg.Random = rand.Float64
	}
	return connect(cfg, place, transport)
}

func (cfg Config) place() (*signin.Place, error) {
	if cfg.Sandbox != nil {
		return cfg.Sandbox.Place()
	}
	return cfg.Credentials.Place(cfg.Cloud)
}

func (cfg Config) wanted() property.Wanted {
	return property.Wanted{Properties: cfg.Properties, Extensions: cfg.Extensions, Markers: cfg.Markers}
}

// connect plugs the parts together.
func connect(cfg Config, place *signin.Place, transport http.RoundTripper) (*Client, error) {
	sender := wire.New(place.Root, transport)
	tokens := signin.NewTokens(place, transport, cfg.Now)
	sender.Now, sender.Sleep, sender.Random, sender.Renew = cfg.Now, cfg.Sleep, cfg.Random, tokens.Reject
	if cfg.Observe != nil {
		sender.Observe = cfg.Observe
	}
	if cfg.Patience > 0 {
		sender.Patience = cfg.Patience
	}
	return &Client{
		boxes: box.Service{
			Calls: &ask.Client{Root: place.Root.String(), Sender: sender, Authorize: (&signer{tokens, sender.Allowed}).authorize},
			Door:  upload.NewDoor(sender, place.Beside), Cloud: place.Cloud, Wanted: cfg.wanted(), Now: cfg.Now,
		},
		place: place, tokens: tokens, app: pace.NewApp(cfg.Now), gates: map[string]*pace.Gate{},
	}, nil
}

// App says how the client signs in and where.
func (c *Client) App() App { return c.place.App() }

// Granted signs in and says what the token grants.
func (c *Client) Granted(ctx context.Context) (Granted, error) { return c.tokens.Granted(ctx) }

// Close gives the idle connections back.
func (c *Client) Close() { c.boxes.Calls.Sender.Client.CloseIdleConnections() }

// gate finds the one way into a mailbox.
func (c *Client) gate(mailbox string) *pace.Gate {
	c.mu.Lock()
	defer c.mu.Unlock()
	gate, ok := c.gates[mailbox]
	if !ok {
		gate = c.app.Gate()
		gate.Sleep = c.boxes.Calls.Sender.Sleep
		c.gates[mailbox] = gate
	}
	return gate
}

// signer puts the token on what goes to the Graph root, and on nothing else.
type signer struct {
	tokens  *signin.Tokens
	allowed func(*url.URL) error
}

// authorize gives the header for a request to the address.
func (s *signer) authorize(ctx context.Context, address *url.URL) (string, error) {
	if err := s.allowed(address); err != nil {
		return "", err
	}
	// The builders leave an empty id out, which names another resource.
	if slices.Contains(strings.Split(address.EscapedPath()[1:], "/"), "") {
		return "", errors.New("an id is empty")
	}
	return s.tokens.Header(ctx)
}
