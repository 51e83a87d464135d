package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// App is how a client signs in and where, without anything secret.
type App struct {
	Sandbox        bool
	Tenant, Client string
	// CertificateFile is empty where a secret is used; From and Until bound the
	// certificate's life.
	CertificateFile string
	From, Until     time.Time
	Cloud           Cloud
	Login, Graph    string // hosts
}

// App says how a client of this place signs in.
func (p *Place) App() App {
	a := App{Sandbox: p.sandbox, Tenant: p.tenant, Client: p.client, Cloud: p.Cloud, Graph: p.Root.Host, Login: p.logins[0]}
	if p.cert != nil {
		a.CertificateFile, a.From, a.Until = p.certFile, p.cert.chain[0].NotBefore, p.cert.chain[0].NotAfter
	}
	return a
}

// Granted is what signing in tells of the app. The token stays where it is.
type Granted struct {
	// Roles are the application permissions in the token.
	Roles []string
	// Behind is how far this machine's clock is behind the sign-in service's,
	// nil where that did not answer.
	Behind *time.Duration
}

// Granted signs in. Behind is known after a refusal too.
func (t *Tokens) Granted(ctx context.Context) (Granted, error) {
	header, err := t.Header(ctx)
	g := Granted{Roles: roles(header)}
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	g.Behind = t.login.behind
	return g, err
}

// roles reads them from a token without checking it: Graph does, and what is
// read here is only shown.
func roles(header string) []string {
	parts := strings.Split(header, ".")
	if len(parts) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Roles []string `json:"roles"`
	}
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return nil
	}
	return claims.Roles
}

// compare holds this machine's clock against the service's. A Date has no
// fractions: on average it is half a second late.
func (l *login) compare(date string) {
	if at, err := http.ParseTime(date); err == nil {
		behind := at.Add(time.Second / 2).Sub(l.now())
		l.behind = &behind
	}
}
