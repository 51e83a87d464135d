package signin

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// Place is where a client signs in and sends to, and as whom. Real credentials
// and a sandbox never meet in one.
type Place struct {
	Cloud Cloud
	// Root is Graph's, with the version, as https://graph.microsoft.com/v1.0.
	Root *url.URL

	authority string
	logins    []string // the only hosts that a credential is sent to
	tenant    string
	client    string
	secret    Secret
	cert      *certificate
	certFile  string
	sandbox   bool
	caFile    string
}

// Transport is the network as this place is reached: bodies as they are sent,
// and to a sandbox without a proxy and on loopback only.
func (p *Place) Transport() (http.RoundTripper, error) {
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   true,
		DisableCompression:  true,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 30 * time.Second,
	}
	if !p.sandbox {
		return t, nil
	}
	pem, err := os.ReadFile(p.caFile)
	if err != nil {
		return nil, fmt.Errorf("%w: the sandbox's certificate cannot be read: %w", ErrConfig, err)
	}
	t.Proxy, t.TLSClientConfig.RootCAs = nil, x509.NewCertPool()
	if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%w: %s holds no certificate", ErrConfig, p.caFile)
	}
	dialer.ControlContext = onlyLoopback
	return t, nil
}

// knows says whether a credential may be sent to the host.
func (p *Place) knows(u *url.URL) bool {
	return u.Scheme == "https" && u.User == nil && slices.Contains(p.logins, strings.ToLower(u.Host))
}
