// Package signin gets the token for Graph from Microsoft Entra through
// azidentity, or from a sandbox on this machine that plays both.
//
// It promises that a secret goes to the sign-in hosts of its own cloud and to
// nobody else, that many callers cause one sign-in, and that a refusal is not
// asked for twice. It refuses a sandbox that is not on loopback, and it never
// reads the environment by itself.
package signin

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// certificate is what an app signs in with instead of a secret.
type certificate struct {
	chain []*x509.Certificate
	key   crypto.PrivateKey
}

// Tokens holds the one token of a client. One goroutine fetches it while the
// others wait: what comes of that, a token or a failure, is for all of them, and
// a refusal by the sign-in service for all who come later too.
type Tokens struct {
	place *Place
	login *login
	now   func() time.Time

	turn    chan struct{} // held by whoever reads or writes what follows
	current string        // the Authorization header
	until   time.Time
	refusal error
	failure error        // of the last fetch
	ended   atomic.Int64 // fetches; read without the turn
}

// NewTokens makes the holder; it fetches nothing yet.
func NewTokens(p *Place, transport http.RoundTripper, now func() time.Time) *Tokens {
	return &Tokens{
		place: p, now: now, turn: make(chan struct{}, 1),
		login: &login{place: p, now: now, client: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}},
	}
}

// Header returns an Authorization header that is valid now.
func (t *Tokens) Header(ctx context.Context) (string, error) {
	before := t.ended.Load()
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if t.refusal != nil || t.current != "" && t.now().Before(t.until) {
		return t.current, t.refusal
	}
	if t.failure != nil && t.ended.Load() > before {
		return "", t.failure // of a fetch that this one waited for
	}
	header, err := t.fetch(ctx)
	if t.failure = err; ctx.Err() != nil {
		t.failure = nil // it failed for this caller alone
	}
	t.ended.Add(1)
	return header, err
}

// Reject forgets a header that Graph refused, if it is still the current one.
func (t *Tokens) Reject(header string) {
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	if t.current == header {
		t.current = ""
	}
}

// fetch signs in. A new credential is made each time, since the old one would
// answer from its own cache.
func (t *Tokens) fetch(ctx context.Context) (string, error) {
	credential, err := t.place.credential(t.login)
	if err != nil {
		return "", fmt.Errorf("%w: the tenant id, client id or secret cannot be right: check their spelling", mailbox.ErrSignIn)
	}
	t.login.trouble = nil
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{
		Scopes: []string{"https://" + t.place.Root.Host + "/.default"},
	})
	if err != nil {
		return "", t.failed(ctx, err)
	}
	// A token is dropped a little early, so that it does not expire on its way.
	// azidentity knows one clock only; by ours, the token is good for as long.
	left := time.Until(token.ExpiresOn)
	t.current, t.until = "Bearer "+token.Token, t.now().Add(left-min(left/10, 5*time.Minute))
	return t.current, nil
}

// failed names a failed sign-in by Entra's code. The text of the error is left
// out, since it holds the service's whole answer.
func (t *Tokens) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if t.login.trouble != nil {
		return fmt.Errorf("%w: %w; check the network, the proxy and the name of the cloud", mailbox.ErrSignIn, t.login.trouble)
	}
	code := entraCode.FindString(err.Error())
	if code == "" {
		return fmt.Errorf("%w: the sign-in service's answer could not be used; check the tenant id, the client id and the cloud", mailbox.ErrSignIn)
	}
	t.refusal = fmt.Errorf("%w: %w: %s; %s", mailbox.ErrSignIn, ErrCredentials, code, advice(code))
	return t.refusal
}

// entraCode is how Entra numbers its refusals.
var entraCode = regexp.MustCompile(`AADSTS\d{4,9}`)

// advice is for the usual refusals (Entra docs, error codes).
func advice(code string) string {
	switch code {
	case "AADSTS7000215":
		return "the client secret is wrong: use the secret's value, not its id"
	case "AADSTS7000222":
		return "the client secret has expired: make a new one in the app registration"
	case "AADSTS90002", "AADSTS900023":
		return "there is no such tenant: check AZURE_TENANT_ID and the cloud"
	case "AADSTS700016":
		return "the tenant does not know the app: check AZURE_CLIENT_ID and AZURE_TENANT_ID"
	case "AADSTS700027":
		return "the certificate is not among the app registration's"
	case "AADSTS7000112":
		return "the app is disabled in the tenant"
	case "AADSTS53003", "AADSTS53004":
		return "a conditional access policy blocks the app: ask who looks after the policies"
	}
	return "look the code up in Microsoft's list of Entra error codes"
}

// credential makes azidentity's credential for the place.
func (p *Place) credential(transport policy.Transporter) (azcore.TokenCredential, error) {
	options := policy.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: p.authority},
		Transport: transport,
		Retry:     policy.RetryOptions{MaxRetries: 2, MaxRetryDelay: 10 * time.Second},
		Telemetry: policy.TelemetryOptions{Disabled: true},
	}
	// Instance discovery would ask one more host whether the authority is
	// Microsoft's; the authorities here are constants, or on this machine.
	if p.cert != nil {
		return azidentity.NewClientCertificateCredential(p.tenant, p.client, p.cert.chain, p.cert.key,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	}
	return azidentity.NewClientSecretCredential(p.tenant, p.client, string(p.secret),
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
}

// login sends the credential to the place's sign-in hosts and to no other,
// wherever a discovery document may point.
type login struct {
	place   *Place
	client  *http.Client
	trouble error // why the last request had no answer
	// behind is how far this machine's clock was behind the service's when it last
	// answered, nil before that.
	behind *time.Duration
	now    func() time.Time
}

func (l *login) Do(req *http.Request) (*http.Response, error) {
	if !l.place.knows(req.URL) {
		l.trouble = foreign{fmt.Errorf("%w: sign-in was sent to another host", wire.ErrForeignHost)}
		return nil, l.trouble
	}
	resp, err := l.client.Do(req)
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	l.trouble = err
	if err == nil {
		l.compare(resp.Header.Get("Date"))
	}
	return resp, err
}

// foreign tells azidentity not to try again.
type foreign struct{ error }

func (foreign) NonRetriable() {}

func (f foreign) Unwrap() error { return f.error }
