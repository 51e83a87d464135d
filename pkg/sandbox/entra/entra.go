// Package entra is the sandbox's sign-in service: what Microsoft Entra ID shows
// to an application that signs in by itself, with a secret or a certificate.
//
// It promises the discovery documents and the token endpoint that azidentity's
// ClientSecretCredential and ClientCertificateCredential use, Entra's error
// codes (AADSTS…) for wrong secrets, clients, tenants and scopes, and tokens
// that expire. It refuses every other grant, and a client assertion that is not
// signed by the registered certificate for this very endpoint.
package entra

import (
	"crypto/subtle"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Lifetime is how long an access token is valid.
const Lifetime = time.Hour - time.Second

// Directory is one tenant's sign-in service with one registered application.
type Directory struct {
	TenantID, ClientID, ClientSecret string
	// Certificate is the application's registered certificate, nil for none.
	Certificate *x509.Certificate
	// Roles are what the application was granted; they go into its tokens.
	Roles []string
	Now   func() time.Time
	// Key signs the access tokens.
	Key []byte

	known sync.Map // of *claims, by the token that bears them: every request has one
}

// problem is an error answer of Entra's.
type problem struct {
	status int
	kind   string // error
	number int    // AADSTS…
	text   string
}

// ServeHTTP answers discovery and token requests.
func (d *Directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.FieldsFunc(r.URL.Path, func(c rune) bool { return c == '/' })
	rest := ""
	if len(parts) > 0 {
		rest = strings.ToLower(strings.Join(parts[1:], "/"))
	}
	base := "https://" + r.Host
	switch {
	case rest == "discovery/instance":
		d.instance(w, r, base)
	case len(parts) > 0 && !strings.EqualFold(parts[0], d.TenantID):
		d.refuse(w, problem{400, "invalid_tenant", 90002, fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.", parts[0])})
	case rest == "v2.0/.well-known/openid-configuration":
		write(w, 200, d.configuration(base))
	case rest == "discovery/v2.0/keys":
		write(w, 200, map[string]any{"keys": []any{}})
	case rest == "oauth2/v2.0/token" && r.Method == http.MethodPost:
		d.token(w, r, base)
	default:
		d.refuse(w, problem{404, "invalid_request", 900144, "The sandbox does not emulate this endpoint."})
	}
}

func (d *Directory) instance(w http.ResponseWriter, r *http.Request, base string) {
	host := r.Host
	write(w, 200, map[string]any{
		"tenant_discovery_endpoint": base + "/" + d.TenantID + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []any{map[string]any{
			"preferred_network": host, "preferred_cache": host, "aliases": []string{host},
		}},
	})
}

func (d *Directory) configuration(base string) map[string]any {
	at := base + "/" + d.TenantID
	return map[string]any{
		"issuer":                                at + "/v2.0",
		"authorization_endpoint":                at + "/oauth2/v2.0/authorize",
		"token_endpoint":                        at + "/oauth2/v2.0/token",
		"jwks_uri":                              at + "/discovery/v2.0/keys",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt"},
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
	}
}

func (d *Directory) token(w http.ResponseWriter, r *http.Request, base string) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		d.refuse(w, problem{400, "invalid_request", 900144, "The request body must be a form."})
		return
	}
	if p := d.check(r.PostForm, base); p != nil {
		d.refuse(w, *p)
		return
	}
	now := d.Now()
	token := d.sign(map[string]any{
		"aud": "https://graph.microsoft.com", "iss": "https://sts.windows.net/" + d.TenantID + "/",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(Lifetime).Unix(),
		"appid": d.ClientID, "tid": d.TenantID, "roles": d.Roles, "idtyp": "app", "ver": "1.0",
	})
	seconds := int(Lifetime / time.Second)
	write(w, 200, map[string]any{"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token})
}

// check says what is wrong with a token request, nil if nothing is.
func (d *Directory) check(form url.Values, base string) *problem {
	switch {
	case form.Get("grant_type") != "client_credentials":
		return &problem{400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '" + form.Get("grant_type") + "'."}
	case !strings.EqualFold(form.Get("client_id"), d.ClientID):
		return &problem{400, "unauthorized_client", 700016, fmt.Sprintf("Application with identifier '%s' was not found in the directory '%s'.", form.Get("client_id"), d.TenantID)}
	case !graphScope(form.Get("scope")):
		return &problem{400, "invalid_scope", 70011, "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope " + form.Get("scope") + " is not valid."}
	case form.Get("client_assertion") != "":
		return d.checkAssertion(form, base)
	case form.Get("client_secret") == "":
		return &problem{401, "invalid_client", 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."}
	case subtle.ConstantTimeCompare([]byte(form.Get("client_secret")), []byte(d.ClientSecret)) != 1:
		return &problem{401, "invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '" + d.ClientID + "'."}
	}
	return nil
}

// graphScope: one scope, the default one of a Graph root.
func graphScope(scope string) bool {
	var resource []string
	for s := range strings.FieldsSeq(scope) {
		if s != "openid" && s != "profile" && s != "offline_access" {
			resource = append(resource, s)
		}
	}
	if len(resource) != 1 {
		return false
	}
	at, ok := strings.CutSuffix(resource[0], "/.default")
	root, err := url.Parse(at)
	if !ok || err != nil || root.Scheme != "https" || strings.Trim(root.Path, "/") != "" {
		return false
	}
	switch host := root.Hostname(); host {
	case "graph.microsoft.com", "graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn", "localhost", "::1":
		return true
	default:
		return strings.HasPrefix(host, "127.")
	}
}

func (d *Directory) refuse(w http.ResponseWriter, p problem) {
	now := d.Now().UTC()
	write(w, p.status, map[string]any{
		"error": p.kind,
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: 00000000-0000-0000-0000-000000000000 Correlation ID: 00000000-0000-0000-0000-000000000000 Timestamp: %s",
			p.number, p.text, now.Format("2006-01-02 15:04:05Z")),
		"error_codes": []int{p.number}, "timestamp": now.Format("2006-01-02 15:04:05Z"),
		"trace_id": "00000000-0000-0000-0000-000000000000", "correlation_id": "00000000-0000-0000-0000-000000000000",
	})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store, no-cache")
	w.WriteHeader(status)
	// A client that went away has no use for the answer.
	_ = json.NewEncoder(w).Encode(body)
}
