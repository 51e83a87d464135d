// Package sandbox is a Microsoft 365 tenant in a box: sign-in, Microsoft Graph
// v1.0 for contacts, calendars and To Do, and Exchange Online's behaviour
// behind it, all in memory.
//
// It promises to be as strict as the service: what Graph refuses is refused,
// what Exchange would mail is in the outbox, and limits are kept if switched on.
// It serves in-process (Sandbox is an http.Handler, Client calls it without a
// network) or over TLS on loopback (Listen), and works in a testing/synctest
// bubble: waiting is done by timers alone, with no lock held.
//
// It refuses to listen on, or to answer for, anything but loopback. It imports
// no SDK. Nothing is stored; a tenant's state ends with the process.
package sandbox

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	mathrand "math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/access"
	"github.com/riva-prep/riva-prep/pkg/sandbox/draw"
	"github.com/riva-prep/riva-prep/pkg/sandbox/entra"
	"github.com/riva-prep/riva-prep/pkg/sandbox/fault"
	"github.com/riva-prep/riva-prep/pkg/sandbox/graphapi"
	"github.com/riva-prep/riva-prep/pkg/sandbox/limits"
	"github.com/riva-prep/riva-prep/pkg/sandbox/parts"
	"github.com/riva-prep/riva-prep/pkg/sandbox/quirk"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rules"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/transfer"
)

// Options say how the sandbox behaves. The zero value is a usable one.
type Options struct {
	// Latency is how long each request is in service; it holds its place at the
	// mailbox meanwhile.
	Latency time.Duration
	// Network is how long a request is on its way, and its answer on the way
	// back; it holds no place meanwhile.
	Network time.Duration
	// Spread, 0 to 1, is how far single times lie from these two: each is drawn
	// between (1-Spread) and (1+Spread) times.
	Spread float64
	// RetryAfter is the form in which refusals say when to come back; seconds if
	// empty.
	RetryAfter graphapi.RetryForm
	// Limits switches Exchange's limits on.
	Limits bool
	// Facts decide what Microsoft does not document; unknown ones are played as
	// the dangerous answer.
	Facts tenant.Facts
	// Switches are the misbehaviours of Graph's that are on.
	Switches rules.Switches
	// Cloud is the cloud that is played, the global one if empty.
	Cloud access.Cloud
	// Now is the clock for tokens, limits and change times; time.Now if nil.
	Now func() time.Time
	// Sleep waits for what Latency and Network say; a timer does if it is nil.
	Sleep func(time.Duration)
	// Ahead is how far its clock, and the Date of its answers, is ahead of Now.
	Ahead time.Duration
	// ClientID and ClientSecret are the registered application's. An empty id is
	// a fixed one, an empty secret a random one.
	ClientID, ClientSecret string
	// Certificate is accepted for client assertions, none if nil.
	Certificate *x509.Certificate
	// Roles go into tokens; those of the whole emulated slice if nil.
	Roles []string
	// Seed drives what is random: the order of a batch's answers, spreads,
	// switches, and the form of Retry-After where it is mixed.
	Seed uint64
	// Faults go wrong around Graph; none if empty. Seed drives their chances. New
	// panics on a plan that its Check refuses.
	Faults []fault.Plan
}

// DefaultClientID is the application's id where Options name none.
const DefaultClientID = "5a9d0b6e-3c0f-4b57-9d5e-2f1f6c1b7a10"

// AllRoles are the application permissions of everything emulated.
func AllRoles() []string {
	return []string{
		"Calendars.ReadWrite", "Contacts.ReadWrite", "GroupMember.Read.All", "MailboxSettings.ReadWrite",
		"MailboxFolder.Read.All", "MailboxItem.Export.All", "MailboxItem.ImportExport.All", "MailboxItem.Read.All",
		"Organization.Read.All", "Tasks.ReadWrite.All", "User.Read.All",
	}
}

// Sandbox is a running tenant. It is an http.Handler and safe for concurrent use.
type Sandbox struct {
	tenant    *tenant.Tenant
	gate      *limits.Gate
	directory *entra.Directory
	graph     *graphapi.Service
	faults    *fault.Player
	// date tells the clock where that is not this machine's.
	date func() time.Time
}

func ahead(now func() time.Time, by time.Duration) func() time.Time {
	return func() time.Time { return now().Add(by) }
}

// New makes a sandbox of a tenant, which it takes over.
func New(t *tenant.Tenant, o Options) *Sandbox {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Ahead != 0 {
		o.Now = ahead(o.Now, o.Ahead)
	}
	if o.ClientID == "" {
		o.ClientID = DefaultClientID
	}
	if o.ClientSecret == "" {
		o.ClientSecret = rand.Text()
	}
	if o.Roles == nil {
		o.Roles = AllRoles()
	}
	t.Play(o.Facts, o.Now)
	luck := draw.New(o.Seed)
	s := &Sandbox{tenant: t, gate: &limits.Gate{Enforce: o.Limits, Now: o.Now}}
	s.directory = &entra.Directory{
		TenantID: t.ID(), ClientID: o.ClientID, ClientSecret: o.ClientSecret,
		Certificate: o.Certificate, Roles: o.Roles, Now: o.Now, Key: []byte(rand.Text()),
	}
	s.graph = &graphapi.Service{
		Tenant: t, Gate: s.gate, Now: o.Now,
		Authenticate: s.directory.Grant, Shuffle: shuffler(o.Seed),
		Access: &access.Control{Cloud: o.Cloud, Since: o.Now(), Now: o.Now},
		Transfer: &transfer.Service{
			Tenant: t, Absent: o.Cloud != "" && o.Cloud != access.Global, Shuffle: shuffler(o.Seed),
			Now: o.Now, Key: []byte(rand.Text()),
		},
		Quirks: quirk.Quirks{Switches: o.Switches, Draw: luck},
		Pace:   graphapi.Pace{Network: o.Network, Service: o.Latency, Spread: o.Spread, RetryAfter: o.RetryAfter, Draw: luck, Sleep: o.Sleep},
	}
	if o.Ahead != 0 {
		s.date = o.Now
	}
	s.faults = fault.New(s.graph, fault.Options{Plans: o.Faults, Seed: o.Seed, Tenant: t, Now: o.Now})
	return s
}

func shuffler(seed uint64) func(n int) []int {
	var mu sync.Mutex
	source := mathrand.New(mathrand.NewPCG(seed, 0x5eed))
	return func(n int) []int {
		mu.Lock()
		defer mu.Unlock()
		return source.Perm(n)
	}
}

// Tenant is the tenant that is served.
func (s *Sandbox) Tenant() *tenant.Tenant { return s.tenant }

// ClientID is the registered application's id.
func (s *Sandbox) ClientID() string { return s.directory.ClientID }

// ClientSecret is the application's secret.
func (s *Sandbox) ClientSecret() string { return s.directory.ClientSecret }

// TenantID is the directory's id.
func (s *Sandbox) TenantID() string { return s.tenant.ID() }

// Outbox are the mails that Exchange would have sent, oldest first.
func (s *Sandbox) Outbox() []tenant.Mail { return s.tenant.Outbox() }

// Counts are the figures of all Graph requests so far; the items of a batch
// count, the batch itself does not.
func (s *Sandbox) Counts() limits.Counts { return s.gate.Counts() }

// Faults says how often each of the planned faults was played.
func (s *Sandbox) Faults() []fault.Hit { return s.faults.Hits() }

// ServeHTTP answers Graph under /v1.0, import addresses under /api, control
// under /sandbox/, and sign-in everywhere else.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.date != nil {
		w.Header().Set("Date", s.date().UTC().Format(http.TimeFormat))
	}
	if strings.HasPrefix(r.URL.Path, parts.Path) { // large attachments of events
		s.graph.Upload(w, r)
		return
	}
	head, _, _ := strings.Cut(strings.TrimLeft(r.URL.Path, "/"), "/")
	switch strings.ToLower(head) {
	case "v1.0", "beta", "api":
		s.faults.ServeHTTP(w, r)
	case "sandbox":
		s.control(w, r)
	default:
		s.directory.ServeHTTP(w, r)
	}
}

// requests is the answer of /sandbox/requests.
type requests struct {
	limits.Counts
	Lines []string `json:"lines"`
}

// defaultLines is how many request lines are shown where ?last= does not say.
const defaultLines = 100

func (s *Sandbox) control(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		http.Error(w, "control endpoints take GET only", http.StatusMethodNotAllowed)
		return
	}
	parts := strings.FieldsFunc(r.URL.Path, func(c rune) bool { return c == '/' })
	var body any
	switch strings.Join(parts[1:], "/") {
	case "outbox":
		body = s.tenant.Outbox()
	case "tenant":
		body = s.tenant
	case "requests":
		last := defaultLines
		if text := r.URL.Query().Get("last"); text != "" {
			var err error
			if last, err = strconv.Atoi(text); err != nil || last < 0 {
				http.Error(w, "last must be a number, zero or more", http.StatusBadRequest)
				return
			}
		}
		body = requests{s.gate.Counts(), s.graph.Lines(last)}
	default:
		http.Error(w, "control endpoints are outbox, tenant and requests", http.StatusNotFound)
		return
	}
	s.answerControl(w, body)
}

func (s *Sandbox) answerControl(w http.ResponseWriter, body any) {
	var text []byte
	var err error
	if t, ok := body.(*tenant.Tenant); ok {
		// Marshal would escape characters that the file has not escaped.
		text, err = t.MarshalJSON()
	} else {
		text, err = json.Marshal(body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	// A client that went away has no use for the answer.
	_, _ = w.Write(text)
}
